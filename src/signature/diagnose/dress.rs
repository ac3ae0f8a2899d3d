//! The text that holds the signature, dressed up as a whole: quoted, escaped, encoded once more, as JSON, joined.

use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

use crate::signature::encoding::Encoding;
use crate::signature::scheme::Scheme;

/// Longer texts are not tried.
const MAX_TEXT: usize = 2 << 10;

/// The most signatures in one joined text.
const MAX_JOINED: usize = 4;

/// How the text is dressed up, for the sentence "the signature is sent …", and the text inside.
pub(super) type Undressed = (&'static str, String);

type Undress = fn(&str) -> Option<String>;

/// One line per way to dress a text up.
const DRESSES: &[(&str, Undress)] = &[
    ("in quotes", |text| Some(unquoted(text))),
    ("with percent escapes", |text| percent_decode_str(text).decode_utf8().ok().map(Into::into)),
    ("with HTML entities", |text| Some(without_entities(text))),
    ("with backslash escapes", unescaped),
    ("as Python shows bytes (`b'…'`)", without_bytes_mark),
    ("as a list of one", |text| Some(listed(text))),
    ("encoded in base64 as a whole", |text| {
        let inner = Encoding::Base64.decode(text.trim())?;
        let text = std::str::from_utf8(&inner).ok()?.trim();
        text.chars().all(|letter| letter.is_ascii_graphic() || letter == ' ').then(|| text.to_owned())
    }),
    ("with white space in it", |text| Some(text.split_whitespace().collect())),
    ("with the header's name before it", |text| {
        let (name, value) = text.split_once(": ")?;
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-').then(|| value.trim().to_owned())
    }),
    ("in brackets", |text| Some(text.trim_matches(['<', '>', '(', ')', '{', '}', '[', ']']).to_owned())),
];

/// What the text may be when it is no longer dressed up; the text itself is not among them.
pub(super) fn undressed(text: &str, scheme: &Scheme) -> Vec<Undressed> {
    if text.len() > MAX_TEXT {
        return Vec::new();
    }
    let mut found: Vec<Undressed> = Vec::new();
    let mut add = |how: &'static str, inner: String| {
        if inner != text && !inner.is_empty() && !found.iter().any(|(_, known)| *known == inner) {
            found.push((how, inner));
        }
    };
    for (how, undress) in DRESSES {
        if let Some(inner) = undress(text) {
            add(how, inner);
        }
    }
    if let Ok(json) = serde_json::from_str::<Json>(text) {
        for inner in of_json(&json, scheme) {
            add("as JSON", inner);
        }
    }
    let splits_itself = [&scheme.split, &scheme.group].into_iter().flatten().any(|separators| separators.contains(','));
    if !splits_itself && text.contains(',') {
        for part in text.split(',').take(MAX_JOINED) {
            add("joined with another one by a comma", part.trim().to_owned());
        }
    }
    found
}

const QUOTES: [char; 7] = ['"', '\'', '`', '“', '”', '‘', '’'];

fn unquoted(text: &str) -> String {
    let inner = text.trim().trim_end_matches([';', ',']).trim_start_matches("\\\"").trim_end_matches("\\\"");
    inner.trim_matches(QUOTES).to_owned()
}

fn without_entities(text: &str) -> String {
    let mut out = text.to_owned();
    for (entity, letter) in [
        ("&#x3D;", "="),
        ("&#x3d;", "="),
        ("&#61;", "="),
        ("&#x2F;", "/"),
        ("&#x2f;", "/"),
        ("&#47;", "/"),
        ("&#x2B;", "+"),
        ("&#x2b;", "+"),
        ("&#43;", "+"),
        ("&#44;", ","),
        ("&#x2C;", ","),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        out = out.replace(entity, letter);
    }
    out.trim_matches(QUOTES).to_owned()
}

/// `\u003d`, `\/`, `\"`, and `\x3d` of JavaScript.
fn unescaped(text: &str) -> Option<String> {
    let json = text.replace("\\x", "\\u00");
    serde_json::from_str::<String>(&format!("\"{json}\"")).ok()
}

fn without_bytes_mark(text: &str) -> Option<String> {
    ["b'", "b\""].iter().find_map(|mark| {
        let (before, inner) = text.split_once(mark)?;
        Some(format!("{before}{}", inner.trim_end_matches(['\'', '"'])))
    })
}

fn listed(text: &str) -> String {
    let inner = text.trim().trim_start_matches(['[', '(']).trim_end_matches([']', ')', ',']);
    inner.trim_matches(QUOTES).to_owned()
}

/// The members of an object as items (`t=…,v1=…`), and each text alone.
fn of_json(json: &Json, scheme: &Scheme) -> Vec<String> {
    let text = |value: &Json| match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match json {
        Json::String(inner) => vec![inner.clone()],
        Json::Array(items) => items.iter().take(MAX_JOINED).filter_map(text).collect(),
        Json::Object(members) => {
            let separator = scheme.split.as_deref().and_then(|all| all.chars().next()).unwrap_or(',').to_string();
            let pairs = members.iter().take(2 * MAX_JOINED).filter_map(|(name, value)| Some((name, text(value)?)));
            let items: Vec<String> = pairs.clone().map(|(name, value)| format!("{name}={value}")).collect();
            let mut all = vec![items.join(&separator)];
            all.extend(items);
            all.extend(pairs.map(|(_, value)| value));
            all
        }
        _ => Vec::new(),
    }
}
