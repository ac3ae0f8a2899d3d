//! The progress of forwarding. The queue is the table of requests, with a cursor per bin. Below the cursor,
//! `forward_queue` lists the requests that still wait for a target, so that a target that is down does not block the
//! others.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::read::{Source, whole};
use super::tx::Tx;
use super::values::{signed, unsigned};
use super::{codes, row_key};
use crate::model::{BinId, CapturedRequest, ForwardCursor, Forwarded, Lane, Routed, Seq, Timestamp};
use crate::store::error::StoreError;

impl Tx<'_> {
    /// Notes the outcome of forwarding a request.
    pub(crate) fn forwarded(&mut self, bin: BinId, seq: Seq, what: Forwarded) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        self.note_forwarded(key, row_key::row_key(key, seq)?, what)
    }

    fn note_forwarded(&self, key: i64, place: i64, what: Forwarded) -> Result<(), StoreError> {
        if what != Forwarded::SkippedPaused && self.is_passed_over(place)? {
            self.conn.prepare_cached("UPDATE forward SET paused = max(paused - 1, 0) WHERE bin = ?")?.execute([key])?;
        }
        self.conn
            .prepare_cached("UPDATE request SET forwarded = ?2 WHERE place = ?1")?
            .execute(params![place, codes::forwarded(what)])?;
        Ok(())
    }

    /// Whether a request was passed over because of a pause.
    fn is_passed_over(&self, place: i64) -> Result<bool, StoreError> {
        let noted: Option<Option<i64>> = self
            .conn
            .prepare_cached("SELECT forwarded FROM request WHERE place = ?")?
            .query_row([place], |row| row.get(0))
            .optional()?;
        Ok(noted.flatten() == Some(codes::forwarded(Forwarded::SkippedPaused)))
    }

    /// Stores the targets of the requests after the cursor, in their order, and moves the cursor to the last of them.
    /// Returns false and changes nothing if the cursor has moved meanwhile.
    pub(crate) fn route(&mut self, bin: BinId, after: Seq, routed: &[(Seq, Routed)]) -> Result<bool, StoreError> {
        let Some((last, _)) = routed.last() else { return Ok(true) };
        let key = self.touch(bin)?.key;
        let moved = self
            .conn
            .prepare_cached("UPDATE forward SET through = ?2 WHERE bin = ?1 AND through = ?3")?
            .execute(params![key, signed(*last), signed(after)])?;
        if moved == 0 {
            return Ok(false);
        }
        for (seq, to) in routed {
            let place = row_key::row_key(key, *seq)?;
            match to {
                Routed::Over(what) => {
                    remove(self.conn, place, place)?;
                    self.note_forwarded(key, place, *what)?;
                }
                Routed::To(lanes) => lanes.iter().try_for_each(|lane| self.put(place, *lane))?,
            }
        }
        Ok(true)
    }

    /// Queues a request for a target, if the request still exists.
    fn put(&self, place: i64, lane: Lane) -> Result<(), StoreError> {
        self.conn
            .prepare_cached(
                "INSERT OR IGNORE INTO forward_queue (place, lane) SELECT place, ?2 FROM request WHERE place = ?1",
            )?
            .execute([place, lane.0])?;
        Ok(())
    }

    /// Replaces the targets of a waiting request: the forward was changed.
    pub(crate) fn route_again(&mut self, bin: BinId, seq: Seq, routed: &Routed) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        let place = row_key::row_key(key, seq)?;
        let waits: Vec<(i64, Option<i64>)> = self
            .conn
            .prepare_cached("SELECT lane, worst FROM forward_queue WHERE place = ?")?
            .query_map([place], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        // Its forwarding ended meanwhile.
        if waits.is_empty() {
            return Ok(());
        }
        let ends = waits.iter().filter_map(|(_, worst)| codes::read_forwarded((*worst)?));
        let worst = ends.reduce(Forwarded::worse);
        match routed {
            Routed::Over(what) => {
                remove(self.conn, place, place)?;
                self.note_forwarded(key, place, worst.map_or(*what, |worst| worst.worse(*what)))
            }
            Routed::To(lanes) => {
                for (lane, _) in waits.iter().filter(|(lane, _)| !lanes.contains(&Lane(*lane))) {
                    self.conn
                        .prepare_cached("DELETE FROM forward_queue WHERE place = ? AND lane = ?")?
                        .execute([place, *lane])?;
                }
                lanes.iter().try_for_each(|lane| self.put(place, *lane))?;
                self.conn
                    .prepare_cached("UPDATE forward_queue SET worst = ?2 WHERE place = ?1")?
                    .execute(params![place, worst.map(codes::forwarded)])?;
                Ok(())
            }
        }
    }

    /// Notes a request's outcome at one target. After its last target, the worst outcome becomes the request's.
    pub(crate) fn lane_over(&mut self, bin: BinId, seq: Seq, lane: Lane, end: Forwarded) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        let place = row_key::row_key(key, seq)?;
        let worst: Option<Option<i64>> = self
            .conn
            .prepare_cached("DELETE FROM forward_queue WHERE place = ? AND lane = ? RETURNING worst")?
            .query_row([place, lane.0], |row| row.get(0))
            .optional()?;
        let Some(worst) = worst else {
            // It was passed over while it was on its way.
            return if self.is_passed_over(place)? { self.note_forwarded(key, place, end) } else { Ok(()) };
        };
        let end = worst.and_then(codes::read_forwarded).map_or(end, |worst| worst.worse(end));
        let left = self
            .conn
            .prepare_cached("UPDATE forward_queue SET worst = ?2 WHERE place = ?1")?
            .execute(params![place, codes::forwarded(end)])?;
        if left == 0 { self.note_forwarded(key, place, end) } else { Ok(()) }
    }

    /// Sets the cursor. With `afresh`, the requests that wait for targets are dropped from the queue.
    pub(crate) fn forward_from(&mut self, bin: BinId, through: Seq, afresh: bool) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        if afresh {
            let (low, high) = row_key::between(key, 0, Seq::MAX);
            // No request is at the ends themselves: cursors begin at 1.
            remove(self.conn, low, high)?;
        }
        self.conn
            .prepare_cached(
                "INSERT INTO forward (bin, through) VALUES (?1, ?2) ON CONFLICT (bin) DO UPDATE SET through = ?2",
            )?
            .execute(params![key, signed(through)])?;
        Ok(())
    }

    /// Passes over waiting requests up to that cursor, within a limit; returns whether there are more.
    pub(crate) fn pass_over(&mut self, bin: BinId, through: Seq, most: usize) -> Result<bool, StoreError> {
        let key = self.touch(bin)?.key;
        let cursor: Option<i64> = self
            .conn
            .prepare_cached("SELECT through FROM forward WHERE bin = ?")?
            .query_row([key], |row| row.get(0))
            .optional()?;
        let Some(cursor) = cursor.map(unsigned) else {
            self.forward_from(bin, through, true)?;
            return Ok(false);
        };
        let (low, high) = row_key::between(key, 0, through.saturating_add(1));
        let places = |sql: &str, low: i64, most: usize| -> Result<Vec<i64>, StoreError> {
            let found = self
                .conn
                .prepare_cached(sql)?
                .query_map([low, high, signed(most as u64)], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            Ok(found)
        };
        let queued = places(
            "SELECT DISTINCT place FROM forward_queue WHERE place > ? AND place < ? ORDER BY place LIMIT ?",
            low,
            most,
        )?;
        let (after, _) = row_key::between(key, cursor, Seq::MAX);
        let rest = most - queued.len();
        let later =
            places("SELECT place FROM request WHERE place > ? AND place < ? ORDER BY place LIMIT ?", after, rest)?;
        let mut passed = 0;
        for place in queued.iter().chain(&later) {
            remove(self.conn, *place, *place)?;
            // A request that already has an outcome keeps it.
            passed += self
                .conn
                .prepare_cached("UPDATE request SET forwarded = ?2 WHERE place = ?1 AND forwarded IS NULL")?
                .execute([*place, codes::forwarded(Forwarded::SkippedPaused)])?;
        }
        let more = later.len() == rest;
        let reached = match later.last() {
            Some(last) if more => row_key::seq_of(*last),
            None if more => cursor,
            _ => through.max(cursor),
        };
        self.conn
            .prepare_cached("UPDATE forward SET through = ?2, paused = paused + ?3 WHERE bin = ?1")?
            .execute(params![key, signed(reached), signed(passed as u64)])?;
        Ok(more)
    }

    /// Counts the requests that are evicted before they were forwarded.
    pub(crate) fn count_unforwarded(&self, key: i64, seqs: &[Seq]) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (seqs.first(), seqs.last()) else { return Ok(()) };
        let through: Option<i64> = self
            .conn
            .prepare_cached("SELECT through FROM forward WHERE bin = ?")?
            .query_row([key], |row| row.get(0))
            .optional()?;
        let Some(through) = through.map(unsigned) else { return Ok(()) };
        let queued: Vec<Seq> = self
            .conn
            .prepare_cached("SELECT DISTINCT place FROM forward_queue WHERE place BETWEEN ? AND ? ORDER BY place")?
            .query_map([row_key::row_key(key, *first)?, row_key::row_key(key, *last)?], |row| row.get(0))?
            .map(|place| place.map(row_key::seq_of))
            .collect::<Result<_, _>>()?;
        let waits = |seq: &&Seq| **seq > through || queued.binary_search(seq).is_ok();
        let waiting = seqs.iter().filter(waits).count() as u64;
        if waiting > 0 {
            self.conn
                .prepare_cached("UPDATE forward SET evicted = evicted + ?2 WHERE bin = ?1")?
                .execute(params![key, signed(waiting)])?;
        }
        Ok(())
    }
}

