//! The domain: plain data and parsing. No I/O, no framework. Everything may import it; it imports only `http` and
//! `json`.

mod attempt;
mod bin;
mod change;
mod check;
mod clock;
pub(crate) mod document;
mod expect;
pub(crate) mod filter;
mod forward;
mod id;
mod job;
mod name;
mod network;
mod on_match;
mod origin;
mod passed;
mod rejection;
mod request;
mod response;
mod size;
mod verdict;

pub(crate) use attempt::{Attempt, AttemptFacts, Delivered, LastAttempt, Outcome, ReceivedResponse, Times, Why};
pub(crate) use bin::{Bin, BinCounts, BinLimits, Declaration, Lost, SecretHint, SecretId, SignatureMode};
pub use bin::{BinSettings, Secret, SecretValue};
pub(crate) use change::{Change, ChangeKind};
pub(crate) use check::{CaseReport, CaseState, CheckReport, ShotReport, Snippet};
pub use clock::{Clock, Timestamp};
pub(crate) use expect::{EventSchema, ExpectSettings, ExpectedHeader, StatedPoint};
pub(crate) use forward::{ForwardAnswer, ForwardCursor, ForwardSettings, Forwarded, Lane, Retries, Route, Routed};
pub use id::{BinId, RequestId};
pub(crate) use id::{BinName, Seq};
pub(crate) use job::{JobState, JobStatus};
pub(crate) use name::kept_name;
pub(crate) use network::Network;
pub(crate) use on_match::OnMatch;
pub(crate) use origin::MAX_HOPS;
pub use origin::Origin;
pub(crate) use passed::{PassedAnswer, PassedHead};
pub use rejection::Rejection;
pub use request::{CapturedRequest, Client, HeadSource, Marks, NewRequest, RequestSummary, SentResponse};
pub(crate) use request::{MarksPatch, Repeat};
pub(crate) use response::{Fault, FaultKind, Hold, Response, ResponseHeader, ResponseSettings};
pub(crate) use size::{parse_size, size_text};
pub use verdict::{Derived, FreshnessStatus, SignatureStatus};
pub(crate) use verdict::{EventFacts, Freshness, SameBefore, Verdict};
