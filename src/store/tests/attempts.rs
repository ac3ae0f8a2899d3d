use bytes::Bytes;

use super::help::{Fixture, assert_sound, post, start, until};
use crate::model::filter::Filter;
use crate::model::{
    ChangeKind, Delivered, Forwarded, Lane, MarksPatch, Outcome, ReceivedResponse, Routed, SignatureStatus, Times, Why,
};
use crate::store::{AttemptDepth, ListQuery, RequestRef, StoreError};

const WHOLE: AttemptDepth = AttemptDepth { heads: usize::MAX, bodies: usize::MAX };

fn delivered(outcome: Outcome, status: Option<u16>, body: usize) -> Delivered {
    Delivered {
        target: "http://127.0.0.1:3000/hook".to_owned(),
        started_at: start(),
        outcome,
        sentence: "It is so.".to_owned(),
        sent_head: Bytes::from_static(b"POST /hook HTTP/1.1\r\n\r\n"),
        sent_body_size: 2,
        signature: Some(SignatureStatus::Invalid),
        response: status.map(|status| ReceivedResponse {
            status,
            head: Bytes::from_static(b"HTTP/1.1 200 OK\r\n\r\n"),
            body: vec![b'x'; body].into(),
            body_size: body as u64,
            body_cut: false,
        }),
        times: Times { connect: Some(5), total: 4_000_000, ..Times::default() },
    }
}

#[tokio::test]
async fn an_attempt_comes_back_as_it_was_stored_and_the_last_twenty_are_kept() {
    let mut fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let id = fixture.store.capture(post(bin, "{}")).await.unwrap().id;
    let before = fixture.store.counts(bin).bytes;
    let mut last = 0;
    for number in 0..25 {
        let attempt =
            fixture.store.attempt(bin, id, Why::Replay, delivered(Outcome::Answered, Some(200), number)).await;
        let attempt = attempt.unwrap();
        assert!(attempt.id > last);
        last = attempt.id;
    }
    // As a start after a crash finds it.
    let kept = fixture
        .store
        .db
        .read(false, |conn, _| Ok(conn.query_row("SELECT value FROM meta WHERE name = 'seq'", [], |row| row.get(0))?));
    assert!(kept.await.is_ok_and(|kept: i64| kept.unsigned_abs() >= last));
    let grown = fixture.store.counts(bin).bytes - before;
    for _ in 0..2 {
        let attempts = fixture.store.attempts(bin, id, WHOLE).await.unwrap();
        let sizes: Vec<u64> = attempts.iter().map(|one| one.delivered.response.as_ref().unwrap().body_size).collect();
        assert_eq!(sizes, (5..25).rev().collect::<Vec<u64>>());
        assert_eq!(attempts[0].delivered, delivered(Outcome::Answered, Some(200), 24));
        let request = fixture.store.request(bin, RequestRef::Latest).await.unwrap();
        assert_eq!(request.summary.last_attempt, Some(attempts[0].delivered.last()));
        let changes = fixture.store.changes_after(bin, id.seq(), 100).await.unwrap();
        let told: Vec<u64> = changes
            .iter()
            .filter(|change| matches!(change.what, ChangeKind::Attempt(_)))
            .map(|change| change.seq)
            .collect();
        assert_eq!(told.len(), 20);
        assert!(told.is_sorted());
        assert_eq!(fixture.store.counts(bin).bytes - before, grown);
        assert_sound(&fixture).await;
        fixture = fixture.again();
    }
    // Numbers are not used twice, also when the row that had the last one is gone.
    fixture.store.delete(bin, id).await.unwrap();
    assert_eq!(fixture.store.counts(bin).bytes, 0);
    let gone = fixture.store.attempt(bin, id, Why::Replay, delivered(Outcome::Dns, None, 0)).await;
    assert!(matches!(gone, Err(StoreError::NotFound(_))));
    let rows = fixture
        .store
        .db
        .read(false, |conn, _| Ok(conn.query_row("SELECT count(*) FROM attempt", [], |row| row.get::<_, i64>(0))?));
    assert_eq!(rows.await.unwrap(), 0);
    let fixture = fixture.again();
    assert!(fixture.store.capture(post(bin, "{}")).await.unwrap().seq > last);
}

