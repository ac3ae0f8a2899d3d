//! The sessions of a bin, and one of them with its timeline.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use askama::filters::HtmlSafe;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::conversation::{self, Conversation};
use super::format::{self, Seen, Sentence, capital};
use super::html;
use super::row::{Chip, attempt_words, chip, status_class};
use super::session_contract::{Told, broken, contract_chip, findings_href};
use super::shell::{BinLinks, Shell};
use crate::model::{Origin, RequestId, Seq, Timestamp};
use crate::provider::finding::{Says, Severity};
use crate::provider::lifecycle::SessionFinding;
use crate::provider::samples;
use crate::server::console::extract::{BinRef, Named, PathPart, Query, State};
use crate::server::console::problem::Problem;
use crate::server::console::reading::severity_words;
use crate::server::console::sessions::{self, PAGE, Session, SessionContent, SessionEvent, SessionName};

/// Requests of a session that its page shows at once.
const SHOWN_EVENTS: usize = 200;
/// Marks in a row of the list.
const SHOWN_MARKS: usize = 12;
/// Characters of a session's id in a list.
const SHORT_ID: usize = 13;

/// The characters that are escaped in the path of a session's page.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The address of a session's page. Clients remove `.` and `..` from a path, even if they are escaped.
pub(super) fn href(base: &str, session: &str) -> String {
    let encoded = utf8_percent_encode(session, SEGMENT);
    match session {
        "" | "." | ".." => format!("{base}/session?id={encoded}"),
        _ => format!("{base}/sessions/{encoded}"),
    }
}

/// The page's parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PageParams {
    before: Option<Seq>,
    /// The first request of a session that is shown.
    from: usize,
    /// The first message of its transcript that is shown.
    message: usize,
    /// Only the changing part, for an open page.
    part: bool,
    /// The session, where the path does not name it.
    id: Option<String>,
}

/// An event in a row: its name, and whether it came.
#[derive(Debug)]
struct EventMark {
    class: &'static str,
    name: String,
    /// The text next to the name.
    note: &'static str,
}

/// A session in the list.
#[derive(Debug)]
struct Line {
    href: String,
    id: String,
    whole_id: String,
    provider: String,
    started_iso: String,
    started_full: String,
    took: String,
    marks: Vec<EventMark>,
    more_marks: usize,
    verdicts: Vec<Chip>,
    findings: Told,
    /// The summary of its events' contracts, and the address of the first event that breaks its own; `None` if all is
    /// right.
    contract: Option<(Told, String)>,
}

#[derive(Debug, Template)]
#[template(path = "parts/session_rows.html")]
struct Rows {
    lines: Vec<Line>,
    older: Option<String>,
    newest: Option<String>,
}

impl HtmlSafe for Rows {}

#[derive(Debug, Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    shell: Shell,
    bin: BinLinks,
    rows: Rows,
    head_seq: u64,
}

/// `GET /bins/{bin}/sessions`.
pub(super) async fn list(
    state: State,
    bin: BinRef,
    params: Query<PageParams>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    // Read first, so that requests arriving now come over the stream.
    let head_seq = state.store.head_seq();
    let links = BinLinks::new(&bin.0.bin, &state);
    let (found, next) = sessions::page(&state, &bin.0, params.before, PAGE).await?;
    let rows = Rows {
        lines: found.iter().map(|session| line(session, &links.base)).collect(),
        older: next.map(|next| format!("{}/sessions?before={next}", links.base)),
        newest: params.before.map(|_| format!("{}/sessions", links.base)),
    };
    if params.part {
        return html(&rows);
    }
    html(&SessionsPage {
        shell: Shell::new(&request, format!("Sessions of {}", links.label)),
        bin: links,
        rows,
        head_seq,
    })
}

fn line(session: &Session, base: &str) -> Line {
    let started = session.started_at().unwrap_or_default();
    let took = session.last_at().unwrap_or_default().since(started);
    let mut verdicts: Vec<Chip> = Vec::new();
    for event in &session.events {
        let chip = chip(&event.summary);
        if !verdicts.contains(&chip) {
            verdicts.push(chip);
        }
    }
    let marks = marks(session);
    Line {
        href: href(base, &session.id),
        id: format::plain(&session.id.chars().take(SHORT_ID).collect::<String>()),
        whole_id: format::plain(&session.id),
        provider: session.provider.clone().unwrap_or_default(),
        started_iso: started.to_string(),
        started_full: format::row_time(started),
        took: format::took(took),
        more_marks: marks.len().saturating_sub(SHOWN_MARKS),
        marks: marks.into_iter().take(SHOWN_MARKS).collect(),
        verdicts,
        findings: told(session),
        contract: broken(session, base),
    }
}

