//! What people see. Both halves run it: the server to answer with the right page at once, the browser to bring it to life.

pub mod arrival;
pub mod components;
pub mod pages;
#[cfg(feature = "ssr")]
pub mod shell;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

use crate::client::Session;
use arrival::Arrival;
use components::{connection::Connection, frame::FirstPage};
use pages::{
    account::AccountPage, home::Home, login::LoginPage, not_found::NotFound, password::PasswordPage,
    sessions::SessionsPage, signed_out::SignedOutPage, signup::SignupPage,
};

/// The app: the routes, and the session that they share.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let session = Session::provide();
    let arrival = Arrival::of_this_page();
    let rendered = arrival.rendered();
    provide_context(arrival);
    FirstPage::provide();
    // Runs in the browser alone, once the page is alive.
    Effect::new(move || session.boot(rendered.clone()));

    // Whole pages, so that the first byte can be a redirect.
    let whole = SsrMode::Async;
    view! {
        <Connection/>
        <Router>
            <Routes fallback=|| view! { <NotFound/> }.into_any()>
                <Route path=path!("/") view=Home ssr=whole.clone()/>
                <Route path=path!("/login") view=LoginPage ssr=whole.clone()/>
                <Route path=path!("/signup") view=SignupPage ssr=whole.clone()/>
                <Route path=path!("/account") view=AccountPage ssr=whole.clone()/>
                <Route path=path!("/account/sessions") view=SessionsPage ssr=whole.clone()/>
                <Route path=path!("/account/password") view=PasswordPage ssr=whole.clone()/>
                <Route path=path!("/signed-out") view=SignedOutPage ssr=whole/>
            </Routes>
        </Router>
    }
}
