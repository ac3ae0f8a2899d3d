//! A bin's requests over time. SQL counts them in buckets, so the result is small for any number of requests.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};

use super::codes;
use super::read::Source;
use super::row_key;
use super::values::{signed, unsigned};
use crate::model::{Outcome, Seq, Timestamp};
use crate::store::error::StoreError;
use crate::store::types::{
    DeliveryBucket, RequestBucket, TIMELINE_ROWS, Timeline, TimelineBy, TimelineLane, TimelineRange, TimelineSpan,
};

/// The lanes in SQL of requests without a name, and of requests whose name has no lane.
const UNNAMED: i64 = -1;
const OTHERS: i64 = -2;

impl Source {
    /// The time span of the newest requests, and their number.
    pub(crate) fn timeline_span(self, conn: &Connection) -> Result<Option<TimelineSpan>, StoreError> {
        let (low, high) = self.newest_rows(conn, "request")?;
        let row = conn
            .prepare_cached(
                "SELECT min(received_at), max(received_at), count(*) FROM request NOT INDEXED
                 WHERE place > ? AND place < ?",
            )?
            .query_row([low, high], |row| {
                Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, i64>(2)?))
            })?;
        let (Some(oldest), Some(newest), requests) = row else { return Ok(None) };
        Ok(Some(TimelineSpan {
            oldest: Timestamp::from_micros(oldest),
            newest: Timestamp::from_micros(newest),
            requests: unsigned(requests),
        }))
    }

    /// The newest requests and deliveries within a range, by bucket.
    pub(crate) fn timeline(
        self,
        conn: &Connection,
        range: TimelineRange,
        by: TimelineBy,
    ) -> Result<Timeline, StoreError> {
        let (low, high) = self.newest_rows(conn, "request")?;
        let (from, to) = (range.from.as_micros(), range.to.as_micros());
        let (column, order) = match by {
            TimelineBy::Event => ("event", "count(*) DESC, event"),
            TimelineBy::Session => ("nullif(session, '')", "max(place) DESC"),
        };
        let mut all = 0;
        let names: Vec<String> = conn
            .prepare_cached(&format!(
                "SELECT {column}, count(*) OVER () FROM request NOT INDEXED
                 WHERE place > ? AND place < ? AND received_at >= ? AND received_at < ? AND {column} IS NOT NULL
                 GROUP BY 1 ORDER BY {order} LIMIT {}",
                by.lanes()
            ))?
            .query_map([low, high, from, to], |row| {
                all = unsigned(row.get(1)?);
                row.get(0)
            })?
            .collect::<Result<_, _>>()?;
        let left_out = all.saturating_sub(names.len() as u64);
        // The name's index in the list; then requests without a name, then all others.
        let named: Vec<String> = (0..names.len()).map(|at| format!("WHEN ?{} THEN {at}", at + 6)).collect();
        let named = if names.is_empty() {
            OTHERS.to_string()
        } else {
            format!("CASE {column} {} ELSE {OTHERS} END", named.join(" "))
        };
        let lane = format!("CASE WHEN {column} IS NULL THEN {UNNAMED} ELSE {named} END");
        let rejected = format!("(flags >> {}) & {} <> 0", codes::REJECTION_SHIFT, codes::THREE_BITS);
        let same = codes::SAME_BEFORE;
        let sql = format!(
            "SELECT (received_at - ?3) / ?5, {lane}, count(*), sum(duplicate_of IS NOT NULL OR flags & {same} <> 0),
             sum(status IS NULL OR status NOT BETWEEN 200 AND 299), sum({rejected})
             FROM request NOT INDEXED WHERE place > ?1 AND place < ?2 AND received_at >= ?3 AND received_at < ?4
             GROUP BY 1, 2 ORDER BY 1, 2"
        );
        let numbers = [low, high, from, to, signed(range.width_us.max(1))].map(Value::Integer);
        let values = names.iter().cloned().map(Value::Text);
        let requests = conn
            .prepare_cached(&sql)?
            .query_map(params_from_iter(numbers.into_iter().chain(values)), |row| {
                Ok(RequestBucket {
                    bucket: row.get(0)?,
                    lane: match row.get(1)? {
                        UNNAMED => TimelineLane::Unnamed,
                        at => usize::try_from(at).map_or(TimelineLane::Others, TimelineLane::Named),
                    },
                    requests: unsigned(row.get(2)?),
                    again: unsigned(row.get(3)?),
                    not_accepted: unsigned(row.get(4)?),
                    rejected: unsigned(row.get(5)?),
                })
            })?
            .collect::<Result<_, _>>()?;
        let (low, high) = self.newest_rows(conn, "attempt")?;
        let deliveries = conn
            .prepare_cached(
                "SELECT (started_at - ?3) / ?5, count(*),
                 sum(outcome <> ?6 OR status IS NULL OR status NOT BETWEEN 200 AND 299)
                 FROM attempt NOT INDEXED WHERE place > ?1 AND place < ?2 AND started_at >= ?3 AND started_at < ?4
                 GROUP BY 1 ORDER BY 1",
            )?
            .query_map(
                params![low, high, from, to, signed(range.width_us.max(1)), codes::outcome(Outcome::Answered)],
                |row| {
                    Ok(DeliveryBucket {
                        bucket: row.get(0)?,
                        deliveries: unsigned(row.get(1)?),
                        failed: unsigned(row.get(2)?),
                    })
                },
            )?
            .collect::<Result<_, _>>()?;
        Ok(Timeline { names, left_out, requests, deliveries })
    }

    /// The range of row keys of the bin's newest rows in a table; both bounds are exclusive.
    fn newest_rows(self, conn: &Connection, table: &'static str) -> Result<(i64, i64), StoreError> {
        let (low, high) = row_key::between(self.key, 0, Seq::MAX);
        let sql =
            format!("SELECT place FROM {table} WHERE place > ? AND place < ? ORDER BY place DESC LIMIT 1 OFFSET ?");
        let from: Option<i64> =
            conn.prepare_cached(&sql)?.query_row([low, high, signed(TIMELINE_ROWS)], |row| row.get(0)).optional()?;
        Ok((from.unwrap_or(low), high))
    }
}
