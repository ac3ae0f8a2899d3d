//! `creel config export`: the bins of a server as a configuration file.

use std::collections::HashSet;

use clap::Args;
use serde_json::{Map, Value, json};

use crate::cli::common::OutputArgs;
use crate::cli::connection::ServerArgs;
use crate::cli::{Done, exit};
use crate::client::{Client, ClientError, bin_path};
use crate::provider::lifecycle::SILENCE;

/// The arguments of `creel config export`.
#[derive(Debug, Args)]
#[command(after_help = "Secrets are never given out: the file names environment variables to fill in, also for the
values of expected headers.

Examples:
  creel config export
  creel config export > exported.toml
  creel config export --json")]
pub(super) struct ExportArgs {
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

/// The comment at the top of the file: what it does not hold.
const LEFT_OUT: &str =
    "# Not in this file, and kept as set by hand: bins without a name, what a bin does on a match.\n\n";

/// Settings of a bin that the file takes as they are.
const FIELDS: [&str; 7] = ["provider", "scheme", "custom_scheme", "signature_mode", "public_url", "response", "limits"];

pub(super) fn run(args: &ExportArgs) -> Done {
    let bins = args.server.run(async |client| export(client).await)?;
    let text = toml::to_string_pretty(&bins)?;
    args.output.one(&bins, |_| format!("{LEFT_OUT}{text}"))?;
    Ok(exit::DONE)
}

async fn export(client: &Client) -> anyhow::Result<Value> {
    let all = client.get("/api/v1/bins", &[]).await?;
    let mut bins = Map::new();
    let mut taken = HashSet::new();
    for bin in all["bins"].as_array().into_iter().flatten() {
        // A bin is declared by its name, so bins without a name are left out.
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
            .map(|label| secret(name, label, &mut taken))
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
        settings["expect"] = expected(&client.get(&bin_path(name, "/expect"), &[]).await?, name, &mut taken);
        prune(&mut settings);
        let schemas = schemas(&client.get(&bin_path(name, "/schemas"), &[]).await?);
        if !schemas.is_empty() {
            settings["event_schemas"] = Value::Object(schemas);
        }
        bins.insert(name.to_owned(), settings);
    }
    Ok(json!({"bins": bins}))
}

/// A secret in the form of the file. A secret without a label stays without one: its variable's name becomes its label,
/// and names the same variable in a later export.
fn secret(bin: &str, label: &str, taken: &mut HashSet<String>) -> Value {
    let is_made = label.strip_prefix("secret ").is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    let is_variable = !label.starts_with(|first: char| first.is_ascii_digit())
        && label.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    if is_variable && taken.insert(label.to_owned()) {
        return json!({"env": label});
    }
    let name = variable(bin, label, taken);
    if is_made { json!({"env": name}) } else { json!({"label": label, "env": name}) }
}

/// What a bin expects of its sender. Only the hash of a header's value is known.
fn expected(all: &Value, bin: &str, taken: &mut HashSet<String>) -> Value {
    let header = |header: &Value| {
        let name = header["name"].as_str().unwrap_or_default();
        let env = header["sha256"].as_str().map(|_| variable(bin, name, taken));
        json!({"name": name, "env": env})
    };
    let headers: Vec<Value> = all["headers"].as_array().into_iter().flatten().map(header).collect();
    let silence = all["silence_s"].as_u64().filter(|seconds| *seconds != SILENCE.as_secs());
    json!({"events": all["events"], "silence_s": silence, "headers": headers})
}

/// The schemas of a bin's events, each as a text, because TOML has no null.
fn schemas(all: &Value) -> Map<String, Value> {
    let one = |one: &Value| {
        let event = one["event"].as_str()?;
        Some((event.to_owned(), Value::String(serde_json::to_string_pretty(&one["schema"]).ok()?)))
    };
    all["schemas"].as_array().into_iter().flatten().filter_map(one).collect()
}

/// The environment variable for a secret: `orders`, `live` → `ORDERS_LIVE`; a duplicate name gets a number.
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

    #[test]
    fn a_secret_that_nobody_labelled_stays_without_a_label() {
        let mut taken = HashSet::new();
        let all = ["secret 3", "live", "MY_SECRET", "MY_SECRET", "ORDERS_SECRET_3"]
            .map(|label| secret("orders", label, &mut taken).to_string());
        let wanted = [
            r#"{"env":"ORDERS_SECRET_3"}"#,
            r#"{"label":"live","env":"ORDERS_LIVE"}"#,
            r#"{"env":"MY_SECRET"}"#,
            r#"{"label":"MY_SECRET","env":"ORDERS_MY_SECRET"}"#,
            r#"{"label":"ORDERS_SECRET_3","env":"ORDERS_ORDERS_SECRET_3"}"#,
        ];
        assert_eq!(all, wanted);
    }
}
