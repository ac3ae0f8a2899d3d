use std::io::{Seek as _, Write as _};

use rusqlite::Connection;

use super::*;

/// A database whose content is in its log: three commits, the last of several pages.
struct Left {
    database: Vec<u8>,
    log: Vec<u8>,
    page: usize,
}

/// As SQLite writes it.
fn left(page: usize) -> Left {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(&format!(
        "PRAGMA page_size = {page}; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (x);
         INSERT INTO t VALUES (1); INSERT INTO t VALUES (zeroblob({}))",
        3 * page
    ))
    .unwrap();
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    Left { database: read("a.db"), log: read("a.db-wal"), page }
}

fn damaged(log: &[u8]) -> Option<u64> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(log).unwrap();
    file.rewind().unwrap();
    damage(&file).unwrap()
}

impl Left {
    /// The offsets of the log's whole frames, and whether each ends a transaction.
    fn frames(&self, log: &[u8]) -> Vec<(usize, bool)> {
        let size = FRAME + self.page;
        let starts = (HEADER..).step_by(size).take_while(|at| at + size <= log.len());
        starts.map(|at| (at, log[at + 4..at + 8] != [0; 4])).collect()
    }

    /// With the checksums that a computer of the other byte order writes.
    fn big_endian(mut self) -> Self {
        let frames = self.frames(&self.log);
        let log = &mut self.log;
        let put = |log: &mut Vec<u8>, at: usize, (one, two): (u32, u32)| {
            log[at..at + 4].copy_from_slice(&one.to_be_bytes());
            log[at + 4..at + 8].copy_from_slice(&two.to_be_bytes());
        };
        log[3] |= 1;
        let mut sum = checksum((0, 0), &log[..24], true);
        put(log, 24, sum);
        for (at, _) in frames {
            sum = checksum(checksum(sum, &log[at..at + 8], true), &log[at + FRAME..at + FRAME + self.page], true);
            put(log, at + 16, sum);
        }
        self
    }

    /// How many rows SQLite finds with that log.
    fn rows(&self, log: &[u8]) -> i64 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        std::fs::write(&path, &self.database).unwrap();
        std::fs::write(folder.path().join("a.db-wal"), log).unwrap();
        Connection::open(&path).unwrap().query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }
}

#[test]
fn a_bad_frame_is_damage_when_a_commit_comes_after_it() {
    for left in [left(512), left(4_096), left(65_536), left(512).big_endian()] {
        // SQLite takes it for a log.
        assert_eq!(left.rows(&left.log), 2, "{}", left.page);
        let all = left.frames(&left.log);
        let last = all.len() - 1;
        assert_eq!(left.log.len(), HEADER + all.len() * (FRAME + left.page));
        assert!(all.iter().filter(|(_, commits)| *commits).count() == 3 && all[last].1 && !all[last - 2].1, "{all:?}");
        // Whole, torn in the last frame, and without it: what is lost then was never committed.
        for length in [left.log.len(), left.log.len() - 1, all[last].0] {
            let whole = &left.log[..length];
            assert_eq!(damaged(whole), None);
            let frames = left.frames(whole);
            for (number, (at, _)) in frames.iter().enumerate() {
                let lost = frames[number + 1..].iter().any(|(_, commits)| *commits);
                // A page's number, a checksum, a page's first and last byte.
                for byte in [at + 3, at + 16, at + 23, at + FRAME, at + FRAME + left.page - 1] {
                    let mut log = whole.to_vec();
                    log[byte] ^= 1;
                    assert_eq!(damaged(&log), lost.then_some(*at as u64), "{} {length} {byte}", left.page);
                }
            }
        }
    }
}

#[test]
fn frames_from_before_the_log_started_over_end_it() {
    let left = left(512);
    let frames = left.frames(&left.log);
    for salt in 8..16 {
        for (number, (at, _)) in frames.iter().enumerate() {
            let mut log = left.log.clone();
            log[at + salt] ^= 1;
            assert_eq!(damaged(&log), None);
            // Before them, damage is damage, if there is a commit between the two.
            log[HEADER + FRAME] ^= 1;
            let lost = number > 0 && frames[1..number].iter().any(|(_, commits)| *commits);
            assert_eq!(damaged(&log), lost.then_some(HEADER as u64), "{salt} {number}");
        }
    }
}

#[test]
fn a_log_whose_header_is_bad_is_damaged_from_its_start_and_a_shorter_one_is_none() {
    let left = left(512);
    for length in [0, 1, HEADER - 1, HEADER] {
        assert_eq!(damaged(&left.log[..length]), None, "{length}");
    }
    for byte in [0, 2, 3, 4, 11, 12, 16, 23, 24, 27, 28, 31] {
        let mut log = left.log.clone();
        log[byte] ^= 2;
        assert_eq!(damaged(&log), Some(0), "{byte}");
    }
    // A size that no page has, with the right checksum.
    for (page, expected) in [(256_u32, Some(0)), (513, Some(0)), (512, None), (65_536, None), (131_072, Some(0))] {
        let mut log = left.log[..HEADER].to_vec();
        log[8..12].copy_from_slice(&page.to_be_bytes());
        let (one, two) = checksum((0, 0), &log[..24], false);
        log[24..28].copy_from_slice(&one.to_be_bytes());
        log[28..32].copy_from_slice(&two.to_be_bytes());
        assert_eq!(damaged(&log), expected, "{page}");
    }
}

#[test]
fn a_log_that_cannot_be_read_is_none_that_is_too_short() {
    struct Broken(io::ErrorKind);
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
    }
    assert!(fill(&mut &[1, 2, 3][..], &mut [0; 3]).unwrap());
    assert!(!fill(&mut &[1, 2, 3][..], &mut [0; 4]).unwrap());
    for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::Other] {
        assert_eq!(fill(&mut Broken(kind), &mut [0; 4]).unwrap_err().kind(), kind);
    }
}
