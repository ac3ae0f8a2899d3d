//! One line of the list. The page and the live list show the same template.

use askama::Template;
use askama::filters::HtmlSafe;

use super::format;
use crate::http::essence;
use crate::http::text::clipped;
use crate::model::{FreshnessStatus, LastAttempt, Origin, RequestSummary, SameBefore, SignatureStatus};

/// A request in the list.
#[derive(Debug, Template)]
#[template(path = "parts/row.html")]
pub(super) struct Row {
    /// The cursor.
    pub seq: u64,
    /// The request's id.
    pub id: String,
    /// Where the click leads.
    pub href: String,
    /// The method, shortened for the column.
    pub method: String,
    /// The method's colour.
    pub method_class: &'static str,
    /// The leading text: the event's name, else the path below the bin with its query.
    pub lead: String,
    /// Its class: an event's name and a path look different.
    pub lead_class: &'static str,
    /// RFC 3339.
    pub time_iso: String,
    /// The time of day.
    pub time: String,
    /// The text after it: path and session of an event, else other facts.
    pub about: String,
    /// Marks and size.
    pub extra: String,
    /// Whether the marks say that something is missing.
    pub alert: bool,
    /// The verdict.
    pub chip: Chip,
    /// The response's status, or a dash.
    pub status: String,
    /// The response's colour.
    pub status_class: &'static str,
    /// Not read yet.
    pub unread: bool,
    /// The row is the open one.
    pub current: bool,
    /// Until when its sender waits for an answer.
    pub held_until: Option<String>,
}

impl HtmlSafe for Row {}

/// The result of the last attempt, in words that are clear without colour.
pub(super) fn attempt_words(last: LastAttempt) -> String {
    match last.status {
        Some(status) if last.is_delivered() => format!("→ delivered {status}"),
        Some(status) => format!("⇥ not accepted {status}"),
        None => format!("✗ not delivered: {}", last.outcome.words()),
    }
}

/// A text that the same request came before, with the status of its response.
fn again_words(before: SameBefore) -> String {
    before.status.map_or_else(|| "again, no answer before".to_owned(), |status| format!("again after {status}"))
}

/// A verdict as a chip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chip {
    /// `ok`, `bad`, `warn`, or nothing.
    pub class: &'static str,
    /// What it says.
    pub text: &'static str,
}

/// The longest path that a row shows; the whole one is in the detail.
const PATH_CHARS: usize = 160;

impl Row {
    /// The row of a request. `base` is the bin's page, `context` the list's query string with its question mark, or
    /// empty.
    pub(super) fn new(summary: &RequestSummary, base: &str, context: &str, current: bool) -> Self {
        let event = &summary.derived.event;
        let query = summary.target.split_once('?').map(|(_, query)| query);
        let mut path: String = if summary.path.is_empty() { "/".to_owned() } else { summary.path.clone() };
        if let Some(query) = query {
            path.push('?');
            path.push_str(query);
        }
        let session = event.session.as_deref().map(|session| session.chars().take(8).collect::<String>());
        let (lead, about, is_event) = match (&event.handshake, &event.name) {
            (Some(_), _) => ("handshake".to_owned(), path, true),
            (None, Some(name)) => {
                (name.clone(), [Some(path), session].into_iter().flatten().collect::<Vec<_>>().join(" · "), true)
            }
            (None, None) => (path, summary.content_type.as_deref().map(essence).unwrap_or_default().to_owned(), false),
        };
        let mut extra = Vec::new();
        if summary.held_until.is_some() {
            extra.push("waits for your answer".to_owned());
        }
        let alert = summary.rejected.is_some() || !summary.complete || summary.held_until.is_some();
        if let Some(rejection) = summary.rejected {
            extra.push(rejection.code().replace('_', " "));
        } else if !summary.complete {
            extra.push("cut off".to_owned());
        }
        if event.duplicate_of.is_some() {
            extra.push("duplicate".to_owned());
        } else if let Some(before) = event.same_before {
            extra.push(again_words(before));
        }
        if summary.origin != Origin::Wire {
            extra.push(summary.origin.name().to_owned());
        }
        extra.extend(summary.last_attempt.map(attempt_words));
        if summary.marks.pinned {
            extra.push("pinned".to_owned());
        }
        if summary.marks.note.is_some() {
            extra.push("note".to_owned());
        }
        extra.extend(summary.marks.tags.iter().take(2).map(|tag| format!("#{}", format::plain(tag))));
        // For a rejected body, its declared size.
        let turned_down = summary.declared_size.filter(|_| summary.rejected.is_some());
        extra.push(format::size(turned_down.unwrap_or(summary.body_size)));
        Self {
            seq: summary.seq,
            id: summary.id.to_string(),
            href: format!("{base}/requests/{}{context}", summary.id),
            method: summary.method.clone(),
            method_class: method_class(&summary.method),
            lead: format::plain(&clipped(&lead, PATH_CHARS)),
            lead_class: if is_event { "event" } else { "" },
            time_iso: summary.received_at.to_string(),
            time: format::clock_time(summary.received_at).chars().take(8).collect(),
            about: format::plain(&clipped(&about, PATH_CHARS)),
            extra: extra.join(" · "),
            alert,
            chip: chip(summary),
            status: summary.response.status.map_or_else(|| "–".to_owned(), |status| status.to_string()),
            // A composed request never arrived and needs no response.
            status_class: if summary.origin == Origin::Composed { "" } else { status_class(summary.response.status) },
            unread: !summary.marks.read,
            current,
            held_until: summary.held_until.map(|until| until.to_string()),
        }
    }
}

/// The chip of a request in lists: shows the freshness only if the signature is right.
pub(super) fn chip(summary: &RequestSummary) -> Chip {
    chip_of(summary.derived.verdict.status, summary.derived.freshness.status, true)
}

/// The chip for a verdict; with `freshness_speaks`, a right signature that is too old says so.
pub(super) const fn chip_of(verdict: SignatureStatus, freshness: FreshnessStatus, freshness_speaks: bool) -> Chip {
    let (class, text) = match (verdict, freshness) {
        (SignatureStatus::Valid, FreshnessStatus::Stale) if freshness_speaks => ("warn", "stale"),
        (SignatureStatus::Valid, FreshnessStatus::Future) if freshness_speaks => ("warn", "future"),
        (SignatureStatus::Valid, _) => ("ok", "valid"),
        (SignatureStatus::Invalid, _) => ("bad", "invalid"),
        (SignatureStatus::Missing, _) => ("warn", "missing"),
        (SignatureStatus::NoSecret, _) => ("", "no secret"),
        (SignatureStatus::UnsignedScheme, _) => ("", "unsigned"),
        (SignatureStatus::UndecodableSecret, _) => ("bad", "bad secret"),
    };
    Chip { class, text }
}

/// The colour class of a method.
pub(super) fn method_class(method: &str) -> &'static str {
    match method {
        "GET" | "HEAD" => "get",
        "POST" => "post",
        "PUT" => "put",
        "PATCH" => "patch",
        "DELETE" => "delete",
        _ => "other",
    }
}

/// The colour class of a status; a missing one counts as a failure.
pub(super) const fn status_class(status: Option<u16>) -> &'static str {
    match status {
        Some(200..=299) => "success",
        Some(300..=399) => "redirect",
        Some(400..=499) => "client-error",
        Some(500..=599) => "server-error",
        Some(_) => "",
        None => "unanswered",
    }
}
