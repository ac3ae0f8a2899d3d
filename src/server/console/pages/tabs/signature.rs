//! The verdict, why, and what to do about it.

use askama::Template;

use super::super::format::Seen;
use super::super::row::Chip;

/// A cause that was tried.
#[derive(Debug)]
pub struct DiagnosisLine {
    /// What it is.
    pub sentence: String,
    /// What to do.
    pub fix: String,
    /// Whether the signature is right that way.
    pub verifies: bool,
}

/// The verdict with everything behind it.
#[derive(Debug, Template)]
#[template(path = "tabs/signature.html")]
pub struct SignatureTab {
    /// The verdict.
    pub chip: Chip,
    /// The verdict in a line.
    pub sentence: String,
    /// More about it.
    pub reason: Option<String>,
    /// Freshness in a line of its own.
    pub freshness: Option<(Chip, String)>,
    /// Names and values: scheme, secret, algorithm.
    pub facts: Vec<(&'static str, String)>,
    /// Causes, those that would verify first.
    pub diagnosis: Vec<DiagnosisLine>,
    /// What the signature should be.
    pub expected: Option<String>,
    /// What it is.
    pub received: Option<String>,
    /// The bytes that are signed, as text.
    pub signed: Option<String>,
    /// How many there are, when only the first are shown.
    pub signed_note: String,
    /// Where to fetch all of them.
    pub signed_href: Option<String>,
    /// What the signature leaves out.
    pub not_covered: Vec<String>,
    /// The schemes to try, with the one in use.
    pub schemes: Vec<(String, String)>,
    /// The scheme in use.
    pub scheme: String,
    /// Where to send a secret to be tried.
    pub try_href: String,
    /// The bin's settings.
    pub settings_href: String,
    /// Whether this shows a trial.
    pub trial: bool,
}
