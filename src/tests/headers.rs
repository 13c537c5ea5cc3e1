//! What every answer carries.

use std::collections::BTreeSet;

use axum::body::Body;
use http::{Request, header};

use super::{
    browser::Browser,
    harness::{Answer, App, FIREFOX_ON_LINUX, PASSWORD},
    routes::with_an_id,
};
use crate::server::{router::paths, site::Site};

#[tokio::test]
async fn every_answer_carries_the_headers_that_protect_it() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    for path in [
        "/login",
        "/account",
        "/nowhere",
        "/api/v1/me",
        "/api/v1/nothing",
        "/.well-known/jwks.json",
        "/livez",
        "/readyz",
        "/",
        "/api/login",
    ] {
        let answer = browser.open(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(!answer.header("cache-control").is_empty(), "{path}");
        assert_eq!(answer.header("x-request-id").len(), 36, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
        assert_eq!(answer.header("server"), "", "{path}");
    }
}

#[tokio::test]
async fn a_page_runs_the_one_script_that_carries_its_nonce_and_each_page_has_its_own() {
    let app = App::start().await;
    let nonce = |answer: &Answer| {
        let policy = answer.header("content-security-policy").to_owned();
        policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned()
    };
    let [one, two] = [Browser::new(&app).open("/login").await, Browser::new(&app).open("/login").await];
    assert_ne!(nonce(&one), nonce(&two));
    assert!(!one.header("content-security-policy").contains("unsafe-inline"));
    for script in one.body.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap();
        assert!(tag.contains(&format!("nonce=\"{}\"", nonce(&one))), "<script{tag}>");
    }
    assert!(!one.body.contains(" style="), "no inline style");
}

#[tokio::test]
async fn an_id_that_a_visitor_made_up_is_not_used() {
    let app = App::start().await;
    let request = Request::get("/livez").header("x-request-id", "made-up").body(Body::empty()).unwrap();
    assert_ne!(app.send(request).await.header("x-request-id"), "made-up");
}

#[tokio::test]
async fn where_people_come_over_https_every_answer_says_to_keep_to_it() {
    let paths = ["/login", "/nowhere", "/api/v1/me", "/.well-known/jwks.json", "/livez", "/panic", "/api/login"];
    let app = App::start().await.at("https://hallpass.example");
    for path in paths {
        let says = app.get(path).await.header("strict-transport-security").to_owned();
        assert_eq!(says, "max-age=63072000; includeSubDomains", "{path}");
    }
    let app = App::start().await;
    for path in paths {
        assert_eq!(app.get(path).await.header("strict-transport-security"), "", "{path}");
    }
}

/// As a stranger, as a program and as a page of ours would, each whoever they are with a session of their own: some routes end it.
async fn everything(app: &App) -> Vec<(String, Answer)> {
    let others = ["/nowhere", "/pkg/nothing.js", "/api/v1/nothing", "/panic"].map(str::to_owned);
    let mut answers = Vec::new();
    for path in paths().into_iter().chain(others).chain(Site::now().addresses()) {
        let uri = with_an_id(&path);
        let browser = Browser::signed_in(app, "ada", FIREFOX_ON_LINUX).await;
        for method in ["GET", "HEAD", "PUT", "OPTIONS", "TRACE", "POST", "DELETE"] {
            for comes in ["as a stranger", "as a program", "as a page"] {
                let mut request = Request::builder().method(method).uri(&uri);
                request = match comes {
                    "as a stranger" => request.header(header::ACCEPT, "text/html"),
                    "as a program" => request.header(header::AUTHORIZATION, format!("Bearer {}", browser.token)),
                    _ => request
                        .header(header::ACCEPT, "application/json")
                        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                        .header("sec-fetch-site", "same-origin")
                        .header(header::AUTHORIZATION, format!("Bearer {}", browser.token))
                        .header(header::COOKIE, format!("__Host-refresh={}", browser.cookie.as_ref().unwrap())),
                };
                let answer = app.send(request.body(Body::empty()).unwrap()).await;
                answers.push((format!("{method} {path}, {comes}"), answer));
            }
        }
    }
    answers
}

