//! Square. Source: developer.squareup.com, "Webhooks overview".

use super::{Detail, EventInput, Provider, Reading, detail_list};

pub(super) static PROVIDER: Provider = Provider {
    id: "square",
    name: "Square",
    schemes: &["square"],
    own_header: false,
    events: &["payment.created", "payment.updated", "order.created", "refund.created", "customer.updated"],
    docs: "https://developer.squareup.com/docs/webhooks/overview",
    duplicates: "The same event_id: retries keep it.",
    marks: &["x-square-hmacsha256-signature", "square-initial-delivery-timestamp"],
    confirm: None,
    read,
    details,
};

fn read(input: &EventInput<'_>) -> Reading {
    let json = input.pick(&["/type", "/event_id"]);
    let mut reading = Reading::of_json(&json, json.text(0), json.text(1));
    if let Some(number) = input.header("square-retry-number") {
        reading.notes.push(format!("Square sent this again (retry {}).", super::clipped(number.to_owned())));
    }
    reading
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&["/merchant_id", "/data/id"]);
    detail_list([("merchant", json.scalar(0)), ("object", json.scalar(1))])
}
