//! Requests broken as developers break them (`broken.json`): the share whose true cause is named, per family.
//!
//! A case says what is expected of it: `cause` is a pattern of the code of the first finding, which must verify;
//! `first_guess` the same for requests whose cause cannot be known (a secret that is not known here); `status` the
//! verdict of requests that are right after all. Other cases of the same kinds exist, so a fix must cover the kind, not
//! the case.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;

use super::*;
use crate::signature::{Scheme, Verifier};

#[derive(Deserialize)]
struct Broken {
    name: String,
    scheme: String,
    secrets: Vec<String>,
    public_url: Option<String>,
    path: String,
    query: Option<String>,
    headers_base64: Vec<(String, String)>,
    body_base64: String,
    cause: Option<String>,
    first_guess: Option<String>,
    status: Option<String>,
}

/// The least share of causes that must be named rightly, in per cent. It may only be raised.
const LEAST_SHARE: usize = 98;

impl Broken {
    fn family(&self) -> &'static str {
        let expected = self.cause.as_deref().unwrap_or_default();
        let families = [
            ("body_json", "JSON written anew"),
            ("body_form", "forms written anew"),
            ("body_stringified", "text forms"),
            ("body_", "other forms of the body"),
            ("secret", "secrets"),
            ("timestamp", "times"),
            ("signed_content", "signed contents"),
            ("url", "URLs"),
            ("signature", "signatures"),
            ("digest", "hashes"),
            ("swap", "hashes"),
            ("other_scheme", "signatures"),
        ];
        let known = families.iter().find(|(start, _)| expected.starts_with(start));
        known.map_or("verdicts and guesses", |(_, family)| family)
    }

    /// Judged and diagnosed as a bin with the scheme does it: the verdict's status and the findings.
    fn outcome(&self, scheme: Option<&str>) -> (String, Vec<Finding>) {
        let text = |encoded: &str| STANDARD.decode(encoded).unwrap();
        let headers: Headers = self.headers_base64.iter().map(|(name, value)| (text(name), text(value))).collect();
        let body = text(&self.body_base64);
        let query = self.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let url = format!("{}{}{query}", self.public_url.as_deref().unwrap_or("http://127.0.0.1/b"), self.path);
        let secrets: Vec<Secret> =
            self.secrets.iter().enumerate().map(|(at, text)| secret(&format!("secret {at}"), text)).collect();
        let verifier = Verifier::new(catalogue(), scheme, None, &secrets).unwrap();
        let request = SignedRequest {
            method: "POST",
            url: &url,
            headers: &headers,
            body: &body,
            received_at: Timestamp::from_secs(1_795_698_793),
        };
        let explanation = verifier.explain(&request);
        let status = serde_json::to_value(explanation.verdict.status).unwrap().as_str().unwrap().to_owned();
        let schemes: Vec<&Scheme> = verifier.schemes_for(&request).into_iter().map(|scheme| &**scheme).collect();
        let findings = match schemes.split_first() {
            Some((&scheme, alike)) if status != "valid" => {
                let config = Config::new();
                let case = Case {
                    catalogue: catalogue(),
                    scheme,
                    config: &config,
                    request,
                    secrets: &secrets,
                    other_secrets: &[],
                    other_requests: &[],
                    urls: &[format!("http://127.0.0.1/b{}{query}", self.path)],
                    below: &self.path,
                    query: self.query.as_deref(),
                    complete: true,
                    over_limit: false,
                    declared_size: None,
                };
                diagnose_detected(&case, alike)
            }
            _ => Vec::new(),
        };
        (status, findings)
    }

    fn is_named(&self, status: &str, findings: &[Finding]) -> bool {
        let is_of = |pattern: &str, code: &str| Regex::new(&format!("^(?:{pattern})")).unwrap().is_match(code);
        match (&self.status, &self.cause, &self.first_guess) {
            (Some(wanted), ..) => wanted == status,
            (None, Some(cause), _) => {
                let first = findings.iter().find(|finding| finding.verifies);
                status != "valid" && first.is_some_and(|first| is_of(cause, first.code))
            }
            (None, None, Some(guess)) => {
                status != "valid"
                    && findings.iter().all(|finding| !finding.verifies)
                    && findings.first().is_some_and(|first| is_of(guess, first.code))
            }
            (None, None, None) => false,
        }
    }
}

