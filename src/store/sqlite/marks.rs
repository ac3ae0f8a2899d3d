//! Changes and deletes stored requests. Runs on the writing thread.

use std::time::Duration;

use rusqlite::{OptionalExtension as _, params};

use super::codes::{self, JournalKind};
use super::columns::SELECT_ONE;
use super::evict::{delete_rows, row_at};
use super::tx::Tx;
use super::values::{micros, signed};
use super::{row_key, rows};
use crate::model::{BinId, ChangeKind, Marks, MarksPatch, RequestId, RequestSummary, Seq, Timestamp};
use crate::store::error::{StoreError, Thing};
use crate::store::types::{Reverified, Stored};

impl Tx<'_> {
    /// Changes the marks of one request; one that is gone is an error.
    pub(crate) fn mark(
        &mut self,
        bin: BinId,
        id: RequestId,
        patch: &MarksPatch,
        seq: Seq,
    ) -> Result<RequestSummary, StoreError> {
        let mut summary = self.summary(bin, id.seq())?.filter(|summary| summary.id == id).ok_or(GONE)?;
        self.apply(&mut summary, patch, seq)?;
        Ok(summary)
    }

    /// Changes the marks of many requests, with one cursor each from `first` on. Those that are gone are left out.
    pub(crate) fn mark_many(
        &mut self,
        bin: BinId,
        seqs: &[Seq],
        patch: &MarksPatch,
        first: Seq,
    ) -> Result<u64, StoreError> {
        let mut changed = 0;
        for (request, seq) in seqs.iter().zip(first..) {
            if let Some(mut summary) = self.summary(bin, *request)? {
                self.apply(&mut summary, patch, seq)?;
                changed += 1;
            }
        }
        Ok(changed)
    }

    fn apply(&mut self, summary: &mut RequestSummary, patch: &MarksPatch, seq: Seq) -> Result<(), StoreError> {
        let bin = summary.bin;
        let key = self.touch(bin)?.key;
        let before = summary.marks.clone();
        patched(&mut summary.marks, patch);
        if summary.marks == before {
            return Ok(());
        }
        let marks = &summary.marks;
        let bytes = self
            .conn
            .prepare_cached(
                "UPDATE request SET flags = (flags & ~?2) | ?3, note = ?4, tags = ?5
                 WHERE place = ?1 RETURNING head_size + body_size + attempt_bytes",
            )?
            .query_row(
                params![
                    row_key::row_key(key, summary.seq)?,
                    codes::READ | codes::PINNED,
                    rows::mark_bits(marks),
                    marks.note,
                    rows::tags_column(&marks.tags),
                ],
                |row| row.get::<_, i64>(0),
            )?;
        self.journal(key, seq, JournalKind::Marked, &(summary.id, marks))?;
        let delta = &mut self.touch(bin)?.delta;
        delta.unread += i64::from(before.read) - i64::from(marks.read);
        let pinned = i64::from(marks.pinned) - i64::from(before.pinned);
        delta.pinned += pinned;
        delta.pinned_bytes += pinned * bytes;
        if pinned < 0 {
            // Eviction has skipped this request, so it must start again from the beginning.
            delta.floor = Some(0);
        }
        self.publish(bin, seq, ChangeKind::Marked { id: summary.id, marks: marks.clone() });
        Ok(())
    }

    /// Deletes one request, also a pinned one; one that is gone is an error.
    pub(crate) fn delete(&mut self, bin: BinId, id: RequestId, seq: Seq) -> Result<(), StoreError> {
        let summary = self.summary(bin, id.seq())?.filter(|summary| summary.id == id).ok_or(GONE)?;
        let key = self.touch(bin)?.key;
        let row = row_at(self.conn, row_key::row_key(key, summary.seq)?)?.ok_or(GONE)?;
        delete_rows(self, bin, &[row])?;
        self.shared.seen.lock().forget(key);
        self.journal(key, seq, JournalKind::Deleted, &id)?;
        self.publish(bin, seq, ChangeKind::Deleted { id });
        Ok(())
    }

    /// Deletes many requests. Those that are gone are left out.
    pub(crate) fn delete_many(&mut self, bin: BinId, seqs: &[Seq], seq: Seq) -> Result<u64, StoreError> {
        let key = self.touch(bin)?.key;
        let mut found = Vec::with_capacity(seqs.len());
        for request in seqs {
            found.extend(row_at(self.conn, row_key::looked_up(key, *request))?);
        }
        let count = found.len() as u64;
        if count > 0 {
            delete_rows(self, bin, &found)?;
            self.shared.seen.lock().forget(key);
            self.journal(key, seq, JournalKind::Cleared, &count)?;
            self.publish(bin, seq, ChangeKind::Cleared { count });
        }
        Ok(count)
    }

    /// Writes new facts, with one cursor each from `first` on. Requests that are gone are left out.
    pub(crate) fn reverify(&mut self, bin: BinId, facts: &[Reverified], first: Seq) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        for (new, seq) in facts.iter().zip(first..) {
            let Some(old) = self.summary(bin, new.seq)? else {
                continue;
            };
            let mut derived = new.derived.clone();
            // The store itself finds which request this one repeats: for a new key, it looks for the first request with
            // that key.
            let duplicate_hash = derived.event.duplicate_key.as_deref().map(rows::duplicate_hash);
            derived.event.same_before = old.derived.event.same_before;
            derived.event.duplicate_of = if derived.event.duplicate_key == old.derived.event.duplicate_key {
                old.derived.event.duplicate_of
            } else {
                match derived.event.duplicate_key.as_deref().zip(duplicate_hash) {
                    None => None,
                    Some((duplicate_key, hash)) => {
                        self.first_with_key(key, duplicate_key, hash)?.filter(|first| first.seq() < new.seq)
                    }
                }
            };
            if derived == old.derived {
                continue;
            }
            let version = codes::version(old.http_version.as_bytes());
            let facts = rows::Facts::to_column(&derived, (version == 0).then_some(&*old.http_version));
            let event = &derived.event;
            self.conn
                .prepare_cached(
                    "UPDATE request SET flags = (flags & ~?2) | ?3, provider = ?4, event = ?5, session = ?6,
                            duplicate_key = ?7, duplicate_hash = ?8, duplicate_of = ?9, facts = ?10
                     WHERE place = ?1",
                )?
                .execute(params![
                    row_key::row_key(key, new.seq)?,
                    codes::DERIVED_BITS,
                    rows::derived_bits(&derived),
                    event.provider,
                    event.name,
                    event.session,
                    event.duplicate_key,
                    duplicate_hash,
                    event.duplicate_of.map(|id| id.to_bytes().to_vec()),
                    facts,
                ])?;
            if derived.verdict != old.derived.verdict || derived.freshness != old.derived.freshness {
                let (verdict, freshness) = (derived.verdict, derived.freshness);
                self.journal(key, seq, JournalKind::Verdict, &(old.id, &verdict, &freshness))?;
                self.publish(bin, seq, ChangeKind::Verdict { id: old.id, verdict, freshness });
            }
        }
        Ok(())
    }

    /// Notes the status that the sender finally got, if any, and when.
    pub(crate) fn answered(
        &mut self,
        stored: Stored,
        status: Option<u16>,
        took: Duration,
        seq: Seq,
    ) -> Result<(), StoreError> {
        // Gone already: deleted or evicted meanwhile.
        let Some(key) = self.key_of(stored)? else { return Ok(()) };
        let place = row_key::row_key(key, stored.seq)?;
        let (held, told): (bool, Option<u16>) = self
            .conn
            .prepare_cached("SELECT held_until IS NOT NULL, status FROM request WHERE place = ?")?
            .query_row([place], |row| Ok((row.get(0)?, row.get(1)?)))?;
        self.conn
            .prepare_cached("UPDATE request SET status = ?2, duration_us = ?3, held_until = NULL WHERE place = ?1")?
            .execute(params![place, status, micros(took)])?;
        self.shared.seen.lock().answered(stored.seq, status);
        if !held && told == status {
            return Ok(());
        }
        self.tell_changed(key, stored, seq)
    }

    /// Notes that the request's sender now waits for an answer by hand.
    pub(crate) fn held(&mut self, stored: Stored, until: Timestamp, seq: Seq) -> Result<(), StoreError> {
        let Some(key) = self.key_of(stored)? else { return Ok(()) };
        self.conn
            .prepare_cached("UPDATE request SET held_until = ?2, status = NULL WHERE place = ?1")?
            .execute(params![row_key::row_key(key, stored.seq)?, until.as_micros()])?;
        self.tell_changed(key, stored, seq)
    }

    /// The key of the bin that has the request.
    fn key_of(&self, stored: Stored) -> Result<Option<i64>, StoreError> {
        let key = self
            .conn
            .prepare_cached("SELECT bin FROM content WHERE seq = ?")?
            .query_row([signed(stored.seq)], |row| row.get(0))
            .optional()?;
        Ok(key)
    }

    /// Tells subscribers that lists show the request differently now.
    fn tell_changed(&mut self, key: i64, stored: Stored, seq: Seq) -> Result<(), StoreError> {
        // The same text as the id's own; a bin that is gone has no watchers.
        let id: Option<String> = self
            .conn
            .prepare_cached("SELECT id FROM bin WHERE key = ?")?
            .query_row([key], |row| row.get(0))
            .optional()?;
        let Some(bin) = id.and_then(|id| id.parse().ok()) else { return Ok(()) };
        if let Some(summary) = self.summary(bin, stored.seq)? {
            self.journal(key, seq, JournalKind::Changed, &summary.id)?;
            self.publish(bin, seq, ChangeKind::Changed(Box::new(summary)));
        }
        Ok(())
    }

    fn summary(&mut self, bin: BinId, seq: Seq) -> Result<Option<RequestSummary>, StoreError> {
        let key = self.touch(bin)?.key;
        let salt = self.shared.salt;
        let summary = self
            .conn
            .prepare_cached(SELECT_ONE)?
            .query_row([row_key::looked_up(key, seq)], |row| rows::summary(row, bin, salt))
            .optional()?;
        Ok(summary)
    }
}

/// The request was deleted or evicted meanwhile.
const GONE: StoreError = StoreError::NotFound(Thing::Request);

fn patched(marks: &mut Marks, patch: &MarksPatch) {
    marks.read = patch.read.unwrap_or(marks.read);
    marks.pinned = patch.pinned.unwrap_or(marks.pinned);
    if let Some(note) = &patch.note {
        marks.note = (!note.is_empty()).then(|| note.clone());
    }
    if let Some(tags) = &patch.tags {
        marks.tags.clone_from(tags);
        marks.tags.sort_unstable();
        marks.tags.dedup();
    }
}
