//! What a bin's owner expects of its sender.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// What a bin's owner expects of its sender. The platform's own values apply to what is not set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExpectSettings {
    /// The events that were chosen at the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// Seconds without a request after which an unfinished session counts as incomplete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence_s: Option<u64>,
    /// Header fields that the sender should send.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<ExpectedHeader>,
    /// Points of the checklist that were confirmed by hand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stated: Vec<StatedPoint>,
    /// The owner's JSON Schemas, one per event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schemas: Vec<EventSchema>,
}

impl ExpectSettings {
    /// The owner's schema for that event; the name must be the same to the letter.
    pub fn schema(&self, event: &str) -> Option<&EventSchema> {
        self.schemas.iter().find(|one| one.event == event)
    }

    /// Sets the schema of an event. They stay in the order of the events' names.
    pub fn set_schema(&mut self, schema: EventSchema) {
        self.remove_schema(&schema.event);
        let place = self.schemas.partition_point(|one| one.event < schema.event);
        self.schemas.insert(place, schema);
    }

    /// Removes the schema of an event.
    pub fn remove_schema(&mut self, event: &str) {
        self.schemas.retain(|one| one.event != event);
    }

    /// Confirms a point by hand, in place of an earlier confirmation.
    pub fn state(&mut self, stated: StatedPoint) {
        self.take_back(&stated.point);
        self.stated.push(stated);
    }

    /// Takes back the confirmation of a point.
    pub fn take_back(&mut self, point: &str) {
        self.stated.retain(|one| one.point != point);
    }
}

/// A header field that the sender should send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedHeader {
    /// Its name, as the owner writes it.
    pub name: String,
    /// The SHA-256 of its value, in hex, because it is mostly a credential. `None` accepts any value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// A JSON Schema of the owner's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSchema {
    /// The event's name.
    pub event: String,
    /// The JSON Schema, checked when it was set.
    pub schema: serde_json::Value,
    /// When it was last set.
    pub at: Timestamp,
}

/// A point of the checklist that was confirmed by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedPoint {
    /// The point's name in the API.
    pub point: String,
    /// Where this can be seen.
    pub note: String,
    /// When it was last confirmed.
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
