//! JSON by structure: keys by name whatever their order, array elements aligned, numbers as written.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use serde::Serialize;
use similar::DiffOp;

use super::align::align;
use super::head::Change;
use crate::http::text::{clipped, lossy};
use crate::json::{NodeId, NodeKind, Outline, unescape};

/// Changes that are listed: more than a person reads.
const MAX_CHANGES: usize = 1_000;
/// Characters of a value that are shown.
const MAX_SHOWN: usize = 300;
/// Elements of two arrays that are aligned; longer ones are compared place by place.
const MAX_ALIGNED: usize = 20_000;

/// How two JSON texts differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct JsonDiff {
    /// The changes in the order of the text. None at all means that the texts only differ in how they are written.
    pub changes: Vec<JsonChange>,
    /// Whether there are more.
    pub truncated: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct JsonChange {
    /// The kind of difference. Never `case`.
    pub change: Change,
    /// Whether the value is of another type than before.
    pub retyped: bool,
    /// Where: the JSON pointer in the first text, or in the second for what was added. None when it is too long.
    pub pointer: Option<String>,
    /// The pointer in the second text, when it is another one.
    pub pointer_b: Option<String>,
    /// The value in the first text as written, cut.
    pub a: Option<String>,
    /// The value in the second text as written, cut.
    pub b: Option<String>,
}

type Text<'a> = (&'a [u8], &'a Outline);

enum Work {
    Pair(NodeId, NodeId),
    Removed(NodeId),
    Added(NodeId),
}

struct Differ<'a> {
    a: Text<'a>,
    b: Text<'a>,
    state: &'a RandomState,
    hash_a: Vec<u64>,
    hash_b: Vec<u64>,
    places_a: Places,
    places_b: Places,
}

/// The children of arrays whose elements were named. Without it, the pointer to the last of a million elements would
/// count them all each time.
#[derive(Default)]
struct Places(HashMap<NodeId, Vec<NodeId>>);

impl Places {
    fn pointer(&mut self, (bytes, outline): Text<'_>, node: NodeId) -> Option<String> {
        outline.pointer_with(bytes, node, |child, parent| {
            let children = self.0.entry(parent).or_insert_with(|| outline.child_ids(parent).collect());
            children.binary_search(&child).ok().and_then(|place| u32::try_from(place).ok()).unwrap_or(0)
        })
    }
}

/// Compares two texts, which must be valid and outlined in whole.
pub(super) fn diff(a: Text<'_>, b: Text<'_>) -> JsonDiff {
    // A keyed hash: a sender cannot prepare two values that look equal.
    let state = RandomState::new();
    let mut differ = Differ {
        a,
        b,
        state: &state,
        hash_a: hashes(a, &state),
        hash_b: hashes(b, &state),
        places_a: Places::default(),
        places_b: Places::default(),
    };
    // An explicit stack, so that depth does not matter.
    let mut stack = vec![Work::Pair(0, 0)];
    let mut changes = Vec::new();
    while let Some(work) = stack.pop() {
        let change = match work {
            Work::Pair(a, b) => differ.pair(a, b, &mut stack),
            Work::Removed(a) => Some(differ.change(Change::Removed, Some(a), None)),
            Work::Added(b) => Some(differ.change(Change::Added, None, Some(b))),
        };
        if change.is_some() && changes.len() == MAX_CHANGES {
            return JsonDiff { changes, truncated: true };
        }
        changes.extend(change);
    }
    JsonDiff { changes, truncated: false }
}

/// A hash for every value, equal for values that mean the same: order of keys, white space and escapes do not count.
fn hashes((bytes, outline): Text<'_>, state: &RandomState) -> Vec<u64> {
    let mut hashes = vec![0; outline.count()];
    // A value comes before what is inside it, so going backwards meets the inside first.
    for node in (0..u32::try_from(outline.count()).unwrap_or(u32::MAX)).rev() {
        let raw = outline.raw(bytes, node);
        let hash = match outline.kind(bytes, node) {
            Some(NodeKind::String) => state.hash_one(("string", unescape(raw))),
            Some(NodeKind::Array) => {
                let inside: Vec<u64> = outline.child_ids(node).map(|child| hashes[child as usize]).collect();
                state.hash_one(("array", inside))
            }
            Some(NodeKind::Object) => {
                let inside: Vec<(u64, u64)> =
                    by_key((bytes, outline), node, state).map(|(key, child)| (key, hashes[child as usize])).collect();
                state.hash_one(("object", inside))
            }
            Some(NodeKind::Number | NodeKind::Bool | NodeKind::Null) | None => state.hash_one(("word", raw)),
        };
        hashes[node as usize] = hash;
    }
    hashes
}

