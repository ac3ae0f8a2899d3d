//! `creel config export`: the bins of a server as a configuration file.

use std::collections::HashSet;

use clap::Args;
use serde_json::{Map, Value, json};

use crate::cli::connection::ServerArgs;
use crate::cli::{Done, exit, output};
use crate::client::{Client, ClientError, bin_path};

/// The arguments of `creel config export`.
#[derive(Debug, Args)]
#[command(after_help = "Secrets are never given out: the file names environment variables to fill in.

Examples:
  creel config export
  creel config export > exported.toml")]
pub(super) struct ExportArgs {
    #[command(flatten)]
    server: ServerArgs,
}

/// What stands above: a file has no place for it.
const LEFT_OUT: &str = "# Not in this file, and kept as set by hand: bins without a name, what a bin does on a match, \
what it expects of its sender.\n\n";

/// Settings of a bin that the file takes as they are.
const FIELDS: [&str; 7] = ["provider", "scheme", "custom_scheme", "signature_mode", "public_url", "response", "limits"];

pub(super) fn run(args: &ExportArgs) -> Done {
    let text = args.server.run(async |client| export(client).await)?;
    output::data(&text)?;
    Ok(exit::DONE)
}

async fn export(client: &Client) -> anyhow::Result<String> {
    let all = client.get("/api/v1/bins", &[]).await?;
    let mut bins = Map::new();
    let mut taken = HashSet::new();
    for bin in all["bins"].as_array().into_iter().flatten() {
        // A bin is declared by its name; one without a name is nobody's set-up.
        let Some(name) = bin["name"].as_str() else { continue };
        let fields = FIELDS.iter().filter_map(|field| Some(((*field).to_owned(), bin.get(*field)?.clone())));
        let mut settings = Value::Object(fields.collect());
        if settings["signature_mode"] == "report" {
            settings["signature_mode"] = Value::Null;
        }
        let secrets: Vec<Value> = bin["secrets"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|secret| secret["label"].as_str())
            .map(|label| json!({"label": label, "env": variable(name, label, &mut taken)}))
            .collect();
        settings["secrets"] = secrets.into();
        match client.get(&bin_path(name, "/forward"), &[]).await {
            Ok(mut forward) => {
                if let Some(forward) = forward.as_object_mut() {
                    forward.remove("state");
                }
                settings["forward"] = forward;
            }
            Err(ClientError::Refused { status: 404, .. }) => {}
            Err(error) => return Err(error.into()),
        }
        prune(&mut settings);
        let schemas = schemas(&client.get(&bin_path(name, "/schemas"), &[]).await?);
        if !schemas.is_empty() {
            settings["event_schemas"] = Value::Object(schemas);
        }
        bins.insert(name.to_owned(), settings);
    }
    Ok(format!("{LEFT_OUT}{}", toml::to_string_pretty(&json!({"bins": bins}))?))
}

/// The schemas of a bin's events, each as a text: the file has no null.
fn schemas(all: &Value) -> Map<String, Value> {
    let one = |one: &Value| {
        let event = one["event"].as_str()?;
        Some((event.to_owned(), Value::String(serde_json::to_string_pretty(&one["schema"]).ok()?)))
    };
    all["schemas"].as_array().into_iter().flatten().filter_map(one).collect()
}

/// The environment variable for a secret: `orders`, `live` → `ORDERS_LIVE`; a name that is taken gets a number.
fn variable(bin: &str, label: &str, taken: &mut HashSet<String>) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = format!("{bin}_{label}").chars().map(letter).collect();
    let mut free = name.clone();
    for number in 2_u32.. {
        if taken.insert(free.clone()) {
            break;
        }
        free = format!("{name}_{number}");
    }
    free
}

/// Removes what is not set.
fn prune(value: &mut Value) {
    let Value::Object(members) = value else {
        if let Value::Array(items) = value {
            items.iter_mut().for_each(prune);
        }
        return;
    };
    members.values_mut().for_each(prune);
    members.retain(|_, member| match member {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::String(_) | Value::Number(_) | Value::Bool(true) => true,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_secrets_are_read_from_the_same_variable() {
        let mut taken = HashSet::new();
        let names = ["a-b", "a_b", "a b", "live"].map(|label| variable("orders", label, &mut taken));
        assert_eq!(names, ["ORDERS_A_B", "ORDERS_A_B_2", "ORDERS_A_B_3", "ORDERS_LIVE"]);
    }
}
