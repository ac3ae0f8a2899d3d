//! What a request lacks.

use super::source::Source;

/// What a template needs and the request does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// A place in the request.
    Source(Source),
    /// A captured or named value.
    Var(String),
    /// A setting of the scheme.
    Config(String),
    /// A header that the request itself lists as signed.
    SignedHeader(String),
    /// The request lists too many headers as signed.
    TooManySignedHeaders,
    /// The secret, where only the request was given.
    Secret,
}
