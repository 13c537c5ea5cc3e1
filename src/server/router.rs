//! Every route and every layer.

use std::{collections::BTreeSet, sync::LazyLock};

use axum::{
    Json, Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodFilter, MethodRouter, get, on, post},
};
use http::{HeaderValue, Method, header};
use leptos::server_fn::axum::server_fn_paths;
use leptos_axum::generate_route_list;
use tower_cookies::CookieManagerLayer;
use tracing::Instrument;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    account_forms, calls, forms, guards, headers, pages, problems,
    state::AppState,
    telemetry::Asked,
    v1::{
        self,
        document::{About, Keys},
    },
    well_known,
};
use crate::{api::Problem, app::App, auth::keys::schedule::KEPT_BY_OTHERS};

/// Where the pages are. Listed once: as long as Leptos makes the list, nothing is read for any page in this process, and one that is being rendered would
/// wait for it for ever.
pub static PAGES: LazyLock<Vec<String>> =
    LazyLock::new(|| generate_route_list(App).iter().map(|page| page.path().to_owned()).collect());

/// The whole app.
pub fn router(state: AppState) -> Router {
    let router = routes().router.fallback(pages::other).method_not_allowed_fallback(problems::method_not_allowed);
    layered(router, &state).with_state(state)
}

/// Every path that there is, in axum's way of writing it.
pub fn paths() -> BTreeSet<String> {
    routes().paths
}

fn routes() -> Routes {
    let programs = programs();
    let paths = programs.get_openapi().paths.paths.keys().cloned().collect();
    let mut routes = Routes { router: Router::from(programs), paths }
        .route("/.well-known/change-password", get(well_known::change_password))
        .route("/.well-known/security.txt", get(well_known::security_txt))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz));
    // The pages and the server functions are listed where they are written.
    for path in PAGES.iter() {
        routes = routes.route(path, get(pages::page));
    }
    for (path, method) in server_fn_paths() {
        let method = if method == Method::GET { MethodFilter::GET } else { MethodFilter::POST };
        routes = routes.route(path, on(method, calls::call));
    }
    routes
        .route("/login", post(forms::login))
        .route("/signup", post(forms::signup))
        .route("/account/sessions", post(account_forms::sessions))
        .route("/account/password", post(account_forms::password))
}

/// A router that knows where it leads, which axum's does not tell.
struct Routes {
    router: Router<AppState>,
    paths: BTreeSet<String>,
}

impl Routes {
    fn route(mut self, path: &str, to: MethodRouter<AppState>) -> Self {
        self.paths.insert(path.to_owned());
        Self { router: self.router.route(path, to), ..self }
    }
}

/// What is for programs, and the document that says so.
pub fn programs() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(About::openapi()).routes(routes!(jwks)).nest("/api/v1", v1::routes())
}

/// With what surrounds every route. One layer and not one for each thing: the router copies, and keeps in boxes of their own, all layers for each request.
pub fn layered(router: Router<AppState>, state: &AppState) -> Router<AppState> {
    router.layer((middleware::from_fn_with_state(state.clone(), surround), CookieManagerLayer::new()))
}

/// From the outside in: a line in the log and a count, headers, and the guards.
async fn surround(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let asked = Asked::now(state.auth.request_id(), &request);
    let span = asked.span(&request);
    let answering = async {
        let mut response = guards::guarded(request, next).await;
        headers::set(&state, &mut response);
        headers::name(asked.id, &mut response);
        asked.answered(&response, &state.metrics);
        response
    };
    answering.instrument(span).await
}

/// The public keys of access tokens (RFC 7517). Other services keep them for a while.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "keys", responses(
    (status = 200, description = "A JWK Set.", body = Keys, content_type = "application/jwk-set+json")))]
async fn jwks(State(state): State<AppState>) -> Response {
    let mut response = Json(state.auth.jwks()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json"));
    const { assert!(KEPT_BY_OTHERS == 300) };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}

/// The process lives. Says nothing about the database, which no restart would mend.
async fn livez() -> &'static str {
    "alive\n"
}

/// This instance can serve: its database answers, and it is not about to stop.
async fn readyz(State(state): State<AppState>) -> Result<&'static str, Problem> {
    if state.is_draining() {
        return Err(Problem::new(503, "stopping", "Service Unavailable", "This instance is stopping."));
    }
    state.auth.ping().await?;
    Ok("ready\n")
}
