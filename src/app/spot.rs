//! An element of the page, for what only the element itself can do.

use leptos::{
    prelude::*,
    tachys::{
        html::{element::ElementType, node_ref::NodeRefContainer},
        renderer::types::Element,
    },
};
use send_wrapper::SendWrapper;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement};

/// Empty until the element is there. Leptos's own references are of a type for each kind of element.
#[derive(Clone, Copy, Default)]
pub struct Spot(RwSignal<Option<SendWrapper<Element>>>);

impl Spot {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn get(self) -> Option<HtmlElement> {
        self.0.get().map(|element| element.take().unchecked_into())
    }

    pub fn input(self) -> Option<HtmlInputElement> {
        self.0.get_untracked().map(|element| element.take().unchecked_into())
    }
}

impl<Kind: ElementType> NodeRefContainer<Kind> for Spot {
    fn load(self, element: &Element) {
        self.0.set(Some(SendWrapper::new(element.clone())));
    }
}
