use std::net::IpAddr;
use std::time::Duration;

use super::*;
use crate::model::{
    AttemptFacts, CaseReport, CaseState, Client, Derived, HeadSource, LastAttempt, Marks, Origin, Outcome,
    SentResponse, Seq, SignatureStatus,
};

fn request(seq: Seq, event: &str) -> RequestSummary {
    let at = Timestamp::from_secs(1_779_971_696);
    let mut derived = Derived::default();
    derived.event.name = Some(event.to_owned());
    RequestSummary {
        seq,
        id: RequestId::new(at, 0, seq),
        bin: "0123456789abcdef".parse().unwrap(),
        received_at: at,
        body_took: Duration::ZERO,
        method: "POST".to_owned(),
        target: "/b".to_owned(),
        path: String::new(),
        http_version: "1.1".to_owned(),
        content_type: None,
        head_source: HeadSource::Wire,
        body_size: 2,
        declared_size: Some(2),
        complete: true,
        client: Some(Client { ip: [127, 0, 0, 1].into(), port: 1 }),
        rejected: None,
        derived,
        response: SentResponse { status: Some(200), duration_us: None },
        marks: Marks::default(),
        origin: Origin::Wire,
        hops: 0,
        last_attempt: None,
        forwarded: None,
        held_until: None,
    }
}

fn sent(mut summary: RequestSummary, status: Option<u16>, millis: u64) -> RequestSummary {
    let outcome = if status.is_some() { Outcome::Answered } else { Outcome::Connect };
    summary.last_attempt = Some(LastAttempt { outcome, status, at: summary.received_at, total_us: millis * 1_000 });
    summary
}

/// The attempts that the requests have, sent as captured.
fn attempts_of(requests: &[RequestSummary]) -> Vec<AttemptFacts> {
    let facts = |one: &RequestSummary| Some(AttemptFacts { request: one.id, last: one.last_attempt?, signature: None });
    requests.iter().filter_map(facts).collect()
}

