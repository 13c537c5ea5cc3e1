//! How a page asks for a refresh: like any call, but when something on the way answers instead of this server, and says when to come back, that is
//! heeded too.

use super::{
    Problem,
    call::{Answering, Form, Way},
};

/// The way of the refresh.
#[derive(Debug)]
pub struct Patient;

impl Way for Patient {
    fn send(form: Form) -> Answering {
        Box::pin(async move {
            let answer = form.send(None).await?;
            let refused = answer.status() >= 400;
            match refused.then(|| foreign_wait(answer.header("Content-Type"), answer.header("Retry-After"))).flatten() {
                Some(seconds) => Err(Problem { retry_after: Some(seconds), ..Problem::no_answer() }),
                None => Ok(answer),
            }
        })
    }
}

/// The seconds to wait that an answer names which is not ours (RFC 9110, section 10.2.3). Ours says it in its body.
fn foreign_wait(kind: Option<String>, retry_after: Option<String>) -> Option<u32> {
    let ours = kind.is_some_and(|kind| kind.starts_with("application/problem+json"));
    retry_after.filter(|_| !ours)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::foreign_wait;

    #[test]
    fn only_an_answer_that_is_not_ours_is_read_by_its_header() {
        let answer = |kind: &str, wait: &str| foreign_wait(Some(kind.to_owned()), Some(wait.to_owned()));
        assert_eq!(answer("text/html", "4"), Some(4));
        assert_eq!(answer("application/problem+json", "4"), None);
        assert_eq!(answer("text/html", "Tue, 24 Nov 2026 12:00:00 GMT"), None);
        assert_eq!(foreign_wait(None, None), None);
    }
}
