//! JSON lines with all that Creel knows of a request. `import` reads them back.

use super::record::{self, Record};
use super::{Attempts, ExportOptions, Many};
use crate::model::CapturedRequest;

pub(super) const MANY: Many = Many {
    id: "jsonl",
    label: "JSON lines",
    media_type: "application/x-ndjson",
    extension: "jsonl",
    start: "",
    between: "",
    end: "",
    row,
    attempts: Some(Attempts { open, one: record::attempt, between: ",", close: "]}\n" }),
};

fn row(request: &CapturedRequest, options: &ExportOptions) -> Vec<u8> {
    // Writing to memory, with keys that are strings: nothing can fail.
    let mut out = serde_json::to_vec(&Record { request, options, with_body: true }).unwrap_or_default();
    out.push(b'\n');
    out
}

/// The row with its object open again: the attempts are its last member.
fn open(mut row: Vec<u8>) -> Vec<u8> {
    row.truncate(row.len().saturating_sub("}\n".len()));
    row.extend_from_slice(b",\"attempts\":[");
    row
}
