//! The receiver check: runs a platform's battery against a receiver. `shot` makes the requests; this module sends and
//! judges them.

mod running;
mod shot;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;

pub(crate) use running::{Check, Checks, MAX_REMEMBERED};
pub(crate) use shot::CheckPlan;

use super::engine::{Engine, Parcel};
use super::plan::SendError;
use crate::http::text::cut;
use crate::model::{CaseReport, CaseState, CheckReport, Clock, Delivered, Outcome, ShotReport, Snippet, Timestamp};
use crate::provider::battery::{self, Answer, Case, Expect, FRAMEWORKS, Verdict};
use crate::store::StoreError;

/// Bytes of an answer that a report shows.
const ANSWER: usize = 300;
/// The same for the answer to the deciding request.
const DECIDING: usize = 4 << 10;

/// The report before the first case has run.
pub(crate) fn beginning(plan: &CheckPlan, now: Timestamp) -> CheckReport {
    CheckReport {
        provider: plan.battery.sender.provider,
        document: plan.battery.document,
        target: plan.target.to_string(),
        started_at: now,
        finished_at: None,
        total: plan.cases.len(),
        now: plan.cases.first().map(|case| case.id),
        error: None,
        cases: Vec::new(),
    }
}

/// Runs every case, one after the other. `told` is called after each and returns whether to continue.
///
/// # Errors
/// When a request cannot be made.
pub(crate) async fn check(
    engine: &Engine,
    clock: &Clock,
    plan: &Arc<CheckPlan>,
    mut told: impl FnMut(&CheckReport) -> bool + Send,
) -> Result<CheckReport, SendError> {
    let mut report = beginning(plan, clock.now());
    let cases = &plan.cases;
    for (number, case) in cases.iter().copied().enumerate() {
        let done = match plan.skipped(case) {
            Some(why) => reported(case, CaseState::Skipped, why, <_>::default(), Duration::ZERO),
            None => try_case(engine, clock, plan, case).await?,
        };
        // Further cases would tell nothing more.
        let away = |shot: &ShotReport| {
            matches!(shot.outcome, Outcome::Connect | Outcome::Dns | Outcome::Tls | Outcome::RefusedTarget)
        };
        if number == 0 && !done.shots.is_empty() && done.shots.iter().all(away) {
            report.error = done.shots.first().map(|shot| shot.sentence.clone());
            break;
        }
        report.cases.push(done);
        report.now = cases.get(number + 1).map(|next| next.id);
        if !told(&report) {
            report.error = Some("It was stopped.".to_owned());
            break;
        }
    }
    report.now = None;
    report.finished_at = Some(clock.now());
    Ok(report)
}

async fn try_case(
    engine: &Engine,
    clock: &Clock,
    plan: &Arc<CheckPlan>,
    case: &'static Case,
) -> Result<CaseReport, SendError> {
    let begun = std::time::Instant::now();
    let seed: u64 = rand::random();
    let (mut shots, mut attempts) = (Vec::new(), Vec::new());
    for number in 0..case.shots.len() {
        let (plan, now) = (Arc::clone(plan), clock.now());
        // A body of 10 MiB takes long to make.
        let made = tokio::task::spawn_blocking(move || plan.parcels(case, number, (seed, now))).await;
        let (about, parcels) = made.map_err(|_| SendError::Store(StoreError::Closed))??;
        let copies = case.shots.get(number).map_or(1, |shot| shot.copies);
        for _ in 0..copies {
            let all = join_all(parcels.iter().map(|parcel: &Parcel| engine.deliver(parcel))).await;
            shots.extend(all.iter().map(|delivered| shot_report(&about, delivered)));
            attempts.extend(all);
        }
    }
    let answers: Vec<Answer> = shots.iter().map(answer).collect();
    let (state, sentence) = match battery::judge(plan.battery, case, &answers) {
        Verdict::Passed(sentence) => (CaseState::Passed, sentence),
        Verdict::Failed(sentence) => (CaseState::Failed, sentence),
        Verdict::Noted(sentence) => (CaseState::Note, sentence),
    };
    let deciding = battery::deciding(plan.battery, case, &answers);
    let attempt = deciding.and_then(|at| attempts.into_iter().nth(at)).map(|attempt| Box::new(shortened(attempt)));
    if state == CaseState::Failed {
        // A page shows only the first few of twenty concurrent requests: the failed ones go first.
        shots.sort_by_key(|shot| !battery::is_odd(plan.battery, case, &answer(shot)));
    }
    Ok(reported(case, state, sentence, (shots, attempt), begun.elapsed()))
}

fn answer(shot: &ShotReport) -> Answer {
    Answer { status: shot.status, sentence: shot.sentence.clone(), took: Duration::from_micros(shot.took_us) }
}

fn shot_report(about: &str, delivered: &Delivered) -> ShotReport {
    let text = delivered.response.as_ref().map(|response| String::from_utf8_lossy(&response.body));
    ShotReport {
        about: about.to_owned(),
        outcome: delivered.outcome,
        status: delivered.status(),
        sentence: delivered.sentence.clone(),
        answer: cut(&text.unwrap_or_default(), ANSWER).0.to_owned(),
        took_us: delivered.times.total,
    }
}

/// The same attempt with its response cut to the beginning.
fn shortened(mut attempt: Delivered) -> Delivered {
    if let Some(response) = attempt.response.as_mut().filter(|response| response.body.len() > DECIDING) {
        response.body = Bytes::copy_from_slice(&response.body[..DECIDING]);
        response.body_cut = true;
    }
    attempt
}

/// The advice when a receiver rejects a right signature: the case's own duty was not reached.
const REFUSES_RIGHT_SIGNATURES: &str = "A right signature was turned down: give the receiver the secret that signs here, and have it verify the body's bytes as they came, before anything parses them.";

fn reported(
    case: &Case,
    state: CaseState,
    sentence: String,
    (shots, attempt): (Vec<ShotReport>, Option<Box<Delivered>>),
    took: Duration,
) -> CaseReport {
    let wanting = state == CaseState::Failed || state == CaseState::Note && case.expect != Expect::Told;
    let refuses = case.expect == Expect::Accepted && shots.iter().any(|shot| matches!(shot.status, Some(401 | 403)));
    let snippet = |framework: &battery::Framework| {
        let code = case.fix.snippet(framework.id)?;
        Some(Snippet { framework: framework.id, name: framework.name, code })
    };
    CaseReport {
        id: case.id,
        duty: case.duty,
        says: case.says,
        state,
        sentence,
        advice: wanting.then(|| if refuses { REFUSES_RIGHT_SIGNATURES } else { case.fix.advice() }),
        snippets: FRAMEWORKS.iter().filter(|_| wanting).filter_map(snippet).collect(),
        shots,
        attempt,
        took_us: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
    }
}
