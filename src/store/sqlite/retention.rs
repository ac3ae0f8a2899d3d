//! Enforces the limits: number and age per bin, bytes over all bins. Also purges deleted bins and the journal's old
//! rows.
//!
//! Evictions run in the same transactions as the inserts, in chunks, so that a capture never waits for a large one.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

use rusqlite::{Connection, params};

use super::bins::Entry;
use super::effects::{BinEffect, Effects};
use super::evict::{Row, delete_at, evict, remove, row_at};
use super::shared::Shared;
use super::tx::Tx;
use super::values::{signed, unsigned};
use super::{codes, row_key};
use crate::model::{BinId, Seq, Timestamp};
use crate::store::error::StoreError;

/// Most rows that one batch evicts or purges: a few milliseconds of work.
const CHUNK: u64 = 512;
/// While captures arrive, a bin's rows are evicted at least this many at a time.
const WORTHWHILE: u64 = 256;
/// How long fewer rows than that wait for more.
const PATIENCE: Duration = Duration::from_millis(10);
/// How long an idle writer waits after a batch that failed: a disk that is full stays so for a while.
const RETRY: Duration = Duration::from_secs(1);
/// Most bins that one batch evicts from; each needs its own cursor.
const MAX_BINS: usize = 16;
/// How often bins are searched for requests that are too old.
const AGE_TICK_US: i64 = 1_000_000;
/// Journal rows that are kept, and how many more may accumulate before they are trimmed.
const JOURNAL_ROWS: u64 = 10_000;
const JOURNAL_SLACK: u64 = 1_000;

/// What retention still has to remove.
#[derive(Debug, Default)]
pub(crate) struct Retention {
    /// Bins that hold more requests than their limit.
    over: HashSet<BinId>,
    /// Bins that may hold requests beyond their age limit.
    aged: Vec<BinId>,
    /// The limit of bytes is exceeded.
    over_bytes: bool,
    /// Every request up to this cursor is pinned or deleted, in all bins.
    floor: Seq,
    /// Keys of deleted bins whose rows are still in the database.
    to_purge: Vec<i64>,
    /// Rows of the journal.
    journaled: u64,
    /// What the run took off before the commit: the key of a purged bin, rows of the journal.
    taken_off: (Option<i64>, u64),
    /// The last batch failed.
    failed: bool,
    next_age_check: i64,
    /// The clock for ages.
    ages: Ages,
    /// The last run found nothing to remove for the limit of bytes: wait for a change.
    stuck: bool,
}

/// A clock for ages that ignores a forward jump of the system's clock: all requests would be too old at once.
#[derive(Debug, Default)]
struct Ages {
    /// The accepted difference between the system's clock and the steady one.
    offset: Option<i64>,
    /// When the system's clock jumped, by the steady clock.
    jumped: Option<i64>,
}

/// A larger step within [`AGE_TICK_US`] is a jump.
const JUMP_US: i64 = 60_000_000;
/// A jump is accepted after this time.
const BELIEVED_US: i64 = 3_600_000_000;

impl Ages {
    /// The time by the accepted difference.
    fn now(&mut self, shared: &Shared) -> Timestamp {
        let now = self.at(shared.clock.now().as_micros(), shared.clock.steady());
        shared.clock_jumped.store(self.jumped.is_some(), Ordering::Relaxed);
        Timestamp::from_micros(now)
    }

    /// What time it is when the clocks say this.
    fn at(&mut self, now: i64, steady: i64) -> i64 {
        let offset = now - steady;
        let believed = *self.offset.get_or_insert(offset);
        let ahead = offset - believed;
        if ahead <= JUMP_US {
            self.offset = Some(offset);
            self.jumped = None;
        } else {
            let jumped = *self.jumped.get_or_insert_with(|| {
                let seconds = ahead / 1_000_000;
                tracing::warn!(seconds, "the clock has jumped ahead: for an hour nothing is removed for its age by it");
                steady
            });
            if steady - jumped >= BELIEVED_US {
                self.offset = Some(offset);
                self.jumped = None;
            }
        }
        steady + self.offset.unwrap_or(offset)
    }
}

