//! Platforms without their own file: the places where most of them put the event's name and id.

use super::{EventInput, Reading};

const IDS: [&str; 6] =
    ["idempotency-key", "x-webhook-id", "x-delivery-id", "x-request-id", "x-event-id", "x-webhook-delivery-id"];
const NAMES: [&str; 4] = ["x-event-type", "x-webhook-event", "x-webhook-topic", "x-event-key"];

pub(super) fn read(input: &EventInput<'_>) -> Reading {
    let header_name = NAMES.into_iter().find_map(|name| input.owned_header(name));
    let header_id = IDS.into_iter().find_map(|name| input.owned_header(name));
    if input.is_form() && input.json == input.body {
        let field = |names: &[&str]| names.iter().find_map(|name| input.form(name));
        return Reading {
            name: header_name.or_else(|| field(&["event", "event_type", "eventType", "type", "topic", "action"])),
            session: field(&["sessionId", "session_id", "conversation_id", "call_id"]),
            delivery_id: header_id.or_else(|| field(&["event_id", "eventId", "webhook_id"])),
            ..Reading::default()
        };
    }
    let json = input.pick(&[
        "/event",
        "/type",
        "/event_type",
        "/eventType",
        "/topic",
        "/action",
        "/event_id",
        "/eventId",
        "/webhook_id",
        "/sessionId",
        "/session_id",
        "/conversation_id",
        "/call_id",
        "/event/type",
        "/event/name",
        "/event/id",
        "/call/call_id",
        "/data/conversation_id",
    ]);
    let first = |indexes: &[usize]| indexes.iter().find_map(|&index| json.text(index)).map(str::to_owned);
    let event_id = first(&[6, 7, 15]);
    Reading {
        name: header_name.or_else(|| first(&[0, 13, 14, 1, 2, 3, 4, 5])),
        session: first(&[9, 10, 11, 12, 16, 17]),
        // An id of the event itself is the same in every delivery; an id of the delivery may not be.
        duplicate_key: if json.whole { event_id.clone() } else { None },
        delivery_id: header_id.or(event_id).or_else(|| first(&[8])),
        notes: Vec::new(),
    }
}
