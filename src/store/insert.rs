//! A request into its rows.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rusqlite::{CachedStatement, Connection, OptionalExtension as _};

use super::bins::{signed, unsigned};
use super::tx::Tx;
use super::{StoreError, codes, rows};
use crate::model::{
    AnswerGiven, CapturedRequest, ChangeKind, Derived, HeadScan, HeadSource, Marks, NewRequest, RequestId,
    RequestSummary, Seq, Timestamp,
};

/// Larger bodies are written piece by piece into a reserved place, so that no second copy of them is made.
const INLINE_BODY: usize = 1 << 20;

const INSERT_REQUEST: &str = "INSERT INTO request (bin, seq, received_at, flags, status, duration_us, body_took_us, \
     head_size, body_size, declared_size, client, method, target, content_type, provider, event, session, \
     duplicate_key, duplicate_hash, duplicate_of, facts, note, tags) \
     VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
const INSERT_CONTENT: &str = "INSERT INTO content (seq, bin, trailers, head, body) VALUES (?,?,?,?,?)";
const INSERT_LARGE: &str = "INSERT INTO content (seq, bin, trailers, head, body) VALUES (?,?,?,?,zeroblob(?))";

/// Says which index, because SQLite would rather walk the whole bin in order.
const FIRST_WITH_KEY: &str = "SELECT seq, received_at FROM request INDEXED BY request_duplicate \
     WHERE bin = ?1 AND duplicate_hash = ?2 AND duplicate_key = ?3 ORDER BY seq LIMIT 1";

/// The two statements of every capture, held for the whole batch.
pub(super) struct Inserter<'a> {
    request: CachedStatement<'a>,
    content: CachedStatement<'a>,
}

impl<'a> Inserter<'a> {
    fn new(conn: &'a Connection) -> Result<Self, rusqlite::Error> {
        Ok(Self { request: conn.prepare_cached(INSERT_REQUEST)?, content: conn.prepare_cached(INSERT_CONTENT)? })
    }
}

/// What an import adds.
pub(super) struct Imported<'m> {
    pub(super) marks: &'m Marks,
}

impl Tx<'_> {
    /// Stores a request.
    pub(super) fn insert(
        &mut self,
        seq: Seq,
        new: &NewRequest,
        imported: Option<&Imported<'_>>,
    ) -> Result<(), StoreError> {
        let touch = *self.touch(new.bin)?;
        let duplicate_of = match &new.derived.event.duplicate_key {
            None => None,
            Some(key) => self.first_with_key(touch.key, key)?,
        };
        let scan = HeadScan::new(new.head.raw());
        let line = scan.request_line();
        let text = |bytes| String::from_utf8_lossy(bytes);
        let (method, target) = (text(line.method), text(line.target));
        let content_type = scan.field("content-type").map(text);
        let version = codes::version(line.version);
        let marks = imported.map(|imported| imported.marks);
        let flags = flags_of(new, version, marks);
        // An answer that is given at once is given as soon as this batch is committed; how long an imported one took is not known.
        let at_once = new.status.is_some() && imported.is_none();
        let duration_us = at_once.then(|| micros(self.now.since(new.received_at)));
        let body_len = new.body_len();

        let conn = self.conn;
        let inserter = match &mut self.inserter {
            Some(inserter) => inserter,
            none => none.insert(Inserter::new(conn)?),
        };
        let event = &new.derived.event;
        let client = new.client.as_ref().map(rows::client_column);
        let duplicate_bytes = duplicate_of.map(RequestId::to_bytes);
        let facts = rows::Facts::to_column(&new.derived, (version == 0).then_some(line.version));
        inserter.request.execute(rusqlite::params![
            touch.key,
            signed(seq),
            new.received_at.as_micros(),
            flags,
            new.status,
            duration_us,
            micros(new.body_took),
            signed(new.head.raw().len() as u64),
            signed(body_len as u64),
            new.declared_size.map(signed),
            client.as_ref().map(|(bytes, length)| &bytes[..*length]),
            &*method,
            &*target,
            content_type.as_deref(),
            event.provider.as_deref(),
            event.name.as_deref(),
            event.session.as_deref(),
            event.duplicate_key.as_deref(),
            event.duplicate_key.as_deref().map(rows::duplicate_hash),
            duplicate_bytes.as_ref().map(|bytes| &bytes[..]),
            facts,
            marks.and_then(|marks| marks.note.as_deref()),
            marks.and_then(|marks| rows::tags_column(&marks.tags)),
        ])?;
        let trailers = (!new.trailers.is_empty()).then_some(&new.trailers[..]);
        let body = insert_content(conn, inserter, touch.key, seq, trailers, new, body_len)?;

        let bytes = signed((new.head.raw().len() + body_len) as u64);
        let touch = self.touch(new.bin)?;
        let delta = &mut touch.delta;
        delta.requests += 1;
        delta.bytes += bytes;
        delta.unread += i64::from(flags & codes::READ == 0);
        delta.rejected += i64::from(new.rejected.is_some());
        if flags & codes::PINNED != 0 {
            delta.pinned += 1;
            delta.pinned_bytes += bytes;
        }
        delta.last_request_at = delta.last_request_at.max(Some(new.received_at));
        let wanted = touch.wanted;
        self.effects.captured += 1;
        self.effects.bytes += unsigned(bytes);
        if wanted {
            let mut derived = new.derived.clone();
            derived.event.duplicate_of = duplicate_of;
            let response = AnswerGiven { status: new.status, duration_us: duration_us.map(unsigned) };
            let marks = marks.cloned().unwrap_or_default();
            let summary = summary_of(seq, self.shared.salt, new, derived, response, marks);
            let captured = CapturedRequest {
                summary,
                head: new.head.clone(),
                body: body.unwrap_or_else(|| in_one_piece(&new.body)),
                trailers: new.trailers.clone(),
            };
            self.publish(new.bin, seq, ChangeKind::Request(Arc::new(captured)));
        }
        Ok(())
    }

    /// The first request of the bin with that duplicate key, in this batch or before.
    pub(super) fn first_with_key(&self, bin: i64, key: &str) -> Result<Option<RequestId>, StoreError> {
        let first = self
            .conn
            .prepare_cached(FIRST_WITH_KEY)?
            .query_row(rusqlite::params![bin, rows::duplicate_hash(key), key], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
            })
            .optional()?;
        Ok(first.map(|(seq, at)| RequestId::new(Timestamp::from_micros(at), self.shared.salt, unsigned(seq))))
    }
}

