//! Who you are, since when, the pass you hold, and what happened lately.

use leptos::prelude::*;

use crate::{
    api::Account,
    app::{
        components::{
            activity::RecentActivity, frame::Frame, moment::Moment, protected::Protected, token_life::TokenLife,
        },
        part::{IntoPart, Part},
    },
};

#[component]
pub fn AccountPage() -> Part {
    view! {
        <Frame title="Your account" heading="Your account" signed_in=true>
            <Protected page=|account| view! { <AccountDetails account/> }/>
        </Frame>
    }
    .part()
}

#[component]
fn AccountDetails(account: Account) -> Part {
    view! {
        <p class="who">"Signed in as " <strong>{account.username}</strong></p>
        <div class="columns">
            <TokenLife/>
            <section class="card" aria-labelledby="session-title">
                <h2 id="session-title">"This session"</h2>
                <dl>
                    <dt>"Signed in"</dt>
                    <dd><Moment at=account.signed_in_at/></dd>
                    <dt>"With"</dt>
                    <dd>{account.device}</dd>
                    <dt>"From"</dt>
                    <dd>{account.address}</dd>
                    <dt>"Ends if not used until"</dt>
                    <dd><Moment at=account.idle_until/></dd>
                    <dt>"Ends at the latest"</dt>
                    <dd><Moment at=account.ends_at/></dd>
                </dl>
            </section>
        </div>
        <RecentActivity/>
    }
    .part()
}
