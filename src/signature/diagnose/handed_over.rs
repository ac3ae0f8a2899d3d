//! The secret itself, sent along in a place that no scheme is recognised by: a token.

use serde_json::{Value as Json, json};

use super::Finding;
use super::places::{OTHERS, is_told};
use crate::http::form;
use crate::model::Secret;
use crate::signature::encoding::Encoding;
use crate::signature::request::{SignedRequest, UrlParts};

/// The most parameters that are examined.
const MAX_VALUES: usize = 64;

const AUTH_SCHEMES: [&str; 5] = ["Bearer ", "Token ", "ApiKey ", "Basic ", "token "];

pub(super) fn find(request: &SignedRequest<'_>, secrets: &[Secret]) -> Option<Finding> {
    let held: Vec<&str> =
        secrets.iter().map(|secret| secret.value.expose().trim()).filter(|text| !text.is_empty()).collect();
    for field in request.headers {
        let (Ok(name), Some(value)) = (std::str::from_utf8(&field.name), field.value_str()) else { continue };
        if OTHERS.contains(&name.to_ascii_lowercase().as_str()) {
            continue;
        }
        let held: Vec<&str> = held.iter().copied().filter(|secret| is_told(secret, name)).collect();
        if let Some(found) = in_header(name, value.trim(), &held) {
            return Some(found);
        }
    }
    for (name, value) in form::first_pairs(UrlParts::of(request.url).query.as_bytes(), MAX_VALUES) {
        if held.contains(&value.as_str()) && is_name(&name) && is_told(&value, &name) {
            let record = json!({
                "id": "custom",
                "signature": { "from": format!("query:{name}") },
                "algorithm": "equal",
            });
            return Some(token(&format!("query parameter {name}"), record));
        }
    }
    None
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 100 && !name.contains([':', '{', '}', '*', '#', ' '])
}

fn in_header(name: &str, value: &str, held: &[&str]) -> Option<Finding> {
    if held.contains(&value) && is_name(name) {
        return Some(token(&format!("header {name}"), json!({ "header": name, "algorithm": "equal" })));
    }
    for prefix in AUTH_SCHEMES {
        let Some(after) = value.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(prefix)) else {
            // The bin has the whole value, and only the token was sent.
            let is_whole = |secret: &&str| {
                secret.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
                    && secret[prefix.len()..].trim() == value
            };
            if held.iter().any(is_whole) {
                return Some(auth(
                    name,
                    &format!("alone, without the `{}` that the bin's secret begins with", prefix.trim()),
                    None,
                ));
            }
            continue;
        };
        let rest = value[after.len()..].trim();
        if held.contains(&rest) {
            let record = json!({ "header": name, "algorithm": "equal", "prefix": after });
            return Some(auth(name, &format!("after `{}`", after.trim()), Some(record)));
        }
        let decoded = Encoding::Base64.decode(rest).and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        let is_held = |pair: &str| {
            held.contains(&pair)
                || pair.split_once(':').is_some_and(|(user, password)| held.contains(&user) || held.contains(&password))
        };
        if decoded.as_deref().is_some_and(is_held) {
            return Some(auth(name, "in its Basic credentials", None));
        }
    }
    None
}

fn token(place: &str, record: Json) -> Finding {
    Finding {
        code: "custom_scheme",
        sentence: format!("The request hands over the bin's secret as a token in the {place}."),
        fix: format!("Make this the bin's scheme: {{\"custom_scheme\": {record}}}"),
        verifies: true,
        custom_scheme: Some(record),
    }
}

fn auth(name: &str, how: &str, record: Option<Json>) -> Finding {
    let custom = record.as_ref().map(|record| format!(" Or make this its scheme: {{\"custom_scheme\": {record}}}"));
    Finding {
        code: "secret_auth_scheme",
        sentence: format!(
            "The header {name} has the bin's secret {how}; the scheme `authorization` compares the whole value."
        ),
        fix: format!(
            "Set the bin's scheme to `authorization` and its secret to the whole value of the header.{}",
            custom.unwrap_or_default()
        ),
        verifies: true,
        custom_scheme: record,
    }
}

/// A token in `Authorization` that is none of the bin's secrets.
pub(super) fn guess(request: &SignedRequest<'_>) -> Option<Finding> {
    let value = request.headers.get_str("authorization").filter(|value| !value.trim().is_empty())?;
    let kind = match value.split_once(' ') {
        Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => format!("a {scheme} token"),
        _ => "a bare token".to_owned(),
    };
    Some(Finding {
        code: "wrong_secret",
        sentence: format!("The header Authorization holds {kind} that is not the bin's secret."),
        fix: "If it is the proof of this sender, set the bin's scheme to `authorization` and its secret to the header's whole value."
            .to_owned(),
        verifies: false,
        custom_scheme: None,
    })
}
