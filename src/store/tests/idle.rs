//! What is done when nothing is to be written, and the room that is kept for deletions.

use rusqlite::Connection;

use super::help::{Fixture, hold, post, until};
use crate::model::filter::Filter;
use crate::store::sqlite::{Reserve, give_back};

#[tokio::test]
async fn many_free_pages_and_a_long_log_are_given_back_and_few_are_soon_used_again() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let shared = &fixture.store.db.shared;
    let conn = Connection::open(fixture.path()).unwrap();
    let free = || conn.query_row("PRAGMA freelist_count", [], |row| row.get::<_, i64>(0)).unwrap();
    let log = || std::fs::metadata(fixture.folder.path().join("creel.db-wal")).unwrap().len();
    let rested = || give_back(&conn, shared, || true);
    let short = fixture.store.capture(post(bin, "x")).await.unwrap();
    assert!((1..4 << 20).contains(&log()), "{}", log());
    rested();
    assert!(log() > 0);
    let few = fixture.store.capture(post(bin, &"x".repeat(4 << 20))).await.unwrap();
    let many = fixture.store.capture(post(bin, &"x".repeat(9 << 20))).await.unwrap();
    until(|| {
        rested();
        log() == 0
    })
    .await;
    fixture.store.delete(bin, few.id).await.unwrap();
    let left = free();
    assert!((1_000..2_048).contains(&left), "{left}");
    rested();
    assert_eq!(free(), left);
    fixture.store.delete(bin, many.id).await.unwrap();
    until(|| {
        rested();
        free() == 0
    })
    .await;
    assert!(fixture.store.delete(bin, short.id).await.is_ok());
    assert_eq!(fixture.store.stats().trouble, None);
}

#[tokio::test]
async fn a_file_may_shrink_until_the_whole_log_is_in_it() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let shared = &fixture.store.db.shared;
    let (conn, reader) = (Connection::open(fixture.path()).unwrap(), Connection::open(fixture.path()).unwrap());
    // Who reads an old state keeps what came later out of the file.
    reader.execute_batch("BEGIN").unwrap();
    reader.query_row("SELECT count(*) FROM request", [], |_| Ok(())).unwrap();
    for _ in 0..3 {
        fixture.store.capture(post(bin, "x")).await.unwrap();
    }
    shared.whole.may_shrink();
    give_back(&conn, shared, || true);
    assert!(shared.whole.is_shrinking());
    reader.execute_batch("COMMIT").unwrap();
    until(|| {
        conn.query_row("PRAGMA wal_checkpoint", [], |_| Ok(())).unwrap();
        give_back(&conn, shared, || true);
        !shared.whole.is_shrinking()
    })
    .await;
}

#[tokio::test]
async fn every_kind_of_deletion_frees_the_room_that_is_kept_for_it_where_nobody_knows_what_is_free() {
    let fixture = Fixture::new();
    let (store, bin) = (&fixture.store, fixture.bin().await.bin.id);
    let reserve = &store.db.shared.reserve;
    let id = store.capture(post(bin, "x")).await.unwrap().id;
    for kind in 0..3 {
        let gone = tempfile::tempdir().unwrap();
        *reserve.lock() = Reserve::new(&gone.path().join("creel.db"));
        drop(gone);
        // What is written otherwise leaves it.
        store.capture(post(bin, "y")).await.unwrap();
        assert!(reserve.lock().is_held());
        match kind {
            0 => store.delete(bin, id).await.unwrap(),
            1 => assert_eq!(store.delete_matching(bin, Filter::default()).await, Ok(2)),
            _ => store.delete_bin(bin).await.unwrap(),
        }
        assert!(!reserve.lock().is_held(), "{kind}");
    }
}

#[tokio::test]
async fn free_pages_are_given_back_when_they_are_more_than_are_soon_used_again() {
    let fixture = Fixture::new();
    let shared = &fixture.store.db.shared;
    let conn = Connection::open_in_memory().unwrap();
    // Each row fills a page.
    let rows = "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; CREATE TABLE page (content BLOB);
        WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2500)
        INSERT INTO page SELECT zeroblob(4000) FROM n";
    conn.execute_batch(rows).unwrap();
    let free = || conn.query_row("PRAGMA freelist_count", [], |row| row.get::<_, i64>(0)).unwrap();
    let delete = || conn.execute("DELETE FROM page WHERE rowid = (SELECT max(rowid) FROM page)", []).unwrap();
    while free() < 2_048 {
        delete();
    }
    assert_eq!(free(), 2_048);
    give_back(&conn, shared, || true);
    assert_eq!(free(), 2_048);
    delete();
    give_back(&conn, shared, || false);
    assert_eq!(free(), 2_049, "something is to be written");
    give_back(&conn, shared, || true);
    assert_eq!(free(), 0);
}

#[tokio::test]
async fn what_is_in_the_log_comes_into_the_file_while_the_writer_is_busy() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    fixture.store.capture(post(bin, &"x".repeat(9 << 20))).await.unwrap();
    let release = hold(&fixture).await;
    until(|| std::fs::metadata(fixture.path()).unwrap().len() > 9 << 20).await;
    drop(release);
}
