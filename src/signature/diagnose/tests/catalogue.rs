//! Every known scheme, signed by the engine and broken in ways that fit all.

use super::*;
use crate::signature::draft::Signed;
use crate::signature::{SignInput, sign};

/// A request signed by a scheme, with the secret that the bin needs; `None` if the scheme signs the sender's own data.
fn signed(scheme: &Scheme, body: &[u8]) -> Option<(String, Signed)> {
    let notation = scheme.secret.notation();
    let key = match scheme.algorithm {
        Algorithm::Ed25519 => ed25519_dalek::SigningKey::from_bytes(&[7; 32]).to_keypair_bytes().to_vec(),
        Algorithm::EcdsaP256Sha256 | Algorithm::EcdsaP256Sha1 => return None,
        _ => b"a key of twenty-eight bytes.".to_vec(),
    };
    let secret = match () {
        () if notation.ends_with("hex") => hex::encode(key),
        () if notation.ends_with("base64") => STANDARD.encode(key),
        () => "a-plain-secret".to_owned(),
    };
    let headers: Headers = [("Content-Type", "application/json"), ("Merchant", "m")].into_iter().collect();
    let input = SignInput {
        method: "POST",
        url: URL,
        headers: &headers,
        body,
        timestamp: Timestamp::from_secs(1_700_000_000),
        id: Some("msg_1"),
        config: None,
    };
    let mut signed = sign(scheme, &secret, &input).ok()?;
    for field in &headers {
        signed.headers.push((String::from_utf8_lossy(&field.name).into(), field.value_str()?.into()));
    }
    Some((secret, signed))
}

fn diagnosed(scheme: &Scheme, pasted: &str, signed: &Signed, body: &[u8]) -> Vec<Finding> {
    let headers: Headers = signed.headers.iter().cloned().collect();
    let config = Config::new();
    let secrets = [secret("live", pasted)];
    diagnose(&Case {
        catalogue: catalogue(),
        scheme,
        config: &config,
        request: SignedRequest {
            method: "POST",
            url: signed.url.as_deref().unwrap_or(URL),
            headers: &headers,
            body: signed.body.as_deref().unwrap_or(body),
            received_at: Timestamp::from_secs(1_700_000_001),
        },
        secrets: &secrets,
        other_secrets: &[],
        other_requests: &[],
        urls: &[],
        below: "",
        query: None,
        complete: true,
        over_limit: false,
        declared_size: None,
    })
}

#[test]
fn the_secrets_white_space_is_named_for_every_scheme_and_a_wrong_secret_never_verifies() {
    let body = br#"{"event": "x", "n": 1}"#;
    let mut tried = 0;
    for scheme in catalogue().schemes() {
        let Some((secret, signed)) = signed(scheme, body) else { continue };
        tried += 1;
        assert_eq!(diagnosed(scheme, &secret, &signed, body), [], "{}", scheme.id);
        names(&diagnosed(scheme, &format!("\t{secret} \n"), &signed, body), "secret_whitespace", &scheme.id);
        let wrong = diagnosed(scheme, "d3Jvbmctc2VjcmV0LWhlcmU=", &signed, body);
        assert!(wrong.iter().all(|finding| !finding.verifies), "{}: {wrong:#?}", scheme.id);
        assert!(
            wrong.iter().any(|finding| matches!(finding.code, "wrong_secret" | "undecodable_secret")),
            "{}: {wrong:#?}",
            scheme.id
        );
    }
    assert!(tried > 140, "{tried}");
}

#[test]
fn json_written_anew_is_named_for_every_scheme_that_signs_the_body() {
    let (signed_body, sent) = (&br#"{"event": "x", "n": 1}"#[..], &br#"{"event":"x","n":1}"#[..]);
    let mut tried = 0;
    for scheme in catalogue().schemes() {
        let Some((secret, signed)) = signed(scheme, signed_body) else { continue };
        let signs_body = scheme.signed.iter().any(|template| template.text().contains("{body"));
        if !signs_body || signed.body.is_some() || scheme.algorithm == Algorithm::Equal || scheme.signed.len() > 1 {
            continue;
        }
        tried += 1;
        let found = diagnosed(scheme, &secret, &signed, sent);
        names(&found, "body_json_python", &scheme.id);
    }
    assert!(tried > 120, "{tried}");
}
