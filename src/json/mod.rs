//! JSON as written: read without conversion, at any size and depth, even if broken.
//!
//! [`scan()`] reads a text into an [`Outline`]: its values with their places. [`tree`] and [`Pointer`] read by it; [`pick`] takes a few
//! values out of a text in one pass without building anything.

pub mod edit;
mod error;
mod find;
pub mod inspected;
mod number;
mod outline;
pub mod php_forms;
pub mod pick;
mod pointer;
mod pretty;
pub mod pretty_python;
pub mod print;
mod scan;
mod strings;
#[cfg(test)]
mod tests;
pub mod text_forms;
mod tokens;
pub mod tree;

pub use error::JsonError;
pub use find::JsonHits;
pub use outline::{JsonNode, JsonPage, NodeId, NodeKind, Outline};
pub use pointer::Pointer;
pub use pretty::pretty;
pub use scan::{scan, value_at};
pub use strings::unescape;
