//! What is shown where the server could not be asked.

use leptos::prelude::*;

use crate::{
    api::Problem,
    app::{
        live::{effect, when},
        part::{IntoPart, Part},
    },
    client::{Phase, Session},
};

/// `again`: counts the times that it is asked for. By a press of the button, and by itself when the network is back and when the page has a new token.
pub fn unreachable(problem: Problem, again: RwSignal<u32>) -> Part {
    let ask = move || again.update(|count| *count += 1);
    let session = Session::current();
    let mut before = None;
    effect(move |_| {
        let now = (session.phase().get(), session.life().get().map(|life| life.since));
        if now.0 == Phase::SignedIn && before.is_some_and(|before| before != now) {
            ask();
        }
        before = Some(now);
    });
    effect(move |_| {
        let listener = window_event_listener(leptos::ev::online, move |_| ask());
        on_cleanup(move || listener.remove());
    });
    view! {
        <div class="card" role="alert">
            <p>{problem.detail}</p>
            <button class="primary" on:click=when(move |_| ask())>"Try again"</button>
        </div>
    }
    .steady()
}