#[tokio::test]
async fn of_many_attempts_only_the_beginnings_are_read_and_one_is_read_whole() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let id = fixture.store.capture(post(bin, "{}")).await.unwrap().id;
    let other = fixture.store.capture(post(bin, "{}")).await.unwrap().id;
    let whole = delivered(Outcome::Answered, Some(200), 5_000);
    let first = fixture.store.attempt(bin, id, Why::Replay, whole.clone()).await.unwrap().id;
    let none = delivered(Outcome::Dns, None, 0);
    let second = fixture.store.attempt(bin, id, Why::Replay, none.clone()).await.unwrap().id;
    for (depth, head, body) in
        [(AttemptDepth::FACTS, 0, 0), (AttemptDepth::HEADS, 19, 0), (AttemptDepth { heads: 4, bodies: 100 }, 4, 100)]
    {
        let attempts = fixture.store.attempts(bin, id, depth).await.unwrap();
        assert_eq!(attempts.iter().map(|attempt| attempt.id).collect::<Vec<_>>(), [second, first]);
        assert_eq!((&attempts[0].delivered.response, attempts[0].delivered.last()), (&None, none.last()));
        let read = &attempts[1].delivered;
        let response = read.response.as_ref().unwrap();
        assert_eq!((response.head.len(), response.body.len(), response.body_size), (head, body, 5_000), "{depth:?}");
        assert_eq!((read.last(), read.sent_head.len()), (whole.last(), whole.sent_head.len().min(depth.heads)));
    }
    assert_eq!(fixture.store.attempt_at(bin, id, first).await.unwrap().delivered, whole);
    assert_eq!(fixture.store.attempt_at(bin, id, second).await.unwrap().delivered, none);
    for (request, attempt) in [(id, second + 1), (other, first)] {
        let gone = fixture.store.attempt_at(bin, request, attempt).await;
        assert!(matches!(gone, Err(StoreError::NotFound(_))), "{gone:?}");
    }
}

#[tokio::test]
async fn attempts_count_in_what_is_kept_and_go_with_what_is_evicted() {
    let fixture = Fixture::with(|options| options.max_bytes = 64 << 10);
    let bin = fixture.bin().await.bin.id;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(fixture.store.capture(post(bin, "{}")).await.unwrap().id);
    }
    let pinned = MarksPatch { pinned: Some(true), ..MarksPatch::default() };
    fixture.store.mark(bin, ids[1], pinned).await.unwrap();
    for id in &ids {
        fixture.store.attempt(bin, *id, Why::Forward, delivered(Outcome::Answered, Some(200), 30 << 10)).await.unwrap();
    }
    until(|| fixture.store.counts(bin).evicted == 1).await;
    assert!(fixture.store.attempts(bin, ids[0], WHOLE).await.is_err());
    assert_eq!(fixture.store.attempts(bin, ids[1], WHOLE).await.unwrap().len(), 1);
    let list = fixture.store.list(bin, ListQuery::default()).await.unwrap();
    assert_eq!(list.requests.iter().map(|request| request.id).collect::<Vec<_>>(), [ids[3]]);
    // Of the pinned one as of the others.
    assert_sound(&fixture).await;
    fixture.store.delete_bin(bin).await.unwrap();
}

