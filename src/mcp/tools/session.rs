//! `session`.

use rmcp::model::JsonObject;
use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ToolSpec, arguments, schema};
use crate::client::{Client, ClientError, bin_path, segment};
use crate::mcp::Agent;
use crate::mcp::answer::{Failure, fenced, prune};
use crate::mcp::body::{Part, shown};
use crate::mcp::redact::{Handed, Redaction};

pub(super) const TOOL: ToolSpec = ToolSpec {
    name: "session",
    text: "A session's events in order, what is missing, twice or impossible, and what of each event breaks the platform's contract. Without session: the bin's newest sessions.",
    writes: false,
    destructive: false,
    open_world: false,
    schema: schema::<Args>,
    call: |agent, given| Box::pin(call(agent, given)),
};

/// Sessions of a list, as the API's parameter.
const LISTED: &str = "10";
/// Events of a session that are shown.
const EVENTS: usize = 50;
/// Findings of a session in a list, and events of it that break their contract.
const FINDINGS: usize = 10;
/// Of these, the first that are checked against the contract.
const EXAMINED: usize = 20;
/// Larger bodies are not searched for values to hide.
const MAX_BODY: u64 = 1 << 20;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Name or id
    bin: String,
    /// The session's id
    session: Option<String>,
}

async fn call(agent: &Agent, given: JsonObject) -> Result<String, Failure> {
    let Args { bin, session } = arguments(given)?;
    let client = agent.client()?;
    let Some(session) = session else {
        let mut page = client.get(&bin_path(&bin, "/sessions"), &[("limit", LISTED)]).await?;
        for session in page["sessions"].as_array_mut().into_iter().flatten() {
            listed(session);
        }
        prune(&mut page);
        let count = page["sessions"].as_array().map_or(0, Vec::len);
        return Ok(fenced(&format!("{count} sessions, the newest first."), &page));
    };
    // Works for every name; a path cannot name `..`.
    let mut found = client.get(&bin_path(&bin, "/session"), &[("id", &session)]).await?;
    let mut redaction = Redaction::new(agent.options.show_credentials);
    if let Some(events) = found["events"].as_array_mut() {
        events.truncate(EVENTS);
        for event in events.iter_mut().take(EXAMINED) {
            event["contract"] = contract(&client, &bin, event, &mut redaction).await?;
        }
    }
    for finding in found["findings"].as_array_mut().into_iter().flatten() {
        redaction.cut_values(&mut finding["sentence"]);
    }
    redaction.everywhere(&mut found);
    prune(&mut found);
    let sentence = format!(
        "The session: its first {EVENTS} events at most, the first {EXAMINED} checked against the platform's contract."
    );
    Ok(fenced(&sentence, &found))
}

/// A session as the list shows it: the names of its events, which of them break their contract, and the findings about
/// the session.
fn listed(session: &mut Value) {
    let list = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let events = list(&session["events"]);
    let breaks = |event: &&Value| event["left_out"].is_null() && event["contract"]["breaks"].as_u64().unwrap_or(0) > 0;
    let told =
        |event: &Value| json!({"request": event["request"], "name": event["name"], "contract": event["contract"]});
    session["breaking"] = events.iter().filter(breaks).take(FINDINGS).map(told).collect();
    session["events"] = events.iter().take(EVENTS).map(|event| event["name"].clone()).collect();
    let all = list(&session["findings"]);
    let told = |finding: &Value| {
        let mut told =
            json!({"severity": finding["severity"], "code": finding["code"], "sentence": finding["sentence"]});
        // It repeats values that may be credentials: no request was searched for these here.
        if finding["code"] == "contradiction" {
            told["sentence"] = Value::Null;
        }
        told
    };
    session["findings"] = all.iter().take(FINDINGS).map(told).collect();
    if all.len() > FINDINGS {
        session["more_findings"] = (all.len() - FINDINGS).into();
    }
    for member in ["expected", "document"] {
        session.as_object_mut().map(|members| members.remove(member));
    }
}

/// An event's differences from the platform's document, or from earlier events.
async fn contract(client: &Client, bin: &str, event: &Value, redaction: &mut Redaction) -> Result<Value, Failure> {
    let path = bin_path(bin, &format!("/requests/{}", segment(event["request"].as_str().unwrap_or_default())));
    let read = async {
        let summary = client.get(&format!("{path}/contract"), &[]).await?;
        Ok::<_, ClientError>((summary, client.get(&path, &[]).await?))
    };
    let (report, mut request) = match read.await {
        Ok(read) => read,
        // Deleted meanwhile.
        Err(ClientError::Refused { status: 404, .. }) => return Ok(Value::Null),
        Err(error) => return Err(error.into()),
    };
    let handed = Handed::by(client, bin, &request).await?;
    let is_short = request["body"]["size"].as_u64().is_some_and(|size| size <= MAX_BODY);
    if is_short {
        shown(&request, &Part::default(), redaction, handed.places())?;
    }
    redaction.request(&mut request, handed.places());
    let told = |name: &str| -> Vec<Value> {
        let findings = report[name].as_array().into_iter().flatten();
        findings
            .map(|finding| {
                let mut told = json!({});
                for member in ["pointer", "header", "severity", "code", "sentence"] {
                    // A long body was not searched for values to hide.
                    if is_short || member != "sentence" {
                        told[member] = finding[member].clone();
                    }
                }
                redaction.cut_values(&mut told["sentence"]);
                told
            })
            .collect()
    };
    Ok(json!({
        "findings": told("findings"), "headers": told("headers"), "drift": told("drift"), "more": report["more"],
        "not_checked_because": report["not_checked_because"],
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_in_a_list_has_its_findings_and_the_events_that_break_their_contract_bounded() {
        let finding = json!({"severity": "breaks", "code": "missing", "sentence": "It is missing.", "source": {}, "requests": []});
        let event = |name: &str, breaks: u64, left_out: Value| json!({"name": name, "request": name, "contract": {"breaks": breaks}, "left_out": left_out});
        let mut session = json!({
            "id": "s", "findings": vec![finding; 12],
            "events": [event("a", 0, Value::Null), event("b", 2, Value::Null), event("c", 1, "simulated".into())],
        });
        listed(&mut session);
        assert_eq!(session["events"], json!(["a", "b", "c"]));
        assert_eq!(session["breaking"], json!([{"request": "b", "name": "b", "contract": {"breaks": 2}}]));
        assert_eq!((session["findings"].as_array().unwrap().len(), &session["more_findings"]), (10, &json!(2)));
        let told = json!({"severity": "breaks", "code": "missing", "sentence": "It is missing."});
        assert_eq!(session["findings"][0], told);
        let mut other = json!({"findings": [{"code": "contradiction", "sentence": "It has 1."}], "events": []});
        listed(&mut other);
        assert_eq!(other["findings"][0]["sentence"], Value::Null, "values are not repeated");
    }
}
