//! Stripe. Source: docs.stripe.com, "The Event object".

use super::{Detail, EventInput, Provider, Reading, detail_list};

pub(super) static PROVIDER: Provider = Provider {
    id: "stripe",
    name: "Stripe",
    schemes: &["stripe"],
    own_header: false,
    events: &[],
    docs: "https://docs.stripe.com/api/events/types",
    duplicates: "The same event id (evt_…).",
    marks: &["stripe-signature"],
    confirm: None,
    read,
    details,
};

fn read(input: &EventInput<'_>) -> Reading {
    let json = input.pick(&["/id", "/type"]);
    Reading::of_json(&json, json.text(1), json.text(0))
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&["/data/object/id", "/account", "/livemode", "/api_version"]);
    let labels = ["object", "account", "live mode", "API version"];
    detail_list(labels.into_iter().enumerate().map(|(index, label)| (label, json.scalar(index))))
}
