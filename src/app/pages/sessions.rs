//! Where somebody is signed in, and ending it there.
//!
//! One form that posts to its own page, with a button for each thing that can be ended: the app, once alive, takes the press before the form is
//! sent.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    api::{self, Problem, sessions::Sessions},
    app::{
        arrival::Refused,
        components::{
            error_summary::ErrorSummary, frame::Frame, notice::Notice, protected::Protected, sending::Sending,
            session_card::SessionCard, unreachable::unreachable,
        },
        live::{effect, if_so, live, when},
        part::{IntoPart, Part},
        reading::{read, waiting},
        spot::Spot,
    },
    client::Session,
};

/// What the form's buttons send as `end`, beside the id of a session.
pub const OTHERS: &str = "others";
pub const EVERYWHERE: &str = "everywhere";
/// Asks once more before it ends everything.
pub const ASK: &str = "ask";

#[component]
pub fn SessionsPage() -> Part {
    let refused = Refused::of_this_page().map(|refused| refused.problem);
    view! {
        <Frame title="Sessions" heading="Where you are signed in" signed_in=true>
            <Protected page=move |_| view! { <SessionList refused=refused.clone()/> }/>
        </Frame>
    }
    .part()
}

/// What was ended, in words. `count`: of other sessions.
pub fn ended_in_words(count: u32) -> String {
    match count {
        0 => "There were no other sessions.".to_owned(),
        1 => "1 session was ended.".to_owned(),
        _ => format!("{count} sessions were ended."),
    }
}

#[component]
fn SessionList(refused: Option<Problem>) -> Part {
    let query = use_query_map();
    let after = Memo::new(move |_| query.with(|query| query.get("after").unwrap_or_default()));
    let asked = |name| query.with_untracked(|query| query.get(name));
    let turn = RwSignal::new(0_u32);
    let list = read(move || (after.get(), turn.get()), |(after, _)| api::sessions::list(after));
    let ends = Ends {
        session: Session::current(),
        sending: Sending::idle(),
        which: RwSignal::new(String::new()),
        done: RwSignal::new(asked("ended").and_then(|count| count.parse().ok()).map(ended_in_words)),
        problem: RwSignal::new(refused),
        asking: RwSignal::new(asked("confirm").is_some()),
        turn,
    };
    let listed = Spot::new();
    let moved = StoredValue::new(false);
    effect(move |_| {
        // Another page of the list has come, and the link to it is gone.
        if let (Some(listed), true) = (listed.get(), moved.get_value()) {
            moved.set_value(false);
            let _ = listed.focus();
        }
    });
    let content = move |answer: Result<_, Problem>| match answer {
        Ok(page) => cards(page, &after.get_untracked(), ends, listed, moved),
        // The page leaves by itself.
        Err(problem) if problem.is_unauthenticated() => ().part(),
        Err(problem) => unreachable(problem, turn),
    };
    view! {
        <Notice text=ends.done/>
        <ErrorSummary problem=ends.problem fields=&[]/>
        {waiting(list, || view! { <p class="hint" role="status">"Your sessions are being read…"</p> }.part(), content)}
    }
    .part()
}

/// What can be ended here, and what came of it.
#[derive(Clone, Copy)]
struct Ends {
    session: Session,
    sending: Sending,
    /// The one whose button was pressed.
    which: RwSignal<String>,
    done: RwSignal<Option<String>>,
    problem: RwSignal<Option<Problem>>,
    asking: RwSignal<bool>,
    turn: RwSignal<u32>,
}

impl Ends {
    fn press(self, which: &str) {
        if which == ASK {
            return self.asking.set(true);
        }
        if self.sending.is_under_way() {
            return;
        }
        self.which.set(which.to_owned());
        let which = which.to_owned();
        self.sending.start(async move {
            self.problem.set(None);
            self.done.set(None);
            let answer = match &*which {
                EVERYWHERE => match api::sessions::logout_everywhere().await {
                    // The cookie and the other tabs are still to be told.
                    Ok(()) => return self.session.log_out(),
                    Err(problem) => Err(problem),
                },
                OTHERS => api::sessions::end_other_sessions().await,
                id => api::sessions::end_session(id.to_owned()).await.map(|()| 1),
            };
            self.which.set(String::new());
            match answer {
                Ok(count) => self.done.set(Some(ended_in_words(count))),
                // The page leaves by itself.
                Err(problem) if problem.is_unauthenticated() => {}
                Err(problem) => self.problem.set(Some(problem)),
            }
            // Whatever came of it, the list shows what is.
            self.turn.update(|turn| *turn += 1);
        });
    }

