//! What pages read, as the server renders them.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use futures::StreamExt;
use leptos::{prelude::*, reactive::owner::Owner};

use crate::{
    app::{
        part::IntoPart,
        reading::{Reading, read, waiting},
    },
    server::router::PAGES,
};

/// Something that takes a moment to read, and how often it was read.
fn counted(count: &Arc<AtomicU32>, text: &'static str) -> Reading<String> {
    let count = Arc::clone(count);
    read(
        || (String::new(), 0),
        move |_| {
            count.fetch_add(1, Relaxed);
            async move {
                tokio::task::yield_now().await;
                text.to_owned()
            }
        },
    )
}

#[tokio::test]
async fn on_the_server_each_thing_is_read_once_also_within_what_is_shown_of_another() {
    // Has Leptos spawn on tokio.
    LazyLock::force(&PAGES);
    let [outer, inner] = [(), ()].map(|()| Arc::<AtomicU32>::default());
    let page = {
        let (outer, inner) = (Arc::clone(&outer), Arc::clone(&inner));
        move || {
            let nothing = || ().part();
            let show = move |whose: String| {
                let more = waiting(counted(&inner, "sessions"), nothing, String::part);
                view! { <p>{whose}</p> {more} }.part()
            };
            waiting(counted(&outer, "Ada"), nothing, show)
        }
    };
    let owner = Owner::new();
    let html = owner.with(|| page().to_html_stream_in_order()).collect::<String>().await;
    assert!(html.contains("Ada") && html.contains("sessions"), "{html}");
    assert_eq!((outer.load(Relaxed), inner.load(Relaxed)), (1, 1));
}
