use super::*;
use crate::model::Timestamp;

fn secret(label: &str, text: &str) -> Secret {
    Secret { id: 1, label: label.into(), value: SecretValue::new(text.into()), created_at: Timestamp::default() }
}

/// A request as a line of words, for the table.
struct Try<'t> {
    provider: Option<&'t str>,
    method: &'t str,
    query: &'t str,
    headers: &'t [(&'static str, &'static str)],
    body: &'t str,
    secrets: Vec<Secret>,
    status: SignatureStatus,
}

const PLAIN: Try<'static> = Try {
    provider: None,
    method: "POST",
    query: "",
    headers: &[],
    body: "",
    secrets: Vec::new(),
    status: SignatureStatus::UnsignedScheme,
};

impl Try<'_> {
    fn run(&self) -> Option<Handshake> {
        let headers: Headers = self.headers.iter().copied().collect();
        let request = HandshakeRequest {
            method: self.method,
            url: "https://hook.example/ebay",
            headers: &headers,
            query: (!self.query.is_empty()).then_some(self.query.as_bytes()),
            body: self.body.as_bytes(),
        };
        let verdict = Verdict { status: self.status, ..Verdict::unsigned() };
        recognise(self.provider, None, &request, &self.secrets, &verdict)
    }

    /// Id, status and body.
    fn told(&self) -> Option<(&'static str, u16, String)> {
        self.run().map(|handshake| (handshake.id, handshake.response.status, handshake.response.body))
    }
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "reads better in the tables")]
fn is(told: Option<(&'static str, u16, String)>, id: &'static str, status: u16, body: &str) {
    assert_eq!(told, Some((id, status, body.to_owned())));
}

#[test]
fn challenges_in_bodies_are_sent_back() {
    let slack =
        r#"{"token":"t","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}"#;
    let plain = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P";
    is(Try { body: slack, ..PLAIN }.told(), "slack-url-verification", 200, plain);
    let json = format!(r#"{{"challenge":"{plain}"}}"#);
    is(Try { provider: Some("lark"), body: slack, ..PLAIN }.told(), "lark-url-verification", 200, &json);
    let tebex = r#"{"id":"2c116b11-1110-91e0-b266-b792c8da5f11","type":"validation.webhook","subject":{}}"#;
    is(
        Try { body: tebex, ..PLAIN }.told(),
        "tebex-validation",
        200,
        r#"{"id":"2c116b11-1110-91e0-b266-b792c8da5f11"}"#,
    );
    is(Try { body: r#"{"challenge": "a<b"}"#, ..PLAIN }.told(), "body-challenge", 200, r#"{"challenge":"a<b"}"#);
    let grid = [("aeg-event-type", "SubscriptionValidation")];
    let body = r#"[{"data":{"validationCode":"512d"}}]"#;
    is(Try { headers: &grid, body, ..PLAIN }.told(), "event-grid-validation", 200, r#"{"validationResponse":"512d"}"#);
    let twitch = [("Twitch-Eventsub-Message-Type", "webhook_callback_verification")];
    is(
        Try { headers: &twitch, body: r#"{"challenge":"pogchamp"}"#, ..PLAIN }.told(),
        "twitch-callback-verification",
        200,
        "pogchamp",
    );
}

#[test]
fn challenges_in_queries_are_sent_back_as_plain_text() {
    let get = |query| Try { method: "GET", query, ..PLAIN };
    is(
        get("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=x").told(),
        "hub-challenge",
        200,
        "1158201444",
    );
    is(get("challenge=%3Cb%3E").told(), "query-challenge", 200, "<b>");
    is(
        Try { query: "validationToken=Validation%3a+Testing", ..PLAIN }.told(),
        "graph-validation-token",
        200,
        "Validation: Testing",
    );
    let strava = Try { provider: Some("strava"), ..get("hub.mode=subscribe&hub.challenge=15f7") };
    is(strava.told(), "hub-challenge", 200, r#"{"hub.challenge":"15f7"}"#);
    assert_eq!(get("challenge=x&page=2").told(), None);
    assert_eq!(get("hub.challenge=1&hub.challenge=2&hub.mode=subscribe").told(), None);
    assert_eq!(get("hub.mode=denied&hub.challenge=1").told(), None);
}

#[test]
fn challenges_that_need_the_secret_are_signed_with_it() {
    let get = |query, key| Try { method: "GET", query, secrets: vec![secret("a", key)], ..PLAIN };
    is(
        get("crc_token=foo&nonce=bar", "consumer-secret").told(),
        "x-crc",
        200,
        r#"{"response_token":"sha256=DcTy7IecOE1nIXA5KRcZ3lAsoNWL9GefbVQ+nWXIK0Q="}"#,
    );
    is(
        get("challengeCode=890e4665-4dfe-4ab1-b689-ed553bceeed0", "client-secret").told(),
        "linkedin-challenge-code",
        200,
        r#"{"challengeCode":"890e4665-4dfe-4ab1-b689-ed553bceeed0","challengeResponse":"8ab4bbad570533d66462deba280bde93c1cad8b543e7f526d3e962acaf6c391a"}"#,
    );
    is(
        get("challenge_code=71745723-d031-455c-bfa5-f90d11b4f20a", "my-verification-token-of-32-chars").told(),
        "ebay-challenge-code",
        200,
        r#"{"challengeResponse":"9ae37003a827d01e70aae2449bb07c92d974531e8c8395a5376fb5fdfe54fb0c"}"#,
    );
    let zoom = r#"{"event":"endpoint.url_validation","event_ts":1654503849680,"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#;
    is(
        Try { body: zoom, secrets: vec![secret("a", "zoom-secret\n")], ..PLAIN }.told(),
        "zoom-url-validation",
        200,
        r#"{"plainToken":"qgg8vlvZRS6UYooatFL8Aw","encryptedToken":"b17f0320a1322a509340a1a835b3d9edbc491f0b0790ed2d20d0604d39dfe922"}"#,
    );
    let signed = r#"{"challenge":"2a596ed34b8c6f069492d952aa51f076fee7b1c662b6498e0217a0d41fd9b936"}"#;
    for body in [
        r#"{"eventType":"VERIFY","data":{"challenge":"9c9c9c9c"}}"#,
        r#"{"eventName":"verify","payload":{"challenge":"9c9c9c9c"}}"#,
    ] {
        is(Try { body, secrets: vec![secret("a", "abc123abc123")], ..PLAIN }.told(), "smartcar-verify", 200, signed);
        assert_eq!(Try { body, ..PLAIN }.told(), None);
    }
    assert_eq!(Try { body: zoom, ..PLAIN }.told(), None);
}

#[test]
fn braintree_answers_as_its_library_does() {
    let told = "integration_public_key|c9f15b74b0d98635cd182c51e2703cffa83388c3";
    for secrets in [
        vec![secret("Public key", "integration_public_key"), secret("private", "integration_private_key")],
        vec![secret("x", "integration_public_key|integration_private_key")],
    ] {
        is(
            Try { method: "GET", query: "bt_challenge=verification_token", secrets, ..PLAIN }.told(),
            "braintree-challenge",
            200,
            told,
        );
    }
}

#[test]
fn secrets_that_are_handed_over_are_learnt_once() {
    let asana = [("X-Hook-Secret", "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81")];
    let value = SecretValue::new(asana[0].1.into());
    let handshake = Try { headers: &asana, ..PLAIN }.run().unwrap();
    assert_eq!((handshake.id, handshake.learn), ("hook-secret", Some(value)));
    assert_eq!(handshake.response.headers, [("X-Hook-Secret".to_owned(), asana[0].1.to_owned())]);
    let learnt = |provider, secrets| Try { provider, headers: &asana, secrets, ..PLAIN }.run().unwrap().learn.is_some();
    for provider in [None, Some("asana")] {
        assert!(learnt(provider, Vec::new()));
        assert!(!learnt(provider, vec![secret("a", asana[0].1)]), "known already");
        assert!(!learnt(provider, vec![secret("a", "another")]), "a stranger could add a key of his own");
    }
    let token = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl";
    let notion = format!(r#"{{"verification_token":"{token}"}}"#);
    assert_eq!(Try { body: &notion, ..PLAIN }.run().unwrap().learn, Some(SecretValue::new(token.into())));
}

#[test]
fn deliveries_signed_wrongly_on_purpose_get_401() {
    let xero = Try {
        headers: &[("x-xero-signature", "x")],
        body: r#"{"events":[],"firstEventSequence": 0,"lastEventSequence": 0, "entropy": "S0m3r4Nd0mt3xt"}"#,
        ..PLAIN
    };
    let discord =
        Try { headers: &[("X-Signature-Ed25519", "x")], body: r#"{"type":1,"id":"9","application_id":"7"}"#, ..PLAIN };
    for (status, xero_says, discord_says) in [
        (SignatureStatus::Valid, Some(200), Some(200)),
        (SignatureStatus::Invalid, Some(401), Some(401)),
        (SignatureStatus::NoSecret, None, Some(200)),
    ] {
        assert_eq!(Try { status, secrets: Vec::new(), ..xero }.run().map(|it| it.response.status), xero_says);
        assert_eq!(Try { status, secrets: Vec::new(), ..discord }.run().map(|it| it.response.status), discord_says);
    }
    is(Try { status: SignatureStatus::Valid, ..discord }.told(), "discord-ping", 200, r#"{"type":1}"#);
}

#[test]
fn headers_are_sent_back_where_they_are_asked_for() {
    let okta = [("X-Okta-Verification-Challenge", "My verification challenge")];
    let told = r#"{"verification":"My verification challenge"}"#;
    is(Try { method: "GET", headers: &okta, ..PLAIN }.told(), "okta-verification-challenge", 200, told);
    let sheet = Try { headers: &[("Smartsheet-Hook-Challenge", "c")], ..PLAIN }.run().unwrap();
    assert!(sheet.response.headers.contains(&("Smartsheet-Hook-Response".into(), "c".into())));
    let origin = Try { method: "OPTIONS", headers: &[("WebHook-Request-Origin", "eventemitter.example.com")], ..PLAIN };
    assert!(
        origin
            .run()
            .unwrap()
            .response
            .headers
            .contains(&("WebHook-Allowed-Origin".into(), "eventemitter.example.com".into()))
    );
}

#[test]
fn a_bin_of_one_platform_leaves_the_others_handshakes_alone() {
    let body = r#"{"token":"t","challenge":"c","type":"url_verification"}"#;
    assert_eq!(Try { provider: Some("github"), body, ..PLAIN }.told(), None);
    assert_eq!(Try { provider: Some("slack"), body, ..PLAIN }.told().map(|told| told.1), Some(200));
}

#[test]
fn ordinary_requests_are_no_handshakes() {
    for body in [
        r#"{"event":"session.ended","sessionId":"s"}"#,
        r#"{"type":"message","challenge":"url_verification"}"#,
        r#"{"challenge":"x","more":1}"#,
        "challenge url_verification",
        "",
    ] {
        assert_eq!(Try { body, headers: &[("Content-Type", "application/json")], ..PLAIN }.told(), None, "{body}");
    }
    let long = format!(r#"{{"type":"url_verification","challenge":"{}"}}"#, "x".repeat(BODY_LIMIT));
    assert_eq!(Try { body: &long, ..PLAIN }.told(), None);
}

#[test]
fn no_answer_is_a_page() {
    let text = Response::text("<script>").response;
    assert!(text.headers.iter().any(|(name, value)| name == "Content-Type" && value.starts_with("text/plain")));
    assert!(text.headers.iter().any(|(name, value)| name == "X-Content-Type-Options" && value == "nosniff"));
}

proptest::proptest! {
    #[test]
    fn any_request_can_be_looked_at(method in "GET|POST|OPTIONS", query: Vec<u8>, body: Vec<u8>, word in 0..40usize) {
        let words = ["hub.challenge", "\"challenge\"", "url_verification", "verification_token", "challenge_code"];
        let word = words[word % words.len()].as_bytes();
        let query = [word, &query].concat();
        let body = [&body, word].concat();
        let headers: Headers = [("X-Hook-Secret", body.clone())].into_iter().collect();
        let request = HandshakeRequest { method: &method, url: "http://h/b", headers: &headers, query: Some(&query), body: &body };
        let _ = recognise(None, None, &request, &[secret("a", "b")], &Verdict::unsigned());
    }
}
