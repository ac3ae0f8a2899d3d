//! The handle's writes other than captures: how work gets to the writing thread and its answer back.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::queue::Task;
use super::search::Search;
use super::tx::Tx;
use super::{Rederived, Store, StoreError};
use crate::model::{BinId, MarksPatch, RequestId, RequestSummary, Seq, filter::Filter};

/// Requests that one job of a mark or a deletion handles: a few milliseconds, so that captures get in between.
pub(super) const MANY: usize = 500;

impl Store {
    /// Changes read flag, pin, note, tags.
    pub async fn mark(&self, bin: BinId, id: RequestId, patch: MarksPatch) -> Result<RequestSummary, StoreError> {
        self.write(1, 0, move |tx, seq| tx.mark(bin, id, &patch, seq)).await
    }

    /// Marks everything that matches now. Answers with how many.
    pub async fn mark_matching(&self, bin: BinId, filter: Filter, patch: MarksPatch) -> Result<u64, StoreError> {
        let patch = Arc::new(patch);
        self.each_part(bin, filter, move |seqs| {
            let patch = Arc::clone(&patch);
            (seqs.len() as u64, move |tx: &mut Tx<'_>, first| tx.mark_many(bin, &seqs, &patch, first))
        })
        .await
    }

    /// Deletes one request.
    pub async fn delete(&self, bin: BinId, id: RequestId) -> Result<(), StoreError> {
        self.write(1, 0, move |tx, seq| tx.delete(bin, id, seq)).await
    }

    /// Deletes everything that matches now, pinned ones too. Answers with how many.
    pub async fn delete_matching(&self, bin: BinId, filter: Filter) -> Result<u64, StoreError> {
        self.each_part(bin, filter, move |seqs| (1, move |tx: &mut Tx<'_>, seq| tx.delete_many(bin, &seqs, seq))).await
    }

    /// Finds what matches on a reading connection, and hands it to the writer in parts. Requests that arrive meanwhile are left alone.
    async fn each_part<F>(
        &self,
        bin: BinId,
        filter: Filter,
        part: impl Fn(Vec<Seq>) -> (u64, F),
    ) -> Result<u64, StoreError>
    where
        F: FnOnce(&mut Tx<'_>, Seq) -> Result<u64, StoreError> + Send + 'static,
    {
        let source = self.source(bin)?;
        let through = self.head_seq();
        let mut after = 0;
        let mut changed = 0;
        loop {
            let search = Search::oldest_after(filter.clone(), after, MANY).through(through);
            let (seqs, end) =
                self.inner.readers.read(true, move |conn, wanted| search.seqs(source, conn, wanted)).await?;
            if !seqs.is_empty() {
                let (numbers, work) = part(seqs);
                changed += self.write(numbers, 0, work).await?;
            }
            match end {
                Some(end) => after = end,
                None => return Ok(changed),
            }
        }
    }

    /// Writes facts that were derived anew, publishes the verdicts that changed.
    pub async fn rederive(&self, bin: BinId, facts: Vec<Rederived>) -> Result<(), StoreError> {
        let numbers = facts.len() as u64;
        self.write(numbers, 0, move |tx, first| tx.rederive(bin, &facts, first)).await
    }

    /// Runs `work` on the writing thread, inside the next batch. It needs so many numbers and holds about so many bytes.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        numbers: u64,
        bytes: usize,
        work: impl FnOnce(&mut Tx<'_>, Seq) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let task = Asked { work: Some(work), value: None, reply: Some(reply) };
        self.shared().queue.task(Box::new(task), numbers, bytes)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Runs `work` on the writing thread; nobody waits.
    pub(super) fn write_unattended(
        &self,
        numbers: u64,
        work: impl FnOnce(&mut Tx<'_>, Seq) -> Result<(), StoreError> + Send + 'static,
    ) {
        let task = Asked { work: Some(work), value: None, reply: None };
        // Worth a line at most: nobody was promised anything.
        if let Err(error) = self.shared().queue.task(Box::new(task), numbers, 0) {
            tracing::debug!(%error, "a note was not taken");
        }
    }
}

/// A write that somebody may wait for.
struct Asked<F, T> {
    work: Option<F>,
    value: Option<T>,
    reply: Option<oneshot::Sender<Result<T, StoreError>>>,
}

impl<F, T: Send> Task for Asked<F, T>
where
    F: FnOnce(&mut Tx<'_>, Seq) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>, first: Seq) -> Result<(), StoreError> {
        let work = self.work.take().ok_or_else(|| StoreError::Unavailable("interrupted".to_owned()))?;
        self.value = Some(work(tx, first)?);
        Ok(())
    }

    fn finish(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { value, reply, .. } = *self;
        if let Some(reply) = reply {
            let value = committed.and_then(|()| value.ok_or(StoreError::Closed));
            // Whoever asked may have left.
            let _ = reply.send(value);
        }
    }
}
