//! Parts of a page that no longer say of what they are made.
//!
//! A view is a type as deep as its markup, and everything that holds it is compiled once more for it. A [`Part`] is one type for all of them, so that what
//! surrounds it is compiled once. It is Leptos's `AnyView` to the server. In the browser it is a plain box: an `AnyView` brings a second way to hydrate along, for
//! routes that are loaded later, and that doubles the app.

use leptos::{children::ToChildren, prelude::*};

#[cfg(feature = "ssr")]
pub type Part = AnyView;
#[cfg(not(feature = "ssr"))]
pub use boxed::Part;

/// What can be made a part of a page.
pub trait IntoPart {
    /// Where it is made anew, the new one takes the old one's place.
    fn part(self) -> Part;

    /// Where it is made anew, what is there already is changed: the focus stays where it is.
    fn steady(self) -> Part;
}

#[cfg(feature = "ssr")]
impl<T: IntoView + 'static> IntoPart for T {
    fn part(self) -> Part {
        self.into_any()
    }

    fn steady(self) -> Part {
        self.into_any()
    }
}

/// What a component is given to show inside itself.
pub struct Inside(Box<dyn FnOnce() -> Part + Send>);

impl Inside {
    pub fn show(self) -> Part {
        self.0()
    }
}

impl<Make, View> ToChildren<Make> for Inside
where
    Make: FnOnce() -> View + Send + 'static,
    View: IntoView + 'static,
{
    fn to_children(make: Make) -> Self {
        Self(Box::new(move || make().part()))
    }
}

#[cfg(not(feature = "ssr"))]
mod boxed {
    use std::any::Any;

    use leptos::{
        attr::{Attribute, any_attribute::AnyAttribute},
        prelude::*,
        tachys::{
            hydration::Cursor,
            renderer::types::{Element, Node, Placeholder},
            ssr::StreamBuilder,
            view::{Mountable, Position, PositionState, Render},
        },
    };

    use super::IntoPart;

    const NO_SERVER: &str = "HTML is the server's to write";

    pub struct Part(Box<dyn View>);

    impl<T: IntoView + 'static> IntoPart for T {
        fn part(self) -> Part {
            Part(Box::new(self))
        }

        fn steady(self) -> Part {
            Part(Box::new(Steady(self)))
        }
    }

    /// A view, as far as the browser needs it.
    trait View: Send {
        fn is_there(&self) -> bool;
        fn build(self: Box<Self>) -> Box<dyn Shown>;
        fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> Box<dyn Shown>;
        /// Changes what is shown of another, or gives itself back.
        fn change(self: Box<Self>, shown: &mut dyn Shown) -> Result<(), Box<dyn View>>;
    }

    impl<T: IntoView + 'static> View for T {
        fn is_there(&self) -> bool {
            T::EXISTS
        }

        fn build(self: Box<Self>) -> Box<dyn Shown> {
            Box::new(Seen::<T>(Render::build(*self)))
        }

        fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> Box<dyn Shown> {
            Box::new(Seen::<T>(RenderHtml::hydrate::<true>(*self, cursor, position)))
        }

        fn change(self: Box<Self>, _: &mut dyn Shown) -> Result<(), Box<dyn View>> {
            Err(self)
        }
    }

    /// One that changes what is shown of its like.
    struct Steady<T>(T);

    impl<T: IntoView + 'static> View for Steady<T> {
        fn is_there(&self) -> bool {
            T::EXISTS
        }

        fn build(self: Box<Self>) -> Box<dyn Shown> {
            Box::new(Seen::<T>(Render::build(self.0)))
        }

        fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> Box<dyn Shown> {
            Box::new(Seen::<T>(RenderHtml::hydrate::<true>(self.0, cursor, position)))
        }

        fn change(self: Box<Self>, shown: &mut dyn Shown) -> Result<(), Box<dyn View>> {
            match (shown as &mut dyn Any).downcast_mut::<Seen<T>>() {
                Some(shown) => Render::rebuild(self.0, &mut shown.0),
                None => return Err(self),
            }
            Ok(())
        }
    }

    /// A view that is in the document, or was.
    trait Shown: Any {
        fn put(&mut self, parent: &Element, marker: Option<&Node>);
        fn put_before(&self, child: &mut dyn Mountable) -> bool;
        fn take_away(&mut self);
    }

    struct Seen<T: Render>(T::State);

    impl<T: IntoView + 'static> Shown for Seen<T> {
        fn put(&mut self, parent: &Element, marker: Option<&Node>) {
            self.0.mount(parent, marker);
        }

        fn put_before(&self, child: &mut dyn Mountable) -> bool {
            self.0.insert_before_this(child)
        }

        fn take_away(&mut self) {
            self.0.unmount();
        }
    }

    /// A part in the document.
    pub struct State {
        shown: Box<dyn Shown>,
        /// In the place of what is not there.
        placeholder: Option<Placeholder>,
    }

    impl Render for Part {
        type State = State;

        fn build(self) -> State {
            let placeholder = (!self.0.is_there()).then(|| Render::build(()));
            State { shown: self.0.build(), placeholder }
        }

        fn rebuild(self, state: &mut State) {
            if let Err(other) = self.0.change(&mut *state.shown) {
                let mut new = Self(other).build();
                state.insert_before_this(&mut new);
                state.unmount();
                *state = new;
            }
        }
    }

    impl Mountable for State {
        fn unmount(&mut self) {
            self.shown.take_away();
            self.placeholder.unmount();
        }

        fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
            self.shown.put(parent, marker);
            self.placeholder.mount(parent, marker);
        }

        fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
            self.shown.put_before(child) || self.placeholder.insert_before_this(child)
        }

        /// Asked for by those alone who put attributes on parts.
        fn elements(&self) -> Vec<Element> {
            Vec::new()
        }
    }

    impl AddAnyAttr for Part {
        type Output<New: Attribute> = Self;

        fn add_any_attr<New: Attribute>(self, _: New) -> Self {
            panic!("attributes belong to the element itself")
        }
    }

    impl RenderHtml for Part {
        type AsyncOutput = Self;
        type Owned = Self;

        const MIN_LENGTH: usize = 0;

        fn dry_resolve(&mut self) {
            panic!("{NO_SERVER}");
        }

        async fn resolve(self) -> Self {
            panic!("{NO_SERVER}");
        }

        fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {
            panic!("{NO_SERVER}");
        }

        fn to_html_async_with_buf<const OUT_OF_ORDER: bool>(
            self,
            _: &mut StreamBuilder,
            _: &mut Position,
            _: bool,
            _: bool,
            _: Vec<AnyAttribute>,
        ) {
            panic!("{NO_SERVER}");
        }

        fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> State {
            let is_there = self.0.is_there();
            let shown = self.0.hydrate(cursor, position);
            State { shown, placeholder: (!is_there).then(|| cursor.next_placeholder(position)) }
        }

        fn into_owned(self) -> Self {
            self
        }
    }
}
