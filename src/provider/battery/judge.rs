//! Judges the answers to a case.

use std::time::Duration;

use super::{Battery, Case, Expect};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status; `None` when there was no whole answer.
    pub status: Option<u16>,
    /// What happened, in a sentence.
    pub sentence: String,
    pub took: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The receiver does what it should.
    Passed(String),
    /// It does not.
    Failed(String),
    /// Worth knowing, and no failure.
    Noted(String),
}

pub(crate) fn judge(battery: &Battery, case: &Case, answers: &[Answer]) -> Verdict {
    let expected = case.expect;
    if let Some(answer) = answers.iter().find(|answer| answer.status.is_none()) {
        return Verdict::Failed(format!("There was no whole answer: {}", answer.sentence));
    }
    let status = |answer: &Answer| answer.status.unwrap_or_default();
    let is_right = |status: u16| match expected {
        Expect::Accepted => is_2xx(status),
        Expect::Refused | Expect::RefusedOrNoted => status == 401,
        Expect::Told => status < 500,
        Expect::ClientError => (400..500).contains(&status),
        Expect::AcceptedOrTooLarge => is_2xx(status) || status == 413,
        Expect::AcceptedOrTimedOut => is_2xx(status) || status == 408,
        Expect::CannotBeSeen => true,
    };
    let got = list(answers);
    let wanted = wanted(expected);
    if let Some(wrong) = answers.iter().find(|answer| !is_right(status(answer))) {
        if expected == Expect::RefusedOrNoted && is_2xx(status(wrong)) {
            return Verdict::Noted(format!("It is accepted with {got}: anybody who knows the URL can send events."));
        }
        return Verdict::Failed(format!("Got {got}, expected {wanted}."));
    }
    if let Some(slow) =
        answers.iter().filter(|_| expected == Expect::Accepted).find(|answer| answer.took > battery.limit)
    {
        let (took, limit) = (slow.took.as_millis(), battery.limit.as_millis());
        let sentence = format!("An answer took {took} ms; it has to come within {limit} ms.");
        return if battery.limit_is_named { Verdict::Failed(sentence) } else { Verdict::Noted(sentence) };
    }
    match expected {
        Expect::AcceptedOrTooLarge if answers.iter().any(|answer| status(answer) == 413) => {
            Verdict::Noted("It is refused with 413: a transcript of this size is lost.".to_owned())
        }
        Expect::AcceptedOrTimedOut if answers.iter().any(|answer| status(answer) == 408) => {
            Verdict::Noted("It is refused with 408: an event on a slow line is lost.".to_owned())
        }
        Expect::Told if answers.iter().all(|answer| is_2xx(status(answer))) => {
            Verdict::Noted(format!("It is accepted ({got})."))
        }
        Expect::Told => Verdict::Noted(format!("It is refused ({got}).")),
        Expect::CannotBeSeen => Verdict::Noted(
            "Whether the second one is left out cannot be seen from outside: look into your own data.".to_owned(),
        ),
        _ => Verdict::Passed(format!("Got {got}.")),
    }
}

/// Whether a single answer would not pass.
pub(crate) fn is_odd(battery: &Battery, case: &Case, answer: &Answer) -> bool {
    !matches!(judge(battery, case, std::slice::from_ref(answer)), Verdict::Passed(_))
}

/// The deciding answer: the first incomplete one, else the first that would not pass alone, else the last.
pub(crate) fn deciding(battery: &Battery, case: &Case, answers: &[Answer]) -> Option<usize> {
    let is_odd = |answer: &Answer| is_odd(battery, case, answer);
    let first = |is: &dyn Fn(&Answer) -> bool| answers.iter().position(is);
    first(&|answer| answer.status.is_none()).or_else(|| first(&is_odd)).or_else(|| answers.len().checked_sub(1))
}

const fn is_2xx(status: u16) -> bool {
    status >= 200 && status < 300
}

fn wanted(expected: Expect) -> &'static str {
    match expected {
        Expect::Accepted => "2xx",
        Expect::Refused | Expect::RefusedOrNoted => "401",
        Expect::Told => "an answer below 500",
        Expect::ClientError => "4xx",
        Expect::AcceptedOrTooLarge => "2xx or 413",
        Expect::AcceptedOrTimedOut => "2xx or 408",
        Expect::CannotBeSeen => "nothing",
    }
}

/// The statuses, each once, with how often: `200`, `200 and 2 × 503`.
fn list(answers: &[Answer]) -> String {
    let mut counts: Vec<(u16, usize)> = Vec::new();
    for answer in answers {
        let status = answer.status.unwrap_or_default();
        match counts.iter_mut().find(|(known, _)| *known == status) {
            Some((_, count)) => *count += 1,
            None => counts.push((status, 1)),
        }
    }
    let one = |(status, count): &(u16, usize)| {
        if *count == 1 || counts.len() == 1 { status.to_string() } else { format!("{count} × {status}") }
    };
    counts.iter().map(one).collect::<Vec<_>>().join(" and ")
}
