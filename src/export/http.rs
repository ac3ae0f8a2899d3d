//! The message as it goes over the wire: for `nc`, for a file in a test. Not for the HTTP client of an editor, which
//! takes some lines of a body (`###`, `< file`, `> {%`) for its own.

use super::{ExportOptions, Single, wire};
use crate::model::CapturedRequest;

pub(super) const SINGLE: Single =
    Single { id: "http", label: "HTTP", media_type: "application/octet-stream", extension: "http", write };

/// The head as sent. Only its framing changes, and only when it has to: chunks become one chunk, and a declared length
/// that the sender did not reach becomes the length of what came.
fn write(request: &CapturedRequest, options: &ExportOptions) -> Vec<u8> {
    wire::whole(request, options.redact)
}
