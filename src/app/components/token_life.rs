//! The product's idea made visible: a pass that is good for minutes, and is renewed before anyone notices.

use std::time::Duration;

use leptos::prelude::*;

use super::moment::time_of_day;
use crate::{
    app::{
        live::{effect, live, words},
        part::{IntoPart, Part},
    },
    client::{Life, Phase, Renewal, Session, clock},
};

/// The life of the access token in this page's memory as it runs down, and the renewals that happened.
#[component]
pub fn TokenLife() -> Part {
    let session = Session::current();
    let (life, phase, renewals) = (session.life(), session.phase(), session.renewals());
    let now = RwSignal::new(0_i64);
    effect(move |_| {
        now.set(clock::wall());
        if let Ok(ticking) = set_interval_with_handle(move || now.set(clock::wall()), Duration::from_millis(500)) {
            on_cleanup(move || ticking.clear());
        }
    });
    let left = move |life: Life| (life.lifetime - (now.get() - life.since)).clamp(0, life.lifetime);
    let bar = move || {
        life.get()
            .map(|life| view! { <progress max=life.lifetime.to_string() value=left(life).to_string() aria-label="Life left in the access token"/> })
            .steady()
    };
    let left_in_words = move || {
        Some(match (phase.get(), life.get()) {
            (_, Some(life)) => format!("Good for {} more", in_words(left(life) / 1_000)),
            (Phase::Offline, None) => "Waiting for the server".to_owned(),
            _ => "Being fetched".to_owned(),
        })
    };
    let lines = move || {
        let renewed = |renewal: &Renewal| view! { <li>{format!("Renewed at {}", time_of_day(renewal.at))}</li> }.part();
        renewals.with(|renewals| renewals.iter().map(renewed).collect::<Vec<_>>())
    };
    view! {
        <section class="pass" aria-labelledby="pass-title">
            <h2 id="pass-title">"This page's pass"</h2>
            <p class="left">{words(left_in_words)}</p>
            <div class="run">{live(bar)}</div>
            <p class="hint">
                "The access token lives in this page's memory only. It is renewed before it runs out, with a refresh token that no script can read."
            </p>
            <h3>"Silent renewals"</h3>
            {live(move || if renewals.with(Vec::is_empty) { view! { <p class="hint">"None yet since this page was opened."</p> }.part() } else {
                view! { <ol class="renewals">{lines()}</ol> }.part()
            })}
            <noscript><p class="hint">"Scripts are off, so this page holds no access token. The server reads the cookie for each page."</p></noscript>
        </section>
    }
    .part()
}

fn in_words(seconds: i64) -> String {
    match seconds {
        1 => "1 second".to_owned(),
        0..120 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds / 60),
    }
}
