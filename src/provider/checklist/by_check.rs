//! Evidence from the newest check of the receiver, in addition to captured and forwarded requests.

use super::judge::Judgement;
use super::{Checked, Evidence, State};
use crate::model::{CaseReport, CaseState};
use crate::provider::platform::points::What;

/// The case that must pass for any evidence: a receiver that rejects everything also rejects wrong requests.
const VALID: &str = "valid_event";
/// The cases that show whether a right event is answered in time.
const FAST: &[&str] = &[VALID, "each_event", "parallel"];
/// The cases that show whether a wrong proof is rejected.
const REFUSED: &[&str] = &[
    "wrong_signature",
    "tampered_body",
    "reserialised_json",
    "signature_cut",
    "signature_not_ascii",
    "header_absent",
    "header_different",
    "header_cut",
];
const AGAIN: &[&str] = &["duplicate"];
const MEND: &str = "Mend what the check has found, then check again.";

/// The cases that are evidence for a point.
fn cases(what: What) -> &'static [&'static str] {
    match what {
        What::Fast => FAST,
        What::WrongRefused => REFUSED,
        What::Deduplicated => AGAIN,
        _ => &[],
    }
}

/// A point's judgement with the check's evidence, and the check if it has any. A failure already seen stays.
pub(super) fn added(what: What, own: Judgement, evidence: &Evidence<'_>) -> (Judgement, Option<u64>) {
    let Some(checked) = evidence.check.filter(|_| own.state != State::NotApplicable) else { return (own, None) };
    if what == What::Switch {
        return (switch(own, &checked), Some(checked.id));
    }
    let Some((state, words)) = shown(what, &checked) else { return (own, None) };
    let from = from(&checked);
    let judgement = match (own.state, state) {
        (State::NotSeen | State::Proven, State::Failed) => {
            Judgement { state, sentence: format!("{from}: {words}"), way: MEND, requests: Vec::new() }
        }
        (State::NotSeen, State::Proven) => Judgement { state, sentence: format!("{from}: {words}"), ..own },
        _ => Judgement { sentence: format!("{} {from}: {words}", own.sentence), ..own },
    };
    (judgement, Some(checked.id))
}

fn from(checked: &Checked<'_>) -> String {
    let report = checked.report;
    let at = report.finished_at.unwrap_or(report.started_at).to_string();
    let (day, time) = at.split_once('T').unwrap_or((&at, ""));
    // A query may hold secrets.
    let target = report.target.split('?').next().unwrap_or_default();
    format!("The check of {target} on {day} at {} UTC", time.get(..8).unwrap_or_default())
}

/// The result of a point's cases, in words.
fn shown(what: What, checked: &Checked<'_>) -> Option<(State, String)> {
    let wanted = cases(what);
    let told = |case: &CaseReport| format!("“{}”: {}", case.duty, case.sentence);
    let all = || checked.report.cases.iter();
    let of_point = || all().filter(|case| wanted.contains(&case.id));
    if let Some(failed) = of_point().find(|case| case.state == CaseState::Failed) {
        return Some((State::Failed, told(failed)));
    }
    let is_valid = all().any(|case| case.id == VALID && case.state == CaseState::Passed);
    let passed = of_point().find(|case| case.state == CaseState::Passed).filter(|_| is_valid)?;
    // From outside, it cannot be seen that the second one did no harm.
    let state = if what == What::Deduplicated { State::NotSeen } else { State::Proven };
    Some((state, told(passed)))
}

/// The last point: which endpoint was checked, with which result.
fn switch(own: Judgement, checked: &Checked<'_>) -> Judgement {
    let failed = checked.report.count(CaseState::Failed);
    let ended = match failed {
        0 => "found no failure".to_owned(),
        1 => "found 1 failure".to_owned(),
        many => format!("found {many} failures"),
    };
    Judgement { sentence: format!("{} {} {ended}.", own.sentence, from(checked)), ..own }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::battery::batteries;

    #[test]
    fn every_case_that_shows_something_is_in_a_battery() {
        for id in FAST.iter().chain(REFUSED).chain(AGAIN) {
            assert!(batteries().any(|battery| battery.cases.iter().any(|case| case.id == *id)), "{id}");
        }
    }
}
