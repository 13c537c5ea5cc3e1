//! The server's clock jumps: an hour, a day, and back. On SQLite it is what decisions go by; on PostgreSQL they go by the database's, which does not.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{
    losses::{Engine, Stage},
    program::{self, Outcome},
};

pub const JUMPS: &str = "clock set forward and back by an hour and a day";
const OFFSETS: [&str; 6] = ["+1h", "+0", "-1h", "+0", "+1d", "+0"];

/// Debian's; it is preloaded, and reads the time to tell from a file.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.map_while(Result::ok);
    folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1")).find(|file| file.exists())
}

pub async fn jumps(mut stage: Stage<'_>, engine: Engine, name: &str) -> bool {
    let Some(library) = library() else {
        println!("    left out, since libfaketime is missing: {name}");
        return true;
    };
    let mut server = stage.server(engine, &[("HALLPASS_ROTATION_SETTLE", "1s")]).await;
    let file = server.folder.join("time");
    fs::write(&file, "+0\n").unwrap();
    server.set("LD_PRELOAD", library.to_str().unwrap());
    server.set("FAKETIME_TIMESTAMP_FILE", file.to_str().unwrap());
    server.set("FAKETIME_NO_CACHE", "1");
    server.set("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    server.start();
    let place = Stage::place(&server, (50, 200), 0);
    let mut sessions = stage.gather(&place, 40).await;
    let gone = stage.gather(&place, 20).await;
    for tokens in &gone {
        if program::logout(server.address, &tokens.refresh).await == Outcome::Granted(()) {
            stage.tally.revoked();
        }
    }
    for offset in OFFSETS {
        let (at, tally) = (server.address, Arc::clone(&stage.tally));
        let jump = async {
            fs::write(&file, format!("{offset}\n")).unwrap();
            sleep(Duration::from_secs(3)).await;
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
    stage.tally.print(name, OFFSETS.len())
}
