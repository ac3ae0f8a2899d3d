use std::collections::BTreeSet;

use serde_json::json;

use super::*;

/// A session of a platform as it should be, with what a fault may change.
struct Made {
    provider: &'static str,
    deliveries: Vec<Delivery>,
    around: Surroundings,
}

fn at(seconds: f64) -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "a few minutes")]
    Timestamp::from_micros(1_779_971_696_000_000 + (seconds * 1e6) as i64)
}

fn delivery(event: &str, seq: Seq, seconds: f64, values: &[(&'static str, Value)]) -> Delivery {
    Delivery {
        id: RequestId::new(at(seconds), 0, seq),
        seq,
        event: event.to_owned(),
        received_at: at(seconds),
        status: Some(200),
        waits: false,
        sent_at: Some(at(seconds - 0.1)),
        values: values.to_vec(),
        digest: Some([u8::try_from(seq).unwrap(); 32]),
    }
}

fn around(chosen: &[&str], seconds: f64) -> Surroundings {
    Surroundings {
        chosen: Some(chosen.iter().map(|name| (*name).to_owned()).collect()),
        seen: Vec::new(),
        now: at(seconds),
        silence: SILENCE,
        lost: Lost::Nothing,
    }
}

fn callaider() -> Made {
    Made {
        provider: "callaider",
        deliveries: vec![
            delivery("session.started", 1, 0.0, &[]),
            delivery("session.ended", 2, 27.4, &[("/data/durationSeconds", json!(27))]),
        ],
        around: around(&["session.started", "session.ended"], 60.0),
    }
}

fn pathors(is_call: bool) -> Made {
    let talk = [
        ("/currentNodeId", json!("end")),
        ("/messagesCount", json!(4)),
        ("/extractedVariables", json!({"name": "Ada"})),
        ("/projectId", json!("p")),
    ];
    let call = [("/callStatus", json!("userHangup")), ("/callDuration", json!(42)), ("/projectId", json!("p"))];
    let ended = delivery("session.ended", 1, 0.0, &talk[..3]);
    let mut deliveries = vec![ended];
    if is_call {
        deliveries.push(delivery("call.ended", 2, 1.0, &call));
        deliveries.push(delivery("session.finalized", 3, 5.0, &[&talk[..], &call[..2]].concat()));
        deliveries.push(delivery("recording.ready", 4, 60.0, &[]));
    } else {
        deliveries.push(delivery("session.finalized", 3, 5.0, &talk));
    }
    let all = ["session.ended", "call.ended", "session.finalized", "recording.ready"];
    Made { provider: "pathors", deliveries, around: around(&all, 90.0) }
}

impl Made {
    fn examined(&self) -> Examined {
        examine(self.provider, &self.deliveries, &self.around).unwrap()
    }

    fn codes(&self) -> BTreeSet<&'static str> {
        self.examined().findings.iter().map(|finding| finding.code).collect()
    }

    fn of(&mut self, event: &str) -> &mut Delivery {
        self.deliveries.iter_mut().find(|one| one.event == event).unwrap()
    }

    fn set(&mut self, event: &str, pointer: &'static str, value: Value) {
        let values = &mut self.of(event).values;
        values.retain(|(at, _)| *at != pointer);
        values.push((pointer, value));
    }

    fn remove(&mut self, event: &str) {
        self.deliveries.retain(|one| one.event != event);
    }

    fn again(&mut self, event: &str, seq: Seq, seconds: f64, same: bool) {
        let mut copy = self.of(event).clone();
        (copy.id, copy.seq, copy.received_at) = (RequestId::new(at(seconds), 0, seq), seq, at(seconds));
        if !same {
            copy.digest = Some([99; 32]);
        }
        self.deliveries.push(copy);
        self.deliveries.sort_by_key(|one| one.seq);
    }

    /// Half an hour later.
    fn silent(&mut self) {
        self.around.now = at(3_600.0);
    }
}

/// Names a fault, seeds it, and says what must be found.
type Fault = (&'static str, fn() -> Made, fn(&mut Made), &'static [&'static str]);

const FAULTS: &[Fault] = &[
    ("none", callaider, |_| {}, &[]),
    ("none, much later", callaider, Made::silent, &[]),
    ("not started", callaider, |made| made.remove("session.started"), &["missing"]),
    ("not ended yet", callaider, |made| made.remove("session.ended"), &[]),
    (
        "never ended",
        callaider,
        |made| {
            made.remove("session.ended");
            made.silent();
        },
        &["missing"],
    ),
    ("ended twice", callaider, |made| made.again("session.ended", 3, 30.0, true), &["redelivered"]),
    ("ended otherwise", callaider, |made| made.again("session.ended", 3, 30.0, false), &["redelivered_changed"]),
    (
        "out of order",
        callaider,
        |made| {
            let started = made.of("session.started");
            (started.seq, started.received_at) = (9, at(29.0));
            made.deliveries.sort_by_key(|one| one.seq);
        },
        &["out_of_order"],
    ),
    (
        "ended before it started",
        callaider,
        |made| made.of("session.ended").sent_at = Some(at(-60.0)),
        &["ended_before_started"],
    ),
    (
        "another duration",
        callaider,
        |made| made.set("session.ended", "/data/durationSeconds", json!(40)),
        &["duration"],
    ),
    ("nearly the duration", callaider, |made| made.set("session.ended", "/data/durationSeconds", json!(32.3)), &[]),
    ("no duration", callaider, |made| made.of("session.ended").values.clear(), &[]),
    ("refused", callaider, |made| made.of("session.ended").status = Some(500), &["not_accepted"]),
    ("a call", || pathors(true), |_| {}, &[]),
    ("a text session", || pathors(false), |_| {}, &[]),
    ("a text session, much later", || pathors(false), Made::silent, &[]),
    ("no recording yet", || pathors(true), |made| made.remove("recording.ready"), &[]),
    (
        "no recording",
        || pathors(true),
        |made| {
            made.remove("recording.ready");
            made.silent();
        },
        &["missing"],
    ),
    ("no call.ended", || pathors(true), |made| made.remove("call.ended"), &["missing"]),
    ("not finalized yet", || pathors(true), |made| made.remove("session.finalized"), &[]),
    (
        "never finalized",
        || pathors(true),
        |made| {
            made.remove("session.finalized");
            made.silent();
        },
        &["missing"],
    ),
    ("finalized twice", || pathors(true), |made| made.again("session.finalized", 7, 70.0, true), &["twice"]),
    ("ended again", || pathors(true), |made| made.again("session.ended", 7, 70.0, true), &["redelivered"]),
    (
        "ended after the end",
        || pathors(true),
        |made| {
            let ended = made.of("session.ended");
            (ended.seq, ended.received_at) = (8, at(80.0));
            made.deliveries.sort_by_key(|one| one.seq);
        },
        &["after_end"],
    ),
    (
        "a call in a text session",
        || pathors(false),
        |made| made.deliveries.insert(1, delivery("call.ended", 2, 1.0, &[("/callStatus", json!("busy"))])),
        &["not_of_a_text_session"],
    ),
    (
        "a recording of a text session",
        || pathors(false),
        |made| made.deliveries.push(delivery("recording.ready", 9, 50.0, &[])),
        &["not_of_a_text_session"],
    ),
    (
        "another status",
        || pathors(true),
        |made| made.set("session.finalized", "/callStatus", json!("busy")),
        &["contradiction"],
    ),
    (
        "other variables",
        || pathors(true),
        |made| made.set("session.finalized", "/extractedVariables", json!({"name": "Eve"})),
        &["contradiction"],
    ),
    ("nearly the duration", || pathors(true), |made| made.set("session.finalized", "/callDuration", json!(46)), &[]),
    (
        "another duration",
        || pathors(true),
        |made| made.set("session.finalized", "/callDuration", json!(48)),
        &["contradiction"],
    ),
    (
        "a value of another form",
        || pathors(true),
        |made| made.set("session.finalized", "/messagesCount", json!(4.0)),
        &[],
    ),
    (
        "ended again otherwise",
        || pathors(true),
        |made| {
            made.again("session.ended", 2, 2.0, false);
            made.deliveries[1].values = vec![("/messagesCount", json!(9))];
        },
        &["redelivered_changed", "contradiction"],
    ),
    (
        "a call that is none in the end",
        || pathors(false),
        |made| made.set("session.ended", "/callStatus", json!("userHangup")),
        &["contradiction"],
    ),
    (
        "an unknown event after the end",
        || pathors(true),
        |made| made.deliveries.push(delivery("session.archived", 20, 80.0, &[])),
        &["after_end"],
    ),
    (
        "finalized long before it ended",
        || pathors(true),
        |made| made.of("session.finalized").sent_at = Some(at(-100.0)),
        &["out_of_order"],
    ),
    (
        "another assistant",
        callaider,
        |made| {
            made.set("session.started", "/assistantId", json!(123));
            made.set("session.ended", "/assistantId", json!(999));
        },
        &["contradiction"],
    ),
    ("not answered", || pathors(true), |made| made.of("call.ended").status = None, &["not_accepted"]),
];

#[test]
fn each_fault_is_named_and_nothing_else() {
    for (name, make, seed, expected) in FAULTS {
        let mut made = make();
        seed(&mut made);
        assert_eq!(made.codes(), expected.iter().copied().collect(), "{name}: {:?}", made.examined().findings);
        for finding in made.examined().findings {
            assert!(!finding.requests.is_empty() && !finding.says.text.is_empty(), "{name}: {finding:?}");
            assert!(finding.sentence.ends_with('.'), "{finding:?}");
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(5_000))]

    /// Two independent faults give exactly two findings.
    #[test]
    fn of_five_thousand_sessions_with_seeded_faults_all_are_named_and_no_false_one(
        one in 0..FAULTS.len(), hours in 0_i64..2, shift in 0_u64..1_000,
    ) {
        let (name, make, seed, expected) = FAULTS[one];
        let mut made = make();
        seed(&mut made);
        // Where and when the session is in its bin changes nothing.
        for delivery in &mut made.deliveries {
            let moved = Timestamp::from_micros(delivery.received_at.as_micros() - hours * 3_600_000_000);
            delivery.received_at = moved;
            delivery.sent_at = delivery.sent_at.map(|at| Timestamp::from_micros(at.as_micros() - hours * 3_600_000_000));
            delivery.seq += shift;
        }
        made.around.now = Timestamp::from_micros(made.around.now.as_micros() - hours * 3_600_000_000);
        let refused = one % 2 == 0 && !expected.contains(&"not_accepted");
        if refused {
            made.deliveries[0].status = Some(503);
        }
        let mut wanted: BTreeSet<&str> = expected.iter().copied().collect();
        if refused {
            wanted.insert("not_accepted");
        }
        proptest::prop_assert_eq!(made.codes(), wanted, "{}", name);
    }
}

#[test]
fn what_is_subscribed_is_what_was_chosen_else_the_default_and_what_was_seen() {
    let mut made = pathors(true);
    made.silent();
    made.deliveries.truncate(1);
    made.around.chosen = None;
    assert_eq!((made.examined().expected, made.codes()), (vec!["session.ended"], BTreeSet::new()));
    // Seen in the bin only later: the user chose it since.
    made.around.seen = vec![("session.finalized".to_owned(), 5)];
    assert_eq!(made.codes(), BTreeSet::new());
    made.around.seen = vec![("session.finalized".to_owned(), 1)];
    assert_eq!(made.examined().missing, ["session.finalized"]);
    let finding = &made.examined().findings[0];
    assert_eq!(finding.sentence, "session.finalized is missing: nothing came for 60 min.");
}

#[test]
fn what_may_have_been_deleted_is_not_told_as_missing() {
    let severities = |lost: Lost, event: &str| {
        let mut made = pathors(true);
        made.remove(event);
        made.silent();
        made.around.lost = lost;
        let findings = made.examined().findings;
        assert_eq!((findings.len(), findings[0].code), (1, "missing"), "{findings:?}");
        (findings[0].severity, findings[0].sentence.contains("was deleted since"))
    };
    for (lost, of_call, of_end) in [(Lost::Nothing, false, false), (Lost::Oldest, true, false), (Lost::Any, true, true)]
    {
        let severity = |soft| if soft { Severity::Drift } else { Severity::Breaks };
        assert_eq!(severities(lost, "call.ended"), (severity(of_call), of_call));
        assert_eq!(severities(lost, "session.finalized"), (severity(of_end), of_end));
    }
}

#[test]
fn a_redelivery_is_told_with_its_distance_and_its_bytes() {
    let mut made = pathors(true);
    made.again("call.ended", 7, 65.5, true);
    assert_eq!(
        made.examined().findings[0].sentence,
        "call.ended came twice, 64.5 s after the first, with the same bytes."
    );
    made.again("call.ended", 8, 300.0, false);
    let findings = made.examined().findings;
    assert_eq!(
        findings[0].sentence,
        "call.ended came 3 times, the last 4 min after the first, and not with the same bytes."
    );
    assert_eq!((findings[0].requests.len(), findings[0].severity), (3, Severity::Drift));
    made.deliveries.retain(|one| one.seq != 8);
    made.of("call.ended").digest = None;
    assert!(made.examined().findings[0].sentence.ends_with("and not all of them are compared."));
}

#[test]
fn a_session_of_ten_thousand_redeliveries_is_one_finding() {
    let mut made = callaider();
    for number in 0..10_000 {
        made.again("session.ended", 10 + number, 40.0, true);
    }
    let findings = made.examined().findings;
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].requests.len(), MAX_NAMED);
}

#[test]
fn events_that_the_document_does_not_have_are_no_part_of_a_session_before_its_end() {
    let mut made = pathors(true);
    made.deliveries.insert(0, delivery("session.archived", 0, -80.0, &[]));
    assert_eq!(made.codes(), BTreeSet::new());
    assert!(examine("github", &made.deliveries, &made.around).is_none());
}
