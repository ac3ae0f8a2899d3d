//! Pages of a bin, filtered or not.
//!
//! A filtered page scans the bin in pieces, each its own statement: no long-lived snapshot keeps the log from starting
//! over, and between two pieces the search can stop when its caller has left or its time is up.

use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};

use super::cancel::Wanted;
use super::filter_sql::Condition;
use super::read::{Source, plain_page, whole};
use super::row_key::{self, SEQ};
use super::values::signed;
use crate::model::{CapturedRequest, Seq, filter::Filter};
use crate::store::error::StoreError;
use crate::store::types::{ListQuery, MAX_PAGE, Order, Page};

/// Time limit for a page's search; the page is then shorter, and `next` says where to continue.
const PAGE_TIME: Duration = Duration::from_secs(2);
/// How long the search continues after the page is full, to count all matches.
const COUNT_TIME: Duration = Duration::from_millis(30);
/// Rows of the first piece, and of the largest.
const FIRST_PIECE: i64 = 128;
const LARGEST_PIECE: i64 = 16_384;
/// After a piece that took less, the next is larger; after one that took four times as long, smaller.
const PIECE_TIME: Duration = Duration::from_millis(15);

#[derive(Debug)]
pub(crate) struct Search {
    filter: Filter,
    order: Order,
    limit: usize,
    /// Only above.
    after: Seq,
    /// Only below.
    before: Seq,
}

#[derive(Debug, Default)]
struct Found {
    /// Cursors, in the search's order, up to the limit.
    seqs: Vec<Seq>,
    /// Where to continue; `None` at the end of the bin.
    next: Option<Seq>,
    /// How many match in all, if the whole bin was scanned.
    total: Option<u64>,
}

impl Search {
    pub(crate) fn new(query: ListQuery) -> Self {
        Self {
            filter: query.filter,
            order: query.order,
            limit: query.limit.clamp(1, MAX_PAGE),
            after: query.after.unwrap_or(0),
            before: query.before.unwrap_or(Seq::MAX),
        }
    }

    /// A search above a cursor, oldest first.
    pub(crate) const fn oldest_after(filter: Filter, after: Seq, limit: usize) -> Self {
        Self { filter, order: Order::Oldest, limit, after, before: Seq::MAX }
    }

    /// Limits the search to cursors up to `through`.
    pub(crate) const fn through(mut self, through: Seq) -> Self {
        self.before = through.saturating_add(1);
        self
    }

    /// Whether it may take more than a few milliseconds.
    pub(crate) const fn is_long(&self) -> bool {
        !self.filter.is_empty()
    }

    /// A page of summaries of a bin that holds `held` requests.
    pub(crate) fn page(
        &self,
        source: Source,
        conn: &Connection,
        wanted: &Wanted,
        held: u64,
    ) -> Result<Page, StoreError> {
        if self.filter.is_empty() {
            let newest_first = self.order == Order::Newest;
            let bounds = (self.after, self.before);
            let mut requests = plain_page(source, conn, bounds, newest_first, self.limit + 1)?;
            let more = requests.len() > self.limit;
            requests.truncate(self.limit);
            let next = if more { requests.last().map(|last| last.seq) } else { None };
            return Ok(Page { requests, next, total: Some(held) });
        }
        let found = self.find(source, conn, wanted, Some(PAGE_TIME), true)?;
        let mut requests = Vec::with_capacity(found.seqs.len());
        for seq in found.seqs {
            // Requests deleted meanwhile are left out.
            requests.extend(source.by_seq(conn, seq)?);
        }
        Ok(Page { requests, next: found.next, total: found.total })
    }

    /// Whole requests, up to about `max_bytes`.
    pub(crate) fn whole(
        &self,
        source: Source,
        conn: &Connection,
        wanted: &Wanted,
        max_bytes: usize,
    ) -> Result<Vec<CapturedRequest>, StoreError> {
        let mut bytes = 0;
        let mut requests = Vec::new();
        for seq in self.seqs(source, conn, wanted)?.0 {
            let Some(summary) = source.by_seq(conn, seq)? else {
                continue;
            };
            let request = whole(conn, summary)?;
            bytes += request.head.raw().len() + request.body.len();
            requests.push(request);
            if bytes >= max_bytes {
                break;
            }
        }
        Ok(requests)
    }

