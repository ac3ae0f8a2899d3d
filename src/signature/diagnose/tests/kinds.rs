//! The rarer members of each kind of mistake, which are tried for small bodies.

use super::*;

const SECRET: &str = "Zk9-pQ2_r7T";
const BODY: &[u8] = br#"{"id":"evt_9","amount":10,"livemode":true}"#;

fn github(key: &[u8], pasted: &str) -> Vec<Finding> {
    let headers = Sent::new("github", key, BODY).headers();
    Got { scheme: "github", secret: pasted.into(), headers, url: URL, body: BODY }.diagnose()
}

fn stripe(value: &str) -> Vec<Finding> {
    let headers: Headers = [("Stripe-Signature", value.to_owned())].into_iter().collect();
    Got { scheme: "stripe", secret: SECRET.into(), headers, url: URL, body: BODY }.diagnose()
}

fn hmac(message: &[u8]) -> Vec<u8> {
    compute(Algorithm::HmacSha256, SECRET.as_bytes(), message).unwrap()
}

#[test]
fn what_came_along_with_the_senders_secret() {
    let with = |before: &str, after: &str| format!("{before}{SECRET}{after}").into_bytes();
    let utf16: Vec<u8> = SECRET.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let sha1 = hex::encode_upper(compute(Algorithm::DigestSha1, b"", SECRET.as_bytes()).unwrap());
    for (key, code) in [
        (with("\u{feff}", ""), "secret_space"),
        (with("", "\u{a0}"), "secret_space"),
        (with("", "\u{200b}"), "secret_space"),
        (with("\t", "\t"), "secret_space"),
        (with("\n", ""), "secret_newline"),
        (with("", "\n\n"), "secret_newline"),
        (with("", "\\n"), "secret_escaped"),
        (with("", ";"), "secret_characters"),
        (with("", ","), "secret_characters"),
        (with("b'", "'"), "secret_quotes"),
        (with("\"", "\","), "secret_quotes"),
        (with("«", "»"), "secret_quotes"),
        (with("WEBHOOK_SECRET=", ""), "secret_assignment"),
        (with("Secret: ", ""), "secret_assignment"),
        (with("", SECRET), "secret_doubled"),
        (utf16, "secret_encoded"),
        (format!("{}\n", STANDARD.encode(SECRET)).into_bytes(), "secret_encoded"),
        (format!("0x{}", hex::encode(SECRET)).into_bytes(), "secret_encoded"),
        (sha1.into_bytes(), "secret_hashed"),
    ] {
        names(&github(&key, SECRET), code, &String::from_utf8_lossy(&key));
    }
}

#[test]
fn what_came_along_with_the_bins_secret() {
    for (pasted, code) in [
        (format!("\"{SECRET}\" # prod"), "secret_"),
        (format!("{SECRET}#2026"), "secret_cut"),
        (format!("{{\"secret\":\"{SECRET}\"}}"), "secret_assignment"),
        (format!("https://x.example/hook?secret={SECRET}"), "secret_assignment"),
        (format!("({SECRET})"), "secret_quotes"),
        (format!("[{SECRET}]"), "secret_quotes"),
        (format!("**{SECRET}**"), "secret_quotes"),
        (format!("«{SECRET}»"), "secret_quotes"),
        (format!("&quot;{SECRET}&quot;"), "secret_"),
        (SECRET.replace("-p", "-\u{ad}p"), "secret_whitespace"),
        (SECRET.repeat(2), "secret_doubled"),
    ] {
        let found = github(SECRET.as_bytes(), &pasted);
        assert!(found[0].verifies && found[0].code.starts_with(code), "{pasted}: {found:#?}");
        assert!(!found[0].sentence.contains(SECRET) && !found[0].fix.contains(SECRET), "{found:?}");
    }
}

#[test]
fn a_secret_that_nobody_has_set() {
    for word in [
        "$WEBHOOK_SECRET",
        "${GITHUB_WEBHOOK_SECRET}",
        "%WEBHOOK_SECRET%",
        "process.env.WEBHOOK_SECRET",
        "{{ secret }}",
        "ENV['GITHUB_SECRET']",
        "[object Object]",
        "NaN",
        "true",
        "test",
        "changeme",
        "your_webhook_secret",
        "your-secret",
        "<your-secret>",
    ] {
        names(&github(word.as_bytes(), SECRET), "secret_unset", word);
    }
}

