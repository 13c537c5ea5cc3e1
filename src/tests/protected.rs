//! The routes that want an access token: out of the document of the program's face, and out of the sources of the server functions, so that none is forgotten.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use http::{Request, header};
use leptos::server_fn::axum::server_fn_paths;
use serde_json::{Map, Value, json};

use super::{
    browser::form,
    documentation::{Written, server_functions},
    harness::App,
    openapi,
    routes::{routes, with_an_id},
};

type Fields = BTreeMap<String, &'static str>;

/// A route, and a request for it that lacks nothing but a token.
#[derive(Clone, Debug)]
pub struct Protected {
    pub method: String,
    pub path: String,
    sends: Sends,
}

#[derive(Clone, Debug)]
enum Sends {
    /// As a page of ours.
    Form(Fields),
    /// As a program.
    Json(Option<Value>),
}

impl Protected {
    pub fn is_for_programs(&self) -> bool {
        matches!(self.sends, Sends::Json(_))
    }

    pub fn bearing(&self, token: &str) -> Request<Body> {
        self.request(&[(header::AUTHORIZATION.as_str(), &format!("Bearer {token}"))])
    }

    /// With these headers besides.
    pub fn request(&self, headers: &[(&str, &str)]) -> Request<Body> {
        let request = Request::builder().method(&*self.method).uri(with_an_id(&self.path));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        match &self.sends {
            Sends::Form(fields) => {
                let request =
                    request.header(header::ACCEPT, "application/json").header("sec-fetch-site", "same-origin");
                form(request, &fields.iter().map(|(name, value)| (name.as_str(), *value)).collect::<Vec<_>>())
            }
            Sends::Json(None) => request.body(Body::empty()).unwrap(),
            Sends::Json(Some(body)) => {
                request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap()
            }
        }
    }
}

pub fn everywhere() -> Vec<Protected> {
    [operations(), functions()].concat()
}

/// Of the program's face.
pub fn operations() -> Vec<Protected> {
    let document = openapi::document();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if operation.get("security").is_some() {
                let sends = Sends::Json(body_of(&document, operation));
                found.push(Protected { method: method.to_uppercase(), path: path.clone(), sends });
            }
        }
    }
    found
}

/// The server functions behind sign-in.
pub fn functions() -> Vec<Protected> {
    let asking = server_functions().into_iter().filter(Written::asks_who_calls);
    let route = |function: Written| {
        let sends = Sends::Form(filled_in(&function));
        Protected { method: "POST".to_owned(), path: function.path, sends }
    };
    asking.map(route).collect()
}

/// All that a function takes, with something in it.
pub fn filled_in(function: &Written) -> Fields {
    let something = |kind: &str| match kind {
        "bool" => "true",
        "String" => "x",
        _ => "1",
    };
    function.takes.iter().map(|(name, kind)| (name.clone(), something(kind))).collect()
}

/// What an operation needs, with something in it.
fn body_of(document: &Value, operation: &Value) -> Option<Value> {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let schema = document.pointer(schema["$ref"].as_str()?.trim_start_matches('#')).unwrap();
    let needed = schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
    Some(needed.map(|name| (name.to_owned(), json!("x"))).collect::<Map<_, _>>().into())
}

/// Asks every route that there is without a token: those that want one say so.
#[tokio::test]
async fn every_route_that_wants_a_token_is_found_and_no_other() {
    let written = server_functions();
    let paths: BTreeSet<&str> = written.iter().map(|function| function.path.as_str()).collect();
    let served: BTreeSet<&str> = server_fn_paths().map(|(path, _)| path).collect();
    assert_eq!(paths, served, "the search finds each function");

    let app = App::start().await;
    let everything: Fields = written.iter().flat_map(filled_in).collect();
    let mut wanting = BTreeSet::new();
    for (path, methods) in routes(&app).await {
        for method in methods.into_iter().filter(|method| method != "HEAD") {
            let is_for_programs = path.starts_with("/api/v1/");
            let sends = if is_for_programs { Sends::Json(None) } else { Sends::Form(everything.clone()) };
            let route = Protected { method, path: path.clone(), sends };
            let answer = app.send(route.request(&[])).await;
            let is_problem = answer.header("content-type") == "application/problem+json";
            if answer.status == 401 && is_problem && answer.code() == "unauthenticated" {
                assert_eq!(answer.header("www-authenticate"), r#"Bearer realm="hallpass""#, "{route:?}");
                wanting.insert((route.method, route.path));
            }
        }
    }
    let found: BTreeSet<_> = everywhere().into_iter().map(|route| (route.method, route.path)).collect();
    assert_eq!(wanting, found);
    assert!(found.len() >= 15, "{found:?}");
}
