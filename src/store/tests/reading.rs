//! What is read is what was asked for, to the last row and byte.

use super::filters::filled;
use super::help::{Fixture, post, request};
use crate::model::filter::Filter;
use crate::model::{Lane, RequestId, Routed, Seq};
use crate::store::{ListQuery, Order, RequestRef, StoreError, Thing};

#[tokio::test]
async fn bodies_around_the_size_that_is_read_in_place_are_whole() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    for size in [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1] {
        let body: Vec<u8> = (0..size).map(|at: u32| u8::try_from(at % 251).unwrap()).collect();
        let head = format!("POST /{bin} HTTP/1.1\r\n\r\n");
        let stored = fixture.store.capture(request(bin, &head, &body)).await.unwrap();
        let back = fixture.store.request(bin, RequestRef::Id(stored.id)).await.unwrap();
        assert!(back.body == body, "{size}");
        // Only as much as there is room for.
        let size = u64::from(size);
        let up_to = async |most| fixture.store.request_up_to(bin, RequestRef::Latest, most).await.unwrap();
        assert!(up_to(size).await.is_ok_and(|whole| whole.body == body), "{size}");
        if size > 0 {
            assert_eq!(up_to(size - 1).await.unwrap_err(), back.summary);
        }
    }
}

#[tokio::test]
async fn another_id_of_the_same_number_is_another_request() {
    let fixture = Fixture::new();
    let (bin, other) = (fixture.bin().await.bin.id, fixture.bin().await.bin.id);
    let stored = fixture.store.capture(post(bin, "x")).await.unwrap();
    let wrong = RequestId::new(crate::model::Timestamp::from_secs(1), 0, stored.seq);
    let gone = StoreError::NotFound(Thing::Request);
    for (bin, which) in [(bin, RequestRef::Id(wrong)), (other, RequestRef::Id(stored.id)), (other, RequestRef::Latest)]
    {
        assert_eq!(fixture.store.summary(bin, which).await, Err(gone.clone()));
    }
    assert_eq!(fixture.store.delete(bin, wrong).await, Err(gone.clone()));
    assert_eq!(fixture.store.mark(bin, wrong, crate::model::MarksPatch::default()).await, Err(gone));
    assert_eq!(fixture.store.summary(bin, RequestRef::Latest).await.unwrap().id, stored.id);
}

#[tokio::test]
async fn a_page_that_ends_with_the_last_request_leads_nowhere() {
    let (fixture, bin, all) = filled().await;
    for text in ["", "is:pinned", "bar"] {
        let filter = Filter::parse(text).unwrap();
        let mut expected: Vec<Seq> =
            all.iter().filter(|request| filter.matches(request)).map(|request| request.summary.seq).collect();
        for order in [Order::Oldest, Order::Newest] {
            for (less, leads) in [(1, true), (0, false)] {
                let limit = expected.len() - less;
                let query = ListQuery { filter: filter.clone(), limit, order, ..ListQuery::default() };
                let page = fixture.store.list(bin, query.clone()).await.unwrap();
                let found: Vec<Seq> = page.requests.iter().map(|request| request.seq).collect();
                assert_eq!(found, expected[..limit], "{text} {order:?}");
                assert_eq!(page.next, leads.then(|| found[limit - 1]), "{text} {order:?}");
                assert_eq!(page.total, Some(expected.len() as u64));
            }
            // Both ends are left out, and what lies beyond them is not counted.
            let (first, last) = (expected[2], expected[5]);
            let (after, before) = if order == Order::Oldest { (first, last) } else { (last, first) };
            let query =
                ListQuery { filter: filter.clone(), limit: 100, order, after: Some(after), before: Some(before) };
            let page = fixture.store.list(bin, query).await.unwrap();
            let found: Vec<Seq> = page.requests.iter().map(|request| request.seq).collect();
            assert_eq!((&found[..], page.next), (&expected[3..5], None), "{text} {order:?}");
            expected.reverse();
        }
    }
}

#[tokio::test]
async fn the_same_request_before_is_one_of_the_same_method_target_and_body() {
    let fixture = Fixture::new();
    let (bin, other) = (fixture.bin().await.bin.id, fixture.bin().await.bin.id);
    let send = async |bin, method: &str, target: &str, body: &str| {
        let head = format!("{method} /b{target} HTTP/1.1\r\nX-N: {}\r\n\r\n", fixture.store.head_seq());
        fixture.store.capture(request(bin, &head, body.as_bytes())).await.unwrap().seq
    };
    let mut same = Vec::new();
    for number in 0..25 {
        same.push(send(bin, "POST", "/a?x=1", "body").await);
        match number {
            3 => drop(send(bin, "PUT", "/a?x=1", "body").await),
            5 => drop(send(bin, "POST", "/a?x=2", "body").await),
            7 => drop(send(bin, "POST", "/a?x=1", "BODY").await),
            9 => drop(send(bin, "POST", "/a?x=1", "body ").await),
            11 => drop(send(other, "POST", "/a?x=1", "body").await),
            _ => {}
        }
    }
    let before = async |seq: Seq| -> Vec<Seq> {
        let request = fixture.store.requests_after(bin, seq - 1, &Filter::default(), 1, 1).await.unwrap().remove(0);
        fixture.store.same_before(request).await.unwrap().iter().map(|summary| summary.seq).collect()
    };
    let newest_first = |seqs: &[Seq]| seqs.iter().rev().copied().collect::<Vec<_>>();
    assert!(before(same[0]).await.is_empty());
    assert_eq!(before(same[20]).await, newest_first(&same[..20]));
    assert_eq!(before(same[24]).await, newest_first(&same[4..24]), "twenty at most");
}

