//! What is queued for the writer.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::tx::Tx;
use crate::model::{NewRequest, Seq};
use crate::store::commits::Worker;
use crate::store::error::StoreError;

pub(crate) enum Job {
    /// A request to be stored.
    Capture {
        seq: Seq,
        /// The thread whose capture waits; `None` when none does.
        worker: Option<Worker>,
        request: Arc<NewRequest>,
    },
    /// Any other write.
    Task {
        /// The first of its cursors.
        first: Seq,
        task: Box<dyn Task>,
    },
}

impl Job {
    /// Its first cursor.
    pub(crate) const fn seq(&self) -> Seq {
        match self {
            Self::Capture { seq, .. } => *seq,
            Self::Task { first, .. } => *first,
        }
    }
}

/// A write other than a capture. Runs inside the batch's transaction, under a savepoint of its own.
pub(crate) trait Task: Send {
    fn run(&mut self, tx: &mut Tx<'_>, first: Seq) -> Result<(), StoreError>;
    /// Tells the caller that the batch is committed (`Ok`) or has failed.
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
}

/// A closure as a task, with the channel of the caller that waits for its value, if any.
pub(crate) struct Write<F, T> {
    work: Option<F>,
    value: Option<T>,
    caller: Option<oneshot::Sender<Result<T, StoreError>>>,
}

impl<F, T> Write<F, T> {
    pub(crate) fn new(work: F, caller: Option<oneshot::Sender<Result<T, StoreError>>>) -> Self {
        Self { work: Some(work), value: None, caller }
    }
}

impl<F, T: Send> Task for Write<F, T>
where
    F: FnOnce(&mut Tx<'_>, Seq) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>, first: Seq) -> Result<(), StoreError> {
        // It ran in an earlier attempt that was rolled back; a closure cannot run twice.
        let work = self.work.take().ok_or_else(|| StoreError::Unavailable("interrupted".to_owned()))?;
        self.value = Some(work(tx, first)?);
        Ok(())
    }

    fn finish(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { value, caller, .. } = *self;
        if let Some(caller) = caller {
            let value = committed.and_then(|()| value.ok_or(StoreError::Closed));
            // The caller may have left.
            let _ = caller.send(value);
        }
    }
}