#[tokio::test]
async fn an_attempt_counts_with_each_of_its_texts_heads_and_bodies() {
    type Set = fn(&mut Delivered);
    const MORE: &str = "0123456789";
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let id = fixture.store.capture(post(bin, "{}")).await.unwrap().id;
    let sets: [Set; 6] = [
        |_| {},
        |delivered| delivered.target += MORE,
        |delivered| delivered.sentence += MORE,
        |delivered| delivered.sent_head = [&delivered.sent_head[..], MORE.as_bytes()].concat().into(),
        |delivered| delivered.response.as_mut().unwrap().head = format!("HTTP/1.1 200 OK{MORE}\r\n\r\n").into(),
        |delivered| delivered.response.as_mut().unwrap().body = MORE.into(),
    ];
    let mut grown = Vec::new();
    for set in sets {
        let mut delivered = delivered(Outcome::Answered, Some(200), 0);
        set(&mut delivered);
        let before = fixture.store.counts(bin).bytes;
        fixture.store.attempt(bin, id, Why::Replay, delivered).await.unwrap();
        grown.push(fixture.store.counts(bin).bytes - before);
    }
    let with_more = grown[0] + MORE.len() as u64;
    assert_eq!(grown[1..], [with_more; 5]);
}

#[tokio::test]
async fn what_an_attempt_and_a_request_take_in_the_log_is_counted() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let id = fixture.store.capture(post(bin, "{}")).await.unwrap().id;
    for size in [0, 100_000] {
        let (large, request) = (delivered(Outcome::Answered, Some(200), size), post(bin, &"x".repeat(size)));
        let counted = fixture.store.db.write(3, 0, move |tx, seq| {
            let mut counted = vec![tx.effects.bytes];
            for n in 0..2 {
                tx.attempt(bin, id, Why::Replay, &large, seq + n)?;
                counted.push(tx.effects.bytes);
            }
            tx.insert(seq + 2, &request, None)?;
            counted.push(tx.effects.bytes);
            Ok(counted)
        });
        let counted = counted.await.unwrap();
        let grown: Vec<u64> = counted.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(grown.iter().all(|grown| (size as u64 + 1..size as u64 + 1_000).contains(grown)), "{size} {grown:?}");
    }
}

#[tokio::test]
async fn the_filter_asks_the_newest_attempt_in_memory_as_in_the_database() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let kinds = [
        None,
        Some((Outcome::Answered, Some(200))),
        Some((Outcome::Answered, Some(404))),
        Some((Outcome::Answered, Some(503))),
        Some((Outcome::Cut, Some(200))),
        Some((Outcome::Connect, None)),
        Some((Outcome::RefusedTarget, None)),
    ];
    for kind in kinds {
        let id = fixture.store.capture(post(bin, "{}")).await.unwrap().id;
        if let Some((outcome, status)) = kind {
            fixture.store.attempt(bin, id, Why::Replay, delivered(Outcome::Timeout, None, 0)).await.unwrap();
            fixture.store.attempt(bin, id, Why::Replay, delivered(outcome, status, 0)).await.unwrap();
        }
    }
    let all = fixture.store.list(bin, ListQuery { limit: 100, ..ListQuery::default() }).await.unwrap().requests;
    for (text, found) in [
        ("attempt:none", 1),
        ("attempt:any", 6),
        ("attempt:delivered", 1),
        ("attempt:2xx", 1),
        ("attempt:not_accepted", 2),
        ("attempt:4xx", 1),
        ("attempt:>=500", 1),
        ("attempt:failed", 3),
        ("attempt:cut", 1),
        ("attempt:refused_target", 1),
        ("attempt:timeout", 0),
        ("attempt:>3000ms", 6),
        ("attempt:>4s", 0),
        ("attempt:4s", 6),
        ("-attempt:delivered", 6),
        ("-attempt:failed", 4),
        ("origin:wire", 7),
        ("origin:imported", 0),
    ] {
        let filter = Filter::parse(text).unwrap();
        let query = ListQuery { filter: filter.clone(), limit: 100, ..ListQuery::default() };
        let listed: Vec<_> = fixture.store.list(bin, query).await.unwrap().requests.iter().map(|one| one.id).collect();
        let matching: Vec<_> =
            all.iter().filter(|one| filter.matches_summary(one) == Some(true)).map(|one| one.id).collect();
        assert_eq!((listed.len(), &listed), (found, &matching), "{text}");
    }
    for wrong in ["attempt:", "attempt:bad", "attempt:>3000", "attempt:-5ms", "origin:mars"] {
        let read = Filter::parse(wrong);
        assert!(read.is_err() || wrong == "attempt:>3000", "{wrong}");
    }
}

