mod strict;

use super::*;
use crate::model::Timestamp;

fn secret(label: &str, text: &str) -> Secret {
    Secret { id: 1, label: label.into(), value: SecretValue::new(text.into()), created_at: Timestamp::default() }
}

/// A request as a line of words, for the table.
struct Try<'t> {
    scheme: Option<&'t str>,
    enforce: bool,
    provider: Option<&'t str>,
    method: &'t str,
    query: &'t str,
    headers: &'t [(&'static str, &'static str)],
    body: &'t str,
    secrets: Vec<Secret>,
    status: SignatureStatus,
}

const PLAIN: Try<'static> = Try {
    scheme: None,
    enforce: false,
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
        let bin = BinSetting { provider: self.provider, scheme: self.scheme, enforce: self.enforce };
        recognise(bin, &request, &self.secrets, &verdict)
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
    let get = |provider, query, key| {
        let secrets = vec![secret("a", key)];
        Try { provider: Some(provider), method: "GET", query, secrets, ..PLAIN }
    };
    is(
        get("x", "crc_token=foo&nonce=bar", "consumer-secret").told(),
        "x-crc",
        200,
        r#"{"response_token":"sha256=DcTy7IecOE1nIXA5KRcZ3lAsoNWL9GefbVQ+nWXIK0Q="}"#,
    );
    is(
        get("linkedin", "challengeCode=890e4665-4dfe-4ab1-b689-ed553bceeed0", "client-secret").told(),
        "linkedin-challenge-code",
        200,
        r#"{"challengeCode":"890e4665-4dfe-4ab1-b689-ed553bceeed0","challengeResponse":"8ab4bbad570533d66462deba280bde93c1cad8b543e7f526d3e962acaf6c391a"}"#,
    );
    is(
        get("ebay", "challenge_code=71745723-d031-455c-bfa5-f90d11b4f20a", "my-verification-token-of-32-chars").told(),
        "ebay-challenge-code",
        200,
        r#"{"challengeResponse":"9ae37003a827d01e70aae2449bb07c92d974531e8c8395a5376fb5fdfe54fb0c"}"#,
    );
    let zoom = r#"{"event":"endpoint.url_validation","event_ts":1654503849680,"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#;
    is(
        Try { provider: Some("zoom"), body: zoom, secrets: vec![secret("a", "zoom-secret\n")], ..PLAIN }.told(),
        "zoom-url-validation",
        200,
        r#"{"plainToken":"qgg8vlvZRS6UYooatFL8Aw","encryptedToken":"b17f0320a1322a509340a1a835b3d9edbc491f0b0790ed2d20d0604d39dfe922"}"#,
    );
    let signed = r#"{"challenge":"2a596ed34b8c6f069492d952aa51f076fee7b1c662b6498e0217a0d41fd9b936"}"#;
    for body in [
        r#"{"eventType":"VERIFY","data":{"challenge":"9c9c9c9c"}}"#,
        r#"{"eventName":"verify","payload":{"challenge":"9c9c9c9c"}}"#,
    ] {
        let smartcar = Try { provider: Some("smartcar"), body, secrets: vec![secret("a", "abc123abc123")], ..PLAIN };
        is(smartcar.told(), "smartcar-verify", 200, signed);
        assert_eq!(Try { secrets: Vec::new(), ..smartcar }.told(), None);
    }
    assert_eq!(Try { provider: Some("zoom"), body: zoom, ..PLAIN }.told(), None);
}

