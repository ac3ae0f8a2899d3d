//! Work over whole bodies: a decoded one may be thousands of times as large as it was sent, so a few are worked on at a
//! time, whoever asks.

use actix_web::error::BlockingError;
use actix_web::web;
use tokio::sync::Semaphore;

/// Bodies that are worked on at once.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Runs `work` on a thread of its own when it is its turn.
pub(super) async fn heavy<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, BlockingError> {
    // The semaphore is never closed; without a permit it would only be less patient.
    let permit = AT_ONCE.acquire().await.ok();
    web::block(move || {
        // Held to the end even when the one who asked has left.
        let _permit = permit;
        work()
    })
    .await
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
