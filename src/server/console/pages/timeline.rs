//! A bin's requests over time: a lane for each event or session, and for repeats, requests not accepted, and failed
//! deliveries.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use askama::filters::HtmlSafe;
use serde::Deserialize;

use super::address::encoded;
use super::format::{self, Seen};
use super::html;
use super::sessions;
use super::shell::{BinLinks, Shell};
use crate::model::Timestamp;
use crate::server::console::extract::{BinRef, Query, State};
use crate::server::console::problem::Problem;
use crate::server::console::timeline::{self, By, Counts, Lane, Lanes};
use crate::store::TIMELINE_ROWS;

/// Height of a lane, in its own units; the narrowest bar is a tenth of it.
const HEIGHT: u64 = 40;
/// The busiest times that are named.
const SHOWN_PEAKS: usize = 8;
/// Ranges before the newest request that can be chosen, in seconds.
const RANGES: [(u64, &str); 4] = [(60, "1 min"), (900, "15 min"), (3_600, "1 h"), (86_400, "1 day")];

/// A bucket with something in it.
#[derive(Debug)]
struct Bar {
    x: usize,
    /// From the bottom up: accepted first deliveries, repeats, requests not accepted.
    parts: Vec<Part>,
    title: String,
    href: String,
}

/// A part of a bar, in a colour.
#[derive(Debug)]
struct Part {
    class: &'static str,
    y: u64,
    height: u64,
}

/// A lane.
#[derive(Debug)]
struct Row {
    class: &'static str,
    name: String,
    total: String,
    /// The requests of the lane, in the list; empty where they are none.
    href: String,
    bars: Vec<Bar>,
}

/// A busy time.
#[derive(Debug)]
struct Peak {
    iso: String,
    full: String,
    words: String,
    href: String,
    zoom: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "parts/timeline.html")]
struct Chart {
    rows: Vec<Row>,
    columns: usize,
    height: u64,
    from_iso: String,
    from_full: String,
    to_iso: String,
    to_full: String,
    /// The time span of a bar, in words.
    width: String,
    /// A description of the chart, for screen readers.
    summary: String,
    peaks: Vec<Peak>,
    looked_at: Option<String>,
    /// The events or sessions without a lane of their own.
    left_out: Option<String>,
    /// Whether a bar has parts in other colours.
    again: bool,
    not_accepted: bool,
}

impl HtmlSafe for Chart {}

/// A range to choose.
#[derive(Debug)]
struct Choice {
    label: &'static str,
    href: String,
    current: bool,
}

#[derive(Debug, Template)]
#[template(path = "timeline.html")]
struct TimelinePage {
    shell: Shell,
    bin: BinLinks,
    choices: Vec<Choice>,
    by: [Choice; 2],
    chart: Option<Chart>,
    head_seq: u64,
}

/// The page's parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PageParams {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    /// Seconds before now.
    last: Option<u64>,
    /// What the lanes stand for.
    by: By,
    /// Only the changing part, for an open page.
    part: bool,
}

impl PageParams {
    /// The range that they name; open where they name no end.
    fn range(&self, now: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
        match self.last {
            Some(seconds) => (Some(now.minus(Duration::from_secs(seconds))), Some(now)),
            None => (self.from, self.to),
        }
    }

    /// The range as a query.
    fn range_query(&self) -> String {
        if let Some(seconds) = self.last {
            return format!("last={seconds}");
        }
        let moment = |name: &str, at: Option<Timestamp>| at.map(|at| format!("{name}={}", encoded(&at.to_string())));
        [moment("from", self.from), moment("to", self.to)].into_iter().flatten().collect::<Vec<_>>().join("&")
    }

    /// The ranges to choose.
    fn ranges(&self, places: Places<'_>) -> Vec<Choice> {
        let is_all = self.last.is_none() && self.from.is_none() && self.to.is_none();
        let all = Choice { label: "All", href: places.page(""), current: is_all };
        let last = RANGES.iter().map(|(seconds, label)| Choice {
            label,
            href: places.page(&format!("last={seconds}")),
            current: self.last == Some(*seconds),
        });
        std::iter::once(all).chain(last).collect()
    }

    /// What the lanes can stand for.
    fn lanes(&self, places: Places<'_>) -> [Choice; 2] {
        let range = self.range_query();
        [("By event", By::Event), ("By session", By::Session)].map(|(label, by)| Choice {
            label,
            href: Places { by, ..places }.page(&range),
            current: self.by == by,
        })
    }
}

/// `GET /bins/{bin}/timeline`.
pub(super) async fn show(
    state: State,
    bin: BinRef,
    params: Query<PageParams>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    // Read first, so that requests arriving now come over the stream.
    let head_seq = state.store.head_seq();
    let links = BinLinks::new(&bin.0.bin, &state);
    let now = state.capture.clock().now();
    let (from, to) = params.range(now);
    let lanes = timeline::lanes(&state, bin.id(), from, to, params.by.into()).await?;
    let places = Places { base: &links.base, by: params.by };
    let chart = lanes.as_ref().map(|lanes| chart(lanes, &places));
    if params.part {
        return match &chart {
            Some(chart) => html(chart),
            None => Ok(HttpResponse::NoContent().finish()),
        };
    }
    let (choices, by) = (params.ranges(places), params.lanes(places));
    html(&TimelinePage {
        shell: Shell::new(&request, format!("Timeline of {}", links.label)),
        choices,
        by,
        bin: links,
        chart,
        head_seq,
    })
}

