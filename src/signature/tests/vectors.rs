//! Vectors made for this repository with another implementation (Python's hashlib, hmac and cryptography), one or more
//! for each family of algorithms, encodings, secrets, sources and filters.

use serde::Deserialize;

use super::*;
use crate::model::{FreshnessStatus, SignatureStatus};

#[derive(Deserialize)]
struct Vector {
    scheme: String,
    secret: String,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body_base64: String,
    #[serde(default)]
    received_at: Option<i64>,
    #[serde(default)]
    config: Config,
}

fn vectors() -> Vec<(Vector, Owned)> {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let request = |vector: &Vector| Owned {
        method: vector.method.clone(),
        url: vector.url.clone(),
        headers: vector.headers.iter().cloned().collect(),
        body: STANDARD.decode(&vector.body_base64).unwrap(),
    };
    vectors.into_iter().map(|vector| (request(&vector), vector)).map(|(request, vector)| (vector, request)).collect()
}

#[test]
fn every_vector_verifies_with_its_secret_and_with_no_other() {
    for (vector, request) in vectors() {
        let known = scheme(&vector.scheme);
        let judge = |texts: &[&str]| {
            let mut request = request.request();
            request.received_at = Timestamp::from_secs(vector.received_at.unwrap_or_default());
            Verifier::of(Arc::clone(known), &secrets(texts)).with_config(vector.config.clone()).judge(&request)
        };
        let (verdict, freshness) = judge(&["another secret", &vector.secret, "a third"]);
        assert_eq!(verdict.status, SignatureStatus::Valid, "{}: {verdict:?}", vector.scheme);
        assert_eq!(verdict.secret.as_deref(), Some("secret 1"));
        assert_eq!(verdict.scheme.as_deref(), Some(&*vector.scheme));
        if vector.received_at.is_some() {
            assert_eq!(freshness.age_s, Some(if vector.scheme == "orb" { -1 } else { 0 }), "{}", vector.scheme);
            let judged = known.timestamp.and_then(|rule| rule.tolerance_s).is_some();
            assert_eq!(freshness.status, if judged { FreshnessStatus::Fresh } else { FreshnessStatus::None });
        }
        let (verdict, _) = judge(&["another secret"]);
        assert_ne!(verdict.status, SignatureStatus::Valid, "{}", vector.scheme);
        assert!(verdict.reason.is_some());
    }
}

#[test]
fn every_vector_is_detected() {
    for (vector, request) in vectors() {
        let verifier =
            Verifier::detecting(catalogue(), &secrets(&["another", &vector.secret])).with_config(vector.config.clone());
        let (verdict, _) = verifier.judge(&request.request());
        assert_eq!(verdict.status, SignatureStatus::Valid, "{}: {verdict:?}", vector.scheme);
    }
}

#[test]
fn the_vectors_cover_every_algorithm_and_encoding_of_the_catalogue() {
    let used: Vec<_> = vectors().into_iter().map(|(vector, _)| scheme(&vector.scheme)).collect();
    for known in catalogue().schemes() {
        let alike = |other: &&Arc<Scheme>| other.algorithm == known.algorithm && other.secret == known.secret;
        // The public-key prefixes of two families differ in name only.
        assert!(
            known.algorithm.is_asymmetric() || used.iter().any(alike) || known.secret.notation().contains("whsec_"),
            "{}",
            known.id
        );
        assert!(used.iter().any(|other| other.encoding == known.encoding), "{}", known.id);
    }
}
