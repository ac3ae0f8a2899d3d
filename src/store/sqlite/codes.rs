//! How the database writes enumerations: bits of `request.flags`, numbers of `change.kind`. Never renumber.

use crate::model::{FreshnessStatus, HeadSource, Rejection, SignatureStatus};

pub(crate) const READ: i64 = 1;
pub(crate) const PINNED: i64 = 1 << 1;
pub(crate) const INCOMPLETE: i64 = 1 << 2;
pub(crate) const PARSED_HEAD: i64 = 1 << 3;
pub(crate) const HANDSHAKE: i64 = 1 << 4;
pub(crate) const REJECTION_SHIFT: u32 = 5;
pub(crate) const SIGNATURE_SHIFT: u32 = 8;
pub(crate) const FRESHNESS_SHIFT: u32 = 11;
pub(crate) const VERSION_SHIFT: u32 = 13;
/// Enumerations have three bits; freshness and version have two.
pub(crate) const THREE_BITS: i64 = 7;
pub(crate) const TWO_BITS: i64 = 3;

/// The bits that [`crate::model::Derived`] decides.
pub(crate) const DERIVED_BITS: i64 = HANDSHAKE | (THREE_BITS << SIGNATURE_SHIFT) | (TWO_BITS << FRESHNESS_SHIFT);

pub(crate) const fn rejection(rejected: Option<Rejection>) -> i64 {
    match rejected {
        None => 0,
        Some(Rejection::BodyTooLarge) => 1,
        Some(Rejection::HeadTooLarge) => 2,
        Some(Rejection::Malformed) => 3,
        Some(Rejection::Timeout) => 4,
        Some(Rejection::NotStored) => 5,
    }
}

pub(crate) const fn read_rejection(flags: i64) -> Option<Rejection> {
    match (flags >> REJECTION_SHIFT) & THREE_BITS {
        1 => Some(Rejection::BodyTooLarge),
        2 => Some(Rejection::HeadTooLarge),
        3 => Some(Rejection::Malformed),
        4 => Some(Rejection::Timeout),
        5 => Some(Rejection::NotStored),
        _ => None,
    }
}

pub(crate) const fn signature(status: SignatureStatus) -> i64 {
    match status {
        SignatureStatus::UnsignedScheme => 0,
        SignatureStatus::Valid => 1,
        SignatureStatus::Invalid => 2,
        SignatureStatus::Missing => 3,
        SignatureStatus::NoSecret => 4,
        SignatureStatus::UndecodableSecret => 5,
    }
}

pub(crate) const fn read_signature(flags: i64) -> SignatureStatus {
    match (flags >> SIGNATURE_SHIFT) & THREE_BITS {
        1 => SignatureStatus::Valid,
        2 => SignatureStatus::Invalid,
        3 => SignatureStatus::Missing,
        4 => SignatureStatus::NoSecret,
        5 => SignatureStatus::UndecodableSecret,
        _ => SignatureStatus::UnsignedScheme,
    }
}

pub(crate) const fn freshness(status: FreshnessStatus) -> i64 {
    match status {
        FreshnessStatus::None => 0,
        FreshnessStatus::Fresh => 1,
        FreshnessStatus::Stale => 2,
        FreshnessStatus::Future => 3,
    }
}

pub(crate) const fn read_freshness(flags: i64) -> FreshnessStatus {
    match (flags >> FRESHNESS_SHIFT) & TWO_BITS {
        1 => FreshnessStatus::Fresh,
        2 => FreshnessStatus::Stale,
        3 => FreshnessStatus::Future,
        _ => FreshnessStatus::None,
    }
}

/// The usual versions need no text; 0 means that `facts` has it.
pub(crate) const fn version(version: &[u8]) -> i64 {
    match version {
        b"1.1" => 1,
        b"1.0" => 2,
        b"" => 3,
        _ => 0,
    }
}

pub(crate) const fn read_version(flags: i64) -> Option<&'static str> {
    match (flags >> VERSION_SHIFT) & TWO_BITS {
        1 => Some("1.1"),
        2 => Some("1.0"),
        3 => Some(""),
        _ => None,
    }
}

pub(crate) const fn head_source(flags: i64) -> HeadSource {
    if flags & PARSED_HEAD == 0 { HeadSource::Wire } else { HeadSource::Parsed }
}

/// The kinds of journal rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JournalKind {
    Deleted = 1,
    Cleared = 2,
    Marked = 3,
    Verdict = 4,
    Bin = 5,
}

impl JournalKind {
    pub(crate) const fn read(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Deleted),
            2 => Some(Self::Cleared),
            3 => Some(Self::Marked),
            4 => Some(Self::Verdict),
            5 => Some(Self::Bin),
            _ => None,
        }
    }
}
