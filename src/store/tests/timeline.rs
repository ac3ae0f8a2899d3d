//! Requests and deliveries over time; what is known of those that are gone.

use super::help::{Fixture, post, settled};
use crate::model::{
    AttemptFacts, BinId, Delivered, Lost, MarksPatch, Outcome, ReceivedResponse, Rejection, RequestId, SameBefore,
    SignatureStatus, Times, Timestamp, Why, filter::Filter,
};
use crate::store::{TimelineBy, TimelineLane, TimelineRange};

const fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

async fn put(fixture: &Fixture, bin: BinId, micros: i64, event: Option<&str>, session: Option<&str>) -> RequestId {
    let mut new = post(bin, &fixture.store.head_seq().to_string());
    new.received_at = at(micros);
    new.derived.event.name = event.map(str::to_owned);
    new.derived.event.session = session.map(str::to_owned);
    fixture.store.capture(new).await.unwrap().id
}

fn delivered(micros: i64, outcome: Outcome, status: Option<u16>) -> Delivered {
    Delivered {
        target: "http://127.0.0.1:3000/".to_owned(),
        started_at: at(micros),
        outcome,
        sentence: String::new(),
        sent_head: bytes::Bytes::new(),
        sent_body_size: 0,
        signature: Some(SignatureStatus::Invalid),
        response: status.map(|status| ReceivedResponse {
            status,
            head: bytes::Bytes::from_static(b"HTTP/1.1 200 OK\r\n\r\n"),
            body: bytes::Bytes::new(),
            body_size: 0,
            body_cut: false,
        }),
        times: Times { total: 9, ..Times::default() },
    }
}

const RANGE: TimelineRange = TimelineRange { from: at(1_000), to: at(2_000), width_us: 100 };

#[tokio::test]
async fn the_span_is_from_the_first_to_the_last_moment_whatever_order_they_came_in() {
    let fixture = Fixture::new();
    let (bin, other) = (fixture.bin().await.bin.id, fixture.bin().await.bin.id);
    assert_eq!(fixture.store.timeline_span(bin).await, Ok(None));
    put(&fixture, other, 1, None, None).await;
    for micros in [500, 300, 900] {
        put(&fixture, bin, micros, None, None).await;
    }
    let span = fixture.store.timeline_span(bin).await.unwrap().unwrap();
    assert_eq!((span.oldest, span.newest, span.requests), (at(300), at(900), 3));
}

#[tokio::test]
async fn each_request_is_in_the_bucket_and_lane_that_are_its_own() {
    use TimelineLane::{Named, Others, Unnamed};
    let fixture = Fixture::new();
    let (bin, other) = (fixture.bin().await.bin.id, fixture.bin().await.bin.id);
    // Outside of it: the end belongs to the next range.
    for micros in [999, 2_000] {
        put(&fixture, bin, micros, Some("outside"), None).await;
    }
    put(&fixture, other, 1_000, Some("of another bin"), None).await;
    for (micros, event) in [(1_000, Some("b")), (1_099, None), (1_100, Some("a")), (1_999, Some("b"))] {
        put(&fixture, bin, micros, event, None).await;
    }
    let timeline = fixture.store.timeline(bin, RANGE, TimelineBy::Event).await.unwrap();
    let told = |timeline: &crate::store::Timeline| -> Vec<(u32, TimelineLane, u64)> {
        timeline.requests.iter().map(|bucket| (bucket.bucket, bucket.lane, bucket.requests)).collect()
    };
    assert_eq!((timeline.names.join(" ").as_str(), timeline.left_out), ("b a", 0));
    assert_eq!(told(&timeline), [(0, Unnamed, 1), (0, Named(0), 1), (1, Named(1), 1), (9, Named(0), 1)]);
    // The most frequent have lanes; equally frequent ones by name.
    for event in "cdefghij".chars() {
        put(&fixture, bin, 1_500, Some(&event.to_string()), None).await;
    }
    let timeline = fixture.store.timeline(bin, RANGE, TimelineBy::Event).await.unwrap();
    assert_eq!((timeline.names.join(" ").as_str(), timeline.left_out), ("b a c d e f g h", 2));
    assert!(told(&timeline).contains(&(5, Others, 2)) && told(&timeline).contains(&(5, Named(7), 1)));
    // Nothing has a name.
    let timeline = fixture.store.timeline(bin, RANGE, TimelineBy::Session).await.unwrap();
    assert_eq!((timeline.names.len(), timeline.left_out), (0, 0));
    assert_eq!(told(&timeline), [(0, Unnamed, 2), (1, Unnamed, 1), (5, Unnamed, 8), (9, Unnamed, 1)]);
    for number in 0..13 {
        put(&fixture, bin, 1_700, None, Some(&format!("s{number}"))).await;
    }
    put(&fixture, bin, 1_700, None, Some("")).await;
    let timeline = fixture.store.timeline(bin, RANGE, TimelineBy::Session).await.unwrap();
    let newest: Vec<String> = (1..13).rev().map(|number| format!("s{number}")).collect();
    assert_eq!((timeline.names.clone(), timeline.left_out), (newest, 1));
    let told = told(&timeline);
    assert!(told.contains(&(7, Others, 1)) && told.contains(&(7, Unnamed, 1)) && told.contains(&(7, Named(11), 1)));
}

