//! The bytes.

use askama::Template;

use super::BodyBox;
use crate::export::Normalised;
use crate::model::{CapturedRequest, HeadSource};
use crate::server::console::pages::format::{self, Seen};
use crate::server::console::security::without_session;

/// Head as text, body in hexadecimal, downloads.
#[derive(Debug, Template)]
#[template(path = "tabs/raw.html")]
pub(crate) struct RawTab {
    /// The head with its line ends made visible.
    head: String,
    /// The whole head is recorded from the wire.
    wire: bool,
    /// The body came in chunks, whose ends are not kept.
    chunks: bool,
    api: String,
    /// Bytes of head and body.
    sizes: String,
    body: BodyBox,
}

impl RawTab {
    pub(crate) fn new(request: &CapturedRequest, api: &str, body: BodyBox) -> Self {
        let raw = request.head.raw();
        Self {
            head: without_session(String::from_utf8_lossy(raw).into_owned()),
            wire: match request.summary.head_source {
                HeadSource::Wire => true,
                HeadSource::Parsed => false,
            },
            chunks: Normalised::of(request).chunks,
            api: api.to_owned(),
            sizes: format!("head {}, body {}", format::size(raw.len() as u64), format::size(request.summary.body_size)),
            body,
        }
    }
}
