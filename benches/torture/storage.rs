//! The disk below SQLite: full, and read-only.

use std::{fs, io::Write, os::unix::fs::PermissionsExt, path::Path, process::Command, sync::Arc, time::Duration};

use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::time::{Instant, sleep};

use super::losses::{Engine, Stage};

pub const FULL: &str = "disk full for 4 s";
pub const READ_ONLY: &str = "database made read-only, and restarted, SQLite";

/// A full disk that nobody has noticed by then hinders nobody.
const NOTICED_AFTER: Duration = Duration::from_mins(1);

/// A file system in memory with room for a small database, for as long as this lives.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// `None`: only root may.
    fn at(folder: &'a Path, engine: Engine) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let size = if engine == Engine::Sqlite { "size=8m" } else { "size=32m" };
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", size, "tmpfs"]).arg(folder).output();
        mount.is_ok_and(|done| done.status.success()).then_some(Self(folder))
    }

    /// Leaves not a byte.
    fn fill(&self) {
        let mut ballast = fs::File::create(self.0.join("ballast")).unwrap();
        for size in [64 * 1024, 1024, 1] {
            while ballast.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn make_room(&self) {
        fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

/// Of PostgreSQL the disk that its tables are on, and not that of its log: without that it ends itself, which is tried where instances are.
pub async fn full(mut stage: Stage<'_>, engine: Engine, name: &str) -> bool {
    let folder = stage.folder.join("disk");
    let Some(disk) = SmallDisk::at(&folder, engine) else {
        stage.options.leaves_out(name, "only root may mount");
        return true;
    };
    let data = folder.join("data");
    let settings = [("HALLPASS_ROTATION_SETTLE", "1s"), ("HALLPASS_DATA_DIR", data.to_str().unwrap())];
    let mut server = match engine {
        Engine::Sqlite => stage.server(engine, &settings).await,
        Engine::Postgres => stage.server_on_disk(&folder, &settings[..1]).await,
    };
    server.start();
    let place = Stage::place(&server, (50, 200), 8);
    let mut sessions = stage.gather(&place, 40).await;
    let trials = stage.options.trials;
    for _ in 0..trials {
        let tally = Arc::clone(&stage.tally);
        let before = tally.asked_again();
        let full = async {
            if engine == Engine::Sqlite {
                // Its log is written anew from the beginning where it has room, and does not notice.
                empty_log(&data).await;
            }
            disk.fill();
            let begin = Instant::now();
            // What is written over what was there needs no room: sooner or later something is added.
            while tally.asked_again() == before && begin.elapsed() < NOTICED_AFTER {
                sleep(Duration::from_millis(100)).await;
            }
            sleep(Duration::from_secs(4)).await;
            disk.make_room();
            sleep(Duration::from_secs(1)).await;
        };
        (sessions, ()) = stage.live(&place, sessions, full).await;
        if tally.asked_again() == before {
            tally.lost("the disk was full and nobody noticed: the trial tries nothing");
        }
        sessions = stage.calm(&place, sessions).await;
    }
    server.stop();
    if engine == Engine::Postgres {
        stage.leave_disk().await;
    }
    stage.tally.print(name, trials)
}

/// Makes SQLite's log as short as it can be, at a moment when nobody reads or writes.
async fn empty_log(data: &Path) {
    let options = SqliteConnectOptions::new().filename(data.join("hallpass.db")).busy_timeout(Duration::from_secs(5));
    let mut database = SqliteConnection::connect_with(&options).await.expect("a connection to the database");
    let emptied = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut database).await;
    let (busy, ..): (i64, i64, i64) = emptied.expect("a checkpoint");
    assert_eq!(busy, 0, "the log is not empty");
    database.close().await.expect("a closed database");
}

/// Who made it so meant it: a running server goes on with the files that it has open, and one that starts says what is wrong.
pub async fn read_only(mut stage: Stage<'_>) -> bool {
    let mut server = stage.server(Engine::Sqlite, &[("HALLPASS_ROTATION_SETTLE", "1s")]).await;
    server.start();
    let place = Stage::place(&server, (50, 200), 2);
    let mut sessions = stage.gather(&place, 40).await;
    let data = server.folder.join("data");
    let trials = stage.options.trials;
    for _ in 0..trials {
        let tally = Arc::clone(&stage.tally);
        let read_only = async {
            permit(&data, 0o500, 0o400);
            sleep(Duration::from_secs(2)).await;
            server.stop();
            if !server.fail_to_start().contains("read-only") {
                tally.lost("it did not say that its database is read-only");
            }
            permit(&data, 0o700, 0o600);
            server.start();
        };
        (sessions, ()) = stage.live(&place, sessions, read_only).await;
        sessions = stage.calm(&place, sessions).await;
    }
    server.stop();
    stage.tally.print(READ_ONLY, trials)
}

fn permit(folder: &Path, of_folder: u32, of_files: u32) {
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    for file in fs::read_dir(folder).unwrap().map_while(Result::ok) {
        set(&file.path(), of_files);
    }
    set(folder, of_folder);
}
