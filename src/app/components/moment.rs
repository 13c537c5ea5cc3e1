//! A point in time, in words.

use leptos::prelude::*;

use crate::{
    api,
    app::{
        live::{effect, words},
        part::{IntoPart, Part},
    },
};

/// UTC as the server writes it; in the person's own time and manner once the page is alive.
#[component]
pub fn Moment(at: api::Moment) -> Part {
    let utc = format!("{} {} UTC", at.utc.get(..10).unwrap_or_default(), at.utc.get(11..16).unwrap_or_default());
    let shown = RwSignal::new(utc);
    effect(move |_| shown.set(local(at.unix_ms, "medium")));
    view! { <time datetime=at.utc>{words(move || Some(shown.get()))}</time> }.part()
}

/// In the person's own time zone and language. `style`: how much is said, as `Intl.DateTimeFormat` names it.
fn local(unix_ms: i64, style: &str) -> String {
    format(unix_ms, &[("dateStyle", style), ("timeStyle", "short")])
}

/// The time of day, to the second.
pub fn time_of_day(unix_ms: i64) -> String {
    format(unix_ms, &[("timeStyle", "medium")])
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of this era fit")]
fn format(unix_ms: i64, styles: &[(&str, &str)]) -> String {
    let date = js_sys::Date::new(&(unix_ms as f64).into());
    let options = js_sys::Object::new();
    for (name, style) in styles {
        // Setting a property of a fresh object does not fail.
        let _ = js_sys::Reflect::set(&options, &(*name).into(), &(*style).into());
    }
    date.to_locale_string("default", &options).into()
}
