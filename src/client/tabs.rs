//! Word from tab to tab, over a BroadcastChannel: same origin, in memory, gone when heard.

use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

use crate::api::session::AccessToken;

const NAME: &str = "hallpass";

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Word {
    /// A new access token, and when it was asked for by the wall clock.
    Handed { session: String, sent: i64, lifetime: i64, token: AccessToken },
    /// Somebody seems to be signed out: ask the server.
    Doubt,
    /// A session is over; the code says why.
    Over { session: Option<String>, why: Option<String> },
}

pub(super) struct Tabs {
    channel: Option<BroadcastChannel>,
    _listener: Closure<dyn FnMut(MessageEvent)>,
}

impl Tabs {
    /// Joins the other tabs. Where the browser has no channel, this tab is on its own.
    pub(super) fn join(hear: impl Fn(Word) + 'static) -> Self {
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let text = event.data().as_string().unwrap_or_default();
            // A page of another version may say what this one does not understand.
            if let Ok(word) = serde_json::from_str(&text) {
                hear(word);
            }
        });
        let channel = BroadcastChannel::new(NAME).ok();
        if let Some(channel) = &channel {
            channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        }
        Self { channel, _listener: listener }
    }

    pub(super) fn say(&self, word: &Word) {
        if let (Some(channel), Ok(text)) = (&self.channel, serde_json::to_string(word)) {
            let _ = channel.post_message(&JsValue::from_str(&text));
        }
    }
}
