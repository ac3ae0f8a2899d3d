//! `set_answer`.

use rmcp::model::JsonObject;
use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{ToolSpec, arguments, schema};
use crate::client::{Method, bin_path, segment};
use crate::mcp::Agent;
use crate::mcp::answer::{Failure, fenced};

pub(super) const TOOL: ToolSpec = ToolSpec {
    name: "set_answer",
    text: "Set what senders get from a bin, replacing what was set; with `request`, answer that held sender instead.",
    writes: true,
    destructive: true,
    open_world: false,
    schema: schema::<Args>,
    call: |agent, given| Box::pin(call(agent, given)),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Name or id
    bin: String,
    #[schemars(
        description = "{\"status\", \"headers\": [{\"name\", \"value\"}], \"body\" (may use {{request.json./challenge}}), \"delay_ms\", \"script\": [500, 500, 200], \"fault\": {\"kind\": \"close|reset|cut|drip|hang\"}, \"hold\": {\"timeout_ms\": 60000} keeps senders waiting (find them: is:held)}; {} is 200 ok"
    )]
    answer: Map<String, Value>,
    /// Id of a request whose sender waits
    request: Option<String>,
}

async fn call(agent: &Agent, given: JsonObject) -> Result<String, Failure> {
    let Args { bin, answer, request } = arguments(given)?;
    if let Some(request) = request {
        let path = bin_path(&bin, &format!("/requests/{}/answer", segment(&request)));
        agent.client()?.send(Method::POST, &path, &Value::Object(answer)).await?;
        return Ok("The sender has this answer.".to_owned());
    }
    let set = agent.client()?.send(Method::PUT, &bin_path(&bin, "/response"), &Value::Object(answer)).await?;
    Ok(fenced("Senders get this from now on.", &set))
}
