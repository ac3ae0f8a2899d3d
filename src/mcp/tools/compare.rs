//! `compare`.

use rmcp::model::JsonObject;
use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;

use super::{ToolSpec, arguments, schema};
use crate::client::{bin_path, segment};
use crate::mcp::Agent;
use crate::mcp::answer::{Failure, fenced};
use crate::mcp::body::{Part, shown};
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
    let mut ids = Vec::new();
    for id in [&a, &b] {
        let mut request = client.get(&bin_path(&bin, &format!("/requests/{}", segment(id))), &[]).await?;
        let handed = Handed::by(&client, &bin, &request).await?;
        shown(&request, &Part::default(), &mut redaction, handed.places())?;
        redaction.request(&mut request, handed.places());
        ids.push(request["id"].as_str().unwrap_or(id).to_owned());
    }
    let query: Vec<(&str, &str)> = ["a", "b"].into_iter().zip(ids.iter().map(String::as_str)).collect();
    let mut difference = client.get(&bin_path(&bin, "/diff"), &query).await?;
    redaction.everywhere(&mut difference);
    Ok(fenced("What differs.", &difference))
}
