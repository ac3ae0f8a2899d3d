use super::*;

fn shown(raw: &str) -> String {
    String::from_utf8(head(raw.as_bytes(), true)).unwrap()
}

#[test]
fn only_the_values_of_sensitive_fields_change() {
    let raw = "POST /token:x HTTP/1.1\r\nHost: h\r\nAUTHORIZATION:Bearer a\r\n b\r\nX-A:  1 \nStripe-Signature: t=1,v1=2\n\r\n";
    let wanted = "POST /token:x HTTP/1.1\r\nHost: h\r\nAUTHORIZATION: REDACTED\r\n \r\nX-A:  1 \nStripe-Signature: REDACTED\n\r\n";
    assert_eq!(shown(raw), wanted);
    assert_eq!(head(raw.as_bytes(), false), raw.as_bytes());
}

#[test]
fn a_malformed_head_shows_no_more_than_a_right_one() {
    let line = "GET /b HTTP/1.1\r\nX-A: 1\r\n";
    for field in [
        "Authorization : s3cr3t",
        " Authorization: s3cr3t",
        "\tAuthorization\t:s3cr3t",
        "Authorization: a\r\n\ts3cr3t",
        "Authorization: a\n s3cr3t",
        "Authorization: a\r\n \r\n s3cr3t",
        "Authorization:\r\n \r\n\t\r\n x\r\n s3cr3t: 1",
        "Authorization: a\rs3cr3t",
        "X-A: 1\rAuthorization: s3cr3t",
        "X-A: 1\r\n Authorization: s3cr3t",
        "X-A: 1\r\n Authorization: a\r\n s3cr3t",
        "Authorization s3cr3t",
        "Authorization=s3cr3t",
        "\0Authorization: s3cr3t",
        "\"Authorization\": s3cr3t",
        "Referer: https://h/?token=a\r\n s3cr3t",
        "Referer: https://h/?token=a s3cr3t",
        "https://h/?token=s3cr3t",
    ] {
        for end in ["\r\n\r\n", "\r\nX-B: 2\r\n\r\n", "\n", ""] {
            let text = shown(&format!("{line}{field}{end}"));
            assert!(!text.contains("s3cr3t") && text.contains("REDACTED"), "{field:?}: {text:?}");
            assert!(text.starts_with(line) && text.contains("X-B: 2") == end.contains("X-B"), "{field:?}: {text:?}");
        }
    }
}

#[test]
fn a_malformed_request_line_shows_no_more_than_a_right_one() {
    for line in [
        "GET  /b?token=s3cr3t  HTTP/1.1",
        "GET\t/b?token=s3cr3t\tHTTP/1.1",
        " GET /b?token=s3cr3t HTTP/1.1",
        "GET /b?token=a s3cr3t HTTP/1.1",
        "GET /b?token=a s3cr3t",
        "GET /b?token=a\r\n s3cr3t HTTP/1.1",
        "GET /b?token=a HTTP/1.1 s3cr3t",
        "GET http://u:s3cr3t@h/b HTTP/1.1",
        "CONNECT u:s3cr3t@h:443 HTTP/1.1",
        "/b?token=s3cr3t HTTP/1.1",
        "/b?token=s3cr3t",
        "Authorization: s3cr3t",
        "Authorization : a\r\n s3cr3t",
        "GET /b#access_token=s3cr3t HTTP/1.1",
        "GET /b;token=s3cr3t HTTP/1.1",
        "GET /b HTTP/1.1\rAuthorization: s3cr3t; x?token=1",
        "GET /b?token=a\rs3cr3t",
    ] {
        for before in ["", "\r\n\n"] {
            let text = shown(&format!("{before}{line}\r\nHost: h\r\n\r\n"));
            assert!(!text.contains("s3cr3t") && text.contains("REDACTED"), "{line:?}: {text:?}");
            assert!(text.starts_with(before) && text.ends_with("\r\nHost: h\r\n\r\n"), "{line:?}: {text:?}");
        }
    }
}

#[test]
fn a_right_request_line_stays_whatever_its_method_and_path_are_named() {
    for line in ["TOKEN /b HTTP/1.1", "sign /session:x HTTP/1.1", "POST\t/token:x\tHTTP/1.1"] {
        assert_eq!(shown(&format!("{line}\r\n\r\n")), format!("{line}\r\n\r\n"));
    }
}

