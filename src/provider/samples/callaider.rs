//! CallAIder, from the guide "Assistant webhooks": two events, one envelope, system headers that custom ones do not
//! replace.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::dialogue::{self, Extra, Turn};
use super::{Content, Mode, SampleEvent, Sender, Story};
use crate::model::Timestamp;

pub(crate) static SENDER: Sender = Sender {
    provider: "callaider",
    events: &[
        SampleEvent { name: "session.started", about: "a session begins" },
        SampleEvent { name: "session.ended", about: "a session ends: reason, duration, transcript" },
    ],
    system: &["content-type", "x-callaider-event", "x-callaider-signature"],
    name_at: Some("/event"),
    fill_at: Some("/data/transcript/1/content"),
    body,
    head: |event, _| vec![("X-Callaider-Event", event.to_owned())],
    session: |story| vec![("session.started", Duration::ZERO), ("session.ended", story.duration())],
    from_start: true,
    voice_only: &[],
};

const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

fn body(event: &str, story: &Story, fill: usize) -> Content {
    let (at, data) = match event {
        "session.started" => (story.started(), started(story)),
        _ => (story.ended, ended(story, fill)),
    };
    Content::Json(json!({
        "event": event,
        "timestamp": at.to_string(),
        "assistantId": 100 + story.number("assistant", 900),
        "sessionId": story.session(),
        "data": data,
    }))
}

fn started(story: &Story) -> Value {
    let mode: &str = story.mode.into();
    let mut metadata = json!({"userAgent": BROWSER, "sessionMode": mode});
    if story.mode == Mode::Voice {
        metadata["callId"] = format!("call-{}", story.hex("call", 12)).into();
    }
    json!({"metadata": metadata})
}

fn ended(story: &Story, fill: usize) -> Value {
    let reason = match story.number("reason", 3) {
        0 => "user_ended",
        1 => "assistant_ended",
        _ => "client_disconnect",
    };
    let messages: Vec<Value> = dialogue::turns(story, fill).iter().map(|turn| message(story, turn)).collect();
    json!({"reason": reason, "durationSeconds": story.duration().as_secs(), "transcript": messages})
}

fn message(story: &Story, turn: &Turn) -> Value {
    let at: Timestamp = story.started();
    let at = at.as_millis() + i64::try_from(turn.at.as_millis()).unwrap_or_default();
    let mut message = Map::new();
    message.insert("role".to_owned(), turn.role.name().into());
    message.insert("content".to_owned(), turn.text.as_str().into());
    message.insert("timestamp".to_owned(), at.into());
    let arguments =
        json!({"customerId": format!("c-{}", story.number("customer", 90_000)), "slot": "2026-06-05T15:00"});
    match turn.extra {
        Extra::None => {}
        Extra::FindSlots => {
            let slots = json!({"slots": ["2026-06-05T10:30", "2026-06-05T15:00"]});
            let call =
                json!({"name": "find_slots", "arguments": {"day": "2026-06-05", "minutes": 30}, "result": slots});
            message.insert("toolCall".to_owned(), call);
        }
        Extra::BookingFails => {
            let call = json!({"name": "book_slot", "arguments": arguments, "error": "calendar_timeout"});
            message.insert("toolCall".to_owned(), call);
        }
        Extra::Booking => {
            let result = json!({"booked": true, "appointmentId": format!("a-{}", story.number("appointment", 90_000))});
            let call = json!({"name": "book_slot", "arguments": arguments, "result": result});
            message.insert("toolCall".to_owned(), call);
        }
        Extra::File => {
            let uri = format!("gs://callaider-uploads/sessions/{}/insurance-card.pdf", story.session());
            let file = json!({"gcsUri": uri, "mimeType": "application/pdf", "filename": "insurance-card.pdf"});
            message.insert("files".to_owned(), json!([file]));
        }
    }
    Value::Object(message)
}
