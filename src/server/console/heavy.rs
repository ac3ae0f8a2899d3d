//! Work on whole bodies, which may be large, and thousands of times larger when decoded. So only a few are processed at
//! a time, and a large one is not read before its turn.

use actix_web::error::BlockingError;
use actix_web::web;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::problem::Problem;
use crate::model::{BinId, CapturedRequest, RequestSummary};
use crate::store::{RequestRef, Store, StoreError};

/// Large bodies processed at once.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// Small bodies processed at once, counted separately: views of ordinary requests do not wait for large ones.
static SMALL_AT_ONCE: Semaphore = Semaphore::const_new(4);
/// Shapes learnt at once, each from a few megabytes at most.
static LEARNING: Semaphore = Semaphore::const_new(2);
/// Comparisons of large bodies: one at a time, so that a turn is left for other work.
static COMPARING: Semaphore = Semaphore::const_new(1);

/// Bytes of a body that is read without a turn, and of which nothing large can be made.
const SMALL: u64 = 256 << 10;

/// A turn to read and process large bodies. Taken before reading, so that a waiting task holds no body. The holder of a
/// turn must not wait for another.
pub(super) struct Turn {
    _permit: Option<SemaphorePermit<'static>>,
}

/// Waits for a turn.
pub(super) async fn turn() -> Turn {
    turn_of(&AT_ONCE).await
}

/// Waits for a turn to learn a shape.
pub(super) async fn learning() -> Turn {
    turn_of(&LEARNING).await
}

async fn turn_of(turns: &'static Semaphore) -> Turn {
    // The semaphore is never closed; without a permit, the work would only not wait.
    Turn { _permit: turns.acquire().await.ok() }
}

impl Turn {
    /// Runs `work` on a blocking thread; the turn ends with it.
    pub(super) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, BlockingError> {
        web::block(move || {
            // Held until the work ends, even if the caller has left.
            let _turn = self;
            work()
        })
        .await
    }
}

/// Waits for a turn, then runs `work` on a blocking thread.
pub(super) async fn heavy<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, BlockingError> {
    turn().await.run(work).await
}

/// A request that was looked up: a small one is already read, a large one waits for its turn.
pub(super) enum Found {
    Small(CapturedRequest),
    Large(RequestSummary),
}

impl Found {
    pub(super) async fn find(store: &Store, bin: BinId, which: RequestRef) -> Result<Self, StoreError> {
        Ok(match store.request_up_to(bin, which, SMALL).await? {
            Ok(request) => Self::Small(request),
            Err(summary) => Self::Large(summary),
        })
    }

    pub(super) const fn summary(&self) -> &RequestSummary {
        match self {
            Self::Small(request) => &request.summary,
            Self::Large(summary) => summary,
        }
    }

    /// Reads the whole request: a large one in its turn.
    pub(super) async fn read(self, store: &Store) -> Result<InTurn, StoreError> {
        let turn = if matches!(self, Self::Large(_)) { Some(turn().await) } else { None };
        Ok(InTurn { request: self.whole(store).await?, turn })
    }

    async fn whole(self, store: &Store) -> Result<CapturedRequest, StoreError> {
        match self {
            Self::Small(request) => Ok(request),
            Self::Large(summary) => store.request(summary.bin, RequestRef::Id(summary.id)).await,
        }
    }

    /// Whether the body is small and stays small when decoded.
    fn stays_small(&self) -> bool {
        matches!(self, Self::Small(request) if !is_coded(request))
    }
}

fn is_coded(request: &CapturedRequest) -> bool {
    request.head.headers().contains("content-encoding")
}

/// Looks a request up and reads it: a large one in its turn.
pub(super) async fn read(store: &Store, bin: BinId, which: RequestRef) -> Result<InTurn, StoreError> {
    Found::find(store, bin, which).await?.read(store).await
}

/// A whole request, with its turn if it is large. The holder must not wait for another turn.
pub(super) struct InTurn {
    request: CapturedRequest,
    turn: Option<Turn>,
}

impl InTurn {
    pub(super) const fn request(&self) -> &CapturedRequest {
        &self.request
    }

    /// The request, and a turn to work on it.
    pub(super) async fn split(self) -> (CapturedRequest, Turn) {
        let turn = match self.turn {
            Some(turn) => turn,
            None if is_coded(&self.request) => turn().await,
            None => turn_of(&SMALL_AT_ONCE).await,
        };
        (self.request, turn)
    }

    /// The request's summary, and a turn to read more that belongs to it. Drops the body.
    pub(super) async fn known(self) -> (RequestSummary, Turn) {
        let turn = match self.turn {
            Some(turn) => turn,
            None => turn().await,
        };
        (self.request.summary, turn)
    }

