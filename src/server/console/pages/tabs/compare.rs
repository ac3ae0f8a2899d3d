//! Two requests side by side: what differs in line, headers, query and body.

use askama::Template;

use super::TabContext;
use crate::diff::{self, BodyDiff, FieldChange, JsonDiff, LineKind, TextDiff};
use crate::http::text::clipped;
use crate::model::RequestSummary;
use crate::server::console::extract::which_request;
use crate::server::console::heavy::{Found, comparing};
use crate::server::console::pages::format::{self, Seen};
use crate::server::console::problem::Problem;
use crate::server::console::security::without_session;
use crate::store::ListQuery;

/// Requests that are offered: the newest.
const CHOICES: usize = 60;
/// Differences that are shown of one part.
const ROWS: usize = 500;
/// Characters of a value on a side.
const VALUE_CHARS: usize = 2_000;

/// A request to compare with.
#[derive(Debug)]
struct Choice {
    id: String,
    /// When it arrived: for the scripts, and as a time of day in UTC.
    time_iso: String,
    time: String,
    /// What it is, in a line.
    label: String,
    chosen: bool,
}

#[derive(Debug)]
struct DiffRow {
    /// Where: a header's name, a JSON pointer, a line.
    place: String,
    /// In the other request.
    was: Option<String>,
    /// In the open one.
    is: Option<String>,
}

/// The differences of one part.
#[derive(Debug)]
struct DiffSection {
    title: &'static str,
    /// The summary of the differences.
    summary: String,
    rows: Vec<DiffRow>,
}

