//! Whoever looks on is told of what has changed, and of nothing else.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::filters::varied;
use super::help::{Fixture, assert_sound, options, post, settled, start};
use crate::model::{
    BinId, BinSettings, CapturedRequest, Change, ChangeKind, Clock, Derived, FreshnessStatus, MarksPatch, Seq,
    SignatureStatus, Timestamp,
};
use crate::store::{CommitListener, RequestRef, Reverified, Store, StoreError, Stored};

/// What was told since it was last asked.
fn told(fixture: &Fixture) -> Vec<ChangeKind> {
    fixture.log.0.lock().drain(..).map(|change: Change| change.what).collect()
}

#[tokio::test]
async fn a_request_is_told_as_it_is_read() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    for number in 0..60 {
        let stored = fixture.store.capture(varied(bin, number)).await.unwrap();
        let back = fixture.store.request(bin, RequestRef::Id(stored.id)).await.unwrap();
        let told = told(&fixture).into_iter().find_map(|what| match what {
            ChangeKind::Request(request) => Some(CapturedRequest::clone(&request)),
            _ => None,
        });
        let told = told.unwrap();
        assert_eq!(told.summary, back.summary, "{number}");
        assert_eq!((told.head, told.body, told.trailers), (back.head, back.body, back.trailers));
    }
    assert_sound(&fixture).await;
}

#[tokio::test]
async fn a_mark_is_told_when_it_is_another() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let id = fixture.store.capture(post(bin, "0123456789")).await.unwrap().id;
    fixture.store.capture(post(bin, "x")).await.unwrap();
    let none = MarksPatch::default;
    let tags = |tags: &[&str]| MarksPatch { tags: Some(tags.iter().map(|tag| (*tag).to_owned()).collect()), ..none() };
    let read = |read| MarksPatch { read: Some(read), ..none() };
    let pinned = |pinned| MarksPatch { pinned: Some(pinned), ..none() };
    let note = |note: &str| MarksPatch { note: Some(note.to_owned()), ..none() };
    for (number, (patch, is_told)) in [
        (none(), false),
        (read(false), false),
        (read(true), true),
        (read(true), false),
        (pinned(true), true),
        (pinned(true), false),
        (note("n"), true),
        (note("n"), false),
        (note(""), true),
        (tags(&["b", "a", "b"]), true),
        (tags(&["a", "b"]), false),
        (tags(&[]), true),
        (pinned(false), true),
        (read(false), true),
    ]
    .into_iter()
    .enumerate()
    {
        told(&fixture);
        let summary = fixture.store.mark(bin, id, patch).await.unwrap();
        let told = told(&fixture);
        assert_eq!(told.len(), usize::from(is_told), "{number} {told:?}");
        assert!(
            told.iter().all(
                |what| matches!(what, ChangeKind::Marked { id: of, marks } if *of == id && *marks == summary.marks)
            )
        );
        assert_eq!(fixture.store.summary(bin, RequestRef::Id(id)).await.unwrap(), summary);
        assert_sound(&fixture).await;
    }
}

#[tokio::test]
async fn deleting_what_is_gone_is_told_to_nobody() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let mut seqs = Vec::new();
    for _ in 0..3 {
        seqs.push(fixture.store.capture(post(bin, "x")).await.unwrap().seq);
    }
    let delete = async |seqs: Vec<Seq>| {
        told(&fixture);
        let count = fixture.store.db.write(1, 0, move |tx, seq| tx.delete_many(bin, &seqs, seq)).await.unwrap();
        let told: Vec<u64> = told(&fixture)
            .iter()
            .map(|what| if let ChangeKind::Cleared { count } = what { *count } else { panic!("{what:?}") })
            .collect();
        (count, told)
    };
    assert_eq!(delete(vec![seqs[0], seqs[0] + 1_000]).await, (1, vec![1]));
    assert_eq!(delete(vec![seqs[0]]).await, (0, vec![]));
    assert_eq!(delete(seqs.clone()).await, (2, vec![2]));
    assert_eq!(delete(seqs).await, (0, vec![]));
    assert_sound(&fixture).await;
}

