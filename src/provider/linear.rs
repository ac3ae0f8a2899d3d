//! Linear. Source: linear.app/developers, "Webhooks".

use super::{Detail, EventInput, Provider, Reading, detail_list, disagreement, json_notes};

pub(super) static PROVIDER: Provider = Provider {
    id: "linear",
    name: "Linear",
    schemes: &["linear"],
    own_header: false,
    events: &["Issue", "Comment", "Project", "ProjectUpdate", "Cycle", "IssueLabel", "Reaction"],
    docs: "https://linear.app/developers/webhooks",
    duplicates: "The same Linear-Delivery.",
    marks: &["linear-delivery", "linear-event", "linear-signature"],
    confirm: None,
    read,
    details,
};

fn read(input: &EventInput<'_>) -> Reading {
    let json = input.pick(&["/type"]);
    let (header, body) = (input.header("linear-event"), json.text(0));
    let mut notes = json_notes(&json);
    if let (Some(header), Some(body)) = (header, body)
        && header != body
    {
        notes.push(disagreement("Linear-Event", header, body));
    }
    let delivery_id = input.owned_header("linear-delivery");
    Reading {
        name: body.or(header).map(str::to_owned),
        duplicate_key: delivery_id.clone(),
        delivery_id,
        session: None,
        notes,
    }
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&["/action", "/data/identifier", "/data/title"]);
    detail_list([("action", json.scalar(0)), ("issue", json.scalar(1)), ("title", json.scalar(2))])
}
