//! What is counted as passed over, and where a pause goes on.

use super::help::{Fixture, assert_sound, post, settled};
use crate::model::{BinId, Forwarded, Lane, Routed, Seq, Timestamp};
use crate::store::{ListQuery, Order};

const LANE: Lane = Lane(7);

async fn sent(fixture: &Fixture, bin: BinId, count: usize) -> Vec<Seq> {
    let mut seqs = Vec::new();
    for _ in 0..count {
        seqs.push(fixture.store.capture(post(bin, "{}")).await.unwrap().seq);
    }
    seqs
}

async fn ends(fixture: &Fixture, bin: BinId) -> Vec<Option<Forwarded>> {
    let query = ListQuery { limit: 100, order: Order::Oldest, ..ListQuery::default() };
    fixture.store.list(bin, query).await.unwrap().requests.iter().map(|request| request.forwarded).collect()
}

#[tokio::test]
async fn only_what_was_passed_over_is_taken_off_the_number_passed_over() {
    use Forwarded::{Delivered, Failed, SkippedPaused};
    let fixture = Fixture::new();
    let store = &fixture.store;
    let bin = fixture.bin().await.bin.id;
    let before = store.head_seq();
    store.forward_from(bin, before, true).await.unwrap();
    let seqs = sent(&fixture, bin, 3).await;
    let wait = || Routed::To(vec![LANE]);
    let routed = vec![(seqs[0], Routed::Over(Delivered)), (seqs[1], wait()), (seqs[2], wait())];
    assert!(store.route(bin, before, routed).await.unwrap());
    store.pass_over(bin, seqs[2]).await.unwrap();
    let paused = async || store.forward_cursor(bin).await.unwrap().unwrap().paused;
    assert_eq!(paused().await, 2);
    store.forwarded(bin, seqs[0], Failed).await.unwrap();
    assert_eq!((paused().await, ends(&fixture, bin).await[0]), (2, Some(Failed)));
    store.forwarded(bin, seqs[1], SkippedPaused).await.unwrap();
    assert_eq!(paused().await, 2);
    // What neither waits for a target nor was passed over has come to what it has come to.
    store.lane_over(bin, seqs[0], LANE, Delivered).await.unwrap();
    assert_eq!((paused().await, ends(&fixture, bin).await[0]), (2, Some(Failed)));
    // Passed over while it was on its way.
    store.lane_over(bin, seqs[1], LANE, Delivered).await.unwrap();
    assert_eq!(paused().await, 1);
    for end in [Delivered, Failed] {
        store.forwarded(bin, seqs[2], end).await.unwrap();
        assert_eq!(paused().await, 0);
    }
    assert_eq!(ends(&fixture, bin).await, [Some(Failed), Some(Delivered), Some(Failed)]);
}

#[tokio::test]
async fn a_pause_goes_on_where_the_last_part_ended() {
    // Requests that wait for a target, later ones, and where each part of two ends.
    for (queued, later, parts) in [
        (0, 0, &[(0, false)][..]),
        (0, 1, &[(1, false)]),
        (0, 2, &[(2, true), (2, false)]),
        (0, 5, &[(2, true), (4, true), (5, false)]),
        (1, 3, &[(1, true), (3, true), (3, false)]),
        (3, 0, &[(0, true), (0, false)]),
        (4, 1, &[(0, true), (0, true), (1, false)]),
    ] {
        let fixture = Fixture::new();
        let store = &fixture.store;
        let bin = fixture.bin().await.bin.id;
        let before = store.head_seq();
        store.forward_from(bin, before, true).await.unwrap();
        let first = sent(&fixture, bin, queued).await;
        let routed: Vec<_> = first.iter().map(|seq| (*seq, Routed::To(vec![LANE]))).collect();
        assert!(store.route(bin, before, routed).await.unwrap());
        let rest = sent(&fixture, bin, later).await;
        let through = store.head_seq();
        let mut told = Vec::new();
        loop {
            let more = store.db.write(0, 0, move |tx, _| tx.pass_over(bin, through, 2)).await.unwrap();
            let reached = store.forward_cursor(bin).await.unwrap().unwrap().through;
            told.push((rest.iter().filter(|seq| **seq <= reached).count(), more));
            if !more {
                assert_eq!(reached, through);
                break;
            }
        }
        assert_eq!(told, parts, "{queued} {later}");
        let cursor = store.forward_cursor(bin).await.unwrap().unwrap();
        assert_eq!(cursor.paused, (queued + later) as u64);
        assert!(ends(&fixture, bin).await.iter().all(|end| *end == Some(Forwarded::SkippedPaused)));
        assert_eq!(store.forward(bin).await.unwrap().unwrap().1, 0);
    }
}

