//! The queue of what is forwarded.

use super::error::StoreError;
use super::handle::{MANY, Store};
use crate::model::{BinId, CapturedRequest, ForwardCursor, Forwarded, Lane, Routed, Seq, Timestamp};

impl Store {
    /// How far the bin's forwarding is, up to the first request that waits, and how many wait; `None` when it never was on.
    pub async fn forward(&self, bin: BinId) -> Result<Option<(ForwardCursor, u64)>, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(false, move |conn, _| source.forward(conn)).await
    }

    /// The cursor of the bin's forward, below which requests are over or wait for their targets; `None` when it never was on.
    pub async fn forward_cursor(&self, bin: BinId) -> Result<Option<ForwardCursor>, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(false, move |conn, _| source.forward_cursor(conn)).await
    }

    /// Forwards what comes after that cursor. `afresh` says that nothing waits for its targets any more.
    pub async fn forward_from(&self, bin: BinId, through: Seq, afresh: bool) -> Result<(), StoreError> {
        self.db.write(0, 0, move |tx, _| tx.forward_from(bin, through, afresh)).await
    }

    /// Passes over what waits up to that cursor. In parts, so that captures get in between.
    pub async fn pass_over(&self, bin: BinId, through: Seq) -> Result<(), StoreError> {
        while self.db.write(0, 0, move |tx, _| tx.pass_over(bin, through, MANY)).await? {}
        Ok(())
    }

    /// Says where the requests after the cursor go, in their order, and moves it to the last of them; false, and nothing is
    /// changed, when the cursor is no longer there.
    pub async fn route(&self, bin: BinId, after: Seq, routed: Vec<(Seq, Routed)>) -> Result<bool, StoreError> {
        self.db.write(0, 0, move |tx, _| tx.route(bin, after, &routed)).await
    }

    /// Says anew where a request goes that waits.
    pub async fn route_again(&self, bin: BinId, seq: Seq, routed: Routed) -> Result<(), StoreError> {
        self.db.write(0, 0, move |tx, _| tx.route_again(bin, seq, &routed)).await
    }

    /// Notes what a request came to at one target; after the last of its targets, the worst is what it came to.
    pub async fn lane_over(&self, bin: BinId, seq: Seq, lane: Lane, end: Forwarded) -> Result<(), StoreError> {
        self.db.write(0, 0, move |tx, _| tx.lane_over(bin, seq, lane, end)).await
    }

    /// Notes what came of forwarding a request.
    pub async fn forwarded(&self, bin: BinId, seq: Seq, what: Forwarded) -> Result<(), StoreError> {
        self.db.write(0, 0, move |tx, _| tx.forwarded(bin, seq, what)).await
    }

    /// The first requests that wait for a target, at most so many and about so many bytes.
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

    /// The first requests that wait for a target that is none of these: the forward was changed.
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

    /// The cursor below the first request that was received at that moment or later; `None` when there is none.
    pub async fn cursor_before(&self, bin: BinId, since: Timestamp) -> Result<Option<Seq>, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(true, move |conn, _| source.cursor_before(conn, since)).await
    }
}
