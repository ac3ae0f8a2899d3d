//! Where limits begin: exactly as much as is kept stays, and what is over it goes with everything that belongs to it.

use super::help::{Fixture, assert_sound, post, settled, start, until};
use crate::model::filter::Filter;
use crate::model::{
    BinId, BinLimits, BinSettings, ChangeKind, Delivered, Lane, MarksPatch, Outcome, RequestId, Routed, Times,
    Timestamp, Why,
};
use crate::store::{ListQuery, Order};

fn at(second: i64) -> Timestamp {
    Timestamp::from_secs(start().as_secs() + second)
}

fn limited(limits: BinLimits) -> BinSettings {
    BinSettings { limits, ..BinSettings::default() }
}

fn delivered() -> Delivered {
    Delivered {
        target: "http://127.0.0.1:3000/".to_owned(),
        started_at: start(),
        outcome: Outcome::Dns,
        sentence: String::new(),
        sent_head: bytes::Bytes::new(),
        sent_body_size: 0,
        signature: None,
        response: None,
        times: Times::default(),
    }
}

async fn left(fixture: &Fixture, bin: BinId) -> Vec<RequestId> {
    let query = ListQuery { limit: 100, order: Order::Oldest, ..ListQuery::default() };
    fixture.store.list(bin, query).await.unwrap().requests.iter().map(|request| request.id).collect()
}

async fn pin(fixture: &Fixture, bin: BinId, id: RequestId, pinned: bool) {
    fixture.store.mark(bin, id, MarksPatch { pinned: Some(pinned), ..MarksPatch::default() }).await.unwrap();
}

#[tokio::test]
async fn what_is_pinned_among_the_oldest_stays_and_what_is_not_goes_with_all_that_belongs_to_it() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let other = fixture.bin().await.bin.id;
    for pins in [&[][..], &[0], &[3], &[0, 3, 9], &[1, 2, 4, 5]] {
        let bin = fixture.bin().await.bin.id;
        let before = store.head_seq();
        store.forward_from(bin, before, true).await.unwrap();
        let mut ids = Vec::new();
        let mut kept_beside = Vec::new();
        for _ in 0..10 {
            ids.push(store.capture(post(bin, "x")).await.unwrap().id);
            kept_beside.push(store.capture(post(other, "y")).await.unwrap().id);
        }
        let routed = ids.iter().map(|id| (id.seq(), Routed::To(vec![Lane(1)]))).collect();
        assert!(store.route(bin, before, routed).await.unwrap());
        for id in &ids {
            store.attempt(bin, *id, Why::Replay, delivered()).await.unwrap();
        }
        for place in pins {
            pin(&fixture, bin, ids[*place], true).await;
        }
        assert_sound(&fixture).await;
        store.update_bin(bin, |settings| settings.limits.max_requests = Some(4)).await.unwrap();
        settled(&fixture).await;
        let unpinned: Vec<usize> = (0..10).filter(|place| !pins.contains(place)).collect();
        let gone = &unpinned[..unpinned.len() - 4];
        let kept: Vec<RequestId> = (0..10).filter(|place| !gone.contains(place)).map(|place| ids[place]).collect();
        assert_eq!(left(&fixture, bin).await, kept, "{pins:?}");
        assert_eq!(store.counts(bin).evicted, gone.len() as u64);
        let (cursor, waiting) = store.forward(bin).await.unwrap().unwrap();
        assert_eq!((cursor.evicted, waiting), (gone.len() as u64, kept.len() as u64));
        let beside = left(&fixture, other).await;
        assert!(kept_beside.iter().all(|id| beside.contains(id)), "{pins:?}");
        assert_sound(&fixture).await;
        // Unpinned, each is as old as it is.
        for place in pins {
            pin(&fixture, bin, ids[*place], false).await;
        }
        settled(&fixture).await;
        assert_eq!(left(&fixture, bin).await, ids[6..], "{pins:?}");
        assert_sound(&fixture).await;
    }
}

#[tokio::test]
async fn a_bins_own_number_of_requests_goes_before_the_servers_and_nought_is_no_limit() {
    for (servers, own, sent, kept) in [
        (0, None, 6, 6),
        (3, None, 3, 3),
        (3, None, 4, 3),
        (3, Some(0), 6, 6),
        (3, Some(5), 6, 5),
        (3, Some(1), 6, 1),
        (0, Some(2), 6, 2),
    ] {
        let fixture = Fixture::with(|options| options.max_requests = servers);
        let limits = BinLimits { max_requests: own, ..BinLimits::default() };
        let bin = fixture.store.create_bin(limited(limits), Vec::new()).await.unwrap().bin.id;
        let mut ids = Vec::new();
        for _ in 0..sent {
            ids.push(fixture.store.capture(post(bin, "x")).await.unwrap().id);
        }
        settled(&fixture).await;
        assert_eq!(left(&fixture, bin).await, ids[sent - kept..], "{servers} {own:?} {sent}");
        assert_sound(&fixture).await;
        // The same is found out at a start.
        let fixture = fixture.again_with(|options| options.max_requests = 1);
        settled(&fixture).await;
        let kept = own.map_or(1, |own| if own == 0 { kept } else { kept.min(usize::try_from(own).unwrap()) });
        assert_eq!(left(&fixture, bin).await, ids[sent - kept..], "{servers} {own:?} {sent} after a start");
    }
}