#[test]
fn a_time_that_is_signed_otherwise_than_sent() {
    for (signed, code) in [
        ("1700000000000", "timestamp_unit"),
        ("1700000000123", "timestamp_unit"),
        ("1700000000.123", "timestamp_unit"),
        ("1700000000.0", "timestamp_unit"),
        ("1700000000000000", "timestamp_unit"),
        ("1700000000000000000", "timestamp_unit"),
        ("28333333", "timestamp_unit"),
        ("2023-11-14T22:13:20Z", "timestamp_unit"),
        ("2023-11-14T22:13:20.000Z", "timestamp_unit"),
        ("2023-11-14T22:13:20+00:00", "timestamp_unit"),
        ("Tue, 14 Nov 2023 22:13:20 GMT", "timestamp_unit"),
        ("undefined", "timestamp_unset"),
        ("None", "timestamp_unset"),
        ("1700000001", "timestamp_other"),
        ("1699999999", "timestamp_other"),
        ("1700000005", "timestamp_other"),
        ("1699999970", "timestamp_other"),
        ("1700000060", "timestamp_other"),
        ("1700003600", "timestamp_other"),
    ] {
        let mac = hmac(&[signed.as_bytes(), b".", BODY].concat());
        names(&stripe(&format!("t={TIME},v1={}", hex::encode(mac))), code, signed);
    }
    // The whole seconds were signed, and the milliseconds were sent.
    let mac = hex::encode(hmac(&[TIME.as_bytes(), b".", BODY].concat()));
    names(&stripe(&format!("t={TIME}123,v1={mac}")), "timestamp_unit", "milliseconds sent");
}

#[test]
fn a_signature_that_is_dressed_up() {
    let mac = hmac(BODY);
    let hex = hex::encode(&mac);
    let zeros = "0".repeat(64);
    let spaced: Vec<String> = mac.iter().map(|byte| format!("{byte:02x}")).collect();
    let sha512 = hex::encode(compute(Algorithm::HmacSha512, SECRET.as_bytes(), BODY).unwrap());
    for (value, code) in [
        (format!("sha256={zeros}, sha256={hex}"), "signature_form"),
        (STANDARD.encode(format!("sha256={hex}")), "signature_form"),
        (format!("sha256%3D{hex}"), "signature_"),
        (format!("sha256&#x3D;{hex}"), "signature_"),
        (format!("sha256\\u003d{hex}"), "signature_form"),
        (format!("['sha256={hex}']"), "signature_form"),
        (format!("{{\"sha256\":\"{hex}\"}}"), "signature_"),
        (format!("sha256=b'{}'", STANDARD.encode(&mac)), "signature_"),
        (format!("sha256={}", data_encoding::BASE32.encode(&mac)), "signature_encoding"),
        (format!("sha256={}", spaced.join(" ")), "signature_encoding"),
        (format!("sha256={}", spaced.join(":")), "signature_encoding"),
        (format!("sha256={}", STANDARD.encode(STANDARD.encode(&mac))), "signature_encoding"),
        (format!("sha256={}", STANDARD.encode(format!("{hex}\n"))), "signature_encoding"),
        (format!("sha256={}", &hex[24..]), "signature_truncated"),
        (format!("sha256={}", &hex[1..]), "signature_truncated"),
        (format!("sha256={SECRET}"), "signature_is_secret"),
        (SECRET.to_owned(), "signature_is_secret"),
        (format!("sha256={}", &sha512[..64]), "signature_algorithm"),
        // By Python's `hmac` with `sha512_256` and `sha3_256`.
        ("sha256=f0c2db8570882fe2f0c8d3a768f9d05025a319b1021f6104d2fc665d170b5c00".to_owned(), "signature_algorithm"),
        ("sha256=5181857e4bc77413441b407082f01109eab801051aca94e12da50e67cd42631a".to_owned(), "signature_algorithm"),
    ] {
        let headers: Headers = [("X-Hub-Signature-256", value.clone())].into_iter().collect();
        let found = Got { scheme: "github", secret: SECRET.into(), headers, url: URL, body: BODY }.diagnose();
        assert!(found[0].verifies && found[0].code.starts_with(code), "{value}: {found:#?}");
    }
    let timed = hex::encode(hmac(&[TIME.as_bytes(), b".", BODY].concat()));
    for value in [
        format!("\"t={TIME},v1={timed}\""),
        format!("t%3D{TIME}%2Cv1%3D{timed}"),
        format!("{{\"t\":\"{TIME}\",\"v1\":\"{timed}\"}}"),
    ] {
        names(&stripe(&value), "signature_form", &value);
    }
}

