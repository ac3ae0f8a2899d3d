//! Finds one value of a JSON text, as written: in one pass, without building anything.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::pointer::{self, Pointer};
use super::strings;
use crate::http::text::without_mark;

/// The value that a pointer names: a piece of `text`. Of repeated keys the last one counts. `None` when there is none,
/// the text is not JSON, or the pointer has more steps than `serde_json` reads levels (127).
///
/// For several values of one text, [`super::Outline::value_at`] reads it once, within the limits of outlines.
pub(crate) fn value_at<'t>(text: &'t [u8], pointer: &Pointer) -> Option<&'t str> {
    let mut json = serde_json::Deserializer::from_str(std::str::from_utf8(without_mark(text)).ok()?);
    let found = To(pointer.steps()).deserialize(&mut json).ok()?;
    json.end().ok()?;
    found.map(RawValue::get)
}

/// The value at the end of these steps.
struct To<'p>(&'p [String]);

impl<'de> DeserializeSeed<'de> for To<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        if self.0.is_empty() { <&RawValue>::deserialize(json).map(Some) } else { json.deserialize_any(self) }
    }
}

/// No step leads into a scalar.
impl<'de> Visitor<'de> for To<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        let Some((key, rest)) = self.0.split_first() else { return Ok(found) };
        // As written: half a pair of surrogates is no string to `serde_json`.
        while let Some(written) = map.next_key::<&RawValue>()? {
            if strings::text(written.get().as_bytes()).0 == *key {
                found = map.next_value_seed(To(rest))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        let Some((step, rest)) = self.0.split_first() else { return Ok(found) };
        let mut before = pointer::index(step);
        loop {
            let more = if before == Some(0) {
                let item = items.next_element_seed(To(rest))?;
                found = item.flatten();
                item.is_some()
            } else {
                items.next_element::<IgnoredAny>()?.is_some()
            };
            if !more {
                return Ok(found);
            }
            before = before.and_then(|before| before.checked_sub(1));
        }
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::scan;

    fn at<'t>(text: &'t str, pointer: &str) -> Option<&'t str> {
        value_at(text.as_bytes(), &Pointer::parse(pointer).unwrap())
    }

    #[test]
    fn a_pointer_leads_to_the_value_as_written() {
        let text = "{\"a\": [1.50, \"é\\n\", {\"b\" : [ ]}], \"a/~\": {\"\": -0}, \"s\": \"[1]\", \"n\": 7, \"r\": 1, \"r\": 2}";
        for (pointer, expected) in [
            ("/a/0", Some("1.50")),
            ("/a/1", Some("\"é\\n\"")),
            ("/a/2", Some("{\"b\" : [ ]}")),
            ("/a/2/b", Some("[ ]")),
            ("/a/3", None),
            ("/a/02", None),
            ("/a/-", None),
            ("/a/18446744073709551616", None),
            ("/a/2/b/0", None),
            ("/a~1~0/", Some("-0")),
            ("/s/0", None),
            ("/n/0", None),
            ("/r", Some("2")),
            ("/none", None),
            ("", Some(text)),
        ] {
            assert_eq!(at(text, pointer), expected, "{pointer}");
        }
        assert_eq!(at("\u{feff}[true]", "/0"), Some("true"));
        assert_eq!(
            (at("[null,-1,1.5,true]", "/4"), at("null", "/0"), at("1.5", "/0"), at("-1", "/0")),
            (None, None, None, None)
        );
        assert_eq!((at("true", "/0"), at("7", "")), (None, Some("7")));
    }

    #[test]
    fn a_broken_text_has_no_values() {
        for text in ["[1] x", "[1", "[1, x]", "{\"0\": 1", ""] {
            assert_eq!(at(text, "/0"), None, "{text}");
        }
    }

    #[test]
    fn what_the_outline_takes_or_refuses_beside_the_way_is_taken_or_refused() {
        let half = r#"{"\ud800": 1, "b": "\udfff", "\u0062b": 1e999}"#;
        assert_eq!((at(half, "/b"), at(half, "/bb")), (Some(r#""\udfff""#), Some("1e999")));
        let invalid = b"{\"a\":\"\xff\",\"b\":1}";
        let read = |pointer: &str| value_at(invalid, &Pointer::parse(pointer).unwrap());
        assert_eq!((read("/b"), read("/a"), read("")), (None, None, None));
        assert_eq!(at("{\"a\nb\": 1, \"c\": 2}", "/c"), None);
    }

    #[test]
    fn values_beside_the_way_may_be_as_deep_as_they_like() {
        let deep = format!("[{}{}, 1]", "[".repeat(500_000), "]".repeat(500_000));
        assert_eq!(at(&deep, "/1"), Some("1"));
        assert_eq!(at(&deep, "/0").map(str::len), Some(1_000_000));
        let steps = |number: usize| "/0".repeat(number);
        assert_eq!((at(&deep, &steps(127)).is_some(), at(&deep, &steps(128))), (true, None));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read(text: Vec<u8>) {
            let _ = value_at(&text, &Pointer::parse("/0/a").unwrap());
        }

        #[test]
        fn agrees_with_the_outline(
            text in r#"[\[{]([\[\]{},: ]|"a"|"\\u0061"|0|1e999|true|null|"a":|"b":|"\\ud800":){0,12}[\]}]"#,
            pointer in "(/(a|b|0|1)){0,3}",
        ) {
            let pointer = Pointer::parse(&pointer).unwrap();
            let outline = scan(text.as_bytes());
            proptest::prop_assert_eq!(value_at(text.as_bytes(), &pointer), outline.value_at(text.as_bytes(), &pointer));
        }
    }
}
