//! A media type with its parameters, read as leniently as senders write it.

/// Parameters that are read; more is no media type any more.
const MAX_PARAMETERS: usize = 32;
/// Bytes of a boundary. RFC 2046 allows 70; some senders write more.
const MAX_BOUNDARY: usize = 256;

/// What a `Content-Type` or `Content-Disposition` field says (RFC 9110, section 8.3; RFC 6266).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ContentType {
    /// The part before the first semicolon, in lower case.
    pub essence: String,
    /// The parameters in order, names in lower case, quotes and their escapes taken away.
    pub parameters: Vec<(String, String)>,
}

impl ContentType {
    /// Reads a field value. Never fails; invalid parts are left out.
    #[must_use]
    pub(crate) fn parse(field: &str) -> Self {
        let (essence, mut rest) = field.split_once(';').unwrap_or((field, ""));
        let mut parameters = Vec::new();
        while !rest.is_empty() && parameters.len() < MAX_PARAMETERS {
            rest = rest.trim_start_matches([' ', '\t', ';']);
            let name_end = rest.find(['=', ';']).unwrap_or(rest.len());
            let name = rest[..name_end].trim().to_ascii_lowercase();
            let Some(after) = rest[name_end..].strip_prefix('=') else {
                rest = &rest[name_end..];
                continue;
            };
            let after = after.trim_start_matches([' ', '\t']);
            let (value, after) = if let Some(quoted) = after.strip_prefix('"') {
                unquote(quoted)
            } else {
                let end = after.find(';').unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            };
            parameters.push((name, value));
            rest = after;
        }
        Self { essence: essence.trim().to_ascii_lowercase(), parameters }
    }

    /// The boundary that separates the parts of a multipart body, if a usable one is named.
    pub(crate) fn boundary(&self) -> Option<&str> {
        self.parameter("boundary").filter(|boundary| (1..=MAX_BOUNDARY).contains(&boundary.len()))
    }

    /// The first parameter of that (lower-case) name.
    #[must_use]
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The part before the slash.
    #[must_use]
    pub(crate) fn main_type(&self) -> &str {
        self.essence.split_once('/').map_or(&self.essence, |(main, _)| main)
    }

    /// The part after the slash.
    #[must_use]
    pub(crate) fn subtype(&self) -> &str {
        self.essence.split_once('/').map_or("", |(_, subtype)| subtype)
    }
}

/// The media type of a `Content-Type` field, without its parameters, in the sender's case. Allocates nothing.
pub(crate) fn essence(field: &str) -> &str {
    field.split(';').next().unwrap_or_default().trim()
}

/// The text up to the closing quote, and what follows. Browsers write `%22` for a quote in a name, others `\"`.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &text[at + 1..]),
            // A backslash before anything but these two is a Windows path of an old browser, not an escape.
            '\\' => match characters.clone().next() {
                Some((_, next @ ('"' | '\\'))) => {
                    value.push(next);
                    characters.next();
                }
                Some(_) | None => value.push('\\'),
            },
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_parameters_as_senders_write_them() {
        let read = ContentType::parse("Multipart/Form-Data ; Boundary=\"a;b\\\"c\" ;x;charset=UTF-8");
        assert_eq!(
            (read.essence.as_str(), read.main_type(), read.subtype()),
            ("multipart/form-data", "multipart", "form-data")
        );
        assert_eq!(read.parameter("boundary"), Some("a;b\"c"));
        assert_eq!(read.parameter("charset"), Some("UTF-8"));
        assert_eq!(
            ContentType::parse("form-data; filename=\"C:\\dir\\a.txt\"").parameter("filename"),
            Some("C:\\dir\\a.txt")
        );
        assert_eq!(ContentType::parse("").essence, "");
        let read = ContentType::parse("a; b=\"1\"c=2; d=\"\\x\\\\\"; e=\"open");
        let shown: Vec<_> = read.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(shown, [("b", "1"), ("c", "2"), ("d", "\\x\\"), ("e", "open")]);
        assert_eq!((read.main_type(), read.subtype()), ("a", ""));
        assert_eq!(essence(" Text/Plain ; charset=UTF-8; a/b"), "Text/Plain");
    }

    #[test]
    fn a_boundary_has_at_most_256_bytes_and_a_field_at_most_32_parameters() {
        let boundary = |length: usize| {
            let read = ContentType::parse(&format!("multipart/mixed; boundary={}", "b".repeat(length)));
            read.boundary().map(str::len)
        };
        assert_eq!((boundary(0), boundary(1), boundary(256), boundary(257)), (None, Some(1), Some(256), None));
        let read = ContentType::parse(&format!("a/b{}", ";x=y".repeat(40)));
        assert_eq!(read.parameters.len(), 32);
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_read(field in "[a-z;=\" \\\\é]{0,40}") {
            let _ = ContentType::parse(&field);
        }
    }
}
