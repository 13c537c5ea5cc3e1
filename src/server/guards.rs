//! What stands around every route: refuses what none could make sense of, and sees through what one has begun.

use std::{error::Error, panic::AssertUnwindSafe, time::Duration};

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use http::{HeaderValue, Method, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;
use tracing::Instrument;

use super::{
    malformed, panics,
    problems::{LARGEST_BODY, page_or_problem, too_large, wrong_method},
    too_many_cookies,
};
use crate::api::problem::{Problem, code};

/// More header bytes than any browser of ours sends: a cookie, a token, and what browsers say of themselves.
const LONGEST_HEADERS: usize = 16 * 1024;
/// Longer than any address of ours, with whatever others add to its end.
const LONGEST_ADDRESS: usize = 8 * 1024;
/// How long a whole body may take to arrive. What people type fits into one packet, on the slowest line into a few seconds.
const BODY_PATIENCE: Duration = Duration::from_secs(20);

pub async fn guarded(request: Request, next: Next) -> Response {
    let wants_out = too_many_cookies::wants_out(&request);
    if let Some(refusal) = refuse_malformed(&request, wants_out) {
        return refusal;
    }
    let response = match take_body(request, BODY_PATIENCE).await {
        Ok(Taken { request, alone: true }) => carry_through(request, next).await,
        Ok(Taken { request, alone: false }) => last(carry_through(request, next).await),
        Err(refusal) => refusal,
    };
    if wants_out { too_many_cookies::let_out(response) } else { response }
}

/// Refuses what no route could make sense of, before any is asked.
fn refuse_malformed(request: &Request, wants_out: bool) -> Option<Response> {
    let size: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if size > LONGEST_HEADERS && !wants_out {
        return Some(too_many_cookies::refused(request));
    }
    if request.uri().path_and_query().is_some_and(|address| address.as_str().len() > LONGEST_ADDRESS) {
        let problem = Problem::new(414, code::TOO_LARGE, "URI Too Long", "This address is too long.");
        return Some(page_or_problem(problem, request.headers()));
    }
    if let Some(doubt) = malformed::doubt(request) {
        return Some(last(Problem::new(400, code::INVALID_REQUEST, "Bad Request", doubt).into_response()));
    }
    // Tunnels are no business of an app, and what was meant for one is no request.
    if request.method() == Method::CONNECT {
        return Some(last(wrong_method().into_response()));
    }
    // A target without a path would be no address.
    request.uri().path().is_empty().then(|| wrong_method().into_response())
}

/// With it the connection ends: what comes next on it may be a part of the same request.
fn last(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// A request whose body is here.
struct Taken {
    request: Request,
    /// Nothing stood behind the body. hyper takes nearly everything there for trailers, up to an empty line: the head of the next request too.
    alone: bool,
}

/// Takes the whole body before anything begins: no route has to wait for one that comes slowly, and none is left halfway by one that breaks off.
async fn take_body(request: Request, patience: Duration) -> Result<Taken, Response> {
    if request.body().is_end_stream() {
        return Ok(Taken { request, alone: true });
    }
    let (parts, body) = request.into_parts();
    let fits = usize::try_from(body.size_hint().lower()).is_ok_and(|length| length <= LARGEST_BODY);
    let taken = async {
        if !fits {
            return Err(too_large());
        }
        Limited::new(body, LARGEST_BODY).collect().await.map_err(|error| unreadable(&*error))
    };
    match timeout(patience, taken).await.unwrap_or_else(|_| Err(too_slow())) {
        Ok(body) => {
            let alone = body.trailers().is_none();
            Ok(Taken { request: Request::from_parts(parts, Body::from(body.to_bytes())), alone })
        }
        Err(problem) => Err(page_or_problem(problem, &parts.headers)),
    }
}

/// A request that may change something is carried through even if whoever sent it goes away: a session that has ended in the
/// database must have ended in memory too. A handler that panics fails its request, and nothing else.
async fn carry_through(request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(panics::answer);
    }
    match tokio::spawn(next.run(request).in_current_span()).await {
        Ok(response) => response,
        Err(failed) => failed.try_into_panic().map_or_else(|_| Problem::internal().into_response(), panics::answer),
    }
}

fn unreadable(error: &(dyn Error + Send + Sync + 'static)) -> Problem {
    if error.is::<LengthLimitError>() {
        too_large()
    } else {
        Problem::new(400, code::INVALID_REQUEST, "Bad Request", "The request broke off.")
    }
}

fn too_slow() -> Problem {
    Problem::new(
        408,
        code::INVALID_REQUEST,
        "Request Timeout",
        "The request took too long to arrive. Please try again.",
    )
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, future::pending, io};

    use futures::stream;

    use super::*;

    const SOON: Duration = Duration::from_millis(50);

    async fn status_of(body: Body) -> u16 {
        let taken = take_body(Request::post("/").body(body).unwrap(), SOON).await;
        taken.map_or_else(|refusal| refusal.status().as_u16(), |_| 200)
    }

    fn in_pieces(piece: usize, count: usize) -> Body {
        Body::from_stream(stream::iter((0..count).map(move |_| Ok::<_, Infallible>(vec![b'x'; piece]))))
    }

    #[tokio::test]
    async fn a_body_is_taken_whole_or_refused_for_what_is_wrong_with_it() {
        assert_eq!(status_of(in_pieces(LARGEST_BODY / 4, 4)).await, 200);
        assert_eq!(status_of(in_pieces(LARGEST_BODY / 4, 5)).await, 413, "whatever it says of its length");
        assert_eq!(status_of(Body::from(vec![b'x'; LARGEST_BODY + 1])).await, 413);
        assert_eq!(
            status_of(Body::from_stream(stream::once(async { Err::<Vec<u8>, _>(io::Error::other("gone")) }))).await,
            400
        );
    }

    #[tokio::test]
    async fn who_never_comes_to_the_end_of_the_body_is_not_waited_for() {
        assert_eq!(status_of(Body::from_stream(stream::once(pending::<Result<Vec<u8>, Infallible>>()))).await, 408);
    }
}