#[derive(Debug, Template)]
#[template(path = "tabs/compare.html")]
pub(crate) struct CompareTab {
    action: String,
    /// Hidden fields that keep the list's parameters.
    hidden: Vec<(&'static str, String)>,
    choices: Vec<Choice>,
    /// The other's address, once chosen.
    other_href: Option<String>,
    sections: Vec<DiffSection>,
    /// Whether the bytes are the same.
    identical: bool,
}

impl CompareTab {
    /// The comparison that the address names: with the chosen request, else with the previous one of the same event.
    pub(crate) async fn load(context: &TabContext, request: Found) -> Result<Self, Problem> {
        let (store, bin) = (&context.state.store, context.bin.bin.id);
        let summary = request.summary();
        let own = summary.id;
        let newest = store.list(bin, ListQuery { limit: CHOICES, ..ListQuery::default() }).await?;
        let before = ListQuery { limit: CHOICES, before: Some(summary.seq), ..ListQuery::default() };
        let earlier = store.list(bin, before).await?.requests;
        let chosen = match context.params.with.as_deref().filter(|with| !with.is_empty()) {
            Some(with) => Some(Found::find(store, bin, which_request(with)?).await?),
            None => match likely(summary, &earlier, &newest.requests) {
                Some(id) => Some(Found::find(store, bin, crate::store::RequestRef::Id(id)).await?),
                None => None,
            },
        };
        let mut offered: Vec<RequestSummary> = newest.requests;
        offered.extend(earlier);
        offered.extend(chosen.iter().map(|chosen| chosen.summary().clone()));
        offered.retain(|summary| summary.id != own);
        offered.sort_by_key(|summary| std::cmp::Reverse(summary.seq));
        offered.dedup_by_key(|summary| summary.id);
        let choices = offered.iter().map(|summary| Choice {
            id: summary.id.to_string(),
            time_iso: summary.received_at.to_string(),
            time: format::clock_time(summary.received_at),
            label: label(summary),
            chosen: chosen.as_ref().is_some_and(|chosen| chosen.summary().id == summary.id),
        });
        let mut tab = Self {
            action: context.page.clone(),
            hidden: context.hidden("compare"),
            choices: choices.collect(),
            other_href: None,
            sections: Vec::new(),
            identical: false,
        };
        if let Some(other) = chosen {
            tab.other_href = Some(format!("{}/requests/{}", context.links.base, other.summary().id));
            // For large bodies this takes long.
            let comparison = comparing(store, (other, request), diff::compare).await?;
            tab.identical = matches!(comparison.body, BodyDiff::Same);
            tab.sections = sections(comparison);
        }
        Ok(tab)
    }
}

/// The request that is most likely wanted for comparison.
fn likely(
    own: &RequestSummary,
    earlier: &[RequestSummary],
    newest: &[RequestSummary],
) -> Option<crate::model::RequestId> {
    let event = &own.derived.event;
    let same_event = earlier.iter().find(|other| event.name.is_some() && other.derived.event.name == event.name);
    let others = || earlier.iter().chain(newest).find(|other| other.id != own.id);
    event.duplicate_of.or_else(|| same_event.or_else(others).map(|other| other.id))
}

fn label(summary: &RequestSummary) -> String {
    let what = summary.derived.event.name.as_deref().unwrap_or(&summary.path);
    format::plain(&format!("{} {} · {}", clipped(what, 60), summary.method, format::size(summary.body_size)))
}

fn sections(comparison: diff::Comparison) -> Vec<DiffSection> {
    let line = comparison.line.into_iter().map(|part| DiffRow {
        place: part.part.to_owned(),
        was: Some(part.a),
        is: Some(part.b),
    });
    let mut header_rows: Vec<DiffRow> = comparison.headers.into_iter().flat_map(field_rows).collect();
    if comparison.header_order_differs {
        header_rows.push(DiffRow {
            place: "(order)".to_owned(),
            was: None,
            is: Some("the fields come in another order".to_owned()),
        });
    }
    let query = comparison.query.into_iter().flat_map(field_rows).collect();
    let mut sections = vec![
        section("Request line", line.collect(), false),
        section("Headers", header_rows, false),
        section("Query", query, false),
    ];
    sections.push(match comparison.body {
        BodyDiff::Same => section("Body", Vec::new(), false),
        BodyDiff::Json(json) => {
            let cut = json.truncated;
            let mut shown = section("Body, as JSON", json_rows(json), cut);
            if shown.rows.is_empty() {
                "the same values, written differently".clone_into(&mut shown.summary);
            }
            shown
        }
        BodyDiff::Text(text) => {
            let cut = text.truncated;
            section("Body, as text", text_rows(text), cut)
        }
        BodyDiff::Bytes(bytes) => {
            let text = |rows: &[crate::view::HexRow]| {
                rows.iter().map(|row| format!("{}  {}", row.hex, row.ascii)).collect::<Vec<_>>().join("\n")
            };
            let row = DiffRow {
                place: format!("from byte {}", format::count(bytes.first_difference as u64)),
                was: Some(text(&bytes.a_rows)),
                is: Some(text(&bytes.b_rows)),
            };
            section("Body, as bytes", vec![row], false)
        }
    });
    sections
}

fn section(title: &'static str, mut rows: Vec<DiffRow>, cut: bool) -> DiffSection {
    let cut = cut || rows.len() > ROWS;
    rows.truncate(ROWS);
    for row in &mut rows {
        for side in [&mut row.was, &mut row.is].into_iter().flatten() {
            *side = clipped(side, VALUE_CHARS);
        }
    }
    let summary = match (rows.len(), cut) {
        (0, _) => "the same".to_owned(),
        (count, true) => format!("the first {count} differences"),
        (count, false) => format::plural(count as u64, "difference", "differences"),
    };
    DiffSection { title, summary, rows }
}

/// A field's values on both sides, paired in order.
fn field_rows(field: FieldChange) -> Vec<DiffRow> {
    let (mut a, mut b) = (field.a.into_iter(), field.b.into_iter());
    let mut rows = Vec::new();
    loop {
        let (was, is) = (a.next(), b.next());
        if was.is_none() && is.is_none() {
            return rows;
        }
        if was == is {
            continue;
        }
        let spelt = |side: &(String, String)| {
            without_session(if side.0 == field.name { side.1.clone() } else { format!("{}: {}", side.0, side.1) })
        };
        rows.push(DiffRow { place: field.name.clone(), was: was.as_ref().map(spelt), is: is.as_ref().map(spelt) });
    }
}

fn json_rows(json: JsonDiff) -> Vec<DiffRow> {
    let rows = json.changes.into_iter().map(|change| {
        let pointer = change.pointer.or(change.pointer_b).unwrap_or_else(|| "(too deep for a path)".to_owned());
        let place = if pointer.is_empty() { "(root)".to_owned() } else { pointer };
        DiffRow {
            place: if change.retyped { format!("{place} (another type)") } else { place },
            was: change.a,
            is: change.b,
        }
    });
    rows.collect()
}

fn text_rows(text: TextDiff) -> Vec<DiffRow> {
    let lines = text.hunks.into_iter().flat_map(|hunk| hunk.lines);
    let rows = lines.filter_map(|line| {
        let (was, is) = match line.kind {
            LineKind::Same => return None,
            LineKind::Removed => (Some(line.text), None),
            LineKind::Added => (None, Some(line.text)),
        };
        let number = line.b.or(line.a).unwrap_or_default();
        Some(DiffRow { place: format!("line {number}"), was, is })
    });
    rows.collect()
}
