//! Changing and deleting what is stored. Runs on the writing thread.

use std::time::Duration;

use rusqlite::{OptionalExtension as _, params};

use super::bins::signed;
use super::codes::{self, Kind};
use super::evict::{delete_rows, row_at};
use super::rows;
use super::tx::Tx;
use super::{Rederived, StoreError, Stored, place};
use crate::model::{BinId, ChangeKind, Marks, MarksPatch, RequestId, RequestSummary, Seq};

impl Tx<'_> {
    /// Changes the marks of one request.
    pub(super) fn mark(
        &mut self,
        bin: BinId,
        id: RequestId,
        patch: &MarksPatch,
        number: Seq,
    ) -> Result<RequestSummary, StoreError> {
        let mut summary = self.summary(bin, id.seq())?.filter(|summary| summary.id == id).ok_or(GONE)?;
        self.apply(&mut summary, patch, number)?;
        Ok(summary)
    }

    /// Changes the marks of many requests; `numbers` starts as many numbers. Those that are gone are left out.
    pub(super) fn mark_many(
        &mut self,
        bin: BinId,
        seqs: &[Seq],
        patch: &MarksPatch,
        numbers: Seq,
    ) -> Result<u64, StoreError> {
        let mut changed = 0;
        for (seq, number) in seqs.iter().zip(numbers..) {
            if let Some(mut summary) = self.summary(bin, *seq)? {
                self.apply(&mut summary, patch, number)?;
                changed += 1;
            }
        }
        Ok(changed)
    }

    fn apply(&mut self, summary: &mut RequestSummary, patch: &MarksPatch, number: Seq) -> Result<(), StoreError> {
        let bin = summary.bin;
        let key = self.touch(bin)?.key;
        let before = summary.marks.clone();
        patched(&mut summary.marks, patch);
        if summary.marks == before {
            return Ok(());
        }
        let marks = &summary.marks;
        let bit = |set: bool, bit: i64| if set { bit } else { 0 };
        let bytes = self
            .conn
            .prepare_cached(
                "UPDATE request SET flags = (flags & ~?2) | ?3, note = ?4, tags = ?5
                 WHERE place = ?1 RETURNING head_size + body_size",
            )?
            .query_row(
                params![
                    place::place(key, summary.seq)?,
                    codes::READ | codes::PINNED,
                    bit(marks.read, codes::READ) | bit(marks.pinned, codes::PINNED),
                    marks.note,
                    rows::tags_column(&marks.tags),
                ],
                |row| row.get::<_, i64>(0),
            )?;
        self.journal(key, number, Kind::Marked, &(summary.id, marks))?;
        let delta = &mut self.touch(bin)?.delta;
        delta.unread += i64::from(before.read) - i64::from(marks.read);
        let pinned = i64::from(marks.pinned) - i64::from(before.pinned);
        delta.pinned += pinned;
        delta.pinned_bytes += pinned * bytes;
        if pinned < 0 {
            // Eviction has passed it by.
            delta.floor = Some(0);
        }
        self.publish(bin, number, ChangeKind::Marked { id: summary.id, marks: marks.clone() });
        Ok(())
    }

    /// Deletes one request.
    pub(super) fn delete(&mut self, bin: BinId, id: RequestId, number: Seq) -> Result<(), StoreError> {
        let summary = self.summary(bin, id.seq())?.filter(|summary| summary.id == id).ok_or(GONE)?;
        let key = self.touch(bin)?.key;
        let row = row_at(self.conn, place::place(key, summary.seq)?)?.ok_or(GONE)?;
        delete_rows(self, bin, &[row])?;
        self.journal(key, number, Kind::Deleted, &id)?;
        self.publish(bin, number, ChangeKind::Deleted { id });
        Ok(())
    }

    /// Deletes many requests. Those that are gone are left out.
    pub(super) fn delete_many(&mut self, bin: BinId, seqs: &[Seq], number: Seq) -> Result<u64, StoreError> {
        let key = self.touch(bin)?.key;
        let mut found = Vec::with_capacity(seqs.len());
        for seq in seqs {
            found.extend(row_at(self.conn, place::place(key, *seq)?)?);
        }
        let count = found.len() as u64;
        if count > 0 {
            delete_rows(self, bin, &found)?;
            self.journal(key, number, Kind::Cleared, &count)?;
            self.publish(bin, number, ChangeKind::Cleared { count });
        }
        Ok(count)
    }

    /// Writes facts that were derived anew; `numbers` starts as many numbers. Requests that are gone are left out.
    pub(super) fn rederive(&mut self, bin: BinId, facts: &[Rederived], numbers: Seq) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        for (new, number) in facts.iter().zip(numbers..) {
            let Some(old) = self.summary(bin, new.seq)? else {
                continue;
            };
            let mut derived = new.derived.clone();
            // The mark is this store's own; a new key looks for its first request among the earlier ones.
            let duplicate_hash = derived.event.duplicate_key.as_deref().map(rows::duplicate_hash);
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
                    place::place(key, new.seq)?,
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
                self.journal(key, number, Kind::Verdict, &(old.id, &verdict, &freshness))?;
                self.publish(bin, number, ChangeKind::Verdict { id: old.id, verdict, freshness });
            }
        }
        Ok(())
    }

    /// Notes what the sender got in the end.
    pub(super) fn answered(&self, stored: Stored, status: Option<u16>, took: Duration) -> Result<(), StoreError> {
        let bin: Option<i64> = self
            .conn
            .prepare_cached("SELECT bin FROM content WHERE seq = ?")?
            .query_row([signed(stored.seq)], |row| row.get(0))
            .optional()?;
        // Gone already: deleted or evicted meanwhile.
        let Some(bin) = bin else { return Ok(()) };
        self.conn.prepare_cached("UPDATE request SET status = ?2, duration_us = ?3 WHERE place = ?1")?.execute(
            params![place::place(bin, stored.seq)?, status, i64::try_from(took.as_micros()).unwrap_or(i64::MAX)],
        )?;
        Ok(())
    }

    fn summary(&mut self, bin: BinId, seq: Seq) -> Result<Option<RequestSummary>, StoreError> {
        let key = self.touch(bin)?.key;
        let salt = self.shared.salt;
        let summary = self
            .conn
            .prepare_cached(rows::BY_PLACE)?
            .query_row([place::place(key, seq)?], |row| rows::summary(row, bin, salt))
            .optional()?;
        Ok(summary)
    }
}

const GONE: StoreError = StoreError::NotFound("request");

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
