//! RSA senders, tokens and batches: the verdict in each case.

use super::*;
use crate::model::{FreshnessStatus, SignatureStatus, Verdict};
use crate::signature::jws;

fn judged(id: &str, secrets: &[Secret], request: &Owned) -> Verdict {
    Verifier::of(Arc::clone(scheme(id)), secrets).judge(&request.request()).0
}

fn invalid(reason: &str) -> (SignatureStatus, Option<String>) {
    (SignatureStatus::Invalid, Some(reason.to_owned()))
}

fn said(verdict: Verdict) -> (SignatureStatus, Option<String>) {
    (verdict.status, verdict.reason)
}

fn signed(id: &str, request: &Owned) -> Owned {
    let (private, _) = key_texts(scheme(id));
    let config = test_config();
    request.with(&sign(scheme(id), &private, &request.input(&config)).unwrap())
}

fn post(body: &str) -> Owned {
    Owned {
        method: "POST".into(),
        url: "https://hook.example/in".into(),
        headers: headers(&[("Content-Type", "application/json")]),
        body: body.into(),
    }
}

const NOTIFICATION: &str = r#"{"Type":"Notification","MessageId":"1","TopicArn":"arn","Message":"hi","Timestamp":"2025-10-09T08:53:20Z","UnsubscribeURL":"https://x"}"#;

#[test]
fn of_an_sns_message_every_signed_member_counts_whether_there_or_not() {
    let notification = signed("sns-v2", &post(NOTIFICATION));
    let text = String::from_utf8(notification.body.clone()).unwrap();
    for certificate in [RSA_CERTIFICATE, RSA_PUBLIC] {
        let keys = secrets(&[certificate]);
        assert_eq!(judged("sns-v2", &keys, &notification).status, SignatureStatus::Valid);
        for (from, to) in [
            ("\"Message\":\"hi\"", "\"Message\":\"ho\""),
            ("\"MessageId\":\"1\"", "\"MessageId\":\"2\""),
            ("\"arn\"", "\"arn:other\""),
            // What a notification without it never had.
            ("{\"Type\"", "{\"Subject\":\"added\",\"Type\""),
            ("{\"Type\"", "{\"SubscribeURL\":\"https://evil.example\",\"Type\""),
            ("{\"Type\"", "{\"Token\":\"t\",\"Type\""),
            ("\"Notification\"", "\"SubscriptionConfirmation\""),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text);
            let changed = Owned { body: changed.into(), ..notification.clone() };
            assert_eq!(
                said(judged("sns-v2", &keys, &changed)),
                invalid("The signature does not fit the bin's public key."),
                "{to}"
            );
        }
        // An older hash under the newer version's name.
        assert_eq!(
            said(judged("sns-v1", &keys, &notification)),
            invalid("The JSON member /SignatureVersion of the body is 2, not 1.")
        );
    }
}

#[test]
fn the_version_that_a_message_names_decides_when_no_scheme_is_set() {
    for id in ["sns-v1", "sns-v2"] {
        let mut message = signed(id, &post(NOTIFICATION));
        message.headers.push("x-amz-sns-message-type", "Notification");
        let judge = |texts: &[&str]| Verifier::detecting(catalogue(), &secrets(texts)).judge(&message.request()).0;
        let verdict = judge(&["a secret", RSA_CERTIFICATE]);
        assert_eq!((verdict.status, verdict.scheme.as_deref()), (SignatureStatus::Valid, Some(id)));
        assert_eq!(judge(&[]).scheme.as_deref(), Some(id));
    }
}

#[test]
fn a_secret_whose_label_names_a_setting_is_that_setting() {
    let event = signed("paypal", &post("{\"id\":\"WH-1\"}"));
    let of = |label: &str, value: &str| {
        let mut keys = secrets(&[RSA_CERTIFICATE, value]);
        keys[1].label = label.to_owned();
        keys
    };
    assert_eq!(judged("paypal", &of("webhook_id", " WH-1\n"), &event).status, SignatureStatus::Valid);
    let detected = Verifier::detecting(catalogue(), &of("webhook_id", "WH-1")).judge(&event.request()).0;
    assert_eq!((detected.status, detected.secret.as_deref()), (SignatureStatus::Valid, Some("secret 0")));
    assert_eq!(
        said(judged("paypal", &of("webhook_id", "WH-2"), &event)),
        invalid("The signature does not fit the bin's public key.")
    );
    assert_eq!(
        judged("paypal", &of("other", "WH-1"), &event).reason.as_deref(),
        Some(
            "The scheme needs the setting webhook_id, which is not set: add it to the bin as a secret with the label `webhook_id`."
        )
    );
    let mut only = of("webhook_id", "WH-1");
    only.remove(0);
    assert_eq!(judged("paypal", &only, &event).status, SignatureStatus::NoSecret);
}