/// The states of the points, with their sentences, by this evidence.
fn points(provider: &str, requests: &[RequestSummary], change: impl FnOnce(&mut Evidence<'_>)) -> Vec<Judged> {
    points_with(provider, requests, &[], change)
}

/// The same with what the owner has said.
fn points_with(
    provider: &str,
    requests: &[RequestSummary],
    stated: &[Stated<'_>],
    change: impl FnOnce(&mut Evidence<'_>),
) -> Vec<Judged> {
    points_beside(provider, requests, (stated, &[], None), change)
}

/// The same with simulated requests, and a check of the receiver.
fn points_beside(
    provider: &str,
    requests: &[RequestSummary],
    (stated, simulated, check): (&[Stated<'_>], &[RequestSummary], Option<&CheckReport>),
    change: impl FnOnce(&mut Evidence<'_>),
) -> Vec<Judged> {
    let expected: Vec<&str> = super::super::lifecycle::events(provider).into_iter().map(|(name, _)| name).collect();
    let mut evidence = Evidence {
        requests: requests.iter().collect(),
        attempts: [attempts_of(requests), attempts_of(simulated)].concat(),
        simulated: simulated.iter().collect(),
        check: check.map(|report| Checked { id: 7, report }),
        through_proxy: None,
        url: "http://127.0.0.1:4665/calls",
        has_secret: false,
        forwards: None,
        expected: &expected,
        text_only: false,
        headers: None,
        stated,
    };
    change(&mut evidence);
    checklist(provider, &evidence).unwrap().points
}

fn point<'p>(points: &'p [Judged], id: &str) -> &'p Judged {
    points.iter().find(|point| point.id == id).unwrap()
}

#[test]
fn without_evidence_nothing_is_proven_and_nothing_failed() {
    // Without a secret nothing can be wrong; Pathors signs nothing at all.
    for (provider, not_applicable) in
        [("callaider", &["wrong_signature", "headers"][..]), ("pathors", &["source", "headers", "wrong_source"])]
    {
        for point in points(provider, &[], |_| {}) {
            let state = if not_applicable.contains(&point.id) { State::NotApplicable } else { State::NotSeen };
            assert_eq!(point.state, state, "{}", point.id);
            assert!(!point.sentence.is_empty() && !point.says.text.is_empty());
        }
    }
    let ids: Vec<_> = points("callaider", &[], |_| {}).iter().map(|point| point.id).collect();
    assert_eq!(
        ids,
        [
            "reachable",
            "fast",
            "signature",
            "wrong_signature",
            "idempotency",
            "parse_failures",
            "headers",
            "alerts",
            "events",
            "switch"
        ]
    );
    let last = points("pathors", &[], |_| {}).pop().unwrap();
    assert!(last.sentence.contains("`creel check URL --provider pathors`"), "{}", last.sentence);
}

#[test]
fn a_request_from_elsewhere_proves_that_the_url_is_reached() {
    let mut far = request(1, "session.ended");
    far.client = Some(Client { ip: "192.0.2.7".parse::<IpAddr>().unwrap(), port: 1 });
    let found = points("callaider", &[request(2, "session.ended"), far.clone()], |_| {});
    let reachable = point(&found, "reachable");
    assert_eq!((reachable.state, reachable.evidence.as_slice()), (State::Proven, &[far.id][..]));
    let found = points("callaider", &[request(2, "x")], |evidence| evidence.through_proxy = Some(far.id));
    assert_eq!(point(&found, "reachable").state, State::Proven);
}

#[test]
fn how_fast_an_endpoint_answers_is_measured_and_one_late_answer_is_a_failure() {
    let fast: Vec<_> = (1..=100).map(|seq| sent(request(seq, "session.ended"), Some(204), seq * 10)).collect();
    let found = points("callaider", &fast, |_| {});
    let point_of = point(&found, "fast");
    assert_eq!(point_of.state, State::Proven);
    assert_eq!(point_of.sentence, "100 attempts: p50 500 ms, p95 950 ms, at most 1000 ms; all answered 2xx.");
    let late = sent(request(101, "session.ended"), Some(200), PATIENCE_MS);
    let found = points("callaider", &[&fast[..], &[late]].concat(), |_| {});
    assert_eq!(point(&found, "fast").state, State::Failed);
    for status in [Some(500), Some(404), None] {
        let found = points("pathors", &[sent(request(1, "session.ended"), status, 5)], |_| {});
        assert_eq!(point(&found, "fast").state, State::Failed, "{status:?}");
    }
    // To turn down a forged event is right.
    let mut forged = sent(request(1, "session.ended"), Some(401), 5);
    forged.derived.verdict.status = SignatureStatus::Invalid;
    let both = [forged, sent(request(2, "session.ended"), Some(200), 5)];
    let found = points("callaider", &both, |evidence| evidence.has_secret = true);
    assert_eq!((point(&found, "fast").state, point(&found, "wrong_signature").state), (State::Proven, State::Proven));
}

#[test]
fn every_attempt_counts_for_the_times_and_the_newest_for_the_outcome() {
    let event = sent(request(1, "session.ended"), Some(200), 5);
    let fast = |older: &[(u16, u64)]| {
        let found = points("callaider", std::slice::from_ref(&event), |evidence| {
            evidence.attempts.extend(older.iter().map(|&(status, millis)| {
                let last =
                    LastAttempt { status: Some(status), total_us: millis * 1_000, ..event.last_attempt.unwrap() };
                AttemptFacts { request: event.id, last, signature: None }
            }));
        });
        point(&found, "fast").clone()
    };
    let late = fast(&[(200, 3_100), (200, 7)]);
    assert_eq!((late.state, late.evidence.as_slice(), late.of_attempts), (State::Failed, &[event.id][..], true));
    assert_eq!(late.sentence, "3 attempts: p50 7 ms, p95 3100 ms, at most 3100 ms; 1 took 3000 ms or more.");
    let mended = fast(&[(500, 20)]);
    assert_eq!(mended.state, State::Proven);
    assert!(mended.sentence.ends_with("each event was answered 2xx in the end."), "{}", mended.sentence);
}

#[test]
fn what_was_simulated_for_the_endpoint_counts_for_it_and_says_nothing_of_the_platform() {
    let mut simulated = sent(request(1, "session.ended"), Some(200), 5);
    simulated.origin = Origin::Simulated;
    let found = points_beside("callaider", &[], (&[], std::slice::from_ref(&simulated), None), |_| {});
    let fast = point(&found, "fast");
    assert_eq!(fast.sentence, "1 attempt with simulated events: p50 5 ms, p95 5 ms, at most 5 ms; all answered 2xx.");
    assert_eq!((fast.state, point(&found, "events").state), (State::Proven, State::NotSeen));
    assert_eq!(point(&found, "events").sentence, "Not seen yet: session.started, session.ended (only simulated).");
}

#[test]
fn a_check_proves_what_it_shows_and_hides_nothing_that_was_seen() {
    use CaseState::{Failed, Passed, Skipped};
    let at = Timestamp::from_secs(1_779_971_696);
    let case = |(id, state): &(&'static str, CaseState)| CaseReport {
        id,
        duty: "Does it",
        says: "",
        state: *state,
        sentence: "Got 200.".to_owned(),
        advice: None,
        snippets: Vec::new(),
        shots: Vec::new(),
        attempt: None,
        took_us: 0,
    };
    let checked = |requests: &[RequestSummary], cases: &[(&'static str, CaseState)]| {
        let report = CheckReport {
            provider: "callaider",
            document: "",
            target: "http://r/".to_owned(),
            started_at: at,
            finished_at: Some(at),
            total: cases.len(),
            now: None,
            error: None,
            cases: cases.iter().map(case).collect(),
        };
        let found =
            points_beside("callaider", requests, (&[], &[], Some(&report)), |evidence| evidence.has_secret = true);
        ["fast", "wrong_signature", "idempotency", "alerts"].map(|id| {
            let point = point(&found, id);
            (point.state, point.check)
        })
    };
    let all = |state| [("valid_event", Passed), ("wrong_signature", state), ("duplicate", state)];
    let (shown, nothing) = (Some(7), (State::NotSeen, None));
    let expected = [(State::Proven, shown), (State::Proven, shown), (State::NotSeen, shown), nothing];
    assert_eq!(checked(&[], &all(Passed)), expected);
    let expected = [(State::Proven, shown), (State::Failed, shown), (State::Failed, shown), nothing];
    assert_eq!(checked(&[], &all(Failed)), expected);
    // A receiver that rejects everything also rejects wrong requests: that is no evidence.
    let down = [("valid_event", Failed), ("wrong_signature", Passed), ("duplicate", Skipped)];
    assert_eq!(checked(&[], &down), [(State::Failed, shown), nothing, nothing, nothing]);
    let late = sent(request(1, "session.ended"), Some(200), PATIENCE_MS);
    assert_eq!(checked(&[late], &all(Passed))[0], (State::Failed, shown), "what was seen stays");
    let quick = sent(request(1, "session.ended"), Some(200), 5);
    assert_eq!(checked(&[quick], &down)[0], (State::Failed, shown), "so does what the check has found");
}

#[test]
fn signatures_are_proven_by_a_right_one_and_failed_by_only_wrong_ones() {
    let with = |status: SignatureStatus, attempt: Option<u16>| {
        let mut one = request(1, "session.ended");
        one.derived.verdict.status = status;
        let one = attempt.map_or(one.clone(), |status| sent(one, Some(status), 5));
        let found = points("callaider", &[one], |evidence| evidence.has_secret = true);
        (point(&found, "signature").state, point(&found, "wrong_signature").state)
    };
    assert_eq!(with(SignatureStatus::Valid, None), (State::Proven, State::NotSeen));
    assert_eq!(with(SignatureStatus::Invalid, None), (State::Failed, State::NotSeen));
    assert_eq!(with(SignatureStatus::Invalid, Some(200)), (State::Failed, State::Failed));
    assert_eq!(with(SignatureStatus::Missing, Some(401)), (State::NotSeen, State::Proven));
    // Whether it is wrong is not known: the secret cannot be read.
    for status in [200, 401] {
        assert_eq!(with(SignatureStatus::UndecodableSecret, Some(status)), (State::NotSeen, State::NotSeen));
    }
}

#[test]
fn events_that_were_not_answered_2xx_are_lost_at_pathors() {
    let mut lost = request(1, "session.ended");
    lost.response.status = Some(503);
    let found = points("pathors", &[lost.clone(), request(2, "call.ended")], |_| {});
    let accepted = point(&found, "accepted");
    assert_eq!((accepted.state, accepted.evidence.as_slice()), (State::Failed, &[lost.id][..]));
    assert_eq!(accepted.sentence, "1 of 2 events were not answered 2xx, and do not come again.");
    assert_eq!(point(&found, "events").sentence, "Not seen yet: session.finalized, recording.ready.");
    let found = points("pathors", &[request(2, "call.ended")], |evidence| {
        evidence.url = "https://hooks.example/calls";
        evidence.forwards = Some(3);
    });
    let states = ["accepted", "https", "queue"].map(|id| point(&found, id).state);
    assert_eq!(states, [State::Proven; 3]);
}

#[test]
fn an_unsigned_event_that_is_turned_down_fails_nothing() {
    let mut forged = sent(request(1, "session.ended"), Some(401), 5);
    forged.derived.verdict.status = SignatureStatus::Missing;
    forged.response.status = Some(401);
    let both = [forged, sent(request(2, "session.ended"), Some(200), 5)];
    for (provider, id) in [("callaider", "fast"), ("callaider", "wrong_signature"), ("pathors", "accepted")] {
        let found = points(provider, &both, |evidence| evidence.has_secret = true);
        assert_eq!(point(&found, id).state, State::Proven, "{id}");
    }
    let found = points("pathors", &both, |_| {});
    assert_eq!(point(&found, "accepted").state, State::Failed, "without a secret nothing is wrong with it");
}

#[test]
fn the_owners_word_stands_where_there_is_no_evidence_and_never_hides_any() {
    let at = Timestamp::from_secs(1_779_971_696);
    let stated = ["alerts", "idempotency"].map(|point| Stated { point, note: "seen\nin staging", at });
    let found = points_with("callaider", &[], &stated, |_| {});
    let alerts = point(&found, "alerts");
    assert_eq!((alerts.state, alerts.note.clone().unwrap().0.as_str()), (State::Stated, "seen\nin staging"));
    let mut again = sent(request(2, "session.ended"), Some(500), 5);
    again.derived.event.duplicate_of = Some(request(1, "session.ended").id);
    let found = points_with("callaider", &[again], &stated, |_| {});
    assert_eq!(point(&found, "idempotency").state, State::Failed);
    assert!(point(&found, "idempotency").note.is_some(), "it is still shown");
}

#[test]
fn a_checklist_in_markdown_is_one_line_for_each_point_with_its_evidence() {
    let stated = [Stated { point: "alerts", note: "seen\nin staging", at: Timestamp::default() }];
    let requests = [request(1, "session.started"), request(2, "session.ended")];
    let evidence = Evidence {
        requests: requests.iter().collect(),
        attempts: Vec::new(),
        simulated: Vec::new(),
        check: None,
        through_proxy: None,
        url: "",
        has_secret: false,
        forwards: None,
        expected: &["session.started", "session.ended"],
        text_only: false,
        headers: None,
        stated: &stated,
    };
    let list = checklist("callaider", &evidence).unwrap();
    assert_eq!((list.settled(), list.due(), list.count(State::Proven)), (2, 8, 1));
    let text = markdown(&list, "calls", Timestamp::default(), |id| format!("http://c/{id}"), |_| String::new());
    assert!(text.starts_with("# Checklist: CallAIder (calls)\n\n2 of 8 settled"), "{text}");
    assert!(text.contains("- [x] **Alerts for endpoint 4xx/5xx are configured.** (stated by hand)"), "{text}");
    assert!(text.contains("note of 1970-01-01T00:00:00.000Z: seen in staging\n"), "{text}");
    assert!(text.contains(&format!("  - http://c/{}\n", requests[0].id)), "{text}");
    assert_eq!(text.matches("\n- [").count(), 10);
    assert_eq!((text.matches("(not applicable)").count(), text.matches("\n- [–] ").count()), (2, 2), "{text}");
    assert!(!text.contains("by hand, with a note of"), "what is stated asks for nothing: {text}");
}

#[test]
fn bodies_that_are_no_json_are_counted_by_their_event_header() {
    let mut broken = request(3, "session.ended");
    broken.derived.event.notes = vec!["The body is not valid JSON.".to_owned()];
    let found = points("callaider", &[broken.clone(), request(1, "session.started")], |_| {});
    let failures = point(&found, "parse_failures");
    assert_eq!(failures.sentence, "Bodies that are no JSON, by the event header: session.started 0, session.ended 1.");
    assert_eq!(failures.evidence, [broken.id]);
}

#[test]
fn the_events_of_calls_do_not_apply_where_sessions_are_of_text() {
    let text = [request(1, "session.ended"), request(2, "session.finalized")];
    let events = |text_only: bool, expected: &'static [&'static str]| {
        let found = points("pathors", &text, |evidence| {
            evidence.text_only = text_only;
            evidence.expected = expected;
        });
        let events = point(&found, "events").clone();
        (events.state, events.sentence)
    };
    let all = &["session.ended", "call.ended", "session.finalized", "recording.ready"];
    assert_eq!(events(false, all), (State::NotSeen, "Not seen yet: call.ended, recording.ready.".to_owned()));
    let (state, sentence) = events(true, all);
    assert_eq!(state, State::Proven);
    assert!(
        sentence.ends_with("Not applicable: call.ended, recording.ready; the sessions so far are of text."),
        "{sentence}"
    );
    assert_eq!(events(true, &["call.ended"]).0, State::NotApplicable);
}

#[test]
fn an_event_that_is_forged_or_cannot_be_read_does_not_count_as_seen() {
    let state = |change: fn(&mut RequestSummary)| {
        let mut summary = request(1, "session.ended");
        change(&mut summary);
        let found = points("pathors", &[summary], |evidence| {
            evidence.expected = &["session.ended"];
            evidence.has_secret = true;
        });
        point(&found, "events").state
    };
    assert_eq!(state(|_| {}), State::Proven);
    assert_eq!(state(|one| one.derived.verdict.status = SignatureStatus::Invalid), State::NotSeen);
    assert_eq!(state(|one| one.derived.verdict.status = SignatureStatus::Missing), State::NotSeen);
    assert_eq!(state(|one| one.derived.event.notes.push(crate::provider::NOT_JSON.into())), State::NotSeen);
    assert_eq!(state(|one| one.method = "PUT".to_owned()), State::NotSeen);
    assert_eq!(state(|one| one.complete = false), State::NotSeen);
}

#[test]
fn expected_headers_are_proven_by_requests_that_have_them_and_failed_by_one_that_has_not() {
    let (first, second) = (request(1, "session.ended"), request(2, "session.ended"));
    let state = |headers: HeaderEvidence| {
        let found = points("pathors", &[], |evidence| evidence.headers = Some(headers));
        point(&found, "headers").clone()
    };
    assert_eq!(state(HeaderEvidence::default()).state, State::NotSeen);
    let right = HeaderEvidence { right: vec![first.id], wrong: Vec::new() };
    assert_eq!(state(right.clone()).state, State::Proven);
    let wrong = HeaderEvidence { wrong: vec![(second.id, "The header X is missing.".to_owned())], ..right };
    let point_of = state(wrong);
    assert_eq!((point_of.state, point_of.evidence.as_slice()), (State::Failed, &[second.id][..]));
    assert_eq!(point_of.sentence, "The header X is missing. So it is with 1 of 2 requests.");
}

#[test]
fn a_signature_that_was_spoiled_on_purpose_proves_what_it_is_for_and_fails_nothing_else() {
    use State::{Failed, NotSeen, Proven};
    let mut event = sent(request(1, "session.ended"), Some(200), 5);
    event.derived.verdict.status = SignatureStatus::Valid;
    event.derived.event.duplicate_of = Some(request(9, "session.ended").id);
    let with = |spoiled: SignatureStatus, status: u16| {
        let found = points("callaider", std::slice::from_ref(&event), |evidence| {
            evidence.has_secret = true;
            let last = LastAttempt { status: Some(status), ..event.last_attempt.unwrap() };
            evidence.attempts.insert(0, AttemptFacts { request: event.id, last, signature: Some(spoiled) });
        });
        ["fast", "wrong_signature", "idempotency"].map(|id| point(&found, id).state)
    };
    for spoiled in [SignatureStatus::Invalid, SignatureStatus::Missing] {
        assert_eq!(with(spoiled, 401), [Proven, Proven, NotSeen]);
        assert_eq!(with(spoiled, 200), [Proven, Failed, NotSeen], "it is taken");
        assert_eq!(with(spoiled, 500), [Proven, NotSeen, NotSeen]);
    }
    // Signed again, it is a normal event, and 401 is wrong.
    assert_eq!(with(SignatureStatus::Valid, 401), [Failed, NotSeen, Failed]);
    // A wrong one that was signed again was rightly accepted.
    let mut forged = event.clone();
    forged.derived.verdict.status = SignatureStatus::Invalid;
    let found = points("callaider", &[forged], |evidence| {
        evidence.has_secret = true;
        evidence.attempts[0].signature = Some(SignatureStatus::Valid);
    });
    assert_eq!(["fast", "wrong_signature"].map(|id| point(&found, id).state), [Proven, NotSeen]);
}

#[test]
fn every_point_that_is_not_proven_has_one_thing_to_do_about_it() {
    for provider in ["callaider", "pathors"] {
        for has_secret in [false, true] {
            for found in [&[][..], &[request(1, "session.ended")]] {
                for point in points(provider, found, |evidence| evidence.has_secret = has_secret) {
                    let wanted = matches!(point.state, State::NotSeen | State::Failed);
                    // What Creel cannot see is only stated.
                    let is_seen = point.way.is_some() || point.id == "switch";
                    assert_eq!(point.act.is_some(), wanted && is_seen, "{provider} {}", point.id);
                }
            }
        }
    }
    let act = |requests: &[RequestSummary], id: &str, has_secret: bool| {
        point(&points("callaider", requests, |evidence| evidence.has_secret = has_secret), id).act
    };
    let event = request(1, "session.ended");
    assert_eq!(act(&[], "fast", false), Some(Act::Forward));
    assert_eq!(act(std::slice::from_ref(&event), "fast", false), Some(Act::Replay(event.id)));
    assert_eq!(act(&[], "signature", false), Some(Act::Secret));
    assert_eq!(act(&[], "wrong_signature", true), Some(Act::Check));
    let mut forged = request(2, "session.ended");
    forged.derived.verdict.status = SignatureStatus::Invalid;
    let both = [forged.clone(), event.clone()];
    assert_eq!(act(&both, "signature", true), Some(Act::Explain(forged.id)));
    assert_eq!(act(&both, "wrong_signature", true), Some(Act::ReplayWrong(event.id)), "a right one is spoiled");
}
