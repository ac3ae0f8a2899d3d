use super::super::effects::{Delta, Touch};
use super::*;
use crate::model::filter::Filter;
use crate::model::{ChangeKind, MarksPatch};
use crate::store::tests::{Fixture, post};

#[test]
fn the_clock_is_believed_when_it_goes_back_or_a_minute_ahead_and_further_ahead_after_an_hour() {
    const START: i64 = 1_000_000_000;
    let mut ages = Ages::default();
    // What the clock is ahead of where it was at the start, the time that has passed, how far ahead it is believed to
    // be.
    for (ahead, steady, believed, jumped) in [
        (0, 0, 0, false),
        (0, 5_000_000, 0, false),
        (60_000_000, 5_000_000, 60_000_000, false),
        (120_000_001, 6_000_000, 60_000_000, true),
        (900_000_000, 7_000_000, 60_000_000, true),
        (-900_000_000, 8_000_000, -900_000_000, false),
        (0, 10_000_000, -900_000_000, true),
        (0, 3_609_999_999, -900_000_000, true),
        (0, 3_610_000_000, 0, false),
        (60_000_000, 3_610_000_000, 60_000_000, false),
    ] {
        let now = ages.at(START + steady + ahead, steady);
        assert_eq!((now - START - steady, ages.jumped.is_some()), (believed, jumped), "{ahead} {steady}");
    }
}

#[test]
fn each_kind_of_work_has_its_cursors_and_only_the_excess_of_a_bin_waits_for_more() {
    let bins = |count: usize| (0..count).map(|_| BinId::generate());
    let case = |over: usize, aged: usize| Retention {
        over: bins(over).collect(),
        aged: bins(aged).collect(),
        ..Retention::default()
    };
    let (now, soon) = (Some(Duration::ZERO), Some(PATIENCE));
    for (number, (retention, patience, cursors)) in [
        (case(0, 0), None, 0),
        (case(1, 0), soon, 1),
        (case(16, 0), soon, 16),
        (case(17, 0), soon, 16),
        (case(0, 1), now, 1),
        (case(3, 17), now, 19),
        (Retention { over_bytes: true, ..case(0, 0) }, now, 16),
        (Retention { over_bytes: true, ..case(2, 3) }, now, 21),
        (Retention { over_bytes: true, stuck: true, ..case(0, 0) }, None, 0),
        (Retention { over_bytes: true, stuck: true, ..case(2, 0) }, soon, 2),
        (Retention { to_purge: vec![1], ..case(0, 0) }, now, 1),
        (Retention { to_purge: vec![1], ..case(1, 0) }, now, 1),
        // What was rolled back is tried again, but not all the time.
        (Retention { to_purge: vec![1], failed: true, ..case(0, 0) }, Some(RETRY), 1),
        (Retention { failed: true, ..case(3, 0) }, Some(RETRY), 3),
        (Retention { failed: true, ..case(0, 0) }, None, 0),
        (Retention { journaled: JOURNAL_ROWS + JOURNAL_SLACK, ..case(0, 0) }, None, 0),
        (Retention { journaled: JOURNAL_ROWS + JOURNAL_SLACK + 1, ..case(0, 0) }, now, 1),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!((retention.patience(), retention.cursors()), (patience, cursors), "case {number}");
        assert_eq!(retention.is_behind(), patience.is_some(), "case {number}");
    }
}

#[tokio::test]
async fn bins_are_searched_for_what_is_too_old_once_a_second_and_when_the_clock_goes_back() {
    let fixture = Fixture::with(|options| options.max_age_s = 3_600);
    let bin = fixture.bin().await.bin.id;
    fixture.bin().await;
    fixture.store.capture(post(bin, "x")).await.unwrap();
    let (start, mut retention) = (fixture.clock.now().as_micros(), Retention::default());
    for (micros, is_searched) in [
        (0, true),
        (0, false),
        (999_999, false),
        (1_000_000, true),
        (1_999_999, false),
        (5_000_000, true),
        (5_000_000, false),
        (4_999_999, true),
        (5_999_998, false),
        (5_999_999, true),
    ] {
        fixture.clock.jump(Timestamp::from_micros(start + micros));
        retention.plan(&fixture.store.db.shared);
        // The other bin is empty.
        let expected: &[BinId] = if is_searched { &[bin] } else { &[] };
        assert_eq!(std::mem::take(&mut retention.aged), expected, "{micros}");
    }
}

#[tokio::test]
async fn what_is_pinned_no_more_is_found_again_by_the_limit_of_bytes() {
    let fixture = Fixture::with(|_| {});
    let bin = fixture.bin().await.bin.id;
    for (pinned, floor) in [(-1, 0), (-2, 0), (1, 7)] {
        let mut retention = Retention { floor: 7, ..Retention::default() };
        let touch = Touch { key: 1, wanted: false, delta: Delta { pinned, ..Delta::default() } };
        let mut effects = Effects { touched: std::iter::once((bin, touch)).collect(), ..Effects::default() };
        retention.committed(&fixture.store.db.shared, &mut effects);
        assert_eq!(retention.floor, floor, "{pinned}");
    }
}

