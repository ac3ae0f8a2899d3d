//! Discord: interactions and webhook events. Source: docs.discord.com, "Receiving and responding to interactions", "Webhook events".

use super::{Detail, EventInput, NOT_JSON, Provider, Reading, detail_list};

pub(super) static PROVIDER: Provider = Provider {
    id: "discord",
    name: "Discord",
    schemes: &["discord"],
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
    let id = json.text(1).map(str::to_owned);
    let kind = json.scalar(0);
    let name = match (json.text(2), kind.as_deref(), &id) {
        (Some(event), _, _) => Some(event),
        // A webhook event's ping is type 0, an interaction's is type 1; only interactions have an id.
        (None, Some("0" | "1"), _) => Some("PING"),
        (None, Some("2"), _) => Some("APPLICATION_COMMAND"),
        (None, Some("3"), _) => Some("MESSAGE_COMPONENT"),
        (None, Some("4"), _) => Some("APPLICATION_COMMAND_AUTOCOMPLETE"),
        (None, Some("5"), _) => Some("MODAL_SUBMIT"),
        (None, _, _) => None,
    };
    Reading {
        name: name.map(str::to_owned),
        duplicate_key: if json.whole { id.clone() } else { None },
        delivery_id: id,
        session: None,
        notes: if json.whole { Vec::new() } else { vec![NOT_JSON.to_owned()] },
    }
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&["/data/name", "/guild_id", "/channel_id"]);
    detail_list([("command", json.scalar(0)), ("guild", json.scalar(1)), ("channel", json.scalar(2))])
}
