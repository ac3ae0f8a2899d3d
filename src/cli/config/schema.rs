//! `creel config schema`: made from the file's reader, the flags' definitions and the API's schemas.

use clap::builder::PossibleValue;
use clap::{ArgAction, Args, Command};
use serde_json::{Map, Value, json};

use crate::cli::serve_args::ServeArgs;
use crate::cli::{Done, exit, output};
use crate::provider::own_schema::MAX_SCHEMAS;
use crate::server::console::schemas;
use crate::signature::{Algorithm, Encoding};

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

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

/// One of something, or a list of them.
fn one_or_many(one: &Value) -> Value {
    json!({"anyOf": [one, {"type": "array", "items": one}]})
}

fn schema() -> Value {
    let mut definitions = schemas("#/$defs/");
    if let Some(bin) = definitions.get_mut("BinInput") {
        let fields = &mut bin["properties"];
        if let Some(fields) = fields.as_object_mut() {
            fields.remove("name");
        }
        fields["secret"] = json!({"$ref": "#/$defs/Secret"});
        fields["secrets"] = json!({"type": "array", "items": {"$ref": "#/$defs/Secret"}});
        fields["event_schemas"] = json!({
            "description": "By event: a JSON file beside this one, or the schema itself as a text.",
            "type": "object",
            "maxProperties": MAX_SCHEMAS,
            "additionalProperties": {"type": "string"},
        });
        fields["forward"] = json!({"$ref": "#/$defs/ForwardInput"});
        fields["expect"] = json!({"$ref": "#/$defs/ExpectInput"});
        fields["custom_scheme"] = json!({"$ref": "#/$defs/Scheme"});
        bin["not"] = json!({"required": ["secret", "secrets"]});
        bin["additionalProperties"] = false.into();
    }
    if let Some(forward) = definitions.get_mut("ForwardInput") {
        forward["properties"]["to"] = json!({
            "description": "One route without conditions: a URL, or up to eight.",
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 8}],
        });
        forward["oneOf"] = json!([{"required": ["to"]}, {"required": ["routes"]}]);
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
    if let Some(header) = definitions.get_mut("ExpectedHeaderInput") {
        header["properties"]["env"] = text("The environment variable that has its value");
        let without = |name: &str, other: &str| json!({"not": {"required": [name, other]}});
        header["allOf"] = json!([without("env", "value"), without("env", "sha256"), without("value", "sha256")]);
    }
    definitions.insert("Secret".to_owned(), secret());
    definitions.insert("Scheme".to_owned(), scheme());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "creel.toml",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "serve": {"type": "object", "additionalProperties": false, "properties": flags()},
            "bins": {"type": "object", "additionalProperties": {"$ref": "#/$defs/BinInput"}},
            "schemes": {
                "type": "object",
                // The id is the table's name.
                "additionalProperties": {"$ref": "#/$defs/Scheme", "not": {"required": ["id"]}},
            },
            "providers": {"type": "object", "additionalProperties": provider()},
        },
        "$defs": definitions,
    })
}

/// A secret: its text, or where it is.
fn secret() -> Value {
    json!({
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "label": text("What you call it"),
                    "env": text("The environment variable that has it"),
                    "value": text("The secret itself"),
                },
                "oneOf": [{"required": ["env"]}, {"required": ["value"]}],
            },
        ],
    })
}

/// The user's own platform.
fn provider() -> Value {
    let place = "a JSON pointer, header:NAME or query:NAME";
    json!({
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
    })
}

/// A signature scheme: in the plain form, or as a full record.
fn scheme() -> Value {
    let names = |names: Vec<&str>| json!({"enum": names});
    let shared = json!({
        "id": text("Its id"),
        "name": text("What people read"),
        "algorithm": names(Algorithm::ALL.map(Algorithm::name).to_vec()),
        "encoding": names(Encoding::ALL.map(Encoding::name).to_vec()),
    });
    let with = |more: Value, needed: &str| {
        let mut fields = shared.clone();
        if let (Some(fields), Value::Object(mut more)) = (fields.as_object_mut(), more) {
            fields.append(&mut more);
        }
        json!({"type": "object", "additionalProperties": false, "properties": fields, "required": [needed]})
    };
    let plain = with(
        json!({"header": text("The header with the signature"), "prefix": text("The text before it, such as sha256=")}),
        "header",
    );
    let texts = || one_or_many(&json!({"type": "string"}));
    let full = with(
        json!({
            "detect": texts(),
            "signature": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "from": texts(), "group": {"type": "string"}, "split": {"type": "string"}, "items": texts(),
                },
                "required": ["from"],
            },
            "secret": text("From the secret's text to the key"),
            "vars": {"type": "object", "additionalProperties": {"type": "string"}},
            "signed": texts(),
            "timestamp": {"type": "object"},
            "marks": texts(),
            "require": {"type": "array"},
            "basis": {"enum": ["A", "B", "C"]},
            "source": {"type": "string"},
            "notes": {"type": "string"},
            "config": {"type": "object", "additionalProperties": {"type": "string"}},
            "alg": texts(),
        }),
        "signature",
    );
    json!({"anyOf": [plain, full]})
}

/// The flags of `creel serve`.
fn flags() -> Map<String, Value> {
    let command = ServeArgs::augment_args(Command::new("creel"));
    let flag = |arg: &clap::Arg| {
        let name = arg.get_long()?;
        if matches!(name, "config" | "open") {
            return None;
        }
        let possible = arg.get_possible_values();
        let names: Vec<&str> = possible.iter().map(PossibleValue::get_name).collect();
        let mut kind = match arg.get_action() {
            ArgAction::SetTrue => json!({"type": "boolean"}),
            ArgAction::Append => one_or_many(&json!({"type": "string"})),
            _ if !names.is_empty() => json!({"enum": names}),
            _ => json!({"type": ["string", "integer"]}),
        };
        kind["description"] = arg.get_help().map(ToString::to_string).unwrap_or_default().into();
        if arg.is_hide_set() {
            kind["deprecated"] = true.into();
        }
        Some((name.to_owned(), kind))
    };
    command.get_arguments().filter_map(flag).collect()
}
