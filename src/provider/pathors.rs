//! Pathors: `postSessionWebhook`. Unsigned; the user's own headers prove the source.
//! Source: the page "Post-session webhook".

use super::{Detail, EventInput, Provider, Reading, detail_list, field_note, json_notes, key};

pub(super) static PROVIDER: Provider = Provider {
    id: "pathors",
    name: "Pathors",
    schemes: &[],
    own_header: true,
    events: &[],
    docs: "",
    duplicates: "The same sessionId and event.",
    marks: &[],
    confirm: None,
    read,
    details,
};

fn read(input: &EventInput<'_>) -> Reading {
    let json = input.pick(&["/event", "/sessionId", "/reason"]);
    let (event, session) = (json.text(0), json.text(1));
    let mut notes = json_notes(&json);
    if json.whole && event.is_some() {
        notes.extend(field_note(&json, 1, "sessionId", PROVIDER.name, ("no text", |text: &str| !text.is_empty())));
    }
    // `reason` is a deprecated alias of `event`, written with an underscore.
    if let (Some("session.ended"), Some(reason)) = (event, json.text(2))
        && !matches!(reason, "session_ended" | "session.ended")
    {
        notes.push(format!(
            "The field reason says “{}”, the field event says “session.ended”.",
            super::clipped(reason.to_owned())
        ));
    }
    Reading {
        name: event.map(str::to_owned),
        session: session.map(str::to_owned),
        delivery_id: None,
        duplicate_key: if json.whole { key([session, event]) } else { None },
        notes,
    }
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&["/projectId", "/callStatus", "/callDuration", "/messagesCount", "/currentNodeId"]);
    let labels = ["project", "call status", "call duration in seconds", "messages", "node"];
    detail_list(labels.into_iter().enumerate().map(|(index, label)| (label, json.scalar(index))))
}

/// One of the four events, a session, a timestamp, and a field that only this platform sends with that event.
pub(super) fn has_shape(input: &EventInput<'_>) -> bool {
    let json = input.pick(&[
        "/event",
        "/sessionId",
        "/timestamp",
        "/assistantId",
        "/currentNodeId",
        "/messagesCount",
        "/extractedVariables",
        "/callStatus",
        "/projectId",
        "/reason",
    ]);
    if json.text(1).is_none() || json.text(2).is_none() || json.there(3) {
        return false;
    }
    match json.text(0) {
        Some("session.ended") => (4..=6).any(|field| json.there(field)) || json.text(9) == Some("session_ended"),
        Some("call.ended") => json.there(7) || json.there(8),
        Some("session.finalized") => (4..=8).any(|field| json.there(field)),
        // What it holds after a failed recording is not documented: the name has to do.
        Some("recording.ready") => true,
        Some(_) | None => false,
    }
}
