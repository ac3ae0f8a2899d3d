//! Rarer ways to write a form: other escapes, separators, names of lists, repeated names; the JSON in a field written
//! anew. The common ways are in `form_writers`.

use super::body::{Body, Variant, one};
use super::form_writers::{self, Pairs};
use super::json_dialects::USUAL;
use super::on_the_way::{ALL, written_anew};
use crate::http::form::{self, Charset, FormStyle};
use crate::json::print::print;
use crate::json::tree::{self, Node};

/// More ways to escape, each with the languages and libraries that use it.
pub(super) const STYLES: &[(&str, FormStyle)] = &[
    ("JavaScript's encodeURI writes it", FormStyle::ENCODE_URI),
    ("JavaScript's escape writes it", FormStyle::ESCAPE),
    ("Go's url.PathEscape writes it", FormStyle::GO_PATH),
    ("Python's urlencode writes it with safe='/:'", FormStyle { safe: "-._~/:", ..FormStyle::PYTHON }),
    ("Python's urlencode writes it with safe='/'", FormStyle { safe: "-._~/", ..FormStyle::PYTHON }),
    ("Python's urlencode writes it with safe=':'", FormStyle { safe: "-._~:", ..FormStyle::PYTHON }),
    ("Python's urlencode writes it with safe='*'", FormStyle { safe: "-._~*", ..FormStyle::PYTHON }),
    ("Python's urlencode writes it with safe='@'", FormStyle { safe: "-._~@", ..FormStyle::PYTHON }),
    ("Python's urlencode writes it with safe='+'", FormStyle { safe: "-._~+", ..FormStyle::PYTHON }),
    ("Python's urlencode writes it in Latin-1", FormStyle { charset: Charset::Latin1, ..FormStyle::PYTHON }),
    ("PHP's http_build_query writes it in Latin-1", FormStyle { charset: Charset::Latin1, ..FormStyle::PHP }),
    ("browsers write it in Latin-1", FormStyle { charset: Charset::Latin1, ..FormStyle::WHATWG }),
    ("JavaScript writes it, its brackets kept", FormStyle { safe: "-._~!'()*[]", ..FormStyle::JAVASCRIPT }),
    ("browsers write it, its brackets kept", FormStyle { safe: "*-._[]", ..FormStyle::WHATWG }),
    ("PHP writes it, its brackets kept", FormStyle { safe: "-._[]", ..FormStyle::PHP }),
    ("Node's qs writes it, its brackets kept", FormStyle { safe: "-._~[]", ..FormStyle::RFC3986 }),
    ("Node's qs writes it with RFC1738", FormStyle { safe: "-._~()", ..FormStyle::WHATWG }),
    ("axios writes it, its brackets kept", FormStyle { safe: "-._~!'()*:$,[]", ..FormStyle::AXIOS }),
    ("jQuery writes it", FormStyle { safe: "-._~!'()*", ..FormStyle::WHATWG }),
    ("JavaScript's encodeURIComponent writes its values", FormStyle { plain_names: true, ..FormStyle::JAVASCRIPT }),
    ("Node's qs writes it with encodeValuesOnly", FormStyle { plain_names: true, ..FormStyle::RFC3986 }),
    ("PHP's urlencode writes its values", FormStyle { plain_names: true, ..FormStyle::PHP }),
    ("Java writes it with %20 for spaces", FormStyle { space: "%20", ..FormStyle::WHATWG }),
    ("PHP's rawurlencode before PHP 5.3 writes it", FormStyle { space: "%20", ..FormStyle::PHP }),
    ("Rails' to_query writes it", FormStyle { safe: "-._~", ..FormStyle::WHATWG }),
];

/// Makes another list of pairs from the sent one.
type Change = fn(&Pairs) -> Pairs;

const CHANGES: &[(&str, Change)] = &[
    ("", Clone::clone),
    (", with repeated names side by side", grouped),
    (", with brackets after repeated names", bracketed),
    (", with dots for the brackets of its names", |pairs| {
        renamed(pairs, |name| name.contains('[').then(|| name.replace('[', ".").replace(']', "")))
    }),
    (", with the first value of repeated names", |pairs| once(pairs, false)),
    (", with the last value of repeated names", |pairs| once(pairs, true)),
    (", with repeated names joined by commas", joined),
    (", its values trimmed", |pairs| revalued(pairs, |value| value.trim().to_owned())),
    (", with LF for the CR LF in its values", |pairs| revalued(pairs, |value| value.replace("\r\n", "\n"))),
    (", with CR LF for the LF in its values", |pairs| {
        revalued(pairs, |value| value.replace("\r\n", "\n").replace('\n', "\r\n"))
    }),
    (", without its first pair", |pairs| pairs.iter().skip(1).cloned().collect()),
    (", without its last pair", |pairs| pairs.iter().take(pairs.len().saturating_sub(1)).cloned().collect()),
];

