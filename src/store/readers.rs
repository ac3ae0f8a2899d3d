//! Connections for reading: a few, each used by one thread at a time. A read never waits for the writer.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{StoreError, open};

/// Reads at the same time. More would only share the same two or four cores.
const READERS: usize = 4;
/// Of these, how many may be long ones (searches, exports): lists stay quick beside them.
const LONG_READERS: usize = 2;

/// The pool.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    any: Arc<Semaphore>,
    long: Arc<Semaphore>,
    closed: Arc<AtomicBool>,
}

/// Whether a read is still wanted.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    gone: Arc<AtomicBool>,
    closed: Arc<AtomicBool>,
}

impl Wanted {
    /// Whether whoever asked has left, or the store is being closed.
    pub(super) fn is_over(&self) -> bool {
        self.gone.load(Ordering::Relaxed) || self.closed.load(Ordering::Relaxed)
    }
}

/// Sets the flag when the asking future goes.
struct Asking(Arc<AtomicBool>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::default(),
            any: Arc::new(Semaphore::new(READERS)),
            long: Arc::new(Semaphore::new(LONG_READERS)),
            closed: Arc::default(),
        }
    }

    /// Reads on a thread where that may take its time.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        long: bool,
        work: impl FnOnce(&Connection, &Wanted) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let closed = |_| StoreError::Closed;
        let long_permit = if long { Some(Arc::clone(&self.long).acquire_owned().await.map_err(closed)?) } else { None };
        let permit = Arc::clone(&self.any).acquire_owned().await.map_err(closed)?;
        let wanted = Wanted { gone: Arc::default(), closed: Arc::clone(&self.closed) };
        let asking = Asking(Arc::clone(&wanted.gone));
        let readers = Arc::clone(self);
        let reading = tokio::task::spawn_blocking(move || {
            let conn = readers.take()?;
            let result = work(&conn, &wanted);
            // A connection that saw an error is not used again: the file may have been replaced.
            if result.as_ref().err().is_none_or(|error| !error.is_trouble()) && !wanted.closed.load(Ordering::Relaxed) {
                readers.idle.lock().push(conn);
            } else {
                drop(conn);
            }
            drop((permit, long_permit));
            result
        });
        let result = reading.await.unwrap_or_else(|_| Err(StoreError::Unavailable("a read panicked".to_owned())));
        drop(asking);
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
        super::filter_sql::register(&conn)?;
        Ok(conn)
    }

    /// Ends reads as soon as they look, and closes the idle connections.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.any.close();
        self.long.close();
        self.idle.lock().clear();
    }
}
