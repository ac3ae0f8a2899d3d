//! A batch's transaction, and what it will change in memory once it is committed.

use rusqlite::{Connection, params};

use super::StoreError;
use super::bins::{BinEffect, signed, to_json};
use super::by_bin::ByBin;
use super::codes::Kind;
use super::insert::Inserter;
use super::shared::Shared;
use crate::model::{BinId, Change, ChangeKind, Seq, Timestamp};

/// The open transaction of a batch.
pub(super) struct Tx<'a> {
    /// The writing connection.
    pub(super) conn: &'a Connection,
    pub(super) shared: &'a Shared,
    /// When the batch was begun.
    pub(super) now: Timestamp,
    pub(super) effects: Effects,
    pub(super) inserter: Option<Inserter<'a>>,
}

/// What happens in memory after the commit.
#[derive(Default)]
pub(super) struct Effects {
    /// The bins whose tally changes.
    pub(super) touched: ByBin<Touch>,
    pub(super) changes: Vec<Change>,
    pub(super) bins: Vec<BinEffect>,
    /// Numbers of deleted bins whose rows are still there.
    pub(super) doomed: Vec<i64>,
    /// A cursor that no row proves; 0 for none.
    pub(super) keep_seq: Seq,
    /// Rows added to the journal.
    pub(super) journaled: u64,
    /// Requests stored.
    pub(super) captured: u64,
    /// Bytes written, about; for the checkpointer.
    pub(super) bytes: u64,
}

/// A bin in this transaction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Touch {
    /// Its number.
    pub(super) key: i64,
    /// Whether somebody wants its changes.
    pub(super) wanted: bool,
    pub(super) delta: Delta,
}

/// How a tally changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Delta {
    pub(super) requests: i64,
    pub(super) unread: i64,
    pub(super) pinned: i64,
    pub(super) bytes: i64,
    pub(super) pinned_bytes: i64,
    pub(super) evicted: i64,
    pub(super) rejected: i64,
    pub(super) last_request_at: Option<Timestamp>,
    /// `seq`, `through` and `count` of an eviction.
    pub(super) eviction: Option<(Seq, Seq, u64)>,
    pub(super) floor: Option<Seq>,
}

/// To go back to when a task fails.
pub(super) struct Mark {
    touched: ByBin<Touch>,
    changes: usize,
    bins: usize,
    doomed: usize,
    keep_seq: Seq,
    journaled: u64,
    captured: u64,
}

impl Effects {
    pub(super) fn mark(&self) -> Mark {
        Mark {
            touched: self.touched.clone(),
            changes: self.changes.len(),
            bins: self.bins.len(),
            doomed: self.doomed.len(),
            keep_seq: self.keep_seq,
            journaled: self.journaled,
            captured: self.captured,
        }
    }

    pub(super) fn go_back(&mut self, mark: Mark) {
        self.touched = mark.touched;
        self.changes.truncate(mark.changes);
        self.bins.truncate(mark.bins);
        self.doomed.truncate(mark.doomed);
        self.keep_seq = mark.keep_seq;
        self.journaled = mark.journaled;
        self.captured = mark.captured;
    }
}

impl<'a> Tx<'a> {
    pub(super) fn new(conn: &'a Connection, shared: &'a Shared) -> Self {
        Self { conn, shared, now: shared.clock.now(), effects: Effects::default(), inserter: None }
    }

    /// The bin, to be read or changed.
    pub(super) fn touch(&mut self, bin: BinId) -> Result<&mut Touch, StoreError> {
        if self.effects.bins.iter().any(|effect| matches!(effect, BinEffect::Removed(removed) if *removed == bin)) {
            return Err(StoreError::NotFound("bin"));
        }
        match self.effects.touched.entry(bin) {
            std::collections::hash_map::Entry::Occupied(touched) => Ok(touched.into_mut()),
            std::collections::hash_map::Entry::Vacant(vacant) => {
                let key = self.shared.bins.key(bin).ok_or(StoreError::NotFound("bin"))?;
                let wanted = self.shared.listener.wants(bin);
                Ok(vacant.insert(Touch { key, wanted, delta: Delta::default() }))
            }
        }
    }

    /// To be published after the commit, if somebody wants it.
    pub(super) fn publish(&mut self, bin: BinId, seq: Seq, what: ChangeKind) {
        if self.effects.touched.get(&bin).is_some_and(|touched| touched.wanted) {
            self.effects.changes.push(Change { seq, bin, what });
        }
    }

    /// Writes a change to the journal, for replay.
    pub(super) fn journal<T: serde::Serialize>(
        &mut self,
        key: i64,
        seq: Seq,
        kind: Kind,
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

    /// Sees to it that the cursor is not given out again although no row will prove it.
    pub(super) fn keep_seq(&mut self, seq: Seq) {
        self.effects.keep_seq = self.effects.keep_seq.max(seq);
    }

    /// The last statements before the commit: once per bin and batch.
    pub(super) fn write_tallies(&self) -> Result<(), StoreError> {
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
