//! Reads the signature text of a request: the signatures that it offers, and the values next to them.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::pattern::SIGNATURE;
use super::request::View;
use super::scheme::Scheme;
use super::source::{Source, Values};

/// Signatures that share their values (timestamp and the like).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group<'t> {
    pub(crate) vars: SmallVec<[(&'t str, &'t str); 2]>,
    pub(crate) signatures: SmallVec<[&'t str; 2]>,
}

/// All groups of one request; mostly one.
pub(crate) type Groups<'t> = SmallVec<[Group<'t>; 1]>;

/// Most signatures checked in one request. `DocuSign`, with one header per key, sends up to 100.
const MAX_SIGNATURES: usize = 128;
/// Most groups with different values; each costs a hash of the body. Rotation of secrets needs two.
const MAX_GROUPS: usize = 16;
/// A longer text holds no signature; it is not searched.
const MAX_TEXT: usize = 64 * 1024;

/// The texts that the scheme finds its signatures in.
pub(crate) fn texts<'v>(scheme: &Scheme, view: &'v View<'_>) -> Values<'v> {
    scheme.from.iter().flat_map(|source| source.values(view)).collect()
}

/// The values outside the signature text.
pub(crate) fn shared_vars<'v>(scheme: &'v Scheme, view: &'v View<'_>) -> Vec<(&'v str, Cow<'v, [u8]>)> {
    let value = |(name, source): &'v (String, Source)| Some((name.as_str(), source.first(view)?));
    scheme.vars.iter().filter_map(value).collect()
}

/// The signatures in these texts, grouped by their values. Groups without a signature are left out.
pub(crate) fn groups<'t>(scheme: &'t Scheme, texts: &'t [Cow<'_, [u8]>]) -> Groups<'t> {
    let mut groups = Groups::new();
    let mut left = MAX_SIGNATURES;
    let readable = texts.iter().filter(|text| text.len() <= MAX_TEXT);
    for text in readable.filter_map(|text| std::str::from_utf8(text).ok()) {
        for section in split(text, scheme.group.as_deref()) {
            let mut found = Group { vars: SmallVec::new(), signatures: SmallVec::new() };
            for element in split(section, scheme.split.as_deref()) {
                read_element(scheme, element.trim(), &mut found);
            }
            found.signatures.truncate(left);
            if found.signatures.is_empty() {
                continue;
            }
            left -= found.signatures.len();
            // The same values sign the same bytes: hash those once for all their signatures.
            if let Some(group) = groups.iter_mut().find(|group| group.vars == found.vars) {
                group.signatures.extend(found.signatures);
            } else if groups.len() < MAX_GROUPS {
                groups.push(found);
            }
        }
    }
    groups
}

fn split<'t>(text: &'t str, separators: Option<&'t str>) -> impl Iterator<Item = &'t str> {
    // Most schemes do not split, and their texts need not be searched.
    let whole = separators.is_none().then_some(text);
    let parts = separators.map(|separators| text.split(move |character| separators.contains(character)));
    whole.into_iter().chain(parts.into_iter().flatten())
}

fn read_element<'t>(scheme: &'t Scheme, element: &'t str, into: &mut Group<'t>) {
    let Some(values) = scheme.items.iter().find_map(|pattern| pattern.matches(element)) else { return };
    for (name, value) in values {
        if name == SIGNATURE {
            into.signatures.push(value);
        } else if let Some((_, known)) = into.vars.iter_mut().find(|(known, _)| *known == name) {
            // The last of repeated values counts.
            *known = value;
        } else {
            into.vars.push((name, value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = (Vec<(String, String)>, Vec<String>);

    fn read(record: &serde_json::Value, text: &str) -> Vec<Read> {
        let scheme = Scheme::from_json(&serde_json::json!({ "signature": record })).unwrap();
        let texts = [Cow::Borrowed(text.as_bytes())];
        groups(&scheme, &texts)
            .into_iter()
            .map(|group| {
                let vars = group.vars.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
                (vars, group.signatures.into_iter().map(str::to_owned).collect())
            })
            .collect()
    }

    #[test]
    fn elements_that_match_nothing_are_ignored() {
        let record =
            serde_json::json!({"from": "header:X", "split": ", ", "items": ["t={timestamp}", "v1={signature}"]});
        let expected = vec![(vec![("timestamp".to_owned(), "5".to_owned())], vec!["a".to_owned(), "b".to_owned()])];
        assert_eq!(read(&record, "v1=a, ,t=5,v0=x,,v1=b,v2=y"), expected);
        assert!(read(&record, "t=5,v0=x").is_empty());
        assert!(read(&record, "").is_empty());
    }

    #[test]
    fn each_group_has_its_own_values_and_equal_values_share_one() {
        let record = serde_json::json!({"from": "header:X", "group": " ", "split": ",", "items": ["t={timestamp}", "v1={signature}"]});
        let read = read(&record, "t=1,v1=a t=2,v1=b t=1,v1=c");
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].1, ["a", "c"]);
        assert_eq!(read[1].1, ["b"]);
        assert_eq!(self::read(&record, "t=1,v1=a,t=2")[0].0, [("timestamp".to_owned(), "2".to_owned())]);
    }

    #[test]
    fn a_flood_is_cut_off() {
        let record = serde_json::json!({"from": "header:X", "group": " ", "split": ",", "items": ["t={timestamp}", "v1={signature}"]});
        let many = (0..5_000).map(|n| format!("t={n},v1=a")).collect::<Vec<_>>().join(" ");
        assert_eq!(read(&record, &many).len(), MAX_GROUPS);
        assert_eq!(read(&record, &"v1=a,".repeat(5_000))[0].1.len(), MAX_SIGNATURES);
        assert!(read(&record, &"v1=a,".repeat(20_000)).is_empty());
        // However they are spread over groups and texts.
        let pairs = "t=1,v1=a,v1=b ";
        assert_eq!(read(&record, &pairs.repeat(4_000))[0].1.len(), MAX_SIGNATURES);
        let (full, less) = (format!("t=1,{}", "v1=a,".repeat(127)), "t=1,v1=b,v1=c");
        assert_eq!(read(&record, &format!("{full} {less}"))[0].1.len(), 128);
        assert_eq!(read(&record, &format!("{full} {less}"))[0].1[127], "b");
        let padded = |length: usize| read(&record, &("t=1,v1=a".to_owned() + &" ".repeat(length - 8))).len();
        assert_eq!((padded(MAX_TEXT), padded(MAX_TEXT + 1)), (1, 0));
    }
}
