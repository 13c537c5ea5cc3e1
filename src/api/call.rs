//! How a page calls a server function: a form is sent, JSON is answered.
//!
//! Leptos's own way is compiled once for each function, and with it a way to send streams, files and web sockets. Here a function is a path and a form, and what
//! sends it is compiled once. Every function names the way in which it is sent: `#[server(protocol = Call<Bearer>)]`.

use std::{future::Future, marker::PhantomData, pin::Pin};

use http::Method;
use leptos::server_fn::{
    Http, Protocol,
    client::Client,
    codec::{Json as AsJson, PostUrl},
    server::Server,
};
use send_wrapper::SendWrapper;
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestInit, Response};

use super::{
    Problem,
    json::{FromJson, Json},
};

/// A way in which a call is sent.
pub trait Way {
    fn send(form: Form) -> Answering;
}

pub type Answering = Pin<Box<dyn Future<Output = Result<Answer, Problem>>>>;

/// Sent once, as it is.
#[derive(Debug)]
pub struct Plain;

impl Way for Plain {
    fn send(form: Form) -> Answering {
        Box::pin(async move { form.send(None).await })
    }
}

/// The protocol of a server function that is sent in this way.
#[derive(Debug)]
pub struct Call<Sent>(PhantomData<Sent>);

impl<Sent, Asked, Answered, Browser, Serving> Protocol<Asked, Answered, Browser, Serving, Problem> for Call<Sent>
where
    Sent: Way,
    Asked: Serialize,
    Answered: FromJson,
    Browser: Client<Problem>,
    Serving: Server<Problem>,
    Http<PostUrl, AsJson>: Protocol<Asked, Answered, Browser, Serving, Problem>,
{
    const METHOD: Method = Method::POST;

    fn run_server<F, Running>(
        request: Serving::Request,
        function: F,
    ) -> impl Future<Output = Result<Serving::Response, Problem>> + Send
    where
        F: Fn(Asked) -> Running + Send,
        Running: Future<Output = Result<Answered, Problem>> + Send,
    {
        Http::<PostUrl, AsJson>::run_server(request, function)
    }

    fn run_client(path: &str, asked: Asked) -> impl Future<Output = Result<Answered, Problem>> + Send {
        let asking = ask(Sent::send, path.to_owned(), serde_qs::to_string(&asked).ok());
        SendWrapper::new(async move { Answered::from_json(&asking.await?).ok_or_else(Problem::no_answer) })
    }
}

/// `fields`: `None`, if they cannot be written as a form.
fn ask(
    send: fn(Form) -> Answering,
    path: String,
    fields: Option<String>,
) -> Pin<Box<dyn Future<Output = Result<Json, Problem>>>> {
    Box::pin(async move {
        let fields = fields.ok_or_else(Problem::internal)?;
        send(Form { path, fields }).await?.read().await
    })
}

/// A filled-in form, and where it goes. Kept so that it can be sent twice.
pub struct Form {
    path: String,
    fields: String,
}

impl Form {
    /// `authorization`: the header of that name.
    pub async fn send(&self, authorization: Option<&str>) -> Result<Answer, Problem> {
        self.fetch(authorization).await.map_err(|_| Problem::no_answer())
    }

    async fn fetch(&self, authorization: Option<&str>) -> Result<Answer, JsValue> {
        let headers = Headers::new()?;
        headers.set("Content-Type", "application/x-www-form-urlencoded")?;
        headers.set("Accept", "application/json")?;
        if let Some(authorization) = authorization {
            headers.set("Authorization", authorization)?;
        }
        let abort = AbortController::new()?;
        let request = RequestInit::new();
        request.set_method("POST");
        request.set_headers(&headers);
        request.set_body(&JsValue::from_str(&self.fields));
        request.set_signal(Some(&abort.signal()));
        let window = web_sys::window().ok_or(JsValue::NULL)?;
        let mut unheard = AbortOnDrop(Some(abort));
        let response = JsFuture::from(window.fetch_with_str_and_init(&self.path, &request)).await;
        unheard.0 = None;
        response?.dyn_into().map(Answer)
    }
}

/// Whoever waited for the answer has given it up.
struct AbortOnDrop(Option<AbortController>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(abort) = &self.0 {
            abort.abort();
        }
    }
}

/// The head of an answer, whose body is still to be read.
pub struct Answer(Response);

impl Answer {
    pub fn status(&self) -> u16 {
        self.0.status()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        self.0.headers().get(name).ok().flatten()
    }

    /// The body, or what went wrong. What is not ours is no answer: a captive portal, a proxy's page.
    async fn read(self) -> Result<Json, Problem> {
        let body = async { JsFuture::from(self.0.text()?).await };
        let text = body.await.ok().and_then(|text| text.as_string());
        let json = text.and_then(|text| Json::parse(&text)).ok_or_else(Problem::no_answer)?;
        if self.0.ok() {
            return Ok(json);
        }
        Err(Problem::from_json(&json).unwrap_or_else(Problem::no_answer))
    }
}
