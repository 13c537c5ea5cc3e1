//! Input that no browser of ours sends: a 4xx with a reason, never a 5xx.

use axum::body::Body;
use http::{Request, StatusCode, header};

use super::{
    browser::{Browser, form},
    documentation::server_functions,
    harness::{App, PASSWORD},
    protected::filled_in,
};
use crate::own::HOME;

const FORM: &str = "application/x-www-form-urlencoded";

fn ours(path: &str) -> http::request::Builder {
    Request::post(path).header("sec-fetch-site", "same-origin").header(header::ACCEPT, "application/json")
}

#[tokio::test]
async fn ten_megabytes_are_too_large_everywhere() {
    let app = App::start().await;
    for path in [
        "/api/login",
        "/api/signup",
        "/api/refresh",
        "/api/logout",
        "/api/me",
        "/login",
        "/signup",
        "/api/v1/login",
        "/api/v1/refresh-token",
    ] {
        let kind = if path.starts_with("/api/v1") { "application/json" } else { FORM };
        let request = if path.starts_with("/api/v1") { Request::post(path) } else { ours(path) };
        for with_length in [true, false] {
            let request = Request::from_parts(request_parts(&request, kind), ());
            let body = vec![b'a'; 10 * 1024 * 1024];
            let body = if with_length {
                Body::from(body)
            } else {
                Body::from_stream(futures::stream::iter([Ok::<_, std::io::Error>(body)]))
            };
            let (parts, ()) = request.into_parts();
            let answer = app.send(Request::from_parts(parts, body)).await;
            assert!(answer.status.is_client_error(), "{path} {}", answer.status);
            assert!(!answer.body.is_empty(), "{path} has a reason");
        }
    }
}

fn request_parts(builder: &http::request::Builder, kind: &str) -> http::request::Parts {
    let mut request = Request::new(());
    *request.method_mut() = builder.method_ref().unwrap().clone();
    *request.uri_mut() = builder.uri_ref().unwrap().clone();
    *request.headers_mut() = builder.headers_ref().unwrap().clone();
    request.headers_mut().insert(header::CONTENT_TYPE, kind.parse().unwrap());
    request.into_parts().0
}

#[tokio::test]
async fn forms_that_cannot_be_read_say_so() {
    let app = App::start().await;
    for body in [
        &b"username=%FF%FE&password=x"[..],
        b"username=\xff&password=x",
        b"",
        b"username",
        b"password=x",
        b"username=a&username=b&password=x",
    ] {
        for path in ["/api/login", "/api/signup"] {
            let request = ours(path).header(header::CONTENT_TYPE, FORM).body(Body::from(body.to_vec())).unwrap();
            let answer = app.send(request).await;
            assert!(answer.status.is_client_error(), "{path} {body:?} {} {}", answer.status, answer.body);
            assert!(!answer.json()["detail"].as_str().unwrap().is_empty());
        }
        for path in ["/login", "/signup"] {
            let request = ours(path).header(header::CONTENT_TYPE, FORM).body(Body::from(body.to_vec())).unwrap();
            let answer = app.send(request).await;
            assert!(answer.status.is_client_error(), "{path} {body:?} {}", answer.status);
        }
    }
}

/// Every form of ours and every body of a program's, with each of its fields twice: two readers could take different ones.
#[tokio::test]
async fn a_field_that_is_there_twice_is_refused_and_nothing_comes_of_it() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    let (cookie, bearer) =
        (format!("__Host-refresh={}", browser.cookie.as_ref().unwrap()), format!("Bearer {}", browser.token));
    let of_functions = server_functions().into_iter().map(|function| (function.path.clone(), filled_in(&function)));
    let of_pages = [
        ("/login", &["username", "password"][..]),
        ("/signup", &["username", "password"]),
        ("/account/sessions", &["end"]),
        ("/account/password", &["current_password", "new_password"]),
    ]
    .map(|(path, names)| (path.to_owned(), names.iter().map(|name| ((*name).to_owned(), "x")).collect()));
    let before = app.database.rows().await;
    let mut sent = 0;
    for (path, fields) in of_functions.chain(of_pages) {
        for (twice, value) in &fields {
            let once = fields.iter().map(|(name, value)| (name.as_str(), *value));
            let request = ours(&path).header(header::COOKIE, &cookie).header(header::AUTHORIZATION, &bearer);
            let answer = app.send(form(request, &once.chain([(twice.as_str(), *value)]).collect::<Vec<_>>())).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "invalid_request"), "{path}: {twice}");
            assert!(answer.set_cookie().is_none());
            sent += 1;
        }
    }
    for (path, names) in [
        ("login", &["username", "password"][..]),
        ("refresh-token", &["refresh_token"]),
        ("logout", &["refresh_token"]),
        ("change-password", &["current_password", "new_password"]),
    ] {
        for twice in names {
            let members = names.iter().chain([twice]).map(|name| format!("\"{name}\":\"x\"")).collect::<Vec<_>>();
            let request = Request::post(format!("/api/v1/{path}")).header(header::AUTHORIZATION, &bearer);
            let request = request.header(header::CONTENT_TYPE, "application/json");
            let answer = app.send(request.body(Body::from(format!("{{{}}}", members.join(",")))).unwrap()).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "invalid_request"), "{path}: {twice}");
            sent += 1;
        }
    }
    assert!(sent > 20, "{sent}");
    assert_eq!(app.database.rows().await, before);
    // Of a way back there is none then.
    let typed = [("username", "ada"), ("password", PASSWORD)];
    let led = browser.submit("/login?next=/account/sessions&next=/account/password", &typed).await;
    assert_eq!((led.status.as_u16(), led.header("location")), (303, HOME));
}