#[tokio::test]
async fn a_request_goes_when_it_is_older_than_the_age_and_not_before() {
    const LATE: i64 = 1_000_000_000;
    for (servers, own, age, stays) in [
        (0, None, LATE, true),
        (60, None, 60, true),
        (60, None, 61, false),
        (60, Some(0), LATE, true),
        (60, Some(120), 120, true),
        (60, Some(120), 121, false),
        (0, Some(60), 60, true),
        (0, Some(60), 61, false),
    ] {
        let fixture = Fixture::with(|options| options.max_age_s = servers);
        let limits = BinLimits { max_age_s: own, ..BinLimits::default() };
        let bin = fixture.store.create_bin(limited(limits), Vec::new()).await.unwrap().bin.id;
        let old = fixture.store.capture(post(bin, "old")).await.unwrap().id;
        fixture.clock.set(at(age));
        let mut young = post(bin, "young");
        young.received_at = at(age);
        let young = fixture.store.capture(young).await.unwrap().id;
        settled(&fixture).await;
        let expected = if stays { vec![old, young] } else { vec![young] };
        assert_eq!(left(&fixture, bin).await, expected, "{servers} {own:?} {age}");
        assert_sound(&fixture).await;
    }
}

#[tokio::test]
async fn more_old_requests_than_go_at_once_go_one_after_the_other() {
    for count in [511, 512, 513, 1_025] {
        let fixture = Fixture::new();
        let bin = fixture.bin().await.bin.id;
        for _ in 0..count {
            fixture.store.capture_unattended(post(bin, "old"));
        }
        settled(&fixture).await;
        fixture.clock.set(at(100));
        let fixture = fixture.again_with(|options| options.max_age_s = 60);
        for _ in 0..3 {
            settled(&fixture).await;
        }
        let counts = fixture.store.counts(bin);
        assert_eq!((counts.requests, counts.evicted), (0, count));
        assert_sound(&fixture).await;
    }
}

#[tokio::test]
async fn exactly_as_many_bytes_as_may_be_held_stay_and_pinned_ones_do_not_count() {
    let mut fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(fixture.store.capture(post(bin, "0123456789")).await.unwrap().id);
    }
    let one = fixture.store.counts(bin).bytes / 4;
    assert_eq!(fixture.store.counts(bin).bytes, 4 * one);
    pin(&fixture, bin, ids[1], true).await;
    for (most, kept) in [
        (3 * one + 1, vec![0, 1, 2, 3]),
        (3 * one, vec![0, 1, 2, 3]),
        (3 * one - 1, vec![1, 2, 3]),
        (2 * one, vec![1, 2, 3]),
        (2 * one - 1, vec![1, 3]),
        (one - 1, vec![1]),
        (1, vec![1]),
    ] {
        fixture = fixture.again_with(|options| options.max_bytes = most);
        settled(&fixture).await;
        let kept: Vec<RequestId> = kept.into_iter().map(|place| ids[place]).collect();
        assert_eq!(left(&fixture, bin).await, kept, "{most} of {one} each");
        assert_sound(&fixture).await;
    }
    pin(&fixture, bin, ids[1], false).await;
    settled(&fixture).await;
    assert_eq!(left(&fixture, bin).await, []);
}

#[tokio::test]
async fn what_is_too_much_goes_also_when_all_that_is_looked_at_first_is_pinned() {
    // As many as are looked at in one step, and one fewer or more.
    for pinned in [511, 512, 513] {
        let fixture = Fixture::new();
        let bin = fixture.bin().await.bin.id;
        for _ in 0..pinned {
            fixture.store.capture_unattended(post(bin, "x"));
        }
        settled(&fixture).await;
        let patch = MarksPatch { pinned: Some(true), ..MarksPatch::default() };
        assert_eq!(fixture.store.mark_matching(bin, Filter::default(), patch).await, Ok(pinned));
        for _ in 0..3 {
            fixture.store.capture(post(bin, "y")).await.unwrap();
        }
        let fixture = fixture.again_with(|options| options.max_bytes = 1);
        for _ in 0..2 {
            settled(&fixture).await;
        }
        assert_eq!(fixture.store.counts(bin).requests, pinned);
        assert_sound(&fixture).await;
    }
}

#[tokio::test]
async fn what_comes_goes_also_after_a_count_that_was_too_high_has_led_to_nothing() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    for _ in 0..3 {
        fixture.store.capture(post(bin, "x")).await.unwrap();
    }
    fixture.store.close();
    let conn = rusqlite::Connection::open(fixture.path()).unwrap();
    conn.execute_batch("UPDATE tally SET bytes = bytes + 1000000").unwrap();
    drop(conn);
    let fixture = fixture.again_with(|options| options.max_bytes = 1);
    for _ in 0..2 {
        settled(&fixture).await;
        assert_eq!(fixture.store.counts(bin).requests, 0);
        fixture.store.capture(post(bin, "y")).await.unwrap();
    }
    settled(&fixture).await;
    assert_eq!(fixture.store.counts(bin).requests, 0);
}

