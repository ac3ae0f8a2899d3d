//! Lists and filters as SQL, with the same meaning as in memory.

use rusqlite::Connection;

use super::read::{Source, plain_page};
use super::readers::Wanted;
use super::{ListQuery, MAX_PAGE, Order, Page, StoreError};
use crate::model::{CapturedRequest, Seq, filter::Filter};

/// Makes the filter's matchers known to a connection.
#[expect(clippy::unnecessary_wraps, reason = "filters come next")]
pub(super) fn register(_conn: &Connection) -> Result<(), StoreError> {
    Ok(())
}

/// What is looked for.
#[derive(Debug)]
pub(super) struct Search {
    filter: Filter,
    order: Order,
    limit: usize,
    /// Only above.
    after: Seq,
    /// Only below.
    before: Seq,
}

impl Search {
    pub(super) fn new(query: ListQuery) -> Self {
        Self {
            filter: query.filter,
            order: query.order,
            limit: query.limit.clamp(1, MAX_PAGE),
            after: query.after.unwrap_or(0),
            before: query.before.unwrap_or(Seq::MAX),
        }
    }

    /// Everything above a cursor, oldest first.
    pub(super) const fn oldest_after(filter: Filter, after: Seq, limit: usize) -> Self {
        Self { filter, order: Order::Oldest, limit, after, before: Seq::MAX }
    }

    /// Nothing above that.
    pub(super) const fn through(mut self, through: Seq) -> Self {
        self.before = through.saturating_add(1);
        self
    }

    /// Whether it may take more than a few milliseconds.
    pub(super) fn is_long(&self) -> bool {
        !self.filter.is_empty()
    }

    /// A page of summaries. The bin holds `held` requests.
    pub(super) fn page(
        &self,
        source: Source,
        conn: &Connection,
        _wanted: &Wanted,
        held: u64,
    ) -> Result<Page, StoreError> {
        let newest_first = self.order == Order::Newest;
        let mut requests = plain_page(source, conn, (self.after, self.before), newest_first, self.limit + 1)?;
        let more = requests.len() > self.limit;
        requests.truncate(self.limit);
        let next = if more { requests.last().map(|last| last.seq) } else { None };
        Ok(Page { requests, next, total: Some(held) })
    }

    /// Whole requests, up to about so many bytes.
    pub(super) fn whole(
        &self,
        source: Source,
        conn: &Connection,
        _wanted: &Wanted,
        max_bytes: usize,
    ) -> Result<Vec<CapturedRequest>, StoreError> {
        let summaries = plain_page(source, conn, (self.after, self.before), false, self.limit)?;
        let mut bytes = 0;
        let mut requests = Vec::new();
        for summary in summaries {
            let request = source.whole(conn, summary)?;
            bytes += request.head.raw().len() + request.body.len();
            requests.push(request);
            if bytes >= max_bytes {
                break;
            }
        }
        Ok(requests)
    }

    /// The cursors of what matches, and where to go on; `None` at the end.
    pub(super) fn seqs(
        &self,
        source: Source,
        conn: &Connection,
        _wanted: &Wanted,
    ) -> Result<(Vec<Seq>, Option<Seq>), StoreError> {
        let page = plain_page(source, conn, (self.after, self.before), false, self.limit)?;
        let seqs: Vec<Seq> = page.iter().map(|summary| summary.seq).collect();
        let end = if seqs.len() == self.limit { seqs.last().copied() } else { None };
        Ok((seqs, end))
    }
}
