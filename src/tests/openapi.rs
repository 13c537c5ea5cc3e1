//! The document of the program's face, beside the router that it is of.

use std::fs;

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::Value;

use super::harness::App;
use crate::{
    api::problem::code,
    ended::{EndReason, Refusal},
    server::v1::document::DOCUMENT,
};

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

pub fn document() -> Value {
    serde_json::from_str(&DOCUMENT).unwrap()
}

/// Every path, with the methods that the document has of it.
fn documented() -> Vec<(String, Vec<String>)> {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let upper = |methods: &Value| methods.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
    paths.iter().map(|(path, methods)| (path.clone(), upper(methods))).collect()
}

#[test]
fn the_document_that_is_checked_in_is_the_one_of_the_code() {
    let path = "docs/openapi.json";
    if std::env::var_os("WRITE_OPENAPI").is_some() {
        fs::write(path, DOCUMENT.as_str()).unwrap();
    }
    let checked_in = fs::read_to_string(path).unwrap_or_default();
    assert!(
        checked_in == *DOCUMENT,
        "{path} is not what the code says. If the change is meant: WRITE_OPENAPI=1 cargo test --features ssr --lib openapi"
    );
}

#[tokio::test]
async fn the_document_is_served_to_whoever_asks() {
    let app = App::start().await;
    for site in [None, Some("none")] {
        let request = Request::get("/api/v1/openapi.json");
        let request = site.into_iter().fold(request, |request, site| request.header("sec-fetch-site", site));
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
        assert_eq!(answer.body, *DOCUMENT);
    }
    assert_eq!(document()["openapi"], "3.1.0");
}

#[tokio::test]
async fn every_documented_path_answers_its_methods_and_no_others() {
    let app = App::start().await;
    for (path, methods) in documented() {
        for method in METHODS {
            let meant =
                methods.iter().any(|known| known == method) || (method == "HEAD" && methods.contains(&"GET".into()));
            let uri = path.replace("{id}", "00000000-0000-7000-8000-000000000000");
            let answer = app.send(Request::builder().method(method).uri(uri).body(Body::empty()).unwrap()).await;
            let refused = answer.status == StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(!refused, meant, "{method} {path}: {}", answer.status);
            assert_ne!(answer.status, 404, "{method} {path}");
            if refused {
                let allowed: Vec<_> = answer.header("allow").split(',').filter(|method| *method != "HEAD").collect();
                assert_eq!(allowed, methods, "{path} says what it allows");
                assert_eq!(answer.header("content-type"), "application/problem+json", "{method} {path}");
            }
        }
    }
    assert!(documented().len() >= 12, "the search finds them");
}

/// What makes a router lead somewhere that neither the document nor the list of the router's own knows of.
const BESIDE: [&str; 7] =
    ["Router::new()", ".route(", ".route_service(", ".nest(", ".nest_service(", ".merge(", ".fallback_service("];

/// A source as it is built, without the tests in it, in one line.
fn built(file: &str) -> String {
    let text = fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap().lines();
    let code = code.filter(|line| !line.trim_start().starts_with("//")).flat_map(str::split_whitespace);
    code.collect::<String>().replace("OpenApiRouter::", "Described::")
}

/// Every Rust file of a folder.
fn files(folder: &str) -> Vec<String> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let rust = paths.filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    rust.map(|path| path.display().to_string()).collect()
}

/// A route comes into the router with what the document says of it, or not at all.
#[test]
fn no_route_of_the_program_face_is_made_beside_the_document() {
    let mut handlers = 0;
    for file in files("src/server/v1").into_iter().chain(["src/server/v1.rs".to_owned()]) {
        let text = built(&file);
        for beside in BESIDE {
            assert!(!text.contains(beside), "{file} has {beside}");
        }
        handlers += text.matches("#[utoipa::path(").count();
    }
    let under_v1 = documented().iter().filter(|(path, _)| path.starts_with("/api/v1/")).count();
    assert_eq!(under_v1, handlers, "each handler that is described");
    assert!(!built("src/server/router.rs").contains("\"/api/v1/"), "all are in their room");
}

/// Tests go by the list of the router, which `Routes` keeps.
#[test]
fn no_route_is_made_beside_the_list_of_the_router() {
    let router = built("src/server/router.rs");
    let [in_routes, all] = ["self.router.route(", "router.route("].map(|made| router.matches(made).count());
    assert_eq!((in_routes, all), (1, 1), "no router has a route that `Routes` has not");
    let [programs, all] = [".nest(\"/api/v1\",v1::routes())", ".nest("].map(|made| router.matches(made).count());
    assert_eq!((programs, all), (1, 1), "the program's face alone brings a list along");
    for beside in BESIDE.iter().filter(|beside| ![".route(", ".nest("].contains(beside)) {
        assert!(!router.contains(beside), "the router has {beside}");
    }
    // The listener of the metrics is another one.
    let elsewhere = ["src/server/router.rs", "src/server/metrics.rs"];
    for file in files("src/server").iter().filter(|file| !elsewhere.contains(&file.as_str())) {
        for beside in BESIDE {
            assert!(!built(file).contains(beside), "{file} has {beside}");
        }
    }
}

/// RFC 9457, and the codes of one list.
#[test]
fn every_refusal_is_a_problem_with_codes_that_exist() {
    let known: Vec<&str> = EndReason::ALL
        .into_iter()
        .map(Refusal::Ended)
        .chain([Refusal::Invalid, Refusal::Expired])
        .map(Refusal::code)
        .chain(code::ALL.iter().copied())
        .collect();
    let document = document();
    let mut codes = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                if status.starts_with('2') {
                    continue;
                }
                let schema = &response["content"]["application/problem+json"]["schema"]["allOf"];
                assert_eq!(schema[0]["$ref"], "#/components/schemas/Problem", "{method} {path} {status}");
                for code in schema[1]["properties"]["code"]["enum"].as_array().unwrap() {
                    codes += 1;
                    assert!(known.contains(&code.as_str().unwrap()), "{method} {path} {status}: {code}");
                }
            }
        }
    }
    assert!(codes > 80, "the search finds them");
}
