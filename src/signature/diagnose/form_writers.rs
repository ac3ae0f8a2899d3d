//! Forms as the common languages write them again after parsing; forms decoded, and forms as JSON.
//! `tests/writers/` checks the writers against the languages themselves.

use super::body::{Body, Variant, one};
use crate::http::form::{self, Empty, FormStyle};
use crate::json::print::{Style, print};
use crate::json::text_forms::{TextForm, text_form};
use crate::json::tree::Node;

/// The most pairs of a form that is written anew.
const MAX_PAIRS: usize = 1000;

/// The ways to escape, each with the languages and libraries that use it.
pub(super) const STYLES: &[(&str, FormStyle)] = &[
    ("browsers, URLSearchParams, Ruby and Java write it", FormStyle::WHATWG),
    ("Python's urlencode and Go's Values.Encode write it", FormStyle::PYTHON),
    ("PHP's http_build_query writes it", FormStyle::PHP),
    ("PHP's PHP_QUERY_RFC3986, Node's qs and .NET write it, with %20 for spaces", FormStyle::RFC3986),
    ("JavaScript's encodeURIComponent and Node's querystring write it", FormStyle::JAVASCRIPT),
    ("axios writes it", FormStyle::AXIOS),
    ("Python's quote writes it", FormStyle::PYTHON_QUOTE),
    (".NET's WebUtility writes it", FormStyle::DOTNET),
];

/// Whether the body is a form, by its media type or by its content.
pub(super) fn is_form(body: &Body<'_>) -> bool {
    let is_called_form = body.header_has("content-type", "x-www-form-urlencoded");
    let looks_like_one = || {
        body.json.is_none()
            && memchr::memchr(b'=', body.bytes).is_some()
            && body.bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte >= 0x80)
            && !matches!(body.bytes.first(), Some(b'<' | b'{' | b'['))
    };
    (is_called_form || looks_like_one()) && memchr::memchr_iter(b'&', body.bytes).take(MAX_PAIRS).count() < MAX_PAIRS
}

pub(super) type Pairs = Vec<(String, String)>;

pub(super) fn sorted(pairs: &Pairs) -> Pairs {
    let mut sorted = pairs.clone();
    // Repeated names keep the order of their values.
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    sorted
}

/// The same pairs escaped anew, in the order sent, in the likeliest ways.
pub(super) fn escaped_quickly(body: &Body<'_>) -> Vec<Variant> {
    let text = String::from_utf8_lossy(body.bytes);
    let mut all = vec![
        Variant { how: "with %20 for each +".into(), bytes: text.replace('+', "%20").into_bytes() },
        Variant { how: "with + for each %20".into(), bytes: text.replace("%20", "+").into_bytes() },
        Variant { how: "with its escapes in lower case".into(), bytes: recased(body.bytes, u8::to_ascii_lowercase) },
        Variant { how: "with its escapes in upper case".into(), bytes: recased(body.bytes, u8::to_ascii_uppercase) },
    ];
    let pairs = form::pairs(body.bytes);
    for (how, style) in STYLES.iter().take(4) {
        all.push(Variant { how: format!("as {how}").into(), bytes: form::write(&pairs, *style).into_bytes() });
    }
    all
}

/// The same pairs escaped anew, in every way.
pub(super) fn escaped(body: &Body<'_>) -> Vec<Variant> {
    written(&form::pairs(body.bytes), "")
}

/// The same pairs in another order.
pub(super) fn reordered(body: &Body<'_>) -> Vec<Variant> {
    let mut raw: Vec<&[u8]> = body.bytes.split(|byte| *byte == b'&').collect();
    raw.sort_by(|a, b| name_of(a).cmp(name_of(b)));
    let mut all = one("with its pairs sorted by name", raw.join(&b'&'));
    raw.sort_unstable();
    all.extend(one("with its pairs sorted", raw.join(&b'&')));
    raw = body.bytes.split(|byte| *byte == b'&').rev().collect();
    all.extend(one("with its pairs in reverse order", raw.join(&b'&')));
    all
}

/// The same pairs escaped anew and sorted.
pub(super) fn reordered_anew(body: &Body<'_>) -> Vec<Variant> {
    let raw: Vec<&[u8]> = body.bytes.split(|byte| *byte == b'&').collect();
    let mut all = written(&sorted(&form::pairs(body.bytes)), ", sorted by name");
    all.extend(orders(&raw).into_iter().flat_map(|pairs| one("with its pairs in another order", pairs.join(&b'&'))));
    all
}

/// The most pairs of which every order is tried: five have 120 orders.
const MAX_ORDERED: usize = 5;

