//! The differences between two answers of a target, as lines of text.

use crate::diff::{AnswerDiff, BodyDiff, LineKind};
use crate::http::text::clipped;
use crate::model::{Delivered, Outcome};

/// Lines of a comparison that are shown.
const LINES: usize = 60;

/// How a delivery ended: the colour, and the words.
pub(super) fn result(delivered: &Delivered) -> (&'static str, String) {
    let last = delivered.last();
    match (delivered.outcome, last.status) {
        (Outcome::Answered, Some(status)) if last.is_delivered() => ("ok", format!("delivered {status}")),
        (Outcome::Answered, Some(status)) => ("bad", format!("not accepted {status}")),
        (outcome, _) => ("bad", outcome.words().to_owned()),
    }
}

/// The differences between two answers, one per line; `None` when they are equal.
pub(super) fn differences(diff: AnswerDiff) -> Option<String> {
    let mut lines = Vec::new();
    if diff.a.outcome != diff.b.outcome {
        lines.push(format!("outcome {} → {}", diff.a.outcome.words(), diff.b.outcome.words()));
    }
    if diff.a.status != diff.b.status {
        let status = |status: Option<u16>| status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        lines.push(format!("status {} → {}", status(diff.a.status), status(diff.b.status)));
    }
    // Only between two answers: against none, every field would be listed.
    for change in diff.headers.iter().filter(|_| diff.body.is_some()) {
        let side = |values: &[(String, String)]| match values {
            [] => "nothing".to_owned(),
            values => clipped(&values.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(", "), 200),
        };
        lines.push(format!("{}: {} → {}", clipped(&change.name, 200), side(&change.a), side(&change.b)));
    }
    match diff.body {
        None | Some(BodyDiff::Same) => {}
        Some(BodyDiff::Json(json)) => lines.extend(json.changes.into_iter().map(|change| {
            let place = change.pointer.or(change.pointer_b).unwrap_or_default();
            let side = |side: Option<String>| side.map_or_else(|| "nothing".to_owned(), |text| clipped(&text, 200));
            format!("{}: {} → {}", clipped(&place, 400), side(change.a), side(change.b))
        })),
        Some(BodyDiff::Text(text)) => {
            let changed = text.hunks.into_iter().flat_map(|hunk| hunk.lines);
            lines.extend(changed.filter_map(|line| match line.kind {
                LineKind::Same => None,
                LineKind::Removed => Some(format!("− {}", clipped(&line.text, 400))),
                LineKind::Added => Some(format!("+ {}", clipped(&line.text, 400))),
            }));
        }
        Some(BodyDiff::Bytes(bytes)) => {
            lines.push(format!("the body differs from byte {} on", bytes.first_difference));
        }
    }
    if lines.len() > LINES {
        let more = lines.len() - LINES;
        lines.truncate(LINES);
        lines.push(format!("… and {more} more"));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}
