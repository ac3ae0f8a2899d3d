//! Attempts: written, read and deleted with their request's row.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::read::Source;
use super::tx::Tx;
use super::values::{signed, unsigned};
use super::{attempt_columns as column, codes, row_key};
use crate::model::{
    Attempt, AttemptFacts, BinId, Change, ChangeKind, Delivered, LastAttempt, Outcome, ReceivedResponse, RequestId,
    Seq, Times, Timestamp, Why,
};
use crate::store::AttemptDepth;
use crate::store::error::{StoreError, Thing};

/// Attempts kept per request.
pub(crate) const KEPT: usize = 20;

/// Bytes that an attempt counts in addition to its content.
const ROW_BYTES: usize = 128;

impl Tx<'_> {
    /// Stores an attempt of a request; `seq` becomes its cursor. The oldest beyond [`KEPT`] are deleted.
    pub(crate) fn attempt(
        &mut self,
        bin: BinId,
        request: RequestId,
        why: Why,
        delivered: &Delivered,
        seq: Seq,
    ) -> Result<Attempt, StoreError> {
        let key = self.touch(bin)?.key;
        let request_place = row_key::looked_up(key, request.seq());
        let row: Option<(i64, i64)> = self
            .conn
            .prepare_cached("SELECT received_at, flags FROM request WHERE place = ?")?
            .query_row([request_place], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let is_it = |at: i64| RequestId::new(Timestamp::from_micros(at), self.shared.salt, request.seq()) == request;
        // Deleted or evicted meanwhile.
        let Some((_, flags)) = row.filter(|(at, _)| is_it(*at)) else {
            return Err(StoreError::NotFound(Thing::Request));
        };
        let bytes = size(delivered);
        let (times, response) = (&delivered.times, delivered.response.as_ref());
        self.conn
            .prepare_cached(
                "INSERT INTO attempt (place, request, why, outcome, started_at, total_us, resolve_us, connect_us,
                        tls_us, first_byte_us, target, sentence, sent_body, status, body_size, body_cut, bytes,
                        sent_head, head, body, signature)
                 VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            )?
            .execute(params![
                row_key::row_key(key, seq)?,
                request_place,
                codes::why(why),
                codes::outcome(delivered.outcome),
                delivered.started_at.as_micros(),
                signed(times.total),
                times.resolve.map(signed),
                times.connect.map(signed),
                times.tls.map(signed),
                times.first_byte.map(signed),
                delivered.target,
                delivered.sentence,
                signed(delivered.sent_body_size),
                response.map(|response| response.status),
                response.map_or(0, |response| signed(response.body_size)),
                response.is_some_and(|response| response.body_cut),
                bytes,
                &delivered.sent_head[..],
                response.map(|response| &response.head[..]),
                response.map(|response| &response.body[..]),
                delivered.signature.map(codes::signature),
            ])?;
        let grown = bytes - self.forget_oldest(request_place)?;
        let last = delivered.last();
        self.conn
            .prepare_cached(
                "UPDATE request SET attempt_outcome = ?2, attempt_status = ?3, attempt_at = ?4, attempt_us = ?5,
                        attempt_bytes = attempt_bytes + ?6
                 WHERE place = ?1",
            )?
            .execute(params![
                request_place,
                codes::outcome(last.outcome),
                last.status,
                last.at.as_micros(),
                signed(last.total_us),
                grown,
            ])?;
        let delta = &mut self.touch(bin)?.delta;
        delta.bytes += grown;
        if flags & codes::PINNED != 0 {
            delta.pinned_bytes += grown;
        }
        self.effects.bytes += unsigned(bytes);
        // The row may be deleted before a later one is written.
        self.keep_seq(seq);
        let attempt = Attempt { id: seq, request, why, delivered: delivered.clone() };
        self.publish(bin, seq, ChangeKind::Attempt(attempt.clone().into()));
        Ok(attempt)
    }

    /// Removes the attempts beyond [`KEPT`]; returns their bytes.
    fn forget_oldest(&self, request_place: i64) -> Result<i64, StoreError> {
        let mut gone = 0;
        let mut statement = self.conn.prepare_cached(
            "DELETE FROM attempt WHERE place IN
                 (SELECT place FROM attempt WHERE request = ?1 ORDER BY place DESC LIMIT -1 OFFSET ?2)
             RETURNING bytes",
        )?;
        let mut rows = statement.query(params![request_place, signed(KEPT as u64)])?;
        while let Some(row) = rows.next()? {
            gone += row.get::<_, i64>(0)?;
        }
        Ok(gone)
    }
}

/// Removes the attempts of the requests between two places, both included.
pub(crate) fn remove(conn: &Connection, first: i64, last: i64) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM attempt WHERE request BETWEEN ? AND ?")?.execute([first, last])?;
    Ok(())
}

