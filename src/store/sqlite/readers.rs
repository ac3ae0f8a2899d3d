//! A pool of reading connections, each used by one thread at a time. A read never waits for the writer.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::cancel::Wanted;
use super::{filter_sql, open};
use crate::store::error::StoreError;

/// Concurrent reads. More would only share the same few cores.
const READERS: usize = 4;
/// How many of these may be long (searches, exports), so that lists stay quick.
const LONG_READERS: usize = 2;

/// The pool.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    any: Arc<Semaphore>,
    long: Arc<Semaphore>,
    closed: Arc<AtomicBool>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::default(),
            any: Arc::new(Semaphore::new(READERS)),
            long: Arc::new(Semaphore::new(LONG_READERS)),
            closed: Arc::default(),
        }
    }

    /// Runs the read on a thread that may block. Dropping the future cancels the read.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        long: bool,
        work: impl FnOnce(&Connection, &Wanted) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let closed = |_| StoreError::Closed;
        let long_permit = if long { Some(Arc::clone(&self.long).acquire_owned().await.map_err(closed)?) } else { None };
        let permit = Arc::clone(&self.any).acquire_owned().await.map_err(closed)?;
        let (wanted, guard) = Wanted::new(&self.closed);
        let readers = Arc::clone(self);
        let reading = tokio::task::spawn_blocking(move || {
            let conn = readers.take()?;
            let result = work(&conn, &wanted);
            // A connection that saw an error is not used again: the file may have been replaced.
            if result.as_ref().err().is_none_or(|error| !error.is_trouble()) && !wanted.is_closed() {
                readers.idle.lock().push(conn);
            } else {
                drop(conn);
            }
            drop((permit, long_permit));
            result
        });
        let result = reading.await.unwrap_or_else(|error| Err(StoreError::Failed(error.to_string())));
        drop(guard);
        result
    }

    fn take(&self) -> Result<Connection, StoreError> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(StoreError::Closed);
        }
        let idle = self.idle.lock().pop();
        if let Some(conn) = idle {
            return Ok(conn);
        }
        let conn = open::reader(&self.path)?;
        filter_sql::register(&conn)?;
        Ok(conn)
    }

    /// Cancels the reads that run, and closes the idle connections.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.any.close();
        self.long.close();
        self.idle.lock().clear();
    }
}
