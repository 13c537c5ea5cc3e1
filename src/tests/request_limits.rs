//! How much a request may be, as `docs/operate.md` says it: as much is taken, and one more is not. What we refuse is refused like anything else, with all headers;
//! what hyper refuses, it refuses with a status alone.

use std::{fs, time::Duration};

use axum::body::Body;
use http::{Request, header};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{
    browser::{Browser, form},
    harness::{Answer, App, PASSWORD},
    socket::{Said, Socket, answers, rest},
};
use crate::{own::HOME, server::connections::Limits};

const SOON: Duration = Duration::from_millis(300);

const BODY: usize = 64 * 1024;
const HEADERS: usize = 16 * 1024;
const HEAD: usize = 408 * 1024;
const LINES: usize = 100;
const ADDRESS: usize = 8 * 1024;
const USERNAME: usize = 64;
const PASSWORDS: usize = 256;
const NEXT: usize = 1024;

/// Refused with this status by the app itself, as it refuses everything.
fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!((answer.header("x-content-type-options"), answer.header("cache-control")), ("nosniff", "no-store"));
    assert!(!answer.header("content-security-policy").is_empty());
}

#[test]
fn every_limit_of_a_request_is_in_the_operators_document() {
    let document = fs::read_to_string("docs/operate.md").unwrap();
    for row in [
        format!("| A body | {} KiB | 413 |", BODY / 1024),
        format!("| An address | {} KiB | 414 |", ADDRESS / 1024),
        format!("| Headers, names and values | {} KiB | 431 |", HEADERS / 1024),
        format!("| Headers, lines | {LINES} | 431, bare |"),
        format!(
            "| All that stands before a body | {} KiB, beyond {} surely | 431, bare |",
            HEAD / 1024,
            2 * HEAD / 1024
        ),
        format!("| A username | {USERNAME} characters | 422 |"),
        format!("| A password | {PASSWORDS} characters | 422 |"),
        format!("| `next` | {NEXT} characters | left out |"),
        format!("| Connections | {} | wait |", Limits::default().most),
    ] {
        assert!(document.contains(&row), "not in docs/operate.md: {row}");
    }
}

/// A program's login whose body has so many bytes.
async fn login_of(app: &App, length: usize) -> Answer {
    let body = json!({ "username": "ada", "password": "" }).to_string();
    let body = body.replace("\"password\":\"\"", &format!("\"password\":\"{}\"", "x".repeat(length - body.len())));
    assert_eq!(body.len(), length);
    let request = Request::post("/api/v1/login").header(header::CONTENT_TYPE, "application/json");
    app.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_body_of_sixty_four_kibibytes_is_read_and_one_of_a_byte_more_is_not() {
    let app = App::start().await;
    assert_eq!(login_of(&app, BODY).await.code(), "bad_credentials");
    assert_refused(&login_of(&app, BODY + 1).await, 413, "too_large");
}

#[tokio::test]
async fn headers_of_sixteen_kibibytes_are_read_and_those_of_a_byte_more_are_not() {
    let app = App::start().await;
    let with = async |length: usize| {
        let others = "host".len() + "localhost:3000".len() + "cookie".len();
        app.send(
            Request::get("/livez").header(header::COOKIE, "x".repeat(length - others)).body(Body::empty()).unwrap(),
        )
        .await
    };
    assert_eq!(with(HEADERS).await.status, 200);
    assert_refused(&with(HEADERS + 1).await, 431, "too_large");
}

#[tokio::test]
async fn an_address_of_eight_kibibytes_is_read_and_one_of_a_byte_more_is_not() {
    let app = App::start().await;
    let at = async |length: usize| app.get(&format!("/livez?{}", "x".repeat(length - "/livez?".len()))).await;
    assert_eq!(at(ADDRESS).await.status, 200);
    assert_refused(&at(ADDRESS + 1).await, 414, "too_large");
}

/// What nobody asked for is passed over, and what is asked for is never within something.
#[tokio::test]
async fn json_may_be_as_deep_as_a_body_is_long_and_breaks_nothing() {
    let app = App::start().await;
    let half = BODY / 2 - 100;
    let (open, close) = ("[".repeat(half), "]".repeat(half));
    let login = async |body: String| {
        let request = Request::post("/api/v1/login").header(header::CONTENT_TYPE, "application/json");
        app.send(request.body(Body::from(body)).unwrap()).await
    };
    let beside = format!("{{\"username\":\"ada\",\"password\":\"x\",\"more\":{open}{close}}}");
    assert_eq!(login(beside).await.code(), "bad_credentials");
    for within in [format!("{open}{close}"), format!("{{\"username\":{open}{close},\"password\":\"x\"}}"), open] {
        assert_refused(&login(within).await, 400, "invalid_request");
    }
}

#[tokio::test]
async fn names_and_passwords_are_taken_up_to_their_length_and_refused_beyond_and_never_cut() {
    let app = App::start().await;
    let sign_up = async |name: String, password: String| {
        let answer = Browser::new(&app).sign_up(&name, &password).await;
        (answer.status.as_u16(), answer.body)
    };
    let words = "a kettle of purple fish and more ".repeat(20);
    assert_eq!(sign_up("x".repeat(USERNAME), PASSWORD.to_owned()).await.0, 200);
    let (status, body) = sign_up("y".repeat(USERNAME + 1), PASSWORD.to_owned()).await;
    assert!(status == 422 && body.contains("at most 64 characters for the username"), "{status} {body}");
    assert_eq!(sign_up("grace".to_owned(), words[..PASSWORDS].to_owned()).await.0, 200);
    let (status, body) = sign_up("alan".to_owned(), words[..=PASSWORDS].to_owned()).await;
    assert!(status == 422 && body.contains("at most 256 characters for the password"), "{status} {body}");
}

#[tokio::test]
async fn a_way_back_is_followed_up_to_its_length_and_left_out_beyond() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let leads = async |length: usize| {
        let path = format!("/{}", "x".repeat(length - 1));
        let request = Request::post(format!("/login?next={path}")).header("sec-fetch-site", "same-origin");
        let answer = app.send(form(request, &[("username", "ada"), ("password", PASSWORD)])).await;
        assert_eq!(answer.status, 303);
        (answer.header("location").to_owned(), path)
    };
    let (there, path) = leads(NEXT).await;
    assert_eq!(there, path);
    assert_eq!(leads(NEXT + 1).await.0, HOME);
}

