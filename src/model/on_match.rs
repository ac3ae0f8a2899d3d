//! On match: posts a message when a filter finds requests.

use serde::{Deserialize, Serialize};

/// What a bin reports, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnMatch {
    /// The filter; an empty one finds every request.
    #[serde(default)]
    pub filter: String,
    /// The URL that is posted to.
    pub to: String,
    /// Also report when no request came for this many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence_s: Option<u64>,
    /// Only requests that this filter finds end a silence; without it, all do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence_filter: Option<String>,
    /// Report nothing for now.
    #[serde(default)]
    pub paused: bool,
}
