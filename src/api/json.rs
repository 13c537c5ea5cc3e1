//! JSON as the browser reads it: parsed by the browser itself, and taken apart by hand.
//!
//! What is derived for `serde` writes it, and reads it on the server; compiled for the browser that would be a fifth of the app. A type that crosses the wire says
//! here, or where it is declared, what it is made of once more, in a line; a test holds both to the same.

use leptos::server::codee::{Decoder, Encoder};
use serde::Serialize;

use crate::{
    ended::{EndReason, Refusal},
    fields::{Fields, Filled},
};

/// A piece of JSON.
#[derive(Clone, Debug)]
pub struct Json(Raw);

#[cfg(target_arch = "wasm32")]
type Raw = wasm_bindgen::JsValue;
#[cfg(not(target_arch = "wasm32"))]
type Raw = serde_json::Value;

/// What can be read from JSON. `None`: it is something else.
pub trait FromJson: Sized {
    fn from_json(json: &Json) -> Option<Self>;
}

impl Json {
    /// A member of an object.
    pub fn get<T: FromJson>(&self, name: &str) -> Option<T> {
        T::from_json(&self.member(name))
    }

    pub fn null() -> Self {
        Self(Raw::default())
    }

    /// As exact as JavaScript's are: to 2^53.
    pub fn number(number: i64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era fit")]
        let number = number as f64;
        number.into()
    }

    /// Which variant of an enum this is, and what it holds.
    pub fn variant(&self) -> Option<(String, Self)> {
        let name = self.text().or_else(|| self.only_name())?;
        let held = self.member(&name);
        Some((name, held))
    }
}

/// In the browser.
#[cfg(target_arch = "wasm32")]
mod raw {
    use js_sys::{Array, JSON, Object, Reflect};
    use wasm_bindgen::{JsCast, JsValue};

    use super::Json;

    impl Json {
        pub fn parse(text: &str) -> Option<Self> {
            JSON::parse(text).ok().map(Self)
        }

        pub fn write(&self) -> String {
            JSON::stringify(&self.0).map(String::from).unwrap_or_default()
        }

        pub fn object(members: &[(&str, Self)]) -> Self {
            let object = Object::new();
            for (name, member) in members {
                // Setting a property of a fresh object does not fail.
                let _ = Reflect::set(&object, &(*name).into(), &member.0);
            }
            Self(object.into())
        }

        pub(super) fn member(&self, name: &str) -> Self {
            Self(Reflect::get(&self.0, &name.into()).unwrap_or_default())
        }

        pub(super) fn only_name(&self) -> Option<String> {
            Object::keys::<Object>(self.0.dyn_ref()?).get(0).as_string()
        }

        pub(super) fn text(&self) -> Option<String> {
            self.0.as_string()
        }

        pub(super) fn as_number(&self) -> Option<f64> {
            self.0.as_f64()
        }

        pub(super) fn truth(&self) -> Option<bool> {
            self.0.as_bool()
        }

        pub(super) fn is_null(&self) -> bool {
            self.0.is_null() || self.0.is_undefined()
        }

        pub fn items(&self) -> Option<Vec<Self>> {
            self.0.dyn_ref().map(|array: &Array| array.iter().map(Self).collect())
        }
    }

    impl<T: Into<JsValue>> From<T> for Json {
        fn from(value: T) -> Self {
            Self(value.into())
        }
    }
}

/// For the tests, and because the browser's half is compiled for the server too.
#[cfg(not(target_arch = "wasm32"))]
mod raw {
    use serde_json::Value;

    use super::Json;

    impl Json {
        pub fn parse(text: &str) -> Option<Self> {
            serde_json::from_str(text).ok().map(Self)
        }

        pub fn write(&self) -> String {
            self.0.to_string()
        }

        pub fn object(members: &[(&str, Self)]) -> Self {
            Self(members.iter().map(|(name, member)| ((*name).to_owned(), member.0.clone())).collect())
        }

        pub(super) fn member(&self, name: &str) -> Self {
            Self(self.0.get(name).cloned().unwrap_or_default())
        }

