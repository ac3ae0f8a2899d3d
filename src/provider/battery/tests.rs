use std::collections::HashSet;

use super::judge::{Answer, Verdict, judge};
use super::*;
use crate::model::Timestamp;
use crate::provider::samples::Story;

fn answer(status: u16, millis: u64) -> Answer {
    Answer { status: Some(status), sentence: String::new(), took: Duration::from_millis(millis) }
}

#[test]
fn every_case_has_its_sentence_its_fix_and_requests_that_can_be_made() {
    for battery in batteries() {
        let mut ids = HashSet::new();
        for case in battery.cases {
            assert!(ids.insert(case.id) && !case.says.is_empty() && !case.duty.is_empty(), "{}", case.id);
            assert_eq!(case.shots.is_empty(), case.expect == Expect::CannotBeSeen, "{}", case.id);
            let story = Story::new(1, Timestamp::from_secs(1_779_971_696));
            for shot in case.shots {
                let prepared = shot.prepare(battery.sender, &story).unwrap();
                assert_eq!(prepared.made.body.is_empty(), shot.body == Body::Empty, "{}", case.id);
            }
        }
    }
    for fix in Fix::ALL {
        for framework in FRAMEWORKS {
            assert!(fix.snippet(framework.id).is_some_and(|text| text.len() > 20), "{fix:?} {}", framework.id);
        }
    }
}

#[test]
fn malformed_empty_and_unknown_bodies_are_proven_rightly() {
    for case in batteries().flat_map(|battery| battery.cases) {
        for shot in case.shots.iter().filter(|shot| matches!(shot.body, Body::Malformed | Body::Empty | Body::Unknown))
        {
            assert_eq!(shot.proof, Proof::Right, "{}", case.id);
        }
    }
}

#[test]
fn what_is_signed_differs_from_what_is_sent_only_where_that_is_the_point() {
    let story = Story::new(1, Timestamp::from_secs(1_779_971_696));
    for battery in batteries() {
        for shot in battery.cases.iter().flat_map(|case| case.shots) {
            let prepared = shot.prepare(battery.sender, &story).unwrap();
            let differs = matches!(shot.proof, Proof::Tampered | Proof::OfStringified | Proof::OfDumped);
            assert_eq!(prepared.signed != prepared.made.body, differs, "{shot:?}");
            let is_json = serde_json::from_slice::<serde_json::Value>(&prepared.made.body).is_ok();
            assert_eq!(is_json, !matches!(shot.body, Body::Malformed | Body::Empty), "{shot:?}");
        }
    }
}

#[test]
fn answers_are_judged_by_what_the_case_expects() {
    let battery = battery("callaider").unwrap();
    let judged = |id: &str, answers: &[Answer]| {
        let case = battery.cases.iter().find(|case| case.id == id).unwrap();
        match judge(battery, case, answers) {
            Verdict::Passed(_) => "passed",
            Verdict::Failed(_) => "failed",
            Verdict::Noted(_) => "noted",
        }
    };
    for (id, status, verdict) in [
        ("valid_event", 204, "passed"),
        ("valid_event", 302, "failed"),
        ("wrong_signature", 401, "passed"),
        ("wrong_signature", 403, "failed"),
        ("wrong_signature", 200, "failed"),
        ("missing_signature", 200, "noted"),
        ("missing_signature", 500, "failed"),
        ("upper_case_hex", 200, "noted"),
        ("upper_case_hex", 401, "noted"),
        ("upper_case_hex", 500, "failed"),
        ("malformed_json", 422, "passed"),
        ("malformed_json", 200, "failed"),
        ("malformed_json", 500, "failed"),
        ("transcript_5mib", 200, "passed"),
        ("transcript_5mib", 413, "noted"),
        ("transcript_5mib", 400, "failed"),
        ("slow_sender", 408, "noted"),
        ("slow_sender", 502, "failed"),
    ] {
        assert_eq!(judged(id, &[answer(status, 5)]), verdict, "{id} {status}");
    }
    assert_eq!(judged("valid_event", &[answer(200, 3_001)]), "failed");
    assert_eq!(judged("transcript_5mib", &[answer(200, 3_001)]), "passed");
    assert_eq!(judged("deduplication", &[]), "noted");
    let none = Answer { status: None, ..answer(0, 5) };
    assert_eq!(judged("upper_case_hex", &[none]), "failed");
}
