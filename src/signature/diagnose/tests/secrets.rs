//! The secret is another one, or the same in another form.

use super::*;

#[test]
fn the_secret_as_pasted() {
    for (scheme, secret, key) in schemes_to_try() {
        let body = body_for(scheme).as_bytes();
        let headers = Sent::new(scheme, &key, body).headers();
        for (pasted, code) in [
            (format!(" {secret}\n"), "secret_whitespace"),
            (format!("{secret}\u{200b}"), "secret_whitespace"),
            (format!("\"{secret}\""), "secret_quotes"),
            (format!("WEBHOOK_SECRET={secret}"), "secret_assignment"),
            (format!("{secret},another-one"), "secret_part"),
        ] {
            let got = Got { scheme, secret: pasted, headers: headers.clone(), url: URL, body };
            names(&got.diagnose(), code, scheme);
        }
    }
}

#[test]
fn the_secret_in_another_form_at_the_sender() {
    for (scheme, plain) in textual() {
        let body = body_for(scheme).as_bytes();
        let sha256 = hex::encode(compute(Algorithm::DigestSha256, b"", plain.as_bytes()).unwrap());
        for (key, pasted, code) in [
            (format!("{plain}\n").into_bytes(), plain.clone(), "secret_newline"),
            (format!("{plain} ").into_bytes(), plain.clone(), "secret_space"),
            (format!(" {plain}").into_bytes(), plain.clone(), "secret_space"),
            (plain.clone().into_bytes(), format!("whsec_{plain}"), "secret_prefix"),
            (format!("whsec_{plain}").into_bytes(), plain.clone(), "secret_prefix"),
            (hex::decode(&plain).unwrap(), plain.clone(), "secret_as_hex"),
            (STANDARD.decode(&plain).unwrap(), plain.clone(), "secret_as_base64"),
            (plain.to_uppercase().into_bytes(), plain.clone(), "secret_case"),
            (STANDARD.encode(&plain).into_bytes(), plain.clone(), "secret_encoded"),
            (sha256.into_bytes(), plain.clone(), "secret_hashed"),
            ("a b+c".into(), "a%20b%2Bc".into(), "secret_escaped"),
            ("caf\u{e9}-secret".into(), "cafe\u{301}-secret".into(), "secret_unicode"),
            (Vec::new(), plain.clone(), "secret_unset"),
            ("undefined".into(), plain.clone(), "secret_unset"),
        ] {
            let headers = Sent::new(scheme, &key, body).headers();
            let found = Got { scheme, secret: pasted, headers, url: URL, body }.diagnose();
            names(&found, code, scheme);
            assert!(code != "secret_newline" || found[0].fix.contains("trailing newline"), "{found:?}");
        }
    }
}

#[test]
fn the_same_prefix_means_two_things() {
    let body = JSON.as_bytes();
    let (part, whole) = ("MDEyMzQ1Njc4OWFiY2RlZg==", "whsec_MDEyMzQ1Njc4OWFiY2RlZg==");
    for (scheme, key, code) in [
        ("standard-webhooks", whole.as_bytes().to_vec(), "secret_as_text"),
        ("standard-webhooks", part.as_bytes().to_vec(), "secret_as_text"),
        ("stripe", part.as_bytes().to_vec(), "secret_prefix"),
        ("stripe", STANDARD.decode(part).unwrap(), "secret_as_base64"),
    ] {
        let headers = Sent::new(scheme, &key, body).headers();
        names(&Got { scheme, secret: whole.into(), headers, url: URL, body }.diagnose(), code, scheme);
    }
}

#[test]
fn the_secret_of_another_bin_is_named_with_the_bin() {
    for (scheme, good, key) in schemes_to_try() {
        let body = body_for(scheme).as_bytes();
        let headers = Sent::new(scheme, &key, body).headers();
        let wrong = if scheme == "discord" { hex::encode([0; 32]) } else { "d3Jvbmc=".into() };
        let value = SecretValue::new(good);
        let found = Got { scheme, secret: wrong, headers, url: URL, body }.diagnose_with(|case| {
            case.other_secrets =
                Box::leak(Box::new([OtherSecret { label: "old", bin: "shop", value: Box::leak(Box::new(value)) }]));
        });
        names(&found, "other_bin_secret", scheme);
        assert!(found[0].sentence.contains("“old” of the bin “shop”"), "{}", found[0].sentence);
    }
}

