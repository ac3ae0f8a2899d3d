//! Resources: what an agent's client can attach without calling a tool.

use rmcp::ErrorData;
use rmcp::model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde_json::{Map, Value, json};

use super::answer::Failure;
use super::{Agent, tools};
use crate::client::{ClientError, bin_path, segment};
use crate::view::plain;

const BINS: &str = "creel://bins";
const REQUESTS: &str = "creel://requests/";
/// Bins that are listed, and looked into for a request.
const MAX_BINS: usize = 100;

/// The resources with fixed addresses. Without a server, only the list.
pub(super) async fn list(agent: &Agent) -> Vec<Resource> {
    let all = Resource::new(BINS, "bins").with_description("All bins with their capture URLs and counts");
    let handles = handles(agent).await.unwrap_or_default();
    let recent = handles.into_iter().map(|handle| {
        let text = format!("The newest requests of {handle}");
        Resource::new(format!("{BINS}/{handle}/recent"), format!("{handle}: recent")).with_description(text)
    });
    std::iter::once(all).chain(recent).collect()
}

/// The forms of addresses.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    let template = |uri: &str, name: &str, text: &str| ResourceTemplate::new(uri, name).with_description(text);
    vec![
        template("creel://bins/{bin}/recent", "recent", "The newest requests of a bin"),
        template("creel://requests/{id}", "request", "One request, whole"),
    ]
}

/// One of them.
pub(super) async fn read(agent: &Agent, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let missing = || ErrorData::resource_not_found(format!("there is no resource '{}'", plain(uri)), None);
    let call = |name: &str, arguments: Value| {
        let arguments: Map<String, Value> = arguments.as_object().cloned().unwrap_or_default();
        tools::find(name).map(|tool| (tool.call)(agent, arguments))
    };
    let answer = if uri == BINS {
        call("list_bins", json!({}))
    } else if let Some(bin) = uri.strip_prefix("creel://bins/").and_then(|rest| rest.strip_suffix("/recent")) {
        call("find_requests", json!({"bin": bin}))
    } else if let Some(id) = uri.strip_prefix(REQUESTS) {
        let bin = holder(agent, id).await.map_err(|failure| ErrorData::internal_error(failure.text(), None))?;
        bin.and_then(|bin| call("get_request", json!({"bin": bin, "id": id})))
    } else {
        None
    };
    let text = answer.ok_or_else(missing)?.await.map_err(|failure| ErrorData::internal_error(failure.text(), None))?;
    Ok(ReadResourceResult::new(vec![ResourceContents::text(text, uri)]))
}

async fn handles(agent: &Agent) -> Result<Vec<String>, Failure> {
    let bins = agent.client()?.get("/api/v1/bins", &[]).await?;
    let handle = |bin: &Value| bin["name"].as_str().or_else(|| bin["id"].as_str()).map(str::to_owned);
    Ok(bins["bins"].as_array().into_iter().flatten().take(MAX_BINS).filter_map(handle).collect())
}

/// The bin that has a request.
async fn holder(agent: &Agent, id: &str) -> Result<Option<String>, Failure> {
    // `latest` is relative to a bin, which is not given here.
    if id == "latest" {
        return Ok(None);
    }
    let client = agent.client()?;
    for bin in handles(agent).await? {
        match client.get(&bin_path(&bin, &format!("/requests/{}", segment(id))), &[]).await {
            Ok(_) => return Ok(Some(bin)),
            Err(ClientError::Refused { status: 404, .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}
