//! How the database writes enumerations: bits of `request.flags`, numbers of `change.kind`. Never renumber.

use crate::model::{
    Forwarded, FreshnessStatus, HeadSource, Origin, Outcome, Rejection, SameBefore, SignatureStatus, Why,
};

pub(crate) const READ: i64 = 1;
pub(crate) const PINNED: i64 = 1 << 1;
pub(crate) const INCOMPLETE: i64 = 1 << 2;
pub(crate) const PARSED_HEAD: i64 = 1 << 3;
pub(crate) const HANDSHAKE: i64 = 1 << 4;
pub(crate) const REJECTION_SHIFT: u32 = 5;
pub(crate) const SIGNATURE_SHIFT: u32 = 8;
pub(crate) const FRESHNESS_SHIFT: u32 = 11;
pub(crate) const VERSION_SHIFT: u32 = 13;
/// More about a rejection, whose kind is in the three bits at `REJECTION_SHIFT`.
pub(crate) const REASON_SHIFT: u32 = 15;
pub(crate) const ORIGIN_SHIFT: u32 = 24;
pub(crate) const HOPS_SHIFT: u32 = 27;
/// Whether the same request came before, and the status that its sender got then.
pub(crate) const SAME_BEFORE: i64 = 1 << 31;
pub(crate) const SAME_STATUS_SHIFT: u32 = 32;
/// Width of most enumerations; freshness and version have two bits.
pub(crate) const THREE_BITS: i64 = 7;
pub(crate) const TWO_BITS: i64 = 3;
/// Width of a reason.
pub(crate) const FIVE_BITS: i64 = 31;
/// Width of a status.
pub(crate) const TEN_BITS: i64 = 1_023;
/// Width of the number of times that Creel has sent a request on.
pub(crate) const FOUR_BITS: i64 = 15;

/// The bits that come from [`crate::model::Derived`].
pub(crate) const DERIVED_BITS: i64 = HANDSHAKE | (THREE_BITS << SIGNATURE_SHIFT) | (TWO_BITS << FRESHNESS_SHIFT);

/// The bits of a rejection: its kind, and its reason if it has one.
pub(crate) const fn rejection(rejected: Option<Rejection>) -> i64 {
    let Some(reason) = rejected else { return 0 };
    let kind = match reason.kind() {
        Rejection::BodyTooLarge => 1,
        Rejection::HeadTooLarge => 2,
        Rejection::Timeout => 4,
        Rejection::NotStored => 5,
        _ => 3,
    };
    let more = match reason {
        Rejection::BodyTooLarge
        | Rejection::HeadTooLarge
        | Rejection::Malformed
        | Rejection::Timeout
        | Rejection::NotStored => 0,
        Rejection::TargetTooLong => 1,
        Rejection::HeadTooSlow => 2,
        Rejection::HeadBrokeOff => 3,
        Rejection::BadRequestLine => 4,
        Rejection::UnknownVersion => 5,
        Rejection::BadFieldName => 6,
        Rejection::BadFieldValue => 7,
        Rejection::LengthAndCoding => 8,
        Rejection::UnknownCoding => 9,
        Rejection::SeveralLengths => 10,
        Rejection::BadLength => 11,
        Rejection::NoLength => 12,
        Rejection::NoHost => 13,
        Rejection::SeveralHosts => 14,
        Rejection::BrokenChunks => 15,
        Rejection::SeveralCodings => 16,
    };
    (kind << REJECTION_SHIFT) | (more << REASON_SHIFT)
}

pub(crate) const fn read_rejection(flags: i64) -> Option<Rejection> {
    let kind = match (flags >> REJECTION_SHIFT) & THREE_BITS {
        1 => Rejection::BodyTooLarge,
        2 => Rejection::HeadTooLarge,
        3 => Rejection::Malformed,
        4 => Rejection::Timeout,
        5 => Rejection::NotStored,
        _ => return None,
    };
    Some(match (flags >> REASON_SHIFT) & FIVE_BITS {
        1 => Rejection::TargetTooLong,
        2 => Rejection::HeadTooSlow,
        3 => Rejection::HeadBrokeOff,
        4 => Rejection::BadRequestLine,
        5 => Rejection::UnknownVersion,
        6 => Rejection::BadFieldName,
        7 => Rejection::BadFieldValue,
        8 => Rejection::LengthAndCoding,
        9 => Rejection::UnknownCoding,
        10 => Rejection::SeveralLengths,
        11 => Rejection::BadLength,
        12 => Rejection::NoLength,
        13 => Rejection::NoHost,
        14 => Rejection::SeveralHosts,
        15 => Rejection::BrokenChunks,
        16 => Rejection::SeveralCodings,
        _ => kind,
    })
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
    signature_of((flags >> SIGNATURE_SHIFT) & THREE_BITS)
}