/// What a walk from route to route does not come across: answers of the layers around them, of limits, of a full house and of files.
async fn the_rest(app: &App) -> Vec<(String, Answer)> {
    let from_us = |method: &str, uri: &str| {
        Request::builder()
            .method(method)
            .uri(uri)
            .header("sec-fetch-site", "same-origin")
            .header(header::ACCEPT, "text/html")
    };
    let css = Site::now().urls().css;
    let etag = app.get("/favicon.svg").await.header("etag").to_owned();
    let broken = futures::stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("gone")) });
    let form = |fields| super::browser::form(from_us("POST", "/signup"), fields);
    let mut requests = vec![
        ("a body that breaks off", from_us("POST", "/login").body(Body::from_stream(broken)).unwrap()),
        ("a body that is too large", from_us("POST", "/login").body(Body::from(vec![b'x'; 65 * 1024])).unwrap()),
        (
            "headers that are too large",
            from_us("GET", "/").header(header::COOKIE, "x".repeat(17 * 1024)).body(Body::empty()).unwrap(),
        ),
        (
            "an address that is too long",
            from_us("GET", &format!("/?{}", "x".repeat(9 * 1024))).body(Body::empty()).unwrap(),
        ),
        ("a tunnel", Request::builder().method("CONNECT").uri("evil.test:443").body(Body::empty()).unwrap()),
        ("a name that is taken", form(&[("username", "ada"), ("password", PASSWORD)])),
        ("a form that is empty", form(&[])),
        (
            "a file that is known",
            from_us("GET", "/favicon.svg").header(header::IF_NONE_MATCH, etag).body(Body::empty()).unwrap(),
        ),
    ];
    for encoding in ["br", "gzip", "identity"] {
        let file = from_us("GET", &css).header(header::ACCEPT_ENCODING, encoding);
        requests.push(("a file, compressed", file.body(Body::empty()).unwrap()));
    }
    for method in ["HEAD", "POST"] {
        requests.push(("a handler that panics", from_us(method, "/panic").body(Body::empty()).unwrap()));
    }
    let mut answers = Vec::new();
    for (asked, request) in requests {
        answers.push((asked.to_owned(), app.send(request).await));
    }
    while answers.last().unwrap().1.status != 429 {
        let guess = Browser::new(app).submit("/login", &[("username", "ada"), ("password", "a guess")]).await;
        answers.push(("too many guesses".to_owned(), guess));
        assert!(answers.len() < 100);
    }
    answers.push(("the metrics".to_owned(), app.ask_for_metrics().await));
    app.store.close().await;
    for path in ["/", "/account", "/readyz", "/nowhere"] {
        let request = from_us("GET", path).header(header::COOKIE, "__Host-refresh=x").body(Body::empty()).unwrap();
        answers.push((format!("{path} without a database"), app.send(request).await));
    }
    answers
}

#[tokio::test]
async fn every_route_answers_with_all_of_them_whatever_comes_of_it() {
    let app = App::start().await.at("https://hallpass.example").reported_to("mailto:ada@hallpass.example");
    app.signed_up("ada").await;
    let mut answers = everything(&app).await;
    for path in paths().into_iter().filter(|path| !path.contains('{')).chain(Site::now().addresses()) {
        let of_path = answers.iter().filter(|(asked, _)| asked.split([' ', ',']).nth(1) == Some(&path));
        let statuses: Vec<_> = of_path.map(|(_, answer)| answer.status.as_u16()).collect();
        assert!(
            statuses.iter().any(|status| ![401, 403, 404, 405].contains(status)),
            "nobody got through to {path}: {statuses:?}"
        );
    }
    answers.extend(the_rest(&app).await);
    for (asked, answer) in &answers {
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"), "{asked}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
            ("access-control-allow-origin", ""),
        ] {
            assert_eq!(answer.header(name), value, "{asked}: {name}");
        }
        assert!(answer.header("permissions-policy").contains("camera=()"), "{asked}");
        let anybodys = ["/pkg/", "a file", "jwks.json", "openapi.json", "security.txt", "favicon", "robots.txt"]
            .iter()
            .any(|part| asked.contains(part));
        assert!(anybodys || answer.header("cache-control") == "no-store", "{asked}");
    }
    let statuses: BTreeSet<_> = answers.iter().map(|(_, answer)| answer.status.as_u16()).collect();
    let expected = [200, 204, 302, 303, 304, 400, 401, 403, 404, 405, 409, 413, 414, 415, 422, 429, 431, 500, 503];
    assert!(statuses.is_superset(&expected.into()), "some of these were not tried: {statuses:?}");
}

