//! A table (RFC 4180) of the facts, one request a row. Cells cannot become formulas in a spreadsheet.

use super::{ExportOptions, Many, redact};
use crate::http::text::lossy;
use crate::model::CapturedRequest;

pub(super) const MANY: Many = Many {
    id: "csv",
    label: "CSV",
    media_type: "text/csv; charset=utf-8; header=present",
    extension: "csv",
    start: HEADER,
    between: "",
    end: "",
    row,
    attempts: None,
};

const HEADER: &str = "id,seq,received_at,method,target,path,event,session,delivery_id,duplicate_of,signature,secret,freshness,\
    content_type,body_size,complete,rejected,status,duration_ms,client,pinned,note,tags\r\n";

fn row(request: &CapturedRequest, options: &ExportOptions) -> Vec<u8> {
    let summary = &request.summary;
    let event = &summary.derived.event;
    let head = redact::shown(&request.head, options.redact);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let cells = [
        summary.id.to_string(),
        summary.seq.to_string(),
        summary.received_at.to_string(),
        head.method().into_owned(),
        head.target().to_text().into_owned(),
        lossy(head.target().path_below_bin()).into_owned(),
        text(&event.name),
        text(&event.session),
        text(&event.delivery_id),
        event.duplicate_of.map(|id| id.to_string()).unwrap_or_default(),
        summary.derived.verdict.status.name().to_owned(),
        text(&summary.derived.verdict.secret),
        summary.derived.freshness.status.name().to_owned(),
        text(&summary.content_type),
        summary.body_size.to_string(),
        summary.complete.to_string(),
        summary.rejected.map(|rejection| rejection.name().to_owned()).unwrap_or_default(),
        summary.response.status.map(|status| status.to_string()).unwrap_or_default(),
        summary
            .response
            .duration_us
            .map(|micros| format!("{}.{:03}", micros / 1_000, micros % 1_000))
            .unwrap_or_default(),
        summary.client.map(|client| client.ip.to_string()).unwrap_or_default(),
        summary.marks.pinned.to_string(),
        text(&summary.marks.note),
        summary.marks.tags.join(" "),
    ];
    // Quotes every cell: many spreadsheets separate cells at semicolons or tabs, and the text after a bare one would be
    // another cell, possibly with a formula.
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(cells.iter().map(|cell| guarded(cell)));
    writer.into_inner().unwrap_or_default()
}

/// A cell that no spreadsheet takes for a formula: an apostrophe is put before a first character that starts one, or
/// that spreadsheets skip.
fn guarded(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    // NUL ends a cell in some readers.
    let cell = cell.replace('\0', "\u{fffd}");
    if formula { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::super::many;
    use super::super::tests::{options, request};

    fn read(text: &str) -> Vec<Vec<String>> {
        let rows = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes()).into_records();
        rows.map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    fn table(note: &str) -> Vec<Vec<String>> {
        let mut request = request(b"POST /b/=1+1?a,b HTTP/1.1\r\n\r\n", b"xyz");
        request.summary.marks.note = Some(note.to_owned());
        let mut rows = many("csv".parse().unwrap(), options(true));
        read(&String::from_utf8([rows.start(), rows.row(&request), rows.end()].concat()).unwrap())
    }

    #[test]
    fn every_row_has_a_cell_for_every_name() {
        let table = table("a \"b\",\r\nc");
        assert_eq!((table.len(), table[0].len()), (2, table[1].len()));
        let cell = |name: &str| table[1][table[0].iter().position(|found| found == name).unwrap()].as_str();
        assert_eq!((cell("method"), cell("target"), cell("body_size")), ("POST", "/b/=1+1?a,b", "3"));
        assert_eq!(
            (cell("signature"), cell("duration_ms"), cell("note")),
            ("unsigned_scheme", "2.500", "a \"b\",\r\nc")
        );
    }

    #[test]
    fn what_separates_cells_elsewhere_is_in_quotes() {
        let mut request = request(b"POST /b HTTP/1.1\r\n\r\n", b"");
        request.summary.marks.note = Some("a;=1+1".to_owned());
        let row = many("csv".parse().unwrap(), options(true)).row(&request);
        assert!(String::from_utf8(row).unwrap().contains(",\"a;=1+1\","));
    }

    proptest::proptest! {
        #[test]
        fn any_text_comes_back_and_no_cell_is_a_formula(note in "([=+@\\-\t\r\n]|\")?[^\0]{0,20}") {
            let cell = table(&note)[1][21].clone();
            let plain = cell.strip_prefix('\'').filter(|rest| *rest == note).unwrap_or(&cell);
            proptest::prop_assert_eq!(plain, &note);
            proptest::prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
        }
    }
}