    /// The cursors of the matches, and where to continue; `None` at the end.
    pub(crate) fn seqs(
        &self,
        source: Source,
        conn: &Connection,
        wanted: &Wanted,
    ) -> Result<(Vec<Seq>, Option<Seq>), StoreError> {
        if self.filter.is_empty() {
            let (low, high) = row_key::between(source.key, self.after, self.before);
            let seqs: Vec<Seq> = conn
                .prepare_cached("SELECT place FROM request WHERE place > ? AND place < ? ORDER BY place LIMIT ?")?
                .query_map(params![low, high, signed(self.limit as u64)], |row| row.get(0).map(row_key::seq_of))?
                .collect::<Result<_, _>>()?;
            let end = if seqs.len() == self.limit { seqs.last().copied() } else { None };
            return Ok((seqs, end));
        }
        let found = self.find(source, conn, wanted, None, false)?;
        Ok((found.seqs, found.next))
    }

    fn find(
        &self,
        source: Source,
        conn: &Connection,
        wanted: &Wanted,
        time: Option<Duration>,
        count: bool,
    ) -> Result<Found, StoreError> {
        let Some(condition) = Condition::new(&self.filter) else {
            return Ok(Found::default());
        };
        condition.running(wanted, source.salt, || self.pieces(source, conn, wanted, &condition, time, count))
    }

    fn pieces(
        &self,
        source: Source,
        conn: &Connection,
        wanted: &Wanted,
        condition: &Condition,
        time: Option<Duration>,
        count: bool,
    ) -> Result<Found, StoreError> {
        let newest_first = self.order == Order::Newest;
        let pieces = Pieces::new(conn, source.key, newest_first, condition);
        let mut found = Found::default();
        let mut matched = 0;
        let (mut low, mut high) = (self.after, self.before);
        let mut rows = FIRST_PIECE;
        let started = Instant::now();
        let mut full_since: Option<Instant> = None;
        loop {
            if wanted.is_over() {
                return Err(StoreError::Closed);
            }
            let piece_started = Instant::now();
            let end = pieces.end(low, high, rows)?;
            // The last row belongs to this piece; the bounds are exclusive.
            let (from, to) = match (newest_first, end) {
                (true, Some(end)) => (end - 1, high),
                (false, Some(end)) => (low, end + 1),
                (_, None) => (low, high),
            };
            let seqs = pieces.matching(from, to)?;
            matched += seqs.len() as u64;
            let room = self.limit - found.seqs.len();
            found.seqs.extend(seqs.into_iter().take(room));
            if found.seqs.len() == self.limit && full_since.is_none() {
                full_since = Some(Instant::now());
                found.next = found.seqs.last().copied();
            }
            match end {
                None => {
                    // Requests outside the search's bounds were not counted.
                    let all = self.after == 0 && self.before == Seq::MAX;
                    found.total = all.then_some(matched);
                    if matched <= self.limit as u64 {
                        found.next = None;
                    }
                    return Ok(found);
                }
                Some(end) if newest_first => high = end,
                Some(end) => low = end,
            }
            if full_since.is_some_and(|since| is_enough(count, since.elapsed())) {
                return Ok(found);
            }
            if full_since.is_none() && time.is_some_and(|time| started.elapsed() > time) {
                found.next = Some(if newest_first { high } else { low });
                return Ok(found);
            }
            rows = next_piece(rows, piece_started.elapsed());
        }
    }
}

/// Whether a search ends whose page has been full for that long.
fn is_enough(count: bool, full_for: Duration) -> bool {
    !count || full_for > COUNT_TIME
}

/// How many rows the next piece has.
fn next_piece(rows: i64, took: Duration) -> i64 {
    if took < PIECE_TIME {
        (rows * 4).min(LARGEST_PIECE)
    } else if took > 4 * PIECE_TIME {
        (rows / 4).max(1)
    } else {
        rows
    }
}

/// The two statements of a search.
struct Pieces<'c> {
    conn: &'c Connection,
    key: i64,
    newest_first: bool,
    end: &'static str,
    matching: String,
    params: &'c [Value],
}

impl<'c> Pieces<'c> {
    fn new(conn: &'c Connection, key: i64, newest_first: bool, condition: &'c Condition) -> Self {
        // Scans forwards even for newest first: SQLite steps to the next row of `content` faster than to the previous
        // one.
        let join = if condition.content { format!("CROSS JOIN content c ON c.seq = {SEQ}") } else { String::new() };
        let first = condition.params.len() + 1;
        let matching = format!(
            "SELECT r.place FROM request r {join} WHERE r.place > ?{first} AND r.place < ?{} AND ({}) ORDER BY r.place",
            first + 1,
            condition.sql
        );
        let end = if newest_first {
            "SELECT place FROM request WHERE place > ? AND place < ? ORDER BY place DESC LIMIT 1 OFFSET ?"
        } else {
            "SELECT place FROM request WHERE place > ? AND place < ? ORDER BY place LIMIT 1 OFFSET ?"
        };
        Self { conn, key, newest_first, end, matching, params: &condition.params }
    }

