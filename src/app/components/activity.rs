//! What happened to the account lately, the latest first.

use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_query_map;

use super::{moment::Moment, unreachable::unreachable};
use crate::{
    api::{
        self, Problem,
        activity::{Activity, Happening, What},
    },
    app::{
        live::{effect, if_so, live, when},
        part::{IntoPart, Part},
        reading::{read, waiting},
        spot::Spot,
    },
    ended::EndReason,
};

#[component]
pub fn RecentActivity() -> Part {
    let query = use_query_map();
    let after = Memo::new(move |_| query.with(|query| query.get("after").unwrap_or_default()));
    let again = RwSignal::new(0_u32);
    let first = read(move || (after.get(), again.get()), |(after, _)| api::activity::list(after));
    let content = move |answer: Result<_, Problem>| match answer {
        Ok(activity) => history(activity, after.with_untracked(String::is_empty)),
        // The page leaves by itself.
        Err(problem) if problem.is_unauthenticated() => ().part(),
        Err(problem) => unreachable(problem, again),
    };
    view! {
        <section class="card" aria-labelledby="activity-title">
            <h2 id="activity-title">"Recent activity"</h2>
            {waiting(first, || view! { <p class="hint">"Being read…"</p> }.part(), content)}
        </section>
    }
    .part()
}

/// A page of the history, and those after it as they are asked for. `whole`: it begins at the latest.
fn history(activity: Activity, whole: bool) -> Part {
    let next = RwSignal::new(None);
    let problem = RwSignal::new(None::<Problem>);
    let busy = RwSignal::new(false);
    let lines = lines(activity, next, false);
    let load = move |event: leptos::ev::MouseEvent, Next { after, to }: Next| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match api::activity::list(after).await {
                Ok(older) => {
                    problem.set(None);
                    to.set(Some(older));
                }
                Err(failed) => problem.set(Some(failed)),
            }
            busy.set(false);
        });
    };
    let older = move |next: Next| {
        let href = format!("/account?after={}", next.after);
        let load = when(move |event| load(event, next.clone()));
        view! { <a href=href aria-busy=if_so(move || busy.get()) on:click=load>"Older"</a> }
    };
    let complaint = |problem: Problem| view! { <p class="field-error" role="alert">{problem.detail}</p> };
    view! {
        <ol class="activity">{lines}</ol>
        {live(move || problem.get().map(complaint).part())}
        <p class="pages">
            {(!whole).then(|| view! { <a href="/account">"Latest"</a> })} {live(move || next.get().map(older).steady())}
        </p>
    }
    .part()
}

/// Where the page after the last one begins, and where it goes.
#[derive(Clone)]
struct Next {
    after: String,
    to: RwSignal<Option<Activity>>,
}

/// The lines of a page, and of those after it once they are there. `asked_for`: by a link, which may go away with that; the first of them takes the focus.
fn lines(activity: Activity, next: RwSignal<Option<Next>>, asked_for: bool) -> Part {
    let older = RwSignal::new(None::<Activity>);
    next.set(activity.next.map(|after| Next { after, to: older }));
    let mut first = asked_for.then(Spot::new);
    effect(move |_| {
        if let Some(first) = first.and_then(Spot::get) {
            let _ = first.focus();
        }
    });
    let lines = activity.happenings.into_iter().map(|happening| line(happening, first.take().unwrap_or_default()));
    let lines = lines.collect::<Vec<_>>();
    let more = live(move || older.get().map_or_else(|| ().part(), |older| self::lines(older, next, true)));
    view! { {lines} {more} }.part()
}

fn line(happening: Happening, spot: Spot) -> Part {
    let Happening { at, what, device, address, ended_device, .. } = happening;
    let place = match (ended_device, device) {
        (Some(ended), Some(by)) => format!("{ended}, ended from {by}"),
        (Some(ended), None) => format!("{ended}, ended by the people who run this site"),
        (None, Some(device)) => device,
        (None, None) => "By the people who run this site".to_owned(),
    };
    view! {
        <li class=if alarming(what) { "alarming" } else { "" } tabindex="-1" node_ref=spot>
            <p class="what">{in_words(what)}</p>
            <p class="hint">{if address.is_empty() { place } else { format!("{place} · {address}") }}</p>
            <p class="hint when"><Moment at/></p>
        </li>
    }
    .part()
}

fn alarming(what: What) -> bool {
    matches!(
        what,
        What::SignInFailed | What::TooManyTries | What::PasswordChangeFailed | What::SessionEnded(EndReason::Reused)
    )
}

fn in_words(what: What) -> &'static str {
    match what {
        What::AccountMade => "Account made",
        What::SignedIn => "Signed in",
        What::SignInFailed => "Sign-in failed: wrong password",
        What::TooManyTries => "Signing in refused: too many tries",
        What::SignedOut => "Signed out",
        What::SessionEnded(EndReason::Reused) => "Session ended: its key was used in two places",
        What::SessionEnded(EndReason::Replaced) => "Session ended: signed in anew in the same browser",
        What::SessionEnded(EndReason::PasswordChanged) => "Session ended: the password was changed",
        What::SessionEnded(EndReason::Disabled) => "Session ended: the account was disabled",
        What::SessionEnded(EndReason::Revoked | EndReason::SignedOut) => "Session ended",
        What::PasswordChanged => "Password changed",
        What::PasswordChangeFailed => "Password not changed: the current one was wrong",
        What::AccountDisabled => "Account disabled",
        What::AccountEnabled => "Account enabled again",
        What::DetailsChanged => "Details of the account changed",
        What::Unlocked => "Signing in allowed again",
    }
}
