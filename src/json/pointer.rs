//! JSON pointers (RFC 6901).

use std::borrow::Cow;
use std::fmt;

/// The key that a step of a pointer names: `~1` is `/`, `~0` is `~` (RFC 6901).
pub(crate) fn key_of(step: &str) -> Cow<'_, str> {
    if step.contains('~') { Cow::Owned(step.replace("~1", "/").replace("~0", "~")) } else { Cow::Borrowed(step) }
}

/// The step of a pointer that names this key.
pub(crate) fn step_of(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The place in an array that a step of a pointer names, from 0. RFC 6901 allows neither leading zeros nor a sign.
pub(super) fn index(step: &str) -> Option<usize> {
    if step == "0" || !step.starts_with(['0', '+']) { step.parse().ok() } else { None }
}

/// The way to a value in a JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pointer(Vec<String>);

impl Pointer {
    /// Reads a pointer; the empty one names the whole text. `None` when it does not start with a slash, or has a
    /// `~` that is neither `~0` nor `~1`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        if text.split('~').skip(1).any(|rest| !rest.starts_with(['0', '1'])) {
            return None;
        }
        let steps = text.strip_prefix('/')?.split('/');
        Some(Self(steps.map(|step| key_of(step).into_owned()).collect()))
    }

    /// The pointer with these steps, which are not escaped.
    pub fn of(steps: &[String]) -> Self {
        Self(steps.to_vec())
    }

    /// The steps, unescaped.
    pub fn steps(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| write!(f, "/{}", step_of(step)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_written_as_it_is_read() {
        for text in ["", "/", "/a", "/a/0/", "/x~1y~0/~01"] {
            assert_eq!(Pointer::parse(text).unwrap().to_string(), text);
        }
        let steps = ["x/y~".to_owned(), "~1".to_owned(), String::new()];
        assert_eq!(Pointer::of(&steps), Pointer::parse("/x~1y~0/~01/").unwrap());
        assert_eq!(Pointer::of(&steps).steps(), steps);
        for wrong in ["/a~", "/~2b", "/~~0", "/a~/b"] {
            assert_eq!(Pointer::parse(wrong), None, "{wrong}");
        }
        assert_eq!((Pointer::parse("a"), Pointer::parse("").unwrap().steps().len()), (None, 0));
    }
}
