//! Events that go out together, encoded once for every subscriber.

use std::sync::OnceLock;

use bytes::Bytes;

use crate::model::{Change, ChangeKind, Seq};
use crate::shapes::EventShape;

/// Appends one unmasked WebSocket text frame (RFC 6455, section 5.2): servers do not mask, so every client gets the
/// same bytes.
#[expect(clippy::cast_possible_truncation, reason = "each length is in the arm of its size")]
pub(crate) fn text_frame(out: &mut Vec<u8>, text: &[u8]) {
    const FINAL_TEXT: u8 = 0x81;
    out.push(FINAL_TEXT);
    match text.len() {
        short @ 0..=125 => out.push(short as u8),
        medium @ 126..=65_535 => {
            out.push(126);
            out.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            out.push(127);
            out.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(text);
}

/// The position of one event in a buffer.
#[derive(Debug, Clone, Copy)]
struct Span {
    seq: Seq,
    name: &'static str,
    /// Not stored and not in the order of commits: sent to the present subscribers, never used as a cursor.
    transient: bool,
    start: usize,
    json: usize,
    end: usize,
}

/// Changes as JSON, each serialised once.
pub(super) struct Encoded {
    json: Vec<u8>,
    spans: Vec<Span>,
}

impl Encoded {
    /// Encodes the first changes up to about `max_bytes`, at least one.
    pub(super) fn new(changes: &[Change], max_bytes: usize) -> Self {
        let mut json = Vec::with_capacity(changes.len().min(max_bytes >> 10) * 1_024);
        let mut spans = Vec::with_capacity(changes.len());
        for change in changes {
            let start = json.len();
            if start >= max_bytes {
                break;
            }
            if serde_json::to_writer(&mut json, &EventShape::from(change)).is_err() {
                // Writing to memory does not fail; if it did, the message must still be JSON.
                json.truncate(start);
                json.extend_from_slice(b"{}");
            }
            spans.push(Span {
                seq: change.seq,
                name: change.what.name(),
                transient: matches!(change.what, ChangeKind::Progress { .. } | ChangeKind::Job(_)),
                start,
                json: start,
                end: json.len(),
            });
        }
        Self { json, spans }
    }

    /// The number of changes.
    pub(super) fn count(&self) -> usize {
        self.spans.len()
    }

    /// The events whose index `passes` accepts, as frames, in batches of about `max_bytes`.
    pub(super) fn batches(&self, passes: impl Fn(usize) -> bool, max_bytes: usize) -> Vec<Batch> {
        let mut batches = Vec::new();
        let (mut frames, mut spans) = (Vec::new(), Vec::new());
        for (_, span) in self.spans.iter().enumerate().filter(|(index, _)| passes(*index)) {
            let start = frames.len();
            text_frame(&mut frames, &self.json[span.start..span.end]);
            spans.push(Span { start, json: frames.len() - (span.end - span.start), end: frames.len(), ..*span });
            if frames.len() >= max_bytes {
                batches.extend(Batch::new(std::mem::take(&mut frames), std::mem::take(&mut spans)));
            }
        }
        batches.extend(Batch::new(frames, spans));
        batches
    }
}

/// Events in the order of their `seq`.
#[derive(Debug)]
pub(crate) struct Batch {
    frames: Bytes,
    spans: Vec<Span>,
    /// The same as server-sent events, with each event's start; made when the first such subscriber asks.
    sse: OnceLock<(Bytes, Vec<usize>)>,
}

impl Batch {
    fn new(frames: Vec<u8>, spans: Vec<Span>) -> Option<Self> {
        (!spans.is_empty()).then(|| Self { frames: frames.into(), spans, sse: OnceLock::new() })
    }

    /// Bytes of the encoded frames.
    #[must_use]
    pub(super) fn len(&self) -> usize {
        self.frames.len()
    }

    /// The number of events; at least one.
    #[must_use]
    pub(super) fn count(&self) -> usize {
        self.spans.len()
    }

    /// The newest cursor; 0 when no event has one.
    #[must_use]
    pub(super) fn last_seq(&self) -> Seq {
        self.spans.iter().rev().find(|span| !span.transient).map_or(0, |span| span.seq)
    }

    /// The index of the first event after `seen`.
    #[must_use]
    pub(super) fn first_after(&self, seen: Seq) -> usize {
        self.spans.iter().position(|span| span.transient || span.seq > seen).unwrap_or(self.spans.len())
    }

    /// WebSocket frames from that event on, one text frame per event.
    #[must_use]
    pub(super) fn frames_from(&self, index: usize) -> Bytes {
        self.spans.get(index).map_or_else(Bytes::new, |span| self.frames.slice(span.start..))
    }

    /// Server-sent events from that event on.
    #[must_use]
    pub(super) fn sse_from(&self, index: usize) -> Bytes {
        let (text, starts) = self.sse.get_or_init(|| {
            let mut text = Vec::with_capacity(self.frames.len() + self.spans.len() * 48);
            let mut starts = Vec::with_capacity(self.spans.len());
            for span in &self.spans {
                starts.push(text.len());
                if !span.transient {
                    text.extend_from_slice(format!("id: {}\n", span.seq).as_bytes());
                }
                text.extend_from_slice(format!("event: {}\ndata: ", span.name).as_bytes());
                // JSON as written by serde_json has no line breaks, so one data line holds it.
                text.extend_from_slice(&self.frames[span.json..span.end]);
                text.extend_from_slice(b"\n\n");
            }
            (text.into(), starts)
        });
        starts.get(index).map_or_else(Bytes::new, |&start| text.slice(start..))
    }

    /// The events from that one on: cursor, type, JSON.
    #[cfg(test)]
    pub(super) fn events_from(&self, index: usize) -> impl Iterator<Item = (Seq, &'static str, &[u8])> {
        self.spans.iter().skip(index).map(|span| (span.seq, span.name, &self.frames[span.json..span.end]))
    }
}
