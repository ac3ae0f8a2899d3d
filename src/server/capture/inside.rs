//! The recorder over whole connections, for fuzz targets.

use bytes::Bytes;

use super::framing::{Framing, Progress};
use super::recorder::Recorder;

/// What the recorder keeps of a connection.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The messages whose head is complete.
    pub messages: Vec<RecordedMessage>,
    /// The bytes that the parser sees: the connection's, with those replaced that it would not accept in a target.
    pub seen: Vec<u8>,
    /// Where the recorder found a violation of a message's framing.
    pub broken: Option<usize>,
}

/// What the recorder keeps of a message.
#[derive(Debug, PartialEq, Eq)]
pub struct RecordedMessage {
    /// The head as sent.
    pub head: Bytes,
    /// How many field lines it has.
    pub fields: usize,
    /// Whether the parser must reject the head.
    pub rejected: bool,
    /// Where in the connection the message ends; `None` when it does not.
    pub end: Option<usize>,
    /// The trailer section as sent.
    pub trailers: Bytes,
}

/// Records a connection whose bytes arrive in pieces of these sizes, one after the other and from the start again.
pub fn record(wire: &[u8], pieces: &[usize]) -> Recorded {
    let mut recorder = Recorder::new();
    let mut recorded = Recorded { seen: wire.to_vec(), ..Recorded::default() };
    let mut pieces = pieces.iter().cycle();
    let mut at = 0;
    while at < wire.len() {
        let piece = pieces.next().copied().unwrap_or(usize::MAX).max(1);
        let until = at.saturating_add(piece.min(recorder.room())).min(wire.len());
        let progress = recorder.feed(&mut recorded.seen[at..until]);
        if let Some(head) = recorder.take_head() {
            recorded.messages.push(RecordedMessage {
                head: head.raw,
                fields: head.fields,
                rejected: head.framing == Framing::Rejected,
                end: None,
                trailers: Bytes::new(),
            });
        }
        match progress {
            Progress::Continues => at = until,
            Progress::Ended(length) => {
                at += length;
                if let Some(message) = recorded.messages.last_mut() {
                    message.end = Some(at);
                    message.trailers = recorder.take_trailers();
                }
            }
            Progress::Broken(place) => {
                recorded.broken = Some(at + place);
                break;
            }
        }
    }
    recorded
}
