//! A table (RFC 4180) of the facts, one request a row. Cells cannot become formulas in a spreadsheet.

use super::{ExportOptions, Many, ManyKind};
use crate::model::CapturedRequest;

pub(super) const MANY: Many = Many {
    kind: ManyKind::Csv,
    id: "csv",
    label: "CSV",
    media_type: "text/csv; charset=utf-8; header=present",
    extension: "csv",
    start: HEADER,
    between: "",
    end: "",
    row,
};

const HEADER: &str = "id,seq,received_at,method,target,path,event,session,delivery_id,duplicate_of,signature,secret,freshness,\
    content_type,body_size,complete,rejected,status,duration_ms,client,pinned,note,tags\r\n";

fn row(request: &CapturedRequest, _options: &ExportOptions) -> Vec<u8> {
    let summary = &request.summary;
    let event = &summary.derived.event;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let cells = [
        summary.id.to_string(),
        summary.seq.to_string(),
        summary.received_at.to_string(),
        summary.method.clone(),
        summary.target.clone(),
        summary.path.clone(),
        text(&event.name),
        text(&event.session),
        text(&event.delivery_id),
        event.duplicate_of.map(|id| id.to_string()).unwrap_or_default(),
        name(&summary.derived.verdict.status),
        text(&summary.derived.verdict.secret),
        name(&summary.derived.freshness.status),
        text(&summary.content_type),
        summary.body_size.to_string(),
        summary.complete.to_string(),
        summary.rejected.map(|rejection| rejection.code().to_owned()).unwrap_or_default(),
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
    let mut out = cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",");
    out.push_str("\r\n");
    out.into_bytes()
}

/// The name that the API uses.
fn name(status: &impl serde::Serialize) -> String {
    match serde_json::to_value(status) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(_) | Err(_) => String::new(),
    }
}

/// A cell. A first character that starts a formula, or that a spreadsheet drops before looking for one, gets an apostrophe before it.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let guard = if formula { "'" } else { "" };
    // NUL ends a cell in some readers.
    let cell = cell.replace('\0', "\u{fffd}");
    if formula || cell.contains(['"', ',', ';', '\r', '\n', '\t', '\'']) {
        return format!("\"{guard}{}\"", cell.replace('"', "\"\""));
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::super::many;
    use super::super::tests::{options, request};
    use super::*;

    /// Reads RFC 4180.
    fn read(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match (character, quoted) {
                ('"', true) if characters.peek() == Some(&'"') => cell.extend(characters.next()),
                ('"', _) => quoted = !quoted,
                (',', false) => row.push(std::mem::take(&mut cell)),
                ('\r', false) if characters.next_if_eq(&'\n').is_some() => {
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                (other, _) => cell.push(other),
            }
        }
        assert!(row.is_empty() && cell.is_empty() && !quoted);
        rows
    }

    fn table(note: &str) -> Vec<Vec<String>> {
        let mut request = request(b"POST /b/=1+1?a,b HTTP/1.1\r\n\r\n", b"xyz");
        request.summary.marks.note = Some(note.to_owned());
        let mut rows = many(ManyKind::Csv, options(true));
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
