//! Where a value is in a request: a header, a query parameter, a form field, a member of the JSON body.

use std::borrow::Cow;
use std::fmt;

use smallvec::SmallVec;

use super::encoding::Encoding;
use super::jws;
use super::member::{read, text_of};
use super::request::{Pair, View};
use crate::json::Pointer;

/// A place in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `header:NAME`.
    Header(String),
    /// `header:PREFIX*`: every header whose name begins so.
    HeaderPrefix(String),
    /// `header:NAME#/pointer`: JSON in base64 inside a header (eBay).
    HeaderJson(String, Pointer),
    /// `query:NAME`.
    Query(String),
    /// `form:NAME`.
    Form(String),
    /// `form:NAME#/pointer`: JSON inside a form field.
    FormJson(String, Pointer),
    /// `json:/pointer`.
    Json(Pointer),
    /// `json:/list/*/pointer`: in each item of a list, one after the other. The view holds the current item.
    Each(Pointer, Pointer),
    /// `body`: all of it (a body that is a token).
    Body,
    /// `claim:PLACE#/pointer`: a member of the payload of the token in that place.
    Claim(Box<Source>, Pointer),
}

/// The values in a place, in order; mostly one.
pub(crate) type Values<'v> = SmallVec<[Cow<'v, [u8]>; 1]>;

/// A longer header holds no JSON.
const MAX_HEADER_JSON: usize = 16 << 10;

impl Source {
    /// Reads the notation of the records.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(notation: &str) -> Result<Self, String> {
        let wrong = || format!("`{notation}` is no source; write header:NAME, query:NAME, form:NAME or json:/pointer");
        if notation == "body" {
            return Ok(Self::Body);
        }
        let (kind, name) = notation.split_once(':').ok_or_else(wrong)?;
        if name.is_empty() || name == "*" {
            return Err(wrong());
        }
        let pointer = |text: &str| {
            Pointer::parse(text)
                .filter(|pointer| !pointer.steps().is_empty())
                .ok_or_else(|| format!("`{text}` is no JSON pointer"))
        };
        match kind {
            "header" => Ok(match (name.strip_suffix('*'), name.split_once('#')) {
                (Some(prefix), _) => Self::HeaderPrefix(prefix.to_owned()),
                (None, Some((header, inner))) => Self::HeaderJson(header.to_owned(), pointer(inner)?),
                (None, None) => Self::Header(name.to_owned()),
            }),
            "claim" => {
                let (place, inner) = name.rsplit_once('#').ok_or_else(wrong)?;
                match Self::parse(place)? {
                    Self::Claim(..) | Self::Each(..) => Err(wrong()),
                    place => Ok(Self::Claim(Box::new(place), pointer(inner)?)),
                }
            }
            "query" => Ok(Self::Query(name.to_owned())),
            "form" => match name.split_once('#') {
                Some((field, inner)) => Ok(Self::FormJson(field.to_owned(), pointer(inner)?)),
                None => Ok(Self::Form(name.to_owned())),
            },
            "json" => Ok(match name.split_once("/*/") {
                Some((list, rest)) => Self::Each(pointer(list)?, pointer(&format!("/{rest}"))?),
                None => Self::Json(pointer(name)?),
            }),
            _ => Err(wrong()),
        }
    }

    /// Every value in that place, in order.
    pub(crate) fn values<'v>(&self, view: &'v View<'_>) -> Values<'v> {
        let headers = view.request.headers;
        let owned = |text: String| Cow::Owned(text.into_bytes());
        match self {
            Self::Header(name) => headers
                .iter()
                .filter(|field| field.name.eq_ignore_ascii_case(name.as_bytes()))
                .map(|field| Cow::Borrowed(&field.value[..]))
                .collect(),
            Self::HeaderPrefix(prefix) => headers
                .iter()
                .filter(|field| {
                    field.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
                })
                .map(|field| Cow::Borrowed(&field.value[..]))
                .collect(),
            Self::Query(name) => named(view.query(), name).map(|value| Cow::Borrowed(value.as_bytes())).collect(),
            Self::Form(name) => named(view.form(), name).map(|value| Cow::Borrowed(value.as_bytes())).collect(),
            Self::FormJson(name, pointer) => {
                named(view.form(), name).filter_map(|value| read(pointer, value.as_bytes())).map(owned).collect()
            }
            Self::Json(pointer) => view.json(pointer).and_then(text_of).map(owned).into_iter().collect(),
            Self::Each(list, rest) => {
                let item = view.items(list).get(view.item()).and_then(|item| view.request.body.get(item.clone()));
                item.and_then(|item| read(rest, item)).map(owned).into_iter().collect()
            }
            Self::HeaderJson(name, pointer) => headers
                .all(name)
                .filter_map(|value| {
                    let text = std::str::from_utf8(value).ok().filter(|text| text.len() <= MAX_HEADER_JSON)?;
                    read(pointer, &Encoding::Base64.decode(text.trim())?)
                })
                .map(owned)
                .collect(),
            Self::Body => {
                let body = view.request.body.trim_ascii();
                if body.is_empty() { Values::new() } else { std::iter::once(Cow::Borrowed(body)).collect() }
            }
            Self::Claim(place, pointer) => {
                let values = place.values(view);
                let texts = values.iter().filter_map(|value| std::str::from_utf8(value).ok());
                texts.filter_map(|text| jws::claim(text, pointer)).map(owned).collect()
            }
        }
    }

    /// The first value in that place.
    pub(crate) fn first<'v>(&self, view: &'v View<'_>) -> Option<Cow<'v, [u8]>> {
        self.values(view).into_iter().next()
    }

    /// Whether the value is part of the body.
    #[must_use]
    pub fn in_body(&self) -> bool {
        match self {
            Self::Form(_) | Self::FormJson(..) | Self::Json(_) | Self::Each(..) | Self::Body => true,
            Self::Claim(place, _) => place.in_body(),
            Self::Header(_) | Self::HeaderPrefix(_) | Self::HeaderJson(..) | Self::Query(_) => false,
        }
    }
}

