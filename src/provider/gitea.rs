//! Gitea, Forgejo and Gogs. They send GitHub's headers too, for receivers that know only those.
//! Source: docs.gitea.com, "Webhooks".

use super::{Detail, EventInput, Provider, Reading, detail_list};

pub(super) static PROVIDER: Provider = Provider {
    id: "gitea",
    name: "Gitea, Forgejo",
    schemes: &["gitea"],
    own_header: false,
    events: &["push", "create", "delete", "pull_request", "issues", "issue_comment", "release"],
    docs: "https://docs.gitea.com/usage/webhooks",
    duplicates: "The same X-Gitea-Delivery.",
    marks: &["x-gitea-event", "x-gitea-delivery", "x-gitea-signature", "x-forgejo-event", "x-gogs-event"],
    confirm: None,
    read,
    details,
};

fn read(input: &EventInput<'_>) -> Reading {
    let first = |names: [&'static str; 3]| names.into_iter().find_map(|name| input.owned_header(name));
    let delivery_id = first(["x-forgejo-delivery", "x-gitea-delivery", "x-gogs-delivery"]);
    Reading {
        name: first(["x-forgejo-event", "x-gitea-event", "x-gogs-event"]),
        duplicate_key: delivery_id.clone(),
        delivery_id,
        ..Reading::default()
    }
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&["/action", "/repository/full_name"]);
    detail_list([("action", json.scalar(0)), ("repository", json.scalar(1))])
}
