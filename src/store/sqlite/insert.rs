//! Writes a captured request into its rows. Runs on the writing thread.

use std::borrow::Cow;
use std::sync::Arc;

use rusqlite::{OptionalExtension as _, ToSql, params};

use super::effects::Touch;
use super::statements::{CaptureStatements, Repeated};
use super::tx::Tx;
use super::values::{bit, micros, signed, unsigned};
use super::{codes, columns as column, row_key, rows};
use crate::http::Target;
use crate::http::text::lossy;
use crate::model::{
    CapturedRequest, ChangeKind, EventFacts, HeadSource, NewRequest, RequestId, RequestSummary, SameBefore,
    SentResponse, Seq, Timestamp,
};
use crate::store::error::StoreError;
use crate::store::types::Kept;

/// Larger bodies are written into a reserved blob, so that no second copy of them is made.
const INLINE_BODY: usize = 1 << 20;

const INSERT_LARGE: &str = "INSERT INTO content (seq, bin, trailers, head, body) VALUES (?,?,?,?,zeroblob(?))";

/// What a row holds in addition to the request's own fields.
struct Columns<'r> {
    row_key: i64,
    flags: i64,
    duration_us: Option<i64>,
    client: Option<([u8; 18], usize)>,
    method: Cow<'r, str>,
    target: Cow<'r, str>,
    content_type: Option<Cow<'r, str>>,
    duplicate_hash: Option<i64>,
    duplicate_of: Option<RequestId>,
    same_before: Option<SameBefore>,
    facts: Option<String>,
    note: Option<&'r str>,
    tags: Option<String>,
}

impl<'a> Tx<'a> {
    /// Stores a request; an imported one with its marks and duration.
    pub(crate) fn insert(&mut self, seq: Seq, new: &NewRequest, imported: Option<&Kept>) -> Result<(), StoreError> {
        let Touch { key, wanted, .. } = *self.touch(new.bin)?;
        let target = new.head.target();
        let row = self.columns(key, seq, new, &target, imported)?;
        self.write_row(new, &row)?;
        self.write_content(key, seq, new)?;
        self.tally(new, &row)?;
        if wanted {
            self.announce(seq, new, &row, imported);
        }
        Ok(())
    }

