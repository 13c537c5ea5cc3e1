//! How a page asks for a refresh: like any call, but when something on the way answers instead of this server, and says when to come back, that is
//! heeded too.

use http::{HeaderMap, HeaderValue, header};
use leptos::server_fn::{
    client::{Client, browser::BrowserClient},
    error::FromServerFnError,
    request::browser::BrowserRequest,
    response::{ClientRes, browser::BrowserResponse},
};
use send_wrapper::SendWrapper;

use super::{Problem, bearer::like_any_other};

/// The client of the refresh.
#[derive(Debug)]
pub struct Patient;

impl<I, O> Client<Problem, I, O> for Patient
where
    I: FromServerFnError,
    O: FromServerFnError,
{
    type Request = BrowserRequest;
    type Response = BrowserResponse;

    fn send(request: BrowserRequest) -> impl Future<Output = Result<BrowserResponse, Problem>> + Send {
        SendWrapper::new(async move {
            let response = <BrowserClient as Client<Problem, I, O>>::send(request).await?;
            let refused = ClientRes::<Problem>::status(&response) >= 400;
            match refused.then(|| response.generate_headers()).and_then(|headers| foreign_wait(&headers)) {
                Some(seconds) => Err(Problem { retry_after: Some(seconds), ..Problem::no_answer() }),
                None => Ok(response),
            }
        })
    }

    like_any_other!(Problem, I, O);
}

/// The seconds to wait that an answer names which is not ours (RFC 9110, section 10.2.3). Ours says it in its body.
fn foreign_wait(headers: &HeaderMap) -> Option<u32> {
    let text = |name| headers.get(name).map(HeaderValue::to_str).and_then(Result::ok);
    let ours = text(header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/problem+json"));
    text(header::RETRY_AFTER).filter(|_| !ours)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_that_is_not_ours_is_read_by_its_header() {
        let answer = |kind: &'static str, wait: &'static str| {
            let headers = [(header::CONTENT_TYPE, kind), (header::RETRY_AFTER, wait)];
            foreign_wait(&headers.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter().collect())
        };
        assert_eq!(answer("text/html", "4"), Some(4));
        assert_eq!(answer("application/problem+json", "4"), None);
        assert_eq!(answer("text/html", "Tue, 24 Nov 2026 12:00:00 GMT"), None);
        assert_eq!(foreign_wait(&HeaderMap::new()), None);
    }
}
