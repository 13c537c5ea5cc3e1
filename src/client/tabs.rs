//! Word from tab to tab, over a BroadcastChannel: same origin, in memory, gone when heard. Where there is none, storage carries the words that hold no
//! token.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

use super::{clock, marks};
use crate::api::{
    json::{FromJson, Json},
    session::AccessToken,
};

const NAME: &str = "hallpass";
const SPOKEN: &str = "hallpass.word";

#[derive(Debug)]
pub(super) enum Word {
    /// A new access token, and when it was asked for by the wall clock.
    Handed { session: String, user: String, sent: i64, lifetime: i64, token: AccessToken },
    /// Somebody is signed in with this session, and the token could not be handed over.
    In { session: String },
    /// Somebody seems to be signed out: ask the server.
    Doubt,
    /// A session is over; the code says why.
    Over { session: Option<String>, why: Option<String> },
}

impl Word {
    fn write(&self) -> String {
        let optional = |text: &Option<String>| text.as_deref().map_or_else(Json::null, Json::from);
        let (name, held) = match self {
            Self::Handed { session, user, sent, lifetime, token } => (
                "handed",
                Json::object(&[
                    ("session", session.as_str().into()),
                    ("user", user.as_str().into()),
                    ("sent", Json::number(*sent)),
                    ("lifetime", Json::number(*lifetime)),
                    ("token", token.expose().into()),
                ]),
            ),
            Self::In { session } => ("in", Json::object(&[("session", session.as_str().into())])),
            Self::Doubt => return Json::from("doubt").write(),
            Self::Over { session, why } => {
                ("over", Json::object(&[("session", optional(session)), ("why", optional(why))]))
            }
        };
        Json::object(&[(name, held)]).write()
    }
}

/// A page of another version may say what this one does not understand.
impl FromJson for Word {
    fn from_json(json: &Json) -> Option<Self> {
        let (name, held) = json.variant()?;
        Some(match &*name {
            "handed" => Self::Handed {
                session: held.get("session")?,
                user: held.get("user")?,
                sent: held.get("sent")?,
                lifetime: held.get("lifetime")?,
                token: held.get("token")?,
            },
            "in" => Self::In { session: held.get("session")? },
            "doubt" => Self::Doubt,
            "over" => Self::Over { session: held.get("session")?, why: held.get("why")? },
            _ => return None,
        })
    }
}

pub(super) struct Tabs {
    channel: Option<BroadcastChannel>,
    listener: Closure<dyn FnMut(MessageEvent)>,
}

impl Tabs {
    pub(super) fn join(hear: impl Fn(Word) + 'static) -> Self {
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(word) = event.data().as_string().as_deref().and_then(understand) {
                hear(word);
            }
        });
        let mut tabs = Self { channel: None, listener };
        tabs.rejoin();
        tabs
    }

    /// A page that is put away hears nothing, and an open channel would keep it out of the browser's page cache.
    pub(super) fn leave(&mut self) {
        if let Some(channel) = self.channel.take() {
            channel.close();
        }
    }

    pub(super) fn rejoin(&mut self) {
        if self.channel.is_none() {
            self.channel = BroadcastChannel::new(NAME).ok();
        }
        if let Some(channel) = &self.channel {
            channel.set_onmessage(Some(self.listener.as_ref().unchecked_ref()));
        }
    }

    pub(super) fn say(&self, word: Word) {
        match &self.channel {
            Some(channel) => _ = channel.post_message(&JsValue::from_str(&word.write())),
            None => write_down(&match word {
                Word::Handed { session, .. } => Word::In { session },
                word => word,
            }),
        }
    }
}

/// Said through storage, for tabs without a channel. The number makes every word a new one: storage says nothing of what does not change.
fn write_down(word: &Word) {
    marks::write(SPOKEN, &format!("[{},{}]", word.write(), clock::draw()));
    marks::erase(SPOKEN);
}

/// What another tab wrote into storage, if that was a word.
pub(super) fn read(key: &str, text: &str) -> Option<Word> {
    (key == SPOKEN).then(|| Json::parse(text)?.items()?.first().and_then(Word::from_json)).flatten()
}

fn understand(text: &str) -> Option<Word> {
    Json::parse(text).as_ref().and_then(Word::from_json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_understood_as_it_was_said() {
        let handed = r#"{"handed":{"session":"8","user":"7","sent":1800000000123,"lifetime":900000,"token":"a.b.c"}}"#;
        let over = r#"{"over":{"session":null,"why":"revoked"}}"#;
        for text in [handed, over, r#"{"in":{"session":"8"}}"#, r#""doubt""#] {
            let word = understand(text).unwrap();
            let again = understand(&word.write()).unwrap();
            assert_eq!(format!("{word:?}"), format!("{again:?}"));
            assert!(read(SPOKEN, &format!("[{text},1]")).is_some(), "{text}");
        }
        assert!(understand(r#"{"handed":{"session":"8"}}"#).is_none());
        assert!(understand(r#""something new""#).is_none());
    }
}
