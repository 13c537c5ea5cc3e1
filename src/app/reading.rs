//! What pages read from the server: Leptos's resources, of one type for all that is read.

use std::{any::Any, marker::PhantomData, pin::Pin, sync::Arc};

use leptos::{
    prelude::*,
    server::codee::{Decoder, Encoder},
};
use serde::Serialize;

use crate::api::json::{FromJson, Json};

/// Read by the server for the page that it sends, and by the page when what it is read for changes.
pub struct Reading<T>(Resource<Known, AsJson>, PhantomData<fn() -> T>);

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

/// Reads, and has the page go out meanwhile.
pub fn read<T, Answer>(
    what_for: impl Fn() -> For + Send + Sync + 'static,
    read: impl Fn(For) -> Answer + Send + Sync + 'static,
) -> Reading<T>
where
    T: Serialize + Send + Sync + 'static,
    Answer: Future<Output = T> + Send + 'static,
{
    Reading(resource(Box::new(what_for), boxed(read), false), PhantomData)
}

/// Reads, and has the server send nothing before.
pub fn read_first<T, Answer>(
    what_for: impl Fn() -> For + Send + Sync + 'static,
    read: impl Fn(For) -> Answer + Send + Sync + 'static,
) -> Reading<T>
where
    T: Serialize + Send + Sync + 'static,
    Answer: Future<Output = T> + Send + 'static,
{
    Reading(resource(Box::new(what_for), boxed(read), true), PhantomData)
}

type WhatFor = Box<dyn Fn() -> For + Send + Sync>;
type Read = Box<dyn Fn(For) -> Pin<Box<dyn Future<Output = Known> + Send>> + Send + Sync>;

fn resource(what_for: WhatFor, read: Read, first: bool) -> Resource<Known, AsJson> {
    Resource::new_with_options(what_for, read, first)
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

struct AsJson;

impl Encoder<Known> for AsJson {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(known: &Known) -> Result<String, Self::Error> {
        match known {
            #[cfg(feature = "ssr")]
            Known::Value(value) => value.write(),
            // The browser writes nothing.
            #[cfg(not(feature = "ssr"))]
            Known::Value(_) => Ok(String::new()),
            Known::Written(text) => Ok((**text).to_owned()),
        }
    }
}

impl Decoder<Known> for AsJson {
    type Error = ();
    type Encoded = str;

    fn decode(text: &str) -> Result<Known, ()> {
        Ok(Known::Written(text.into()))
    }
}
