//! Removes rows that are evicted or deleted. Runs on the writing thread.

use rusqlite::{Connection, OptionalExtension as _};

use super::tx::Tx;
use super::values::{signed, unsigned};
use super::{attempts, codes, forward, row_key};
use crate::model::{BinId, ChangeKind, Seq, Timestamp};
use crate::store::error::StoreError;

/// What eviction needs to know of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) row_key: i64,
    pub(crate) flags: i64,
    pub(crate) bytes: u64,
}

pub(crate) fn row_at(conn: &Connection, row_key: i64) -> Result<Option<Row>, StoreError> {
    let row = conn
        .prepare_cached("SELECT flags, head_size + body_size + attempt_bytes FROM request WHERE place = ?")?
        .query_row([row_key], |row| Ok(Row { row_key, flags: row.get(0)?, bytes: unsigned(row.get(1)?) }))
        .optional()?;
    Ok(row)
}

/// Deletes the row with that key and its content; the caller updates the tally.
pub(crate) fn delete_at(conn: &Connection, row_key: i64) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM content WHERE seq = ?")?.execute([signed(row_key::seq_of(row_key))])?;
    conn.prepare_cached("DELETE FROM request WHERE place = ?")?.execute([row_key])?;
    forward::remove(conn, row_key, row_key)?;
    attempts::remove(conn, row_key, row_key)
}

/// Evicts up to `count` of the bin's oldest requests (those received before a moment, if given).
pub(crate) fn evict(
    tx: &mut Tx<'_>,
    bin: BinId,
    seq: Seq,
    count: u64,
    before: Option<Timestamp>,
) -> Result<u64, StoreError> {
    let Some(tally) = tx.shared.bins.tally(bin) else {
        return Ok(0);
    };
    let Ok(touch) = tx.touch(bin) else {
        return Ok(0);
    };
    if count == 0 {
        return Ok(0);
    }
    let key = touch.key;
    let mut floor = touch.delta.floor.unwrap_or(tally.floor);
    let mut rows = Vec::new();
    let mut whole = true;
    {
        let mut statement = tx.conn.prepare_cached(
            "SELECT place, flags, head_size + body_size + attempt_bytes, received_at FROM request \
             WHERE place > ? AND place < ? ORDER BY place",
        )?;
        let mut found = statement.query(row_key::between(key, floor, Seq::MAX))?;
        while let Some(row) = found.next()? {
            if before.is_some_and(|before| row.get::<_, i64>(3).is_ok_and(|at| at >= before.as_micros())) {
                break;
            }
            let (row_key, flags): (i64, i64) = (row.get(0)?, row.get(1)?);
            floor = row_key::seq_of(row_key);
            if flags & codes::PINNED != 0 {
                whole = whole && rows.is_empty();
            } else {
                rows.push(Row { row_key, flags, bytes: unsigned(row.get(2)?) });
                if rows.len() as u64 == count {
                    break;
                }
            }
        }
    }
    tx.touch(bin)?.delta.floor = Some(floor);
    remove(tx, bin, key, seq, &rows, whole)?;
    Ok(rows.len() as u64)
}

/// Deletes evicted rows, counts them and publishes the eviction. `whole` says that the bin has no other rows between
/// the first and the last.
pub(crate) fn remove(
    tx: &mut Tx<'_>,
    bin: BinId,
    key: i64,
    seq: Seq,
    rows: &[Row],
    whole: bool,
) -> Result<(), StoreError> {
    let Some(last) = rows.last() else {
        return Ok(());
    };
    let through = row_key::seq_of(last.row_key);
    let seqs: Vec<Seq> = rows.iter().map(|row| row_key::seq_of(row.row_key)).collect();
    tx.count_unforwarded(key, &seqs)?;
    if !(whole && delete_range(tx, bin, key, rows)?) {
        delete_rows(tx, bin, rows)?;
    }
    let count = rows.len() as u64;
    let delta = &mut tx.touch(bin)?.delta;
    delta.evicted += signed(count);
    delta.eviction = Some((seq, through, count));
    tx.publish(bin, seq, ChangeKind::Evicted { through, count });
    Ok(())
}

/// Deletes these rows one by one and takes them off the tally.
pub(crate) fn delete_rows(tx: &mut Tx<'_>, bin: BinId, rows: &[Row]) -> Result<(), StoreError> {
    for row in rows {
        delete_at(tx.conn, row.row_key)?;
    }
    take_off(tx, bin, rows)
}

/// Deletes a bin's rows between two keys in one statement: much faster than one by one when (nearly) all of them go.
fn delete_range(tx: &mut Tx<'_>, bin: BinId, key: i64, rows: &[Row]) -> Result<bool, StoreError> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return Ok(true);
    };
    let span = last.row_key - first.row_key;
    if span > 2 * signed(rows.len() as u64) {
        return Ok(false);
    }
    tx.conn.prepare_cached("DELETE FROM content WHERE seq BETWEEN ?2 AND ?3 AND bin = ?1")?.execute([
        key,
        signed(row_key::seq_of(first.row_key)),
        signed(row_key::seq_of(last.row_key)),
    ])?;
    tx.conn
        .prepare_cached("DELETE FROM request WHERE place BETWEEN ? AND ?")?
        .execute([first.row_key, last.row_key])?;
    forward::remove(tx.conn, first.row_key, last.row_key)?;
    attempts::remove(tx.conn, first.row_key, last.row_key)?;
    take_off(tx, bin, rows)?;
    Ok(true)
}

fn take_off(tx: &mut Tx<'_>, bin: BinId, rows: &[Row]) -> Result<(), StoreError> {
    let delta = &mut tx.touch(bin)?.delta;
    for row in rows {
        let bytes = signed(row.bytes);
        delta.requests -= 1;
        delta.bytes -= bytes;
        delta.unread -= i64::from(row.flags & codes::READ == 0);
        if row.flags & codes::PINNED != 0 {
            delta.pinned -= 1;
            delta.pinned_bytes -= bytes;
        }
    }
    Ok(())
}
