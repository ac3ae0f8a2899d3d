//! The shape of an event's body, learnt from its requests: for platforms whose documents are not known in full.

mod drift;
mod schema;
mod typescript;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::http::text::clipped;
use crate::json::{NodeId, NodeKind, Outline, scan, step_of, unescape};
pub(crate) use drift::{differences, drift};
pub(crate) use schema::json_schema;
use strum::IntoStaticStr;
pub(crate) use typescript::typescript;

/// Levels that are learnt.
const MAX_DEPTH: u32 = 16;
/// Values of one shape, over all levels.
const MAX_VALUES: usize = 2_000;
/// Items of an array that are learnt.
const MAX_ITEMS: usize = 100;
/// Different texts and numbers that are remembered of a value.
const MAX_DIFFERENT: usize = 24;
/// Characters of one of these.
const MAX_SHOWN: usize = 60;
/// Characters of a name; longer ones are data, not names.
const MAX_NAME: usize = 200;

/// What was seen at one place of the bodies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// How often it had a value.
    pub seen: u32,
    /// The first and the last body that had one, counted from 1.
    first: u32,
    last: u32,
    kinds: BTreeMap<Kind, u32>,
    members: BTreeMap<String, Shape>,
    /// The items of arrays, all together.
    items: Option<Box<Shape>>,
    /// How often each text, number or literal was there, of the first that were different.
    values: BTreeMap<String, u32>,
    /// Whether there were more different ones.
    many: bool,
}

struct Body<'a> {
    /// Counted from 1.
    number: u32,
    outline: &'a Outline,
    json: &'a [u8],
    /// Values that may still be added to the shape.
    room: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Kind {
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
    Null,
}

impl Kind {
    fn of(kind: NodeKind, written: &[u8]) -> Self {
        match kind {
            NodeKind::Object => Self::Object,
            NodeKind::Array => Self::Array,
            NodeKind::String => Self::String,
            NodeKind::Number if written.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) => Self::Number,
            NodeKind::Number => Self::Integer,
            NodeKind::Bool => Self::Boolean,
            NodeKind::Null => Self::Null,
        }
    }

    /// The word in JSON Schema.
    pub(crate) fn name(self) -> &'static str {
        self.into()
    }
}

/// A place of the bodies, for a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    /// A JSON pointer, with `*` for the items of an array.
    pub pointer: String,
    pub kinds: Vec<Kind>,
    /// How often it was present.
    pub present: u32,
    /// How often it could be present: how often its parent was.
    pub of: u32,
    /// How regularly it is there.
    pub presence: Presence,
    /// The first and the last body that had it, of those that were learnt, counted from 0.
    pub first: usize,
    pub last: usize,
    /// The most frequent values with their counts; empty if nearly every value is different.
    pub values: Vec<(String, u32)>,
}

/// How regularly a value is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Presence {
    /// In every body.
    Always,
    /// Whenever its parent is present, which is optional or an item of an array.
    WithParent,
    /// Not every time that its parent is.
    Sometimes,
}

impl Presence {
    /// The presence of a value, from its count and its parent's.
    const fn of(present: u32, of: u32, parent: Self) -> Self {
        match parent {
            _ if present < of => Self::Sometimes,
            Self::Always => Self::Always,
            Self::WithParent | Self::Sometimes => Self::WithParent,
        }
    }
}

impl Shape {
    /// Learns a body; returns whether it is one JSON value.
    pub(crate) fn learn(&mut self, json: &[u8]) -> bool {
        let outline = scan(json);
        if outline.error.is_some() || outline.count() == 0 {
            return false;
        }
        let room = MAX_VALUES.saturating_sub(self.size());
        let mut body = Body { number: self.seen + 1, outline: &outline, json, room };
        self.add(&mut body, 0);
        true
    }

    /// How many places it has.
    fn size(&self) -> usize {
        1 + self.members.values().map(Self::size).sum::<usize>() + self.items.as_ref().map_or(0, |items| items.size())
    }

