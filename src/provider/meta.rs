//! Meta: Facebook pages, Instagram, WhatsApp. They share their signature header with others, so the body decides.
//! Source: developers.facebook.com, "Webhooks: getting started", "WhatsApp: webhook components".

use super::{Detail, EventInput, Provider, Reading, detail_list, json_notes};

pub(super) static PROVIDER: Provider = Provider {
    id: "meta",
    name: "Meta (Facebook, Instagram, WhatsApp)",
    // The record named after GitHub is the same scheme: hex HMAC-SHA256 of the body in X-Hub-Signature-256.
    schemes: &["github"],
    own_header: false,
    events: &["page.feed", "page.messaging", "instagram.comments", "whatsapp_business_account.messages"],
    docs: "https://developers.facebook.com/docs/graph-api/webhooks/getting-started",
    duplicates: "The same message or status id; else the same entry id, time and field.",
    marks: &["x-hub-signature-256"],
    confirm: Some(has_shape),
    read,
    details,
};

fn has_shape(input: &EventInput<'_>) -> bool {
    let json = input.pick(&["/object", "/entry"]);
    json.text(0).is_some() && json.values[1] == Some(crate::json::pick::Picked::Structure)
}

fn read(input: &EventInput<'_>) -> Reading {
    let json = input.pick(&[
        "/object",
        "/entry/0/changes/0/field",
        "/entry/0/messaging",
        "/entry/0/id",
        "/entry/0/time",
        "/entry/0/messaging/0/message/mid",
        "/entry/0/changes/0/value/messages/0/id",
        "/entry/0/changes/0/value/statuses/0/id",
        "/entry/0/changes/0/value/statuses/0/status",
        "/entry/0/messaging/0/sender/id",
        "/entry/0/changes/0/value/messages/0/from",
        "/entry/1/id",
    ]);
    let field = json.text(1).or_else(|| json.there(2).then_some("messaging"));
    let name = json.text(0).map(|object| match field {
        Some(field) => format!("{object}.{field}"),
        None => object.to_owned(),
    });
    let message = json.text(5).or_else(|| json.text(6)).map(str::to_owned);
    let status = json.text(7).map(|id| format!("{id}:{}", json.text(8).unwrap_or_default()));
    let entry = match (json.scalar(3), json.scalar(4)) {
        (Some(id), Some(time)) => Some(format!("{id}:{time}:{}", field.unwrap_or_default())),
        (_, _) => None,
    };
    let mut notes = json_notes(&json);
    if json.there(11) {
        notes.push("The body holds several entries; the first one is named.".to_owned());
    }
    Reading {
        name,
        session: json.scalar(9).or_else(|| json.scalar(10)).map(std::borrow::Cow::into_owned),
        delivery_id: message.clone().or_else(|| json.text(7).map(str::to_owned)),
        duplicate_key: if json.whole { message.or(status).or(entry) } else { None },
        notes,
    }
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&[
        "/entry/0/id",
        "/entry/0/messaging/0/message/text",
        "/entry/0/changes/0/value/messages/0/text/body",
        "/entry/0/changes/0/value/statuses/0/status",
    ]);
    let text = json.scalar(1).or_else(|| json.scalar(2));
    detail_list([("account", json.scalar(0)), ("text", text), ("status", json.scalar(3))])
}
