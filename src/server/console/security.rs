//! Who may talk to the console. Checked for every request before it is routed, on parsed values, never by a path's beginning.
//!
//! A web page of any site can make a browser send requests to a local server. Three things keep it out: the `Host` must be
//! one that the console answers to (against DNS rebinding), `Origin` and `Sec-Fetch-Site` must be the console's own
//! (against forged requests and foreign WebSockets), and no CORS header ever lets a foreign page read an answer.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};
use askama::Template;
use header::{HeaderMap, HeaderName, HeaderValue};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;

use super::extract::state;
use super::problem::{Code, Problem};
use crate::model::SecretValue;

/// Nothing inline, nothing from elsewhere, no frame around it.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                   connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// For captured bytes: whatever a browser makes of them, it runs nothing.
pub(super) const SANDBOX_CSP: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";
/// A wrong token is answered after this long, one at a time: guessing stays slow however many connections try.
const WRONG_TOKEN_DELAY: Duration = Duration::from_millis(500);
/// More wrong tries than this at once are turned away.
const WRONG_TOKENS_WAITING: u32 = 8;
/// The cookie that the login page sets.
pub(super) const COOKIE: &str = "creel_session";

/// Whom the console talks to.
pub struct Policy {
    /// The address of the listener; unspecified when it listens on all of them.
    listen: IpAddr,
    /// Further host names, in lower case.
    allow_hosts: Vec<String>,
    token: Option<Token>,
}

struct Token {
    /// Compared in place of the text, so that lengths do not matter.
    digest: [u8; 32],
    /// What the cookie holds: made from the token, so that the token itself is not kept in a browser.
    session: String,
    waiting: AtomicU32,
    turn: Mutex<()>,
}

impl Token {
    fn new(token: &SecretValue) -> Self {
        let digest = keyed(token.expose(), b"creel token");
        let session = hex::encode(keyed(token.expose(), b"creel session"));
        Self { digest, session, waiting: AtomicU32::new(0), turn: Mutex::new(()) }
    }

    fn is(&self, given: &str) -> bool {
        keyed(given, b"creel token").ct_eq(&self.digest).into()
    }

    fn is_session(&self, given: &str) -> bool {
        given.as_bytes().ct_eq(self.session.as_bytes()).into()
    }
}

fn keyed(key: &str, message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length; an error cannot happen, and would only make every token wrong.
    Hmac::<Sha256>::new_from_slice(key.as_bytes())
        .map_or([0; 32], |mac| mac.chain_update(message).finalize().into_bytes().into())
}

impl Policy {
    /// The rules for a listener at `address`.
    #[must_use]
    pub fn new(address: SocketAddr, allow_hosts: &[String], token: Option<&SecretValue>) -> Self {
        Self {
            listen: address.ip(),
            allow_hosts: allow_hosts.iter().map(|host| host.trim().to_ascii_lowercase()).collect(),
            token: token.map(Token::new),
        }
    }

    /// Refuses a request whose `Host` the console does not answer to, or that a page of another site made.
    pub(super) fn check_source(&self, request: &HttpRequest) -> Result<(), Problem> {
        let host = self.host(request)?;
        check_origin(request.headers(), &host)
    }

    /// The `Host` of a request, if it is allowed.
    fn host(&self, request: &HttpRequest) -> Result<Authority, Problem> {
        let refuse = || {
            let text = "The console does not answer to this Host. Use its address, or start creel with --allow-host.";
            Problem::new(Code::HostNotAllowed, text)
        };
        let host =
            single(request.headers(), &header::HOST).ok().flatten().and_then(Authority::parse).ok_or_else(refuse)?;
        // The absolute form of a target names a host, too: both must be fine.
        let in_target = request.uri().authority().map(|authority| Authority::parse(authority.as_str()));
        let allowed = self.allows(&host) && in_target.is_none_or(|authority| authority.as_ref() == Some(&host));
        if allowed { Ok(host) } else { Err(refuse()) }
    }

