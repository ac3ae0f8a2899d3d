//! `send_event`.

use rmcp::model::JsonObject;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{ToolSpec, arguments, schema};
use crate::client::{Method, bin_path};
use crate::mcp::Agent;
use crate::mcp::answer::{Failure, fenced, prune};
use crate::mcp::body::{Part, shown};
use crate::mcp::redact::{Handed, Redaction, header};

pub(super) const TOOL: ToolSpec = ToolSpec {
    name: "send_event",
    text: "Simulate a platform: send an event, or a whole session, signed as the platform does, to a target or to the bin itself (it counts as simulated).",
    writes: true,
    destructive: true,
    open_world: true,
    schema: schema::<Args>,
    call: |agent, given| Box::pin(call(agent, given)),
};

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Name or id
    #[serde(skip_serializing)]
    bin: String,
    /// E.g. session.ended; session for all of one. A wrong name lists what there is
    event: String,
    /// Platform id; default the bin's
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    /// URL; default the bin itself. Beyond this machine only what creel serve --allow-target names
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    #[schemars(description = "Label of a stored one, {\"value\"}, or false to sign nothing; default the bin's newest")]
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<Value>,
    #[schemars(description = "[{\"name\", \"value\"}]; the platform's own win")]
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<Map<String, Value>>>,
    #[schemars(description = "Values of the body: {\"/data/reason\": \"timeout\"}")]
    #[serde(skip_serializing_if = "Option::is_none")]
    set: Option<Map<String, Value>>,
    #[schemars(
        description = "duplicate, out_of_order, bad_signature, tampered_body, unknown_event, malformed_json, huge_transcript, slow_sender"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    faults: Option<Vec<String>>,
    /// The session's id; default a new one
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    /// For a whole session: times faster than real, 0 without pauses
    #[serde(skip_serializing_if = "Option::is_none")]
    speed: Option<f64>,
    /// Send nothing, show what would be sent
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
}

async fn call(agent: &Agent, given: JsonObject) -> Result<String, Failure> {
    let args: Args = arguments(given)?;
    let client = agent.client()?;
    let mut redaction = Redaction::new(agent.options.show_credentials);
    redaction.given(args.secret.as_ref());
    let mut done = client.send(Method::POST, &bin_path(&args.bin, "/send"), &json!(args)).await?;

    let handed = Handed::by(&client, &args.bin, &done).await?;
    let places = handed.places();
    let sent = done["sent"].as_array().map_or(0, Vec::len);
    for event in done["sent"].as_array_mut().into_iter().flatten() {
        redaction.remember_head(&event["sent"]["head"], places);
        for head in ["/sent/head", "/response/head"] {
            if let Some(head) = event.pointer_mut(head) {
                redaction.head(head, places);
            }
        }
        redaction.target(&mut event["target"], places);
        if let Some(body) = event.pointer_mut("/response/body") {
            redaction.quotes(body);
        }
        // An endpoint may echo its input, and the sent body is not available here for comparison.
        if handed.is_in_body()
            && let Some(response) = event.get_mut("response").and_then(Value::as_object_mut)
        {
            response.remove("body");
            response.remove("body_base64");
        }
    }
    for draft in done.get_mut("would_send").and_then(Value::as_array_mut).into_iter().flatten() {
        let mut out = redaction.remember_head(&draft["head"], places);
        out["body"] = json!({"text": draft["body"]});
        out["body"]["content_type"] = header(&out, "content-type").into();
        draft["body"] = shown(&out, &Part::default(), &mut redaction, places)?;
        redaction.head(&mut draft["head"], places);
        redaction.target(&mut draft["target"], places);
    }
    redaction.everywhere(&mut done);
    prune(&mut done);
    let sentence = match (done.get("job").is_some(), sent) {
        (true, _) => {
            "The session continues in the background; wait_for_requests sees its events in the bin.".to_owned()
        }
        (false, 0) => "Nothing was sent.".to_owned(),
        (false, _) => format!("Sent {sent} times."),
    };
    Ok(fenced(&sentence, &done))
}