#[tokio::test]
async fn a_bin_that_is_over_its_limit_is_evicted_from_when_it_has_grown_or_when_more_is_to_go() {
    let fixture = Fixture::with(|options| options.max_requests = 3);
    let bin = fixture.bin().await.bin.id;
    let shared = &fixture.store.db.shared;
    for (held, requests, pinned, was_evicted, is_over) in [
        (4, 1, 0, false, true),
        (3, 1, 0, false, false),
        (4, 0, -1, false, true),
        (4, -1, -2, false, true),
        (4, 0, 0, true, true),
        // What has changed nothing, or was pinned at once, must not start the next run.
        (4, 0, 0, false, false),
        (4, 1, 1, false, false),
        (4, -1, 0, false, false),
    ] {
        shared.bins.entry(bin).unwrap().holds.tally.lock().counts.requests = held;
        let eviction = was_evicted.then_some((1, 1, 1));
        let delta = Delta { requests, pinned, eviction, ..Delta::default() };
        let touch = Touch { key: 1, wanted: false, delta };
        let mut effects = Effects { touched: std::iter::once((bin, touch)).collect(), ..Effects::default() };
        let mut retention = Retention::default();
        retention.committed(shared, &mut effects);
        assert_eq!(retention.over.contains(&bin), is_over, "{held} {requests} {pinned} {was_evicted}");
    }
}

#[tokio::test]
async fn what_a_batch_itself_adds_or_unpins_counts_at_once() {
    let fixture = Fixture::with(|options| options.max_requests = 3);
    let bin = fixture.bin().await.bin.id;
    for _ in 0..3 {
        fixture.store.capture(post(bin, "x")).await.unwrap();
    }
    let excess = fixture.store.db.write(0, 0, move |tx, _| {
        let mut excess = Vec::new();
        for (requests, pinned) in [(0, 0), (1, 0), (1, 1), (0, -1), (3, 1), (0, 1), (-1, 0)] {
            let before = std::mem::replace(&mut tx.touch(bin)?.delta, Delta { requests, pinned, ..Delta::default() });
            excess.push(Retention::excess_in(tx, bin));
            tx.touch(bin)?.delta = before;
        }
        Ok(excess)
    });
    assert_eq!(excess.await.unwrap(), [0, 1, 0, 1, 2, 0, 0]);
}

#[tokio::test]
async fn a_search_for_bytes_to_remove_that_has_seen_all_in_vain_waits_for_a_change() {
    let fixture = Fixture::with(|_| {});
    let bin = fixture.bin().await.bin.id;
    for (pinned, unpinned, is_stuck) in [(0, 0, true), (2, 0, true), (0, 1, false)] {
        let patch = MarksPatch { pinned: Some(true), ..MarksPatch::default() };
        for number in 0..pinned + unpinned {
            let id = fixture.store.capture(post(bin, "x")).await.unwrap().id;
            if number < pinned {
                fixture.store.mark(bin, id, patch.clone()).await.unwrap();
            }
        }
        let stuck = fixture.store.db.write(16, 0, |tx, seq| {
            let mut retention = Retention { over_bytes: true, ..Retention::default() };
            retention.evict_bytes(tx, seq)?;
            Ok(retention.stuck)
        });
        assert_eq!(stuck.await, Ok(is_stuck), "{pinned} {unpinned}");
        assert_eq!(fixture.store.counts(bin).requests, pinned);
        fixture.store.delete_matching(bin, Filter::default()).await.unwrap();
    }
}

#[tokio::test]
async fn what_a_rollback_has_undone_is_still_to_be_done() {
    let fixture = Fixture::with(|options| options.max_requests = 3);
    let bin = fixture.bin().await.bin.id;
    let id = fixture.store.capture(post(bin, "x")).await.unwrap().id;
    for read in [true, false, true] {
        fixture.store.mark(bin, id, MarksPatch { read: Some(read), ..MarksPatch::default() }).await.unwrap();
    }
    let told = fixture.store.db.write(16, 0, move |tx, seq| {
        let journaled = JOURNAL_ROWS + JOURNAL_SLACK + 5;
        let state = |retention: &Retention| (retention.to_purge.clone(), retention.journaled);
        let mut told = Vec::new();
        for is_rolled_back in [true, false] {
            let mut retention = Retention { to_purge: vec![98, 99], journaled, ..Retention::default() };
            retention.run(tx, seq)?;
            told.push(state(&retention));
            (retention.next_age_check, retention.floor, retention.stuck) = (7, 7, true);
            if !is_rolled_back {
                retention.committed(tx.shared, &mut Effects::default());
            }
            tx.shared.bins.entry(bin).ok_or(StoreError::CursorGone)?.holds.tally.lock().counts.requests = 4;
            retention.forget_run(tx.shared);
            told.push(state(&retention));
            assert_eq!((retention.next_age_check, retention.floor, retention.stuck), (0, 0, false));
            assert!(retention.failed && retention.over.contains(&bin));
            tx.shared.bins.entry(bin).ok_or(StoreError::CursorGone)?.holds.tally.lock().counts.requests = 1;
        }
        Ok(told)
    });
    let journaled = JOURNAL_ROWS + JOURNAL_SLACK + 5;
    let expected = [
        (vec![98], journaled - 3),
        (vec![98, 99], journaled),
        // There is nothing left in the journal.
        (vec![98], journaled),
        (vec![98], journaled),
    ];
    assert_eq!(told.await.unwrap(), expected);
}

