//! What a record says of its scheme, and what it asks of a request beside a right signature.

use serde_json::{Value as Json, json};

use super::*;
use crate::model::SignatureStatus;

fn read(record: &Json) -> Scheme {
    Scheme::from_json(record).unwrap()
}

/// A scheme that signs with HMAC-SHA256 and has these fields more.
fn with(fields: &Json) -> Scheme {
    let mut record = json!({"signature": {"from": "header:X-Sig"}});
    record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    read(&record)
}

fn post(fields: &[(&str, &str)], body: &str) -> Owned {
    Owned { method: "POST".into(), url: "https://h/in?q=1".into(), headers: headers(fields), body: body.into() }
}

#[test]
fn a_scheme_that_sends_its_secret_or_a_token_hands_something_over() {
    for (scheme, sends, hands) in [
        (json!({"algorithm": "equal"}), true, true),
        (json!({"algorithm": "jws-hmac"}), false, true),
        (json!({"algorithm": "jws"}), false, true),
        (json!({}), false, false),
        (json!({"require": [["{header:x-key}", "{secret}"]]}), true, true),
        (json!({"require": [["{secret}", "{header:x-key}"]]}), true, true),
        (json!({"require": [["{header:x-key}", "{body|sha256|hex}"]]}), false, false),
        // The secret goes into a hash.
        (json!({"algorithm": "digest-sha256", "signed": "{secret}{body}"}), false, false),
    ] {
        let read = with(&scheme);
        assert_eq!((read.sends_secret(), read.hands_over()), (sends, hands), "{scheme}");
    }
}

#[test]
fn a_plain_hash_of_the_secret_and_of_nothing_that_is_checked_is_told() {
    let plain = |signed: Json| json!({"algorithm": "digest-sha256", "signed": signed});
    for (scheme, is_alone) in [
        (plain(json!("{secret}")), true),
        (plain(json!("{secret}{header:x-time}")), true),
        (plain(json!("{secret}{method}")), true),
        (plain(json!(["{secret}{body}", "{secret}"])), true),
        (plain(json!("{secret}{body}")), false),
        (plain(json!("{secret}{url}")), false),
        (plain(json!("{secret}{query|sort_pairs}")), false),
        (plain(json!("{secret}{form:a}")), false),
        (json!({"signed": "{header:x-time}"}), false),
        (json!({"algorithm": "digest-sha256", "signed": "{secret}{n}", "vars": {"n": "json:/n"}}), false),
    ] {
        assert_eq!(with(&scheme).may_hash_secret_alone(), is_alone, "{scheme}");
    }
}

#[test]
fn a_record_has_up_to_eight_of_everything() {
    let list = |count: usize, make: &dyn Fn(usize) -> Json| Json::Array((0..count).map(make).collect());
    let named = |count: usize, make: &dyn Fn(usize) -> Json| {
        Json::Object((0..count).map(|number| (format!("n{number}"), make(number))).collect())
    };
    let header = |number: usize| json!(format!("header:x-{number}"));
    let item = |number: usize| json!(format!("v{number}={{signature}}"));
    for count in [1, 8, 9] {
        let is_read = count < 9;
        for fields in [
            json!({"vars": named(count, &header)}),
            json!({"config": named(count, &|_| json!("v"))}),
            json!({"detect": list(count, &|number| json!(format!("x-{number}")))}),
            json!({"marks": list(count, &header)}),
            json!({"signed": list(count, &|_| json!("{body}"))}),
            json!({"require": list(count, &|_| json!(["{body}", "{body}"]))}),
            json!({"signature": {"from": list(count, &header)}}),
            json!({"signature": {"from": "header:x", "split": ",", "items": list(count, &item)}}),
        ] {
            let mut record = json!({"signature": {"from": "header:X-Sig"}});
            record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            let read = Scheme::from_json(&record);
            assert_eq!(read.is_ok(), is_read, "{fields}: {read:?}");
            let told = read.err().map(|error| error.message);
            assert!(told.is_none_or(|told| told.contains("has more than 8 entries")), "{fields}");
        }
    }
}

