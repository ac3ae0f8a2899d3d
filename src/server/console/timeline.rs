//! A bin's requests over time as API and page show them: lanes of buckets.

use serde::Deserialize;
use utoipa::ToSchema;

use super::ConsoleState;
use super::problem::Problem;
use crate::model::{BinId, Timestamp};
use crate::store::{RequestBucket, Timeline, TimelineBy, TimelineLane, TimelineRange};
use strum::IntoStaticStr;

/// Buckets of a lane.
const BUCKETS: u64 = 120;
/// Widths of buckets that people can read, in microseconds.
const WIDTHS: [u64; 20] = {
    const S: u64 = 1_000_000;
    const DAY: u64 = 86_400 * S;
    [
        10_000,
        50_000,
        100_000,
        250_000,
        500_000,
        S,
        2 * S,
        5 * S,
        10 * S,
        30 * S,
        60 * S,
        300 * S,
        600 * S,
        1_800 * S,
        3_600 * S,
        10_800 * S,
        43_200 * S,
        DAY,
        7 * DAY,
        30 * DAY,
    ]
};
/// The shortest range: that of a few buckets.
const MIN_RANGE_US: i64 = 100_000;

/// What the lanes stand for, from the URL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TimelineBy)]
pub(super) enum By {
    /// Those of the most frequent events.
    #[default]
    Event,
    /// Those of the sessions with the newest requests.
    Session,
}

impl From<By> for TimelineBy {
    fn from(by: By) -> Self {
        match by {
            By::Event => Self::Event,
            By::Session => Self::Session,
        }
    }
}

/// What a lane shows.
#[derive(Debug, Clone, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Lane {
    /// Every request.
    All,
    /// Requests with an event of that name.
    Event(String),
    /// Requests without an event.
    NoEvent,
    /// Requests with any other event.
    OtherEvents,
    /// Requests of that session.
    Session(String),
    /// Requests that name no session.
    NoSession,
    /// Requests of any other session.
    OtherSessions,
    /// Repeats of an earlier event.
    Again,
    /// Requests that were not answered 2xx.
    NotAccepted,
    /// Requests that the listener rejected.
    Rejected,
    /// Deliveries.
    Deliveries,
    /// Deliveries that were not answered 2xx.
    FailedDeliveries,
}

impl Lane {
    /// Its stable name in the API.
    pub(super) fn kind(&self) -> &'static str {
        self.into()
    }

    /// How many of a bucket's requests are of the lane.
    const fn requests(&self, one: &RequestBucket) -> u64 {
        match self {
            Self::Again => one.again,
            Self::NotAccepted => one.not_accepted,
            Self::Rejected => one.rejected,
            Self::Deliveries | Self::FailedDeliveries => 0,
            _ => one.requests,
        }
    }

    /// Whether its bars are split into repeats and requests that were not accepted.
    pub(super) const fn is_split(&self) -> bool {
        !matches!(self, Self::Again | Self::NotAccepted | Self::Rejected | Self::Deliveries | Self::FailedDeliveries)
    }
}

/// A lane with the number of each bucket.
#[derive(Debug, Clone)]
pub(super) struct Counts {
    pub(super) lane: Lane,
    pub(super) buckets: Vec<u64>,
    /// Of these, repeats of an earlier event; empty in a lane that is not split.
    pub(super) again: Vec<u64>,
    /// Of these, not answered 2xx; empty in a lane that is not split.
    pub(super) not_accepted: Vec<u64>,
}

impl Counts {
    pub(super) fn total(&self) -> u64 {
        self.buckets.iter().sum()
    }

    fn new(lane: Lane, buckets: usize) -> Self {
        let of_split = vec![0; if lane.is_split() { buckets } else { 0 }];
        Self { lane, buckets: vec![0; buckets], again: of_split.clone(), not_accepted: of_split }
    }

    fn add_requests(&mut self, one: &RequestBucket) {
        add(&mut self.buckets, one.bucket, self.lane.requests(one));
        add(&mut self.again, one.bucket, one.again);
        add(&mut self.not_accepted, one.bucket, one.not_accepted);
    }
}

fn add(buckets: &mut [u64], bucket: u32, count: u64) {
    if let Some(there) = buckets.get_mut(bucket as usize) {
        *there += count;
    }
}

/// A bin's requests over time.
#[derive(Debug, Clone)]
pub(super) struct Lanes {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) width_us: u64,
    /// Lanes with something in them; all requests first.
    pub(super) lanes: Vec<Counts>,
    /// How many events or sessions have no lane of their own.
    pub(super) left_out: u64,
    /// How many of the newest requests were counted.
    pub(super) looked_at: u64,
}

impl Lanes {
    /// When a bucket begins.
    pub(super) fn at(&self, bucket: usize) -> Timestamp {
        let bucket = i64::try_from(bucket).unwrap_or(i64::MAX);
        let width = i64::try_from(self.width_us).unwrap_or(i64::MAX);
        Timestamp::from_micros(self.from.as_micros().saturating_add(width.saturating_mul(bucket)))
    }
}

