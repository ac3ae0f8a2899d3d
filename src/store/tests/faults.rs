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
