//! Zoom. Source: developers.zoom.us, "Using webhooks".

use super::{Detail, EventInput, Provider, Reading, detail_list, json_notes};

pub(super) static PROVIDER: Provider = Provider {
    id: "zoom",
    name: "Zoom",
    schemes: &["zoom"],
    own_header: false,
    events: &["endpoint.url_validation", "meeting.started", "meeting.ended", "recording.completed"],
    docs: "https://developers.zoom.us/docs/api/webhooks/",
    duplicates: "The same event, event_ts and meeting.",
    marks: &["x-zm-signature", "x-zm-request-timestamp", "x-zm-trackingid"],
    confirm: None,
    read,
    details,
};

fn read(input: &EventInput<'_>) -> Reading {
    let json = input.pick(&["/event", "/event_ts", "/payload/object/uuid", "/payload/object/id"]);
    let session = json.scalar(2).or_else(|| json.scalar(3));
    let duplicate_key = match (json.text(0), json.scalar(1)) {
        (Some(event), Some(at)) if json.whole => {
            Some(format!("{event}:{at}:{}", session.as_deref().unwrap_or_default()))
        }
        (_, _) => None,
    };
    Reading {
        name: json.text(0).map(str::to_owned),
        session: session.map(std::borrow::Cow::into_owned),
        delivery_id: input.owned_header("x-zm-trackingid"),
        duplicate_key,
        notes: json_notes(&json),
    }
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&["/payload/object/topic", "/payload/account_id"]);
    detail_list([("topic", json.scalar(0)), ("account", json.scalar(1))])
}