#[test]
fn a_token_that_is_compared() {
    let secret = "user:pass-word";
    for (scheme, header, value, code) in [
        ("gitlab", "X-Gitlab-Token", secret.to_owned(), "secret_whitespace"),
        ("telegram", "X-Telegram-Bot-Api-Secret-Token", secret.to_owned(), "secret_whitespace"),
        ("authorization", "Authorization", format!("Bearer {secret}"), "secret_auth_scheme"),
        ("authorization", "Authorization", format!("Basic {}", STANDARD.encode(secret)), "secret_auth_scheme"),
    ] {
        let pasted = if code == "secret_whitespace" { format!("{secret}\n") } else { secret.to_owned() };
        let headers: Headers = [(header, value.clone())].into_iter().collect();
        let found = Got { scheme, secret: pasted, headers, url: URL, body: b"{}" }.diagnose();
        names(&found, code, &value);
    }
    let headers: Headers = [("X-Gitlab-Token", "tok-1")].into_iter().collect();
    let found = Got { scheme: "gitlab", secret: "Bearer tok-1".into(), headers, url: URL, body: b"{}" }.diagnose();
    names(&found, "secret_auth_scheme", "the scheme is in the bin");
    assert!(found[0].fix.contains("the token alone"), "{found:?}");
}

#[test]
fn the_secret_is_never_in_a_finding() {
    for (scheme, good, key) in schemes_to_try() {
        let body = body_for(scheme).as_bytes();
        let headers = Sent::new(scheme, &key, body).headers();
        for pasted in [format!("NAME={good}"), format!("{good},other"), format!(" {good}"), "wr0ng-secret-text".into()]
        {
            let got = Got { scheme, secret: pasted, headers: headers.clone(), url: URL, body };
            for finding in got.diagnose() {
                assert!(!finding.sentence.contains(&good) && !finding.fix.contains(&good), "{finding:?}");
                assert!(!finding.sentence.contains("wr0ng"), "{finding:?}");
            }
        }
    }
}

#[test]
fn a_secret_that_is_no_key_is_called_so_first() {
    let token = "MTA5.Gx.dis-cord_bot";
    let short = "ab".repeat(31);
    let no_point = "ab".repeat(32);
    for (scheme, header, secret, says) in [
        ("discord", "X-Signature-Ed25519", token, "64 hex digits are wanted, this has 14 characters that are no hex"),
        ("discord", "X-Signature-Ed25519", &short, "64 hex digits are wanted, this has 62."),
        ("discord", "X-Signature-Ed25519", &no_point, "this has the length, but its 64 hex digits are no key."),
        (
            "sendgrid",
            "X-Twilio-Email-Event-Webhook-Signature",
            "SG.abc.def",
            "a P-256 key in base64 or PEM is wanted, ",
        ),
        ("adyen-header", "HmacSignature", " abcd\n", "this has white space around it."),
        ("adyen-header", "HmacSignature", "zz-not-hex", "an even number of hex digits is wanted, "),
        (
            "standard-webhooks",
            "webhook-signature",
            "not base64!",
            "base64, with or without `whsec_` before it is wanted",
        ),
    ] {
        let signature = if header == "webhook-signature" { "v1,AAAA" } else { "AAAA" };
        let headers: Headers = [
            (header, signature),
            ("X-Signature-Timestamp", TIME),
            ("X-Twilio-Email-Event-Webhook-Timestamp", TIME),
            ("webhook-id", "m"),
            ("webhook-timestamp", TIME),
        ]
        .into_iter()
        .collect();
        let found = Got { scheme, secret: secret.into(), headers, url: URL, body: b"{}" }.diagnose();
        assert_eq!(found[0].code, "undecodable_secret", "{scheme} {found:#?}");
        assert!(found[0].sentence.contains(says), "{scheme} {}", found[0].sentence);
        assert!(!found[0].sentence.contains(secret) && found.iter().all(|finding| finding.code != "wrong_secret"));
    }
}

