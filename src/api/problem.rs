//! One shape for everything that goes wrong: RFC 9457 problem details.

use std::fmt;

use leptos::server_fn::{
    Bytes, ContentType, Decodes, Encodes, Format, FormatType,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

use super::json::{FromJson, Json, read_by_field};
use crate::ended::Refusal;

/// The stable codes, beside those of [`Refusal`].
pub mod code {
    macro_rules! codes {
        ($($(#[$about:meta])* $name:ident = $word:literal,)+) => {
            $($(#[$about])* pub const $name: &str = $word;)+
            /// All that a server answers.
            pub const ALL: &[&str] = &[$($word),+];
        };
    }
    codes! {
        BAD_CREDENTIALS = "bad_credentials",
        BUSY = "busy",
        CROSS_SITE = "cross_site",
        INTERNAL = "internal",
        INVALID_INPUT = "invalid_input",
        INVALID_REQUEST = "invalid_request",
        INVALID_TOKEN = "invalid_token",
        METHOD_NOT_ALLOWED = "method_not_allowed",
        NOT_FOUND = "not_found",
        SIGNUP_CLOSED = "signup_closed",
        TOO_LARGE = "too_large",
        TOO_MANY_REQUESTS = "too_many_requests",
        UNAUTHENTICATED = "unauthenticated",
        UNAVAILABLE = "unavailable",
        UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type",
        USERNAME_TAKEN = "username_taken",
        /// The current password that was given is not that.
        WRONG_PASSWORD = "wrong_password",
    }
    /// Made by the browser's half: no answer, or one that did not come from this server.
    pub const NO_ANSWER: &str = "no_answer";
}

/// What went wrong, for a person and for a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Problem {
    pub title: String,
    /// The HTTP status; 0 where there was no answer.
    pub status: u16,
    /// What a program goes by.
    pub code: String,
    /// A sentence for the person.
    pub detail: String,
    /// Seconds to wait before trying again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub retry_after: Option<u32>,
    /// The limit that was reached, by the name that it has in the headers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub limit: Option<Reached>,
    /// What is wrong with single fields of a form.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
}

/// The limits that a visitor is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Reached {
    Login,
    Device,
    Devices,
    Address,
    Signup,
    Accounts,
    Successes,
}

impl Reached {
    pub const ALL: [Self; 7] =
        [Self::Login, Self::Device, Self::Devices, Self::Address, Self::Signup, Self::Accounts, Self::Successes];

    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Device => "device",
            Self::Devices => "devices",
            Self::Address => "address",
            Self::Signup => "signup",
            Self::Accounts => "accounts",
            Self::Successes => "successes",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.name() == name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FieldProblem {
    /// The field's `name`.
    pub field: String,
    pub detail: String,
}

impl FromJson for Problem {
    fn from_json(json: &Json) -> Option<Self> {
        Some(Self {
            title: json.get("title")?,
            status: json.get("status")?,
            code: json.get("code")?,
            detail: json.get("detail")?,
            retry_after: json.get("retry_after")?,
            // One that this page does not know yet is none to it.
            limit: json.get::<Option<String>>("limit")?.as_deref().and_then(Reached::named),
            fields: json.get::<Option<_>>("fields")?.unwrap_or_default(),
        })
    }
}

read_by_field!(FieldProblem { field, detail });

impl Problem {
    pub fn new(status: u16, code: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            title: title.to_owned(),
            status,
            code: code.to_owned(),
            detail: detail.into(),
            retry_after: None,
            limit: None,
            fields: Vec::new(),
        }
    }

    /// No access token, or none that is believed.
    pub fn unauthenticated() -> Self {
        Self::new(401, code::UNAUTHENTICATED, "Unauthorized", "You are not signed in.")
    }

    /// An access token that is not believed; why, only the log says.
    pub fn invalid_token() -> Self {
        Self::new(401, code::INVALID_TOKEN, "Unauthorized", "The access token is not valid or no longer valid.")
    }

    pub fn internal() -> Self {
        Self::new(500, code::INTERNAL, "Internal Server Error", "Something went wrong on our side. Please try again.")
    }

    pub fn no_answer() -> Self {
        Self::new(
            0,
            code::NO_ANSWER,
            "No answer",
            "The server could not be reached. Check your connection and try again.",
        )
    }

    /// Where no answer came, what may have been done all the same is said too.
    #[must_use]
    pub fn unless_done(self, how_to_see: &str) -> Self {
        if self.code == code::NO_ANSWER {
            Self { detail: format!("{} {how_to_see}", self.detail), ..self }
        } else {
            self
        }
    }

    /// What a refresh was refused with, if this is that: the session is over.
    pub fn refusal(&self) -> Option<Refusal> {
        (self.status == 401).then(|| Refusal::from_code(&self.code)).flatten()
    }

    pub fn is_unauthenticated(&self) -> bool {
        self.status == 401
    }

    /// What is wrong with one field.
    pub fn field(&self, name: &str) -> Option<String> {
        self.fields.iter().find(|field| field.field == name).map(|field| field.detail.clone())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}

impl FromServerFnError for Problem {
    type Encoder = ProblemJson;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Self::new(
                400,
                code::INVALID_REQUEST,
                "Bad Request",
                "The form could not be read, or a field is missing.",
            ),
            ServerFnErrorErr::Deserialization(_) if cfg!(feature = "ssr") => {
                Self::new(400, code::INVALID_REQUEST, "Bad Request", "The form could not be read.")
            }
            // An answer that is not ours is no answer: a captive portal, a proxy's page.
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Deserialization(_) => Self::no_answer(),
            _ => Self::internal(),
        }
    }
}

/// `application/problem+json`.
#[derive(Debug)]
pub struct ProblemJson;

impl ContentType for ProblemJson {
    const CONTENT_TYPE: &'static str = "application/problem+json";
}

impl FormatType for ProblemJson {
    const FORMAT_TYPE: Format = Format::Text;
}

impl Encodes<Problem> for ProblemJson {
    type Error = serde_json::Error;

    fn encode(problem: &Problem) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(problem).map(Bytes::from)
    }
}

impl Decodes<Problem> for ProblemJson {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<Problem, Self::Error> {
        serde_json::from_slice(&bytes)
    }
}
