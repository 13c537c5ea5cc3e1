//! The wall in front of a page behind sign-in.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, components::Redirect, hooks::use_navigate};
use serde::{Deserialize, Serialize};

use super::{
    next::{login_for_this_page, this_page},
    sign_in_again::sign_in_again,
    unreachable::unreachable,
};
use crate::{
    api::{self, Account, Problem, json::read_by_field},
    app::{
        arrival::Arrival,
        live::{effect, live, when},
        part::{IntoPart, Part},
        reading::{Reading, read, waiting},
    },
    client::{Phase, Session},
    ended::{EndReason, Refusal},
};

/// Shows a page to whoever is signed in, and takes anybody else to where they can be. The page is a function of the
/// account, so it cannot be rendered without one. The data it shows is protected by the server functions that it asks, not by
/// this wall.
///
/// When the session ends under somebody's hands, what they typed and what they were sending are kept, out of sight, until they have signed in
/// again.
#[component]
pub fn Protected<Page, Shown>(page: Page) -> Part
where
    Page: Fn(Account) -> Shown + Send + Sync + 'static,
    Shown: IntoView + 'static,
{
    protected(Box::new(move |account| page(account).part()))
}

fn protected(page: Box<dyn Fn(Account) -> Part + Send + Sync>) -> Part {
    let session = Session::current();
    session.can_be_entered_again_here();
    let phase = session.phase();
    let again = RwSignal::new(0_u32);
    let account =
        read(move || (String::new(), again.get()), move |(_, turn)| ask(turn, session.user().get_untracked()));
    let name = move || account.get_untracked().and_then(|asked| asked.answer.ok()).map(|account| account.username);
    let typed = StoredValue::new(false);
    let cover = cover(session, typed, name);
    ask_again_for_another_person(account, again, cover, typed);
    leave_when_signed_out(cover);

    let user = session.user();
    // Memos, so that the page is not built anew while it stays the same person's.
    let another_person = Memo::new(move |_| match (user.get(), account.get()) {
        (Some(user), Some(Asked { answer: Ok(account), .. })) => user != account.user_id,
        _ => false,
    });
    let gone = Memo::new(move |_| matches!(cover.get(), Cover::Leaving(_)));
    let page = StoredValue::new(page);
    let content = move |Asked { turn, answer, .. }| match answer {
        _ if gone.get() => ().part(),
        // Until it has been read anew.
        Ok(_) if another_person.get() => restoring(),
        Ok(account) => page.with_value(|page| page(account)),
        // Asked before this page had a token, or while it is asked again.
        Err(problem) if problem.is_unauthenticated() && (phase.get() != Phase::SignedIn || turn != again.get()) => {
            unauthenticated()
        }
        Err(problem) => unreachable(problem, again),
    };
    view! {
        // Nothing protected is shown from the moment that the session is over.
        <div class="behind" hidden=move || cover.get() != Cover::Lifted on:input=when(move |_| typed.set_value(true))>
            {waiting(account, restoring, content)}
        </div>
        {live(move || match cover.get() {
            Cover::Asking(why) => sign_in_again(why, name().unwrap_or_default()),
            _ => ().part(),
        })}
    }
    .part()
}

/// What stands before the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cover {
    /// Nothing: the page is seen.
    Lifted,
    /// The session ended while the person was at work here: they are asked to sign in again.
    Asking(Refusal),
    /// The session is over, and the person is taken elsewhere.
    Leaving(Option<Refusal>),
}

/// `typed`: whether the person has changed anything on this page. `name`: whose page it is, if it could be read at all.
fn cover(
    session: Session,
    typed: StoredValue<bool>,
    name: impl Fn() -> Option<String> + Send + Sync + 'static,
) -> Memo<Cover> {
    let (phase, at_work) = (session.phase(), session.at_work());
    Memo::new(move |before| match (phase.get(), before) {
        // Until it is known whether they are signed in again, they are not.
        (Phase::Restoring | Phase::Offline, Some(Cover::Asking(why))) => Cover::Asking(*why),
        (Phase::Restoring | Phase::SignedIn | Phase::Offline, _) => Cover::Lifted,
        (Phase::SignedOut(Some(why)), Some(Cover::Asking(_))) if why.can_sign_in_again() => Cover::Asking(why),
        (Phase::SignedOut(Some(why)), _)
            if why.can_sign_in_again() && name().is_some() && (typed.get_value() || at_work.get_untracked()) =>
        {
            Cover::Asking(why)
        }
        (Phase::SignedOut(why), _) => Cover::Leaving(why),
    })
}

/// The answer to the question whose account this is, and what was known when it was asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Asked {
    turn: u32,
    /// Whose page this was, if it had heard of anybody.
    user_id: Option<String>,
    answer: Result<Account, Problem>,
}

read_by_field!(Asked { turn, user_id, answer });

async fn ask(turn: u32, user_id: Option<String>) -> Asked {
    Asked { turn, user_id, answer: api::account::me().await }
}

/// The account was read for somebody. When this page turns out to belong to another, it is loaded anew. When it turns out to belong to anybody at all, or to the same person's next session, the account is
/// read anew, unless that would take from them what they have typed.
fn ask_again_for_another_person(
    account: Reading<Asked>,
    again: RwSignal<u32>,
    cover: Memo<Cover>,
    typed: StoredValue<bool>,
) {
    let session = Session::current();
    let (user, id) = (session.user(), session.id());
    let kept = StoredValue::new(false);
    effect(move |_| {
        if let Cover::Asking(_) = cover.get() {
            kept.set_value(true);
        }
    });
    effect(move |_| {
        let (Some(user), Some(id), Some(Asked { user_id, answer, .. })) = (user.get(), id.get(), account.get()) else {
            return;
        };
        match answer {
            // Nothing of one person's page is to be left in another's.
            Ok(account) if account.user_id != user => _ = window().location().reload(),
            Ok(account) if account.session_id == id || kept.get_value() || typed.get_value() => {}
            Err(_) if user_id == Some(user) => {}
            _ => again.update(|count| *count += 1),
        }
    });
}

fn leave_when_signed_out(cover: Memo<Cover>) {
    let login = login_for_this_page();
    let navigate = use_navigate();
    effect(move |_| {
        let Cover::Leaving(why) = cover.get() else { return };
        navigate(&way_out(&login, why), NavigateOptions { replace: true, ..Default::default() });
    });
}

/// No account, and not because the server failed. The server either is sure that nobody is signed in, or leaves it to the browser to find out.
fn unauthenticated() -> Part {
    match expect_context() {
        Arrival::SignedOut(why) if cfg!(feature = "ssr") => {
            view! { <Redirect path=way_out(&login_for_this_page(), why)/> }.part()
        }
        _ => restoring(),
    }
}

/// To the page that signs in and comes back, by way of the reason where a session has ended.
pub(super) fn way_out(login: &str, why: Option<Refusal>) -> String {
    match why {
        None | Some(Refusal::Invalid) => login.to_owned(),
        Some(why @ Refusal::Ended(EndReason::SignedOut)) => format!("/signed-out?reason={why}"),
        Some(why) => login.replacen("/login?", &format!("/signed-out?reason={why}&"), 1),
    }
}

/// Someone may be signed in, and their access token is on its way.
fn restoring() -> Part {
    view! {
        <div class="restoring" role="status">
            <p>"Restoring your session…"</p>
        </div>
        <noscript>
            <p><a href=this_page()>"Continue to this page"</a>", or "<a href=login_for_this_page()>"sign in"</a>" if that leads nowhere."</p>
        </noscript>
    }
    .part()
}