    /// The last cursor of a piece of that many rows; `None` when there are fewer.
    fn end(&self, low: Seq, high: Seq, rows: i64) -> Result<Option<Seq>, StoreError> {
        let (low, high) = row_key::between(self.key, low, high);
        let end: Option<i64> =
            self.conn.prepare_cached(self.end)?.query_row(params![low, high, rows - 1], |row| row.get(0)).optional()?;
        Ok(end.map(row_key::seq_of))
    }

    /// The matches between two cursors, in the search's order.
    fn matching(&self, low: Seq, high: Seq) -> Result<Vec<Seq>, StoreError> {
        let mut statement = self.conn.prepare_cached(&self.matching)?;
        let (low, high) = row_key::between(self.key, low, high);
        let bounds = [Value::Integer(low), Value::Integer(high)];
        let mut seqs: Vec<Seq> = statement
            .query_map(params_from_iter(self.params.iter().chain(&bounds)), |row| row.get(0).map(row_key::seq_of))?
            .collect::<Result<_, _>>()?;
        if self.newest_first {
            seqs.reverse();
        }
        Ok(seqs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{Fixture, post};

    #[test]
    fn a_full_page_is_enough_where_nothing_is_counted_and_otherwise_the_time_for_it() {
        let longer = COUNT_TIME + Duration::from_micros(1);
        for (count, full_for, is_over) in [
            (false, Duration::ZERO, true),
            (false, longer, true),
            (true, Duration::ZERO, false),
            (true, COUNT_TIME, false),
            (true, longer, true),
        ] {
            assert_eq!(is_enough(count, full_for), is_over, "{count} {full_for:?}");
        }
    }

    #[test]
    fn pieces_grow_while_they_are_quick_and_shrink_when_they_are_slow() {
        for (rows, micros, next) in [
            (128, 0, 512),
            (128, 14_999, 512),
            (128, 15_000, 128),
            (128, 60_000, 128),
            (128, 60_001, 32),
            (8_192, 0, LARGEST_PIECE),
            (LARGEST_PIECE, 0, LARGEST_PIECE),
            (3, 1_000_000, 1),
            (1, 1_000_000, 1),
        ] {
            assert_eq!(next_piece(rows, Duration::from_micros(micros)), next, "{rows} {micros}");
        }
    }

    #[tokio::test]
    async fn a_search_whose_time_is_up_says_where_to_go_on_and_then_finds_the_same() {
        let fixture = Fixture::with(|_| {});
        let bin = fixture.bin().await.bin.id;
        let (mut all, mut wanted_seqs) = (0, Vec::new());
        while all < 4 * FIRST_PIECE {
            let is_wanted = all % 100 == 7;
            let seq = fixture.store.capture(post(bin, if is_wanted { "wanted" } else { "other" })).await.unwrap().seq;
            all += 1;
            wanted_seqs.extend(is_wanted.then_some(seq));
        }
        for order in [Order::Oldest, Order::Newest] {
            for (time, least, most) in [(Some(Duration::ZERO), 3, 9), (Some(Duration::MAX), 1, 1), (None, 1, 1)] {
                let mut query = ListQuery { order, limit: 100, ..ListQuery::default() };
                query.filter = Filter::parse("wanted").unwrap();
                let (mut found, mut pages) = (Vec::new(), 0);
                loop {
                    let (search, source) = (Search::new(query.clone()), fixture.store.db.source(bin).unwrap());
                    let page =
                        fixture.store.db.read(true, move |conn, wanted| search.find(source, conn, wanted, time, true));
                    let page = page.await.unwrap();
                    let is_all = query.after.is_none() && query.before.is_none() && page.next.is_none();
                    assert_eq!(page.total, is_all.then_some(wanted_seqs.len() as u64), "{order:?} {time:?} {pages}");
                    found.extend(page.seqs);
                    pages += 1;
                    match order {
                        Order::Oldest => query.after = page.next,
                        Order::Newest => query.before = page.next,
                    }
                    if page.next.is_none() {
                        break;
                    }
                }
                found.sort_unstable();
                assert_eq!(found, wanted_seqs, "{order:?} {time:?}");
                assert!((least..=most).contains(&pages), "{order:?} {time:?} {pages}");
            }
        }
    }
}
