//! How a page calls a server function behind sign-in: with the access token in the `Authorization` header, and once more
//! with a fresh one if the first was refused.
//!
//! Every such function names this way: `#[server(protocol = Call<Bearer>)]`. Where tokens come from is the browser's half's affair; it puts
//! a [`TokenSource`] here at start, so that the contract knows nothing of it.

use std::{cell::RefCell, future::Future, pin::Pin, rc::Rc};

use super::{
    Problem,
    call::{Answer, Answering, Form, Way},
};

/// An access token and its number: which one, when there have been several.
pub struct NumberedToken {
    pub number: u32,
    /// Whose it is.
    pub user: Option<String>,
    pub header: String,
}

type Coming = Pin<Box<dyn Future<Output = Option<NumberedToken>>>>;

/// Where access tokens come from.
pub trait TokenSource {
    /// Whether somebody is signed in, so that a token is only a question of time.
    fn is_signed_in(&self) -> bool;
    /// The token to use now; waits for one that is being fetched. `None`: nobody is signed in, or none can be had.
    fn token(&self) -> Coming;
    /// The one to use instead of a token that was refused: of the same person, for a call is not repeated in another's name.
    fn after_refused(&self, refused: NumberedToken) -> Coming;
    /// A token was refused, and nobody waits for another.
    fn refused(&self, number: u32);
}

thread_local! {
    static SOURCE: RefCell<Option<Rc<dyn TokenSource>>> = const { RefCell::new(None) };
}

/// Tells where tokens come from on this page.
pub fn tokens_come_from(source: Rc<dyn TokenSource>) {
    SOURCE.set(Some(source));
}

/// The way of every server function behind sign-in: with the access token, and once more with a fresh one if that was refused.
#[derive(Debug)]
pub struct Bearer;

/// The way of a call that only asks whether the token is still good: sent once, and not again with a fresh one.
#[derive(Debug)]
pub struct BearerOnce;

impl Way for Bearer {
    fn send(form: Form) -> Answering {
        Box::pin(send(form, true))
    }
}

impl Way for BearerOnce {
    fn send(form: Form) -> Answering {
        Box::pin(send(form, false))
    }
}

async fn send(form: Form, again: bool) -> Result<Answer, Problem> {
    let Some(source) = SOURCE.with_borrow(Clone::clone) else { return form.send(None).await };
    let token = source.token().await;
    if token.is_none() && source.is_signed_in() {
        // Without one the server would answer that nobody is.
        return Err(Problem::no_answer());
    }
    let answer = form.send(token.as_ref().map(|token| &*token.header)).await?;
    let (401, Some(refused)) = (answer.status(), token) else { return Ok(answer) };
    if !again {
        source.refused(refused.number);
        return Ok(answer);
    }
    let Some(fresh) = source.after_refused(refused).await else { return not_heard(&*source, answer) };
    let answer = form.send(Some(&fresh.header)).await?;
    // Once more with another one would be a loop.
    if answer.status() == 401 { not_heard(&*source, answer) } else { Ok(answer) }
}

/// Of a token that was refused: the page is told so only if the session is over, since then it leaves.
fn not_heard(source: &dyn TokenSource, refused: Answer) -> Result<Answer, Problem> {
    if source.is_signed_in() { Err(Problem::no_answer()) } else { Ok(refused) }
}