#[tokio::test]
async fn a_verdict_that_came_out_otherwise_is_told_and_other_new_facts_are_only_kept() {
    type Step = fn(&mut Derived);
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let stored = fixture.store.capture(post(bin, "x")).await.unwrap();
    let mut derived = Derived::default();
    let steps: [(Step, bool); 6] = [
        (|_| {}, false),
        (|derived| derived.verdict.status = SignatureStatus::Valid, true),
        (|derived| derived.freshness.status = FreshnessStatus::Stale, true),
        (|derived| derived.freshness.age_s = Some(7), true),
        (|derived| derived.verdict.reason = Some("why".to_owned()), true),
        (|derived| derived.event.name = Some("e".to_owned()), false),
    ];
    for (number, (change, is_told)) in steps.into_iter().enumerate() {
        change(&mut derived);
        told(&fixture);
        let facts = vec![Reverified { seq: stored.seq, derived: derived.clone() }];
        fixture.store.reverify(bin, facts).await.unwrap();
        let told = told(&fixture);
        assert_eq!(told.len(), usize::from(is_told), "{number} {told:?}");
        assert!(told.iter().all(|what| matches!(what, ChangeKind::Verdict { id, verdict, freshness }
            if *id == stored.id && *verdict == derived.verdict && *freshness == derived.freshness)));
        let back = fixture.store.summary(bin, RequestRef::Id(stored.id)).await.unwrap();
        assert_eq!(back.derived, derived, "{number}");
    }
    // One that is gone is left out.
    let facts = vec![Reverified { seq: stored.seq + 1_000, derived: Derived::default() }];
    assert_eq!(fixture.store.reverify(bin, facts).await, Ok(()));
}

#[tokio::test]
async fn a_new_duplicate_key_names_the_first_that_came_before() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let mut stored = Vec::new();
    for key in [None, Some("k"), None] {
        let mut new = post(bin, "x");
        new.derived.event.duplicate_key = key.map(str::to_owned);
        stored.push(fixture.store.capture(new).await.unwrap());
    }
    let duplicates = async || {
        let mut found = Vec::new();
        for one in &stored {
            let event = fixture.store.summary(bin, RequestRef::Id(one.id)).await.unwrap().derived.event;
            found.push((event.duplicate_key, event.duplicate_of));
        }
        found
    };
    let reverify = async |at: usize, key: Option<&str>| {
        let mut derived = Derived::default();
        derived.event.duplicate_key = key.map(str::to_owned);
        fixture.store.reverify(bin, vec![Reverified { seq: stored[at].seq, derived }]).await.unwrap();
    };
    let key = || Some("k".to_owned());
    reverify(2, Some("k")).await;
    assert_eq!(duplicates().await[2], (key(), Some(stored[1].id)));
    reverify(0, Some("k")).await;
    assert_eq!(duplicates().await, [(key(), None), (key(), None), (key(), Some(stored[1].id))]);
    reverify(2, None).await;
    assert_eq!(duplicates().await[2], (None, None));
    reverify(2, Some("k")).await;
    assert_eq!(duplicates().await[2], (key(), Some(stored[0].id)));
}

#[tokio::test]
async fn a_response_that_comes_later_is_kept_and_told_when_it_is_another() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    // In another bin than the first.
    fixture.bin().await;
    let bin = fixture.bin().await.bin.id;
    let until = Timestamp::from_secs(start().as_secs() + 30);
    for (chosen, held, answered, is_told) in [
        (Some(200), false, Some(200), false),
        (Some(200), false, Some(502), true),
        (Some(200), false, None, true),
        (None, false, Some(200), true),
        (None, false, None, false),
        (Some(200), true, Some(200), true),
        (None, true, None, true),
    ] {
        let mut new = post(bin, "x");
        new.status = chosen;
        let stored = store.capture(new).await.unwrap();
        told(&fixture);
        let read = async || store.summary(bin, RequestRef::Id(stored.id)).await.unwrap();
        let changed = |what: &ChangeKind| match what {
            ChangeKind::Changed(summary) => *summary.clone(),
            what => panic!("{what:?}"),
        };
        if held {
            store.held(stored, until);
            settled(&fixture).await;
            let now = read().await;
            assert_eq!((now.held_until, now.response.status), (Some(until), None));
            assert_eq!(told(&fixture).iter().map(changed).collect::<Vec<_>>(), [now]);
        }
        store.answered(stored, answered, Duration::from_micros(1_234));
        settled(&fixture).await;
        let now = read().await;
        assert_eq!((now.response.status, now.response.duration_us, now.held_until), (answered, Some(1_234), None));
        let told: Vec<_> = told(&fixture).iter().map(changed).collect();
        let expected = if is_told { vec![now] } else { vec![] };
        assert_eq!(told, expected, "{chosen:?} {held} {answered:?}");
    }
    // Gone meanwhile.
    let stored = store.capture(post(bin, "x")).await.unwrap();
    store.delete(bin, stored.id).await.unwrap();
    told(&fixture);
    store.held(stored, until);
    store.answered(stored, Some(500), Duration::ZERO);
    settled(&fixture).await;
    let told = told(&fixture);
    assert!(told.is_empty(), "{told:?}");
    assert_eq!(store.stats().trouble, None);
}