#[test]
fn a_key_of_another_kind_is_said_to_be_none() {
    let event = signed("wise", &post("{}"));
    let (_, p256) = key_texts(scheme("circle"));
    for text in ["a secret", &p256, RSA_PRIVATE] {
        assert_eq!(
            judged("wise", &secrets(&[text]), &event).reason.as_deref(),
            Some(
                "No secret of the bin can be read as a public key (expected: the public key or the X.509 certificate in PEM, or base64 of its DER)."
            )
        );
    }
    let small = "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALqbHeRLCyOdykC5SDLqI49ArYGYG1mqaH9/GnWjGavZM02fos4lc2w6tCchcUBNtJvGqKwhC5JEnx3RYoSX2ucCAwEAAQ==\n-----END PUBLIC KEY-----";
    assert_eq!(judged("wise", &secrets(&[small]), &event).status, SignatureStatus::UndecodableSecret);
}

/// A token in this header, with the claims as given.
fn with_token(header: &str, alg: &str, claims: &str, key: &str, body: &str) -> Owned {
    let encode = |bytes: &[u8]| Encoding::Base64url.encode(bytes);
    let signed = format!("{}.{}", encode(format!("{{\"alg\":\"{alg}\"}}").as_bytes()), encode(claims.as_bytes()));
    let made = jws::sign(Alg::named(alg).unwrap(), key.as_bytes(), signed.as_bytes()).unwrap();
    let mut request = post(body);
    request.headers.push(header.to_owned(), format!("{signed}.{}", encode(&made)));
    request
}

fn hash(body: &str) -> String {
    hex::encode(compute(Algorithm::DigestSha256, b"", body.as_bytes()).unwrap())
}

#[test]
fn a_plaid_token_is_judged_by_its_signature_then_by_its_claims() {
    let (private, public) = key_texts(scheme("plaid"));
    let keys = secrets(&[&public]);
    let token = |claims: &str, body: &str| with_token("Plaid-Verification", "ES256", claims, &private, body);
    let now = NOW.as_secs();
    let claims = |age: i64| format!("{{\"iat\":{},\"request_body_sha256\":\"{}\"}}", now - age, hash("{\"a\": 1}"));
    let judge = |request: &Owned| Verifier::of(Arc::clone(scheme("plaid")), &keys).judge(&request.request());

    let (verdict, freshness) = judge(&token(&claims(10), "{\"a\": 1}"));
    assert_eq!(
        (verdict.status, freshness.status, freshness.age_s),
        (SignatureStatus::Valid, FreshnessStatus::Fresh, Some(10))
    );
    let (verdict, freshness) = judge(&token(&claims(301), "{\"a\": 1}"));
    assert_eq!((verdict.status, freshness.status), (SignatureStatus::Valid, FreshnessStatus::Stale));
    assert_eq!(
        said(judge(&token(&claims(10), "{\"a\":1}")).0),
        invalid(
            "The token's signature is right, but: The body is not the one that was signed: its SHA-256 is not the claim request_body_sha256 of the token in the header Plaid-Verification."
        )
    );
    assert_eq!(
        said(judge(&token(&format!("{{\"iat\":{now}}}"), "{}")).0),
        invalid(
            "The token's signature is right, but: The claim request_body_sha256 of the token in the header Plaid-Verification is missing."
        )
    );
    let (other, _) = key_texts(scheme("fireblocks-v2"));
    let rsa = with_token("Plaid-Verification", "RS256", &claims(10), &other, "{\"a\": 1}");
    assert_eq!(said(judge(&rsa).0), invalid("The token is signed with RS256; the scheme takes ES256."));
    let mut cut = token(&claims(10), "{\"a\": 1}");
    let text = cut.headers.get_str("Plaid-Verification").unwrap().rsplit_once('.').unwrap().0.to_owned();
    cut.headers = headers(&[("Plaid-Verification", &text)]);
    assert_eq!(said(judge(&cut).0), invalid("The token has 2 parts between dots; a signed one has three."));
}

