//! Databases of earlier versions, and such as are only looked at.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use super::help::{Deaf, Fixture, options, post, start};
use crate::model::{BinId, BinSettings, Clock};
use crate::store::{OpenError, ReadOnly, RequestRef, Store, StoreError, Thing};

/// A database as the first version made it, with one bin.
fn first_version(path: &Path) -> BinId {
    let id = BinId::generate();
    let conn = Connection::open(path).unwrap();
    conn.execute_batch(include_str!("../sqlite/migrations/01-requests/up.sql")).unwrap();
    conn.execute_batch(&format!(
        "PRAGMA application_id = 0x4372656c; PRAGMA user_version = 1;
         INSERT INTO bin (key, id, name, created_at, settings) VALUES (1, '{id}', 'old', 5, '{{\"name\":\"old\"}}');
         INSERT INTO tally (bin) VALUES (1)"
    ))
    .unwrap();
    id
}

fn version(path: &Path) -> i64 {
    Connection::open(path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_database_is_copied_before_its_schema_is_changed_and_no_other_file_is_written_over() {
    let copies: Vec<String> =
        (0..100).map(|n| if n == 0 { "creel.db.v1.bak".to_owned() } else { format!("creel.db.v1.{n}.bak") }).collect();
    for taken in [0, 1, 2, 99, 100] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("creel.db");
        let id = first_version(&path);
        for name in &copies[..taken] {
            std::fs::write(folder.path().join(name), "somebody's").unwrap();
        }
        let opened = Store::open(options(&path), Clock::system(), Arc::new(Deaf));
        for name in &copies[..taken] {
            assert_eq!(std::fs::read(folder.path().join(name)).unwrap(), b"somebody's");
        }
        let Some(name) = copies.get(taken) else {
            assert!(matches!(opened, Err(OpenError::Other { cause, .. }) if cause.contains("every name")));
            assert_eq!(version(&path), 1);
            continue;
        };
        let store = opened.unwrap();
        assert_eq!(store.bin("old").unwrap().bin.id, id);
        store.close();
        assert!(version(&path) > 1);
        let copy = folder.path().join(name);
        assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(version(&copy), 1);
        let bins = |conn: Connection| conn.query_row("SELECT name FROM bin", [], |row| row.get::<_, String>(0));
        assert_eq!(bins(Connection::open(&copy).unwrap()).unwrap(), "old");
        // It is made once.
        let before = names(folder.path());
        Store::open(options(&path), Clock::system(), Arc::new(Deaf)).unwrap().close();
        assert_eq!(names(folder.path()), before);
    }
}

#[test]
fn what_cannot_be_looked_at_is_refused_with_the_cause() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("empty.db"), "").unwrap();
    std::fs::write(at("letter.txt"), "a letter to a friend").unwrap();
    Connection::open(at("theirs.db")).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    first_version(&at("old.db"));
    for name in ["newer.db", "logged.db"] {
        Store::open(options(&at(name)), Clock::system(), Arc::new(Deaf)).unwrap().close();
    }
    Connection::open(at("newer.db")).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    std::os::unix::fs::symlink(at("nothing"), at("dangling.db")).unwrap();
    let before = names(folder.path());
    for (name, cause) in [
        ("none.db", "it is not there"),
        ("dangling.db", "it is not there"),
        ("", "it is no plain file"),
        ("empty.db", "it is empty"),
        ("letter.txt", "does not start like an SQLite database"),
        ("theirs.db", "it belongs to another program"),
        ("old.db", "an older version of Creel wrote it"),
        ("newer.db", "written by a newer version"),
    ] {
        let error = ReadOnly::open(&at(name)).unwrap_err().to_string();
        assert!(error.contains(cause), "{name}: {error}");
    }
    assert_eq!(names(folder.path()), before);
    // To be written, a link to nothing is refused by what it is.
    let error = Store::open(options(&at("dangling.db")), Clock::system(), Arc::new(Deaf)).unwrap_err();
    assert!(matches!(error, OpenError::NotADatabase { cause, .. } if cause.contains("a link to a file")));
    let error = Store::open(options(&at("..")), Clock::system(), Arc::new(Deaf)).unwrap_err();
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error}");
}

