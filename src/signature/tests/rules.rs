//! The rules of `rules.rs` and `README.md`: which signature counts when there are several, and how strict to be.

use super::*;
use crate::model::{SignatureStatus, Verdict};
use crate::signature::diagnose::diagnose_unknown;

const BODY: &[u8] = br#"{"a":1}"#;
const SECRET: &str = "s3cret";

fn hmac(algorithm: Algorithm) -> String {
    hex::encode(compute(algorithm, SECRET.as_bytes(), BODY).unwrap())
}

fn request(fields: &[(&str, &str)], url: &str) -> Owned {
    Owned { method: "POST".into(), url: url.into(), headers: headers(fields), body: BODY.to_vec() }
}

fn detected(fields: &[(&str, &str)]) -> Verdict {
    Verifier::detecting(catalogue(), &secrets(&[SECRET])).judge(&request(fields, "https://h/").request()).0
}

const WRONG: &str = "sha256=0000000000000000000000000000000000000000000000000000000000000000";

#[test]
fn a_signature_that_is_there_twice_is_not_right_in_either_order() {
    let right = format!("sha256={}", hmac(Algorithm::HmacSha256));
    for (first, second) in [(WRONG, &*right), (&*right, WRONG), (&*right, &*right)] {
        for name in ["X-Callaider-Signature", "x-callaider-SIGNATURE"] {
            let verdict = detected(&[("X-Callaider-Signature", first), (name, second)]);
            assert_eq!(verdict.status, SignatureStatus::Invalid);
            assert!(verdict.reason.unwrap().contains("is there twice"));
        }
    }
    let tokens = detected(&[("X-Gitlab-Token", SECRET), ("X-Gitlab-Token", "wrong")]);
    assert_eq!(tokens.status, SignatureStatus::Invalid);
}