impl Retention {
    pub(crate) fn load(shared: &Shared, conn: &Connection) -> Result<Self, rusqlite::Error> {
        let to_purge =
            conn.prepare("SELECT bin FROM doomed")?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        // Quick: the number of journal rows is bounded.
        let journaled: i64 = conn.query_row("SELECT count(*) FROM change", [], |row| row.get(0))?;
        let mut retention = Self { to_purge, journaled: unsigned(journaled), ..Self::default() };
        retention.ages.now(shared);
        for entry in shared.bins.all() {
            retention.look_at(shared, &entry);
        }
        retention.over_bytes = is_over_bytes(shared);
        Ok(retention)
    }

    /// How long the writer may wait for captures before it continues with retention; `None` when nothing is to be
    /// removed.
    pub(crate) fn patience(&self) -> Option<Duration> {
        let more = !self.aged.is_empty()
            || (self.over_bytes && !self.stuck)
            || !self.to_purge.is_empty()
            || self.journaled > JOURNAL_ROWS + JOURNAL_SLACK;
        let soon = if more {
            Duration::ZERO
        } else if self.over.is_empty() {
            return None;
        } else {
            PATIENCE
        };
        Some(if self.failed { RETRY } else { soon })
    }

    /// Whether there is work that does not wait for the next capture.
    pub(crate) fn is_behind(&self) -> bool {
        self.patience().is_some()
    }

    /// Looks at intervals for bins with requests beyond their age limit.
    pub(crate) fn plan(&mut self, shared: &Shared) {
        let now = shared.clock.now().as_micros();
        if now < self.next_age_check && self.next_age_check - now <= AGE_TICK_US {
            return;
        }
        self.next_age_check = now + AGE_TICK_US;
        self.ages.now(shared);
        self.aged = shared
            .bins
            .all()
            .into_iter()
            .filter(|entry| max_age_us(shared, entry) > 0 && entry.holds.tally.lock().counts.requests > 0)
            .map(|entry| entry.state.bin.id)
            .collect();
    }

    /// How many cursors the next run needs.
    pub(crate) fn cursors(&self) -> u64 {
        let bins = self.over.len().min(MAX_BINS) + self.aged.len().min(MAX_BINS);
        let cursors = bins + if self.over_bytes && !self.stuck { MAX_BINS } else { 0 };
        // At least one, or the run would not happen.
        if cursors == 0 && self.is_behind() { 1 } else { cursors as u64 }
    }

    /// Removes a chunk of rows beyond the limits. `seq` is the first of the cursors that [`Retention::cursors`] asked
    /// for.
    pub(crate) fn run(&mut self, tx: &mut Tx<'_>, mut seq: Seq) -> Result<(), StoreError> {
        let mut room = CHUNK;
        // Captures go first: a few rows wait until there are more, or until no capture waits.
        let least = if tx.effects.captured > 0 { WORTHWHILE } else { 0 };
        let over: Vec<(BinId, u64)> = self
            .over
            .iter()
            .map(|bin| (*bin, Self::excess_in(tx, *bin)))
            .filter(|(_, excess)| *excess >= least)
            .take(MAX_BINS)
            .collect();
        for (bin, excess) in over {
            // At least twice the batch's captures, to keep up with a steady flow.
            let evicted = evict(tx, bin, seq, excess.min(room.max(2 * tx.effects.captured)), None)?;
            seq += 1;
            room = room.saturating_sub(evicted);
            // What is still over then is noted again by the commit.
            self.over.remove(&bin);
        }
        let due = self.aged.len().min(MAX_BINS);
        for bin in self.aged.drain(..due).collect::<Vec<_>>() {
            let Some(entry) = tx.shared.bins.entry(bin) else {
                continue;
            };
            let before = Timestamp::from_micros(
                self.ages.now(tx.shared).as_micros().saturating_sub(max_age_us(tx.shared, &entry)),
            );
            let evicted = evict(tx, bin, seq, room.max(1), Some(before))?;
            seq += 1;
            if evicted == room.max(1) {
                self.aged.push(bin);
            }
            room = room.saturating_sub(evicted);
        }
        if self.over_bytes && !self.stuck {
            self.evict_bytes(tx, seq)?;
        }
        self.purge(tx)?;
        self.trim_journal(tx)
    }

