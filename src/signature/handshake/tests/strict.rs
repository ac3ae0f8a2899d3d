//! What has to be exactly so before a request is a handshake, and how long its parts may be.

use super::*;

const XERO: &str = r#"{"events":[],"firstEventSequence":0,"entropy":"S0m3"}"#;
const PING: &str = r#"{"type":1,"application_id":"7"}"#;
const NOTION: &str = r#"{"verification_token":"secret_t"}"#;

/// A handshake of each platform that asks for a method.
fn of_one_method() -> Vec<(&'static str, &'static [&'static str], Try<'static>)> {
    let valid = SignatureStatus::Valid;
    let query = |query| Try { query, ..PLAIN };
    let computed =
        |provider, query| Try { provider: Some(provider), query, secrets: vec![secret("a", "p|q")], ..PLAIN };
    let header = |headers| Try { headers, ..PLAIN };
    vec![
        ("hub-challenge", &["GET"], query("hub.mode=unsubscribe&hub.challenge=1")),
        ("query-challenge", &["GET"], query("challenge=1")),
        ("graph-validation-token", &["GET", "POST"], query("validationToken=1")),
        ("x-crc", &["GET"], computed("x", "crc_token=foo")),
        ("ebay-challenge-code", &["GET"], computed("ebay", "challenge_code=foo")),
        ("linkedin-challenge-code", &["GET"], computed("linkedin", "challengeCode=foo")),
        ("braintree-challenge", &["GET"], computed("braintree", "bt_challenge=abcdef0123456789abcd")),
        ("okta-verification-challenge", &["GET"], header(&[("X-Okta-Verification-Challenge", "c")])),
        ("cloudevents-webhook-origin", &["OPTIONS"], header(&[("WebHook-Request-Origin", "c")])),
        ("hook-secret", &["POST"], header(&[("X-Hook-Secret", "c")])),
        ("smartsheet-hook-challenge", &["POST"], header(&[("Smartsheet-Hook-Challenge", "c")])),
        ("body-challenge", &["POST"], Try { body: r#"{"challenge":"c"}"#, ..PLAIN }),
        ("notion-verification-token", &["POST"], Try { body: NOTION, ..PLAIN }),
        (
            "xero-intent-to-receive",
            &["POST"],
            Try { body: XERO, status: valid, ..header(&[("x-xero-signature", "x")]) },
        ),
        ("discord-ping", &["POST"], Try { body: PING, status: valid, ..header(&[("X-Signature-Ed25519", "x")]) }),
    ]
}

#[test]
fn each_handshake_is_answered_for_its_own_methods_alone() {
    for (id, methods, there) in of_one_method() {
        for method in ["GET", "POST", "PUT", "OPTIONS"] {
            let told = Try { method, secrets: there.secrets.clone(), ..there }.told();
            let is_answered = told.is_some_and(|(known, ..)| known == id);
            assert_eq!(is_answered, methods.contains(&method), "{id} {method}");
        }
    }
}

#[test]
fn a_request_with_other_parts_than_the_handshakes_is_none() {
    let valid = SignatureStatus::Valid;
    let xero = |body| Try { headers: &[("x-xero-signature", "x")], body, status: valid, ..PLAIN };
    let discord = |body| Try { headers: &[("X-Signature-Ed25519", "x")], body, status: valid, ..PLAIN };
    let posted = |body| Try { body, ..PLAIN };
    let get = |query| Try { method: "GET", query, ..PLAIN };
    let grid = |headers| Try { headers, body: r#"[{"data":{"validationCode":"512d"}}]"#, ..PLAIN };
    let twitch = |headers| Try { headers, body: r#"{"challenge":"c"}"#, provider: Some("twitch"), ..PLAIN };
    for (wrong, there) in [
        ("an event", xero(r#"{"events":[{}],"entropy":"S0m3"}"#)),
        ("no list of events", xero(r#"{"entropy":"S0m3"}"#)),
        ("no entropy", xero(r#"{"events":[]}"#)),
        ("more after the JSON", xero(r#"{"events":[],"entropy":"S0m3"} x"#)),
        ("another platform's header", xero(PING)),
        ("another platform's header", discord(XERO)),
        ("an event", discord(r#"{"type":1,"event":{},"application_id":"7"}"#)),
        ("no application", discord(r#"{"type":1}"#)),
        ("an interaction", discord(r#"{"type":2,"application_id":"7"}"#)),
        ("another form of token", posted(r#"{"verification_token":"t"}"#)),
        ("an event's type", posted(r#"{"type":"event","verification_token":"secret_t"}"#)),
        ("another type", posted(r#"{"type":"x","challenge":"url_verification"}"#)),
        ("another event", posted(r#"{"event":"endpoint.url_validation.done","payload":{"plainToken":"x"}}"#)),
        ("another type", posted(r#"{"type":"x","id":"validation.webhook"}"#)),
        ("no mode", get("hub.challenge=1")),
        ("an empty challenge", get("hub.mode=subscribe&hub.challenge=")),
        ("an empty challenge", get("challenge=")),
        ("a second parameter", get("challenge=1&a")),
        ("another type", grid(&[("aeg-event-type", "Notification")])),
        ("another type", twitch(&[("Twitch-Eventsub-Message-Type", "notification")])),
        ("a delivery's signature", Try { headers: &[("X-Hook-Secret", "c"), ("X-Hook-Signature", "s")], ..PLAIN }),
        ("an empty header", Try { headers: &[("X-Hook-Secret", "")], ..PLAIN }),
        ("what no header shows", Try { headers: &[("X-Hook-Secret", "a\tb")], ..PLAIN }),
        ("what no header shows", Try { headers: &[("X-Hook-Secret", "é")], ..PLAIN }),
    ] {
        assert_eq!(there.told(), None, "{wrong}: {} {} {:?}", there.query, there.body, there.headers);
    }
    // The least that is different from one of these is a handshake.
    is(discord(r#"{"type":0,"application_id":"7"}"#).told(), "discord-ping", 204, "");
    is(Try { provider: Some("nylas"), ..get("challenge=1&a") }.told(), "query-challenge", 200, "1");
    is(Try { headers: &[("X-Hook-Secret", " ~")], ..PLAIN }.told(), "hook-secret", 200, "");
}

#[test]
fn what_is_longer_than_a_handshakes_parts_is_none() {
    let long = |length: usize| "x".repeat(length);
    let is_answered = |there: &Try<'_>| there.told().is_some();
    for (most, is_there) in [
        // The body, what is sent back of it, and what is learnt.
        (
            BODY_LIMIT,
            &(|length: usize| {
                let body = format!(r#"{{"challenge":"{}"}}"#, long(length - r#"{"challenge":""}"#.len()));
                is_answered(&Try { body: &body, ..PLAIN })
            }) as &dyn Fn(usize) -> bool,
        ),
        (ECHO_LIMIT, &|length| {
            is_answered(&Try { method: "GET", query: &format!("challenge={}", long(length)), ..PLAIN })
        }),
        (ECHO_LIMIT, &|length| {
            let value: &'static str = long(length).leak();
            is_answered(&Try { method: "GET", headers: &[("X-Okta-Verification-Challenge", value)], ..PLAIN })
        }),
        (256, &|length| {
            let value: &'static str = long(length).leak();
            is_answered(&Try { headers: &[("X-Hook-Secret", value)], ..PLAIN })
        }),
        (256, &|length| {
            let body = format!(r#"{{"verification_token":"secret_{}"}}"#, long(length - "secret_".len()));
            is_answered(&Try { body: &body, ..PLAIN })
        }),
        (TOKEN_LIMIT, &|length| {
            let secrets = vec![secret("a", "b")];
            let query = format!("crc_token={}", long(length));
            is_answered(&Try { provider: Some("x"), method: "GET", query: &query, secrets, ..PLAIN })
        }),
        (40, &|length| {
            let secrets = vec![secret("a", "b|c")];
            let query = format!("bt_challenge={}", "a".repeat(length));
            is_answered(&Try { provider: Some("braintree"), method: "GET", query: &query, secrets, ..PLAIN })
        }),
    ] {
        assert!(is_there(most), "{most}");
        assert!(!is_there(most + 1), "{most} and one more");
    }
    for (challenge, is_there) in
        [("abcdef0123456789abcd", true), ("abcdef0123456789abc", false), ("ABCDEF0123456789ABCD", false)]
    {
        let secrets = vec![secret("a", "b|c")];
        let query = format!("bt_challenge={challenge}");
        let there = Try { provider: Some("braintree"), method: "GET", query: &query, secrets, ..PLAIN };
        assert_eq!(is_answered(&there), is_there, "{challenge}");
    }
}

#[test]
fn a_digest_or_a_time_is_told_from_a_token_by_its_length() {
    let hex = "abcdef0123456789abcdef0123456789abcdef0123";
    for (token, is_signed) in
        [(&hex[..39], true), (&hex[..40], false), ("123456789z", true), ("1234567890z", false), ("a_b-C9", true)]
    {
        let answered = computed(token, |of, there| of == "braintree" || there.told().is_some() == is_signed);
        assert!(answered.iter().all(|&as_wanted| as_wanted), "{token}");
    }
}

#[test]
fn what_is_computed_takes_the_secret_that_signed_the_request_else_the_newest_that_is_not_public() {
    let body = r#"{"event":"endpoint.url_validation","payload":{"plainToken":"token"}}"#;
    let told = |status, signed_with: Option<&str>| {
        let secrets = [secret("old", "one"), secret("new", "two"), secret("My Public key", "three")];
        let headers = Headers::new();
        let request = HandshakeRequest {
            method: "POST",
            url: "https://h/",
            headers: &headers,
            query: None,
            body: body.as_bytes(),
        };
        let verdict = Verdict { status, secret: signed_with.map(str::to_owned), ..Verdict::unsigned() };
        let bin = BinSetting { provider: Some("zoom"), scheme: None, enforce: false };
        let told = recognise(bin, &request, &secrets, &verdict).unwrap().response.body;
        serde_json::from_str::<serde_json::Value>(&told).unwrap()["encryptedToken"].as_str().unwrap().to_owned()
    };
    // printf token | openssl dgst -sha256 -hmac one
    let one = "d7b9a65c36ea1cd6a257059f73c5f2892c49e4e5753c80b20ecb047dc0a66f92";
    let two = "3e512fdd3ba989efaf1ca1fcf0bf32935f9604a2b68627bb69a0abc99a27bdf0";
    assert_eq!(told(SignatureStatus::Valid, Some("old")), one);
    assert_eq!(told(SignatureStatus::Valid, Some("new")), two);
    assert_eq!(told(SignatureStatus::Valid, Some("gone")), two);
    assert_eq!(told(SignatureStatus::Missing, None), two);
    // A label that a wrong signature was compared under says nothing.
    assert_eq!(told(SignatureStatus::Invalid, Some("old")), two);
}

#[test]
fn a_signature_of_a_bare_token_proves_nothing_where_handshakes_are_computed_with_the_secret() {
    let may = |provider, scheme, content_type: &str, body: &str| {
        let headers: Headers = [("Content-Type", content_type.to_owned())].into_iter().collect();
        may_have_signed(BinSetting { provider, scheme, enforce: false }, &headers, body.as_bytes())
    };
    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    for (provider, scheme) in [(Some("zoom"), None), (None, Some("zoom")), (Some("braintree"), None)] {
        assert!(may(provider, scheme, json, "qgg8vlvZRS6UYooatFL8Aw"));
        assert!(may(provider, scheme, json, " token\n"), "what a receiver trims");
        assert!(may(provider, scheme, form, "bt_signature=x&bt_payload=token"));
        assert!(may(provider, scheme, json, &"x".repeat(TOKEN_LIMIT)));
        for body in ["", "{}", "a.b", &"x".repeat(TOKEN_LIMIT + 1)] {
            assert!(!may(provider, scheme, json, body), "{body}");
        }
        assert!(!may(provider, scheme, form, "bt_payload=a%2Eb"));
        assert!(!may(provider, scheme, json, &format!("t{}", " ".repeat(BODY_LIMIT))), "too long for a handshake");
        assert!(may(provider, scheme, json, &format!("t{}", " ".repeat(BODY_LIMIT - 1))));
    }
    assert!(!may(Some("github"), None, json, "token") && !may(None, None, json, "token"));
    // Slack's handshake sends back what the sender knows.
    assert!(!may(Some("slack"), None, json, "token"));
}
