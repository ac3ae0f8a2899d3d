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

pub(crate) use attempt::{AttemptShape, LastAttemptShape};
pub(crate) use bin::{BinShape, PairShape, ResponseSettingsShape, SecretShape};
pub(crate) use check::CheckShape;
pub(crate) use event::EventShape;
pub(crate) use forward::{ForwardShape, ForwardStateShape, HealthShape};
pub(crate) use job::JobShape;
pub(crate) use request::{FreshnessShape, RequestShape, SignatureShape, SummaryShape};
pub(crate) use send::SentEventShape;
pub(crate) use signature::ExplainedShape;
