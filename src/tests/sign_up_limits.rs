//! How often one visitor may ask for names and accounts, and who is one visitor.

use std::net::Ipv6Addr;

use http::{Request, header};

use super::{
    browser::{Browser, form},
    harness::{Answer, App, PASSWORD},
    limits::somewhere,
};
use crate::auth::limits::TAKEN;

/// Names that are taken are told so often to one visitor. Cheaper to ask for than a password to hash.
async fn sign_up_through(app: &App, forwarded: &str) -> Answer {
    let request = Request::post("/api/signup")
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT, "application/json")
        .header("x-forwarded-for", forwarded);
    app.send(form(request, &[("username", "ada"), ("password", PASSWORD)])).await
}

#[tokio::test]
async fn a_visitor_behind_a_trusted_proxy_is_counted_by_their_own_network() {
    let app = App::start().await.behind("192.0.2.0/24");
    app.signed_up("ada").await;
    for number in 0..TAKEN.most {
        let address = Ipv6Addr::from_bits((0x2001_0db8_0000_0001 << 64) | (u128::from(number) << 32));
        assert_eq!(sign_up_through(&app, &address.to_string()).await.status, 409);
    }
    let waits = sign_up_through(&app, "2001:db8:0:1:ffff::1").await;
    assert_eq!((waits.status.as_u16(), waits.header("ratelimit-policy")), (429, "\"signup\";q=100;w=3600"));
    assert_eq!(sign_up_through(&app, "2001:db8:0:2::1").await.status, 409);
    assert_eq!(sign_up_through(&app, "203.0.113.7").await.status, 409);
}

#[tokio::test]
async fn without_a_trusted_proxy_nobody_gets_more_by_making_addresses_up() {
    let app = App::start().await;
    app.signed_up("ada").await;
    for number in 0..TAKEN.most {
        assert_eq!(sign_up_through(&app, &somewhere(number).to_string()).await.status, 409);
    }
    assert_eq!(sign_up_through(&app, "203.0.113.7").await.status, 429);
    assert_eq!(Browser::from(&app, somewhere(1)).sign_up("ada", PASSWORD).await.status, 409);
}

#[tokio::test]
async fn an_address_from_which_many_accounts_are_made_makes_them() {
    let app = App::start().await;
    for person in 0..20 {
        app.signed_up(&format!("ada{person}")).await;
    }
    for _ in 0..TAKEN.most {
        assert_eq!(Browser::new(&app).sign_up("ada0", PASSWORD).await.status, 409, "an account is no taken name");
    }
}
