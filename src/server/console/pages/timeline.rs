//! A bin's requests over time: a lane for each event, and for what came again, was not accepted or could not be delivered.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use askama::filters::HtmlSafe;
use serde::Deserialize;

use super::address::encoded;
use super::format::{self, Seen};
use super::html;
use super::shell::{BinLinks, Shell};
use crate::model::Timestamp;
use crate::server::console::extract::{BinRef, Query, State};
use crate::server::console::problem::Problem;
use crate::server::console::timeline::{self, Counts, Lane, Lanes};
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
    y: u64,
    height: u64,
    title: String,
    href: String,
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
    /// What a bar is, in words.
    width: String,
    /// What it shows, for those who do not see it.
    summary: String,
    peaks: Vec<Peak>,
    looked_at: Option<String>,
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
    chart: Option<Chart>,
    head_seq: u64,
}

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PageParams {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    /// Seconds before now.
    last: Option<u64>,
    /// Only what changes, for a page that is there.
    part: bool,
}

/// `GET /bins/{bin}/timeline`.
pub(super) async fn show(
    state: State,
    bin: BinRef,
    params: Query<PageParams>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    // Read first, so that what arrives now comes over the stream.
    let head_seq = state.store.head_seq();
    let links = BinLinks::new(&bin.0.bin, &state);
    let now = state.capture.clock().now();
    let (from, to) = match params.last {
        Some(seconds) => (Some(now.minus(std::time::Duration::from_secs(seconds))), Some(now)),
        None => (params.from, params.to),
    };
    let lanes = timeline::lanes(&state, bin.id(), from, to).await?;
    let chart = lanes.as_ref().map(|lanes| chart(lanes, &links.base));
    if params.part {
        return match &chart {
            Some(chart) => html(chart),
            None => Ok(HttpResponse::NoContent().finish()),
        };
    }
    let page = format!("{}/timeline", links.base);
    let all = Choice { label: "All", href: page.clone(), current: from.is_none() && to.is_none() };
    let last = RANGES.iter().map(|(seconds, label)| Choice {
        label,
        href: format!("{page}?last={seconds}"),
        current: params.last == Some(*seconds),
    });
    html(&TimelinePage {
        shell: Shell::new(&request, format!("Timeline of {}", links.label)),
        choices: std::iter::once(all).chain(last).collect(),
        bin: links,
        chart,
        head_seq,
    })
}

fn chart(lanes: &Lanes, base: &str) -> Chart {
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
    Chart {
        rows: lanes.lanes.iter().map(|lane| row(lanes, lane, base)).collect(),
        columns,
        height: HEIGHT,
        from_iso: lanes.from.to_string(),
        from_full: format::full_time(lanes.from),
        to_iso: lanes.to.to_string(),
        to_full: format::full_time(lanes.to),
        width,
        summary,
        peaks: busiest.into_iter().map(|(at, _)| peak(lanes, at, base)).collect(),
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

fn peak(lanes: &Lanes, at: usize, base: &str) -> Peak {
    let words = lanes.lanes.iter().filter_map(|lane| {
        let count = lane.buckets.get(at).copied().filter(|count| *count > 0)?;
        match &lane.lane {
            Lane::Event(_) | Lane::NoEvent | Lane::OtherEvents => None,
            Lane::All => Some(format::plural(count, "request", "requests")),
            other => Some(format!("{} {}", format::count(count), words(other).to_lowercase())),
        }
    });
    let (from, to) = (lanes.at(at), lanes.at(at + 1));
    Peak {
        iso: from.to_string(),
        full: format::full_time(from),
        words: words.collect::<Vec<_>>().join(", "),
        href: href(base, "", from, to),
        zoom: (lanes.width_us > 10_000).then(|| zoom(base, from, to)),
    }
}

/// The list of the requests that a filter finds within a range.
fn href(base: &str, filter: &str, from: Timestamp, to: Timestamp) -> String {
    format!("{base}?q={}", encoded(format!("{filter} after:{from} before:{to}").trim_start()))
}

fn zoom(base: &str, from: Timestamp, to: Timestamp) -> String {
    // The last moment of the bucket, not the first of the next one.
    let last = Timestamp::from_micros(to.as_micros() - 1_000);
    format!("{base}/timeline?from={}&to={}", encoded(&from.to_string()), encoded(&last.to_string()))
}

/// What a lane is called.
fn words(lane: &Lane) -> &str {
    match lane {
        Lane::All => "All requests",
        Lane::Event(name) => name,
        Lane::NoEvent => "No event recognised",
        Lane::OtherEvents => "Other events",
        Lane::Again => "The same event again",
        Lane::NotAccepted => "Not answered 2xx",
        Lane::Rejected => "Rejected",
        Lane::Deliveries => "Sent on",
        Lane::FailedDeliveries => "Sent on, failed",
    }
}

/// The filter that finds what a lane counts; `None` where there is none, or where it counts no requests.
fn filter(lane: &Lane) -> Option<String> {
    Some(match lane {
        Lane::All => String::new(),
        Lane::Event(name) => format!("event:\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")),
        Lane::Again => "is:duplicate".to_owned(),
        Lane::NotAccepted => "-status:2xx".to_owned(),
        Lane::Rejected => "is:rejected".to_owned(),
        Lane::FailedDeliveries => "attempt:failed".to_owned(),
        Lane::NoEvent | Lane::OtherEvents | Lane::Deliveries => return None,
    })
}

fn row(lanes: &Lanes, lane: &Counts, base: &str) -> Row {
    let class = match lane.lane {
        Lane::All => "all",
        Lane::Event(_) | Lane::NoEvent | Lane::OtherEvents => "event",
        Lane::Again => "warn",
        Lane::NotAccepted | Lane::Rejected | Lane::FailedDeliveries => "bad",
        Lane::Deliveries => "info",
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
        .map(|(x, count)| {
            let (from, to) = (lanes.at(x), lanes.at(x + 1));
            // A single one among thousands is still seen.
            let height = (count * HEIGHT).div_ceil(most).max(HEIGHT / 10);
            Bar {
                x,
                y: HEIGHT - height,
                height,
                title: format!("{name}: {} at {}", format::count(*count), format::full_time(from)),
                href: match (&lane.lane, &filter) {
                    (Lane::All, _) if lanes.width_us > 10_000 => zoom(base, from, to),
                    (_, Some(filter)) if is_of_requests => href(base, filter, from, to),
                    _ => String::new(),
                },
            }
        })
        .collect();
    Row {
        class,
        total: format::count(lane.total()),
        href: filter
            .filter(|_| is_of_requests)
            .map(|filter| href(base, &filter, lanes.from, lanes.to))
            .unwrap_or_default(),
        name,
        bars,
    }
}