/// Other names of lists: a parser of forms may change the names that were sent.
const LISTS: &[(&str, Change)] = &[
    (", with numbers in the brackets of its lists", numbered),
    (", with empty brackets for its lists", |pairs| {
        renamed(pairs, |name| strip_index(name).map(|list| format!("{list}[]")))
    }),
    (", without the brackets of its lists", |pairs| {
        renamed(pairs, |name| name.strip_suffix("[]").or_else(|| strip_index(name)).map(str::to_owned))
    }),
];

fn changes() -> impl Iterator<Item = &'static (&'static str, Change)> {
    CHANGES.iter().chain(LISTS)
}

/// The pairs as they were sent, and with the names of their lists as other writers spell them.
pub(super) fn with_lists(body: &Body<'_>) -> Vec<(&'static str, Pairs)> {
    let sent = form::pairs(body.bytes);
    let mut all = vec![("", sent)];
    for (how, change) in LISTS {
        let changed = all.first().map(|(_, sent)| change(sent)).unwrap_or_default();
        if !all.iter().any(|(_, known)| *known == changed) {
            all.push((how, changed));
        }
    }
    all
}

fn renamed(pairs: &Pairs, rename: fn(&str) -> Option<String>) -> Pairs {
    pairs.iter().map(|(name, value)| (rename(name).unwrap_or_else(|| name.clone()), value.clone())).collect()
}

fn revalued(pairs: &Pairs, change: fn(&str) -> String) -> Pairs {
    pairs.iter().map(|(name, value)| (name.clone(), change(value))).collect()
}

fn count(pairs: &Pairs, name: &str) -> usize {
    pairs.iter().filter(|(other, _)| other == name).count()
}

/// `list[0]` without its number.
fn strip_index(name: &str) -> Option<&str> {
    let (list, index) = name.strip_suffix(']')?.rsplit_once('[')?;
    index.bytes().all(|byte| byte.is_ascii_digit()).then_some(list).filter(|_| !index.is_empty())
}

/// Pairs of the same name or list are moved behind the first of them, as parsers that build objects order them.
fn grouped(pairs: &Pairs) -> Pairs {
    let top = |name: &str| name.split('[').next().unwrap_or_default().to_owned();
    let mut names: Vec<String> = Vec::new();
    for (name, _) in pairs {
        if !names.contains(&top(name)) {
            names.push(top(name));
        }
    }
    names.iter().flat_map(|name| pairs.iter().filter(move |(other, _)| top(other) == *name).cloned()).collect()
}

/// `list[]` becomes `list[0]`, `list[1]`…; so do repeated names.
fn numbered(pairs: &Pairs) -> Pairs {
    let pairs = grouped(pairs);
    let mut all: Pairs = Vec::new();
    for (at, (name, value)) in pairs.iter().enumerate() {
        let before = pairs.iter().take(at).filter(|(other, _)| other == name).count();
        let name = match name.strip_suffix("[]") {
            Some(list) => format!("{list}[{before}]"),
            None if count(&pairs, name) > 1 => format!("{name}[{before}]"),
            None => name.clone(),
        };
        all.push((name, value.clone()));
    }
    all
}

fn bracketed(pairs: &Pairs) -> Pairs {
    let is_list = |name: &str| count(pairs, name) > 1 && !name.ends_with("[]");
    let name = |name: &String| if is_list(name) { format!("{name}[]") } else { name.clone() };
    pairs.iter().map(|(old, value)| (name(old), value.clone())).collect()
}

pub(super) fn once(pairs: &Pairs, is_last: bool) -> Pairs {
    let mut all: Pairs = Vec::new();
    for (name, value) in pairs {
        match all.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) if is_last => old.clone_from(value),
            Some(_) => {}
            None => all.push((name.clone(), value.clone())),
        }
    }
    all
}

