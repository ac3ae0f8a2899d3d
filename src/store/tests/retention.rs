//! Limits are kept to, what is pinned stays, what went is counted.

use super::help::{Fixture, hold, post, start, until};
use crate::model::{BinLimits, BinSettings, ChangeKind, MarksPatch, Timestamp};
use crate::store::{ListQuery, Order, RequestRef};

#[tokio::test]
async fn the_oldest_go_when_there_are_too_many_and_the_pinned_stay() {
    let fixture = Fixture::with(|options| options.max_requests = 50);
    let bin = fixture.bin().await.bin.id;
    let first = fixture.store.capture(post(bin, "first")).await.unwrap();
    let pin = MarksPatch { pinned: Some(true), ..MarksPatch::default() };
    fixture.store.mark(bin, first.id, pin).await.unwrap();
    let mut last = first;
    for number in 0..2_000 {
        fixture.store.capture_unattended(post(bin, &number.to_string()));
        if number % 100 == 99 {
            last = fixture.store.capture(post(bin, "waited for")).await.unwrap();
        }
    }
    until(|| fixture.store.counts(bin).requests == 51).await;
    let counts = fixture.store.counts(bin);
    assert_eq!((counts.evicted, counts.unread), (2_020 - 50, 51));
    let page = fixture.store.list(bin, ListQuery { limit: 100, ..ListQuery::default() }).await.unwrap();
    assert_eq!(page.requests.len(), 51);
    assert_eq!(page.requests[0].seq, last.seq);
    assert_eq!(page.requests[50].id, first.id);
    {
        let log = fixture.log.0.lock();
        assert!(log.is_sorted_by(|a, b| a.seq < b.seq), "changes come in the order of their numbers");
        let count = |what: &ChangeKind| if let ChangeKind::Evicted { count, .. } = what { *count } else { 0 };
        assert_eq!(log.iter().map(|change| count(&change.what)).sum::<u64>(), counts.evicted);
    }
    // Unpinned, it is the oldest again; and a smaller limit is kept to at once.
    let unpin = MarksPatch { pinned: Some(false), ..MarksPatch::default() };
    fixture.store.mark(bin, first.id, unpin).await.unwrap();
    until(|| fixture.store.counts(bin).requests == 50).await;
    assert!(fixture.store.request(bin, RequestRef::Id(first.id)).await.is_err());
    fixture.store.update_bin(bin, |settings| settings.limits.max_requests = Some(5)).await.unwrap();
    until(|| fixture.store.counts(bin).requests == 5).await;
    let counts = fixture.store.counts(bin);
    let fixture = fixture.again();
    assert_eq!(fixture.store.counts(bin).evicted, counts.evicted);
}

#[tokio::test]
async fn what_is_too_old_goes_by_itself() {
    let fixture = Fixture::new();
    let limits = BinLimits { max_age_s: Some(60), ..BinLimits::default() };
    let bin =
        fixture.store.create_bin(BinSettings { limits, ..BinSettings::default() }, Vec::new()).await.unwrap().bin.id;
    fixture.store.capture(post(bin, "old")).await.unwrap();
    let mut young = post(bin, "young");
    young.received_at = Timestamp::from_secs(start().as_secs() + 30);
    let young = fixture.store.capture(young).await.unwrap();
    fixture.clock.set(Timestamp::from_secs(start().as_secs() + 61));
    until(|| fixture.store.counts(bin).requests == 1).await;
    assert!(fixture.store.request(bin, RequestRef::Id(young.id)).await.is_ok());
    assert_eq!(fixture.store.counts(bin).evicted, 1);
}

#[tokio::test]
async fn the_oldest_of_all_bins_go_when_there_are_too_many_bytes() {
    let fixture = Fixture::with(|options| options.max_bytes = 100_000);
    let (one, two) = (fixture.bin().await.bin.id, fixture.bin().await.bin.id);
    let body = "x".repeat(1_000);
    let pinned = fixture.store.capture(post(one, &body)).await.unwrap();
    fixture.store.mark(one, pinned.id, MarksPatch { pinned: Some(true), ..MarksPatch::default() }).await.unwrap();
    for _ in 0..200 {
        fixture.store.capture(post(one, &body)).await.unwrap();
        fixture.store.capture(post(two, &body)).await.unwrap();
    }
    let held = || {
        let (one, two) = (fixture.store.counts(one), fixture.store.counts(two));
        (one.bytes + two.bytes, one.requests, two.requests)
    };
    until(|| held().0 <= 102_000).await;
    let (bytes, in_one, in_two) = held();
    assert!(bytes > 95_000, "{bytes}");
    assert!(in_one.abs_diff(in_two) <= 2, "{in_one} {in_two}");
    assert!(fixture.store.request(one, RequestRef::Id(pinned.id)).await.is_ok());
    fixture.store.close();
    let rows: i64 = rusqlite::Connection::open(fixture.path())
        .unwrap()
        .query_row("SELECT count(*) FROM content", [], |row| row.get(0))
        .unwrap();
    assert_eq!(u64::try_from(rows).unwrap(), held().1 + held().2);
}

