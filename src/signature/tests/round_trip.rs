//! Every record signs and verifies, and notices changes.

use super::steps::{Offer, offers, signature_texts};
use super::*;
use crate::model::{FreshnessStatus, SignatureStatus};

fn status(verifier: &Verifier, request: &Owned) -> SignatureStatus {
    verifier.judge(&request.request()).0.status
}

#[test]
fn every_record_signs_and_verifies() {
    for scheme in catalogue().schemes() {
        let (request, verifier) = signed_for(scheme);
        let (verdict, freshness) = verifier.judge(&request.request());
        assert_eq!(verdict.status, SignatureStatus::Valid, "{}: {verdict:?}\n{request:?}", scheme.id);
        assert_eq!(verdict.secret.as_deref(), Some("secret 1"), "{}", scheme.id);
        let judged = scheme.timestamp.and_then(|rule| rule.tolerance_s).is_some();
        assert_eq!(
            freshness.status,
            if judged { FreshnessStatus::Fresh } else { FreshnessStatus::None },
            "{}",
            scheme.id
        );
        assert!(request.headers.get_str("x-other") == Some("kept"), "{}", scheme.id);
    }
}

#[test]
fn signing_again_replaces_the_old_signature() {
    for scheme in catalogue().schemes() {
        let (first, verifier) = signed_for(scheme);
        let (private, _) = key_texts(scheme);
        let config = test_config();
        let mut input = first.input(&config);
        input.timestamp = Timestamp::from_secs(NOW.as_secs() + 60);
        let second = first.with(&sign(scheme, &private, &input).unwrap());
        assert_eq!(status(&verifier, &second), SignatureStatus::Valid, "{}", scheme.id);
        assert_eq!(second.headers.len(), first.headers.len(), "{}", scheme.id);
        assert_eq!(signature_texts(scheme, &second.request()).len(), 1, "{}", scheme.id);
    }
}

/// Every request that differs from this one in one bit of the body.
fn flipped(body: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..body.len() * 8).map(|bit| {
        let mut changed = body.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        changed
    })
}

#[test]
fn a_flipped_bit_of_the_body_is_noticed_unless_the_explanation_says_otherwise() {
    for scheme in catalogue().schemes() {
        let (request, verifier) = signed_for(scheme);
        let excused = verifier.explain(&request.request()).not_covered.iter().any(|sentence| {
            sentence.contains("body is not signed")
                || sentence.starts_with("Of the body")
                || sentence.starts_with("Nothing")
        });
        // Public keys take longer, and the algorithm does not depend on the record.
        let step = if scheme.algorithm.is_asymmetric() { 17 } else { 1 };
        for changed in flipped(&request.body).step_by(step) {
            // Where decoded pairs are signed, `%7b` and `%7B` are the same.
            let signs_pairs = scheme.signed.iter().any(|template| template.text().contains("{form|"));
            if signs_pairs && crate::http::form::pairs(&changed) == crate::http::form::pairs(&request.body) {
                continue;
            }
            let changed = Owned { body: changed, ..request.clone() };
            assert!(excused || status(&verifier, &changed) != SignatureStatus::Valid, "{}: {changed:?}", scheme.id);
        }
    }
}

/// The request with another value at this place; `None` where the value cannot be there.
fn replaced(request: &Owned, source: &Source, value: &str) -> Option<Owned> {
    let config = Config::new();
    let mut draft = draft::Draft::new(&request.input(&config));
    draft.place(source, value).ok()?;
    let changed = draft.into_signed();
    Some(request.with(&changed))
}

fn value_at(request: &Owned, source: &Source) -> String {
    let config = Config::new();
    let signed = request.request();
    let view = super::super::request::View::new(&signed, &config);
    String::from_utf8(source.first(&view).unwrap().into_owned()).unwrap()
}

#[test]
fn a_flipped_bit_of_the_signature_text_is_noticed() {
    for scheme in catalogue().schemes() {
        let (request, verifier) = signed_for(scheme);
        let source = match &scheme.from[0] {
            Source::HeaderPrefix(prefix) => Source::Header(format!("{prefix}1")),
            other => other.clone(),
        };
        let text = value_at(&request, &source);
        let step = if scheme.algorithm.is_asymmetric() { 5 } else { 1 };
        for changed in flipped(text.as_bytes()).filter_map(|bytes| String::from_utf8(bytes).ok()).step_by(step) {
            // Hexadecimal digits are read in either case.
            if scheme.encoding == Encoding::Hex && changed.eq_ignore_ascii_case(&text) {
                continue;
            }
            let Some(replaced) = replaced(&request, &source, &changed) else { continue };
            // A key's id beside the signature is not signed.
            if meaning(scheme, &replaced) == meaning(scheme, &request) {
                continue;
            }
            assert_ne!(status(&verifier, &replaced), SignatureStatus::Valid, "{}: {changed}", scheme.id);
        }
    }
}

/// The offered signatures, with those of their values that are signed.
fn meaning(scheme: &Scheme, request: &Owned) -> Vec<Offer> {
    let mut offers = offers(scheme, &request.request());
    let is_signed = |name: &str| scheme.signed.iter().any(|template| template.text().contains(&format!("{{{name}")));
    for offer in &mut offers {
        offer.vars.retain(|name, _| is_signed(name) || name == "timestamp");
    }
    offers
}

