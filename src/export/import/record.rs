//! Reads back the object in which an export keeps a request.

use std::time::Duration;

use super::super::record::VERSION;
use super::{Fields, ImportError, Imported};
use crate::http::Head;
use crate::model::{BinId, Derived, EventFacts, Freshness, Marks, NewRequest, Origin, Rejection, Timestamp, Verdict};

/// Reads the object for a bin. `body` is the one that is elsewhere, for an object without.
pub(super) fn record(mut fields: Fields<'_>, bin: BinId, body: Option<Vec<u8>>) -> Result<Imported, ImportError> {
    let version: u64 = fields.required("creel")?;
    if version > VERSION {
        return Err(fields.error("creel", format!("is format {version}; this version reads up to {VERSION}")));
    }
    let head = fields.bytes("head", "head_base64")?.ok_or_else(|| fields.error("head", "is missing"))?;
    let body = match body {
        Some(body) => body,
        None => fields.bytes("body", "body_base64")?.unwrap_or_default(),
    };
    let trailers = fields.bytes("trailers", "trailers_base64")?.unwrap_or_default();
    let response = fields.optional("response")?.unwrap_or_default();
    let rejected: Option<Rejection> = fields.optional("rejected")?;
    let request = NewRequest {
        bin,
        received_at: received_at(&mut fields)?,
        body_took: Duration::from_micros(fields.optional("body_took_us")?.unwrap_or(0)),
        head: Head::new(head.into()),
        head_source: fields.optional("head_source")?.unwrap_or_default(),
        body: body.into(),
        trailers: trailers.into(),
        declared_size: fields.optional("declared_size")?,
        complete: fields.optional("complete")?.unwrap_or(true),
        client: fields.optional("client")?,
        rejected: fields.optional("rejected_because")?.or(rejected),
        derived: Derived {
            verdict: fields.optional("signature")?.unwrap_or_else(Verdict::unsigned),
            freshness: fields.optional("freshness")?.unwrap_or_else(Freshness::none),
            // The request that it repeats is in another database.
            event: EventFacts {
                duplicate_of: None,
                same_before: None,
                ..fields.optional("event")?.unwrap_or_default()
            },
        },
        status: None,
        origin: Origin::Imported,
        hops: 0,
        held_until: None,
    };
    let mut marks: Marks = fields.optional("marks")?.unwrap_or_default();
    marks.tags.sort();
    marks.tags.dedup();
    let redacted = fields.optional("redacted")?.unwrap_or(false);
    let mut imported = Imported { request, response, marks, redacted };
    imported.request.status = imported.response.status;
    Ok(imported)
}

/// The exact time, else the one for people.
fn received_at(fields: &mut Fields<'_>) -> Result<Timestamp, ImportError> {
    let (field, at) = match fields.optional("received_at_us")? {
        Some(micros) => ("received_at_us", Timestamp::from_micros(micros)),
        None => ("received_at", fields.required("received_at")?),
    };
    fields.in_range(field, at)
}