#[tokio::test]
async fn what_came_again_was_not_accepted_or_turned_down_is_counted_beside_the_rest() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    for (bucket, status) in [None, Some(199), Some(200), Some(299), Some(300)].into_iter().enumerate() {
        let mut new = post(bin, &format!("status {status:?}"));
        new.received_at = at(1_000 + 100 * i64::try_from(bucket).unwrap());
        new.status = status;
        fixture.store.capture(new).await.unwrap();
    }
    for n in 0..3 {
        let mut new = post(bin, &n.to_string());
        new.received_at = at(1_500);
        new.derived.event.duplicate_key = Some("k".to_owned());
        fixture.store.capture(new).await.unwrap();
        let mut new = post(bin, "the same");
        new.received_at = at(1_600);
        let same = fixture.store.capture(new).await.unwrap();
        let seen = fixture.store.summary(bin, crate::store::RequestRef::Id(same.id)).await.unwrap();
        assert_eq!(seen.derived.event.same_before, (n > 0).then_some(SameBefore { status: Some(200) }));
        let mut new = post(bin, &format!("rejected {n}"));
        new.received_at = at(1_700);
        new.rejected = (n > 0).then_some(Rejection::NoHost);
        fixture.store.capture(new).await.unwrap();
    }
    let timeline = fixture.store.timeline(bin, RANGE, TimelineBy::Event).await.unwrap();
    let told: Vec<_> = timeline
        .requests
        .iter()
        .map(|bucket| (bucket.requests, bucket.again, bucket.not_accepted, bucket.rejected))
        .collect();
    let expected = [
        (1, 0, 1, 0),
        (1, 0, 1, 0),
        (1, 0, 0, 0),
        (1, 0, 0, 0),
        (1, 0, 1, 0),
        (3, 2, 0, 0),
        (3, 2, 0, 0),
        (3, 0, 0, 2),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn deliveries_have_buckets_of_their_own_and_the_newest_are_told_first() {
    let fixture = Fixture::new();
    let (bin, other) = (fixture.bin().await.bin.id, fixture.bin().await.bin.id);
    let (one, two) = (put(&fixture, bin, 1, None, None).await, put(&fixture, bin, 2, None, None).await);
    let beside = put(&fixture, other, 2, None, None).await;
    let attempts = [
        (one, 999, Outcome::Answered, Some(200)),
        (one, 1_000, Outcome::Answered, Some(200)),
        (two, 1_050, Outcome::Answered, Some(299)),
        (one, 1_100, Outcome::Answered, Some(300)),
        (one, 1_200, Outcome::Cut, Some(200)),
        (two, 1_299, Outcome::Dns, None),
        (two, 2_000, Outcome::Answered, Some(200)),
    ];
    for (request, micros, outcome, status) in attempts {
        fixture.store.attempt(bin, request, Why::Send, delivered(micros, outcome, status)).await.unwrap();
    }
    let of_another = delivered(1_000, Outcome::Answered, Some(200));
    fixture.store.attempt(other, beside, Why::Send, of_another).await.unwrap();
    let timeline = fixture.store.timeline(bin, RANGE, TimelineBy::Event).await.unwrap();
    let told: Vec<_> =
        timeline.deliveries.iter().map(|bucket| (bucket.bucket, bucket.deliveries, bucket.failed)).collect();
    assert_eq!(told, [(0, 2, 0), (1, 1, 1), (2, 2, 2)]);
    for limit in [1, 3, 7, 9] {
        let newest = fixture.store.newest_attempts(bin, limit).await.unwrap();
        let expected = attempts.iter().rev().take(limit).map(|(request, micros, outcome, status)| AttemptFacts {
            request: *request,
            last: delivered(*micros, *outcome, *status).last(),
            signature: Some(SignatureStatus::Invalid),
        });
        assert_eq!(newest, expected.collect::<Vec<_>>(), "{limit}");
    }
}

#[tokio::test]
async fn which_requests_are_gone_is_known_by_who_removed_them() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let (bin, other) = (fixture.bin().await.bin.id, fixture.bin().await.bin.id);
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(store.capture(post(bin, "x")).await.unwrap().id);
    }
    store.mark(bin, ids[3], MarksPatch { read: Some(true), ..MarksPatch::default() }).await.unwrap();
    assert_eq!(store.lost(bin).await, Ok(Lost::Nothing));
    store.update_bin(bin, |settings| settings.limits.max_requests = Some(3)).await.unwrap();
    settled(&fixture).await;
    assert_eq!(store.lost(bin).await, Ok(Lost::Oldest));
    store.delete(bin, ids[2]).await.unwrap();
    assert_eq!(store.lost(bin).await, Ok(Lost::Any));
    assert_eq!(store.lost(other).await, Ok(Lost::Nothing));
    store.capture(post(other, "x")).await.unwrap();
    store.delete_matching(other, Filter::default()).await.unwrap();
    assert_eq!(store.lost(other).await, Ok(Lost::Any));
}
