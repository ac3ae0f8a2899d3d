//! The bytes.

use askama::Template;

use super::super::format::Seen;
use super::BodyBox;

/// Head as text, body in hexadecimal, downloads.
#[derive(Debug, Template)]
#[template(path = "tabs/raw.html")]
pub struct RawTab {
    /// The head with its line ends made visible.
    pub head: String,
    /// The whole head is recorded from the wire.
    pub wire: bool,
    /// The request's API address.
    pub api: String,
    /// Bytes of head and body.
    pub sizes: String,
    /// The body.
    pub body: BodyBox,
}