/// The values of an object in the order of their keys' hashes; equal keys stay in their order, which does count. As
/// numbers only: an object may have a million keys.
fn by_key(
    (bytes, outline): Text<'_>,
    object: NodeId,
    state: &RandomState,
) -> impl ExactSizeIterator<Item = (u64, NodeId)> + use<> {
    let key = |child| state.hash_one(outline.raw_key(bytes, child).map(unescape));
    let mut inside: Vec<(u64, NodeId)> = outline.child_ids(object).map(|child| (key(child), child)).collect();
    // A later value has a greater number.
    inside.sort_unstable();
    inside.into_iter()
}

impl Differ<'_> {
    fn pair(&mut self, a: NodeId, b: NodeId, stack: &mut Vec<Work>) -> Option<JsonChange> {
        if self.hash_a[a as usize] == self.hash_b[b as usize] {
            return None;
        }
        let start = stack.len();
        match (self.a.1.kind(self.a.0, a), self.b.1.kind(self.b.0, b)) {
            (Some(NodeKind::Object), Some(NodeKind::Object)) => self.objects(a, b, stack),
            (Some(NodeKind::Array), Some(NodeKind::Array)) => self.arrays(a, b, stack),
            (kind_a, kind_b) => {
                let change = self.change(Change::Changed, Some(a), Some(b));
                return Some(JsonChange { retyped: kind_a != kind_b, ..change });
            }
        }
        // Reversed, so that the first pushed is handled first.
        stack[start..].reverse();
        None
    }

    fn objects(&self, a: NodeId, b: NodeId, stack: &mut Vec<Work>) {
        let mut in_b = by_key(self.b, b, self.state).peekable();
        let (mut of_a, mut added) = (Vec::new(), Vec::new());
        // Both are in the same order, so equal keys pair up in sequence.
        for (key, child) in by_key(self.a, a, self.state) {
            while let Some((_, other)) = in_b.next_if(|(other, _)| *other < key) {
                added.push(other);
            }
            let other = in_b.next_if(|(other, _)| *other == key).map(|(_, other)| other);
            // Equal values need no comparison.
            if other.is_none_or(|other| self.hash_a[child as usize] != self.hash_b[other as usize]) {
                of_a.push((child, other));
            }
        }
        added.extend(in_b.map(|(_, other)| other));
        // As they are written.
        of_a.sort_unstable();
        added.sort_unstable();
        let in_both =
            |(child, other): (NodeId, Option<NodeId>)| other.map_or(Work::Removed(child), |b| Work::Pair(child, b));
        stack.extend(of_a.into_iter().map(in_both));
        stack.extend(added.into_iter().map(Work::Added));
    }

    fn arrays(&self, a: NodeId, b: NodeId, stack: &mut Vec<Work>) {
        let in_a: Vec<NodeId> = self.a.1.child_ids(a).collect();
        let in_b: Vec<NodeId> = self.b.1.child_ids(b).collect();
        let hash_a: Vec<u64> = in_a.iter().map(|&node| self.hash_a[node as usize]).collect();
        let hash_b: Vec<u64> = in_b.iter().map(|&node| self.hash_b[node as usize]).collect();
        if hash_a.len() + hash_b.len() > MAX_ALIGNED {
            return replace(&in_a, &in_b, stack);
        }
        for op in align(&hash_a, &hash_b, None) {
            match op {
                DiffOp::Equal { .. } => {}
                DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                    replace(&in_a[op.old_range()], &in_b[op.new_range()], stack);
                }
            }
        }
    }

    fn change(&mut self, change: Change, a: Option<NodeId>, b: Option<NodeId>) -> JsonChange {
        let value = |(bytes, outline): Text<'_>, node: Option<NodeId>| Some(shown(outline.raw(bytes, node?)));
        let pointer_a = a.and_then(|node| self.places_a.pointer(self.a, node));
        let pointer_b = b.and_then(|node| self.places_b.pointer(self.b, node));
        JsonChange {
            change,
            retyped: false,
            pointer_b: pointer_b.clone().filter(|_| a.is_some() && pointer_a != pointer_b),
            pointer: if a.is_some() { pointer_a } else { pointer_b },
            a: value(self.a, a),
            b: value(self.b, b),
        }
    }
}

