//! A database file opened only for reading: no lock, no thread, no write. A server may be using it at the same time.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};

use super::bins::Bins;
use super::error::open_error;
use super::open;
use super::read::Source;
use super::{bin_reads, files, paths};
use crate::model::{BinId, CapturedRequest, RequestId, Seq};
use crate::store::error::{OpenError, StoreError, Thing};
use crate::store::types::{BinState, RequestRef};

pub(crate) struct ReadOnly {
    conn: Connection,
    bins: Bins,
    salt: u32,
}

impl std::fmt::Debug for ReadOnly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReadOnly(…)")
    }
}

impl ReadOnly {
    /// Opens a database of this version.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        open::look_before_reading(path)?;
        let failed = |error: rusqlite::Error| open_error(path, &error);
        let conn = connect(path).map_err(failed)?;
        open::check_schema(&conn, path)?;
        let salt = conn
            .query_row("SELECT value FROM meta WHERE name = 'salt'", [], |row| row.get::<_, i64>(0))
            .map_err(failed)?;
        let bins = bin_reads::load(&conn).map_err(failed)?;
        Ok(Self { conn, bins, salt: u32::try_from(salt).unwrap_or_default() })
    }

    /// Every bin, oldest first.
    pub(crate) fn bins(&self) -> Vec<Arc<BinState>> {
        self.bins.all().into_iter().map(|entry| entry.state).collect()
    }

    /// The bin of that id or name.
    pub(crate) fn bin(&self, reference: &str) -> Option<Arc<BinState>> {
        self.bins.find(reference)
    }

    /// One request with head and body.
    pub(crate) fn request(&self, bin: BinId, which: RequestRef) -> Result<CapturedRequest, StoreError> {
        self.source(bin)?.request(&self.conn, which)
    }

    /// The id of the request at that cursor.
    pub(crate) fn id_at(&self, bin: BinId, seq: Seq) -> Result<RequestId, StoreError> {
        let summary = self.source(bin)?.by_seq(&self.conn, seq)?;
        summary.map(|summary| summary.id).ok_or(StoreError::NotFound(Thing::Request))
    }

    fn source(&self, bin: BinId) -> Result<Source, StoreError> {
        let key = self.bins.key(bin).ok_or(StoreError::NotFound(Thing::Bin))?;
        Ok(Source { bin, key, salt: self.salt })
    }
}

/// Without a log there is no writer, and SQLite need not make the files that it shares with writers.
fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    let with_log = files::look(&paths::wal(path)).is_ok_and(|found| found.is_some());
    let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let how = if with_log { "mode=ro" } else { "immutable=1" };
    let conn = Connection::open_with_flags(format!("file:{escaped}?{how}"), flags)?;
    conn.busy_timeout(open::BUSY_PATIENCE)?;
    Ok(conn)
}
