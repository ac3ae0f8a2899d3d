//! A signature in a place that no known scheme uses: found by its form, explained by trying what is usually signed, and
//! offered as a custom scheme for the bin.

use serde_json::{Value as Json, json};

use super::places::{Found, algorithms, places};
use super::{Case, Finding, diagnosed, handed_over};
use crate::model::{Secret, SignatureStatus};
use crate::signature::algorithm::Algorithm;
use crate::signature::catalogue::Catalogue;
use crate::signature::examine::{LabelledSecret, examine};
use crate::signature::key::{Key, compute};
use crate::signature::request::{Config, SignedRequest, UrlParts, View};
use crate::signature::scheme::Scheme;

/// The most bytes that are hashed.
const MAX_WORK: usize = 64 << 20;
/// The most places that are diagnosed as if a scheme read them.
const MAX_DIAGNOSED: usize = 2;
/// The most other members of the body that are tried as the signed content.
const MAX_SIGNED_MEMBERS: usize = 12;

/// How names of headers end that hold the moment of signing, and names of those that hold an id or a nonce.
const TIMES: &[&str] = &["timestamp", "-time", "-ts", "-date"];
const IDS: &[&str] = &["-id", "nonce", "-delivery", "idempotency-key", "-uuid", "-guid"];

/// The most headers of each kind that are tried.
const MAX_HEADERS: usize = 2;

/// What may explain a request in which no scheme is recognised: a digest in any header, query, form value or JSON
/// member; the secret itself in a header or the query.
pub(crate) fn diagnose_unknown(catalogue: &Catalogue, request: &SignedRequest<'_>, secrets: &[Secret]) -> Vec<Finding> {
    let found = places(request);
    let mut left = MAX_WORK;
    for place in &found {
        if let Some(finding) = explained(place, request, secrets, &mut left) {
            return vec![finding];
        }
    }
    if let Some(finding) = handed_over::find(request, secrets) {
        return vec![finding];
    }
    if let Some(finding) = found.iter().find_map(|place| without_member(place, request, secrets)) {
        return vec![finding];
    }
    for place in found.iter().take(MAX_DIAGNOSED) {
        if let Some(finding) = as_a_scheme(place, catalogue, request, secrets) {
            return vec![finding];
        }
    }
    // A value in `Authorization` is more likely a token than a signature.
    let first = found.iter().find(|place| !place.name.eq_ignore_ascii_case("authorization"));
    first.map(guess).or_else(|| handed_over::guess(request)).into_iter().collect()
}

fn words(algorithm: Algorithm) -> String {
    algorithm.name().to_ascii_uppercase()
}

/// The names of headers with one of these endings, except the place's own.
fn headers_like(request: &SignedRequest<'_>, place: &Found, endings: &[&str]) -> Vec<String> {
    let names = request.headers.iter().filter_map(|field| std::str::from_utf8(&field.name).ok());
    let fits = |name: &&str| {
        let lower = name.to_ascii_lowercase();
        endings.iter().any(|word| lower.ends_with(word)) && !place.name.eq_ignore_ascii_case(name)
    };
    names.filter(fits).take(MAX_HEADERS).map(str::to_owned).collect()
}

