//! The filter language (`method:POST -sig:valid "hello world"`): one syntax tree, evaluated in memory here and as SQL
//! by the store.
//!
//! `lexer` cuts the text into words, `parser` makes the tree, `fields` is the table of fields (help, errors and parser
//! share it), `leaf` holds the conditions and evaluates them, `pattern` compares texts. Every comparison ignores ASCII
//! case.

mod fields;
mod leaf;
mod lexer;
mod parser;
mod pattern;

pub(crate) use fields::{FIELDS, Field};
pub(crate) use leaf::{AttemptTest, Flag, Leaf, Needs, Thing};
pub(crate) use pattern::{Named, Needle, Pattern};

use super::{CapturedRequest, RequestSummary};

/// A parsed filter. The empty filter matches everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    root: Option<Node>,
}

/// A part of a filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// All of these.
    All(Vec<Node>),
    /// One of these at least.
    Any(Vec<Node>),
    /// Not this.
    Not(Box<Node>),
    /// A condition.
    Leaf(Leaf),
}

/// Why a filter could not be read: where, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at character {at})")]
pub struct FilterError {
    /// Byte offset in the text.
    pub at: usize,
    /// One sentence for the user.
    pub message: String,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// A sentence and its position, when the text is no filter.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Ok(Self { root: parser::parse(text)? })
    }

    /// A filter that matches what both match.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let root = match (self.root, other.root) {
            (Some(one), Some(other)) => Some(Node::All(vec![one, other])),
            (one, other) => one.or(other),
        };
        Self { root }
    }

    /// Whether the filter matches everything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// The tree; `None` for the empty filter.
    #[must_use]
    pub const fn root(&self) -> Option<&Node> {
        self.root.as_ref()
    }

    /// Whether the request matches; an empty filter matches all.
    #[must_use]
    pub fn matches(&self, request: &CapturedRequest) -> bool {
        self.root.as_ref().is_none_or(|root| root.matches(request))
    }

    /// Whether the request matches by its summary; `None` when head or body are needed.
    #[must_use]
    pub fn matches_summary(&self, summary: &RequestSummary) -> Option<bool> {
        self.root.as_ref().map_or(Some(true), |root| root.matches_summary(summary))
    }
}

impl Node {
    fn matches(&self, request: &CapturedRequest) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(request)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(request)),
            Self::Not(part) => !part.matches(request),
            Self::Leaf(leaf) => match leaf.decide(&request.summary) {
                Some(decided) => decided,
                None => leaf.content(request.head.raw(), &request.body),
            },
        }
    }

    fn matches_summary(&self, summary: &RequestSummary) -> Option<bool> {
        match self {
            Self::All(parts) => decided(parts, summary, false),
            Self::Any(parts) => decided(parts, summary, true),
            Self::Not(part) => part.matches_summary(summary).map(|matches| !matches),
            Self::Leaf(leaf) => leaf.decide(summary),
        }
    }

    /// The part of a request that this filter needs.
    #[must_use]
    pub fn needs(&self) -> Needs {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::needs).max().unwrap_or(Needs::Summary),
            Self::Not(part) => part.needs(),
            Self::Leaf(leaf) => leaf.needs(),
        }
    }
}

/// A part with the value `settles` decides; an unknown part leaves the result open.
fn decided(parts: &[Node], summary: &RequestSummary, settles: bool) -> Option<bool> {
    let mut open = false;
    for part in parts {
        match part.matches_summary(summary) {
            Some(matches) if matches == settles => return Some(settles),
            Some(_) => {}
            None => open = true,
        }
    }
    if open { None } else { Some(!settles) }
}

#[cfg(test)]
mod tests;
