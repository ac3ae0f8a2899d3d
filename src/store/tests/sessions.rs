use std::collections::BTreeSet;
use std::time::Duration;

use super::help::{Fixture, post};
use crate::model::{BinId, Seq};
use crate::store::{SessionLimits, Store};

const ALL: SessionLimits = SessionLimits { requests: 100, bodies: 100, one_body: 1 << 20, all_bytes: 1 << 20 };

async fn put(store: &Store, bin: BinId, session: Option<&str>, event: &str, body: &str) -> Seq {
    let mut request = post(bin, body);
    request.derived.event.session = session.map(str::to_owned);
    request.derived.event.name = Some(event.to_owned());
    store.capture(request).await.unwrap().seq
}

/// The ids of all pages of `limit` sessions.
async fn pages(store: &Store, bin: BinId, limit: usize) -> Vec<Vec<String>> {
    let (mut pages, mut before) = (Vec::new(), None);
    loop {
        let page = store.sessions(bin, before, limit, ALL).await.unwrap();
        pages.push(page.sessions.into_iter().map(|session| session.id).collect());
        match page.next {
            Some(next) => before = Some(next),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn sessions_come_by_their_newest_request_each_once_over_all_pages() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let (bin, other) = (fixture.bin().await.bin.id, fixture.bin().await.bin.id);
    for session in ["a", "b", "c", "a", "d"] {
        put(store, bin, Some(session), "started", "{}").await;
        put(store, bin, None, "ping", "{}").await;
    }
    put(store, bin, Some(""), "started", "{}").await;
    // The same name in another bin is another session.
    put(store, other, Some("b"), "started", "{}").await;
    let all = vec!["d".to_owned(), "a".to_owned(), "c".to_owned(), "b".to_owned()];
    assert_eq!(pages(store, bin, 10).await, std::slice::from_ref(&all));
    for limit in 1..4 {
        let pages = pages(store, bin, limit).await;
        assert!(pages.iter().all(|page| page.len() <= limit));
        assert_eq!(pages.concat(), all, "pages of {limit}");
    }
    assert_eq!(pages(store, other, 10).await, [vec!["b".to_owned()]]);
}

#[tokio::test]
async fn a_session_has_its_requests_in_order_and_bodies_within_the_limits() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let bin = fixture.bin().await.bin.id;
    let mut seqs = Vec::new();
    for (event, body) in [("one", "12345"), ("two", "1234567890"), ("three", "123"), ("four", "1234")] {
        seqs.push(put(store, bin, Some("s"), event, body).await);
        put(store, bin, Some("t"), event, body).await;
    }
    let read = async |limits: SessionLimits| {
        let session = store.session(bin, "s".to_owned(), limits).await.unwrap();
        let bodies: Vec<_> =
            session.requests.iter().map(|one| one.content.as_ref().map(|(_, body)| body.len())).collect();
        let found: Vec<_> = session.requests.iter().map(|one| one.summary.seq).collect();
        (session.total, found, bodies)
    };
    assert_eq!(read(ALL).await, (4, seqs.clone(), vec![Some(5), Some(10), Some(3), Some(4)]));
    assert_eq!(read(SessionLimits { one_body: 5, ..ALL }).await.2, [Some(5), None, Some(3), Some(4)]);
    assert_eq!(read(SessionLimits { all_bytes: 9, ..ALL }).await.2, [Some(5), None, Some(3), None]);
    assert_eq!(read(SessionLimits { bodies: 1, ..ALL }).await.2, [Some(5), None, None, None]);
    assert_eq!(read(SessionLimits { requests: 2, ..ALL }).await.1, seqs[..2]);
    let none = store.session(bin, "nobody".to_owned(), ALL).await.unwrap();
    assert_eq!((none.total, none.requests.len()), (0, 0));
}

#[tokio::test]
async fn the_events_of_a_bin_are_counted_from_the_first_seen_on() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let bin = fixture.bin().await.bin.id;
    let first = put(store, bin, Some("s"), "ended", "{}").await;
    put(store, bin, None, "pinged", "{}").await;
    let last = put(store, bin, None, "ended", "{}").await;
    let seen = store.events_seen(bin).await.unwrap();
    let told: Vec<_> = seen.iter().map(|event| (event.name.as_str(), event.count)).collect();
    assert_eq!(told, [("ended", 2), ("pinged", 1)]);
    assert_eq!((seen[0].first, seen[0].last), (first, last));
}

#[tokio::test]
async fn whether_a_request_is_the_newest_of_its_session_is_known_by_the_index() {
    let fixture = Fixture::new();
    let conn = rusqlite::Connection::open(fixture.path()).unwrap();
    let plan = "EXPLAIN QUERY PLAN SELECT 1 FROM request INDEXED BY request_session WHERE session = ?1 AND place > ?2 AND place < ?3";
    let detail: String = conn.query_row(plan, rusqlite::params!["s", 1, 2], |row| row.get(3)).unwrap();
    let words: BTreeSet<&str> = detail.split_whitespace().collect();
    assert!(words.contains("request_session") && detail.contains("rowid>?"), "{detail}");
}

#[tokio::test]
async fn a_search_for_sessions_whose_time_is_up_says_where_to_go_on() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let bin = fixture.bin().await.bin.id;
    put(store, bin, Some("old"), "started", "{}").await;
    let all = (0..600).map(|_| put(store, bin, None, "ping", "{}"));
    futures_util::future::join_all(all).await;
    put(store, bin, Some("new"), "started", "{}").await;
    let search = async |time: Duration| {
        let source = store.db.source(bin).unwrap();
        let (mut found, mut before, mut pages) = (Vec::new(), Some(Seq::MAX), 0);
        while let Some(below) = before {
            let page =
                store.db.read(true, move |conn, wanted| source.session_ids(conn, wanted, (below, 9), time)).await;
            let (ids, next) = page.unwrap();
            found.extend(ids);
            assert!(next.is_none_or(|next| next < below));
            (before, pages) = (next, pages + 1);
        }
        (found, pages)
    };
    let both = ["new".to_owned(), "old".to_owned()];
    let (found, pages) = search(Duration::ZERO).await;
    assert!(found == both && pages > 2, "{found:?} {pages}");
    assert_eq!(search(Duration::MAX).await, (both.to_vec(), 1));
}