    /// After a rollback: forgets what the run noted as done.
    pub(crate) fn forget_run(&mut self, shared: &Shared) {
        let (purged, trimmed) = std::mem::take(&mut self.taken_off);
        self.to_purge.extend(purged);
        self.journaled += trimmed;
        self.rest();
        self.floor = 0;
        self.next_age_check = 0;
        self.stuck = false;
        self.over_bytes = is_over_bytes(shared);
        for entry in shared.bins.all() {
            self.look_at(shared, &entry);
        }
    }

    /// After a batch that failed: an idle writer does not try again at once.
    pub(crate) const fn rest(&mut self) {
        self.failed = true;
    }

    /// Notes what a commit changed, and updates the bins in memory.
    pub(crate) fn committed(&mut self, shared: &Shared, effects: &mut Effects) {
        self.taken_off = (None, 0);
        self.failed = false;
        let bins = std::mem::take(&mut effects.bins);
        let set: Vec<BinId> = bins.iter().filter_map(BinEffect::set_bin).collect();
        shared.bins.apply(bins);
        for (bin, touch) in &effects.touched {
            if touch.delta.pinned < 0 {
                self.floor = 0;
            }
            // Only bins that may be over a limit now: a run that found nothing must not start the next one.
            let grew = touch.delta.requests > touch.delta.pinned || set.contains(bin);
            let partly = touch.delta.eviction.is_some();
            if (grew || partly)
                && let Some(entry) = shared.bins.entry(*bin)
            {
                self.look_at(shared, &entry);
            }
        }
        self.to_purge.append(&mut effects.to_purge);
        self.journaled += effects.journaled;
        if !effects.touched.is_empty() {
            self.over_bytes = is_over_bytes(shared);
            self.stuck = self.stuck && self.over_bytes && effects.captured == 0;
        }
    }

    fn look_at(&mut self, shared: &Shared, entry: &Entry) {
        if excess(shared, entry) > 0 {
            self.over.insert(entry.state.bin.id);
        }
    }

    fn excess_in(tx: &Tx<'_>, bin: BinId) -> u64 {
        let Some(entry) = tx.shared.bins.entry(bin) else {
            return 0;
        };
        let coming = tx.effects.touched.get(&bin).map_or(0, |touch| touch.delta.requests - touch.delta.pinned);
        let limit = max_requests(tx.shared, &entry);
        let tally = *entry.holds.tally.lock();
        let counted = tally.counts.requests.saturating_sub(tally.pinned).saturating_add_signed(coming);
        if limit == 0 { 0 } else { counted.saturating_sub(limit) }
    }

