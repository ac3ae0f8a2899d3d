//! `creel config schema`: made from what reads the file, the flags' definitions and the API's schemas.

use clap::{ArgAction, Args, Command};
use serde_json::{Map, Value, json};

use crate::cli::serve::ServeArgs;
use crate::cli::{Done, exit, output};
use crate::server::console::schemas;

/// The arguments of `creel config schema`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  creel config schema
  creel config schema > creel.schema.json")]
pub(super) struct SchemaArgs {}

pub(super) fn run(_: &SchemaArgs) -> Done {
    output::data(&format!("{:#}\n", schema()))?;
    Ok(exit::DONE)
}

fn schema() -> Value {
    let place = "a JSON pointer, header:NAME or query:NAME";
    let text = |description: &str| json!({"type": "string", "description": description});
    let mut definitions = schemas("#/$defs/");
    if let Some(bin) = definitions.get_mut("BinInput") {
        let fields = &mut bin["properties"];
        if let Some(fields) = fields.as_object_mut() {
            fields.remove("name");
        }
        fields["secret"] = json!({"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Secret"}]});
        fields["secrets"] = json!({"type": "array", "items": {"$ref": "#/$defs/Secret"}});
        fields["forward"] = json!({"$ref": "#/$defs/ForwardInput"});
    }
    if let Some(forward) = definitions.get_mut("ForwardInput") {
        forward["properties"]["to"] = json!({
            "description": "One route without conditions: a URL, or up to eight.",
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        });
        if let Some(forward) = forward.as_object_mut() {
            forward.remove("required");
        }
    }
    for name in ["ResponseSettingsInput", "ResponseInput"] {
        if let Some(headers) = definitions.get_mut(name).and_then(|schema| schema.pointer_mut("/properties/headers")) {
            *headers =
                json!({"anyOf": [headers.clone(), {"type": "object", "additionalProperties": {"type": "string"}}]});
        }
    }
    definitions.insert(
        "Secret".to_owned(),
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "label": text("What you call it"),
                "env": text("The environment variable that has it"),
                "value": text("The secret itself"),
            },
        }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "creel.toml",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "serve": {"type": "object", "additionalProperties": false, "properties": flags()},
            "bins": {"type": "object", "additionalProperties": {"$ref": "#/$defs/BinInput"}},
            "schemes": {"type": "object", "additionalProperties": {"type": "object"}},
            "providers": {"type": "object", "additionalProperties": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "name": text("What people read"),
                    "scheme": text("The id of its signature scheme"),
                    "schemes": {"type": "array", "items": {"type": "string"}},
                    "event": text(place),
                    "session": text(place),
                    "delivery_id": text(place),
                    "duplicate_key": {"type": "array", "items": text(place)},
                    "marks": {"type": "array", "items": text("A header that only this platform sends")},
                    "events": {"type": "array", "items": {"type": "string"}},
                    "docs": text("Where its webhooks are documented"),
                    "samples": text("Bodies to try the places on, such as samples/*.json"),
                },
            }},
        },
        "$defs": definitions,
    })
}

/// The flags of `creel serve`.
fn flags() -> Map<String, Value> {
    let command = ServeArgs::augment_args(Command::new("creel"));
    let flag = |arg: &clap::Arg| {
        let name = arg.get_long()?;
        if arg.is_hide_set() || ["config", "watch"].contains(&name) {
            return None;
        }
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let kind = match arg.get_action() {
            ArgAction::SetTrue => json!({"type": "boolean", "description": help}),
            ArgAction::Append => json!({"type": "array", "items": {"type": "string"}, "description": help}),
            _ => json!({"type": ["string", "integer"], "description": help}),
        };
        Some((name.to_owned(), kind))
    };
    command.get_arguments().filter_map(flag).collect()
}