/// The range in whole buckets, of the shortest width with which they are not too many.
fn range(from: Timestamp, to: Timestamp) -> TimelineRange {
    let (from, to) = (from.as_micros().max(0), to.as_micros().max(0));
    let span = to.saturating_sub(from).max(MIN_RANGE_US).unsigned_abs();
    // One bucket more may begin before the range, and one end after it.
    let fits = |width: &u64| span.div_ceil(*width) < BUCKETS;
    // A range of centuries needs wider buckets.
    let width_us = WIDTHS.into_iter().find(fits).unwrap_or_else(|| span.div_ceil(BUCKETS - 1));
    let width = i64::try_from(width_us).unwrap_or(i64::MAX);
    let from = from - from % width;
    let count = (to - from).max(MIN_RANGE_US) / width + 1;
    TimelineRange {
        from: Timestamp::from_micros(from),
        to: Timestamp::from_micros(from.saturating_add(width.saturating_mul(count))),
        width_us,
    }
}

/// A bin's requests over time; `None` when there is none. Without a range, over all stored requests.
pub(super) async fn lanes(
    state: &ConsoleState,
    bin: BinId,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    by: TimelineBy,
) -> Result<Option<Lanes>, Problem> {
    let Some(span) = state.store.timeline_span(bin).await? else { return Ok(None) };
    let to = to.unwrap_or(span.newest);
    let range = range(from.unwrap_or_else(|| span.oldest.min(to)), to);
    let timeline = state.store.timeline(bin, range, by).await?;
    Ok(Some(Lanes {
        from: range.from,
        to: range.to,
        width_us: range.width_us,
        lanes: counted(&timeline, by, buckets(range)),
        left_out: timeline.left_out,
        looked_at: span.requests,
    }))
}

fn buckets(range: TimelineRange) -> usize {
    let span = range.to.as_micros().saturating_sub(range.from.as_micros()).unsigned_abs();
    usize::try_from(span / range.width_us.max(1)).unwrap_or(0)
}

fn counted(timeline: &Timeline, by: TimelineBy, buckets: usize) -> Vec<Counts> {
    let (named, unnamed, others): (fn(String) -> Lane, _, _) = match by {
        TimelineBy::Event => (Lane::Event, Lane::NoEvent, Lane::OtherEvents),
        TimelineBy::Session => (Lane::Session, Lane::NoSession, Lane::OtherSessions),
    };
    let new = |lane| Counts::new(lane, buckets);
    let mut by_name: Vec<Counts> = timeline.names.iter().cloned().map(named).map(new).collect();
    let (mut unnamed, mut others) = (new(unnamed), new(others));
    let mut of_all = [Lane::All, Lane::Again, Lane::NotAccepted, Lane::Rejected].map(new);
    for one in &timeline.requests {
        let lane = match one.lane {
            TimelineLane::Named(at) => by_name.get_mut(at),
            TimelineLane::Unnamed => Some(&mut unnamed),
            TimelineLane::Others => Some(&mut others),
        };
        for lane in lane.into_iter().chain(&mut of_all) {
            lane.add_requests(one);
        }
    }
    let (mut sent, mut failed) = (new(Lane::Deliveries), new(Lane::FailedDeliveries));
    for one in &timeline.deliveries {
        add(&mut sent.buckets, one.bucket, one.deliveries);
        add(&mut failed.buckets, one.bucket, one.failed);
    }
    let [all, again, not_accepted, rejected] = of_all;
    let named = by_name.into_iter().chain([others, unnamed, again, not_accepted, rejected, sent, failed]);
    std::iter::once(all).chain(named.filter(|lane| lane.total() > 0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_at_most_so_many_buckets_of_a_width_that_people_know() {
        for (span_us, width_us) in [
            (0, 10_000),
            (1_000_000, 10_000),
            (60_000_000, 1_000_000),
            (3_600_000_000, 60_000_000),
            (86_400_000_000, 1_800_000_000),
            (400 * 86_400_000_000, 7 * 86_400_000_000),
        ] {
            let from = Timestamp::from_micros(1_779_971_696_789_123);
            let to = Timestamp::from_micros(from.as_micros() + span_us);
            let range = range(from, to);
            assert_eq!(range.width_us, width_us, "{span_us}");
            assert!(range.from <= from && range.to > to && buckets(range) <= 120, "{range:?}");
        }
        let ever = range(Timestamp::default(), Timestamp::from_micros(i64::MAX / 2));
        assert!(buckets(ever) <= 121, "{ever:?}");
        let turned = range(Timestamp::from_secs(100), Timestamp::from_secs(1));
        assert!(buckets(turned) >= 1 && buckets(turned) <= 120, "{turned:?}");
    }
}