#[tokio::test]
async fn a_pause_of_what_never_was_on_puts_the_cursor_there() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let seqs = sent(&fixture, bin, 2).await;
    fixture.store.pass_over(bin, seqs[0]).await.unwrap();
    let (cursor, waiting) = fixture.store.forward(bin).await.unwrap().unwrap();
    assert_eq!((cursor.through, cursor.paused, waiting), (seqs[0], 0, 1));
}

#[tokio::test]
async fn beginning_afresh_lets_only_this_bins_requests_go() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let bins = [fixture.bin().await.bin.id, fixture.bin().await.bin.id, fixture.bin().await.bin.id];
    let before = store.head_seq();
    for bin in bins {
        store.forward_from(bin, before, true).await.unwrap();
        let routed = sent(&fixture, bin, 2).await.into_iter().map(|seq| (seq, Routed::To(vec![LANE]))).collect();
        assert!(store.route(bin, before, routed).await.unwrap());
    }
    store.forward_from(bins[1], store.head_seq(), true).await.unwrap();
    let mut waiting = Vec::new();
    for bin in bins {
        waiting.push(store.lane_page(bin, LANE, 9, 1 << 20).await.unwrap().len());
    }
    assert_eq!(waiting, [2, 0, 2]);
    assert_sound(&fixture).await;
}

#[tokio::test]
async fn pages_end_with_the_request_that_fills_them() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let bin = fixture.bin().await.bin.id;
    let before = store.head_seq();
    store.forward_from(bin, before, true).await.unwrap();
    let seqs = sent(&fixture, bin, 4).await;
    let one = usize::try_from(store.counts(bin).bytes / 4).unwrap();
    let routed = seqs.iter().map(|seq| (*seq, Routed::To(vec![LANE]))).collect();
    assert!(store.route(bin, before, routed).await.unwrap());
    let all = crate::model::filter::Filter::default();
    for (limit, bytes, count) in [
        (9, 0, 1),
        (9, one, 1),
        (9, one + 1, 2),
        (9, 2 * one, 2),
        (9, 2 * one + 1, 3),
        (9, 100 * one, 4),
        (4, 100 * one, 4),
        (3, 100 * one, 3),
    ] {
        let page = store.lane_page(bin, LANE, limit, bytes).await.unwrap();
        let strays = store.strays(bin, vec![Lane(1)], limit, bytes).await.unwrap();
        let after = store.requests_after(bin, 0, &all, limit, bytes).await.unwrap();
        for page in [page, strays, after] {
            let found: Vec<Seq> = page.iter().map(|request| request.summary.seq).collect();
            assert_eq!(found, seqs[..count], "{limit} {bytes} of {one} each");
        }
    }
}

#[tokio::test]
async fn the_cursor_before_a_moment_is_below_the_first_request_of_that_moment() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let mut seqs = Vec::new();
    for micros in [100, 200, 150, 300] {
        let mut request = post(bin, "{}");
        request.received_at = Timestamp::from_micros(micros);
        seqs.push(fixture.store.capture(request).await.unwrap().seq);
    }
    for (since, first) in
        [(0, Some(0)), (100, Some(0)), (101, Some(1)), (200, Some(1)), (201, Some(3)), (300, Some(3)), (301, None)]
    {
        let cursor = fixture.store.cursor_before(bin, Timestamp::from_micros(since)).await.unwrap();
        assert_eq!(cursor, first.map(|at: usize| seqs[at] - 1), "{since}");
    }
}

#[tokio::test]
async fn what_the_cursor_has_passed_and_no_target_waits_for_is_no_loss() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let bin = fixture.bin().await.bin.id;
    let before = store.head_seq();
    store.forward_from(bin, before, true).await.unwrap();
    let seqs = sent(&fixture, bin, 5).await;
    let routed = vec![(seqs[0], Routed::To(vec![LANE])), (seqs[1], Routed::Over(Forwarded::Delivered))];
    assert!(store.route(bin, before, routed).await.unwrap());
    // The first waits for its target, the second is over, the third was not come to.
    for (kept, lost) in [(4, 1), (3, 1), (2, 2)] {
        store.update_bin(bin, move |settings| settings.limits.max_requests = Some(kept)).await.unwrap();
        settled(&fixture).await;
        assert_eq!(store.counts(bin).requests, kept);
        assert_eq!(store.forward_cursor(bin).await.unwrap().unwrap().evicted, lost, "{kept}");
    }
}