    /// Removes the oldest requests of all bins.
    fn evict_bytes(&mut self, tx: &mut Tx<'_>, first: Seq) -> Result<(), StoreError> {
        let coming: i64 = tx.effects.touched.values().map(|touch| touch.delta.bytes - touch.delta.pinned_bytes).sum();
        let held = tx.shared.bins.evictable_bytes().saturating_add_signed(coming);
        let mut excess = held.saturating_sub(tx.shared.options.max_bytes);
        let mut oldest = Vec::new();
        {
            let mut statement =
                tx.conn.prepare_cached("SELECT seq, bin FROM content WHERE seq > ? ORDER BY seq LIMIT ?")?;
            let mut rows = statement.query(params![signed(self.floor), signed(CHUNK)])?;
            while let Some(row) = rows.next()? {
                oldest.push((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
            }
        }
        let looked_at_all = (oldest.len() as u64) < CHUNK;
        let mut bins: Vec<(i64, BinId, Vec<Row>)> = Vec::new();
        let mut floor = self.floor;
        for (seq, key) in oldest {
            if excess == 0 {
                break;
            }
            if let Some(bin) = tx.shared.bins.by_key(key)
                && let Some(row) = row_at(tx.conn, row_key::row_key(key, unsigned(seq))?)?
                && row.flags & codes::PINNED == 0
            {
                let at = match bins.iter().position(|(known, ..)| *known == key) {
                    Some(at) => at,
                    None if bins.len() == MAX_BINS => break,
                    None => {
                        bins.push((key, bin, Vec::new()));
                        bins.len() - 1
                    }
                };
                excess = excess.saturating_sub(row.bytes);
                bins[at].2.push(row);
            }
            floor = unsigned(seq);
        }
        self.floor = floor;
        self.stuck = bins.is_empty() && looked_at_all;
        for ((key, bin, rows), seq) in bins.into_iter().zip(first..) {
            // A bin deleted in this same batch is left to the purge.
            if tx.touch(bin).is_ok() {
                remove(tx, bin, key, seq, &rows, false)?;
            }
        }
        Ok(())
    }

    /// Removes a chunk of a deleted bin's rows.
    fn purge(&mut self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let Some(&key) = self.to_purge.last() else {
            return Ok(());
        };
        let (low, high) = row_key::between(key, 0, Seq::MAX);
        let row_keys: Vec<i64> = tx
            .conn
            .prepare_cached("SELECT place FROM request WHERE place > ? AND place < ? LIMIT ?")?
            .query_map(params![low, high, signed(CHUNK)], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for row_key in &row_keys {
            delete_at(tx.conn, *row_key)?;
        }
        if (row_keys.len() as u64) < CHUNK {
            let trimmed = tx.conn.prepare_cached("DELETE FROM change WHERE bin = ?")?.execute([key])?;
            tx.conn.prepare_cached("DELETE FROM doomed WHERE bin = ?")?.execute([key])?;
            self.take_off_journal(trimmed as u64);
            self.taken_off.0 = self.to_purge.pop();
        }
        Ok(())
    }

    fn take_off_journal(&mut self, rows: u64) {
        let rows = rows.min(self.journaled);
        self.journaled -= rows;
        self.taken_off.1 += rows;
    }

    fn trim_journal(&mut self, tx: &Tx<'_>) -> Result<(), StoreError> {
        if self.journaled <= JOURNAL_ROWS + JOURNAL_SLACK {
            return Ok(());
        }
        let surplus = (self.journaled - JOURNAL_ROWS).min(2 * JOURNAL_SLACK);
        let mut statement = tx.conn.prepare_cached(
            "DELETE FROM change WHERE seq IN (SELECT seq FROM change ORDER BY seq LIMIT ?) RETURNING bin, seq",
        )?;
        let gone: Vec<(i64, i64)> =
            statement.query_map([signed(surplus)], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        self.take_off_journal(gone.len() as u64);
        let mut newest: HashMap<i64, i64> = HashMap::new();
        for (bin, seq) in gone {
            let newest = newest.entry(bin).or_default();
            *newest = seq.max(*newest);
        }
        for (bin, seq) in newest {
            tx.conn
                .prepare_cached("UPDATE tally SET journal_from = max(journal_from, ?) WHERE bin = ?")?
                .execute([seq, bin])?;
        }
        Ok(())
    }
}

fn max_requests(shared: &Shared, entry: &Entry) -> u64 {
    entry.state.bin.settings.limits.max_requests.unwrap_or(shared.options.max_requests)
}

fn max_age_us(shared: &Shared, entry: &Entry) -> i64 {
    signed(entry.state.bin.settings.limits.max_age_s.unwrap_or(shared.options.max_age_s)).saturating_mul(1_000_000)
}

/// Pinned requests do not count: they stay anyway, and must not displace new ones.
fn excess(shared: &Shared, entry: &Entry) -> u64 {
    let limit = max_requests(shared, entry);
    let tally = *entry.holds.tally.lock();
    if limit == 0 { 0 } else { tally.counts.requests.saturating_sub(tally.pinned).saturating_sub(limit) }
}

fn is_over_bytes(shared: &Shared) -> bool {
    shared.options.max_bytes > 0 && shared.bins.evictable_bytes() > shared.options.max_bytes
}

#[cfg(test)]
mod runs;
#[cfg(test)]
mod tests;
