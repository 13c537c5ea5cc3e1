//! A clock jumps: an hour, a day, and back. On SQLite decisions go by the server's; on PostgreSQL by the database's, and not by the server's.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::time::sleep;

use super::{
    losses::{Engine, Stage},
    program::{self, Outcome, PEOPLE},
    record,
};

pub const OF_SERVER: &str = "clock set forward and back by an hour and a day";
pub const OF_DATABASE: &str = "PostgreSQL's own clock set forward and back by an hour and a day";
/// What the library is told, and how many seconds that is.
const OFFSETS: [(&str, i64); 6] = [("+1h", 3600), ("+0", 0), ("-1h", -3600), ("+0", 0), ("+1d", 86_400), ("+0", 0)];
/// In seconds.
const ROUNDING: i64 = 10;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Server(Engine),
    Database,
}

/// Debian's; it is preloaded, and reads the time to tell from a file.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.map_while(Result::ok);
    folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1")).find(|file| file.exists())
}

/// A PostgreSQL of its own, until this is dropped.
struct Database {
    url: String,
    script: Child,
}

impl Database {
    fn start(settings: &[(&str, &str)]) -> Self {
        let mut script = Command::new("scripts/postgres")
            .args(["run", "sh", "-c", "echo $POSTGRES_FOR_TESTS; exec cat"])
            .envs(settings.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/postgres");
        let mut url = String::new();
        BufReader::new(script.stdout.take().expect("it is piped")).read_line(&mut url).expect("a line");
        assert!(url.starts_with("postgres://"), "scripts/postgres did not start");
        Self { url: url.trim().to_owned(), script }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}

/// How many seconds the clock that tokens are made by is ahead of this program's.
async fn ahead(at: SocketAddr) -> Option<i64> {
    let Outcome::Granted(tokens) = program::login(at, PEOPLE[0]).await else { return None };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs().cast_signed());
    Some(record::issued_at(&tokens) - now)
}

pub async fn jumps(mut stage: Stage<'_>, whose: Whose, name: &str) -> bool {
    let Some(library) = library() else {
        stage.options.leaves_out(name, "libfaketime is missing");
        return true;
    };
    fs::create_dir_all(&stage.folder).unwrap();
    let file = stage.folder.join("time");
    fs::write(&file, "+0\n").unwrap();
    let told = [
        ("LD_PRELOAD", library.to_str().unwrap()),
        ("FAKETIME_TIMESTAMP_FILE", file.to_str().unwrap()),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];
    let settings = [("HALLPASS_ROTATION_SETTLE", "1s")];
    let (mut server, _database) = match whose {
        Whose::Server(engine) => {
            let mut server = stage.server(engine, &settings).await;
            for (name, value) in told {
                server.set(name, value);
            }
            (server, None)
        }
        Whose::Database => {
            let database = Database::start(&told);
            (stage.server_with(&database.url, &settings), Some(database))
        }
    };
    server.start();
    if let Whose::Server(_) = whose {
        // Where decisions do not go by its clock nothing else would show that it was set.
        let loaded = fs::read_to_string(format!("/proc/{}/maps", server.process())).unwrap_or_default();
        assert!(loaded.contains("libfaketime"), "the library is not preloaded");
    }
    let place = Stage::place(&server, (50, 200), 0);
    let mut sessions = stage.gather(&place, 40).await;
    let gone = stage.gather(&place, 20).await;
    for tokens in &gone {
        if program::logout(server.address, &tokens.refresh).await == Outcome::Granted(()) {
            stage.tally.revoked();
        }
    }
    for (offset, seconds) in OFFSETS {
        let (at, tally) = (server.address, Arc::clone(&stage.tally));
        let jump = async {
            fs::write(&file, format!("{offset}\n")).unwrap();
            sleep(Duration::from_secs(3)).await;
            let Some(ahead) = ahead(at).await else {
                tally.lost("nobody could sign in after a jump");
                return;
            };
            let expected = if whose == Whose::Server(Engine::Postgres) { 0 } else { seconds };
            if (ahead - expected).abs() > ROUNDING {
                tally.lost(&format!(
                    "after a jump to {offset} decisions went by a clock that was not {expected} s ahead"
                ));
            }
            for tokens in &gone {
                if program::me(at, &tokens.access).await == Outcome::Granted(()) {
                    tally.revoked_accepted(&format!("after a jump to {offset}"));
                }
                if matches!(program::refresh(at, &tokens.refresh).await, Outcome::Granted(_)) {
                    tally.lost("a session lives again that had ended");
                }
            }
        };
        (sessions, ()) = stage.live(&place, sessions, jump).await;
    }
    stage.calm(&place, sessions).await;
    server.stop();
    stage.tally.print(name, OFFSETS.len())
}
