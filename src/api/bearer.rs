//! How a page calls a server function behind sign-in: with the access token in the `Authorization` header, and once more
//! with a fresh one if the first was refused.
//!
//! Every such function names this client: `#[server(client = Bearer)]`. Where tokens come from is the browser's half's affair; it puts
//! a [`TokenSource`] here at start, so that the contract knows nothing of it.

use std::{cell::RefCell, future::Future, pin::Pin, rc::Rc};

use bytes::Bytes;
use futures::Stream;
use http::Method;
use leptos::server_fn::{
    client::{Client, browser::BrowserClient},
    error::{FromServerFnError, ServerFnErrorErr},
    request::{
        ClientReq,
        browser::{BrowserFormData, BrowserRequest},
    },
    response::{ClientRes, browser::BrowserResponse},
};
use send_wrapper::SendWrapper;

/// An access token and its number: which one, when there have been several.
pub struct NumberedToken {
    pub number: u32,
    /// Whose it is.
    pub user: Option<String>,
    pub header: String,
}

/// The rest of a client of server functions: what is not ours to change.
macro_rules! like_any_other {
    ($error:ty, $input:ty, $output:ty) => {
        fn open_websocket(
            path: &str,
        ) -> impl Future<
            Output = Result<
                (
                    impl futures::Stream<Item = Result<bytes::Bytes, bytes::Bytes>> + Send + 'static,
                    impl futures::Sink<bytes::Bytes> + Send + 'static,
                ),
                $error,
            >,
        > + Send {
            <BrowserClient as Client<$error, $input, $output>>::open_websocket(path)
        }

        fn spawn(future: impl Future<Output = ()> + Send + 'static) {
            <BrowserClient as Client<$error, $input, $output>>::spawn(future);
        }
    };
}
pub(super) use like_any_other;

type Answer = Pin<Box<dyn Future<Output = Option<NumberedToken>>>>;

/// Where access tokens come from.
pub trait TokenSource {
    /// Whether somebody is signed in, so that a token is only a question of time.
    fn is_signed_in(&self) -> bool;
    /// The token to use now; waits for one that is being fetched. `None`: nobody is signed in, or none can be had.
    fn token(&self) -> Answer;
    /// The one to use instead of a token that was refused: of the same person, for a call is not repeated in another's name.
    fn after_refused(&self, refused: NumberedToken) -> Answer;
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

/// The client of every server function behind sign-in.
pub type Bearer = WithToken<true>;

/// The client of a call that only asks whether the token is still good: sent once, and not again with a fresh one.
pub type BearerOnce = WithToken<false>;

/// Sends a call with the access token and, where `AGAIN`, once more with a fresh one if that was refused.
#[derive(Debug)]
pub struct WithToken<const AGAIN: bool>;

impl<E, I, O, const AGAIN: bool> Client<E, I, O> for WithToken<AGAIN>
where
    E: FromServerFnError,
    I: FromServerFnError,
    O: FromServerFnError,
{
    type Request = Recipe;
    type Response = BrowserResponse;

    fn send(recipe: Recipe) -> impl Future<Output = Result<BrowserResponse, E>> + Send {
        SendWrapper::new(async move {
            let Some(source) = SOURCE.with_borrow(Clone::clone) else { return send::<E, I, O>(&recipe, None).await };
            let token = source.token().await;
            if token.is_none() && source.is_signed_in() {
                // Without one the server would answer that nobody is.
                return Err(E::from_server_fn_error(ServerFnErrorErr::Request(
                    "no access token can be had".to_owned(),
                )));
            }
            let response = send::<E, I, O>(&recipe, token.as_ref()).await?;
            let (401, Some(refused)) = (ClientRes::<E>::status(&response), token) else { return Ok(response) };
            if !AGAIN {
                source.refused(refused.number);
                return Ok(response);
            }
            match source.after_refused(refused).await {
                Some(fresh) => send::<E, I, O>(&recipe, Some(&fresh)).await,
                None => Ok(response),
            }
        })
    }

    like_any_other!(E, I, O);
}

async fn send<E, I, O>(recipe: &Recipe, token: Option<&NumberedToken>) -> Result<BrowserResponse, E>
where
    E: FromServerFnError,
    I: FromServerFnError,
    O: FromServerFnError,
{
    let request = recipe.build::<E>()?;
    if let Some(token) = token {
        request.headers().set("Authorization", &token.header);
    }
    <BrowserClient as Client<E, I, O>>::send(request).await
}

/// One call, kept so that it can be sent twice: a browser's request is used up by sending.
pub struct Recipe {
    method: Method,
    path: String,
    content_type: String,
    accepts: String,
    payload: Payload,
}

enum Payload {
    Query(String),
    Text(String),
    Bytes(Bytes),
}

impl Recipe {
    fn new(path: &str, content_type: &str, accepts: &str, payload: Payload, method: Method) -> Self {
        let [path, content_type, accepts] = [path, content_type, accepts].map(str::to_owned);
        Self { method, path, content_type, accepts, payload }
    }

    fn build<E: FromServerFnError>(&self) -> Result<BrowserRequest, E> {
        let (path, kind, accepts, method) = (&self.path, &self.content_type, &self.accepts, self.method.clone());
        match &self.payload {
            Payload::Query(query) => BrowserRequest::try_new_req_query(path, kind, accepts, query, method),
            Payload::Text(body) => BrowserRequest::try_new_req_text(path, kind, accepts, body.clone(), method),
            Payload::Bytes(body) => BrowserRequest::try_new_req_bytes(path, kind, accepts, body.clone(), method),
        }
    }
}

fn cannot_be_sent_twice<E: FromServerFnError>() -> E {
    let reason = "a file or a stream cannot be sent a second time; send it to a route of its own".to_owned();
    E::from_server_fn_error(ServerFnErrorErr::UnsupportedRequestMethod(reason))
}

impl<E: FromServerFnError> ClientReq<E> for Recipe {
    type FormData = BrowserFormData;

    fn try_new_req_query(path: &str, kind: &str, accepts: &str, query: &str, method: Method) -> Result<Self, E> {
        Ok(Self::new(path, kind, accepts, Payload::Query(query.to_owned()), method))
    }

    fn try_new_req_text(path: &str, kind: &str, accepts: &str, body: String, method: Method) -> Result<Self, E> {
        Ok(Self::new(path, kind, accepts, Payload::Text(body), method))
    }

    fn try_new_req_bytes(path: &str, kind: &str, accepts: &str, body: Bytes, method: Method) -> Result<Self, E> {
        Ok(Self::new(path, kind, accepts, Payload::Bytes(body), method))
    }

    fn try_new_req_form_data(_: &str, _: &str, _: &str, _: BrowserFormData, _: Method) -> Result<Self, E> {
        Err(cannot_be_sent_twice())
    }

    fn try_new_req_multipart(_: &str, _: &str, _: BrowserFormData, _: Method) -> Result<Self, E> {
        Err(cannot_be_sent_twice())
    }

    fn try_new_req_streaming(
        _: &str,
        _: &str,
        _: &str,
        _: impl Stream<Item = Bytes> + Send + 'static,
        _: Method,
    ) -> Result<Self, E> {
        Err(cannot_be_sent_twice())
    }
}
