//! Test vectors that providers publish in their documentation, libraries and tests; `source` says where. Vectors made
//! for this repository, of every algorithm and encoding, are in `src/signature/tests/vectors.json`.

use base64::Engine as _;
use creel::inside::{
    Catalogue, FreshnessStatus, Headers, Secret, SecretValue, SignatureStatus, SignedRequest, Timestamp, Verifier,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    id: String,
    scheme: String,
    secret: String,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body_base64: String,
    valid: bool,
    verify_at_unix: Option<i64>,
    tolerance_s: Option<u32>,
    #[serde(default)]
    extra_secrets: Vec<String>,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("fixtures/published-vectors.json")).unwrap()
}

fn secrets(vector: &Vector) -> Vec<Secret> {
    let texts = std::iter::once(&vector.secret).chain(&vector.extra_secrets);
    let secret = |(id, text): (i64, &String)| Secret {
        id,
        label: format!("secret {id}"),
        value: SecretValue::new(text.clone()),
        created_at: Timestamp::default(),
    };
    (0..).zip(texts).map(secret).collect()
}

#[test]
fn every_published_vector_has_its_published_verdict() {
    let vectors = vectors();
    let catalogue = Catalogue::default();
    let mut wrong = Vec::new();
    for vector in &vectors {
        let mut record = catalogue.scheme(&vector.scheme).expect("a known scheme").record().clone();
        if let Some(tolerance) = vector.tolerance_s {
            record["timestamp"]["tolerance_s"] = tolerance.into();
        }
        let headers: Headers = vector.headers.iter().cloned().collect();
        let body = base64::engine::general_purpose::STANDARD.decode(&vector.body_base64).unwrap();
        let request = SignedRequest {
            method: &vector.method,
            url: &vector.url,
            headers: &headers,
            body: &body,
            received_at: Timestamp::from_secs(vector.verify_at_unix.unwrap_or_default()),
        };
        let secrets = secrets(vector);
        let (verdict, freshness) = Verifier::new(&catalogue, None, Some(&record), &secrets).unwrap().judge(&request);
        let is_timely = vector.verify_at_unix.is_none()
            || !matches!(freshness.status, FreshnessStatus::Stale | FreshnessStatus::Future);
        if (verdict.status == SignatureStatus::Valid && is_timely) != vector.valid {
            wrong.push(format!("{}: {verdict:?} {freshness:?}", vector.id));
        }
        // What verifies by its scheme is also found without being told which.
        let (detected, _) = Verifier::detecting(&catalogue, &secrets).judge(&request);
        if verdict.status == SignatureStatus::Valid && detected.status != SignatureStatus::Valid {
            let ranking: Vec<_> = catalogue.detect(&request).into_iter().map(|found| found.scheme.id.clone()).collect();
            wrong.push(format!("{}: not detected: {detected:?} {ranking:?}", vector.id));
        }
        if verdict.status != SignatureStatus::Valid && verdict.reason.is_none() {
            wrong.push(format!("{}: no reason", vector.id));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
}

/// The same as a sender and a client of the API see it: the request is posted to a bin with the vector's scheme,
/// secrets and URL.
#[tokio::test]
async fn every_published_vector_has_its_published_verdict_through_a_running_server() {
    let vectors = vectors();
    let app = crate::helpers::TestApp::start().await;
    let mut wrong = Vec::new();
    for (number, vector) in vectors.iter().enumerate() {
        let (base, query) = match vector.url.split_once('?') {
            // A query counts wherever it stands.
            Some(_) if number % 2 == 0 => (vector.url.as_str(), String::new()),
            Some((base, query)) => (base, format!("?{query}")),
            None => (vector.url.as_str(), String::new()),
        };
        let texts = std::iter::once(&vector.secret).chain(&vector.extra_secrets);
        let secrets: Vec<_> = texts.map(|text| serde_json::json!({"value": text})).collect();
        let settings = serde_json::json!({"scheme": vector.scheme, "secrets": secrets, "public_url": base});
        let bin = app.bin(settings).await["id"].as_str().unwrap().to_owned();

        let body = base64::engine::general_purpose::STANDARD.decode(&vector.body_base64).unwrap();
        let mut head = format!("{} /{bin}{query} HTTP/1.1\r\n", vector.method);
        for (name, value) in &vector.headers {
            // The length is that of this message, whatever the vector's was.
            if !name.eq_ignore_ascii_case("content-length") {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        if !vector.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            head.push_str("Host: hook.example\r\n");
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        let answer = crate::helpers::raw::exchange(app.capture, &[head.as_bytes(), &body].concat());
        assert_eq!(answer.status, 200, "{}: {}", vector.id, String::from_utf8_lossy(&answer.body));

        let request = app.get(&format!("/bins/{bin}/requests/latest")).await;
        let is_valid = request["signature"]["status"] == "valid";
        // A vector may be wrong only by its clock: the signature itself is then right.
        let may_be_stale = vector.verify_at_unix.is_some() && !vector.valid;
        if is_valid != vector.valid && !(is_valid && may_be_stale) {
            wrong.push(format!("{}: {}", vector.id, request["signature"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
}