/// Templates of signed contents: these have neither time nor id; `TIMED`, `NAMED` and `BOTH` follow.
const PLAIN: &[&str] = &[
    "{url}{body}",
    "{url}",
    "{body|sha256|hex}",
    "{method}{path}{body}",
    "{method}{path_query}{body}",
    "{path}{body}",
    "{path_query}{body}",
    "{method}{url}{body}",
    "{method}\n{path}\n{body}",
    "{method}\n{path_query}\n{body}",
    "{method} {path}\n{body}",
    "{method}:{path}:{body}",
    "{method}.{path}.{body}",
    "{method}{body}",
    "{body}{url}",
    "{body|base64}",
];
const TIMED: &[&str] = &[
    "{timestamp}.{body}",
    "{timestamp}{body}",
    "{timestamp}:{body}",
    "{body}{timestamp}",
    "{body}.{timestamp}",
    "v0:{timestamp}:{body}",
    "v1:{timestamp}:{body}",
    "{timestamp}",
    "{timestamp}\n{body}",
    "{timestamp}|{body}",
    "{timestamp}-{body}",
    "{timestamp}{method}{path}{body}",
    "{timestamp}{method}{path_query}{body}",
    "{method}{path}{timestamp}{body}",
    "{method}{path_query}{timestamp}{body}",
    "{timestamp}.{method}.{path}.{body}",
    "{method}\n{path}\n{timestamp}\n{body}",
    "{timestamp}\n{method}\n{path}\n{body}",
];
const NAMED: &[&str] = &["{id}.{body}", "{id}{body}", "{id}:{body}", "{body}{id}"];
const BOTH: &[&str] = &[
    "{id}.{timestamp}.{body}",
    "{timestamp}.{id}.{body}",
    "{id}{timestamp}{body}",
    "{timestamp}{id}{body}",
    "{id}:{timestamp}:{body}",
    "{timestamp}:{id}:{body}",
    "{timestamp}\n{id}\n{body}",
    "{id}\n{timestamp}\n{body}",
    "{id}|{timestamp}|{body}",
    "{timestamp}|{id}|{body}",
    "{id}-{timestamp}-{body}",
    "{timestamp}-{id}-{body}",
    "{body}{timestamp}{id}",
    "{timestamp}{id}{method}{path}{body}",
];

/// Scheme records that may explain the place: the body alone, then with values that may be a time and an id.
fn records(place: &Found, request: &SignedRequest<'_>, algorithm: Algorithm) -> Vec<Json> {
    let item = match &place.item {
        Some(item) => format!("{item}={{signature}}"),
        None => format!("{}{{signature}}", place.prefix),
    };
    let mut items = vec![item];
    items.extend(place.time_item.iter().map(|name| format!("{name}={{timestamp}}")));
    let mut signature = json!({ "from": place.source, "items": items });
    if place.item.is_some() {
        signature["split"] = place.separator.to_string().into();
    }
    let full = |time: Option<&str>, id: Option<&str>, signed: &str| {
        let mut record = json!({
            "id": "custom",
            "signature": signature,
            "algorithm": algorithm,
            "encoding": place.encoding,
            "signed": signed,
        });
        for (name, header) in [("timestamp", time), ("id", id)] {
            if let Some(header) = header {
                record["vars"][name] = format!("header:{header}").into();
            }
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
        full(None, None, "{body}")
    }];
    all.extend(PLAIN.iter().map(|signed| full(None, None, signed)));
    let in_header = headers_like(request, place, TIMES);
    let times: Vec<Option<&str>> =
        if place.time_item.is_some() { vec![None] } else { in_header.iter().map(|name| Some(name.as_str())).collect() };
    let ids = headers_like(request, place, IDS);
    for time in &times {
        all.extend(TIMED.iter().map(|signed| full(*time, None, signed)));
        for id in &ids {
            all.extend(BOTH.iter().map(|signed| full(*time, Some(id), signed)));
        }
    }
    for id in &ids {
        all.extend(NAMED.iter().map(|signed| full(None, Some(id), signed)));
    }
    if place.source.starts_with("json:") {
        all.extend(signed_members(place, request).iter().map(|signed| full(None, None, signed)));
    }
    all
}

/// Templates of the other members of the object that holds the signature: one of them may be what is signed.
fn signed_members(place: &Found, request: &SignedRequest<'_>) -> Vec<String> {
    let Ok(json) = serde_json::from_slice::<Json>(request.body) else { return Vec::new() };
    let pointer = place.source.trim_start_matches("json:");
    let (parent, own) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    let Some(Json::Object(members)) = json.pointer(parent) else { return Vec::new() };
    let is_plain = |name: &&String| !name.contains(['~', '/', '{', '}', '|', '*']) && *name != own;
    let names = members.keys().filter(is_plain).take(MAX_SIGNED_MEMBERS);
    names.map(|name| format!("{{json:{parent}/{name}}}")).collect()
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
    let over = if signed == "{body}" { String::new() } else { format!(" over `{}`", signed.escape_debug()) };
    Finding {
        code: "custom_scheme",
        sentence: format!("The request is signed in {} with {}{over}.", place.name, words(algorithm)),
        fix: format!("Make this the bin's scheme: {{\"custom_scheme\": {record}}}"),
        verifies: true,
        custom_scheme: Some(record),
    }
}

