//! Storing, listing, reading back, changing.

use rusqlite::Connection;

use super::help::{Fixture, assert_sound, post, request, until};
use crate::model::{BinId, ChangeKind, Derived, FreshnessStatus, MarksPatch, SignatureStatus, filter::Filter};
use crate::store::error::Thing;
use crate::store::{LATEST_VERDICTS, ListQuery, Order, RequestRef, Reverified, StoreError};

#[tokio::test]
async fn what_is_captured_is_read_back_byte_for_byte() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let head = format!("PoSt /{bin}/p?q=\u{fffd} HTTP/1.0\r\nX-B: 1\r\nx-a:  2 \r\nX-B: 3\r\n\r\n");
    let mut new = request(bin, &head, b"");
    new.body = b"one\0\xff two"[..].into();
    new.trailers = b"T: 1\r\n"[..].into();
    let stored = fixture.store.capture(new.clone()).await.unwrap();
    let back = fixture.store.request(bin, RequestRef::Id(stored.id)).await.unwrap();
    assert_eq!(back.head, new.head);
    assert_eq!(&back.body[..], b"one\0\xff two");
    assert_eq!(back.trailers, new.trailers);
    let summary = &back.summary;
    assert_eq!((summary.method.as_str(), summary.http_version.as_str(), summary.path.as_str()), ("PoSt", "1.0", "/p"));
    assert_eq!((summary.seq, summary.id, summary.client), (stored.seq, stored.id, new.client));
    assert_eq!((summary.body_size, summary.declared_size, summary.complete), (9, Some(0), true));
    assert_eq!(summary.body_took, new.body_took);
    assert_eq!(summary.response.status, Some(200));
    let log = fixture.log.0.lock();
    let Some(ChangeKind::Request(live)) = log.last().map(|change| &change.what) else { panic!("{log:?}") };
    assert_eq!(live.summary, back.summary);
    assert_eq!((&live.head, &live.body), (&back.head, &back.body));
}

#[tokio::test]
async fn a_body_of_many_mebibytes_is_kept_whole() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let mut new = post(bin, "");
    new.body = (0..3_000_001_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
    let stored = fixture.store.capture(new.clone()).await.unwrap();
    let back = fixture.store.request(bin, RequestRef::Id(stored.id)).await.unwrap();
    assert_eq!(back.body, new.body);
}

#[tokio::test]
async fn pages_follow_the_cursor_in_both_orders_without_gap_or_repeat() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let other = fixture.bin().await.bin.id;
    let mut expected = Vec::new();
    for number in 0..25 {
        expected.push(fixture.store.capture(post(bin, &number.to_string())).await.unwrap().seq);
        fixture.store.capture(post(other, "x")).await.unwrap();
    }
    for order in [Order::Oldest, Order::Newest] {
        let mut seen = Vec::new();
        let mut query = ListQuery { limit: 10, order, ..ListQuery::default() };
        loop {
            let page = fixture.store.list(bin, query.clone()).await.unwrap();
            assert_eq!(page.total, Some(25));
            seen.extend(page.requests.iter().map(|summary| summary.seq));
            match order {
                Order::Oldest => query.after = page.next,
                Order::Newest => query.before = page.next,
            }
            if page.next.is_none() {
                break;
            }
        }
        if order == Order::Newest {
            seen.reverse();
        }
        assert_eq!(seen, expected);
    }
}

#[tokio::test]
async fn counts_follow_captures_marks_and_deletions_and_survive_a_restart() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let mut ids = Vec::new();
    for number in 0..10 {
        ids.push(fixture.store.capture(post(bin, &number.to_string())).await.unwrap().id);
    }
    let read = MarksPatch { read: Some(true), ..MarksPatch::default() };
    assert!(fixture.store.mark(bin, ids[0], read.clone()).await.unwrap().marks.read);
    let pin = MarksPatch { pinned: Some(true), note: Some("n".into()), ..MarksPatch::default() };
    fixture.store.mark(bin, ids[1], pin).await.unwrap();
    fixture.store.delete(bin, ids[2]).await.unwrap();
    assert_eq!(fixture.store.delete(bin, ids[2]).await, Err(StoreError::NotFound(Thing::Request)));
    let counts = fixture.store.counts(bin);
    assert_eq!((counts.requests, counts.unread), (9, 8));
    assert_eq!(fixture.store.captured(), 10);
    let fixture = fixture.again();
    assert_eq!((fixture.store.counts(bin), fixture.store.captured()), (counts, 0));
    assert_eq!(fixture.store.mark_matching(bin, Filter::default(), read).await, Ok(9));
    assert_eq!(fixture.store.counts(bin).unread, 0);
    assert_eq!(fixture.store.delete_matching(bin, Filter::default()).await, Ok(9));
    let counts = fixture.store.counts(bin);
    assert_eq!((counts.requests, counts.bytes), (0, 0));
    // The pinned one is gone as well.
    assert_sound(&fixture).await;
}

