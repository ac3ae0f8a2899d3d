//! Signed timestamps: units, tolerance, direction.

use std::time::UNIX_EPOCH;

use jiff::fmt::{rfc2822, temporal};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::model::{Freshness, FreshnessStatus, Timestamp};

/// How a timestamp is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Seconds since the Unix epoch.
    #[default]
    S,
    /// Milliseconds since the Unix epoch.
    Ms,
    /// RFC 3339; without a zone it is UTC.
    Rfc3339,
    /// The `Date` header's form (RFC 9110, section 5.6.7).
    HttpDate,
}

/// In which direction a timestamp may be off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Neither too old nor too far in the future.
    #[default]
    Both,
    /// Only age counts.
    Past,
}

/// A scheme's rule for its timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimestampRule {
    /// How it is written.
    #[serde(default)]
    pub unit: Unit,
    /// How far it may be off, in seconds; absent when the provider leaves that to the receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance_s: Option<u32>,
    /// In which direction.
    #[serde(default)]
    pub direction: Direction,
}

const RFC_2822: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
const RFC_3339: temporal::DateTimeParser = temporal::DateTimeParser::new();

impl Unit {
    /// Reads a timestamp; `None` when it is not written in this unit. Numbers too large for any clock saturate.
    #[must_use]
    pub fn parse(self, text: &str) -> Option<Timestamp> {
        match self {
            Self::S => number(text).map(Timestamp::from_secs),
            Self::Ms => number(text).map(|ms| Timestamp::from_micros(ms.saturating_mul(1_000))),
            Self::Rfc3339 => {
                let moment = RFC_3339.parse_timestamp(text).ok().or_else(|| {
                    // The second attempt must not ignore an offset or zone that made the first one fail.
                    let civil = RFC_3339.parse_datetime(text).ok()?;
                    let zoneless = !text.contains(['Z', 'z', '+', '[']) && text.matches('-').count() == 2;
                    zoneless.then(|| civil.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp()))?
                })?;
                Some(Timestamp::from_micros(moment.as_microsecond()))
            }
            Self::HttpDate => match RFC_2822.parse_timestamp(text) {
                Ok(moment) => Some(Timestamp::from_micros(moment.as_microsecond())),
                // The two old forms, which recipients must accept.
                Err(_) => {
                    let moment = httpdate::parse_http_date(text).ok()?;
                    let seconds = moment.duration_since(UNIX_EPOCH).ok()?.as_secs();
                    Some(Timestamp::from_secs(i64::try_from(seconds).ok()?))
                }
            },
        }
    }

    /// Writes a timestamp; what the unit has no room for is left out.
    #[must_use]
    pub fn format(self, at: Timestamp) -> String {
        match self {
            Self::S => at.as_secs().to_string(),
            Self::Ms => at.as_millis().to_string(),
            Self::Rfc3339 => at.to_string(),
            Self::HttpDate => jiff::Timestamp::from_second(at.as_secs())
                .map(|at| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
                .unwrap_or_default(),
        }
    }
}

fn number(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(i64::MAX))
}

impl TimestampRule {
    /// Judges the age at the moment of receipt. Without a tolerance, the age is reported but not judged.
    #[must_use]
    pub fn judge(&self, signed_at: Timestamp, received_at: Timestamp) -> Freshness {
        let age_us = received_at.as_micros().saturating_sub(signed_at.as_micros());
        let status = match self.tolerance_s.map(|seconds| i64::from(seconds) * 1_000_000) {
            None => FreshnessStatus::None,
            Some(tolerance) if age_us > tolerance => FreshnessStatus::Stale,
            Some(tolerance) if self.direction == Direction::Both && age_us.saturating_neg() > tolerance => {
                FreshnessStatus::Future
            }
            Some(_) => FreshnessStatus::Fresh,
        };
        Freshness { status, age_s: Some(age_us.div_euclid(1_000_000)), tolerance_s: self.tolerance_s.map(i64::from) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read_and_written() {
        let at = Timestamp::from_secs(1_136_239_445);
        for (unit, text) in [
            (Unit::S, "1136239445"),
            (Unit::Ms, "1136239445000"),
            (Unit::Rfc3339, "2006-01-02T22:04:05.000Z"),
            (Unit::HttpDate, "Mon, 02 Jan 2006 22:04:05 GMT"),
        ] {
            assert_eq!(unit.parse(text), Some(at), "{text}");
            assert_eq!(unit.format(at), text);
        }
        for text in ["2006-01-02T22:04:05", "2006-01-02T15:04:05-07:00", "2006-01-02 22:04:05Z"] {
            assert_eq!(Unit::Rfc3339.parse(text), Some(at), "{text}");
        }
        for text in ["Monday, 02-Jan-06 22:04:05 GMT", "Mon Jan  2 22:04:05 2006", "Mon, 2 Jan 2006 15:04:05 -0700"] {
            assert_eq!(Unit::HttpDate.parse(text), Some(at), "{text}");
        }
        assert_eq!(
            Unit::Rfc3339.parse("2006-01-02T22:04:05.123456789Z").map(Timestamp::as_micros),
            Some(at.as_micros() + 123_456)
        );
    }

    #[test]
    fn what_is_no_timestamp_is_refused_and_a_huge_one_saturates() {
        for text in ["", "-1", "+1", "1.5", "1e3", " 1", "x"] {
            assert_eq!(Unit::S.parse(text), None, "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2006-01-02T22:04:05+99:99",
            "2006-01-02T22:04:05-99:99",
            "2006-01-02T22:04:05[No/Where]",
            "12345",
        ] {
            assert_eq!(Unit::Rfc3339.parse(text), None, "{text}");
            assert_eq!(Unit::HttpDate.parse(text), None, "{text}");
        }
        assert_eq!(Unit::Ms.parse(&"9".repeat(400)), Some(Timestamp::from_micros(i64::MAX)));
    }

    #[test]
    fn freshness_is_judged_at_the_edges() {
        let received = Timestamp::from_secs(1_000);
        let rule = |direction, tolerance_s| TimestampRule { unit: Unit::S, tolerance_s, direction };
        let status = |rule: TimestampRule, at| rule.judge(Timestamp::from_secs(at), received).status;
        assert_eq!(status(rule(Direction::Both, Some(5)), 995), FreshnessStatus::Fresh);
        assert_eq!(status(rule(Direction::Both, Some(5)), 994), FreshnessStatus::Stale);
        assert_eq!(status(rule(Direction::Both, Some(5)), 1005), FreshnessStatus::Fresh);
        assert_eq!(status(rule(Direction::Both, Some(5)), 1006), FreshnessStatus::Future);
        assert_eq!(status(rule(Direction::Past, Some(5)), 9006), FreshnessStatus::Fresh);
        assert_eq!(status(rule(Direction::Both, None), 1), FreshnessStatus::None);
        assert_eq!(rule(Direction::Both, None).judge(Timestamp::from_secs(10), received).age_s, Some(990));
        assert_eq!(
            rule(Direction::Both, Some(5)).judge(Timestamp::from_micros(i64::MIN), received).status,
            FreshnessStatus::Stale
        );
    }
}
