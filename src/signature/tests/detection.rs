//! Tests which scheme is detected when none is set.

use super::*;
use crate::model::{FreshnessStatus, SignatureStatus, Verdict};

fn request(fields: &[(&str, &str)], url: &str, body: &str) -> Owned {
    Owned { method: "POST".into(), url: url.into(), headers: headers(fields), body: body.as_bytes().to_vec() }
}

fn first(fields: &[(&str, &str)]) -> Option<String> {
    let request = request(fields, "https://h/", "{}");
    catalogue().detect(&request.request()).first().map(|found| found.scheme.id.clone())
}

const HEX: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[test]
fn nothing_signed_is_called_unsigned() {
    for (fields, url, body) in [
        (&[][..], "https://h/", "{}"),
        (
            &[("Authorization", "Bearer abc"), ("Content-Type", "application/json")],
            "https://h/?a=b",
            "{\"apikey\":\"x\",\"sharedSecret\":\"y\"}",
        ),
        (&[("webhook-id", "1")], "https://h/?signature=short", "[]"),
    ] {
        let request = request(fields, url, body);
        for texts in [&[][..], &["s"]] {
            let (verdict, freshness) = Verifier::detecting(catalogue(), &secrets(texts)).judge(&request.request());
            assert_eq!(verdict, Verdict::unsigned(), "{fields:?}");
            assert_eq!(freshness.status, FreshnessStatus::None);
        }
    }
}

#[test]
fn a_shared_header_is_told_apart_by_its_shape() {
    for (name, value, id) in [
        ("X-Hub-Signature", format!("sha1={}", &HEX[..40]), "github-sha1"),
        ("X-Hub-Signature", format!("sha256={HEX}"), "hub-sha256"),
        ("X-Hub-Signature", format!("sha512={HEX}{HEX}"), "hub-sha512"),
        ("Webhook-Signature", format!("t=n,s={HEX}"), "nmi"),
        ("Webhook-Signature", format!("time=1,sig1={HEX}"), "cloudflare-stream"),
        ("Webhook-Signature", HEX.to_owned(), "gocardless"),
        ("X-Webhook-Signature", HEX.to_owned(), "strike"),
        ("X-Webhook-Signature", format!("sha256={HEX}"), "cursor"),
        ("X-Convoy-Signature", format!("t=1,v1={HEX}{HEX}"), "convoy-advanced-sha512-hex"),
        ("X-Hmac-Signature", HEX.to_owned(), "aiprise"),
        ("X-Callaider-Signature", "broken".to_owned(), "callaider"),
        ("Authorization", format!("HMAC {}", STANDARD.encode([0; 32])), "teams-outgoing"),
    ] {
        assert_eq!(first(&[(name, &value)]).as_deref(), Some(id), "{name}: {value}");
    }
}

#[test]
fn why_a_scheme_is_likely_says_how_much_of_its_signature_is_there() {
    let why = |id: &str, fields: &[(&str, &str)], url: &str| {
        let request = request(fields, url, "{}");
        let found = catalogue().detect(&request.request());
        found.into_iter().find(|found| found.scheme.id == id).map(|found| (found.is_strong, found.why))
    };
    let is = |is_strong, why: &str| Some((is_strong, why.to_owned()));
    let sha = format!("sha256={HEX}");
    let short = "is there, with a signature that has not the scheme's length.";
    for (id, fields, wanted) in [
        (
            "callaider",
            &[("X-Callaider-Signature", &*sha)][..],
            is(true, "The header X-Callaider-Signature fits the scheme."),
        ),
        (
            "callaider",
            &[("X-Callaider-Signature", "sha256=00")],
            is(true, &format!("The header X-Callaider-Signature {short}")),
        ),
        (
            "callaider",
            &[("X-Callaider-Signature", HEX)],
            is(true, "The header X-Callaider-Signature is there, without a signature in the scheme's form."),
        ),
        ("gitea", &[("X-Gitea-Signature", HEX)], is(true, "The header X-Gitea-Signature fits the scheme.")),
        ("gitea", &[("X-Gitea-Signature", "00")], is(true, &format!("The header X-Gitea-Signature {short}"))),
        (
            "slack",
            &[("X-Slack-Signature", &*format!("v0={HEX}")), ("X-Slack-Request-Timestamp", "soon")],
            is(true, "The header X-Slack-Signature fits the scheme; another part that it signs is missing."),
        ),
    ] {
        assert_eq!(why(id, fields, "https://h/"), wanted, "{id} {fields:?}");
    }
}