#[tokio::test]
async fn duplicates_name_the_first_of_their_kind() {
    let fixture = Fixture::new();
    let (bin, other) = (fixture.bin().await.bin.id, fixture.bin().await.bin.id);
    let keyed = |bin, key: &str| {
        let mut new = post(bin, "x");
        new.derived.event.duplicate_key = Some(key.to_owned());
        new
    };
    let first = fixture.store.capture(keyed(bin, "k")).await.unwrap();
    for (bin, key, expected) in
        [(bin, "k", Some(first.id)), (bin, "l", None), (other, "k", None), (bin, "k", Some(first.id))]
    {
        let stored = fixture.store.capture(keyed(bin, key)).await.unwrap();
        let back = fixture.store.request(bin, RequestRef::Id(stored.id)).await.unwrap();
        assert_eq!(back.summary.derived.event.duplicate_of, expected);
    }
}

#[tokio::test]
async fn a_repeat_names_the_first_that_is_still_there_also_within_one_batch() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let keyed = || {
        let mut new = post(bin, "x");
        new.derived.event.duplicate_key = Some("k".to_owned());
        new
    };
    let store = &fixture.store;
    let first = store.capture(keyed()).await.unwrap();
    let release = hold(&fixture).await;
    let (second, deleted, third, fourth, ()) = tokio::join!(
        async { store.capture(keyed()).await },
        store.delete(bin, first.id),
        async { store.capture(keyed()).await },
        async { store.capture(keyed()).await },
        async { drop(release) },
    );
    deleted.unwrap();
    let second = second.unwrap();
    for (stored, expected) in [(second, first.id), (third.unwrap(), second.id), (fourth.unwrap(), second.id)] {
        let back = store.request(bin, RequestRef::Id(stored.id)).await.unwrap();
        assert_eq!(back.summary.derived.event.duplicate_of, Some(expected));
    }
}

#[tokio::test]
async fn a_repeat_in_one_bin_is_none_in_another_within_one_batch() {
    let fixture = Fixture::new();
    let (bin, other) = (fixture.bin().await.bin.id, fixture.bin().await.bin.id);
    let store = &fixture.store;
    let capture = async |bin, key: &str| {
        let mut new = post(bin, "x");
        new.derived.event.duplicate_key = Some(key.to_owned());
        store.capture(new).await.unwrap().id
    };
    let first = capture(bin, "k").await;
    let release = hold(&fixture).await;
    let (second, others, others_second, third, ()) =
        tokio::join!(capture(bin, "k"), capture(other, "k"), capture(other, "k"), capture(bin, "k"), async {
            drop(release);
        },);
    for (bin, id, expected) in [
        (bin, second, Some(first)),
        (other, others, None),
        (other, others_second, Some(others)),
        (bin, third, Some(first)),
    ] {
        let back = store.request(bin, RequestRef::Id(id)).await.unwrap();
        assert_eq!(back.summary.derived.event.duplicate_of, expected);
    }
}

#[tokio::test]
async fn a_clock_that_jumps_changes_neither_order_nor_cursor() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let mut sent = Vec::new();
    for jump in [0, 400 * 86_400, -400 * 86_400, 10] {
        fixture.clock.jump(Timestamp::from_secs(start().as_secs() + jump));
        sent.push(fixture.store.capture(post(bin, "x")).await.unwrap().id);
    }
    let oldest = ListQuery { limit: 10, order: Order::Oldest, ..ListQuery::default() };
    let page = fixture.store.list(bin, oldest.clone()).await.unwrap().requests;
    assert_eq!(page.iter().map(|summary| summary.id).collect::<Vec<_>>(), sent);
    let rest = fixture.store.list(bin, ListQuery { after: Some(page[1].seq), ..oldest }).await.unwrap().requests;
    assert_eq!(rest.iter().map(|summary| summary.id).collect::<Vec<_>>(), sent[2..]);
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_removes_nothing_for_an_hour() {
    let fixture = Fixture::with(|options| options.max_age_s = 86_400);
    let bin = fixture.bin().await.bin.id;
    fixture.store.capture(post(bin, "kept")).await.unwrap();
    let later = |seconds: i64| Timestamp::from_secs(start().as_secs() + seconds);
    let year = 400 * 86_400;
    fixture.clock.jump(later(year));
    until(|| fixture.store.stats().clock_jumped).await;
    fixture.store.capture(post(bin, "also")).await.unwrap();
    fixture.clock.set(later(year + 1_800));
    fixture.store.capture(post(bin, "later")).await.unwrap();
    assert_eq!(fixture.store.counts(bin).requests, 3);
    fixture.clock.set(later(year + 3_700));
    until(|| fixture.store.counts(bin).requests < 3).await;
    assert!(!fixture.store.stats().clock_jumped);
}