#[test]
fn what_is_sensitive_in_a_value_is_hidden_and_nothing_else_of_it() {
    for (raw, wanted) in [
        ("Referer: https://h/p?token=x&a=1", "Referer: https://h/p?token=REDACTED&a=1"),
        ("Referer: https://u:s@h/p", "Referer: https://REDACTED@h/p"),
        ("Referer: https://h/p#access_token=s", "Referer: https://h/p#access_token=REDACTED"),
        ("Origin:https://u:s@h", "Origin:https://REDACTED@h"),
        ("Host: u:s@h", "Host: REDACTED@h"),
        ("Link: <https://h/?token=s>; rel=next", "Link: <https://h/?token=REDACTED>; rel=next"),
        ("X-Callback-Url:  https://h/?token=s ", "X-Callback-Url:  https://h/?token=REDACTED "),
        ("Forwarded: for=1;token=s", "Forwarded: for=1;token=REDACTED"),
        ("SOAPAction: x?token=s", "SOAPAction: x?token=REDACTED"),
        ("From: a@b", "From: a@b"),
        ("X-Custom:  Bearer s", "X-Custom:  REDACTED"),
        ("X-Custom: Basic dTpw ", "X-Custom: REDACTED "),
        ("X-Custom: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "X-Custom: REDACTED"),
        ("X-Custom: xoxb-0123456789-abcdef", "X-Custom: REDACTED"),
        ("X-Plan: Basic plan", "X-Plan: Basic plan"),
        ("Accept: text/html;q=0.9, */*;q=0.8", "Accept: text/html;q=0.9, */*;q=0.8"),
    ] {
        assert_eq!(String::from_utf8_lossy(&fields(format!("{raw}\r\n").as_bytes(), true)), format!("{wanted}\r\n"));
    }
}

#[test]
fn a_signature_that_is_a_token_stays_for_those_who_look_for_what_is_wrong_with_it() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";
    let raw = format!("POST /b HTTP/1.1\r\nPlaid-Verification: {jwt}\r\nX-Custom: {jwt}\r\n\r\n");
    let open = format!("POST /b HTTP/1.1\r\nPlaid-Verification: {jwt}\r\nX-Custom: REDACTED\r\n\r\n");
    assert_eq!(String::from_utf8(open_head(raw.as_bytes())).unwrap(), open);
}

#[test]
fn sensitive_values_of_a_query_are_hidden_and_nothing_else_of_the_target() {
    for (raw, wanted) in [
        ("/b?a=1&access_token=x&b", "/b?a=1&access_token=REDACTED&b"),
        (
            "/b?a=1;token=x;b&pin=1&sid=2&subscription-key=3",
            "/b?a=1;token=REDACTED;b&pin=REDACTED&sid=REDACTED&subscription-key=REDACTED",
        ),
        (
            "/b?Signature=x%3D&sig=y&API_KEY=&k%65y=z",
            "/b?Signature=REDACTED&sig=REDACTED&API_KEY=REDACTED&k%65y=REDACTED",
        ),
        ("/b?design=1&keyboard=2&token", "/b?design=1&keyboard=2&token"),
        ("/token=x", "/token=x"),
    ] {
        assert_eq!(String::from_utf8_lossy(&target(raw.as_bytes(), true)), wanted);
        assert_eq!(&target(raw.as_bytes(), false)[..], raw.as_bytes());
        let line = |target: &str| format!("\r\nPOST {target} HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(head(line(raw).as_bytes(), true), line(wanted).as_bytes());
    }
}

proptest::proptest! {
    /// Whatever else is in the head, a field after it keeps its value hidden.
    #[test]
    fn a_credential_is_hidden_whatever_is_before_and_after_it(before: Vec<u8>, after: Vec<u8>) {
        let raw = [&before[..], b"\r\nAuthorization: s3cr3t-value", b"\r\n", &after[..]].concat();
        let text = head(&raw, true);
        proptest::prop_assert!(memchr::memmem::find(&text, b"s3cr3t-value").is_none());
    }

    #[test]
    fn a_head_of_any_bytes_is_read(raw: Vec<u8>) {
        let text = head(&raw, true);
        proptest::prop_assert_eq!(memchr::memchr_iter(b'\n', &text).count(), memchr::memchr_iter(b'\n', &raw).count());
    }
}
