//! Compares texts: whole values with `*`, names, and words anywhere.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use crate::model::kept_name;

/// A value as written in a filter: the whole text must match, `*` matches anything. Ignores ASCII case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The pieces between the stars, in lower case.
    parts: Vec<Vec<u8>>,
    /// For a path: everything below it matches too.
    below: bool,
}

impl Pattern {
    /// From the text and the offsets of its stars (a star in quotes is none).
    pub(super) fn new(text: &str, stars: &[usize]) -> Self {
        let mut parts = Vec::new();
        let mut from = 0;
        for &at in stars {
            parts.push(text.as_bytes()[from..at].to_ascii_lowercase());
            from = at + 1;
        }
        parts.push(text.as_bytes()[from..].to_ascii_lowercase());
        Self { parts, below: false }
    }

    /// This, anywhere in the text.
    pub(super) fn anywhere(mut self) -> Self {
        self.parts.insert(0, Vec::new());
        self.parts.push(Vec::new());
        self
    }

    /// This path and every path below it. The bin itself has the path `/`, whether it was called with the slash or not.
    pub(super) fn and_below(mut self) -> Self {
        self.below = true;
        self
    }

    /// This, at the start.
    pub(super) fn prefix(mut self) -> Self {
        self.parts.push(Vec::new());
        self
    }

    /// The text itself, when there is no star in it.
    #[must_use]
    pub fn exact(&self) -> Option<&str> {
        match &self.parts[..] {
            [only] if !self.below => std::str::from_utf8(only).ok(),
            _ => None,
        }
    }

    /// Whether the whole text matches.
    #[must_use]
    pub fn matches(&self, text: &[u8]) -> bool {
        let Some((first, rest)) = self.parts.split_first() else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return text.eq_ignore_ascii_case(first) || (self.below && is_below(text, first));
        };
        if text.len() < first.len() + last.len()
            || !text[..first.len()].eq_ignore_ascii_case(first)
            || !text[text.len() - last.len()..].eq_ignore_ascii_case(last)
        {
            return false;
        }
        let mut text = &text[first.len()..text.len() - last.len()];
        // The earliest match of each part leaves the most room for the next.
        for part in middle.iter().filter(|part| !part.is_empty()) {
            match find(text, part) {
                Some(at) => text = &text[at + part.len()..],
                None => return false,
            }
        }
        true
    }
}

/// A name: exactly this one, or with a star all names that match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// This name, as it is stored.
    One(String),
    /// All names that match.
    Like(Pattern),
}

impl Named {
    /// From the text and the offsets of its stars.
    pub(super) fn new(text: &str, stars: &[usize]) -> Self {
        if stars.is_empty() { Self::One(kept_name(text).into_owned()) } else { Self::Like(Pattern::new(text, stars)) }
    }

    /// Whether a name matches.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Like(pattern) => pattern.matches(name.as_bytes()),
        }
    }
}

/// Whether a path is another, or below it.
fn is_below(path: &[u8], other: &[u8]) -> bool {
    if other == b"/" {
        return path.is_empty();
    }
    let other = other.strip_suffix(b"/").unwrap_or(other);
    path.get(..other.len()).is_some_and(|start| start.eq_ignore_ascii_case(other))
        && matches!(path.get(other.len()), None | Some(b'/'))
}

