//! `compare`.

use rmcp::model::JsonObject;
use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ToolSpec, arguments, schema};
use crate::client::{bin_path, segment};
use crate::diff;
use crate::mcp::Agent;
use crate::mcp::answer::{Failure, fenced};
use crate::mcp::body::covered;
use crate::mcp::redact::{Handed, Redaction};

pub(super) const TOOL: ToolSpec = ToolSpec {
    name: "compare",
    text: "How two requests of a bin differ: request line, headers, query, body.",
    writes: false,
    destructive: false,
    open_world: false,
    schema: schema::<Args>,
    call: |agent, given| Box::pin(call(agent, given)),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Name or id
    bin: String,
    /// Request id, or latest
    a: String,
    /// Request id, or latest
    b: String,
}

async fn call(agent: &Agent, given: JsonObject) -> Result<String, Failure> {
    let Args { bin, a, b } = arguments(given)?;
    let client = agent.client()?;
    let mut redaction = Redaction::new(agent.options.show_credentials);
    let (mut ids, mut bodies) = (Vec::new(), Vec::new());
    for id in [&a, &b] {
        let mut request = client.get(&bin_path(&bin, &format!("/requests/{}", segment(id))), &[]).await?;
        let handed = Handed::by(&client, &bin, &request).await?;
        bodies.push(covered(&request, &mut redaction, handed.places()));
        redaction.request(&mut request, handed.places());
        ids.push(request["id"].as_str().unwrap_or(id).to_owned());
    }
    let query: Vec<(&str, &str)> = ["a", "b"].into_iter().zip(ids.iter().map(String::as_str)).collect();
    let mut difference = client.get(&bin_path(&bin, "/diff"), &query).await?;
    let is_same = difference["body"]["as"] == "same";
    // Compares the masked requests, so that no part of a credential appears in a difference. It may take a moment.
    let compared = tokio::task::spawn_blocking(move || match bodies.as_slice() {
        [a, b] => serde_json::to_value(diff::bodies(a, b)).unwrap_or_default(),
        _ => Value::Null,
    });
    let compared = compared.await.map_err(|error| Failure(error.to_string()))?;
    difference["body"] = if !is_same && compared["as"] == "same" { json!({"as": "covered"}) } else { compared };
    redaction.everywhere(&mut difference);
    let sentence = if difference["body"]["as"] == "covered" {
        "What differs. The bodies differ in nothing but a credential, which is not shown."
    } else {
        "What differs."
    };
    Ok(fenced(sentence, &difference))
}
