//! Which verdict, and which sentence, for every way in which a signature can be wrong.

use super::*;
use crate::model::{FreshnessStatus, SignatureStatus};

fn judge(id: &str, texts: &[&str], fields: &[(&str, &str)], body: &str) -> (SignatureStatus, String) {
    let request = Owned {
        method: "POST".into(),
        url: "https://hook.example/in".into(),
        headers: headers(fields),
        body: body.as_bytes().to_vec(),
    };
    let (verdict, _) = Verifier::new(catalogue(), Some(id), None, &secrets(texts)).unwrap().judge(&request.request());
    (verdict.status, verdict.reason.unwrap_or_default())
}

/// A sender could put any body beside what it has once signed.
#[test]
fn a_signature_over_the_url_alone_is_right_for_a_request_without_a_body_only() {
    let payload = r#"{"ref":"main"}"#;
    let query: String = percent_encoding::utf8_percent_encode(payload, percent_encoding::NON_ALPHANUMERIC).to_string();
    let key = hex::encode(compute(Algorithm::HmacSha256, b"s", payload.as_bytes()).unwrap());
    let verdict = |method: &str, body: &str| {
        let request = Owned {
            method: method.into(),
            url: format!("https://hook.example/in?payload={query}"),
            headers: headers(&[("X-Gitea-Signature", &key), ("Content-Type", "application/json")]),
            body: body.as_bytes().to_vec(),
        };
        let (verdict, _) =
            Verifier::new(catalogue(), Some("gitea"), None, &secrets(&["s"])).unwrap().judge(&request.request());
        (verdict.status, verdict.reason.unwrap_or_default())
    };
    assert_eq!(verdict("GET", "").0, SignatureStatus::Valid);
    assert_eq!(verdict("POST", payload).0, SignatureStatus::Valid);
    let (status, reason) = verdict("POST", r#"{"ref":"something else"}"#);
    assert_eq!(status, SignatureStatus::Invalid);
    assert_eq!(reason, "It is right for a request without a body: this one has a body, and nothing of it is signed.");
}

#[test]
fn every_status_has_its_sentence() {
    let sha = "sha256=0000000000000000000000000000000000000000000000000000000000000000";
    let signed = ("X-Callaider-Signature", sha);
    for (id, texts, fields, status, reason) in [
        ("callaider", &["s"][..], &[][..], SignatureStatus::Missing, "The header X-Callaider-Signature is missing."),
        ("callaider", &[], &[], SignatureStatus::Missing, "The header X-Callaider-Signature is missing."),
        ("callaider", &[], &[signed], SignatureStatus::NoSecret, "The bin has no secret to check the signature with."),
        (
            "callaider",
            &["s"],
            &[signed],
            SignatureStatus::Invalid,
            "The bin's secret gives a different signature for this request.",
        ),
        (
            "callaider",
            &["s", "t"],
            &[signed],
            SignatureStatus::Invalid,
            "The bin's secrets give different signatures for this request.",
        ),
        (
            "callaider",
            &["s"],
            &[("X-Callaider-Signature", &sha[7..])],
            SignatureStatus::Invalid,
            "The header X-Callaider-Signature has no signature in the form `sha256=…`.",
        ),
        (
            "adyen-header",
            &["no hex", "nor this"],
            &[("HmacSignature", "AAAA")],
            SignatureStatus::UndecodableSecret,
            "No secret of the bin can be read as a key (expected: hex).",
        ),
        (
            "discord",
            &["abcd"],
            &[("X-Signature-Ed25519", "00"), ("X-Signature-Timestamp", "1")],
            SignatureStatus::UndecodableSecret,
            "No secret of the bin can be read as a public key (expected: hex).",
        ),
        ("gitlab", &["s"], &[("X-Gitlab-Token", "t")], SignatureStatus::Invalid, "The token is not the bin's secret."),
        (
            "slack",
            &["s"],
            &[("X-Slack-Signature", "v0=00")],
            SignatureStatus::Missing,
            "The header X-Slack-Request-Timestamp is missing.",
        ),
        (
            "slack",
            &["s"],
            &[("X-Slack-Signature", "v0=00"), ("X-Slack-Request-Timestamp", "soon")],
            SignatureStatus::Invalid,
            "The timestamp is not written as the scheme writes it.",
        ),
        (
            "stripe",
            &["s"],
            &[("Stripe-Signature", "v1=00")],
            SignatureStatus::Missing,
            "The header Stripe-Signature has no timestamp.",
        ),
        (
            "svix",
            &["AAAA"],
            &[("svix-signature", "v1,AA"), ("svix-timestamp", "1")],
            SignatureStatus::Missing,
            "The header svix-id is missing.",
        ),
        (
            "tiktok-shop",
            &["s"],
            &[("Authorization", "00")],
            SignatureStatus::Missing,
            "The scheme needs the setting app_key, which is not set: add it to the bin as a secret with the label `app_key`.",
        ),
        (
            "twilio-json",
            &["s"],
            &[("X-Twilio-Signature", "AAAA")],
            SignatureStatus::Missing,
            "The query parameter bodySHA256 is missing.",
        ),
        (
            "hook0",
            &["s"],
            &[("X-Hook0-Signature", "t=1,h=x-a,v1=00")],
            SignatureStatus::Missing,
            "The signed header x-a is missing.",
        ),
    ] {
        assert_eq!(judge(id, texts, fields, "{}"), (status, reason.to_owned()), "{id} {fields:?}");
    }
}

#[test]
fn one_undecodable_secret_does_not_hide_the_right_one() {
    let (request, _) = signed_for(scheme("adyen-header"));
    let right = secret_for(scheme("adyen-header"));
    let verifier = Verifier::new(catalogue(), Some("adyen-header"), None, &secrets(&["no hex", &right])).unwrap();
    let (verdict, _) = verifier.judge(&request.request());
    assert_eq!((verdict.status, verdict.secret.as_deref()), (SignatureStatus::Valid, Some("secret 1")));
}

#[test]
fn the_signature_and_its_age_are_two_facts() {
    let stripe = scheme("stripe");
    let (request, verifier) = signed_for(stripe);
    let mut late = request.request();
    late.received_at = Timestamp::from_secs(NOW.as_secs() + 301);
    let (verdict, freshness) = verifier.judge(&late);
    assert_eq!((verdict.status, freshness.status), (SignatureStatus::Valid, FreshnessStatus::Stale));
    assert_eq!((freshness.age_s, freshness.tolerance_s), (Some(301), Some(300)));

    let strangers = Verifier::of(Arc::clone(stripe), &secrets(&["wrong"]));
    let (verdict, freshness) = strangers.judge(&late);
    assert_eq!((verdict.status, freshness.status), (SignatureStatus::Invalid, FreshnessStatus::Stale));
    let none = Verifier::of(Arc::clone(stripe), &[]);
    assert_eq!(none.judge(&late).1.status, FreshnessStatus::Stale);
}

#[test]
fn a_verifier_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Verifier>();
    shared::<Scheme>();
}

