//! What goes wrong is said, no caller gets a false success, and the store goes on when it can.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use futures_util::future::join_all;

use super::help::{Deaf, Fixture, options, post, until};
use crate::model::Clock;
use crate::store::{OpenError, RequestRef, Store, StoreError, StoreOptions};

fn open(options: StoreOptions) -> Result<Store, OpenError> {
    Store::open(options, Clock::system(), Arc::new(Deaf))
}

async fn pragma(fixture: &Fixture, sql: &'static str) {
    fixture
        .store
        .db
        .write(0, 0, move |tx, _| {
            let _ = tx.conn.query_row(sql, [], |_| Ok(()));
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_full_disk_is_said_and_forgotten_when_there_is_room() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let kept = fixture.store.capture(post(bin, "kept")).await.unwrap();
    pragma(&fixture, "PRAGMA max_page_count = 40").await;
    let big = "x".repeat(400_000);
    let all = join_all((0..10).map(|_| fixture.store.capture(post(bin, &big)))).await;
    assert!(all.iter().all(|stored| *stored == Err(StoreError::DiskFull)), "{all:?}");
    assert_eq!(fixture.store.counts(bin).requests, 1);
    assert_eq!(fixture.store.stats().failed, 10);
    // One alone is not tried in parts.
    let commits = fixture.store.stats().commits;
    assert_eq!(fixture.store.capture(post(bin, &big)).await, Err(StoreError::DiskFull));
    assert_eq!((fixture.store.stats().commits, fixture.store.stats().failed), (commits, 11));
    // Until nothing fits any more.
    let mut stored = 1;
    while fixture.store.capture(post(bin, &"y".repeat(10_000))).await.is_ok() {
        stored += 1;
        assert!(stored < 50);
    }
    assert_eq!(fixture.store.stats().trouble, Some(StoreError::DiskFull));
    assert_eq!(fixture.store.counts(bin).requests, stored);
    assert!(fixture.store.request(bin, RequestRef::Id(kept.id)).await.is_ok());
    pragma(&fixture, "PRAGMA max_page_count = 1000000").await;
    fixture.store.capture(post(bin, &big)).await.unwrap();
    assert_eq!(fixture.store.stats().trouble, None);
    let fixture = fixture.again();
    assert_eq!(fixture.store.counts(bin).requests, stored + 1);
}

#[tokio::test]
async fn small_requests_are_kept_where_a_large_one_does_not_fit() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    pragma(&fixture, "PRAGMA max_page_count = 60").await;
    let big = "x".repeat(800_000);
    let bodies = ["a", "b", &big, "c", "d"];
    let all = join_all(bodies.iter().map(|body| fixture.store.capture(post(bin, body)))).await;
    for (body, stored) in bodies.iter().zip(&all) {
        assert_eq!(stored.is_ok(), body.len() == 1, "{stored:?}");
    }
    assert_eq!(fixture.store.counts(bin).requests, 4);
}

#[tokio::test]
async fn a_connection_that_cannot_write_is_replaced() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    fixture.store.db.write(0, 0, |tx, _| Ok(tx.conn.execute_batch("PRAGMA query_only = ON")?)).await.unwrap();
    let failed = fixture.store.capture(post(bin, "x")).await;
    assert!(matches!(failed, Err(StoreError::Unavailable(_))), "{failed:?}");
    assert!(matches!(fixture.store.stats().trouble, Some(StoreError::Unavailable(_))));
    until(|| fixture.store.stats().trouble.is_none()).await;
    assert!(fixture.store.capture(post(bin, "x")).await.is_ok());
    assert!(fixture.store.check().await.is_ok());
}

#[tokio::test]
async fn a_database_that_another_program_locks_is_unavailable_while_it_does() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let other = rusqlite::Connection::open(fixture.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let failed = fixture.store.capture(post(bin, "x")).await;
    assert!(matches!(&failed, Err(StoreError::Unavailable(cause)) if cause.contains("locked")), "{failed:?}");
    other.execute_batch("ROLLBACK").unwrap();
    assert!(fixture.store.capture(post(bin, "y")).await.is_ok());
    assert_eq!(fixture.store.stats().trouble, None);
}

#[tokio::test]
async fn a_write_that_fails_or_panics_harms_nobody_else() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let failing = fixture.store.db.write(1, 0, move |tx, seq| {
        tx.delete_bin(bin, seq)?;
        Err::<(), _>(StoreError::CursorGone)
    });
    let panicking = fixture.store.db.write(1, 0, move |tx, seq| {
        tx.delete_bin(bin, seq)?;
        panic!("on purpose");
        #[expect(unreachable_code, reason = "says the type")]
        Ok(())
    });
    let (one, failed, panicked, two) =
        tokio::join!(fixture.store.capture(post(bin, "1")), failing, panicking, fixture.store.capture(post(bin, "2")));
    std::panic::set_hook(quiet);
    assert_eq!(failed, Err(StoreError::CursorGone));
    assert!(matches!(panicked, Err(StoreError::Failed(_))));
    assert!(one.is_ok() && two.is_ok());
    let fixture = fixture.again();
    assert_eq!(fixture.store.counts(bin).requests, 2);
}

