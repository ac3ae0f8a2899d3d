//! Signatures and secrets in places where no scheme looks, and requests of no known scheme.

use super::super::schemes;
use super::made::searched;
use super::*;
use crate::model::SignatureStatus;
use crate::signature::Verifier;

const SECRET: &str = "Zk9-pQ2_r7T";
const BODY: &[u8] = br#"{"id":"evt_9"}"#;

fn hmac(message: &[u8]) -> String {
    hex::encode(compute(Algorithm::HmacSha256, SECRET.as_bytes(), message).unwrap())
}

fn unknown(fields: &[(&str, &str)], url: &str, body: &[u8], held: &str) -> Option<Finding> {
    let headers: Headers = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let request = SignedRequest {
        method: "POST",
        url,
        headers: &headers,
        body,
        received_at: Timestamp::from_secs(1_700_000_001),
    };
    let secrets = [secret("live", held)];
    let found = diagnose_unknown(catalogue(), &request, &secrets).into_iter().next();
    if let Some(record) = found.as_ref().filter(|one| one.code == "custom_scheme").map(|one| &one.custom_scheme) {
        // What is offered as a scheme is one by which the request is right.
        let verifier = Verifier::new(catalogue(), None, record.as_ref(), &secrets).unwrap();
        assert_eq!(verifier.judge(&request).0.status, SignatureStatus::Valid, "{found:#?}");
    }
    found
}

#[test]
fn what_a_header_of_ones_own_signs_is_found_out() {
    let (url, text) = ("https://h/in/x?q=1", String::from_utf8_lossy(BODY));
    let sha256 = hex::encode(compute(Algorithm::DigestSha256, b"", BODY).unwrap());
    for (signed, over) in [
        (text.to_string(), ""),
        (format!("{url}{text}"), "{url}{body}"),
        (url.to_owned(), "{url}"),
        (sha256, "{body|sha256|hex}"),
        (format!("POST/in/x{text}"), "{method}{path}{body}"),
        (format!("POST\n/in/x?q=1\n{text}"), "{method}\\n{path_query}\\n{body}"),
        (STANDARD.encode(BODY), "{body|base64}"),
        (format!("1700000000.{text}"), "{timestamp}.{body}"),
        (format!("{text}1700000000"), "{body}{timestamp}"),
        (format!("m-1.{text}"), "{id}.{body}"),
        (format!("m-1|1700000000|{text}"), "{id}|{timestamp}|{body}"),
    ] {
        let mac = hmac(signed.as_bytes());
        let fields = [("X-My-Ts", "1700000000"), ("X-My-Nonce", "m-1"), ("X-My-Mac", mac.as_str())];
        let found = unknown(&fields, url, BODY, SECRET).unwrap();
        let over = if over.is_empty() { String::new() } else { format!(" over `{over}`") };
        assert_eq!(found.sentence, format!("The request is signed in X-My-Mac with HMAC-SHA256{over}."));
    }
    // The key may be what the secret's text stands for.
    let key = b"\xffa key of bytes\x00";
    let mac = hex::encode(compute(Algorithm::HmacSha256, key, format!("1700000000.{text}").as_bytes()).unwrap());
    let timed = [("X-My-Ts", "1700000000"), ("X-My-Mac", mac.as_str())];
    for (held, form) in [(STANDARD.encode(key), "base64"), (hex::encode(key), "hex")] {
        let record = unknown(&timed, url, BODY, &held).unwrap().custom_scheme.unwrap();
        assert_eq!((&record["secret"], &record["signed"]), (&form.into(), &"{timestamp}.{body}".into()));
    }
    let mac = hmac(format!("1700000000.{text}").as_bytes());
    let timed = [("X-My-Ts", "1700000000"), ("X-My-Mac", mac.as_str())];
    let record = unknown(&timed, url, BODY, SECRET).unwrap().custom_scheme.unwrap();
    assert_eq!(record.get("secret"), None, "a text needs no step");
    // The time and the id are in headers with such names; a signature is not its own id.
    let timed = hmac(format!("1700000000.{text}").as_bytes());
    let named = hmac(format!("m-1.{text}").as_bytes());
    for (name, value, mac, is_found) in [
        ("X-Timestamp", "1700000000", &timed, true),
        ("X-Sent-Time", "1700000000", &timed, true),
        ("X-Sent-Date", "1700000000", &timed, true),
        ("X-Timeout", "1700000000", &timed, false),
        ("X-Event-Id", "m-1", &named, true),
        ("X-Delivery-Uuid", "m-1", &named, true),
        ("X-Idea", "m-1", &named, false),
    ] {
        let found = unknown(&[(name, value), ("X-My-Mac", mac)], url, BODY, SECRET).unwrap();
        assert_eq!(found.code == "custom_scheme", is_found, "{name}: {found:#?}");
        assert!(is_found || found.code == "unknown_signature");
    }
    let guess = unknown(&[("X-My-Mac", &hmac(b"something else"))], url, BODY, SECRET).unwrap();
    let sentence = "X-My-Mac holds what looks like a signature (HMAC-SHA256 by its length); no secret of the bin makes it in a usual way.";
    assert_eq!((guess.sentence.as_str(), guess.verifies), (sentence, false));
}