#[test]
fn settings_are_refused_by_field() {
    let field = |chosen, custom: Option<&serde_json::Value>| {
        Verifier::new(catalogue(), chosen, custom, &[]).err().map(|error| error.field)
    };
    assert_eq!(field(Some("no-such"), None).as_deref(), Some("scheme"));
    assert_eq!(field(None, Some(&serde_json::json!({"colour": 1}))).as_deref(), Some("colour"));
    for chosen in [None, Some(AUTO), Some("stripe")] {
        assert_eq!(field(chosen, None), None);
    }
}

#[test]
fn a_custom_scheme_wins_over_a_chosen_one() {
    let custom = serde_json::json!({"header": "X-Sig", "algorithm": "hmac-sha1", "encoding": "base64", "prefix": "v="});
    let verifier = Verifier::new(catalogue(), Some("stripe"), Some(&custom), &secrets(&["s"])).unwrap();
    let own = verifier.scheme().unwrap();
    let unsigned =
        Owned { method: "POST".into(), url: "https://h/".into(), headers: Headers::new(), body: b"x".to_vec() };
    let config = Config::new();
    let request = unsigned.with(&sign(own, "s", &unsigned.input(&config)).unwrap());
    assert!(request.headers.get_str("x-sig").unwrap().starts_with("v="));
    let (verdict, _) = verifier.judge(&request.request());
    assert_eq!((verdict.status, verdict.scheme.as_deref()), (SignatureStatus::Valid, Some("custom")));
}
