//! Signature, content, URL, scheme; and requests that nothing explains.

use super::*;

#[test]
fn a_right_request_has_nothing_to_explain() {
    for (scheme, secret, key) in schemes_to_try() {
        let body = body_for(scheme).as_bytes();
        let headers = Sent::new(scheme, &key, body).headers();
        let found = Got { scheme, secret, headers, url: URL, body }.diagnose();
        assert_eq!(found, [], "{scheme}");
    }
}

#[test]
fn the_content_of_another_scheme() {
    for (scheme, secret, key) in schemes_to_try() {
        let body = body_for(scheme);
        if scheme == "twilio-form" {
            continue;
        }
        let sent = Sent::new(scheme, &key, body.as_bytes());
        for content in [
            format!("{TIME}.{body}"),
            body.to_owned(),
            format!("{body}.{TIME}"),
            format!("{TIME}:{body}"),
            format!("{TIME}{body}"),
            format!("v0:{TIME}:{body}"),
            format!("req_9.{TIME}.{body}"),
            format!("{URL}{body}"),
            format!("POST{URL}{body}"),
        ] {
            if content.as_bytes() == sent.message() {
                continue;
            }
            let mut headers = sent.headers_with(&sent.mac(content.as_bytes()));
            headers.push("X-Request-Id", "req_9");
            if !matches!(scheme, "stripe" | "standard-webhooks" | "slack" | "discord") {
                headers.push("X-Timestamp", TIME);
            }
            let got = Got { scheme, secret: secret.clone(), headers, url: URL, body: body.as_bytes() };
            names(&got.diagnose(), "signed_content", &format!("{scheme} {content}"));
        }
    }
}

#[test]
fn the_timestamp_in_another_unit() {
    for (scheme, secret, key) in schemes_to_try() {
        if !matches!(scheme, "stripe" | "standard-webhooks" | "slack" | "discord") {
            continue;
        }
        let body = JSON.as_bytes();
        let signed = Sent { time: "1700000000000", ..Sent::new(scheme, &key, body) };
        let headers = Sent::new(scheme, &key, body).headers_with(&signed.mac(&signed.message()));
        let found = Got { scheme, secret, headers, url: URL, body }.diagnose();
        names(&found, "timestamp_unit", scheme);
        assert_eq!(
            found[0].sentence,
            "The sender signed the time in milliseconds (1700000000000) but sent it in seconds."
        );
        assert_eq!(found[0].fix, "Sign the very text that is in the header.");
    }
}

