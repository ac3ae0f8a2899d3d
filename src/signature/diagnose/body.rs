//! The body of a request as diagnosis sees it, and what may have been signed in its place.

use std::borrow::Cow;

use crate::http::Headers;
use crate::json::print::{Style, print};
use crate::json::tree::Node;
use crate::signature::SignedRequest;

/// How common a form is, which decides when it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tier {
    /// Tried first, and for large bodies too.
    Common,
    Likely,
    Rare,
    /// Tried last, with half of the remaining budget: rarely used settings of writers, and parts of parts.
    Seldom,
}

/// A body in another form.
pub(super) struct Variant {
    /// Completes "The signature is right for the body …".
    pub(super) how: Cow<'static, str>,
    pub(super) bytes: Vec<u8>,
}

/// A list with this one variant.
pub(super) fn one(how: &'static str, bytes: impl Into<Vec<u8>>) -> Vec<Variant> {
    vec![Variant { how: how.into(), bytes: bytes.into() }]
}

/// The body and what was parsed from it.
pub(super) struct Body<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) headers: &'a Headers,
    pub(super) json: Option<Node<'a>>,
}

impl<'a> Body<'a> {
    pub(super) const fn new(request: &SignedRequest<'a>, json: Option<Node<'a>>) -> Self {
        Self { bytes: request.body, headers: request.headers, json }
    }

    /// Its JSON written in this style; `how` is the [`Variant`]'s.
    pub(super) fn json(&self, how: Cow<'static, str>, style: Style) -> Vec<Variant> {
        let printed = self.json.as_ref().and_then(|node| print(node, style, self.bytes.len()));
        printed.map(|text| Variant { how, bytes: text.into_bytes() }).into_iter().collect()
    }

    pub(super) fn header_has(&self, name: &'static str, word: &str) -> bool {
        self.headers.get_str(name).is_some_and(|value| value.to_ascii_lowercase().contains(word))
    }
}
