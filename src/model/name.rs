//! Stored names of events, sessions and deliveries: bounded in length, equal only if the whole names are.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use crate::http::text::cut;

/// The longest name that is stored unchanged, in bytes: far longer than any provider's, short enough to index.
const MAX_NAME: usize = 256;

/// A name as it is stored: a long name is cut, and a digest of the whole replaces the rest. Idempotent.
pub(crate) fn kept_name(name: &str) -> Cow<'_, str> {
    if name.len() <= MAX_NAME {
        return Cow::Borrowed(name);
    }
    let digest = hex::encode(Sha256::digest(name));
    let room = MAX_NAME - '…'.len_utf8() - digest.len();
    Cow::Owned(format!("{}…{digest}", cut(name, room).0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_length_are_kept_apart_and_a_kept_name_is_itself() {
        let long = |end: char| format!("{}{end}", "ü".repeat(300));
        let (a, b) = (long('a'), long('b'));
        let (kept_a, kept_b) = (kept_name(&a), kept_name(&b));
        assert!(kept_a.len() <= MAX_NAME && kept_a.starts_with("üü") && kept_a != kept_b, "{kept_a}");
        assert_eq!((kept_name(&kept_a), kept_name(&a)), (Cow::Borrowed(&*kept_a), kept_a.clone()));
        let whole = "x".repeat(MAX_NAME);
        assert_eq!((&*kept_name(&whole), &*kept_name("s1")), (whole.as_str(), "s1"));
        assert!(kept_name(&format!("{whole}y")).starts_with(&whole[..180]));
    }
}
