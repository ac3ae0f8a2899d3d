//! `list_bins`.

use rmcp::model::JsonObject;
use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ToolSpec, arguments, schema};
use crate::client::bin_path;
use crate::mcp::Agent;
use crate::mcp::answer::{Failure, fenced, prune};

pub(super) const TOOL: ToolSpec = ToolSpec {
    name: "list_bins",
    text: "List the bins with capture URL, settings and counts; or show one.",
    writes: false,
    destructive: false,
    open_world: false,
    schema: schema::<Args>,
    call: |agent, given| Box::pin(call(agent, given)),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Only this bin: name or id
    bin: Option<String>,
}

async fn call(agent: &Agent, given: JsonObject) -> Result<String, Failure> {
    let args: Args = arguments(given)?;
    let client = agent.client()?;
    if let Some(bin) = &args.bin {
        return Ok(fenced("The bin.", &shown(&client.get(&bin_path(bin, ""), &[]).await?)));
    }
    let all = client.get("/api/v1/bins", &[]).await?;
    let mut bins: Vec<Value> = all["bins"].as_array().into_iter().flatten().map(shown).collect();
    for bin in &mut bins {
        if let Some(members) = bin.as_object_mut() {
            members.remove("response");
            members.remove("limits");
        }
    }
    Ok(fenced(&format!("{} bins.", bins.len()), &json!(bins)))
}

/// A bin without anything of its secrets but their labels.
pub(super) fn shown(bin: &Value) -> Value {
    let mut bin = bin.clone();
    let labels: Vec<Value> =
        bin["secrets"].as_array().into_iter().flatten().map(|secret| secret["label"].clone()).collect();
    bin["secrets"] = labels.into();
    if let Some(members) = bin.as_object_mut() {
        members.remove("sample_curl");
    }
    prune(&mut bin);
    bin
}
