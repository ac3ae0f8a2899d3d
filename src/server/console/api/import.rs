//! Import: JSON lines (or an HTTP archive) become requests of a bin again, with their times and marks.

use actix_web::{HttpRequest, HttpResponse, post, web};
use futures_util::StreamExt as _;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::export::import::{self, ImportError, Imported};
use crate::server::console::ConsoleState;
use crate::server::console::error_text;
use crate::server::console::extract::{BinRef, State, require_type};
use crate::server::console::problem::{Code, Problem};
use crate::store::BinState;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(read_in);
}

/// What an import did.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportResult)]
struct ImportedShape {
    /// Requests that are in the bin now.
    imported: u64,
    /// Of these, exported without their credentials and signatures: their verdicts say little.
    redacted: u64,
}

/// Types that an import may have.
const TYPES: &[&str] = &["application/x-ndjson", "application/jsonl", "application/json"];
/// Requests that are stored in one go.
const BATCH: usize = 200;
/// One line: a body at its largest in base64, and its other fields.
const MAX_LINE: usize = 64 << 20;
/// An archive is read whole.
const MAX_ARCHIVE: usize = 64 << 20;

/// An import under way.
struct Import<'a> {
    state: &'a ConsoleState,
    bin: &'a BinState,
    batch: Vec<Imported>,
    bytes: usize,
    done: ImportedShape,
}

impl Import<'_> {
    async fn add(&mut self, imported: Imported) -> Result<(), Problem> {
        self.bytes += imported.request.body.len();
        self.batch.push(imported);
        if self.batch.len() >= BATCH || self.bytes >= MAX_LINE { self.store().await } else { Ok(()) }
    }

    async fn store(&mut self) -> Result<(), Problem> {
        self.bytes = 0;
        let requests: Vec<_> = std::mem::take(&mut self.batch)
            .into_iter()
            .map(|imported| {
                self.done.redacted += u64::from(imported.redacted);
                (imported.request, imported.marks)
            })
            .collect();
        if !requests.is_empty() {
            self.done.imported += self.state.capture.import(self.bin, requests).await?;
        }
        Ok(())
    }

    fn failed(&self, error: &ImportError) -> Problem {
        // The column in a line that a program wrote helps no reader.
        let words = error_text::without_place(&error.message);
        // Line 0 is the archive itself.
        let place = if error.line == 0 { "The body".to_owned() } else { format!("Line {}", error.line) };
        let problem = match &error.field {
            // What is not even JSON.
            None => Problem::new(Code::InvalidBody, error_text::sentence(&format!("{place} {words}"))),
            Some(field) if words.starts_with("invalid ") || words.starts_with("missing field ") => {
                let (at, detail) = error_text::told(field, words);
                Problem::field(at.unwrap_or_default(), format!("{place}: {detail}"))
            }
            Some(field) => {
                Problem::field(field, error_text::sentence(&format!("{place}: `{}` {words}", error_text::cut(field))))
            }
        };
        let problem = if error.line == 0 { problem } else { problem.with("line", error.line) };
        problem.with("imported", self.done.imported)
    }
}

/// Import requests: JSON lines of an export, or an HTTP archive (HAR)
///
/// Lines are stored as they come; an error names the line, and `imported` says how many before it are in the bin.
#[utoipa::path(
    tag = "exports",
    request_body(content((String = "application/x-ndjson"), (String = "application/jsonl"), (String = "application/json")), description = "What an export wrote"),
    responses((status = 200, body = ImportedShape))
)]
#[post("/api/v1/bins/{bin}/import")]
async fn read_in(
    state: State,
    request: HttpRequest,
    bin: BinRef,
    mut payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    require_type(&request, TYPES)?;
    let mut import = Import {
        state: &state,
        bin: &bin.0,
        batch: Vec::new(),
        bytes: 0,
        done: ImportedShape { imported: 0, redacted: 0 },
    };
    let (mut buffer, mut number, mut archive) = (Vec::new(), 0, None);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::new(Code::InvalidBody, "The body broke off."))?;
        buffer.extend_from_slice(&chunk);
        // An archive is one JSON object with `log` in it; a line of JSON lines never begins like that.
        let archive =
            *archive.get_or_insert_with(|| buffer.trim_ascii_start().starts_with(b"{\n") || is_archive(&buffer));
        if buffer.len() > if archive { MAX_ARCHIVE } else { MAX_LINE } {
            return Err(Problem::new(Code::TooLarge, format!("A line or archive is larger than {MAX_LINE} bytes.")));
        }
        let mut start = 0;
        while !archive && let Some(end) = memchr::memchr(b'\n', &buffer[start..]) {
            number += 1;
            let line = import::line(number, &buffer[start..start + end], bin.id());
            start += end + 1;
            if let Some(imported) = line.map_err(|error| import.failed(&error))? {
                import.add(imported).await?;
            }
        }
        buffer.drain(..start);
    }
    if archive == Some(true) {
        for imported in import::har(&buffer, bin.id()).map_err(|error| import.failed(&error))? {
            import.add(imported).await?;
        }
    } else if let Some(imported) = import::line(number + 1, &buffer, bin.id()).map_err(|error| import.failed(&error))? {
        import.add(imported).await?;
    }
    import.store().await?;
    Ok(HttpResponse::Ok().json(import.done))
}

fn is_archive(start: &[u8]) -> bool {
    let dense: Vec<u8> = start.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).take(8).collect();
    dense.starts_with(b"{\"log\":")
}
