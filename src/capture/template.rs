//! Templates in responses: `{{request.json./challenge}}` and the like.
//!
//! A known placeholder is replaced (by nothing if the request has no such value). All other text in braces stays,
//! because responses may hold templates of other tools.

use std::borrow::Cow;
use std::collections::HashMap;

use base64::Engine as _;

use crate::http::{Head, coding, form};
use crate::json::{Outline, Pointer, scan, unescape, value_at};
use crate::model::{RequestId, Timestamp};

/// Where a template takes its values from.
#[derive(Debug)]
pub(crate) struct TemplateValues<'a> {
    pub head: &'a Head,
    pub body: &'a [u8],
    /// The id that the request was stored under.
    pub id: Option<RequestId>,
    /// When the request arrived.
    pub received_at: Timestamp,
}

/// The placeholders, for help texts: form and meaning.
pub const PLACEHOLDERS: &[(&str, &str)] = &[
    ("{{request.json./pointer}}", "a value of the JSON body, by JSON pointer (RFC 6901)"),
    ("{{request.header.NAME}}", "the first header of that name"),
    ("{{request.query.NAME}}", "the first query value of that name"),
    ("{{request.form.NAME}}", "the first value of that name in a form body"),
    ("{{request.method}}", "the method"),
    ("{{request.path}}", "the path below the bin"),
    ("{{request.body}}", "the body as text"),
    ("{{request.body_base64}}", "the body in base64"),
    ("{{request.id}}", "the id of the stored request"),
    ("{{now}}", "the time of arrival, RFC 3339"),
    ("{{now.unix}}", "the same in seconds since 1970"),
];

/// Whether a text has any placeholder; without one it is sent as it is.
#[must_use]
pub(crate) fn is_template(text: &str) -> bool {
    text.contains("{{")
}

/// The longest text that a template makes, in bytes: the limit for a set body.
pub(crate) const MAX_TEXT: usize = 1 << 20;

/// Bytes of a header's value that a template makes; more is cut.
pub(crate) const MAX_HEADER: usize = 8 << 10;

/// Bytes of a form that are searched for a name, and the longest JSON body that is read once for all its values.
const MAX_READ: usize = 1 << 20;

/// Most values that one template takes from a longer JSON body: each takes a pass over it.
const MAX_PASSES: usize = 16;

/// Fills a template in; cuts the result at `limit` bytes, because senders decide how long values are.
#[must_use]
pub(crate) fn render<'a>(template: &'a str, values: &TemplateValues<'_>, limit: usize) -> Cow<'a, str> {
    if !is_template(template) {
        return Cow::Borrowed(template);
    }
    let mut out = String::with_capacity(template.len().min(limit));
    let mut rest = template;
    let mut found = Found::new(values, limit);
    while let Some(open) = rest.find("{{") {
        push(&mut out, &rest[..open], limit);
        let Some(close) = rest[open..].find("}}") else {
            rest = &rest[open..];
            break;
        };
        let placeholder = rest[open + 2..open + close].trim();
        match found.value(placeholder) {
            Some(text) => push(&mut out, text, limit),
            None => push(&mut out, &rest[open..open + close + 2], limit),
        }
        rest = &rest[open + close + 2..];
        if out.len() >= limit {
            return Cow::Owned(out);
        }
    }
    push(&mut out, rest, limit);
    Cow::Owned(out)
}

/// Appends as much of `text` as there is room for.
fn push(out: &mut String, text: &str, limit: usize) {
    let room = limit.saturating_sub(out.len());
    out.push_str(&text[..text.floor_char_boundary(room)]);
}

/// The values that a template needs, each searched for once.
struct Found<'t, 'v> {
    values: &'v TemplateValues<'v>,
    /// The most bytes of a value that can be used.
    limit: usize,
    known: HashMap<&'t str, Option<String>>,
    read: Option<Cow<'v, [u8]>>,
    outline: Option<Outline>,
    /// Passes over a JSON body that is too long for an outline.
    passes: usize,
    /// The first value of each name, read in one pass: a sender may send half a million pairs.
    query: Option<FirstValues>,
    form: Option<FirstValues>,
}

/// The first value of each name of a form or query.
type FirstValues = HashMap<String, String>;

/// Pairs of a form or query that are read: no real form has more.
const MAX_PAIRS: usize = 10_000;