/// Every handshake that is computed with a secret, with `token` as its challenge.
fn computed<T>(token: &str, look: impl Fn(&str, &Try<'_>) -> T) -> Vec<T> {
    let key = || vec![secret("a", "public|private")];
    let query = |name: &str| format!("{name}={}", token.replace('%', "%25").replace('&', "%26"));
    let quoted = serde_json::to_string(token).unwrap();
    let zoom = format!(r#"{{"event":"endpoint.url_validation","payload":{{"plainToken":{quoted}}}}}"#);
    let smartcar = format!(r#"{{"eventType":"VERIFY","data":{{"challenge":{quoted}}}}}"#);
    let queries =
        [("x", "crc_token"), ("linkedin", "challengeCode"), ("ebay", "challenge_code"), ("braintree", "bt_challenge")];
    let get = queries.iter().map(|(of, name)| {
        look(of, &Try { provider: Some(of), method: "GET", query: &query(name), secrets: key(), ..PLAIN })
    });
    let post = [("zoom", &zoom), ("smartcar", &smartcar)];
    let post = post.iter().map(|(of, body)| look(of, &Try { provider: Some(of), body, secrets: key(), ..PLAIN }));
    get.chain(post).collect()
}

#[test]
fn nothing_is_computed_with_a_secret_but_tokens_of_the_platform_whose_secret_it_is() {
    let token = "abcdef0123456789abcd";
    computed(token, |of, there| {
        assert!(there.told().is_some(), "{of} answers its own token");
        let with = |provider, scheme| Try { provider, scheme, secrets: there.secrets.clone(), ..*there }.told();
        assert_eq!(with(None, None), None, "{of}: whose secret it is is not known");
        assert_eq!(with(None, Some("github")), None, "{of}: the secret is another platform's");
        assert_eq!(with(Some(of), Some("github")), None, "{of}: the secret signs for another scheme");
        assert!(with(Some("github"), Some(of)).is_some(), "{of}: the scheme says whose it is");
    });
    let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for signed in [
        r#"{"event":"paid"}"#,
        "a=b&c=d",
        "v0:1700000000:{}",
        "1700000000.{}",
        "1700000000{}",
        "12345678901234567890",
        // A time with a word after it.
        "1700000000zzz",
        "true",
        "null",
        "1e5",
        "-1",
        digest,
        &digest.to_uppercase(),
        "15290068540123456789012345678901234567890123456789ab",
        "with space",
        "line\nbreak",
        "dot.ted",
        "",
        &"x".repeat(65),
    ] {
        computed(signed, |of, there| {
            if of != "braintree" || signed != "12345678901234567890" {
                assert_eq!(there.told(), None, "{of} signs {signed:?}");
            }
        });
    }
}

#[test]
fn where_signatures_are_enforced_a_handshake_that_is_signed_has_to_verify() {
    let slack = r#"{"challenge":"c","type":"url_verification"}"#;
    let zoom = r#"{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#;
    for (provider, body) in [("slack", slack), ("zoom", zoom)] {
        let told = |enforce, status| {
            let secrets = vec![secret("a", "b")];
            Try { provider: Some(provider), body, secrets, enforce, status, ..PLAIN }.told().is_some()
        };
        assert!(told(true, SignatureStatus::Valid), "{provider}");
        assert!(told(false, SignatureStatus::Missing), "{provider}");
        for status in [SignatureStatus::Missing, SignatureStatus::Invalid, SignatureStatus::NoSecret] {
            assert!(!told(true, status), "{provider} {status:?}");
        }
    }
}

#[test]
fn braintree_answers_as_its_library_does() {
    let told = "integration_public_key|d9b899556c966b3f06945ec21311865d35df3ce4";
    for secrets in [
        vec![secret("Public key", "integration_public_key"), secret("private", "integration_private_key")],
        vec![secret("x", "integration_public_key|integration_private_key")],
    ] {
        is(
            Try {
                method: "GET",
                provider: Some("braintree"),
                query: "bt_challenge=20f9f8ed05f77439fe955c977e4c8a53",
                secrets,
                ..PLAIN
            }
            .told(),
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
    let of: &[&str] = &["asana", "clio"];
    let handshake = Try { provider: Some("asana"), headers: &asana, ..PLAIN }.run().unwrap();
    assert_eq!((handshake.id, handshake.learn), ("hook-secret", Some(Learnt { secret: value, of })));
    assert_eq!(handshake.response.headers, [("X-Hook-Secret".to_owned(), asana[0].1.to_owned())]);
    let learnt = |provider, scheme, enforce, secrets| {
        Try { provider, scheme, enforce, headers: &asana, secrets, ..PLAIN }.run().is_some_and(|it| it.learn.is_some())
    };
    assert!(learnt(Some("asana"), None, false, Vec::new()));
    assert!(learnt(None, Some("clio"), false, Vec::new()));
    assert!(!learnt(None, None, false, Vec::new()), "a stranger plants it before the owner has set anything");
    assert!(!learnt(Some("github"), None, false, Vec::new()));
    assert!(!learnt(Some("asana"), Some("github"), false, Vec::new()));
    assert!(!learnt(Some("asana"), None, true, Vec::new()), "never where signatures are enforced");
    assert!(!learnt(Some("asana"), None, false, vec![secret("a", asana[0].1)]), "known already");
    assert!(!learnt(Some("asana"), None, false, vec![secret("a", "another")]), "a stranger could add a key of his own");
    let token = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl";
    let body = format!(r#"{{"verification_token":"{token}"}}"#);
    let notion = |provider| Try { provider, body: &body, ..PLAIN }.run().unwrap().learn.map(|learnt| learnt.secret);
    assert_eq!(notion(Some("notion")), Some(SecretValue::new(token.into())));
    assert_eq!(notion(None), None);
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
    // However short the challenge is.
    let start = r#"{"type":"url_verification","challenge":"c"}"#;
    for (length, is_answered) in [(BODY_LIMIT, true), (BODY_LIMIT + 1, false)] {
        let body = format!("{start:length$}");
        for headers in [&[][..], &[("X-Hook-Secret", "")]] {
            assert_eq!(Try { body: &body, headers, ..PLAIN }.told().is_some(), is_answered, "{length} {headers:?}");
        }
    }
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
        let _ = recognise(BinSetting::default(), &request, &[secret("a", "b")], &Verdict::unsigned());
    }
}
