//! The JSON shapes that API, live stream and command line share. Names are fixed: clients are written against them.

mod bin;
mod event;
mod request;

pub use bin::{AnswerShape, BinShape, CountsShape, FaultShape, LimitsShape, PairShape, ResponseShape, SecretShape};
pub use event::{EventShape, event_name};
pub use request::{
    BodyShape, ClientShape, EventFactsShape, FieldShape, FreshnessShape, GivenShape, RequestShape, SignatureShape,
    SummaryShape,
};