fn joined(pairs: &Pairs) -> Pairs {
    let mut all: Pairs = Vec::new();
    for (name, value) in pairs {
        match all.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => {
                old.push(',');
                old.push_str(value);
            }
            None => all.push((name.clone(), value.clone())),
        }
    }
    all
}

const ORDERS: &[(&str, Change)] = &[
    ("", Clone::clone),
    (", sorted by name", form_writers::sorted),
    (", sorted", |pairs| {
        let mut pairs = pairs.clone();
        pairs.sort();
        pairs
    }),
];

/// The words, and the text before, between and after the pairs.
const FRAMES: &[(&str, &str, &str, &str)] = &[
    (" with `&` after it", "", "&", "&"),
    (" with `?` before it", "?", "&", ""),
    (" with `;` between the pairs", "", ";", ""),
    (" with `&amp;` between the pairs", "", "&amp;", ""),
    (" with a line feed after it", "", "&", "\n"),
    (" with a newline (CR LF) after it", "", "&", "\r\n"),
    (" with line feeds between the pairs", "", "\n", ""),
    (" with CR LF between the pairs", "", "\r\n", ""),
    (" with commas between the pairs", "", ",", ""),
    (" with commas and spaces between the pairs", "", ", ", ""),
    (" with `|` between the pairs", "", "|", ""),
    (" with nothing between the pairs", "", "", ""),
    (" with `&` before it", "&", "&", ""),
];

fn all_styles() -> impl Iterator<Item = &'static (&'static str, FormStyle)> {
    form_writers::STYLES.iter().chain(STYLES)
}

/// How many styles are tried for a form whose lists have other names.
const WITH_LISTS: usize = 5;

/// The pairs as the writers write them: with other names of lists, changes and orders, and with escapes in lower case.
pub(super) fn written(body: &Body<'_>) -> Vec<Variant> {
    let mut all = Vec::new();
    for (at, (lists, pairs)) in with_lists(body).into_iter().enumerate() {
        let styles = if at == 0 { usize::MAX } else { WITH_LISTS };
        for (order, sort) in ORDERS {
            for (change, of) in changes() {
                let changed = sort(&of(&pairs));
                if !change.is_empty() && changed == sort(&pairs) {
                    continue;
                }
                for (how, style) in all_styles().take(styles) {
                    let bytes = form::write(&changed, *style).into_bytes();
                    all.push(Variant { how: format!("as {how}{lists}{change}{order}").into(), bytes });
                }
            }
        }
        for (how, style) in all_styles().take(if at == 0 { 0 } else { WITH_LISTS }) {
            let bytes = form::write(&pairs, FormStyle { lower: true, ..*style }).into_bytes();
            all.push(Variant { how: format!("as {how}, with escapes in lower case{lists}").into(), bytes });
        }
    }
    all
}

/// The form with other separators: as it was sent, and as the common writers write it.
pub(super) fn framed(body: &Body<'_>) -> Vec<Variant> {
    let mut all = Vec::new();
    let sent = String::from_utf8_lossy(body.bytes).into_owned();
    let mut texts = vec![("as it was sent".to_owned(), sent)];
    for (lists, pairs) in with_lists(body) {
        for (order, sort) in ORDERS {
            let pairs = sort(&pairs);
            texts.extend(
                form_writers::STYLES
                    .iter()
                    .take(5)
                    .map(|(how, style)| (format!("as {how}{lists}{order}"), form::write(&pairs, *style))),
            );
        }
    }
    for (how, text) in texts {
        for (frame, before, between, after) in FRAMES {
            let bytes = format!("{before}{}{after}", text.replace('&', between)).into_bytes();
            all.push(Variant { how: format!("{how}{frame}").into(), bytes });
        }
    }
    all
}

/// Text between name and value, and between pairs, of a decoded form.
const JOINERS: &[(&str, &str)] = &[
    ("=", "\n"),
    ("=", "\r\n"),
    ("=", ","),
    ("=", ", "),
    ("=", ";"),
    ("=", "|"),
    ("=", ""),
    ("=", " "),
    (":", "\n"),
    (":", ","),
    (":", "&"),
    (":", "|"),
    (": ", "\n"),
    (": ", ", "),
    ("", "\n"),
    ("", "|"),
    ("", ","),
    ("", "&"),
    (".", "."),
    ("|", "|"),
];
/// Text between the values if only the values are signed.
const BETWEEN_VALUES: &[&str] = &["|", ",", "\n", " ", ".", "-", ":", ";", "+", "&", "~", "\r\n", "/"];

