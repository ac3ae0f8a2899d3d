//! `find_requests`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rmcp::model::JsonObject;
use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{MAX_LISTED, ToolSpec, arguments, bounded, schema};
use crate::client::bin_path;
use crate::mcp::Agent;
use crate::mcp::answer::{Failure, brief, fenced};
use crate::mcp::redact::{Handed, Redaction};

pub(super) const TOOL: ToolSpec = ToolSpec {
    name: "find_requests",
    text: "List captured requests of a bin, newest first, as summaries. next is the cursor for before.",
    writes: false,
    destructive: false,
    open_world: false,
    schema: schema::<Args>,
    call: |agent, given| Box::pin(call(agent, given)),
};

/// The default number of listed requests.
const USUAL: usize = 10;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Name or id
    bin: String,
    #[schemars(
        description = "E.g. method:POST path:/a* event:session.ended sig:invalid json:/data/x=1 is:duplicate words -not OR"
    )]
    filter: Option<String>,
    /// 1 to 50, default 10
    limit: Option<usize>,
    /// Only seq below this
    before: Option<u64>,
}

async fn call(agent: &Agent, given: JsonObject) -> Result<String, Failure> {
    let args: Args = arguments(given)?;
    let limit = bounded("limit", args.limit, USUAL, MAX_LISTED)?.to_string();
    let before = args.before.map(|seq| seq.to_string());
    let mut query = vec![("limit", limit.as_str())];
    query.extend(args.filter.as_deref().map(|filter| ("q", filter)));
    query.extend(before.as_deref().map(|seq| ("before", seq)));
    let page = agent.client()?.get(&bin_path(&args.bin, "/requests"), &query).await?;
    let requests = summaries(agent, &args.bin, &page["requests"]).await?;
    let data = json!({"requests": requests, "next": page["next"], "total": page["total"]});
    Ok(fenced(&format!("{} requests.", requests.len()), &data))
}

/// Requests of a bin as lists show them, without credentials.
pub(super) async fn summaries(agent: &Agent, bin: &str, requests: &Value) -> Result<Vec<Value>, Failure> {
    let (client, redaction) = (agent.client()?, Redaction::new(agent.options.show_credentials));
    // Most requests of a bin have the same scheme.
    let mut known: HashMap<String, Handed> = HashMap::new();
    let mut shown = Vec::new();
    for request in requests.as_array().into_iter().flatten() {
        let scheme = request.pointer("/signature/scheme").and_then(Value::as_str).unwrap_or_default();
        let handed = match known.entry(scheme.to_owned()) {
            Entry::Occupied(handed) => handed.into_mut(),
            Entry::Vacant(free) => free.insert(Handed::by(&client, bin, request).await?),
        };
        let mut request = brief(request);
        redaction.summary(&mut request, handed.places());
        shown.push(request);
    }
    Ok(shown)
}