#[tokio::test]
async fn a_page_of_sessions_looks_past_requests_that_name_none() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let mut first = post(bin, "x");
    first.derived.event.session = Some("s".to_owned());
    fixture.store.capture(first).await.unwrap();
    for _ in 0..600 {
        fixture.store.capture_unattended(post(bin, "x"));
    }
    super::help::settled(&fixture).await;
    let limits = crate::store::SessionLimits { requests: 1, bodies: 0, one_body: 0, all_bytes: 0 };
    let page = fixture.store.sessions(bin, None, 5, limits).await.unwrap();
    assert_eq!(page.sessions.iter().map(|session| session.id.as_str()).collect::<Vec<_>>(), ["s"]);
    assert_eq!(page.next, None);
}

#[tokio::test]
async fn a_check_fails_while_nothing_can_be_written_or_read() {
    let fixture = Fixture::new();
    fixture.store.db.write(0, 0, |tx, _| Ok(tx.conn.execute_batch("PRAGMA query_only = ON")?)).await.unwrap();
    assert!(matches!(fixture.store.check().await, Err(StoreError::Unavailable(_))));
    let fixture = Fixture::new();
    assert_eq!(fixture.store.check().await, Ok(()));
    let fixture = Fixture::new();
    fixture.store.close();
    assert_eq!(fixture.store.check().await, Err(StoreError::Closed));
}

#[tokio::test]
async fn the_newest_rows_of_the_journal_are_kept_and_older_cursors_are_gone() {
    for (rows, left) in [(11_000, 11_000), (11_001, 10_000), (13_500, 10_000)] {
        let fixture = Fixture::new();
        let bins = [fixture.bin().await.bin.id, fixture.bin().await.bin.id];
        // Of one bin and the other in turn.
        let sql = format!(
            "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < {rows})
             INSERT INTO change (seq, bin, kind, data) SELECT 1000 + n, 1 + n % 2, 5, 'null' FROM n"
        );
        fixture.store.db.write(0, 0, move |tx, _| Ok(tx.conn.execute_batch(&sql)?)).await.unwrap();
        let fixture = fixture.again();
        for _ in 0..2 {
            super::help::settled(&fixture).await;
        }
        let count = fixture.store.db.read(false, |conn, _| {
            Ok(conn.query_row("SELECT count(*), min(seq) FROM change", [], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
            })?)
        });
        let gone = rows - left;
        assert_eq!(count.await.unwrap(), (left, 1_000 + gone));
        let known = async |bin, after: i64| {
            let changes = fixture.store.changes_after(bin, after.try_into().unwrap(), 1).await;
            changes.map(|changes| changes[0].seq)
        };
        for (at, bin) in bins.into_iter().enumerate() {
            // The last of this bin that is gone, if any is.
            let last = (0..gone).rev().find(|n| n % 2 == i64::try_from(at).unwrap()).map(|n| 1_000 + n);
            let first_left = (1_000 + gone..1_002 + gone).find(|seq| seq % 2 == i64::try_from(at).unwrap()).unwrap();
            let first_left = u64::try_from(first_left).unwrap();
            assert_eq!(known(bin, last.unwrap_or(0)).await, Ok(first_left), "{rows}");
            if let Some(last) = last {
                assert_eq!(known(bin, last - 1).await, Err(StoreError::CursorGone), "{rows}");
            }
        }
    }
}

#[tokio::test]
async fn a_part_of_the_requests_ends_with_the_one_that_fills_it() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let new = post(bin, "0123456789");
    let one = new.head.raw().len() + new.body.len();
    let lane = Lane(7);
    let mut routed = Vec::new();
    fixture.store.forward_from(bin, 0, true).await.unwrap();
    for _ in 0..4 {
        routed.push((fixture.store.capture(new.clone()).await.unwrap().seq, Routed::To(vec![lane])));
    }
    assert!(fixture.store.route(bin, 0, routed).await.unwrap());
    for (most, count) in [(0, 1), (1, 1), (one, 1), (one + 1, 2), (2 * one - 1, 2), (2 * one, 2), (2 * one + 1, 3)] {
        for filter in ["", "method:post"] {
            let filter = Filter::parse(filter).unwrap();
            let read = fixture.store.requests_after(bin, 0, &filter, 9, most).await.unwrap();
            assert_eq!(read.len(), count, "{most} of {one}");
        }
        let waiting = fixture.store.lane_page(bin, lane, 9, most).await.unwrap();
        let strays = fixture.store.strays(bin, vec![Lane(8)], 9, most).await.unwrap();
        assert_eq!([waiting.len(), strays.len()], [count; 2], "{most} of {one}");
    }
}
