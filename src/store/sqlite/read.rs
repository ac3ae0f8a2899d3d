//! Reads lists, single requests and past changes. Runs on the reading connections.

use std::sync::Arc;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::codes::{self, JournalKind};
use super::columns::{SELECT, SELECT_ONE};
use super::values::{signed, unsigned};
use super::{row_key, rows};
use crate::http::Head;
use crate::model::{
    BinId, CapturedRequest, Change, ChangeKind, Freshness, Marks, RequestId, RequestSummary, Seq, Verdict,
};
use crate::store::error::{StoreError, Thing};
use crate::store::types::{RequestRef, VerdictStatus};

/// Larger bodies are read in place, so that there is one copy of them at a time.
const INLINE_BODY: i64 = 1 << 20;
/// About how many bytes of requests are replayed at once.
const REPLAY_BYTES: usize = 4 << 20;

/// The bin whose requests are read, and the salt of their ids.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    pub(crate) bin: BinId,
    pub(crate) key: i64,
    pub(crate) salt: u32,
}

impl Source {
    /// One request with head and body.
    pub(crate) fn request(self, conn: &Connection, which: RequestRef) -> Result<CapturedRequest, StoreError> {
        whole(conn, self.one(conn, which)?)
    }

    /// One request without head and body.
    pub(crate) fn one(self, conn: &Connection, which: RequestRef) -> Result<RequestSummary, StoreError> {
        let summary = match which {
            RequestRef::Latest => conn
                .prepare_cached(&format!("{SELECT} WHERE place > ? AND place < ? ORDER BY place DESC LIMIT 1"))?
                .query_row(row_key::between(self.key, 0, Seq::MAX), |row| self.summary(row))
                .optional()?,
            RequestRef::Id(id) => self.by_seq(conn, id.seq())?.filter(|summary| summary.id == id),
        };
        summary.ok_or(StoreError::NotFound(Thing::Request))
    }

    /// One request if its body has at most `most` bytes; a larger one comes without head and body.
    pub(crate) fn request_up_to(
        self,
        conn: &Connection,
        which: RequestRef,
        most: u64,
    ) -> Result<Result<CapturedRequest, RequestSummary>, StoreError> {
        let summary = self.one(conn, which)?;
        if summary.body_size > most { Ok(Err(summary)) } else { whole(conn, summary).map(Ok) }
    }

    /// The verdicts of the newest requests, newest first.
    pub(crate) fn verdicts(self, conn: &Connection, limit: usize) -> Result<Vec<VerdictStatus>, StoreError> {
        let (low, high) = row_key::between(self.key, 0, Seq::MAX);
        let verdicts = conn
            .prepare_cached("SELECT flags FROM request WHERE place > ? AND place < ? ORDER BY place DESC LIMIT ?")?
            .query_map(params![low, high, signed(limit as u64)], |row| row.get::<_, i64>(0))?
            .map(|flags| flags.map(|flags| (codes::read_signature(flags), codes::read_freshness(flags))))
            .collect::<Result<_, _>>()?;
        Ok(verdicts)
    }

    /// The change of the request that a journal row names.
    fn named(self, conn: &Connection, data: &str) -> Result<Option<ChangeKind>, StoreError> {
        let Ok(id) = serde_json::from_str::<RequestId>(data) else { return Ok(None) };
        let summary = self.by_seq(conn, id.seq())?.filter(|summary| summary.id == id);
        Ok(summary.map(|summary| ChangeKind::Changed(Box::new(summary))))
    }

    pub(crate) fn by_seq(self, conn: &Connection, seq: Seq) -> Result<Option<RequestSummary>, StoreError> {
        let summary = conn
            .prepare_cached(SELECT_ONE)?
            .query_row([row_key::looked_up(self.key, seq)], |row| self.summary(row))
            .optional()?;
        Ok(summary)
    }

    pub(crate) fn summary(self, row: &Row<'_>) -> Result<RequestSummary, rusqlite::Error> {
        rows::summary(row, self.bin, self.salt)
    }

