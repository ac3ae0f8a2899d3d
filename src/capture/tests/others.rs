//! Judging anew, leases, counters, bins that requests make, what a worker remembers.

use super::*;

/// Waits until a run over the bin is told to be over; what was told until then.
async fn run_over(fixture: &Fixture, bin: &BinState) -> Vec<(u64, u64, bool)> {
    loop {
        let progress: Vec<_> = fixture
            .log
            .0
            .lock()
            .iter()
            .filter(|change| change.bin == bin.bin.id)
            .filter_map(|change| match change.what {
                ChangeKind::Progress { done, total, finished } => Some((done, total, finished)),
                _ => None,
            })
            .collect();
        if progress.last().is_some_and(|last| last.2) {
            fixture.log.0.lock().clear();
            return progress;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_stored_is_judged_anew_when_the_secrets_change() {
    let fixture = Fixture::new();
    tokio::spawn(fixture.capture.clone().reverify_after_changes(fixture.store.bin_updates()));
    let bin = fixture.bin(provider("callaider"), None).await;
    for key in ["key", "other"] {
        fixture.receive(&bin, signed(key)).await;
    }
    let verdicts = async || -> Vec<_> {
        fixture.kept(&bin).await.iter().map(|kept| kept.summary.derived.verdict.status).collect()
    };
    assert_eq!(verdicts().await, [SignatureStatus::NoSecret; 2]);
    fixture.log.0.lock().clear();
    for (secret, expected) in [
        ("key", [SignatureStatus::Valid, SignatureStatus::Invalid]),
        ("other", [SignatureStatus::Invalid, SignatureStatus::Valid]),
    ] {
        let secret = ("live".to_owned(), SecretValue::new(secret.to_owned()));
        fixture.store.replace_secrets(bin.bin.id, vec![secret]).await.unwrap();
        assert_eq!(run_over(&fixture, &bin).await, [(2, 2, false), (2, 2, true)]);
        assert_eq!(verdicts().await, expected);
    }
    // More than one step.
    for _ in 0..600 {
        fixture.receive(&bin, signed("other")).await;
    }
    fixture.log.0.lock().clear();
    fixture.capture.reverify_all([bin.bin.id]);
    assert_eq!(run_over(&fixture, &bin).await, [(500, 602, false), (602, 602, false), (602, 602, true)]);
}

#[test]
fn only_what_verdicts_depend_on_has_a_bin_judged_anew() {
    type Set = fn(&mut crate::model::Bin);
    let changes: [(Set, bool); 9] = [
        (|_| {}, false),
        (|bin| bin.settings.name = "n".parse().ok(), false),
        (|bin| bin.settings.signature_mode = SignatureMode::Enforce, false),
        (|bin| bin.settings.response.cors = true, false),
        (|bin| bin.settings.provider = Some("github".into()), true),
        (|bin| bin.settings.scheme = Some("github".into()), true),
        (|bin| bin.settings.custom_scheme = Some(serde_json::json!({})), true),
        (|bin| bin.settings.public_url = Some("http://x".into()), true),
        (|bin| bin.secrets.clear(), true),
    ];
    let secret = Secret { id: 1, label: "l".into(), value: SecretValue::new("v".into()), created_at: start() };
    let before = crate::model::Bin {
        id: BinId::generate(),
        created_at: start(),
        settings: BinSettings::default(),
        secrets: vec![secret],
    };
    for (number, (change, differs)) in changes.into_iter().enumerate() {
        let mut after = before.clone();
        change(&mut after);
        assert_eq!(judge::Judge::may_differ(&before, &after), differs, "{number}");
        assert_eq!(judge::Judge::may_differ(&after, &before), differs, "{number}");
    }
}

#[tokio::test]
async fn a_lease_is_one_persons_and_ends_with_them() {
    let fixture = Fixture::new();
    let (bin, other) = (fixture.bin(answers("{}"), None).await.bin.id, fixture.bin(answers("{}"), None).await.bin.id);
    let leases = &fixture.capture.0.held.0.leases;
    let lease = |bin| fixture.capture.lease(bin, Duration::from_secs(5));
    assert!(leases.of(bin).is_none());
    let first = lease(bin).unwrap();
    assert!(lease(bin).is_none(), "somebody has it");
    let second = lease(other).unwrap();
    let ids = [bin, other].map(|bin| leases.of(bin).unwrap().id);
    assert_ne!(ids[0], ids[1]);
    assert_eq!(leases.of(bin).unwrap().patience, Duration::from_secs(5));
    drop(first);
    assert!(leases.of(bin).is_none() && leases.of(other).is_some());
    assert_eq!(ids.map(|id| leases.is_held(id)), [false, true]);
    let third = lease(bin).unwrap();
    assert_ne!(leases.of(bin).unwrap().id, ids[0], "no number is given twice");
    drop((second, third));
    assert!(leases.of(bin).is_none() && leases.of(other).is_none());
}

#[tokio::test]
async fn a_sender_under_a_lease_waits_for_its_holder_and_no_longer() {
    let fixture = Fixture::new();
    let bin = fixture.bin(answers(r#"{"status":202}"#), None).await;
    let lease = fixture.capture.lease(bin.bin.id, Duration::from_mins(1)).unwrap();
    let response = fixture.receive(&bin, arrived("POST", "", "x")).await;
    let held = fixture.kept(&bin).await.pop().unwrap().summary;
    assert_eq!((held.response.status, held.held_until), (None, Some(start().plus(Duration::from_mins(1)))));
    let waiting = tokio::spawn(response.instead.unwrap().answer);
    for _ in 0..10_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(fixture.capture.held(), 1);
    drop(lease);
    assert!(waiting.await.unwrap().is_none());
    assert_eq!(fixture.capture.held(), 0);
    let response = fixture.receive(&bin, arrived("POST", "", "x")).await;
    assert!(response.instead.is_none());
    assert_eq!(response.status, 202);
    // What the listener says of its end is kept.
    let stored = response.stored.unwrap();
    fixture.capture.answered(stored, Some(503), Duration::from_micros(9));
    fixture.bin(BinSettings::default(), None).await;
    let kept = fixture.kept(&bin).await.pop().unwrap().summary;
    assert_eq!((kept.response.status, kept.response.duration_us), (Some(503), Some(9)));
}

#[tokio::test]
async fn that_many_are_turned_away_is_told_once_a_minute() {
    let fixture = Fixture::new();
    let counters = fixture.capture.counters();
    let second = start().as_secs();
    for (number, (now, told)) in
        [(0, 0), (0, 0), (59, 0), (60, 60), (119, 60), (120, 120), (30, 30), (31, 30)].into_iter().enumerate()
    {
        fixture.clock.jump(Timestamp::from_secs(second + now));
        fixture.capture.count_crowded();
        assert_eq!(counters.crowded_told.load(Ordering::Relaxed), second + told, "{now}");
        assert_eq!(counters.crowded.load(Ordering::Relaxed), number as u64 + 1);
    }
    let shown = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    for number in 1..=2 {
        fixture.capture.count_mismatch();
        fixture.capture.count_shed();
        fixture.capture.count_import_refused();
        fixture.capture.count_export_refused();
        fixture.capture.count_unread();
        let not_moved = [&counters.not_imported, &counters.not_exported].map(shown);
        assert_eq!(not_moved, [number; 2]);
        let counted = [&counters.head_mismatch, &counters.shed, &counters.unread].map(shown);
        assert_eq!(counted, [number; 3]);
    }
}

#[tokio::test]
async fn a_bin_that_is_not_there_is_made_where_that_is_wanted_and_the_name_is_one() {
    let options = CaptureOptions { auto_create: true, ..CaptureOptions::default() };
    let (making, not) = (Fixture::with(options), Fixture::new());
    assert_eq!(making.capture.create(b"orders").await.unwrap().state.bin.settings.name, "orders".parse().ok());
    assert_eq!(making.store.bin_count(), 1);
    // Two first requests at once.
    assert_eq!(making.capture.create(b"orders").await.unwrap().state.bin.settings.name, "orders".parse().ok());
    assert_eq!((making.store.bin_count(), making.capture.counters().created.load(Ordering::Relaxed)), (1, 1));
    for (fixture, segment, text) in [
        (&making, &b""[..], "send requests to a bin URL"),
        (&making, b"no name", "no bin 'no name' here"),
        (&making, b"\xff", "here: create one"),
        (&not, b"orders", "no bin 'orders' here"),
    ] {
        let response = fixture.capture.create(segment).await.unwrap_err();
        let body = String::from_utf8_lossy(&response.body).into_owned();
        assert!(response.status == 404 && body.contains(text), "{body}");
    }
    let unknown = |fixture: &Fixture| -> Vec<String> {
        fixture.capture.unknown_bins().into_iter().map(|known| known.name.to_string()).collect()
    };
    assert_eq!((unknown(&making), unknown(&not)), (vec![], vec!["orders".to_owned()]));
    assert_eq!(making.capture.counters().unknown_bin.load(Ordering::Relaxed), 3);
    not.bin(BinSettings { name: "orders".parse().ok(), ..BinSettings::default() }, None).await;
    assert_eq!(unknown(&not), Vec::<String>::new());
}

#[tokio::test]
async fn the_bins_of_a_worker_are_as_new_as_their_settings() {
    let fixture = Fixture::new();
    let bin = fixture.bin(BinSettings { name: "b".parse().ok(), ..BinSettings::default() }, None).await;
    let bins = WorkerBins::new(fixture.capture.clone());
    let limit = || bins.bin(b"b").map(|bin| fixture.capture.body_limit(&bin));
    assert_eq!((limit(), limit()), (Some(100), Some(100)));
    fixture.store.update_bin(bin.bin.id, |settings| settings.limits.max_body_bytes = Some(7)).await.unwrap();
    assert_eq!(limit(), Some(7));
    let known = bins.bin(b"b").unwrap();
    assert!(std::rc::Rc::ptr_eq(&known, &bins.bin(b"b").unwrap()), "looked up once");
    assert!(Arc::ptr_eq(&known.prepared, &bins.bin(b"b").unwrap().prepared));
    fixture.capture.schemes_changed();
    assert!(!Arc::ptr_eq(&known.prepared, &bins.bin(b"b").unwrap().prepared));
    assert!(bins.bin(b"c").is_none());
    fixture.store.delete_bin(bin.bin.id).await.unwrap();
    assert!(bins.bin(b"b").is_none());
    for (url, expected) in
        [(None, "http://creel.test/b"), (Some("http://x/y//"), "http://x/y"), (Some("http://x"), "http://x")]
    {
        assert_eq!(fixture.capture.bin_url("b", url), expected);
    }
}

#[tokio::test]
async fn an_event_that_came_whole_is_repeated_by_the_same_and_one_that_broke_off_by_none() {
    let fixture = Fixture::new();
    let bin = fixture.bin(provider("callaider"), Some("key")).await;
    for complete in [false, true, true, false] {
        fixture.receive(&bin, Arrived { complete, ..signed("key") }).await;
    }
    let kept = fixture.kept(&bin).await;
    let first = kept[1].summary.id;
    let told: Vec<_> = kept
        .iter()
        .map(|one| (one.summary.derived.event.duplicate_key.is_some(), one.summary.derived.event.duplicate_of))
        .collect();
    assert_eq!(told, [(false, None), (true, None), (true, Some(first)), (false, None)]);
}

#[test]
fn the_schemes_to_choose_from_are_those_that_the_server_has_now() {
    use crate::signature::{Catalogue, CurrentCatalogue};
    let current = CurrentCatalogue::default();
    let fixture = Fixture::with(CaptureOptions { catalogue: current.clone(), ..CaptureOptions::default() });
    assert!(fixture.capture.catalogue().scheme("own").is_none());
    current.replace(Catalogue::with(r#"[{"id": "own", "header": "X-Own"}]"#).unwrap());
    assert!(fixture.capture.catalogue().scheme("own").is_some());
}

#[tokio::test]
async fn the_target_is_asked_where_it_answers_and_is_not_paused_by_hand() {
    use crate::model::{ForwardAnswer, ForwardSettings};
    let targets = hooks::Targets(Some(Arc::new(|_, _| None)));
    let fixture = Fixture::with(CaptureOptions { targets, ..CaptureOptions::default() });
    let without = Fixture::new();
    assert_eq!(fixture.capture.clock().now(), start());
    for (answer, paused, until, asks) in [
        (None, false, None, false),
        (Some(ForwardAnswer::Own), false, None, false),
        (Some(ForwardAnswer::Target), false, None, true),
        (Some(ForwardAnswer::Target), true, None, false),
        // Because of a loop.
        (Some(ForwardAnswer::Target), true, Some(start()), true),
    ] {
        let forward =
            answer.map(|answer| ForwardSettings { answer, paused, paused_until: until, ..ForwardSettings::default() });
        let settings = BinSettings { forward, ..BinSettings::default() };
        let bin = fixture.bin(settings.clone(), None).await;
        assert_eq!(fixture.capture.target(&bin).is_some(), asks, "{settings:?}");
        let bin = without.bin(settings, None).await;
        assert!(without.capture.target(&bin).is_none(), "nobody delivers");
    }
}

#[test]
fn what_is_passed_on_is_sandboxed_where_neither_the_target_nor_the_owner_says_otherwise() {
    use super::super::Answered;
    use super::super::response::Responses;
    use crate::model::{PassedAnswer, PassedHead, ResponseSettings};
    for (no_sandbox, field, is_added) in [
        (false, "Content-Type", true),
        (false, "content-security-policy", false),
        (true, "Content-Type", false),
        (true, "Content-Security-Policy", false),
    ] {
        let responses = Responses::new(&ResponseSettings { no_sandbox, ..ResponseSettings::default() }, None);
        let head = PassedHead { fields: vec![(field.into(), "x".into())], ..PassedHead::default() };
        let answer = PassedAnswer { status: 203, head: head.clone(), body: "body".into() };
        let Answered { response, head: passed } = responses.passed_on(answer);
        assert_eq!((response.status, &response.body[..]), (203, &b"body"[..]));
        let added: &[_] = if is_added { &[("Content-Security-Policy".into(), "sandbox".into())] } else { &[] };
        assert_eq!(*response.headers, added, "{no_sandbox} {field}");
        assert_eq!(passed.as_deref(), Some(&head));
    }
}

#[tokio::test]
async fn a_malformed_head_names_the_bin_by_the_first_word_that_is_a_path_to_one() {
    let fixture = Fixture::new();
    let bin = fixture.bin(BinSettings::default(), None).await;
    let id = bin.bin.id;
    for (head, is_named) in [
        (format!("POST /{id}/a HTTP/1.1\r\n\r\n"), true),
        (format!("POST http://h/{id} HTTP/1.1\r\n\r\n"), true),
        (format!("POST\t/{id}\tHTTP/1.1\r\n\r\n"), true),
        (format!("POST\x7f/{id}\x7fHTTP/1.1\r\n\r\n"), true),
        (format!("POST\0/{id}\x1fHTTP/1.1\r\n\r\n"), true),
        (format!("\r\n\nPOST  to  /{id}"), true),
        (format!("POST x /none http://h/{id}?q HTTP/1.1\r\n\r\n"), true),
        (format!("POST x !/{id}! HTTP/1.1\r\n\r\n"), false),
        (format!("POST {id} x HTTP/1.1\r\n\r\n"), false),
        (format!("POST x {id} HTTP/1.1\r\n\r\n"), false),
        (format!("POST x y\r\nReferer: /{id}\r\n\r\n"), false),
        // So many paths are looked at.
        (format!("POST x {} /{id}", "/no ".repeat(7)), true),
        (format!("POST x {} /{id}", "/no ".repeat(8)), false),
        (format!("POST x {} /{id}", "no ".repeat(80)), true),
        ("\r\n".to_owned(), false),
        (String::new(), false),
    ] {
        let named = fixture.capture.named_by(&Head::new(head.clone().into())).map(|state| state.bin.id);
        assert_eq!(named, is_named.then_some(id), "{head:?}");
    }
}

#[test]
fn a_body_that_came_in_one_piece_is_not_copied() {
    let piece = Bytes::from_static(b"one");
    assert_eq!(joined(vec![piece.clone()]).as_ptr(), piece.as_ptr());
    assert_eq!(joined(vec![piece.clone(), Bytes::new(), piece]), "oneone");
    assert_eq!(joined(Vec::new()), "");
}

#[test]
fn the_status_of_a_response_is_known_before_it_is_filled_in_and_a_fault_has_none() {
    use super::super::response::Responses;
    for (json, by_path, expected) in [
        ("{}", None, Some(200)),
        ("{}", Some(404), Some(404)),
        (r#"{"status":202}"#, None, Some(202)),
        (r#"{"body":"{{request.method}}"}"#, None, Some(200)),
        (r#"{"status":202,"body":"{{request.method}}"}"#, None, Some(202)),
        (r#"{"status":202,"body":"{{request.method}}"}"#, Some(503), Some(503)),
        (r#"{"status":202,"fault":{"kind":"reset"}}"#, None, None),
        (r#"{"status":202,"fault":{"kind":"reset","probability":0}}"#, None, Some(202)),
    ] {
        let responses = Responses::new(&answers(json).response, None);
        assert_eq!(responses.choose("POST", by_path).status(), expected, "{json} {by_path:?}");
    }
}

#[test]
fn a_response_is_plain_text_unless_its_headers_say_otherwise() {
    use super::super::response::Responses;
    for (name, value, types) in [
        ("X-A", "b", vec!["text/plain; charset=utf-8"]),
        ("Content-Type", "text/html", vec!["text/html"]),
        ("content-type", "text/html", vec!["text/html"]),
    ] {
        let json = format!(r#"{{"headers":[{{"name":"{name}","value":"{value}"}}]}}"#);
        let responses = Responses::new(&answers(&json).response, None);
        let response = responses.choose("POST", None).finish(&responses, None);
        let is_type = |name: &str| name.eq_ignore_ascii_case("Content-Type");
        let found = response.headers.iter().filter(|(name, _)| is_type(name)).map(|(_, value)| value.as_str());
        assert_eq!(found.collect::<Vec<_>>(), types, "{name}");
    }
}

#[tokio::test]
async fn what_is_judged_as_it_was_is_not_written_again() {
    let fixture = Fixture::new();
    let bin = fixture.bin(provider("callaider"), Some("key")).await;
    for _ in 0..2 {
        fixture.receive(&bin, signed("key")).await;
    }
    // One that was composed has no key.
    fixture.capture.keep_composed(&bin, signed("key").head, EVENT.into()).await.unwrap();
    let kept = fixture.kept(&bin).await;
    assert_eq!(kept[1].summary.derived.event.duplicate_of, Some(kept[0].summary.id));
    assert_eq!(kept[2].summary.derived.event.duplicate_key, None);
    let judge = judge::Judge::new(&bin.bin, &fixture.capture.0.options);
    for request in kept {
        assert!(super::super::reverify::reverified(&judge, &request).is_none());
    }
}

#[tokio::test]
async fn a_request_that_may_be_forged_is_no_first_of_its_kind() {
    let fixture = Fixture::new();
    assert_eq!(fixture.capture.base_url(), "http://creel.test");
    let unsigned = || arrived("POST", "", EVENT);
    for (secret, request, has_key) in [
        (Some("key"), signed("key"), true),
        (Some("key"), signed("other"), false),
        (Some("key"), unsigned(), false),
        // Without a secret nothing can be proven.
        (None, signed("key"), true),
        (None, unsigned(), true),
    ] {
        let bin = fixture.bin(provider("callaider"), secret).await;
        fixture.receive(&bin, request).await;
        let kept = fixture.kept(&bin).await.pop().unwrap().summary;
        let status = kept.derived.verdict.status;
        assert_eq!(kept.derived.event.duplicate_key.is_some(), has_key, "{secret:?} {status:?}");
    }
}
