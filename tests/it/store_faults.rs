//! The disk is full, the database is locked, damaged or newer: senders get no false 200, the console says what is
//! wrong, the process lives on.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use creel::Database;
use serde_json::Value;

use crate::helpers::TestApp;
use crate::helpers::raw;

fn creel(database: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_creel"))
        .env("XDG_DATA_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/data"))
        .args(["--capture", "127.0.0.1:0", "--console", "127.0.0.1:0", "--db"])
        .arg(database)
        .output()
        .unwrap()
}

fn refused(database: &Path, expected: &str) {
    let output = creel(database);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(said.contains(expected) && said.contains(database.to_str().unwrap()), "{said}");
    assert!(said.contains("--db"), "it names the way out: {said}");
}

/// A small file system of its own, where the test may make one; it is gone with its folder.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("skipped: no small file system can be mounted here");
        }
        mounted.then_some(Self(folder))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("creel.db")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

fn send(app: &TestApp, bin: &str, body: &str) -> raw::Answer {
    use std::io::Write as _;
    let mut socket = raw::connect(app.capture);
    let head = format!("POST /{bin} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", body.len());
    socket.write_all(head.as_bytes()).unwrap();
    socket.write_all(body.as_bytes()).unwrap();
    raw::read_answer(&mut socket).unwrap()
}

#[tokio::test]
async fn a_full_disk_is_507_and_room_makes_it_work_again() {
    let Some(disk) = SmallDisk::new("4m") else {
        return;
    };
    let filler = disk.0.path().join("filler");
    let app = TestApp::start_with(|config| config.database = Database::File(disk.path())).await;
    let bin = app.bin_id().await;
    assert_eq!(send(&app, &bin, "kept").status, 200);
    std::fs::write(&filler, vec![0; 2 << 20]).unwrap();
    let mut kept = 1;
    let full = loop {
        let answer = send(&app, &bin, &"x".repeat(100_000));
        if answer.status != 200 {
            break answer;
        }
        kept += 1;
        assert!(kept < 100);
    };
    assert_eq!(full.status, 507, "{full:?}");
    // Small ones may still fit; until nothing does.
    while send(&app, &bin, "small").status == 200 {
        kept += 1;
        assert!(kept < 1_000);
    }
    let problem: Value = serde_json::from_slice(&full.body).unwrap();
    assert!(problem["title"].is_string() || problem["code"].is_string() || problem["error"].is_string(), "{problem}");
    assert_eq!(app.client.get(format!("{}/readyz", app.started.console_url)).send().await.unwrap().status(), 507);
    assert_eq!(app.client.get(format!("{}/healthz", app.started.console_url)).send().await.unwrap().status(), 200);
    assert_eq!(app.requests(&bin).await.len(), kept, "what was acknowledged is there, and nothing else");
    std::fs::remove_file(&filler).unwrap();
    assert_eq!(send(&app, &bin, "again").status, 200);
    assert_eq!(app.requests(&bin).await.len(), kept + 1);
    app.stop();
}

#[tokio::test]
async fn on_a_disk_without_a_free_byte_requests_and_bins_can_be_deleted() {
    let Some(disk) = SmallDisk::new("8m") else {
        return;
    };
    let app = TestApp::start_with(|config| config.database = Database::File(disk.path())).await;
    let bins = [app.bin_id().await, app.bin_id().await];
    for n in 0..20 {
        assert_eq!(send(&app, &bins[n % 2], &"x".repeat(50_000)).status, 200);
    }
    // Somebody else fills the disk to its last byte.
    let mut filler = std::fs::File::create(disk.0.path().join("filler")).unwrap();
    while std::io::Write::write(&mut filler, &[0; 4_096]).is_ok_and(|written| written > 0) {}
    let delete = async |path: String| app.client.delete(app.api(&path)).send().await.unwrap().status();
    let latest = app.requests(&bins[0]).await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(delete(format!("/bins/{}/requests/{latest}", bins[0])).await, 204);
    assert_eq!(delete(format!("/bins/{}/requests?all=true", bins[1])).await, 200);
    assert_eq!(delete(format!("/bins/{}", bins[0])).await, 204);
    app.stop();
}

#[tokio::test]
async fn a_database_that_another_program_locks_is_503() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("creel.db");
    let app = TestApp::start_with(|config| config.database = Database::File(path.clone())).await;
    let bin = app.bin_id().await;
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = send(&app, &bin, "x");
    assert_eq!(answer.status, 503, "{answer:?}");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(send(&app, &bin, "y").status, 200);
    assert_eq!(app.requests(&bin).await.len(), 1);
    app.stop();
}

#[tokio::test]
async fn a_second_process_is_told_who_has_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("creel.db");
    let app = TestApp::start_with(|config| config.database = Database::File(path.clone())).await;
    refused(&path, &format!("pid {}", std::process::id()));
    app.stop();
}

#[test]
fn what_cannot_be_opened_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let path = folder.join("creel.db");
    std::fs::write(
        &path,
        "this is no database, but a letter to a friend, long enough to be mistaken for one by its size only",
    )
    .unwrap();
    refused(&path, "not a usable Creel database");
    std::fs::remove_file(&path).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(other);
    refused(&path, "another program");
    let blocked = folder.join("file/creel.db");
    std::fs::write(folder.join("file"), "").unwrap();
    refused(&blocked, "cannot be made");
}
