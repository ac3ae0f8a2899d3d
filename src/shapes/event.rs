//! How a change is shown on the live stream.

use serde::Serialize;

use super::{AttemptShape, FreshnessShape, JobShape, SignatureShape, SummaryShape};
use crate::model::{Change, ChangeKind, Marks, RequestId, Seq};

/// One message of the live stream: `{"seq", "type", …}`.
#[derive(Debug, Serialize)]
pub(crate) struct EventShape<'a> {
    /// The cursor.
    pub seq: Seq,
    /// What happened, with its facts.
    #[serde(flatten)]
    pub what: ChangeShape<'a>,
}

/// The facts of one message, by type.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ChangeShape<'a> {
    /// A request was captured.
    Request {
        id: RequestId,
        /// All that lists show.
        request: Box<SummaryShape<'a>>,
    },
    /// A request was deleted.
    Deleted { id: RequestId },
    /// Many requests were deleted.
    Cleared { count: u64 },
    /// Retention removed requests.
    Evicted {
        /// The newest removed one.
        through: Seq,
        count: u64,
    },
    /// Read flag, pin, note or tags changed.
    Marked {
        /// Of which request.
        id: RequestId,
        /// As they are now.
        #[serde(flatten)]
        marks: &'a Marks,
    },
    /// A sender that waited was answered, by hand or by the target.
    Changed {
        /// Which request.
        id: RequestId,
        /// All that lists show.
        request: Box<SummaryShape<'a>>,
    },
    /// The verdict was computed again and came out differently.
    Verdict {
        /// Of which request.
        id: RequestId,
        /// As it is now.
        signature: SignatureShape<'a>,
        /// As it is now.
        freshness: FreshnessShape,
    },
    /// A request was sent.
    Attempt {
        /// Of which request.
        id: RequestId,
        /// The attempt, without heads and bodies.
        attempt: Box<AttemptShape<'a>>,
    },
    /// Progress of long work.
    Progress {
        /// Requests looked at.
        done: u64,
        /// Requests to look at.
        total: u64,
        /// Whether it is over.
        finished: bool,
    },
    /// Progress or end of a job.
    Job { job: JobShape },
    /// The bin's settings or secrets changed.
    Bin,
    /// The bin was deleted; nothing follows.
    BinDeleted,
}

impl<'a> From<&'a Change> for EventShape<'a> {
    fn from(change: &'a Change) -> Self {
        let what = match &change.what {
            ChangeKind::Request(request) => {
                ChangeShape::Request { id: request.summary.id, request: Box::new((&request.summary).into()) }
            }
            ChangeKind::Changed(summary) => {
                ChangeShape::Changed { id: summary.id, request: Box::new((&**summary).into()) }
            }
            ChangeKind::Deleted { id } => ChangeShape::Deleted { id: *id },
            ChangeKind::Cleared { count } => ChangeShape::Cleared { count: *count },
            ChangeKind::Evicted { through, count } => ChangeShape::Evicted { through: *through, count: *count },
            ChangeKind::Marked { id, marks } => ChangeShape::Marked { id: *id, marks },
            ChangeKind::Verdict { id, verdict, freshness } => {
                ChangeShape::Verdict { id: *id, signature: verdict.into(), freshness: freshness.into() }
            }
            ChangeKind::Attempt(attempt) => {
                ChangeShape::Attempt { id: attempt.request, attempt: Box::new(AttemptShape::facts(attempt)) }
            }
            ChangeKind::Progress { done, total, finished } => {
                ChangeShape::Progress { done: *done, total: *total, finished: *finished }
            }
            ChangeKind::Job(status) => ChangeShape::Job { job: status.into() },
            ChangeKind::Bin => ChangeShape::Bin,
            ChangeKind::BinDeleted => ChangeShape::BinDeleted,
        };
        Self { seq: change.seq, what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::BinId;

    #[test]
    fn every_message_names_its_type_as_the_stream_does() {
        let bin = BinId::generate();
        let id = RequestId::new(crate::model::Timestamp::default(), 1, 2);
        for what in [
            ChangeKind::Deleted { id },
            ChangeKind::Cleared { count: 3 },
            ChangeKind::Evicted { through: 4, count: 1 },
            ChangeKind::Marked { id, marks: Marks::default() },
            ChangeKind::Progress { done: 1, total: 2, finished: false },
            ChangeKind::Bin,
            ChangeKind::BinDeleted,
        ] {
            let name = what.name();
            let change = Change { seq: 7, bin, what };
            let json = serde_json::to_value(EventShape::from(&change)).unwrap();
            assert_eq!((json["seq"].as_u64(), json["type"].as_str()), (Some(7), Some(name)));
        }
    }
}
