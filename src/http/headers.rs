//! Header fields as they were on the wire: ordered, with their case, their repeats and their bytes.

use bytes::Bytes;
use serde::{Serialize, Serializer, ser::SerializeStruct as _};

/// One field line: its name and value bytes as sent, without the white space around the value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Header {
    /// The name in the sender's case. Bytes, because a rejected head may hold anything.
    pub name: Bytes,
    /// The value without leading and trailing white space; spaces inside stay.
    pub value: Bytes,
}

impl Header {
    /// The value as text, if it is UTF-8.
    #[must_use]
    pub fn value_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.value).ok()
    }
}

/// JSON shape: `{"name", "value"}`, or `{"name", "value_base64"}` when the value is not UTF-8.
/// A name that is not UTF-8 (only rejected heads have one) is shown with replacement characters; the head has its
/// bytes.
impl Serialize for Header {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64::Engine as _;
        let mut field = serializer.serialize_struct("Header", 2)?;
        field.serialize_field("name", &String::from_utf8_lossy(&self.name))?;
        if let Some(text) = self.value_str() {
            field.serialize_field("value", text)?;
        } else {
            let encoded = base64::engine::general_purpose::STANDARD.encode(&self.value);
            field.serialize_field("value_base64", &encoded)?;
        }
        field.end()
    }
}

/// Room for the headers that most requests have, so that the list need not grow.
const USUAL: usize = 12;

/// An ordered list of header fields. Look-ups ignore ASCII case (RFC 9110, section 5.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Headers(Vec<Header>);

impl Headers {
    /// A list without fields.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a field at the end.
    pub fn push(&mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) {
        self.0.push(Header { name: name.into(), value: value.into() });
    }

    /// The fields in wire order.
    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.0.iter()
    }

    /// How many field lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no field at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values of every field of that name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Bytes> {
        self.0.iter().filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes())).map(|field| &field.value)
    }

    /// The first value of that name.
    #[must_use]
    pub fn get<'a>(&'a self, name: &'a str) -> Option<&'a Bytes> {
        self.all(name).next()
    }

    /// The first value of that name, if it is UTF-8.
    #[must_use]
    pub fn get_str<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.get(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The values of every field of that name, with commas between them; `None` without such a field.
    #[must_use]
    pub fn joined(&self, name: &str) -> Option<String> {
        let values: Vec<_> = self.all(name).map(|value| String::from_utf8_lossy(value)).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// Whether a field of that name is there.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = &'a Header;
    type IntoIter = std::slice::Iter<'a, Header>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<N: Into<Bytes>, V: Into<Bytes>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut headers = Self(Vec::with_capacity(USUAL));
        for (name, value) in pairs {
            headers.push(name, value);
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_up_ignores_case_and_keeps_repeats_in_order() {
        let headers: Headers = [("X-A", "1"), ("x-b", "2"), ("x-a", "3")].into_iter().collect();
        assert_eq!(headers.all("X-a").map(|v| &v[..]).collect::<Vec<_>>(), [b"1", b"3"]);
        assert_eq!(headers.get_str("X-B"), Some("2"));
        assert!(headers.contains("X-B") && !headers.contains("x-c"));
        assert_eq!(headers.joined("x-A").as_deref(), Some("1, 3"));
        assert_eq!((headers.joined("x-b").as_deref(), headers.joined("x-c")), (Some("2"), None));
        assert_eq!((headers.len(), headers.is_empty(), Headers::new().is_empty()), (3, false, true));
        let names: Vec<_> = (&headers).into_iter().map(|field| &field.name[..]).collect();
        assert_eq!(names, [b"X-A", b"x-b", b"x-a"]);
    }

    #[test]
    fn values_that_are_not_text_are_shown_in_base64() {
        let mut headers = Headers::new();
        headers.push("X-Latin", &b"caf\xe9"[..]);
        headers.push("X-Text", "café");
        let shown: Vec<_> = headers.iter().map(Header::value_str).collect();
        assert_eq!(shown, [None, Some("café")]);
        assert_eq!(
            serde_json::to_string(&headers).unwrap(),
            r#"[{"name":"X-Latin","value_base64":"Y2Fm6Q=="},{"name":"X-Text","value":"café"}]"#
        );
    }
}