        pub(super) fn only_name(&self) -> Option<String> {
            self.0.as_object()?.keys().next().cloned()
        }

        pub(super) fn text(&self) -> Option<String> {
            self.0.as_str().map(str::to_owned)
        }

        pub(super) fn as_number(&self) -> Option<f64> {
            self.0.as_f64()
        }

        pub(super) fn truth(&self) -> Option<bool> {
            self.0.as_bool()
        }

        pub(super) fn is_null(&self) -> bool {
            self.0.is_null()
        }

        pub fn items(&self) -> Option<Vec<Self>> {
            Some(self.0.as_array()?.iter().cloned().map(Self).collect())
        }
    }

    impl<T: Into<Value>> From<T> for Json {
        fn from(value: T) -> Self {
            Self(value.into())
        }
    }
}

/// A struct, by its fields.
macro_rules! read_by_field {
    ($read:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::api::json::FromJson for $read {
            fn from_json(json: &$crate::api::json::Json) -> Option<Self> {
                Some(Self { $($field: json.get(stringify!($field))?),+ })
            }
        }
    };
}
pub(crate) use read_by_field;

impl FromJson for () {
    fn from_json(json: &Json) -> Option<Self> {
        json.is_null().then_some(())
    }
}

impl FromJson for bool {
    fn from_json(json: &Json) -> Option<Self> {
        json.truth()
    }
}

impl FromJson for String {
    fn from_json(json: &Json) -> Option<Self> {
        json.text()
    }
}

impl FromJson for i64 {
    fn from_json(json: &Json) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "JSON's numbers are read as JavaScript reads them")]
        json.as_number().map(|number| number as Self)
    }
}

impl FromJson for u32 {
    fn from_json(json: &Json) -> Option<Self> {
        i64::from_json(json)?.try_into().ok()
    }
}

impl FromJson for u16 {
    fn from_json(json: &Json) -> Option<Self> {
        i64::from_json(json)?.try_into().ok()
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(json: &Json) -> Option<Self> {
        if json.is_null() { Some(None) } else { T::from_json(json).map(Some) }
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(json: &Json) -> Option<Self> {
        json.items()?.iter().map(T::from_json).collect()
    }
}

impl<T: FromJson, E: FromJson> FromJson for Result<T, E> {
    fn from_json(json: &Json) -> Option<Self> {
        let (name, held) = json.variant()?;
        if name == "Ok" { T::from_json(&held).map(Ok) } else { E::from_json(&held).map(Err) }
    }
}

read_by_field!(Filled { name, value });

impl FromJson for Fields {
    fn from_json(json: &Json) -> Option<Self> {
        Vec::<Filled>::from_json(json).map(Self::from_iter)
    }
}

impl FromJson for EndReason {
    fn from_json(json: &Json) -> Option<Self> {
        Some(match &*json.text()? {
            "SignedOut" => Self::SignedOut,
            "Revoked" => Self::Revoked,
            "Reused" => Self::Reused,
            "Replaced" => Self::Replaced,
            "PasswordChanged" => Self::PasswordChanged,
            "Disabled" => Self::Disabled,
            _ => return None,
        })
    }
}

impl FromJson for Refusal {
    fn from_json(json: &Json) -> Option<Self> {
        let (name, held) = json.variant()?;
        Some(match &*name {
            "Invalid" => Self::Invalid,
            "Expired" => Self::Expired,
            "Ended" => Self::Ended(EndReason::from_json(&held)?),
            _ => return None,
        })
    }
}

/// What the server writes into a page for the app to begin with, read by hand as the rest is.
#[derive(Debug)]
pub struct JsonByHand;

impl<T: Serialize> Encoder<T> for JsonByHand {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, Self::Error> {
        serde_json::to_string(value)
    }
}

impl<T: FromJson> Decoder<T> for JsonByHand {
    type Error = ();
    type Encoded = str;

    fn decode(text: &str) -> Result<T, ()> {
        Json::parse(text).as_ref().and_then(T::from_json).ok_or(())
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
