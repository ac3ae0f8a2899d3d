//! How a receiver check is shown.

use serde::Serialize;
use utoipa::ToSchema;

use super::attempt::{ReceivedShape, SentShape, TimesShape};
use crate::model::{CaseReport, CaseState, CheckReport, Delivered, Outcome, ShotReport, Snippet, Timestamp, Why};

/// The report of a receiver check, complete or so far.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CheckReport)]
pub(crate) struct CheckShape<'a> {
    /// Its number, valid until the server stops. Absent on the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<u64>,
    /// Its page in the console. Absent on the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub url: Option<String>,
    /// Whether it is over.
    pub finished: bool,
    /// Whether it is over and no case has failed.
    pub ok: bool,
    /// How many cases have passed.
    pub passed: usize,
    /// How many cases have failed.
    pub failed: usize,
    /// The simulated platform.
    pub provider: &'a str,
    /// The document that the sentences are quoted from.
    pub document: &'a str,
    /// The receiver.
    pub target: &'a str,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// How many cases there are.
    pub total: usize,
    /// The current case.
    pub now: Option<&'a str>,
    /// Why it stopped early.
    pub error: Option<&'a str>,
    /// How many cases ended in which way.
    pub counts: CountsShape,
    /// The cases that are over.
    pub cases: Vec<CaseShape<'a>>,
}

/// How many cases ended in which way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CheckCounts)]
pub(crate) struct CountsShape {
    /// The receiver does what it should.
    pub passed: usize,
    /// It does not.
    pub failed: usize,
    /// Worth knowing, but no failure.
    pub notes: usize,
    /// Not tried.
    pub skipped: usize,
}

/// A case.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CheckCase)]
pub(crate) struct CaseShape<'a> {
    /// Its stable name.
    pub id: &'a str,
    /// The duty in a few words.
    pub duty: &'a str,
    /// The sentence of the document that demands it.
    pub says: &'a str,
    /// `passed`, `failed`, `note` or `skipped`.
    #[schema(value_type = String)]
    pub result: CaseState,
    /// Why, in a sentence.
    pub sentence: &'a str,
    /// How to fix it.
    pub fix: Option<&'a str>,
    /// The same as code, by framework.
    pub snippets: Vec<SnippetShape<'a>>,
    /// What was sent and what came back.
    pub requests: Vec<ShotShape<'a>>,
    /// The deciding request: the first with a bad answer, else the last. `null` if nothing is sent.
    pub attempt: Option<CaseAttemptShape<'a>>,
    /// How long it took, in microseconds.
    pub took_us: u64,
}

/// A request of a case as an attempt. It belongs to no request of a bin, and has no number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CheckAttempt)]
pub(crate) struct CaseAttemptShape<'a> {
    /// `check`.
    #[schema(value_type = String)]
    pub why: Why,
    /// The URL that was sent to.
    pub target: &'a str,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// `answered`, or the kind of failure.
    #[schema(value_type = String)]
    pub outcome: Outcome,
    /// The outcome in a sentence.
    pub sentence: &'a str,
    /// What was sent.
    pub sent: SentShape<'a>,
    /// The response, with the first 4 KiB of its body; `null` without a head.
    pub response: Option<ReceivedShape<'a>>,
    /// How long its steps took, in microseconds.
    pub times_us: TimesShape,
}

impl<'a> From<&'a Delivered> for CaseAttemptShape<'a> {
    fn from(attempt: &'a Delivered) -> Self {
        Self {
            why: Why::Check,
            target: &attempt.target,
            started_at: attempt.started_at,
            outcome: attempt.outcome,
            sentence: &attempt.sentence,
            sent: SentShape::new(attempt, true),
            response: ReceivedShape::of(attempt, true),
            times_us: attempt.times.into(),
        }
    }
}

/// Code that fixes a receiver.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CheckSnippet)]
pub(crate) struct SnippetShape<'a> {
    /// `express`, `fastapi`, `go`, `laravel` or `rails`.
    pub framework: &'a str,
    /// The framework's name.
    pub name: &'a str,
    /// The code.
    pub code: &'a str,
}

/// A request of a case and what came back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CheckRequest)]
pub(crate) struct ShotShape<'a> {
    /// What was sent, in words.
    pub about: &'a str,
    /// `answered`, or the kind of failure: `dns`, `connect`, `tls`, `timeout`, `reset`, `cut`, `malformed`.
    #[schema(value_type = String)]
    pub outcome: Outcome,
    /// The status of a whole answer.
    pub status: Option<u16>,
    /// What happened, in a sentence.
    pub sentence: &'a str,
    /// The beginning of the answer's body.
    pub answer: &'a str,
    /// How long it took, in microseconds.
    pub took_us: u64,
}

impl<'a> CheckShape<'a> {
    /// Of a check with that number.
    #[must_use]
    pub(crate) fn new(id: Option<u64>, report: &'a CheckReport) -> Self {
        Self {
            id,
            url: None,
            finished: report.finished_at.is_some(),
            ok: report.is_passed(),
            passed: report.count(CaseState::Passed),
            failed: report.count(CaseState::Failed),
            provider: report.provider,
            document: report.document,
            target: &report.target,
            started_at: report.started_at,
            finished_at: report.finished_at,
            total: report.total,
            now: report.now,
            error: report.error.as_deref(),
            counts: CountsShape {
                passed: report.count(CaseState::Passed),
                failed: report.count(CaseState::Failed),
                notes: report.count(CaseState::Note),
                skipped: report.count(CaseState::Skipped),
            },
            cases: report.cases.iter().map(CaseShape::from).collect(),
        }
    }
}

impl<'a> From<&'a CaseReport> for CaseShape<'a> {
    fn from(case: &'a CaseReport) -> Self {
        Self {
            id: case.id,
            duty: case.duty,
            says: case.says,
            result: case.state,
            sentence: &case.sentence,
            fix: case.advice,
            snippets: case.snippets.iter().map(SnippetShape::from).collect(),
            requests: case.shots.iter().map(ShotShape::from).collect(),
            attempt: case.attempt.as_deref().map(CaseAttemptShape::from),
            took_us: case.took_us,
        }
    }
}

impl<'a> From<&'a Snippet> for SnippetShape<'a> {
    fn from(snippet: &'a Snippet) -> Self {
        Self { framework: snippet.framework, name: snippet.name, code: snippet.code }
    }
}

impl<'a> From<&'a ShotReport> for ShotShape<'a> {
    fn from(shot: &'a ShotReport) -> Self {
        Self {
            about: &shot.about,
            outcome: shot.outcome,
            status: shot.status,
            sentence: &shot.sentence,
            answer: &shot.answer,
            took_us: shot.took_us,
        }
    }
}