fn first_values(encoded: &[u8]) -> FirstValues {
    let mut values = FirstValues::new();
    for (name, value) in form::first_pairs(encoded, MAX_PAIRS) {
        values.entry(name).or_insert(value);
    }
    values
}

impl<'t, 'v> Found<'t, 'v> {
    fn new(values: &'v TemplateValues<'v>, limit: usize) -> Self {
        Self { values, limit, known: HashMap::new(), read: None, outline: None, passes: 0, query: None, form: None }
    }

    /// The value of a placeholder; `None` when it is not a known one.
    fn value(&mut self, placeholder: &'t str) -> Option<&str> {
        if !self.known.contains_key(placeholder) {
            let value = self.find(placeholder);
            self.known.insert(placeholder, value);
        }
        self.known.get(placeholder)?.as_deref()
    }

    /// The body as it is read: decompressed, without a byte order mark.
    fn read(&mut self) -> &[u8] {
        let TemplateValues { head, body, .. } = self.values;
        self.read.get_or_insert_with(|| coding::plain(head.headers().get_str("content-encoding"), body))
    }

    /// A text of the JSON body, or any other value as written.
    fn json(&mut self, name: &str) -> Option<String> {
        let (pointer, is_long) = (Pointer::parse(name)?, self.read().len() > MAX_READ);
        let body = self.read.as_deref()?;
        let written = if is_long {
            self.passes += 1;
            if self.passes > MAX_PASSES { None } else { value_at(body, &pointer) }
        } else {
            self.outline.get_or_insert_with(|| scan(body)).value_at(body, &pointer)
        }?;
        Some(if written.starts_with('"') {
            // An escape has at most six bytes for one of the text.
            unescape(cut(written.as_bytes(), self.limit.saturating_mul(6) + 2))
        } else {
            written[..written.floor_char_boundary(self.limit)].to_owned()
        })
    }

    fn find(&mut self, placeholder: &str) -> Option<String> {
        let (values, limit) = (self.values, self.limit);
        Some(match placeholder {
            "now" => values.received_at.to_string(),
            "now.unix" => values.received_at.as_secs().to_string(),
            "request.id" => values.id.map(|id| id.to_string()).unwrap_or_default(),
            "request.method" => values.head.method().into_owned(),
            "request.path" => String::from_utf8_lossy(values.head.target().path_below_bin()).into_owned(),
            "request.body" => String::from_utf8_lossy(cut(self.read(), limit)).into_owned(),
            "request.body_base64" => base64::engine::general_purpose::STANDARD.encode(cut(values.body, limit)),
            _ => {
                let (kind, name) = placeholder.strip_prefix("request.")?.split_once('.')?;
                match kind {
                    "header" => values.head.headers().get_str(name).unwrap_or_default().to_owned(),
                    "query" => {
                        let query = || first_values(values.head.target().query().unwrap_or_default());
                        self.query.get_or_insert_with(query).get(name).cloned().unwrap_or_default()
                    }
                    "form" => {
                        if self.form.is_none() {
                            self.form = Some(first_values(cut(self.read(), MAX_READ)));
                        }
                        self.form.as_ref()?.get(name).cloned().unwrap_or_default()
                    }
                    "json" => self.json(name).unwrap_or_default(),
                    _ => return None,
                }
            }
        })
    }
}

