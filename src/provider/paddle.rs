//! Paddle Billing. Source: developer.paddle.com, "Respond to webhooks".

use super::{Detail, EventInput, Provider, Reading, detail_list, json_notes};

pub(super) static PROVIDER: Provider = Provider {
    id: "paddle",
    name: "Paddle",
    schemes: &["paddle"],
    own_header: false,
    events: &["transaction.completed", "subscription.created", "subscription.updated", "customer.created"],
    docs: "https://developer.paddle.com/webhooks/overview",
    duplicates: "The same event_id: retries have another notification_id.",
    marks: &["paddle-signature"],
    confirm: None,
    read,
    details,
};

fn read(input: &EventInput<'_>) -> Reading {
    let json = input.pick(&["/event_type", "/event_id", "/notification_id"]);
    let event_id = json.text(1).map(str::to_owned);
    Reading {
        name: json.text(0).map(str::to_owned),
        delivery_id: json.text(2).map(str::to_owned).or_else(|| event_id.clone()),
        duplicate_key: if json.whole { event_id } else { None },
        session: None,
        notes: json_notes(&json),
    }
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&["/data/id", "/data/status", "/data/customer_id"]);
    detail_list([("object", json.scalar(0)), ("status", json.scalar(1)), ("customer", json.scalar(2))])
}