#[tokio::test]
async fn whoever_comes_later_reads_what_was_told_of_all_that_is_still_there() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let (bin, other) = (fixture.bin().await.bin.id, fixture.bin().await.bin.id);
    let mut stored = Vec::new();
    for number in 0..6 {
        stored.push(store.capture(post(bin, &number.to_string())).await.unwrap());
        store.capture(post(other, "y")).await.unwrap();
    }
    for one in &stored {
        store.held(*one, Timestamp::from_secs(start().as_secs() + 30));
        store.mark(bin, one.id, MarksPatch { note: Some("n".to_owned()), ..MarksPatch::default() }).await.unwrap();
        let mut derived = Derived::default();
        derived.verdict.status = SignatureStatus::Valid;
        store.reverify(bin, vec![Reverified { seq: one.seq, derived }]).await.unwrap();
        store.answered(*one, Some(404), Duration::from_micros(9));
    }
    store.update_bin(bin, |settings| settings.limits.max_body_bytes = Some(7)).await.unwrap();
    store.delete(bin, stored[1].id).await.unwrap();
    let seq = stored[2].seq;
    assert_eq!(store.db.write(1, 0, move |tx, first| tx.delete_many(bin, &[seq], first)).await, Ok(1));
    settled(&fixture).await;
    let gone = [stored[1].id, stored[2].id];
    let mut kinds = std::collections::HashSet::new();
    let mut expected = Vec::new();
    let all: Vec<Change> = fixture.log.0.lock().iter().filter(|change| change.bin == bin).cloned().collect();
    for change in all {
        let shown = match &change.what {
            ChangeKind::Request(request) if gone.contains(&request.summary.id) => continue,
            ChangeKind::Changed(summary) if gone.contains(&summary.id) => continue,
            // Requests are read as they are now.
            ChangeKind::Request(request) => {
                format!("{:?}", store.summary(bin, RequestRef::Id(request.summary.id)).await)
            }
            ChangeKind::Changed(summary) => format!("{:?}", store.summary(bin, RequestRef::Id(summary.id)).await),
            what => format!("{what:?}"),
        };
        kinds.insert(std::mem::discriminant(&change.what));
        expected.push((change.seq, shown));
    }
    assert_eq!(kinds.len(), 7, "requests, holds, marks, verdicts, settings and both deletions");
    let read = async |after: Seq, limit: usize| -> Vec<(Seq, String)> {
        let changes = store.changes_after(bin, after, limit).await.unwrap();
        let shown = |what: &ChangeKind| match what {
            ChangeKind::Request(request) => format!("{:?}", Ok::<_, StoreError>(&request.summary)),
            ChangeKind::Changed(summary) => format!("{:?}", Ok::<_, StoreError>(summary)),
            what => format!("{what:?}"),
        };
        changes.iter().map(|change| (change.seq, shown(&change.what))).collect()
    };
    for (place, (seq, _)) in expected.iter().enumerate() {
        assert_eq!(read(seq - 1, 1_000).await, expected[place..]);
        assert_eq!(read(*seq, 3).await, expected[place + 1..].iter().take(3).cloned().collect::<Vec<_>>());
    }
}

