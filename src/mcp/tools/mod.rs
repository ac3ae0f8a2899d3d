//! The tools: one file each, one line in the registry.

mod add_secret;
mod check_receiver;
mod compare;
mod create_bin;
mod explain_signature;
mod find_requests;
mod get_request;
mod list_bins;
mod replay;
mod send_event;
mod session;
mod set_answer;
mod wait_for_requests;

use std::pin::Pin;
use std::sync::Arc;

use rmcp::handler::server::tool::schema_for_type;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::Failure;
use super::{Agent, Options};

type Calling<'a> = Pin<Box<dyn Future<Output = Result<String, Failure>> + Send + 'a>>;

pub(super) struct ToolSpec {
    pub(super) name: &'static str,
    /// What it does, when to use it.
    pub(super) text: &'static str,
    /// Whether it changes or sends something: not there in read-only mode.
    pub(super) writes: bool,
    /// Whether what was there before is lost.
    pub(super) destructive: bool,
    /// Whether it reaches beyond Creel.
    pub(super) open_world: bool,
    pub(super) schema: fn() -> Arc<JsonObject>,
    pub(super) call: for<'a> fn(&'a Agent, JsonObject) -> Calling<'a>,
}

const TOOLS: &[ToolSpec] = &[
    list_bins::TOOL,
    create_bin::TOOL,
    find_requests::TOOL,
    get_request::TOOL,
    wait_for_requests::TOOL,
    explain_signature::TOOL,
    add_secret::TOOL,
    set_answer::TOOL,
    replay::TOOL,
    send_event::TOOL,
    check_receiver::TOOL,
    compare::TOOL,
    session::TOOL,
];

pub(super) fn find(name: &str) -> Option<&'static ToolSpec> {
    TOOLS.iter().find(|tool| tool.name == name)
}

/// The tools as a client lists them.
pub(super) fn list(options: Options) -> Vec<Tool> {
    let tools = TOOLS.iter().filter(|tool| !(tool.writes && options.read_only));
    tools.map(ToolSpec::shown).collect()
}

impl ToolSpec {
    fn shown(&self) -> Tool {
        let annotations =
            ToolAnnotations::new().read_only(!self.writes).destructive(self.destructive).open_world(self.open_world);
        let mut tool = Tool::new(self.name, self.text, short((self.schema)()));
        tool.annotations = Some(annotations);
        tool
    }
}

fn schema<T: rmcp::schemars::JsonSchema + 'static>() -> Arc<JsonObject> {
    schema_for_type::<T>()
}

/// A schema without what every reader knows: each word of it costs an agent.
fn short(schema: Arc<JsonObject>) -> Arc<JsonObject> {
    fn prune(value: &mut Value) {
        if let Value::Object(members) = value {
            members.retain(|name, member| {
                !(name == "format" || name == "$schema" || name == "title" && member.is_string())
            });
            // `"x" or null` says no more than that it may be left out.
            if let Some(Value::Array(types)) = members.get("type")
                && let [kind, null] = types.as_slice()
                && null == "null"
            {
                let kind = kind.clone();
                members.insert("type".to_owned(), kind);
            }
            members.values_mut().for_each(prune);
        }
    }
    let mut schema = Value::Object(Arc::unwrap_or_clone(schema));
    prune(&mut schema);
    Arc::new(schema.as_object().cloned().unwrap_or_default())
}

/// Reads a tool's arguments; an error names the argument at fault.
fn arguments<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, Failure> {
    serde_path_to_error::deserialize(Value::Object(arguments)).map_err(|error| {
        let path = error.path().to_string();
        let at = if path == "." { String::new() } else { format!("{path}: ") };
        Failure(format!("{at}{}", error.into_inner()))
    })
}

/// Requests that a tool returns at once.
const MAX_LISTED: usize = 50;

/// A number that a tool takes, within bounds.
fn bounded(name: &str, given: Option<usize>, otherwise: usize, most: usize) -> Result<usize, Failure> {
    match given {
        None => Ok(otherwise),
        Some(number) if (1..=most).contains(&number) => Ok(number),
        Some(_) => Err(Failure(format!("{name}: give a number from 1 to {most}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_stays_short_and_says_what_each_tool_does_to_the_world() {
        let tools = list(Options::default());
        let text = serde_json::to_string(&tools).unwrap();
        // Three bytes a token is more than any tokenizer needs for such text.
        assert!(text.len() < 5_000 * 3, "{} bytes", text.len());
        for tool in &tools {
            let annotations = tool.annotations.as_ref().unwrap();
            assert!(annotations.read_only_hint.is_some() && annotations.destructive_hint.is_some());
            let sends = ["replay", "send_event", "check_receiver"].contains(&&*tool.name);
            assert!(annotations.open_world_hint == Some(sends), "{}", tool.name);
            for (name, property) in tool.input_schema["properties"].as_object().unwrap() {
                assert!(property["description"].is_string(), "{}: {name} is described", tool.name);
            }
            assert_eq!(tool.input_schema["additionalProperties"], false, "{}", tool.name);
        }
    }

    #[test]
    fn read_only_lists_only_what_reads() {
        let names: Vec<_> = list(Options { read_only: true, ..Options::default() })
            .into_iter()
            .map(|tool| tool.name.into_owned())
            .collect();
        let reading = [
            "list_bins",
            "find_requests",
            "get_request",
            "wait_for_requests",
            "explain_signature",
            "compare",
            "session",
        ];
        assert_eq!(names, reading);
    }
}
