//! Why somebody is signed out, what to do, and the way back in.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    api::{
        self,
        ending::{By, Ending},
    },
    app::{
        components::{
            frame::Frame,
            moment::Moment,
            next::{in_query, local_path},
        },
        live::{live, when, words},
        part::{IntoPart, Part},
        reading::{read, waiting},
    },
    client::{Phase, Session},
    ended::{EndReason, Refusal},
    own::HOME,
};

#[component]
pub fn SignedOutPage() -> Part {
    let query = use_query_map();
    let why = Memo::new(move |_| query.with(|query| query.get("reason").as_deref().and_then(Refusal::from_code)));
    let login = Memo::new(move |_| {
        let next = query.with(|query| query.get("next"));
        next.as_deref().and_then(local_path).map_or_else(|| "/login".to_owned(), login_for)
    });
    let reason = move || why.get().map(Refusal::code).unwrap_or_default();
    let ending = read(move || (reason().to_owned(), 0), |(reason, _)| ask(Refusal::from_code(&reason)));
    // Whoever comes back to this address, in another tab too, may have signed in since.
    let phase = Session::current().phase();
    let is_in = move || phase.get() == Phase::SignedIn;
    let title = move || if is_in() { "Signed in" } else { "Signed out" };
    let heading = move || if is_in() { "You are signed in" } else { "You are signed out" };
    view! {
        <Frame title heading>
            <Stranded/>
            {live(move || if is_in() { signed_in() } else { ().part() })}
            <div hidden=is_in>
                <div class="card">
                    {waiting(ending, move || explained(why.get(), None), move |ending| explained(why.get(), ending))}
                    <a class="button primary" href=words(move || Some(login.get()))>"Sign in again"</a>
                </div>
            </div>
        </Frame>
    }
    .part()
}

fn signed_in() -> Part {
    view! {
        <div class="card">
            <p>"The session that this page is about is over, and there is a new one in this browser."</p>
            <a class="button primary" href=HOME>"To your account"</a>
        </div>
    }
    .part()
}

fn login_for(next: &str) -> String {
    format!("/login?next={}", in_query(next))
}

/// How it ended, where there is more to tell than the reason.
async fn ask(why: Option<Refusal>) -> Option<Ending> {
    match why {
        None | Some(Refusal::Invalid | Refusal::Ended(EndReason::SignedOut)) => None,
        // Without an answer there are still the words.
        Some(_) => api::ending::of_this_browser().await.ok().flatten(),
    }
}

/// What the server knows of the end counts for more than what the address says.
fn explained(why: Option<Refusal>, ending: Option<Ending>) -> Part {
    let why = ending.as_ref().map(|ending| ending.why).or(why);
    let by = ending.as_ref().and_then(|ending| ending.by.as_ref());
    let what_happened = what_happened(why, by);
    let reused = why == Some(Refusal::Ended(EndReason::Reused));
    view! {
        <p>{what_happened}</p>
        {ending.map(|ending| view! { <Details ending/> })}
        {reused.then(|| view! { <Meaning/> })}
        <p>{what_to_do(why)}</p>
        {wary(why).then(|| view! { <Precautions/> })}
    }
    .part()
}

fn what_happened(why: Option<Refusal>, by: Option<&By>) -> &'static str {
    match why {
        None | Some(Refusal::Invalid) => "There is no session in this browser any more.",
        Some(Refusal::Expired) => {
            "Your session came to its end: it was not used for a long time, or it reached its longest life."
        }
        Some(Refusal::Ended(reason)) => match reason {
            EndReason::SignedOut => "You signed out in this browser. Nothing of your account is shown here any more.",
            EndReason::Revoked => match by {
                Some(By::Device(_)) => "This session was ended from another session of your account.",
                Some(By::Operator) => "This session was ended by the people who run this site.",
                None => {
                    "This session was ended from another session of your account, or by the people who run this site."
                }
            },
            EndReason::Reused => {
                "The key to this session was used in two places, so we ended the session to be safe. Your other sessions are not affected."
            }
            EndReason::Replaced => "You signed in again in this browser, which ended the session before.",
            EndReason::PasswordChanged => "The password of your account was changed, which ended its other sessions.",
            EndReason::Disabled => "This account was disabled by the people who run this site.",
        },
    }
}

fn what_to_do(why: Option<Refusal>) -> &'static str {
    match why {
        Some(Refusal::Expired) => "Sign in to go on where you were.",
        Some(Refusal::Ended(EndReason::SignedOut)) => "If others use this device, close the browser as well.",
        Some(Refusal::Ended(EndReason::Revoked)) => "If that was not you, sign in and change your password.",
        Some(Refusal::Ended(EndReason::Reused)) => "If nothing of the kind was done, sign in and change your password.",
        Some(Refusal::Ended(EndReason::PasswordChanged)) => {
            "Sign in with the new password. If you did not change it, tell the people who run this site at once."
        }
        Some(Refusal::Ended(EndReason::Disabled)) => "Ask them if you think that this is a mistake.",
        None | Some(Refusal::Invalid | Refusal::Ended(EndReason::Replaced)) => "Sign in to go on.",
    }
}

/// Whether somebody else may have had a hand in it.
fn wary(why: Option<Refusal>) -> bool {
    matches!(why, Some(Refusal::Ended(EndReason::Revoked | EndReason::Reused)))
}

/// What it means that a key was used in two places, for whoever has never heard of one.
#[component]
fn Meaning() -> Part {
    view! {
        <p>
            "Your browser keeps a key that changes every few minutes. One that is used in two places was copied: by somebody else, or by a backup when this device was restored, put back to an earlier day, or moved to a new one. We cannot tell which, so this session had to end."
        </p>
    }
    .part()
}

#[component]
fn Precautions() -> Part {
    view! {
        <ul class="ways">
            <li><a href=login_for("/account/password")>"Change your password"</a></li>
            <li><a href=login_for("/account/sessions")>"See where you are signed in"</a></li>
        </ul>
    }
    .part()
}

/// When, and on which device.
#[component]
fn Details(ending: Ending) -> Part {
    let Ending { why, at, by } = ending;
    let where_from = match why {
        Refusal::Ended(EndReason::Reused) => "Used from",
        Refusal::Ended(EndReason::PasswordChanged) => "Changed with",
        _ => "Ended from",
    };
    let device = by.and_then(|by| match by {
        By::Device(device) => Some(view! {
            <dt>{where_from}</dt>
            <dd>{device}</dd>
        }),
        By::Operator => None,
    });
    view! {
        <dl>
            <dt>"When"</dt>
            <dd><Moment at/></dd>
            {device}
        </dl>
    }
    .part()
}

/// The browser has forgotten the session, and the server has not heard of it yet.
#[component]
fn Stranded() -> Part {
    let session = Session::current();
    let stranded = session.stranded();
    live(move || {
        stranded
            .get()
            .map(|problem| {
                view! {
                    <div class="error-summary" role="alert">
                        <h2>"The server does not know yet"</h2>
                        <p>{problem.detail}</p>
                        <button class="primary" on:click=when(move |_| session.tell_of_leaving())>"Try again"</button>
                    </div>
                }
            })
            .steady()
    })
    .part()
}
