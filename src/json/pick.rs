//! Reads a few values out of a JSON body in one pass, without building a tree: a transcript of megabytes costs no
//! memory.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::pointer;

/// A value that was found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Picked<'a> {
    /// A string, borrowed from the body unless it holds escapes.
    Text(Cow<'a, str>),
    /// A whole number, as text.
    Integer(String),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// An object or an array. Its inside is only looked at where another path leads there.
    Structure,
}

impl Picked<'_> {
    /// The text of a string; nothing for any other type.
    #[must_use]
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Integer(_) | Self::Float(_) | Self::Bool(_) | Self::Null | Self::Structure => None,
        }
    }

    /// The value without its loan from the body.
    #[must_use]
    pub(crate) fn into_owned(self) -> Picked<'static> {
        match self {
            Self::Text(text) => Picked::Text(Cow::Owned(text.into_owned())),
            Self::Integer(digits) => Picked::Integer(digits),
            Self::Float(number) => Picked::Float(number),
            Self::Bool(value) => Picked::Bool(value),
            Self::Null => Picked::Null,
            Self::Structure => Picked::Structure,
        }
    }

    /// A string, number or boolean as text.
    #[must_use]
    pub(crate) fn scalar(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Integer(digits) => Some(Cow::Borrowed(digits)),
            Self::Float(number) => Some(Cow::Owned(number.to_string())),
            Self::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
            Self::Null | Self::Structure => None,
        }
    }
}

/// What a pass over a body gave.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Picks<'a, const N: usize> {
    /// One entry per path, in the order of the paths.
    pub values: [Option<Picked<'a>>; N],
    /// Whether the whole body was one JSON value. When it was not, `values` holds what came before the error.
    pub whole: bool,
}

impl<const N: usize> Picks<'_, N> {
    /// The string at that path's place.
    #[must_use]
    pub(crate) fn text(&self, index: usize) -> Option<&str> {
        self.values.get(index)?.as_ref()?.text()
    }

    /// The string, number or boolean at that path's place.
    #[must_use]
    pub(crate) fn scalar(&self, index: usize) -> Option<Cow<'_, str>> {
        self.values.get(index)?.as_ref()?.scalar()
    }

    /// Whether there is anything but `null`.
    #[must_use]
    pub(crate) fn there(&self, index: usize) -> bool {
        self.values.get(index).is_some_and(|value| !matches!(value, None | Some(Picked::Null)))
    }
}

/// Reads the values at `paths` (`/data/reason`, `/entry/0/id`; RFC 6901, at most 31) in one pass.
/// Of a repeated key the last one counts, as in JavaScript and Python. Everything else is skipped, however deep.
/// Never fails: see [`Picks::whole`].
#[must_use]
pub(crate) fn pick<'a, const N: usize>(body: &'a [u8], paths: &[&str; N]) -> Picks<'a, N> {
    const { assert!(N > 0 && N < 32, "the paths of one pass are a mask of 32 bits") };
    let mut values = [const { None }; N];
    let body = crate::http::text::without_mark(body);
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = At { paths, active: (1 << N) - 1, depth: 0, out: &mut values }.deserialize(&mut json);
    let whole = read.is_ok() && json.end().is_ok();
    Picks { values, whole }
}

/// The value that the active paths lead to after `depth` steps.
struct At<'p, 'o, 'a> {
    paths: &'p [&'p str],
    active: u32,
    depth: usize,
    out: &'o mut [Option<Picked<'a>>],
}

