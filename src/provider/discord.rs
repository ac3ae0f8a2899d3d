//! Discord: interactions and webhook events. Source: docs.discord.com, "Receiving and responding to interactions",
//! "Webhook events".

use super::{Detail, EventInput, Provider, Reading, detail_list};

pub(super) static PROVIDER: Provider = Provider {
    id: "discord",
    name: "Discord",
    schemes: &["discord"],
    own_header: false,
    events: &["PING", "APPLICATION_COMMAND", "MESSAGE_COMPONENT", "MODAL_SUBMIT", "APPLICATION_AUTHORIZED"],
    docs: "https://docs.discord.com/developers/interactions/receiving-and-responding",
    duplicates: "The same interaction id.",
    marks: &["x-signature-ed25519"],
    confirm: None,
    read,
    details,
};

fn read(input: &EventInput<'_>) -> Reading {
    let json = input.pick(&["/type", "/id", "/event/type", "/version"]);
    let kind = json.scalar(0);
    let name = match (json.text(2), kind.as_deref()) {
        (Some(event), _) => Some(event),
        // A webhook event's ping is type 0, an interaction's is type 1; only interactions have an id.
        (None, Some("0" | "1")) => Some("PING"),
        (None, Some("2")) => Some("APPLICATION_COMMAND"),
        (None, Some("3")) => Some("MESSAGE_COMPONENT"),
        (None, Some("4")) => Some("APPLICATION_COMMAND_AUTOCOMPLETE"),
        (None, Some("5")) => Some("MODAL_SUBMIT"),
        (None, _) => None,
    };
    Reading::of_json(&json, name, json.text(1))
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&["/data/name", "/guild_id", "/channel_id"]);
    detail_list([("command", json.scalar(0)), ("guild", json.scalar(1)), ("channel", json.scalar(2))])
}