    fn allows(&self, host: &Authority) -> bool {
        if self.allow_hosts.iter().any(|allowed| *allowed == host.name || *allowed == host.to_string()) {
            return true;
        }
        match host.name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            // A foreign name can be made to resolve to this machine, an address cannot: on all addresses, any address is ours.
            Ok(ip) => ip.is_loopback() || ip == self.listen || self.listen.is_unspecified(),
            Err(_) => host.name == "localhost" || host.name.ends_with(".localhost"),
        }
    }

    /// Whether the request carries the token, as a bearer or as the login's cookie. Also when none is asked for.
    fn has_token(&self, headers: &HeaderMap) -> Result<(), TokenFault> {
        let Some(token) = &self.token else {
            return Ok(());
        };
        let bearer = single(headers, &header::AUTHORIZATION)
            .ok()
            .flatten()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, given)| given.trim());
        if let Some(given) = bearer {
            return if token.is(given) { Ok(()) } else { Err(TokenFault::Wrong) };
        }
        let cookies = headers.get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
        let mut sessions = cookies
            .flat_map(|list| list.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == COOKIE)
            .map(|(_, value)| value)
            .peekable();
        if sessions.peek().is_none() {
            return Err(TokenFault::None);
        }
        // Another program on this host may have set a cookie of the same name: one right one is enough.
        if sessions.any(|session| token.is_session(session)) { Ok(()) } else { Err(TokenFault::None) }
    }

    /// The session cookie's value for the right token; slow to say no.
    pub(super) async fn log_in(&self, given: &str) -> Result<String, Problem> {
        match &self.token {
            Some(token) if token.is(given) => Ok(token.session.clone()),
            _ => Err(self.slow_refusal().await),
        }
    }

    /// The answer to a wrong token: late, one at a time, and not to many at once.
    async fn slow_refusal(&self) -> Problem {
        if let Some(token) = &self.token {
            if token.waiting.fetch_add(1, Ordering::Relaxed) >= WRONG_TOKENS_WAITING {
                token.waiting.fetch_sub(1, Ordering::Relaxed);
                return Problem::new(Code::TooManyRequests, "Too many wrong tokens; try again later.");
            }
            let turn = token.turn.lock().await;
            tokio::time::sleep(WRONG_TOKEN_DELAY).await;
            drop(turn);
            token.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        Problem::new(Code::Unauthorized, "This token is wrong.")
    }
}

enum TokenFault {
    None,
    Wrong,
}

/// A host with its port, as `Host` and `Origin` name it. The scheme's default port counts as none.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Authority {
    /// In lower case; IPv6 addresses in brackets; no dot at the end.
    name: String,
    port: Option<u16>,
}

impl Authority {
    fn parse(text: &str) -> Option<Self> {
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => (name, Some(port.parse().ok()?)),
            _ => (text, None),
        };
        let bracketed = name.starts_with('[') && name.ends_with(']');
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let valid = !name.is_empty() && (bracketed || name.bytes().all(plain));
        valid.then(|| Self { name: name.trim_end_matches('.').to_ascii_lowercase(), port })
    }

    /// The authority of an origin (`http://localhost:4666`).
    fn of_origin(origin: &str) -> Option<Self> {
        let (scheme, rest) = origin.split_once("://")?;
        let default = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let mut authority = Self::parse(rest)?;
        authority.port = authority.port.filter(|port| *port != default);
        Some(authority)
    }
}

impl std::fmt::Display for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.name),
            None => f.write_str(&self.name),
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

fn check_origin(headers: &HeaderMap, host: &Authority) -> Result<(), Problem> {
    let refuse = || {
        Problem::new(
            Code::CrossOrigin,
            "The console takes no requests from pages of other sites (Origin, Sec-Fetch-Site).",
        )
    };
    let fetch_site = HeaderName::from_static("sec-fetch-site");
    let site_is_ours = match single(headers, &fetch_site) {
        // `none`: the user typed the address or used a bookmark. `same-site` is not enough: another port is another program.
        Ok(site) => matches!(site, None | Some("same-origin" | "none")),
        Err(()) => false,
    };
    let origin_is_ours = match single(headers, &header::ORIGIN) {
        Ok(None) => true,
        // Behind a proxy that speaks TLS the scheme differs; host and port are what tells pages apart here.
        Ok(Some(origin)) => Authority::of_origin(origin).is_some_and(|origin| {
            origin.name == host.name
                && (origin.port == host.port
                    || host.port.is_some_and(|port| origin.port.is_none() && (port == 80 || port == 443)))
        }),
        Err(()) => false,
    };
    if site_is_ours && origin_is_ours { Ok(()) } else { Err(refuse()) }
}

/// Paths that answer without a token: they tell nothing, or are there to ask for it.
fn open_to_all(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/login") || path.starts_with("/assets/")
}

/// A page that a browser was led to from another site. Followed from here, the same link comes from the console itself.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Creel</title></head>
<body><main><h1>Open this page?</h1><p>Another site has sent you here. Creel opens nothing for other sites.</p>
<p><a href="{{ path }}">Open {{ path }}</a></p></main></body></html>
"#
)]
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
    // The connection drops the body by itself. Streams are left out: they would never end.
    if request.method() == Method::HEAD && !super::live::never_ends(request.path()) {
        request.head_mut().method = Method::GET;
    }
    let mut response = match next.call(request).await {
        Ok(response) => response.map_into_boxed_body(),
        Err(error) => return Err(error),
    };
    add_headers(response.headers_mut());
    Ok(response)
}