/// Finds a lower-case text in short values. For long ones there is [`Needle`].
fn find(text: &[u8], lower: &[u8]) -> Option<usize> {
    let (&first, _) = lower.split_first()?;
    let mut from = 0;
    while let Some(at) = memchr::memchr2(first, first.to_ascii_uppercase(), &text[from..]) {
        let at = from + at;
        if text.len() - at < lower.len() {
            return None;
        }
        if text[at..at + lower.len()].eq_ignore_ascii_case(lower) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// Up to here, in bytes, a text is searched without preparation.
const SHORT: usize = 1024;

/// A text to search for in heads and bodies. Ignores ASCII case.
#[derive(Debug, Clone)]
pub struct Needle {
    text: String,
    lower: Vec<u8>,
    /// Made for the first search of a long text: to make it costs more than to look through a short one. `None` only
    /// for a text that is longer than any filter.
    search: OnceLock<Option<AhoCorasick>>,
}

impl PartialEq for Needle {
    fn eq(&self, other: &Self) -> bool {
        self.lower == other.lower
    }
}

impl Needle {
    /// A text that is not empty.
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), lower: text.as_bytes().to_ascii_lowercase(), search: OnceLock::new() }
    }

    /// The text as written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the text contains it.
    #[must_use]
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        if bytes.len() <= SHORT {
            return find(bytes, &self.lower).is_some();
        }
        // It looks for the text's rarest byte with vector instructions.
        self.search
            .get_or_init(|| AhoCorasick::builder().ascii_case_insensitive(true).build([&self.text]).ok())
            .as_ref()
            .is_some_and(|search| search.is_match(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Pattern {
        let stars: Vec<usize> = text.match_indices('*').map(|(at, _)| at).collect();
        Pattern::new(text, &stars)
    }

    #[test]
    fn a_path_stands_for_what_is_below_it_and_not_for_what_only_begins_so() {
        for (path, yes, no) in [
            ("/orders", &["/orders", "/orders/", "/Orders/7/a"][..], &["/orders2", "/order", "", "/a/orders"][..]),
            ("/orders/", &["/orders", "/orders/", "/orders/7"], &["/orders2"]),
            ("/", &["", "/"], &["/a", "//"]),
        ] {
            let pattern = pattern(path).and_below();
            for text in yes {
                assert!(pattern.matches(text.as_bytes()), "{path} is {text}");
            }
            for text in no {
                assert!(!pattern.matches(text.as_bytes()), "{path} is not {text}");
            }
        }
    }

    #[test]
    fn stars_stand_for_anything_and_the_rest_for_itself() {
        for (text, yes, no) in [
            ("/a*", &["/a", "/A/b"][..], &["a", "/b"][..]),
            ("*.ended", &["session.ended", ".ENDED"], &["ended"]),
            ("a*b*c", &["abc", "aXbYc", "abbc"], &["acb", "ab"]),
            ("*", &["", "x"], &[]),
            ("ab*ba", &["abba", "abxba"], &["aba"]),
            ("", &[""], &["x"]),
        ] {
            for value in yes {
                assert!(pattern(text).matches(value.as_bytes()), "{text} {value}");
            }
            for value in no {
                assert!(!pattern(text).matches(value.as_bytes()), "{text} {value}");
            }
        }
        assert!(pattern("b").anywhere().matches(b"aBc"));
        assert!(pattern("b").prefix().matches(b"Bc"));
    }

    #[test]
    fn a_name_means_the_one_that_has_it_letter_for_letter_whatever_its_length() {
        let named = |text: &str| Named::new(text, &text.match_indices('*').map(|(at, _)| at).collect::<Vec<_>>());
        assert!(named("s1").is("s1") && !named("s1").is("s10") && !named("s1").is("S1"));
        assert!(named("s1*").is("s10") && named("S1*").is("s1") && !named("s1*").is("as1"));
        assert!(Named::new("a*", &[]).is("a*") && !Named::new("a*", &[]).is("ab"));
        let long = "x".repeat(300);
        assert!(named(&long).is(&kept_name(&long)) && !named(&long).is(&kept_name(&format!("{long}y"))));
    }

    #[test]
    fn a_pattern_without_star_says_its_text() {
        assert_eq!((pattern("Ab").exact(), Pattern::new("a*", &[]).exact()), (Some("ab"), Some("a*")));
        assert_eq!((pattern("a*").exact(), pattern("a").prefix().exact()), (None, None));
        assert_eq!((pattern("/a").and_below().exact(), pattern("a").anywhere().exact()), (None, None));
        assert!(Pattern::new("a*", &[]).matches(b"A*") && !Pattern::new("a*", &[]).matches(b"ab"));
    }

    #[test]
    fn a_part_is_found_at_the_end_and_after_beginnings_of_it() {
        assert!(pattern("*aab*").matches(b"aaab") && pattern("*aab*").matches(b"xAAbx"));
        assert!(!pattern("*aab*").matches(b"aaa") && !pattern("*ab*").matches(b"xxa"));
        assert!(pattern("a*b*b").matches(b"abb") && !pattern("a*b*b").matches(b"ab"));
        assert_eq!((find(b"xxab", b"ab"), find(b"xxa", b"ab"), find(b"abab", b"b")), (Some(2), None, Some(1)));
        let needle = Needle::new;
        assert!(needle("Ab") == needle("aB") && needle("a") != needle("b"));
        assert_eq!(needle("Ab").text(), "Ab");
    }

    proptest! {
        #[test]
        fn a_needle_is_found_where_a_plain_search_finds_it(text in "[abAB.*\\\\ä ]{1,4}", hay in "[abAB.*\\\\ä ]{0,20}") {
            let plain = hay.to_ascii_lowercase().contains(&text.to_ascii_lowercase());
            prop_assert_eq!(Needle::new(&text).is_in(hay.as_bytes()), plain);
            // A long text is searched in another way.
            let long = format!("{}{hay}", "-".repeat(SHORT));
            prop_assert_eq!(Needle::new(&text).is_in(long.as_bytes()), plain);
            prop_assert_eq!(Pattern::new(&text, &[]).anywhere().matches(hay.as_bytes()), plain);
        }
    }
}
