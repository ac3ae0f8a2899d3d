//! Searches an outline.

use std::collections::HashMap;

use memchr::memmem;
use serde::Serialize;

use super::outline::{JsonNode, NodeId, NodeKind, Outline};
use super::strings;

/// Hits of one search, at most.
const MAX_HITS: usize = 1_000;

/// Where the text was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HitPart {
    /// In the key.
    Key,
    /// In the value.
    Value,
    /// In both.
    Both,
}

/// A value that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JsonHit {
    /// The value. Whether its key is repeated is not looked up.
    #[serde(flatten)]
    pub node: JsonNode,
    /// Where the text was found.
    pub part: HitPart,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JsonHits {
    /// The hits in the order of the text.
    pub hits: Vec<JsonHit>,
    /// Whether there are more than the limit.
    pub more: bool,
}

impl Outline {
    /// Values whose key or scalar holds `text`, ASCII case ignored, escapes resolved. At most `limit` of them (and
    /// never over 1,000).
    #[must_use]
    pub fn find(&self, bytes: &[u8], text: &str, limit: usize) -> JsonHits {
        let mut found = JsonHits { hits: Vec::new(), more: false };
        if text.is_empty() {
            return found;
        }
        let needle = text.to_ascii_lowercase();
        let finder = memmem::Finder::new(needle.as_bytes());
        // The way to the current value: each container's number and the place of the current value's ancestor in it.
        let mut way: Vec<(NodeId, u32)> = Vec::new();
        for node in 0..u32::try_from(self.count()).unwrap_or(u32::MAX) {
            let depth = self.depth(node) as usize;
            way.truncate(depth + 1);
            match way.get_mut(depth) {
                Some(last) => *last = (node, last.1 + 1),
                None => way.push((node, 0)),
            }
            let Some(part) = self.part(bytes, node, &finder) else { continue };
            if found.hits.len() >= limit.min(MAX_HITS) {
                found.more = true;
                break;
            }
            let (above, index) = (&way[..depth.min(way.len())], way.last().map_or(0, |last| last.1));
            let pointer = self.pointer_along(bytes, above);
            if let Some(node) = self.describe(bytes, node, index, pointer.as_deref(), &HashMap::new()) {
                found.hits.push(JsonHit { node, part });
            }
        }
        found
    }

    fn pointer_along(&self, bytes: &[u8], way: &[(NodeId, u32)]) -> Option<String> {
        way.iter()
            .skip(1)
            .try_fold(String::new(), |pointer, &(node, index)| self.extend_pointer(bytes, pointer, node, index))
    }

    fn part(&self, bytes: &[u8], node: NodeId, finder: &memmem::Finder<'_>) -> Option<HitPart> {
        let in_key = self.raw_key(bytes, node).is_some_and(|key| holds(quoted(key), finder));
        let in_value = match self.kind(bytes, node)? {
            NodeKind::Object | NodeKind::Array => false,
            NodeKind::String => holds(quoted(self.raw(bytes, node)), finder),
            NodeKind::Number | NodeKind::Bool | NodeKind::Null => holds(self.raw(bytes, node), finder),
        };
        match (in_key, in_value) {
            (true, true) => Some(HitPart::Both),
            (true, false) => Some(HitPart::Key),
            (false, true) => Some(HitPart::Value),
            (false, false) => None,
        }
    }
}

/// The bytes between the quotes.
fn quoted(string: &[u8]) -> &[u8] {
    let inner = string.strip_prefix(b"\"").unwrap_or(string);
    inner.strip_suffix(b"\"").unwrap_or(inner)
}

fn holds(written: &[u8], finder: &memmem::Finder<'_>) -> bool {
    if written.contains(&b'\\') {
        let mut text = strings::unescape(written);
        text.make_ascii_lowercase();
        return finder.find(text.as_bytes()).is_some();
    }
    written.len() >= finder.needle().len() && finder.find(&written.to_ascii_lowercase()).is_some()
}
