//! What a batch changes in memory once it is committed.

use rustc_hash::FxHashMap;

use crate::model::{Bin, BinId, Change, Seq, Timestamp};

/// What a row costs in the log beyond its bytes.
const ROW_BYTES: u64 = 512;
/// Rows that a batch writes beside those it counts, about.
const OTHER_ROWS: u64 = 8;

/// Everything that a batch changes. The map is read for every request. A cheap hash is enough: Creel makes the ids at
/// random, so senders cannot aim at collisions.
#[derive(Default)]
pub(crate) struct Effects {
    /// The bins that were read or changed.
    pub(crate) touched: FxHashMap<BinId, Touch>,
    /// The changes to publish, in no particular order.
    pub(crate) changes: Vec<Change>,
    pub(crate) bins: Vec<BinEffect>,
    /// Keys of deleted bins whose rows are still in the database.
    pub(crate) to_purge: Vec<i64>,
    /// A used cursor that no row records; 0 for none.
    pub(crate) keep_seq: Seq,
    /// Rows added to the journal.
    pub(crate) journaled: u64,
    pub(crate) captured: u64,
    /// Bytes written, about, beside what each row costs.
    pub(crate) bytes: u64,
}

/// A bin in the batch's transaction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Touch {
    pub(crate) key: i64,
    /// Whether the listener wants its changes.
    pub(crate) wanted: bool,
    pub(crate) delta: Delta,
}

/// How a tally changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Delta {
    pub(crate) requests: i64,
    pub(crate) unread: i64,
    pub(crate) pinned: i64,
    pub(crate) bytes: i64,
    pub(crate) pinned_bytes: i64,
    pub(crate) evicted: i64,
    pub(crate) rejected: i64,
    pub(crate) last_request_at: Option<Timestamp>,
    /// `seq`, `through` and `count` of an eviction.
    pub(crate) eviction: Option<(Seq, Seq, u64)>,
    pub(crate) floor: Option<Seq>,
}

/// How the set of bins changes.
#[derive(Debug)]
pub(crate) enum BinEffect {
    /// Made or changed.
    Set {
        key: i64,
        /// As it is now.
        bin: Box<Bin>,
    },
    Removed(BinId),
}

impl BinEffect {
    /// The bin that was made or changed.
    pub(crate) fn set_bin(&self) -> Option<BinId> {
        match self {
            Self::Set { bin, .. } => Some(bin.id),
            Self::Removed(_) => None,
        }
    }
}

/// A state of the effects, restored when a task fails.
pub(crate) struct Mark {
    touched: FxHashMap<BinId, Touch>,
    changes: usize,
    bins: usize,
    to_purge: usize,
    keep_seq: Seq,
    journaled: u64,
    captured: u64,
}

impl Effects {
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            touched: self.touched.clone(),
            changes: self.changes.len(),
            bins: self.bins.len(),
            to_purge: self.to_purge.len(),
            keep_seq: self.keep_seq,
            journaled: self.journaled,
            captured: self.captured,
        }
    }

    /// Bytes that the batch takes in the log, about; for the checkpointer.
    pub(crate) const fn log_bytes(&self) -> u64 {
        self.bytes + ROW_BYTES * (self.captured + self.journaled + OTHER_ROWS)
    }

    pub(crate) fn go_back(&mut self, mark: Mark) {
        self.touched = mark.touched;
        self.changes.truncate(mark.changes);
        self.bins.truncate(mark.bins);
        self.to_purge.truncate(mark.to_purge);
        self.keep_seq = mark.keep_seq;
        self.journaled = mark.journaled;
        self.captured = mark.captured;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_takes_its_bytes_in_the_log_and_as_much_for_each_row() {
        let log = |bytes, captured, journaled| Effects { journaled, captured, bytes, ..Effects::default() }.log_bytes();
        let none = log(0, 0, 0);
        let row = log(0, 1, 0) - none;
        assert!(none > 0 && row > 0);
        for (bytes, captured, journaled) in [(1, 0, 0), (0, 2, 0), (0, 0, 1), (1_000_000, 3, 5)] {
            let expected = none + bytes + row * (captured + journaled);
            assert_eq!(log(bytes, captured, journaled), expected, "{bytes} {captured} {journaled}");
        }
    }
}
