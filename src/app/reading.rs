//! What pages read from the server.
//!
//! On the server whatever shows a reading waits for it, and then what was read is written into the page. In the browser it is a signal, which holds what the
//! server wrote or what was read since. Leptos's resources are for pages that arrive in pieces, and ours do not: on the server each is tasks that other threads
//! are woken for, and in the browser much code.

use std::{any::Any, marker::PhantomData, pin::Pin, sync::Arc};

#[cfg(not(feature = "ssr"))]
use leptos::{prelude::*, task::spawn_local};
use serde::Serialize;

#[cfg(not(feature = "ssr"))]
use super::live::{effect, live};
use super::part::{IntoPart, Part};
use crate::api::json::FromJson;
#[cfg(not(feature = "ssr"))]
use crate::api::json::Json;

/// Read by the server for the page that it sends, and by the page when what it is read for changes.
pub struct Reading<T>(Held, PhantomData<fn() -> T>);

#[cfg(feature = "ssr")]
type Held = on_server::Held;
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
///
/// On the server what stands later in a page is not seen through before what stands earlier: of several things that are read for one place, read all in one server function.
pub fn read<T, Answer>(
    what_for: impl Fn() -> For + Send + Sync + 'static,
    read: impl Fn(For) -> Answer + Send + Sync + 'static,
) -> Reading<T>
where
    T: Serialize + Send + Sync + 'static,
    Answer: Future<Output = T> + Send + 'static,
{
    let read = boxed(read);
    #[cfg(feature = "ssr")]
    let held = Held::new(|| read(what_for()));
    #[cfg(not(feature = "ssr"))]
    let held = hold(Box::new(what_for), read);
    Reading(held, PhantomData)
}

#[cfg(not(feature = "ssr"))]
type WhatFor = Box<dyn Fn() -> For + Send + Sync>;
type Read = Box<dyn Fn(For) -> Answering + Send + Sync>;
type Answering = Pin<Box<dyn Future<Output = Known> + Send>>;

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
    // Leptos's `Suspense` would make it several times over, to see what it reads.
    #[cfg(feature = "ssr")]
    let shown = {
        // The page goes out when everything is there.
        drop(instead);
        reading.0.shown(move |known| Option::from(known).map(show).part())
    };
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
    #[cfg(not(feature = "ssr"))]
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

impl Known {
    /// For the page. What cannot be written is read by the browser.
    #[cfg(feature = "ssr")]
    fn written(&self) -> Option<String> {
        let Self::Value(value) = self;
        value.write().ok()
    }
}

impl<T: FromJson + Clone + 'static> From<Known> for Option<T> {
    fn from(known: Known) -> Self {
        match known {
            Known::Value(value) => (&*value as &dyn Any).downcast_ref().cloned(),
            #[cfg(not(feature = "ssr"))]
            Known::Written(text) => Json::parse(&text).as_ref().and_then(T::from_json),
        }
    }
}

#[cfg(feature = "ssr")]
mod on_server {
    use std::{future::ready, sync::Arc};

    use leptos::{prelude::*, tachys::reactive_graph::OwnedView};
    use tokio::sync::Mutex;

    use super::{Answering, Known, Part};

    /// What is read for the page that is being made: once, when it is first shown.
    #[derive(Clone, Copy)]
    pub struct Held(StoredValue<Arc<Mutex<Asked>>>);

    enum Asked {
        For(Answering),
        Answered(Known),
    }

    impl Held {
        pub fn new(read: impl FnOnce() -> Answering) -> Self {
            let page = Owner::current_shared_context();
            // The browser counts its places as it comes to read, so it is counted here.
            let place = page.as_ref().map(|page| page.next_id());
            let answering = untrack(read);
            Self(StoredValue::new(Arc::new(Mutex::new(Asked::For(Box::pin(async move {
                let known = answering.await;
                if let (Some(page), Some(place), Some(text)) = (page, place, known.written()) {
                    page.write_async(place, Box::pin(ready(text)));
                }
                known
            }))))))
        }

        pub fn get(self) -> Option<Known> {
            let asked = self.0.try_get_value()?;
            let asked = asked.try_lock().ok()?;
            let Asked::Answered(known) = &*asked else { return None };
            Some(known.clone())
        }

        /// The same: on the server nothing is tracked.
        pub fn get_untracked(self) -> Option<Known> {
            self.get()
        }

        /// What `show` makes of the answer, when it is there.
        pub fn shown(self, show: impl FnOnce(Known) -> Part + Send + 'static) -> impl IntoView {
            let asked = self.0.get_value();
            Suspend::new(async move {
                let known = answered(&mut *asked.lock().await).await;
                OwnedView::new(show(known))
            })
        }
    }

    async fn answered(asked: &mut Asked) -> Known {
        let known = match asked {
            Asked::For(answering) => answering.await,
            Asked::Answered(known) => return known.clone(),
        };
        *asked = Asked::Answered(known.clone());
        known
    }
}
