//! GitLab. Source: docs.gitlab.com, "Webhook events" and "Webhooks: delivery headers".

use super::{Detail, EventInput, Provider, Reading, detail_list, disagreement};

pub(super) static PROVIDER: Provider = Provider {
    id: "gitlab",
    name: "GitLab",
    schemes: &["gitlab", "standard-webhooks"],
    own_header: false,
    events: &[
        "Push Hook",
        "Tag Push Hook",
        "Issue Hook",
        "Note Hook",
        "Merge Request Hook",
        "Pipeline Hook",
        "Job Hook",
    ],
    docs: "https://docs.gitlab.com/user/project/integrations/webhook_events/",
    duplicates: "The same Idempotency-Key, which retries keep; without it the same X-Gitlab-Event-UUID.",
    marks: &["x-gitlab-event", "x-gitlab-event-uuid", "x-gitlab-token"],
    confirm: None,
    read,
    details,
};

/// `object_kind` of the body by the header's name, where the two belong together one to one.
const KINDS: &[(&str, &str)] = &[
    ("Push Hook", "push"),
    ("Tag Push Hook", "tag_push"),
    ("Note Hook", "note"),
    ("Merge Request Hook", "merge_request"),
    ("Wiki Page Hook", "wiki_page"),
    ("Pipeline Hook", "pipeline"),
    ("Job Hook", "build"),
    ("Deployment Hook", "deployment"),
    ("Feature Flag Hook", "feature_flag"),
    ("Release Hook", "release"),
];

fn read(input: &EventInput<'_>) -> Reading {
    let name = input.owned_header("x-gitlab-event");
    let json = input.pick(&["/object_kind"]);
    let expected = KINDS.iter().find(|(header, _)| Some(*header) == name.as_deref()).map(|(_, kind)| *kind);
    let mut notes = Vec::new();
    if let (Some(header), Some(expected), Some(kind)) = (&name, expected, json.text(0))
        && kind != expected
    {
        notes.push(disagreement("X-Gitlab-Event", header, kind));
    }
    let event_id = input.owned_header("x-gitlab-event-uuid");
    Reading {
        name: name.or_else(|| json.text(0).map(str::to_owned)),
        duplicate_key: input.owned_header("idempotency-key").or_else(|| event_id.clone()),
        delivery_id: input.owned_header("x-gitlab-webhook-uuid").or(event_id),
        session: None,
        notes,
    }
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&["/object_attributes/action", "/project/path_with_namespace", "/user_username"]);
    detail_list([("action", json.scalar(0)), ("project", json.scalar(1)), ("user", json.scalar(2))])
}