#[test]
fn a_token_that_is_over_is_right_and_stale() {
    let now = NOW.as_secs();
    let judge = |claims: String| {
        let request = with_token("X-FusionAuth-Signature-JWT", "HS256", &claims, "s", "");
        Verifier::of(Arc::clone(scheme("fusionauth")), &secrets(&["s"])).judge(&request.request())
    };
    let body = STANDARD.encode(compute(Algorithm::DigestSha256, b"", b"").unwrap());
    let (verdict, freshness) = judge(format!("{{\"exp\":{},\"request_body_sha256\":\"{body}\"}}", now - 60));
    assert_eq!((verdict.status, freshness.status), (SignatureStatus::Valid, FreshnessStatus::Stale));
    assert_eq!(verdict.reason.as_deref(), Some("Right, but the token had expired 60 seconds before it came (`exp`)."));
    let (verdict, freshness) = judge(format!("{{\"nbf\":{},\"request_body_sha256\":\"{body}\"}}", now + 60));
    assert_eq!((verdict.status, freshness.status), (SignatureStatus::Valid, FreshnessStatus::Future));
    let (_, freshness) = judge(format!("{{\"exp\":{},\"request_body_sha256\":\"{body}\"}}", now - 6));
    assert_eq!(freshness.status, FreshnessStatus::Stale);
    let (_, freshness) = judge(format!("{{\"nbf\":{},\"request_body_sha256\":\"{body}\"}}", now + 6));
    assert_eq!(freshness.status, FreshnessStatus::Future);
    // Clocks differ.
    let (verdict, freshness) =
        judge(format!("{{\"exp\":{},\"nbf\":{},\"request_body_sha256\":\"{body}\"}}", now - 5, now + 5));
    assert_eq!((verdict.reason, freshness.status), (None, FreshnessStatus::None));
}

#[test]
fn a_bearer_token_of_somebody_elses_is_no_webhooks_signature() {
    let claims = "{\"iss\":\"https://login.example\",\"sub\":\"u\"}";
    let mut request = post("{}");
    let token = with_token("X", "HS256", claims, "s", "{}").headers.get_str("X").unwrap().to_owned();
    request.headers.push("Authorization", format!("Bearer {token}"));
    for texts in [&[][..], &["another"], &[RSA_PUBLIC]] {
        let verdict = Verifier::detecting(catalogue(), &secrets(texts)).judge(&request.request()).0;
        assert_eq!(verdict, Verdict::unsigned(), "{texts:?}");
    }
}

/// Three items with a signature each.
fn batch() -> (Owned, &'static str) {
    let key = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";
    let item = |n: u32| {
        format!(
            "{{\"NotificationRequestItem\":{{\"pspReference\":\"{n}\",\"amount\":{{\"value\":{n},\"currency\":\"EUR\"}},\"success\":\"true\"}}}}"
        )
    };
    let body = format!("{{\"live\":\"false\",\"notificationItems\":[{},{},{}]}}", item(1), item(2), item(3));
    let unsigned = post(&body);
    let config = Config::new();
    (unsigned.with(&sign(scheme("adyen-standard-1"), key, &unsigned.input(&config)).unwrap()), key)
}

