//! A database that was just made: nobody gets in.

use serde_json::json;

use super::{browser::Browser, harness::App};
use crate::{auth::Asked, own::NAME};

/// What is tried first where accounts come with a product.
const USUAL: [(&str, &str); 14] = [
    ("admin", "admin"),
    ("admin", "password"),
    ("admin", "changeme"),
    ("admin", "123456"),
    ("administrator", "administrator"),
    ("root", "root"),
    ("root", "toor"),
    ("user", "user"),
    ("user", "password"),
    ("test", "test"),
    ("guest", "guest"),
    ("demo", "demo"),
    ("operator", "operator"),
    ("support", "support"),
];

#[tokio::test]
async fn a_new_database_has_no_account_and_the_usual_names_and_passwords_are_refused() {
    let app = App::start().await;
    let asked = Asked { after: None, size: 10 };
    assert!(app.auth.users(asked).await.unwrap().rows.is_empty());
    let name = NAME.to_lowercase();
    for (username, password) in USUAL.into_iter().chain([(name.as_str(), name.as_str())]) {
        let page = Browser::new(&app).log_in(username, password).await;
        let program = app.post_json("/api/v1/login", json!({ "username": username, "password": password })).await;
        for answer in [page, program] {
            let said = (answer.status.as_u16(), answer.code());
            assert_eq!(said, (401, "bad_credentials".to_owned()), "{username} {password}");
        }
    }
    assert!(app.auth.users(asked).await.unwrap().rows.is_empty());
    assert!(app.auth.all_sessions(None, true, asked).await.unwrap().rows.is_empty());
}
