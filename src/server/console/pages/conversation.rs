//! The readable content of an event: the conversation, the values collected in it, the recording.

use askama::Template;
use askama::filters::HtmlSafe;
use strum::VariantArray as _;

use super::format::{self, Seen};
use crate::model::Timestamp;
use crate::provider::content::{Content, Message, Page, Recording, Transcript, TranscriptForm};

/// Messages on a page.
const MESSAGES: usize = 100;

/// A message.
#[derive(Debug)]
struct Line {
    number: usize,
    role: String,
    class: &'static str,
    offset: String,
    pause: Option<String>,
    message: Message,
}

/// A recording with its age.
#[derive(Debug)]
struct RecordingBox {
    url: String,
    class: &'static str,
    state: String,
}

/// The readable content of an event.
#[derive(Debug, Template)]
#[template(path = "parts/conversation.html")]
pub(super) struct Conversation {
    lines: Vec<Line>,
    /// Which part of how many messages is shown.
    about: String,
    has_transcript: bool,
    earlier: Option<String>,
    later: Option<String>,
    exports: Vec<(&'static str, String)>,
    variables: Vec<(String, String)>,
    more_variables: u32,
    recording: Option<RecordingBox>,
}

impl HtmlSafe for Conversation {}

/// The page of messages from `from` on.
pub(super) const fn page(from: usize) -> Page {
    Page { from, limit: MESSAGES }
}

impl Conversation {
    /// The content of an event received at `received_at`; `None` when it has none. `href` is the page's address with a
    /// `?` or `&` at its end, `api` the request's API.
    pub(super) fn new(content: Content, received_at: Timestamp, now: Timestamp, href: &str, api: &str) -> Option<Self> {
        let Content { transcript, variables, more_variables, recording, .. } = content;
        if transcript.is_none() && variables.is_empty() && recording.is_none() {
            return None;
        }
        let has_transcript = transcript.is_some();
        let shown = transcript.map(|transcript| Shown::new(transcript, href)).unwrap_or_default();
        let export = |form: &TranscriptForm| (form.label(), format!("{api}/transcript?as={}", form.id()));
        Some(Self {
            lines: shown.lines,
            about: shown.about,
            has_transcript,
            earlier: shown.earlier,
            later: shown.later,
            exports: TranscriptForm::VARIANTS.iter().map(export).collect(),
            variables,
            more_variables,
            recording: recording.map(|recording| recording_box(recording, received_at, now)),
        })
    }
}

#[derive(Default)]
struct Shown {
    lines: Vec<Line>,
    about: String,
    earlier: Option<String>,
    later: Option<String>,
}

impl Shown {
    fn new(transcript: Transcript, href: &str) -> Self {
        let Transcript { total, from, messages, size, lasted_ms } = transcript;
        let end = from + messages.len();
        let mut about = format::plural(total as u64, "message", "messages");
        if end - from < total && !messages.is_empty() {
            about = format!("{} to {} of {about}", format::count(from as u64 + 1), format::count(end as u64));
        }
        about = format!("{about}, {}", format::size(size));
        if let Some(lasted) = lasted_ms.filter(|lasted| *lasted > 0) {
            about = format!("{about}, over {}", seconds(lasted));
        }
        Self {
            lines: messages.into_iter().map(line).collect(),
            about,
            earlier: (from > 0).then(|| format!("{href}message={}", from.saturating_sub(MESSAGES))),
            later: (end < total).then(|| format!("{href}message={end}")),
        }
    }
}

fn line(message: Message) -> Line {
    let class = match message.role.as_str() {
        "user" => "user",
        "assistant" => "assistant",
        "tool" => "tool",
        "system" => "system",
        _ => "other",
    };
    Line {
        number: message.index + 1,
        role: if message.role.is_empty() { "(no role)".to_owned() } else { format::plain(&message.role) },
        class,
        offset: message
            .offset_ms
            .map(|millis| format!("{}{}", if millis < 0 { "−" } else { "+" }, seconds(millis)))
            .unwrap_or_default(),
        pause: message.pause_ms.map(seconds),
        message,
    }
}

/// `7.4 s`, `12 min 5 s`.
fn seconds(millis: i64) -> String {
    let tenths = millis.unsigned_abs() / 100;
    match tenths {
        0..1_200 => format!("{}.{} s", tenths / 10, tenths % 10),
        _ => format!("{} min {} s", tenths / 600, tenths / 10 % 60),
    }
}

fn recording_box(recording: Recording, received_at: Timestamp, now: Timestamp) -> RecordingBox {
    let age = format!("came {}", format::ago(received_at, now));
    let (class, state) = match recording.expiry {
        Some(expiry) if expiry.at <= now => {
            ("bad", format!("ran out {}, by its own {}", format::ago(expiry.at, now), expiry.by))
        }
        Some(expiry) => {
            ("ok", format!("runs out in {}, by its own {}", format::span(expiry.at.since(now).as_secs()), expiry.by))
        }
        None => ("warn", "short-lived; the URL does not say for how long".to_owned()),
    };
    RecordingBox { url: recording.url, class, state: format!("{age}; {state}") }
}