/// The events in order of arrival, with repeats in their places and missing ones at the end.
fn marks(session: &Session) -> Vec<EventMark> {
    let mut marks: Vec<EventMark> = session
        .events
        .iter()
        .map(|event| {
            let (class, note) = match (&event.left_out, event.summary.derived.event.duplicate_of) {
                (Some(why), _) => ("out", *why),
                (None, Some(_)) => ("again", "again"),
                (None, None) => ("came", ""),
            };
            EventMark { class, name: name_of(event), note }
        })
        .collect();
    let missing = session.examined.iter().flat_map(|examined| &examined.missing);
    marks.extend(missing.map(|name| EventMark { class: "missing", name: (*name).to_owned(), note: "missing" }));
    marks
}

fn name_of(event: &SessionEvent) -> String {
    event.summary.derived.event.name.as_deref().map_or_else(|| "(no event)".to_owned(), format::plain)
}

fn told(session: &Session) -> Told {
    let Ok(examined) = &session.examined else { return Told { class: "", text: "not checked".to_owned() } };
    let worst = examined.findings.iter().map(|finding| finding.severity).min();
    let text = match examined.findings.len() {
        0 => "nothing missing or out of order".to_owned(),
        count => format::plural(count as u64, "finding", "findings"),
    };
    let class = match worst {
        // A session is not all right if an event breaks its contract.
        None if session.contract.found.weights.breaks > 0 => "",
        None => "ok",
        Some(severity) => severity_words(severity).0,
    };
    Told { class, text }
}

/// A request in the timeline.
#[derive(Debug)]
struct Entry {
    href: String,
    name: String,
    time_iso: String,
    time_full: String,
    gap: String,
    /// The gap relative to the longest, in percent.
    width: u32,
    chip: Chip,
    /// Its differences from its contract.
    contract: Option<Told>,
    contract_href: String,
    status: String,
    status_class: &'static str,
    duplicate: bool,
    origin: Option<&'static str>,
    left_out: Option<&'static str>,
    attempt: Option<String>,
}

/// A finding with links to its requests.
#[derive(Debug)]
struct FoundLine {
    class: &'static str,
    label: &'static str,
    sentence: String,
    says: Says,
    requests: Vec<(String, String)>,
}

#[derive(Debug, Template)]
#[template(path = "parts/session.html")]
struct SessionPart {
    facts: Vec<(String, String)>,
    conversation: Option<Conversation>,
    chip: Told,
    /// The summary of its events' contracts, and the address of the findings.
    contract: Option<(Told, String)>,
    document: &'static str,
    not_checked: Option<&'static str>,
    expected: String,
    findings: Vec<FoundLine>,
    entries: Vec<Entry>,
    total: String,
    earlier: Option<String>,
    later: Option<String>,
}

impl HtmlSafe for SessionPart {}

#[derive(Debug, Template)]
#[template(path = "session.html")]
struct SessionPage {
    shell: Shell,
    bin: BinLinks,
    id: String,
    /// Its address in the API.
    api: String,
    /// Where the bin forwards to, as the endpoint to replay it to.
    forward: String,
    has_secret: bool,
    /// Whether sessions of its platform can be simulated.
    can_simulate: bool,
    part: SessionPart,
    head_seq: u64,
}

/// `GET /bins/{bin}/sessions/{session}`.
pub(super) async fn show(
    state: State,
    bin: BinRef,
    Named(SessionName(id)): Named<SessionName>,
    params: Query<PageParams>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    page(&state, &bin, id, &params, &request).await
}

/// `GET /bins/{bin}/session?id=`: for sessions that a path cannot name.
pub(super) async fn show_by_query(
    state: State,
    bin: BinRef,
    params: Query<PageParams>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id = params.id.clone().ok_or_else(SessionName::missing)?;
    page(&state, &bin, id, &params, &request).await
}

async fn page(
    state: &State,
    bin: &BinRef,
    id: String,
    params: &PageParams,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let head_seq = state.store.head_seq();
    let links = BinLinks::new(&bin.0.bin, state);
    let session = sessions::one(state, &bin.0, id.clone(), conversation::page(params.message)).await?;
    let can_simulate = session.provider.as_deref().is_some_and(has_sessions);
    let part = SessionPart::new(session, &links, params.from, state.capture.clock().now());
    if params.part {
        return html(&part);
    }
    let shell = Shell::new(request, format!("Session {} of {}", format::plain(&id), links.label));
    html(&SessionPage {
        shell,
        api: format!("{}/session?id={}", links.api, utf8_percent_encode(&id, SEGMENT)),
        forward: bin.0.bin.settings.forward_targets().next().cloned().unwrap_or_default(),
        has_secret: !bin.0.bin.secrets.is_empty(),
        can_simulate,
        id: format::plain(&id),
        bin: links,
        part,
        head_seq,
    })
}

/// Whether whole sessions of a platform can be simulated.
fn has_sessions(provider: &str) -> bool {
    samples::simulated_platform(provider).is_ok_and(|platform| platform.has_sessions())
}

