//! `wait_for_requests`.

use std::time::Duration;

use rmcp::model::JsonObject;
use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;
use serde_json::json;

use super::find_requests::summaries;
use super::{MAX_LISTED, ToolSpec, arguments, bounded, schema};
use crate::client::ClientError;
use crate::mcp::Agent;
use crate::mcp::answer::{Failure, fenced};

pub(super) const TOOL: ToolSpec = ToolSpec {
    name: "wait_for_requests",
    text: "Hold until that many requests match (what is stored counts unless after is given), at most 60 s. Says what came instead.",
    writes: false,
    destructive: false,
    open_world: false,
    schema: schema::<Args>,
    call: |agent, given| Box::pin(call(agent, given)),
};

/// Clients give up on a call after a minute or so.
const MAX_SECONDS: f64 = 60.0;
const USUAL_SECONDS: f64 = 30.0;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Name or id
    bin: String,
    #[schemars(description = "As for find_requests")]
    filter: Option<String>,
    /// 1 to 50, default 1
    count: Option<usize>,
    /// Seconds up to 60, default 30
    timeout: Option<f64>,
    /// Only requests with a seq above this
    after: Option<u64>,
}

async fn call(agent: &Agent, given: JsonObject) -> Result<String, Failure> {
    let args: Args = arguments(given)?;
    let count = bounded("count", args.count, 1, MAX_LISTED)?;
    let seconds = args.timeout.unwrap_or(USUAL_SECONDS);
    if !(0.0..=MAX_SECONDS).contains(&seconds) {
        return Err(Failure(format!("timeout: give seconds up to {MAX_SECONDS}")));
    }
    let wait = Duration::from_secs_f64(seconds);
    match agent.client()?.wait(&args.bin, args.filter.as_deref(), count, args.after, wait).await {
        Ok(met) => {
            let requests = summaries(agent, &args.bin, &met["requests"]).await?;
            Ok(fenced(
                "They are there. after takes seq for the next wait.",
                &json!({"requests": requests, "seq": met["seq"]}),
            ))
        }
        Err(ClientError::Refused { status: 408, problem, .. }) => {
            let matched = summaries(agent, &args.bin, &problem["requests"]).await?;
            let sentence = format!("Not met in time: {} of {count} matched.", matched.len());
            let others = summaries(agent, &args.bin, &problem["seen"]).await?;
            Ok(fenced(&sentence, &json!({"matched": matched, "came_instead": others})))
        }
        Err(error) => Err(error.into()),
    }
}
