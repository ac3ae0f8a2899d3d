//! The name that a misspelt one may mean.

/// Letters that may be wrong, missing, too many, or in the wrong place.
const MOST_WRONG: usize = 2;

/// The most similar of the names, if one is similar enough: less than half of it and at most two letters are wrong, or
/// one begins with the other.
pub(crate) fn nearest<'n>(given: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let given = given.to_ascii_lowercase();
    let is_part = |name: &str| !given.is_empty() && (name.starts_with(&given) || given.starts_with(name));
    let is_near = |wrong: usize, name: &str| wrong <= MOST_WRONG && 2 * wrong < given.len().max(name.len());
    names
        .map(|name| (strsim::damerau_levenshtein(&given, name), name))
        .filter(|(wrong, name)| is_near(*wrong, name) || is_part(name))
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_offered_only_where_most_of_it_is_right() {
        let names = ["id", "is", "full", "header", "signature"];
        for (given, meant) in [
            ("ful", Some("full")),
            ("HEDAER", Some("header")),
            ("sig", Some("signature")),
            ("signatures", Some("signature")),
            ("i", Some("id")),
            ("xy", None),
            ("fxxl", None),
            ("", None),
        ] {
            assert_eq!(nearest(given, names.into_iter()), meant, "{given}");
        }
    }
}
