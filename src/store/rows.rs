//! Rows to requests and back.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use rusqlite::Row;
use serde::{Deserialize, Serialize};

use super::bins::unsigned;
use super::{codes, place};
use crate::http::Target;
use crate::model::{
    BinId, Client, Derived, EventFacts, Freshness, Marks, RequestId, RequestSummary, SentResponse, Timestamp, Verdict,
};

macro_rules! summary_columns {
    () => {
        "r.place, r.received_at, r.flags, r.status, r.duration_us, r.body_took_us, r.body_size, r.declared_size, \
         r.client, r.method, r.target, r.content_type, r.provider, r.event, r.session, r.duplicate_key, \
         r.duplicate_of, r.facts, r.note, r.tags"
    };
}

/// The columns that [`summary`] reads, in its order.
pub(super) const SUMMARY: &str = summary_columns!();
/// A summary by its place.
pub(super) const BY_PLACE: &str = concat!("SELECT ", summary_columns!(), " FROM request r WHERE r.place = ?");

/// What filters do not ask for, as JSON; most requests have none of it.
#[derive(Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub(super) struct Facts<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    scheme: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tolerance_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: Cow<'a, [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handshake: Option<Cow<'a, str>>,
    /// Only when the flags have no number for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Cow<'a, str>>,
}

impl Facts<'_> {
    /// `None` when there is nothing to say.
    pub(super) fn to_column(derived: &Derived, version: Option<&str>) -> Option<String> {
        let Derived { verdict, freshness, event } = derived;
        let facts = Facts {
            scheme: verdict.scheme.as_deref().map(Cow::Borrowed),
            secret: verdict.secret.as_deref().map(Cow::Borrowed),
            reason: verdict.reason.as_deref().map(Cow::Borrowed),
            age_s: freshness.age_s,
            tolerance_s: freshness.tolerance_s,
            delivery_id: event.delivery_id.as_deref().map(Cow::Borrowed),
            notes: Cow::Borrowed(&event.notes),
            handshake: event.handshake.as_deref().map(Cow::Borrowed),
            version: version.map(Cow::Borrowed),
        };
        if facts == Facts::default() { None } else { serde_json::to_string(&facts).ok() }
    }
}

/// The bits of `flags` that the derived facts decide.
pub(super) const fn derived_bits(derived: &Derived) -> i64 {
    let handshake = if derived.event.handshake.is_some() { codes::HANDSHAKE } else { 0 };
    handshake
        | (codes::signature(derived.verdict.status) << codes::SIGNATURE_SHIFT)
        | (codes::freshness(derived.freshness.status) << codes::FRESHNESS_SHIFT)
}

/// A key's number in the index of duplicates. Collisions are told apart by the key itself; a hash that senders cannot
/// aim at keeps them rare.
pub(super) fn duplicate_hash(key: &str) -> i64 {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(key.as_bytes());
    let mut start = [0; 8];
    start.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(start)
}

/// Four or sixteen bytes of address, two of port.
pub(super) fn client_column(client: &Client) -> ([u8; 18], usize) {
    let mut bytes = [0; 18];
    let length = match client.ip {
        IpAddr::V4(ip) => {
            bytes[..4].copy_from_slice(&ip.octets());
            4
        }
        IpAddr::V6(ip) => {
            bytes[..16].copy_from_slice(&ip.octets());
            16
        }
    };
    bytes[length..length + 2].copy_from_slice(&client.port.to_be_bytes());
    (bytes, length + 2)
}

/// The reverse of [`client_column`].
pub(super) fn read_client(bytes: &[u8]) -> Option<Client> {
    let (ip, port) = bytes.split_at_checked(bytes.len().checked_sub(2)?)?;
    let ip = match ip.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(ip).ok()?),
        16 => IpAddr::from(<[u8; 16]>::try_from(ip).ok()?),
        _ => return None,
    };
    Some(Client { ip, port: u16::from_be_bytes(port.try_into().ok()?) })
}

/// Tags as stored; `None` for none.
pub(super) fn tags_column(tags: &[String]) -> Option<String> {
    if tags.is_empty() { None } else { serde_json::to_string(tags).ok() }
}

/// The reverse of [`tags_column`].
pub(super) fn read_tags(column: Option<&str>) -> Vec<String> {
    column.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// The path below the bin, of a target as text.
pub(super) fn path_of(target: &str) -> String {
    let target = Target::new(bytes::Bytes::copy_from_slice(target.as_bytes()));
    String::from_utf8_lossy(target.path_below_bin()).into_owned()
}

/// Reads [`SUMMARY`].
pub(super) fn summary(row: &Row<'_>, bin: BinId, salt: u32) -> Result<RequestSummary, rusqlite::Error> {
    let seq = place::seq_of(row.get(0)?);
    let received_at = Timestamp::from_micros(row.get(1)?);
    let flags: i64 = row.get(2)?;
    let target: String = row.get(10)?;
    let facts: Facts<'_> =
        row.get_ref(17)?.as_str_or_null()?.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let duplicate_of: Option<[u8; 16]> = row.get(16)?;
    Ok(RequestSummary {
        seq,
        id: RequestId::new(received_at, salt, seq),
        bin,
        received_at,
        body_took: Duration::from_micros(unsigned(row.get(5)?)),
        method: row.get(9)?,
        path: path_of(&target),
        target,
        http_version: codes::read_version(flags)
            .map_or_else(|| facts.version.unwrap_or_default().into_owned(), ToOwned::to_owned),
        content_type: row.get(11)?,
        head_source: codes::head_source(flags),
        body_size: unsigned(row.get(6)?),
        declared_size: row.get::<_, Option<i64>>(7)?.map(unsigned),
        complete: flags & codes::INCOMPLETE == 0,
        client: row.get_ref(8)?.as_blob_or_null()?.and_then(read_client),
        rejected: codes::read_rejection(flags),
        derived: Derived {
            verdict: Verdict {
                status: codes::read_signature(flags),
                scheme: facts.scheme.map(Cow::into_owned),
                secret: facts.secret.map(Cow::into_owned),
                reason: facts.reason.map(Cow::into_owned),
            },
            freshness: Freshness {
                status: codes::read_freshness(flags),
                age_s: facts.age_s,
                tolerance_s: facts.tolerance_s,
            },
            event: EventFacts {
                provider: row.get(12)?,
                name: row.get(13)?,
                session: row.get(14)?,
                delivery_id: facts.delivery_id.map(Cow::into_owned),
                duplicate_key: row.get(15)?,
                duplicate_of: duplicate_of.map(RequestId::from_bytes),
                notes: facts.notes.into_owned(),
                handshake: facts.handshake.map(Cow::into_owned),
            },
        },
        response: SentResponse {
            status: row.get::<_, Option<i64>>(3)?.and_then(|status| u16::try_from(status).ok()),
            duration_us: row.get::<_, Option<i64>>(4)?.map(unsigned),
        },
        marks: Marks {
            read: flags & codes::READ != 0,
            pinned: flags & codes::PINNED != 0,
            note: row.get(18)?,
            tags: read_tags(row.get_ref(19)?.as_str_or_null()?),
        },
    })
}
