//! `explain_signature`.

use base64::Engine as _;
use rmcp::model::JsonObject;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{ToolSpec, arguments, schema};
use crate::client::{Body, Method, bin_path, segment};
use crate::mcp::Agent;
use crate::mcp::answer::{Failure, fenced, prune};
use crate::mcp::body::covered;
use crate::mcp::redact::{Handed, Redaction};

pub(super) const TOOL: ToolSpec = ToolSpec {
    name: "explain_signature",
    text: "Why a signature is valid or not: verdict, freshness, signed text, diagnosis with fix (verifies: true is proven). May try another secret or scheme without storing it.",
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
    /// Try this secret
    secret: Option<String>,
    /// Try this scheme id, or auto
    scheme: Option<String>,
    /// Try an own scheme
    custom_scheme: Option<Map<String, Value>>,
    /// Try this as the URL that the sender was given
    public_url: Option<String>,
}

/// Settings to try in place of the bin's.
#[derive(Serialize)]
struct Trial {
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_scheme: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_url: Option<String>,
}

async fn call(agent: &Agent, given: JsonObject) -> Result<String, Failure> {
    let Args { bin, id, secret, scheme, custom_scheme, public_url } = arguments(given)?;
    let client = agent.client()?;
    let id = id.as_deref().unwrap_or("latest");
    let path = bin_path(&bin, &format!("/requests/{}", segment(id)));
    let mut request = client.get(&path, &[]).await?;
    // From now on the same request, whatever arrives.
    let path = bin_path(&bin, &format!("/requests/{}", request["id"].as_str().unwrap_or(id)));
    let trial = json!(Trial { secret, scheme, custom_scheme, public_url });
    let path = format!("{path}/signature");
    let mut explained = if trial.as_object().is_some_and(Map::is_empty) {
        client.get(&path, &[]).await?
    } else {
        client.send(Method::POST, &path, &trial).await?
    };

    let mut redaction = Redaction::new(agent.options.show_credentials);
    // The record of a tried custom scheme says what it sends.
    let tried = trial.get("custom_scheme").and_then(Handed::by_record);
    let handed = match tried {
        Some(handed) => handed,
        None => Handed::by(&client, &bin, &explained).await?,
    };
    // Values hidden in the request are also hidden in the explanation.
    covered(&request, &mut redaction, handed.places());
    let body: Body = serde_json::from_value(request["body"].clone()).unwrap_or_default();
    let sent = body.bytes().unwrap_or_default();
    let sent_covered = redaction.body(&sent, body.content_type.as_deref(), handed.places());
    redaction.request(&mut request, handed.places());
    redaction.given(trial.get("secret").map(|secret| json!({"value": secret})).as_ref());
    if let Some(members) = explained.as_object_mut() {
        // They are repeated at the top level.
        members.remove("signature");
        let signed = members.remove("signed_base64");
        if matches!(handed, Handed::Signature) {
            if let Some(text) = signed.as_ref().and_then(Value::as_str).and_then(text_of) {
                let shown = redaction.signed(&text, &sent, &sent_covered);
                let shown = shown.unwrap_or_else(|| "(not shown: it holds a credential of the request)".to_owned());
                members.insert("signed_text".to_owned(), shown.into());
            }
        } else {
            // Never, not even with --show-credentials: what a token scheme sends is the secret.
            for name in ["expected", "received"] {
                members.remove(name);
            }
        }
    }
    redaction.quotes(&mut explained["reason"]);
    for finding in explained["diagnosis"].as_array_mut().into_iter().flatten() {
        for member in ["sentence", "fix"] {
            redaction.quotes(&mut finding[member]);
        }
    }
    explained["request"] = request["id"].clone();
    redaction.everywhere(&mut explained);
    prune(&mut explained);
    Ok(fenced("The verdict.", &explained))
}

/// Signed bytes as text, when they are some.
fn text_of(base64: &str) -> Option<String> {
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(base64).ok()?).ok()
}
