//! `create_bin`.

use rmcp::model::JsonObject;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{ToolSpec, arguments, list_bins, schema};
use crate::client::Method;
use crate::mcp::Agent;
use crate::mcp::answer::{Failure, fenced};

pub(super) const TOOL: ToolSpec = ToolSpec {
    name: "create_bin",
    text: "Make a bin. Senders send to its capture_url.",
    writes: true,
    destructive: false,
    open_world: false,
    schema: schema::<Args>,
    call: |agent, given| Box::pin(call(agent, given)),
};

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Letters, digits, - and _; a generated id when left out
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Provider whose events come, e.g. callaider, stripe; else recognised
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    /// Signature scheme id; else recognised
    #[serde(skip_serializing_if = "Option::is_none")]
    scheme: Option<String>,
    #[schemars(description = "Own scheme: {\"header\", \"algorithm\", \"encoding\", \"prefix\"}")]
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_scheme: Option<Map<String, Value>>,
    /// Signing secret; never shown again
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[schemars(description = "report, or enforce: 401 unless the signature is valid")]
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_mode: Option<String>,
    /// URL that the sender was given, when a tunnel leads here
    #[serde(skip_serializing_if = "Option::is_none")]
    public_url: Option<String>,
}

async fn call(agent: &Agent, given: JsonObject) -> Result<String, Failure> {
    let args: Args = arguments(given)?;
    let bin = agent.client()?.send(Method::POST, "/api/v1/bins", &json!(args)).await?;
    Ok(fenced("The bin is there.", &list_bins::shown(&bin)))
}
