//! What the checkpointer does with what was written.

use std::sync::Arc;

use super::*;
use crate::store::sqlite::open;
use crate::store::sqlite::still::Still;

#[test]
fn what_was_written_is_folded_into_the_database_and_nothing_else() {
    let still = Still::new();
    let (shared, conn) = (&still.shared, open::checkpointer(&still.shared.path, &still.shared.options).unwrap());
    let file = File::open(&shared.path).unwrap();
    let left = || checkpoint(&still.conn, "NOOP").unwrap().left();
    still.bin();
    assert!(left() > 0);
    assert_eq!(fold_written(shared, &conn, &file), Ok(()));
    assert!(left() > 0, "nobody has said that anything was written");
    shared.wal.wrote(1);
    assert_eq!(fold_written(shared, &conn, &file), Ok(()));
    assert_eq!((left(), shared.wal.take_written()), (0, 0));
    // Not while another file is in its place.
    still.bin();
    shared.wal.wrote(1);
    let away = shared.path.with_extension("away");
    std::fs::rename(&shared.path, &away).unwrap();
    assert!(fold_written(shared, &conn, &file).is_err());
    assert!(left() > 0);
    std::fs::rename(&away, &shared.path).unwrap();
    assert_eq!(fold_written(shared, &conn, &file), Ok(()));
    assert_eq!(left(), 0);
}

#[test]
fn the_thread_folds_what_was_written_until_it_is_stopped() {
    let still = Still::new();
    still.bin();
    let conn = open::checkpointer(&still.shared.path, &still.shared.options).unwrap();
    let (shared, file) = (Arc::clone(&still.shared), File::open(&still.shared.path).unwrap());
    still.shared.wal.wrote(1);
    let thread = std::thread::spawn(move || {
        run(&shared, &conn, &file);
        (conn, file)
    });
    let started = std::time::Instant::now();
    while checkpoint(&still.conn, "NOOP").unwrap().left() > 0 {
        assert!(started.elapsed() < Duration::from_secs(20) && !thread.is_finished());
        std::thread::yield_now();
    }
    still.shared.wal.stop();
    thread.join().unwrap();
}

#[test]
fn pages_are_given_back_when_more_are_free_than_are_soon_used_again() {
    for (free, left) in [(FREE_PAGES - 1, FREE_PAGES - 1), (FREE_PAGES, FREE_PAGES), (FREE_PAGES + 1, 0)] {
        let still = Still::new();
        let conn = &still.conn;
        conn.execute_batch(
            "CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(9000000)); DELETE FROM t;
             PRAGMA wal_checkpoint(TRUNCATE)",
        )
        .unwrap();
        let count = || conn.query_row("PRAGMA freelist_count", [], |row| row.get::<_, i64>(0)).unwrap();
        let mut some = conn.prepare(&format!("PRAGMA incremental_vacuum({})", count() - free)).unwrap();
        let mut rows = some.query([]).unwrap();
        while rows.next().unwrap().is_some() {}
        drop(rows);
        assert_eq!(count(), free);
        give_back(conn, &still.shared, || false);
        assert_eq!(count(), free, "while there is something to do, nothing is given back");
        give_back(conn, &still.shared, || true);
        assert_eq!(count(), left);
        // What goes comes into the log, which is to be folded as well.
        let written = still.shared.wal.take_written();
        assert!(if left == free { written == 0 } else { written > 8 << 20 }, "{written}");
    }
}
