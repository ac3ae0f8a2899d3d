//! What a receiver check has found, as Markdown for a ticket and as `JUnit` for a pipeline.

use std::time::Duration;

use crate::model::{CaseReport, CaseState, CheckReport, ShotReport};
use crate::view::plain;

/// A state in a word of at most four letters.
pub(crate) const fn word(state: CaseState) -> &'static str {
    match state {
        CaseState::Passed => "ok",
        CaseState::Failed => "FAIL",
        CaseState::Note => "note",
        CaseState::Skipped => "skip",
    }
}

/// Requests of a case that are shown one by one.
pub(crate) const SHOTS: usize = 5;

/// A request of a case and what came back, in a line.
pub(crate) fn shot_line(shot: &ShotReport) -> String {
    let answer = shot.status.map_or_else(|| shot.sentence.clone(), |status| status.to_string());
    format!("{}: {answer} in {}", shot.about, millis(shot.took_us))
}

/// How many cases ended in which way.
pub(crate) fn counts(report: &CheckReport) -> String {
    let count = |state: CaseState| report.count(state);
    let notes = count(CaseState::Note);
    format!(
        "{} passed, {} failed, {notes} {}, {} skipped",
        count(CaseState::Passed),
        count(CaseState::Failed),
        if notes == 1 { "note" } else { "notes" },
        count(CaseState::Skipped),
    )
}

/// A time for people, in milliseconds.
pub(crate) fn millis(took_us: u64) -> String {
    format!("{} ms", Duration::from_micros(took_us).as_millis())
}

/// The report as Markdown, with the snippets for one framework.
pub(crate) fn markdown(report: &CheckReport, framework: &str) -> String {
    // A pipe would end a cell; a receiver's other markup is shown as it is.
    let cell = |text: &str| plain(text).replace('|', "\\|").replace('<', "&lt;");
    let mut out = format!(
        "# Receiver check: {}\n\n- Receiver: `{}`\n- Document: {}\n- Begun: {}\n- Result: {}\n\n",
        report.provider,
        plain(&report.target).replace('`', "'"),
        report.document,
        report.started_at,
        report.error.as_ref().map_or_else(|| counts(report), |error| plain(error)),
    );
    out.push_str("| | Duty | Result | Time |\n|---|---|---|---|\n");
    for case in &report.cases {
        let (state, took) = (word(case.state), millis(case.took_us));
        out.push_str(&format!("| {state} | {} | {} | {took} |\n", cell(case.duty), cell(&case.sentence)));
    }
    let wanting = |case: &&CaseReport| matches!(case.state, CaseState::Failed | CaseState::Note);
    for case in report.cases.iter().filter(wanting) {
        out.push_str(&format!("\n## {}: {}\n\n{}\n\n", word(case.state), case.duty, plain(&case.sentence)));
        for shot in case.shots.iter().take(SHOTS) {
            out.push_str(&format!("- Sent {}\n", cell(&shot_line(shot))));
        }
        out.push_str(&format!("\n> {}\n", case.says));
        if let Some(advice) = case.advice {
            out.push_str(&format!("\n{advice}\n"));
        }
        if let Some(snippet) = case.snippets.iter().find(|snippet| snippet.framework == framework) {
            out.push_str(&format!("\n{}:\n\n```\n{}\n```\n", snippet.name, snippet.code));
        }
    }
    out
}

/// The report as `JUnit`: a test case for each case.
pub(crate) fn junit(report: &CheckReport, _: &str) -> String {
    let escaped = |text: &str| quick_xml::escape::escape(plain(text).as_str()).into_owned();
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let seconds = |took_us: u64| took_us as f64 / 1_000_000.0;
    let mut cases = String::new();
    for case in &report.cases {
        let body = match case.state {
            CaseState::Passed => String::new(),
            CaseState::Failed => {
                let sent: Vec<String> = case.shots.iter().take(SHOTS).map(shot_line).collect();
                let text = format!("{}\n{}\n{}", sent.join("\n"), case.says, case.advice.unwrap_or_default());
                format!("<failure message=\"{}\">{}</failure>", escaped(&case.sentence), escaped(&text))
            }
            CaseState::Skipped => format!("<skipped message=\"{}\"/>", escaped(&case.sentence)),
            CaseState::Note => format!("<system-out>{}</system-out>", escaped(&case.sentence)),
        };
        cases.push_str(&format!(
            "    <testcase classname=\"creel.check.{}\" name=\"{}\" time=\"{:.3}\">{body}</testcase>\n",
            report.provider,
            escaped(&format!("{}: {}", case.id, case.duty)),
            seconds(case.took_us),
        ));
    }
    let mut errors = 0;
    if let Some(error) = &report.error {
        errors = 1;
        cases.push_str(&format!(
            "    <testcase classname=\"creel.check.{}\" name=\"receiver\" time=\"0\"><error message=\"{}\"/></testcase>\n",
            report.provider,
            escaped(error),
        ));
    }
    let total: u64 = report.cases.iter().map(|case| case.took_us).sum();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  \
         <testsuite name=\"creel check\" tests=\"{}\" failures=\"{}\" errors=\"{errors}\" skipped=\"{}\" time=\"{:.3}\">\n\
         {cases}  </testsuite>\n</testsuites>\n",
        report.cases.len() + errors,
        report.count(CaseState::Failed),
        report.count(CaseState::Skipped),
        seconds(total),
    )
}
