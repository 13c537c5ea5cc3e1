//! The same tokens for other verifiers: `end2end/verifiers.sh` shows them to `PyJWT` and to jose.

use std::{fs, path::Path};

use serde_json::json;

use super::{Forge, table};
use crate::{
    auth::clock::{Clock, SystemClock},
    tests::harness::{App, DAY, ORIGIN},
};

/// Signed now, by the system's clock, and good for a day, since other verifiers go by that.
#[tokio::test]
async fn the_vectors_are_written_down_for_other_verifiers() {
    let app = App::with(|policy| policy.access_ttl = DAY).await;
    app.clock.advance(SystemClock.now() - app.clock.now());
    app.signed_up("ada").await;
    let forge = Forge { lifetime: 86_400, future: 7_200, ..Forge::of(&app, ORIGIN, "ada").await };
    let refused: Vec<_> = table::refused(&forge)
        .into_iter()
        .filter(|vector| vector.token.len() < 100_000)
        .map(|vector| {
            json!({ "group": vector.group.to_string(), "name": vector.name, "why": vector.why.to_string(), "token": vector.token })
        })
        .collect();
    let believed: Vec<_> =
        table::believed(&forge).into_iter().map(|(name, token)| json!({ "name": name, "token": token })).collect();
    assert!(refused.len() > 400 && believed.len() > 2);
    let document = json!({ "issuer": ORIGIN, "lifetime": forge.lifetime, "jwks": app.auth.jwks(), "believed": believed, "refused": refused });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("token-vectors.json"), document.to_string()).unwrap();
}
