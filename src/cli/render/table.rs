//! Tables that fit the terminal: long cells are cut, less important columns are left out.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::Look;
use super::paint::Tone;
use crate::view::plain;

/// Between two columns.
const GAP: usize = 2;

/// On which side a column's texts begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Align {
    Left,
    Right,
}

#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Column {
    pub(in crate::cli) title: &'static str,
    pub(in crate::cli) align: Align,
    /// The width to which it may be cut when space is short; `None`: never cut.
    pub(in crate::cli) least: Option<usize>,
    /// If cutting is not enough, columns with the highest rank are left out first; 0: never.
    pub(in crate::cli) rank: u8,
}

/// One cell: its text, made plain here, and its tone.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    pub(in crate::cli) fn new(text: impl AsRef<str>, tone: Tone) -> Self {
        Self { text: plain(text.as_ref()), tone }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::new(text, Tone::Plain)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::new(text, Tone::Plain)
    }
}

#[derive(Debug)]
pub(in crate::cli) struct Table<'c> {
    columns: &'c [Column],
    look: Look,
}

impl<'c> Table<'c> {
    pub(in crate::cli) const fn new(columns: &'c [Column], look: Look) -> Self {
        Self { columns, look }
    }

    /// All rows below their titles, as wide as they need.
    pub(in crate::cli) fn all(&self, rows: &[Vec<Cell>]) -> String {
        let wanted = |at: usize, column: &Column| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.text.width());
            cells.chain([column.title.width()]).max().unwrap_or(0)
        };
        let wanted: Vec<usize> = self.columns.iter().enumerate().map(|(at, column)| wanted(at, column)).collect();
        let widths = self.fitted(wanted);
        let titles: Vec<Cell> = self.columns.iter().map(|column| Cell::new(column.title, Tone::Dim)).collect();
        std::iter::once(&titles).chain(rows).map(|row| self.line(row, &widths)).collect()
    }

    /// One row of a list that is still growing, in columns of these widths.
    pub(in crate::cli) fn one(&self, row: &[Cell], usual: &[usize]) -> String {
        self.line(row, &self.fitted(usual.to_vec()))
    }

    /// The widths that fit; 0 where a column is left out.
    fn fitted(&self, mut wanted: Vec<usize>) -> Vec<usize> {
        let Some(room) = self.look.width else { return wanted };
        loop {
            let mut widths = wanted.clone();
            // Shrinks the widest column that may be cut, so that all keep a fair share.
            while total(&widths) > room {
                let cuttable = widths.iter_mut().zip(self.columns).filter_map(|(width, column)| {
                    let least = column.least?;
                    (*width > least).then_some(width)
                });
                let Some(widest) = cuttable.max_by_key(|width| **width) else { break };
                *widest -= 1;
            }
            let shown = wanted.iter_mut().zip(self.columns).filter(|(width, column)| **width > 0 && column.rank > 0);
            match shown.max_by_key(|(_, column)| column.rank) {
                Some((width, _)) if total(&widths) > room => *width = 0,
                Some(_) | None => return squeezed(widths, room),
            }
        }
    }

    fn line(&self, row: &[Cell], widths: &[usize]) -> String {
        let mut line = String::new();
        // Blanks are written when something follows them.
        let mut pending = 0;
        let shown = row.iter().zip(widths).zip(self.columns).filter(|((_, width), _)| **width > 0);
        for (at, ((cell, width), column)) in shown.enumerate() {
            // Without a terminal nothing is cut; the widths are only minimums.
            let text = if self.look.width.is_some() { cut(&cell.text, *width) } else { cell.text.clone() };
            let room = width.saturating_sub(text.width());
            let (before, after) = if column.align == Align::Right { (room, 0) } else { (0, room) };
            pending += before + if at > 0 { GAP } else { 0 };
            if !text.is_empty() {
                line.push_str(&" ".repeat(pending));
                line.push_str(&self.look.paint.tone(cell.tone, &text));
                pending = 0;
            }
            pending += after;
        }
        line.push('\n');
        line
    }
}

/// The columns that a line of these widths takes.
fn total(widths: &[usize]) -> usize {
    let shown = widths.iter().filter(|width| **width > 0);
    shown.map(|width| width + GAP).sum::<usize>().saturating_sub(GAP)
}

/// As a last resort, also cuts columns that are otherwise never cut, and leaves out the last ones: a broken line is
/// harder to read than a short one.
fn squeezed(mut widths: Vec<usize>, room: usize) -> Vec<usize> {
    while total(&widths) > room {
        match widths.iter_mut().max_by_key(|width| **width) {
            Some(widest) if *widest > 2 => *widest -= 1,
            _ => match widths.iter_mut().rev().find(|width| **width > 0) {
                Some(last) => *last = 0,
                None => return widths,
            },
        }
    }
    widths
}

/// A text of at most that many columns, with an ellipsis where it is cut.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > width {
            break;
        }
        out.push(character);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::super::Paint;
    use super::*;

    const COLUMNS: &[Column] = &[
        Column { title: "A", align: Align::Right, least: None, rank: 0 },
        Column { title: "LONG", align: Align::Left, least: Some(4), rank: 0 },
        Column { title: "LESS", align: Align::Left, least: None, rank: 1 },
    ];

    fn shown(width: Option<usize>) -> String {
        let rows =
            [vec!["1".into(), "abcdefgh".into(), "x".into()], vec!["22".into(), "日本語日本語".into(), "y".into()]];
        Table::new(COLUMNS, Look { paint: Paint(false), width }).all(&rows)
    }

    #[test]
    fn columns_are_aligned_cut_and_left_out_to_fit() {
        assert_eq!(shown(None), " A  LONG          LESS\n 1  abcdefgh      x\n22  日本語日本語  y\n");
        assert_eq!(shown(Some(18)), " A  LONG      LESS\n 1  abcdefgh  x\n22  日本語…   y\n");
        assert_eq!(shown(Some(10)), " A  LONG\n 1  abcde…\n22  日本…\n");
        for width in 1..40 {
            assert!(shown(Some(width)).lines().all(|line| line.width() <= width), "{width}");
        }
    }

    #[test]
    fn cells_of_strangers_are_plain() {
        let table = Table::new(&COLUMNS[..1], Look { paint: Paint(true), width: None });
        assert_eq!(table.one(&["\u{1b}[2J\n".into()], &[1]), "\\u{1b}[2J\\n\n");
    }
}
