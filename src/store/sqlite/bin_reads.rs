//! Bins as they are in the database.

use rusqlite::{Connection, OptionalExtension as _};

use super::bins::{Bins, Tally};
use super::values::unsigned;
use crate::model::{Bin, BinCounts, BinId, BinSettings, Secret, SecretValue, Timestamp};

/// Loads every bin with its tally.
pub(crate) fn load(conn: &Connection) -> Result<Bins, rusqlite::Error> {
    let bins = Bins::default();
    let mut statement = conn.prepare(
        "SELECT b.key, requests, unread, pinned, bytes, pinned_bytes, evicted, rejected, last_request_at
         FROM bin b JOIN tally t ON t.bin = b.key",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let key: i64 = row.get(0)?;
        let tally = Tally {
            counts: BinCounts {
                requests: unsigned(row.get(1)?),
                unread: unsigned(row.get(2)?),
                bytes: unsigned(row.get(4)?),
                evicted: unsigned(row.get(6)?),
                rejected: unsigned(row.get(7)?),
            },
            pinned: unsigned(row.get(3)?),
            pinned_bytes: unsigned(row.get(5)?),
            last_request_at: row.get::<_, Option<i64>>(8)?.map(Timestamp::from_micros),
            ..Tally::default()
        };
        if let Some(bin) = read_bin(conn, key)? {
            bins.add(key, bin, tally);
        }
    }
    drop(rows);
    drop(statement);
    Ok(bins)
}

pub(crate) fn read_bin(conn: &Connection, key: i64) -> Result<Option<Bin>, rusqlite::Error> {
    let found = conn
        .prepare_cached("SELECT id, created_at, settings FROM bin WHERE key = ?")?
        .query_row([key], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?)))
        .optional()?;
    let Some((id, created_at, settings)) = found else {
        return Ok(None);
    };
    let id: BinId = id.parse().map_err(|cause| unreadable(0, cause))?;
    let settings: BinSettings = serde_json::from_str(&settings).map_err(|cause| unreadable(2, cause))?;
    let secrets = conn
        .prepare_cached("SELECT id, label, value, created_at FROM secret WHERE bin = ? ORDER BY id")?
        .query_map([key], |row| {
            Ok(Secret {
                id: row.get(0)?,
                label: row.get(1)?,
                value: SecretValue::new(row.get(2)?),
                created_at: Timestamp::from_micros(row.get(3)?),
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(Some(Bin { id, created_at: Timestamp::from_micros(created_at), settings, secrets }))
}

fn unreadable(column: usize, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, cause.into())
}
