//! Tests the explanation of a verdict.

use super::*;

fn explain(id: &str) -> (Explanation, Owned) {
    let (request, verifier) = signed_for(scheme(id));
    (verifier.explain(&request.request()), request)
}

#[test]
fn the_signed_bytes_and_both_signatures_are_shown() {
    let (explanation, request) = explain("stripe");
    let signed = String::from_utf8(explanation.signed.unwrap()).unwrap();
    assert_eq!(signed, format!("{}.{}", NOW.as_secs(), String::from_utf8(request.body).unwrap()));
    assert_eq!(explanation.expected, explanation.received);
    assert!(request.headers.get_str("stripe-signature").unwrap().ends_with(&explanation.received.unwrap()));
}

#[test]
fn with_a_wrong_secret_the_expected_signature_is_another() {
    let (request, _) = signed_for(scheme("callaider"));
    let explanation =
        Verifier::new(catalogue(), Some("callaider"), None, &secrets(&["wrong"])).unwrap().explain(&request.request());
    assert_eq!(
        explanation.expected.as_deref(),
        Some(&*hex::encode(compute(Algorithm::HmacSha256, b"wrong", &request.body).unwrap()))
    );
    assert_ne!(explanation.expected, explanation.received);
    assert_eq!(explanation.signed, Some(request.body));
}

#[test]
fn the_expected_signature_is_written_like_the_received_one() {
    let judge = |received: &str| {
        let sent = Owned {
            method: "POST".into(),
            url: "https://h/".into(),
            headers: headers(&[("X-Gitea-Signature", received)]),
            body: b"{}".to_vec(),
        };
        let gitea = Verifier::new(catalogue(), Some("gitea"), None, &secrets(&["s"])).unwrap();
        gitea.explain(&sent.request()).expected.unwrap()
    };
    let right = hex::encode(compute(Algorithm::HmacSha256, b"s", b"{}").unwrap());
    let digits = "0123456789".repeat(6) + "0123";
    for received in [&*right, &digits, &digits.replace('7', "a"), &digits.replace('7', "aB"), ""] {
        assert_eq!(judge(received), right, "{received}");
    }
    for received in [right.to_uppercase(), digits.replace('7', "A"), "AB".to_owned()] {
        assert_eq!(judge(&received), right.to_uppercase(), "{received}");
    }
}

#[test]
fn of_several_signatures_the_right_one_is_shown_and_else_the_first() {
    let (signed, verifier) = signed_for(scheme("stripe"));
    let whole = signed.headers.get_str("stripe-signature").unwrap();
    let (time, right) = whole.split_once(",v1=").unwrap();
    let (wrong, worse) = ("0".repeat(64), "1".repeat(64));
    for (all, shown) in [([right, &wrong], right), ([&wrong, right], right), ([&wrong, &worse], &*wrong)] {
        let [one, other] = all;
        let sent = Owned {
            headers: headers(&[("Stripe-Signature", &format!("{time},v1={one},v1={other}"))]),
            ..signed.clone()
        };
        let explanation = verifier.explain(&sent.request());
        assert_eq!(explanation.received.as_deref(), Some(shown), "{all:?}");
    }
}

#[test]
fn a_secret_is_never_given_out() {
    for scheme in catalogue().schemes() {
        let (request, verifier) = signed_for(scheme);
        if scheme.algorithm == Algorithm::Equal {
            assert_eq!(verifier.explain(&request.request()).expected, None);
            continue;
        }
        let explanation = verifier.explain(&request.request());
        // What a private key or a token's sender makes cannot be told.
        let is_told = !scheme.algorithm.is_asymmetric() && !scheme.algorithm.is_token();
        assert_eq!(explanation.expected, explanation.received.filter(|_| is_told), "{}", scheme.id);
        let signed = String::from_utf8_lossy(explanation.signed.as_deref().unwrap()).into_owned();
        let uses_secret = scheme.signed.iter().any(|template| template.text().contains(MASKED_SECRET));
        assert_eq!(signed.contains(MASKED_SECRET), uses_secret, "{}", scheme.id);
        assert!(!signed.contains(&secret_for(scheme)), "{}", scheme.id);
    }
}

