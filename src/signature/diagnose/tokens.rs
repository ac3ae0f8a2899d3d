//! What could be the signature in a request: the texts where the scheme expects it, read strictly and then leniently;
//! if there are none, other places.

use std::borrow::Cow;

use super::Case;
use super::dress::undressed;
use super::elsewhere;
use super::token::{Fault, QUOTES, Reading, Token, malformed, prefix_of, token};
use crate::signature::encoding::{Decoded, Encoding};
use crate::signature::received;
use crate::signature::request::View;
use crate::signature::scheme::Scheme;

/// The most tokens of one request that are tried.
const MAX_TOKENS: usize = 8;

pub(super) fn tokens(case: &Case<'_>, scheme: &Scheme) -> Vec<Token> {
    let view = View::new(&case.request, case.config);
    let texts = received::texts(scheme, &view);
    let mut tokens = Vec::new();
    for group in received::groups(scheme, &texts) {
        let vars: Vec<(String, String)> =
            group.vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        for text in group.signatures {
            tokens.push(token(text, vars.clone(), None));
        }
    }
    tokens.truncate(MAX_TOKENS);
    let bared: Vec<Token> = tokens.iter().filter_map(|token| bared(token, scheme)).collect();
    tokens.extend(bared);
    if tokens.is_empty() {
        tokens = texts.iter().flat_map(|text| malformed(text)).collect();
    }
    if !tokens.iter().any(|token| is_usable(token, scheme)) {
        tokens.extend(
            texts.iter().filter_map(|text| std::str::from_utf8(text).ok()).flat_map(|text| dressed(text, scheme)),
        );
    }
    if tokens.is_empty() {
        tokens = elsewhere::tokens(case, scheme);
    }
    tokens.truncate(3 * MAX_TOKENS);
    tokens
}

/// Whether the token can be a signature of the scheme without any change.
fn is_usable(token: &Token, scheme: &Scheme) -> bool {
    let fits = |(reading, bytes): &(Reading, Decoded)| {
        reading.is_of(scheme.encoding) && scheme.algorithm.fits_length(bytes.len())
    };
    token.fault.is_none() && token.readings.iter().any(fits)
}

/// The signatures that the scheme reads from the text after quotes, escapes or another encoding are removed.
fn dressed(text: &str, scheme: &Scheme) -> Vec<Token> {
    let mut found = Vec::new();
    for (how, inner) in undressed(text, scheme) {
        let texts = [Cow::Borrowed(inner.as_bytes())];
        for group in received::groups(scheme, &texts) {
            let vars: Vec<(String, String)> =
                group.vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            found.extend(group.signatures.into_iter().map(|one| token(one, vars.clone(), Some(Fault::Dressed(how)))));
        }
    }
    found.retain(|token| token.readings.iter().any(|(_, bytes)| scheme.algorithm.fits_length(bytes.len())));
    found.truncate(MAX_TOKENS);
    found
}

/// A token without what may be around it by mistake: quotes, separators, another scheme's prefix, `0x`.
/// A scheme with a bare signature takes all of that text for the signature.
fn bared(whole: &Token, scheme: &Scheme) -> Option<Token> {
    let end = whole.text.trim_end_matches([';', ',', ' ']);
    let unquoted = end.trim_matches(QUOTES);
    let bare = if scheme.encoding == Encoding::Utf8 {
        // A token may have any characters.
        unquoted
    } else {
        let (_, value) = prefix_of(unquoted.trim());
        // `HMAC-SHA256 …`
        value.rsplit(' ').next().unwrap_or_default().trim_matches(QUOTES)
    };
    let at = whole.text.find(bare).filter(|_| !bare.is_empty() && bare != whole.text)?;
    let (before, after) = (&whole.text[..at], &whole.text[at + bare.len()..]);
    Some(token(bare, whole.vars.clone(), Some(Fault::Around(before.to_owned(), after.to_owned()))))
}
