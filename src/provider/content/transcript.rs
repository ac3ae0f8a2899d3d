//! A transcript, a page of it at a time.

use super::Page;
use crate::http::text::clipped;
use crate::json::{NodeId, NodeKind, Outline, pretty, unescape};

/// Characters of a message that are shown.
const MAX_TEXT: usize = 4_000;
/// Bytes of a tool's arguments and result that are shown.
const MAX_TOOL: usize = 8_000;
/// Files of a message.
const MAX_FILES: usize = 20;
/// Shortest pause that is shown, in milliseconds.
const PAUSE_MS: i64 = 5_000;

/// Some messages of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transcript {
    /// How many messages there are in all.
    pub total: usize,
    /// The index of the first message here.
    pub from: usize,
    pub messages: Vec<Message>,
    /// Bytes of the whole as written.
    pub size: u64,
    /// From the first message to the last, in milliseconds, where both have a time.
    pub lasted_ms: Option<i64>,
}

/// Something that was said or done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its place, from 0.
    pub index: usize,
    /// `user`, `assistant`, `system`, `tool`, or whatever was sent.
    pub role: String,
    pub content: String,
    /// Whether there is more of it.
    pub cut: bool,
    /// Milliseconds since 1970.
    pub at_ms: Option<i64>,
    /// Milliseconds since the first message.
    pub offset_ms: Option<i64>,
    /// Milliseconds since the message before, where that is long.
    pub pause_ms: Option<i64>,
    pub tool: Option<ToolCall>,
    pub files: Vec<FileLink>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToolCall {
    pub name: Option<String>,
    /// As JSON, laid out.
    pub arguments: Option<String>,
    pub result: Option<String>,
    pub error: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileLink {
    pub name: String,
    pub mime: String,
    pub uri: String,
}

/// Reads the members of a message.
pub(super) struct Reader<'a> {
    pub(super) outline: &'a Outline,
    pub(super) json: &'a [u8],
}

impl Reader<'_> {
    /// The member of that name; of repeated ones the last.
    pub(super) fn member(&self, node: NodeId, name: &str) -> Option<NodeId> {
        let is_named =
            |child: &NodeId| self.outline.raw_key(self.json, *child).is_some_and(|key| unescape(key) == name);
        self.outline.child_ids(node).filter(is_named).last()
    }

    fn written(&self, node: NodeId) -> &[u8] {
        self.outline.raw(self.json, node)
    }

    pub(super) fn text(&self, node: NodeId, name: &str) -> Option<String> {
        let member = self.member(node, name)?;
        match self.outline.kind(self.json, member)? {
            NodeKind::String => Some(unescape(self.written(member))),
            NodeKind::Null => None,
            _ => Some(String::from_utf8_lossy(self.written(member)).into_owned()),
        }
    }

    pub(super) fn millis(&self, node: NodeId) -> Option<i64> {
        let written = std::str::from_utf8(self.written(self.member(node, "timestamp")?)).ok()?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a moment in milliseconds; another number is cut to the range"
        )]
        written.parse().ok().or_else(|| written.parse::<f64>().ok().map(|millis| millis as i64))
    }

    fn value(&self, node: NodeId, name: &str) -> Option<String> {
        let member = self.member(node, name)?;
        let laid_out = pretty(self.written(member), MAX_TOOL);
        Some(if laid_out.truncated { format!("{}\n…", laid_out.text) } else { laid_out.text })
    }

    fn tool(&self, node: NodeId) -> Option<ToolCall> {
        let call = self
            .member(node, "toolCall")
            .filter(|call| self.outline.kind(self.json, *call) == Some(NodeKind::Object))?;
        Some(ToolCall {
            name: self.text(call, "name").map(|name| clipped(&name, MAX_TEXT)),
            arguments: self.value(call, "arguments"),
            result: self.value(call, "result"),
            error: self.text(call, "error").map(|error| clipped(&error, MAX_TEXT)),
        })
    }

    fn files(&self, node: NodeId) -> Vec<FileLink> {
        let Some(files) = self.member(node, "files") else { return Vec::new() };
        let one = |file: NodeId| {
            let text = |name| clipped(&self.text(file, name).unwrap_or_default(), MAX_TEXT);
            FileLink { name: text("filename"), mime: text("mimeType"), uri: text("gcsUri") }
        };
        self.outline.child_ids(files).take(MAX_FILES).map(one).collect()
    }
}

impl Transcript {
    /// Reads a page of the array at `node`; `None` when it is none.
    pub(super) fn read(outline: &Outline, json: &[u8], node: NodeId, page: Page) -> Option<Self> {
        if outline.kind(json, node) != Some(NodeKind::Array) {
            return None;
        }
        let reader = Reader { outline, json };
        let ids: Vec<NodeId> = outline.child_ids(node).collect();
        let start = ids.first().and_then(|first| reader.millis(*first));
        let end = ids.last().and_then(|last| reader.millis(*last));
        let from = page.from.min(ids.len());
        let mut before = from.checked_sub(1).and_then(|before| reader.millis(ids[before]));
        let mut messages = Vec::new();
        for (index, id) in ids.iter().copied().enumerate().skip(from).take(page.limit) {
            let at_ms = reader.millis(id);
            let content = reader.text(id, "content").unwrap_or_default();
            let shown = clipped(&content, MAX_TEXT);
            messages.push(Message {
                index,
                role: clipped(&reader.text(id, "role").unwrap_or_default(), 40),
                cut: shown.len() != content.len(),
                content: shown,
                at_ms,
                offset_ms: at_ms.zip(start).map(|(at, start)| at.saturating_sub(start)),
                pause_ms: at_ms
                    .zip(before)
                    .map(|(at, before)| at.saturating_sub(before))
                    .filter(|pause| *pause >= PAUSE_MS),
                tool: reader.tool(id),
                files: reader.files(id),
            });
            before = at_ms;
        }
        Some(Self {
            total: ids.len(),
            from,
            messages,
            size: outline.raw(json, node).len() as u64,
            lasted_ms: start.zip(end).map(|(start, end)| end.saturating_sub(start)),
        })
    }
}
