//! The views of a request, one file each.

mod body;
mod code;
mod compare;
mod event;
mod raw;
mod request;
mod signature;
mod tree;

pub use body::{BodyBox, BodyChoice, BodyPlaces, codings, open_body};
pub use code::{CodeChoice, CodeTab};
pub use compare::{Choice, CompareTab, DiffRow, DiffSection};
pub use event::{EventTab, Neighbour};
pub use raw::RawTab;
pub use request::RequestTab;
pub use signature::{DiagnosisLine, SignatureTab};
pub use tree::TreePart;
