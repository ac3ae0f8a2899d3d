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

/// Connections for reading. `any` limits all that are in use, `long` those for long reads.
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

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::sync::oneshot;

    use super::*;

    fn readers() -> (tempfile::TempDir, Arc<Readers>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("creel.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        (folder, Arc::new(Readers::new(path)))
    }

    #[tokio::test]
    async fn a_connection_is_used_again_unless_it_saw_trouble_or_the_store_is_closed() {
        let (_folder, readers) = readers();
        let idle = || readers.idle.lock().len();
        let read = async |result: Result<(), StoreError>| {
            let told = result.clone();
            assert_eq!(readers.read(false, move |_, _| told).await, result);
        };
        read(Ok(())).await;
        assert_eq!(idle(), 1);
        read(Err(StoreError::CursorGone)).await;
        assert_eq!(idle(), 1);
        read(Err(StoreError::Unavailable("as if".to_owned()))).await;
        assert_eq!(idle(), 0);
        let closing = Arc::clone(&readers);
        let closed = readers.read(false, move |_, wanted| {
            closing.close();
            Ok(wanted.is_over())
        });
        assert_eq!(closed.await, Ok(true));
        assert_eq!(idle(), 0);
        assert_eq!(readers.read(false, |_, _| Ok(())).await, Err(StoreError::Closed));
    }

    #[tokio::test]
    async fn long_reads_leave_room_for_short_ones_and_the_next_long_one_waits() {
        let (_folder, readers) = readers();
        let mut running = Vec::new();
        for _ in 0..LONG_READERS {
            let (begun, begins) = oneshot::channel();
            let (release, held) = std::sync::mpsc::channel::<()>();
            let readers = Arc::clone(&readers);
            let reading = tokio::spawn(async move {
                let work = move |_: &Connection, _: &Wanted| {
                    let _ = begun.send(());
                    Ok(held.recv().is_err())
                };
                readers.read(true, work).await
            });
            begins.await.unwrap();
            running.push((release, reading));
        }
        let mut third = Box::pin(readers.read(true, |_, _| Ok(3)));
        assert_eq!((&mut third).now_or_never(), None);
        assert_eq!(readers.read(false, |_, _| Ok(1)).await, Ok(1));
        assert_eq!((&mut third).now_or_never(), None);
        for (release, reading) in running {
            drop(release);
            assert_eq!(reading.await.unwrap(), Ok(true));
        }
        assert_eq!(third.await, Ok(3));
    }

    #[tokio::test]
    async fn a_read_hears_that_nobody_waits_for_it() {
        let (_folder, readers) = readers();
        let (begun, begins) = oneshot::channel();
        let (ended, ends) = oneshot::channel();
        let reading = Arc::clone(&readers);
        let task = tokio::spawn(async move {
            let work = move |_: &Connection, wanted: &Wanted| {
                let _ = begun.send(());
                while !wanted.is_over() {
                    std::thread::yield_now();
                }
                let _ = ended.send(wanted.is_closed());
                Ok(())
            };
            reading.read(false, work).await
        });
        begins.await.unwrap();
        task.abort();
        assert_eq!(ends.await, Ok(false));
        assert_eq!(readers.read(false, |_, _| Ok(())).await, Ok(()));
    }
}
