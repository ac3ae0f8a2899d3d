//! The forward queue.

use super::error::StoreError;
use super::handle::{MANY, Store};
use crate::model::{BinId, CapturedRequest, ForwardCursor, Forwarded, Lane, Routed, Seq, Timestamp};

impl Store {
    /// How far the bin's forwarding has got (up to the first waiting request), and how many requests wait; `None` if it
    /// was never on.
    pub async fn forward(&self, bin: BinId) -> Result<Option<(ForwardCursor, u64)>, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(false, move |conn, _| source.forward(conn)).await
    }

    /// The cursor of the bin's forward: requests below it are done or wait for their targets. `None` if forwarding was
    /// never on.
    pub async fn forward_cursor(&self, bin: BinId) -> Result<Option<ForwardCursor>, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(false, move |conn, _| source.forward_cursor(conn)).await
    }

    /// Forwards the requests after that cursor. With `afresh`, the requests that wait for targets are dropped from the
    /// queue.
    pub async fn forward_from(&self, bin: BinId, through: Seq, afresh: bool) -> Result<(), StoreError> {
        self.db.write(0, 0, move |tx, _| tx.forward_from(bin, through, afresh)).await
    }

    /// Skips the waiting requests up to that cursor. Works in parts, so that captures get in between.
    pub async fn pass_over(&self, bin: BinId, through: Seq) -> Result<(), StoreError> {
        while self.db.write(0, 0, move |tx, _| tx.pass_over(bin, through, MANY)).await? {}
        Ok(())
    }

    /// Stores the targets of the requests after the cursor, in their order, and moves the cursor to the last of them.
    /// Returns false and changes nothing if the cursor has moved meanwhile.
    pub async fn route(&self, bin: BinId, after: Seq, routed: Vec<(Seq, Routed)>) -> Result<bool, StoreError> {
        self.db.write(0, 0, move |tx, _| tx.route(bin, after, &routed)).await
    }

    /// Replaces the targets of a waiting request.
    pub async fn route_again(&self, bin: BinId, seq: Seq, routed: Routed) -> Result<(), StoreError> {
        self.db.write(0, 0, move |tx, _| tx.route_again(bin, seq, &routed)).await
    }

    /// Notes a request's outcome at one target; after its last target, the worst outcome becomes the request's.
    pub async fn lane_over(&self, bin: BinId, seq: Seq, lane: Lane, end: Forwarded) -> Result<(), StoreError> {
        self.db.write(0, 0, move |tx, _| tx.lane_over(bin, seq, lane, end)).await
    }

    /// Notes the outcome of forwarding a request.
    pub async fn forwarded(&self, bin: BinId, seq: Seq, what: Forwarded) -> Result<(), StoreError> {
        self.db.write(0, 0, move |tx, _| tx.forwarded(bin, seq, what)).await
    }

    /// The first requests that wait for a target, limited by number and (roughly) by bytes.
    pub async fn lane_page(
        &self,
        bin: BinId,
        lane: Lane,
        limit: usize,
        max_bytes: usize,
    ) -> Result<Vec<CapturedRequest>, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(false, move |conn, _| source.lane_page(conn, lane, limit, max_bytes)).await
    }

    /// The first requests that wait for a target other than these: the forward was changed.
    pub async fn strays(
        &self,
        bin: BinId,
        lanes: Vec<Lane>,
        limit: usize,
        max_bytes: usize,
    ) -> Result<Vec<CapturedRequest>, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(true, move |conn, _| source.strays(conn, &lanes, limit, max_bytes)).await
    }

    /// The cursor just below the first request received at that time or later; `None` if there is no such request.
    pub async fn cursor_before(&self, bin: BinId, since: Timestamp) -> Result<Option<Seq>, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(true, move |conn, _| source.cursor_before(conn, since)).await
    }
}