#[tokio::test]
async fn every_eviction_from_many_bins_has_a_number_of_its_own() {
    let mut fixture = Fixture::new();
    let mut bins = Vec::new();
    for _ in 0..40 {
        bins.push(fixture.bin().await.bin.id);
    }
    for _ in 0..3 {
        for bin in &bins {
            fixture.store.capture_unattended(post(*bin, "x"));
        }
    }
    settled(&fixture).await;
    let clock = fixture.clock.clone();
    let mut told_before = 0;
    for (change, kept) in [
        ((|options| options.max_requests = 2) as fn(&mut crate::store::StoreOptions), 2),
        (|options| options.max_bytes = 1, 0),
        (|options| options.max_age_s = 60, 0),
    ] {
        if kept == 0 {
            fixture = fixture.again();
            for bin in &bins {
                fixture.store.capture_unattended(post(*bin, "y"));
            }
            settled(&fixture).await;
        }
        clock.set(Timestamp::from_secs(clock.now().as_secs() + 100));
        fixture = fixture.again_with(change);
        // Each batch looks at so many bins.
        for _ in 0..6 {
            settled(&fixture).await;
        }
        for bin in &bins {
            assert_eq!(fixture.store.counts(*bin).requests, kept);
        }
        let last = fixture.store.capture(post(bins[0], "z")).await.unwrap();
        let log = fixture.log.0.lock();
        let told: Vec<u64> = log
            .iter()
            .filter(|change| matches!(change.what, ChangeKind::Evicted { .. }))
            .map(|change| change.seq)
            .collect();
        assert!(told.len() >= told_before + bins.len() && told.is_sorted_by(|a, b| a < b), "{told:?}");
        told_before = told.len();
        assert!(told.iter().all(|seq| *seq < last.seq), "{told:?} {last:?}");
        drop(log);
    }
}

#[tokio::test]
async fn what_is_imported_counts_with_its_marks() {
    use crate::model::{HeadSource, Marks, Origin, Rejection};
    use crate::store::{Kept, RequestRef};
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let marks = |read, pinned, note: Option<&str>, tags: &[&str]| Marks {
        read,
        pinned,
        note: note.map(str::to_owned),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
    };
    let kept: Vec<Kept> = [
        (marks(false, false, None, &[]), None),
        (marks(true, false, None, &[]), Some(0)),
        (marks(false, true, Some("why"), &[]), Some(5)),
        (marks(true, true, None, &["a", "b"]), Some(1 << 40)),
        (marks(false, true, None, &[]), None),
    ]
    .map(|(marks, duration_us)| Kept { marks, duration_us })
    .into();
    let requests = kept.iter().enumerate().map(|(number, kept)| {
        let mut request = post(BinId::generate(), &"x".repeat(100 * number));
        request.origin = Origin::Imported;
        request.head_source = HeadSource::Parsed;
        request.rejected = (number == 1).then_some(Rejection::NoHost);
        (request, kept.clone())
    });
    assert_eq!(fixture.store.import(bin, requests.collect()).await, Ok(5));
    assert_sound(&fixture).await;
    assert_eq!(fixture.store.counts(bin).rejected, 1);
    for (id, kept) in left(&fixture, bin).await.into_iter().zip(&kept) {
        let back = fixture.store.request(bin, RequestRef::Id(id)).await.unwrap().summary;
        assert_eq!((&back.marks, back.response.duration_us), (&kept.marks, kept.duration_us));
    }
    // More than one write takes.
    let parts = async |count: u64, body: &str| {
        let before = fixture.store.stats().commits;
        let many = (0..count).map(|_| (post(bin, body), Kept::default())).collect();
        assert_eq!(fixture.store.import(bin, many).await, Ok(count));
        fixture.store.stats().commits - before
    };
    assert_eq!([parts(0, "").await, parts(500, "").await, parts(1_001, "x").await], [0, 1, 3]);
    assert_eq!(parts(3, &"x".repeat(5 << 20)).await, 2, "captures get in between");
    // Two that have exactly as many bytes as one write takes, or one less.
    let half = (4 << 20) - post(bin, "").head.raw().len();
    assert_eq!([parts(3, &"x".repeat(half)).await, parts(3, &"x".repeat(half - 1)).await], [2, 1]);
    assert_sound(&fixture).await;
    fixture.store.update_bin(bin, |settings| settings.limits.max_requests = Some(1)).await.unwrap();
    for _ in 0..4 {
        settled(&fixture).await;
    }
    assert_eq!(fixture.store.counts(bin).requests, 1 + 3);
    let size = |name: &str| std::fs::metadata(fixture.folder.path().join(name)).unwrap().len();
    // The log is folded meanwhile: the files may grow between the two looks.
    until(|| {
        let (stats, log) = (fixture.store.stats(), size("creel.db-wal"));
        (stats.wal_bytes, stats.file_bytes) == (log, size("creel.db") + log)
    })
    .await;
    assert_sound(&fixture).await;
}
