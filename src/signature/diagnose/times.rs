//! Times: the same moment in another unit or form, another moment, none at all.

use super::Finding;
use super::search::Search;
use super::signed_content::{self, Content};
use super::time_units::{LEAST_MILLIS, moment};
use crate::model::Timestamp;
use crate::signature::template::Template;
use crate::signature::timestamp::Unit;

/// Clocks and delays may be off by this many seconds; each offset up to it is tried for small bodies.
const MOST_OFF: i64 = 90;

/// Larger offsets: some minutes, and whole hours as time zones differ by.
const MINUTES_OFF: [i64; 8] = [2, 3, 4, 5, 10, 15, 20, 30];
const HOURS_OFF: i64 = 14;

/// Texts that are signed in place of a time that is not set.
const UNSET: &[&str] =
    &["undefined", "None", "null", "NaN", "nil", "", "0", "false", "[object Object]", "Invalid Date"];

/// Bodies up to this size are tried with every fraction of the second.
const MAX_FOR_FRACTIONS: usize = 2 << 10;

/// The cost of a variation in addition to the body if one template is tried very often.
const TRY_COST: usize = 1 << 10;

/// The same moment in rarer units.
fn rarely_converted(time: &str) -> Vec<String> {
    let Some(moment) = moment(time) else { return Vec::new() };
    let (seconds, millis) = (moment.as_secs(), moment.as_millis());
    let date = Timestamp::from_secs(seconds).to_string().replace(".000Z", "").trim_end_matches('Z').to_owned();
    let mut all = vec![
        moment.as_micros().to_string(),
        format!("{}000", moment.as_micros()),
        (seconds / 60).to_string(),
        (seconds / 3600).to_string(),
        format!("{date}.000Z"),
        format!("{date}+00:00"),
        format!("{date}.000+00:00"),
        format!("{date}.000000+00:00"),
        format!("{date}.000000Z"),
        date.clone(),
        format!("{date}.000000"),
        date.replace('T', " "),
        format!("{} UTC", date.replace('T', " ")),
        format!("{}Z", date.replace('T', " ")),
        Unit::HttpDate.format(moment),
        format!("{seconds}.0"),
        format!("{seconds}.000"),
        format!("{seconds}.{:03}", millis.rem_euclid(1000)),
        format!("\"{time}\""),
        format!(" {time}"),
    ];
    all.retain(|other| other != time);
    all
}

/// Rare forms of the time, other moments, no time; tried only for small bodies.
pub(super) fn rarest(search: &mut Search<'_>) -> Option<Finding> {
    if !search.is_small() {
        return None;
    }
    let sent: Vec<String> = signed_content::timestamps(search)
        .into_iter()
        .filter(|(_, from)| from.is_none())
        .map(|(time, _)| time)
        .collect();
    for time in &sent {
        for signed in rarely_converted(time) {
            if let Some(found) = tried(search, &signed, time, "timestamp_unit") {
                return Some(found);
            }
        }
        for word in UNSET {
            if let Some(found) = tried(search, word, time, "timestamp_unset") {
                return Some(found);
            }
        }
    }
    for time in sent.iter().take(1) {
        for signed in moments(time) {
            if let Some(found) = tried(search, &signed, time, "timestamp_other") {
                return Some(found);
            }
        }
    }
    None
}

/// Moments near the one that was sent, nearest first.
pub(super) fn moments(time: &str) -> Vec<String> {
    let Ok(number) = time.parse::<i64>() else { return Vec::new() };
    let step = if number >= LEAST_MILLIS { 1000 } else { 1 };
    let seconds =
        (5..=MOST_OFF).chain(MINUTES_OFF.map(|minutes| minutes * 60)).chain((1..=HOURS_OFF).map(|hours| hours * 3600));
    let around = |off: i64| [number.saturating_sub(off * step), number.saturating_add(off * step)];
    seconds.flat_map(around).map(|moment| moment.to_string()).collect()
}

/// The time with every possible millisecond, as milliseconds or as a fraction: only its whole seconds were sent.
pub(super) fn fractions(time: &str) -> Vec<String> {
    let Some(seconds) = time.parse::<i64>().ok().filter(|seconds| (1_000_000_000..LEAST_MILLIS).contains(seconds))
    else {
        return Vec::new();
    };
    let millis = (0..1000).map(|part| format!("{seconds}{part:03}"));
    let fraction = (0..1000).map(|part| format!("{seconds}.{part:03}"));
    // The sent seconds may have been rounded up.
    let before = (500..1000).map(|part| format!("{}{part:03}", seconds - 1));
    millis.chain(fraction).chain(before).collect()
}

pub(super) fn of_fractions(search: &mut Search<'_>) -> Option<Finding> {
    let is_tiny = search.case.request.body.len() <= MAX_FOR_FRACTIONS;
    if !is_tiny || search.scheme.algorithm.is_asymmetric() {
        return None;
    }
    let sent = signed_content::timestamps(search).into_iter().find(|(_, from)| from.is_none()).map(|(time, _)| time)?;
    fractions(&sent).into_iter().find_map(|signed| tried(search, &signed, &sent, "timestamp_unit"))
}

/// Tries the scheme's own templates with this text for the time.
fn tried(search: &mut Search<'_>, signed: &str, sent: &str, code: &'static str) -> Option<Finding> {
    let request = search.case.request;
    let own: Vec<String> = search.scheme.signed.iter().map(|own| own.text().to_owned()).collect();
    for text in own.iter().filter(|text| text.contains("{timestamp}")) {
        let Ok(template) = Template::parse(&text.replace("{timestamp}", signed)) else { continue };
        let content = Content::of_time(template, code, signed, sent);
        for (_, key) in search.keys() {
            search.try_cost = TRY_COST;
            let hit =
                search.hit_with(search.scheme.algorithm, std::slice::from_ref(content.template()), &request, &key);
            search.try_cost = super::search::TRY_COST;
            if let Some(hit) = hit {
                return Some(signed_content::finding(search, &content, hit, ""));
            }
        }
    }
    None
}