#[test]
fn a_scheme_knows_where_its_parts_are() {
    for (signed, is_of_address) in [
        ("{body}", false),
        ("{method}{body}", false),
        ("{query|sort_pairs}", false),
        ("{url}{body}", true),
        ("{url_no_query}", true),
        ("{url_no_port}", true),
        ("{url_with_port}", true),
        ("{path}", true),
        ("{path_query}", true),
    ] {
        assert_eq!(with(&json!({"signed": signed})).signs_address(), is_of_address, "{signed}");
    }
    let several = read(&json!({"signature": {"from": ["header:X-A", "query:a"]}}));
    assert_eq!(several.places(), [Source::Header("X-A".to_owned()), Source::Query("a".to_owned())]);
    assert_eq!(several.signature_place(), "header X-A or query parameter a");
    let ids = json!({"nonce": "header:x-nonce", "id": "header:x-id"});
    assert_eq!(with(&json!({"vars": ids, "signed": "{id}{nonce}"})).delivery_id_header(), Some("x-id"));
    assert_eq!(with(&json!({"vars": {"id": "json:/id"}, "signed": "{id}"})).delivery_id_header(), None);
    assert_eq!(with(&json!({"vars": {"nonce": "header:x-nonce"}, "signed": "{nonce}"})).delivery_id_header(), None);
}

#[test]
fn a_requirement_that_is_not_met_is_told_in_one_sentence() {
    const BODY: &str = "the body";
    let right = hex::encode(compute(Algorithm::HmacSha256, b"s", BODY.as_bytes()).unwrap());
    let long = "v".repeat(41);
    let judge = |require: Json, fields: &[(&str, &str)]| {
        let fields: Vec<_> = fields.iter().copied().chain([("X-Sig", &*right)]).collect();
        let scheme = Arc::new(with(&json!({"require": [require]})));
        let verdict = Verifier::of(scheme, &secrets(&["s"])).judge(&post(&fields, BODY).request()).0;
        (verdict.status, verdict.reason.unwrap_or_default())
    };
    let of_body =
        |hash: &str, place: &str| format!("The body is not the one that was signed: its {hash} is not the {place}.");
    for (require, fields, sentence) in [
        (json!(["{header:x-h}", "{body|sha256|hex}"]), [("X-H", "00")], of_body("SHA-256", "header x-h")),
        (json!(["{header:x-h}", "{body|sha512|hex}"]), [("X-H", "00")], of_body("SHA-512", "header x-h")),
        (json!(["{header:x-h}", "{body|sha1|hex}"]), [("X-H", "00")], of_body("SHA-1", "header x-h")),
        (json!(["{body|md5|hex}", "{header:x-h}"]), [("X-H", "00")], of_body("MD5", "header x-h")),
        (json!(["{body}", "{header:x-h}"]), [("X-H", "00")], of_body("text", "header x-h")),
        (json!(["{query:q}", "{body|md5|hex}"]), [("X-H", "00")], of_body("MD5", "query's q")),
        // A header is named as the sender writes it.
        (json!(["{header:x-version}", "2"]), [("X-VERSION", "1")], "X-VERSION is 1, not 2.".to_owned()),
        (json!(["{query:q}", "2"]), [("X-H", "1")], "The query parameter q is 1, not 2.".to_owned()),
        (json!(["{header:x-h}", "2"]), [("X-H", &*long)], format!("X-H is {}, not 2.", &long[..40])),
        (
            json!(["2", "{header:x-h}"]),
            [("X-H", "1")],
            "The scheme asks that `2` equals `{header:x-h}`, and it does not.".to_owned(),
        ),
    ] {
        assert_eq!(judge(require.clone(), &fields), (SignatureStatus::Invalid, sentence), "{require}");
    }
    let missing = (SignatureStatus::Missing, "The header x-h is missing.".to_owned());
    assert_eq!(judge(json!(["{header:x-h}", "{body|md5|hex}"]), &[]), missing);
    assert_eq!(judge(json!(["{body|md5|hex}", "{header:x-h}"]), &[]), missing);
    let md5 = hex::encode(compute(Algorithm::DigestMd5, b"", BODY.as_bytes()).unwrap());
    let met = (SignatureStatus::Valid, String::new());
    assert_eq!(judge(json!(["{header:x-h}", "{body|md5|hex}"]), &[("X-H", &md5)]), met);
}

