//! `replay`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::JsonObject;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{ToolSpec, arguments, schema};
use crate::client::{Method, bin_path, segment};
use crate::mcp::Agent;
use crate::mcp::answer::{Failure, fenced, prune};
use crate::mcp::body::{Part, shown};
use crate::mcp::redact::{Handed, Redaction};

pub(super) const TOOL: ToolSpec = ToolSpec {
    name: "replay",
    text: "Send a captured request to a target, byte for byte, or edited and signed anew. Answers with the target's response. dry_run shows what would be sent.",
    writes: true,
    destructive: true,
    open_world: true,
    schema: schema::<Args>,
    call: |agent, given| Box::pin(call(agent, given)),
};

/// More would become an unattended job.
const MAX_COUNT: u32 = 10;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Name or id
    #[serde(skip_serializing)]
    bin: String,
    /// Request id; default latest
    #[serde(skip_serializing)]
    id: Option<String>,
    /// URL; default the bin's forward target. Beyond this machine only what creel serve --allow-target names
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    /// 1 to 10
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    #[schemars(description = "Sign anew: {} with the bin's secret, or {\"secret\": label or {\"value\"}, \"scheme\"}")]
    #[serde(skip_serializing_if = "Option::is_none")]
    resign: Option<Map<String, Value>>,
    #[schemars(
        description = "{\"method\", \"path\", \"query\", \"headers\": {\"set\": [{\"name\", \"value\"}], \"remove\": [name]}, \"body\", \"json\": {\"/pointer\": value}}"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    edit: Option<Map<String, Value>>,
    /// Send nothing
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
}

async fn call(agent: &Agent, given: JsonObject) -> Result<String, Failure> {
    let args: Args = arguments(given)?;
    if args.count.is_some_and(|count| !(1..=MAX_COUNT).contains(&count)) {
        return Err(Failure(format!("count: give a number from 1 to {MAX_COUNT}")));
    }
    let client = agent.client()?;
    let (bin, id) = (&args.bin, args.id.as_deref().unwrap_or("latest"));
    let path = bin_path(bin, &format!("/requests/{}", segment(id)));
    let mut request = client.get(&path, &[]).await?;
    let path = bin_path(bin, &format!("/requests/{}", request["id"].as_str().unwrap_or(id)));
    let mut done = client.send(Method::POST, &format!("{path}/replay"), &json!(args)).await?;

    let handed = Handed::by(&client, bin, &request).await?;
    let mut redaction = Redaction::new(agent.options.show_credentials);
    shown(&request, &Part::default(), &mut redaction, handed.places())?;
    redaction.request(&mut request, handed.places());
    let mut sent = 0;
    for attempt in done["attempts"].as_array_mut().into_iter().flatten() {
        sent += 1;
        for head in ["/sent/head", "/response/head"] {
            if let Some(head) = attempt.pointer_mut(head) {
                redaction.head(head, handed.places());
            }
        }
        redaction.target(&mut attempt["target"], handed.places());
        // An endpoint may say again what it got.
        if let Some(body) = attempt.pointer_mut("/response/body") {
            redaction.quotes(body);
        }
    }
    if let Some(draft) = done.get_mut("would_send") {
        // Always as text: in base64, nothing would be hidden.
        if let Some(head) = draft["head_base64"].as_str().and_then(|text| STANDARD.decode(text).ok()) {
            draft["head"] = String::from_utf8_lossy(&head).into();
        }
        if let Some(head) = draft.get_mut("head") {
            redaction.head(head, handed.places());
        }
        redaction.target(&mut draft["target"], handed.places());
        let mut out = json!({
            "headers": request["headers"],
            "body": {"text": draft["body"], "base64": draft["body_base64"]},
        });
        out["body"]["content_type"] = request["body"]["content_type"].clone();
        prune(&mut out);
        draft["body"] = shown(&out, &Part::default(), &mut redaction, handed.places())?;
        for member in ["changes", "head_base64", "body_base64"] {
            draft.as_object_mut().map(|members| members.remove(member));
        }
    }
    redaction.everywhere(&mut done);
    prune(&mut done);
    let sentence = if sent == 0 { "Nothing was sent.".to_owned() } else { format!("Sent {sent} times.") };
    Ok(fenced(&sentence, &done))
}
