//! The checklist of a bin.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use askama::filters::HtmlSafe;
use serde::Deserialize;

use super::format::{self, Seen, Sentence};
use super::html;
use super::shell::{BinLinks, Shell};
use crate::provider::checklist::{Checklist, Judged, State as PointState};
use crate::provider::finding::Says;
use crate::server::console::checklist;
use crate::server::console::extract::{BinRef, Query, State};
use crate::server::console::problem::Problem;

/// A point.
#[derive(Debug)]
struct Line {
    id: &'static str,
    class: &'static str,
    state: &'static str,
    sentence: String,
    says: Says,
    way: Option<&'static str>,
    /// The action for it: label and link.
    action: Option<(&'static str, String)>,
    evidence: Vec<(String, String)>,
    /// The statement by hand, and its time.
    note: Option<(String, String)>,
    /// Whether it may be stated by hand.
    can_be_stated: bool,
}

#[derive(Debug, Template)]
#[template(path = "parts/checklist.html")]
struct ChecklistPart {
    summary: String,
    document: &'static str,
    markdown_href: String,
    json_href: String,
    lines: Vec<Line>,
}

impl HtmlSafe for ChecklistPart {}

/// What is there in its place without a platform that has one.
#[derive(Debug, Template)]
#[template(path = "parts/no_checklist.html")]
struct NoChecklist {
    /// The bin's page.
    base: String,
}

impl HtmlSafe for NoChecklist {}

#[derive(Debug, Template)]
#[template(path = "checklist.html")]
struct ChecklistPage {
    shell: Shell,
    bin: BinLinks,
    part: Option<ChecklistPart>,
    no_checklist: NoChecklist,
    head_seq: u64,
}

/// The page's parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PageParams {
    /// Only the changing part, for an open page.
    part: bool,
}

/// The colour of a state, and its name.
const fn state_words(state: PointState) -> (&'static str, &'static str) {
    match state {
        PointState::Proven => ("ok", "proven"),
        PointState::Failed => ("bad", "failed"),
        PointState::NotSeen => ("", "not seen yet"),
        PointState::NotApplicable => ("", "not applicable"),
        PointState::Stated => ("info", "stated by hand"),
    }
}

/// `GET /bins/{bin}/checklist`.
pub(super) async fn show(
    state: State,
    bin: BinRef,
    params: Query<PageParams>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let head_seq = state.store.head_seq();
    let links = BinLinks::new(&bin.0.bin, &state);
    let part = checklist::of(&state, &bin.0).await?.map(|list| part_of(&list, &links));
    match part {
        Some(part) if params.part => html(&part),
        None if params.part => html(&NoChecklist { base: links.base }),
        part => {
            let shell = Shell::new(&request, format!("Checklist of {}", links.label));
            let no_checklist = NoChecklist { base: links.base.clone() };
            html(&ChecklistPage { shell, bin: links, part, no_checklist, head_seq })
        }
    }
}

fn part_of(list: &Checklist, links: &BinLinks) -> ChecklistPart {
    ChecklistPart {
        summary: format!("{} of {} settled", list.settled(), list.due()),
        document: list.document,
        markdown_href: format!("{}/checklist?format=md", links.api),
        json_href: format!("{}/checklist", links.api),
        lines: list.points.iter().map(|point| line(point, links)).collect(),
    }
}

fn line(point: &Judged, links: &BinLinks) -> Line {
    let (class, state) = state_words(point.state);
    let evidence = point.evidence.iter().enumerate();
    Line {
        id: point.id,
        class,
        state,
        sentence: point.sentence.clone(),
        says: point.says,
        way: point.way,
        action: point.act.map(|act| checklist::action(act, links)),
        evidence: evidence
            .map(|(number, id)| {
                let tab = if point.of_attempts { "?tab=deliver" } else { "" };
                (format!("{}/requests/{id}{tab}", links.base), format!("request {}", number + 1))
            })
            .chain(point.check.map(|check| (checklist::check_address(check), "the check".to_owned())))
            .collect(),
        note: point.note.as_ref().map(|(note, at)| (note.clone(), format::full_time(*at))),
        can_be_stated: matches!(point.state, PointState::NotSeen | PointState::Stated),
    }
}