/// Where links lead.
#[derive(Debug, Clone, Copy)]
struct Places<'a> {
    base: &'a str,
    by: By,
}

impl Places<'_> {
    /// This page over a range, with the lanes as they are.
    fn page(&self, range: &str) -> String {
        let by = if self.by == By::Session { "by=session" } else { "" };
        let parts: Vec<&str> = [by, range].into_iter().filter(|part| !part.is_empty()).collect();
        let query = if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) };
        format!("{}/timeline{query}", self.base)
    }

    /// The list of the requests that a filter finds within a range.
    fn list(&self, filter: &str, from: Timestamp, to: Timestamp) -> String {
        format!("{}?q={}", self.base, encoded(format!("{filter} after:{from} before:{to}").trim_start()))
    }

    fn zoom(&self, from: Timestamp, to: Timestamp) -> String {
        // The last moment of the bucket, not the first of the next one.
        let last = Timestamp::from_micros(to.as_micros() - 1_000);
        self.page(&format!("from={}&to={}", encoded(&from.to_string()), encoded(&last.to_string())))
    }
}

fn chart(lanes: &Lanes, places: &Places<'_>) -> Chart {
    let columns = lanes.lanes.first().map_or(0, |all| all.buckets.len());
    let width = format::width(lanes.width_us);
    let total = lanes.lanes.first().map_or(0, Counts::total);
    let busiest = peaks(lanes);
    let summary = match busiest.first() {
        Some((at, most)) => format!(
            "{} between {} and {}; at most {most} in {width}, at {}.",
            format::plural(total, "request", "requests"),
            format::full_time(lanes.from),
            format::full_time(lanes.to),
            format::full_time(lanes.at(*at)),
        ),
        None => "No request in this range.".to_owned(),
    };
    let full = lanes.looked_at > TIMELINE_ROWS - 1;
    let is_named = |lane: &&Counts| matches!(lane.lane, Lane::Event(_) | Lane::Session(_));
    let named = lanes.lanes.iter().filter(is_named).count();
    let (what, rule) = match places.by {
        By::Event => ("events", "most frequent"),
        By::Session => ("sessions", "with the newest requests"),
    };
    let left_out = format!(
        "The {named} {what} {rule} have lanes of their own; {} more in this range have not, and are one lane together.",
        format::count(lanes.left_out)
    );
    let has = |count: fn(&Counts) -> &Vec<u64>| lanes.lanes.iter().any(|lane| count(lane).iter().any(|one| *one > 0));
    Chart {
        left_out: (lanes.left_out > 0).then_some(left_out),
        again: has(|lane| &lane.again),
        not_accepted: has(|lane| &lane.not_accepted),
        rows: lanes.lanes.iter().map(|lane| row(lanes, lane, places)).collect(),
        columns,
        height: HEIGHT,
        from_iso: lanes.from.to_string(),
        from_full: format::full_time(lanes.from),
        to_iso: lanes.to.to_string(),
        to_full: format::full_time(lanes.to),
        width,
        summary,
        peaks: busiest.into_iter().map(|(at, _)| peak(lanes, at, places)).collect(),
        looked_at: full.then(|| format::count(lanes.looked_at)),
    }
}

/// The buckets with the most requests, those first.
fn peaks(lanes: &Lanes) -> Vec<(usize, u64)> {
    let Some(all) = lanes.lanes.first() else { return Vec::new() };
    let mut peaks: Vec<(usize, u64)> =
        all.buckets.iter().copied().enumerate().filter(|(_, count)| *count > 0).collect();
    peaks.sort_by_key(|(at, count)| (std::cmp::Reverse(*count), *at));
    peaks.truncate(SHOWN_PEAKS);
    peaks
}

fn peak(lanes: &Lanes, at: usize, places: &Places<'_>) -> Peak {
    let words = lanes.lanes.iter().filter_map(|lane| {
        let count = lane.buckets.get(at).copied().filter(|count| *count > 0)?;
        match &lane.lane {
            Lane::All => Some(format::plural(count, "request", "requests")),
            other if other.is_split() => None,
            other => Some(format!("{} {}", format::count(count), words(other).to_lowercase())),
        }
    });
    let (from, to) = (lanes.at(at), lanes.at(at + 1));
    Peak {
        iso: from.to_string(),
        full: format::row_time(from),
        words: words.collect::<Vec<_>>().join(", "),
        href: places.list("", from, to),
        zoom: (lanes.width_us > 10_000).then(|| places.zoom(from, to)),
    }
}

