//! Why a request was rejected.

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// Why a request was rejected. The head is kept nevertheless. Each kind has one reason of the same name, without
/// details, and others that are more specific.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Rejection {
    /// The body is over the bin's limit: 413.
    BodyTooLarge,
    /// The head is over the listener's limits: 431.
    HeadTooLarge,
    /// The head or the framing is not HTTP: 400.
    Malformed,
    /// The sender was too slow: 408.
    Timeout,
    /// The store could not take it: 503 or 507. Only counted: there is no row to mark.
    NotStored,
    /// The target is longer than the parser holds: 414.
    TargetTooLong,
    /// The head did not come in time: 408.
    HeadTooSlow,
    /// The sender left within the head.
    HeadBrokeOff,
    /// The request line is invalid: no method, no target, or a method with odd characters.
    BadRequestLine,
    /// Neither HTTP/1.0 nor HTTP/1.1: 505.
    UnknownVersion,
    /// A line that is no field: without colon, or with a name that has odd characters.
    BadFieldName,
    /// A value with control characters.
    BadFieldValue,
    /// `Content-Length` and `Transfer-Encoding`.
    LengthAndCoding,
    /// A transfer coding other than chunked: 501.
    UnknownCoding,
    /// More than one `Transfer-Encoding`.
    SeveralCodings,
    /// More than one `Content-Length`.
    SeveralLengths,
    /// A `Content-Length` that is no number.
    BadLength,
    /// A body without length from a sender that speaks HTTP/1.0.
    NoLength,
    /// HTTP/1.1 without `Host`.
    NoHost,
    /// More than one `Host`.
    SeveralHosts,
    /// The chunked coding breaks its rules.
    BrokenChunks,
}

impl Rejection {
    /// The kind, as API, filter and lists name it.
    pub fn name(self) -> &'static str {
        self.kind().into()
    }

    /// The reason's own name.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The kind of this reason; a kind is its own.
    #[must_use]
    pub const fn kind(self) -> Self {
        match self {
            Self::BodyTooLarge => Self::BodyTooLarge,
            Self::HeadTooLarge | Self::TargetTooLong => Self::HeadTooLarge,
            Self::Timeout | Self::HeadTooSlow => Self::Timeout,
            Self::NotStored => Self::NotStored,
            Self::Malformed
            | Self::HeadBrokeOff
            | Self::BadRequestLine
            | Self::UnknownVersion
            | Self::BadFieldName
            | Self::BadFieldValue
            | Self::LengthAndCoding
            | Self::UnknownCoding
            | Self::SeveralCodings
            | Self::SeveralLengths
            | Self::BadLength
            | Self::NoLength
            | Self::NoHost
            | Self::SeveralHosts
            | Self::BrokenChunks => Self::Malformed,
        }
    }

    /// The sentence for the sender, the API and the page: without capital letter and full stop.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::BodyTooLarge => "the body is larger than this bin takes",
            Self::HeadTooLarge => "the head has more than 96 fields or 128 KiB",
            Self::Malformed => "the request is not valid HTTP",
            Self::Timeout => "the body did not arrive in time",
            Self::NotStored => "the request could not be stored",
            Self::TargetTooLong => "the target is longer than 65,534 bytes",
            Self::HeadTooSlow => "the head did not arrive in time",
            Self::HeadBrokeOff => "the sender left before the head was complete",
            Self::BadRequestLine => "the first line is not method, target and version",
            Self::UnknownVersion => "only HTTP/1.0 and HTTP/1.1 are spoken here",
            Self::BadFieldName => "a header line has no name, or one with characters that a name cannot have",
            Self::BadFieldValue => "a header value has control characters",
            Self::LengthAndCoding => "Content-Length and Transfer-Encoding contradict each other",
            Self::UnknownCoding => "the only transfer coding taken here is chunked",
            Self::SeveralCodings => "there is more than one Transfer-Encoding",
            Self::SeveralLengths => "there is more than one Content-Length",
            Self::BadLength => "the Content-Length is not a number",
            Self::NoLength => "HTTP/1.0 has no chunks, and a POST needs a Content-Length",
            Self::NoHost => "HTTP/1.1 requests need a Host field",
            Self::SeveralHosts => "there is more than one Host field",
            Self::BrokenChunks => "the chunks of the body break the rules of the chunked coding",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_its_own_kind_and_every_reason_has_a_sentence_of_its_own() {
        let mut sentences = std::collections::HashSet::new();
        for reason in Rejection::VARIANTS {
            assert_eq!(reason.kind().kind(), reason.kind());
            assert!(sentences.insert(reason.sentence()), "{reason:?}");
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
            assert_eq!(reason.kind().code(), reason.name());
        }
        assert_eq!(
            (Rejection::TargetTooLong.name(), Rejection::TargetTooLong.code()),
            ("head_too_large", "target_too_long")
        );
        assert_eq!(Rejection::NoHost.kind(), Rejection::Malformed);
    }
}