#[tokio::test]
async fn json_that_cannot_be_read_says_where_and_repeats_none_of_it() {
    let app = App::start().await;
    for body in [
        "",
        "{",
        "[]",
        "null",
        r#"{"username":"secret-canary"}"#,
        r#"{"username":1,"password":"secret-canary"}"#,
        "{\"username\":\"\\ud800\",\"password\":\"x\"}",
    ] {
        let request = Request::post("/api/v1/login")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap();
        let answer = app.send(request).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "invalid_request"), "{body}");
        assert!(!answer.body.contains("canary"));
    }
    let request = Request::post("/api/v1/login")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(&b"{\"username\":\"\xff\"}"[..]))
        .unwrap();
    assert_eq!(app.send(request).await.status, 400);
}

#[tokio::test]
async fn other_content_types_are_not_taken() {
    let app = App::start().await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
        let request = Request::post("/api/v1/login").header(header::CONTENT_TYPE, kind).body(Body::from("{}")).unwrap();
        assert_eq!(app.send(request).await.status, 415, "{kind}");
    }
    for kind in ["text/plain", "application/json", "multipart/form-data; boundary=x"] {
        for path in ["/login", "/api/login"] {
            let request =
                ours(path).header(header::CONTENT_TYPE, kind).body(Body::from("username=a&password=b")).unwrap();
            assert_eq!(app.send(request).await.status, 415, "{path} {kind}");
        }
    }
}

#[tokio::test]
async fn oversized_headers_are_refused_with_a_reason() {
    let app = App::start().await;
    let request = Request::get("/login").header(header::COOKIE, "x".repeat(64 * 1024)).body(Body::empty()).unwrap();
    let answer = app.send(request).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (431, "too_large"));
}

#[tokio::test]
async fn other_methods_are_named_as_such() {
    let app = App::start().await;
    for (method, path) in
        [("PUT", "/login"), ("DELETE", "/account"), ("GET", "/api/login"), ("TRACE", "/"), ("PATCH", "/api/v1/me")]
    {
        let answer = app.send(Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
    }
    let tunnel = Request::builder().method("CONNECT").uri("evil.test:443").body(Body::empty()).unwrap();
    assert!(app.send(tunnel).await.status.is_client_error());
}

#[tokio::test]
async fn cookies_of_any_bytes_are_no_session() {
    let app = App::start().await;
    for cookie in [
        &b"__Host-refresh=\xff\xfe"[..],
        b"__Host-refresh=",
        b"__Host-refresh=\"quoted\"",
        b";;;=;__Host-refresh",
        b"%5F%5FHost-refresh=x",
    ] {
        let request = ours("/api/refresh")
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, FORM)
            .body(Body::empty())
            .unwrap();
        assert_eq!(app.send(request).await.code(), "invalid", "{cookie:?}");
        let page = Request::get("/account").header(header::COOKIE, cookie).body(Body::empty()).unwrap();
        assert_eq!(app.send(page).await.status, 302);
    }
}

#[tokio::test]
async fn a_handler_that_panics_fails_its_own_request_and_no_other() {
    let app = App::start().await;
    let panicked = app.get("/panic").await;
    assert_eq!((panicked.status.as_u16(), panicked.code().as_str()), (500, "internal"));
    assert_eq!(panicked.header("content-type"), "application/problem+json");
    assert!(!panicked.body.contains("at the disco"));
    assert_eq!(panicked.header("x-content-type-options"), "nosniff", "it passed the layers around");
    assert_eq!(Browser::new(&app).open("/login").await.status, 200);
}
