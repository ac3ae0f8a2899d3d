//! A signature in a place that no scheme knows: found by its form, explained by trying what is usually signed, and offered as
//! a scheme of the bin's own.

use serde_json::{Value as Json, json};

use super::Finding;
use crate::http::form;
use crate::model::{Secret, SignatureStatus};
use crate::signature::algorithm::{Algorithm, Key};
use crate::signature::encoding::Encoding;
use crate::signature::examine::{LabelledSecret, examine};
use crate::signature::request::{Config, SignedRequest, UrlParts, View};
use crate::signature::scheme::Scheme;

/// Places that look like a signature.
const MAX_PLACES: usize = 6;
/// Larger forms are not searched.
const MAX_FORM: usize = 64 << 10;
/// Bytes that are hashed.
const MAX_WORK: usize = 64 << 20;

/// Headers whose values are never a body's signature, however they look.
const OTHERS: &[&str] = &[
    "etag",
    "if-none-match",
    "if-match",
    "cookie",
    "traceparent",
    "x-request-id",
    "x-amzn-trace-id",
    "host",
    "content-length",
    "x-correlation-id",
    "cf-ray",
    "x-b3-traceid",
    "x-cloud-trace-context",
];

/// Headers that hold the moment of signing.
const TIMES: &[&str] = &["timestamp", "-time", "-ts", "-date"];

/// A text that looks like a signature.
struct Found {
    /// As in a record: `header:X-My-Signature`.
    source: String,
    /// `X-My-Signature`
    name: String,
    prefix: String,
    encoding: Encoding,
    length: usize,
    /// The name of the item that holds a time in the same text: `t`.
    time_item: Option<String>,
    /// The name of the item with the signature, where the text is a list: `v1`.
    item: Option<String>,
}

/// What may explain a request that no scheme is recognised in: a digest in any header, query or form value.
pub fn diagnose_unknown(request: &SignedRequest<'_>, secrets: &[Secret]) -> Vec<Finding> {
    let found = places(request);
    let mut left = MAX_WORK;
    for place in &found {
        if let Some(finding) = explained(place, request, secrets, &mut left) {
            return vec![finding];
        }
    }
    found.first().map(guess).into_iter().collect()
}

fn places(request: &SignedRequest<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for field in request.headers {
        let (Ok(name), Some(value)) = (std::str::from_utf8(&field.name), field.value_str()) else { continue };
        if !OTHERS.contains(&name.to_ascii_lowercase().as_str()) {
            found.extend(read(&format!("header:{name}"), name, value));
        }
    }
    for (name, value) in form::pairs(UrlParts::of(request.url).query.as_bytes()) {
        found.extend(read(&format!("query:{name}"), &name, &value));
    }
    let content_type = request.headers.get_str("content-type").unwrap_or_default();
    if content_type.contains("x-www-form-urlencoded") && request.body.len() <= MAX_FORM {
        for (name, value) in form::pairs(request.body) {
            found.extend(read(&format!("form:{name}"), &name, &value));
        }
    }
    // Names that speak of signatures come first.
    found.sort_by_key(|place| {
        let name = place.name.to_ascii_lowercase();
        !["sign", "hmac", "digest", "hash", "mac"].iter().any(|word| name.contains(word))
    });
    found.truncate(MAX_PLACES);
    found
}

/// The signature in a value, alone, after a prefix, or as an item of a list with a time.
fn read(source: &str, name: &str, value: &str) -> Option<Found> {
    let is_name = |name: &str| !name.is_empty() && name.len() <= 100 && !name.contains([':', '{', '}', '*', ' ']);
    if value.len() > 512 || !is_name(name) {
        return None;
    }
    let place = |prefix: &str, text: &str| {
        let (encoding, length) = digest(text)?;
        Some(Found {
            source: source.to_owned(),
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            encoding,
            length,
            time_item: None,
            item: None,
        })
    };
    if let Some(found) = place("", value) {
        return Some(found);
    }
    if value.contains(',') {
        let items: Vec<(&str, &str)> = value.split(',').filter_map(|item| item.trim().split_once('=')).collect();
        let (item, text) = items.iter().find(|(_, text)| digest(text).is_some())?;
        let time = items.iter().find(|(_, text)| text.parse::<u64>().is_ok_and(|time| time > 1_000_000_000));
        let time_item = time.map(|(name, _)| (*name).to_owned());
        return place("", text).map(|found| Found { time_item, item: Some((*item).to_owned()), ..found });
    }
    let at = value.find(['=', ':', ' ', ','])?;
    let (prefix, text) = value.split_at(at + 1);
    place(prefix, text).filter(|found| found.prefix.len() <= 24 && !found.prefix.contains(['{', '}']))
}

/// How a digest is written and how many bytes it has. Shorter hex may be an id.
fn digest(text: &str) -> Option<(Encoding, usize)> {
    [(Encoding::Hex, 20), (Encoding::Base64, 20)].into_iter().find_map(|(encoding, least)| {
        let bytes = encoding.decode(text)?;
        let is_digest = bytes.len() >= least && !algorithms(bytes.len()).is_empty();
        is_digest.then_some((encoding, bytes.len()))
    })
}

