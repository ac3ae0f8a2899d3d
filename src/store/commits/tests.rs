use futures_util::FutureExt as _;

use super::*;

#[tokio::test(flavor = "current_thread")]
async fn a_failure_reaches_its_waiter_though_another_hears_of_it_before_that_one_is_polled() {
    let waiters = CommitWaiters::new(0);
    let thread = waiters.of_this_thread();
    let (first, mut second) = (Rc::clone(&thread).wait(1), Rc::clone(&thread).wait(2));
    waiters.fail(thread.worker(), 2, StoreError::DiskFull);
    waiters.settle(2, &[thread.worker()]);
    assert_eq!(first.await, Ok(()));
    assert_eq!((&mut second).now_or_never(), Some(Err(StoreError::DiskFull)));
}

#[tokio::test(flavor = "current_thread")]
async fn a_waiter_that_was_never_polled_does_not_hold_up_those_that_were() {
    let waiters = CommitWaiters::new(0);
    let worker = waiters.of_this_thread().worker();
    let unpolled = waiters.of_this_thread().wait(1);
    let tasks = tokio::task::LocalSet::new();
    let polled = tasks.spawn_local(waiters.of_this_thread().wait(2));
    tasks.run_until(tokio::task::yield_now()).await;
    let late = tasks.spawn_local(waiters.of_this_thread().wait(3));
    tasks.run_until(tokio::task::yield_now()).await;
    for seq in 1..=3 {
        waiters.settle(seq, &[worker]);
        tasks.run_until(tokio::task::yield_now()).await;
    }
    let both = async { (polled.await.unwrap(), late.await.unwrap()) };
    let woken = tasks.run_until(tokio::time::timeout(std::time::Duration::from_secs(5), both)).await;
    assert_eq!(woken.expect("woken"), (Ok(()), Ok(())));
    assert_eq!(unpolled.await, Ok(()));
}

#[tokio::test(flavor = "current_thread")]
async fn a_waiter_is_woken_though_earlier_ones_of_its_thread_were_done_by_anothers_dispatch() {
    let waiters = CommitWaiters::new(0);
    let worker = waiters.of_this_thread().worker();
    let tasks = tokio::task::LocalSet::new();
    // Two wait, one of them leads; both are settled at once, so that the leader's dispatch finishes the other.
    for seq in [1, 2] {
        tasks.spawn_local(waiters.of_this_thread().wait(seq));
    }
    tasks.run_until(tokio::task::yield_now()).await;
    waiters.settle(2, &[worker]);
    tasks.await;

    let late = tokio::task::LocalSet::new();
    let third = late.spawn_local(waiters.of_this_thread().wait(3));
    late.run_until(tokio::task::yield_now()).await;
    waiters.settle(3, &[worker]);
    let woken = late.run_until(tokio::time::timeout(std::time::Duration::from_secs(5), third)).await;
    assert_eq!(woken.expect("woken").expect("no panic"), Ok(()));
}

#[test]
fn a_thread_lets_go_of_closed_stores_and_of_no_others() {
    let open = CommitWaiters::new(0);
    let worker = open.of_this_thread().worker();
    let closed = CommitWaiters::new(0);
    drop(closed.of_this_thread().wait(1));
    let gone = Arc::downgrade(&closed);
    drop(closed);
    // The list is gone through when a store is new to the thread.
    let other = CommitWaiters::new(0);
    assert_eq!(other.of_this_thread().worker(), 0);
    assert!(gone.upgrade().is_none());
    assert_eq!(open.of_this_thread().worker(), worker, "it has the same mailbox still");
    assert_eq!(open.mailboxes.read().len(), 1);
}
