//! JSON, shown as a tree that is sent in pieces: a 10 MiB text opens at once.

use serde::Serialize;

use super::{Body, Fit, Member, RenderOptions, ViewContent, ViewModel};
use crate::json::{JsonError, JsonNode};

pub(super) const MEMBER: Member = Member { id: "json", label: "JSON", fit, render };

/// A JSON text as a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JsonView {
    /// The first rows, in the order of the text. Where `shown` is under `children`, more can be loaded.
    pub rows: Vec<JsonNode>,
    /// How many values there are.
    pub nodes: usize,
    /// Why it is not JSON; the rows show what comes before.
    pub error: Option<JsonError>,
}

fn fit(body: &Body<'_>) -> Option<Fit> {
    let declared = body.content_type.as_ref().is_some_and(|declared| {
        declared.essence.ends_with("+json")
            || matches!(declared.subtype(), "json" | "x-json" | "csp-report" | "reports+json")
    });
    if declared {
        return Some(Fit::Declared);
    }
    let start = body.bytes().iter().find(|byte| !byte.is_ascii_whitespace());
    // A lone number or word is JSON too, but is shown as such only when the sender declares it.
    let looks = matches!(start, Some(b'{' | b'[')) && body.outline().error.is_none();
    looks.then_some(Fit::Sniffed)
}

fn render(body: &Body<'_>, options: &RenderOptions) -> ViewModel {
    let outline = body.outline();
    let rows = outline.first_rows(body.bytes(), options.json_rows);
    let mut model = ViewModel::new(&MEMBER);
    if let Some(error) = &outline.error {
        model.notes.push(error.sentence());
    }
    if !outline.all_outlined {
        model.notes.push(format!("Only the first {} values can be opened.", outline.count()));
    }
    model.truncated = rows.len() < outline.count() || !outline.all_outlined;
    model.content = ViewContent::Json(JsonView { rows, nodes: outline.count(), error: outline.error.clone() });
    model
}