#[test]
fn a_database_that_a_first_start_has_left_empty_is_opened_and_logs_that_are_empty_are_none() {
    for (sql, opens) in [
        ("", true),
        // SQLite writes the first page with the mode.
        ("PRAGMA journal_mode = WAL", true),
        ("PRAGMA journal_mode = WAL; PRAGMA user_version = 1", false),
        ("PRAGMA journal_mode = WAL; PRAGMA application_id = 7", false),
        ("PRAGMA journal_mode = WAL; CREATE TABLE t (x)", false),
        ("PRAGMA journal_mode = WAL; CREATE TABLE t (x); DROP TABLE t", false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("creel.db");
        if sql.is_empty() {
            std::fs::write(&path, "").unwrap();
        } else {
            Connection::open(&path).unwrap().execute_batch(sql).unwrap();
            assert!(std::fs::metadata(&path).unwrap().len() > 0, "{sql}");
        }
        for name in ["creel.db-wal", "creel.db-journal"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let opened = Store::open(options(&path), Clock::system(), Arc::new(Deaf));
        assert_eq!(opened.is_ok(), opens, "{sql}: {opened:?}");
        if let Ok(store) = opened {
            store.close();
        }
    }
    // What is shorter than a header is no database, however it starts.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("creel.db");
    Store::open(options(&path), Clock::system(), Arc::new(Deaf)).unwrap().close();
    let whole = std::fs::read(&path).unwrap();
    for length in [1, 16, 99] {
        std::fs::write(&path, &whole[..length]).unwrap();
        let error = Store::open(options(&path), Clock::system(), Arc::new(Deaf)).unwrap_err();
        assert!(matches!(error, OpenError::NotADatabase { cause, .. } if cause.contains("does not start like")));
    }
}

#[tokio::test]
async fn a_database_is_looked_at_while_it_is_served_and_after_that() {
    let named = |name: &str| BinSettings { name: name.parse().ok(), ..BinSettings::default() };
    let fixture = Fixture::with(|options| options.path = options.path.with_file_name("50% of #1?.db"));
    let path = fixture.folder.path().join("50% of #1?.db");
    let first = fixture.store.create_bin(named("zzz"), Vec::new()).await.unwrap().bin.id;
    let second = fixture.store.create_bin(named("aaa"), Vec::new()).await.unwrap().bin.id;
    let stored = fixture.store.capture(post(first, "one")).await.unwrap();
    let latest = fixture.store.capture(post(first, "two")).await.unwrap();
    let whole = fixture.store.request(first, RequestRef::Latest).await.unwrap();
    let look = || {
        let looked = ReadOnly::open(&path).unwrap();
        let ids: Vec<BinId> = looked.bins().iter().map(|bin| bin.bin.id).collect();
        assert_eq!(ids, [first, second], "oldest first");
        assert_eq!(looked.bin("aaa").map(|bin| bin.bin.id), Some(second));
        assert_eq!(looked.bin(first.as_str()).map(|bin| bin.bin.id), Some(first));
        assert!(looked.bin("bbb").is_none());
        let back = looked.request(first, RequestRef::Latest).unwrap();
        assert_eq!((&back.summary, &back.body), (&whole.summary, &whole.body));
        assert_eq!(looked.request(first, RequestRef::Id(stored.id)).unwrap().summary.seq, stored.seq);
        assert_eq!(looked.id_at(first, stored.seq), Ok(stored.id));
        let gone = Err(StoreError::NotFound(Thing::Request));
        assert_eq!([looked.id_at(first, latest.seq + 1), looked.id_at(second, stored.seq)], [gone.clone(), gone]);
        assert_eq!(looked.id_at(BinId::generate(), 1), Err(StoreError::NotFound(Thing::Bin)));
    };
    look();
    fixture.store.close();
    let before = names(fixture.folder.path());
    look();
    assert_eq!(names(fixture.folder.path()), before);
    assert_eq!(before, ["50% of #1?.db"]);
}

#[tokio::test]
async fn a_store_that_is_dropped_is_closed() {
    for ephemeral in [false, true] {
        let Fixture { store, folder, .. } = Fixture::with(|options| options.ephemeral = ephemeral);
        let path = folder.path().join("creel.db");
        let bin = store.create_bin(BinSettings::default(), Vec::new()).await.unwrap().bin.id;
        store.capture_unattended(post(bin, "queued"));
        drop(store);
        assert_eq!(path.exists(), !ephemeral);
        if !ephemeral {
            // It is in the file itself, and nobody holds that.
            assert_eq!(std::fs::metadata(folder.path().join("creel.db-wal")).map_or(0, |log| log.len()), 0);
            let store = Store::open(options(&path), Clock::fixed(start()), Arc::new(Deaf)).unwrap();
            assert_eq!(store.counts(bin).requests, 1);
        }
    }
}

#[test]
fn a_database_with_creels_mark_and_others_tables_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("theirs.db");
    let sql = "PRAGMA application_id = 1131570540; CREATE TABLE t (x)";
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let before = std::fs::read(&path).unwrap();
    let refused = Store::open(options(&path), Clock::system(), Arc::new(Deaf)).unwrap_err();
    assert!(
        matches!(&refused, OpenError::NotADatabase { cause, .. } if cause.contains("another program")),
        "{refused}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
