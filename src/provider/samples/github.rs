//! GitHub: the event is named by the head alone.

use serde_json::{Value, json};

use super::{Content, SampleEvent, Sender, Story, dialogue, no_sessions};

pub(super) static SENDER: Sender = Sender {
    provider: "github",
    events: &[
        SampleEvent { name: "push", about: "commits were pushed" },
        SampleEvent { name: "issues", about: "an issue was opened" },
        SampleEvent { name: "ping", about: "the webhook was set up" },
    ],
    system: &[
        "content-type",
        "user-agent",
        "x-github-event",
        "x-github-delivery",
        "x-github-hook-id",
        "x-hub-signature",
        "x-hub-signature-256",
    ],
    name_at: None,
    fill_at: None,
    body,
    head: |event, story| {
        vec![
            ("Accept", "*/*".to_owned()),
            ("User-Agent", format!("GitHub-Hookshot/{}", story.hex("shot", 7))),
            ("X-GitHub-Delivery", story.uuid(&format!("delivery {event}"))),
            ("X-GitHub-Event", event.to_owned()),
            ("X-GitHub-Hook-ID", (400_000_000 + story.number("hook", 90_000_000)).to_string()),
        ]
    },
    session: no_sessions,
    from_start: false,
    voice_only: &[],
};

fn user() -> Value {
    json!({"login": "octo-harbour", "id": 5_831_402, "type": "User", "site_admin": false})
}

fn body(event: &str, story: &Story, _: usize) -> Content {
    let name = dialogue::names(story.language).customer;
    let at = story.ended.to_string();
    let repository = json!({
        "id": 186_853_002, "name": "harbour", "full_name": "octo-harbour/harbour", "private": false, "owner": user(),
        "html_url": "https://github.com/octo-harbour/harbour", "default_branch": "main",
    });
    let commit = story.hex("commit", 40);
    Content::Json(match event {
        "push" => json!({
            "ref": "refs/heads/main", "before": story.hex("before", 40), "after": commit,
            "repository": repository, "pusher": {"name": "octo-harbour", "email": "octo@example.com"}, "sender": user(),
            "created": false, "deleted": false, "forced": false,
            "commits": [{
                "id": commit, "message": "Répare l’envoi des rappels 📨", "timestamp": at,
                "author": {"name": name, "email": "dev@example.com"}, "added": [], "removed": [],
                "modified": ["src/reminders.rs"],
            }],
        }),
        "issues" => json!({
            "action": "opened",
            "issue": {
                "id": 1_900_000_000 + story.number("issue", 9_000_000), "number": story.number("number", 900) + 1,
                "title": "Reminders are sent twice", "body": "Since yesterday, customers get each reminder *twice*.",
                "state": "open", "user": user(), "labels": [{"name": "bug", "color": "d73a4a"}], "created_at": at,
            },
            "repository": repository, "sender": user(),
        }),
        _ => json!({
            "zen": "Keep it logically awesome.", "hook_id": 400_000_000 + story.number("hook", 90_000_000),
            "hook": {"type": "Repository", "active": true, "events": ["push", "issues"]},
            "repository": repository, "sender": user(),
        }),
    })
}