#[test]
fn hashes_of_hashes_and_other_contents() {
    let sha256 = |message: &[u8]| compute(Algorithm::DigestSha256, b"", message).unwrap();
    let right = hmac(BODY);
    let joined = |between: &[u8]| [SECRET.as_bytes(), between, BODY].concat();
    for (made, code) in [
        (hmac(hex::encode(&right).as_bytes()), "signed_content"),
        (hmac(&right), "signed_content"),
        (sha256(&right), "digest_of_hmac"),
        (sha256(&sha256(&joined(b""))), "digest_with_secret"),
        (sha256(&joined(b"|")), "digest_with_secret"),
        (sha256(&joined(b"\n")), "digest_with_secret"),
        (sha256(SECRET.as_bytes()), "digest_with_secret"),
    ] {
        let headers = Sent::new("github", b"", BODY).headers_with(&made);
        names(
            &Got { scheme: "github", secret: SECRET.into(), headers, url: URL, body: BODY }.diagnose(),
            code,
            &hex::encode(&made),
        );
    }
    // Of the body alone, where the scheme signs more.
    let mac = hex::encode(sha256(&right));
    names(&stripe(&format!("t={TIME},v1={mac}")), "digest_of_hmac", "the body alone");
    let sha1 = hex::encode(compute(Algorithm::DigestSha1, b"", BODY).unwrap());
    let body = String::from_utf8_lossy(BODY);
    for content in [format!("{TIME}.{sha1}"), format!(".{body}"), format!("{TIME};{body}")] {
        let mac = hex::encode(hmac(content.as_bytes()));
        names(&stripe(&format!("t={TIME},v1={mac}")), "signed_content", &content);
    }
}

#[test]
fn nobody_who_sends_a_public_key_s_signature_or_a_token_is_told_to_use_hmac() {
    let public = hex::encode(ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key());
    let hash = |algorithm: Algorithm, message: &[u8]| compute(algorithm, b"", message).unwrap();
    let sha512 = hash(Algorithm::DigestSha512, BODY);
    let discord = Sent::new("discord", &[7; 32], BODY).headers_with(&sha512);
    let tokens = [BODY, SECRET.as_bytes()].map(|message| hex::encode(hash(Algorithm::DigestSha256, message)));
    let gitlab = tokens.map(|token| ("gitlab", SECRET.to_owned(), [("X-Gitlab-Token", token)].into_iter().collect()));
    for (scheme, secret, headers) in gitlab.into_iter().chain([("discord", public, discord)]) {
        let found = Got { scheme, secret, headers, url: URL, body: BODY }.diagnose();
        assert!(found.iter().all(|one| !one.code.starts_with("digest") && !one.fix.contains("HMAC")), "{found:#?}");
    }
}

#[test]
fn a_url_as_proxies_tell_it_and_with_one_slip() {
    let found = |signed: &str, checked: &str, header: Option<(&str, &str)>| {
        let sent = Sent { signed_url: signed.into(), ..Sent::new("square", SECRET.as_bytes(), BODY) };
        let mut headers = sent.headers();
        if let Some((name, value)) = header {
            headers.push(name.to_owned(), value.to_owned());
        }
        Got { scheme: "square", secret: SECRET.into(), headers, url: checked, body: BODY }.diagnose()
    };
    let own = "https://hooks.example.com/sq";
    for (signed, name, value) in [
        ("https://pub.example.org/sq", "Forwarded", "for=1.2.3.4;host=pub.example.org;proto=https"),
        ("https://hooks.example.com:8444/sq", "X-Forwarded-Port", "8444"),
        ("https://hooks.example.com/app/sq", "X-Forwarded-Prefix", "/app"),
        ("https://o.example/sq", "X-Forwarded-Server", "o.example"),
        ("https://hooks.example.com/e", "X-Envoy-Original-Path", "/e"),
        ("https://hooks.example.com/e", "X-Replaced-Path", "/e"),
    ] {
        let found = found(signed, own, Some((name, value)));
        assert!(found[0].verifies && found[0].code.starts_with("url_"), "{name}: {found:#?}");
        let says = format!("(as the header {} says)", name.to_ascii_lowercase());
        assert!(found[0].sentence.contains(&says), "{}", found[0].sentence);
    }
    for (signed, checked) in [
        ("https://hooks.example.com/api/sq", own),
        ("https://hooks.example.com//sq", own),
        ("https://hooks.example.com:8443/sq", own),
        ("https://hooks.example.com./sq", own),
        ("https://hooks.example.com/sq/index.php", own),
        ("https://Hooks.Example.com/sq", own),
        (own, "https://hooks.example.com/sq#x"),
        (own, "https://u:p@hooks.example.com/sq"),
        ("https://hooks.example.com/sq?a=1", "https://hooks.example.com/sq?a=1&utm_source=x"),
        ("https://hooks.example.com/sq?a", "https://hooks.example.com/sq?a="),
        ("https://hooks.example.com/sq?a=x%2By", "https://hooks.example.com/sq?a=x+y"),
        ("https://hooks.example.com/sq?a=%2520", "https://hooks.example.com/sq?a=%20"),
        // Escapes in the other case, of letters that no writer escapes.
        ("https://hooks.example.com/sq?a=%2d%7e&b=~-", "https://hooks.example.com/sq?a=%2D%7E&b=~-"),
        ("https://hooks.example.com/sq?a=%2D%7E&b=~-", "https://hooks.example.com/sq?a=%2d%7e&b=~-"),
        ("https://hööks.example.com/sq", "https://xn--hks-snaa.example.com/sq"),
    ] {
        let found = found(signed, checked, None);
        assert!(found[0].verifies && found[0].code.starts_with("url_"), "{signed}: {found:#?}");
    }
}

