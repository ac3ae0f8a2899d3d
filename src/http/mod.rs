//! HTTP as sent: one lenient reader for each part of a message. Any bytes can be read; nothing is refused or changed.

pub(crate) mod coding;
mod content_type;
pub(crate) mod cover;
mod field_lines;
pub(crate) mod fields;
pub(crate) mod form;
pub(crate) mod forwarded;
mod head;
mod header_names;
mod headers;
pub(crate) mod multipart;
mod scan;
mod target;
pub(crate) mod text;

pub(crate) use content_type::{ContentType, essence};
pub(crate) use field_lines::{FieldLine, split_head};
pub use head::Head;
pub(crate) use header_names::HeaderNames;
pub(crate) use headers::Header;
pub use headers::Headers;
pub(crate) use scan::HeadScan;
pub(crate) use target::Target;
