//! `/mcp`: the tools of coding agents over HTTP. The guard has checked `Host`, `Origin` and token as for every request;
//! the tools call the API with the caller's token.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};

use super::extract::{State, read_body};
use super::problem::{Code, Problem};
use crate::client::Client;
use crate::mcp::http::{Call, MAX_CALL, answer};
use crate::mcp::{Agent, Options};
use crate::model::SecretValue;

pub(super) fn configure(app: &mut web::ServiceConfig) {
    app.route("/mcp", web::route().to(serve));
}

async fn serve(state: State, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let body = read_body(payload.into_inner(), MAX_CALL).await?;
    let token = bearer(&request);
    // A browser's session cannot be passed on.
    if state.asks_for_token && token.is_none() {
        let text = "An agent's client sends the token itself: 'Authorization: Bearer TOKEN'.";
        return Err(Problem::new(Code::Unauthorized, text));
    }
    let url = state.console_url.clone();
    let connect = move || Client::new(&url, token.clone().map(SecretValue::new));
    let agent = Agent::new(Arc::new(connect), options(&request)?);
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let call = Call { method: request.method().as_str(), headers, body };
    let failed = || Problem::new(Code::InvalidBody, "This is no call of the Model Context Protocol.");
    let response = answer(agent, call).await.ok_or_else(failed)?;
    let status = StatusCode::from_u16(response.status).map_err(|_| failed())?;
    let mut built = HttpResponse::build(status);
    for (name, value) in &response.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::from_bytes(value)) {
            built.append_header((name, value));
        }
    }
    Ok(built.body(response.body))
}

/// What the URL allows: `/mcp?read-only`.
fn options(request: &HttpRequest) -> Result<Options, Problem> {
    let mut options = Options::default();
    for (name, value) in form_urlencoded::parse(request.query_string().as_bytes()) {
        let set = match value.as_ref() {
            "" | "true" => true,
            "false" => false,
            _ => return Err(Problem::query(name.as_ref(), "Write the name alone, or =true, or =false.")),
        };
        match &*name {
            "read-only" => options.read_only = set,
            "show-credentials" => options.show_credentials = set,
            _ => return Err(Problem::query(name.as_ref(), "There are `read-only` and `show-credentials`.")),
        }
    }
    Ok(options)
}

fn bearer(request: &HttpRequest) -> Option<String> {
    let (kind, token) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    kind.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}
