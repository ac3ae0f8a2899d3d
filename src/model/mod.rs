//! The domain: plain data and parsing. No I/O, no framework. Everything may import it; it imports only `http` and `json`.

mod attempt;
mod bin;
mod change;
mod check;
mod clock;
pub mod document;
mod expect;
pub mod filter;
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

pub use attempt::{Attempt, AttemptFacts, Delivered, LastAttempt, Outcome, ReceivedResponse, Times, Why};
pub use bin::{
    Bin, BinCounts, BinLimits, BinSettings, Declaration, Lost, Secret, SecretHint, SecretId, SecretValue, SignatureMode,
};
pub use change::{Change, ChangeKind};
pub use check::{CaseReport, CaseState, CheckReport, ShotReport, Snippet};
pub use clock::{Clock, Timestamp};
pub use expect::{EventSchema, ExpectSettings, ExpectedHeader, StatedPoint};
pub use forward::{ForwardAnswer, ForwardCursor, ForwardSettings, Forwarded, Lane, Retries, Route, Routed};
pub use id::{BinId, BinName, RequestId, Seq};
pub use job::{JobState, JobStatus};
pub use name::kept_name;
pub use network::Network;
pub use on_match::OnMatch;
pub use origin::{MAX_HOPS, Origin};
pub use passed::{PassedAnswer, PassedHead};
pub use rejection::Rejection;
pub use request::{
    CapturedRequest, Client, HeadSource, Marks, MarksPatch, NewRequest, Repeat, RequestSummary, SentResponse,
};
pub use response::{Fault, FaultKind, Hold, Response, ResponseHeader, ResponseSettings};
pub use size::{parse_size, size_text};
pub use verdict::{Derived, EventFacts, Freshness, FreshnessStatus, SameBefore, SignatureStatus, Verdict};