fn algorithms(length: usize) -> &'static [Algorithm] {
    match length {
        20 => &[Algorithm::HmacSha1],
        28 => &[Algorithm::HmacSha224],
        32 => &[Algorithm::HmacSha256],
        48 => &[Algorithm::HmacSha384],
        64 => &[Algorithm::HmacSha512],
        _ => &[],
    }
}

fn words(algorithm: Algorithm) -> String {
    algorithm.name().to_ascii_uppercase().replace("-SHA", "-SHA-").replace("SHA-256", "SHA256")
}

/// The records that may explain the place: the body alone, then with what may be the time.
fn records(place: &Found, request: &SignedRequest<'_>, algorithm: Algorithm) -> Vec<Json> {
    let item = match &place.item {
        Some(item) => format!("{item}={{signature}}"),
        None => format!("{}{{signature}}", place.prefix),
    };
    let mut items = vec![item];
    items.extend(place.time_item.iter().map(|name| format!("{name}={{timestamp}}")));
    let mut signature = json!({ "from": place.source, "items": items });
    if place.item.is_some() {
        signature["split"] = ",".into();
    }
    let full = |vars: Option<&str>, signed: &str| {
        let mut record = json!({
            "id": "custom",
            "signature": signature,
            "algorithm": algorithm,
            "encoding": place.encoding,
            "signed": signed,
        });
        if let Some(header) = vars {
            record["vars"] = json!({ "timestamp": format!("header:{header}") });
        }
        record
    };
    let is_plain = place.item.is_none() && place.source.starts_with("header:");
    let mut all = vec![if is_plain {
        json!({
            "header": place.name,
            "algorithm": algorithm,
            "encoding": place.encoding,
            "prefix": place.prefix,
        })
    } else {
        full(None, "{body}")
    }];
    all.extend(["{url}{body}", "{url}", "{body|sha256|hex}"].map(|signed| full(None, signed)));
    let timed = [
        "{timestamp}.{body}",
        "{timestamp}{body}",
        "{timestamp}:{body}",
        "{body}{timestamp}",
        "{body}.{timestamp}",
        "v0:{timestamp}:{body}",
        "v1:{timestamp}:{body}",
        "{timestamp}",
    ];
    if place.time_item.is_some() {
        all.extend(timed.map(|signed| full(None, signed)));
    }
    for field in request.headers {
        let Ok(name) = std::str::from_utf8(&field.name) else { continue };
        let lower = name.to_ascii_lowercase();
        if TIMES.iter().any(|word| lower.ends_with(word)) && place.time_item.is_none() {
            all.extend(timed.map(|signed| full(Some(name), signed)));
        }
    }
    all
}

fn explained(place: &Found, request: &SignedRequest<'_>, secrets: &[Secret], left: &mut usize) -> Option<Finding> {
    let config = Config::new();
    let view = View::new(request, &config);
    let held: Vec<LabelledSecret> = secrets
        .iter()
        .map(|secret| LabelledSecret { label: secret.label.clone(), value: secret.value.clone() })
        .collect();
    for &algorithm in algorithms(place.length) {
        for pipeline in ["utf8", "base64", "hex"] {
            for mut record in records(place, request, algorithm) {
                if pipeline != "utf8" {
                    if record.get("header").is_some() {
                        continue;
                    }
                    record["secret"] = pipeline.into();
                }
                *left =
                    left.checked_sub(request.body.len().saturating_mul(secrets.len().max(1)).saturating_add(4096))?;
                let Ok(scheme) = Scheme::from_json(&record) else { continue };
                let key = |secret: &Secret| Key::new(algorithm, &scheme.key(secret.value.expose())?);
                let keys: Vec<Option<Key>> = secrets.iter().map(key).collect();
                if examine(&scheme, &keys, &held, &view).status == SignatureStatus::Valid {
                    return Some(finding(place, algorithm, &scheme, record));
                }
            }
        }
    }
    None
}

fn finding(place: &Found, algorithm: Algorithm, scheme: &Scheme, record: Json) -> Finding {
    let signed = scheme.signed.first().map_or("{body}", |template| template.text());
    let over = if signed == "{body}" { String::new() } else { format!(" over `{signed}`") };
    Finding {
        code: "custom_scheme",
        sentence: format!("The request is signed in {} with {}{over}.", place.name, words(algorithm)),
        fix: format!("Make this the bin's scheme: {{\"custom_scheme\": {record}}}"),
        verifies: true,
        custom_scheme: Some(record),
    }
}

/// A signature that no secret of the bin makes in a usual way.
fn guess(place: &Found) -> Finding {
    let algorithm = algorithms(place.length).first().copied().unwrap_or(Algorithm::HmacSha256);
    Finding {
        code: "unknown_signature",
        sentence: format!(
            "{} holds what looks like a signature ({} by its length); no secret of the bin makes it in a usual way.",
            place.name,
            words(algorithm)
        ),
        fix: "Look into the sender's documentation for what it signs, check the secret, and give the bin a custom scheme."
            .to_owned(),
        verifies: false,
        custom_scheme: None,
    }
}
