//! The document around the app.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use super::App;
use crate::{
    api::caller::{Arrival, Caller},
    client::LEAVING,
    own::PAPER,
};

/// Where the browser finds the app's files: addresses that change with their content.
#[derive(Clone, Debug)]
pub struct AssetUrls {
    pub css: String,
    pub js: String,
    pub wasm: String,
}

/// Fetches both files of the app at once, and starts it when the page is all there. A script and no preloads: whoever has
/// scripts switched off is not sent what cannot run. The page says that they are on: what only they can bring about is shown by that alone.
fn start(AssetUrls { js, wasm, .. }: &AssetUrls) -> String {
    format!(
        "document.documentElement.dataset.scripts='on';(async()=>{{const w=fetch('{wasm}'),j=import('{js}');\
         if(document.readyState==='loading')await new Promise(r=>document.addEventListener('DOMContentLoaded',r));\
         const a=await j;await a.default({{module_or_path:w}});a.hydrate()}})()\
         .catch(e=>{{if(document.documentElement.className!='veiled')throw e;location.replace('/signed-out?reason=signed_out')}})"
    )
}

/// For a page that is somebody's: covers it before anything is painted if they have signed out of its session and the server does not know. The app, once
/// alive, tells it; if it never comes alive, the page leaves for one that is nobody's.
fn cover() -> String {
    match Caller::current().ok().and_then(|caller| caller.arrival()) {
        Some(Arrival::SignedIn(principal)) => format!(
            "try{{if(location.pathname!='/signed-out'&&localStorage.getItem('{LEAVING}')=='\"{}\"')document.documentElement.className='veiled'}}catch{{}}",
            principal.session_id()
        ),
        _ => String::new(),
    }
}

/// The colour that the browser gives what is around the page.
fn around((scheme, colour): (&str, &'static str)) -> impl IntoView + use<> {
    view! { <meta name="theme-color" content=colour/> }.attr("media", format!("(prefers-color-scheme: {scheme})"))
}

/// A whole page. The loading script is our own: the preloads of Leptos's carry the nonce where it does not belong.
pub fn shell() -> impl IntoView {
    let urls: AssetUrls = expect_context();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                {["light", "dark"].into_iter().zip(PAPER).map(around).collect::<Vec<_>>()}
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=urls.css.clone()/>
                <script nonce=use_nonce()>{cover() + &start(&urls)}</script>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}
