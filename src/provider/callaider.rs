//! CallAIder: lifecycle events of assistant sessions.
//! Source: the guide "Assistant webhooks". `session.started` and `session.ended`, one envelope, HMAC over the raw body.

use super::{Detail, EventInput, Provider, Reading, detail_list, disagreement, field_note, json_notes, key};
use crate::model::Timestamp;

const EVENT_HEADER: &str = "X-Callaider-Event";

pub(super) static PROVIDER: Provider = Provider {
    id: "callaider",
    name: "CallAIder",
    schemes: &["callaider"],
    own_header: false,
    events: &[],
    docs: "",
    duplicates: "The same sessionId and event.",
    marks: &["x-callaider-event", "x-callaider-signature"],
    confirm: None,
    read,
    details,
};

fn read(input: &EventInput<'_>) -> Reading {
    let json = input.pick(&["/event", "/sessionId", "/timestamp"]);
    let (body_event, session) = (json.text(0), json.text(1));
    let mut notes = json_notes(&json);
    if json.whole && body_event.is_some() {
        let is_text = |text: &str| !text.is_empty();
        notes.extend(field_note(&json, 1, "sessionId", PROVIDER.name, ("no text", is_text)));
        let is_time = |text: &str| text.parse::<Timestamp>().is_ok();
        notes.extend(field_note(&json, 2, "timestamp", PROVIDER.name, ("no time of RFC 3339", is_time)));
    }
    let texts = input.headers.all(EVENT_HEADER).filter_map(|value| std::str::from_utf8(value).ok());
    let mut headers = texts.filter(|text| !text.is_empty());
    let header_event = headers.next();
    if headers.any(|other| Some(other) != header_event) {
        notes.push(format!("The header {EVENT_HEADER} is there more than once, with different values."));
    }
    match (header_event, body_event) {
        (Some(header), Some(body)) if header != body => notes.push(disagreement(EVENT_HEADER, header, body)),
        (None, _) => notes.push(format!("The header {EVENT_HEADER} is missing; CallAIder always sends it.")),
        (Some(_), None) if json.there(0) => {
            notes.push("The body's event is no text, so that it cannot be the header's.".to_owned());
        }
        (Some(_), _) => {}
    }
    Reading {
        // The body's name is the one that the signature covers.
        name: body_event.or(header_event).map(str::to_owned),
        session: session.map(str::to_owned),
        delivery_id: None,
        duplicate_key: if json.whole { key([session, body_event]) } else { None },
        notes,
    }
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&[
        "/assistantId",
        "/data/reason",
        "/data/durationSeconds",
        "/data/metadata/sessionMode",
        "/data/metadata/callId",
    ]);
    let labels = ["assistant", "reason", "duration in seconds", "mode", "call"];
    detail_list(labels.into_iter().enumerate().map(|(index, label)| (label, json.scalar(index))))
}

/// The envelope: event, session and assistant. No other known platform has all three.
pub(super) fn has_shape(input: &EventInput<'_>) -> bool {
    if memchr::memmem::find(input.body, b"\"assistantId\"").is_none() {
        return false;
    }
    let json = input.pick(&["/event", "/sessionId", "/assistantId"]);
    json.text(0).is_some_and(|event| PROVIDER.event_names().any(|name| name == event))
        && json.text(1).is_some()
        && json.there(2)
}