#[test]
fn of_a_batch_every_item_must_be_right_and_the_first_wrong_one_is_named() {
    let (batch, key) = batch();
    let text = String::from_utf8(batch.body.clone()).unwrap();
    let keys = secrets(&["00", key]);
    let judge = |body: String| judged("adyen-standard-1", &keys, &Owned { body: body.into(), ..batch.clone() });
    assert_eq!(judge(text.clone()).status, SignatureStatus::Valid);
    assert_eq!(text.matches("hmacSignature").count(), 3);
    let place = |n: u32| format!("\"value\":{n}");
    for n in 1..=3_u32 {
        let verdict = judge(text.replacen(&place(n), "\"value\":9", 1));
        let reason = format!(
            "Item {n} of 3 (/notificationItems/{}): The bin's secrets give different signatures for this request.",
            n - 1
        );
        assert_eq!(said(verdict), invalid(&reason));
        let detected = Verifier::detecting(catalogue(), &keys)
            .judge(&Owned { body: text.replacen(&place(n), "\"value\":9", 1).into(), ..batch.clone() }.request());
        assert_eq!(detected.0.status, SignatureStatus::Invalid, "{n}");
    }
    // An item whose signature was taken away, and one that was added.
    for (from, to, item) in [
        ("\"hmacSignature\"", "\"x\"", "Item 1 of 3"),
        ("]}", ",{\"NotificationRequestItem\":{\"pspReference\":\"4\"}}]}", "Item 4 of 4"),
    ] {
        let verdict = judge(text.replacen(from, to, 1));
        assert_eq!(verdict.status, SignatureStatus::Invalid, "{to}");
        assert!(verdict.reason.as_deref().is_some_and(|reason| reason.starts_with(item)), "{verdict:?}");
    }
    let many = format!("{{\"notificationItems\":[{}]}}", vec!["{}"; 65].join(","));
    assert_eq!(
        judge(many).reason.as_deref(),
        Some("/notificationItems has more than 64 items, which are not all looked at.")
    );
    assert_eq!(judge("{\"notificationItems\":[]}".to_owned()).status, SignatureStatus::Missing);
}

#[test]
fn what_a_wrong_item_signs_is_shown_of_that_item() {
    let (batch, key) = batch();
    let text = String::from_utf8(batch.body.clone()).unwrap().replacen("\"value\":2", "\"value\":9", 1);
    let request = Owned { body: text.into(), ..batch };
    let explanation =
        Verifier::of(Arc::clone(scheme("adyen-standard-1")), &secrets(&[key])).explain(&request.request());
    assert_eq!(explanation.signed.as_deref(), Some(&b"2::::9:EUR::true"[..]));
    assert!(explanation.received.is_some() && explanation.received != explanation.expected);
}

#[test]
fn one_item_of_a_batch_is_judged_by_itself() {
    let (batch, key) = batch();
    let changed = String::from_utf8(batch.body.clone()).unwrap().replacen("\"value\":2", "\"value\":9", 1);
    let request = Owned { body: changed.into(), ..batch };
    let whole = scheme("adyen-standard-1");
    for (item, status) in [
        (0, SignatureStatus::Valid),
        (1, SignatureStatus::Invalid),
        (2, SignatureStatus::Valid),
        (3, SignatureStatus::Missing),
    ] {
        let one = Arc::new(whole.for_item(item));
        assert!(one.list().is_none(), "{item}");
        assert_eq!(Verifier::of(one, &secrets(&[key])).judge(&request.request()).0.status, status, "{item}");
    }
}

#[test]
fn tokens_of_one_request_are_looked_at_up_to_a_bound() {
    let scheme = serde_json::json!({"signature": {"from": "header:X", "split": " "}, "algorithm": "jws-hmac"});
    let scheme = Arc::new(Scheme::from_json(&scheme).unwrap());
    let token = |key: &str| with_token("X", "HS256", "{}", key, "").headers.get_str("X").unwrap().to_owned();
    let judge = |before: usize| {
        let text = format!("{}{}", format!("{} ", token("wrong")).repeat(before), token("s"));
        let mut request = post("");
        request.headers.push("X", text);
        Verifier::of(Arc::clone(&scheme), &secrets(&["s"])).judge(&request.request()).0.status
    };
    assert_eq!(
        (judge(0), judge(7), judge(8)),
        (SignatureStatus::Valid, SignatureStatus::Valid, SignatureStatus::Invalid)
    );
}

