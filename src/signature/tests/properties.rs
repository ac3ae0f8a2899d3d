//! For any request and configuration: no panic, no endless work, and only the right signature verifies.

use proptest::prelude::*;

use super::*;
use crate::model::SignatureStatus;

/// Pieces that the formats are made of, so that random texts get past the first check.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("t=1,".to_owned()),
        Just("v1=".to_owned()),
        Just("sha256=".to_owned()),
        Just(" ".to_owned()),
        Just("{body}".to_owned()),
        Just("{form|sort_concat}".to_owned()),
        Just("{\"a\":[1]}".to_owned()),
        Just("&a=%C3&".to_owned()),
        Just("https://[::1]:8/".to_owned()),
        Just("--B\r\n\r\n".to_owned()),
        "[a-f0-9]{1,64}",
        "\\PC{0,8}",
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![text().prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..200)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_request_panics_or_verifies(
        values in prop::collection::vec(body(), 1..4), url in text(), method in text(), body in body(), at in any::<i64>(),
    ) {
        for scheme in catalogue().schemes() {
            let mut headers = Headers::new();
            headers.push("Content-Type", values[0].clone());
            let named = scheme.from.iter().chain(scheme.vars.iter().map(|(_, source)| source));
            for (source, value) in named.zip(values.iter().cycle()) {
                match source {
                    Source::Header(name) | Source::HeaderJson(name, _) => headers.push(name.clone(), value.clone()),
                    Source::HeaderPrefix(prefix) => headers.push(format!("{prefix}9"), value.clone()),
                    _ => {}
                }
            }
            let request = SignedRequest {
                method: &method, url: &url, headers: &headers, body: &body, received_at: Timestamp::from_micros(at),
            };
            let verifier = Verifier::of(Arc::clone(scheme), &secrets(&["a secret that nobody guesses"]));
            prop_assert_ne!(verifier.explain(&request).verdict.status, SignatureStatus::Valid);
            let _ = catalogue().detect(&request);
        }
    }

    #[test]
    fn no_record_panics(id in text(), from in text(), items in prop::collection::vec(text(), 0..4), signed in text(), secret in text()) {
        let record = serde_json::json!({
            "id": id, "signature": {"from": from, "items": items, "split": signed}, "signed": signed, "secret": secret,
        });
        let _ = Scheme::from_json(&record);
        let kinder = serde_json::json!({"signature": {"from": "header:X-A", "items": items}, "signed": signed});
        if let Ok(scheme) = Scheme::from_json(&kinder) {
            let headers = headers(&[("X-A", &from)]);
            let request = SignedRequest { method: "POST", url: &id, headers: &headers, body: secret.as_bytes(), received_at: NOW };
            let _ = Verifier::of(Arc::new(scheme), &secrets(&[&secret])).explain(&request);
        }
    }

    #[test]
    fn whatever_is_signed_verifies_and_nothing_else(body in body(), secret in "\\PC{1,40}", other in "\\PC{1,40}") {
        for id in ["callaider", "stripe", "slack", "standard-webhooks-utf8", "hubspot-v2", "twilio-form"] {
            let known = scheme(id);
            let unsigned = Owned {
                method: "POST".into(), url: "https://h.example/in?a=1".into(), headers: Headers::new(), body: body.clone(),
            };
            let request = unsigned.with(&sign(known, &secret, &unsigned.input(&Config::new())).unwrap());
            let judge = |text: &str| Verifier::of(Arc::clone(known), &secrets(&[text])).judge(&request.request()).0.status;
            prop_assert_eq!(judge(&secret), SignatureStatus::Valid);
            prop_assert_eq!(judge(&other) == SignatureStatus::Valid, other == secret);
        }
    }
}

#[test]
fn a_hostile_request_is_judged_soon() {
    let started = std::time::Instant::now();
    let many = (0..3_000).map(|n| format!("t={n},v1={n:064x}")).collect::<Vec<_>>().join(" ");
    let form = "a=b&".repeat(250_000);
    let deep = "[".repeat(1_000_000);
    let listed = "x-long ".repeat(5_000);
    let long = "z".repeat(40_000);
    for scheme in catalogue().schemes() {
        for body in [form.as_bytes(), deep.as_bytes()] {
            let mut fields = headers(&[("X-Long", &long), ("x-contentful-signed-headers", &listed)]);
            for source in &scheme.from {
                if let Source::Header(name) = source {
                    fields.push(name.clone(), many.clone());
                }
            }
            let request = SignedRequest { method: "POST", url: "https://h/", headers: &fields, body, received_at: NOW };
            let _ = Verifier::of(Arc::clone(scheme), &secrets(&["a", "b", "c"])).judge(&request);
        }
    }
    // 338 requests of 1 MB each; a debug build on a busy machine is slow, not endless.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
