//! A service that verifies Hallpass's access tokens by itself. `access_token.rs` is the part to copy.
//!
//! ```sh
//! ISSUER=http://localhost:3000 KEYS=http://127.0.0.1:3000/.well-known/jwks.json cargo run --features ssr --example verify
//! ```

#[path = "access_token.rs"]
mod access_token;

use std::{env, io};

use access_token::{Caller, Verifier};
use axum::{Router, routing::get};
use jsonwebtoken::jwk::JwkSet;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

#[tokio::main]
async fn main() -> io::Result<()> {
    let issuer = env::var("ISSUER").map_err(io::Error::other)?;
    let audience = env::var("AUDIENCE").unwrap_or_else(|_| issuer.clone());
    let keys = env::var("KEYS").map_err(io::Error::other)?;
    let verifier = Verifier::new(&issuer, &audience, move || Box::pin(fetch(keys.clone())));

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, Router::new().route("/hello", get(hello)).with_state(verifier)).await
}

/// A handler that asks for a caller is called for nobody else.
async fn hello(caller: Caller) -> String {
    format!("{} in {}\n", caller.user_id, caller.session_id)
}

/// Yours uses its HTTP client, and TLS. This one knows neither, so that the example needs no other crate.
async fn fetch(url: String) -> Result<JwkSet, String> {
    let (authority, path) = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .ok_or("KEYS is no URL that begins with http://")?;
    let answer = async {
        let mut stream = TcpStream::connect(authority).await?;
        stream.write_all(format!("GET /{path} HTTP/1.0\r\nHost: {authority}\r\n\r\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        io::Result::Ok(answer)
    };
    let answer = answer.await.map_err(|error| error.to_string())?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer of HTTP")?;
    if !head.starts_with("HTTP/1.0 200") && !head.starts_with("HTTP/1.1 200") {
        return Err("the keys are not there".to_owned());
    }
    serde_json::from_str(body).map_err(|error| error.to_string())
}
