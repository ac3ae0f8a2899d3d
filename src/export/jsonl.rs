//! JSON lines with all that Creel knows of a request. `import` reads them back.

use super::record::Record;
use super::{ExportOptions, Many};
use crate::model::{Attempt, CapturedRequest};

pub(super) const MANY: Many = Many {
    id: "jsonl",
    label: "JSON lines",
    media_type: "application/x-ndjson",
    extension: "jsonl",
    start: "",
    between: "",
    end: "",
    row,
};

fn row(request: &CapturedRequest, attempts: &[Attempt], options: &ExportOptions) -> Vec<u8> {
    // Writing to memory, with keys that are strings: nothing can fail.
    let mut out = serde_json::to_vec(&Record { request, attempts, options, with_body: true }).unwrap_or_default();
    out.push(b'\n');
    out
}