#[test]
fn a_flipped_bit_of_a_signed_value_is_noticed() {
    for scheme in catalogue().schemes() {
        let (request, verifier) = signed_for(scheme);
        let unsigned = verifier.explain(&request.request()).not_covered.join(" ");
        for (name, source) in &scheme.vars {
            if unsigned.contains(&source.to_string()) {
                continue;
            }
            let text = value_at(&request, source);
            for changed in flipped(text.as_bytes()).filter_map(|bytes| String::from_utf8(bytes).ok()) {
                let Some(request) = replaced(&request, source, &changed) else { continue };
                assert_ne!(status(&verifier, &request), SignatureStatus::Valid, "{} {name}: {changed}", scheme.id);
            }
        }
        if scheme.signed.iter().any(|template| template.text().contains("{url}") || template.text().contains("{path")) {
            let moved = Owned { url: request.url.replace("/in/", "/im/"), ..request.clone() };
            assert_ne!(status(&verifier, &moved), SignatureStatus::Valid, "{}", scheme.id);
        }
    }
}

#[test]
fn a_value_in_the_signature_and_beside_it_is_signed_as_the_one_in_the_signature() {
    let record = serde_json::json!({
        "signature": {"from": "header:X-Sig", "split": ",", "items": ["t={timestamp}", "id={id}", "v1={signature}"]},
        "vars": {"timestamp": "header:X-At", "id": "header:X-Id"},
        "signed": "{id}.{timestamp}.{body}",
    });
    let own = Arc::new(Scheme::from_json(&record).unwrap());
    let request = Owned {
        method: "POST".to_owned(),
        url: "https://h/".to_owned(),
        headers: headers(&[("X-Id", "5")]),
        body: b"x".to_vec(),
    };
    let config = Config::new();
    let input = SignInput { id: Some("7"), ..request.input(&config) };
    let signed = request.with(&sign(&own, "s", &input).unwrap());
    let mac = hex::encode(compute(Algorithm::HmacSha256, b"s", format!("7.{}.x", NOW.as_secs()).as_bytes()).unwrap());
    let expected = format!("t={},id=7,v1={mac}", NOW.as_secs());
    assert_eq!(signed.headers.get_str("X-Sig"), Some(&*expected));
    // What is beside it stays; only the time is always a new one.
    let at = NOW.as_secs().to_string();
    assert_eq!((signed.headers.get_str("X-Id"), signed.headers.get_str("X-At")), (Some("5"), Some(&*at)));
    for old in [None, Some("")] {
        let mut request = Owned { headers: headers(&[("X-At", "1")]), ..request.clone() };
        if let Some(old) = old {
            request.headers.push("X-Id", old);
        }
        let signed = request.with(&sign(&own, "s", &SignInput { id: Some("7"), ..request.input(&config) }).unwrap());
        assert_eq!((signed.headers.get_str("X-Id"), signed.headers.get_str("X-At")), (Some("7"), Some(&*at)));
    }
    assert_eq!(status(&Verifier::of(own, &secrets(&["s"])), &signed), SignatureStatus::Valid);
}

#[test]
fn signing_says_what_it_lacks() {
    let unsigned =
        Owned { method: "POST".into(), url: "https://h/".into(), headers: Headers::new(), body: b"x".to_vec() };
    let config = Config::new();
    let error = |id: &str, secret: &str| sign(scheme(id), secret, &unsigned.input(&config)).unwrap_err().to_string();
    assert_eq!(error("solidgate", "s"), "The header merchant is missing.");
    assert_eq!(
        error("tiktok-shop", "s"),
        "The scheme needs the setting app_key, which is not set: add it to the bin as a secret with the label `app_key`."
    );
    assert_eq!(error("adyen-header", "not hex"), "The secret cannot be read as a key (hex).");
    assert_eq!(error("discord", "abcd"), "The secret cannot be read as a private key (hex).");
    assert_eq!(error("mailgun", "s"), "The value for /signature/timestamp belongs into JSON, and there is none.");
    assert_eq!(
        error("gitlab", "a\r\nX-Evil: 1"),
        "The value for the header X-Gitlab-Token has a control character in it."
    );
}

/// Found with `tests/libraries/run`: a right signature is not all that they look at.
#[test]
fn signing_writes_what_the_providers_own_libraries_ask_for() {
    let header = |id: &str, name: &str| {
        let (request, _) = signed_for(scheme(id));
        request.headers.get_str(name).unwrap().to_owned()
    };
    let sanity = header("sanity", "sanity-webhook-signature");
    assert!(sanity.starts_with(&format!("t={},v1=", NOW.as_millis())), "{sanity}");
    let mercadopago = header("mercadopago", "X-Signature");
    assert!(mercadopago.starts_with(&format!("ts={},v1=", NOW.as_secs())), "{mercadopago}");
    assert_eq!(
        header("contentful", "x-contentful-signed-headers"),
        "content-type,x-contentful-signed-headers,x-contentful-timestamp,x-other"
    );
    let token = header("messagebird-jwt", "MessageBird-Signature-JWT");
    let payload = token.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((&claims["nbf"], &claims["exp"]), (&NOW.as_secs().into(), &(NOW.as_secs() + 60).into()));
}
