//! Earlier requests with the same method, target and body, from any sender.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::columns::SELECT;
use super::read::Source;
use super::row_key;
use super::values::signed;
use crate::model::{CapturedRequest, RequestSummary, Seq};
use crate::store::error::StoreError;

/// How many requests before this one are searched.
const WINDOW: u64 = 20_000;
/// How many requests of the same size are compared.
const COMPARED: u64 = 100;

impl Source {
    /// The earlier requests equal to this one, newest first, at most `limit`.
    pub(crate) fn same_before(
        self,
        conn: &Connection,
        request: &CapturedRequest,
        limit: usize,
    ) -> Result<Vec<RequestSummary>, StoreError> {
        let summary = &request.summary;
        let (low, high) = row_key::between(self.key, 0, summary.seq);
        let from: Option<i64> = conn
            .prepare_cached(
                "SELECT place FROM request WHERE place > ? AND place < ? ORDER BY place DESC LIMIT 1 OFFSET ?",
            )?
            .query_row(params![low, high, signed(WINDOW)], |row| row.get(0))
            .optional()?;
        let candidates: Vec<RequestSummary> = conn
            .prepare_cached(&format!(
                "{SELECT} NOT INDEXED WHERE place > ?1 AND place < ?2 AND body_size = ?3 AND method = ?4 AND target = ?5
                 ORDER BY place DESC LIMIT ?6"
            ))?
            .query_map(
                params![
                    from.unwrap_or(low),
                    high,
                    signed(summary.body_size),
                    summary.method,
                    summary.target,
                    signed(COMPARED)
                ],
                |row| self.summary(row),
            )?
            .collect::<Result<_, _>>()?;
        let mut same = conn.prepare_cached("SELECT 1 FROM content WHERE seq = ?1 AND body = ?2")?;
        let mut found = Vec::new();
        for candidate in candidates {
            let seq: Seq = candidate.seq;
            if found.len() < limit && same.exists(params![signed(seq), &request.body[..]])? {
                found.push(candidate);
            }
        }
        Ok(found)
    }
}
