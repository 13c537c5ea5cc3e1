//! What is drawn at random, so that nobody can foresee it.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{Arc, Mutex},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    browser::Browser,
    harness::{App, FIREFOX_ON_LINUX, MINUTE, SECRET, secret},
};
use crate::auth::{
    refresh_token::RefreshKey,
    rng::{Rng, SystemRng},
};

const DRAWS: usize = 20_000;

/// The system's, and all that it gave.
#[derive(Debug, Default)]
struct Recorded(Mutex<Vec<Vec<u8>>>);

impl Rng for Recorded {
    fn fill(&self, bytes: &mut [u8]) {
        SystemRng.fill(bytes);
        self.0.lock().unwrap().push(bytes.to_vec());
    }
}

fn decoded(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// What is secret of a refresh token: behind its version, its session and its generation, and before its tag.
fn secret_of(refresh_token: &str) -> Vec<u8> {
    decoded(refresh_token)[21..53].to_vec()
}

/// The id in the first entry of a device's cookie, before its tag.
fn id_of(device: &str) -> Vec<u8> {
    decoded(device.split('.').next().unwrap())[..16].to_vec()
}

async fn nonce_of_a_page(app: &App) -> Vec<u8> {
    let page = Browser::new(app).open("/login").await;
    decoded(page.header("content-security-policy").split("'nonce-").nth(1).unwrap().split('\'').next().unwrap())
}

#[tokio::test]
async fn each_refresh_token_device_and_nonce_is_what_was_drawn_for_it_alone() {
    let recorded = Arc::new(Recorded::default());
    let app = App::drawing_from(recorded.clone()).await;
    let mut browser = app.signed_up("ada").await;
    let mut found = Vec::new();
    for _ in 0..5 {
        found.push(secret_of(browser.cookie.as_ref().unwrap()));
        let other = Browser::signed_in(&app, "ada", FIREFOX_ON_LINUX).await;
        found.extend([secret_of(other.cookie.as_ref().unwrap()), id_of(other.device.as_ref().unwrap())]);
        found.push(nonce_of_a_page(&app).await);
        // Late enough for the next one.
        app.clock.advance(2 * MINUTE);
        browser.refresh().await;
    }
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 20, "no two are alike");
    let drawn = recorded.0.lock().unwrap();
    for secret in &found {
        assert_eq!(drawn.iter().filter(|bytes| *bytes == secret).count(), 1, "drawn once, and as a whole");
    }
}

type Draw<'a> = &'a dyn Fn() -> Vec<u8>;

/// A device is what was drawn for it, as is shown above.
#[tokio::test]
async fn of_twenty_thousand_refresh_tokens_devices_and_nonces_no_two_are_alike_and_their_bytes_are_balanced() {
    let app = App::start().await;
    let rng: &dyn Rng = &SystemRng;
    let key = RefreshKey::derive(&secret(SECRET));
    let refresh_token = || secret_of(&key.issue(Uuid::max(), 1, Zeroizing::new(rng.bytes())).expose());
    let device = || rng.bytes::<16>().to_vec();
    let nonce = || decoded(&app.auth.nonce());
    let kinds: [(&str, usize, Draw<'_>); 3] =
        [("refresh tokens", 32, &refresh_token), ("devices", 16, &device), ("nonces", 16, &nonce)];
    for (what, length, draw) in kinds {
        let drawn: Vec<Vec<u8>> = (0..DRAWS).map(|_| draw()).collect();
        assert!(drawn.iter().all(|bytes| bytes.len() == length), "{what}");
        assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), DRAWS, "{what}");
        // Eight standard deviations: by chance once in a hundred million million times.
        let near = |count: usize, expected: usize, variance: usize| count.abs_diff(expected).pow(2) < 64 * variance;
        for bit in 0..length * 8 {
            let ones = drawn.iter().filter(|bytes| (bytes[bit / 8] >> (bit % 8)) & 1 == 1).count();
            assert!(near(ones, DRAWS / 2, DRAWS / 4), "{what}: bit {bit} was set {ones} times");
        }
        let mut counts = [0; 256];
        for byte in drawn.iter().flatten() {
            counts[usize::from(*byte)] += 1;
        }
        let expected = DRAWS * length / 256;
        for (byte, count) in counts.into_iter().enumerate() {
            assert!(near(count, expected, expected), "{what}: {byte} came {count} times instead of {expected}");
        }
    }
}
