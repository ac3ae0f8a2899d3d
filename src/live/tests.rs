use std::net::{IpAddr, Ipv4Addr};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _};

use super::*;
use crate::http::Head;
use crate::model::{
    BinSettings, CapturedRequest, Client, Clock, Derived, HeadSource, Marks, NewRequest, Origin, RequestId,
    RequestSummary, SentResponse, Timestamp,
};
use crate::store::{Store, StoreOptions};

fn captured(bin: BinId, seq: Seq, body: usize) -> Change {
    let head = Head::new(Bytes::from(format!("POST /{bin}/x HTTP/1.1\r\nHost: h\r\n\r\n")));
    let summary = RequestSummary {
        seq,
        id: RequestId::new(Timestamp::default(), 1, seq),
        bin,
        received_at: Timestamp::default(),
        body_took: Duration::ZERO,
        method: "POST".into(),
        target: format!("/{bin}/x"),
        path: "/x".into(),
        http_version: "1.1".into(),
        content_type: None,
        head_source: HeadSource::Wire,
        body_size: body as u64,
        declared_size: None,
        complete: true,
        client: Some(Client { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 1 }),
        rejected: None,
        derived: Derived::default(),
        response: SentResponse::default(),
        marks: Marks::default(),
        origin: Origin::Wire,
        hops: 0,
        last_attempt: None,
        forwarded: None,
        held_until: None,
    };
    let request = CapturedRequest { summary, head, body: vec![b'x'; body].into(), trailers: Bytes::new() };
    Change { seq, bin, what: ChangeKind::Request(Arc::new(request)) }
}

/// What a subscriber got: cursors of events, and reported gaps.
#[derive(Debug, PartialEq, Eq)]
enum Got {
    Event(Seq),
    Gap(Seq, Seq),
}

fn expand(delivery: Delivery) -> Vec<Got> {
    match delivery {
        Delivery::Events(events) => events.iter().map(|(seq, _, _)| Got::Event(seq)).collect(),
        Delivery::Lagged { from, to } => vec![Got::Gap(from, to)],
    }
}

/// Waits for deliveries until the cursor is reached.
async fn until(subscription: &mut Subscription, seq: Seq) -> Vec<Got> {
    let mut got = Vec::new();
    let reached = |got: &[Got]| match got.last() {
        Some(Got::Event(last) | Got::Gap(_, last)) => *last >= seq,
        None => false,
    };
    while !reached(&got) {
        let next = tokio::time::timeout(Duration::from_secs(20), subscription.next()).await;
        got.extend(expand(next.expect("a delivery in time").expect("the stream goes on")));
    }
    got
}

fn events(range: std::ops::RangeInclusive<Seq>) -> Vec<Got> {
    range.map(Got::Event).collect()
}

#[tokio::test]
async fn every_subscriber_gets_every_event_once_in_order() {
    let hub = Hub::start().unwrap();
    let (bin, other) = (BinId::generate(), BinId::generate());
    let mut one = hub.subscribe(bin, None).unwrap();
    let mut two = hub.subscribe(bin, None).unwrap();
    assert!(hub.wants(bin) && !hub.wants(other));
    for seq in 1..=300 {
        hub.committed(vec![captured(bin, seq, 10), captured(other, 1_000 + seq, 10)]);
    }
    assert_eq!(until(&mut one, 300).await, events(1..=300));
    assert_eq!(until(&mut two, 300).await, events(1..=300));
    drop((one, two));
    assert!(!hub.wants(bin));
    assert_eq!(hub.stats().subscribers, 0);
}

#[tokio::test]
async fn a_message_is_one_text_frame_and_one_server_sent_event() {
    let hub = Hub::start().unwrap();
    let bin = BinId::generate();
    let mut subscription = hub.subscribe(bin, None).unwrap();
    hub.committed(vec![captured(bin, 7, 10)]);
    let Some(Delivery::Events(events)) = subscription.next().await else { panic!("an event") };
    let (_, _, json) = events.iter().next().unwrap();
    let value: serde_json::Value = serde_json::from_slice(json).unwrap();
    assert_eq!(
        (&value["seq"], &value["type"], &value["request"]["path"]),
        (&7.into(), &"request".into(), &"/x".into())
    );
    assert!(value["request"].get("headers").is_none(), "live events carry summaries");
    let mut frame = Vec::new();
    text_frame(&mut frame, json);
    assert_eq!(events.frames(), frame);
    let text = String::from_utf8(events.sse().to_vec()).unwrap();
    assert_eq!(text, format!("id: 7\nevent: request\ndata: {}\n\n", std::str::from_utf8(json).unwrap()));
}

