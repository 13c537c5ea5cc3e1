//! The release binary over HTTP while things go wrong around it: instances, databases, disks, limits and clocks. One line for each fault; it ends
//! badly if anything was lost. `scripts/torture` runs it; `--help` lists the options.
//!
//! | room | |
//! |---|---|
//! | `instances` | three instances behind a proxy on one PostgreSQL |
//! | `losses` | one server on either engine: kills, full disks, limits, clocks |
//! | `history` | random operations, recorded, and checked with what the database keeps of them against the invariants of rotation |

#![expect(clippy::disallowed_methods, reason = "this program measures time, and lets it pass")]
#![expect(clippy::unwrap_used, reason = "a trial that cannot go on says where")]

#[path = "torture/aftermath.rs"]
mod aftermath;
#[path = "torture/chance.rs"]
mod chance;
#[path = "torture/checker.rs"]
mod checker;
#[path = "torture/clocks.rs"]
mod clocks;
#[path = "torture/connections.rs"]
mod connections;
#[path = "torture/crowd.rs"]
mod crowd;
#[path = "torture/doctored.rs"]
mod doctored;
#[path = "torture/fleet.rs"]
mod fleet;
#[path = "torture/graceful.rs"]
mod graceful;
#[path = "torture/history.rs"]
mod history;
#[path = "torture/http.rs"]
mod http;
#[path = "torture/instances.rs"]
mod instances;
#[path = "torture/kills.rs"]
mod kills;
#[path = "torture/limits.rs"]
mod limits;
#[path = "torture/losses.rs"]
mod losses;
#[path = "torture/options.rs"]
mod options;
#[path = "torture/postgres.rs"]
mod postgres;
#[path = "torture/process.rs"]
mod process;
#[path = "torture/program.rs"]
mod program;
#[path = "torture/propagation.rs"]
mod propagation;
#[path = "torture/proxy.rs"]
mod proxy;
#[path = "torture/record.rs"]
mod record;
#[path = "torture/relay.rs"]
mod relay;
#[path = "torture/server.rs"]
mod server;
#[path = "torture/storage.rs"]
mod storage;
#[path = "torture/stories.rs"]
mod stories;
#[path = "torture/tally.rs"]
mod tally;

use std::{
    fs::Permissions,
    os::unix::fs::PermissionsExt,
    process::ExitCode,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use options::{HELP, Options};
use postgres::Postgres;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
    let options = match Options::read(&arguments, seed) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}\n\n{HELP}");
            return ExitCode::FAILURE;
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if runtime.block_on(torture(&options)) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether nothing was lost.
async fn torture(options: &Options) -> bool {
    let begin = Instant::now();
    let postgres = Postgres::here().expect("scripts/postgres run");
    // PostgreSQL, which is another user, must get to a disk of its own in there.
    let way = Permissions::from_mode(0o711);
    let folder = tempfile::Builder::new().prefix("hallpass-torture.").permissions(way).tempdir().unwrap();
    println!("seed {}\n\n{}", options.seed, tally::HEAD);
    let mut good = true;
    if options.has_part("instances") {
        good &= instances::run(options, &postgres, folder.path()).await;
    }
    if options.has_part("losses") {
        good &= losses::run(options, &postgres, folder.path()).await;
    }
    if options.has_part("history") && options.wants("history", true) {
        good &= history::run(options, &postgres, folder.path()).await;
    }
    let (tried, left_out) = options.coverage();
    let verdict = if good { "nothing was lost" } else { "something was lost" };
    println!("\n{} s; {verdict}{left_out}", begin.elapsed().as_secs());
    if options.keep {
        println!("the logs are in {}", folder.keep().display());
    }
    good && tried
}