#[test]
fn only_the_bin_can_change_the_form_of_a_public_key_or_the_scheme() {
    let seed = [7_u8; 32];
    let public = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key();
    let headers = Sent::new("discord", &seed, b"{}").headers();
    let pasted = STANDARD.encode(public.as_bytes());
    let found = Got { scheme: "discord", secret: pasted, headers, url: URL, body: b"{}" }.diagnose();
    names(&found, "secret_as_base64", "discord");
    assert_eq!(found[0].fix, "Paste the public key as hex.");

    let message = format!("{TIME}|{{}}");
    let signature = compute(Algorithm::Ed25519, &seed, message.as_bytes()).unwrap();
    let headers: Headers =
        [("telnyx-signature-ed25519", STANDARD.encode(signature)), ("telnyx-timestamp", TIME.to_owned())]
            .into_iter()
            .collect();
    let pasted = hex::encode(public.as_bytes());
    let found = Got { scheme: "telnyx", secret: pasted, headers, url: URL, body: b"{}" }.diagnose();
    names(&found, "secret_as_hex", "telnyx");
    assert_eq!(found[0].fix, "Paste the public key as base64.");

    let headers = Sent::new("standard-webhooks", b"plain-text-secret", b"{}").headers();
    let secret = "plain-text-secret".to_owned();
    let found = Got { scheme: "standard-webhooks", secret, headers, url: URL, body: b"{}" }.diagnose();
    names(&found, "secret_as_text", "standard-webhooks");
    assert!(
        found[0].fix.starts_with("Set the bin's scheme to `standard-webhooks-utf8`, or let the sender use"),
        "{}",
        found[0].fix
    );
}

#[test]
fn another_scheme_is_named_when_it_differs_in_the_form_of_the_secret_alone() {
    use serde_json::json;
    let own = json!({
        "id": "acme", "detect": ["x-acme"], "signature": {"from": "header:X-Acme", "items": ["v1={signature}"]},
        "secret": "base64",
    });
    let secret = "plain text, no base64!";
    let mac = hex::encode(compute(Algorithm::HmacSha256, secret.as_bytes(), b"{}").unwrap());
    for (differs, is_named) in [
        (json!({}), true),
        (json!({"detect": ["x-other"]}), true),
        (json!({"secret": "strip plain > utf8"}), false),
        (json!({"algorithm": "hmac-sha512"}), false),
        (json!({"encoding": "base64"}), false),
        (json!({"signature": {"from": "header:X-Other", "items": ["v1={signature}"]}}), false),
        (json!({"signature": {"from": "header:X-Acme", "items": ["v2={signature}"]}}), false),
        (json!({"vars": {"id": "header:x-id"}}), false),
        (json!({"signed": "{url}{body}"}), false),
    ] {
        let mut other = own.clone();
        other
            .as_object_mut()
            .unwrap()
            .extend([("id".to_owned(), json!("acme-text")), ("secret".to_owned(), json!("utf8"))]);
        other.as_object_mut().unwrap().extend(differs.as_object().unwrap().clone());
        let known: &'static Catalogue = Box::leak(Box::new(Catalogue::with(&json!([own, other]).to_string()).unwrap()));
        let headers: Headers = [("X-Acme", format!("v1={mac}"))].into_iter().collect();
        let got = Got { scheme: "github", secret: secret.to_owned(), headers, url: URL, body: b"{}" };
        let found = got.diagnose_with(|case| {
            case.catalogue = known;
            case.scheme = known.scheme("acme").unwrap();
        });
        names(&found, "secret_as_text", &differs.to_string());
        assert_eq!(found[0].fix.starts_with("Set the bin's scheme to `acme-text`"), is_named, "{differs}: {found:#?}");
    }
}

