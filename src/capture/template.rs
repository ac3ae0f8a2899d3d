//! Templates in responses: `{{request.json./challenge}}` and the like.
//!
//! What has the form of a known value is replaced (by nothing, when the request has no such value);
//! everything else between braces stays as it is, since responses may hold templates of other tools.

use std::borrow::Cow;

use base64::Engine as _;
use serde_json::Value;

use crate::http::Head;
use crate::model::{RequestId, Timestamp};

/// Where a template takes its values from.
#[derive(Debug)]
pub struct TemplateValues<'a> {
    /// The request's head.
    pub head: &'a Head,
    /// The request's body.
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

impl TemplateValues<'_> {
    /// The body as it is read: decompressed, without a byte order mark.
    fn read(&self) -> Cow<'_, [u8]> {
        crate::http::coding::plain(self.head.headers().get_str("content-encoding"), self.body)
    }
}

/// Whether a text has any placeholder at all; without one it is sent as it is.
#[must_use]
pub fn is_template(text: &str) -> bool {
    text.contains("{{")
}

/// Fills a template in.
#[must_use]
pub fn render<'a>(template: &'a str, values: &TemplateValues<'_>) -> Cow<'a, str> {
    if !is_template(template) {
        return Cow::Borrowed(template);
    }
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    // The body is parsed at most once for a template with many pointers.
    let mut json = None;
    while let Some(open) = rest.find("{{") {
        out.push_str(&rest[..open]);
        let Some(close) = rest[open..].find("}}") else {
            rest = &rest[open..];
            break;
        };
        let placeholder = rest[open + 2..open + close].trim();
        match value(placeholder, values, &mut json) {
            Some(text) => out.push_str(&text),
            None => out.push_str(&rest[open..open + close + 2]),
        }
        rest = &rest[open + close + 2..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The value of a placeholder; `None` when it is not a known one.
fn value(placeholder: &str, values: &TemplateValues<'_>, json: &mut Option<Value>) -> Option<String> {
    let first = |pairs: Vec<(String, String)>, name: &str| {
        pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default()
    };
    Some(match placeholder {
        "now" => values.received_at.to_string(),
        "now.unix" => values.received_at.as_secs().to_string(),
        "request.id" => values.id.map(|id| id.to_string()).unwrap_or_default(),
        "request.method" => values.head.method().into_owned(),
        "request.path" => String::from_utf8_lossy(values.head.target().path_below_bin()).into_owned(),
        "request.body" => String::from_utf8_lossy(&values.read()).into_owned(),
        "request.body_base64" => base64::engine::general_purpose::STANDARD.encode(values.body),
        _ => {
            let (kind, name) = placeholder.strip_prefix("request.")?.split_once('.')?;
            match kind {
                "header" => values.head.headers().get_str(name).unwrap_or_default().to_owned(),
                "query" => first(values.head.target().query_pairs(), name),
                "form" => first(crate::http::form::pairs(&values.read()), name),
                "json" => {
                    let body = json.get_or_insert_with(|| serde_json::from_slice(&values.read()).unwrap_or_default());
                    match body.pointer(name) {
                        None => String::new(),
                        Some(Value::String(text)) => text.clone(),
                        Some(other) => other.to_string(),
                    }
                }
                _ => return None,
            }
        }
    })
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
        render(template, &values).into_owned()
    }

    #[test]
    fn values_of_the_request_are_filled_in() {
        for (template, expected) in [
            ("plain", "plain"),
            ("<{{request.json./challenge}}>", "<c1>"),
            ("{{ request.json./n }}", "[1,2.5]"),
            ("{{request.header.x-name}}/{{request.query.q}}", "v/a b"),
            ("{{request.method}} {{request.path}}", "POST /sub"),
            ("{{now}} {{now.unix}}", "2026-05-28T12:34:56.000Z 1779971696"),
            ("{{request.json./none}}{{request.header.none}}", ""),
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
}
