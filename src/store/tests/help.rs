//! A store in a temporary folder, and requests to put into it.

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;

use crate::http::Head;
use crate::model::{BinId, BinSettings, Change, Client, Clock, Derived, HeadSource, NewRequest, Origin, Timestamp};
use crate::store::{BinState, CommitListener, Store, StoreOptions};

/// Wants everything, keeps everything.
#[derive(Default)]
pub(super) struct Recorded(pub(super) Mutex<Vec<Change>>);

impl CommitListener for Recorded {
    fn wants(&self, _bin: BinId) -> bool {
        true
    }
    fn committed(&self, changes: Vec<Change>) {
        self.0.lock().extend(changes);
    }
}

/// Wants nothing.
pub(in crate::store) struct Deaf;

impl CommitListener for Deaf {
    fn wants(&self, _bin: BinId) -> bool {
        false
    }
    fn committed(&self, _changes: Vec<Change>) {}
}

pub(super) fn options(path: &Path) -> StoreOptions {
    StoreOptions::unlimited(path)
}

pub(in crate::store) fn start() -> Timestamp {
    Timestamp::from_secs(1_779_971_696)
}

pub(in crate::store) struct Fixture {
    pub(in crate::store) store: Store,
    pub(super) log: Arc<Recorded>,
    pub(in crate::store) clock: Clock,
    pub(super) folder: tempfile::TempDir,
}

impl Fixture {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(in crate::store) fn with(change: impl FnOnce(&mut StoreOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = options(&folder.path().join("creel.db"));
        change(&mut options);
        let (log, clock) = (Arc::new(Recorded::default()), Clock::fixed(start()));
        let store = Store::open(options, clock.clone(), Arc::clone(&log) as Arc<dyn CommitListener>).unwrap();
        Self { store, log, clock, folder }
    }

    pub(super) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("creel.db")
    }

    /// Closes the store and opens it again, without limits.
    pub(super) fn again(self) -> Self {
        self.again_with(|_| {})
    }

    /// Closes the store and opens it again.
    pub(super) fn again_with(self, change: impl FnOnce(&mut StoreOptions)) -> Self {
        let Self { store, log, clock, folder } = self;
        store.close();
        drop(store);
        let mut options = options(&folder.path().join("creel.db"));
        change(&mut options);
        let store = Store::open(options, clock.clone(), Arc::clone(&log) as Arc<dyn CommitListener>).unwrap();
        Self { store, log, clock, folder }
    }

    pub(in crate::store) async fn bin(&self) -> Arc<BinState> {
        self.store.create_bin(BinSettings::default(), Vec::new()).await.unwrap()
    }
}

pub(super) fn request(bin: BinId, head: &str, body: &[u8]) -> NewRequest {
    NewRequest {
        bin,
        received_at: start(),
        body_took: Duration::from_micros(1_500),
        head: Head::new(Bytes::copy_from_slice(head.as_bytes())),
        head_source: HeadSource::Wire,
        body: Bytes::copy_from_slice(body),
        trailers: Bytes::new(),
        declared_size: Some(body.len() as u64),
        complete: true,
        client: Some(Client { ip: [127, 0, 0, 1].into(), port: 5_000 }),
        rejected: None,
        derived: Derived::default(),
        status: Some(200),
        origin: Origin::Wire,
        hops: 0,
        held_until: None,
    }
}

pub(in crate::store) fn post(bin: BinId, body: &str) -> NewRequest {
    let head = format!("POST /{bin}/a?x=1 HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nX-Odd: 1\r\n\r\n");
    request(bin, &head, body.as_bytes())
}

/// Waits until it is so; for what the writer does without being asked.
pub(super) async fn until(what: impl Fn() -> bool) {
    let started = std::time::Instant::now();
    while !what() {
        assert!(started.elapsed() < Duration::from_secs(20), "it never came to be");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Lets the writer do what it has been told, and what it does by itself after that.
pub(super) async fn settled(fixture: &Fixture) {
    // What the first has led to is done with the second.
    for _ in 0..2 {
        fixture.store.db.write(0, 0, |_, _| Ok(())).await.unwrap();
    }
}

/// What is counted is what is there, in memory and in the database, and no row of a request is without the others.
/// The bytes of a request's attempts are those of the rows that are left.
pub(super) async fn assert_sound(fixture: &Fixture) {
    type Counted = (i64, [u64; 5]);
    let (rows, tallies, strays): (Vec<Counted>, Vec<Counted>, i64) = fixture
        .store
        .db
        .read(false, |conn, _| {
            let counted = |sql: &str| -> rusqlite::Result<Vec<Counted>> {
                let mut statement = conn.prepare(sql)?;
                let rows = statement.query_map([], |row| {
                    let number = |at| row.get::<_, i64>(at).map(|number| u64::try_from(number).unwrap());
                    Ok((row.get(0)?, [number(1)?, number(2)?, number(3)?, number(4)?, number(5)?]))
                })?;
                rows.collect()
            };
            let rows = counted(
                "SELECT bin.key, count(place), coalesce(sum(flags & 1 = 0), 0), coalesce(sum(flags & 2 <> 0), 0),
                        coalesce(sum(head_size + body_size + attempt_bytes), 0),
                        coalesce(sum(iif(flags & 2 <> 0, head_size + body_size + attempt_bytes, 0)), 0)
                 FROM bin LEFT JOIN request ON place >> 42 = bin.key GROUP BY bin.key ORDER BY bin.key",
            )?;
            let tallies = counted("SELECT bin, requests, unread, pinned, bytes, pinned_bytes FROM tally ORDER BY bin")?;
            let strays =
                "SELECT (SELECT count(*) FROM content WHERE bin << 42 | seq NOT IN (SELECT place FROM request))
                 + (SELECT count(*) FROM request WHERE place & 4398046511103 NOT IN (SELECT seq FROM content))
                 + (SELECT count(*) FROM attempt WHERE request NOT IN (SELECT place FROM request))
                 + (SELECT count(*) FROM request r
                    WHERE attempt_bytes <> (SELECT coalesce(sum(bytes), 0) FROM attempt WHERE request = r.place))
                 + (SELECT count(*) FROM forward_queue WHERE place NOT IN (SELECT place FROM request))";
            Ok((rows, tallies, conn.query_row(strays, [], |row| row.get(0))?))
        })
        .await
        .unwrap();
    let shared = &fixture.store.db.shared;
    let in_memory: Vec<Counted> = shared
        .bins
        .all()
        .into_iter()
        .map(|entry| {
            let tally = *entry.holds.tally.lock();
            let counts = tally.counts;
            (entry.key, [counts.requests, counts.unread, tally.pinned, counts.bytes, tally.pinned_bytes])
        })
        .collect();
    assert_eq!(tallies, rows);
    assert_eq!(in_memory, rows);
    let evictable: u64 = rows.iter().map(|(_, [.., bytes, pinned])| bytes - pinned).sum();
    assert_eq!((shared.bins.evictable_bytes(), strays), (evictable, 0));
}

/// Holds the writer until the sender is dropped.
pub(super) async fn hold(fixture: &Fixture) -> mpsc::Sender<()> {
    let (release, held) = mpsc::channel::<()>();
    let (started, starts) = tokio::sync::oneshot::channel();
    let store = fixture.store.clone();
    tokio::task::spawn(async move {
        let _ = store
            .db
            .write(0, 0, move |_, _| {
                let _ = started.send(());
                let _ = held.recv();
                Ok(())
            })
            .await;
    });
    starts.await.unwrap();
    release
}