#[tokio::test]
async fn a_number_is_never_given_out_twice() {
    let mut fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let mut last = 0;
    for _ in 0..3 {
        let stored = fixture.store.capture(post(bin, "x")).await.unwrap();
        assert!(stored.seq > last);
        fixture.store.delete(bin, stored.id).await.unwrap();
        fixture.store.announce(bin, ChangeKind::Progress { done: 1, total: 1, finished: true });
        fixture.store.check().await.unwrap();
        last = fixture.store.head_seq();
        fixture = fixture.again();
        assert!(fixture.store.head_seq() >= last);
    }
}

#[tokio::test]
async fn the_latest_verdicts_follow_everything_that_changes_them() {
    async fn latest(fixture: &Fixture, bin: BinId) -> Vec<SignatureStatus> {
        fixture.store.latest_verdicts(bin).await.unwrap().iter().map(|(signature, _)| *signature).collect()
    }
    use SignatureStatus::{Invalid, Missing, UnsignedScheme, Valid};
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    assert_eq!(latest(&fixture, bin).await, []);
    let mut stored = Vec::new();
    for status in [UnsignedScheme, Valid, Invalid] {
        let mut new = post(bin, "x");
        new.derived.verdict.status = status;
        stored.push(fixture.store.capture(new).await.unwrap());
    }
    assert_eq!(latest(&fixture, bin).await, [Invalid, Valid, UnsignedScheme]);
    assert_eq!(latest(&fixture, bin).await, [Invalid, Valid, UnsignedScheme]);
    let mut derived = Derived::default();
    derived.verdict.status = Missing;
    derived.freshness.status = FreshnessStatus::Stale;
    fixture.store.reverify(bin, vec![Reverified { seq: stored[1].seq, derived }]).await.unwrap();
    assert_eq!(fixture.store.latest_verdicts(bin).await.unwrap()[1], (Missing, FreshnessStatus::Stale));
    fixture.store.delete(bin, stored[2].id).await.unwrap();
    assert_eq!(latest(&fixture, bin).await, [Missing, UnsignedScheme]);
    let fixture = fixture.again();
    assert_eq!(latest(&fixture, bin).await, [Missing, UnsignedScheme]);
    fixture.store.update_bin(bin, |settings| settings.limits.max_requests = Some(1)).await.unwrap();
    until(|| fixture.store.counts(bin).requests == 1).await;
    assert_eq!(latest(&fixture, bin).await, [Missing]);
    // Only the newest ones are told.
    fixture.store.update_bin(bin, |settings| settings.limits.max_requests = None).await.unwrap();
    for _ in 0..21 {
        let all = (0..50).map(|_| fixture.store.capture(post(bin, "y")));
        for stored in futures_util::future::join_all(all).await {
            stored.unwrap();
        }
    }
    assert_eq!(latest(&fixture, bin).await, [UnsignedScheme; LATEST_VERDICTS]);
    fixture.store.delete_bin(bin).await.unwrap();
    assert_eq!(fixture.store.latest_verdicts(bin).await, Err(StoreError::NotFound(Thing::Bin)));
}

#[tokio::test]
async fn the_version_of_http_is_kept_whatever_it_is() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    for (version, expected) in
        [(" HTTP/1.1", "1.1"), (" HTTP/1.0", "1.0"), ("", ""), (" HTTP/2", "2"), (" HTTP/9.9", "9.9")]
    {
        let new = request(bin, &format!("POST /{bin}{version}\r\n\r\n"), b"x");
        assert_eq!(new.head.version(), expected);
        let stored = fixture.store.capture(new).await.unwrap();
        let read = async || {
            let summary = fixture.store.request(bin, RequestRef::Id(stored.id)).await.unwrap().summary;
            (summary.http_version, summary.derived.event.name)
        };
        assert_eq!(read().await, (expected.to_owned(), None));
        let facts: i64 = Connection::open(fixture.path())
            .unwrap()
            .query_row("SELECT facts IS NOT NULL FROM request ORDER BY place DESC", [], |row| row.get(0))
            .unwrap();
        assert_eq!(facts == 1, !matches!(expected, "1.1" | "1.0" | ""), "a text is kept where no number is: {version}");
        // Also when it is judged anew.
        let mut derived = Derived::default();
        derived.event.name = Some("n".to_owned());
        fixture.store.reverify(bin, vec![Reverified { seq: stored.seq, derived }]).await.unwrap();
        assert_eq!(read().await, (expected.to_owned(), Some("n".to_owned())));
    }
}