#[test]
fn what_a_query_a_form_or_a_member_signs_is_found_out() {
    let form = "application/x-www-form-urlencoded";
    let of_id = hmac(b"evt_9");
    let json = |more: &str| format!(r#"{{{more}"id":"evt_9","sign":"{of_id}"}}"#);
    let nested = format!(r#"{{"data":{{"id":"evt_9","a/b":"x","sign":"{of_id}"}},"at":1}}"#);
    let many = |count: usize| (0..count).map(|at| format!("\"m{at}\":{at},")).collect::<Vec<_>>().concat();
    let signed_query = format!("https://h/?hmac={}", hmac(BODY));
    for (url, kind, body, over) in [
        (signed_query.as_str(), "", String::from_utf8_lossy(BODY).into_owned(), Some("")),
        ("https://h/a", "", json(""), Some("{json:/id}")),
        ("https://h/a", "", nested, Some("{json:/data/id}")),
        ("https://h/a", "", json(&many(11)), Some("{json:/id}")),
        ("https://h/a", "", json(&many(12)), None),
        // Names that cannot be written in a template are not counted.
        ("https://h/a", "", json(&many(12).replace('m', "m/")), Some("{json:/id}")),
        // Nor is the signature itself.
        (
            "https://h/a",
            "",
            format!(r#"{{"sign":"{of_id}","a|b":1,"c/d":2,{}"id":"evt_9"}}"#, many(11)),
            Some("{json:/id}"),
        ),
        ("https://h/a", form, format!("a=1&sig={}", hmac(b"https://h/a")), Some("{url}")),
    ] {
        let found = unknown(&[("Content-Type", kind)], url, &body.into_bytes(), SECRET).unwrap();
        assert_eq!(found.code == "custom_scheme", over.is_some(), "{url}: {found:#?}");
        let over = over.unwrap_or_default();
        assert!(over.is_empty() || found.sentence.ends_with(&format!(" over `{over}`.")), "{}", found.sentence);
    }
}

#[test]
fn a_body_signed_without_the_member_that_holds_the_signature_is_found_out() {
    for (signed, sent) in [
        (r#"{"a": 1}"#, r#"{"a": 1, "signature" : "MAC"}"#),
        (r#"{"a": 1}"#, r#"{"signature": "MAC", "a": 1}"#),
        (r#"{"a": 1, "b":2}"#, r#"{"a": 1, "signature":"MAC", "b":2}"#),
        (r#"{"a":1}"#, r#"{"a": 1, "signature": "MAC"}"#),
        (r#"{"a":1,"signature":""}"#, r#"{"a": 1, "signature": "MAC"}"#),
        (r#"{"d":{"a":1}}"#, r#"{"d": {"a": 1, "signature": "MAC"}}"#),
    ] {
        let body = sent.replace("MAC", &hmac(signed.as_bytes()));
        let found = unknown(&[], "https://h/", body.as_bytes(), SECRET).unwrap();
        let is_it = found.verifies && found.sentence.ends_with("over the body as it is without that member.");
        assert!(is_it, "{sent}: {found:#?}");
    }
    let other = r#"{"a": 1, "signature": "MAC"}"#.replace("MAC", &hmac(br#"{"a":2}"#));
    let found = unknown(&[], "https://h/", other.as_bytes(), SECRET);
    assert!(found.as_ref().is_none_or(|found| !found.verifies), "{found:#?}");
}

#[test]
fn of_a_signature_with_a_time_beside_it_that_is_taken_for_signed_too() {
    let mac = hmac(&[b"1700000000.", BODY].concat());
    let held = format!(" {SECRET} ");
    let found = unknown(&[("X-My-Mac", &format!("t=1700000000,v1={mac}"))], URL, BODY, &held).unwrap();
    assert!(found.verifies && found.code == "secret_whitespace", "{found:#?}");
    assert_eq!(found.custom_scheme.unwrap()["signed"], "{timestamp}.{body}");
}

#[test]
fn a_secret_that_is_handed_over_is_found() {
    let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
    let short = "s3cret";
    for (name, value, held, code, says) in [
        ("X-My-Token", SECRET.to_owned(), SECRET, "custom_scheme", "as a token in the header X-My-Token."),
        ("X-Note", format!(" {SECRET} "), SECRET, "custom_scheme", "as a token in the header X-Note."),
        ("X-Auth", short.to_owned(), short, "custom_scheme", "as a token in the header X-Auth."),
        (
            "Authorization",
            format!("bearer {SECRET}"),
            SECRET,
            "secret_auth_scheme",
            "has the bin's secret after `bearer`;",
        ),
        (
            "Authorization",
            format!("ApiKey  {SECRET}"),
            SECRET,
            "secret_auth_scheme",
            "has the bin's secret after `ApiKey`;",
        ),
        (
            "Authorization",
            SECRET.to_owned(),
            "Bearer Zk9-pQ2_r7T",
            "secret_auth_scheme",
            "alone, without the `Bearer` that the bin's secret begins with;",
        ),
        ("Authorization", basic(&format!("u:{SECRET}")), SECRET, "secret_auth_scheme", "in its Basic credentials;"),
        ("Authorization", basic(&format!("{SECRET}:p")), SECRET, "secret_auth_scheme", "in its Basic credentials;"),
        ("Authorization", basic("user:pass-word"), "user:pass-word", "secret_auth_scheme", "in its Basic credentials;"),
        ("Authorization", "Bearer other".to_owned(), SECRET, "wrong_secret", "holds a Bearer token that is not"),
        ("Authorization", "other".to_owned(), SECRET, "wrong_secret", "holds a bare token that is not"),
        ("Authorization", "o-ther one".to_owned(), SECRET, "wrong_secret", "holds a bare token that is not"),
    ] {
        let found = unknown(&[(name, &value)], "https://h/", BODY, held).unwrap();
        assert!(found.code == code && found.sentence.contains(says), "{name}: {value}: {found:#?}");
        assert_eq!(found.verifies, code != "wrong_secret", "{found:#?}");
    }
    let query = format!("https://h/?a=b&key={SECRET}");
    let found = unknown(&[], &query, BODY, SECRET).unwrap();
    assert!(found.sentence.ends_with("as a token in the query parameter key."), "{found:#?}");
    for (fields, url, held) in [
        (&[("Cookie", SECRET)][..], "https://h/", SECRET),
        (&[("X-Request-Id", SECRET)], "https://h/", SECRET),
        (&[("X-Environment", "s3cret")], "https://h/", "s3cret"),
        (&[("X-Token", "")], "https://h/", " "),
        (&[("Authorization", " ")], "https://h/", SECRET),
        (&[], "https://h/?mode=s3cret", "s3cret"),
        (&[], "https://h/?a%23b=Zk9-pQ2_r7T", SECRET),
        (&[], "https://h/?=Zk9-pQ2_r7T", SECRET),
    ] {
        assert_eq!(unknown(fields, url, BODY, held), None, "{fields:?} {url}");
    }
}

#[test]
fn what_looks_like_a_signature_in_authorization_is_rather_a_token() {
    let mac = hmac(b"something else");
    let alone = unknown(&[("Authorization", &mac)], "https://h/", BODY, SECRET).unwrap();
    assert_eq!(alone.code, "wrong_secret");
    let beside = unknown(&[("Authorization", &mac), ("X-Trace", &mac)], "https://h/", BODY, SECRET).unwrap();
    assert!(beside.sentence.starts_with("X-Trace holds what looks like a signature"), "{beside:#?}");
}

#[test]
fn the_signature_of_a_known_scheme_is_found_in_another_place() {
    let value = format!("sha256={}", hmac(BODY));
    let found = |name: &'static str, value: &str, url: &str| {
        let headers: Headers = [(name, value.to_owned())].into_iter().collect();
        Got { scheme: "github", secret: SECRET.into(), headers, url, body: BODY }.diagnose()
    };
    for (name, url, code, place) in [
        ("X-Note", URL, "signature_header", "the header X-Note, not in"),
        ("Authorization", URL, "signature_header", "the header Authorization, not in"),
    ] {
        let found = found(name, &value, url);
        names(&found, code, name);
        assert!(found[0].sentence.contains(place), "{found:#?}");
    }
    for name in ["ETag", "X-Request-Id", "Host"] {
        assert_eq!(found(name, &value, URL)[0].code, "signature_missing", "{name}");
    }
    // A form of up to 64 KiB is searched.
    for (length, is_found) in [(64 << 10, true), ((64 << 10) + 1, false)] {
        let record = serde_json::json!({"signature": {"from": "header:X-Own-Sig"}, "signed": "{url}"});
        let own: &'static Scheme = Box::leak(Box::new(Scheme::from_json(&record).unwrap()));
        let field = format!("mac={}&pad=", hmac(URL.as_bytes()));
        let body = format!("{field}{}", "x".repeat(length - field.len()));
        for (kind, is_read) in [("application/x-www-form-urlencoded", true), ("text/plain", false)] {
            let headers: Headers = [("Content-Type", kind)].into_iter().collect();
            let got = Got { scheme: "github", secret: SECRET.into(), headers, url: URL, body: body.as_bytes() };
            let found = got.diagnose_with(|case| case.scheme = own);
            assert_eq!(found[0].verifies, is_found && is_read, "{length} {kind}: {found:#?}");
            assert!(!found[0].verifies || found[0].sentence.contains("the form field mac, not in"), "{found:#?}");
        }
    }
}

#[test]
fn a_token_is_found_in_another_place() {
    let found = |name: &'static str, value: String, url: &str| {
        let headers: Headers = [(name, value)].into_iter().collect();
        Got { scheme: "gitlab", secret: SECRET.into(), headers, url, body: BODY }.diagnose()
    };
    for (name, value, url, place) in [
        ("X-Other", SECRET.to_owned(), URL, "header X-Other"),
        ("Authorization", format!("Bearer {SECRET}"), URL, "header Authorization"),
        ("Authorization", format!("Basic {}", STANDARD.encode(format!("u:{SECRET}"))), URL, "header Authorization"),
        ("X-Other", "x".to_owned(), "https://h/?t=Zk9-pQ2_r7T", "query parameter t"),
        ("Cookie", format!("a=b; t={SECRET}"), URL, "cookie t"),
    ] {
        let found = found(name, value, url);
        let is_it = found[0].verifies && found[0].sentence.contains(&format!("the token is in the {place}, not in"));
        assert!(is_it, "{name} {url}: {found:#?}");
    }
    assert!(found("X-Other", String::new(), URL).iter().all(|finding| !finding.verifies));
}

#[test]
fn several_secrets_are_told_apart_by_their_labels() {
    let sent = Sent::new("github", SECRET.as_bytes(), BODY);
    let ended = [BODY, b"\n"].concat();
    let got = Got { scheme: "github", secret: SECRET.into(), headers: sent.headers(), url: URL, body: &ended };
    let two: &'static [Secret] = Box::leak(Box::new([secret("old", "another"), secret("new", SECRET)]));
    let one = got.diagnose();
    assert_eq!(one[0].sentence, "The signature is right for the body without its trailing newline.");
    let both = got.diagnose_with(|case| case.secrets = two);
    assert_eq!(
        both[0].sentence,
        "The signature is right for the body without its trailing newline and the secret “new”."
    );
}

#[test]
fn a_scheme_that_differs_in_anything_of_what_it_computes_is_another() {
    use serde_json::json;
    let own = json!({
        "signature": {"from": "header:X-Own-Sig", "items": ["v={signature}", "t={timestamp}"]},
        "signed": "{body}",
    });
    let with = |fields: serde_json::Value| {
        let mut record = own.clone();
        record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        Scheme::from_json(&record).unwrap()
    };
    let place = |more: serde_json::Value| {
        let mut place = own["signature"].clone();
        place.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        with(json!({ "signature": place }))
    };
    let first = with(json!({}));
    for same in [with(json!({"id": "other", "name": "Other"})), with(json!({"detect": ["x"], "notes": "n"}))] {
        assert!(distinct(&first, &[&same]).is_empty(), "{same:?}");
    }
    let others = [
        with(json!({"algorithm": "hmac-sha1"})),
        with(json!({"encoding": "base64"})),
        with(json!({"secret": "base64"})),
        with(json!({"signed": "{url}"})),
        with(json!({"vars": {"id": "header:x-id"}})),
        with(json!({"require": [["{header:x-a}", "1"]]})),
        place(json!({"from": "header:X-Other-Sig"})),
        place(json!({"items": ["v={signature}"]})),
        place(json!({"group": " "})),
        place(json!({"split": ","})),
    ];
    for (at, other) in others.iter().enumerate() {
        assert_eq!(distinct(&first, &[other, &first, other]).len(), 1, "{at}");
        assert_eq!(distinct(other, &[&first, other]).len(), 1, "{at}");
    }
}

#[test]
fn of_schemes_that_fit_as_well_the_first_few_that_differ_are_tried() {
    let own =
        |record: serde_json::Value| -> &'static Scheme { Box::leak(Box::new(Scheme::from_json(&record).unwrap())) };
    let signing = |signed: &str| own(serde_json::json!({"signature": {"from": "header:X-Own-Sig"}, "signed": signed}));
    let elsewhere = own(
        serde_json::json!({"signature": {"from": "header:X-Second-Sig"}, "signed": "a:{body}:b", "encoding": "base64"}),
    );
    let ended = [BODY, b"\n"].concat();
    let mac = hmac(&[b"a:", BODY, b":b"].concat());
    let headers: Headers = [("X-Own-Sig", mac.clone()), ("X-Second-Sig", STANDARD.encode(hex::decode(&mac).unwrap()))]
        .into_iter()
        .collect();
    let config = Config::new();
    let secrets = [secret("live", SECRET)];
    let explained = |first: &Scheme, others: &[&Scheme]| {
        let case = Case {
            catalogue: catalogue(),
            scheme: first,
            config: &config,
            request: SignedRequest {
                method: "POST",
                url: URL,
                headers: &headers,
                body: &ended,
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
        };
        diagnose_detected(&case, others)
    };
    let (first, right) = (signing("x:{body}:0"), signing("a:{body}:b"));
    assert!(explained(first, &[]).iter().all(|finding| !finding.verifies));
    for other in [right, elsewhere] {
        let found = explained(first, &[first, other]);
        names(&found, "body_newline_removed", &other.signature_place());
        let by = format!(" It was checked by the scheme {}, which fits the request too.", other.name);
        assert!(found[0].sentence.ends_with(&by), "{found:#?}");
        assert!(found[0].fix.ends_with(&format!(" Set the bin's scheme to `{}`.", other.id)), "{found:#?}");
    }
    // Seven after the first are tried; repeats do not count.
    let wrong: Vec<&Scheme> = (1..=7).map(|at| signing(&format!("x:{{body}}:{at}"))).collect();
    for (before, is_found) in [(6, true), (7, false)] {
        let mut others = vec![first, first];
        others.extend(&wrong[..before]);
        others.push(right);
        assert_eq!(explained(first, &others)[0].verifies, is_found, "{before}");
    }
}

#[test]
fn a_body_of_up_to_64_kib_is_searched_for_the_signatures_of_other_schemes() {
    let mac = hmac(b"1700000000abc");
    let members = format!(r#"{{"signature":{{"timestamp":"1700000000","token":"abc","signature":"{mac}"}}}}"#);
    let header: Headers = [("X-Hub-Signature-256", format!("sha256={}", hmac(BODY)))].into_iter().collect();
    for (length, id) in [(members.len(), Some("mailgun")), (64 << 10, Some("mailgun")), ((64 << 10) + 1, None)] {
        let body = format!("{members}{}", " ".repeat(length - members.len()));
        for headers in [&Headers::new(), &header] {
            let got =
                Got { scheme: "", secret: SECRET.into(), headers: headers.clone(), url: URL, body: body.as_bytes() };
            let found = searched(scheme("slack"), &got, schemes::find);
            let fix = id.map(|id| format!("Set the bin's scheme to `{id}`."));
            assert_eq!(found.map(|found| found.fix), fix, "{length}");
        }
    }
}

#[test]
fn another_scheme_does_not_explain_a_wrong_signature_in_the_place_of_the_own_one() {
    let timed = hmac(&[b"1700000000.", BODY].concat());
    let stripe = format!("t=1700000000,v1={timed}");
    let wrong = format!("sha256={}", "0".repeat(64));
    let found = |fields: &[(&'static str, &str)]| {
        let headers: Headers = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Got { scheme: "github", secret: SECRET.into(), headers, url: URL, body: BODY }.diagnose()
    };
    let alone = found(&[("Stripe-Signature", &stripe)]);
    assert!(alone[0].verifies && alone[0].fix.contains("Set the bin's scheme to `stripe`"), "{alone:#?}");
    let beside = found(&[("Stripe-Signature", &stripe), ("X-Hub-Signature-256", &wrong)]);
    assert!(beside.iter().all(|finding| !finding.verifies), "{beside:#?}");
    // A token that equals the secret proves nothing about the scheme's name.
    let token = found(&[("X-Gitlab-Token", SECRET)]);
    assert!(
        token.iter().all(|finding| finding.code != "other_scheme" && !finding.fix.contains("`gitlab`")),
        "{token:#?}"
    );
}
