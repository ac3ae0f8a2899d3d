//! Signatures: schemes as data, and one engine that verifies, signs and explains with them. No code is specific to a
//! provider.

mod algorithm;
mod catalogue;
mod detect;
pub(crate) mod diagnose;
mod draft;
mod encoding;
mod examine;
mod examine_token;
mod explain;
mod filter;
pub(crate) mod handshake;
mod index;
mod jws;
pub(crate) mod key;
mod member;
mod missing;
mod outcome;
mod pasted;
mod pattern;
mod pem;
mod private_key;
mod public_key;
mod received;
mod record;
mod request;
mod requirement;
mod rules;
mod scheme;
mod secret;
mod set_scheme;
mod sign;
mod sink;
mod source;
mod template;
mod timestamp;
mod verify;

pub(crate) use algorithm::Algorithm;
pub use catalogue::Catalogue;
pub(crate) use catalogue::CurrentCatalogue;
pub use draft::SignInput;
pub(crate) use draft::Signed;
pub(crate) use encoding::Encoding;
pub(crate) use explain::Explanation;
pub(crate) use missing::Missing;
pub use request::{Config, SignedRequest};
pub use scheme::Scheme;
pub(crate) use set_scheme::set_scheme;
pub use sign::sign;
pub(crate) use source::Source;
pub(crate) use verify::AUTO;
pub use verify::Verifier;

/// Rejects a text in the form of a key that cannot be a secret of a bin: a private, damaged or unknown kind of key.
///
/// # Errors
/// One sentence that also says what to do.
pub(crate) fn check_secret(text: &str) -> Result<(), String> {
    pasted::check(text)
}

#[cfg(test)]
mod tests;
