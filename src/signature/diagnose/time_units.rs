//! How a time is written: its unit in words, and the same moment in another unit.

use crate::model::Timestamp;
use crate::signature::timestamp::Unit;

/// From this value on a time is in milliseconds: in seconds it has ten digits until the year 2286.
pub(super) const LEAST_MILLIS: i64 = 100_000_000_000;

/// How a time is written, in words.
pub(super) fn unit(time: &str) -> &'static str {
    match () {
        () if time.contains('.') && time.parse::<f64>().is_ok() => "in seconds with a fraction",
        () if time.is_empty() || !time.bytes().all(|byte| byte.is_ascii_digit()) => "as a date",
        () if time.len() >= 19 => "in nanoseconds",
        () if time.len() >= 16 => "in microseconds",
        // Until the year 2286 a time has ten digits in seconds and thirteen in milliseconds.
        () if time.len() >= 13 => "in milliseconds",
        () if time.len() <= 8 => "in minutes",
        () => "in seconds",
    }
}

/// The moment of a time in seconds, milliseconds or as a date.
pub(super) fn moment(time: &str) -> Option<Timestamp> {
    [Unit::S, Unit::Rfc3339, Unit::HttpDate].into_iter().find_map(|unit| {
        let moment = unit.parse(time)?;
        // Until the year 2286 a time has ten digits in seconds and thirteen in milliseconds.
        Some(if unit == Unit::S && time.len() >= 13 { Unit::Ms.parse(time)? } else { moment })
    })
}

/// The same moment in other units.
pub(super) fn converted(time: &str) -> Vec<String> {
    let Some(moment) = moment(time) else { return Vec::new() };
    let without_fraction = Timestamp::from_secs(moment.as_secs()).to_string().replace(".000Z", "Z");
    let mut all = vec![Unit::S.format(moment), Unit::Ms.format(moment), without_fraction, moment.to_string()];
    all.retain(|other| other != time);
    all
}