#[test]
fn a_token_sent_in_base64_is_to_be_sent_as_it_is() {
    let headers: Headers = [("X-Gitlab-Token", STANDARD.encode("a token of some length"))].into_iter().collect();
    let secret = "a token of some length".to_owned();
    let found = Got { scheme: "gitlab", secret, headers, url: URL, body: b"{}" }.diagnose();
    names(&found, "signature_encoding", "gitlab");
    assert_eq!(
        (found[0].sentence.as_str(), found[0].fix.as_str()),
        ("The token was sent base64-encoded.", "Send it as it is.")
    );
}

#[test]
fn the_secret_of_another_bin_may_have_white_space_around_it() {
    let headers = Sent::new("github", b"right", b"{}").headers();
    for pasted in ["right", " right\n"] {
        let value = SecretValue::new(pasted.into());
        let others = [OtherSecret { label: "old", bin: "shop", value: &value }];
        let got = Got { scheme: "github", secret: "wrong".into(), headers: headers.clone(), url: URL, body: b"{}" };
        names(&got.diagnose_beside(&others), "other_bin_secret", pasted);
    }
}

#[test]
fn what_was_signed_with_in_place_of_a_secret_is_said() {
    for (key, sentence) in [
        ("", "The sender signed with an empty secret."),
        ("undefined", "The sender signed with the word `undefined` as the secret."),
        ("${GITHUB_KEY}", "The sender signed with the word `${GITHUB_KEY}` as the secret."),
        ("env.webhook_secret", "The sender signed with the word `env.webhook_secret` as the secret."),
    ] {
        let headers = Sent::new("github", key.as_bytes(), b"{}").headers();
        let found = Got { scheme: "github", secret: "right".into(), headers, url: URL, body: b"{}" }.diagnose();
        assert_eq!((found[0].code, found[0].sentence.as_str()), ("secret_unset", sentence));
    }
}

#[test]
fn a_public_key_in_the_place_of_the_signature_is_no_secret() {
    let public = hex::encode(ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key());
    let headers: Headers =
        [("X-Signature-Timestamp", TIME.to_owned()), ("X-Signature-Ed25519", public.clone())].into_iter().collect();
    let found = Got { scheme: "discord", secret: public, headers, url: URL, body: b"{}" }.diagnose();
    assert!(found.iter().all(|finding| !finding.verifies), "{found:#?}");
}

#[test]
fn of_two_causes_both_are_said() {
    let signed = Sent::new("github", b"right", b"sha256={}").headers();
    let sent = |secret: &str, body: &'static [u8]| {
        Got { scheme: "github", secret: secret.into(), headers: signed.clone(), url: URL, body }.diagnose()
    };
    let content = "The sender signed `sha256={body}`; the scheme GitHub (sha256) signs `{body}`.";
    let secret = sent(" right\n", b"{}");
    assert_eq!(
        secret[0].sentence,
        format!("The signature is right with the secret without the white space around it, and: {content}")
    );
    assert!(secret[0].fix.starts_with("Paste the secret again without spaces or newlines around it. Sign what"));
    let body = sent("right", b"{}\n");
    assert_eq!(
        body[0].sentence,
        format!("The signature is right for the body without its trailing newline, and: {content}")
    );
    // Both the secret and the URL are named, or the secret and the body.
    let url = "http://hook.example/in/sub?b=2&a=1";
    let sent = Sent { signed_url: url.into(), ..Sent::new("square", b"right", b"{}") };
    let got = Got { scheme: "square", secret: "right\n".into(), headers: sent.headers(), url: URL, body: b"{}" };
    let found = got.diagnose();
    let start = format!(
        "The signature is right with the secret without the white space around it, and: The signature is right for the URL {url};"
    );
    assert!(found[0].sentence.starts_with(&start), "{found:#?}");
    let plain = Sent::new("github", b"right", b"{}").headers();
    let got = Got { scheme: "github", secret: "right\n".into(), headers: plain, url: URL, body: b"{}\n" };
    assert_eq!(
        got.diagnose()[0].sentence,
        "The signature is right with the secret without the white space around it and for the body without its trailing newline."
    );
}
