use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::model::Timestamp;
use crate::signature::{Algorithm, compute, scheme};

const TIME: &str = "1700000000";
const URL: &str = "https://hook.example/in/sub?b=2&a=1";
const JSON: &str =
    r#"{"name": "Zoë/\u00fc", "amount": 12.50, "big": 12345678901234567890, "list": [1, {"b": null, "a": "<&>"}]}"#;

/// What a sender does: it signs this, and sends something that may differ.
#[derive(Clone)]
struct Sent<'t> {
    scheme: &'t str,
    /// The key's bytes (a seed for ed25519).
    key: Vec<u8>,
    signed_url: String,
    signed_body: Vec<u8>,
    /// Values that the scheme signs beside them.
    time: &'t str,
}

/// Each scheme of the tests: its id, a secret as pasted, the key's bytes.
fn schemes_to_try() -> Vec<(&'static str, String, Vec<u8>)> {
    let plain = "0f3a9c5e7b1d2f4a6c8e";
    let seed = [7_u8; 32];
    let public = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key();
    vec![
        ("callaider", plain.into(), plain.into()),
        ("github", plain.into(), plain.into()),
        ("stripe", format!("whsec_{plain}"), format!("whsec_{plain}").into()),
        ("standard-webhooks", format!("whsec_{}", STANDARD.encode(plain)), plain.into()),
        ("slack", plain.into(), plain.into()),
        ("shopify", plain.into(), plain.into()),
        ("square", plain.into(), plain.into()),
        ("twilio-form", plain.into(), plain.into()),
        ("discord", hex::encode(public.as_bytes()), seed.to_vec()),
    ]
}

impl<'t> Sent<'t> {
    fn new(scheme: &'t str, key: &[u8], body: &[u8]) -> Self {
        Self { scheme, key: key.to_vec(), signed_url: URL.into(), signed_body: body.into(), time: TIME }
    }

    fn algorithm(&self) -> Algorithm {
        scheme(self.scheme).unwrap().algorithm
    }

    fn mac(&self, message: &[u8]) -> Vec<u8> {
        compute(self.algorithm(), &self.key, message).unwrap()
    }

    fn message(&self) -> Vec<u8> {
        let (time, url, body) = (self.time, &self.signed_url, &self.signed_body[..]);
        let parts: Vec<&[u8]> = match self.scheme {
            "stripe" => vec![time.as_bytes(), b".", body],
            "standard-webhooks" => vec![b"msg_1.", time.as_bytes(), b".", body],
            "slack" => vec![b"v0:", time.as_bytes(), b":", body],
            "square" => vec![url.as_bytes(), body],
            "discord" => vec![time.as_bytes(), body],
            "twilio-form" => {
                let mut pairs = crate::model::form_pairs(body);
                pairs.sort();
                let text: String = pairs.into_iter().map(|(name, value)| name + &value).collect();
                return [url.as_bytes(), text.as_bytes()].concat();
            }
            _ => vec![body],
        };
        parts.concat()
    }

    fn headers(&self) -> Headers {
        self.headers_with(&self.mac(&self.message()))
    }

    fn headers_with(&self, signature: &[u8]) -> Headers {
        let (hex, base64, time) = (hex::encode(signature), STANDARD.encode(signature), self.time.to_owned());
        let mut pairs: Vec<(&str, String)> = match self.scheme {
            "callaider" => {
                vec![("X-Callaider-Event", "session.ended".into()), ("X-Callaider-Signature", format!("sha256={hex}"))]
            }
            "github" => vec![("X-Hub-Signature-256", format!("sha256={hex}"))],
            "stripe" => vec![("Stripe-Signature", format!("t={time},v1={hex}"))],
            "standard-webhooks" => {
                vec![
                    ("webhook-id", "msg_1".into()),
                    ("webhook-timestamp", time),
                    ("webhook-signature", format!("v1,{base64}")),
                ]
            }
            "slack" => vec![("X-Slack-Request-Timestamp", time), ("X-Slack-Signature", format!("v0={hex}"))],
            "shopify" => vec![("X-Shopify-Topic", "orders/create".into()), ("X-Shopify-Hmac-SHA256", base64)],
            "square" => vec![("x-square-hmacsha256-signature", base64)],
            "twilio-form" => vec![("X-Twilio-Signature", base64)],
            "discord" => vec![("X-Signature-Timestamp", time), ("X-Signature-Ed25519", hex)],
            other => panic!("{other}"),
        };
        let kind = if self.scheme == "twilio-form" { "application/x-www-form-urlencoded" } else { "application/json" };
        pairs.push(("Content-Type", kind.into()));
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// What the bin has and gets.
struct Got<'t> {
    scheme: &'t str,
    secret: String,
    headers: Headers,
    url: &'t str,
    body: &'t [u8],
}

fn secret(label: &str, text: &str) -> Secret {
    Secret { id: 1, label: label.into(), value: SecretValue::new(text.into()), created_at: Timestamp::default() }
}

impl Got<'_> {
    fn diagnose(&self) -> Vec<Finding> {
        self.diagnose_with(|_| {})
    }