#[test]
fn frames_of_every_length_say_their_length() {
    for (length, head) in
        [(5, &[0x81, 5][..]), (200, &[0x81, 126, 0, 200]), (70_000, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70])]
    {
        let mut frame = Vec::new();
        text_frame(&mut frame, &vec![b'x'; length]);
        assert_eq!(&frame[..head.len()], head);
        assert_eq!(frame.len(), head.len() + length);
    }
}

#[tokio::test]
async fn who_does_not_read_is_told_what_it_missed_and_holds_no_more_than_the_ring() {
    let hub = Hub::start().unwrap();
    let bin = BinId::generate();
    let mut slow = hub.subscribe(bin, None).unwrap();
    let mut quick = hub.subscribe(bin, None).unwrap();
    // More batches than the ring holds; the quick one shows that each was published before the next is made.
    let end = RING_BATCHES as Seq + 40;
    let mut seen = Vec::new();
    for seq in 1..=end {
        hub.committed(vec![captured(bin, seq, 10)]);
        seen.extend(until(&mut quick, seq).await);
    }
    assert_eq!(seen, events(1..=end));
    let got = until(&mut slow, end).await;
    let Got::Gap(0, to) = got[0] else { panic!("a gap first, not {:?}", got[0]) };
    assert_eq!(got[1..], events(to + 1..=end));
    assert!(got.len() <= RING_BATCHES + 1);
    assert_eq!(hub.stats().lagged, 1);
}

#[tokio::test]
async fn bodies_do_not_pile_up_when_the_hub_cannot_keep_up() {
    let hub = Hub::start().unwrap();
    let bin = BinId::generate();
    let mut subscription = hub.subscribe(bin, None).unwrap();
    // One call, so that the hub's thread cannot empty the inbox in between.
    let changes: Vec<Change> = (1..=64).map(|seq| captured(bin, seq, 1 << 20)).collect();
    hub.committed(changes);
    let got = until(&mut subscription, 64).await;
    let fitted = got.iter().filter(|got| matches!(got, Got::Event(_))).count();
    assert!(fitted <= INBOX_BYTES >> 20, "{fitted}");
    assert_eq!(got.last(), Some(&Got::Gap(fitted as Seq, 64)));
    assert_eq!(hub.stats().dropped, 64 - fitted as u64);
    // The stream continues.
    hub.committed(vec![captured(bin, 65, 10)]);
    assert_eq!(until(&mut subscription, 65).await, [Got::Event(65)]);
}

#[tokio::test]
async fn streams_end_with_the_bin_and_with_the_hub() {
    let hub = Hub::start().unwrap();
    let (bin, other) = (BinId::generate(), BinId::generate());
    let mut of_bin = hub.subscribe(bin, None).unwrap();
    let mut of_other = hub.subscribe(other, None).unwrap();
    hub.committed(vec![Change { seq: 3, bin, what: ChangeKind::BinDeleted }]);
    assert_eq!(expand(of_bin.next().await.unwrap()), [Got::Event(3)]);
    assert!(of_bin.next().await.is_none());
    assert!(of_other.next().now_or_never().is_none(), "another bin's stream goes on");
    hub.close();
    assert!(of_other.next().await.is_none());
    assert_eq!(hub.subscribe(bin, None).err(), Some(SubscribeError::Closed));
}

#[test]
fn a_subscriber_that_waits_is_woken_once_per_batch() {
    let hub = Hub::start().unwrap();
    let bin = BinId::generate();
    let mut subscription = hub.subscribe(bin, None).unwrap();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(matches!(subscription.poll_next_unpin(&mut cx), Poll::Pending));
    assert!(matches!(subscription.poll_next_unpin(&mut cx), Poll::Pending));
    let channel = hub.inner.channels_of(bin).remove(0);
    assert_eq!(channel.ring.lock().take_wakers().len(), 1, "polling again leaves one waker");
}

