//! Request line, header fields, query pairs.

use std::collections::HashSet;

use serde::Serialize;

use crate::http::Headers;
use crate::model::CapturedRequest;

/// How a field of the second message, `b`, differs from that of the first, `a`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// Only `b` has it.
    Added,
    /// Only `a` has it.
    Removed,
    /// The values differ, or how many there are, or their order.
    Changed,
    /// Only the case of the name differs.
    Case,
}

/// A part of the request line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PartChange {
    /// `method`, `path` (below the bin), `version`.
    pub part: &'static str,
    /// Its text in the first message.
    pub a: String,
    /// Its text in the second message.
    pub b: String,
}

/// A header field or query pair, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldChange {
    /// The name as `a` writes it, or as `b` does if only `b` has it.
    pub name: String,
    /// The kind of difference.
    pub change: Change,
    /// The names as written and the values in the first message, in order.
    pub a: Vec<(String, String)>,
    /// The same of the second message.
    pub b: Vec<(String, String)>,
}

pub(super) fn line(a: &CapturedRequest, b: &CapturedRequest) -> Vec<PartChange> {
    let parts = [
        ("method", &a.summary.method, &b.summary.method),
        ("path", &a.summary.path, &b.summary.path),
        ("version", &a.summary.http_version, &b.summary.http_version),
    ];
    let differing = parts.into_iter().filter(|(_, a, b)| a != b);
    differing.map(|(part, a, b)| PartChange { part, a: a.clone(), b: b.clone() }).collect()
}

/// The changed fields, and whether what both have comes in another order.
pub(super) fn headers(a: &Headers, b: &Headers) -> (Vec<FieldChange>, bool) {
    let pairs = |headers: &Headers| {
        let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.escape_ascii().to_string(),
        };
        headers.iter().map(|field| (text(&field.name), text(&field.value))).collect::<Vec<_>>()
    };
    let (a, b) = (pairs(a), pairs(b));
    let changes = fields(&a, &b, str::to_ascii_lowercase);
    (changes, order(&a, &b) != order(&b, &a))
}

/// The names of `fields` that `other` has too, each at its first place.
fn order(fields: &[(String, String)], other: &[(String, String)]) -> Vec<String> {
    let known: HashSet<String> = other.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    let mut seen = HashSet::new();
    let names = fields.iter().map(|(name, _)| name.to_ascii_lowercase());
    names.filter(|name| known.contains(name) && seen.insert(name.clone())).collect()
}

pub(super) fn query(a: &[(String, String)], b: &[(String, String)]) -> Vec<FieldChange> {
    fields(a, b, str::to_owned)
}

fn fields(a: &[(String, String)], b: &[(String, String)], key: fn(&str) -> String) -> Vec<FieldChange> {
    let mut groups: indexed::Groups = indexed::Groups::default();
    for pair in a {
        groups.get(key(&pair.0)).0.push(pair.clone());
    }
    for pair in b {
        groups.get(key(&pair.0)).1.push(pair.clone());
    }
    groups.into_iter().filter_map(|(a, b)| change(a, b)).collect()
}

fn change(a: Vec<(String, String)>, b: Vec<(String, String)>) -> Option<FieldChange> {
    let name = a.first().or(b.first())?.0.clone();
    let change = if a == b {
        return None;
    } else if a.is_empty() {
        Change::Added
    } else if b.is_empty() {
        Change::Removed
    } else if a.iter().map(|(_, value)| value).eq(b.iter().map(|(_, value)| value)) {
        Change::Case
    } else {
        Change::Changed
    };
    Some(FieldChange { name, change, a, b })
}

/// Pairs of both sides by name, names in the order of their first appearance.
mod indexed {
    use std::collections::HashMap;

    type Pairs = Vec<(String, String)>;

    #[derive(Default)]
    pub(super) struct Groups {
        index: HashMap<String, usize>,
        groups: Vec<(Pairs, Pairs)>,
    }

    impl Groups {
        pub(super) fn get(&mut self, name: String) -> &mut (Pairs, Pairs) {
            let next = self.groups.len();
            let at = *self.index.entry(name).or_insert(next);
            if at == next {
                self.groups.push(Default::default());
            }
            &mut self.groups[at]
        }
    }

    impl IntoIterator for Groups {
        type Item = (Pairs, Pairs);
        type IntoIter = std::vec::IntoIter<Self::Item>;
        fn into_iter(self) -> Self::IntoIter {
            self.groups.into_iter()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&'static str, &'static str)]) -> Headers {
        pairs.iter().copied().collect()
    }

    #[test]
    fn fields_are_compared_by_name_with_repeats_case_and_order() {
        let a = of(&[("Host", "h"), ("X-A", "1"), ("x-a", "2"), ("Gone", "g"), ("X-Case", "c")]);
        let b = of(&[("X-A", "1"), ("Host", "h"), ("x-a", "3"), ("x-case", "c"), ("New", "n")]);
        let (changes, order_differs) = headers(&a, &b);
        let kinds: Vec<_> = changes.iter().map(|change| (change.name.as_str(), change.change)).collect();
        assert_eq!(
            kinds,
            [("X-A", Change::Changed), ("Gone", Change::Removed), ("X-Case", Change::Case), ("New", Change::Added)]
        );
        assert!(order_differs);
        assert_eq!(headers(&a, &a), (Vec::new(), false));
    }

    #[test]
    fn query_names_have_a_case() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let changes = query(&[pair("a", "1"), pair("A", "2")], &[pair("a", "1"), pair("b", "")]);
        let kinds: Vec<_> = changes.iter().map(|change| (change.name.as_str(), change.change)).collect();
        assert_eq!(kinds, [("A", Change::Removed), ("b", Change::Added)]);
    }
}
