//! Committed changes, in the order of commits; live streams carry and replay them.

use std::sync::Arc;

use strum::IntoStaticStr;

use super::{Attempt, BinId, CapturedRequest, Freshness, JobStatus, Marks, RequestId, RequestSummary, Seq, Verdict};

/// One committed change of a bin. `seq` comes from the same sequence as the requests', so that one cursor orders
/// everything.
#[derive(Debug, Clone)]
pub struct Change {
    /// The cursor; for a captured request its own `seq`.
    pub seq: Seq,
    /// The bin that it happened in, or to.
    pub bin: BinId,
    /// What happened.
    pub what: ChangeKind,
}

/// What a change did, with what subscribers need of it.
#[derive(Debug, Clone, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum ChangeKind {
    /// A request was captured (or imported).
    Request(Arc<CapturedRequest>),
    /// One request was deleted by its owner.
    Deleted {
        /// Its id.
        id: RequestId,
    },
    /// Many requests were deleted by their owner; clients fetch the list again.
    Cleared {
        /// How many.
        count: u64,
    },
    /// Retention removed the oldest requests up to and including this `seq`, other than pinned ones.
    Evicted {
        /// The newest that was removed.
        through: Seq,
        /// How many.
        count: u64,
    },
    /// Read flag, pin, note or tags changed.
    Marked {
        /// Of which request.
        id: RequestId,
        /// As they are now.
        marks: Marks,
    },
    /// A sender that waited was answered, by hand or by the target.
    Changed(Box<RequestSummary>),
    /// The verdict was computed again and came out differently.
    Verdict {
        /// Of which request.
        id: RequestId,
        /// As it is now.
        verdict: Verdict,
        /// As it is now.
        freshness: Freshness,
    },
    /// A request was sent, with this result. In replayed changes, heads and bodies are left out.
    Attempt(Arc<Attempt>),
    /// Progress of reverifying the bin. Not kept for replay.
    Progress {
        /// Requests looked at.
        done: u64,
        /// Requests to look at.
        total: u64,
        /// Whether it is over.
        finished: bool,
    },
    /// Progress or end of a job. Not kept for replay.
    Job(JobStatus),
    /// The bin's settings or secrets changed.
    Bin,
    /// The bin is gone; nothing follows.
    BinDeleted,
}

impl ChangeKind {
    /// The `type` of its message, and the `event` of a server-sent event.
    pub fn name(&self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_has_the_name_of_its_message() {
        assert_eq!((ChangeKind::Bin.name(), ChangeKind::BinDeleted.name()), ("bin", "bin_deleted"));
        assert_eq!(ChangeKind::Cleared { count: 1 }.name(), "cleared");
    }
}
