//! Word from tab to tab, over a BroadcastChannel: same origin, in memory, gone when heard. Where there is none, storage carries the words that hold no
//! token.

use gloo_storage::{LocalStorage, Storage};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

use super::{clock, marks};
use crate::api::session::AccessToken;

const NAME: &str = "hallpass";
const SPOKEN: &str = "hallpass.word";

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
            Some(channel) => {
                if let Ok(text) = serde_json::to_string(&word) {
                    let _ = channel.post_message(&JsValue::from_str(&text));
                }
            }
            None => write_down(match word {
                Word::Handed { session, .. } => Word::In { session },
                word => word,
            }),
        }
    }
}

/// Said through storage, for tabs without a channel. The number makes every word a new one: storage says nothing of what does not change.
fn write_down(word: Word) {
    if marks::allowed() {
        let _ = LocalStorage::set(SPOKEN, (word, clock::draw()));
        LocalStorage::delete(SPOKEN);
    }
}

/// What another tab wrote into storage, if that was a word.
pub(super) fn read(key: &str, text: &str) -> Option<Word> {
    let (word, _): (Word, u64) = (key == SPOKEN).then(|| serde_json::from_str(text).ok())??;
    Some(word)
}

/// A page of another version may say what this one does not understand.
fn understand(text: &str) -> Option<Word> {
    serde_json::from_str(text).ok()
}
