//! A request with one part in another form, and its text for sentences.

use std::borrow::Cow;

use crate::signature::SignedRequest;

/// The request with another body.
pub(super) fn with_body<'r>(request: &SignedRequest<'r>, body: &'r [u8]) -> SignedRequest<'r> {
    SignedRequest { body, ..*request }
}

/// The request with another URL.
pub(super) fn with_url<'r>(request: &SignedRequest<'r>, url: &'r str) -> SignedRequest<'r> {
    SignedRequest { url, ..*request }
}

/// Bytes as text for a sentence, shortened.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 120;
    if text.len() <= LONGEST {
        return Cow::Borrowed(text);
    }
    let end = (0..=LONGEST).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    Cow::Owned(format!("{}…", &text[..end]))
}
