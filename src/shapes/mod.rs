//! The JSON shapes that API, live stream and command line share. Names are fixed: clients are written against them.

mod attempt;
mod bin;
mod check;
mod event;
mod forward;
mod job;
mod request;
mod send;
mod signature;

pub use attempt::{AttemptShape, LastAttemptShape};
pub use bin::{BinShape, PairShape, ResponseSettingsShape, SecretShape};
pub use check::CheckShape;
pub use event::EventShape;
pub use forward::{ForwardShape, ForwardStateShape, HealthShape};
pub use job::JobShape;
pub use request::{FreshnessShape, RequestShape, SignatureShape, SummaryShape};
pub use send::SentEventShape;
pub use signature::ExplainedShape;
