//! The handle's writes to stored requests: marks, deletions, new verdicts.

use std::sync::Arc;

use super::error::StoreError;
use super::handle::{MANY, Store};
use super::sqlite::{Search, Tx};
use super::types::Reverified;
use crate::model::{BinId, MarksPatch, RequestId, RequestSummary, Seq, filter::Filter};

impl Store {
    /// Changes read flag, pin, note, tags.
    pub async fn mark(&self, bin: BinId, id: RequestId, patch: MarksPatch) -> Result<RequestSummary, StoreError> {
        self.db.write(1, 0, move |tx, seq| tx.mark(bin, id, &patch, seq)).await
    }

    /// Marks every request that matches now. Returns how many.
    pub async fn mark_matching(&self, bin: BinId, filter: Filter, patch: MarksPatch) -> Result<u64, StoreError> {
        let patch = Arc::new(patch);
        self.each_part(bin, filter, move |seqs| {
            let patch = Arc::clone(&patch);
            (seqs.len() as u64, move |tx: &mut Tx<'_>, first| tx.mark_many(bin, &seqs, &patch, first))
        })
        .await
    }

    /// Deletes one request, also a pinned one. One that is gone is an error.
    pub async fn delete(&self, bin: BinId, id: RequestId) -> Result<(), StoreError> {
        self.db.make_room();
        self.db.write(1, 0, move |tx, seq| tx.delete(bin, id, seq)).await
    }

    /// Deletes every request that matches now, also pinned ones. Returns how many.
    pub async fn delete_matching(&self, bin: BinId, filter: Filter) -> Result<u64, StoreError> {
        self.db.make_room();
        self.each_part(bin, filter, move |seqs| (1, move |tx: &mut Tx<'_>, seq| tx.delete_many(bin, &seqs, seq))).await
    }

    /// Finds the matching requests on a reading connection and hands them to the writer in parts. `part` makes a write
    /// and says how many cursors it uses. Requests that arrive meanwhile are not touched.
    async fn each_part<F>(
        &self,
        bin: BinId,
        filter: Filter,
        part: impl Fn(Vec<Seq>) -> (u64, F),
    ) -> Result<u64, StoreError>
    where
        F: FnOnce(&mut Tx<'_>, Seq) -> Result<u64, StoreError> + Send + 'static,
    {
        let source = self.db.source(bin)?;
        let through = self.head_seq();
        let mut after = 0;
        let mut changed = 0;
        loop {
            let search = Search::oldest_after(filter.clone(), after, MANY).through(through);
            let (seqs, end) = self.db.read(true, move |conn, wanted| search.seqs(source, conn, wanted)).await?;
            if !seqs.is_empty() {
                let (cursors, work) = part(seqs);
                changed += self.db.write(cursors, 0, work).await?;
            }
            match end {
                Some(end) => after = end,
                None => return Ok(changed),
            }
        }
    }

    /// Writes new facts and publishes the verdicts that changed.
    pub async fn reverify(&self, bin: BinId, facts: Vec<Reverified>) -> Result<(), StoreError> {
        let cursors = facts.len() as u64;
        self.db.write(cursors, 0, move |tx, first| tx.reverify(bin, &facts, first)).await
    }
}