#[test]
fn a_token_is_checked_with_so_many_keys_and_no_more() {
    let scheme = Arc::new(
        Scheme::from_json(&serde_json::json!({"signature": {"from": "header:X"}, "algorithm": "jws"})).unwrap(),
    );
    let (private, public) = key_texts(super::scheme("plaid"));
    // Keys of other names, which are counted and not computed with.
    let other = r#"{"kty":"EC","crv":"P-256","kid":"other","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    let set = |count: usize| format!("{{\"keys\":[{}]}}", vec![other; count].join(","));
    let encode = |bytes: &[u8]| Encoding::Base64url.encode(bytes);
    let signed = format!("{}.e30", encode(br#"{"alg":"ES256","kid":"own"}"#));
    let made = jws::sign(Alg::Es256, private.as_bytes(), signed.as_bytes()).unwrap();
    let mut request = post("");
    request.headers.push("X", format!("{signed}.{}", encode(&made)));
    for (last, status) in [(31, SignatureStatus::Valid), (32, SignatureStatus::Invalid)] {
        let keys = [set(32), set(32), set(32), set(last), public.clone()];
        let texts: Vec<&str> = keys.iter().map(String::as_str).collect();
        let verdict = Verifier::of(Arc::clone(&scheme), &secrets(&texts)).judge(&request.request()).0;
        assert_eq!(verdict.status, status, "{last}: {verdict:?}");
    }
}

#[test]
fn a_signature_that_fits_no_key_is_told_by_the_kind_of_key() {
    let (private, _) = key_texts(scheme("plaid"));
    let strange = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    let request = with_token("Plaid-Verification", "ES256", "{}", &private, "");
    let of_key = "The token's signature does not fit the bin's key.";
    assert_eq!(said(judged("plaid", &secrets(&[strange]), &request)), invalid(of_key));
    // Of several keys' reasons the one that says most is told, whichever comes first.
    for texts in [[RSA_PUBLIC, strange], [strange, RSA_PUBLIC]] {
        assert_eq!(said(judged("plaid", &secrets(&texts), &request)), invalid(of_key));
    }
    let request = with_token("X-FusionAuth-Signature-JWT", "HS256", "{}", "s", "");
    let of_secret = "The bin's secret gives a different signature of this token.";
    assert_eq!(said(judged("fusionauth", &secrets(&["wrong"]), &request)), invalid(of_secret));
}

#[test]
fn a_scheme_takes_tokens_of_one_family() {
    let refused = |algorithm: &str, alg: &[&str]| {
        Scheme::from_json(&serde_json::json!({"signature": {"from": "header:X"}, "algorithm": algorithm, "alg": alg}))
            .unwrap_err()
            .field
    };
    assert_eq!(refused("jws", &["RS256", "HS256"]), "alg");
    assert_eq!(refused("jws-hmac", &["RS256"]), "alg");
    assert_eq!(refused("jws", &["none"]), "alg");
    assert_eq!(refused("hmac-sha256", &["HS256"]), "alg");
}

#[test]
fn keys_are_looked_at_when_they_are_set() {
    let check = |id: &str, text: &str| scheme(id).check_secret(text);
    let (_, ec) = key_texts(scheme("plaid"));
    for (id, text) in [
        ("sns-v1", RSA_CERTIFICATE),
        ("wise", RSA_PUBLIC),
        ("plaid", &ec),
        ("netlify", "a secret"),
        ("netlify", "ssh-of-no-key"),
        // These report the expected form only when a request comes.
        ("discord", "anything"),
        ("github", "anything"),
    ] {
        assert_eq!(check(id, text), Ok(()), "{id}");
    }
    for (id, text, why) in [
        (
            "sns-v1",
            "a secret",
            "This is no RSA public key of Amazon SNS (SignatureVersion 1, SHA-1): paste the public key",
        ),
        ("sns-v1", &*ec, "This is no RSA public key of Amazon SNS"),
        ("plaid", "a secret", "This is no public key: paste PEM (a public key or a certificate), a JWK or a JWKS."),
        ("netlify", RSA_PUBLIC, "This is a public key. The scheme's tokens are made with a shared secret"),
        ("github", RSA_PRIVATE, "This is a private key (PEM, “PRIVATE KEY”)."),
        (
            "github",
            &*RSA_PRIVATE.replace("PRIVATE KEY", "PUBLIC KEY"),
            "This is a private key (under the label “PUBLIC KEY”).",
        ),
        ("github", "ssh-ed25519 AAAA", "This is a key in OpenSSH's form."),
    ] {
        let refused = check(id, text).unwrap_err();
        assert!(refused.starts_with(why), "{id}: {refused}");
    }
}
