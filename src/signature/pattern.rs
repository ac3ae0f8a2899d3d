//! Item patterns: `v1={signature}`, `{id}/SHA256/{signature}`. Each part of a signature text is matched against them as
//! a whole.

use smallvec::SmallVec;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(String),
    /// A named value: one or more characters, only digits when it is the timestamp.
    Value(String),
}

/// A pattern, matched as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    parts: Vec<Part>,
}

/// The value that is the signature.
pub(crate) const SIGNATURE: &str = "signature";
/// The value that is the timestamp.
pub(crate) const TIMESTAMP: &str = "timestamp";

/// Values in one pattern. The known schemes need two; each more multiplies the work of a hostile text.
const MAX_VALUES: usize = 3;
/// Positions tried for one text. Honest ones match on the first try of each value.
const MAX_TRIES: usize = 1_000;

/// The values that a text gave, by name.
pub(crate) type Matched<'p, 't> = SmallVec<[(&'p str, &'t str); MAX_VALUES]>;

impl Pattern {
    /// `{signature}` alone.
    pub(crate) fn bare() -> Self {
        Self { parts: vec![Part::Value(SIGNATURE.to_owned())] }
    }

    /// Reads a pattern; between two values there must be a text.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts: Vec<Part> = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let value = rest.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            match value {
                Some((name, after)) if is_word(name) => {
                    if matches!(parts.last(), Some(Part::Value(_))) {
                        return Err(format!("in `{text}` two values are side by side; nothing tells them apart"));
                    }
                    if parts.contains(&Part::Value(name.to_owned())) {
                        return Err(format!("`{{{name}}}` is there twice in `{text}`"));
                    }
                    parts.push(Part::Value(name.to_owned()));
                    rest = after;
                }
                Some(_) | None => {
                    let end = rest.char_indices().skip(1).find(|(_, c)| *c == '{').map_or(rest.len(), |(at, _)| at);
                    match parts.last_mut() {
                        Some(Part::Literal(literal)) => literal.push_str(&rest[..end]),
                        Some(Part::Value(_)) | None => parts.push(Part::Literal(rest[..end].to_owned())),
                    }
                    rest = &rest[end..];
                }
            }
        }
        let values = parts.iter().filter(|part| matches!(part, Part::Value(_))).count();
        if values == 0 || values > MAX_VALUES {
            return Err(format!("`{text}` needs one to {MAX_VALUES} values such as {{signature}}"));
        }
        Ok(Self { parts })
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Value(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    pub(crate) fn has_signature(&self) -> bool {
        self.names().any(|name| name == SIGNATURE)
    }

    /// Whether the pattern is `{signature}` and nothing else.
    pub(crate) fn is_bare(&self) -> bool {
        matches!(&self.parts[..], [Part::Value(name)] if name == SIGNATURE)
    }

    /// The pattern's text again.
    pub(crate) fn text(&self) -> String {
        let part_text = |part: &Part| match part {
            Part::Literal(literal) => literal.clone(),
            Part::Value(name) => format!("{{{name}}}"),
        };
        self.parts.iter().map(part_text).collect()
    }

    /// The values when the whole text matches; earlier values take as much as they can.
    pub(crate) fn matches<'p, 't>(&'p self, text: &'t str) -> Option<Matched<'p, 't>> {
        if text.contains('\n') {
            return None;
        }
        let mut values = Matched::new();
        let mut tries = MAX_TRIES;
        matches_from(&self.parts, text, &mut values, &mut tries).then_some(values)
    }
}

fn is_word(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn accepts(name: &str, value: &str) -> bool {
    !value.is_empty() && (name != TIMESTAMP || value.bytes().all(|byte| byte.is_ascii_digit()))
}

fn matches_from<'p, 't>(parts: &'p [Part], text: &'t str, values: &mut Matched<'p, 't>, tries: &mut usize) -> bool {
    match parts {
        [] => text.is_empty(),
        [Part::Literal(literal), rest @ ..] => {
            text.strip_prefix(literal.as_str()).is_some_and(|after| matches_from(rest, after, values, tries))
        }
        [Part::Value(name)] => {
            let fits = accepts(name, text);
            if fits {
                values.push((name, text));
            }
            fits
        }
        [Part::Value(name), rest @ ..] => {
            // Two values are never side by side, so a literal says where this one can end.
            let [Part::Literal(literal), ..] = rest else { return false };
            let mut end = text.len();
            while let Some(at) = text[..end].rfind(literal.as_str()) {
                let Some(left) = tries.checked_sub(1) else { return false };
                *tries = left;
                if accepts(name, &text[..at]) {
                    let before = values.len();
                    values.push((name, &text[..at]));
                    if matches_from(rest, &text[at..], values, tries) {
                        return true;
                    }
                    values.truncate(before);
                }
                // The next try must begin earlier; overlapping finds are fine.
                end = at + literal.len() - literal.chars().next_back().map_or(0, char::len_utf8);
            }
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched<'t>(pattern: &str, text: &'t str) -> Option<Vec<(String, &'t str)>> {
        let pattern = Pattern::parse(pattern).unwrap();
        pattern.matches(text).map(|values| values.into_iter().map(|(n, v)| (n.to_owned(), v)).collect())
    }

    #[test]
    fn the_whole_text_must_match() {
        assert_eq!(matched("v1={signature}", "v1=ab"), Some(vec![("signature".into(), "ab")]));
        for no in ["v1=", "v1", "xv1=ab", "V1=ab", "v2=ab", "v1=a\nb", ""] {
            assert_eq!(matched("v1={signature}", no), None, "{no}");
        }
    }

    #[test]
    fn timestamps_are_digits() {
        assert_eq!(matched("t={timestamp}", "t=12"), Some(vec![("timestamp".into(), "12")]));
        for no in ["t=", "t=-1", "t=1x", "t=1.5"] {
            assert_eq!(matched("t={timestamp}", no), None, "{no}");
        }
        assert_eq!(matched("{timestamp}.{signature}", "12.ab.c").unwrap()[1].1, "ab.c");
    }

    #[test]
    fn earlier_values_take_what_they_can() {
        assert_eq!(
            matched("{id}/S/{signature}", "a/S/b/S/c"),
            Some(vec![("id".into(), "a/S/b"), ("signature".into(), "c")])
        );
        assert_eq!(matched("{id}|{signature}", "a|"), None);
        assert_eq!(matched("{id}|{signature}", "a||"), Some(vec![("id".into(), "a"), ("signature".into(), "|")]));
        assert_eq!(matched("{id}-{signature}.x", "a-b.x").map(|v| v.len()), Some(2));
    }

    #[test]
    fn wrong_patterns_are_refused() {
        for wrong in ["", "v1", "{a}{b}", "{a}.{a}", "{a}.{b}.{c}.{d}"] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Pattern::parse("{x-y}={signature}").unwrap().text(), "{x-y}={signature}");
        // What is no word in braces stands for itself.
        for text in ["{x-y}=", "{}=", "{ a}=", "{ä}=", "{a", "}"] {
            let (pattern, whole) = (format!("{text}{{signature}}"), format!("{text}ab"));
            assert_eq!(matched(&pattern, &whole), Some(vec![("signature".to_owned(), "ab")]), "{text}");
        }
        assert_eq!(matched("{a_1}={signature}", "x=ab").map(|values| values.len()), Some(2));
    }

    #[test]
    fn a_hostile_text_ends_soon() {
        let text = "a.".repeat(50_000) + "x";
        let started = std::time::Instant::now();
        let _ = matched("{a}.{b}.{timestamp}", &text);
        assert!(started.elapsed().as_secs() < 2);
    }
}
