//! What changes on a page that is alive: parts, words and effects.
//!
//! Leptos compiles what follows a closure once for each closure. Boxed, they are of a few types, and it is compiled once for each of those.

use std::borrow::Cow;

use leptos::prelude::*;

use super::part::Part;

/// A part that is made anew when what it reads changes.
pub fn live(show: impl Fn() -> Part + Send + 'static) -> Box<dyn FnMut() -> Part + Send> {
    Box::new(show)
}

pub type Words = Box<dyn FnMut() -> Option<Cow<'static, str>> + Send>;

/// Text, or the value of an attribute, that is there or is not.
pub fn words<Text: Into<Cow<'static, str>>>(say: impl Fn() -> Option<Text> + Send + 'static) -> Words {
    Box::new(move || say().map(Into::into))
}

/// An attribute that is `true` or is not there.
pub fn if_so(is_so: impl Fn() -> bool + Send + 'static) -> Words {
    words(move || is_so().then_some("true"))
}

/// What is done when something happens.
pub fn when<Event: 'static>(happened: impl FnMut(Event) + 'static) -> Box<dyn FnMut(Event)> {
    Box::new(happened)
}

/// Runs in the browser alone, once the page is alive, and again when what it reads changes. `first`: whether it has not run before.
pub fn effect(run: impl FnMut(bool) + 'static) {
    run_boxed(Box::new(run));
}

fn run_boxed(mut run: Box<dyn FnMut(bool)>) {
    Effect::new(move |before: Option<()>| run(before.is_none()));
}
