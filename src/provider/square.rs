//! Square. Source: developer.squareup.com, "Webhooks overview".

use super::{Detail, EventInput, NOT_JSON, Provider, Reading, detail_list};

pub(super) static PROVIDER: Provider = Provider {
    id: "square",
    name: "Square",
    schemes: &["square"],
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
    let id = json.text(1).map(str::to_owned);
    let mut notes = Vec::new();
    if !json.whole {
        notes.push(NOT_JSON.to_owned());
    }
    if let Some(number) = input.header("square-retry-number") {
        notes.push(format!("Square sent this again (retry {}).", super::clipped(number.to_owned())));
    }
    Reading {
        name: json.text(0).map(str::to_owned),
        duplicate_key: if json.whole { id.clone() } else { None },
        delivery_id: id,
        session: None,
        notes,
    }
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&["/merchant_id", "/data/id"]);
    detail_list([("merchant", json.scalar(0)), ("object", json.scalar(1))])
}