#[tokio::test]
async fn what_is_too_large_for_the_database_fails_alone_and_is_no_trouble() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let too_large = fixture
        .store
        .db
        .write(0, 0, |tx, _| Ok(tx.conn.query_row("SELECT length(zeroblob(2000000000))", [], |_| Ok(()))?));
    let (stored, failed) = tokio::join!(fixture.store.capture(post(bin, "x")), too_large);
    assert_eq!(failed, Err(StoreError::TooLarge));
    assert!(stored.is_ok());
    assert_eq!(fixture.store.stats().trouble, None);
}

#[test]
fn a_database_is_opened_once_and_the_other_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/creel.db");
    let first = open(options(&path)).unwrap();
    let error = open(options(&path)).unwrap_err();
    assert!(matches!(error, OpenError::Locked { pid: Some(pid), .. } if pid == std::process::id()), "{error}");
    assert!(error.to_string().contains(&format!("(pid {})", std::process::id())), "{error}");
    for file in [path.clone(), path.with_extension("db.lock"), path.with_extension("db-wal")] {
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
    assert_eq!(std::fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    first.close();
    open(options(&path)).unwrap();
}

#[test]
fn a_newer_database_is_left_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("creel.db");
    open(options(&path)).unwrap().close();
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = open(options(&path)).unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
    assert!(error.to_string().contains("newer version"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn what_is_no_database_of_ours_is_refused_and_left_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("creel.db");
    let foreign = folder.path().join("foreign.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let whole = folder.path().join("whole.db");
    open(options(&whole)).unwrap().close();
    let mut damaged = std::fs::read(&whole).unwrap();
    damaged[100..4_096].fill(0xa5);
    for content in [b"not a database at all".to_vec(), std::fs::read(&foreign).unwrap(), damaged] {
        std::fs::write(&path, &content).unwrap();
        let error = open(options(&path)).unwrap_err();
        assert!(matches!(error, OpenError::NotADatabase { .. }), "{error:?}");
        assert!(error.to_string().contains("--db"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), content);
    }
    let error = open(options(folder.path())).unwrap_err();
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error:?}");
    std::fs::write(folder.path().join("file"), "").unwrap();
    let error = open(options(&folder.path().join("file/creel.db"))).unwrap_err();
    assert!(matches!(error, OpenError::NoFolder { .. }), "{error:?}");
}

#[tokio::test]
async fn a_temporary_database_leaves_nothing_behind() {
    let fixture = Fixture::with(|options| options.ephemeral = true);
    let bin = fixture.bin().await.bin.id;
    fixture.store.capture(post(bin, "x")).await.unwrap();
    fixture.store.close();
    let left: Vec<_> = std::fs::read_dir(fixture.folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_a_killed_process_has_left_of_a_temporary_database_is_removed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let temporary = |name: &str| open(StoreOptions { ephemeral: true, ..options(&at(name)) }).unwrap();
    let (used, killed) = (temporary("used.db"), temporary("killed.db"));
    // What there is of it while its process lives, without its locks.
    for suffix in ["", "-wal", "-shm"] {
        std::fs::copy(at(&format!("killed.db{suffix}")), at(&format!("left.db{suffix}"))).unwrap();
    }
    killed.close();
    std::fs::write(at("letter.txt"), "a letter to a friend").unwrap();
    let before = listing(folder.path());
    for name in ["used.db", "letter.txt", "none.db"] {
        assert!(!crate::store::remove_abandoned(&at(name)), "{name}");
    }
    assert_eq!(listing(folder.path()), before);
    assert!(crate::store::remove_abandoned(&at("left.db")));
    let left = listing(folder.path());
    assert!(left.iter().all(|(name, ..)| !name.to_string_lossy().starts_with("left")), "{left:?}");
    used.close();
}

/// All of a folder: names, kinds, modes, contents of plain files.
fn listing(folder: &std::path::Path) -> Vec<(std::ffi::OsString, u32, Option<Vec<u8>>)> {
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let found = entry.path().symlink_metadata().unwrap();
            let content = found.is_file().then(|| std::fs::read(entry.path()).unwrap());
            (entry.file_name(), found.permissions().mode(), content)
        })
        .collect();
    all.sort();
    all
}

#[test]
fn what_is_not_ours_is_neither_changed_nor_waited_for_and_nothing_is_left_beside_it() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("letter.txt"), "a letter to a friend").unwrap();
    std::fs::set_permissions(at("letter.txt"), std::fs::Permissions::from_mode(0o664)).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    symlink(at("letter.txt"), at("link.txt")).unwrap();
    symlink(at("nothing"), at("dangling")).unwrap();
    symlink(at("pipe"), at("link-to-pipe")).unwrap();
    rusqlite::Connection::open(at("theirs.db"))
        .unwrap()
        .execute_batch("PRAGMA application_id = 7; CREATE VIEW v AS SELECT 1")
        .unwrap();
    // Their data is in the log only.
    let theirs = rusqlite::Connection::open(at("logged.db")).unwrap();
    theirs.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x)").unwrap();
    std::fs::write(at("emptied.db"), "").unwrap();
    std::fs::write(at("emptied.db-wal"), "a log").unwrap();
    for (beside, of) in [("a.db.lock", "victim"), ("b.db-wal", "victim"), ("c.db-shm", "pipe")] {
        symlink(at(of), at(beside)).unwrap();
    }
    std::fs::write(at("victim"), "1").unwrap();
    std::fs::write(at("other"), "2").unwrap();
    std::fs::hard_link(at("other"), at("d.db.lock")).unwrap();
    std::fs::write(at("e.db.lock"), "notes of somebody").unwrap();
    let before = listing(folder.path());
    for name in [
        "letter.txt",
        "pipe",
        "socket",
        "link.txt",
        "dangling",
        "link-to-pipe",
        "theirs.db",
        "logged.db",
        "emptied.db",
        "a.db",
        "b.db",
        "c.db",
        "d.db",
        "e.db",
    ] {
        let error = open(options(&at(name))).unwrap_err();
        assert!(error.to_string().contains("--db"), "{name}: {error}");
        let is_beside = matches!(name, "a.db" | "c.db" | "d.db" | "e.db");
        assert_eq!(error.to_string().contains("is in the way: "), is_beside, "{name}: {error}");
        assert_eq!(listing(folder.path()), before, "{name}");
    }
}

