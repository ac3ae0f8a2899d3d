//! Work on a request that takes long goes on another thread: a worker's other connections do not wait for it.

use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::http::Headers;

/// Work over a body of this length takes long enough to hold up the other connections of a worker.
const LONG_BODY: usize = 64 << 10;
/// So much may come of this little when it is compressed.
const LONG_COMPRESSED: usize = 1 << 10;

/// Whether judging a request, or filling in a template from it, takes long.
pub(super) fn takes_long(headers: &Headers, body: &Bytes) -> bool {
    body.len() > LONG_BODY || body.len() > LONG_COMPRESSED && headers.contains("Content-Encoding")
}

/// Requests that are worked on at once away from their worker: more would leave the workers no processor.
static ELSEWHERE: Semaphore = Semaphore::const_new(2);

/// Runs long work on another thread, when it is its turn. `None` when it has panicked.
pub(super) async fn off_the_worker<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    // The semaphore is never closed.
    let permit = ELSEWHERE.acquire().await.ok();
    let done = tokio::task::spawn_blocking(move || {
        // Held to the end even when the sender has left.
        let _permit = permit;
        work()
    });
    done.await.inspect_err(|error| tracing::error!(%error, "work on a request has failed")).ok()
}