#[test]
fn json_in_a_header_that_is_there_twice_is_not_right_though_one_cannot_be_read() {
    let record = serde_json::json!({"signature": {"from": "header:X-Sig#/s"}});
    let own = Verifier::of(Arc::new(Scheme::from_json(&record).unwrap()), &secrets(&[SECRET]));
    let right = STANDARD.encode(format!(r#"{{"s":"{}"}}"#, hmac(Algorithm::HmacSha256)));
    let status = |fields: &[(&str, &str)]| own.judge(&request(fields, "https://h/").request()).0.status;
    assert_eq!(status(&[("X-Sig", &right)]), SignatureStatus::Valid);
    for other in [&*right, "nonsense"] {
        assert_eq!(status(&[("X-Sig", &right), ("X-Sig", other)]), SignatureStatus::Invalid, "{other}");
    }
}

#[test]
fn a_timestamp_that_is_there_twice_is_not_right() {
    let (mut signed, verifier) = signed_for(scheme("slack"));
    assert_eq!(verifier.judge(&signed.request()).0.status, SignatureStatus::Valid);
    signed.headers.push("X-Slack-Request-Timestamp", "1700000000");
    let verdict = verifier.judge(&signed.request()).0;
    assert_eq!(verdict.status, SignatureStatus::Invalid);
    assert!(verdict.reason.unwrap().contains("X-Slack-Request-Timestamp is there twice"));
}

#[test]
fn one_wrong_signature_of_several_makes_the_request_invalid_and_is_named() {
    let right = format!("sha256={}", hmac(Algorithm::HmacSha256));
    let verdict = detected(&[("X-Callaider-Signature", WRONG), ("X-Hub-Signature-256", &right)]);
    assert_eq!((verdict.status, verdict.scheme.as_deref()), (SignatureStatus::Invalid, Some("callaider")));
    assert!(verdict.reason.unwrap().contains("The signature by CallAIder is wrong"));
    for cut in ["sha256=00", "nonsense"] {
        let verdict = detected(&[("X-Callaider-Signature", cut), ("X-Hub-Signature-256", &right)]);
        assert_eq!(verdict.status, SignatureStatus::Invalid, "{cut}");
    }
}

#[test]
fn the_stronger_of_a_providers_two_signatures_decides() {
    let sha256 = format!("sha256={}", hmac(Algorithm::HmacSha256));
    let sha1 = format!("sha1={}", hmac(Algorithm::HmacSha1));
    let wrong_sha1 = "sha1=0000000000000000000000000000000000000000";
    let downgraded = detected(&[("X-Hub-Signature-256", WRONG), ("X-Hub-Signature", &sha1)]);
    assert_eq!((downgraded.status, downgraded.scheme.as_deref()), (SignatureStatus::Invalid, Some("github")));
    for sha1 in [&*sha1, wrong_sha1] {
        let verdict = detected(&[("X-Hub-Signature", sha1), ("X-Hub-Signature-256", &sha256)]);
        assert_eq!((verdict.status, verdict.scheme.as_deref()), (SignatureStatus::Valid, Some("github")), "{sha1}");
    }
}

#[test]
fn a_provider_stands_for_all_its_schemes() {
    let gitlab = Verifier::among(
        catalogue(),
        &["gitlab", "standard-webhooks"],
        &secrets(&["whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQ="]),
    );
    let (signed, _) = signed_for(scheme("standard-webhooks"));
    assert_eq!(gitlab.judge(&signed.request()).0.scheme.as_deref(), Some("standard-webhooks"));
    let none = gitlab.judge(&request(&[], "https://h/").request()).0;
    assert_eq!((none.status, none.scheme.as_deref()), (SignatureStatus::Missing, Some("gitlab")));

    let twilio = Verifier::among(catalogue(), &["twilio-form", "twilio-json"], &secrets(&[SECRET]));
    let hash = hex::encode(compute(Algorithm::DigestSha256, b"", BODY).unwrap());
    let url = format!("https://h/in?bodySHA256={hash}");
    let signature = STANDARD.encode(compute(Algorithm::HmacSha1, SECRET.as_bytes(), url.as_bytes()).unwrap());
    let mut sent = request(&[("X-Twilio-Signature", &signature), ("Content-Type", "application/json")], &url);
    let verdict = twilio.judge(&sent.request()).0;
    assert_eq!((verdict.status, verdict.scheme.as_deref()), (SignatureStatus::Valid, Some("twilio-json")));
    for forged in [&br#"{"a":2}"#[..], b""] {
        sent.body = forged.to_vec();
        let verdict = twilio.judge(&sent.request()).0;
        assert_eq!((verdict.status, verdict.scheme.as_deref()), (SignatureStatus::Invalid, Some("twilio-json")));
    }
}

#[test]
fn the_version_that_a_header_names_is_what_counts() {
    let v1 = hex::encode(compute(Algorithm::DigestSha256, b"", &[SECRET.as_bytes(), BODY].concat()).unwrap());
    for (version, status) in [("v1", SignatureStatus::Valid), ("v2", SignatureStatus::Invalid)] {
        let fields = [("X-HubSpot-Signature", &*v1), ("X-HubSpot-Signature-Version", version)];
        assert_eq!(detected(&fields).status, status, "{version}");
        let chosen = Verifier::new(catalogue(), Some("hubspot-v1"), None, &secrets(&[SECRET])).unwrap();
        assert_eq!(chosen.judge(&request(&fields, "https://h/").request()).0.status, status, "{version}");
    }
}

#[test]
fn what_a_stricter_receiver_refuses_is_right_with_a_note() {
    let upper = format!("sha256={}", hmac(Algorithm::HmacSha256).to_uppercase());
    let verdict = detected(&[("X-Callaider-Signature", &upper)]);
    assert_eq!(verdict.status, SignatureStatus::Valid);
    assert!(verdict.reason.unwrap().contains("upper-case hex"));
    let base64 = STANDARD.encode(compute(Algorithm::HmacSha256, SECRET.as_bytes(), BODY).unwrap());
    for (text, noted) in [
        (base64.clone(), false),
        (base64.trim_end_matches('=').to_owned(), true),
        (base64.replace('+', "-").replace('/', "_"), base64.contains(['+', '/'])),
    ] {
        let verdict = detected(&[("X-Shopify-Hmac-SHA256", &text)]);
        assert_eq!((verdict.status, verdict.reason.is_some()), (SignatureStatus::Valid, noted), "{text}");
    }
    assert_eq!(detected(&[("X-Callaider-Signature", &upper.to_lowercase())]).reason, None);
}

#[test]
fn a_custom_token_is_compared_as_text() {
    let record = serde_json::json!({"header": "X-Token", "algorithm": "equal"});
    let custom = Verifier::new(catalogue(), None, Some(&record), &secrets(&["any text"])).unwrap();
    assert_eq!(
        custom.judge(&request(&[("X-Token", "any text")], "https://h/").request()).0.status,
        SignatureStatus::Valid
    );
    assert_eq!(
        custom.judge(&request(&[("X-Token", "another")], "https://h/").request()).0.status,
        SignatureStatus::Invalid
    );
}

#[test]
fn a_signature_in_a_place_that_no_scheme_knows_is_offered_as_a_custom_scheme() {
    let hex256 = hmac(Algorithm::HmacSha256);
    let base64 = STANDARD.encode(compute(Algorithm::HmacSha256, SECRET.as_bytes(), BODY).unwrap());
    let timed =
        hex::encode(compute(Algorithm::HmacSha256, SECRET.as_bytes(), &[b"1700000000.", BODY].concat()).unwrap());
    let list = format!("t=1700000000,v1={timed}");
    let prefixed = format!("sha256={hex256}");
    let query = format!("https://h/?mysig={hex256}");
    let held = secrets(&[SECRET]);
    for (fields, url, words) in [
        (vec![("X-My-Signature", &*prefixed)], "https://h/", "X-My-Signature with HMAC-SHA256"),
        (vec![("Heroku-Webhook-Hmac-SHA256", &*base64)], "https://h/", "Heroku-Webhook-Hmac-SHA256 with HMAC-SHA256"),
        (vec![("X-LD-Signature", &*hex256)], "https://h/", "X-LD-Signature with HMAC-SHA256"),
        (vec![("X-Own-Sig", &*hmac(Algorithm::HmacSha512))], "https://h/", "X-Own-Sig with HMAC-SHA512"),
        (vec![("X-Own", &*list)], "https://h/", "over `{timestamp}.{body}`"),
        (vec![("X-Own", &*timed), ("X-Own-Timestamp", "1700000000")], "https://h/", "over `{timestamp}.{body}`"),
        (vec![], &*query, "mysig with HMAC-SHA256"),
    ] {
        let sent = request(&fields, url);
        let findings = diagnose_unknown(catalogue(), &sent.request(), &held);
        assert!(findings[0].verifies && findings[0].sentence.contains(words), "{findings:?}");
        let custom = findings[0].custom_scheme.as_ref().unwrap();
        let verifier = Verifier::new(catalogue(), None, Some(custom), &held).unwrap();
        assert_eq!(verifier.judge(&sent.request()).0.status, SignatureStatus::Valid, "{custom}");
    }
    let wrong = request(&[("X-My-Signature", WRONG)], "https://h/");
    let findings = diagnose_unknown(catalogue(), &wrong.request(), &held);
    assert_eq!((findings[0].code, findings[0].verifies), ("unknown_signature", false));
    let unsigned = request(&[("X-Request-Id", &hex256), ("User-Agent", "x")], "https://h/");
    assert!(diagnose_unknown(catalogue(), &unsigned.request(), &held).is_empty());
}

/// Whether the scheme reads its signature from a header by which schemes of its provider alone are recognised.
fn has_own_header(scheme: &Scheme) -> bool {
    let provider = |scheme: &Scheme| scheme.id.split('-').next().unwrap().replace("hub", "github");
    scheme.from.iter().any(|source| {
        let name = source.to_string();
        let Some(name) = name.strip_prefix("header ").map(|name| name.trim_end_matches('…')) else { return false };
        let hints = |other: &Scheme| other.detect.iter().any(|hint| hint.name.eq_ignore_ascii_case(name));
        let mut users = catalogue().schemes().iter().filter(|other| hints(other));
        hints(scheme) && users.all(|other| provider(other) == provider(scheme))
    })
}

#[test]
fn what_is_in_a_header_of_one_provider_alone_is_never_passed_over_beside_a_right_signature() {
    let sha256 = format!("sha256={}", hmac(Algorithm::HmacSha256));
    let sha1 = format!("sha1={}", hmac(Algorithm::HmacSha1));
    let mut tried = 0;
    for scheme in catalogue().schemes().iter().filter(|scheme| has_own_header(scheme)) {
        for garbage in ["garbage", "sha256=00", "sha1=zz", "sha256=", "v1=00", &WRONG[7..], "sha512=0000"] {
            let right = match &*scheme.id {
                "callaider" | "github" => ("X-Hub-Signature", &*sha1),
                _ => ("X-Callaider-Signature", &*sha256),
            };
            let mut fields = vec![right];
            let names: Vec<String> = scheme.detect.iter().map(|hint| hint.name.clone()).collect();
            fields.extend(names.iter().map(|name| (name.as_str(), garbage)));
            let verdict = detected(&fields);
            assert_ne!(verdict.status, SignatureStatus::Valid, "{} {garbage}: {verdict:?}", scheme.id);
        }
        tried += 1;
    }
    assert!(tried > 80, "{tried}");
}

#[test]
fn the_form_of_one_signature_is_that_of_the_scheme_whose_headers_are_all_there() {
    let fields = [("webhook-id", "m"), ("webhook-timestamp", "1760000000"), ("webhook-signature", "v1=AAAA")];
    assert_eq!(detected(&fields).scheme.as_deref(), Some("standard-webhooks"));
}

#[test]
fn an_unknown_place_is_explained_by_ids_paths_members_and_tokens() {
    let held = secrets(&[SECRET]);
    let over = |message: &[u8]| hex::encode(compute(Algorithm::HmacSha256, SECRET.as_bytes(), message).unwrap());
    let md5 = hex::encode(compute(Algorithm::HmacMd5, SECRET.as_bytes(), BODY).unwrap());
    let list = format!("t=1760000000;v1={}", over(&[b"1760000000.", BODY].concat()));
    let (named, nonced) = (over(&[b"m1.1760000000.", BODY].concat()), over(&[b"abc1760000000", BODY].concat()));
    let routed = over(&[b"POST/in/x", BODY].concat());
    let (bearer, basic) = (format!("Bearer {SECRET}"), format!("Basic {}", STANDARD.encode(format!("user:{SECRET}"))));
    let (spaced, ended) = (
        over(br#"{"a": 1}"#),
        hex::encode(compute(Algorithm::HmacSha256, format!("{SECRET}\n").as_bytes(), BODY).unwrap()),
    );
    let query = format!("https://h/in/x?token={SECRET}");
    for (fields, url, code) in [
        (vec![("X-My-Signature", &*md5)], "https://h/in/x", "custom_scheme"),
        (vec![("X-My-Signature", &*list)], "https://h/in/x", "custom_scheme"),
        (
            vec![("X-My-Id", "m1"), ("X-My-Timestamp", "1760000000"), ("X-My-Signature", &*named)],
            "https://h/in/x",
            "custom_scheme",
        ),
        (
            vec![("X-Nonce", "abc"), ("X-Timestamp", "1760000000"), ("X-Sign", &*nonced)],
            "https://h/in/x",
            "custom_scheme",
        ),
        (vec![("X-My-Signature", &*routed)], "https://h/in/x", "custom_scheme"),
        (vec![], &*query, "custom_scheme"),
        (vec![("Authorization", &*bearer)], "https://h/in/x", "secret_auth_scheme"),
        (vec![("Authorization", &*basic)], "https://h/in/x", "secret_auth_scheme"),
        (vec![("X-My-Signature", &*spaced)], "https://h/in/x", "body_json_python"),
        (vec![("X-My-Signature", &*ended)], "https://h/in/x", "secret_newline"),
    ] {
        let sent = request(&fields, url);
        let findings = diagnose_unknown(catalogue(), &sent.request(), &held);
        assert!(findings[0].verifies && findings[0].code == code, "{fields:?} {url}: {findings:#?}");
        if code == "custom_scheme" {
            let verifier = Verifier::new(catalogue(), None, findings[0].custom_scheme.as_ref(), &held).unwrap();
            assert_eq!(verifier.judge(&sent.request()).0.status, SignatureStatus::Valid, "{findings:?}");
        }
    }
    // Over the body without the member, as Python had written it.
    let mut sent = request(&[], "https://h/");
    sent.body = format!("{{\"a\": 1, \"signature\": \"{spaced}\"}}").into_bytes();
    let findings = diagnose_unknown(catalogue(), &sent.request(), &held);
    assert!(findings[0].verifies && findings[0].sentence.contains("without that member"), "{findings:#?}");
    let wrong = request(&[("Authorization", "Bearer another")], "https://h/");
    let findings = diagnose_unknown(catalogue(), &wrong.request(), &held);
    assert_eq!((findings[0].code, findings[0].verifies), ("wrong_secret", false));
}

#[test]
fn a_bins_own_scheme_counts_before_its_platforms_and_that_before_what_a_request_seems_to_use() {
    use crate::model::{Bin, BinId, BinSettings};
    let verifier = |scheme: Option<&str>, has_own: bool, platform: &[&str]| {
        let own = serde_json::json!({"id": "own", "header": "X-Own"});
        let settings = BinSettings {
            scheme: scheme.map(str::to_owned),
            custom_scheme: has_own.then_some(own),
            ..BinSettings::default()
        };
        let bin = Bin { id: BinId::generate(), created_at: Timestamp::default(), settings, secrets: Vec::new() };
        Verifier::of_bin(catalogue(), &bin, platform).scheme().map(|scheme| scheme.id.clone())
    };
    for (scheme, has_own, platform, expected) in [
        (None, false, &[][..], None),
        (None, false, &["github"], Some("github")),
        (Some("slack"), false, &["github"], Some("slack")),
        (Some("slack"), false, &[], Some("slack")),
        (None, true, &["github"], Some("own")),
        (Some("slack"), true, &["github"], Some("own")),
        (Some("no longer known"), false, &[], None),
    ] {
        assert_eq!(verifier(scheme, has_own, platform).as_deref(), expected, "{scheme:?} {has_own} {platform:?}");
    }
}
