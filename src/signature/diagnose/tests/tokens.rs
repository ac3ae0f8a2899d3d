//! Tokens, RSA and batches, broken in one way each.

use super::*;
use crate::signature::jws::{self, Alg};
use crate::signature::tests::{RSA_CERTIFICATE, RSA_PRIVATE, RSA_PUBLIC};
use crate::signature::{Encoding, SignInput, sign};

const BODY: &str = "{\n  \"event\": \"x\",\n  \"n\": 1\n}";
const COMPACT: &str = r#"{"event":"x","n":1}"#;
const SECRET: &str = "s3cret-of-the-sender";

fn token(alg: &str, header: &str, claims: &str, key: &str) -> String {
    let encode = |bytes: &[u8]| Encoding::Base64url.encode(bytes);
    let signed = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
    let made = Alg::named(alg).and_then(|alg| jws::sign(alg, key.as_bytes(), signed.as_bytes()));
    format!("{signed}.{}", encode(&made.unwrap_or_else(|| vec![1; 32])))
}

fn claims(body: &str) -> String {
    let hash = compute(Algorithm::DigestSha256, b"", body.as_bytes()).unwrap();
    format!("{{\"iss\":\"netlify\",\"sha256\":\"{}\"}}", hex::encode(hash))
}

fn got<'t>(scheme: &'t str, header: &str, text: &str, secret: &str, body: &'t str) -> Got<'t> {
    let headers = [(header.to_owned(), text.to_owned())].into_iter().collect();
    Got { scheme, secret: secret.into(), headers, url: URL, body: body.as_bytes() }
}

#[track_caller]
fn told(findings: &[Finding], code: &str, sentence: &str) {
    let first = findings.first();
    assert!(
        first.is_some_and(|first| first.code == code && first.sentence.starts_with(sentence) && !first.fix.is_empty()),
        "wanted {code}, got {findings:#?}"
    );
}

