//! Prints the progress of a check for people.

use crate::cli::render::{Look, Tone, lines};
use crate::export::check::{SHOTS, counts, millis, shot_line, word};
use crate::model::{CaseReport, CaseState, CheckReport};
use crate::provider::battery::Battery;
use crate::view::plain;

/// The first line.
pub(super) fn beginning(target: &str, battery: &Battery) -> String {
    format!("{} as {} asks of it\n\n", plain(target), battery.document)
}

pub(super) fn case(case: &CaseReport, framework: &str, look: Look) -> String {
    let tone = match case.state {
        CaseState::Passed => Tone::Good,
        CaseState::Failed => Tone::Bad,
        CaseState::Note => Tone::Odd,
        CaseState::Skipped => Tone::Dim,
    };
    let state = look.paint.tone(tone, &format!("{:<4}", word(case.state)));
    let mut out = format!("{state}  {}  ({})\n", case.duty, millis(case.took_us));
    if case.state == CaseState::Passed {
        return out;
    }
    let mut tell = |text: &str| {
        for line in lines(text).lines() {
            out.push_str(&format!("      {line}\n"));
        }
    };
    tell(&case.sentence);
    if case.state == CaseState::Skipped {
        return out;
    }
    for shot in case.shots.iter().take(SHOTS) {
        tell(&format!("  {}", shot_line(shot)));
    }
    tell(&format!("The document: “{}”", case.says));
    if let Some(advice) = case.advice {
        tell(&format!("To mend it: {advice}"));
    }
    if let Some(snippet) = case.snippets.iter().find(|snippet| snippet.framework == framework) {
        tell("");
        for line in snippet.code.lines() {
            tell(&format!("  {line}"));
        }
        tell("");
    }
    out
}

/// The last line.
pub(super) fn summary(report: &CheckReport) -> String {
    format!("\n{}\n", counts(report))
}