#[tokio::test]
async fn the_cursor_of_a_forward_survives_and_counts_what_was_passed_over_or_evicted() {
    let fixture = Fixture::with(|options| options.max_requests = 4);
    let bin = fixture.bin().await.bin.id;
    assert_eq!(fixture.store.forward(bin).await.unwrap(), None);
    let first = fixture.store.capture(post(bin, "{}")).await.unwrap().seq;
    fixture.store.forward_from(bin, first, true).await.unwrap();
    let second = fixture.store.capture(post(bin, "{}")).await.unwrap().seq;
    let third = fixture.store.capture(post(bin, "{}")).await.unwrap().seq;
    let over = |seq, what| vec![(seq, Routed::Over(what))];
    assert!(fixture.store.route(bin, first, over(second, Forwarded::Delivered)).await.unwrap());
    // Who knows of another cursor does not move it, and notes nothing.
    assert!(!fixture.store.route(bin, first, over(second, Forwarded::Failed)).await.unwrap());
    fixture.store.forwarded(bin, first, Forwarded::Failed).await.unwrap();
    let (cursor, waiting) = fixture.store.forward(bin).await.unwrap().unwrap();
    assert_eq!((cursor.through, waiting), (second, 1));
    fixture.store.pass_over(bin, third).await.unwrap();
    let fixture = fixture.again();
    let (cursor, waiting) = fixture.store.forward(bin).await.unwrap().unwrap();
    assert_eq!((cursor.through, cursor.paused, cursor.evicted, waiting), (third, 1, 0, 0));
    let states = async || -> Vec<_> {
        let query = ListQuery { limit: 9, ..ListQuery::default() };
        fixture.store.list(bin, query).await.unwrap().requests.iter().map(|request| request.forwarded).collect()
    };
    let passed = Some(Forwarded::SkippedPaused);
    assert_eq!(states().await, [passed, Some(Forwarded::Delivered), Some(Forwarded::Failed)]);
    assert_eq!(fixture.store.cursor_before(bin, start()).await.unwrap(), Some(first - 1));
    // What is taken back is passed over no more.
    fixture.store.forward_from(bin, second, false).await.unwrap();
    assert!(fixture.store.route(bin, second, over(third, Forwarded::Delivered)).await.unwrap());
    assert_eq!(fixture.store.forward(bin).await.unwrap().unwrap().0.paused, 0);
    fixture.store.delete_bin(bin).await.unwrap();

    let fixture = Fixture::with(|options| options.max_requests = 4);
    let bin = fixture.bin().await.bin.id;
    fixture.store.forward_from(bin, fixture.store.head_seq(), true).await.unwrap();
    let mut last = 0;
    for _ in 0..10 {
        last = fixture.store.capture(post(bin, "{}")).await.unwrap().seq;
    }
    until(|| fixture.store.counts(bin).evicted == 6).await;
    let (cursor, waiting) = fixture.store.forward(bin).await.unwrap().unwrap();
    assert_eq!((cursor.evicted, waiting), (6, 4));
    // What was passed over is no loss when it is evicted, the last one included.
    fixture.store.pass_over(bin, last).await.unwrap();
    for _ in 0..4 {
        fixture.store.capture(post(bin, "{}")).await.unwrap();
    }
    until(|| fixture.store.counts(bin).evicted == 10).await;
    let (cursor, waiting) = fixture.store.forward(bin).await.unwrap().unwrap();
    assert_eq!((cursor.evicted, waiting), (6, 4));
}

