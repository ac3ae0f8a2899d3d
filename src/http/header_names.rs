//! Looks up header names among many known ones, for every field of every request.

/// Values by header name. Look-ups ignore ASCII case (RFC 9110, section 5.1) and are almost free for names whose length
/// no known name has, which is the usual case.
#[derive(Debug)]
pub(crate) struct HeaderNames<T> {
    by_length: Vec<Vec<Known<T>>>,
}

#[derive(Debug)]
struct Known<T> {
    name: Box<str>,
    sum: u8,
    value: T,
}

/// The same for names that differ in case only. Many names of one length begin and end alike (`x-…-signature`).
fn sum(name: &[u8]) -> u8 {
    name.iter().fold(0, |sum, byte| sum.wrapping_add(byte | 0x20))
}

impl<T> HeaderNames<T> {
    /// The values of that name, in the order in which they were given.
    pub(crate) fn get(&self, name: &[u8]) -> impl Iterator<Item = &T> {
        let known = self.by_length.get(name.len()).map_or(&[][..], |known| known);
        let wanted = if known.is_empty() { 0 } else { sum(name) };
        let same = move |known: &&Known<T>| known.sum == wanted && known.name.as_bytes().eq_ignore_ascii_case(name);
        known.iter().filter(same).map(|known| &known.value)
    }
}

impl<'n, T> FromIterator<(&'n str, T)> for HeaderNames<T> {
    fn from_iter<I: IntoIterator<Item = (&'n str, T)>>(pairs: I) -> Self {
        let mut by_length: Vec<Vec<Known<T>>> = Vec::new();
        for (name, value) in pairs {
            if by_length.len() <= name.len() {
                by_length.resize_with(name.len() + 1, Vec::new);
            }
            by_length[name.len()].push(Known { name: name.into(), sum: sum(name.as_bytes()), value });
        }
        Self { by_length }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_with_all_their_values() {
        let names: HeaderNames<u8> = [("x-one", 1), ("x-two", 2), ("x-one", 3)].into_iter().collect();
        let found = |name: &str| names.get(name.as_bytes()).copied().collect::<Vec<_>>();
        assert_eq!((found("X-One"), found("x-two"), found("x-six")), (vec![1, 3], vec![2], vec![]));
        // The same letters in another order.
        assert!(found("x-eno").is_empty());
        assert!(found("").is_empty() && found("a-name-that-is-longer-than-all").is_empty());
    }
}