fn bytes(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn size(delivered: &Delivered) -> i64 {
    let response = delivered.response.as_ref().map_or(0, |response| response.head.len() + response.body.len());
    let texts = delivered.target.len() + delivered.sentence.len();
    signed((ROW_BYTES + texts + delivered.sent_head.len() + response) as u64)
}

impl Source {
    /// The attempts of a request, newest first.
    pub(crate) fn attempts(
        self,
        conn: &Connection,
        request: RequestId,
        depth: AttemptDepth,
    ) -> Result<Vec<Attempt>, StoreError> {
        let place = self.attempted(conn, request)?;
        let attempts = conn
            .prepare_cached(&format!("{} WHERE a.request = ?3 ORDER BY a.place DESC", column::SELECT))?
            .query_map(params![bytes(depth.heads), bytes(depth.bodies), place], |row| read(row, request))?
            .collect::<Result<_, _>>()?;
        Ok(attempts)
    }

    /// One attempt of a request, with all its content.
    pub(crate) fn attempt_at(self, conn: &Connection, request: RequestId, id: Seq) -> Result<Attempt, StoreError> {
        let place = self.attempted(conn, request)?;
        conn.prepare_cached(&format!("{} WHERE a.request = ?3 AND a.place = ?4", column::SELECT))?
            .query_row(params![i64::MAX, i64::MAX, place, row_key::row_key(self.key, id)?], |row| read(row, request))
            .optional()?
            .ok_or(StoreError::NotFound(Thing::Request))
    }

    /// The bin's newest attempts, newest first, at most `limit`: only what verdicts on them need.
    pub(crate) fn newest_attempts(self, conn: &Connection, limit: usize) -> Result<Vec<AttemptFacts>, StoreError> {
        let (low, high) = row_key::between(self.key, 0, Seq::MAX);
        let facts = conn
            .prepare_cached(
                "SELECT a.request, r.received_at, a.outcome, a.status, a.started_at, a.total_us, a.signature
                 FROM attempt a JOIN request r ON r.place = a.request
                 WHERE a.place > ? AND a.place < ? ORDER BY a.place DESC LIMIT ?",
            )?
            .query_map(params![low, high, signed(limit as u64)], |row| {
                let (at, outcome) = (Timestamp::from_micros(row.get(1)?), codes::read_outcome(row.get(2)?));
                // Only a complete response has a status here.
                let status = row.get::<_, Option<u16>>(3)?.filter(|_| outcome == Outcome::Answered);
                Ok(AttemptFacts {
                    request: RequestId::new(at, self.salt, row_key::seq_of(row.get(0)?)),
                    last: LastAttempt {
                        outcome,
                        status,
                        at: Timestamp::from_micros(row.get(4)?),
                        total_us: unsigned(row.get(5)?),
                    },
                    signature: row.get::<_, Option<i64>>(6)?.map(codes::signature_of),
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(facts)
    }

    /// The row key of a request that still exists.
    fn attempted(self, conn: &Connection, request: RequestId) -> Result<i64, StoreError> {
        let summary = self.by_seq(conn, request.seq())?.filter(|summary| summary.id == request);
        if summary.is_none() {
            return Err(StoreError::NotFound(Thing::Request));
        }
        Ok(row_key::looked_up(self.key, request.seq()))
    }

    /// The attempts above `after` as changes, oldest first. Attempts of deleted requests are deleted too.
    pub(crate) fn attempts_after(self, conn: &Connection, after: Seq, limit: usize) -> Result<Vec<Change>, StoreError> {
        let (low, high) = row_key::between(self.key, after, Seq::MAX);
        let changes = conn
            .prepare_cached(&format!(
                "{} WHERE a.place > ? AND a.place < ? ORDER BY a.place LIMIT ?",
                column::SELECT_WITHOUT_BYTES
            ))?
            .query_map(params![low, high, signed(limit as u64)], |row| {
                let at = Timestamp::from_micros(row.get(column::RECEIVED_AT)?);
                let request = RequestId::new(at, self.salt, row_key::seq_of(row.get(column::REQUEST)?));
                let attempt = read(row, request)?;
                Ok(Change { seq: attempt.id, bin: self.bin, what: ChangeKind::Attempt(attempt.into()) })
            })?
            .collect::<Result<_, _>>()?;
        Ok(changes)
    }
}

fn read(row: &Row<'_>, request: RequestId) -> Result<Attempt, rusqlite::Error> {
    let micros = |at: usize| row.get::<_, Option<i64>>(at).map(|value| value.map(unsigned));
    let blob = |at: usize| row.get::<_, Option<Vec<u8>>>(at).map(|bytes| bytes.map(Bytes::from));
    let status = row.get::<_, Option<i64>>(column::STATUS)?.and_then(|status| u16::try_from(status).ok());
    let response = match (status, blob(column::HEAD)?) {
        (Some(status), Some(head)) => Some(ReceivedResponse {
            status,
            head,
            body: blob(column::BODY)?.unwrap_or_default(),
            body_size: unsigned(row.get(column::BODY_SIZE)?),
            body_cut: row.get(column::BODY_CUT)?,
        }),
        _ => None,
    };
    Ok(Attempt {
        id: row_key::seq_of(row.get(column::ROW_KEY)?),
        request,
        why: codes::read_why(row.get(column::WHY)?),
        delivered: Delivered {
            target: row.get(column::TARGET)?,
            started_at: Timestamp::from_micros(row.get(column::STARTED_AT)?),
            outcome: codes::read_outcome(row.get(column::OUTCOME)?),
            sentence: row.get(column::SENTENCE)?,
            sent_head: blob(column::SENT_HEAD)?.unwrap_or_default(),
            sent_body_size: unsigned(row.get(column::SENT_BODY)?),
            signature: row.get::<_, Option<i64>>(column::SIGNATURE)?.map(codes::signature_of),
            response,
            times: Times {
                total: unsigned(row.get(column::TOTAL_US)?),
                resolve: micros(column::RESOLVE_US)?,
                connect: micros(column::CONNECT_US)?,
                tls: micros(column::TLS_US)?,
                first_byte: micros(column::FIRST_BYTE_US)?,
            },
        },
    })
}
