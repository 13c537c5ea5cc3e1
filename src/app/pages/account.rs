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
    fields::Fields,
    own::FIELDS,
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
            {own(&account.fields)}
        </div>
        <RecentActivity/>
    }
    .part()
}

/// What accounts have of their own, as far as this one has it.
fn own(fields: &Fields) -> Option<Part> {
    let filled = FIELDS.iter().filter_map(|field| fields.filled(*field).map(|filled| (field.label, filled.value)));
    let filled: Vec<_> = filled.map(|(label, value)| view! { <dt>{label}</dt> <dd>{value}</dd> }.part()).collect();
    let shown = |filled: Vec<Part>| {
        view! {
            <section class="card" aria-labelledby="own-title">
                <h2 id="own-title">"About you"</h2>
                <dl>{filled}</dl>
            </section>
        }
        .part()
    };
    (!filled.is_empty()).then(|| shown(filled))
}
