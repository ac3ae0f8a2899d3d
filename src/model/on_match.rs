//! Telling somebody else of requests that a filter finds.

use serde::{Deserialize, Serialize};

/// Whom a bin tells of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnMatch {
    /// Requests that this finds; everything when it is empty.
    #[serde(default)]
    pub filter: String,
    /// The URL that is posted to.
    pub to: String,
    /// Also when nothing came for so many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence_s: Option<u64>,
    /// Only what this finds ends a silence; without it, whatever came does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence_filter: Option<String>,
    /// Tell nothing for now.
    #[serde(default)]
    pub paused: bool,
}
