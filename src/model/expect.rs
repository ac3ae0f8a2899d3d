//! What a bin's owner expects of its sender.

use serde::{Deserialize, Serialize};

use super::Timestamp;

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
    /// Header fields that the sender was told to send.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<ExpectedHeader>,
    /// What was said of the checklist's points by hand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stated: Vec<StatedPoint>,
    /// JSON Schemas of the owner's own, one for an event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schemas: Vec<EventSchema>,
}

impl ExpectSettings {
    /// The schema for that event.
    pub fn schema(&self, event: &str) -> Option<&EventSchema> {
        self.schemas.iter().find(|one| one.event == event)
    }
}

/// A header field that the sender was told to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedHeader {
    /// Its name, as the owner writes it.
    pub name: String,
    /// The SHA-256 of its value, in hex: it is mostly a credential. `None` where any will do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// A JSON Schema of the owner's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSchema {
    /// The event's name.
    pub event: String,
    /// The schema.
    pub schema: serde_json::Value,
    /// When it was set.
    pub at: Timestamp,
}

/// What was said of a point of the checklist by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedPoint {
    /// The point's name.
    pub point: String,
    /// Where that can be seen.
    pub note: String,
    /// When it was said.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_of_an_event_is_found_by_its_name() {
        let schema =
            |event: &str| EventSchema { event: event.to_owned(), schema: true.into(), at: Timestamp::default() };
        let settings = ExpectSettings { schemas: vec![schema("a"), schema("b")], ..ExpectSettings::default() };
        assert_eq!((settings.schema("b"), settings.schema("c")), (Some(&schema("b")), None));
    }
}
