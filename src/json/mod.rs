//! JSON as written: read without conversion, at any size and depth, even if broken.
//!
//! [`scan()`] reads a text into an [`Outline`]: its values with their places. [`tree`] and [`Pointer`] read by it;
//! [`pick`] and [`value_at`] take a few values out of a text in one pass without building anything.

pub(crate) mod edit;
mod error;
mod find;
pub(crate) mod inspected;
mod number;
mod outline;
pub(crate) mod php_forms;
pub(crate) mod pick;
mod pointer;
mod pretty;
pub(crate) mod pretty_python;
pub(crate) mod print;
mod scan;
mod strings;
#[cfg(test)]
mod tests;
pub(crate) mod text_forms;
mod tokens;
pub(crate) mod tree;
mod written;

pub(crate) use error::JsonError;
pub(crate) use find::JsonHits;
pub(crate) use outline::{JsonNode, JsonPage, NodeId};
pub use outline::{NodeKind, Outline};
pub use pointer::Pointer;
pub(crate) use pointer::{key_of, step_of};
pub(crate) use pretty::pretty;
pub use scan::scan;
pub use strings::unescape;
pub(crate) use written::value_at;
