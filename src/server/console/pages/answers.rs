//! The page about changed answers of a bin's targets since a moment, such as a change of the receiver.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::address::encoded;
use super::answer_words::{differences, result};
use super::format::{self, Seen};
use super::html;
use super::shell::{BinLinks, Shell};
use crate::diff::AnswerDiff;
use crate::model::{Attempt, Timestamp};
use crate::server::console::answers::{Changes, ignored};
use crate::server::console::extract::{BinRef, Query, State, filter};
use crate::server::console::problem::Problem;

/// Requests whose answers are shown; the API has all.
const SHOWN: usize = 50;
/// Moments to choose, in seconds before now.
const MOMENTS: [(u64, &str); 4] =
    [(300, "5 minutes ago"), (1_800, "30 minutes ago"), (3_600, "an hour ago"), (86_400, "a day ago")];

/// The page's parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PageParams {
    /// The moment in UTC, as the API takes it or as the form gives it.
    since: Option<String>,
    q: Option<String>,
    ignore: Option<String>,
}

/// How a delivery ended.
#[derive(Debug)]
struct Side {
    class: &'static str,
    words: String,
    time_iso: String,
    time_full: String,
    took: String,
}

impl Side {
    fn of(attempt: &Attempt) -> Self {
        let delivered = &attempt.delivered;
        let (class, words) = result(delivered);
        Self {
            class,
            words,
            time_iso: delivered.started_at.to_string(),
            time_full: format::full_time(delivered.started_at),
            took: format::micros(delivered.times.total),
        }
    }
}

/// A request with a different answer.
#[derive(Debug)]
struct Changed {
    href: String,
    label: String,
    target: String,
    before: Side,
    after: Side,
    differs: String,
}

/// What was compared.
#[derive(Debug)]
struct Compared {
    summary: String,
    /// Further remarks, in sentences.
    notes: Vec<String>,
    changed: Vec<Changed>,
}

/// A moment to choose.
#[derive(Debug)]
struct Moment {
    label: &'static str,
    href: String,
}

#[derive(Debug, Template)]
#[template(path = "answers.html")]
struct AnswersPage {
    shell: Shell,
    bin: BinLinks,
    since: String,
    q: String,
    ignore: String,
    moments: Vec<Moment>,
    compared: Option<Compared>,
}

/// `GET /bins/{bin}/answers`.
pub(super) async fn show(
    state: State,
    bin: BinRef,
    params: Query<PageParams>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let links = BinLinks::new(&bin.0.bin, &state);
    let now = state.capture.clock().now();
    let Query(PageParams { since, q, ignore }) = params;
    let since = since.filter(|text| !text.is_empty()).map(|text| moment(&text)).transpose()?;
    let (q, ignore) = (q.unwrap_or_default(), ignore.unwrap_or_default());
    let compared = match since {
        None => None,
        Some(since) => {
            let (filter, ignored) = (filter(Some(&q))?, ignored(Some(&ignore))?);
            let changes = Changes::find(&state, bin.id(), filter, since, ignored).await?;
            Some(compared(changes, &links.base).await?)
        }
    };
    let kept = format!("&q={}&ignore={}", encoded(&q), encoded(&ignore));
    let ago = |(seconds, label): (u64, &'static str)| Moment {
        label,
        href: format!("{}/answers?since={}{kept}", links.base, in_form(now.minus(Duration::from_secs(seconds)))),
    };
    html(&AnswersPage {
        shell: Shell::new(&request, format!("Answers of {}", links.label)),
        moments: MOMENTS.into_iter().map(ago).collect(),
        bin: links,
        since: in_form(since.unwrap_or(now)),
        q,
        ignore,
        compared,
    })
}

/// Reads a moment as the API takes it, or without its zone, as a form gives it.
fn moment(text: &str) -> Result<Timestamp, Problem> {
    let forms = [text.to_owned(), format!("{text}Z"), format!("{text}:00Z")];
    forms
        .iter()
        .find_map(|form| form.parse().ok())
        .ok_or_else(|| Problem::query("since", "Give the moment in UTC, such as 2026-05-28T12:34:56Z."))
}

/// A moment as a field of a form takes it: in UTC, without its zone; below a second only where it says something.
fn in_form(at: Timestamp) -> String {
    let text = at.to_string();
    let text = text.trim_end_matches('Z');
    match text.split_once('.') {
        Some((whole, part)) if part.bytes().any(|digit| digit != b'0') => {
            format!("{whole}.{}", part.get(..3).unwrap_or(part))
        }
        Some((whole, _)) => whole.to_owned(),
        None => text.to_owned(),
    }
}

async fn compared(mut changes: Changes, base: &str) -> Result<Compared, Problem> {
    let (mut changed, mut more) = (Vec::new(), 0_u64);
    let show = |before: &Attempt, after: &Attempt, diff: AnswerDiff| {
        (Side::of(before), Side::of(after), after.delivered.target.clone(), differences(diff).unwrap_or_default())
    };
    while let Some((request, (before, after, target, differs))) = changes.next(show).await? {
        if changed.len() == SHOWN {
            more += 1;
            continue;
        }
        changed.push(Changed {
            href: format!("{base}/requests/{}?tab=deliver", request.id),
            label: format::plain(&request.label),
            target,
            before,
            after,
            differs,
        });
    }
    let mut notes = Vec::new();
    if more > 0 {
        notes.push(format!("{} more are answered differently; the API has all of them.", format::count(more)));
    }
    if changes.truncated {
        notes.push("Only the newest 200 requests that were sent are looked at; a filter finds others.".to_owned());
    }
    let all = changed.len() as u64 + more;
    let summary = match (changes.compared as u64, all) {
        (0, _) => "No request was answered both before and after this moment.".to_owned(),
        (compared, 0) => format!(
            "{} answered before and after: all the same.",
            format::plural(compared, "request was", "requests were")
        ),
        (compared, all) => format!(
            "{} answered before and after; {} answered differently.",
            format::plural(compared, "request was", "requests were"),
            format::plural(all, "is", "are")
        ),
    };
    Ok(Compared { summary, notes, changed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_as_the_api_and_as_the_form_write_it() {
        let whole: Timestamp = "2026-05-28T12:34:00Z".parse().unwrap();
        for text in ["2026-05-28T12:34:00Z", "2026-05-28T12:34:00", "2026-05-28T12:34"] {
            assert_eq!(moment(text).unwrap(), whole, "{text}");
        }
        assert!(moment("yesterday").is_err());
        assert_eq!(in_form(whole), "2026-05-28T12:34:00");
        assert_eq!(in_form("2026-05-28T12:34:00.125678Z".parse().unwrap()), "2026-05-28T12:34:00.125");
    }
}
