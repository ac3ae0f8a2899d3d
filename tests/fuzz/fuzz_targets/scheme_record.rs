//! Any record is a scheme or is refused by its field; a scheme comes back from its record, verifies what it signs, and
//! verifies nothing that is signed with another secret.
#![no_main]

use std::sync::Arc;

use creel::inside::{
    Config, Headers, Scheme, Secret, SecretValue, SignInput, SignatureStatus, SignedRequest, Timestamp, Verifier, sign,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const SIGNED_AT: Timestamp = Timestamp::from_secs(1_779_971_696);
/// Two keys, in a notation that every scheme reads.
const SECRETS: [&str; 2] =
    ["6b6579206f6e65206b6579206f6e65206b6579206f6e6521", "6b65792074776f206b65792074776f206b65792074776f21"];

fuzz_target!(|data: &[u8]| {
    let Ok(record) = serde_json::from_slice::<Value>(data) else { return };
    let scheme = match Scheme::from_json(&record) {
        Ok(scheme) => scheme,
        Err(error) => {
            assert!(!error.field.is_empty() && !error.message.is_empty());
            return;
        }
    };
    let again = Scheme::from_json(scheme.record()).expect("a scheme's record is a scheme");
    assert_eq!(format!("{again:?}"), format!("{scheme:?}"));
    signs(&Arc::new(scheme));
});

fn signs(scheme: &Arc<Scheme>) {
    let headers: Headers = [("Content-Type", "application/json"), ("X-Id", "1")].into_iter().collect();
    let config = Config::new();
    let input = SignInput {
        method: "POST",
        url: "https://hook.example/in?x=1",
        headers: &headers,
        body: br#"{"event": "x", "n": 1}"#,
        timestamp: SIGNED_AT,
        id: None,
        config: Some(&config),
    };
    let Ok(signed) = sign(scheme, SECRETS[0], &input) else { return };
    let signed_headers = signed.apply_to(&headers);
    let request = SignedRequest {
        method: input.method,
        url: signed.url.as_deref().unwrap_or(input.url),
        headers: &signed_headers,
        body: signed.body.as_deref().unwrap_or(input.body),
        received_at: SIGNED_AT,
    };
    let status = |secret: &str| {
        let secret = Secret {
            id: 1,
            label: "a".to_owned(),
            value: SecretValue::new(secret.to_owned()),
            created_at: Timestamp::default(),
        };
        let verifier = Verifier::of(Arc::clone(scheme), &[secret]);
        let explained = verifier.explain(&request).verdict;
        assert_eq!(verifier.judge(&request).0, explained, "the explanation has another verdict");
        explained.status
    };
    if stands_apart(scheme, signed.url.is_some() || signed.body.is_some()) {
        assert_eq!(status(SECRETS[0]), SignatureStatus::Valid, "{}", scheme.record());
    }
    assert_ne!(status(SECRETS[1]), SignatureStatus::Valid, "{}", scheme.record());
}

/// Whether signing cannot alter what it signs: the signature has a header of its own, and no condition or list speaks
/// of it.
fn stands_apart(scheme: &Scheme, changed: bool) -> bool {
    let record = scheme.record().to_string().to_ascii_lowercase();
    let from = &scheme.record()["signature"]["from"];
    let Some(from) = from.as_str().or_else(|| from[0].as_str()) else { return false };
    let Some(header) = from.strip_prefix("header:") else { return false };
    !changed && record.matches(&header.to_ascii_lowercase()).count() <= 2
}