/// The pairs without escapes, joined with other text.
pub(super) fn joined_otherwise(body: &Body<'_>) -> Vec<Variant> {
    let sent = form::pairs(body.bytes);
    let mut all = Vec::new();
    // Percent escapes are resolved, but spaces are still written as plus signs.
    for (lists, pairs) in with_lists(body) {
        let plus = |text: &str| text.replace(' ', "+");
        let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{}={}", plus(name), plus(value))).collect();
        let how = format!("with the form decoded, with plus signs for its spaces{lists}");
        all.push(Variant { how: how.into(), bytes: pairs.join("&").into_bytes() });
    }
    for (order, sort) in ORDERS {
        for (change, of) in changes() {
            let pairs = sort(&of(&sent));
            if !change.is_empty() && pairs == sort(&sent) {
                continue;
            }
            for &(within, between) in JOINERS.iter().chain(&[("=", "&"), ("", "")]) {
                let text = pairs
                    .iter()
                    .map(|(name, value)| format!("{name}{within}{value}"))
                    .collect::<Vec<_>>()
                    .join(between);
                let frame =
                    format!("with the form decoded, `{}` between its pairs{change}{order}", between.escape_default());
                all.push(Variant {
                    how: format!("{frame}, with a line feed after it").into(),
                    bytes: format!("{text}\n").into(),
                });
                all.push(Variant { how: frame.into(), bytes: text.into_bytes() });
            }
            for &between in BETWEEN_VALUES.iter().chain(&[""]) {
                let text = pairs.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(between);
                let how =
                    format!("with the form's values alone, `{}` between them{change}{order}", between.escape_default());
                all.push(Variant { how: how.into(), bytes: text.into_bytes() });
            }
        }
    }
    all
}

/// The most fields that are tried alone.
const MAX_FIELDS: usize = 8;
/// The most fields whose JSON is written anew, and the writers and escape styles that are tried for each.
const MAX_WRITTEN: usize = 2;
const WRITERS: usize = 16;
const ESCAPES: usize = 5;

/// A field alone, as it is or escaped; its JSON written anew, alone or in its place.
pub(super) fn fields(body: &Body<'_>) -> Vec<Variant> {
    let pairs = form::pairs(body.bytes);
    let mut all = Vec::new();
    let mut left = MAX_WRITTEN;
    for raw in body.bytes.split(|byte| *byte == b'&').take(MAX_FIELDS) {
        all.extend(one("when only one pair of the form is signed, as it was sent", raw));
        if let Some(at) = memchr::memchr(b'=', raw) {
            all.extend(one("when only one value of the form is signed, as it was sent", &raw[at + 1..]));
        }
    }
    for (at, (name, value)) in pairs.iter().enumerate().take(MAX_FIELDS) {
        for (how, style) in form_writers::STYLES {
            let bytes = form::write(&[(name.clone(), value.clone())], *style).into_bytes();
            all.push(Variant { how: format!("when only the form's field `{name}` is signed, as {how}").into(), bytes });
        }
        for text in [format!("{name}={value}"), value.clone(), format!("{value}\n"), value.trim().to_owned()] {
            let how = format!("when only the form's field `{name}` is signed, decoded");
            all.push(Variant { how: how.into(), bytes: text.into_bytes() });
        }
        let Some(node) = tree::parse(value.as_bytes()).filter(|node| matches!(node, Node::Object(_) | Node::Array(_)))
        else {
            continue;
        };
        if left == 0 {
            continue;
        }
        left -= 1;
        all.extend(written_anew(value.as_bytes(), &format!("that is in the form's field `{name}`"), ALL));
        for (writer, json) in USUAL.iter().take(WRITERS) {
            let Some(text) = print(&node, *json, value.len()) else { continue };
            let mut pairs = pairs.clone();
            if let Some(field) = pairs.get_mut(at) {
                field.1 = text;
            }
            for (how, style) in form_writers::STYLES.iter().take(ESCAPES) {
                let what = format!("with its field `{name}` written anew as {writer} writes it");
                let alone = pairs.get(at).map(|pair| form::write(std::iter::once(pair), *style)).unwrap_or_default();
                all.push(Variant { how: format!("{what}, alone, as {how}").into(), bytes: alone.into_bytes() });
                let whole = form::write(&pairs, *style).into_bytes();
                all.push(Variant { how: format!("{what}, as {how}").into(), bytes: whole });
            }
        }
    }
    all
}
