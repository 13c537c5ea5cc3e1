//! What pages read from the server.
//!
//! On the server these are Leptos's resources, and what shows one is made once, when it is there. In the browser both come down to a signal, which holds what the
//! server wrote into the page or what was read since: what streams and suspends there is for pages that arrive in pieces, and ours do not.

use std::{any::Any, marker::PhantomData, pin::Pin, sync::Arc};

use leptos::prelude::*;
#[cfg(not(feature = "ssr"))]
use leptos::task::spawn_local;
#[cfg(feature = "ssr")]
use leptos::{
    server::codee::{Decoder, Encoder},
    tachys::reactive_graph::OwnedView,
};
use serde::Serialize;

#[cfg(not(feature = "ssr"))]
use super::live::{effect, live};
use super::part::{IntoPart, Part};
use crate::api::json::{FromJson, Json};

/// Read by the server for the page that it sends, and by the page when what it is read for changes.
pub struct Reading<T>(Held, PhantomData<fn() -> T>);

#[cfg(feature = "ssr")]
type Held = Resource<Known, AsJson>;
#[cfg(not(feature = "ssr"))]
type Held = RwSignal<Option<Known>>;

/// What something is read for: a text and a number, that of the turn.
pub type For = (String, u32);

impl<T> Clone for Reading<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Reading<T> {}

impl<T: FromJson + Clone + 'static> Reading<T> {
    pub fn get(&self) -> Option<T> {
        self.0.get()?.into()
    }

    pub fn get_untracked(&self) -> Option<T> {
        self.0.get_untracked()?.into()
    }
}

/// Reads, once on the server for the page that it sends, and in the browser whenever `what_for` changes.
pub fn read<T, Answer>(
    what_for: impl Fn() -> For + Send + Sync + 'static,
    read: impl Fn(For) -> Answer + Send + Sync + 'static,
) -> Reading<T>
where
    T: Serialize + Send + Sync + 'static,
    Answer: Future<Output = T> + Send + 'static,
{
    Reading(hold(Box::new(what_for), boxed(read)), PhantomData)
}

type WhatFor = Box<dyn Fn() -> For + Send + Sync>;
type Read = Box<dyn Fn(For) -> Pin<Box<dyn Future<Output = Known> + Send>> + Send + Sync>;

#[cfg(feature = "ssr")]
fn hold(what_for: WhatFor, read: Read) -> Held {
    Resource::new_with_options(what_for, read, false)
}

#[cfg(not(feature = "ssr"))]
fn hold(what_for: WhatFor, read: Read) -> Held {
    let written = written_next();
    let mut is_read = written.is_some();
    let held = RwSignal::new(written.map(|text| Known::Written(text.into())));
    let what_for = Memo::new(move |_| what_for());
    let turn = StoredValue::new(0_u32);
    effect(move |_| {
        let what_for = what_for.get();
        if std::mem::take(&mut is_read) {
            return;
        }
        turn.update_value(|turn| *turn += 1);
        let this = turn.get_value();
        let reading = untrack(|| read(what_for));
        spawn_local(async move {
            let known = reading.await;
            // What was asked for later counts, and on a page that is gone nothing does.
            if turn.try_get_value() == Some(this) {
                held.set(Some(known));
            }
        });
    });
    held
}

/// What the server wrote into the page at the next place. The server counts in the order in which it comes to read, so within what is shown of something the
/// places are the next ones only if nothing beside it, or after it, reads as well: one within another, and never two side by side that both read more.
#[cfg(not(feature = "ssr"))]
fn written_next() -> Option<String> {
    let page = Owner::current_shared_context()?;
    let place = page.next_id();
    page.read_data(&place)
}

/// What is shown of something that is read, and what stands in its place until then.
pub fn waiting<T>(
    reading: Reading<T>,
    instead: impl Fn() -> Part + Send + 'static,
    show: impl Fn(T) -> Part + Send + 'static,
) -> Part
where
    T: FromJson + Clone + Send + 'static,
{
    // Leptos's `Suspense` would make it several times over, to see what it reads, and have that read each time.
    #[cfg(feature = "ssr")]
    let shown = Suspend::new(async move {
        // The page goes out when everything is there.
        drop(instead);
        let read = Option::from(reading.0.await);
        OwnedView::new(read.map(show))
    });
    #[cfg(not(feature = "ssr"))]
    let shown = live(move || reading.get().map_or_else(&instead, &show));
    shown.part()
}

fn boxed<T, Answer>(read: impl Fn(For) -> Answer + Send + Sync + 'static) -> Read
where
    T: Serialize + Send + Sync + 'static,
    Answer: Future<Output = T> + Send + 'static,
{
    Box::new(move |what_for| {
        let answer = read(what_for);
        Box::pin(async move { Known::Value(Arc::new(answer.await)) })
    })
}

/// Something that was read, here or by the server.
#[derive(Clone)]
enum Known {
    Value(Arc<dyn Writable>),
    /// As the server wrote it into the page.
    Written(Arc<str>),
}

trait Writable: Any + Send + Sync {
    #[cfg(feature = "ssr")]
    fn write(&self) -> Result<String, serde_json::Error>;
}

impl<T: Serialize + Any + Send + Sync> Writable for T {
    #[cfg(feature = "ssr")]
    fn write(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

impl<T: FromJson + Clone + 'static> From<Known> for Option<T> {
    fn from(known: Known) -> Self {
        match known {
            Known::Value(value) => (&*value as &dyn Any).downcast_ref().cloned(),
            Known::Written(text) => Json::parse(&text).as_ref().and_then(T::from_json),
        }
    }
}

#[cfg(feature = "ssr")]
struct AsJson;

#[cfg(feature = "ssr")]
impl Encoder<Known> for AsJson {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(known: &Known) -> Result<String, Self::Error> {
        match known {
            Known::Value(value) => value.write(),
            Known::Written(text) => Ok((**text).to_owned()),
        }
    }
}

#[cfg(feature = "ssr")]
impl Decoder<Known> for AsJson {
    type Error = ();
    type Encoded = str;

    fn decode(text: &str) -> Result<Known, ()> {
        Ok(Known::Written(text.into()))
    }
}
