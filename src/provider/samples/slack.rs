//! Slack: events as JSON, slash commands as a form.

use serde_json::json;

use super::{Content, SampleEvent, Sender, Story, dialogue, no_sessions};

pub(super) static SENDER: Sender = Sender {
    provider: "slack",
    events: &[
        SampleEvent { name: "app_mention", about: "somebody wrote to the app" },
        SampleEvent { name: "message", about: "a message in a channel" },
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
    let said = dialogue::turns(story, 0).into_iter().nth(2).map(|turn| turn.text).unwrap_or_default();
    let text = if event == "app_mention" { format!("<@{}> {said}", id("U", "bot")) } else { said };
    Content::Json(json!({
        "token": story.token("token", 24),
        "team_id": team,
        "api_app_id": id("A", "app"),
        "event": {
            "type": event, "user": user, "text": text, "ts": moment, "channel": channel, "event_ts": moment,
            "channel_type": "channel",
        },
        "type": "event_callback",
        "event_id": id("Ev", "event"),
        "event_time": story.ended.as_secs(),
        "authorizations": [{"team_id": team, "user_id": user, "is_bot": true}],
    }))
}
