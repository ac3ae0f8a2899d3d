//! A batch's transaction.

use std::collections::hash_map::Entry;

use rusqlite::{Connection, params};

use super::codes::JournalKind;
use super::effects::{BinEffect, Delta, Effects, Touch};
use super::shared::Shared;
use super::statements::CaptureStatements;
use super::values::{signed, to_json};
use crate::model::{BinId, Change, ChangeKind, Seq, Timestamp};
use crate::store::error::{StoreError, Thing};

/// The open transaction of a batch.
pub(crate) struct Tx<'a> {
    pub(crate) conn: &'a Connection,
    pub(crate) shared: &'a Shared,
    /// When the batch was begun.
    pub(crate) now: Timestamp,
    pub(crate) effects: Effects,
    /// Prepared by the batch's first capture.
    pub(crate) captures: Option<CaptureStatements<'a>>,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(conn: &'a Connection, shared: &'a Shared) -> Self {
        Self { conn, shared, now: shared.clock.now(), effects: Effects::default(), captures: None }
    }

    /// Looks the bin up and notes that the batch touches it.
    pub(crate) fn touch(&mut self, bin: BinId) -> Result<&mut Touch, StoreError> {
        if self.effects.bins.iter().any(|effect| matches!(effect, BinEffect::Removed(removed) if *removed == bin)) {
            return Err(StoreError::NotFound(Thing::Bin));
        }
        match self.effects.touched.entry(bin) {
            Entry::Occupied(touched) => Ok(touched.into_mut()),
            Entry::Vacant(vacant) => {
                let key = self.shared.bins.key(bin).ok_or(StoreError::NotFound(Thing::Bin))?;
                let wanted = self.shared.listener.wants(bin);
                Ok(vacant.insert(Touch { key, wanted, delta: Delta::default() }))
            }
        }
    }

    /// Queues a change for publication after the commit, if the listener wants it.
    pub(crate) fn publish(&mut self, bin: BinId, seq: Seq, what: ChangeKind) {
        if self.effects.touched.get(&bin).is_some_and(|touched| touched.wanted) {
            self.effects.changes.push(Change { seq, bin, what });
        }
    }

    /// Writes a change to the journal, for replay.
    pub(crate) fn journal<T: serde::Serialize>(
        &mut self,
        key: i64,
        seq: Seq,
        kind: JournalKind,
        data: &T,
    ) -> Result<(), StoreError> {
        self.conn.prepare_cached("INSERT INTO change (seq, bin, kind, data) VALUES (?, ?, ?, ?)")?.execute(params![
            signed(seq),
            key,
            kind as i64,
            to_json(data)?
        ])?;
        self.effects.journaled += 1;
        Ok(())
    }

    /// Keeps a cursor that no row records from being given out again.
    pub(crate) fn keep_seq(&mut self, seq: Seq) {
        self.effects.keep_seq = self.effects.keep_seq.max(seq);
    }

    /// Writes the changed tallies: the last statements before the commit, one per bin.
    pub(crate) fn write_tallies(&self) -> Result<(), StoreError> {
        for touch in self.effects.touched.values() {
            if touch.delta == (Delta { floor: touch.delta.floor, ..Delta::default() }) {
                continue;
            }
            let delta = &touch.delta;
            self.conn
                .prepare_cached(
                    "UPDATE tally SET requests = requests + ?2, unread = unread + ?3, pinned = pinned + ?4,
                            bytes = bytes + ?5, pinned_bytes = pinned_bytes + ?6, evicted = evicted + ?7,
                            rejected = rejected + ?8, last_request_at = coalesce(?9, last_request_at)
                     WHERE bin = ?1",
                )?
                .execute(params![
                    touch.key,
                    delta.requests,
                    delta.unread,
                    delta.pinned,
                    delta.bytes,
                    delta.pinned_bytes,
                    delta.evicted,
                    delta.rejected,
                    delta.last_request_at.map(Timestamp::as_micros),
                ])?;
            if let Some((seq, through, count)) = delta.eviction {
                self.conn
                    .prepare_cached(
                        "UPDATE tally SET evicted_seq = ?2, evicted_through = ?3, evicted_count = ?4 WHERE bin = ?1",
                    )?
                    .execute(params![touch.key, signed(seq), signed(through), signed(count)])?;
            }
        }
        if self.effects.keep_seq > 0 {
            self.conn
                .prepare_cached("UPDATE meta SET value = max(value, ?) WHERE name = 'seq'")?
                .execute([signed(self.effects.keep_seq)])?;
        }
        Ok(())
    }
}