/// A signature in the body that signs the body without that member.
fn without_member(place: &Found, request: &SignedRequest<'_>, secrets: &[Secret]) -> Option<Finding> {
    let pointer = place.source.strip_prefix("json:")?;
    let mut messages: Vec<Vec<u8>> = cut_out(request.body, &place.text).into_iter().collect();
    let mut json: Json = serde_json::from_slice(request.body).ok()?;
    let (parent, own) = pointer.rsplit_once('/')?;
    for emptied in [true, false] {
        let members = json.pointer_mut(parent)?.as_object_mut()?;
        if emptied {
            members.insert(own.to_owned(), "".into());
        } else {
            members.shift_remove(own);
        }
        messages.push(json.to_string().into_bytes());
    }
    let is_made = |secret: &Secret, message: &Vec<u8>, algorithm: Algorithm| {
        let made = compute(algorithm, secret.value.expose().as_bytes(), message);
        made.is_some_and(|made| place.encoding.decode(&place.text).is_some_and(|sent| sent[..] == made[..]))
    };
    let algorithm = *algorithms(place.length).iter().find(|algorithm| {
        secrets.iter().any(|secret| messages.iter().any(|message| is_made(secret, message, **algorithm)))
    })?;
    Some(Finding {
        code: "signed_content",
        sentence: format!(
            "The request is signed in its {} with {}, over the body as it is without that member.",
            place.name,
            words(algorithm)
        ),
        fix: "Let the sender put the signature into a header: no scheme leaves a member of the body out.".to_owned(),
        verifies: true,
        custom_scheme: None,
    })
}

/// The body without the member that has this text, otherwise as it was sent.
fn cut_out(body: &[u8], value: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    let quoted = format!("\"{value}\"");
    let value_at = text.find(&quoted)?;
    let before = text[..value_at].trim_end().strip_suffix(':')?.trim_end().strip_suffix('"')?;
    let start = before.rfind('"')?;
    let (head, tail) = (&text[..start], &text[value_at + quoted.len()..]);
    let cut = match head.trim_end().strip_suffix(',') {
        Some(head) => format!("{head}{tail}"),
        None => format!("{head}{}", tail.trim_start().strip_prefix(',').unwrap_or(tail).trim_start()),
    };
    Some(cut.into_bytes())
}

/// The diagnosis by a scheme that reads the place: it finds other forms of the secret, of the body and so on.
fn as_a_scheme(
    place: &Found,
    catalogue: &Catalogue,
    request: &SignedRequest<'_>,
    secrets: &[Secret],
) -> Option<Finding> {
    let algorithm = *algorithms(place.length).first()?;
    let all = records(place, request, algorithm);
    let is_timed = |record: &&Json| record["signed"] == "{timestamp}.{body}";
    let record = all.iter().find(is_timed).filter(|_| place.time_item.is_some()).or_else(|| all.first())?;
    let scheme = Scheme::from_json(record).ok()?;
    let config = Config::new();
    let case = Case {
        catalogue,
        scheme: &scheme,
        config: &config,
        request: *request,
        secrets,
        other_secrets: &[],
        other_requests: &[],
        urls: &[],
        below: "",
        query: request.url.contains('?').then(|| UrlParts::of(request.url).query),
        complete: true,
        over_limit: false,
        declared_size: None,
    };
    let first = diagnosed(&case, MAX_DIAGNOSED).findings.into_iter().next().filter(|first| first.verifies)?;
    Some(Finding {
        sentence: format!("Taken for a signature in {} with {}: {}", place.name, words(algorithm), first.sentence),
        fix: format!("{} Then make this the bin's scheme: {{\"custom_scheme\": {record}}}", first.fix),
        custom_scheme: Some(record.clone()),
        ..first
    })
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