    fn columns<'r>(
        &mut self,
        bin: i64,
        seq: Seq,
        new: &'r NewRequest,
        target: &'r Target,
        imported: Option<&'r Kept>,
    ) -> Result<Columns<'r>, StoreError> {
        let duplicate_key = new.derived.event.duplicate_key.as_deref();
        let duplicate_hash = duplicate_key.map(rows::duplicate_hash);
        let duplicate_of = match duplicate_key.zip(duplicate_hash) {
            None => None,
            Some((key, hash)) => self.repeated(bin, key, hash)?,
        };
        let (method, target) = (new.head.method(), target.to_text());
        let same_before = match imported {
            None => self.shared.seen.lock().note(bin, seq, new, (&method, &target)),
            Some(_) => None,
        };
        let version_text = new.head.version();
        let version = codes::version(version_text.as_bytes());
        let duration_us = match imported {
            // A response without delay goes out as soon as this batch is committed.
            None => new.status.is_some().then(|| micros(self.now.since(new.received_at))),
            Some(kept) => kept.duration_us.map(signed),
        };
        Ok(Columns {
            row_key: row_key::row_key(bin, seq)?,
            flags: flags_of(new, version, imported) | codes::same_before(same_before),
            duration_us,
            client: new.client.as_ref().map(rows::client_column),
            method,
            target,
            content_type: new.head.scan().field("content-type").map(lossy),
            duplicate_hash,
            duplicate_of,
            same_before,
            facts: rows::Facts::to_column(&new.derived, (version == 0).then_some(&*version_text)),
            note: imported.and_then(|kept| kept.marks.note.as_deref()),
            tags: imported.and_then(|kept| rows::tags_column(&kept.marks.tags)),
        })
    }

    fn write_row(&mut self, new: &NewRequest, row: &Columns<'_>) -> Result<(), StoreError> {
        let event = &new.derived.event;
        let has_more =
            *event != EventFacts::default() || row.facts.is_some() || row.note.is_some() || row.tags.is_some();
        let statements = self.captures()?;
        let statement = if has_more { &mut statements.full } else { &mut statements.plain };
        // Parameters are numbered from 1, columns from 0.
        let mut bind = |column: usize, value: &dyn ToSql| statement.raw_bind_parameter(column + 1, value);
        bind(column::ROW_KEY, &row.row_key)?;
        bind(column::RECEIVED_AT, &new.received_at.as_micros())?;
        bind(column::FLAGS, &row.flags)?;
        bind(column::STATUS, &new.status)?;
        bind(column::DURATION_US, &row.duration_us)?;
        bind(column::BODY_TOOK_US, &micros(new.body_took))?;
        bind(column::HEAD_SIZE, &signed(new.head.raw().len() as u64))?;
        bind(column::BODY_SIZE, &signed(new.body.len() as u64))?;
        bind(column::DECLARED_SIZE, &new.declared_size.map(signed))?;
        bind(column::CLIENT, &row.client.as_ref().map(|(bytes, length)| &bytes[..*length]))?;
        bind(column::METHOD, &&*row.method)?;
        bind(column::TARGET, &&*row.target)?;
        bind(column::CONTENT_TYPE, &row.content_type.as_deref())?;
        if has_more {
            bind(column::PROVIDER, &event.provider)?;
            bind(column::EVENT, &event.name)?;
            bind(column::SESSION, &event.session)?;
            bind(column::DUPLICATE_KEY, &event.duplicate_key)?;
            bind(column::DUPLICATE_HASH, &row.duplicate_hash)?;
            let duplicate_of = row.duplicate_of.map(RequestId::to_bytes);
            bind(column::DUPLICATE_OF, &duplicate_of.as_ref().map(|bytes| &bytes[..]))?;
            bind(column::FACTS, &row.facts)?;
            bind(column::NOTE, &row.note)?;
            bind(column::TAGS, &row.tags)?;
        }
        statement.raw_execute()?;
        if let Some(until) = new.held_until {
            self.conn
                .prepare_cached("UPDATE request SET held_until = ?2 WHERE place = ?1")?
                .execute([row.row_key, until.as_micros()])?;
        }
        Ok(())
    }

    fn write_content(&mut self, bin: i64, seq: Seq, new: &NewRequest) -> Result<(), StoreError> {
        let seq = signed(seq);
        let trailers = (!new.trailers.is_empty()).then_some(&new.trailers[..]);
        let (head, body) = (&new.head.raw()[..], &new.body[..]);
        if body.len() > INLINE_BODY {
            let size = signed(body.len() as u64);
            self.conn.prepare_cached(INSERT_LARGE)?.execute(params![seq, bin, trailers, head, size])?;
            let mut blob = self.conn.blob_open("main", "content", "body", seq, false)?;
            blob.write_at(body, 0)?;
            blob.close()?;
        } else {
            self.captures()?.content.execute(params![seq, bin, trailers, head, body])?;
        }
        Ok(())
    }

    fn tally(&mut self, new: &NewRequest, row: &Columns<'_>) -> Result<(), StoreError> {
        let bytes = signed((new.head.raw().len() + new.body.len()) as u64);
        let delta = &mut self.touch(new.bin)?.delta;
        delta.requests += 1;
        delta.bytes += bytes;
        delta.unread += i64::from(row.flags & codes::READ == 0);
        delta.rejected += i64::from(new.rejected.is_some());
        if row.flags & codes::PINNED != 0 {
            delta.pinned += 1;
            delta.pinned_bytes += bytes;
        }
        delta.last_request_at = delta.last_request_at.max(Some(new.received_at));
        self.effects.captured += 1;
        self.effects.bytes += unsigned(bytes);
        Ok(())
    }

    /// Publishes the request as lists show it.
    fn announce(&mut self, seq: Seq, new: &NewRequest, row: &Columns<'_>, imported: Option<&Kept>) {
        let mut derived = new.derived.clone();
        derived.event.duplicate_of = row.duplicate_of;
        derived.event.same_before = row.same_before;
        let summary = RequestSummary {
            seq,
            id: RequestId::new(new.received_at, self.shared.salt, seq),
            bin: new.bin,
            received_at: new.received_at,
            body_took: new.body_took,
            method: row.method.clone().into_owned(),
            path: rows::path_of(&row.target),
            target: row.target.clone().into_owned(),
            http_version: new.head.version().into_owned(),
            content_type: row.content_type.clone().map(Cow::into_owned),
            head_source: new.head_source,
            body_size: new.body.len() as u64,
            declared_size: new.declared_size,
            complete: new.complete,
            client: new.client,
            rejected: new.rejected,
            derived,
            response: SentResponse { status: new.status, duration_us: row.duration_us.map(unsigned) },
            marks: imported.map(|kept| kept.marks.clone()).unwrap_or_default(),
            origin: new.origin,
            hops: new.hops,
            last_attempt: None,
            forwarded: None,
            held_until: new.held_until,
        };
        let captured =
            CapturedRequest { summary, head: new.head.clone(), body: new.body.clone(), trailers: new.trailers.clone() };
        self.publish(new.bin, seq, ChangeKind::Request(Arc::new(captured)));
    }

    fn captures(&mut self) -> Result<&mut CaptureStatements<'a>, StoreError> {
        Ok(match &mut self.captures {
            Some(captures) => captures,
            none => none.insert(CaptureStatements::prepare(self.conn)?),
        })
    }

    /// The request that the one with this duplicate key repeats.
    fn repeated(&mut self, bin: i64, key: &str, hash: i64) -> Result<Option<RequestId>, StoreError> {
        let known = self.captures()?.repeated.get(&hash);
        if let Some(known) = known.filter(|known| known.bin == bin && known.key == key) {
            return Ok(Some(known.first));
        }
        let first = self.first_with_key(bin, key, hash)?;
        if let Some(first) = first {
            self.captures()?.repeated.insert(hash, Repeated { bin, key: key.to_owned(), first });
        }
        Ok(first)
    }

    /// The first request of the bin with that duplicate key, in this batch or before.
    pub(crate) fn first_with_key(&mut self, bin: i64, key: &str, hash: i64) -> Result<Option<RequestId>, StoreError> {
        let salt = self.shared.salt;
        let (low, high) = row_key::between(bin, 0, Seq::MAX);
        let first = self
            .captures()?
            .first_with_key
            .query_row(params![hash, low, high, key], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
            .optional()?;
        Ok(first.map(|(row_key, at)| RequestId::new(Timestamp::from_micros(at), salt, row_key::seq_of(row_key))))
    }
}

