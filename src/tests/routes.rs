//! The list of routes that the browser tests go by: the router's own.

use std::{collections::BTreeMap, fs};

use axum::body::Body;
use http::Request;

use super::harness::App;
use crate::server::router::paths;

/// Every path, with the methods that it answers, as it says itself to whoever comes with another one.
pub async fn routes(app: &App) -> BTreeMap<String, Vec<String>> {
    let mut routes = BTreeMap::new();
    for path in paths() {
        let request = Request::builder().method("PROPFIND").uri(with_an_id(&path)).body(Body::empty()).unwrap();
        let answer = app.send(request).await;
        assert_eq!(answer.status, 405, "{path}");
        let methods = answer.header("allow").split(',').map(|method| method.trim().to_owned()).collect();
        routes.insert(path, methods);
    }
    routes
}

/// A path as it is asked for.
pub fn with_an_id(path: &str) -> String {
    path.replace("{id}", "019a0000-0000-7000-8000-000000000000")
}

#[tokio::test]
async fn every_route_is_listed_for_the_browser_tests_to_attack() {
    let app = App::start().await;
    let routes = routes(&app).await;
    assert!(routes.len() > 30 && routes["/login"].contains(&"POST".to_owned()), "the search finds them: {routes:?}");
    fs::write("target/routes.json", serde_json::to_string_pretty(&routes).unwrap()).unwrap();
}