#[tokio::test]
async fn a_request_waits_for_each_of_its_targets_and_the_worst_is_what_it_came_to() {
    let fixture = Fixture::with(|options| options.max_requests = 4);
    let store = &fixture.store;
    let bin = fixture.bin().await.bin.id;
    let before = store.head_seq();
    store.forward_from(bin, before, true).await.unwrap();
    let mut seqs = Vec::new();
    for _ in 0..3 {
        seqs.push(store.capture(post(bin, "{}")).await.unwrap().seq);
    }
    let (a, b, c) = (Lane(1), Lane(-2), Lane(i64::MIN));
    let to = |lanes: &[Lane]| Routed::To(lanes.to_vec());
    let routed = vec![(seqs[0], to(&[a, b])), (seqs[1], to(&[b])), (seqs[2], to(&[a]))];
    assert!(store.route(bin, before, routed).await.unwrap());
    let page = async |lane| -> Vec<u64> {
        store.lane_page(bin, lane, 9, 1 << 20).await.unwrap().iter().map(|one| one.summary.seq).collect()
    };
    assert_eq!((page(a).await, page(b).await), (vec![seqs[0], seqs[2]], vec![seqs[0], seqs[1]]));
    assert_eq!(store.lane_page(bin, a, 9, 1).await.unwrap().len(), 1, "one fits whatever its size");
    let state = async || {
        let (cursor, waiting) = store.forward(bin).await.unwrap().unwrap();
        (cursor.through, waiting)
    };
    assert_eq!(state().await, (seqs[0] - 1, 3));
    let end = async |seq: u64| {
        store.requests_after(bin, seq - 1, &Filter::default(), 1, 1).await.unwrap()[0].summary.forwarded
    };
    store.lane_over(bin, seqs[0], b, Forwarded::NotAccepted).await.unwrap();
    assert_eq!((end(seqs[0]).await, state().await), (None, (seqs[0] - 1, 3)));
    // Whom nothing waits for is not told; whoever is changed keeps what it came to.
    store.lane_over(bin, seqs[0], c, Forwarded::Failed).await.unwrap();
    store.route_again(bin, seqs[0], to(&[c])).await.unwrap();
    let strays = store.strays(bin, vec![a, b], 9, 1 << 20).await.unwrap();
    assert_eq!(strays.iter().map(|one| one.summary.seq).collect::<Vec<_>>(), [seqs[0]]);
    store.lane_over(bin, seqs[0], c, Forwarded::Delivered).await.unwrap();
    assert_eq!((end(seqs[0]).await, state().await), (Some(Forwarded::NotAccepted), (seqs[1] - 1, 2)));
    store.route_again(bin, seqs[0], to(&[a])).await.unwrap();
    assert_eq!(page(a).await, [seqs[2]], "what is over does not wait again");
    // Of what goes, that which has waited is counted once; a deleted one waits no more.
    let id = store.requests_after(bin, seqs[2] - 1, &Filter::default(), 1, 1).await.unwrap()[0].summary.id;
    store.delete(bin, id).await.unwrap();
    assert_eq!(state().await, (seqs[1] - 1, 1));
    for _ in 0..4 {
        store.capture(post(bin, "{}")).await.unwrap();
    }
    until(|| store.counts(bin).evicted == 2).await;
    let (cursor, waiting) = store.forward(bin).await.unwrap().unwrap();
    assert_eq!((cursor.evicted, waiting), (1, 4));
    assert!(page(b).await.is_empty());
    // A page and more of them is passed over in parts, and what has come to something keeps it.
    let fixture = Fixture::with(|_| {});
    let store = &fixture.store;
    let bin = fixture.bin().await.bin.id;
    let before = store.head_seq();
    store.forward_from(bin, before, true).await.unwrap();
    let mut routed = Vec::new();
    for n in 0..1_200 {
        let seq = store.capture(post(bin, "{}")).await.unwrap().seq;
        if n < 600 {
            routed.push((seq, to(&[a])));
        }
    }
    let first = routed[0].0;
    assert!(store.route(bin, before, routed).await.unwrap());
    store.forwarded(bin, first, Forwarded::Failed).await.unwrap();
    store.pass_over(bin, store.head_seq()).await.unwrap();
    let (cursor, waiting) = store.forward(bin).await.unwrap().unwrap();
    assert_eq!((cursor.paused, waiting, cursor.through), (1_199, 0, store.head_seq()));
}
