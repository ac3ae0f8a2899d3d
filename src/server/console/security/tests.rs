use actix_web::HttpRequest;
use actix_web::test::TestRequest;

use super::*;
use crate::server::console::problem::Code;

fn policy(listen: &str) -> Policy {
    Policy::new(listen.parse().unwrap(), &["Creel.Example".to_owned(), "box:8443".to_owned()], None)
}

fn check(policy: &Policy, headers: &[(&'static str, &str)]) -> Option<Code> {
    let mut request = TestRequest::get().uri("/api/v1/bins");
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
        "[::1]",
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
        "[127.0.0.1",
        "127.0.0.1]",
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
    for (host, origin, expected) in [
        ("creel.example", "https://creel.example", None),
        ("creel.example:443", "https://creel.example", None),
        ("creel.example:80", "http://creel.example", None),
        ("creel.example:8080", "http://creel.example", Some(Code::CrossOrigin)),
    ] {
        assert_eq!(check(&local, &[("host", host), ("origin", origin)]), expected, "{host} {origin}");
    }
}

#[actix_web::test]
async fn a_token_comes_as_bearer_or_as_the_login_s_cookie() {
    let token = Token::new(&SecretValue::new("0123456789abcdef".to_owned()));
    let check = async |name: &str, value: &str| {
        let request: HttpRequest = TestRequest::get().insert_header((name, value)).to_http_request();
        token.check(&request).await
    };
    assert!(check("authorization", "bearer 0123456789abcdef").await.is_ok());
    assert!(matches!(check("authorization", "Bearer 0123456789abcdeg").await, Err(TokenFault::Wrong)));
    let cookie = token.begin_session();
    let session = cookie.value();
    // Cookies of other programs on this host, broken ones and one of the same name among them, do not matter.
    for others in ["", "a=b; ", "a; =; %; ", "creel_session=0123; "] {
        assert!(check("cookie", &format!("{others}creel_session={session}")).await.is_ok(), "{others}");
    }
    assert!(matches!(check("cookie", "creel_session=0123456789abcdef").await, Err(TokenFault::Missing)));
    assert!(matches!(check("x", "y").await, Err(TokenFault::Missing)));
}

#[actix_web::test]
async fn the_right_token_waits_only_while_wrong_ones_do() {
    use futures_util::FutureExt as _;
    let token = Token::new(&SecretValue::new("0123456789abcdef".to_owned()));
    let is_right_at_once = || token.compare("0123456789abcdef").now_or_never().is_some_and(|outcome| outcome.is_ok());
    assert!(is_right_at_once());
    let mut refused = Box::pin(token.refusal(TokenFault::Wrong));
    assert!((&mut refused).now_or_never().is_none());
    assert!(!is_right_at_once());
    drop(refused);
    assert!(is_right_at_once());
}

#[test]
fn a_session_is_not_shown_where_a_browser_has_sent_it_to_the_capture_listener() {
    for (value, shown) in [
        ("a=1; creel_session=0123abcd; b=2", "a=1; creel_session=(hidden); b=2"),
        ("creel_session=0; creel_session=1", "creel_session=(hidden); creel_session=(hidden)"),
        ("creel_session", "creel_session"),
        ("Cookie: creel_session=0\r\nHost: h", "Cookie: creel_session=(hidden)\r\nHost: h"),
        ("a creel_session b=1; creel_session=", "a creel_session b=1; creel_session=(hidden)"),
        ("creel_session = 0123 ; b=2", "creel_session=(hidden); b=2"),
    ] {
        assert_eq!(super::without_session(value.to_owned()), shown);
    }
    let many = "creel_session".repeat(100_000);
    assert_eq!(super::without_session(many.clone()), many);
}

#[test]
fn only_what_tells_nothing_or_asks_for_the_token_is_there_without_it() {
    for (path, open) in [
        ("/healthz", true),
        ("/readyz", true),
        ("/login", true),
        ("/assets/app.css", true),
        ("/", false),
        ("/assets", false),
        ("/healthz/x", false),
        ("/login/", false),
        ("/x/assets/app.css", false),
        ("/api/v1/bins", false),
    ] {
        assert_eq!(open_to_all(path), open, "{path}");
    }
}

#[test]
fn every_response_has_the_headers_that_keep_it_harmless_and_keeps_its_own() {
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX_CSP));
    add_headers(&mut headers);
    for (name, value) in [
        ("cache-control", "max-age=60"),
        ("content-security-policy", SANDBOX_CSP),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        let all: Vec<_> = headers.get_all(name).collect();
        assert_eq!(all, [value], "{name}");
    }
    let mut headers = HeaderMap::new();
    add_headers(&mut headers);
    assert_eq!(headers.get(header::CONTENT_SECURITY_POLICY).unwrap(), CSP);
    assert_eq!(headers.get(header::CACHE_CONTROL).unwrap(), "no-store");
}

#[test]
fn a_browser_that_opens_a_page_asks_for_html_and_a_program_does_not() {
    for (accept, html) in [
        (Some("text/html,application/xhtml+xml"), true),
        (Some("application/json, text/html"), true),
        (Some("*/*"), false),
        (Some("application/json"), false),
        (None, false),
    ] {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        }
        assert_eq!(accepts_html(&headers), html, "{accept:?}");
    }
}