/// Answered by hyper: a status, and nothing of ours.
fn assert_bare(said: &[Said], status: u16) {
    let [said] = said else { panic!("one answer: {said:?}") };
    assert_eq!((said.status, said.body.as_str()), (status, ""));
    let names: Vec<_> = said.head.lines().skip(1).filter_map(|line| line.split(':').next()).collect();
    assert!(names.iter().all(|name| ["connection", "content-length", "date"].contains(name)), "{names:?}");
}

#[tokio::test]
async fn a_hundred_lines_of_headers_are_read_and_one_more_is_not() {
    let app = App::start().await;
    let socket = app.listening(Limits::default()).await;
    let with = async |lines: usize| {
        let lines = "X: y\r\n".repeat(lines - 2);
        socket
            .told(format!("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}\r\n").as_bytes())
            .await
    };
    assert_eq!(with(LINES).await[0].status, 200);
    assert_bare(&with(LINES + 1).await, 431);
}

#[tokio::test]
async fn more_before_a_body_than_any_browser_sends_is_not_even_kept() {
    let app = App::start().await;
    let socket = app.listening(Limits::default()).await;
    let with = async |length: usize| {
        let head = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: \r\n\r\n";
        let value = "y".repeat(length - head.len());
        socket.told(head.replace("X: ", &format!("X: {value}")).as_bytes()).await
    };
    let said = with(HEAD).await;
    assert_eq!(said[0].status, 431);
    assert!(said[0].body.contains("too_large"), "still told what may help");
    // In between it depends on how the bytes arrive.
    assert_bare(&with(2 * HEAD + 1).await, 431);
}

/// A connection that the server has no more patience with.
async fn closed(stream: &mut TcpStream) -> Vec<Said> {
    answers(&rest(stream).await)
}

async fn impatient(app: &App) -> Socket {
    app.listening(Limits { patience: SOON, ..Limits::default() }).await
}

#[tokio::test]
async fn a_connection_that_asks_nothing_is_closed_before_and_after_a_request() {
    let app = App::start().await;
    let socket = impatient(&app).await;
    let mut silent = TcpStream::connect(socket.at).await.unwrap();
    assert_eq!(closed(&mut silent).await, []);
    let mut idle = TcpStream::connect(socket.at).await.unwrap();
    idle.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    assert_eq!(closed(&mut idle).await.len(), 1);
}

#[tokio::test]
async fn a_head_that_comes_a_byte_at_a_time_is_not_waited_for_either() {
    let app = App::start().await;
    let socket = impatient(&app).await;
    let mut slow = TcpStream::connect(socket.at).await.unwrap();
    let mut written = 0;
    for byte in b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ".iter().chain([b'y'; 1000].iter()) {
        let hung_up = timeout(SOON / 10, slow.readable()).await;
        if hung_up.is_ok() || slow.write_all(&[*byte]).await.is_err() {
            break;
        }
        written += 1;
    }
    assert!((1..100).contains(&written), "{written}");
}

#[tokio::test]
async fn whoever_comes_when_all_places_are_taken_waits_until_one_is_free() {
    let app = App::start().await;
    let socket = app.listening(Limits { most: 2, ..Limits::default() }).await;
    let ask = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut guests = Vec::new();
    for _ in 0..2 {
        let mut guest = TcpStream::connect(socket.at).await.unwrap();
        guest.write_all(ask).await.unwrap();
        assert!(guest.read(&mut [0; 4096]).await.unwrap() > 0);
        guests.push(guest);
    }
    let mut late = TcpStream::connect(socket.at).await.unwrap();
    late.write_all(ask).await.unwrap();
    assert!(timeout(SOON, late.read(&mut [0; 4096])).await.is_err(), "nobody has time for a third");
    guests.pop();
    assert!(late.read(&mut [0; 4096]).await.unwrap() > 0);
    guests[0].write_all(ask).await.unwrap();
    assert!(guests[0].read(&mut [0; 4096]).await.unwrap() > 0, "nor is anybody sent away");
}

#[tokio::test]
async fn whoever_asks_for_much_and_reads_none_of_it_gives_up_their_place() {
    let app = App::start().await;
    let socket = app.listening(Limits { patience: SOON, most: 1 }).await;
    let mut hog = TcpStream::connect(socket.at).await.unwrap();
    // More than all buffers in between hold.
    let much = "GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(500);
    hog.write_all(much.as_bytes()).await.unwrap();
    let said = timeout(20 * SOON, socket.told(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
    assert_eq!(said.await.expect("there is a place").len(), 1);
    drop(hog);
}
