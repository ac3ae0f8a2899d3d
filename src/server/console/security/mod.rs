//! Decides which requests the console accepts. Checked before routing, on parsed values, never by a path's prefix.
//!
//! A web page of any site can make a browser send requests to a local server. Three things keep it out: the `Host` must
//! be one that the console answers to (against DNS rebinding), `Origin` and `Sec-Fetch-Site` must be the console's own
//! (against forged requests and foreign WebSockets), and no CORS header ever lets a foreign page read a response.

mod origin;
#[cfg(test)]
mod tests;
mod token;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::cookie::Cookie;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};
use askama::Template;
use header::{HeaderMap, HeaderName, HeaderValue};

use super::extract::State;
use super::problem::{Code, Problem};
use crate::model::SecretValue;
use origin::{Hosts, check_origin};
pub(super) use token::without_session;
use token::{Token, TokenFault};

/// Forbids inline code, foreign resources, and framing.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                   connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// For captured bytes: whatever a browser makes of them, it runs nothing.
pub(super) const SANDBOX_CSP: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

/// The rules for which requests the console accepts.
pub(crate) struct Policy {
    hosts: Hosts,
    token: Option<Token>,
    refused: Refused,
}

/// Requests that were refused since the start.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    /// Because of their `Host` or `Origin`.
    source: AtomicU64,
    /// Because of a wrong token.
    token: AtomicU64,
    /// Because too many wrong tokens came at once.
    crowded: AtomicU64,
}

impl Refused {
    /// Each kind: name, description, count.
    pub(crate) fn all(&self) -> [(&'static str, &'static str, u64); 3] {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            (
                "source",
                "made by a page of another site, or for a name that the console does not answer to",
                of(&self.source),
            ),
            ("token", "wrong token", of(&self.token)),
            ("crowded", "too many wrong tokens at once", of(&self.crowded)),
        ]
    }

    /// Counts one; logs the first, the second, the fourth…
    fn count(count: &AtomicU64, why: &str) {
        let refused = count.fetch_add(1, Ordering::Relaxed) + 1;
        if refused.is_power_of_two() {
            tracing::warn!(refused, why, "requests to the console are refused");
        }
    }
}

impl Policy {
    /// The rules for a listener at `address`.
    pub(crate) fn new(address: SocketAddr, allow_hosts: &[String], token: Option<&SecretValue>) -> Self {
        let allowed = allow_hosts.iter().map(|host| host.trim().to_ascii_lowercase()).collect();
        let hosts = Hosts { listen: address.ip(), allowed };
        Self { hosts, token: token.map(Token::new), refused: Refused::default() }
    }

    /// What was refused since the start.
    pub(crate) fn refused(&self) -> &Refused {
        &self.refused
    }

    /// Refuses a request whose `Host` the console does not answer to, or that a page of another site made.
    pub(super) fn check_source(&self, request: &HttpRequest) -> Result<(), Problem> {
        let checked = self.hosts.host(request).and_then(|host| check_origin(request.headers(), &host));
        if checked.is_err() {
            Refused::count(&self.refused.source, "host or origin");
        }
        checked
    }

    /// The problem for a bad token.
    async fn refusal(&self, token: &Token, fault: TokenFault) -> Problem {
        let problem = token.refusal(fault).await;
        if problem.code() == Code::TooManyRequests {
            Refused::count(&self.refused.crowded, "too many wrong tokens");
        } else {
            Refused::count(&self.refused.token, "wrong token");
        }
        problem
    }

    /// The session cookie for the right token; a wrong one is refused slowly.
    pub(super) async fn log_in(&self, given: &str) -> Result<Cookie<'static>, Problem> {
        let Some(token) = &self.token else { return Err(token::wrong()) };
        match token.compare(given).await {
            Ok(()) => Ok(token.begin_session()),
            Err(fault) => Err(self.refusal(token, fault).await),
        }
    }
}

/// The one value of a header; an error when there are several or it is not text.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        (Some(_), Some(_)) => Err(()),
    }
}

/// Paths that need no token: they reveal nothing, or ask for the token.
fn open_to_all(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/login") || path.starts_with("/assets/")
}

/// The page for a link followed from another site. It offers the same link, which then comes from the console itself.
#[derive(Template)]
#[template(path = "elsewhere.html")]
struct FromElsewhere<'a> {
    path: &'a str,
}

/// Runs before and after everything: refuses, answers `HEAD` by `GET`, adds the security headers.
pub(super) async fn guard(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if let Err(response) = admit(request.request()).await {
        let mut response = request.into_response(response);
        add_headers(response.headers_mut());
        return Ok(response);
    }
    // The connection drops the body of the response. Not for streams, which never end.
    if request.method() == Method::HEAD && !super::live::never_ends(request.path()) {
        request.head_mut().method = Method::GET;
    }
    let mut response = next.call(request).await?.map_into_boxed_body();
    add_headers(response.headers_mut());
    Ok(response)
}

async fn admit(request: &HttpRequest) -> Result<(), HttpResponse> {
    let state = State::of(request).map_err(|problem| problem.error_response())?;
    let policy = &state.security;
    let pages = accepts_html(request.headers());
    policy.check_source(request).map_err(|problem| {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let led_here = pages && problem.code() == Code::CrossOrigin && request.method() == Method::GET;
        // `//host` would be a link to another host, and so would `/\host` in a browser.
        let page = FromElsewhere { path }.render();
        match page {
            Ok(html) if led_here && !path.starts_with("//") && !path.starts_with("/\\") => {
                HttpResponse::build(StatusCode::FORBIDDEN).content_type("text/html; charset=utf-8").body(html)
            }
            _ => problem.error_response(),
        }
    })?;
    if open_to_all(request.path()) {
        return Ok(());
    }
    let Some(token) = &policy.token else { return Ok(()) };
    match token.check(request).await {
        Ok(()) => Ok(()),
        Err(TokenFault::Missing) if pages && request.method() == Method::GET => {
            Err(HttpResponse::SeeOther().insert_header((header::LOCATION, "/login")).finish())
        }
        Err(TokenFault::Missing) => {
            let text = "The console asks for a token: send 'Authorization: Bearer TOKEN'.";
            Err(Problem::new(Code::Unauthorized, text).error_response())
        }
        Err(fault) => Err(policy.refusal(token, fault).await.error_response()),
    }
}

/// Whether the client is a person: browsers ask for HTML when they open a page.
fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

/// Adds the console's common headers, unless the handler has set its own.
fn add_headers(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CSP),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Not `no-referrer`: with it, browsers send `Origin: null` with the log-in form, which is refused.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        // Clients recognise Creel by it.
        (header::SERVER, concat!("creel/", env!("CARGO_PKG_VERSION"))),
    ] {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}