/// Takes the requests between two row keys (inclusive) off the queue.
pub(crate) fn remove(conn: &Connection, first: i64, last: i64) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM forward_queue WHERE place BETWEEN ? AND ?")?.execute([first, last])?;
    Ok(())
}

impl Source {
    /// The cursor of the bin's forward; `None` if forwarding was never on.
    pub(crate) fn forward_cursor(self, conn: &Connection) -> Result<Option<ForwardCursor>, StoreError> {
        let cursor = conn
            .prepare_cached("SELECT through, paused, evicted FROM forward WHERE bin = ?")?
            .query_row([self.key], |row| {
                Ok(ForwardCursor {
                    through: unsigned(row.get(0)?),
                    paused: unsigned(row.get(1)?),
                    evicted: unsigned(row.get(2)?),
                })
            })
            .optional()?;
        Ok(cursor)
    }

    /// How far forwarding has got (up to the first waiting request), and how many requests wait; `None` if it was never
    /// on.
    pub(crate) fn forward(self, conn: &Connection) -> Result<Option<(ForwardCursor, u64)>, StoreError> {
        // One snapshot for all reads.
        let snapshot = conn.unchecked_transaction()?;
        let Some(mut cursor) = self.forward_cursor(&snapshot)? else { return Ok(None) };
        let (low, high) = row_key::between(self.key, cursor.through, Seq::MAX);
        let later: i64 = snapshot
            .prepare_cached("SELECT count(*) FROM request WHERE place > ? AND place < ?")?
            .query_row([low, high], |row| row.get(0))?;
        let (first, _) = row_key::between(self.key, 0, Seq::MAX);
        let (queued, place): (i64, Option<i64>) = snapshot
            .prepare_cached(
                "SELECT count(DISTINCT place), min(place) FROM forward_queue WHERE place > ? AND place <= ?",
            )?
            .query_row([first, low], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if let Some(place) = place {
            cursor.through = row_key::seq_of(place).saturating_sub(1);
        }
        Ok(Some((cursor, unsigned(later + queued))))
    }

    /// The first requests that wait for a target, limited by number and (roughly) by bytes.
    pub(crate) fn lane_page(
        self,
        conn: &Connection,
        lane: Lane,
        limit: usize,
        max_bytes: usize,
    ) -> Result<Vec<CapturedRequest>, StoreError> {
        let (low, high) = row_key::between(self.key, 0, Seq::MAX);
        let places: Vec<i64> = conn
            .prepare_cached(
                "SELECT place FROM forward_queue WHERE lane = ? AND place > ? AND place < ? ORDER BY place LIMIT ?",
            )?
            .query_map([lane.0, low, high, signed(limit as u64)], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        self.at(conn, &places, max_bytes)
    }

    /// The first requests that wait for a target other than these.
    pub(crate) fn strays(
        self,
        conn: &Connection,
        lanes: &[Lane],
        limit: usize,
        max_bytes: usize,
    ) -> Result<Vec<CapturedRequest>, StoreError> {
        let (low, high) = row_key::between(self.key, 0, Seq::MAX);
        let lanes: Vec<String> = lanes.iter().map(|lane| lane.0.to_string()).collect();
        let places: Vec<i64> = conn
            .prepare_cached(
                "SELECT DISTINCT place FROM forward_queue
                 WHERE place > ?1 AND place < ?2 AND lane NOT IN (SELECT value FROM json_each(?3)) ORDER BY place LIMIT ?4",
            )?
            .query_map(params![low, high, format!("[{}]", lanes.join(",")), signed(limit as u64)], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        self.at(conn, &places, max_bytes)
    }

    fn at(self, conn: &Connection, places: &[i64], max_bytes: usize) -> Result<Vec<CapturedRequest>, StoreError> {
        let (mut bytes, mut requests) = (0, Vec::new());
        for place in places {
            // Deleted between the two statements.
            let Some(summary) = self.by_seq(conn, row_key::seq_of(*place))? else { continue };
            let request = match whole(conn, summary) {
                Ok(request) => request,
                Err(StoreError::NotFound(_)) => continue,
                Err(error) => return Err(error),
            };
            bytes += request.head.raw().len() + request.body.len();
            requests.push(request);
            if bytes >= max_bytes {
                break;
            }
        }
        Ok(requests)
    }

    /// The cursor just below the first request received at that time or later.
    pub(crate) fn cursor_before(self, conn: &Connection, since: Timestamp) -> Result<Option<Seq>, StoreError> {
        let (low, high) = row_key::between(self.key, 0, Seq::MAX);
        let first: Option<i64> = conn
            .prepare_cached(
                "SELECT place FROM request WHERE place > ? AND place < ? AND received_at >= ? ORDER BY place LIMIT 1",
            )?
            .query_row(params![low, high, since.as_micros()], |row| row.get(0))
            .optional()?;
        Ok(first.map(|place| row_key::seq_of(place).saturating_sub(1)))
    }
}
