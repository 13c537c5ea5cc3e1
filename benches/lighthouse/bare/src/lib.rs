//! The sign-in page and the account page without anybody's sign-in behind them.

#![recursion_limit = "256"]

use leptos::prelude::*;
use leptos_meta::{MetaTags, Stylesheet, Title, provide_meta_context};
use leptos_router::{
    components::{A, Route, Router, Routes},
    path,
};

pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Stylesheet href="/pkg/bare.css"/>
        <Router>
            <Routes fallback=|| view! { <main class="narrow"><h1>"No such page"</h1></main> }>
                <Route path=path!("/login") view=Login/>
                <Route path=path!("/account") view=Account/>
            </Routes>
        </Router>
    }
}

#[component]
fn Brand() -> impl IntoView {
    view! {
        <a href="/" class="brand">
            <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false" class="mark">
                <path d="M7 3h18a3 3 0 0 1 3 3v7a3 3 0 0 0 0 6v7a3 3 0 0 1-3 3H7a3 3 0 0 1-3-3v-7a3 3 0 0 0 0-6V6a3 3 0 0 1 3-3z"></path>
                <path class="tick" d="m10.5 16.5 4 4 7.5-9"></path>
            </svg>
            "Bare"
        </a>
    }
}

#[component]
fn Login() -> impl IntoView {
    let username = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let sent = RwSignal::new(false);
    view! {
        <Title text="Sign in"/>
        <header class="top"><Brand/></header>
        <main class="narrow">
            <h1>"Sign in"</h1>
            <form method="post" class="card" on:submit=move |event| { event.prevent_default(); sent.set(true); }>
                <div class="field">
                    <label for="username">"Username"</label>
                    <input id="username" name="username" type="text" autocomplete="username" autocapitalize="off" spellcheck="false" bind:value=username/>
                </div>
                <div class="field">
                    <label for="current-password">"Password"</label>
                    <div class="password">
                        <input id="current-password" name="password" type="password" autocomplete="current-password" bind:value=password/>
                    </div>
                </div>
                <button class="primary" disabled=move || sent.get()>"Sign in"</button>
            </form>
            <p class="aside">"New here? " <A href="/account">"Create an account"</A></p>
        </main>
    }
}

#[component]
fn Account() -> impl IntoView {
    let renewals = RwSignal::new(0);
    let events = RwSignal::new(vec!["Signed in", "Account made"]);
    view! {
        <Title text="Your account"/>
        <header class="top">
            <Brand/>
            <nav aria-label="Your account" class="sections">
                <A href="/account">"Account"</A>
                <A href="/login">"Sessions"</A>
                <A href="/login">"Password"</A>
            </nav>
            <form method="post" action="/login"><button class="quiet">"Sign out"</button></form>
        </header>
        <main class="wide">
            <h1>"Your account"</h1>
            <p class="who">"Signed in as " <strong>"ada"</strong></p>
            <div class="columns">
                <section aria-labelledby="pass-title" class="pass">
                    <h2 id="pass-title">"This page's pass"</h2>
                    <p class="left">"Being fetched"</p>
                    <div class="run"></div>
                    <p class="hint">
                        "The access token lives in this page's memory only. It is renewed before it runs out, with a refresh token that no script can read."
                    </p>
                    <h3>"Silent renewals"</h3>
                    <p class="hint">{move || renewals.get()} " since this page was opened."</p>
                </section>
                <section aria-labelledby="session-title" class="card">
                    <h2 id="session-title">"This session"</h2>
                    <dl>
                        <dt>"Signed in"</dt>
                        <dd><time datetime="2026-01-01T00:00:00Z">"2026-01-01 00:00 UTC"</time></dd>
                        <dt>"With"</dt>
                        <dd>"Chromium on Linux"</dd>
                        <dt>"From"</dt>
                        <dd>"127.0.0.1"</dd>
                        <dt>"Ends if not used until"</dt>
                        <dd><time datetime="2026-01-08T00:00:00Z">"2026-01-08 00:00 UTC"</time></dd>
                        <dt>"Ends at the latest"</dt>
                        <dd><time datetime="2026-01-31T00:00:00Z">"2026-01-31 00:00 UTC"</time></dd>
                    </dl>
                </section>
            </div>
            <section aria-labelledby="activity-title" class="card">
                <h2 id="activity-title">"Recent activity"</h2>
                <ol class="activity">
                    <For each=move || events.get() key=|what| *what let:what>
                        <li>
                            <p class="what">{what}</p>
                            <p class="hint">"Chromium on Linux · 127.0.0.1"</p>
                            <p class="hint when"><time datetime="2026-01-01T00:00:00Z">"2026-01-01 00:00 UTC"</time></p>
                        </li>
                    </For>
                </ol>
            </section>
        </main>
    }
}

/// Brings the page that the server rendered to life.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(App);
}
