//! One session, as its person recognises it.

use leptos::prelude::*;

use super::moment::Moment;
use crate::{
    api::sessions::LiveSession,
    app::part::{IntoPart, Part},
};

/// `end`: the button that ends it, for all but the one that asks.
#[component]
pub fn SessionCard(session: LiveSession, end: impl Fn(String, String) -> Part) -> Part {
    let LiveSession { id, device, address, signed_in_at, last_active_at, is_this } = session;
    let name = format!("session-{id}");
    let action = if is_this { view! { <p class="badge">"This session"</p> }.part() } else { end(id, name.clone()) };
    view! {
        <li class="card session">
            <div class="session-head">
                <h2 id=name>{device}</h2>
                {action}
            </div>
            <dl class="facts">
                <div>
                    <dt>"Address"</dt>
                    <dd>{address}</dd>
                </div>
                <div>
                    <dt>"Signed in"</dt>
                    <dd><Moment at=signed_in_at/></dd>
                </div>
                <div>
                    <dt>"Last active"</dt>
                    <dd><Moment at=last_active_at/></dd>
                </div>
            </dl>
        </li>
    }
    .part()
}