/// Says in this order whether a change is wanted, and notes what was built and what was not.
#[derive(Default)]
struct Late {
    wanted: Mutex<VecDeque<bool>>,
    built: Mutex<Vec<Seq>>,
    unbuilt: Mutex<Vec<(BinId, Seq)>>,
}

impl CommitListener for Late {
    fn wants(&self, _bin: BinId) -> bool {
        self.wanted.lock().pop_front().unwrap_or_default()
    }
    fn committed(&self, changes: Vec<Change>) {
        self.built.lock().extend(changes.iter().map(|change| change.seq));
    }
    fn unbuilt(&self, bin: BinId, through: Seq) {
        self.unbuilt.lock().push((bin, through));
    }
}

#[tokio::test]
async fn who_comes_while_a_change_is_written_is_told_to_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let listener = Arc::new(Late::default());
    let store = Store::open(
        options(&folder.path().join("creel.db")),
        Clock::fixed(start()),
        Arc::clone(&listener) as Arc<dyn CommitListener>,
    )
    .unwrap();
    let bin = store.create_bin(BinSettings::default(), Vec::new()).await.unwrap().bin.id;
    for (at_first, then, is_built, is_unbuilt) in [
        (true, true, true, false),
        (true, false, true, false),
        (false, true, false, true),
        (false, false, false, false),
    ] {
        *listener.wanted.lock() = [at_first, then].into();
        let seq = store.capture(post(bin, "x")).await.unwrap().seq;
        let expected = if is_unbuilt { vec![(bin, seq)] } else { Vec::new() };
        assert_eq!(std::mem::take(&mut *listener.unbuilt.lock()), expected, "{at_first} {then}");
        let built = std::mem::take(&mut *listener.built.lock());
        assert_eq!(built, if is_built { vec![seq] } else { Vec::new() }, "{at_first} {then}");
    }
    store.close();
}

#[tokio::test]
async fn a_sender_who_waited_when_the_server_ended_waits_no_more() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let mut new = post(bin, "x");
    (new.status, new.held_until) = (None, Some(start()));
    let stored: Stored = fixture.store.capture(new).await.unwrap();
    let held = async |fixture: &Fixture| {
        fixture.store.summary(bin, RequestRef::Id(stored.id)).await.map(|summary| summary.held_until)
    };
    assert_eq!(held(&fixture).await, Ok(Some(start())));
    let fixture = fixture.again();
    assert_eq!(held(&fixture).await, Ok::<_, StoreError>(None));
}

#[tokio::test]
async fn large_requests_are_replayed_a_few_at_a_time_each_once_and_in_order() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let body = "x".repeat(2 << 20);
    let mut expected = Vec::new();
    for _ in 0..5 {
        let stored = fixture.store.capture(post(bin, &body)).await.unwrap();
        let read = MarksPatch { read: Some(true), ..MarksPatch::default() };
        fixture.store.mark(bin, stored.id, read).await.unwrap();
    }
    expected
        .extend(fixture.log.0.lock().iter().filter(|change| !matches!(change.what, ChangeKind::Bin)).map(|c| c.seq));
    let (mut seen, mut parts, mut after) = (Vec::new(), Vec::new(), 0);
    loop {
        let changes = fixture.store.changes_after(bin, after, 100).await.unwrap();
        let Some(last) = changes.last() else { break };
        after = last.seq;
        parts.push(changes.iter().filter(|change| matches!(change.what, ChangeKind::Request(_))).count());
        seen.extend(changes.iter().map(|change| change.seq));
    }
    assert_eq!((seen, parts), (expected, vec![2, 2, 1]));
    // As many bytes as are read at once, and one more: what goes over the limit is the last.
    for (more, count) in [(0, 3), (1, 2)] {
        let bin = fixture.bin().await.bin.id;
        let body = "x".repeat((2 << 20) - post(bin, "").head.raw().len() + more);
        for _ in 0..5 {
            fixture.store.capture(post(bin, &body)).await.unwrap();
        }
        let changes = fixture.store.changes_after(bin, 0, 100).await.unwrap();
        let requests = changes.iter().filter(|change| matches!(change.what, ChangeKind::Request(_)));
        assert_eq!(requests.count(), count, "{more}");
    }
}
