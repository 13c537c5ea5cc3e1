//! What is told of a panic: where, and what the program itself says. Never what was put into the words at run time, which may be what a visitor sent: cutting a text
//! in the middle of a character, for one, panics with that text.

use std::{
    any::Any,
    panic::{self, PanicHookInfo},
};

use axum::response::{IntoResponse, Response};

use crate::api::problem::Problem;

/// From now on a panic of any thread is one line of the log like others.
pub fn log() {
    panic::set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, said = harmless(info.payload()), "panicked");
    }));
}

/// A handler that panicked: its request fails, and nothing else.
#[expect(clippy::needless_pass_by_value, reason = "a panic comes in a box")]
pub fn answer(panic: Box<dyn Any + Send>) -> Response {
    tracing::error!(said = harmless(&*panic), "a request handler panicked");
    Problem::internal().into_response()
}

/// Words that stand in the source. Others are made when it happens.
fn harmless(payload: &dyn Any) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("(words that may hold what somebody sent)")
}

#[cfg(test)]
mod tests {
    use std::{env, process::Command, thread};

    /// In this variable is the password that a process of this test panics with.
    const TYPED: &str = "HALLPASS_TEST_PANICS_WITH";

    #[test]
    fn a_panic_is_a_line_of_the_log_without_anything_that_was_typed() {
        if let Ok(typed) = env::var(TYPED) {
            return panic_with(&typed);
        }
        let typed = "a kettle of purple fish, typed in";
        let output = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "server::panics::tests::a_panic_is_a_line_of_the_log_without_anything_that_was_typed",
                "--nocapture",
            ])
            .env(TYPED, typed)
            .env("RUST_LOG", "info")
            .output()
            .unwrap();
        let log = String::from_utf8(output.stderr).unwrap();
        let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.iter().map(|line| line["message"].as_str().unwrap()).collect::<Vec<_>>(), ["panicked"; 3]);
        assert!(lines.iter().all(|line| line["place"].as_str().unwrap().starts_with("src/server/panics.rs:")), "{log}");
        assert_eq!(lines[2]["said"], "words of our own");
        assert!(!log.contains("kettle"), "{log}");
        assert!(String::from_utf8(output.stdout).unwrap().contains("1 passed"), "the process came to its end");
    }

    fn panic_with(typed: &str) {
        crate::server::telemetry::start();
        let typed = format!("ä{typed}");
        let slice = typed.clone();
        let panics: [Box<dyn FnOnce() + Send>; 3] = [
            Box::new(move || drop(slice[1..].to_owned())),
            Box::new(move || panic!("{typed} is no number")),
            Box::new(|| panic!("words of our own")),
        ];
        for panics in panics {
            thread::spawn(panics).join().unwrap_err();
        }
    }
}