fn flags_of(new: &NewRequest, version: i64, imported: Option<&Kept>) -> i64 {
    rows::derived_bits(&new.derived)
        | (codes::origin(new.origin) << codes::ORIGIN_SHIFT)
        | (codes::hops(new.hops) << codes::HOPS_SHIFT)
        | bit(!new.complete, codes::INCOMPLETE)
        | bit(new.head_source == HeadSource::Parsed, codes::PARSED_HEAD)
        | codes::rejection(new.rejected)
        | (version << codes::VERSION_SHIFT)
        | imported.map_or(0, |kept| rows::mark_bits(&kept.marks))
}

#[cfg(test)]
mod tests {
    use crate::store::tests::{Fixture, post};

    #[tokio::test]
    async fn two_keys_of_the_same_hash_are_two_keys_and_a_key_in_another_bin_is_another() {
        let fixture = Fixture::with(|_| {});
        let (bin, other) = (fixture.bin().await.bin.id, fixture.bin().await.bin.id);
        let mut new = post(bin, "x");
        new.derived.event.duplicate_key = Some("k".to_owned());
        let first = fixture.store.capture(new).await.unwrap().id;
        let found = fixture.store.db.write(0, 0, move |tx, _| {
            let hash = super::rows::duplicate_hash("k");
            let (bin, other) = (tx.touch(bin)?.key, tx.touch(other)?.key);
            let mut found = Vec::new();
            // Once known, it is not looked for.
            for _ in 0..2 {
                for (bin, key) in [(bin, "k"), (bin, "l"), (other, "k")] {
                    found.push(tx.repeated(bin, key, hash)?);
                }
            }
            Ok(found)
        });
        assert_eq!(found.await.unwrap(), [Some(first), None, None].repeat(2));
    }
}