#[tokio::test]
async fn changes_that_were_not_built_are_not_passed_over_in_silence() {
    let hub = Hub::start().unwrap();
    let bin = BinId::generate();
    let mut subscription = hub.subscribe(bin, None).unwrap();
    hub.unbuilt(bin, 5);
    hub.committed(vec![captured(bin, 6, 10)]);
    // Without a store to read them from, they are reported as a gap.
    assert_eq!(until(&mut subscription, 6).await, [Got::Gap(0, 5), Got::Event(6)]);
}

/// A hub with a store behind it.
fn with_store(folder: &std::path::Path) -> (Hub, Store) {
    let options = StoreOptions::unlimited(&folder.join("creel.db"));
    let hub = Hub::start().unwrap();
    let store = Store::open(options, Clock::system(), Arc::new(hub.clone())).unwrap();
    (hub, store)
}

#[tokio::test]
async fn a_bin_that_goes_while_its_past_is_read_still_ends_with_its_last_change() {
    let folder = tempfile::tempdir().unwrap();
    let (hub, store) = with_store(folder.path());
    let bin = store.create_bin(BinSettings::default(), Vec::new()).await.unwrap().bin.id;
    let mut subscription = hub.subscribe(bin, None).unwrap().resume(store.clone(), store.head_seq());
    store.delete_bin(bin).await.unwrap();
    assert!(matches!(expand(subscription.next().await.unwrap())[..], [Got::Event(_)]));
    assert!(subscription.next().await.is_none());
}

#[tokio::test]
async fn subscribers_that_do_not_read_share_the_room_for_what_they_missed_and_others_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let (hub, store) = with_store(folder.path());
    let bin = store.create_bin(BinSettings::default(), Vec::new()).await.unwrap().bin.id;
    for number in 0..40 {
        let head = format!("POST /{bin}/{number}{} HTTP/1.1\r\nHost: h\r\n\r\n", "x".repeat(60_000));
        let request = NewRequest {
            bin,
            received_at: Timestamp::default(),
            body_took: Duration::ZERO,
            head: Head::new(Bytes::from(head)),
            head_source: HeadSource::Wire,
            body: Bytes::new(),
            trailers: Bytes::new(),
            declared_size: None,
            complete: true,
            client: None,
            rejected: None,
            derived: Derived::default(),
            status: None,
            held_until: None,
            origin: Origin::Wire,
            hops: 0,
        };
        store.capture(request).await.unwrap();
    }
    let mut idle = Vec::new();
    // Each takes the first batch of a page and then no more, until there is no room left.
    let told = loop {
        let mut subscription = hub.subscribe(bin, None).unwrap().resume(store.clone(), 0);
        match subscription.next().await.unwrap() {
            Delivery::Events(_) => idle.push(subscription),
            Delivery::Lagged { from, to } => break (subscription, from, to),
        }
    };
    let (mut subscription, from, to) = told;
    assert_eq!((from, to), (0, store.head_seq()));
    assert!(idle.len() > 8 && idle.len() < 200, "{}", idle.len());
    // It continues with new events.
    hub.committed(vec![captured(bin, to + 1, 10)]);
    assert_eq!(expand(subscription.next().await.unwrap()), [Got::Event(to + 1)]);
    // When the others go, there is room again.
    drop(idle);
    let mut late = hub.subscribe(bin, None).unwrap().resume(store.clone(), 0);
    assert!(matches!(late.next().await.unwrap(), Delivery::Events(_)));
}

#[test]
fn subscribers_may_come_and_go_while_what_they_missed_is_told() {
    let hub = Hub::start().unwrap();
    let bin = BinId::generate();
    let over = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (done, ended) = std::sync::mpsc::channel();
    for _ in 0..2 {
        let (hub, over, done) = (hub.clone(), Arc::clone(&over), done.clone());
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                drop(hub.subscribe(bin, None).unwrap());
            }
            done.send(()).unwrap();
        });
    }
    std::thread::spawn(move || {
        for seq in 0..50 {
            hub.unbuilt(bin, seq);
            while !hub.inner.inbox.lock().unbuilt.is_empty() {
                std::thread::yield_now();
            }
        }
        over.store(true, Ordering::Relaxed);
        done.send(()).unwrap();
    });
    for _ in 0..3 {
        ended.recv_timeout(Duration::from_mins(1)).expect("nobody waits for anybody for ever");
    }
}
