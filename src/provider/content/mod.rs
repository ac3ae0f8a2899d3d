//! The readable content of an event: the conversation, the values collected in it, the recording. A platform's file in
//! `platform/` says where in the body each is.

mod expiry;
mod export;
mod transcript;

use super::platform;
use crate::http::text::clipped;
use crate::json::{JsonNode, NodeKind, Outline, Pointer, unescape};
use crate::model::Timestamp;
pub(crate) use expiry::{Expiry, expiry};
pub(crate) use export::{TranscriptForm, export};
pub(crate) use transcript::{Message, Transcript};

/// Variables that are shown.
const MAX_VARIABLES: u32 = 100;
/// Characters of a variable's value.
const SHOWN: usize = 400;

/// The readable content of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Content {
    pub transcript: Option<Transcript>,
    /// Names and values, and how many more there are.
    pub variables: Vec<(String, String)>,
    pub more_variables: u32,
    pub recording: Option<Recording>,
    /// When the event happened, according to itself.
    pub sent_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recording {
    pub url: String,
    /// When it expires, by the URL's own parameters.
    pub expiry: Option<Expiry>,
}

/// Which messages of a transcript are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    pub from: usize,
    pub limit: usize,
}

/// Reads the content of a platform's event from the outline of its body.
pub(crate) fn read(provider: &str, json: &[u8], outline: &Outline, page: Page) -> Content {
    let Some(places) = platform::by_id(provider).map(|platform| &platform.places) else { return Content::default() };
    let find = |pointer: Option<&str>| outline.resolve(json, &Pointer::parse(pointer?)?);
    let text = |pointer: Option<&str>| {
        let node = find(pointer).filter(|node| outline.kind(json, *node) == Some(NodeKind::String))?;
        Some(unescape(outline.raw(json, node)))
    };
    let (variables, more_variables) =
        find(places.variables).map(|node| variables(outline, json, node)).unwrap_or_default();
    Content {
        transcript: find(places.transcript).and_then(|node| Transcript::read(outline, json, node, page)),
        variables,
        more_variables,
        recording: text(places.recording).map(|url| Recording { expiry: expiry(&url), url }),
        sent_at: text(Some("/timestamp")).and_then(|text| text.parse().ok()),
    }
}

/// Where the messages of a platform's transcripts are.
fn messages<'t>(provider: &str, outline: &Outline, json: &'t [u8]) -> Option<(crate::json::NodeId, &'t [u8])> {
    let pointer = platform::by_id(provider)?.places.transcript?;
    let node = outline.resolve(json, &Pointer::parse(pointer)?)?;
    (outline.kind(json, node) == Some(NodeKind::Array)).then(|| (node, outline.raw(json, node)))
}

fn variables(outline: &Outline, json: &[u8], node: crate::json::NodeId) -> (Vec<(String, String)>, u32) {
    let page = outline.children(json, node, 0, MAX_VARIABLES);
    let shown = |child: JsonNode| {
        let written = outline.raw(json, child.node);
        let value = match child.kind {
            NodeKind::String => unescape(written),
            _ => String::from_utf8_lossy(written).into_owned(),
        };
        (child.key.unwrap_or_default(), clipped(&value, SHOWN))
    };
    let variables: Vec<_> = page.children.into_iter().map(shown).collect();
    let more = page.total.saturating_sub(u32::try_from(variables.len()).unwrap_or(u32::MAX));
    (variables, more)
}

#[cfg(test)]
mod tests;