    /// Processes it on a blocking thread.
    pub(super) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce(CapturedRequest) -> T + Send + 'static,
    ) -> Result<T, BlockingError> {
        let (request, turn) = self.split().await;
        turn.run(move || work(request)).await
    }

    /// Converts it without decoding: for a small one, the switch to another thread would take longest.
    pub(super) async fn write<T: Send + 'static>(
        self,
        work: impl FnOnce(CapturedRequest) -> T + Send + 'static,
    ) -> Result<T, BlockingError> {
        match self.turn {
            None => Ok(work(self.request)),
            Some(turn) => turn.run(move || work(self.request)).await,
        }
    }

    /// The first delivery of the event that this request repeats: `None` when it repeats none, or that one is gone.
    pub(super) async fn first_delivery(&mut self, store: &Store) -> Result<Option<CapturedRequest>, StoreError> {
        let summary = &self.request.summary;
        let Some(first) = summary.derived.event.duplicate_of else { return Ok(None) };
        let read = async {
            let found = Found::find(store, summary.bin, RequestRef::Id(first)).await?;
            if matches!(found, Found::Large(_)) && self.turn.is_none() {
                self.turn = Some(turn().await);
            }
            found.whole(store).await
        };
        match read.await {
            Ok(first) => Ok(Some(first)),
            Err(StoreError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Compares two requests when it is their turn.
pub(super) async fn comparing<T: Send + 'static>(
    store: &Store,
    (a, b): (Found, Found),
    work: impl FnOnce(&CapturedRequest, &CapturedRequest) -> T + Send + 'static,
) -> Result<T, Problem> {
    let are_small = a.stays_small() && b.stays_small();
    let alone = if are_small { None } else { COMPARING.acquire().await.ok() };
    let turn = turn_of(if are_small { &SMALL_AT_ONCE } else { &AT_ONCE }).await;
    let (a, b) = (a.whole(store).await?, b.whole(store).await?);
    let compared = turn.run(move || {
        let _alone = alone;
        work(&a, &b)
    });
    Ok(compared.await?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use std::time::Duration;

    use bytes::Bytes;

    use super::*;
    use crate::http::Head;
    use crate::model::{BinSettings, Change, Clock, Derived, HeadSource, NewRequest, Origin, RequestId, Timestamp};
    use crate::store::{CommitListener, StoreOptions};

    struct Deaf;

    impl CommitListener for Deaf {
        fn wants(&self, _: BinId) -> bool {
            false
        }
        fn committed(&self, _: Vec<Change>) {}
    }

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
    /// A bin with one request whose body has that many bytes.
    async fn stored(folder: &std::path::Path, size: usize) -> (Store, BinId, RequestId) {
        let options = StoreOptions::unlimited(&folder.join("creel.db"));
        let store = Store::open(options, Clock::system(), Arc::new(Deaf)).unwrap();
        let bin = store.create_bin(BinSettings::default(), Vec::new()).await.unwrap().bin.id;
        let head = Head::new(Bytes::from_static(b"POST /b HTTP/1.1\r\n\r\n"));
        let request = NewRequest {
            bin,
            received_at: Timestamp::default(),
            body_took: Duration::ZERO,
            head,
            head_source: HeadSource::Wire,
            body: vec![b'x'; size].into(),
            trailers: Bytes::new(),
            declared_size: Some(size as u64),
            complete: true,
            client: None,
            rejected: None,
            derived: Derived::default(),
            status: Some(200),
            held_until: None,
            origin: Origin::Wire,
            hops: 0,
        };
        let stored = store.capture(request).await.unwrap();
        (store, bin, stored.id)
    }

    #[actix_web::test]
    async fn a_large_request_is_not_read_before_its_turn_and_a_small_one_waits_for_none() {
        let folder = tempfile::tempdir().unwrap();
        let small = usize::try_from(SMALL).unwrap();
        for (size, is_large) in [(small, false), (small + 1, true)] {
            let (store, bin, id) = stored(&folder.path().join(size.to_string()), size).await;
            let found = Found::find(&store, bin, RequestRef::Id(id)).await.unwrap();
            assert_eq!(matches!(found, Found::Large(_)), is_large);
            assert_eq!(found.summary().id, id);
            let read = found.read(&store).await.unwrap();
            assert_eq!((read.request().body.len(), read.turn.is_some()), (size, is_large));
            assert_eq!(read.run(|request| request.body.len()).await.unwrap(), size);
        }
    }
}