pub(crate) const fn signature_of(number: i64) -> SignatureStatus {
    match number {
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

/// The number of a usual version; 0 means that its text is in `facts`.
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

pub(crate) const fn origin(origin: Origin) -> i64 {
    match origin {
        Origin::Wire => 0,
        Origin::Simulated => 1,
        Origin::Replayed => 2,
        Origin::Forwarded => 3,
        Origin::Imported => 4,
        Origin::Composed => 5,
    }
}

pub(crate) const fn read_origin(flags: i64) -> Origin {
    match (flags >> ORIGIN_SHIFT) & THREE_BITS {
        1 => Origin::Simulated,
        2 => Origin::Replayed,
        3 => Origin::Forwarded,
        4 => Origin::Imported,
        5 => Origin::Composed,
        _ => Origin::Wire,
    }
}

/// Capped at the largest number that fits: no request is sent on that often.
pub(crate) fn hops(hops: u8) -> i64 {
    i64::from(hops).min(FOUR_BITS)
}

pub(crate) fn read_hops(flags: i64) -> u8 {
    u8::try_from((flags >> HOPS_SHIFT) & FOUR_BITS).unwrap_or_default()
}

/// The bits of a request that came before; status bits of 0 mean that it got no status.
pub(crate) fn same_before(before: Option<SameBefore>) -> i64 {
    let status = |before: SameBefore| i64::from(before.status.unwrap_or(0)) & TEN_BITS;
    before.map_or(0, |before| SAME_BEFORE | (status(before) << SAME_STATUS_SHIFT))
}

pub(crate) fn read_same_before(flags: i64) -> Option<SameBefore> {
    let status = u16::try_from((flags >> SAME_STATUS_SHIFT) & TEN_BITS).unwrap_or_default();
    (flags & SAME_BEFORE != 0).then(|| SameBefore { status: Some(status).filter(|status| *status > 0) })
}

pub(crate) const fn why(why: Why) -> i64 {
    match why {
        Why::Forward => 1,
        Why::Replay => 2,
        Why::Send => 3,
        Why::Check => 4,
    }
}

pub(crate) const fn read_why(number: i64) -> Why {
    match number {
        1 => Why::Forward,
        3 => Why::Send,
        4 => Why::Check,
        _ => Why::Replay,
    }
}

pub(crate) const fn forwarded(what: Forwarded) -> i64 {
    match what {
        Forwarded::Delivered => 1,
        Forwarded::NotAccepted => 2,
        Forwarded::Failed => 3,
        Forwarded::SkippedFiltered => 4,
        Forwarded::SkippedNoRoute => 5,
        Forwarded::SkippedUnfit => 6,
        Forwarded::SkippedLoop => 7,
        Forwarded::SkippedImported => 8,
        Forwarded::SkippedComposed => 9,
        Forwarded::SkippedSignature => 10,
        Forwarded::SkippedPaused => 11,
    }
}

pub(crate) const fn read_forwarded(number: i64) -> Option<Forwarded> {
    match number {
        1 => Some(Forwarded::Delivered),
        2 => Some(Forwarded::NotAccepted),
        3 => Some(Forwarded::Failed),
        4 => Some(Forwarded::SkippedFiltered),
        5 => Some(Forwarded::SkippedNoRoute),
        6 => Some(Forwarded::SkippedUnfit),
        7 => Some(Forwarded::SkippedLoop),
        8 => Some(Forwarded::SkippedImported),
        9 => Some(Forwarded::SkippedComposed),
        10 => Some(Forwarded::SkippedSignature),
        11 => Some(Forwarded::SkippedPaused),
        _ => None,
    }
}

pub(crate) const fn outcome(outcome: Outcome) -> i64 {
    match outcome {
        Outcome::Answered => 1,
        Outcome::RefusedTarget => 2,
        Outcome::Dns => 3,
        Outcome::Connect => 4,
        Outcome::Tls => 5,
        Outcome::Timeout => 6,
        Outcome::Reset => 7,
        Outcome::Cut => 8,
        Outcome::Malformed => 9,
    }
}

pub(crate) const fn read_outcome(number: i64) -> Outcome {
    match number {
        1 => Outcome::Answered,
        2 => Outcome::RefusedTarget,
        3 => Outcome::Dns,
        4 => Outcome::Connect,
        5 => Outcome::Tls,
        6 => Outcome::Timeout,
        7 => Outcome::Reset,
        8 => Outcome::Cut,
        _ => Outcome::Malformed,
    }
}

/// Numbers of `change.kind`, one for each kind of journal row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JournalKind {
    Deleted = 1,
    Cleared = 2,
    Marked = 3,
    Verdict = 4,
    Bin = 5,
    Changed = 6,
}

impl JournalKind {
    pub(crate) const fn read(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Deleted),
            2 => Some(Self::Cleared),
            3 => Some(Self::Marked),
            4 => Some(Self::Verdict),
            5 => Some(Self::Bin),
            6 => Some(Self::Changed),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn every_rejection_comes_back_with_its_reason() {
        for reason in Rejection::VARIANTS {
            assert_eq!(read_rejection(rejection(Some(*reason))), Some(*reason));
        }
        assert_eq!(read_rejection(rejection(None)), None);
    }

    #[test]
    fn every_value_has_a_number_of_its_own_and_comes_back() {
        for value in Origin::VARIANTS {
            assert_eq!(read_origin(origin(*value) << ORIGIN_SHIFT), *value);
        }
        for value in Outcome::VARIANTS {
            assert_eq!(read_outcome(outcome(*value)), *value);
        }
        for number in 0..=5 {
            assert_eq!(signature(signature_of(number)), number);
            assert_eq!(read_signature(number << SIGNATURE_SHIFT), signature_of(number));
        }
        for number in 0..=3 {
            assert_eq!(freshness(read_freshness(number << FRESHNESS_SHIFT)), number);
            let text = read_version(number << VERSION_SHIFT);
            assert_eq!(text.map_or(0, |text| version(text.as_bytes())), number);
        }
        assert_eq!((version(b"1.1"), version(b"2"), version(b"1.11")), (1, 0, 0));
        assert_eq!((1..=4).map(|number| why(read_why(number))).collect::<Vec<_>>(), [1, 2, 3, 4]);
        for number in 1..=11 {
            assert_eq!(read_forwarded(number).map(forwarded), Some(number));
        }
        assert_eq!([read_forwarded(0), read_forwarded(12)], [None; 2]);
        for number in 1..=6 {
            assert_eq!(JournalKind::read(number).map(|kind| kind as i64), Some(number));
        }
        assert_eq!([JournalKind::read(0), JournalKind::read(7)], [None; 2]);
        for (sent_on, kept) in [(0, 0), (8, 8), (15, 15), (16, 15), (255, 15)] {
            assert_eq!(read_hops(hops(sent_on) << HOPS_SHIFT), kept);
        }
    }

    #[test]
    fn no_two_values_share_a_bit() {
        let shares = [
            READ,
            PINNED,
            INCOMPLETE,
            PARSED_HEAD,
            HANDSHAKE,
            THREE_BITS << REJECTION_SHIFT,
            THREE_BITS << SIGNATURE_SHIFT,
            TWO_BITS << FRESHNESS_SHIFT,
            TWO_BITS << VERSION_SHIFT,
            FIVE_BITS << REASON_SHIFT,
            THREE_BITS << ORIGIN_SHIFT,
            FOUR_BITS << HOPS_SHIFT,
            SAME_BEFORE,
            TEN_BITS << SAME_STATUS_SHIFT,
        ];
        let all = shares.iter().fold(0, |all, bits| all | bits);
        assert_eq!(all.count_ones(), shares.iter().map(|bits| bits.count_ones()).sum::<u32>());
        assert_eq!(DERIVED_BITS & !(HANDSHAKE | (THREE_BITS << SIGNATURE_SHIFT) | (TWO_BITS << FRESHNESS_SHIFT)), 0);
    }

    #[test]
    fn what_the_earlier_of_two_like_requests_was_told_comes_back() {
        for before in [None, Some(None), Some(Some(200)), Some(Some(999))] {
            let before = before.map(|status| SameBefore { status });
            let others = rejection(Some(Rejection::NoHost)) | (hops(15) << HOPS_SHIFT) | READ;
            assert_eq!(read_same_before(same_before(before) | others), before);
        }
        assert_eq!(read_hops(same_before(Some(SameBefore { status: Some(999) }))), 0);
    }
}