    fn add(&mut self, body: &mut Body<'_>, node: NodeId) {
        let Body { number, outline, json, .. } = *body;
        let Some(kind) = outline.kind(json, node) else { return };
        let written = outline.raw(json, node);
        self.seen += 1;
        self.last = number;
        if self.first == 0 {
            self.first = number;
        }
        *self.kinds.entry(Kind::of(kind, written)).or_default() += 1;
        match kind {
            NodeKind::Object if outline.depth(node) < MAX_DEPTH => {
                let mut here: Vec<String> = Vec::new();
                for child in outline.child_ids(node) {
                    let name = outline.raw_key(json, child).map(unescape).unwrap_or_default();
                    // The first of repeated names is learnt: shapes do not decide which one counts.
                    if name.chars().count() > MAX_NAME || here.contains(&name) {
                        continue;
                    }
                    if !self.members.contains_key(&name) {
                        if body.room == 0 {
                            continue;
                        }
                        body.room -= 1;
                    }
                    self.members.entry(name.clone()).or_default().add(body, child);
                    here.push(name);
                }
            }
            NodeKind::Array if outline.depth(node) < MAX_DEPTH => {
                for child in outline.child_ids(node).take(MAX_ITEMS) {
                    self.items.get_or_insert_default().add(body, child);
                }
            }
            NodeKind::Object | NodeKind::Array | NodeKind::Null => {}
            NodeKind::String => self.value(clipped(&unescape(&written[..written.len().min(1_024)]), MAX_SHOWN)),
            NodeKind::Number | NodeKind::Bool => self.value(clipped(&String::from_utf8_lossy(written), MAX_SHOWN)),
        }
    }

    fn value(&mut self, text: String) {
        if let Some(count) = self.values.get_mut(&text) {
            *count += 1;
        } else if self.values.len() < MAX_DIFFERENT {
            self.values.insert(text, 1);
        } else {
            self.many = true;
        }
    }

    /// Whether it has a few values that repeat, so that a new one is worth reporting.
    fn is_choice(&self) -> bool {
        !self.many && self.values.len() <= 8 && self.seen >= 10 && self.values.values().all(|count| *count >= 2)
    }

    fn kinds(&self) -> Vec<Kind> {
        self.kinds.keys().copied().collect()
    }

    /// Every place, in the order of names.
    pub(crate) fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        self.collect("", (self.seen, Presence::Always), &mut fields);
        fields
    }

    /// `of` says how often it could be present, `parent` how regularly its parent is.
    fn collect(&self, pointer: &str, (of, parent): (u32, Presence), fields: &mut Vec<Field>) {
        let presence = Presence::of(self.seen, of, parent);
        let mut values: Vec<(String, u32)> = self.values.iter().map(|(value, count)| (value.clone(), *count)).collect();
        values.sort_by_key(|(value, count)| (std::cmp::Reverse(*count), value.clone()));
        if self.many {
            values.retain(|(_, count)| *count > 1);
        }
        values.truncate(8);
        let place = |number: u32| number.saturating_sub(1) as usize;
        fields.push(Field {
            pointer: pointer.to_owned(),
            kinds: self.kinds(),
            present: self.seen,
            of,
            presence,
            first: place(self.first),
            last: place(self.last),
            values,
        });
        let objects = self.kinds.get(&Kind::Object).copied().unwrap_or(0);
        // If the value is not always an object, its members are not always present.
        let whole = if objects < self.seen { Presence::WithParent } else { presence };
        for (name, member) in &self.members {
            member.collect(&format!("{pointer}/{}", step_of(name)), (objects, whole), fields);
        }
        if let Some(items) = &self.items {
            // An array may be empty.
            items.collect(&format!("{pointer}/*"), (items.seen, Presence::WithParent), fields);
        }
    }
}

#[cfg(test)]
mod tests;
