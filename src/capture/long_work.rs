//! Moves long work on a request to another thread, so that the worker's other connections do not wait.

use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::http::Headers;

/// Work over a body of this length takes long enough to hold up the other connections of a worker.
const LONG_BODY: usize = 64 << 10;
/// The same for a compressed body: it may expand a great deal.
const LONG_COMPRESSED: usize = 1 << 10;

/// Whether judging a request, or filling in a template from it, takes long.
pub(super) fn takes_long(headers: &Headers, body: &Bytes) -> bool {
    body.len() > LONG_BODY || body.len() > LONG_COMPRESSED && headers.contains("Content-Encoding")
}

/// How many requests are processed off their worker at once: more would leave the workers no processor.
static ELSEWHERE: Semaphore = Semaphore::const_new(2);

/// Runs long work on another thread, in its turn. `None` when it has panicked.
pub(super) async fn off_the_worker<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    // The semaphore is never closed.
    let permit = ELSEWHERE.acquire().await.ok();
    let done = tokio::task::spawn_blocking(move || {
        // Held until the work ends, even if the sender has left.
        let _permit = permit;
        work()
    });
    done.await.inspect_err(|error| tracing::error!(%error, "work on a request has failed")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_body_takes_long_and_a_compressed_one_may_be_large() {
        for (length, field, long) in [
            (0, "X-A", false),
            (64 << 10, "X-A", false),
            ((64 << 10) + 1, "X-A", true),
            (1 << 10, "content-encoding", false),
            ((1 << 10) + 1, "content-encoding", true),
            ((64 << 10) + 1, "content-encoding", true),
        ] {
            let headers: Headers = [(field, "gzip")].into_iter().collect();
            assert_eq!(takes_long(&headers, &vec![0; length].into()), long, "{length} {field}");
        }
    }

    #[tokio::test]
    async fn what_panics_elsewhere_is_nothing_and_the_next_one_has_its_turn() {
        for _ in 0..3 {
            assert_eq!(off_the_worker(|| -> u8 { std::panic::resume_unwind(Box::new("on purpose")) }).await, None);
        }
        assert_eq!(off_the_worker(|| 1).await, Some(1));
    }
}
