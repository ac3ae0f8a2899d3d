//! The domain: plain data and parsing. No I/O, no framework; everything may import this, it imports nothing of ours.

mod bin;
mod change;
mod clock;
pub mod filter;
mod head;
mod headers;
mod id;
mod names;
pub mod pick;
mod request;
mod response;
mod scan;
mod target;
mod verdict;

pub use bin::{Bin, BinCounts, BinLimits, BinSettings, Secret, SecretHint, SecretId, SecretValue, SignatureMode};
pub use change::{Change, ChangeKind};
pub use clock::{Clock, Timestamp};
pub use head::{Head, text};
pub use headers::{Header, Headers};
pub use id::{BinId, BinName, RequestId, Seq};
pub use names::HeaderNames;
pub use request::{
    AnswerGiven, CapturedRequest, Client, HeadSource, Marks, MarksPatch, NewRequest, Rejection, Repeat, RequestSummary,
};
pub use response::{Answer, CustomResponse, Fault, FaultKind, ResponseHeader};
pub use scan::{HeadScan, RequestLine};
pub use target::{Target, form_pairs};
pub use verdict::{Derived, EventFacts, Freshness, FreshnessStatus, SignatureStatus, Verdict};
