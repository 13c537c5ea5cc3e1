//! The document around the app.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use super::App;

/// Where the browser finds the app's files: addresses that change with their content.
#[derive(Clone, Debug)]
pub struct AssetUrls {
    pub css: String,
    pub js: String,
    pub wasm: String,
}

/// A whole page. Our own loading script and not Leptos's, whose preloads carry the nonce where it does not belong.
pub fn shell() -> impl IntoView {
    let AssetUrls { css, js, wasm } = expect_context();
    let nonce = use_nonce();
    let start =
        format!("import('{js}').then(app => app.default({{module_or_path:'{wasm}'}}).then(() => app.hydrate()))");
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f5f2ea"/>
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#14181a"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=css/>
                <link rel="modulepreload" href=js nonce=nonce.clone()/>
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
                <script type="module" nonce=nonce>{start}</script>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}
