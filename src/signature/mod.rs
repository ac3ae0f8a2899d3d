//! Signatures: schemes as data, and one engine that verifies, signs and explains by them. No code knows a provider.

mod algorithm;
mod catalogue;
mod detect;
pub mod diagnose;
mod draft;
mod encoding;
mod examine;
mod explain;
mod filter;
pub mod handshake;
mod index;
mod missing;
mod pattern;
mod received;
mod record;
mod request;
mod requirement;
mod scheme;
mod secret;
mod sign;
mod source;
mod template;
mod timestamp;
mod verify;

pub use algorithm::{Algorithm, compute};
pub use catalogue::Catalogue;
pub use detect::Detected;
pub use draft::{SignError, SignInput, Signed};
pub use encoding::Encoding;
pub use explain::{Explanation, MASKED_SECRET};
pub use missing::Missing;
pub use record::{Evidence, SchemeError};
pub use request::{Config, SignedRequest};
pub use scheme::{NOT_PROVEN, Scheme};
pub use secret::Pipeline;
pub use sign::sign;
pub use source::Source;
pub use template::Template;
pub use timestamp::{Direction, TimestampRule, Unit};
pub use verify::{AUTO, Verifier};

#[cfg(test)]
mod tests;
