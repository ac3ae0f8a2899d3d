//! A verdict in full: what it is, and why.

use std::fmt::Write as _;

use serde_json::Value;

use super::paint::Tone;
use super::{Look, words};
use crate::view::plain;

/// A verdict as the API explains it. `timed`: whether the age was checked.
pub(in crate::cli) fn explained(value: &Value, timed: bool, look: Look) -> String {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(plain);
    let mut out = String::new();
    let status = value.pointer("/status").and_then(Value::as_str).unwrap_or_default();
    let mut line = |name: &str, value: String| {
        // Writing to a string does not fail.
        let _ = writeln!(out, "{}{value}", look.paint.tone(Tone::Dim, &format!("{name:<12}")));
    };
    line("signature", look.paint.tone(Tone::of_verdict(status), &words(status)));
    for (name, pointer) in [("scheme", "/scheme"), ("secret", "/secret"), ("reason", "/reason")] {
        if let Some(text) = text(pointer) {
            line(name, text);
        }
    }
    line("freshness", freshness(value, timed));
    if status != "valid" {
        for (name, pointer) in [("received", "/received"), ("expected", "/expected")] {
            if let Some(text) = text(pointer) {
                line(name, text);
            }
        }
    }
    for sentence in value.pointer("/not_covered").and_then(Value::as_array).into_iter().flatten() {
        line("not covered", sentence.as_str().map(plain).unwrap_or_default());
    }
    let findings = value.pointer("/diagnosis").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (number, finding) in findings.iter().enumerate() {
        let text = |name: &str| finding.get(name).and_then(Value::as_str).map(plain).unwrap_or_default();
        let verifies = finding.get("verifies").and_then(Value::as_bool) == Some(true);
        let mark = if verifies { look.paint.tone(Tone::Good, " (checked)") } else { String::new() };
        let (sentence, fix) = (text("sentence"), text("fix"));
        let _ = write!(out, "\n{}. {sentence}{mark}\n   {fix}\n", number + 1);
    }
    out
}

fn freshness(value: &Value, timed: bool) -> String {
    let of = |name: &str| value.pointer(&format!("/freshness/{name}"));
    let status = of("status").and_then(Value::as_str).unwrap_or("none");
    match (timed, status) {
        (false, _) => "not checked; give the time of arrival with --at UNIX".to_owned(),
        (true, "none") => "the scheme has no timestamp".to_owned(),
        (true, status) => {
            let seconds = |name: &str| of(name).and_then(Value::as_i64);
            // Some schemes accept a time in the future as fresh; it has no age.
            let age = seconds("age_s").map(|age| match age {
                ..0 => format!(", {} s in the future", age.unsigned_abs()),
                age => format!(", {age} s old"),
            });
            let age = age.unwrap_or_default();
            let tolerance = seconds("tolerance_s").map(|most| format!(" (at most {most} s)")).unwrap_or_default();
            format!("{}{age}{tolerance}", words(status))
        }
    }
}