#[test]
fn the_true_cause_is_named_first() {
    let all: Vec<Broken> = serde_json::from_str(include_str!("broken.json")).unwrap();
    let mut families: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut report = Vec::new();
    for broken in &all {
        let (status, findings) = broken.outcome(Some(&broken.scheme));
        let is_named = broken.is_named(&status, &findings);
        let (named, count) = families.entry(broken.family()).or_default();
        *named += usize::from(is_named);
        *count += 1;
        if !is_named {
            let got: Vec<String> =
                findings.iter().take(2).map(|f| format!("{}{}", f.code, if f.verifies { "!" } else { "" })).collect();
            let wanted = [&broken.cause, &broken.first_guess, &broken.status].into_iter().flatten().next().unwrap();
            report.push(format!(
                "{}: {} | wanted {wanted} | {status} {}",
                broken.family(),
                broken.name,
                got.join(", ")
            ));
        }
    }
    for (family, (named, count)) in &families {
        report.push(format!("{family}: {named} of {count}"));
    }
    let named: usize = families.values().map(|(named, _)| named).sum();
    let report = report.join("\n");
    assert!(named * 100 >= LEAST_SHARE * all.len(), "{named} of {} are named rightly:\n{report}", all.len());
}

/// Other cases of the same form: `CREEL_BROKEN=cases.json cargo test --lib other_cases -- --ignored --nocapture`.
#[expect(clippy::print_stdout, reason = "whoever brings cases reads what became of them")]
#[test]
#[ignore = "reads cases from elsewhere"]
fn other_cases_that_somebody_brings() {
    let path = std::env::var("CREEL_BROKEN").unwrap();
    let all: Vec<Broken> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut named = 0;
    for broken in &all {
        let (status, findings) = broken.outcome(Some(&broken.scheme));
        let is_named = broken.is_named(&status, &findings);
        named += usize::from(is_named);
        let first = findings.first().map_or("", |first| first.code);
        let how = findings.first().map_or("", |first| first.sentence.as_str());
        println!("{} | {} | {status} {first} | {how}", if is_named { "named" } else { "missed" }, broken.name);
    }
    println!("{named} of {} are named rightly", all.len());
}

/// Run with `cargo test --release --lib diagnosis_is_bounded -- --ignored --nocapture`.
#[expect(clippy::print_stdout, reason = "measurements are printed for whoever asks for them")]
#[test]
#[ignore = "measures time: only an optimised build on a quiet machine says something"]
fn diagnosis_is_bounded_for_1_mib() {
    let flat: String = (0..30_000).map(|at| format!("\"name{at}\":\"value é {at} <&>\",")).collect::<Vec<_>>().concat();
    let form: String = (0..900).map(|at| format!("name{at}={}&", "a%20b+c".repeat(160))).collect::<Vec<_>>().concat();
    let nested: String = (0..9_000)
        .map(|at| {
            format!(
                "{{\"id\":{at}.50,\"text\":\"some text of an event that is rather long, {at}\",\"list\":[1,2,{{}}]}},"
            )
        })
        .collect::<Vec<_>>()
        .concat();
    for (kind, body) in [
        ("flat JSON", format!("{{{flat}\"z\":1}}")),
        ("form", format!("{form}z=1")),
        ("nested JSON", format!("{{\"data\":[{nested}1]}}")),
        ("text", "plain ü text\r\n".repeat(70_000)),
    ] {
        let content_type = if kind == "form" { "application/x-www-form-urlencoded" } else { "application/json" };
        for scheme in ["github", "stripe", "slack"] {
            let signature = "0".repeat(64);
            let headers: Headers = [
                ("Content-Type", content_type.to_owned()),
                ("X-Hub-Signature-256", format!("sha256={signature}")),
                ("Stripe-Signature", format!("t={TIME},v1={signature}")),
                ("X-Slack-Request-Timestamp", TIME.to_owned()),
                ("X-Slack-Signature", format!("v0={signature}")),
            ]
            .into_iter()
            .collect();
            let got = Got {
                scheme,
                secret: "whsec_secret".into(),
                headers,
                url: URL,
                body: &body.as_bytes()[..body.len().min(1 << 20)],
            };
            let started = std::time::Instant::now();
            let findings = got.diagnose();
            println!("{kind} by {scheme}: {} bytes, {:?}, {}", got.body.len(), started.elapsed(), findings[0].code);
        }
    }
}
