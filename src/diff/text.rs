//! Text line by line, in hunks with some lines around each change.

use std::time::Duration;

use serde::Serialize;
use similar::ChangeTag;

/// Then the comparison gives up looking for the shortest way, and shows a longer one.
const TIMEOUT: Duration = Duration::from_millis(250);
/// Unchanged lines around a change.
const CONTEXT: usize = 3;
/// Lines that are shown.
const MAX_LINES: usize = 2_000;
/// Characters of a line that are shown.
const MAX_LINE: usize = 1_000;

/// How two texts differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TextDiff {
    /// The changed places.
    pub hunks: Vec<Hunk>,
    /// Whether there are more, or lines were cut.
    pub truncated: bool,
}

/// Changes that are near each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hunk {
    /// The lines in order.
    pub lines: Vec<DiffLine>,
}

/// A line of a hunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffLine {
    /// What happened to it.
    pub kind: LineKind,
    /// Its number in the one, from 1.
    pub a: Option<usize>,
    /// Its number in the other, from 1.
    pub b: Option<usize>,
    /// The line with its end, so that a difference of the end can be seen.
    pub text: String,
}

/// What happened to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Both have it.
    Same,
    /// Only the one has it.
    Removed,
    /// Only the other has it.
    Added,
}

pub(super) fn diff(a: &str, b: &str) -> TextDiff {
    let diff = similar::TextDiff::configure().timeout(TIMEOUT).diff_lines(a, b);
    let mut hunks = Vec::new();
    let (mut left, mut truncated) = (MAX_LINES, false);
    for group in diff.grouped_ops(CONTEXT) {
        if left == 0 {
            truncated = true;
            break;
        }
        let mut lines = Vec::new();
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            if left == 0 {
                truncated = true;
                break;
            }
            left -= 1;
            let text: String = change.value().chars().take(MAX_LINE).collect();
            truncated |= text.len() < change.value().len();
            let kind = match change.tag() {
                ChangeTag::Equal => LineKind::Same,
                ChangeTag::Delete => LineKind::Removed,
                ChangeTag::Insert => LineKind::Added,
            };
            let number = |index: Option<usize>| index.map(|index| index + 1);
            lines.push(DiffLine { kind, a: number(change.old_index()), b: number(change.new_index()), text });
        }
        hunks.push(Hunk { lines });
    }
    TextDiff { hunks, truncated }
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
    fn long_lines_and_many_changes_are_cut() {
        let long = diff(&"x".repeat(10_000), "y");
        assert!(long.truncated && long.hunks[0].lines[0].text.len() == MAX_LINE);
        let many = diff(&"a\n".repeat(5_000), &"b\n".repeat(5_000));
        assert!(many.truncated && many.hunks.iter().map(|hunk| hunk.lines.len()).sum::<usize>() == MAX_LINES);
    }
}
