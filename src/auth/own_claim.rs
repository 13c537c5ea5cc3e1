//! The claim `own` of an access token: what an account has beside a name and a password, as an object of texts. In an object of its own, so that no name
//! that somebody gives a field can mean anything else in a token, now or later.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, Visitor},
};

use crate::{
    fields::{Field, Fields, Filled},
    own::FIELDS,
};

/// What it may come to, in bytes, so that no token gets longer than one may be.
pub(super) const ROOM: usize = 800;
const _: () = assert!(most(FIELDS) <= ROOM, "the fields that tokens carry are too long for a token");

/// With as many bytes to a character as there can be, and with its quotation marks.
const fn most(fields: &[Field]) -> usize {
    let (mut sum, mut at) = (0, 0);
    while at < fields.len() {
        if fields[at].in_tokens {
            sum += fields[at].name.len() + 4 * fields[at].longest + "\"\":\"\",".len();
        }
        at += 1;
    }
    sum
}

#[derive(Clone, Debug, Default)]
pub struct Own(pub Fields);

impl Own {
    pub fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Own {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|Filled { name, value }| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Own {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Texts)
    }
}

struct Texts;

impl<'de> Visitor<'de> for Texts {
    type Value = Own;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts, each said once, and not none")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Own, A::Error> {
        let mut read: Vec<Filled> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, String>()? {
            if read.iter().any(|filled| filled.name == name) {
                return Err(Error::custom("said twice"));
            }
            read.push(Filled { name, value });
        }
        // We leave it out then.
        if read.is_empty() { Err(Error::custom("nothing")) } else { Ok(Own(read.into_iter().collect())) }
    }
}