impl<'p, 'a> At<'p, '_, 'a> {
    /// The paths that are followed, each with its place and its next step.
    fn steps(&self) -> impl Iterator<Item = (usize, &'p str)> {
        let (active, depth) = (self.active, self.depth);
        let paths = self.paths.iter().enumerate().filter(move |(index, _)| active & (1 << index) != 0);
        paths.filter_map(move |(index, path)| Some((index, path.split('/').nth(depth + 1)?)))
    }

    /// The paths that go on with such a step, and the values of those taken back: the last one of a repeated key
    /// counts.
    fn step(&mut self, goes_on: impl Fn(&str) -> bool) -> u32 {
        let next = self.steps().filter(|(_, step)| goes_on(step)).fold(0, |next, (index, _)| next | 1 << index);
        let taken_back = self.out.iter_mut().enumerate().filter(|(index, _)| next & (1 << index) != 0);
        taken_back.for_each(|(_, value)| *value = None);
        next
    }

    /// The first item from `start` on that a path leads to.
    fn next_item(&self, start: usize) -> Option<usize> {
        self.steps().filter_map(|(_, step)| pointer::index(step)).filter(|&item| item >= start).min()
    }

    fn set(self, value: &Picked<'a>) {
        for (index, path) in self.paths.iter().enumerate() {
            if self.active & (1 << index) != 0 && path.matches('/').count() == self.depth {
                self.out[index] = Some(value.clone());
            }
        }
    }

    fn structure(&mut self) {
        let here = At { paths: self.paths, active: self.active, depth: self.depth, out: self.out };
        here.set(&Picked::Structure);
    }
}

