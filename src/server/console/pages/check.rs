//! The page of a receiver check: progress, findings, fixes.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use askama::filters::HtmlSafe;
use serde::Deserialize;

use super::format::{self, Seen, Sentence};
use super::html;
use super::row::status_class;
use super::shell::{BinLinks, Shell};
use crate::deliver::check::{Check, MAX_REMEMBERED};
use crate::export::check::{SHOTS, counts, millis};
use crate::model::{CaseReport, CaseState, CheckReport, Delivered, ShotReport, Snippet};
use crate::provider::battery::{FRAMEWORKS, Framework};
use crate::server::console::extract::{Named, Query, State};
use crate::server::console::problem::Problem;
use std::sync::Arc;

/// A request of a case.
#[derive(Debug)]
struct Shot {
    about: String,
    /// The status, or the failure.
    came: String,
    class: &'static str,
    took: String,
}

/// A case.
#[derive(Debug)]
struct Line {
    id: &'static str,
    class: &'static str,
    state: &'static str,
    duty: &'static str,
    took: String,
    open: bool,
    sentence: String,
    shots: Vec<Shot>,
    /// Requests that are not shown one by one.
    more_shots: usize,
    says: &'static str,
    advice: Option<&'static str>,
    snippets: Vec<Snippet>,
    /// The deciding request and its response.
    exchange: Vec<(&'static str, String)>,
}

#[derive(Debug, Template)]
#[template(path = "parts/check.html")]
struct CheckPart {
    line: String,
    error: Option<String>,
    done: usize,
    total: usize,
    finished: bool,
    framework: String,
    lines: Vec<Line>,
}

impl HtmlSafe for CheckPart {}

#[derive(Debug, Template)]
#[template(path = "check.html")]
struct CheckPage {
    shell: Shell,
    /// How many checks the server keeps.
    kept: usize,
    id: u64,
    /// The bin whose receiver is checked.
    bin: Option<BinLinks>,
    provider: &'static str,
    document: &'static str,
    target: String,
    started_iso: String,
    started_full: String,
    frameworks: &'static [Framework],
    part: CheckPart,
}

/// The page's parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PageParams {
    /// The framework whose snippets are shown.
    framework: String,
    /// Only the changing part, for an open page.
    part: bool,
}

/// `GET /check/{check}`.
pub(super) async fn show(
    state: State,
    check: Named<Arc<Check>>,
    params: Query<PageParams>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let check = check.0;
    let report = check.report();
    let framework = FRAMEWORKS.iter().find(|known| known.id == params.framework).unwrap_or(&FRAMEWORKS[0]).id;
    let part = CheckPart::new(&report, framework);
    if params.part {
        return html(&part);
    }
    let bin = check.bin.and_then(|bin| state.store.bin(bin.as_str()));
    html(&CheckPage {
        kept: MAX_REMEMBERED,
        shell: Shell::new(&request, format!("Check of {}", format::plain(&report.target))),
        id: check.id,
        bin: bin.map(|bin| BinLinks::new(&bin.bin, &state)),
        provider: report.provider,
        document: report.document,
        target: format::plain(&report.target),
        started_iso: report.started_at.to_string(),
        started_full: format::full_time(report.started_at),
        frameworks: &FRAMEWORKS,
        part,
    })
}

impl CheckPart {
    fn new(report: &CheckReport, framework: &str) -> Self {
        let (done, total) = (report.cases.len(), report.total);
        let finished = report.finished_at.is_some();
        Self {
            line: if finished {
                format!("{}.", counts(report))
            } else {
                format!("{done} of {total}: {} so far.", counts(report))
            },
            error: report.error.clone(),
            done: if finished { total } else { done },
            total,
            finished,
            framework: framework.to_owned(),
            lines: report.cases.iter().map(line).collect(),
        }
    }
}

/// The colour of a state, and its name.
const fn state_words(state: CaseState) -> (&'static str, &'static str) {
    match state {
        CaseState::Passed => ("ok", "passed"),
        CaseState::Failed => ("bad", "failed"),
        CaseState::Note => ("warn", "note"),
        CaseState::Skipped => ("", "skipped"),
    }
}

fn line(case: &CaseReport) -> Line {
    let (class, state) = state_words(case.state);
    Line {
        id: case.id,
        class,
        state,
        duty: case.duty,
        took: millis(case.took_us),
        open: matches!(case.state, CaseState::Failed | CaseState::Note),
        sentence: case.sentence.clone(),
        shots: case.shots.iter().take(SHOTS).map(shot).collect(),
        more_shots: case.shots.len().saturating_sub(SHOTS),
        says: case.says,
        advice: case.advice,
        snippets: case.snippets.clone(),
        exchange: case.attempt.as_deref().map(exchange).unwrap_or_default(),
    }
}

fn shot(shot: &ShotReport) -> Shot {
    Shot {
        about: shot.about.clone(),
        came: shot.status.map_or_else(|| shot.sentence.clone(), |status| status.to_string()),
        class: status_class(shot.status),
        took: millis(shot.took_us),
    }
}

/// The heads sent and received, with facts about the bodies.
fn exchange(attempt: &Delivered) -> Vec<(&'static str, String)> {
    let head = |head: &[u8]| String::from_utf8_lossy(head).trim_end().to_owned();
    let sent = format!("{}\n\n({} bytes of body)", head(&attempt.sent_head), format::count(attempt.sent_body_size));
    let received = attempt.response.as_ref().map(|response| {
        let body = String::from_utf8_lossy(&response.body);
        ("Received", format!("{}\n\n{}", head(&response.head), body.trim_end()))
    });
    std::iter::once(("Sent", sent)).chain(received).collect()
}
