//! One public answer for each thing that can go wrong inside. What is precise goes to the log.

use super::problem::{FieldProblem, Problem, Reached, code};
use crate::{
    auth::{
        StoreError,
        fields::FillError,
        limits::TooMany,
        login::LoginError,
        password::BadPassword,
        password_change::{BadCurrent, PasswordChangeError},
        refresh::RefreshError,
        sessions::EndError,
        sign_up::SignupError,
        username::BadUsername,
    },
    ended::{EndReason, Refusal},
    fields::BadField,
};

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the database failed");
        Self {
            retry_after: Some(1),
            ..Self::new(
                503,
                code::UNAVAILABLE,
                "Service Unavailable",
                "The server cannot answer at the moment. Please try again shortly.",
            )
        }
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Incomplete { username, password } => invalid_input(username, password, &[]),
            // One answer for a wrong name, a wrong password and a disabled account (ASVS 6.3.8).
            LoginError::Wrong => {
                Self::new(401, code::BAD_CREDENTIALS, "Unauthorized", "That username and password do not go together.")
            }
            LoginError::TooMany(why) => too_many(why),
            LoginError::Busy(_) => busy(),
            LoginError::Store(error) => error.into(),
        }
    }
}

impl From<SignupError> for Problem {
    fn from(error: SignupError) -> Self {
        match error {
            SignupError::Closed => {
                Self::new(403, code::SIGNUP_CLOSED, "Forbidden", "New accounts cannot be made here at the moment.")
            }
            SignupError::Unacceptable { username, password, fields } => invalid_input(username, password, &fields),
            SignupError::Taken => {
                let detail = "That username is taken. Choose another one.";
                Self {
                    fields: vec![about("username", detail.to_owned())],
                    ..Self::new(409, code::USERNAME_TAKEN, "Conflict", detail)
                }
            }
            SignupError::TooMany(why) => too_many(why),
            SignupError::Busy(_) => busy(),
            SignupError::Store(error) => error.into(),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Refused(why) => {
                tracing::info!(why = why.code(), "a refresh was refused");
                Self::new(401, why.code(), "Unauthorized", explain(why))
            }
            RefreshError::Contended => busy(),
            RefreshError::Store(error) => error.into(),
        }
    }
}

impl From<FillError> for Problem {
    fn from(error: FillError) -> Self {
        match error {
            FillError::Unacceptable(why) => {
                unprocessable(code::INVALID_INPUT, vec![about(why.field().name, why.sentence())])
            }
            FillError::Gone => Self::unauthenticated(),
            FillError::Store(error) => error.into(),
        }
    }
}

impl From<EndError> for Problem {
    fn from(error: EndError) -> Self {
        match error {
            EndError::Unknown => Self::new(404, code::NOT_FOUND, "Not Found", "You have no such session."),
            EndError::Over => Self::unauthenticated(),
            EndError::Store(error) => error.into(),
        }
    }
}

impl From<PasswordChangeError> for Problem {
    fn from(error: PasswordChangeError) -> Self {
        match error {
            PasswordChangeError::Unacceptable { current, new } => unacceptable_change(current, new),
            PasswordChangeError::TooMany(why) => too_many(why),
            PasswordChangeError::Over => Self::unauthenticated(),
            PasswordChangeError::Busy(_) | PasswordChangeError::Contended => busy(),
            PasswordChangeError::Store(error) => error.into(),
        }
    }
}

/// What is wrong with the fields of a form, one by one.
fn invalid_input(username: Option<BadUsername>, password: Option<BadPassword>, own: &[BadField]) -> Problem {
    let username = username.map(|why| about("username", why.to_string()));
    let password = password.map(|why| about("password", why.to_string()));
    let own = own.iter().map(|why| about(why.field().name, why.sentence()));
    unprocessable(code::INVALID_INPUT, username.into_iter().chain(password).chain(own).collect())
}

/// No 401, which would say that the session is over.
fn unacceptable_change(current: Option<BadCurrent>, new: Option<BadPassword>) -> Problem {
    let code = if current == Some(BadCurrent::Wrong) { code::WRONG_PASSWORD } else { code::INVALID_INPUT };
    let current = current.map(|why| about("current_password", why.to_string()));
    let new = new.map(|why| match why {
        BadPassword::Empty => about("new_password", "Enter a new password.".to_owned()),
        why => about("new_password", why.to_string()),
    });
    unprocessable(code, current.into_iter().chain(new).collect())
}

fn unprocessable(code: &str, fields: Vec<FieldProblem>) -> Problem {
    let detail = fields.iter().map(|field| field.detail.as_str()).collect::<Vec<_>>().join(" ");
    Problem { fields, ..Problem::new(422, code, "Unprocessable Content", detail) }
}

fn too_many(TooMany { limit, wait }: TooMany) -> Problem {
    // Rounded up: whoever comes back then is let in.
    let seconds = u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
    let detail = format!("Too many tries. Please wait {} and try again.", in_words(seconds));
    let problem = Problem::new(429, code::TOO_MANY_REQUESTS, "Too Many Requests", detail);
    Problem { retry_after: Some(seconds), limit: Reached::named(limit.name), ..problem }
}

fn about(field: &str, detail: String) -> FieldProblem {
    FieldProblem { field: field.to_owned(), detail }
}

fn busy() -> Problem {
    Problem {
        retry_after: Some(2),
        ..Problem::new(503, code::BUSY, "Service Unavailable", "The server is busy. Please try again in a few seconds.")
    }
}

fn explain(why: Refusal) -> &'static str {
    match why {
        Refusal::Invalid => "There is no session to renew.",
        Refusal::Expired => "The session was not used for too long, or has reached its end.",
        Refusal::Ended(EndReason::SignedOut) => "The session was signed out.",
        Refusal::Ended(EndReason::Revoked) => "The session was ended from another one, or by the operator.",
        Refusal::Ended(EndReason::Reused) => "A refresh token was used in two places, so the session was ended.",
        Refusal::Ended(EndReason::Replaced) => "This browser signed in again, which ended the session.",
        Refusal::Ended(EndReason::PasswordChanged) => "The password was changed, which ended the session.",
        Refusal::Ended(EndReason::Disabled) => "The account was disabled.",
    }
}

fn in_words(seconds: u32) -> String {
    match seconds {
        1 => "1 second".to_owned(),
        0..120 => format!("{seconds} seconds"),
        120..7200 => format!("{} minutes", seconds.div_ceil(60)),
        7200..172_800 => format!("{} hours", seconds.div_ceil(3600)),
        _ => format!("{} days", seconds.div_ceil(86_400)),
    }
}
