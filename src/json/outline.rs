//! The outline of a JSON text: a flat list of its values in the order of the text, each with its place. A page reads a
//! few values at a time; the text itself is only sliced, never converted.

use std::collections::{HashMap, VecDeque};

use serde::Serialize;

use super::JsonError;
use super::pointer::{self, Pointer};
use super::strings::{self, Cut};

/// The number of a value: its place in the order of the text, the root is 0.
pub(crate) type NodeId = u32;

pub(super) const NO_KEY: u32 = u32::MAX;
pub(super) const NO_PARENT: u32 = u32::MAX;

/// Characters of a scalar or key in a [`JsonNode`]; another call reads it whole.
const MAX_PREVIEW_CHARS: usize = 1_000;
/// Bytes of a JSON pointer. A deeper value has none: a hundred thousand levels would make it longer than the page.
const MAX_POINTER_BYTES: usize = 4_096;
/// Children of one container that the first rows show.
const FIRST_CHILDREN: u32 = 100;
/// Levels that the first rows open; browsers do badly with more nesting.
const FIRST_DEPTH: u32 = 24;
/// Children of an object among which repeated keys are looked for.
const MAX_KEYS_COMPARED: u32 = 10_000;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number, as written.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`
    Null,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) key: u32,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) parent: u32,
    pub(super) children: u32,
    /// The number after the last value inside this one.
    pub(super) subtree_end: u32,
    pub(super) depth: u32,
}

/// The values of a JSON text. Made by [`super::scan()`]; every method wants the same bytes again.
#[derive(Debug, Clone)]
pub struct Outline {
    pub(super) nodes: Vec<Node>,
    /// Why the text is not JSON. The outline holds what comes before.
    pub error: Option<JsonError>,
    /// Whether every value has a number. Else the first two millions have.
    pub all_outlined: bool,
}

/// A value as the page and the API show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JsonNode {
    /// Its number.
    pub node: NodeId,
    /// Its container's number.
    pub parent: Option<NodeId>,
    /// Levels above it.
    pub depth: u32,
    /// What it is.
    pub kind: NodeKind,
    /// Its key in an object, unescaped.
    pub key: Option<String>,
    /// Whether the same key is there again in the same object.
    pub repeated_key: bool,
    /// Its place in its container, from 0.
    pub index: u32,
    /// A scalar as written (strings with their quotes and escapes), cut when it is long.
    pub value: Option<String>,
    /// The text of a string that has escapes.
    pub unescaped: Option<String>,
    /// Whether key or value are cut.
    pub truncated: bool,
    /// Bytes of the value as written.
    pub size: u32,
    /// Values directly inside.
    pub children: u32,
    /// How many of these follow in the same list of rows.
    pub shown: u32,
    /// Its JSON pointer (RFC 6901), if it is not too long. A repeated key makes it ambiguous.
    pub pointer: Option<String>,
}

/// Some children of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JsonPage {
    /// The container; [`JsonPage::total`] is its number of children.
    pub node: NodeId,
    /// The children from `offset` on.
    pub children: Vec<JsonNode>,
    /// How many it has in all.
    pub total: u32,
    /// The offset of the next page; `None` after the last child.
    pub next: Option<u32>,
}

impl Outline {
    /// How many values have a number.
    #[must_use]
    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn get(&self, node: NodeId) -> Option<&Node> {
        self.nodes.get(node as usize)
    }

    /// The bytes of a value as written; empty for a number that is not there.
    #[must_use]
    pub fn raw<'b>(&self, bytes: &'b [u8], node: NodeId) -> &'b [u8] {
        self.get(node).and_then(|found| bytes.get(found.start as usize..found.end as usize)).unwrap_or_default()
    }

    /// The key of a value as written, with its quotes.
    #[must_use]
    pub fn raw_key<'b>(&self, bytes: &'b [u8], node: NodeId) -> Option<&'b [u8]> {
        let start = self.get(node)?.key;
        if start == NO_KEY { None } else { bytes.get(start as usize..).map(strings::first_string) }
    }

    /// What a value is; `None` for a number that is not there.
    #[must_use]
    pub fn kind(&self, bytes: &[u8], node: NodeId) -> Option<NodeKind> {
        let found = self.get(node)?;
        Some(match bytes.get(found.start as usize)? {
            b'{' => NodeKind::Object,
            b'[' => NodeKind::Array,
            b'"' => NodeKind::String,
            b't' | b'f' => NodeKind::Bool,
            b'n' => NodeKind::Null,
            _ => NodeKind::Number,
        })
    }

    /// Levels above a value.
    #[must_use]
    pub fn depth(&self, node: NodeId) -> u32 {
        self.get(node).map_or(0, |found| found.depth)
    }

    /// A value's container.
    #[must_use]
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        self.get(node).map(|found| found.parent).filter(|&parent| parent != NO_PARENT)
    }

    /// How many values are directly inside.
    #[must_use]
    pub fn child_count(&self, node: NodeId) -> u32 {
        self.get(node).map_or(0, |found| found.children)
    }

    /// The numbers of the values directly inside, in the order of the text. Those that have none are left out.
    pub fn child_ids(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let end = self.get(node).map_or(0, |found| found.subtree_end);
        let mut next = node.saturating_add(1);
        std::iter::from_fn(move || {
            let child = next;
            next = self.get(child).filter(|_| child < end)?.subtree_end;
            Some(child)
        })
    }

    /// A page of children: `limit` of them from `offset` on.
    #[must_use]
    pub fn children(&self, bytes: &[u8], node: NodeId, offset: u32, limit: u32) -> JsonPage {
        let total = self.child_count(node);
        let pointer = self.pointer(bytes, node);
        let repeated = self.repeated_keys(bytes, node);
        let children: Vec<_> = self
            .child_ids(node)
            .zip(0_u32..)
            .skip(offset as usize)
            .take(limit as usize)
            .filter_map(|(child, index)| self.describe(bytes, child, index, pointer.as_deref(), &repeated))
            .collect();
        let end = offset.saturating_add(u32::try_from(children.len()).unwrap_or(u32::MAX));
        let next = Some(end).filter(|&end| end < total && !children.is_empty());
        JsonPage { node, children, total, next }
    }

    /// One value by its number.
    #[must_use]
    pub fn node(&self, bytes: &[u8], node: NodeId) -> Option<JsonNode> {
        let Some(parent) = self.parent(node) else {
            return self.describe(bytes, node, 0, None, &HashMap::new()).filter(|_| node == 0);
        };
        let index = self.index(node, parent);
        self.describe(bytes, node, index, self.pointer(bytes, parent).as_deref(), &self.repeated_keys(bytes, parent))
    }

    /// The first rows of a tree, in the order of the text: outer values first come into the budget, so that the page
    /// shows the document's shape. `shown` says how many children of a container are among the rows.
    #[must_use]
    pub fn first_rows(&self, bytes: &[u8], budget: u32) -> Vec<JsonNode> {
        let mut shown: HashMap<NodeId, u32> = HashMap::new();
        let mut left = budget.saturating_sub(1);
        let mut queue = VecDeque::from([0]);
        while let Some(container) = queue.pop_front() {
            if left == 0 || self.depth(container) >= FIRST_DEPTH {
                break;
            }
            let children: Vec<_> = self.child_ids(container).take(left.min(FIRST_CHILDREN) as usize).collect();
            let taken = u32::try_from(children.len()).unwrap_or(left);
            left -= taken;
            shown.insert(container, taken);
            queue.extend(children.into_iter().filter(|&child| self.child_count(child) > 0));
        }
        let mut rows: Vec<JsonNode> = self.node(bytes, 0).into_iter().collect();
        if let Some(root) = rows.first_mut() {
            root.shown = shown.get(&0).copied().unwrap_or(0);
        }
        let mut stack: Vec<JsonNode> = self.shown_children(bytes, 0, &shown);
        while let Some(row) = stack.pop() {
            stack.extend(self.shown_children(bytes, row.node, &shown));
            rows.push(row);
        }
        rows
    }

    /// The children that are shown, last first.
    fn shown_children(&self, bytes: &[u8], node: NodeId, shown: &HashMap<NodeId, u32>) -> Vec<JsonNode> {
        let Some(&count) = shown.get(&node) else { return Vec::new() };
        let mut children = self.children(bytes, node, 0, count).children;
        for child in &mut children {
            child.shown = shown.get(&child.node).copied().unwrap_or(0);
        }
        children.reverse();
        children
    }

    fn index(&self, node: NodeId, parent: NodeId) -> u32 {
        self.child_ids(parent).zip(0..).find(|&(child, _)| child == node).map_or(0, |(_, index)| index)
    }

    /// A value's JSON pointer (RFC 6901); `None` when it is longer than 4 KiB or the number is not there.
    #[must_use]
    pub fn pointer(&self, bytes: &[u8], node: NodeId) -> Option<String> {
        self.pointer_with(bytes, node, |child, parent| self.index(child, parent))
    }

    /// [`Outline::pointer`] for a caller with a quick way to find a value's index in its container (`index(child,
    /// parent)`): counting takes long for many values at the end of a long array.
    #[must_use]
    pub fn pointer_with(
        &self,
        bytes: &[u8],
        node: NodeId,
        mut index: impl FnMut(NodeId, NodeId) -> u32,
    ) -> Option<String> {
        self.get(node)?;
        let mut tokens = Vec::new();
        let (mut length, mut at) = (0, node);
        while let Some(parent) = self.parent(at) {
            let token = self.token(bytes, at, || index(at, parent))?;
            length += token.len() + 1;
            if length > MAX_POINTER_BYTES {
                return None;
            }
            tokens.push(token);
            at = parent;
        }
        Some(tokens.iter().rev().flat_map(|token| ["/", token]).collect())
    }

    /// The last part of a value's pointer.
    fn token(&self, bytes: &[u8], node: NodeId, index: impl FnOnce() -> u32) -> Option<String> {
        match self.raw_key(bytes, node) {
            None => Some(index().to_string()),
            Some(key) if key.len() > MAX_POINTER_BYTES * 6 => None,
            Some(key) => Some(pointer::step_of(&strings::unescape(key))),
        }
    }

    /// Makes the pointer of a container that of a value in it; `None` when it would be too long.
    pub(super) fn extend_pointer(&self, bytes: &[u8], mut pointer: String, node: NodeId, index: u32) -> Option<String> {
        pointer.push('/');
        pointer.push_str(&self.token(bytes, node, || index)?);
        Some(pointer).filter(|pointer| pointer.len() <= MAX_POINTER_BYTES)
    }

    /// The value that a pointer names, as written: a piece of the text that was read. `None` when there is none, or the
    /// text is not JSON.
    #[must_use]
    pub fn value_at<'t>(&self, text: &'t [u8], pointer: &Pointer) -> Option<&'t str> {
        if self.error.is_some() {
            return None;
        }
        std::str::from_utf8(self.raw(text, self.resolve(text, pointer)?)).ok()
    }

    /// The value that a JSON pointer (RFC 6901) names. Of repeated keys the last one counts, as it does for most
    /// parsers.
    pub fn resolve(&self, bytes: &[u8], pointer: &Pointer) -> Option<NodeId> {
        self.get(0)?;
        pointer.steps().iter().try_fold(0, |node, name| match self.kind(bytes, node)? {
            NodeKind::Object => self.child_ids(node).filter(|&child| self.has_key(bytes, child, name)).last(),
            NodeKind::Array => self.child_ids(node).nth(pointer::index(name)?),
            NodeKind::String | NodeKind::Number | NodeKind::Bool | NodeKind::Null => None,
        })
    }

    fn has_key(&self, bytes: &[u8], node: NodeId, name: &str) -> bool {
        self.raw_key(bytes, node).is_some_and(|key| strings::text(key).0 == name)
    }

    /// How often each key occurs in an object; empty for what is no object or too large a one.
    pub(super) fn repeated_keys(&self, bytes: &[u8], node: NodeId) -> HashMap<String, u32> {
        let mut counts = HashMap::new();
        if self.kind(bytes, node) != Some(NodeKind::Object) || self.child_count(node) > MAX_KEYS_COMPARED {
            return counts;
        }
        for key in self.child_ids(node).filter_map(|child| self.raw_key(bytes, child)) {
            *counts.entry(strings::unescape(key)).or_insert(0) += 1;
        }
        counts
    }

    pub(super) fn describe(
        &self,
        bytes: &[u8],
        id: NodeId,
        index: u32,
        parent_pointer: Option<&str>,
        key_counts: &HashMap<String, u32>,
    ) -> Option<JsonNode> {
        let node = self.get(id)?;
        let kind = self.kind(bytes, id)?;
        let raw = self.raw(bytes, id);
        let key = self.raw_key(bytes, id).map(strings::unescape);
        let repeated_key = key.as_ref().and_then(|key| key_counts.get(key)).is_some_and(|&count| count > 1);
        let key = key.map(|key| Cut::new(&key, MAX_PREVIEW_CHARS));
        let (value, unescaped) = match kind {
            NodeKind::Object | NodeKind::Array => (None, None),
            NodeKind::String => {
                let escaped = memchr::memchr(b'\\', raw).is_some();
                let text =
                    escaped.then(|| Cut::new(&strings::unescape_start(raw, MAX_PREVIEW_CHARS), MAX_PREVIEW_CHARS));
                (Some(Cut::of_bytes(raw, MAX_PREVIEW_CHARS)), text)
            }
            NodeKind::Number | NodeKind::Bool | NodeKind::Null => (Some(Cut::of_bytes(raw, MAX_PREVIEW_CHARS)), None),
        };
        let parent = self.parent(id);
        let pointer = match (parent, parent_pointer) {
            (None, _) => Some(String::new()),
            (Some(_), None) => None,
            (Some(_), Some(above)) => self.extend_pointer(bytes, above.to_owned(), id, index),
        };
        Some(JsonNode {
            node: id,
            parent,
            depth: node.depth,
            kind,
            truncated: key.as_ref().is_some_and(|key| key.cut) || value.as_ref().is_some_and(|value| value.cut),
            key: key.map(|key| key.text),
            repeated_key,
            index,
            value: value.map(|value| value.text),
            unescaped: unescaped.map(|text| text.text),
            size: node.end - node.start,
            children: node.children,
            shown: 0,
            pointer,
        })
    }
}