#[test]
fn all_schemes_that_fit_a_request_alike_are_named_likeliest_first() {
    let named = |verifier: &Verifier, request: &Owned| {
        let schemes = verifier.schemes_for(&request.request());
        let ids: Vec<String> = schemes.iter().map(|scheme| scheme.id.clone()).collect();
        assert_eq!(verifier.scheme_for(&request.request()).map(|scheme| &scheme.id), ids.first());
        ids
    };
    let detecting = Verifier::detecting(catalogue(), &[]);
    let signed = request(&[("X-Signature", HEX)], "https://h/", "{}");
    let ids = named(&detecting, &signed);
    assert!(ids.len() > 2 && ids[0] == "modern-treasury", "{ids:?}");
    let mut distinct = ids.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), ids.len(), "each once: {ids:?}");
    // Those of which another form or length is there are not among them.
    let base64 = scheme("gitlab");
    assert!(!ids.contains(&base64.id) && !ids.contains(&"mercadopago".to_owned()), "{ids:?}");
    // Of some schemes only, and of one that is set.
    let among = Verifier::among(catalogue(), &["modern-treasury", &*ids[1], "github"], &[]);
    assert_eq!(named(&among, &signed), [&*ids[0], &*ids[1]]);
    let chosen = Verifier::new(catalogue(), Some("github"), None, &[]).unwrap();
    assert_eq!(named(&chosen, &signed), ["github"]);
    assert!(named(&detecting, &request(&[], "https://h/", "{}")).is_empty());
    let own = request(&[("X-Callaider-Signature", "sha256=00")], "https://h/", "{}");
    assert_eq!(named(&detecting, &own), ["callaider"]);
    // Another signature, of which only the place is there, does not fit as well as the first.
    let both = [("X-Callaider-Signature", "broken"), ("X-Hub-Signature-256", &*format!("sha256={HEX}"))];
    assert_eq!(named(&detecting, &request(&both, "https://h/", "{}")), ["github"]);
}

#[test]
fn a_weak_hint_is_no_other_scheme_that_fits() {
    let records = serde_json::json!([
        {"id": "acme", "signature": {"from": "header:X-Acme"}, "signed": "{body}"},
        {"id": "other", "signature": {"from": "header:X-Other"}, "signed": "{body}"},
        {"id": "weak", "signature": {"from": "header:X-Weak"}, "algorithm": "equal", "encoding": "utf8"},
    ]);
    let own = Catalogue::with(&records.to_string()).unwrap();
    let named = |fields: &[(&str, &str)]| -> Vec<String> {
        let request = request(fields, "https://h/", "{}");
        let verifier = Verifier::detecting(&own, &[]);
        verifier.schemes_for(&request.request()).iter().map(|scheme| scheme.id.clone()).collect()
    };
    assert_eq!(named(&[("X-Acme", HEX), ("X-Other", HEX), ("X-Weak", "token")]), ["acme", "other"]);
    assert_eq!(named(&[("X-Acme", HEX), ("X-Weak", "token")]), ["acme"]);
    assert_eq!(named(&[("X-Weak", "token")]), [""; 0]);
}