#[test]
fn what_is_wrong_with_a_shared_secrets_token_is_named() {
    let header = r#"{"alg":"HS256","typ":"JWT"}"#;
    let netlify =
        |text: &str, secret: &str, body: &str| got("netlify", "X-Webhook-Signature", text, secret, body).diagnose();
    let right = token("HS256", header, &claims(BODY), SECRET);
    assert_eq!(netlify(&right, SECRET, BODY), []);
    names(&netlify(&right, &format!(" {SECRET}\n"), BODY), "secret_whitespace", "white space");
    names(&netlify(&right, &format!("\"{SECRET}\""), BODY), "secret_quotes", "quotes");
    let compact = netlify(&right, SECRET, COMPACT);
    assert!(compact[0].verifies && compact[0].code.starts_with("body_json"), "{compact:#?}");
    names(&netlify(&right, SECRET, &format!("{BODY}\n")), "body_newline_removed", "a line end more");
    told(
        &netlify(&right, SECRET, "{}"),
        "token_claim",
        "The token's signature is right, but: The body is not the one that was signed: its SHA-256 is not the claim sha256 of the token in the header X-Webhook-Signature.",
    );
    told(
        &netlify(&right, "another secret", BODY),
        "wrong_secret",
        "The bin's secret gives a different signature of this token.",
    );
    let other = SecretValue::new(SECRET.into());
    let others = [OtherSecret { label: "live", bin: "shop", value: &other }];
    let elsewhere = got("netlify", "X-Webhook-Signature", &right, "another", BODY);
    let with_others = elsewhere.diagnose_beside(&others);
    names(&with_others, "other_bin_secret", "another bin's");
    told(&netlify(&right[..right.len() - 44], SECRET, BODY), "token_malformed", "The token has 2 parts");
    told(&netlify("", SECRET, BODY), "signature_missing", "The request carries no token");
    let none = token("none", r#"{"alg":"none"}"#, &claims(BODY), "");
    told(&netlify(&none, SECRET, BODY), "token_unsigned", "The token is not signed: its algorithm is `none`");
    let other_hash = token("HS512", r#"{"alg":"HS512"}"#, &claims(BODY), SECRET);
    told(
        &netlify(&other_hash, SECRET, BODY),
        "token_algorithm",
        "The token is signed with HS512; the scheme takes HS256.",
    );
    assert!(!netlify(&other_hash, SECRET, BODY)[0].sentence.contains("forged"));
    told(
        &netlify(&right, RSA_PUBLIC, BODY),
        "undecodable_secret",
        "The bin's secret is no key of Netlify: This is a public key.",
    );
}

#[test]
fn what_is_wrong_with_a_public_keys_token_is_named() {
    let fusion = |text: &str, key: &str, body: &str| {
        got("fusionauth-public", "X-FusionAuth-Signature-JWT", text, key, body).diagnose()
    };
    let hash = STANDARD.encode(compute(Algorithm::DigestSha256, b"", BODY.as_bytes()).unwrap());
    let claims = format!("{{\"request_body_sha256\":\"{hash}\"}}");
    let right = token("RS256", r#"{"alg":"RS256","kid":"new"}"#, &claims, RSA_PRIVATE);
    assert_eq!(fusion(&right, RSA_CERTIFICATE, BODY), []);
    let set = r#"{"keys":[{"kty":"RSA","kid":"old","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}]}"#;
    told(
        &fusion(&right, set, BODY),
        "token_key_unknown",
        "The token names the key `new`, which is not among the bin's keys (`old`).",
    );
    told(
        &fusion(&right, &set.replace("old", "new"), BODY),
        "wrong_secret",
        "The token's signature does not fit the bin's key `new`.",
    );
    let okp = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    told(
        &fusion(&right, okp, BODY),
        "token_key_kind",
        "The token is signed with RS256, and the bin has an Ed25519 key.",
    );
    let forged = token("HS256", r#"{"alg":"HS256"}"#, &claims, RSA_PUBLIC);
    told(
        &fusion(&forged, RSA_PUBLIC, BODY),
        "token_algorithm",
        "The token is signed with HS256; the scheme takes RS256",
    );
    // The sentence on forgery with a public key is only for HMAC, and only for schemes with public keys.
    let how = "HMAC with a public key as its secret is how such tokens are forged.";
    assert!(fusion(&forged, RSA_PUBLIC, BODY)[0].sentence.ends_with(how));
    let compact = fusion(&right, RSA_PUBLIC, COMPACT);
    assert!(compact[0].verifies && compact[0].code.starts_with("body_json"), "{compact:#?}");
}

#[test]
fn of_several_keys_the_reason_that_says_most_is_told_in_any_order() {
    let header = r#"{"alg":"RS256","kid":"new"}"#;
    let right = token("RS256", header, "{\"request_body_sha256\":\"\"}", RSA_PRIVATE);
    let okp = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let rsa = r#"{"keys":[{"kty":"RSA","kid":"old","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}]}"#;
    let told_of = |keys: &[&str]| {
        let secrets: Vec<Secret> = keys.iter().map(|key| secret("key", key)).collect();
        let secrets: &'static [Secret] = secrets.leak();
        let got = got("fusionauth-public", "X-FusionAuth-Signature-JWT", &right, okp, BODY);
        got.diagnose_with(|case| case.secrets = secrets)[0].code
    };
    let other = rsa.replace("old", "new");
    for (one, another, code) in
        [(okp, rsa, "token_key_unknown"), (rsa, &*other, "wrong_secret"), (okp, &other, "wrong_secret")]
    {
        assert_eq!([told_of(&[one, another]), told_of(&[another, one])], [code; 2], "{one} {another}");
    }
}

#[test]
fn a_detached_token_for_a_body_that_was_written_anew_is_named() {
    let input = |headers| SignInput {
        method: "POST",
        url: URL,
        headers,
        body: BODY.as_bytes(),
        timestamp: Timestamp::from_secs(1_700_000_000),
        id: None,
        config: None,
    };
    let headers = Headers::new();
    let signed = sign(scheme("fireblocks-v2"), RSA_PRIVATE, &input(&headers)).unwrap();
    let text = &signed.headers[0].1;
    assert!(text.contains(".."));
    let judge = |body| got("fireblocks-v2", "Fireblocks-Webhook-Signature", text, RSA_PUBLIC, body).diagnose();
    assert_eq!(judge(BODY), []);
    let compact = judge(COMPACT);
    assert!(compact[0].verifies && compact[0].code.starts_with("body_json"), "{compact:#?}");
    // What it signs is beside it, so that may be what was changed.
    let codes = |found: Vec<Finding>| found.into_iter().map(|one| one.code).collect::<Vec<_>>();
    assert_eq!(codes(judge(r#"{"event":"y"}"#)), ["wrong_secret", "body_changed"]);
    let attached = token("HS256", r#"{"alg":"HS256"}"#, &claims(BODY), SECRET);
    let other = got("netlify", "X-Webhook-Signature", &attached, "another secret", BODY).diagnose();
    assert_eq!(codes(other), ["wrong_secret"]);
    let whole = text.replacen("..", ".e30.", 1);
    let attached = got("fireblocks-v2", "Fireblocks-Webhook-Signature", &whole, RSA_PUBLIC, BODY).diagnose();
    told(&attached, "token_malformed", "The token has a payload of its own");
}

#[test]
fn an_rsa_signature_with_another_hash_or_over_another_body_is_named() {
    let signature = |algorithm, body: &str| {
        let der = crate::signature::pem::first_block(RSA_PRIVATE).unwrap();
        STANDARD.encode(compute(algorithm, &der, body.as_bytes()).unwrap())
    };
    let wise = |text: &str, key: &str, body: &str| got("wise", "X-Signature-SHA256", text, key, body).diagnose();
    for algorithm in [Algorithm::RsaSha1, Algorithm::RsaSha512, Algorithm::RsaPssSha256] {
        names(&wise(&signature(algorithm, BODY), RSA_PUBLIC, BODY), "signature_algorithm", algorithm.name());
    }
    let right = signature(Algorithm::RsaSha256, BODY);
    let compact = wise(&right, RSA_CERTIFICATE, COMPACT);
    assert!(compact[0].verifies && compact[0].code.starts_with("body_json"), "{compact:#?}");
    let other = r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#;
    let wrong = wise(&right, other, BODY);
    assert!(wrong.iter().all(|finding| !finding.verifies), "{wrong:#?}");
    assert!(wrong.iter().any(|finding| finding.code == "wrong_secret"), "{wrong:#?}");
}

#[test]
fn the_item_of_a_batch_that_is_wrong_is_diagnosed() {
    let key = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";
    let item = |n: u32| format!("{{\"NotificationRequestItem\":{{\"pspReference\":\"{n}\",\"success\":\"true\"}}}}");
    let body = format!("{{\"notificationItems\":[{},{}]}}", item(1), item(2));
    let headers = Headers::new();
    let input = SignInput {
        method: "POST",
        url: URL,
        headers: &headers,
        body: body.as_bytes(),
        timestamp: Timestamp::from_secs(1_700_000_000),
        id: None,
        config: None,
    };
    let adyen = scheme("adyen-standard-1");
    let signed = String::from_utf8(sign(adyen, key, &input).unwrap().body.unwrap()).unwrap();
    let judge = |key: &str, body: &str| {
        Got { scheme: "adyen-standard-1", secret: key.into(), headers: Headers::new(), url: URL, body: body.as_bytes() }
            .diagnose()
    };
    assert_eq!(judge(key, &signed), []);
    let changed = signed.replacen("\"pspReference\":\"2\"", "\"pspReference\":\"3\"", 1);
    told(&judge(key, &changed), "wrong_secret", "Item 2 of 2 (/notificationItems/1): ");
    let spaced = judge(&format!(" {key} "), &signed);
    names(&spaced, "secret_whitespace", "white space");
    assert!(spaced[0].sentence.starts_with("Item 1 of 2 (/notificationItems/0): "), "{spaced:#?}");
    // The only one needs no number.
    let alone = format!("{{\"notificationItems\":[{}]}}", item(1));
    let signed = sign(adyen, key, &SignInput { body: alone.as_bytes(), ..input }).unwrap().body.unwrap();
    let spaced = judge(&format!(" {key} "), &String::from_utf8(signed).unwrap());
    names(&spaced, "secret_whitespace", "one item");
    assert!(!spaced[0].sentence.starts_with("Item "), "{spaced:#?}");
    // Of none no item is spoken of.
    let empty = judge(key, r#"{"notificationItems":[]}"#);
    told(&empty, "signature_missing", "");
    assert!(!empty[0].sentence.contains("/0"), "{empty:#?}");
}

#[test]
fn a_token_beside_a_large_body_is_diagnosed_soon() {
    let body = format!("{{\"list\": [{}1]}}", "1, ".repeat(340_000));
    let header = r#"{"alg":"HS256"}"#;
    let started = std::time::Instant::now();
    for text in [token("HS256", header, &claims(BODY), SECRET), token("HS256", header, &claims(&body), "other")] {
        let found = got("netlify", "X-Webhook-Signature", &text, SECRET, &body).diagnose();
        assert!(!found.is_empty() && found.iter().all(|finding| !finding.verifies), "{found:#?}");
    }
    // A debug build hashes some ten times slower than a release one.
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}
