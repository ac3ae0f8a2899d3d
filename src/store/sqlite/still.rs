//! An open database without threads: a test does what the writer would do, one step after the other.

use std::fs::File;
use std::sync::Arc;

use rusqlite::Connection;

use super::effects::Effects;
use super::lock::Lock;
use super::open::{self, Opened};
use super::retention::Retention;
use super::shared::Shared;
use super::tx::Tx;
use super::{bin_reads, files};
use crate::model::{BinId, BinLimits, BinSettings, Clock, Marks, Seq};
use crate::store::error::StoreError;
use crate::store::tests::{Deaf, post, start};
use crate::store::types::{Kept, StoreOptions};

pub(crate) struct Still {
    pub(crate) shared: Arc<Shared>,
    pub(crate) conn: Connection,
    pub(crate) clock: Clock,
    _lock: Lock,
    _folder: tempfile::TempDir,
}

impl Still {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut StoreOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = StoreOptions::unlimited(&folder.path().join("creel.db"));
        change(&mut options);
        let Opened { path, lock, conn } = open::open(&options).unwrap();
        let file = Arc::new(File::open(&path).unwrap());
        let identity = files::identity(&file.metadata().unwrap());
        let (salt, last) = open::identity(&conn).unwrap();
        let bins = bin_reads::load(&conn).unwrap();
        let clock = Clock::fixed(start());
        let file = (path, identity, file);
        let shared = Arc::new(Shared::new(options, file, clock.clone(), Arc::new(Deaf), salt, last, bins));
        Self { shared, conn, clock, _lock: lock, _folder: folder }
    }

    /// Does this in a transaction, without putting it into effect.
    pub(crate) fn write<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>) -> (T, Effects) {
        self.conn.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut tx = Tx::new(&self.conn, &self.shared);
        let done = work(&mut tx).unwrap();
        tx.write_tallies().unwrap();
        let effects = tx.effects;
        self.conn.execute_batch("COMMIT").unwrap();
        (done, effects)
    }

    /// Does this in a transaction and puts it into effect.
    pub(crate) fn commit<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>) -> T {
        let (done, mut effects) = self.write(work);
        for (bin, touch) in &effects.touched {
            if let Some(entry) = self.shared.bins.entry(*bin) {
                self.shared.bins.count(&entry, &touch.delta);
            }
        }
        Retention::default().committed(&self.shared, &mut effects);
        done
    }

    pub(crate) fn bin(&self) -> BinId {
        self.limited(BinLimits::default())
    }

    pub(crate) fn limited(&self, limits: BinLimits) -> BinId {
        self.commit(|tx| tx.create_bin(&BinSettings { limits, ..BinSettings::default() }, &[]))
    }

    /// Stores a request at each of these cursors.
    pub(crate) fn fill(&self, bin: BinId, seqs: impl IntoIterator<Item = Seq>, pinned: bool) {
        let kept = Kept { marks: Marks { pinned, ..Marks::default() }, duration_us: None };
        self.commit(|tx| seqs.into_iter().try_for_each(|seq| tx.insert(seq, &post(bin, "0123456789"), Some(&kept))));
    }

    /// The cursors of all requests.
    pub(crate) fn left(&self) -> Vec<Seq> {
        let mut statement = self.conn.prepare("SELECT seq FROM content ORDER BY seq").unwrap();
        let seqs = statement.query_map([], |row| row.get::<_, i64>(0)).unwrap();
        seqs.map(|seq| seq.unwrap().try_into().unwrap()).collect()
    }
}