#[test]
fn the_signature_written_otherwise() {
    let (plain, body) = ("0f3a9c5e7b1d2f4a6c8e", JSON.as_bytes());
    let sent = Sent::new("callaider", plain.as_bytes(), body);
    let mac = sent.mac(body);
    let (hex, base64) = (hex::encode(&mac), STANDARD.encode(&mac));
    let sha1 = hex::encode(compute(Algorithm::HmacSha1, plain.as_bytes(), body).unwrap());
    let sha512 = hex::encode(compute(Algorithm::HmacSha512, plain.as_bytes(), body).unwrap());
    let md5 = hex::encode(compute(Algorithm::HmacMd5, plain.as_bytes(), body).unwrap());
    let sha384 = hex::encode(compute(Algorithm::HmacSha384, plain.as_bytes(), body).unwrap());
    let dashed: Vec<String> = mac.iter().map(|byte| format!("{byte:02X}")).collect();
    for (header, value, code) in [
        ("X-Callaider-Signature", hex.clone(), "signature_prefix"),
        ("X-Callaider-Signature", format!("v1={hex}"), "signature_prefix"),
        ("X-Callaider-Signature", format!("\"sha256={hex}\""), "signature_prefix"),
        ("X-Callaider-Signature", format!("sha256={base64}"), "signature_encoding"),
        ("X-Callaider-Signature", format!("sha256={}", STANDARD.encode(&hex)), "signature_encoding"),
        ("X-Callaider-Signature", format!("sha256={}", dashed.join("-")), "signature_encoding"),
        ("X-Callaider-Signature", format!("sha256={sha1}"), "signature_algorithm"),
        ("X-Callaider-Signature", format!("sha256={sha512}"), "signature_algorithm"),
        ("X-Callaider-Signature", format!("sha256={md5}"), "signature_algorithm"),
        ("X-Callaider-Signature", format!("sha256={sha384}"), "signature_algorithm"),
        ("X-Callaider-Signature", format!("sha256={}", &hex[..32]), "signature_truncated"),
        ("X-Signature", format!("sha256={hex}"), "signature_header"),
        ("X-Hub-Signature-256", format!("sha256={hex}"), "signature_header"),
    ] {
        let headers: Headers = [(header, value.clone())].into_iter().collect();
        let found = Got { scheme: "callaider", secret: plain.into(), headers, url: URL, body }.diagnose();
        names(&found, code, &value);
    }
    let sent = Sent::new("shopify", plain.as_bytes(), body);
    let base64 = STANDARD.encode(sent.mac(body));
    for (value, code) in [
        (hex, "signature_encoding"),
        (base64.to_lowercase(), "signature_case"),
        (base64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"), "signature_encoding"),
        (base64[..20].to_owned(), "signature_truncated"),
    ] {
        let headers: Headers = [("X-Shopify-Hmac-SHA256", value.clone())].into_iter().collect();
        names(&Got { scheme: "shopify", secret: plain.into(), headers, url: URL, body }.diagnose(), code, &value);
    }
}

#[test]
fn a_hash_that_is_no_hmac() {
    for (scheme, plain) in textual() {
        if matches!(scheme, "twilio-form" | "square" | "slack") {
            continue;
        }
        let body = JSON;
        let sent = Sent::new(scheme, plain.as_bytes(), body.as_bytes());
        for (content, code) in [
            (body.to_owned(), "digest_without_secret"),
            (format!("{plain}{body}"), "digest_with_secret"),
            (format!("{body}{plain}"), "digest_with_secret"),
        ] {
            let headers = sent.headers_with(&compute(Algorithm::DigestSha256, b"", content.as_bytes()).unwrap());
            let got = Got { scheme, secret: plain.clone(), headers, url: URL, body: body.as_bytes() };
            names(&got.diagnose(), code, scheme);
        }
    }
}

#[test]
fn the_url_in_another_form() {
    for scheme in ["square", "twilio-form"] {
        let (plain, body) = ("0f3a9c5e7b1d2f4a6c8e", body_for(scheme).as_bytes());
        for (configured, code) in [
            ("http://hook.example/in/sub?b=2&a=1", "url_scheme"),
            ("https://hook.example/in/sub/?b=2&a=1", "url_trailing_slash"),
            ("https://hook.example/in/sub?a=1&b=2", "url_query_order"),
            ("https://hook.example/in/sub", "url_query_missing"),
            ("https://public.example/in/sub?b=2&a=1", "url_host"),
            ("https://tunnel.example/other", "url_other_form"),
            ("http://hook.example/in/sub/?b=2&a=1", "url_scheme"),
        ] {
            let sent = Sent { signed_url: configured.into(), ..Sent::new(scheme, plain.as_bytes(), body) };
            let mut headers = sent.headers();
            headers.push("Host", "public.example");
            let urls = ["https://tunnel.example/other".to_owned()];
            let found = Got { scheme, secret: plain.into(), headers, url: URL, body }.diagnose_with(|case| {
                case.urls = Box::leak(Box::new(urls));
            });
            names(&found, code, &format!("{scheme} {configured}"));
        }
    }
    // Twilio's own alternatives cover its ports.
    let sent =
        Sent { signed_url: "https://hook.example:443/in/sub?b=2&a=1".into(), ..Sent::new("square", b"key", b"{}") };
    let got = Got { scheme: "square", secret: "key".into(), headers: sent.headers(), url: URL, body: b"{}" };
    names(&got.diagnose(), "url_port", "square");
}

#[test]
fn another_scheme_that_shares_the_header() {
    let (plain, body) = ("MDEyMzQ1Njc4OWFiY2RlZg==", JSON.as_bytes());
    let mac = compute(Algorithm::HmacSha256, plain.as_bytes(), body).unwrap();
    let headers: Headers = [("X-Signature", hex::encode(&mac))].into_iter().collect();
    let found = Got { scheme: "airwallex", secret: plain.into(), headers, url: URL, body }.diagnose();
    names(&found, "other_scheme", "X-Signature");
}

#[test]
fn a_scheme_that_fits_as_it_is_comes_before_another_algorithm() {
    let (plain, body) = ("0f3a9c5e7b1d2f4a6c8e", JSON);
    let mac = compute(Algorithm::DigestSha256, b"", format!("{body}{TIME}{plain}").as_bytes()).unwrap();
    let headers: Headers =
        [("X-Cld-Signature", hex::encode(mac)), ("X-Cld-Timestamp", TIME.into())].into_iter().collect();
    let found = Got { scheme: "cloudinary", secret: plain.into(), headers, url: URL, body: body.as_bytes() }.diagnose();
    names(&found, "other_scheme", "cloudinary");
    assert_eq!(found[0].fix, "Set the bin's scheme to `cloudinary-sha256`.");
}

#[test]
fn a_signature_in_the_header_of_another_scheme_names_that_scheme() {
    let mac = hex::encode(compute(Algorithm::HmacSha256, b"key", b"{}").unwrap());
    let headers: Headers = [("X-Hub-Signature-256", format!("sha256={mac}"))].into_iter().collect();
    let found = Got { scheme: "callaider", secret: "key".into(), headers, url: URL, body: b"{}" }.diagnose();
    names(&found, "signature_header", "github");
    let set = "Set the bin's scheme to `github`, by which the request is right as it is. Or: Send it in ";
    assert!(found[0].fix.starts_with(set), "{}", found[0].fix);
}

#[test]
fn what_stands_around_a_bare_signature() {
    let (plain, body) = ("0f3a9c5e7b1d2f4a6c8e", b"{}".as_slice());
    let mac = compute(Algorithm::HmacSha256, plain.as_bytes(), body).unwrap();
    let url_mac = compute(Algorithm::HmacSha256, plain.as_bytes(), &[URL.as_bytes(), body].concat()).unwrap();
    let custom = Scheme::from_json(&serde_json::json!({"header": "X-Own-Sig"})).unwrap();
    for (before, after, without) in [
        ("sha256=", "", "`sha256=`"),
        ("sha256:", "", "`sha256:`"),
        ("v1=", "", "`v1=`"),
        ("0x", "", "`0x`"),
        ("HMAC-SHA256 ", "", "`HMAC-SHA256 `"),
        ("\"", "\"", "`\"`"),
        ("\"sha256=", "\"", "`\"sha256=` and `\"`"),
        ("", ";", "`;`"),
    ] {
        for (scheme, header, signature) in [
            (scheme("linear").as_ref(), "Linear-Signature", hex::encode(&mac)),
            (scheme("square").as_ref(), "x-square-hmacsha256-signature", STANDARD.encode(&url_mac)),
            (&custom, "X-Own-Sig", hex::encode(&mac)),
        ] {
            if before == "0x" && scheme.id == "square" {
                continue;
            }
            let headers: Headers = [(header, format!("{before}{signature}{after}"))].into_iter().collect();
            let got = Got { scheme: "linear", secret: plain.into(), headers, url: URL, body };
            let found = got.diagnose_with(|case| case.scheme = Box::leak(Box::new(scheme.clone())));
            names(&found, "signature_prefix", &format!("{} {without}", scheme.id));
            assert_eq!(found[0].fix, format!("Write the signature without {without}."), "{}", scheme.id);
        }
    }
    // The same inside a scheme's own form.
    for value in [format!("sha256=0x{}", hex::encode(&mac)), format!("0x{}", hex::encode(&mac))] {
        let headers: Headers = [("X-Callaider-Signature", value.clone())].into_iter().collect();
        let got = Got { scheme: "callaider", secret: plain.into(), headers, url: URL, body };
        names(&got.diagnose(), "signature_prefix", &value);
    }
}

#[test]
fn a_header_without_a_signature_is_not_called_missing() {
    for (scheme, header, value, what) in [
        ("gitlab", "X-Gitlab-Token", "", "the header X-Gitlab-Token is there, but empty."),
        ("pagerduty", "X-PagerDuty-Signature", " ", "the header X-PagerDuty-Signature is there, but empty."),
        (
            "pagerduty",
            "X-PagerDuty-Signature",
            ",,",
            "the header X-PagerDuty-Signature is there, but holds no signature in the form `v1=…`.",
        ),
        ("pagerduty", "X-Other", "x", "the header X-PagerDuty-Signature is not there."),
    ] {
        let headers: Headers = [(header, value)].into_iter().collect();
        let found = Got { scheme, secret: "key".into(), headers, url: URL, body: b"{}" }.diagnose();
        assert_eq!(found[0].code, "signature_missing", "{scheme} {value}");
        assert_eq!(found[0].sentence, format!("The request carries no signature: {what}"));
    }
}

#[test]
fn two_things_wrong_at_once() {
    let (plain, pasted) = ("0f3a9c5e7b1d2f4a6c8e", " 0f3a9c5e7b1d2f4a6c8e\n".to_owned());
    let sent = Sent::new("callaider", plain.as_bytes(), br#"{"b":1}"#);
    let got =
        Got { scheme: "callaider", secret: pasted.clone(), headers: sent.headers(), url: URL, body: br#"{"b": 1}"# };
    names(&got.diagnose(), "secret_whitespace", "secret and body");
    let mut headers = sent.headers_with(&sent.mac(br#"1700000000.{"b": 1}"#));
    headers.push("X-Timestamp", TIME);
    let got = Got { scheme: "callaider", secret: pasted.clone(), headers, url: URL, body: br#"{"b": 1}"# };
    names(&got.diagnose(), "signed_content", "secret and content");
    let sent = Sent {
        signed_url: "http://hook.example/in/sub?b=2&a=1".into(),
        ..Sent::new("square", plain.as_bytes(), b"{}")
    };
    let got = Got { scheme: "square", secret: pasted.clone(), headers: sent.headers(), url: URL, body: b"{}" };
    names(&got.diagnose(), "url_scheme", "secret and URL");
    // The prefix is missing, and the secret has white space around it.
    let mac = Sent::new("callaider", plain.as_bytes(), b"{}").mac(b"{}");
    let headers: Headers = [("X-Callaider-Signature", hex::encode(mac))].into_iter().collect();
    let found = Got { scheme: "callaider", secret: pasted, headers, url: URL, body: b"{}" }.diagnose();
    names(&found, "secret_whitespace", "secret and prefix");
    assert!(found[0].sentence.contains("is bare"), "{}", found[0].sentence);
}

#[test]
fn when_nothing_matches_the_wrong_secret_comes_first() {
    for (scheme, _, key) in schemes_to_try() {
        let body = body_for(scheme).as_bytes();
        let headers = Sent::new(scheme, &key, body).headers();
        let wrong = if scheme == "discord" {
            hex::encode(ed25519_dalek::SigningKey::from_bytes(&[9; 32]).verifying_key())
        } else {
            "d3Jvbmc=".into()
        };
        let found = Got { scheme, secret: wrong, headers, url: URL, body }.diagnose();
        let codes: Vec<&str> =
            found.iter().map(|finding| finding.code).filter(|code| *code != "not_all_tried").collect();
        let expected: &[&str] = match scheme {
            "square" | "twilio-form" => &["url_unknown", "wrong_secret", "body_changed", "wrong_scheme"],
            _ => &["wrong_secret", "body_changed", "wrong_scheme"],
        };
        assert_eq!(codes, expected, "{scheme}");
        assert!(found.iter().all(|finding| !finding.verifies && !finding.fix.is_empty()));
    }
}

#[test]
fn what_the_request_says_by_itself_comes_before_guesses() {
    let headers = Sent::new("stripe", b"whsec_other", b"{}").headers();
    let body = br#"{"livemode": false, "id": "evt_1"}"#;
    let got = || Got { scheme: "stripe", secret: "whsec_x".into(), headers: headers.clone(), url: URL, body };
    assert_eq!(got().diagnose()[0].code, "test_mode_secret");
    let cut = got().diagnose_with(|case| {
        case.complete = false;
        case.declared_size = Some(99);
    });
    assert_eq!(cut[0].code, "body_incomplete");
    assert!(cut[0].sentence.contains("of 99 bytes"), "{}", cut[0].sentence);
    assert_eq!(got().diagnose_with(|case| case.over_limit = true)[0].code, "body_over_limit");
    assert_eq!(got().diagnose_with(|case| case.secrets = &[]).iter().filter(|f| f.code == "no_secret").count(), 1);
    let missing = Got { scheme: "stripe", secret: "x".into(), headers: Headers::new(), url: URL, body }.diagnose();
    assert_eq!(missing.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["signature_missing"]);
    let timeless: Headers = [("X-Slack-Signature", format!("v0={}", "0".repeat(64)))].into_iter().collect();
    let part = Got { scheme: "slack", secret: "x".into(), headers: timeless, url: URL, body: b"{}" }.diagnose();
    assert_eq!(
        (part[0].code, part[0].sentence.as_str()),
        ("part_missing", "The header X-Slack-Request-Timestamp is missing.")
    );
    let url = format!("{URL}&bodySHA256=00");
    let mac = compute(Algorithm::HmacSha1, b"key", url.as_bytes()).unwrap();
    let headers: Headers = [("X-Twilio-Signature", STANDARD.encode(mac))].into_iter().collect();
    let changed = Got { scheme: "twilio-json", secret: "key".into(), headers, url: &url, body: b"{}" }.diagnose();
    assert_eq!(changed.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["requirement_unmet"]);
    assert_eq!(
        changed[0].sentence,
        "The body is not the one that was signed: its SHA-256 is not the query's bodySHA256."
    );
    let versioned: Headers = [
        ("BOX-SIGNATURE-PRIMARY", "AAAA"),
        ("BOX-DELIVERY-TIMESTAMP", "2023-11-14T22:13:20Z"),
        ("BOX-SIGNATURE-VERSION", "2"),
        ("BOX-SIGNATURE-ALGORITHM", "HmacSHA256"),
    ]
    .into_iter()
    .collect();
    let other = Got { scheme: "box", secret: "key".into(), headers: versioned, url: URL, body: b"{}" }.diagnose();
    assert_eq!(other[0].sentence, "BOX-SIGNATURE-VERSION is 2, not 1.");
    let nonsense: Headers = [("Stripe-Signature", "t=1,v1=zzz")].into_iter().collect();
    let malformed = Got { scheme: "stripe", secret: "x".into(), headers: nonsense, url: URL, body: b"{}" }.diagnose();
    assert_eq!(malformed[0].code, "signature_malformed");
}

#[test]
fn a_right_signature_beside_a_timestamp_that_cannot_be_read_says_so() {
    let sha256 = |message: &[u8]| hex::encode(compute(Algorithm::HmacSha256, b"key", message).unwrap());
    let body = br#"{"id":1}"#;
    let linear: Headers = [("Linear-Signature", sha256(body))].into_iter().collect();
    let slack: Headers = [
        ("X-Slack-Request-Timestamp", "1700000000.5".to_owned()),
        ("X-Slack-Signature", format!("v0={}", sha256(br#"v0:1700000000.5:{"id":1}"#))),
    ]
    .into_iter()
    .collect();
    for (scheme, headers, code) in [("linear", linear, "timestamp_missing"), ("slack", slack, "timestamp_malformed")] {
        let found = Got { scheme, secret: "key".into(), headers, url: URL, body }.diagnose();
        assert_eq!((found[0].code, found[0].verifies), (code, true), "{scheme}: {found:?}");
    }
}

#[test]
fn settings_of_the_scheme_are_part_of_what_is_tried() {
    let record = serde_json::json!({"signature": {"from": "header:X-Sig"}, "signed": "{config:app}{body}", "config": {"app": "AK"}});
    let scheme: &'static Scheme = Box::leak(Box::new(Scheme::from_json(&record).unwrap()));
    let mac = compute(Algorithm::HmacSha256, b"key\n", b"AK{}").unwrap();
    let headers: Headers = [("X-Sig", hex::encode(mac))].into_iter().collect();
    let got = Got { scheme: "github", secret: "key".into(), headers, url: URL, body: b"{}" };
    let found = got.diagnose_with(|case| {
        case.scheme = scheme;
        case.config = &scheme.config;
    });
    assert_eq!((found[0].code, found[0].verifies), ("secret_newline", true), "{found:?}");
}

/// What is said of a request in a bin without a scheme.
fn detected(headers: &Headers, url: &str, body: &[u8]) -> (String, Vec<Finding>) {
    let config = Config::new();
    let secrets = [secret("live", "0f3a9c5e7b1d2f4a6c8e")];
    let request =
        SignedRequest { method: "POST", url, headers, body, received_at: Timestamp::from_secs(1_700_000_001) };
    let verifier = crate::signature::Verifier::detecting(catalogue(), &secrets);
    let schemes: Vec<&Scheme> = verifier.schemes_for(&request).into_iter().map(|scheme| &**scheme).collect();
    let case = Case {
        catalogue: catalogue(),
        scheme: schemes[0],
        config: &config,
        request,
        secrets: &secrets,
        other_secrets: &[],
        other_requests: &[],
        urls: &[],
        below: "",
        query: url.split_once('?').map(|(_, query)| query),
        complete: true,
        over_limit: false,
        declared_size: None,
    };
    (schemes[0].id.clone(), diagnose_detected(&case, &schemes[1..]))
}

fn twilio_json(signed_url: &str) -> Headers {
    let mac = compute(Algorithm::HmacSha1, b"0f3a9c5e7b1d2f4a6c8e", signed_url.as_bytes()).unwrap();
    [("X-Twilio-Signature", STANDARD.encode(mac)), ("Content-Type", "application/json".into())].into_iter().collect()
}

#[test]
fn a_detected_scheme_is_the_version_that_a_header_says() {
    let signed = b"0f3a9c5e7b1d2f4a6c8ePOSThttps://hook.example/in{\"a\":1}";
    let mac = hex::encode(compute(Algorithm::DigestSha256, b"", signed).unwrap());
    let mut headers: Headers = [("X-HubSpot-Signature", mac)].into_iter().collect();
    let body = b"{\"a\":1}";
    // Without that header the first of the family is taken, and the second explains the signature.
    let (first, found) = detected(&headers, "http://hook.example/in", body);
    assert_eq!(first, "hubspot-v1");
    names(&found, "url_scheme", "hubspot without a version");
    assert!(found[0].sentence.contains("HubSpot v2") && found[0].fix.contains("`hubspot-v2`"), "{found:#?}");
    headers.push("X-HubSpot-Signature-Version", "v2");
    let (first, found) = detected(&headers, "http://hook.example/in", body);
    assert_eq!(first, "hubspot-v2");
    names(&found, "url_scheme", "hubspot with a version");
    assert!(!found[0].fix.contains("Set the bin's scheme"), "{found:#?}");
}

#[test]
fn a_detected_scheme_is_the_one_whose_hash_of_the_body_is_there() {
    let body = b"{\"a\":1}";
    let hash = hex::encode(compute(Algorithm::DigestSha256, b"", body).unwrap());
    let url = format!("http://hook.example/in?bodySHA256={hash}");
    let (first, found) = detected(&twilio_json(&url.replace("http:", "https:")), &url, body);
    assert_eq!(first, "twilio-json");
    names(&found, "url_scheme", "twilio");
    // The signature is right, so nothing of another scheme explains the changed body.
    let (first, found) = detected(&twilio_json(&url), &url, b"{\"a\":2}");
    assert_eq!(first, "twilio-json");
    assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["requirement_unmet"]);
    // A body changed and a URL of another form: still not the empty form of the sibling.
    let (_, found) = detected(&twilio_json(&url.replace("http:", "https:")), &url, b"{\"a\":2}");
    assert!(found[0].code == "url_scheme" && found.iter().any(|other| other.code == "requirement_unmet"), "{found:#?}");
}

#[test]
fn of_detected_schemes_that_all_fail_the_first_is_spoken_of() {
    let headers: Headers = [("X-Signature", "0".repeat(64))].into_iter().collect();
    let (first, found) = detected(&headers, URL, b"{}");
    assert_eq!(first, "modern-treasury");
    assert!(found.iter().all(|finding| !finding.verifies && !finding.sentence.contains("which fits")), "{found:#?}");
    assert!(found.iter().any(|finding| finding.code == "wrong_secret"), "{found:#?}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]
    #[test]
    fn any_request_can_be_diagnosed(body: Vec<u8>, value in ".{0,40}", secret in ".{0,20}", url in ".{0,30}", at in 0..200_usize) {
        let schemes = catalogue().schemes();
        let scheme = &schemes[at % schemes.len()];
        let mut headers = Headers::new();
        for hint in &scheme.detect {
            headers.push(hint.name.clone(), value.clone());
        }
        headers.push("X-Signature", value.clone());
        let secrets = [super::secret("a", &secret)];
        let config = Config::new();
        let case = Case {
            catalogue: catalogue(),
            scheme,
            config: &config,
            request: SignedRequest { method: "POST", url: &url, headers: &headers, body: &body, received_at: Timestamp::default() },
            secrets: &secrets, other_secrets: &[], other_requests: &[], urls: &[], below: &value, query: Some(&url), complete: true, over_limit: false, declared_size: None,
        };
        let _ = diagnose(&case);
    }
}