/// At most `limit` bytes from the start.
fn cut(bytes: &[u8], limit: usize) -> &[u8] {
    &bytes[..bytes.len().min(limit)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> String {
        let head = Head::new("POST /b/sub?q=a+b HTTP/1.1\r\nX-Name: v\r\n\r\n".into());
        let values = TemplateValues {
            head: &head,
            body: br#"{"challenge":"c1","n":[1,2.50]}"#,
            id: None,
            received_at: Timestamp::from_secs(1_779_971_696),
        };
        render(template, &values, MAX_TEXT).into_owned()
    }

    #[test]
    fn values_of_the_request_are_filled_in() {
        for (template, expected) in [
            ("plain", "plain"),
            ("<{{request.json./challenge}}>", "<c1>"),
            ("{{ request.json./n }}", "[1,2.50]"),
            ("{{request.header.x-name}}/{{request.query.q}}", "v/a b"),
            ("{{request.method}} {{request.path}}", "POST /sub"),
            ("{{now}} {{now.unix}}", "2026-05-28T12:34:56.000Z 1779971696"),
            ("{{request.json./none}}{{request.header.none}}", ""),
            ("{{request.body}}", r#"{"challenge":"c1","n":[1,2.50]}"#),
            // By `base64`.
            ("{{request.body_base64}}", "eyJjaGFsbGVuZ2UiOiJjMSIsIm4iOlsxLDIuNTBdfQ=="),
        ] {
            assert_eq!(filled(template), expected, "{template}");
        }
    }

    #[test]
    fn what_is_no_known_placeholder_stays() {
        for text in ["{{user.name}}", "{{", "a {{ b", "{{request.nothing}}", "}}{{", "{{request.what.x}}"] {
            assert_eq!(filled(text), text);
        }
    }

    #[test]
    fn a_value_of_json_is_cut_at_the_limit_and_not_within_what_is_used() {
        let head = Head::new("POST /b HTTP/1.1\r\n\r\n".into());
        let body = format!(r#"{{"escapes":"{}","list":["{}"]}}"#, r"\u00e9".repeat(20), "é".repeat(20));
        let values = TemplateValues { head: &head, body: body.as_bytes(), id: None, received_at: Timestamp::default() };
        let filled = |pointer: &str| render(&format!("{{{{request.json.{pointer}}}}}"), &values, 9).into_owned();
        assert_eq!((filled("/escapes"), filled("/list")), ("é".repeat(4), "[\"ééé".to_owned()));
    }

    #[test]
    fn a_sender_makes_neither_a_long_text_nor_long_work_of_a_template() {
        let head = Head::new("POST /b HTTP/1.1\r\n\r\n".into());
        let long = "é".repeat(5 << 20);
        let mut pairs = "a&".repeat(5 << 20);
        pairs.push_str("x=late");
        let more: Vec<String> = (0..MAX_PASSES + 3).map(|n| format!(r#""n{n}":1"#)).collect();
        let json = format!(
            r#"{{"pad":"{}","x":"found",{},"list":[0,1,2,3,{{"a/b": [4.50, 5]}}],"text":"\u00e9"}}"#,
            "p".repeat(2 << 20),
            more.join(",")
        );
        let filled = |template: &str, body: &str| {
            let values =
                TemplateValues { head: &head, body: body.as_bytes(), id: None, received_at: Timestamp::default() };
            render(template, &values, MAX_TEXT).into_owned()
        };
        for template in ["{{request.body}}", "{{request.body_base64}}", "{{request.json.}}", "{{request.form.é}}"] {
            let many = filled(&template.repeat(100), &long);
            assert!(many.len() <= MAX_TEXT, "{template}");
        }
        assert!(filled(&"{{request.body}}".repeat(100), &long).len() > MAX_TEXT - 4);
        let start = std::time::Instant::now();
        assert_eq!(filled(&"{{request.form.x}}".repeat(10_000), &pairs), "");
        assert!(start.elapsed() < std::time::Duration::from_secs(5), "{:?}", start.elapsed());
        let names = |n: u32| format!("{{{{request.form.{n}}}}}{{{{request.query.{n}}}}}");
        let names = (0..50_000).map(names).collect::<Vec<_>>().concat();
        assert_eq!(filled(&names, &pairs), "");
        assert!(start.elapsed() < std::time::Duration::from_secs(5), "{:?}", start.elapsed());
        assert_eq!(filled("{{request.form.x}}", "a&x=early&x=late"), "early");
        assert_eq!(filled("{{request.json./x}}", &json), "found");
        assert_eq!(filled("{{request.json./list/3}}{{request.json./list/4}}", &json), "3{\"a/b\": [4.50, 5]}");
        assert_eq!(filled("{{request.json./list/4/a~1b/0}}{{request.json./text}}", &json), "4.50é");
        // The longest that is read once.
        let whole = |pad: usize| format!(r#"{{"n":[1,2],"pad":"{}"}}"#, "p".repeat(pad));
        let longest = whole(MAX_READ - whole(0).len());
        assert_eq!(filled("{{request.json./n}}", &longest), "[1,2]");
        let many: Vec<String> = (0..MAX_PASSES + 3).map(|n| format!("{{{{request.json./n{n}}}}}")).collect();
        assert_eq!(filled(&many.concat(), &json), "1".repeat(MAX_PASSES));
        let short = format!("{{{}}}", more.join(","));
        assert_eq!(filled(&many.concat(), &short), "1".repeat(MAX_PASSES + 3));
    }
}
