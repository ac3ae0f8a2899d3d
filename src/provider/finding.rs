//! Findings about a request or a session, by its platform's document.

use std::borrow::Cow;

use serde::Serialize;
use strum::IntoStaticStr;

/// A sentence of a platform's document, and the part of it where the sentence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Says {
    /// The heading above it.
    pub section: &'static str,
    /// The words.
    pub text: &'static str,
}

impl Says {
    /// A sentence below a heading.
    pub(crate) const fn new(section: &'static str, text: &'static str) -> Self {
        Self { section, text }
    }
}

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Severity {
    /// It contradicts the document.
    Breaks,
    /// The document does not mention it, but allows it.
    Unknown,
    /// Allowed by the words, but different from the document's sample or from earlier requests.
    Drift,
    /// In line with the document, but worth knowing.
    Note,
}

/// Where in a request something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// The request line.
    Line,
    /// A header field; its name as the document, or the bin's owner, writes it.
    Header(Cow<'static, str>),
    /// A value of the body, by its JSON pointer (RFC 6901).
    Body(String),
}

/// A difference between a request and its platform's document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Where it is; for a missing value, where it should be.
    pub place: Place,
    /// How much it weighs.
    pub severity: Severity,
    /// A stable name: `missing`, `wrong_type`, `unknown_value`, `unknown_field`…
    pub code: &'static str,
    /// What is found, in a sentence.
    pub sentence: String,
    pub says: Says,
}

/// A value that the document names and the body lacks.
pub(crate) const MISSING: &str = "missing";

impl Finding {
    /// The pointer of the body's value where it is shown: for a missing value, the object that should have it.
    pub(crate) fn shown_at(&self) -> Option<&str> {
        match &self.place {
            Place::Line | Place::Header(_) => None,
            Place::Body(pointer) if self.code == MISSING => {
                Some(pointer.rsplit_once('/').map_or("", |(above, _)| above))
            }
            Place::Body(pointer) => Some(pointer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_shown_at_what_should_have_it() {
        let finding = |code, pointer: &str| Finding {
            place: Place::Body(pointer.to_owned()),
            severity: Severity::Breaks,
            code,
            sentence: String::new(),
            says: Says::new("", ""),
        };
        assert_eq!(finding(MISSING, "/data/reason").shown_at(), Some("/data"));
        assert_eq!(finding(MISSING, "/event").shown_at(), Some(""));
        assert_eq!(finding("wrong_type", "/data/reason").shown_at(), Some("/data/reason"));
    }
}