impl SessionPart {
    fn new(mut session: Session, links: &BinLinks, from: usize, now: Timestamp) -> Self {
        let SessionContent { content, transcript_of, recording_at } = std::mem::take(&mut session.content);
        let (session, base) = (&session, links.base.as_str());
        let started = session.started_at().unwrap_or_default();
        let last = session.last_at().unwrap_or_default();
        let mut facts = vec![
            ("Session".to_owned(), session.id.clone()),
            ("First request".to_owned(), format!("{} ({})", format::full_time(started), format::ago(started, now))),
            ("From first to last".to_owned(), format::took(last.since(started))),
            ("Requests".to_owned(), format::count(session.total)),
        ];
        if let Some(provider) = &session.provider {
            facts.insert(1, ("Provider".to_owned(), provider.clone()));
        }
        facts.extend(session.facts.iter().cloned());
        let from = if from < session.events.len() { from } else { 0 };
        let mut address = href(base, &session.id);
        address.push(if address.contains('?') { '&' } else { '?' });
        let end = (from + SHOWN_EVENTS).min(session.events.len());
        let examined = session.examined.as_ref().ok();
        let findings = examined.into_iter().flat_map(|examined| &examined.findings);
        let api = transcript_of.map(|id| format!("{}/requests/{id}", links.api)).unwrap_or_default();
        Self {
            conversation: Conversation::new(content, recording_at, now, &address, &api),
            facts: facts.into_iter().map(|(name, value)| (capital(&name), value)).collect(),
            chip: told(session),
            contract: broken(session, base),
            document: examined.map_or("", |examined| examined.document),
            not_checked: session.examined.as_ref().err().copied(),
            expected: examined.map(|examined| examined.expected.join(", ")).unwrap_or_default(),
            findings: findings.map(|finding| found_line(finding, session, base)).collect(),
            entries: entries(session, base, from, end),
            total: if end - from == session.events.len() {
                format::plural(session.total, "request", "requests")
            } else {
                format!("{} to {} of {}", from + 1, end, format::count(session.total))
            },
            earlier: (from > 0).then(|| format!("{address}from={}", from.saturating_sub(SHOWN_EVENTS))),
            later: (end < session.events.len()).then(|| format!("{address}from={end}")),
        }
    }
}

fn found_line(finding: &SessionFinding, session: &Session, base: &str) -> FoundLine {
    let (class, label) = match finding.severity {
        Severity::Drift => ("warn", "unusual"),
        severity => severity_words(severity),
    };
    let link = |id: &RequestId| {
        let event = session.events.iter().find(|event| event.summary.id == *id);
        let name = event.map_or_else(|| id.to_string(), name_of);
        (format!("{base}/requests/{id}?tab=event"), name)
    };
    let requests = finding.requests.iter().map(link).collect();
    FoundLine { class, label, sentence: finding.sentence.clone(), says: finding.says, requests }
}

fn entries(session: &Session, base: &str, from: usize, end: usize) -> Vec<Entry> {
    let gap = |at: usize| {
        let before = session.events[at.checked_sub(1)?].summary.received_at;
        Some(session.events[at].summary.received_at.since(before))
    };
    let longest = (from..end).filter_map(gap).max().unwrap_or_default().as_millis().max(1);
    let entry = |at: usize| {
        let event = &session.events[at];
        let summary = &event.summary;
        Entry {
            href: format!("{base}/requests/{}?tab=event", summary.id),
            name: name_of(event),
            time_iso: summary.received_at.to_string(),
            time_full: format::row_time(summary.received_at),
            gap: gap(at).map(|gap| format!("+{}", format::short(gap))).unwrap_or_default(),
            width: gap(at).map_or(0, |gap| u32::try_from(gap.as_millis() * 100 / longest).unwrap_or(100)),
            chip: chip(summary),
            contract: event.found.and_then(contract_chip),
            contract_href: findings_href(base, summary.id),
            status: match summary.response.status {
                Some(status) => status.to_string(),
                None if summary.held_until.is_some() => "not yet".to_owned(),
                None => "no answer".to_owned(),
            },
            status_class: status_class(summary.response.status),
            duplicate: summary.derived.event.duplicate_of.is_some(),
            origin: (summary.origin != Origin::Wire).then(|| summary.origin.name()),
            left_out: event.left_out,
            attempt: summary.last_attempt.map(attempt_words),
        }
    };
    (from..end).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_of_any_name_has_an_address_that_no_client_shortens() {
        let base = url::Url::parse("http://console/bins/in/").unwrap();
        for name in [".", "..", "...", "a/b", "50%", "%2e%2e", "a?b#c", "a b+c", "ü", "../x"] {
            let url = base.join(&href("/bins/in", name)).unwrap();
            let by_path = url.path().strip_prefix("/bins/in/sessions/").map(str::to_owned);
            let by_query = url.query_pairs().find(|(key, _)| key == "id").map(|(_, value)| value.into_owned());
            let decoded =
                |text: String| percent_encoding::percent_decode_str(&text).decode_utf8().unwrap().into_owned();
            assert_eq!(by_query.or(by_path.map(decoded)).as_deref(), Some(name), "{url}");
        }
    }
}
