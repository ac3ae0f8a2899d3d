//! What a bin's owner expects of its sender.

use serde::{Deserialize, Serialize};

/// What a bin's owner expects of its sender. What is not set is the platform's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExpectSettings {
    /// The events that were chosen at the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// Seconds without a request after which a session that has not ended is missing what it lacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence_s: Option<u64>,
}
