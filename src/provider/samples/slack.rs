//! Slack: events as JSON, slash commands as a form.

use serde_json::{Value, json};

use super::{Content, SampleEvent, Sender, Story, dialogue, no_sessions};

pub(super) static SENDER: Sender = Sender {
    provider: "slack",
    events: &[
        SampleEvent { name: "app_mention", about: "somebody wrote to the app" },
        SampleEvent { name: "message", about: "a message in a channel" },
        SampleEvent { name: "reaction_added", about: "somebody reacted to a message" },
        SampleEvent { name: "url_verification", about: "the URL is tried when it is set up" },
        SampleEvent { name: "block_actions", about: "a button was pressed, sent as a form" },
        SampleEvent { name: "view_submission", about: "a dialog was sent off, sent as a form" },
        SampleEvent { name: "/appointment", about: "a slash command, sent as a form" },
    ],
    system: &["content-type", "user-agent", "x-slack-signature", "x-slack-request-timestamp"],
    name_at: Some("/event/type"),
    fill_at: None,
    body,
    head: |_, _| {
        vec![
            ("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)".to_owned()),
            ("Accept", "application/json,*/*".to_owned()),
        ]
    },
    session: no_sessions,
    from_start: false,
    voice_only: &[],
};

fn body(event: &str, story: &Story, _: usize) -> Content {
    let id = |prefix: &str, label: &str| format!("{prefix}{}", story.token(label, 10).to_ascii_uppercase());
    let (team, user, channel) = (id("T", "team"), id("U", "user"), id("C", "channel"));
    let moment = format!("{}.{:06}", story.ended.as_secs(), story.number("moment", 1_000_000));
    if event.starts_with('/') {
        let pairs = [
            ("token", story.token("token", 24)),
            ("team_id", team),
            ("team_domain", "harbour".to_owned()),
            ("channel_id", channel),
            ("channel_name", "reception".to_owned()),
            ("user_id", user),
            ("user_name", "emma".to_owned()),
            ("command", event.to_owned()),
            ("text", format!("move {} to friday", dialogue::names(story.language).customer)),
            ("response_url", format!("https://hooks.slack.com/commands/{}", story.token("response", 24))),
            ("trigger_id", format!("{}.{}", story.number("trigger", 9_999_999), story.hex("trigger", 24))),
        ];
        return Content::Form(pairs.map(|(name, value)| (name.to_owned(), value)).into());
    }
    if matches!(event, "block_actions" | "view_submission") {
        let mut payload = json!({
            "type": event, "team": {"id": team, "domain": "harbour"}, "user": {"id": user, "name": "emma"},
            "api_app_id": id("A", "app"), "token": story.token("token", 24),
            "trigger_id": format!("{}.{}", story.number("trigger", 9_999_999), story.hex("trigger", 24)),
        });
        if event == "block_actions" {
            payload["channel"] = json!({"id": channel, "name": "reception"});
            payload["response_url"] = format!("https://hooks.slack.com/actions/{}", story.token("response", 24)).into();
            payload["actions"] = json!([{"action_id": "confirm", "block_id": "b1", "type": "button", "value": "friday", "action_ts": moment}]);
        } else {
            payload["view"] = json!({
                "id": id("V", "view"), "type": "modal", "callback_id": "appointment",
                "state": {"values": {"name": {"value": {"type": "plain_text_input", "value": dialogue::names(story.language).customer}}}},
            });
        }
        return Content::Form(vec![("payload".to_owned(), payload.to_string())]);
    }
    if event == "url_verification" {
        let (token, challenge) = (story.token("token", 24), story.hex("challenge", 52));
        return Content::Json(json!({"token": token, "challenge": challenge, "type": event}));
    }
    if event == "reaction_added" {
        let item = json!({"type": "message", "channel": channel, "ts": moment});
        let event = json!({
            "type": event, "user": user, "reaction": "thumbsup", "item": item, "item_user": id("U", "bot"), "event_ts": moment,
        });
        return Content::Json(callback(story, &team, &user, &event));
    }
    let said = dialogue::turns(story, 0).into_iter().nth(2).map(|turn| turn.text).unwrap_or_default();
    let text = if event == "app_mention" { format!("<@{}> {said}", id("U", "bot")) } else { said };
    let event = json!({
        "type": event, "user": user, "text": text, "ts": moment, "channel": channel, "event_ts": moment,
        "channel_type": "channel",
    });
    Content::Json(callback(story, &team, &user, &event))
}

/// The envelope of an event.
fn callback(story: &Story, team: &str, user: &str, event: &Value) -> Value {
    let id = |prefix: &str, label: &str| format!("{prefix}{}", story.token(label, 10).to_ascii_uppercase());
    json!({
        "token": story.token("token", 24),
        "team_id": team,
        "api_app_id": id("A", "app"),
        "event": event,
        "type": "event_callback",
        "event_id": id("Ev", "event"),
        "event_time": story.ended.as_secs(),
        "authorizations": [{"team_id": team, "user_id": user, "is_bot": true}],
    })
}
