//! Work over whole bodies: a decoded one may be thousands of times as large as it was sent, so a few are worked on at a
//! time, whoever asks.

use actix_web::error::BlockingError;
use actix_web::web;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Bodies that are worked on at once.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// The turn of somebody who reads large bodies and works on them: taken before the reading, so that whoever waits holds
/// none.
pub(super) struct Turn {
    _permit: Option<SemaphorePermit<'static>>,
}

/// Waits for a turn.
pub(super) async fn turn() -> Turn {
    // The semaphore is never closed; without a permit it would only be less patient.
    Turn { _permit: AT_ONCE.acquire().await.ok() }
}

impl Turn {
    /// Runs `work` on a thread of its own, to the end of the turn.
    pub(super) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, BlockingError> {
        web::block(move || {
            // Held to the end even when the one who asked has left.
            let _turn = self;
            work()
        })
        .await
    }
}

/// Runs `work` on a thread of its own when it is its turn.
pub(super) async fn heavy<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, BlockingError> {
    turn().await.run(work).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[actix_web::test]
    async fn few_bodies_are_worked_on_at_once() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let all = (0..16).map(|_| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            heavy(move || {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(std::time::Duration::from_millis(5));
                now.fetch_sub(1, Ordering::SeqCst);
            })
        });
        futures_util::future::join_all(all).await.into_iter().for_each(Result::unwrap);
        assert!(most.load(Ordering::SeqCst) <= 2);
    }
}
