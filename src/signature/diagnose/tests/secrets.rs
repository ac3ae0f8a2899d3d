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
            names(&Got { scheme, secret: pasted, headers, url: URL, body }.diagnose(), code, scheme);
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