#[test]
fn of_two_readings_of_one_signature_the_likelier_speaks_unless_its_secret_is_no_key_and_the_other_fits_alike() {
    let record = |id: &str, fields: serde_json::Value| {
        let mut record = serde_json::json!({
            "id": id, "detect": ["x-sig"], "signature": {"from": "header:X-Sig", "items": ["v1={signature}"]},
        });
        record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        record
    };
    let first = record("acme-a", serde_json::json!({"secret": "hex"}));
    let signed = request(&[("X-Sig", &format!("v1={HEX}"))], "https://h/", "{}");
    for (other, status, id) in [
        (serde_json::json!({}), SignatureStatus::Invalid, "acme-b"),
        // Of another length, and one that lacks a part that is signed.
        (serde_json::json!({"algorithm": "hmac-sha512"}), SignatureStatus::UndecodableSecret, "acme-a"),
        (
            serde_json::json!({"vars": {"id": "header:X-Id"}, "signed": "{id}{body}"}),
            SignatureStatus::UndecodableSecret,
            "acme-a",
        ),
    ] {
        let records = serde_json::json!([first, record("acme-b", other)]);
        let own = Catalogue::with(&records.to_string()).unwrap();
        let (verdict, _) = Verifier::detecting(&own, &secrets(&["no hex"])).judge(&signed.request());
        assert_eq!((verdict.status, verdict.scheme.as_deref()), (status, Some(id)), "{records}");
    }
}

#[test]
fn schemes_whose_form_is_not_there_are_left_out_when_another_of_that_header_has_its_form() {
    let ids = |fields: &[(&str, &str)]| -> Vec<String> {
        let request = request(fields, "https://h/", "{}");
        catalogue().detect(&request.request()).iter().map(|found| found.scheme.id.clone()).collect()
    };
    let (all, sha256) = (ids(&[("X-Hub-Signature", "broken")]), format!("sha256={HEX}"));
    for id in ["github-sha1", "hub-sha256", "hub-sha512"] {
        assert!(all.contains(&id.to_owned()), "{id}: {all:?}");
    }
    assert_eq!(ids(&[("X-Hub-Signature", &sha256)]), ["hub-sha256"]);
    // The form is that of the scheme, whatever the length.
    assert_eq!(ids(&[("X-Hub-Signature", "sha256=ab12")]), ["hub-sha256"]);
    // One in a header of its own stays, whatever is in another.
    let both = ids(&[("X-Callaider-Signature", "broken"), ("X-Hub-Signature-256", &sha256)]);
    assert_eq!(both, ["github", "callaider"]);
}

#[test]
fn one_that_signs_the_body_is_likelier_when_there_is_one_and_less_likely_when_there_is_none() {
    let place = serde_json::json!({"from": "header:X-Acme"});
    let record = |id: &str, signed: &str| serde_json::json!({"id": id, "detect": ["x-acme"], "signature": place, "signed": signed});
    let (of_body, of_url) = (record("acme-body", "{body}"), record("acme-url", "{url}"));
    for records in [[&of_body, &of_url], [&of_url, &of_body]] {
        let own = Catalogue::with(&serde_json::json!(records).to_string()).unwrap();
        for (body, first) in [("{}", "acme-body"), ("", "acme-url")] {
            let request = request(&[("X-Acme", HEX)], "https://h/", body);
            let found: Vec<&str> =
                own.detect(&request.request()).iter().map(|found| found.scheme.id.as_str()).collect();
            assert_eq!((found[0], found.len()), (first, 2), "{body}");
        }
    }
}