impl<'de> DeserializeSeed<'de> for At<'_, '_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<(), E> {
        self.set(&Picked::Text(Cow::Borrowed(text)));
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.set(&Picked::Text(Cow::Owned(text.to_owned())));
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.set(&Picked::Integer(number.to_string()));
        Ok(())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.set(&Picked::Integer(number.to_string()));
        Ok(())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.set(&Picked::Float(number));
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.set(&Picked::Bool(value));
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.set(&Picked::Null);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        self.structure();
        while let Some(active) = map.next_key_seed(Key(&mut self))? {
            if active == 0 {
                map.next_value::<IgnoredAny>()?;
            } else {
                map.next_value_seed(At { paths: self.paths, active, depth: self.depth + 1, out: self.out })?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        self.structure();
        let mut at = 0;
        while let Some(item) = self.next_item(at) {
            for _ in at..item {
                if items.next_element::<IgnoredAny>()?.is_none() {
                    return Ok(());
                }
            }
            let active = self.step(|step| pointer::index(step) == Some(item));
            let value = At { paths: self.paths, active, depth: self.depth + 1, out: self.out };
            if items.next_element_seed(value)?.is_none() {
                return Ok(());
            }
            at = item + 1;
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// Reads a key and answers with the paths that go on there, without copying the key.
struct Key<'s, 'p, 'o, 'a>(&'s mut At<'p, 'o, 'a>);

impl<'de> DeserializeSeed<'de> for Key<'_, '_, '_, '_> {
    type Value = u32;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<u32, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_, '_, '_> {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<u32, E> {
        Ok(self.0.step(|step| pointer::key_of(step) == key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_type_at_their_paths() {
        let body = br#" {"a": "x\u0041", "n": 7, "f": 1.5, "b": true, "z": null, "o": {"p": ["q", {"r": -1}]}} "#;
        let picks = pick(body, &["/a", "/n", "/f", "/b", "/z", "/o", "/o/p/0", "/o/p/1/r", "/no"]);
        assert!(picks.whole);
        let scalars: Vec<_> = (0..9).map(|index| picks.scalar(index).map(Cow::into_owned)).collect();
        let scalars: Vec<_> = scalars.iter().map(Option::as_deref).collect();
        assert_eq!(
            scalars,
            [Some("xA"), Some("7"), Some("1.5"), Some("true"), None, None, Some("q"), Some("-1"), None]
        );
        assert!(picks.there(5) && !picks.there(4) && !picks.there(8));
    }

    #[test]
    fn what_was_picked_keeps_its_type_without_the_body() {
        let body = br#"["x", 18446744073709551615, -1.5e300]"#.to_vec();
        let [text, integer, float] = pick(&body, &["/0", "/1", "/2"]).values;
        let owned = [text, integer, float].map(|value| value.map(Picked::into_owned));
        drop(body);
        let expected =
            [Picked::Text("x".into()), Picked::Integer("18446744073709551615".into()), Picked::Float(-1.5e300)];
        assert_eq!(owned, expected.map(Some));
        let body = b"[false, null, {}]";
        let picks = pick(body, &["/0", "/1", "/2", "/3"]);
        let owned = picks.values.clone().map(|value| value.map(Picked::into_owned));
        assert_eq!(owned, [Some(Picked::Bool(false)), Some(Picked::Null), Some(Picked::Structure), None]);
        assert_eq!(picks.scalar(0).as_deref(), Some("false"));
        assert_eq!([0, 1, 2, 3, 4].map(|index| picks.there(index)), [true, false, true, false, false]);
        assert_eq!([0, 1, 2, 3, 4].map(|index| picks.text(index)), [None; 5]);
    }

    #[test]
    fn a_path_leads_to_its_own_depth_and_to_any_item() {
        let body = br#"{"a": {"b": 1, "c": {"b": 2}}, "b": 3, "l": [[0], [1], [2], [3], [4]], "a/~1": [5, [6]]}"#;
        let paths = ["/a", "/b", "/a/b", "/a/c/b", "/c/b", "/l/2/0", "/l/4/0", "/l/5", "/l/03/0", "/a~1~01/1/0", ""];
        let picks = pick(body, &paths);
        let scalars: Vec<_> = (0..10).map(|index| picks.scalar(index).map(Cow::into_owned)).collect();
        let scalars: Vec<_> = scalars.iter().map(Option::as_deref).collect();
        let some = [None, Some("3"), Some("1"), Some("2"), None, Some("2"), Some("4"), None, None, Some("6")];
        assert_eq!(scalars, some);
        assert!(picks.whole && picks.there(0) && picks.values[10] == Some(Picked::Structure));
        let picks = pick(b"[0, 1, 2, 3, 4]", &["/3", "/1", "/3", "/18446744073709551615", "/-"]);
        let scalars = [0, 1, 2, 3, 4].map(|index| picks.scalar(index).map(Cow::into_owned));
        assert_eq!(scalars.each_ref().map(Option::as_deref), [Some("3"), Some("1"), Some("3"), None, None]);
        assert!(picks.whole);
    }

    #[test]
    fn the_last_of_a_repeated_key_counts() {
        let picks = pick(br#"{"a": {"b": "1"}, "a": {"c": 2}, "e": "x", "e": "y"}"#, &["/a/b", "/e", "/a/b"]);
        assert_eq!([0, 1, 2].map(|index| picks.text(index)), [None, Some("y"), None]);
    }

    #[test]
    fn a_broken_body_gives_what_stood_before_the_error() {
        for body in [&br#"{"a": "1", "b""#[..], b"{\"a\": \"1\", \"b\": \"\xff\", \"c\": \xff", br#"{"a": "1"} x"#] {
            let picks = pick(body, &["/a"]);
            assert_eq!((picks.text(0), picks.whole), (Some("1"), false));
        }
        assert!(!pick(b"", &["/a"]).whole);
        assert!(pick(b"\xef\xbb\xbf{\"a\": 1}", &["/a"]).whole);
    }

    #[test]
    fn depth_beside_the_paths_does_not_matter() {
        let deep = format!(r#"{{"x": {}1{}, "a": "1"}}"#, "[".repeat(500_000), "]".repeat(500_000));
        assert_eq!(pick(deep.as_bytes(), &["/a"]).text(0), Some("1"));
        let open = "[".repeat(500_000);
        assert!(!pick(open.as_bytes(), &["/0/0"]).whole);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_can_be_read(body: Vec<u8>) {
            let _ = pick(&body, &["/a", "/0"]);
        }

        #[test]
        fn agrees_with_a_full_tree(key in "[a-c]{1}", text in ".{0,9}", number: i64) {
            let body = serde_json::json!({"a": {"b": text, "c": number}, key.as_str(): text}).to_string();
            let tree: serde_json::Value = serde_json::from_str(&body).unwrap();
            let picks = pick(body.as_bytes(), &["/a/b", "/c", "/a"]);
            proptest::prop_assert_eq!(picks.text(0), tree.pointer("/a/b").and_then(|v| v.as_str()));
            proptest::prop_assert_eq!(picks.text(1), tree.pointer("/c").and_then(|v| v.as_str()));
            proptest::prop_assert_eq!(picks.text(2), tree.pointer("/a").and_then(|v| v.as_str()));
        }
    }
}
