//! `check_receiver`.

use std::time::Duration;

use rmcp::model::JsonObject;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep};

use super::{ToolSpec, arguments, schema};
use crate::client::Method;
use crate::mcp::Agent;
use crate::mcp::answer::{Failure, fenced, prune};
use crate::mcp::redact::Redaction;

pub(super) const TOOL: ToolSpec = ToolSpec {
    name: "check_receiver",
    text: "Try an endpoint with everything its platform's document asks of a receiver, right and wrong, about 10 s. Says per duty what failed, what the document says, how to mend it.",
    writes: true,
    destructive: true,
    open_world: true,
    schema: schema::<Args>,
    call: |agent, given| Box::pin(call(agent, given)),
};

/// Clients give up on a call after a minute or so.
const MAX_WAIT: Duration = Duration::from_secs(50);
/// A case takes at least this long, mostly.
const LOOK: Duration = Duration::from_millis(250);
/// Requests of a case that are shown: twenty at once are all alike.
const SHOTS: usize = 3;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// URL of the receiver; default the bin's forward target. Beyond this machine only what creel serve --allow-target
    /// names
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    /// Bin whose secret, platform and target are used
    #[serde(skip_serializing_if = "Option::is_none")]
    bin: Option<String>,
    /// callaider or pathors; default the bin's
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    #[schemars(description = "As for send_event; of pathors the value of Authorization")]
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<Value>,
    #[schemars(description = "[{\"name\", \"value\"}]")]
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<Map<String, Value>>>,
    /// Ids of the cases to try, as a report names them; default all
    #[serde(skip_serializing_if = "Option::is_none")]
    cases: Option<Vec<String>>,
    /// Try 20 at once and 10 MiB on another machine too
    #[serde(skip_serializing_if = "Option::is_none")]
    heavy: Option<bool>,
    /// Show code for express, fastapi, go, laravel or rails
    #[serde(skip_serializing)]
    framework: Option<String>,
    /// Number of a check that was still going on: read it again, begin none
    #[serde(skip_serializing)]
    check: Option<u64>,
}

async fn call(agent: &Agent, given: JsonObject) -> Result<String, Failure> {
    let args: Args = arguments(given)?;
    let client = agent.client()?;
    let mut redaction = Redaction::new(agent.options.show_credentials);
    redaction.given(args.secret.as_ref());
    redaction.request(&mut json!({"headers": args.headers}), &[]);
    let mut report = match args.check {
        Some(id) => client.get(&format!("/api/v1/check/{id}"), &[]).await?,
        None => client.send(Method::POST, "/api/v1/check", &json!(args)).await?,
    };
    let path = format!("/api/v1/check/{}", report["id"]);
    let until = Instant::now() + MAX_WAIT;
    while report["finished"] == false && Instant::now() < until {
        sleep(LOOK).await;
        report = client.get(&path, &[]).await?;
    }
    let passed = short(&mut report, args.framework.as_deref());
    redaction.everywhere(&mut report);
    redaction.target(&mut report["target"], &[]);
    prune(&mut report);
    let sentence = if report["finished"] == false {
        format!("The check is still running: call again with check {}.", report["id"])
    } else if report.get("error").is_some() {
        "It could not be checked to the end: see error.".to_owned()
    } else if report["ok"] == true {
        "Nothing failed.".to_owned()
    } else {
        let failed = &report["counts"]["failed"];
        format!("{failed} cases failed, {passed} passed. Mend the first that failed, then check again.")
    };
    Ok(fenced(&sentence, &report))
}

/// What passed by name alone, and of the snippets those for one framework. Answers with how many passed.
fn short(report: &mut Value, framework: Option<&str>) -> usize {
    let Some(cases) = report.get_mut("cases").and_then(Value::as_array_mut) else { return 0 };
    let (passed, mut told): (Vec<Value>, Vec<Value>) = cases.drain(..).partition(|case| case["result"] == "passed");
    for case in &mut told {
        // Repeated elsewhere in shorter form.
        case.as_object_mut().map(|case| case.remove("attempt"));
        if let Some(snippets) = case.get_mut("snippets").and_then(Value::as_array_mut) {
            snippets.retain(|snippet| framework.is_some_and(|name| snippet["framework"] == name));
        }
        if let Some(shots) = case.get_mut("requests").and_then(Value::as_array_mut) {
            shots.truncate(SHOTS);
        }
    }
    let names: Vec<&Value> = passed.iter().map(|case| &case["id"]).collect();
    let (count, names) = (names.len(), json!(names));
    report["passed_cases"] = names;
    report["cases"] = told.into();
    count
}