#[test]
fn signing_fills_in_what_is_required_on_either_side() {
    let config = Config::new();
    for require in [
        json!([["{header:x-h}", "{body|md5|hex}"]]),
        json!([["{body|md5|hex}", "{header:x-h}"]]),
        json!([["{header:x-h}", "{secret}"]]),
        json!([["{header:x-h|lower}", "{body|md5|hex}"], ["{header:x-h}", "{body|md5|hex|upper}"]]),
    ] {
        let scheme = Arc::new(with(&json!({"require": require})));
        let unsigned = post(&[], "b");
        let signed = unsigned.with(&sign(&scheme, "s", &unsigned.input(&config)).unwrap());
        let verdict = Verifier::of(scheme, &secrets(&["s"])).judge(&signed.request()).0;
        assert_eq!(verdict.status, SignatureStatus::Valid, "{require}: {verdict:?} {:?}", signed.headers);
    }
    // What is compared after a filter cannot be filled in, for nobody knows what it was before.
    for require in [json!([["{header:x-h|lower}", "{body}"]]), json!([["{body}", "{header:x-h|lower}"]])] {
        let scheme = with(&json!({"require": require}));
        let unsigned = post(&[], "b");
        let signed = sign(&scheme, "s", &unsigned.input(&config)).unwrap();
        assert!(signed.headers.iter().all(|(name, _)| name != "x-h"), "{require}: {:?}", signed.headers);
    }
}

#[test]
fn a_signed_request_has_the_id_that_was_asked_for_and_lists_of_headers_where_lists_belong() {
    let config = Config::new();
    let unsigned = post(&[("X-A", "1"), ("Content-Type", "text/plain"), ("Accept", "*/*")], "b");
    let value = |scheme: &Scheme, id: Option<&str>, name: &str| {
        let input = SignInput { id, ..unsigned.input(&config) };
        let signed = sign(scheme, "s", &input).unwrap();
        signed.headers.iter().find(|(known, _)| known == name).unwrap().1.clone()
    };
    let scheme =
        with(&json!({"vars": {"id": "header:x-id", "nonce": "header:x-nonce"}, "signed": "{id}{nonce}{body}"}));
    assert_eq!(value(&scheme, Some("msg_1"), "x-id"), "msg_1");
    let is_made_up = |text: &str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(is_made_up(&value(&scheme, None, "x-id")));
    assert!(is_made_up(&value(&scheme, Some("msg_1"), "x-nonce")), "only the id was asked for");
    assert_ne!(value(&scheme, None, "x-id"), value(&scheme, None, "x-nonce"));
    let listing = read(&json!({
        "signature": {"from": "header:X-Sig", "split": ";", "items": ["h={names}", "n={nonce}", "t={timestamp}", "s={signature}"]},
        "signed": "{timestamp}{nonce}{names}{names|header_values(.)}{body}",
        "timestamp": {"unit": "ms"},
    }));
    let text = value(&listing, None, "X-Sig");
    let parts: Vec<&str> = text.split(';').collect();
    assert_eq!((parts[0], parts[2]), ("h=x-a content-type", "t=1760000000000"));
    assert!(is_made_up(parts[1].strip_prefix("n=").unwrap()), "{text}");
    // A list in a header is made where there is none.
    let listed = with(&json!({"signed": "{header:x-list|header_values(.)}{body}"}));
    assert_eq!(value(&listed, None, "x-list"), "content-type,x-a,x-list");
    let own = post(&[("X-A", "1"), ("X-B", "2"), ("X-List", "x-b")], "b");
    let signed = sign(&listed, "s", &own.input(&config)).unwrap();
    assert!(signed.headers.iter().all(|(name, _)| !name.eq_ignore_ascii_case("x-list")), "{:?}", signed.headers);
}

#[test]
fn a_key_that_is_none_of_the_schemes_is_refused_with_what_is_wanted() {
    assert!(check_secret(RSA_PRIVATE).unwrap_err().starts_with("This is a private key"));
    assert_eq!(check_secret("any text"), Ok(()));
    let tokens = with(&json!({"algorithm": "jws-hmac", "secret": "base64"}));
    assert_eq!(tokens.check_secret("!"), Err("The secret cannot be read (expected: base64).".to_owned()));
    assert_eq!(tokens.check_secret("c2VjcmV0"), Ok(()));
    assert!(tokens.check_secret(RSA_PUBLIC).unwrap_err().starts_with("This is a public key."));
}

#[test]
fn a_catalogue_that_was_replaced_is_the_one_that_holds() {
    let current = CurrentCatalogue::default();
    let before = current.now();
    assert!(before.scheme("own").is_none());
    current.replace(Catalogue::with(r#"[{"id": "own", "header": "X-Own"}]"#).unwrap());
    assert!(current.now().scheme("own").is_some());
    assert!(before.scheme("own").is_none(), "who holds the old one keeps it");
}