#[test]
fn a_database_is_opened_once_whatever_name_it_is_opened_by() {
    let folder = tempfile::tempdir().unwrap();
    let (path, hard, soft) = (folder.path().join("a.db"), folder.path().join("b.db"), folder.path().join("c.db"));
    let first = open(options(&path)).unwrap();
    std::fs::hard_link(&path, &hard).unwrap();
    std::os::unix::fs::symlink(&path, &soft).unwrap();
    for other in [&hard, &soft] {
        let error = open(options(other)).unwrap_err();
        assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    }
    assert!(!folder.path().join("b.db.lock").exists());
    first.close();
    assert!(!folder.path().join("a.db.lock").exists());
}

#[test]
fn a_log_that_others_could_read_is_closed_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("creel.db");
    open(options(&path)).unwrap().close();
    let beside = ["creel.db-wal", "creel.db-shm"].map(|name| folder.path().join(name));
    let files: Vec<_> = beside.iter().chain([&path]).collect();
    for file in &files {
        let _ = std::fs::OpenOptions::new().append(true).create(true).open(file).unwrap();
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    let _store = open(options(&path)).unwrap();
    for file in files {
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_database_that_is_moved_away_takes_nothing_until_it_is_back() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let away = fixture.folder.path().join("away.db");
    std::fs::rename(fixture.path(), &away).unwrap();
    until(|| fixture.store.stats().trouble.is_some()).await;
    let failed = fixture.store.capture(post(bin, "x")).await;
    assert!(matches!(failed, Err(StoreError::Unavailable(_))), "{failed:?}");
    // Another one is not taken for it.
    std::fs::copy(&away, fixture.path()).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
    assert!(matches!(fixture.store.capture(post(bin, "x")).await, Err(StoreError::Unavailable(_))));
    std::fs::rename(&away, fixture.path()).unwrap();
    until(|| fixture.store.stats().trouble.is_none()).await;
    fixture.store.capture(post(bin, "y")).await.unwrap();
}

#[tokio::test]
async fn a_database_that_gives_pages_back_is_not_taken_for_damaged() {
    let fixture = Fixture::new();
    let (kept, gone) = (fixture.bin().await.bin.id, fixture.bin().await.bin.id);
    for _ in 0..2 {
        for _ in 0..16 {
            fixture.store.capture(post(gone, &"x".repeat(1 << 20))).await.unwrap();
        }
        until(|| std::fs::metadata(fixture.path()).unwrap().len() > 8 << 20).await;
        fixture.store.delete_matching(gone, crate::model::filter::Filter::default()).await.unwrap();
        until(|| std::fs::metadata(fixture.path()).unwrap().len() < 2 << 20).await;
        // The file is looked at once a second.
        for _ in 0..6 {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            fixture.store.capture(post(kept, "x")).await.unwrap();
        }
        assert_eq!(fixture.store.stats().trouble, None);
    }
}

#[tokio::test]
async fn readiness_is_tried_out_once_a_second_for_all_who_ask() {
    let fixture = Fixture::new();
    let before = fixture.store.stats().commits;
    for _ in 0..20 {
        join_all((0..20).map(|_| fixture.store.check())).await.into_iter().for_each(Result::unwrap);
    }
    assert!(fixture.store.stats().commits - before < 20, "{}", fixture.store.stats().commits - before);
}
