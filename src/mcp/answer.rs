//! A tool's answers and errors.

use serde_json::Value;

use super::fence;
use crate::client::ClientError;
use crate::view::plain;

/// Why a call failed, in a sentence for the agent.
#[derive(Debug)]
pub(super) struct Failure(pub(super) String);

impl Failure {
    /// The sentence. It may repeat the agent's input, but nothing from a sender.
    pub(super) fn text(&self) -> String {
        plain(&self.0)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self(error.to_string())
    }
}

/// Fields of a request that lists show. Empty ones are left out.
const BRIEF: &[&str] = &[
    "id",
    "seq",
    "received_at",
    "method",
    "target",
    "body",
    "rejected",
    "signature",
    "freshness",
    "event",
    "response",
    "pinned",
    "note",
    "tags",
    "origin",
    "last_attempt",
    "forwarded",
];

/// A request as lists show it: short, since an agent pays for each word.
pub(super) fn brief(request: &Value) -> Value {
    let fields = BRIEF.iter().filter_map(|name| Some(((*name).to_owned(), request.get(name)?.clone())));
    let mut brief = Value::Object(fields.collect());
    prune(&mut brief);
    brief
}

/// Removes empty values: `null`, empty lists and objects, an unset pin.
pub(super) fn prune(value: &mut Value) {
    let Value::Object(members) = value else { return };
    for member in members.values_mut() {
        prune(member);
    }
    members.retain(|name, member| match member {
        Value::Null => false,
        Value::Bool(set) => *set || name != "pinned",
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::String(_) | Value::Number(_) => true,
    });
}

/// The answer: Creel's sentence, then data from senders behind a fence.
pub(super) fn fenced(sentence: &str, data: &Value) -> String {
    fence::around(sentence, data)
}
