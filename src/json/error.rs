//! Why a text is not JSON.

use serde::Serialize;

/// Why a text is not JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JsonError {
    /// Byte offset.
    pub offset: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What was expected there, or else what is wrong, in a few words.
    pub message: &'static str,
}

impl JsonError {
    /// The error in a sentence for people.
    pub(crate) fn sentence(&self) -> String {
        format!("Not valid JSON: {} at line {}, column {}.", self.message, self.line, self.column)
    }
}
