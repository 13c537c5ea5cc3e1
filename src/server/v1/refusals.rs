//! What may go wrong with a request, for the document: by status, with the codes that say what.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses,
    openapi::{
        Content, Header, Ref, RefOr,
        response::Response,
        schema::{AllOf, Object, Schema, Type},
    },
};

use crate::{
    api::problem::code,
    ended::{EndReason, Refusal},
};

type Responses = BTreeMap<String, RefOr<Response>>;

macro_rules! refusals {
    ($($(#[$about:meta])* $name:ident: $($status:literal $description:literal $codes:expr),+;)+) => {
        $(
            $(#[$about])*
            pub struct $name;

            impl IntoResponses for $name {
                fn responses() -> Responses {
                    [$(($status.to_string(), refusal($status, $description, &$codes).into())),+].into()
                }
            }
        )+
    };
}

refusals! {
    /// With any request.
    Always:
        400 "The request cannot be understood." [code::INVALID_REQUEST],
        403 "The request comes from a page and not from a program." [code::CROSS_SITE],
        408 "The body took too long to arrive." [code::INVALID_REQUEST],
        413 "The body is too large." [code::TOO_LARGE],
        414 "The address is too long." [code::TOO_LARGE],
        431 "The headers are too long." [code::TOO_LARGE],
        500 "Something went wrong on the server's side." [code::INTERNAL],
        503 "Not at the moment. Nothing has happened, or it may be asked for again." [code::BUSY, code::UNAVAILABLE];
    /// With a request that has a body.
    OfBody:
        400 "The body is not JSON, or a member is missing or of the wrong type." [code::INVALID_REQUEST],
        415 "The body is not sent as JSON." [code::UNSUPPORTED_MEDIA_TYPE];
    /// With a request that needs an access token.
    OfBearer:
        400 "The request cannot be understood." [code::INVALID_REQUEST],
        401 "There is no access token, or none that is believed." [code::UNAUTHENTICATED, code::INVALID_TOKEN];
    OfPlace:
        400 "There is no such place in the list, or the request cannot be understood." [code::INVALID_REQUEST];
    OfLogin:
        401 "The name and the password do not go together." [code::BAD_CREDENTIALS],
        422 "The name or the password is empty." [code::INVALID_INPUT],
        429 "There were too many tries." [code::TOO_MANY_REQUESTS];
    OfRefresh:
        401 "The session is over, and the code says why." refusal_codes();
    OfPasswordChange:
        422 "The current password is wrong, or the new one will not do." [code::WRONG_PASSWORD, code::INVALID_INPUT],
        429 "There were too many tries." [code::TOO_MANY_REQUESTS];
    OfSession:
        404 "There is no such session of this account." [code::NOT_FOUND];
}

fn refusal_codes() -> Vec<&'static str> {
    let ended = EndReason::ALL.into_iter().map(Refusal::Ended);
    [Refusal::Invalid, Refusal::Expired].into_iter().chain(ended).map(Refusal::code).collect()
}

/// A problem with one of these codes.
fn refusal(status: u16, description: &str, codes: &[&str]) -> Response {
    let code = Object::builder().schema_type(Type::String).enum_values(Some(codes.iter().copied()));
    let problem =
        AllOf::builder().item(Ref::from_schema_name("Problem")).item(Object::builder().property("code", code));
    let response = Response::builder()
        .description(description)
        .content("application/problem+json", Content::new(Some(Schema::AllOf(problem.build()))));
    match status {
        401 => response.header("WWW-Authenticate", header(Type::String, "RFC 6750, section 3.")),
        503 => response.header("Retry-After", header(Type::Integer, "Seconds.")),
        429 => response
            .header("Retry-After", header(Type::Integer, "Seconds."))
            .header(
                "RateLimit",
                header(Type::String, "The limit that was reached, what is left of it, and when there is more."),
            )
            .header("RateLimit-Policy", header(Type::String, "What the limit is.")),
        _ => response,
    }
    .build()
}

fn header(of: Type, description: &str) -> Header {
    let mut header = Header::new(Object::builder().schema_type(of).build());
    header.description = Some(description.to_owned());
    header
}