/// The name of a lane.
fn words(lane: &Lane) -> &str {
    match lane {
        Lane::All => "All requests",
        Lane::Event(name) => name,
        Lane::NoEvent => "No event recognised",
        Lane::OtherEvents => "Other events",
        Lane::Session(id) => id,
        Lane::NoSession => "No session named",
        Lane::OtherSessions => "Other sessions",
        Lane::Again => "The same event again",
        Lane::NotAccepted => "Not answered 2xx",
        Lane::Rejected => "Rejected",
        Lane::Deliveries => "Sent on",
        Lane::FailedDeliveries => "Sent on, failed",
    }
}

/// The filter that finds what a lane counts; `None` where there is none, or where it counts no requests.
fn filter(lane: &Lane) -> Option<String> {
    let quoted = |name: &str| name.replace('\\', "\\\\").replace('"', "\\\"");
    Some(match lane {
        Lane::All => String::new(),
        Lane::Event(name) => format!("event:\"{}\"", quoted(name)),
        Lane::Session(id) => format!("session:\"{}\"", quoted(id)),
        Lane::Again => "is:duplicate".to_owned(),
        Lane::NotAccepted => "-status:2xx".to_owned(),
        Lane::Rejected => "is:rejected".to_owned(),
        Lane::FailedDeliveries => "attempt:failed".to_owned(),
        Lane::NoEvent | Lane::OtherEvents | Lane::NoSession | Lane::OtherSessions | Lane::Deliveries => return None,
    })
}

fn row(lanes: &Lanes, lane: &Counts, places: &Places<'_>) -> Row {
    let class = match lane.lane {
        Lane::All => "all",
        Lane::Again => "warn",
        Lane::NotAccepted | Lane::Rejected | Lane::FailedDeliveries => "bad",
        Lane::Deliveries => "info",
        _ => "event",
    };
    let (name, filter) = (format::plain(words(&lane.lane)), filter(&lane.lane));
    // Deliveries come later than the requests that the filter finds: their bars lead nowhere.
    let is_of_requests = !matches!(lane.lane, Lane::Deliveries | Lane::FailedDeliveries);
    let most = lane.buckets.iter().copied().max().unwrap_or(0).max(1);
    let bars: Vec<Bar> = lane
        .buckets
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(x, _)| {
            let (from, to) = (lanes.at(x), lanes.at(x + 1));
            Bar {
                x,
                parts: parts(lane, x, most),
                title: title(&name, lane, x, from),
                href: match (&lane.lane, &filter) {
                    (Lane::All, _) if lanes.width_us > 10_000 => places.zoom(from, to),
                    (_, Some(filter)) if is_of_requests => places.list(filter, from, to),
                    _ => String::new(),
                },
            }
        })
        .collect();
    let href = match (&lane.lane, filter.filter(|_| is_of_requests)) {
        (Lane::Session(id), _) => sessions::href(places.base, id),
        (_, Some(filter)) => places.list(&filter, lanes.from, lanes.to),
        (_, None) => String::new(),
    };
    Row { class, total: format::count(lane.total()), href, name, bars }
}

/// Of a bucket's requests, how many came again and were accepted, and how many were not accepted.
fn split(lane: &Counts, x: usize) -> (u64, u64) {
    let at = |buckets: &[u64]| buckets.get(x).copied().unwrap_or(0);
    let (count, again, not_accepted) = (at(&lane.buckets), at(&lane.again), at(&lane.not_accepted));
    (again.min(count - not_accepted.min(count)), not_accepted)
}

/// A bar from the ground up. A single request among thousands is still seen.
fn parts(lane: &Counts, x: usize, most: u64) -> Vec<Part> {
    let count = lane.buckets.get(x).copied().unwrap_or(0);
    let height = |count: u64| if count == 0 { 0 } else { (count * HEIGHT).div_ceil(most).max(HEIGHT / 10) };
    let (again, not_accepted) = split(lane, x);
    let mut left = height(count);
    let of_again = height(again).min(left - height(not_accepted).min(left));
    // Failures are drawn first; the rest gets the remaining height.
    let heights = [("bad", height(not_accepted)), ("warn", of_again), ("", left)];
    let mut y = HEIGHT - left;
    let mut parts = Vec::new();
    for (class, height) in heights {
        let height = height.min(left);
        if height > 0 {
            parts.push(Part { class, y, height });
            (y, left) = (y + height, left - height);
        }
    }
    parts
}

fn title(name: &str, lane: &Counts, x: usize, at: Timestamp) -> String {
    let of =
        |count: u64, what: &str| if count == 0 { String::new() } else { format!(", {} {what}", format::count(count)) };
    let here = |buckets: &[u64]| buckets.get(x).copied().unwrap_or(0);
    format!(
        "{name}: {}{}{} at {}",
        format::count(here(&lane.buckets)),
        of(here(&lane.again), "again"),
        of(here(&lane.not_accepted), "not answered 2xx"),
        format::full_time(at)
    )
}
