//! PagerDuty V3 webhooks. Source: developer.pagerduty.com, "Webhooks overview".

use super::{Detail, EventInput, Provider, Reading, detail_list, json_notes};

pub(super) static PROVIDER: Provider = Provider {
    id: "pagerduty",
    name: "PagerDuty",
    schemes: &["pagerduty"],
    own_header: false,
    events: &["incident.triggered", "incident.acknowledged", "incident.resolved", "incident.reassigned", "pagey.ping"],
    docs: "https://developer.pagerduty.com/docs/webhooks-overview",
    duplicates: "The same event.id: retries keep it.",
    marks: &["x-pagerduty-signature", "x-webhook-subscription"],
    confirm: None,
    read,
    details,
};

fn read(input: &EventInput<'_>) -> Reading {
    let json = input.pick(&["/event/event_type", "/event/id"]);
    let id = json.text(1).map(str::to_owned);
    Reading {
        name: json.text(0).map(str::to_owned),
        delivery_id: input.owned_header("x-webhook-id").or_else(|| id.clone()),
        duplicate_key: if json.whole { id } else { None },
        session: None,
        notes: json_notes(&json),
    }
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&["/event/data/id", "/event/data/title", "/event/data/status"]);
    detail_list([("incident", json.scalar(0)), ("title", json.scalar(1)), ("status", json.scalar(2))])
}
