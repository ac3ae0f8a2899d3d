//! Import: JSON lines (or an HTTP archive) become requests of a bin again, with their times and marks.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, post, web};
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde::Serialize;
use tokio::sync::{Semaphore, SemaphorePermit};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::export::import::{self, Archive, ImportError, Imported};
use crate::http::text::{BYTE_ORDER_MARK, without_mark};
use crate::server::console::ConsoleState;
use crate::server::console::error_text;
use crate::server::console::extract::{BinRef, State, require_type};
use crate::server::console::heavy::heavy;
use crate::server::console::problem::{Code, Problem};
use crate::store::{BinState, Kept};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(read_in);
}

/// What an import did.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportResult)]
struct ImportedShape {
    /// Requests that were added to the bin.
    imported: u64,
    /// Of these, exported without their credentials and signatures: their verdicts say little.
    redacted: u64,
}

/// Types that an import may have.
const TYPES: &[&str] = &["application/x-ndjson", "application/jsonl", "application/json"];
/// Requests that are stored in one go.
const BATCH: usize = 200;
/// Bytes of a line: the largest body in base64, and the other fields.
const MAX_LINE: usize = 64 << 20;
/// An archive is read whole.
const MAX_ARCHIVE: usize = 64 << 20;
/// Bytes of requests that are stored in one go; a larger one is stored alone.
const BATCH_BYTES: usize = 4 << 20;
/// Bytes that all imports together may hold, an import's batch among them: read, they become twice as many.
const ROOM: usize = 96 << 20;
/// The unit in which room is given out.
const ROOM_UNIT: usize = 64 << 10;
/// An import whose kind is still unclear after this many bytes is read as lines.
const UNDECIDED: usize = 64 << 10;
/// Time-out between two pieces of an import.
const SILENCE: Duration = Duration::from_mins(1);

/// The memory that imports may hold.
#[derive(Debug)]
pub(crate) struct Room(Semaphore);

impl Default for Room {
    fn default() -> Self {
        Self(Semaphore::new(ROOM / ROOM_UNIT))
    }
}

/// An import under way.
struct Import<'a> {
    state: &'a ConsoleState,
    bin: &'a BinState,
    /// Its part of the room.
    room: SemaphorePermit<'a>,
    batch: Vec<Imported>,
    bytes: usize,
    done: ImportedShape,
}

impl<'a> Import<'a> {
    fn new(state: &'a ConsoleState, bin: &'a BinState) -> Result<Self, Problem> {
        let done = ImportedShape { imported: 0, redacted: 0 };
        let room = state.imports.0.try_acquire_many(0).map_err(|_| crowded(state, 0))?;
        let mut import = Self { state, bin, room, batch: Vec::new(), bytes: 0, done };
        import.make_room(0)?;
        Ok(import)
    }

    /// Takes the room needed to hold that many bytes in addition to a batch.
    fn make_room(&mut self, bytes: usize) -> Result<(), Problem> {
        let needed = (BATCH_BYTES + bytes).div_ceil(ROOM_UNIT).saturating_sub(self.room.num_permits());
        let more = self.state.imports.0.try_acquire_many(u32::try_from(needed).unwrap_or(u32::MAX));
        self.room.merge(more.map_err(|_| crowded(self.state, self.done.imported))?);
        Ok(())
    }

    /// Reads the body to its end.
    async fn read(&mut self, mut payload: web::Payload) -> Result<(), Problem> {
        let mut unread = Unread::default();
        loop {
            let chunk = tokio::time::timeout(SILENCE, payload.next()).await;
            let chunk = chunk.map_err(|_| Problem::new(Code::SlowBody, "Nothing of the body came for a minute."))?;
            let Some(chunk) = chunk else { break };
            unread.push(&chunk.map_err(|_| Problem::new(Code::InvalidBody, "The body broke off."))?)?;
            self.make_room(unread.buffer.len())?;
            if unread.kind == Some(Kind::Lines) {
                self.lines(&mut unread).await?;
            }
        }
        match unread.kind {
            Some(Kind::Archive) => self.archive(Bytes::from(unread.buffer)).await?,
            Some(Kind::Lines) | None => self.line(unread.lines + 1, &unread.buffer).await?,
        }
        self.store().await
    }

    /// Adds the requests of the complete lines.
    async fn lines(&mut self, unread: &mut Unread) -> Result<(), Problem> {
        let mut start = 0;
        while let Some(found) = memchr::memchr(b'\n', &unread.buffer[unread.searched..]) {
            let end = unread.searched + found;
            unread.lines += 1;
            unread.searched = end + 1;
            self.line(unread.lines, &unread.buffer[start..end]).await?;
            start = end + 1;
        }
        unread.buffer.drain(..start);
        unread.searched = unread.buffer.len();
        Ok(())
    }

    /// Adds the request of a line; an empty one has none.
    async fn line(&mut self, number: usize, line: &[u8]) -> Result<(), Problem> {
        match import::line(number, line, self.bin.bin.id).map_err(|error| self.failed(&error))? {
            Some(imported) => self.add(imported).await,
            None => Ok(()),
        }
    }

    async fn archive(&mut self, bytes: Bytes) -> Result<(), Problem> {
        let id = self.bin.bin.id;
        let opened = heavy(move || Archive::open(bytes, id)).await?;
        let archive = opened.map_err(|error| self.failed(&error))?;
        for imported in archive.requests() {
            let imported = imported.map_err(|error| self.failed(&error))?;
            self.add(imported).await?;
        }
        Ok(())
    }

