//! How far forwarding is: the queue is the table of requests, with a cursor per bin.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::read::Source;
use super::tx::Tx;
use super::values::{signed, unsigned};
use super::{codes, row_key};
use crate::model::{BinId, ForwardCursor, Forwarded, Seq, Timestamp};
use crate::store::error::StoreError;

impl Tx<'_> {
    /// Notes what came of forwarding a request. With `after`, everything up to it is over, provided that the cursor is still
    /// there; whether it was.
    pub(crate) fn forwarded(
        &mut self,
        bin: BinId,
        seq: Seq,
        what: Forwarded,
        after: Option<Seq>,
    ) -> Result<bool, StoreError> {
        let key = self.touch(bin)?.key;
        self.conn
            .prepare_cached("UPDATE request SET forwarded = ?2 WHERE place = ?1")?
            .execute(params![row_key::row_key(key, seq)?, codes::forwarded(what)])?;
        let Some(after) = after else { return Ok(true) };
        let moved = self
            .conn
            .prepare_cached("UPDATE forward SET through = ?2 WHERE bin = ?1 AND through = ?3")?
            .execute(params![key, signed(seq), signed(after)])?;
        Ok(moved > 0)
    }

    /// Puts the cursor there. `skipped` says that what lies between was passed over while it was paused.
    pub(crate) fn forward_from(&mut self, bin: BinId, through: Seq, skipped: bool) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        let before: Option<i64> = self
            .conn
            .prepare_cached("SELECT through FROM forward WHERE bin = ?")?
            .query_row([key], |row| row.get(0))
            .optional()?;
        let passed_over: i64 = match before.filter(|_| skipped) {
            None => 0,
            Some(before) => {
                let (low, high) = row_key::between(key, unsigned(before), through.saturating_add(1));
                self.conn
                    .prepare_cached("SELECT count(*) FROM request WHERE place > ? AND place < ?")?
                    .query_row([low, high], |row| row.get(0))?
            }
        };
        self.conn
            .prepare_cached(
                "INSERT INTO forward (bin, through) VALUES (?1, ?2)
                 ON CONFLICT (bin) DO UPDATE SET through = ?2, paused = paused + ?3",
            )?
            .execute(params![key, signed(through), passed_over])?;
        Ok(())
    }

    /// Counts requests that are about to be evicted and were still to be forwarded.
    pub(crate) fn count_unforwarded(&self, key: i64, seqs: impl Iterator<Item = Seq>) -> Result<(), StoreError> {
        let through: Option<i64> = self
            .conn
            .prepare_cached("SELECT through FROM forward WHERE bin = ?")?
            .query_row([key], |row| row.get(0))
            .optional()?;
        let Some(through) = through.map(unsigned) else { return Ok(()) };
        let waiting = seqs.filter(|seq| *seq > through).count() as u64;
        if waiting > 0 {
            self.conn
                .prepare_cached("UPDATE forward SET evicted = evicted + ?2 WHERE bin = ?1")?
                .execute(params![key, signed(waiting)])?;
        }
        Ok(())
    }
}

impl Source {
    /// How far forwarding is; `None` when it never was on.
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

    /// How far forwarding is, and how many wait; `None` when it never was on.
    pub(crate) fn forward(self, conn: &Connection) -> Result<Option<(ForwardCursor, u64)>, StoreError> {
        let cursor = self.forward_cursor(conn)?;
        let Some(cursor) = cursor else { return Ok(None) };
        let (low, high) = row_key::between(self.key, cursor.through, Seq::MAX);
        let waiting: i64 = conn
            .prepare_cached("SELECT count(*) FROM request WHERE place > ? AND place < ?")?
            .query_row([low, high], |row| row.get(0))?;
        Ok(Some((cursor, unsigned(waiting))))
    }

    /// The cursor below the first request that was received at that moment or later.
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
