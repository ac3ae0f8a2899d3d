//! A request into its rows.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, ToSql};

use super::bins::{signed, unsigned};
use super::tx::Tx;
use super::{StoreError, codes, place, rows};
use crate::http::text::lossy;
use crate::model::{
    CapturedRequest, ChangeKind, Derived, EventFacts, HeadSource, Marks, NewRequest, RequestId, RequestSummary,
    SentResponse, Seq, Timestamp,
};

/// Larger bodies are written into a reserved place, so that no second copy of them is made.
const INLINE_BODY: usize = 1 << 20;

/// What every request has.
const INSERT_PLAIN: &str = "INSERT INTO request (place, received_at, flags, status, duration_us, body_took_us, \
     head_size, body_size, declared_size, client, method, target, content_type) \
     VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)";
/// The same with what was found out about it or added to it.
const INSERT_FULL: &str = "INSERT INTO request (place, received_at, flags, status, duration_us, body_took_us, \
     head_size, body_size, declared_size, client, method, target, content_type, provider, event, session, \
     duplicate_key, duplicate_hash, duplicate_of, facts, note, tags) \
     VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
const INSERT_CONTENT: &str = "INSERT INTO content (seq, bin, trailers, head, body) VALUES (?,?,?,?,?)";
const INSERT_LARGE: &str = "INSERT INTO content (seq, bin, trailers, head, body) VALUES (?,?,?,?,zeroblob(?))";

/// Says which index, because SQLite would rather walk the whole bin in order.
const FIRST_WITH_KEY: &str = "SELECT place, received_at FROM request INDEXED BY request_duplicate \
     WHERE duplicate_hash = ?1 AND place > ?2 AND place < ?3 AND duplicate_key = ?4 ORDER BY place LIMIT 1";

/// The statements of captures, held for the whole batch.
pub(super) struct Inserter<'a> {
    plain: CachedStatement<'a>,
    full: CachedStatement<'a>,
    content: CachedStatement<'a>,
    first_with_key: CachedStatement<'a>,
    repeated: HashMap<i64, Repeated>,
}

/// A duplicate key that was found, by its hash: when a sender repeats itself, the next ones come soon.
struct Repeated {
    bin: i64,
    key: String,
    first: RequestId,
}

impl<'a> Inserter<'a> {
    fn new(conn: &'a Connection) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            plain: conn.prepare_cached(INSERT_PLAIN)?,
            full: conn.prepare_cached(INSERT_FULL)?,
            content: conn.prepare_cached(INSERT_CONTENT)?,
            first_with_key: conn.prepare_cached(FIRST_WITH_KEY)?,
            repeated: HashMap::new(),
        })
    }

    /// To be called when rows may have been removed.
    pub(super) fn forget_repeated(&mut self) {
        self.repeated.clear();
    }
}

/// What an import adds.
pub(super) struct Imported<'m> {
    pub(super) marks: &'m Marks,
}

