//! A response, ready to be sent, and who may answer in its place.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::model::{Fault, PassedHead};
use crate::store::Stored;

/// A response, ready to be sent.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// The status, 200 to 599.
    pub status: u16,
    /// The headers in order; repeats are allowed. Valid names and values.
    pub headers: Arc<Vec<(String, String)>>,
    pub body: Bytes,
    /// The wait before it is sent.
    pub delay: Duration,
    /// The deliberate fault, if this response gets one (already drawn by chance). Boxed, because few responses have
    /// one and every request's future is moved.
    pub fault: Option<Box<Fault>>,
    /// Where the request was stored; `None` when it was not.
    pub stored: Option<Stored>,
    /// Who may answer in its place. Without such an answer, this response is sent.
    pub instead: Option<Box<Instead>>,
}

impl Outgoing {
    /// A short JSON response of Creel's own.
    #[must_use]
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::with(status, vec![("Content-Type".to_owned(), "application/json".to_owned())], body.to_string())
    }

    /// An error: `{"ok": false, "error": …}`, the form that the guides' receivers use.
    #[must_use]
    pub(crate) fn error(status: u16, error: &str) -> Self {
        Self::json(status, &serde_json::json!({"ok": false, "error": error}))
    }

    /// A temporary error: `Retry-After` asks the sender to try again in a second.
    #[must_use]
    pub(crate) fn retry(status: u16, error: &str) -> Self {
        let mut response = Self::error(status, error);
        Arc::make_mut(&mut response.headers).push(("Retry-After".to_owned(), "1".to_owned()));
        response
    }

    /// A response from these parts, sent without delay.
    #[must_use]
    pub(crate) fn with(status: u16, headers: Vec<(String, String)>, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: Arc::new(headers),
            body: body.into(),
            delay: Duration::ZERO,
            fault: None,
            stored: None,
            instead: None,
        }
    }
}

/// A response that is not the bin's own. Kept apart from [`Outgoing`], which every request has and which must stay
/// small to move.
#[derive(Debug)]
pub(crate) struct Answered {
    /// The response. When a head is passed on, its headers are what Creel adds.
    pub response: Outgoing,
    /// The head sent in place of the response's own.
    pub head: Option<Box<PassedHead>>,
}

/// Who answers, after the request is stored.
pub(crate) struct Instead {
    /// Their response; `None` when they gave none.
    pub answer: Pin<Box<dyn Future<Output = Option<Answered>> + Send>>,
    /// Whether the wait ends when the sender leaves or the server stops. A target has its own time-out.
    pub ends_early: bool,
    /// Who is asked next when there was no response.
    pub otherwise: Option<Box<Otherwise>>,
}

/// Starts asking the next one.
pub(super) type Otherwise = dyn FnOnce() -> Option<Instead> + Send;

impl std::fmt::Debug for Instead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instead").field("ends_early", &self.ends_early).finish_non_exhaustive()
    }
}