    fn diagnose_with(&self, change: impl FnOnce(&mut Case<'_>)) -> Vec<Finding> {
        let config = Config::new();
        let secrets = [secret("live", &self.secret)];
        let mut case = Case {
            scheme: scheme(self.scheme).unwrap(),
            config: &config,
            request: SignedRequest {
                method: "POST",
                url: self.url,
                headers: &self.headers,
                body: self.body,
                received_at: Timestamp::from_secs(1_700_000_001),
            },
            secrets: &secrets,
            other_secrets: &[],
            other_requests: &[],
            urls: &[],
            complete: true,
            over_limit: false,
            declared_size: None,
        };
        change(&mut case);
        diagnose(&case)
    }
}

#[track_caller]
fn names(findings: &[Finding], code: &str, about: &str) {
    let first = findings.first();
    assert!(
        first.is_some_and(|first| first.verifies && first.code == code),
        "{about}: wanted {code}, got {findings:#?}"
    );
}

fn body_for(scheme: &str) -> &'static str {
    if scheme == "twilio-form" { "CallSid=CA1&From=%2B1&To=a+b" } else { JSON }
}

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

/// The schemes whose key is the secret's own text.
fn textual() -> Vec<(&'static str, String)> {
    schemes_to_try()
        .into_iter()
        .filter(|(scheme, ..)| !matches!(*scheme, "standard-webhooks" | "discord" | "stripe"))
        .map(|(scheme, secret, _)| (scheme, secret))
        .collect()
}

