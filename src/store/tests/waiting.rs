//! Everybody who waits for a commit learns of it: also beside others who leave, and when the writer is overrun.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;

use super::help::{Fixture, hold, post, request};
use crate::store::StoreError;

#[tokio::test]
async fn those_who_stay_are_answered_whoever_leaves() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            for round in 0..40_usize {
                let release = hold(&fixture).await;
                let tasks: Vec<_> = (0..30_usize)
                    .map(|number| {
                        let store = fixture.store.clone();
                        tokio::task::spawn_local(async move { store.capture(post(bin, &number.to_string())).await })
                    })
                    .collect();
                tokio::task::yield_now().await;
                if round % 2 == 0 {
                    drop(release);
                    // Some leave before, some after the leader was woken.
                    for task in tasks.iter().step_by(1 + round % 3) {
                        task.abort();
                    }
                } else {
                    for task in tasks.iter().skip(round % 4).step_by(2) {
                        task.abort();
                    }
                    tokio::task::yield_now().await;
                    drop(release);
                }
                for task in tasks {
                    let answered = tokio::time::timeout(Duration::from_secs(10), task).await.expect("forgotten");
                    assert!(answered.is_err() || answered.unwrap().is_ok());
                }
            }
        })
        .await;
    fixture.store.check().await.unwrap();
    // Every request that was queued is stored, whether its sender stayed or not.
    assert_eq!(fixture.store.counts(bin).requests, 40 * 30);
}

#[tokio::test]
async fn many_captures_in_one_task_are_all_answered() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    for _ in 0..20 {
        let all = join_all((0..50).map(|_| fixture.store.capture(post(bin, "x")))).await;
        assert!(all.iter().all(Result::is_ok));
    }
    assert_eq!(fixture.store.counts(bin).requests, 1_000);
}

#[test]
fn captures_from_many_threads_and_runtimes_are_all_answered() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let fixture = Fixture::new();
    let bin = runtime.block_on(fixture.bin()).bin.id;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let own = tokio::runtime::Builder::new_current_thread().build().unwrap();
                for _ in 0..100 {
                    own.block_on(fixture.store.capture(post(bin, "x"))).unwrap();
                }
            });
        }
        for _ in 0..100 {
            runtime.block_on(fixture.store.capture(post(bin, "y"))).unwrap();
        }
    });
    assert_eq!(fixture.store.counts(bin).requests, 500);
}

#[tokio::test]
async fn an_overrun_writer_refuses_at_once_and_goes_on_later() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let release = hold(&fixture).await;
    let big = "x".repeat(9 << 20);
    let mut waiting = Vec::new();
    for _ in 0..7 {
        waiting.push(Box::pin(fixture.store.capture(post(bin, &big))));
    }
    for waiter in &mut waiting {
        assert!(waiter.now_or_never().is_none());
    }
    assert_eq!(fixture.store.capture(post(bin, &big)).await, Err(StoreError::Busy));
    let stats = fixture.store.stats();
    assert!(stats.queued >= 7 && stats.queued_bytes > 60 << 20, "{stats:?}");
    drop(release);
    assert!(join_all(waiting).await.iter().all(Result::is_ok));
    assert!(fixture.store.capture(post(bin, &big)).await.is_ok());
    assert_eq!(fixture.store.stats().queued_bytes, 0);
}

#[tokio::test]
async fn closing_stores_what_is_queued_and_refuses_the_rest() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let release = hold(&fixture).await;
    let mut waiting = Box::pin(fixture.store.capture(post(bin, "queued")));
    assert!((&mut waiting).now_or_never().is_none());
    let closing = fixture.store.clone();
    let closing = std::thread::spawn(move || closing.close());
    drop(release);
    assert!(waiting.await.is_ok());
    closing.join().unwrap();
    assert_eq!(fixture.store.capture(post(bin, "late")).await, Err(StoreError::Closed));
    let fixture = fixture.again();
    assert_eq!(fixture.store.counts(bin).requests, 1);
}

#[tokio::test]
async fn what_waits_counts_with_its_head_body_and_trailers() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let release = hold(&fixture).await;
    let mut grown = Vec::new();
    for (more_head, body, trailers) in [(0, 0, 0), (7, 0, 0), (0, 50, 0), (0, 0, 300), (7, 50, 300)] {
        let head = format!("POST /{bin} HTTP/1.1\r\nX-A: {}\r\n\r\n", "h".repeat(more_head));
        let mut request = request(bin, &head, &vec![b'x'; body]);
        request.trailers = vec![b'x'; trailers].into();
        let before = fixture.store.stats().queued_bytes;
        fixture.store.capture_unattended(request);
        grown.push(fixture.store.stats().queued_bytes - before - (more_head + body + trailers) as u64);
    }
    assert!(grown[0] > 0 && grown.iter().all(|each| *each == grown[0]), "{grown:?}");
    drop(release);
}
