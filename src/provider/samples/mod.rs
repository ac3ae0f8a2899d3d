//! Samples: made-up events of the platforms, with order and times. Pure. One file per platform and one line in
//! `SENDERS`; the user's own platforms send their samples. The caller signs.

mod callaider;
mod dialogue;
mod fault;
mod github;
mod pathors;
mod shopify;
mod simulated;
mod slack;
mod standard_webhooks;
mod steps;
mod story;
mod stripe;
mod twilio;

use std::time::Duration;

use serde_json::Value;

use crate::json::{Pointer, edit};
use crate::model::Timestamp;

pub(crate) use fault::{Fault, cut_in_the_middle, tamper};
pub(crate) use simulated::{SimulatedEvent, SimulatedPlatform, simulated_platform, simulated_platforms};
pub(super) use steps::Repertoire;
pub(crate) use story::{Language, Mode, Story};

/// Every built-in platform that can be simulated.
static SENDERS: &[&Sender] = &[
    &callaider::SENDER,
    &pathors::SENDER,
    &stripe::SENDER,
    &github::SENDER,
    &slack::SENDER,
    &shopify::SENDER,
    &standard_webhooks::SENDER,
    &twilio::SENDER,
];

/// How CallAIder sends.
pub(crate) use callaider::SENDER as CALLAIDER;
/// How Pathors sends.
pub(crate) use pathors::SENDER as PATHORS;

/// Means a whole session in place of an event.
pub(crate) const SESSION: &str = "session";
/// Bytes of the largest sample.
pub(crate) const MAX_SIZE: usize = 10 << 20;
/// The event that no platform has.
pub(super) const UNKNOWN: &str = "creel.unknown_event";

/// How a platform sends.
#[derive(Debug)]
pub(crate) struct Sender {
    pub provider: &'static str,
    pub events: &'static [SampleEvent],
    /// The platform's own header fields, in lower case: the user's fields never replace them, even if they are not
    /// sent.
    pub system: &'static [&'static str],
    /// Where the body names the event; `None` where only the head does.
    name_at: Option<&'static str>,
    /// The member that is lengthened to reach a size; `None` if samples have a fixed size.
    fill_at: Option<&'static str>,
    /// The body of an event. `fill` is how much longer than usual its texts are, in bytes.
    body: fn(event: &str, story: &Story, fill: usize) -> Content,
    /// The head's fields beside those of the signature.
    head: fn(event: &str, story: &Story) -> Vec<(&'static str, String)>,
    /// The events of a whole session with their times, counted from its start; empty without sessions.
    session: fn(&Story) -> Vec<(&'static str, Duration)>,
    /// Whether a session's events begin at its start, not only after its end.
    from_start: bool,
    /// Events that only sessions of voice have.
    voice_only: &'static [&'static str],
}

/// An event that can be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SampleEvent {
    pub name: &'static str,
    /// When it is sent, in a few words.
    pub about: &'static str,
}

/// A body before it is written.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Json(Value),
    Form(Vec<(String, String)>),
}

/// A made-up request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    /// Header fields, without those of the signature.
    pub headers: Vec<(String, String)>,
    /// What is added to the URL's query.
    pub query: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Made {
    /// What is added to the URL's query, as it is written.
    pub(crate) fn query_text(&self) -> Option<String> {
        (!self.query.is_empty()).then(|| String::from_utf8_lossy(&written(&self.query)).into_owned())
    }
}

/// One event to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The name of the event.
    pub event: String,
    /// The wait before it.
    pub after: Duration,
    /// How often the same bytes are sent.
    pub times: u8,
}

/// Why there is no such sample: the field at fault and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub(crate) struct SampleError {
    /// `provider`, `event`, `size`, `speed`, `faults` or `set`.
    pub field: String,
    /// What to do.
    pub sentence: String,
}

impl SampleError {
    pub(super) fn new(field: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { field: field.into(), sentence: sentence.into() }
    }
}

/// Every platform with made-up samples, in the registry's order.
pub(crate) fn senders() -> impl Iterator<Item = &'static Sender> {
    SENDERS.iter().copied()
}

/// The names of a platform's events; empty if it cannot be simulated.
pub(super) fn events_of(provider: &str) -> &'static [SampleEvent] {
    senders().find(|sender| sender.provider == provider).map_or(&[], |sender| sender.events)
}

impl Sender {
    /// Whether it has whole sessions.
    pub(crate) fn has_sessions(&self) -> bool {
        !(self.session)(&Story::new(0, Timestamp::default())).is_empty()
    }

