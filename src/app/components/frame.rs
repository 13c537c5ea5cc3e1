//! The frame of a page: its name in the title bar, its heading, its landmark.

use leptos::{prelude::*, text_prop::TextProp};
use leptos_router::hooks::use_location;

use super::{mark::Mark, sign_out::SignOut};
use crate::{
    app::{
        live::{effect, words},
        part::{Inside, IntoPart, Part},
        spot::Spot,
    },
    own::{NAME, SECTIONS},
};

/// A page. `wide` for pages that show things, narrow for those that ask for them; `signed_in` for those behind sign-in.
#[component]
pub fn Frame(
    #[prop(into)] title: TextProp,
    #[prop(into)] heading: TextProp,
    #[prop(optional)] signed_in: bool,
    children: Inside,
) -> Part {
    let h1 = Spot::new();
    focus_after_navigation(h1);
    let page = view! {
        <header class="top">
            <a class="brand" href="/">
                <Mark/>
                {NAME}
            </a>
            {signed_in.then(|| view! {
                <Sections/>
                <SignOut/>
            })}
        </header>
        <main class=if signed_in { "wide" } else { "narrow" }>
            <h1 node_ref=h1 tabindex="-1">{words(move || Some(heading.get()))}</h1>
            {children.show()}
        </main>
    };
    // Once the page is made, for its name may say what came of that.
    name(title);
    page.part()
}

/// What the page is called in the title bar.
fn name(title: TextProp) {
    let name = move || format!("{} · {NAME}", title.get());
    // Said at once: `leptos_meta` asks when the page is written, where no signal can be read any more if another thread goes on with it.
    #[cfg(feature = "ssr")]
    let _ = view! { <leptos_meta::Title text=name()/> };
    #[cfg(not(feature = "ssr"))]
    effect(move |_| document().set_title(&name()));
}

/// The way between the pages behind sign-in.
#[component]
fn Sections() -> Part {
    let here = use_location().pathname.get_untracked();
    let way = |(path, name): &(&'static str, &'static str)| {
        let current = (here.trim_end_matches('/') == *path).then_some("page");
        view! { <a href=*path aria-current=current>{*name}</a> }.part()
    };
    view! {
        <nav class="sections" aria-label="Your account">
            {SECTIONS.iter().map(way).collect::<Vec<_>>()}
        </nav>
    }
    .part()
}

/// Whether the page now shown is the one that the browser itself loaded.
#[derive(Clone, Copy)]
pub struct FirstPage(StoredValue<bool>);

impl FirstPage {
    pub fn provide() {
        provide_context(Self(StoredValue::new(true)));
    }
}

/// The browser announces the page that it loads. One that the app puts in its place announces itself, by its heading.
fn focus_after_navigation(h1: Spot) {
    let FirstPage(first) = expect_context();
    if first.get_value() {
        first.set_value(false);
        return;
    }
    effect(move |_| {
        if let Some(h1) = h1.get() {
            let _ = h1.focus();
        }
    });
}
