//! The streamable HTTP form, without sessions: each POST is answered by one JSON text. The console has checked the
//! sender before.

use std::sync::Arc;

use ::http::{Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use rmcp::ErrorData;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};

use super::Agent;
use crate::http::ContentType;

/// Bytes of a call: the largest holds an answer's body and a scheme's record.
pub(crate) const MAX_CALL: usize = 2 << 20;

/// What an agent's client sent.
#[derive(Debug)]
pub(crate) struct Call<'c> {
    pub method: &'c str,
    /// The header fields.
    pub headers: Vec<(&'c str, &'c [u8])>,
    pub body: Bytes,
}

/// The response to a call, as an HTTP response.
#[derive(Debug)]
pub(crate) struct Response {
    pub status: u16,
    /// The header fields.
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Bytes,
}

/// Answers one call. `None` when it is no valid HTTP request.
pub(crate) async fn answer(agent: Agent, call: Call<'_>) -> Option<Response> {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        // The console has checked `Host` and `Origin`.
        .disable_allowed_hosts()
        .with_max_request_body_bytes(MAX_CALL);
    let service =
        StreamableHttpService::new(move || Ok(agent.clone()), Arc::new(NeverSessionManager::default()), config);
    let sent = call.body.clone();
    let is_json = call.headers.iter().any(|(name, value)| {
        let value = String::from_utf8_lossy(value);
        name.eq_ignore_ascii_case("content-type") && ContentType::parse(&value).essence == "application/json"
    });
    let mut request = Request::builder().method(call.method).uri("/mcp");
    for (name, value) in call.headers {
        request = request.header(name, value);
    }
    let response = service.handle(request.body(Full::new(call.body)).ok()?).await;
    let (parts, body) = response.into_parts();
    // The SDK reports an unreadable body as an unsupported media type.
    if parts.status == StatusCode::UNSUPPORTED_MEDIA_TYPE && is_json {
        return Some(unreadable(&sent));
    }
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    let Ok(body) = body.collect().await;
    Some(Response { status: parts.status.as_u16(), headers, body: body.to_bytes() })
}

/// The protocol's own error for a body that is no message.
fn unreadable(sent: &[u8]) -> Response {
    let read = serde_json::from_slice::<Value>(sent);
    let error = match &read {
        Err(error) => ErrorData::parse_error(format!("the body is no JSON text: {error}"), None),
        Ok(Value::Array(_)) => ErrorData::invalid_request("a batch is not taken: send one message", None),
        Ok(_) => ErrorData::invalid_request("this is no JSON-RPC message: jsonrpc, id and method are wanted", None),
    };
    let id = read.ok().and_then(|read| read.get("id").filter(|id| id.is_string() || id.is_number()).cloned());
    let body = json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string();
    let headers = vec![("content-type".to_owned(), b"application/json".to_vec())];
    Response { status: StatusCode::BAD_REQUEST.as_u16(), headers, body: body.into() }
}
