//! `add_secret`.

use rmcp::model::JsonObject;
use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;
use serde_json::json;

use super::{ToolSpec, arguments, schema};
use crate::client::{Method, bin_path};
use crate::mcp::Agent;
use crate::mcp::answer::Failure;

pub(super) const TOOL: ToolSpec = ToolSpec {
    name: "add_secret",
    text: "Add a signing secret to a bin; its requests are verified again. It never comes back.",
    writes: true,
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
    /// The secret as the provider shows it
    value: String,
    /// What to call it
    label: Option<String>,
}

async fn call(agent: &Agent, given: JsonObject) -> Result<String, Failure> {
    let Args { bin, value, label } = arguments(given)?;
    let mut secret = json!({"value": value});
    if let Some(label) = label {
        secret["label"] = label.into();
    }
    agent.client()?.send(Method::POST, &bin_path(&bin, "/secrets"), &secret).await?;
    Ok("The secret is stored; the bin's requests are being verified again.".to_owned())
}