fn named<'v>(pairs: &'v [Pair], name: &str) -> impl Iterator<Item = &'v str> {
    pairs.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
}

/// The place in words, for the inside of a sentence.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header {name}"),
            Self::HeaderPrefix(prefix) => write!(f, "header {prefix}…"),
            Self::Query(name) => write!(f, "query parameter {name}"),
            Self::Form(name) => write!(f, "form field {name}"),
            Self::FormJson(name, pointer) => write!(f, "JSON member {pointer} of the form field {name}"),
            Self::Json(pointer) => write!(f, "JSON member {pointer} of the body"),
            Self::Each(list, rest) => write!(f, "JSON member {rest} of each item of {list} of the body"),
            Self::HeaderJson(name, pointer) => write!(f, "JSON member {pointer} of the header {name}"),
            Self::Body => f.write_str("body"),
            Self::Claim(place, pointer) => {
                write!(f, "claim {} of the token in the {place}", pointer.to_string().trim_start_matches('/'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::member::{MAX_ITEMS, MAX_JSON, items};
    use super::*;

    fn read(pointer: &str, json: &str) -> Option<String> {
        super::read(&Pointer::parse(pointer).unwrap(), json.as_bytes())
    }

    #[test]
    fn pointers_reach_every_kind_of_value() {
        let json = "\u{feff} {\"a\": {\"b\": [1.50, true, null, \"x\\u00e9\", {\"c\" : 1}]}, \"a/b\": 1e3, \"d\": 1, \"d\": 2}";
        for (pointer, value) in [
            ("/a/b/0", Some("1.50")),
            ("/a/b/1", Some("true")),
            ("/a/b/2", None),
            ("/a/b/3", Some("x\u{e9}")),
            ("/a/b/4", Some("{\"c\" : 1}")),
            ("/a/b/5", None),
            ("/a/b/-1", None),
            ("/a~1b", Some("1e3")),
            ("/d", Some("2")),
            ("/a/b/3/x", None),
            ("/missing/x", None),
        ] {
            assert_eq!(read(pointer, &json[3..]).as_deref(), value, "{pointer}");
            assert_eq!(read(pointer, json).as_deref(), value, "{pointer} after a byte order mark");
        }
    }

    #[test]
    fn what_is_no_json_holds_nothing() {
        for json in [
            "",
            "{",
            "{\"a\":1} x",
            "[1",
            &"[".repeat(100_000),
            &format!("{{\"a\":1,\"b\":\"{}\"}}", "x".repeat(MAX_JSON)),
            "{\"a\":\"\\ud800\"}",
        ] {
            assert_eq!(read("/a", json), None);
        }
    }

    #[test]
    fn json_is_looked_into_up_to_a_mebibyte() {
        for (length, is_read) in [(MAX_JSON, true), (MAX_JSON + 1, false)] {
            let start = r#"{"a":[1,2]}"#;
            let json = format!("{start}{}", " ".repeat(length - start.len()));
            assert_eq!(read("/a/0", &json).is_some(), is_read, "{length}");
            let items = items(&Pointer::parse("/a").unwrap(), json.as_bytes());
            assert_eq!(items.len(), if is_read { 2 } else { 0 }, "{length}");
        }
        // One item more than is looked at tells that there are more.
        let many = format!("[[{}]]", ["1"; 2 * MAX_ITEMS].join(","));
        assert_eq!(items(&Pointer::parse("/0").unwrap(), many.as_bytes()).len(), MAX_ITEMS + 1);
    }

    #[test]
    fn a_wrong_source_is_refused() {
        for wrong in [
            "",
            "header",
            "header:",
            "header:*",
            "cookie:a",
            "json:a",
            "form:a#b",
            "header:a#b",
            "claim:header:a",
            "claim:header:a#b",
            // Tokens are not in tokens, nor in each item of a list.
            "claim:claim:header:a#/b#/c",
            "claim:json:/a/*/b#/c",
        ] {
            assert!(Source::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_source_is_read_said_in_words_and_known_to_be_in_the_body_or_not() {
        for (notation, words, in_body) in [
            ("header:X-A", "header X-A", false),
            ("header:X-A-*", "header X-A-…", false),
            ("header:X-A#/b", "JSON member /b of the header X-A", false),
            ("query:a", "query parameter a", false),
            ("form:a", "form field a", true),
            ("form:a#/b/c", "JSON member /b/c of the form field a", true),
            ("json:/a/0", "JSON member /a/0 of the body", true),
            ("json:/a/*/b/c", "JSON member /b/c of each item of /a of the body", true),
            ("body", "body", true),
            ("claim:header:X-A#/iat", "claim iat of the token in the header X-A", false),
            ("claim:body#/iat", "claim iat of the token in the body", true),
            ("claim:header:X-A#/t#/iat", "claim iat of the token in the JSON member /t of the header X-A", false),
        ] {
            let source = Source::parse(notation).unwrap();
            assert_eq!((source.to_string().as_str(), source.in_body()), (words, in_body), "{notation}");
        }
    }

    #[test]
    fn a_member_that_is_null_has_no_value_wherever_it_is() {
        let json = Encoding::Base64.encode(br#"{"n":null,"s":"x"}"#);
        let headers: crate::http::Headers = [("X-A", json)].into_iter().collect();
        let body = br#"{"n":null,"s":"x","list":[{"n":null,"s":"y"}]}"#;
        let received_at = crate::model::Timestamp::default();
        let request =
            super::super::request::SignedRequest { method: "POST", url: "/", headers: &headers, body, received_at };
        let config = super::super::request::Config::new();
        let view = View::new(&request, &config);
        for (place, text) in [("header:X-A#/", "x"), ("json:/", "x"), ("json:/list/*/", "y")] {
            let first = |member: &str| {
                let source = Source::parse(&format!("{place}{member}")).unwrap();
                source.first(&view).map(|value| String::from_utf8_lossy(&value).into_owned())
            };
            assert_eq!((first("s").as_deref(), first("n"), first("none")), (Some(text), None, None), "{place}");
        }
    }
}