impl<'a> Tx<'a> {
    /// Stores a request.
    pub(super) fn insert(
        &mut self,
        seq: Seq,
        new: &NewRequest,
        imported: Option<&Imported<'_>>,
    ) -> Result<(), StoreError> {
        let touch = *self.touch(new.bin)?;
        let place = place::place(touch.key, seq)?;
        let duplicate_key = new.derived.event.duplicate_key.as_deref();
        let duplicate_hash = duplicate_key.map(rows::duplicate_hash);
        let duplicate_of = match duplicate_key.zip(duplicate_hash) {
            None => None,
            Some((key, hash)) => self.repeated(touch.key, key, hash)?,
        };
        let (method, target, version_text) = (new.head.method(), new.head.target(), new.head.version());
        let target = target.to_text();
        let content_type = new.head.scan().field("content-type").map(lossy);
        let version = codes::version(version_text.as_bytes());
        let marks = imported.map(|imported| imported.marks);
        let flags = flags_of(new, version, marks);
        // An answer that is given at once is given as soon as this batch is committed; how long an imported one took is not known.
        let at_once = new.status.is_some() && imported.is_none();
        let duration_us = at_once.then(|| micros(self.now.since(new.received_at)));
        let body_len = new.body.len();

        let conn = self.conn;
        let inserter = self.inserter()?;
        let event = &new.derived.event;
        let client = new.client.as_ref().map(rows::client_column);
        let duplicate_bytes = duplicate_of.map(RequestId::to_bytes);
        let facts = rows::Facts::to_column(&new.derived, (version == 0).then_some(&*version_text));
        let (note, tags) =
            (marks.and_then(|marks| marks.note.as_deref()), marks.and_then(|marks| rows::tags_column(&marks.tags)));
        let has_more = *event != EventFacts::default() || facts.is_some() || note.is_some() || tags.is_some();
        // Every bound value costs: what most requests do not have is left out, which is a NULL as well.
        let statement = if has_more { &mut inserter.full } else { &mut inserter.plain };
        let mut next = 0;
        let mut bind = |value: &dyn ToSql| {
            next += 1;
            statement.raw_bind_parameter(next, value)
        };
        bind(&place)?;
        bind(&new.received_at.as_micros())?;
        bind(&flags)?;
        bind(&new.status)?;
        bind(&duration_us)?;
        bind(&micros(new.body_took))?;
        bind(&signed(new.head.raw().len() as u64))?;
        bind(&signed(body_len as u64))?;
        bind(&new.declared_size.map(signed))?;
        bind(&client.as_ref().map(|(bytes, length)| &bytes[..*length]))?;
        bind(&&*method)?;
        bind(&&*target)?;
        bind(&content_type.as_deref())?;
        if has_more {
            bind(&event.provider)?;
            bind(&event.name)?;
            bind(&event.session)?;
            bind(&duplicate_key)?;
            bind(&duplicate_hash)?;
            bind(&duplicate_bytes.as_ref().map(|bytes| &bytes[..]))?;
            bind(&facts)?;
            bind(&note)?;
            bind(&tags)?;
        }
        statement.raw_execute()?;
        let trailers = (!new.trailers.is_empty()).then_some(&new.trailers[..]);
        insert_content(conn, inserter, touch.key, seq, trailers, new)?;

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
            let response = SentResponse { status: new.status, duration_us: duration_us.map(unsigned) };
            let marks = marks.cloned().unwrap_or_default();
            let summary = summary_of(seq, self.shared.salt, new, derived, response, marks);
            let captured = CapturedRequest {
                summary,
                head: new.head.clone(),
                body: new.body.clone(),
                trailers: new.trailers.clone(),
            };
            self.publish(new.bin, seq, ChangeKind::Request(Arc::new(captured)));
        }
        Ok(())
    }

    fn inserter(&mut self) -> Result<&mut Inserter<'a>, StoreError> {
        Ok(match &mut self.inserter {
            Some(inserter) => inserter,
            none => none.insert(Inserter::new(self.conn)?),
        })
    }

    /// What the request that is being stored repeats.
    fn repeated(&mut self, bin: i64, key: &str, hash: i64) -> Result<Option<RequestId>, StoreError> {
        let known = self.inserter()?.repeated.get(&hash);
        if let Some(known) = known.filter(|known| known.bin == bin && known.key == key) {
            return Ok(Some(known.first));
        }
        let first = self.first_with_key(bin, key, hash)?;
        if let Some(first) = first {
            self.inserter()?.repeated.insert(hash, Repeated { bin, key: key.to_owned(), first });
        }
        Ok(first)
    }

    /// The first request of the bin with that duplicate key, in this batch or before.
    pub(super) fn first_with_key(&mut self, bin: i64, key: &str, hash: i64) -> Result<Option<RequestId>, StoreError> {
        let salt = self.shared.salt;
        let (low, high) = place::between(bin, 0, Seq::MAX);
        let first = self
            .inserter()?
            .first_with_key
            .query_row(rusqlite::params![hash, low, high, key], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
            })
            .optional()?;
        Ok(first.map(|(place, at)| RequestId::new(Timestamp::from_micros(at), salt, place::seq_of(place))))
    }
}

/// Writes head and body.
fn insert_content(
    conn: &Connection,
    inserter: &mut Inserter<'_>,
    bin: i64,
    seq: Seq,
    trailers: Option<&[u8]>,
    new: &NewRequest,
) -> Result<(), StoreError> {
    let (head, body) = (&new.head.raw()[..], &new.body[..]);
    if body.len() > INLINE_BODY {
        conn.prepare_cached(INSERT_LARGE)?.execute(rusqlite::params![
            signed(seq),
            bin,
            trailers,
            head,
            signed(body.len() as u64)
        ])?;
        let mut blob = conn.blob_open("main", "content", "body", signed(seq), false)?;
        blob.write_at(body, 0)?;
        blob.close()?;
    } else {
        inserter.content.execute(rusqlite::params![signed(seq), bin, trailers, head, body])?;
    }
    Ok(())
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
    response: SentResponse,
    marks: Marks,
) -> RequestSummary {
    let head = &new.head;
    let target = head.target().to_text().into_owned();
    RequestSummary {
        seq,
        id: RequestId::new(new.received_at, salt, seq),
        bin: new.bin,
        received_at: new.received_at,
        body_took: new.body_took,
        method: head.method().into_owned(),
        path: rows::path_of(&target),
        target,
        http_version: head.version().into_owned(),
        content_type: head.scan().field("content-type").map(|value| lossy(value).into_owned()),
        head_source: new.head_source,
        body_size: new.body.len() as u64,
        declared_size: new.declared_size,
        complete: new.complete,
        client: new.client,
        rejected: new.rejected,
        derived,
        response,
        marks,
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
