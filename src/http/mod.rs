//! HTTP as sent: one lenient reader for each part of a message. Any bytes can be read; nothing is refused or changed.

pub mod coding;
mod content_type;
pub mod cover;
mod field_lines;
pub mod fields;
pub mod form;
mod head;
mod header_names;
mod headers;
pub mod multipart;
mod scan;
mod target;
pub mod text;

pub use content_type::{ContentType, essence};
pub use field_lines::{FieldLine, split_head};
pub use head::Head;
pub use header_names::HeaderNames;
pub use headers::{Header, Headers};
pub use scan::HeadScan;
pub use target::Target;
