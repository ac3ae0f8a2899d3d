//! Reports of the receiver check.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::{Delivered, Outcome, Timestamp};

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CaseState {
    /// The receiver does what it should.
    Passed,
    /// It does not.
    Failed,
    /// Worth knowing, but no failure.
    Note,
    /// It was not tried.
    Skipped,
}

impl CaseState {
    /// The name that the API uses.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A request of a case and what came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShotReport {
    /// What was sent, in words.
    pub about: String,
    /// How the delivery ended.
    pub outcome: Outcome,
    /// The status of a whole answer.
    pub status: Option<u16>,
    /// What happened, in a sentence.
    pub sentence: String,
    /// The beginning of the answer's body.
    pub answer: String,
    /// How long it took, in microseconds.
    pub took_us: u64,
}

/// Code that fixes a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Snippet {
    pub framework: &'static str,
    pub name: &'static str,
    pub code: &'static str,
}

/// What a case has found, over all of its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CaseReport {
    /// Its stable name.
    pub id: &'static str,
    /// The duty in a few words.
    pub duty: &'static str,
    /// The sentence of the document that demands it.
    pub says: &'static str,
    pub state: CaseState,
    /// Why the case ended like this, in a sentence.
    pub sentence: String,
    /// How to fix it, when it has not passed.
    pub advice: Option<&'static str>,
    /// The same as code.
    pub snippets: Vec<Snippet>,
    /// What was sent and what came back.
    pub shots: Vec<ShotReport>,
    /// The deciding request as sent, with the beginning of the response.
    pub attempt: Option<Box<Delivered>>,
    /// How long it took, in microseconds.
    pub took_us: u64,
}

/// The report of a check, complete or so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckReport {
    /// The platform that was simulated.
    pub provider: &'static str,
    /// The document that the sentences are quoted from.
    pub document: &'static str,
    /// The URL of the receiver.
    pub target: String,
    pub started_at: Timestamp,
    /// When it ended; `None` while it runs.
    pub finished_at: Option<Timestamp>,
    /// How many cases there are.
    pub total: usize,
    /// The case that is being tried.
    pub now: Option<&'static str>,
    /// Why the check stopped early: the receiver cannot be reached.
    pub error: Option<String>,
    /// The cases that are over, in the order of the battery.
    pub cases: Vec<CaseReport>,
}

impl CheckReport {
    /// How many cases ended in this way.
    pub(crate) fn count(&self, state: CaseState) -> usize {
        self.cases.iter().filter(|case| case.state == state).count()
    }

    /// Whether it is over and no case has failed.
    pub(crate) fn is_passed(&self) -> bool {
        self.finished_at.is_some() && self.error.is_none() && self.count(CaseState::Failed) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_passed_when_it_is_over_without_error_and_no_case_has_failed() {
        let case = |state| CaseReport {
            id: "a",
            duty: "",
            says: "",
            state,
            sentence: String::new(),
            advice: None,
            snippets: Vec::new(),
            shots: Vec::new(),
            attempt: None,
            took_us: 0,
        };
        let over = CheckReport {
            provider: "p",
            document: "",
            target: String::new(),
            started_at: Timestamp::default(),
            finished_at: Some(Timestamp::default()),
            total: 4,
            now: None,
            error: None,
            cases: [CaseState::Passed, CaseState::Passed, CaseState::Note, CaseState::Skipped].map(case).into(),
        };
        let count = |state| over.count(state);
        assert_eq!((count(CaseState::Passed), count(CaseState::Note), count(CaseState::Failed)), (2, 1, 0));
        assert!(over.is_passed());
        assert!(!CheckReport { finished_at: None, ..over.clone() }.is_passed());
        assert!(!CheckReport { error: Some("gone".to_owned()), ..over.clone() }.is_passed());
        assert!(!CheckReport { cases: vec![case(CaseState::Failed)], ..over }.is_passed());
        assert_eq!(CaseState::Skipped.name(), "skipped");
    }
}