/// The rules of the HTTP Observatory that reward or punish what a server says: each with what is said, and what it gives.
#[tokio::test]
async fn pages_are_graded_at_130_or_more_by_the_rules_of_the_observatory() {
    let app = App::start().await.at("https://hallpass.example");
    let mut browser = Browser::new(&app);
    let cookies = browser.sign_up("ada", PASSWORD).await;
    for path in ["/login", "/account", "/nowhere"] {
        let page = browser.open(path).await;
        let policy = page.header("content-security-policy");
        let directive = |name: &str| policy.split("; ").find_map(|rule| rule.strip_prefix(name)).unwrap_or_default();
        let safe = !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'") && !policy.contains("http:");
        let age = page.header("strict-transport-security").split(['=', ';']).nth(1).unwrap();
        let scripts = page.body.split("<script").skip(1).map(|tag| tag.split('>').next().unwrap());
        let foreign = scripts.filter(|tag| tag.contains("src=\"http") || tag.contains("src=\"//")).count();
        let set: Vec<_> = cookies.headers.get_all(header::SET_COOKIE).iter().map(|set| set.to_str().unwrap()).collect();
        let guarded =
            |set: &&str| ["; Secure", "; HttpOnly", "; SameSite=Strict"].iter().all(|word| set.contains(word));
        let rules = [
            (
                "a policy without anything unsafe, from nothing on",
                safe && directive("default-src ") == "'none'",
                10,
                -25,
            ),
            ("frames forbidden by the policy", directive("frame-ancestors ") == "'none'", 5, -20),
            ("cookies for this site alone, and for no script", !set.is_empty() && set.iter().all(guarded), 5, -20),
            ("half a year of HTTPS at least", age.parse::<u64>().unwrap() >= 15_768_000, 0, -20),
            ("types that are not guessed", page.header("x-content-type-options") == "nosniff", 0, -5),
            ("referrers kept", page.header("referrer-policy") == "same-origin", 5, -5),
            ("resources for this site alone", page.header("cross-origin-resource-policy") == "same-origin", 10, 0),
            ("nothing shared with other sites", page.header("access-control-allow-origin").is_empty(), 0, -50),
            ("no script from elsewhere", foreign == 0, 0, -50),
        ];
        let grade: i32 =
            100 + rules.iter().map(|(_, kept, reward, fine)| if *kept { reward } else { fine }).sum::<i32>();
        let broken: Vec<_> = rules.iter().filter(|(_, kept, ..)| !kept).map(|(rule, ..)| rule).collect();
        assert!(grade >= 130 && broken.is_empty(), "{path}: {grade}, broken: {broken:?}");
    }
}

#[tokio::test]
async fn a_page_that_says_what_did_not_work_looks_like_the_others_and_loads_its_style_alone() {
    let app = App::start().await;
    let page = Browser::new(&app).open("/api/logout").await;
    assert_eq!(page.status, 405);
    assert!(page.body.contains(&format!("<link rel=\"stylesheet\" href=\"{}\">", Site::now().urls().css)));
    assert!(page.body.contains("<h1>This did not work</h1>"), "and speaks to people: {}", page.body);
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'self'; "));
    let to_a_program = app.get("/api/logout").await;
    assert!(to_a_program.header("content-security-policy").starts_with("default-src 'none'; base-uri"));
}