    async fn add(&mut self, imported: Imported) -> Result<(), Problem> {
        self.bytes += imported.request.body.len();
        self.batch.push(imported);
        if self.batch.len() >= BATCH || self.bytes >= BATCH_BYTES { self.store().await } else { Ok(()) }
    }

    async fn store(&mut self) -> Result<(), Problem> {
        self.bytes = 0;
        let requests: Vec<_> = std::mem::take(&mut self.batch)
            .into_iter()
            .map(|imported| {
                self.done.redacted += u64::from(imported.redacted);
                let kept = Kept { marks: imported.marks, duration_us: imported.response.duration_us };
                (imported.request, kept)
            })
            .collect();
        if !requests.is_empty() {
            self.done.imported += self.state.capture.import(self.bin, requests).await?;
        }
        Ok(())
    }

    fn failed(&self, error: &ImportError) -> Problem {
        let line = error.line();
        // Line 0 is the archive itself.
        let place = if line == 0 { "The body".to_owned() } else { format!("Line {line}") };
        let problem = match error {
            // The column in a line that a program wrote helps no reader.
            ImportError::NotJson { wanted, words, .. } => {
                let words = error_text::without_place(words);
                let detail = error_text::sentence(&format!("{place} is not {wanted}: {words}"));
                Problem::new(Code::InvalidBody, detail)
            }
            ImportError::Type { field, words, .. } => {
                let told = error_text::told(field, words);
                let detail = format!("{place}: {}", told.sentence);
                Problem::field(told.field.unwrap_or_default(), detail).with_unknown(told.unknown)
            }
            ImportError::Field { field, message, .. } => {
                let detail = format!("{place}: `{}` {message}", error_text::cut(field));
                Problem::field(field, error_text::sentence(&detail))
            }
        };
        let problem = if line == 0 { problem } else { problem.with("line", line) };
        problem.with("imported", self.done.imported)
    }
}

/// What has come of an import and is not read yet.
#[derive(Default)]
struct Unread {
    buffer: Vec<u8>,
    /// This much of the buffer has no line end: a long line is not searched again for each of its pieces.
    searched: usize,
    /// How many lines were read.
    lines: usize,
    /// `None` while the first bytes do not tell.
    kind: Option<Kind>,
}

impl Unread {
    fn push(&mut self, chunk: &[u8]) -> Result<(), Problem> {
        self.buffer.extend_from_slice(chunk);
        // The first bytes tell the kind; they may arrive one by one.
        self.kind = self.kind.or_else(|| Kind::of(&self.buffer));
        self.kind = self.kind.or_else(|| (self.buffer.len() > UNDECIDED).then_some(Kind::Lines));
        let limit = if self.kind == Some(Kind::Archive) { MAX_ARCHIVE } else { MAX_LINE };
        if self.buffer.len() > limit {
            let detail = format!(
                "A line or archive is larger than {MAX_LINE} bytes. Of many requests, JSON lines can be of any size."
            );
            return Err(Problem::new(Code::TooLarge, detail));
        }
        Ok(())
    }
}

/// The problem for an import without room.
fn crowded(state: &ConsoleState, imported: u64) -> Problem {
    state.capture.count_import_refused();
    let detail = "Too much is being imported at once. Import it again when the others are done.";
    Problem::new(Code::Busy, detail).with("imported", imported)
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
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    require_type(&request, TYPES)?;
    let mut import = Import::new(&state, &bin.0)?;
    import.read(payload).await?;
    Ok(HttpResponse::Ok().json(import.done))
}

/// What is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lines,
    Archive,
}

impl Kind {
    /// Decides by the first bytes, when there are enough: an archive is one JSON object with `log` in it, possibly over
    /// several lines; JSON lines never begin like that.
    fn of(start: &[u8]) -> Option<Self> {
        const ARCHIVE: &[u8] = b"{\"log\":";
        let start = start.trim_ascii_start();
        if start.len() < BYTE_ORDER_MARK.len() && BYTE_ORDER_MARK.starts_with(start) {
            return None;
        }
        let start = without_mark(start).trim_ascii_start();
        if start.strip_prefix(b"{").is_some_and(|rest| rest.starts_with(b"\n") || rest.starts_with(b"\r\n")) {
            return Some(Self::Archive);
        }
        let dense: Vec<u8> =
            start.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).take(ARCHIVE.len()).collect();
        match ARCHIVE.strip_prefix(&dense[..]) {
            Some([]) => Some(Self::Archive),
            Some(_) => None,
            None => Some(Self::Lines),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_known_however_its_first_bytes_come() {
        for text in ["{\"log\":{}}", "\u{feff}{ \"log\" : {", "{\r\n  \"comment\"", "\n{\n}"] {
            let kinds = (0..=text.len()).map(|length| Kind::of(&text.as_bytes()[..length]));
            assert_eq!(kinds.flatten().next(), Some(Kind::Archive), "{text}");
        }
        for text in ["{\"creel\":1}", "{}\n", "[", "\u{feff}{\"c"] {
            let kinds = (0..=text.len()).map(|length| Kind::of(&text.as_bytes()[..length]));
            assert_eq!(kinds.flatten().next(), Some(Kind::Lines), "{text}");
        }
    }
}