async fn admit(request: &HttpRequest) -> Result<(), HttpResponse> {
    let state = state(request).map_err(|problem| problem.error_response())?;
    let policy = &state.security;
    let pages = accepts_html(request.headers());
    policy.check_source(request).map_err(|problem| {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let led_here = pages && problem.code() == Code::CrossOrigin && request.method() == Method::GET;
        // `//host` would be a link to another host.
        let page = FromElsewhere { path }.render();
        match page {
            Ok(html) if led_here && !path.starts_with("//") => {
                HttpResponse::build(StatusCode::FORBIDDEN).content_type("text/html; charset=utf-8").body(html)
            }
            _ => problem.error_response(),
        }
    })?;
    if open_to_all(request.path()) {
        return Ok(());
    }
    match policy.has_token(request.headers()) {
        Ok(()) => Ok(()),
        Err(TokenFault::None) if pages && request.method() == Method::GET => {
            Err(HttpResponse::SeeOther().insert_header((header::LOCATION, "/login")).finish())
        }
        Err(TokenFault::None) => {
            let text = "The console asks for a token: send 'Authorization: Bearer TOKEN'.";
            Err(Problem::new(Code::Unauthorized, text).error_response())
        }
        Err(TokenFault::Wrong) => Err(policy.slow_refusal().await.error_response()),
    }
}

/// Whether a person is looking: browsers ask for HTML when they open a page.
fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

/// What every answer of the console carries, unless the handler has set its own.
fn add_headers(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CSP),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(listen: &str) -> Policy {
        Policy::new(listen.parse().unwrap(), &["Creel.Example".to_owned(), "box:8443".to_owned()], None)
    }

    fn check(policy: &Policy, headers: &[(&'static str, &str)]) -> Option<Code> {
        let mut request = actix_web::test::TestRequest::get().uri("/api/v1/bins");
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        policy.check_source(&request.to_http_request()).err().map(|problem| problem.code())
    }

    #[test]
    fn only_own_names_and_addresses_are_answered() {
        let local = policy("127.0.0.1:4666");
        for host in [
            "127.0.0.1:4666",
            "localhost",
            "LOCALHOST:1",
            "localhost.:4666",
            "[::1]:4666",
            "127.9.9.9",
            "a.localhost:9",
            "creel.example",
            "creel.example:443",
            "box:8443",
        ] {
            assert_eq!(check(&local, &[("host", host)]), None, "{host}");
        }
        for host in [
            "evil.example:4666",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "10.0.0.1",
            "box",
            "",
            "a b",
            "127.0.0.1:x",
            "localhost@evil",
            "2130706433",
        ] {
            assert_eq!(check(&local, &[("host", host)]), Some(Code::HostNotAllowed), "{host}");
        }
        assert_eq!(check(&local, &[]), Some(Code::HostNotAllowed));
        assert_eq!(check(&local, &[("host", "localhost"), ("host", "localhost")]), Some(Code::HostNotAllowed));
        let everywhere = policy("0.0.0.0:4666");
        assert_eq!(check(&everywhere, &[("host", "10.0.0.1:4666")]), None);
        assert_eq!(check(&everywhere, &[("host", "evil.example:4666")]), Some(Code::HostNotAllowed));
    }

    #[test]
    fn only_the_console_s_own_pages_are_answered() {
        let local = policy("127.0.0.1:4666");
        let host = ("host", "localhost:4666");
        for (name, value) in [
            ("origin", "http://localhost:4666"),
            ("origin", "https://localhost:4666"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
        ] {
            assert_eq!(check(&local, &[host, (name, value)]), None, "{value}");
        }
        for (name, value) in [
            ("origin", "http://localhost:4665"),
            ("origin", "http://localhost"),
            ("origin", "http://127.0.0.1:4666"),
            ("origin", "http://evil.example"),
            ("origin", "http://localhost:4666.evil.example"),
            ("origin", "http://localhost:4666@evil.example"),
            ("origin", "null"),
            ("origin", ""),
            ("origin", "file://"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "SAME-ORIGIN"),
        ] {
            assert_eq!(check(&local, &[host, (name, value)]), Some(Code::CrossOrigin), "{name}: {value}");
        }
        let twice = [host, ("origin", "http://localhost:4666"), ("origin", "http://evil.example")];
        assert_eq!(check(&local, &twice), Some(Code::CrossOrigin));
        // Behind a proxy that speaks TLS on the usual port.
        assert_eq!(check(&local, &[("host", "creel.example"), ("origin", "https://creel.example")]), None);
    }

    #[test]
    fn a_token_comes_as_bearer_or_as_the_login_s_cookie() {
        let token = SecretValue::new("0123456789abcdef".to_owned());
        let policy = Policy::new("0.0.0.0:1".parse().unwrap(), &[], Some(&token));
        let headers = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
            headers
        };
        assert!(policy.has_token(&headers("authorization", "bearer 0123456789abcdef")).is_ok());
        assert!(matches!(
            policy.has_token(&headers("authorization", "Bearer 0123456789abcdeg")),
            Err(TokenFault::Wrong)
        ));
        let session = policy.token.as_ref().unwrap().session.clone();
        assert!(policy.has_token(&headers("cookie", &format!("a=b; creel_session={session}"))).is_ok());
        assert!(matches!(
            policy.has_token(&headers("cookie", "creel_session=0123456789abcdef")),
            Err(TokenFault::None)
        ));
        assert!(matches!(policy.has_token(&HeaderMap::new()), Err(TokenFault::None)));
    }
}