#[test]
fn a_signature_in_another_place_is_found_there() {
    let value = format!("sha256={}", hex::encode(hmac(BODY)));
    let query = format!("https://hook.example/in?signature={}", value.replace('=', "%3D"));
    let cookie = format!("a=b; sig={value}");
    for (headers, url, code, place) in [
        (vec![], query.as_str(), "signature_place", "query parameter signature"),
        (vec![("Cookie", cookie)], URL, "signature_place", "cookie sig"),
        (vec![("X-Webhook-Token", value)], URL, "signature_header", "header X-Webhook-Token"),
    ] {
        let headers: Headers = headers.into_iter().collect();
        let found = Got { scheme: "github", secret: SECRET.into(), headers, url, body: BODY }.diagnose();
        names(&found, code, place);
        assert!(found[0].sentence.contains(place), "{}", found[0].sentence);
    }
    let headers: Headers = [("X-Trace", "0".repeat(64))].into_iter().collect();
    let found = Got { scheme: "github", secret: SECRET.into(), headers, url: URL, body: BODY }.diagnose();
    assert_eq!(found[0].code, "signature_missing");
}

#[test]
fn a_wrong_signature_has_no_cause_in_any_dress_and_any_place() {
    let wrong = hex::encode(compute(Algorithm::HmacSha256, b"of somebody else", b"something else").unwrap());
    let base64 = STANDARD.encode(hex::decode(&wrong).unwrap());
    for value in [
        format!("sha256={wrong}"),
        wrong.clone(),
        base64.clone(),
        format!("\"sha256={wrong}\""),
        format!("['sha256={wrong}']"),
        format!("{{\"sha256\":\"{wrong}\",\"t\":1}}"),
        format!("sha256%3D{wrong}"),
        format!("sha256=b'{base64}'"),
        format!("sha256={wrong}, sha256={base64}, md5=00"),
        STANDARD.encode(format!("sha256={wrong}")),
        format!("sha256={}", STANDARD.encode(&base64)),
        format!("sha256={}", data_encoding::BASE32.encode(wrong.as_bytes())),
        format!("sha256={}", &wrong[..16]),
        format!("sha256={wrong}{wrong}"),
        "sha256=".to_owned(),
        "test".to_owned(),
    ] {
        for name in ["X-Hub-Signature-256", "X-Other-Signature", "Authorization", "X-Note", "Cookie"] {
            let headers: Headers = [(name, value.clone())].into_iter().collect();
            let found = Got { scheme: "github", secret: SECRET.into(), headers, url: URL, body: BODY }.diagnose();
            assert!(found.iter().all(|finding| !finding.verifies), "{name}: {value}: {found:#?}");
        }
    }
}

#[test]
fn a_right_signature_has_no_cause_whatever_is_beside_it() {
    for (scheme, secret, key) in schemes_to_try() {
        let body = body_for(scheme).as_bytes();
        let mut headers = Sent::new(scheme, &key, body).headers();
        for (name, value) in [
            ("Forwarded", "for=1.2.3.4;host=pub.example.org;proto=http"),
            ("X-Forwarded-Prefix", "/app"),
            ("X-Other-Signature", "sha256=0000000000000000000000000000000000000000000000000000000000000000"),
            ("Authorization", "Bearer something"),
            ("X-Other-Timestamp", "1600000000"),
        ] {
            headers.push(name, value);
        }
        assert_eq!(Got { scheme, secret, headers, url: URL, body }.diagnose(), [], "{scheme}");
    }
}

#[test]
fn a_short_secret_is_no_token_where_it_stands_by_chance() {
    let sent = |name: &'static str| -> Headers { [(name, "test".to_owned())].into_iter().collect() };
    let diagnosed =
        |headers: Headers| Got { scheme: "gitlab", secret: "test".into(), headers, url: URL, body: BODY }.diagnose();
    assert_eq!(diagnosed(sent("X-Environment"))[0].code, "signature_missing");
    names(&diagnosed(sent("X-Webhook-Token")), "signature_header", "a token's header");
}
