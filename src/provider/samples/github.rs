//! GitHub: the event is named by the head alone.

use serde_json::{Value, json};

use super::{Content, SampleEvent, Sender, Story, dialogue, no_sessions};

pub(super) static SENDER: Sender = Sender {
    provider: "github",
    events: &[
        SampleEvent { name: "push", about: "commits were pushed" },
        SampleEvent { name: "pull_request", about: "a pull request was opened" },
        SampleEvent { name: "issues", about: "an issue was opened" },
        SampleEvent { name: "issue_comment", about: "somebody commented on an issue" },
        SampleEvent { name: "release", about: "a release was published" },
        SampleEvent { name: "workflow_run", about: "a run of a workflow is over" },
        SampleEvent { name: "check_run", about: "a check is over" },
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
    let (number, run) = (story.number("number", 900) + 1, 9_800_000_000_u64 + story.number("run", 90_000_000));
    let issue = json!({
        "id": 1_900_000_000 + story.number("issue", 9_000_000), "number": number,
        "title": "Reminders are sent twice", "body": "Since yesterday, customers get each reminder *twice*.",
        "state": "open", "user": user(), "labels": [{"name": "bug", "color": "d73a4a"}], "created_at": at,
    });
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
        "pull_request" => json!({
            "action": "opened", "number": number,
            "pull_request": {
                "id": 2_100_000_000 + story.number("pull", 9_000_000), "number": number, "state": "open",
                "title": "Send each reminder once", "body": "Répare l’envoi des rappels 📨", "draft": false,
                "merged": false, "user": user(), "created_at": at,
                "head": {"ref": "once", "sha": commit}, "base": {"ref": "main", "sha": story.hex("before", 40)},
            },
            "repository": repository, "sender": user(),
        }),
        "issues" => {
            json!({"action": "opened", "issue": issue, "repository": repository, "sender": user()})
        }
        "issue_comment" => json!({
            "action": "created", "issue": issue,
            "comment": {
                "id": 3_100_000_000_u64 + story.number("comment", 9_000_000), "user": user(), "created_at": at,
                "body": format!("{name} has it, too."), "author_association": "OWNER",
            },
            "repository": repository, "sender": user(),
        }),
        "release" => json!({
            "action": "published",
            "release": {
                "id": 150_000_000 + story.number("release", 9_000_000), "tag_name": "v1.4.0", "name": "1.4.0",
                "body": "- Reminders are sent once", "draft": false, "prerelease": false, "author": user(),
                "created_at": at, "published_at": at, "assets": [],
            },
            "repository": repository, "sender": user(),
        }),
        "workflow_run" => json!({
            "action": "completed",
            "workflow_run": {
                "id": run, "name": "CI", "event": "push", "status": "completed", "conclusion": "success",
                "head_branch": "main", "head_sha": commit, "run_number": number, "run_attempt": 1, "actor": user(),
                "created_at": at, "html_url": format!("https://github.com/octo-harbour/harbour/actions/runs/{run}"),
            },
            "workflow": {"id": 7_300_112, "name": "CI", "path": ".github/workflows/ci.yml", "state": "active"},
            "repository": repository, "sender": user(),
        }),
        "check_run" => json!({
            "action": "completed",
            "check_run": {
                "id": run, "name": "tests", "head_sha": commit, "status": "completed", "conclusion": "failure",
                "started_at": at, "completed_at": at, "output": {"title": "2 tests failed", "summary": null},
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
