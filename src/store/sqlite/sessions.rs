//! Sessions: requests that name the same session, found by an index.

use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::cancel::Wanted;
use super::codes::JournalKind;
use super::columns::SELECT;
use super::read::{Source, whole};
use super::row_key;
use super::values::{signed, unsigned};
use crate::model::{Lost, Seq};
use crate::store::error::StoreError;
use crate::store::types::{EventSeen, SessionLimits, SessionPage, SessionRequest, SessionRequests};

/// Time limit for a page of sessions; it is then shorter, and `next` says where to continue.
const PAGE_TIME: Duration = Duration::from_millis(500);
/// Rows between two looks at the clock.
const ROWS_PER_LOOK: usize = 256;
/// How many of a bin's newest requests are counted by event.
const EVENT_ROWS: u64 = 50_000;

/// Names the index, because SQLite would scan the bin instead.
const OF_SESSION: &str = "FROM request INDEXED BY request_session WHERE session = ?1 AND place > ?2 AND place < ?3";

impl Source {
    /// The sessions whose newest request is below `before`, most recent first, with their requests.
    pub(crate) fn sessions(
        self,
        conn: &Connection,
        wanted: &Wanted,
        (before, limit): (Seq, usize),
        limits: SessionLimits,
    ) -> Result<SessionPage, StoreError> {
        let (ids, next) = self.session_ids(conn, wanted, (before, limit), PAGE_TIME)?;
        let mut bytes = limits.all_bytes;
        let mut sessions = Vec::with_capacity(ids.len());
        for id in ids {
            if wanted.is_over() {
                break;
            }
            let session = self.session(conn, &id, SessionLimits { all_bytes: bytes, ..limits })?;
            let read: usize =
                session.requests.iter().map(|one| one.content.as_ref().map_or(0, |body| body.1.len())).sum();
            bytes = bytes.saturating_sub(read);
            sessions.push(session);
        }
        Ok(SessionPage { sessions, next })
    }

    /// The ids of a page of sessions, and where to continue.
    pub(crate) fn session_ids(
        self,
        conn: &Connection,
        wanted: &Wanted,
        (before, limit): (Seq, usize),
        time: Duration,
    ) -> Result<(Vec<String>, Option<Seq>), StoreError> {
        let started = Instant::now();
        let (low, high) = row_key::between(self.key, 0, before);
        let (_, end) = row_key::between(self.key, 0, Seq::MAX);
        let mut rows = conn.prepare_cached(
            "SELECT place, session FROM request NOT INDEXED WHERE place > ? AND place < ? ORDER BY place DESC",
        )?;
        let mut later = conn.prepare_cached(&format!("SELECT 1 {OF_SESSION} LIMIT 1"))?;
        let mut rows = rows.query([low, high])?;
        let (mut ids, mut looked) = (Vec::new(), 0_usize);
        while let Some(row) = rows.next()? {
            let place: i64 = row.get(0)?;
            looked += 1;
            if looked.is_multiple_of(ROWS_PER_LOOK) && (wanted.is_over() || started.elapsed() > time) {
                return Ok((ids, Some(row_key::seq_of(place).saturating_add(1))));
            }
            let Some(session) =
                row.get_ref(1)?.as_str_or_null().map_err(rusqlite::Error::from)?.filter(|session| !session.is_empty())
            else {
                continue;
            };
            // A session is listed at its newest request only.
            if later.exists(params![session, place, end])? {
                continue;
            }
            if ids.len() == limit {
                return Ok((ids, Some(row_key::seq_of(place).saturating_add(1))));
            }
            ids.push(session.to_owned());
        }
        Ok((ids, None))
    }

    /// The requests of a session, oldest first, some with their bodies.
    pub(crate) fn session(
        self,
        conn: &Connection,
        id: &str,
        limits: SessionLimits,
    ) -> Result<SessionRequests, StoreError> {
        let (low, high) = row_key::between(self.key, 0, Seq::MAX);
        let total: i64 = conn
            .prepare_cached(&format!("SELECT count(*) {OF_SESSION}"))?
            .query_row(params![id, low, high], |row| row.get(0))?;
        let sql = SELECT.replace(
            " FROM request",
            &format!(" {OF_SESSION} ORDER BY place LIMIT {}", signed(limits.requests as u64)),
        );
        let summaries: Vec<_> = conn
            .prepare_cached(&sql)?
            .query_map(params![id, low, high], |row| self.summary(row))?
            .collect::<Result<_, _>>()?;
        let mut left = limits.all_bytes;
        let mut requests = Vec::with_capacity(summaries.len());
        for summary in summaries {
            let size = usize::try_from(summary.body_size).unwrap_or(usize::MAX);
            let content = if size <= limits.one_body.min(left) && requests.len() < limits.bodies {
                left -= size;
                match whole(conn, summary.clone()) {
                    Ok(request) => Some((request.head, request.body)),
                    // Deleted meanwhile.
                    Err(StoreError::NotFound(_)) => continue,
                    Err(error) => return Err(error),
                }
            } else {
                None
            };
            requests.push(SessionRequest { summary, content });
        }
        Ok(SessionRequests { id: id.to_owned(), total: unsigned(total), requests })
    }

    /// Which requests were removed, from the records of retention and of the journal, whose oldest rows are trimmed.
    pub(crate) fn lost(self, conn: &Connection) -> Result<Lost, StoreError> {
        let by_hand = conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM change WHERE bin = ? AND kind IN (?, ?))")?
            .query_row(params![self.key, JournalKind::Deleted as i64, JournalKind::Cleared as i64], |row| {
                row.get::<_, bool>(0)
            })?;
        let evicted = conn
            .prepare_cached("SELECT coalesce(evicted_count, 0) > 0 FROM tally WHERE bin = ?")?
            .query_row([self.key], |row| row.get(0))
            .optional()?;
        Ok(if by_hand {
            Lost::Any
        } else if evicted == Some(true) {
            Lost::Oldest
        } else {
            Lost::Nothing
        })
    }

    /// The events of the bin's newest requests: count, first and last cursor of each.
    pub(crate) fn events_seen(self, conn: &Connection) -> Result<Vec<EventSeen>, StoreError> {
        let (low, high) = row_key::between(self.key, 0, Seq::MAX);
        let from: Option<i64> = conn
            .prepare_cached(
                "SELECT place FROM request WHERE place > ? AND place < ? ORDER BY place DESC LIMIT 1 OFFSET ?",
            )?
            .query_row(params![low, high, signed(EVENT_ROWS)], |row| row.get(0))
            .optional()?;
        let seen = conn
            .prepare_cached(
                "SELECT event, count(*), min(place), max(place) FROM request NOT INDEXED
                 WHERE place > ? AND place < ? AND event IS NOT NULL GROUP BY event ORDER BY min(place) LIMIT 100",
            )?
            .query_map([from.unwrap_or(low), high], |row| {
                Ok(EventSeen {
                    name: row.get(0)?,
                    count: unsigned(row.get(1)?),
                    first: row_key::seq_of(row.get(2)?),
                    last: row_key::seq_of(row.get(3)?),
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(seen)
    }
}