#[test]
fn the_secret_in_another_form_at_the_sender() {
    for (scheme, plain) in textual() {
        let body = body_for(scheme).as_bytes();
        let sha256 = hex::encode(compute(Algorithm::DigestSha256, b"", plain.as_bytes()).unwrap());
        for (key, pasted, code) in [
            (format!("{plain}\n").into_bytes(), plain.clone(), "secret_newline"),
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
fn the_body_written_anew() {
    let spaced = br#"{"b": 1.0, "a": "Zo\u00eb/<"}"#;
    let tight = "{\"b\":1.0,\"a\":\"Zoë/<\"}".as_bytes();
    for (scheme, secret, key) in schemes_to_try() {
        if scheme == "twilio-form" {
            continue;
        }
        for (signed, sent, code) in [
            (&b"{\"b\":1,\"a\":\"Zo\xc3\xab/<\"}"[..], &spaced[..], "body_json_javascript"),
            (&spaced[..], tight, "body_json_python"),
            (&br#"{"b":1.0,"a":"Zo\u00eb/<"}"#[..], tight, "body_json_python"),
            (br#"{"b":1.0,"a":"Zo\u00eb\/<"}"#, tight, "body_json_php"),
            ("{\"a\":\"Zoë/<\",\"b\":1.0}".as_bytes(), tight, "body_json_sorted"),
            (br#"{"a": "Zo\u00eb/<", "b": 1.0}"#, tight, "body_json_sorted"),
            ("{\"b\":1.0,\"a\":\"Zoë/<\"}".as_bytes(), spaced, "body_json_compact"),
            ("{\"a\":\"Zoë/\\u003c\",\"b\":1}".as_bytes(), tight, "body_json_go"),
            (br#"{"b":1.0,"a":"Zo\u00EB/\u003C"}"#, tight, "body_json_dotnet"),
            ("{\n  \"b\": 1,\n  \"a\": \"Zoë/<\"\n}".as_bytes(), tight, "body_json_pretty"),
            (br#"{"b": 1.0, "a": "x"}"#, br#"{"b":1.0,"a":"x"}"#, "body_json_python"),
            ("{\"b\": 1.0, \"a\": \"Zoë/<\"}".as_bytes(), tight, "body_json_python"),
        ] {
            let headers = Sent::new(scheme, &key, signed).headers();
            let got = Got { scheme, secret: secret.clone(), headers, url: URL, body: sent };
            names(&got.diagnose(), code, &format!("{scheme} {}", String::from_utf8_lossy(signed)));
        }
    }
}

#[test]
fn the_body_changed_otherwise() {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(JSON.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let text = "{\"a\":\n\"é\"}";
    let cases: Vec<(Vec<u8>, Vec<u8>, &str)> = vec![
        (JSON.into(), format!("{JSON}\n").into(), "body_newline_removed"),
        (format!("{JSON}\n").into(), JSON.into(), "body_newline_added"),
        (format!("{JSON}\r\n").into(), JSON.into(), "body_newline_added"),
        (JSON.into(), gzip, "body_decompressed"),
        (text.replace('\n', "\r\n").into(), text.into(), "body_line_ends"),
        (text.into(), text.replace('\n', "\r\n").into(), "body_line_ends"),
        (format!("\u{feff}{text}").into(), text.into(), "body_byte_order_mark"),
        (b"{\"a\":\n\"\xe9\"}".to_vec(), text.into(), "body_charset"),
        (text.into(), b"{\"a\":\n\"\xe9\"}".to_vec(), "body_charset"),
        (Vec::new(), JSON.into(), "body_empty"),
        (b"[object Object]".to_vec(), JSON.into(), "body_stringified"),
    ];
    for (scheme, secret, key) in schemes_to_try() {
        if scheme == "twilio-form" {
            continue;
        }
        for (signed, sent, code) in &cases {
            let headers = Sent::new(scheme, &key, signed).headers();
            let got = Got { scheme, secret: secret.clone(), headers, url: URL, body: sent };
            names(&got.diagnose(), code, &format!("{scheme} {code}"));
        }
    }
}

#[test]
fn a_form_signed_by_its_field_or_decoded() {
    for (signed, code) in [(r#"{"a":"ü"}"#, "body_form_field"), ("payload={\"a\":\"ü\"}&x=1 2", "body_form_decoded")]
    {
        for (scheme, secret) in textual().into_iter().filter(|(scheme, _)| *scheme != "twilio-form") {
            let mut headers = Sent::new(scheme, secret.as_bytes(), signed.as_bytes()).headers();
            headers = headers
                .iter()
                .filter(|field| field.name != "Content-Type")
                .map(|field| (field.name.clone(), field.value.clone()))
                .collect();
            headers.push("Content-Type", "application/x-www-form-urlencoded");
            let body = b"payload=%7B%22a%22%3A%22%C3%BC%22%7D&x=1+2";
            names(&Got { scheme, secret, headers, url: URL, body }.diagnose(), code, scheme);
        }
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
        names(&Got { scheme, secret, headers, url: URL, body }.diagnose(), "timestamp_unit", scheme);
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
fn bodies_swapped_and_signatures_used_again() {
    for (scheme, secret, key) in schemes_to_try() {
        let (body, other) =
            if scheme == "twilio-form" { (&b"a=1"[..], &b"a=2"[..]) } else { (&b"{\"a\":1}"[..], &b"{\"a\":2}"[..]) };
        let headers = Sent::new(scheme, &key, other).headers();
        let swapped = Sent::new(scheme, &key, body).headers();
        for (others_headers, code) in [(&swapped, "body_of_other_request"), (&headers, "signature_of_other_request")] {
            let id = RequestId::from_bytes([1; 16]);
            let found = Got { scheme, secret: secret.clone(), headers: headers.clone(), url: URL, body }.diagnose_with(
                |case| {
                    let others =
                        [OtherRequest { id, headers: Box::leak(Box::new(others_headers.clone())), body: other }];
                    case.other_requests = Box::leak(Box::new(others));
                },
            );
            names(&found, code, scheme);
            assert!(found[0].sentence.contains(&id.to_string()));
        }
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
    assert!(found[0].sentence.contains("stands bare"), "{}", found[0].sentence);
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
    let nonsense: Headers = [("Stripe-Signature", "t=1,v1=zzz")].into_iter().collect();
    let malformed = Got { scheme: "stripe", secret: "x".into(), headers: nonsense, url: URL, body: b"{}" }.diagnose();
    assert_eq!(malformed[0].code, "signature_malformed");
}

#[test]
fn a_large_body_is_searched_within_the_budget_and_says_what_was_left_out() {
    let body = format!(r#"{{"transcript": [{}"x"]}}"#, r#"{"role": "user", "content": "héllo"}, "#.repeat(12_000));
    let headers = Sent::new("callaider", b"right", body.as_bytes()).headers();
    let got = Got { scheme: "callaider", secret: "wrong-secret".into(), headers, url: URL, body: body.as_bytes() };
    let found = got.diagnose();
    assert!(found.iter().all(|finding| !finding.verifies));
    assert!(found.iter().any(|finding| finding.code == "not_all_tried"), "{found:#?}");
    // What is likely is still found.
    let compact = number_of_compact(&body);
    let headers = Sent::new("callaider", b"right", compact.as_bytes()).headers();
    let got = Got { scheme: "callaider", secret: "right".into(), headers, url: URL, body: body.as_bytes() };
    names(&got.diagnose(), "body_json_javascript", "large");
}

fn number_of_compact(body: &str) -> String {
    serde_json::from_str::<serde_json::Value>(body).unwrap().to_string()
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

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]
    #[test]
    fn any_request_can_be_diagnosed(body: Vec<u8>, value in ".{0,40}", secret in ".{0,20}", url in ".{0,30}", at in 0..200_usize) {
        let schemes = crate::signature::schemes();
        let scheme = &schemes[at % schemes.len()];
        let mut headers = Headers::new();
        for hint in &scheme.detect {
            headers.push(hint.name.clone(), value.clone());
        }
        headers.push("X-Signature", value.clone());
        let secrets = [super::tests::secret("a", &secret)];
        let config = Config::new();
        let case = Case {
            scheme,
            config: &config,
            request: SignedRequest { method: "POST", url: &url, headers: &headers, body: &body, received_at: Timestamp::default() },
            secrets: &secrets, other_secrets: &[], other_requests: &[], urls: &[], complete: true, over_limit: false, declared_size: None,
        };
        let _ = diagnose(&case);
    }
}
