//! Text line by line, in hunks with some lines around each change.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;
use similar::{DiffOp, group_diff_ops};

use super::align::align;

/// After this time, the comparison stops searching for the shortest difference and shows a longer one.
const TIMEOUT: Duration = Duration::from_millis(250);
/// Unchanged lines around a change.
const CONTEXT: usize = 3;
/// Lines of all hunks that are shown.
const MAX_LINES: usize = 2_000;
/// Characters of a line that are shown.
const MAX_LINE: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TextDiff {
    /// The changed places.
    pub hunks: Vec<Hunk>,
    /// Whether there are more, or lines were cut.
    pub truncated: bool,
}

/// Changes that are near each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Hunk {
    /// The lines in order.
    pub lines: Vec<DiffLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DiffLine {
    pub kind: LineKind,
    /// Its number in the first text, from 1.
    pub a: Option<usize>,
    /// Its number in the second text, from 1.
    pub b: Option<usize>,
    /// The line with its end, so that a difference of the end can be seen.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LineKind {
    /// Both have it.
    Same,
    /// Only the first has it.
    Removed,
    /// Only the second has it.
    Added,
}

pub(super) fn diff(a: &str, b: &str) -> TextDiff {
    let (a, b) = (lines(a), lines(b));
    // Equal lines have equal numbers.
    let mut known = HashMap::new();
    let mut number = |&line| {
        let next = known.len() as u64;
        *known.entry(line).or_insert(next)
    };
    let numbers_a: Vec<u64> = a.iter().map(&mut number).collect();
    let numbers_b: Vec<u64> = b.iter().map(&mut number).collect();
    let mut hunks = Vec::new();
    let (mut left, mut truncated) = (MAX_LINES, false);
    for group in group_diff_ops(align(&numbers_a, &numbers_b, Some(TIMEOUT)), CONTEXT) {
        if left == 0 {
            truncated = true;
            break;
        }
        let mut shown = Vec::new();
        for (kind, at_a, at_b) in group.iter().flat_map(changes) {
            if left == 0 {
                truncated = true;
                break;
            }
            left -= 1;
            let line = at_a.map_or_else(|| at_b.map_or("", |at| b[at]), |at| a[at]);
            let text: String = line.chars().take(MAX_LINE).collect();
            truncated |= text.len() < line.len();
            let number = |index: Option<usize>| index.map(|index| index + 1);
            shown.push(DiffLine { kind, a: number(at_a), b: number(at_b), text });
        }
        hunks.push(Hunk { lines: shown });
    }
    TextDiff { hunks, truncated }
}

/// The lines with their ends: `\n`, `\r\n` or `\r`.
fn lines(text: &str) -> Vec<&str> {
    let (mut lines, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(['\n', '\r']) {
        let (line, after) = rest.split_at(at + if rest[at..].starts_with("\r\n") { 2 } else { 1 });
        lines.push(line);
        rest = after;
    }
    lines.extend(Some(rest).filter(|rest| !rest.is_empty()));
    lines
}

/// The lines of a step, each with its places in the two texts.
fn changes(op: &DiffOp) -> impl Iterator<Item = (LineKind, Option<usize>, Option<usize>)> + use<> {
    let (same, removed, added) = match *op {
        DiffOp::Equal { .. } => (op.old_range().zip(op.new_range()), 0..0, 0..0),
        DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
            ((0..0).zip(0..0), op.old_range(), op.new_range())
        }
    };
    same.map(|(a, b)| (LineKind::Same, Some(a), Some(b)))
        .chain(removed.map(|a| (LineKind::Removed, Some(a), None)))
        .chain(added.map(|b| (LineKind::Added, None, Some(b))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_lines_stand_in_hunks_with_their_numbers() {
        let a: String = (1..=30).map(|n| format!("line {n}\n")).collect::<Vec<_>>().concat();
        let b = a.replace("line 5\n", "line five\n").replace("line 25\n", "line 25\r\n");
        let diff = diff(&a, &b);
        assert_eq!(diff.hunks.len(), 2);
        let changed: Vec<_> =
            diff.hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.kind != LineKind::Same).collect();
        assert_eq!((changed[0].text.as_str(), changed[0].a, changed[0].b), ("line 5\n", Some(5), None));
        assert_eq!((changed[3].text.as_str(), changed[3].a, changed[3].b), ("line 25\r\n", None, Some(25)));
        assert_eq!(diff.hunks[0].lines.len(), 8);
    }

    #[test]
    fn a_line_ends_as_any_system_ends_it() {
        assert_eq!(lines("a\r\nb\rc\n\nd"), ["a\r\n", "b\r", "c\n", "\n", "d"]);
        assert_eq!(lines("\n"), ["\n"]);
        assert!(lines("").is_empty());
    }

    #[test]
    fn long_lines_and_many_changes_are_cut() {
        let long = diff(&"x".repeat(10_000), "y");
        assert!(long.truncated && long.hunks[0].lines[0].text.len() == MAX_LINE);
        let many = diff(&"a\n".repeat(5_000), &"b\n".repeat(5_000));
        assert!(many.truncated && many.hunks.iter().map(|hunk| hunk.lines.len()).sum::<usize>() == MAX_LINES);
    }
}
