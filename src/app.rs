//! What people see. Both halves run it: the server to answer with the right page at once, the browser to bring it to life.

pub mod arrival;
pub mod components;
pub mod live;
pub mod pages;
pub mod part;
pub mod reading;
#[cfg(feature = "ssr")]
pub mod shell;
pub mod spot;

use std::sync::Arc;

use leptos::{children::ToChildren, prelude::*, tachys::view::iterators::StaticVec};
use leptos_router::{
    NestedRoute, PossibleRouteMatch, SsrMode,
    components::{FlatRoutes, RouteChildren, Router},
    path,
};

use crate::client::Session;
use arrival::Arrival;
use components::{connection::Connection, frame::FirstPage};
use live::effect;
use pages::{
    account::AccountPage, home::Home, login::LoginPage, not_found::NotFound, password::PasswordPage,
    sessions::SessionsPage, signed_out::SignedOutPage, signup::SignupPage,
};
use part::Part;

/// The app: the routes, and the session that they share.
#[component]
pub fn App() -> impl IntoView {
    #[cfg(feature = "ssr")]
    leptos_meta::provide_meta_context();
    let session = Session::provide();
    let arrival = Arrival::of_this_page();
    let rendered = arrival.rendered();
    provide_context(arrival);
    FirstPage::provide();
    // Runs in the browser alone, once the page is alive, and says so in the page.
    effect(move |_| {
        session.boot(rendered.clone());
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-alive", "");
        }
    });
    view! {
        <Connection/>
        <Router>
            <FlatRoutes fallback=NotFound children=RouteChildren::to_children(routes)/>
        </Router>
    }
}

type Path = Arc<dyn PossibleRouteMatch + Send + Sync>;
type Page = NestedRoute<Path, (), (), fn() -> Part>;

/// All of one type, so that the router is compiled once and not for each of them.
fn routes() -> StaticVec<Page> {
    let pages: Vec<(Path, fn() -> Part)> = vec![
        (Arc::new(path!("/")), Home),
        (Arc::new(path!("/login")), LoginPage),
        (Arc::new(path!("/signup")), SignupPage),
        (Arc::new(path!("/account")), AccountPage),
        (Arc::new(path!("/account/sessions")), SessionsPage),
        (Arc::new(path!("/account/password")), PasswordPage),
        (Arc::new(path!("/signed-out")), SignedOutPage),
    ];
    // Whole pages, so that the first byte can be a redirect.
    pages
        .into_iter()
        .map(|(path, page)| NestedRoute::new(path, page).ssr_mode(SsrMode::Async))
        .collect::<Vec<_>>()
        .into()
}
