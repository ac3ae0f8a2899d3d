//! Slack: Events API, slash commands, interactions. Source: docs.slack.dev, "Events API", "Handling user interaction".

use super::{Detail, EventInput, Provider, Reading, detail_list};

pub(super) static PROVIDER: Provider = Provider {
    id: "slack",
    name: "Slack",
    schemes: &["slack"],
    own_header: false,
    events: &[],
    docs: "https://docs.slack.dev/apis/events-api/",
    duplicates: "The same event_id; for commands and interactions the same trigger_id.",
    marks: &["x-slack-signature", "x-slack-request-timestamp", "x-slack-retry-num"],
    confirm: None,
    read,
    details,
};

fn read(input: &EventInput<'_>) -> Reading {
    let mut reading = if input.is_form() { read_form(input) } else { read_event(input) };
    if let Some(number) = input.header("x-slack-retry-num") {
        let reason = input.header("x-slack-retry-reason").unwrap_or("unknown");
        reading.notes.push(format!(
            "Slack sent this again (attempt {}, reason {}).",
            super::clipped(number.to_owned()),
            super::clipped(reason.to_owned())
        ));
    }
    reading
}

fn read_event(input: &EventInput<'_>) -> Reading {
    let json = input.pick(&["/type", "/event/type", "/event_id"]);
    let name = if json.text(0) == Some("event_callback") { json.text(1).or(json.text(0)) } else { json.text(0) };
    let id = json.text(2).map(str::to_owned);
    Reading { name: name.map(str::to_owned), duplicate_key: id.clone(), delivery_id: id, ..Reading::default() }
}

fn read_form(input: &EventInput<'_>) -> Reading {
    let json = input.pick(&["/type", "/trigger_id"]);
    let name = json.text(0).map(str::to_owned).or_else(|| input.form("command"));
    let id = json.text(1).map(str::to_owned).or_else(|| input.form("trigger_id"));
    Reading { name, duplicate_key: id.clone(), delivery_id: id, ..Reading::default() }
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    if input.is_form() {
        return detail_list([
            ("team", input.form("team_domain").map(Into::into)),
            ("text", input.form("text").map(Into::into)),
        ]);
    }
    let json = input.pick(&["/team_id", "/event/channel", "/event/user"]);
    detail_list([("team", json.scalar(0)), ("channel", json.scalar(1)), ("user", json.scalar(2))])
}