    /// Requests and other changes above `after`, oldest first.
    pub(crate) fn changes_after(self, conn: &Connection, after: Seq, limit: usize) -> Result<Vec<Change>, StoreError> {
        // One snapshot for all reads.
        let snapshot = conn.unchecked_transaction()?;
        let (journal_from, evicted_seq, through, count): (i64, i64, i64, i64) = snapshot
            .prepare_cached(
                "SELECT journal_from, evicted_seq, evicted_through, evicted_count FROM tally WHERE bin = ?",
            )?
            .query_row([self.key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .optional()?
            .ok_or(StoreError::NotFound(Thing::Bin))?;
        if after < unsigned(journal_from) {
            return Err(StoreError::CursorGone);
        }
        let (mut changes, end) = self.requests_after(&snapshot, after, limit)?;
        changes.extend(self.journal_between(&snapshot, (after, end), limit)?);
        changes.extend(self.attempts_after(&snapshot, after, limit)?);
        if unsigned(evicted_seq) > after {
            let what = ChangeKind::Evicted { through: unsigned(through), count: unsigned(count) };
            changes.push(Change { seq: unsigned(evicted_seq), bin: self.bin, what });
        }
        changes.sort_by_key(|change| change.seq);
        changes.retain(|change| change.seq <= end);
        changes.truncate(limit);
        Ok(changes)
    }

    /// Requests above `after`, oldest first, and the cursor up to which they are all there.
    fn requests_after(self, conn: &Connection, after: Seq, limit: usize) -> Result<(Vec<Change>, Seq), StoreError> {
        let (low, high) = row_key::between(self.key, after, Seq::MAX);
        let mut select =
            conn.prepare_cached(&format!("{SELECT} WHERE place > ? AND place < ? ORDER BY place LIMIT ?"))?;
        let mut requests = Vec::new();
        let mut bytes = 0;
        for summary in select.query_map(params![low, high, signed(limit as u64)], |row| self.summary(row))? {
            let summary = summary?;
            let seq = summary.seq;
            let request = whole(conn, summary)?;
            bytes += request.head.raw().len() + request.body.len();
            requests.push(Change { seq, bin: self.bin, what: ChangeKind::Request(Arc::new(request)) });
            if bytes > REPLAY_BYTES || requests.len() == limit {
                return Ok((requests, seq));
            }
        }
        Ok((requests, Seq::MAX))
    }

    /// What the journal says of cursors above the first and up to the second, oldest first.
    fn journal_between(
        self,
        conn: &Connection,
        (after, end): (Seq, Seq),
        limit: usize,
    ) -> Result<Vec<Change>, StoreError> {
        let mut select = conn
            .prepare_cached("SELECT seq, kind, data FROM change WHERE bin = ? AND seq > ? AND seq <= ? ORDER BY seq")?;
        let rows = select.query_map(params![self.key, signed(after), signed(end)], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
        })?;
        rows.filter_map(|row| match row {
            Ok((seq, kind, data)) => {
                // Rows of a kind unknown to this version are left out.
                let what = match JournalKind::read(kind)? {
                    // The request's present state; a deletion is a separate change.
                    JournalKind::Changed => match self.named(conn, &data) {
                        Ok(what) => what?,
                        Err(error) => return Some(Err(error)),
                    },
                    kind => read_change(kind, &data)?,
                };
                Some(Ok(Change { seq: unsigned(seq), bin: self.bin, what }))
            }
            Err(error) => Some(Err(error.into())),
        })
        // Only changes that are returned count. A `LIMIT` would count the rows left out as well: the list could stop
        // before a request or attempt that the caller adds, and a client that goes on after that one would miss the
        // rows between.
        .take(limit)
        .collect()
    }
}

/// Adds head and body.
pub(crate) fn whole(conn: &Connection, summary: RequestSummary) -> Result<CapturedRequest, StoreError> {
    let seq = signed(summary.seq);
    let content = conn
        .prepare_cached(
            "SELECT head, trailers, CASE WHEN length(body) <= ?2 THEN body END FROM content WHERE seq = ?1",
        )?
        .query_row(params![seq, INLINE_BODY], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Option<Vec<u8>>>(1)?, row.get::<_, Option<Vec<u8>>>(2)?))
        })
        .optional()?;
    // Deleted between the two statements.
    let (head, trailers, body) = content.ok_or(StoreError::NotFound(Thing::Request))?;
    let body = if let Some(body) = body {
        body
    } else {
        let blob = conn.blob_open("main", "content", "body", seq, true)?;
        let mut body = vec![0; blob.len()];
        blob.read_at_exact(&mut body, 0)?;
        body
    };
    Ok(CapturedRequest {
        summary,
        head: Head::new(head.into()),
        body: body.into(),
        trailers: trailers.map(Bytes::from).unwrap_or_default(),
    })
}

fn read_change(kind: JournalKind, data: &str) -> Option<ChangeKind> {
    Some(match kind {
        JournalKind::Deleted => ChangeKind::Deleted { id: serde_json::from_str(data).ok()? },
        JournalKind::Cleared => ChangeKind::Cleared { count: serde_json::from_str(data).ok()? },
        JournalKind::Marked => {
            let (id, marks): (RequestId, Marks) = serde_json::from_str(data).ok()?;
            ChangeKind::Marked { id, marks }
        }
        JournalKind::Verdict => {
            let (id, verdict, freshness): (RequestId, Verdict, Freshness) = serde_json::from_str(data).ok()?;
            ChangeKind::Verdict { id, verdict, freshness }
        }
        JournalKind::Bin => ChangeKind::Bin,
        JournalKind::Changed => return None,
    })
}

/// Without filter: a page straight from the clustered table.
pub(crate) fn plain_page(
    source: Source,
    conn: &Connection,
    bounds: (Seq, Seq),
    newest_first: bool,
    limit: usize,
) -> Result<Vec<RequestSummary>, StoreError> {
    let order = if newest_first { "DESC" } else { "ASC" };
    let (low, high) = row_key::between(source.key, bounds.0, bounds.1);
    let page = conn
        .prepare_cached(&format!("{SELECT} WHERE place > ? AND place < ? ORDER BY place {order} LIMIT ?"))?
        .query_map(params![low, high, signed(limit as u64)], |row| source.summary(row))?
        .collect::<Result<_, _>>()?;
    Ok(page)
}