    /// Sets a story's times so that its last event is sent when it happens, if a session begins now at `speed` times
    /// real time.
    pub(crate) fn begin(&self, story: &mut Story, now: Timestamp, speed: f64) {
        let real = if self.from_start { story.duration() } else { Duration::ZERO };
        let span = steps::paced(real, speed);
        let micros = i64::try_from(span.as_micros()).unwrap_or_default();
        story.ended = Timestamp::from_micros(now.as_micros().saturating_add(micros));
    }

    /// The events that it can send of this story.
    pub(crate) fn repertoire(&self, story: &Story) -> Repertoire<'_> {
        Repertoire {
            provider: self.provider,
            events: self.events.iter().map(|event| event.name).collect(),
            moments: (self.session)(story),
            voice_only: self.voice_only,
            any_size: self.fill_at.is_some(),
        }
    }

    /// The steps of one event, or of a whole session (`session`). `speed` divides its pauses, 0 leaves them out.
    ///
    /// # Errors
    /// When there is no such event, a fault does not fit, or a session would take for ever.
    pub(crate) fn steps(
        &self,
        event: &str,
        story: &Story,
        speed: f64,
        faults: &[Fault],
    ) -> Result<Vec<Step>, SampleError> {
        self.repertoire(story).steps(event, story, speed, faults)
    }

    /// Makes an event. `set` changes values of its body.
    ///
    /// # Errors
    /// When a value cannot be set.
    pub(crate) fn make(&self, event: &str, story: &Story, set: &[(Pointer, String)]) -> Result<Made, SampleError> {
        // An unknown event looks like the first known one.
        let known = if event == UNKNOWN { self.events.first().map_or(event, |first| first.name) } else { event };
        let mut content = (self.body)(known, story, 0);
        if let Some(size) = story.size {
            content = self.filled(content, known, story, size);
        }
        if event == UNKNOWN {
            self.rename(&mut content);
        }
        let (content_type, body) = match content {
            Content::Json(value) => {
                let mut body = value.to_string().into_bytes();
                for (pointer, value) in set {
                    body = edit::set(&body, pointer, value)
                        .map_err(|sentence| SampleError::new(format!("set.{pointer}"), sentence))?;
                }
                ("application/json", body)
            }
            Content::Form(mut fields) => {
                for (pointer, value) in set {
                    let [name] = pointer.steps() else {
                        let sentence = "The body is a form: name one of its fields, as in /Body.";
                        return Err(SampleError::new(format!("set.{pointer}"), sentence));
                    };
                    let value = serde_json::from_str::<String>(value).unwrap_or_else(|_| value.clone());
                    match fields.iter_mut().find(|(known, _)| known == name) {
                        Some((_, old)) => *old = value,
                        None => fields.push((name.clone(), value)),
                    }
                }
                ("application/x-www-form-urlencoded", written(&fields))
            }
        };
        let mut headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        headers.extend((self.head)(event, story).into_iter().map(|(name, value)| (name.to_owned(), value)));
        Ok(Made { headers, query: Vec::new(), body })
    }

    /// Makes an event that the platform does not have.
    ///
    /// # Errors
    /// None that is known: nothing is set.
    pub(crate) fn make_unknown(&self, story: &Story) -> Result<Made, SampleError> {
        self.make(UNKNOWN, story, &[])
    }

    /// The content with that many bytes, if it has room for them: longer texts, then the rest at one place.
    fn filled(&self, content: Content, event: &str, story: &Story, size: usize) -> Content {
        let length = |content: &Content| match content {
            Content::Json(value) => value.to_string().len(),
            Content::Form(_) => 0,
        };
        let missing = size.saturating_sub(length(&content));
        let Some(place) = self.fill_at.filter(|_| missing > 0) else { return content };
        let mut longer = (self.body)(event, story, missing);
        let missing = size.saturating_sub(length(&longer));
        if let Content::Json(value) = &mut longer
            && let Some(Value::String(text)) = value.pointer_mut(place)
        {
            text.extend(std::iter::repeat_n(".", missing));
        }
        longer
    }

    fn rename(&self, content: &mut Content) {
        match (content, self.name_at) {
            (Content::Json(value), Some(place)) => {
                if let Some(name) = value.pointer_mut(place) {
                    *name = UNKNOWN.into();
                }
            }
            (Content::Form(fields), Some(place)) => {
                let name = place.trim_start_matches('/');
                fields.iter_mut().filter(|(known, _)| known == name).for_each(|(_, value)| UNKNOWN.clone_into(value));
            }
            (_, None) => {}
        }
    }
}

fn written(fields: &[(String, String)]) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
}

fn no_sessions(_: &Story) -> Vec<(&'static str, Duration)> {
    Vec::new()
}

#[cfg(test)]
mod tests;