#[test]
fn what_is_left_out_is_said() {
    for (id, sentence) in [
        (
            "gitlab",
            "Nothing is signed: the token is the same in every request. Body, URL and headers could be changed.",
        ),
        ("plivo-v2", "The body is not signed: it could be changed."),
        (
            "mailgun",
            "Of the body only this is signed: JSON member /signature/timestamp of the body, JSON member /signature/token of the body. The rest could be changed.",
        ),
        ("callaider", "The query is not signed: it could be changed."),
    ] {
        let (explanation, _) = explain(id);
        assert!(explanation.not_covered.iter().any(|said| said == sentence), "{id}: {:?}", explanation.not_covered);
    }
    for id in ["twilio-json", "twilio-form", "square"] {
        assert_eq!(explain(id).0.not_covered, Vec::<String>::new(), "{id}");
    }
}

#[test]
fn a_value_that_is_neither_signed_itself_nor_with_the_body_nor_in_a_token_is_said_to_be_open() {
    use serde_json::json;
    let told_of = |fields: serde_json::Value, body: &str| {
        let mut record = json!({"signature": {"from": "header:X-Sig"}});
        record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let scheme = Arc::new(Scheme::from_json(&record).unwrap());
        let request = Owned {
            method: "POST".into(),
            url: "https://h/".into(),
            headers: headers(&[("X-Sig", "eyJ.eyJ.x"), ("X-Id", "1")]),
            body: body.into(),
        };
        Verifier::of(scheme, &secrets(&["s"])).explain(&request.request()).not_covered
    };
    let told = |fields: serde_json::Value| told_of(fields, r#"{"id":1}"#);
    let (header, member) = ("header:x-id", "json:/id");
    let of_header = "The header x-id is not signed: it could be changed.".to_owned();
    let of_member = "The JSON member /id of the body is not signed: it could be changed.".to_owned();
    let of_body = "The body is not signed: it could be changed.".to_owned();
    for (fields, expected) in [
        (json!({"vars": {"id": header}}), vec![of_header.clone()]),
        (json!({"vars": {"id": header}, "signed": "{id}{body}"}), vec![]),
        (json!({"vars": {"id": member}}), vec![]),
        (json!({"vars": {"id": member}, "signed": "{url}"}), vec![of_body.clone(), of_member]),
        (json!({"vars": {"id": header}, "algorithm": "jws-hmac"}), vec![of_body.clone(), of_header]),
        (json!({"vars": {"id": "claim:header:X-Sig#/id"}, "algorithm": "jws-hmac"}), vec![of_body]),
    ] {
        assert_eq!(told(fields.clone()), expected, "{fields}");
    }
    let claim = told(json!({"vars": {"id": "claim:header:X-Sig#/id"}}));
    assert!(claim.len() == 1 && claim[0].ends_with(" is not signed: it could be changed."), "{claim:?}");
    // Of no body nothing can be changed, and a body that is a token is signed as a whole.
    assert_eq!(told_of(json!({"signed": "{url}"}), ""), Vec::<String>::new());
    let token = json!({"signature": {"from": "body"}, "algorithm": "jws-hmac"});
    assert_eq!(told_of(token, "eyJ.eyJ.x"), Vec::<String>::new());
}

#[test]
fn a_signature_in_no_known_form_is_shown_as_it_stands() {
    let request = Owned {
        method: "POST".into(),
        url: "https://h/".into(),
        headers: headers(&[("X-Callaider-Signature", "md5=1")]),
        body: Vec::new(),
    };
    let explanation =
        Verifier::new(catalogue(), Some("callaider"), None, &secrets(&["s"])).unwrap().explain(&request.request());
    assert_eq!(explanation.received.as_deref(), Some("md5=1"));
    let nothing =
        Verifier::detecting(catalogue(), &[]).explain(&Owned { headers: Headers::new(), ..request }.request());
    assert_eq!((nothing.signed, nothing.received), (None, None));
}
