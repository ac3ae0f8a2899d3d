//! Converts rows to requests and back.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use rusqlite::Row;
use serde::{Deserialize, Serialize};

use super::values::{bit, unsigned};
use super::{codes, columns as column, row_key};
use crate::http::Target;
use crate::model::{
    BinId, Client, Derived, EventFacts, Freshness, LastAttempt, Marks, RequestId, RequestSummary, SentResponse,
    Timestamp, Verdict,
};

/// Facts that no filter needs, as JSON; most requests have none.
#[derive(Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub(crate) struct Facts<'a> {
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
    /// Set only for a version that has no number in `flags`.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Cow<'a, str>>,
}

impl Facts<'_> {
    /// `None` when there is nothing to say.
    pub(crate) fn to_column(derived: &Derived, version: Option<&str>) -> Option<String> {
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

/// The bits of `flags` that come from the derived facts.
pub(crate) const fn derived_bits(derived: &Derived) -> i64 {
    bit(derived.event.handshake.is_some(), codes::HANDSHAKE)
        | (codes::signature(derived.verdict.status) << codes::SIGNATURE_SHIFT)
        | (codes::freshness(derived.freshness.status) << codes::FRESHNESS_SHIFT)
}

/// The bits of `flags` that come from the marks.
pub(crate) const fn mark_bits(marks: &Marks) -> i64 {
    bit(marks.read, codes::READ) | bit(marks.pinned, codes::PINNED)
}

/// A duplicate key's hash for the index. The key itself resolves collisions; a cryptographic hash keeps senders from
/// causing them.
pub(crate) fn duplicate_hash(key: &str) -> i64 {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(key.as_bytes());
    let mut start = [0; 8];
    start.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(start)
}

/// Four or sixteen bytes of address, two of port.
pub(crate) fn client_column(client: &Client) -> ([u8; 18], usize) {
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
pub(crate) fn read_client(bytes: &[u8]) -> Option<Client> {
    let (ip, port) = bytes.split_at_checked(bytes.len().checked_sub(2)?)?;
    let ip = match ip.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(ip).ok()?),
        16 => IpAddr::from(<[u8; 16]>::try_from(ip).ok()?),
        _ => return None,
    };
    Some(Client { ip, port: u16::from_be_bytes(port.try_into().ok()?) })
}

/// Tags as stored; `None` for none.
pub(crate) fn tags_column(tags: &[String]) -> Option<String> {
    if tags.is_empty() { None } else { serde_json::to_string(tags).ok() }
}

/// The reverse of [`tags_column`].
pub(crate) fn read_tags(column: Option<&str>) -> Vec<String> {
    column.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// The path below the bin, of a target as text.
pub(crate) fn path_of(target: &str) -> String {
    let target = Target::new(bytes::Bytes::copy_from_slice(target.as_bytes()));
    String::from_utf8_lossy(target.path_below_bin()).into_owned()
}

/// Reads a row of [`column::SELECT`].
pub(crate) fn summary(row: &Row<'_>, bin: BinId, salt: u32) -> Result<RequestSummary, rusqlite::Error> {
    let seq = row_key::seq_of(row.get(column::ROW_KEY)?);
    let received_at = Timestamp::from_micros(row.get(column::RECEIVED_AT)?);
    let flags: i64 = row.get(column::FLAGS)?;
    let target: String = row.get(column::TARGET)?;
    let facts: Facts<'_> = row
        .get_ref(column::FACTS)?
        .as_str_or_null()?
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let duplicate_of: Option<[u8; 16]> = row.get(column::DUPLICATE_OF)?;
    Ok(RequestSummary {
        seq,
        id: RequestId::new(received_at, salt, seq),
        bin,
        received_at,
        body_took: Duration::from_micros(unsigned(row.get(column::BODY_TOOK_US)?)),
        method: row.get(column::METHOD)?,
        path: path_of(&target),
        target,
        http_version: codes::read_version(flags)
            .map_or_else(|| facts.version.unwrap_or_default().into_owned(), ToOwned::to_owned),
        content_type: row.get(column::CONTENT_TYPE)?,
        head_source: codes::head_source(flags),
        body_size: unsigned(row.get(column::BODY_SIZE)?),
        declared_size: row.get::<_, Option<i64>>(column::DECLARED_SIZE)?.map(unsigned),
        complete: flags & codes::INCOMPLETE == 0,
        client: row.get_ref(column::CLIENT)?.as_blob_or_null()?.and_then(read_client),
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
                provider: row.get(column::PROVIDER)?,
                name: row.get(column::EVENT)?,
                session: row.get(column::SESSION)?,
                delivery_id: facts.delivery_id.map(Cow::into_owned),
                duplicate_key: row.get(column::DUPLICATE_KEY)?,
                duplicate_of: duplicate_of.map(RequestId::from_bytes),
                same_before: codes::read_same_before(flags),
                notes: facts.notes.into_owned(),
                handshake: facts.handshake.map(Cow::into_owned),
            },
        },
        response: SentResponse {
            status: row.get::<_, Option<i64>>(column::STATUS)?.and_then(|status| u16::try_from(status).ok()),
            duration_us: row.get::<_, Option<i64>>(column::DURATION_US)?.map(unsigned),
        },
        marks: Marks {
            read: flags & codes::READ != 0,
            pinned: flags & codes::PINNED != 0,
            note: row.get(column::NOTE)?,
            tags: read_tags(row.get_ref(column::TAGS)?.as_str_or_null()?),
        },
        origin: codes::read_origin(flags),
        hops: codes::read_hops(flags),
        last_attempt: last_of(
            row.get(column::ATTEMPT_OUTCOME)?,
            row.get(column::ATTEMPT_STATUS)?,
            row.get(column::ATTEMPT_AT)?,
            row.get(column::ATTEMPT_US)?,
        ),
        forwarded: row.get::<_, Option<i64>>(column::FORWARDED)?.and_then(codes::read_forwarded),
        held_until: row.get::<_, Option<i64>>(column::HELD_UNTIL)?.map(Timestamp::from_micros),
    })
}

/// What the columns of a request's row say of its newest attempt.
fn last_of(outcome: Option<i64>, status: Option<i64>, at: Option<i64>, us: Option<i64>) -> Option<LastAttempt> {
    Some(LastAttempt {
        outcome: codes::read_outcome(outcome?),
        status: status.and_then(|status| u16::try_from(status).ok()),
        at: Timestamp::from_micros(at?),
        total_us: unsigned(us?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_duplicate_key_is_the_begin_of_its_sha_256() {
        // FIPS 180-2: databases keep these numbers.
        for (key, number) in [("", 0xe3b0_c442_98fc_1c14_u64), ("abc", 0xba78_16bf_8f01_cfea)] {
            assert_eq!(duplicate_hash(key), number.cast_signed(), "{key}");
        }
    }

    #[test]
    fn an_address_comes_back_with_its_port_and_another_length_is_none() {
        for ip in ["127.0.0.1", "255.1.2.3", "::1", "2001:db8::ffff"] {
            let client = Client { ip: ip.parse().unwrap(), port: 0x1234 };
            let (bytes, length) = client_column(&client);
            assert_eq!(read_client(&bytes[..length]), Some(client));
        }
        for length in [0, 1, 2, 3, 5, 7, 15, 17, 19] {
            assert_eq!(read_client(&vec![1; length]), None, "{length}");
        }
    }
}
