//! An index of the headers that hint at schemes. Used for every request, so it is made once per catalogue.

use std::sync::Arc;

use regex::bytes::Regex;

use super::rules::is_one_provider;
use super::scheme::Scheme;
use super::source::Source;
use crate::http::HeaderNames;

/// Schemes are given by their place in the catalogue.
pub(super) struct Index {
    /// Header names that hint at schemes.
    pub(super) headers: HeaderNames<usize>,
    /// Beginnings of header names that hint at schemes.
    pub(super) prefixes: Vec<(String, usize)>,
    /// For each scheme, whether it reads its signature from a header that its provider alone uses.
    pub(super) own: Vec<bool>,
    /// Schemes that no header hints at.
    pub(super) unhinted: Vec<usize>,
    /// Headers that these read their signature from.
    pub(super) sources: HeaderNames<()>,
    /// Whether one of these reads its signature from all headers with some prefix (no built-in scheme does).
    pub(super) any_header: bool,
    /// A name of each place in a JSON body that one of these reads its signature from, as one search; `None` when any
    /// body may hold one.
    pub(super) members: Option<Regex>,
}

impl Index {
    pub(super) fn new(schemes: &[Arc<Scheme>]) -> Self {
        let hints =
            || schemes.iter().enumerate().flat_map(|(at, scheme)| scheme.detect.iter().map(move |hint| (hint, at)));
        let of_kind = |prefix: bool| {
            hints().filter(move |(hint, _)| hint.is_prefix == prefix).map(|(hint, at)| (hint.name.as_str(), at))
        };
        let unhinted = || schemes.iter().enumerate().filter(|(_, scheme)| scheme.detect.is_empty());
        let sources = || unhinted().flat_map(|(_, scheme)| &scheme.from);
        let headers = sources().filter_map(|source| match source {
            Source::Header(name) | Source::HeaderJson(name, _) => Some((name.as_str(), ())),
            _ => None,
        });
        Self {
            headers: of_kind(false).collect(),
            prefixes: of_kind(true).map(|(prefix, at)| (prefix.to_owned(), at)).collect(),
            own: schemes.iter().map(|scheme| has_own_header(scheme, schemes)).collect(),
            unhinted: unhinted().map(|(at, _)| at).collect(),
            sources: headers.collect(),
            any_header: sources().any(|source| matches!(source, Source::HeaderPrefix(_))),
            members: member_names(sources()),
        }
    }
}

/// Whether a header that the scheme reads its signature from hints at schemes of its provider alone.
fn has_own_header(scheme: &Scheme, schemes: &[Arc<Scheme>]) -> bool {
    let hints = |known: &Scheme, name: &str| known.detect.iter().any(|hint| hint.name.eq_ignore_ascii_case(name));
    let is_own = |source: &Source| {
        let (Source::Header(name) | Source::HeaderPrefix(name) | Source::HeaderJson(name, _)) = source else {
            return false;
        };
        let mut users = schemes.iter().filter(|other| hints(other, name));
        hints(scheme, name) && users.all(|other| is_one_provider(scheme, other))
    };
    // Three headers together are unique to a provider, even if each name is shared.
    scheme.detect.len() >= 3 || scheme.from.iter().any(is_own)
}

fn member_names<'s>(sources: impl Iterator<Item = &'s Source>) -> Option<Regex> {
    let mut names: Vec<String> = Vec::new();
    for source in sources {
        if let Source::Json(pointer) | Source::Each(_, pointer) = source {
            // The longest name is the rarest; without a name, any body may hold a signature.
            names.push(regex::escape(pointer.steps().iter().max_by_key(|step| step.len())?));
        }
    }
    Regex::new(&names.join("|")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(records: &[serde_json::Value]) -> Index {
        let schemes: Vec<Arc<Scheme>> =
            records.iter().map(|record| Arc::new(Scheme::from_json(record).unwrap())).collect();
        Index::new(&schemes)
    }

    #[test]
    fn a_header_is_a_schemes_own_where_it_hints_at_its_provider_alone() {
        let record = |id: &str, detect: &[&str], from: &str| serde_json::json!({"id": id, "detect": detect, "signature": {"from": from}});
        let header = "header:X-Sig";
        for (records, own) in [
            (vec![record("acme", &["x-sig"], header)], &[true][..]),
            (vec![record("acme", &["x-sig"], header), record("acme-v2", &["x-sig"], header)], &[true, true]),
            (vec![record("acme", &["x-sig"], header), record("other", &["x-sig"], header)], &[false, false]),
            // Another that hints with it and reads another.
            (vec![record("acme", &["x-sig"], header), record("other", &["x-sig"], "query:sig")], &[false, false]),
            // Not its own header, and no header.
            (vec![record("acme", &["x-a"], header)], &[false]),
            (vec![record("acme", &["x-a"], "query:sig")], &[false]),
            (vec![record("acme", &[], header)], &[false]),
            // Two may be shared, three are not.
            (vec![record("acme", &["x-sig", "x-a"], header), record("other", &["x-sig"], header)], &[false, false]),
            (
                vec![record("acme", &["x-sig", "x-a", "x-b"], header), record("other", &["x-sig"], header)],
                &[true, false],
            ),
            (vec![record("acme", &["x-a", "x-b", "x-c"], "query:sig")], &[true]),
        ] {
            assert_eq!(index(&records).own, own, "{records:?}");
        }
    }

    #[test]
    fn a_body_is_searched_for_the_rarest_name_of_each_place() {
        let record = |from: &str| serde_json::json!({"id": "acme", "signature": {"from": from}});
        let of = |places: &[&str]| index(&places.iter().map(|place| record(place)).collect::<Vec<_>>()).members;
        let members = of(&["json:/a/proof", "json:/list/*/s.g", "header:X-Sig"]).unwrap();
        for (body, is_there) in
            [("{\"proof\":1}", true), ("{\"s.g\":1}", true), ("{\"a\":1,\"list\":[{\"sxg\":1}]}", false), ("{}", false)]
        {
            assert_eq!(members.is_match(body.as_bytes()), is_there, "{body}");
        }
    }
}
