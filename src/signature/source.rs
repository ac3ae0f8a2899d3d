//! Where a value is in a request: a header, a query parameter, a form field, a member of the JSON body.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use smallvec::SmallVec;

use super::request::{Pair, View};

/// A place in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `header:NAME`.
    Header(String),
    /// `header:PREFIX*`: every header whose name begins so.
    HeaderPrefix(String),
    /// `query:NAME`.
    Query(String),
    /// `form:NAME`.
    Form(String),
    /// `form:NAME#/pointer`: JSON inside a form field.
    FormJson(String, Pointer),
    /// `json:/pointer`.
    Json(Pointer),
}

/// The values in a place, in order; mostly one.
pub(crate) type Values<'v> = SmallVec<[Cow<'v, [u8]>; 1]>;

/// A longer document is not searched: a scheme may read eight members, each with a pass of its own. Providers that sign
/// single members send a few KiB.
const MAX_JSON: usize = 1 << 20;

/// A JSON pointer (RFC 6901); empty steps are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer(Vec<String>);

impl Pointer {
    fn parse(text: &str) -> Option<Self> {
        if !text.starts_with('/') {
            return None;
        }
        let steps = text.split('/').filter(|step| !step.is_empty());
        Some(Self(steps.map(|step| step.replace("~1", "/").replace("~0", "~")).collect()))
    }

    /// The steps, unescaped.
    #[must_use]
    pub fn steps(&self) -> &[String] {
        &self.0
    }

    /// What it points at, as it is written.
    fn find<'j>(&self, json: &'j [u8]) -> Option<&'j str> {
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
        if json.len() > MAX_JSON {
            return None;
        }
        let mut here: &RawValue = serde_json::from_slice(json).ok()?;
        for step in &self.0 {
            let mut reader = serde_json::Deserializer::from_str(here.get());
            here = Step(step).deserialize(&mut reader).ok()??;
        }
        Some(here.get())
    }

    /// Where in the JSON it points, and what stands there.
    pub(crate) fn locate<'j>(&self, json: &'j [u8]) -> Option<(std::ops::Range<usize>, &'j str)> {
        let found = self.find(json)?;
        let start = found.as_ptr().addr().checked_sub(json.as_ptr().addr())?;
        let place = start..start + found.len();
        (json.get(place.clone())? == found.as_bytes() && found != "null").then_some((place, found))
    }

    /// The text of what it points at: a string's content, anything else as it is written. Absent or `null` is `None`.
    pub(crate) fn read(&self, json: &[u8]) -> Option<String> {
        match self.find(json)? {
            "null" => None,
            text if text.starts_with('"') => serde_json::from_str(text).ok(),
            text => Some(text.to_owned()),
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| write!(f, "/{}", step.replace('~', "~0").replace('/', "~1")))
    }
}

/// One step into a JSON value without building the rest of it.
struct Step<'s>(&'s str);

impl<'de> DeserializeSeed<'de> for Step<'_> {
    type Value = Option<&'de RawValue>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Step<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or array")
    }

    /// Of repeated members the last one counts, as in every common parser.
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            if name == self.0 {
                found = Some(members.next_value()?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let wanted = self.0.parse::<usize>().ok();
        let mut found = None;
        let mut at = 0;
        loop {
            if Some(at) == wanted {
                let Some(item) = items.next_element()? else { break };
                found = Some(item);
            } else if items.next_element::<IgnoredAny>()?.is_none() {
                break;
            }
            at += 1;
        }
        Ok(found)
    }
}

impl Source {
    /// Reads the notation of the records.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(notation: &str) -> Result<Self, String> {
        let wrong = || format!("`{notation}` is no source; write header:NAME, query:NAME, form:NAME or json:/pointer");
        let (kind, name) = notation.split_once(':').ok_or_else(wrong)?;
        if name.is_empty() || name == "*" {
            return Err(wrong());
        }
        let pointer = |text: &str| Pointer::parse(text).ok_or_else(|| format!("`{text}` is no JSON pointer"));
        match kind {
            "header" => Ok(match name.strip_suffix('*') {
                Some(prefix) => Self::HeaderPrefix(prefix.to_owned()),
                None => Self::Header(name.to_owned()),
            }),
            "query" => Ok(Self::Query(name.to_owned())),
            "form" => match name.split_once('#') {
                Some((field, inner)) => Ok(Self::FormJson(field.to_owned(), pointer(inner)?)),
                None => Ok(Self::Form(name.to_owned())),
            },
            "json" => Ok(Self::Json(pointer(name)?)),
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
                named(view.form(), name).filter_map(|value| pointer.read(value.as_bytes())).map(owned).collect()
            }
            Self::Json(pointer) => pointer.read(view.request.body).map(owned).into_iter().collect(),
        }
    }

    /// The first value in that place.
    pub(crate) fn first<'v>(&self, view: &'v View<'_>) -> Option<Cow<'v, [u8]>> {
        self.values(view).into_iter().next()
    }

    /// Whether the value is part of the body.
    #[must_use]
    pub const fn in_body(&self) -> bool {
        match self {
            Self::Form(_) | Self::FormJson(..) | Self::Json(_) => true,
            Self::Header(_) | Self::HeaderPrefix(_) | Self::Query(_) => false,
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pointer: &str, json: &str) -> Option<String> {
        Pointer::parse(pointer).unwrap().read(json.as_bytes())
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
    fn a_wrong_source_is_refused() {
        for wrong in ["", "header", "header:", "header:*", "cookie:a", "json:a", "form:a#b"] {
            assert!(Source::parse(wrong).is_err(), "{wrong}");
        }
    }
}