/// The items in every order; empty if there are too many.
pub(super) fn orders<T: Copy>(items: &[T]) -> Vec<Vec<T>> {
    if items.len() > MAX_ORDERED {
        return Vec::new();
    }
    let mut all: Vec<Vec<T>> = vec![Vec::new()];
    for item in items {
        let longer = |order: &Vec<T>| {
            let order = order.clone();
            (0..=order.len()).map(move |at| {
                let mut longer = order.clone();
                longer.insert(at, *item);
                longer
            })
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

fn name_of(pair: &[u8]) -> &[u8] {
    pair.split(|byte| *byte == b'=').next().unwrap_or_default()
}

pub(super) fn recased(bytes: &[u8], change: fn(&u8) -> u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr(b'%', rest)) {
        at += found + 1;
        for digit in bytes.iter_mut().skip(at).take(2).filter(|byte| byte.is_ascii_hexdigit()) {
            *digit = change(digit);
        }
    }
    bytes
}

/// The pairs in every style; likely ones first.
fn written(pairs: &Pairs, order: &str) -> Vec<Variant> {
    let mut all = Vec::new();
    let has_empty = pairs.iter().any(|(_, value)| value.is_empty());
    for lower in [false, true] {
        for (empty, words) in [
            (Empty::Equals, ""),
            (Empty::Bare, ", without `=` where there is no value"),
            (Empty::Dropped, ", without the pairs that have no value"),
        ] {
            if !has_empty && empty != Empty::Equals {
                continue;
            }
            for (how, style) in STYLES {
                let digits = if lower { ", with escapes in lower case" } else { "" };
                let bytes = form::write(pairs, FormStyle { lower, empty, ..*style }).into_bytes();
                all.push(Variant { how: format!("as {how}{digits}{words}{order}").into(), bytes });
            }
        }
    }
    all
}

/// The values of the first fields that look like JSON, each alone.
pub(super) fn fields(body: &Body<'_>) -> Vec<Variant> {
    let long = form::pairs(body.bytes).into_iter().filter(|(_, value)| value.starts_with(['{', '[']));
    long.take(4).flat_map(|(_, value)| one("that is in the form's field, decoded", value)).collect()
}

/// The pairs without any escapes, or as JSON.
pub(super) fn decoded(body: &Body<'_>) -> Vec<Variant> {
    let pairs = form::pairs(body.bytes);
    let joined = |pairs: &Pairs, within: &str, between: &str| {
        pairs.iter().map(|(name, value)| format!("{name}{within}{value}")).collect::<Vec<_>>().join(between)
    };
    let by_name = sorted(&pairs);
    let plus_kept = percent_encoding::percent_decode(body.bytes).collect::<Vec<u8>>();
    let values: String = pairs.iter().map(|(_, value)| value.as_str()).collect();
    let mut all = one("with the form decoded", joined(&pairs, "=", "&"));
    all.extend(one("with the form decoded, its plus signs kept", plus_kept));
    all.extend(one("with the form decoded and sorted", joined(&by_name, "=", "&")));
    all.extend(one("with the form's names and values side by side", joined(&pairs, "", "")));
    all.extend(one("with the form's names and values side by side, sorted", joined(&by_name, "", "")));
    all.extend(one("with the form's values side by side", values));
    let lists = Node::Object(pairs.iter().map(|(name, value)| list(name, value)).collect());
    for (node, what) in
        [(object(&pairs), "as JSON"), (object(&by_name), "as sorted JSON"), (lists, "as JSON with lists")]
    {
        let styles = [
            ("JavaScript", Style::JAVASCRIPT),
            ("Python", Style::PYTHON),
            ("Python without spaces", Style { comma: ",", colon: ":", ..Style::PYTHON }),
            ("PHP", super::json_writers::PHP),
            ("Rails and Go", super::json_writers::RAILS),
        ];
        for (language, style) in styles {
            if let Some(text) = print(&node, style, body.bytes.len()) {
                all.push(Variant {
                    how: format!("with the form {what} of {language}").into(),
                    bytes: text.into_bytes(),
                });
            }
        }
        for (language, form) in [("Python", TextForm::Python), ("Ruby", TextForm::Ruby), ("Java", TextForm::Java)] {
            let how = format!("with the form as the text of an object of {language}");
            all.push(Variant { how: how.into(), bytes: text_form(&node, form).into_bytes() });
        }
    }
    all
}

fn object(pairs: &Pairs) -> Node<'_> {
    Node::Object(pairs.iter().map(|(name, value)| member(name, value)).collect())
}

fn member<'p>(name: &'p str, value: &'p str) -> (std::borrow::Cow<'p, str>, Node<'p>) {
    (name.into(), Node::Text(value.into()))
}

fn list<'p>(name: &'p str, value: &'p str) -> (std::borrow::Cow<'p, str>, Node<'p>) {
    (name.into(), Node::Array(vec![Node::Text(value.into())]))
}

/// Whether the body is a JSON object without nested objects and arrays.
pub(super) fn is_flat(body: &Body<'_>) -> bool {
    let is_scalar = |value: &Node<'_>| !matches!(value, Node::Array(_) | Node::Object(_));
    matches!(&body.json, Some(Node::Object(members)) if members.len() <= MAX_PAIRS && members.iter().all(|(_, value)| is_scalar(value)))
}

/// JSON whose members were signed as a form.
pub(super) fn of_json(body: &Body<'_>) -> Vec<Variant> {
    let Some(Node::Object(members)) = &body.json else { return Vec::new() };
    let pairs = |word: fn(&'static str) -> &'static str| -> Pairs {
        let text = |value: &Node<'_>| match value {
            Node::Text(text) => text.to_string(),
            Node::Number(text) => (*text).to_owned(),
            Node::Literal(literal) => word(literal).to_owned(),
            Node::Array(_) | Node::Object(_) => String::new(),
        };
        members.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
    };
    let plain = pairs(|word| word);
    let python = pairs(|word| match word {
        "true" => "True",
        "false" => "False",
        _ => "None",
    });
    let php = pairs(|word| match word {
        "true" => "1",
        "false" => "0",
        _ => "",
    });
    let joined =
        |pairs: &Pairs| pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let mut all = Vec::new();
    for pairs in [plain, python, php] {
        for (pairs, order) in [(sorted(&pairs), ", sorted by name"), (pairs, "")] {
            all.extend(one("as a form of its members, without escapes", joined(&pairs)));
            for (how, style) in STYLES {
                let bytes = form::write(&pairs, *style).into_bytes();
                all.push(Variant { how: format!("as a form of its members as {how}{order}").into(), bytes });
            }
        }
    }
    all
}
