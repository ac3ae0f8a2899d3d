//! JSON pointers (RFC 6901).

use std::fmt;

use super::scan::scan;

/// The way to a value in a JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pointer(Vec<String>);

impl Pointer {
    /// Reads a pointer; the empty one names the whole text. `None` when it does not start with a slash.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        let steps = text.strip_prefix('/')?.split('/');
        Some(Self(steps.map(|step| step.replace("~1", "/").replace("~0", "~")).collect()))
    }

    /// The steps, unescaped.
    pub fn steps(&self) -> &[String] {
        &self.0
    }

    /// The value that it names, as written: a piece of `json`. `None` when there is none, or the text is not JSON.
    pub fn find<'j>(&self, json: &'j [u8]) -> Option<&'j str> {
        let outline = scan(json);
        if outline.error.is_some() {
            return None;
        }
        std::str::from_utf8(outline.raw(json, outline.resolve(json, self)?)).ok()
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| write!(f, "/{}", step.replace('~', "~0").replace('/', "~1")))
    }
}