    /// A button that ends something. `about`: the id of the element that says what.
    fn button(self, which: &str, label: &'static str, class: &'static str, about: Option<String>) -> Part {
        let [pressed, value] = [which, which].map(str::to_owned);
        let press = move |event: leptos::ev::MouseEvent| {
            event.prevent_default();
            self.press(&pressed);
        };
        let if_busy = || {
            let which = which.to_owned();
            if_so(move || self.which.with(|under_way| *under_way == which))
        };
        view! {
            <button
                class=class
                name="end"
                value=value
                aria-describedby=about
                aria-busy=if_busy()
                aria-disabled=if_busy()
                on:click=when(press)
            >
                {label}
            </button>
        }
        .part()
    }
}

fn cards(page: Sessions, after: &str, ends: Ends, listed: Spot, moved: StoredValue<bool>) -> Part {
    let Sessions { sessions, next } = page;
    let first = after.is_empty();
    let alone = first && next.is_none() && sessions.len() < 2;
    let action = if first { "/account/sessions".to_owned() } else { format!("/account/sessions?after={after}") };
    let cards = sessions
        .into_iter()
        .map(|session| {
            let end = move |id: String, about| ends.button(&id, "End session", "quiet", Some(about));
            view! { <SessionCard session end/> }
        })
        .collect::<Vec<_>>();
    let way = move |href: String, label| {
        view! { <a href=href on:click=when(move |_| moved.set_value(true))>{label}</a> }.part()
    };
    view! {
        <form class="stack" method="post" action=action>
            <ul class="stack sessions" aria-label="Sessions" tabindex="-1" node_ref=listed>{cards}</ul>
            <p class="pages">
                {(!first).then(|| way("/account/sessions".to_owned(), "Latest sessions"))}
                {next.map(|next| way(format!("/account/sessions?after={next}"), "Older sessions"))}
            </p>
            {all_at_once(ends, alone)}
        </form>
    }
    .part()
}

/// `alone`: there is no other session.
fn all_at_once(ends: Ends, alone: bool) -> Part {
    let [question, choices] = [(); 2].map(|()| Spot::new());
    for heading in [question, choices] {
        // Not when the page comes.
        effect(move |first| {
            if let (Some(heading), false) = (heading.get(), first) {
                let _ = heading.focus();
            }
        });
    }
    let choice = move || {
        view! {
            <h2 tabindex="-1" node_ref=choices>"All at once"</h2>
            {if alone {
                view! { <p class="hint">"You are signed in here and nowhere else."</p> }.part()
            } else {
                view! { <p class="hint">"If one of these is not yours, end it and " <a href="/account/password">"change your password"</a> "."</p> }.part()
            }}
            <div class="choices">
                {(!alone).then(|| ends.button(OTHERS, "End all other sessions", "quiet", None))}
                {ends.button(ASK, "Sign out everywhere", "quiet", None)}
            </div>
        }
        .part()
    };
    let cancel = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        ends.asking.set(false);
    };
    let sure = move || {
        view! {
            <h2 tabindex="-1" node_ref=question>"Sign out everywhere?"</h2>
            <p>"This ends every session, this one too. You will need your password to sign in again."</p>
            <div class="choices">
                {ends.button(EVERYWHERE, "Yes, sign out everywhere", "primary", None)}
                <a
                    class="button quiet"
                    href="/account/sessions"
                    on:click=when(cancel)
                >
                    "Cancel"
                </a>
            </div>
        }
        .part()
    };
    view! { <section class="card">{live(move || if ends.asking.get() { sure() } else { choice() })}</section> }.part()
}
