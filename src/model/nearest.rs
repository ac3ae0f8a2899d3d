//! The name that a misspelt one may mean.

/// Letters that may be wrong, missing, too many, or in the wrong place.
const MOST_WRONG: usize = 2;
/// A shorter name at the start of a longer word is chance: `to` in `total`.
const LEAST_PART: usize = 3;

/// The most similar of the names, if one is similar enough: less than half of it and at most two letters are wrong, or
/// it begins with what was given, or what was given begins with it and is at most twice as long. Capitals do not count.
pub(crate) fn nearest<'n>(given: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let given = given.to_ascii_lowercase();
    let length = |text: &str| text.chars().count();
    let distance = |name: &'n str| {
        let lower = name.to_ascii_lowercase();
        let wrong = strsim::damerau_levenshtein(&given, &lower);
        let is_near = wrong <= MOST_WRONG && 2 * wrong < length(&given).max(length(&lower));
        let begins = !given.is_empty() && lower.starts_with(&given);
        let is_begun = given.starts_with(&lower) && length(&lower) >= LEAST_PART.max(length(&given).div_ceil(2));
        (is_near || begins || is_begun).then_some((wrong, name))
    };
    names.filter_map(distance).min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_offered_only_where_most_of_it_is_right() {
        let names = ["id", "is", "to", "full", "header", "signature", "ACME-Sig"];
        for (given, meant) in [
            ("ful", Some("full")),
            ("HEDAER", Some("header")),
            ("sig", Some("signature")),
            ("signatures", Some("signature")),
            ("i", Some("id")),
            ("acme-Sign", Some("ACME-Sig")),
            ("total", None),
            ("日本", None),
            ("xy", None),
            ("fxxl", None),
            ("", None),
        ] {
            assert_eq!(nearest(given, names.into_iter()), meant, "{given}");
        }
    }
}