#[tokio::test]
async fn while_captures_come_at_least_twice_as_many_go_and_each_eviction_has_a_number_of_its_own() {
    let fixture = Fixture::with(|options| options.max_requests = 10_000);
    let mut bins = Vec::new();
    for _ in 0..3 {
        bins.push(fixture.bin().await.bin.id);
    }
    for _ in 0..1_300 {
        for bin in &bins {
            fixture.store.capture_unattended(post(*bin, "x"));
        }
    }
    let told = fixture.store.db.write(16, 0, move |tx, seq| {
        // As if each held more than it does.
        for bin in &bins {
            tx.shared.bins.entry(*bin).ok_or(StoreError::CursorGone)?.holds.tally.lock().counts.requests = 11_250;
        }
        tx.effects.captured = 600;
        tx.effects.changes.clear();
        let mut retention = Retention { over: bins.iter().copied().collect(), ..Retention::default() };
        retention.run(tx, seq)?;
        let told = tx.effects.changes.iter().filter_map(|change| match change.what {
            ChangeKind::Evicted { count, .. } => Some((change.seq - seq, count)),
            _ => None,
        });
        Ok(told.collect::<Vec<_>>())
    });
    assert_eq!(told.await.unwrap(), [(0, 1_200), (1, 1_200), (2, 1_200)]);
}

#[tokio::test]
async fn what_a_batch_itself_adds_counts_in_the_bytes_unless_it_is_pinned() {
    const MOST: i64 = 1 << 20;
    let fixture = Fixture::with(|options| options.max_bytes = 1 << 20);
    let bin = fixture.bin().await.bin.id;
    fixture.store.capture(post(bin, "x")).await.unwrap();
    for (bytes, pinned_bytes, evicted) in [(0, 0, 0), (MOST, MOST, 0), (0, -MOST, 1), (MOST, 0, 1), (-MOST, 0, 0)] {
        let gone = fixture.store.db.write(16, 0, move |tx, seq| {
            tx.touch(bin)?.delta = Delta { bytes, pinned_bytes, ..Delta::default() };
            let mut retention = Retention { over_bytes: true, ..Retention::default() };
            retention.evict_bytes(tx, seq)?;
            let gone = tx.touch(bin)?.delta.evicted;
            tx.touch(bin)?.delta = Delta::default();
            // So that it is there for the next.
            Err::<(), _>(StoreError::Failed(gone.to_string()))
        });
        assert_eq!(gone.await, Err(StoreError::Failed(evicted.to_string())), "{bytes} {pinned_bytes}");
    }
}

#[tokio::test]
async fn each_row_of_the_journal_is_counted() {
    let fixture = Fixture::with(|_| {});
    let bin = fixture.bin().await.bin.id;
    let (one, two) = (fixture.store.capture(post(bin, "x")).await, fixture.store.capture(post(bin, "y")).await);
    let counted = fixture.store.db.write(2, 0, move |tx, seq| {
        let before = tx.effects.journaled;
        tx.delete(bin, one?.id, seq)?;
        tx.delete(bin, two?.id, seq + 1)?;
        Ok(tx.effects.journaled - before)
    });
    assert_eq!(counted.await, Ok(2));
}

#[tokio::test]
async fn each_bin_with_old_requests_is_told_with_a_number_of_its_own() {
    let fixture = Fixture::with(|_| {});
    let mut bins = Vec::new();
    for _ in 0..3 {
        let bin = fixture.bin().await.bin.id;
        let mut old = post(bin, "x");
        old.received_at = fixture.clock.now().minus(Duration::from_secs(1));
        fixture.store.capture(old).await.unwrap();
        bins.push(bin);
    }
    let told = fixture.store.db.write(16, 0, move |tx, seq| {
        let mut retention = Retention { aged: bins.clone(), ..Retention::default() };
        retention.run(tx, seq)?;
        let told: Vec<(Seq, BinId)> = tx.effects.changes.iter().map(|change| (change.seq - seq, change.bin)).collect();
        Ok((told == [(0, bins[0]), (1, bins[1]), (2, bins[2])], retention.aged.len()))
    });
    assert_eq!(told.await.unwrap(), (true, 0));
}
