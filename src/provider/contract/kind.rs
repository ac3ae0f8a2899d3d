//! What a value must be.

use crate::http::text::clipped;
use crate::json::{NodeKind, unescape};
use crate::model::Timestamp;
use crate::provider::finding::Severity;
use crate::provider::platform::events::Kind;

/// What is wrong with a value: severity, stable name, and a sentence that continues after the field's name.
pub(super) type Wrong = (Severity, &'static str, String);

/// A moment before 2001 in milliseconds: a smaller number is in seconds, or is nothing of the kind.
const FIRST_MILLIS: f64 = 1e12;
/// Later moments are in microseconds or nanoseconds.
const LAST_MILLIS: f64 = 1e14;
/// Characters of a value that a sentence repeats.
const SHOWN: usize = 60;

impl Kind {
    /// What the value should be, in words that follow "not".
    const fn words(&self) -> &'static str {
        match self {
            Self::Any => "anything",
            Self::Text | Self::Filled | Self::OneOf(_) | Self::Usually(_) | Self::Uuid | Self::Url(_) => "a text",
            Self::Id => "a text or a whole number",
            Self::Time => "a time as text",
            Self::Whole | Self::Count => "a whole number",
            Self::Seconds => "a number of seconds",
            Self::Millis => "a number of milliseconds",
            Self::SampleObject | Self::Object(..) | Self::Map => "an object",
            Self::List(..) => "an array",
        }
    }

    /// What is wrong with the value itself; the content of objects and arrays is checked elsewhere.
    pub(super) fn wrong(&self, kind: NodeKind, written: &[u8]) -> Option<Wrong> {
        match (self, kind) {
            (Self::Any, _)
            | (Self::Text, NodeKind::String)
            | (Self::SampleObject | Self::Map | Self::Object(..), NodeKind::Object)
            | (Self::List(..), NodeKind::Array) => None,
            (Self::SampleObject, _) => {
                let sentence = format!("is {}; in the document's sample it is an object", words_of(kind));
                Some((Severity::Drift, "other_type", sentence))
            }
            (
                Self::Filled | Self::Id | Self::Time | Self::Uuid | Self::Url(_) | Self::OneOf(_) | Self::Usually(_),
                NodeKind::String,
            ) => self.wrong_text(&unescape(written)),
            (Self::Id | Self::Whole | Self::Count | Self::Seconds | Self::Millis, NodeKind::Number) => {
                self.wrong_number(std::str::from_utf8(written).unwrap_or_default())
            }
            (_, _) => Some(breaks("wrong_type", format!("is {}, not {}", words_of(kind), self.words()))),
        }
    }

    fn wrong_text(&self, text: &str) -> Option<Wrong> {
        if text.is_empty() {
            return Some(breaks("empty", "is empty".to_owned()));
        }
        let shown = clipped(text, SHOWN);
        match self {
            Self::Time if text.parse::<Timestamp>().is_err() => {
                Some(breaks("not_a_time", format!("is “{shown}”, which is no time of ISO 8601 with a zone")))
            }
            Self::Uuid if !is_uuid(text) => {
                let sentence = format!("is “{shown}”; in the document's sample it is a UUID");
                Some((Severity::Drift, "not_a_uuid", sentence))
            }
            Self::Url(start) if !text.starts_with(start) => {
                let sentence = format!("is “{shown}”; in the document it begins with “{start}”");
                Some((Severity::Drift, "other_url", sentence))
            }
            Self::OneOf(values) if !values.contains(&text) => {
                let sentence = format!("is “{shown}”; the document has {}", values.join(", "));
                Some(breaks("unknown_value", sentence))
            }
            Self::Usually(values) if !values.contains(&text) => {
                let sentence = format!("is “{shown}”, which the document does not name; it says that there are more");
                Some((Severity::Unknown, "unknown_value", sentence))
            }
            _ => None,
        }
    }

    fn wrong_number(&self, written: &str) -> Option<Wrong> {
        let value: f64 = written.parse().unwrap_or(f64::NAN);
        let shown = clipped(written, SHOWN);
        match self {
            Self::Id | Self::Whole | Self::Count if value.fract() != 0.0 => {
                Some(breaks("wrong_type", format!("is {shown}, not a whole number")))
            }
            Self::Count | Self::Seconds if value < 0.0 => {
                Some(breaks("out_of_range", format!("is {shown}, less than 0")))
            }
            Self::Millis if !(FIRST_MILLIS..LAST_MILLIS).contains(&value) => {
                Some(breaks("not_milliseconds", format!("is {shown}, which is no moment of our days in milliseconds")))
            }
            _ => None,
        }
    }
}

const fn breaks(code: &'static str, sentence: String) -> Wrong {
    (Severity::Breaks, code, sentence)
}

const fn words_of(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Object => "an object",
        NodeKind::Array => "an array",
        NodeKind::String => "a text",
        NodeKind::Number => "a number",
        NodeKind::Bool => "true or false",
        NodeKind::Null => "null",
    }
}

/// Eight, four, four, four, twelve hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let hex = |group: &str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.iter().all(|group| hex(group))
}
