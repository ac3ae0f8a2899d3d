//! Right requests, broken in one way each: the first finding names the way.

mod addresses;
mod bodies;
mod broken;
mod budget;
mod catalogue;
mod elsewhere;
mod forms;
mod guessed;
mod kinds;
mod made;
mod recoded;
mod requests;
mod rewritten;
mod secret_forms;
mod secrets;
mod seldom;
mod signatures;
mod times;
mod tokens;
mod writers;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::model::Timestamp;
use crate::signature::algorithm::Algorithm;
use crate::signature::key::compute;
use crate::signature::tests::{catalogue, scheme};

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
    /// Values that the scheme signs in addition.
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
        scheme(self.scheme).algorithm
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
                let mut pairs = crate::http::form::pairs(body);
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
        self.diagnosed(&[], change)
    }

    /// With the secrets of other bins.
    fn diagnose_beside(&self, others: &[OtherSecret<'_>]) -> Vec<Finding> {
        self.diagnosed(others, |_| {})
    }

    fn diagnosed(&self, others: &[OtherSecret<'_>], change: impl FnOnce(&mut Case<'_>)) -> Vec<Finding> {
        let config = Config::new();
        let secrets = [secret("live", &self.secret)];
        let mut case = Case {
            catalogue: catalogue(),
            scheme: scheme(self.scheme),
            config: &config,
            request: SignedRequest {
                method: "POST",
                url: self.url,
                headers: &self.headers,
                body: self.body,
                received_at: Timestamp::from_secs(1_700_000_001),
            },
            secrets: &secrets,
            other_secrets: others,
            other_requests: &[],
            urls: &[],
            below: "",
            query: self.url.split_once('?').map(|(_, query)| query),
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

/// The schemes whose key is the secret's own text.
fn textual() -> Vec<(&'static str, String)> {
    schemes_to_try()
        .into_iter()
        .filter(|(scheme, ..)| !matches!(*scheme, "standard-webhooks" | "discord" | "stripe"))
        .map(|(scheme, secret, _)| (scheme, secret))
        .collect()
}