#[test]
fn a_batch_is_detected_by_the_first_of_its_items_that_is_signed() {
    let records = serde_json::json!([{
        "id": "acme-batch", "signature": {"from": "json:/l/*/s"}, "vars": {"n": "json:/l/*/n"}, "signed": "{n}",
    }]);
    let own = Catalogue::with(&records.to_string()).unwrap();
    let (bare, signed) = (r#"{"n":"1"}"#, format!(r#"{{"n":"1","s":"{HEX}"}}"#));
    let cut = format!(r#"{{"n":"1","s":"{}"}}"#, &HEX[1..]);
    // Names are searched as they are mostly written, before the body is parsed.
    let escaped = format!(r#"{{"n":"1","\u0073":"{HEX}"}}"#);
    for (before, last, is_detected) in [
        (0, &*signed, true),
        (1, &signed, true),
        (63, &signed, true),
        (64, &signed, false),
        (1, bare, false),
        (1, &cut, false),
        (1, &escaped, false),
    ] {
        let items = format!("{}{last}", format!("{bare},").repeat(before));
        let request = request(&[("Content-Type", "application/json")], "https://h/", &format!(r#"{{"l":[{items}]}}"#));
        let found = own.detect(&request.request());
        assert_eq!(found.iter().any(|one| one.scheme.id == "acme-batch"), is_detected, "{before} {last}");
    }
}

#[test]
fn a_signature_in_a_form_is_detected_only_in_what_is_sent_as_a_form() {
    let record = serde_json::json!([{"id": "acme-form", "signature": {"from": "form:sig"}, "signed": "{body}"}]);
    let own = Catalogue::with(&record.to_string()).unwrap();
    for (content_type, is_detected) in [
        ("application/x-www-form-urlencoded", true),
        ("Application/X-WWW-Form-Urlencoded; charset=utf-8", true),
        ("text/plain", false),
    ] {
        // A query, so that there is another place to look at.
        let request = request(&[("Content-Type", content_type)], "https://h/?a=b", &format!("sig={HEX}"));
        let found = own.detect(&request.request());
        assert_eq!(found.iter().any(|one| one.scheme.id == "acme-form"), is_detected, "{content_type}");
    }
}

#[test]
fn more_hints_and_the_own_name_rank_higher() {
    assert_eq!(first(&[("X-Signature", HEX), ("X-Timestamp", "1760000000000")]).as_deref(), Some("airwallex"));
    assert_eq!(first(&[("X-Signature", HEX)]).as_deref(), Some("modern-treasury"));
    let github = format!("sha256={HEX}");
    assert_eq!(first(&[("X-Hub-Signature-256", &github), ("X-Gitea-Signature", HEX)]).as_deref(), Some("gitea"));
}

#[test]
fn those_that_share_a_header_are_told_apart_by_what_else_they_send() {
    let named = |fields: &[(&str, &str)], body: &str| {
        let request = request(fields, "https://h/?data.id=1", body);
        catalogue().detect(&request.request()).first().map(|found| found.scheme.id.clone()).unwrap()
    };
    assert_eq!(named(&[("X-Signature", HEX), ("X-Event-Name", "order_created")], "{}"), "lemonsqueezy");
    assert_eq!(named(&[("X-Signature", HEX)], r#"{"event":"taskCreated","webhook_id":"w"}"#), "clickup");
    let mercado = format!("ts=1704908010,v1={HEX}");
    assert_eq!(named(&[("X-Signature", &mercado), ("X-Request-Id", "r")], "{}"), "mercadopago");
    assert_eq!(named(&[("X-Signature", HEX), ("X-Request-Id", "r")], "{}"), "modern-treasury");
    assert_eq!(named(&[("ElevenLabs-Signature", &format!("t=1704908010,v0={HEX}"))], "{}"), "elevenlabs");
}

#[test]
fn the_candidate_that_verifies_wins() {
    let lemon = scheme("tebex");
    let (request, _) = signed_for(lemon);
    let (verdict, _) = Verifier::detecting(catalogue(), &secrets(&[&secret_for(lemon)])).judge(&request.request());
    assert_eq!((verdict.status, verdict.scheme.as_deref()), (SignatureStatus::Valid, Some("tebex")));
    let (verdict, _) = Verifier::detecting(catalogue(), &secrets(&["wrong"])).judge(&request.request());
    assert_eq!((verdict.status, verdict.scheme.as_deref()), (SignatureStatus::Invalid, Some("modern-treasury")));
    let (verdict, _) = Verifier::detecting(catalogue(), &[]).judge(&request.request());
    assert_eq!(verdict.status, SignatureStatus::NoSecret);
}

#[test]
fn a_plain_secret_is_not_called_undecodable_while_a_sibling_takes_it() {
    let fields = [("webhook-id", "m"), ("webhook-timestamp", "1760000000"), ("webhook-signature", "v1,AAAA")];
    let request = request(&fields, "https://h/", "{}");
    let (verdict, _) = Verifier::detecting(catalogue(), &secrets(&["not base64!"])).judge(&request.request());
    assert_eq!((verdict.status, verdict.scheme.as_deref()), (SignatureStatus::Invalid, Some("standard-webhooks-utf8")));
}

#[test]
fn every_record_but_the_bare_ones_is_found_among_the_candidates() {
    for scheme in catalogue().schemes() {
        let (mut request, _) = signed_for(scheme);
        // What the sender always sends beside its signature, and nothing signs.
        for hint in scheme.detect.iter().filter(|hint| !hint.is_prefix) {
            if !request.headers.contains(&hint.name) {
                request.headers.push(hint.name.clone(), "1");
            }
        }
        let found = catalogue().detect(&request.request());
        assert!(found.iter().any(|found| found.scheme.id == scheme.id) || scheme.id == "tiktok-shop", "{}", scheme.id);
        assert!(found.iter().all(|found| found.why.ends_with('.')), "{}", scheme.id);
    }
}

#[test]
fn three_headers_together_are_a_providers_own_though_others_have_each() {
    let record = |id: &str, detect: &[&str], from: &str| serde_json::json!({"id": id, "detect": detect, "signature": {"from": from}, "signed": "{body}"});
    let records = serde_json::json!([
        record("acme-two", &["x-one", "x-two"], "header:x-one"),
        record("beta-three", &["x-one", "x-two", "x-three"], "header:x-one"),
        record("zeta", &["x-zeta"], "header:x-zeta"),
    ]);
    let own = Catalogue::with(&records.to_string()).unwrap();
    // Beside a signature in another place, only what is certainly one stays.
    let fields = [("X-One", "broken"), ("X-Two", "2"), ("X-Three", "3"), ("X-Zeta", HEX)];
    let request = request(&fields, "https://h/", "{}");
    let found: Vec<&str> = own.detect(&request.request()).iter().map(|found| found.scheme.id.as_str()).collect();
    assert_eq!(found, ["zeta", "beta-three"]);
}

#[test]
fn a_token_is_detected_by_an_algorithm_of_the_scheme() {
    let records =
        serde_json::json!([{"id": "acme-token", "signature": {"from": "body"}, "algorithm": "jws", "detect": []}]);
    let own = Catalogue::with(&records.to_string()).unwrap();
    for (header, is_detected) in [
        (r#"{"alg":"RS256"}"#, true),
        (r#"{"alg":"HS256"}"#, false),
        (r#"{"alg":"none"}"#, false),
        (r#"{"alg":1}"#, false),
    ] {
        let part = |text: &str| STANDARD.encode(text).trim_end_matches('=').to_owned();
        let body = format!("{}.{}.AAAA", part(header), part("{\"a\":1}"));
        let request = request(&[], "https://h/", &body);
        let found = own.detect(&request.request());
        assert_eq!(found.iter().any(|one| one.scheme.id == "acme-token"), is_detected, "{header}");
    }
}

#[test]
fn a_scheme_is_complete_when_what_it_requires_is_met() {
    let records = serde_json::json!([{
        "id": "acme", "detect": ["x-acme"], "signature": {"from": "header:x-acme"}, "signed": "{url}",
        "require": [["{header:x-digest}", "{body|sha256|hex}"]],
    }]);
    let own = Catalogue::with(&records.to_string()).unwrap();
    let digest = hex::encode(compute(Algorithm::DigestSha256, b"", b"{}").unwrap());
    for (value, end) in [(&*digest, " fits the scheme."), (HEX, "another part that it signs is missing.")] {
        let request = request(&[("X-Acme", HEX), ("X-Digest", value)], "https://h/", "{}");
        let found = own.detect(&request.request());
        assert!(found[0].scheme.id == "acme" && found[0].why.ends_with(end), "{value}: {}", found[0].why);
    }
}
