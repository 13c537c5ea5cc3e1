//! The OpenAPI document: what each handler says of itself, put together, and served. It is checked in as `docs/openapi.json`, where a change of the
//! interface is seen.

#![expect(unused_qualifications, reason = "utoipa writes out the paths of what it is given")]

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::header;
use utoipa::{
    Modify, OpenApi, PartialSchema, ToSchema,
    openapi::{
        self, RefOr,
        schema::{Array, Object, Schema, Type},
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};

use crate::{api::Problem, own::NAME, server::router};

/// What is said of the whole. The version is the interface's: its first number is the one in the address, its second grows with what is added.
#[derive(OpenApi)]
#[openapi(
    info(
        version = "1.2.0",
        description = "Sign-in for programs. A script in a page cannot use it: what carries `Origin` or `Sec-Fetch-Site` is refused.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/")),
    components(schemas(Problem)),
    modifiers(&Title, &AccessToken),
    tags(
        (name = "tokens", description = "Where tokens come from and end."),
        (name = "account", description = "Whose they are."),
        (name = "sessions", description = "Where the account is signed in."),
        (name = "keys", description = "For whoever verifies access tokens."),
    ),
)]
pub struct About;

struct Title;

impl Modify for Title {
    fn modify(&self, document: &mut openapi::OpenApi) {
        NAME.clone_into(&mut document.info.title);
    }
}

struct AccessToken;

impl Modify for AccessToken {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.bearer_format = Some("JWT".to_owned());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("access_token", SecurityScheme::Http(bearer));
    }
}

/// What services need of a JWK Set (RFC 7517, section 5; RFC 8037, section 2, for this type of key).
pub struct Keys;

impl PartialSchema for Keys {
    fn schema() -> RefOr<Schema> {
        let members = ["kty", "crv", "use", "alg", "kid", "x"];
        let text = || Object::builder().schema_type(Type::String);
        let key =
            members.into_iter().fold(Object::builder(), |key, member| key.property(member, text()).required(member));
        Object::builder().property("keys", Array::builder().items(key)).required("keys").into()
    }
}

impl ToSchema for Keys {}

/// The document as text.
pub static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let document = router::programs().into_openapi();
    document.to_pretty_json().expect("the document is JSON") + "\n"
});

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "keys", responses(
    (status = 200, description = "An OpenAPI 3.1 document.", body = Object, content_type = "application/json")))]
pub(super) async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
}