/// Replaced elements: compared one by one as far as both lists go.
fn replace(a: &[NodeId], b: &[NodeId], stack: &mut Vec<Work>) {
    stack.extend(a.iter().zip(b).map(|(&a, &b)| Work::Pair(a, b)));
    stack.extend(a.iter().skip(b.len()).map(|&node| Work::Removed(node)));
    stack.extend(b.iter().skip(a.len()).map(|&node| Work::Added(node)));
}

/// The start of a value as written. No character has more than four bytes, so a long value is not read to its end.
fn shown(raw: &[u8]) -> String {
    clipped(&lossy(&raw[..raw.len().min(4 * (MAX_SHOWN + 1))]), MAX_SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::scan;

    fn changes(a: &str, b: &str) -> Vec<(Change, String, Option<String>, Option<String>)> {
        let diff = diff((a.as_bytes(), &scan(a.as_bytes())), (b.as_bytes(), &scan(b.as_bytes())));
        diff.changes.into_iter().map(|change| (change.change, change.pointer.unwrap(), change.a, change.b)).collect()
    }

    fn change(change: Change, pointer: &str, a: &str, b: &str) -> (Change, String, Option<String>, Option<String>) {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        (change, pointer.to_owned(), some(a), some(b))
    }

    #[test]
    fn values_are_found_by_their_keys_and_shown_as_written() {
        let a = r#"{"event":"session.ended","n":1.0,"gone":[1],"x":{"y":null,"z":1}}"#;
        let b = r#"{"x":{"z":1,"y":"null"},"n":1.00,"event":"session.\u0065nded","new":{}}"#;
        assert_eq!(
            changes(a, b),
            [
                change(Change::Changed, "/n", "1.0", "1.00"),
                change(Change::Removed, "/gone", "[1]", ""),
                change(Change::Changed, "/x/y", "null", "\"null\""),
                change(Change::Added, "/new", "", "{}"),
            ]
        );
        let retyped = diff((b"[1]", &scan(b"[1]")), (b"[\"1\"]", &scan(b"[\"1\"]")));
        assert!(retyped.changes[0].retyped);
    }

    #[test]
    fn an_element_in_the_middle_of_an_array_is_one_change() {
        let found = changes(r#"[{"n":1},{"n":2},{"n":3}]"#, r#"[{"n":1},{"n":9},{"n":2},{"n":4}]"#);
        assert_eq!(found, [change(Change::Added, "/1", "", "{\"n\":9}"), change(Change::Changed, "/2/n", "3", "4")]);
    }

    #[test]
    fn many_changes_at_the_end_of_a_long_array_are_named_quickly() {
        let text = |end: u32| format!("[{}{}0]", "0,".repeat(900_000), format!("{end},").repeat(2_000));
        let (a, b) = (text(1), text(2));
        let found = diff((a.as_bytes(), &scan(a.as_bytes())), (b.as_bytes(), &scan(b.as_bytes())));
        assert_eq!((found.changes.len(), found.changes[0].pointer.as_deref()), (1_000, Some("/900000")));
    }

    #[test]
    fn how_it_is_written_is_no_change_but_the_order_of_equal_keys_is() {
        assert_eq!(changes(r#"{"a":1,"b":[true]}"#, "{ \"b\" : [ true ],\n\"\\u0061\":1 }"), []);
        assert_eq!(changes(r#"{"a":1,"a":2}"#, r#"{"a":2,"a":1}"#).len(), 2);
        assert_eq!(changes(r#"{"a":1,"a":2}"#, r#"{"a":1}"#), [change(Change::Removed, "/a", "2", "")]);
    }

    fn value() -> impl proptest::strategy::Strategy<Value = serde_json::Value> {
        use proptest::prelude::*;
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            (0..5).prop_map(Into::into),
            "[ab]{0,2}".prop_map(Into::into)
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                prop::collection::hash_map("[a-d]", inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest::proptest! {
        #[test]
        fn there_are_changes_exactly_when_the_values_differ(a in value(), b in value()) {
            let (text_a, text_b) = (a.to_string(), serde_json::to_string_pretty(&b).unwrap());
            proptest::prop_assert_eq!(changes(&text_a, &text_b).is_empty(), a == b);
            // Each change is where it says.
            for (change, pointer, shown_a, shown_b) in changes(&text_a, &text_b) {
                let side = if change == Change::Added { (&b, shown_b) } else { (&a, shown_a) };
                let shown: serde_json::Value = serde_json::from_str(&side.1.unwrap()).unwrap_or_default();
                proptest::prop_assert_eq!(side.0.pointer(&pointer), Some(&shown));
            }
        }
    }
}
