//! The statements of captures, prepared once per batch.

use std::collections::HashMap;

use rusqlite::{CachedStatement, Connection};

use super::columns::{INSERT_FULL, INSERT_PLAIN};
use crate::model::RequestId;

const INSERT_CONTENT: &str = "INSERT INTO content (seq, bin, trailers, head, body) VALUES (?,?,?,?,?)";

/// Names the index, because SQLite would scan the whole bin instead.
const FIRST_WITH_KEY: &str = "SELECT place, received_at FROM request INDEXED BY request_duplicate \
     WHERE duplicate_hash = ?1 AND place > ?2 AND place < ?3 AND duplicate_key = ?4 ORDER BY place LIMIT 1";

pub(crate) struct CaptureStatements<'a> {
    pub(crate) plain: CachedStatement<'a>,
    pub(crate) full: CachedStatement<'a>,
    pub(crate) content: CachedStatement<'a>,
    pub(crate) first_with_key: CachedStatement<'a>,
    /// Duplicate keys found lately, by hash: a sender that repeats a request often does so soon again.
    pub(crate) repeated: HashMap<i64, Repeated>,
}

/// The first request with a duplicate key.
pub(crate) struct Repeated {
    pub(crate) bin: i64,
    pub(crate) key: String,
    pub(crate) first: RequestId,
}

impl<'a> CaptureStatements<'a> {
    pub(crate) fn prepare(conn: &'a Connection) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            plain: conn.prepare_cached(INSERT_PLAIN)?,
            full: conn.prepare_cached(INSERT_FULL)?,
            content: conn.prepare_cached(INSERT_CONTENT)?,
            first_with_key: conn.prepare_cached(FIRST_WITH_KEY)?,
            repeated: HashMap::new(),
        })
    }

    /// Call it when rows may have been removed.
    pub(crate) fn forget_repeated(&mut self) {
        self.repeated.clear();
    }
}
