//! A form on its way: sent once, however often the button is pressed, and with a word when it takes long.

use std::{pin::Pin, time::Duration};

use leptos::{prelude::*, task::spawn_local};

use crate::app::{
    live::{if_so, words},
    part::{IntoPart, Part},
};

/// When a person is told that it takes long.
const SLOW: Duration = Duration::from_secs(4);

#[derive(Clone, Copy)]
pub struct Sending {
    under_way: RwSignal<bool>,
    slow: RwSignal<bool>,
}

impl Sending {
    pub fn idle() -> Self {
        Self { under_way: RwSignal::new(false), slow: RwSignal::new(false) }
    }

    pub fn is_under_way(self) -> bool {
        self.under_way.get_untracked()
    }

    /// Sees the work through. Whoever calls has made sure that none is under way.
    pub fn start(self, work: impl Future<Output = ()> + 'static) {
        self.see_through(Box::pin(work));
    }

    fn see_through(self, work: Pin<Box<dyn Future<Output = ()>>>) {
        let Self { under_way, slow } = self;
        under_way.set(true);
        let patience = set_timeout_with_handle(move || slow.set(true), SLOW).ok();
        spawn_local(async move {
            work.await;
            if let Some(patience) = patience {
                patience.clear();
            }
            slow.set(false);
            under_way.set(false);
        });
    }
}

/// The button that sends a form. `busy`: what it says while the form is under way.
#[component]
pub fn SendButton(sending: Sending, label: &'static str, busy: &'static str) -> Part {
    let Sending { under_way, slow } = sending;
    let if_busy = move || if_so(move || under_way.get());
    view! {
        <button class="primary" aria-busy=if_busy() aria-disabled=if_busy()>
            {words(move || Some(if under_way.get() { busy } else { label }))}
        </button>
        <p class="hint slow" role="status">
            {words(move || slow.get().then_some("This is taking longer than usual. Nothing you typed is lost."))}
        </p>
    }
    .part()
}
