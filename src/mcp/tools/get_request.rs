//! `get_request`.

use rmcp::model::JsonObject;
use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;

use super::{ToolSpec, arguments, schema};
use crate::client::{bin_path, segment};
use crate::mcp::Agent;
use crate::mcp::answer::{Failure, fenced, prune};
use crate::mcp::body::{Part, shown};
use crate::mcp::redact::{Handed, Redaction};

pub(super) const TOOL: ToolSpec = ToolSpec {
    name: "get_request",
    text: "Show one request: headers in order, query, body, verdict, event. A long body is cut; ask for more with pointer or from/bytes.",
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
    /// Request id; default latest
    id: Option<String>,
    /// Only this value of a JSON body, e.g. /data/items/0
    pointer: Option<String>,
    /// First byte of the body (or value) to show
    from: Option<usize>,
    /// How many bytes, at most 16000
    bytes: Option<usize>,
}

async fn call(agent: &Agent, given: JsonObject) -> Result<String, Failure> {
    let args: Args = arguments(given)?;
    let client = agent.client()?;
    let id = args.id.as_deref().unwrap_or("latest");
    let mut request = client.get(&bin_path(&args.bin, &format!("/requests/{}", segment(id))), &[]).await?;
    let handed = Handed::by(&client, &args.bin, &request).await?;
    let mut redaction = Redaction::new(agent.options.show_credentials);
    let part = Part { pointer: args.pointer, from: args.from.unwrap_or(0), bytes: args.bytes };
    let body = shown(&request, &part, &mut redaction, handed.places())?;
    redaction.request(&mut request, handed.places());
    request["body"] = body;
    redaction.everywhere(&mut request);
    prune(&mut request);
    Ok(fenced("The request.", &request))
}
