//! Signatures: schemes as data, and one engine that verifies, signs and explains with them. No code is specific to a
//! provider.

pub mod algorithm;
mod catalogue;
mod detect;
pub mod diagnose;
mod draft;
mod encoding;
mod examine;
mod examine_token;
mod explain;
mod filter;
pub mod handshake;
mod index;
mod jws;
mod missing;
mod pasted;
mod pattern;
mod private_key;
mod public_key;
mod received;
mod record;
mod request;
mod requirement;
mod rules;
mod scheme;
mod secret;
mod sign;
mod source;
mod template;
mod timestamp;
mod verify;

pub use algorithm::Algorithm;
pub use catalogue::{Catalogue, CurrentCatalogue};
pub use draft::{SignInput, Signed};
pub use encoding::Encoding;
pub use explain::Explanation;
pub use missing::Missing;
pub use request::{Config, SignedRequest};
pub use scheme::Scheme;
pub use sign::sign;
pub use source::Source;
pub use verify::{AUTO, Verifier};

/// Rejects a text in the form of a key that cannot be a secret of a bin: a private, damaged or unknown kind of key.
///
/// # Errors
/// One sentence that also says what to do.
pub fn check_secret(text: &str) -> Result<(), String> {
    pasted::check(text)
}

#[cfg(test)]
mod tests;