/// Writes head and body. Answers with the body in one piece when it had to be put together.
fn insert_content(
    conn: &Connection,
    inserter: &mut Inserter<'_>,
    bin: i64,
    seq: Seq,
    trailers: Option<&[u8]>,
    new: &NewRequest,
    body_len: usize,
) -> Result<Option<Bytes>, StoreError> {
    let head = &new.head.raw()[..];
    if body_len > INLINE_BODY {
        conn.prepare_cached(INSERT_LARGE)?.execute(rusqlite::params![
            signed(seq),
            bin,
            trailers,
            head,
            signed(body_len as u64)
        ])?;
        let mut blob = conn.blob_open("main", "content", "body", signed(seq), false)?;
        let mut at = 0;
        for piece in &new.body {
            blob.write_at(piece, at)?;
            at += piece.len();
        }
        blob.close()?;
        return Ok(None);
    }
    let joined = match &new.body[..] {
        [] => None,
        [piece] => Some(piece.clone()),
        pieces => Some(Bytes::from(pieces.concat())),
    };
    let body = joined.as_deref().unwrap_or_default();
    inserter.content.execute(rusqlite::params![signed(seq), bin, trailers, head, body])?;
    Ok(joined)
}

fn flags_of(new: &NewRequest, version: i64, marks: Option<&Marks>) -> i64 {
    let bit = |set: bool, bit: i64| if set { bit } else { 0 };
    rows::derived_bits(&new.derived)
        | bit(!new.complete, codes::INCOMPLETE)
        | bit(new.head_source == HeadSource::Parsed, codes::PARSED_HEAD)
        | (codes::rejection(new.rejected) << codes::REJECTION_SHIFT)
        | (version << codes::VERSION_SHIFT)
        | marks.map_or(0, |marks| bit(marks.read, codes::READ) | bit(marks.pinned, codes::PINNED))
}

/// What lists will show of it.
fn summary_of(
    seq: Seq,
    salt: u32,
    new: &NewRequest,
    derived: Derived,
    response: AnswerGiven,
    marks: Marks,
) -> RequestSummary {
    let scan = HeadScan::new(new.head.raw());
    let line = scan.request_line();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let target = text(line.target);
    RequestSummary {
        seq,
        id: RequestId::new(new.received_at, salt, seq),
        bin: new.bin,
        received_at: new.received_at,
        body_took: new.body_took,
        method: text(line.method),
        path: rows::path_of(&target),
        target,
        http_version: text(line.version),
        content_type: scan.field("content-type").map(text),
        head_source: new.head_source,
        body_size: new.body_len() as u64,
        declared_size: new.declared_size,
        complete: new.complete,
        client: new.client,
        rejected: new.rejected,
        derived,
        response,
        marks,
    }
}

/// The body for those who look at it live. Only large bodies in several pieces are copied.
fn in_one_piece(pieces: &[Bytes]) -> Bytes {
    match pieces {
        [] => Bytes::new(),
        [piece] => piece.clone(),
        pieces => Bytes::from(pieces.concat()),
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
