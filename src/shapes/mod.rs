//! The JSON shapes that API, live stream and command line share. Names are fixed: clients are written against them.

mod bin;
mod event;
mod request;

pub use bin::{BinShape, PairShape, ResponseSettingsShape, SecretShape};
pub use event::EventShape;
pub use request::{FreshnessShape, RequestShape, SignatureShape, SummaryShape};
