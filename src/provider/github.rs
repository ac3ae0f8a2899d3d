//! GitHub. Source: docs.github.com, "Webhook events and payloads", "Delivery headers".

use super::{Detail, EventInput, NOT_JSON, Provider, Reading, detail_list};

pub(super) static PROVIDER: Provider = Provider {
    id: "github",
    name: "GitHub",
    schemes: &["github", "github-sha1"],
    own_header: false,
    events: &[],
    docs: "https://docs.github.com/webhooks/webhook-events-and-payloads",
    duplicates: "The same X-GitHub-Delivery: a redelivery keeps it.",
    marks: &["x-github-event", "x-github-delivery", "x-github-hook-id"],
    // Its scheme is in wide use; its headers are not.
    confirm: Some(has_headers),
    read,
    details,
};

fn has_headers(input: &EventInput<'_>) -> bool {
    PROVIDER.marks.iter().any(|mark| input.headers.contains(mark))
}

fn read(input: &EventInput<'_>) -> Reading {
    let delivery_id = input.owned_header("x-github-delivery");
    let name = input.owned_header("x-github-event");
    let mut notes = Vec::new();
    if name.is_none() {
        notes.push("The header X-GitHub-Event is missing; GitHub always sends it.".to_owned());
    }
    // Only a ping says in its body what it is: it alone has the sentence `zen`.
    if name.as_deref() == Some("ping") {
        let json = input.pick(&["/zen", "/hook_id"]);
        if !json.whole {
            notes.push(NOT_JSON.to_owned());
        } else if !json.there(0) && !json.there(1) {
            notes.push("The header X-GitHub-Event says “ping”, but the body is not a ping's.".to_owned());
        }
    }
    Reading { name, duplicate_key: delivery_id.clone(), delivery_id, notes, session: None }
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&["/action", "/repository/full_name", "/sender/login"]);
    detail_list([("action", json.scalar(0)), ("repository", json.scalar(1)), ("sender", json.scalar(2))])
}
