//! Bytes in hexadecimal, sixteen a row. Shows anything, so it is the last resort.

use serde::Serialize;

use super::{Body, Fit, Member, RenderOptions, ViewContent, ViewModel};

const ROW: usize = 16;
/// Rows in one model: 64 KiB of body.
const MAX_ROWS: usize = 4_096;

pub(super) const MEMBER: Member = Member { id: "hex", label: "Hex", fit, render };

/// A page of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HexView {
    /// The rows, 4,096 at most.
    pub rows: Vec<HexRow>,
    /// Bytes of the whole body.
    pub total: usize,
    /// Where the next page starts, if there is one.
    pub next: Option<usize>,
}

/// Up to sixteen bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HexRow {
    /// Where the row starts in the body, in bytes.
    pub offset: usize,
    /// The bytes, two digits each, with a space between.
    pub hex: String,
    /// The bytes as ASCII; what is not printable is a dot.
    pub ascii: String,
}

#[expect(clippy::unnecessary_wraps, reason = "every member of the family answers in this form")]
fn fit(_body: &Body<'_>) -> Option<Fit> {
    Some(Fit::Fallback)
}

fn render(body: &Body<'_>, options: &RenderOptions) -> ViewModel {
    let bytes = body.bytes();
    let rows = hex_rows(bytes, options.hex_offset, options.hex_rows);
    let start = rows.first().map_or(bytes.len(), |row| row.offset);
    let end = start + rows.len() * ROW;
    let next = Some(end).filter(|&end| end < bytes.len());
    let mut model = ViewModel::new(&MEMBER);
    model.truncated = next.is_some() || start > 0;
    model.content = ViewContent::Hex(HexView { rows, total: bytes.len(), next });
    model
}

/// Rows of bytes, from the row that holds `offset` on; one row at least and 4,096 at most, as far as there are bytes.
#[must_use]
pub(crate) fn hex_rows(bytes: &[u8], offset: usize, count: usize) -> Vec<HexRow> {
    let start = (offset - offset % ROW).min(bytes.len());
    let chunks = bytes[start..].chunks(ROW).take(count.clamp(1, MAX_ROWS)).enumerate();
    chunks.map(|(number, chunk)| row(start + number * ROW, chunk)).collect()
}

fn row(offset: usize, chunk: &[u8]) -> HexRow {
    let digits = |byte: u8| char::from(b"0123456789abcdef"[usize::from(byte & 15)]);
    let mut hex = String::with_capacity(ROW * 3);
    for &byte in chunk {
        if !hex.is_empty() {
            hex.push(' ');
        }
        hex.push(digits(byte >> 4));
        hex.push(digits(byte));
    }
    let shown = |byte: &u8| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' };
    HexRow { offset, hex, ascii: chunk.iter().map(shown).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::tests::render as render_view;
    use crate::view::{BodyInput, ViewKind};

    fn hex(bytes: &[u8], hex_offset: usize, hex_rows: usize) -> HexView {
        let input = BodyInput { content_type: None, content_encoding: None, bytes };
        let options = RenderOptions { hex_offset, hex_rows, ..RenderOptions::default() };
        match render_view(ViewKind(&MEMBER), input, &options).content {
            ViewContent::Hex(view) => view,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_have_offset_digits_and_ascii() {
        let view = hex(b"Hello, World!\0\xff\n~x", 0, 10);
        assert_eq!(view.rows[0].hex, "48 65 6c 6c 6f 2c 20 57 6f 72 6c 64 21 00 ff 0a");
        assert_eq!(view.rows[0].ascii, "Hello, World!...");
        assert_eq!((view.rows[1].offset, view.rows[1].ascii.as_str(), view.next), (16, "~x", None));
    }

    #[test]
    fn pages_follow_each_other() {
        let bytes = vec![7; 1_000];
        let first = hex(&bytes, 0, 10);
        assert_eq!((first.rows.len(), first.next), (10, Some(160)));
        assert_eq!(hex(&bytes, 165, 10).rows[0].offset, 160);
        assert_eq!(hex(&bytes, 5_000, 10).rows, []);
        assert_eq!(hex(&bytes, 0, 0).rows.len(), 1);
    }
}
