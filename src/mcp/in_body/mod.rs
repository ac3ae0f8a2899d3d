//! Finds credentials in a body by the names next to them: in JSON, forms, multipart, XML and any other text, also in
//! nested texts.

mod decoded;
mod text;

use std::collections::BTreeSet;
use std::ops::Range;

use crate::http::ContentType;
use crate::http::multipart::Parts;
use crate::http::text::BYTE_ORDER_MARK;
use crate::json::{self, NodeId, NodeKind, Outline, Pointer};
use crate::signature::Source;
use decoded::Decoded;

/// How deep nested texts are searched: the part of a multipart body may be a form, whose value is JSON, which holds a
/// URL.
const MAX_DEPTH: usize = 5;
/// Most values that are remembered, to hide them where they are quoted.
const MOST: usize = 1_000;
/// Shorter values would match unrelated text.
const SHORTEST: usize = 3;
/// Items of a list that a scheme looks into.
const MAX_ITEMS: usize = 64;

/// Parts of the names of a body's members and fields whose text is a credential. Fewer than for headers: bodies have
/// many keys, codes and sessions that are no credentials.
const MEMBERS: &[&str] = &[
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "authorization",
    "authentication",
    "bearer",
    "cookie",
    "credential",
    "jwt",
    "apikey",
    "api_key",
    "api-key",
    "access_key",
    "access-key",
    "accesskey",
    "private_key",
    "private-key",
    "privatekey",
];
/// Members that hold the name of another one beside them, as lists of headers or parameters have it, and those that
/// hold its value.
const NAME_MEMBERS: &[&str] = &["name", "key", "field", "header", "parameter", "param", "n", "k"];
const VALUE_MEMBERS: &[&str] = &["value", "values", "val", "v", "data", "content", "text"];

/// Whether a member of this name is a credential.
pub(super) fn is_member(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    MEMBERS.iter().any(|part| name.contains(part))
}

#[derive(Default)]
pub(super) struct Found {
    /// Their positions.
    pub(super) ranges: Vec<Range<usize>>,
    /// Their values, as written and as decoded.
    pub(super) values: BTreeSet<String>,
    /// Whether there are more values than are remembered.
    pub(super) is_cut: bool,
}

/// Finds the values in these places, and other credentials by name.
pub(super) fn find(body: &[u8], content_type: Option<&str>, places: &[Source], by_name: bool) -> Found {
    let places: Vec<&Source> = places.iter().map(around).collect();
    let mut finder = Finder { places: &places, by_name, found: Found::default() };
    let kind = content_type.map(ContentType::parse).unwrap_or_default();
    let mut ranges = finder.body(body, &kind, 0);
    ranges.extend(finder.pointed(body));
    if places.contains(&&Source::Body) {
        ranges.push(0..body.len());
    }
    for range in &ranges {
        finder.keep(body.get(range.clone()).unwrap_or_default());
    }
    Found { ranges, ..finder.found }
}

/// A token's claims are hidden with the token.
fn around(place: &Source) -> &Source {
    match place {
        Source::Claim(token, _) => around(token),
        place => place,
    }
}

struct Finder<'p> {
    places: &'p [&'p Source],
    by_name: bool,
    found: Found,
}

impl Finder<'_> {
    fn keep(&mut self, value: &[u8]) {
        let Ok(value) = std::str::from_utf8(value) else { return };
        if value.len() < SHORTEST || self.found.values.contains(value) {
            return;
        }
        if self.found.values.len() < MOST {
            self.found.values.insert(value.to_owned());
        } else {
            self.found.is_cut = true;
        }
    }

    /// In a body, or a part of one.
    fn body(&mut self, body: &[u8], kind: &ContentType, depth: usize) -> Vec<Range<usize>> {
        if depth >= MAX_DEPTH {
            return Vec::new();
        }
        match kind.boundary() {
            Some(boundary) if kind.main_type() == "multipart" => self.multipart(body, boundary, depth),
            // Many senders label JSON as a form.
            _ if kind.essence.contains("form-urlencoded") && !begins_json(body) => self.form(body, depth),
            _ => self.text(body, depth),
        }
    }

    fn is_field(&self, name: &str) -> bool {
        let is_placed = |place: &&Source| match place {
            Source::Form(form) | Source::FormJson(form, _) => form == name,
            _ => false,
        };
        (self.by_name && is_member(name)) || self.places.iter().any(is_placed)
    }

    fn multipart(&mut self, body: &[u8], boundary: &str, depth: usize) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        let mut at = 0;
        for part in Parts::new(body, boundary) {
            let content = part.content.clone();
            // The heads of parts, and what belongs to none.
            ranges.extend(shifted(self.text(&body[at..content.start], MAX_DEPTH - 1), at));
            at = content.end;
            if part.name.as_deref().is_some_and(|name| self.is_field(name)) {
                ranges.push(content);
                continue;
            }
            let kind = part.field("content-type").map(ContentType::parse).unwrap_or_default();
            let inner = self.body(&body[content.clone()], &kind, depth + 1);
            ranges.extend(shifted(inner, content.start));
        }
        let rest = self.text(&body[at..], if at == 0 { depth } else { MAX_DEPTH - 1 });
        ranges.extend(shifted(rest, at));
        ranges
    }

    fn form(&mut self, body: &[u8], depth: usize) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        let mut start = 0;
        for pair in body.split(|&byte| byte == b'&') {
            let at = memchr::memchr(b'=', pair).map_or(0, |equals| equals + 1);
            let name = Decoded::percent(&pair[..at.saturating_sub(1)], true);
            let value = Decoded::percent(&pair[at..], true);
            if at > 0 && self.is_field(&String::from_utf8_lossy(name.bytes())) {
                self.keep(value.bytes());
                ranges.push(start + at..start + pair.len());
            } else {
                ranges.extend(self.within(&value, start + at, depth));
            }
            start += pair.len() + 1;
        }
        ranges
    }

    /// Searches a text nested in another one, at its position there.
    fn within(&mut self, inner: &Decoded<'_>, at: usize, depth: usize) -> Vec<Range<usize>> {
        let found = self.text(inner.bytes(), depth + 1);
        shifted(found.into_iter().map(|range| inner.written(range)), at)
    }

    /// Searches a text of unknown format.
    fn text(&mut self, text: &[u8], depth: usize) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        if !self.by_name || depth >= MAX_DEPTH {
            return ranges;
        }
        if begins_json(text) {
            let outline = json::scan(text);
            ranges = self.json(text, &outline, depth);
            if outline.error.is_none() && outline.all_outlined {
                return ranges;
            }
        }
        // One JSON text a line, or what is nearly JSON.
        let mut start = 0;
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            if line.len() < text.len() && begins_json(line) {
                let outline = json::scan(line);
                ranges.extend(shifted(self.json(line, &outline, depth), start));
            }
            start += line.len();
        }
        for range in text::find(text) {
            self.keep(&text[range.clone()]);
            ranges.push(range);
        }
        if memchr::memchr(b'%', text).is_some() {
            ranges.extend(self.within(&Decoded::percent(text, false), 0, depth));
        }
        ranges
    }

    /// In JSON: texts below a member of such a name, and within other texts.
    fn json(&mut self, text: &[u8], outline: &Outline, depth: usize) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        let count = u32::try_from(outline.count()).unwrap_or(u32::MAX);
        let mut hidden = vec![false; outline.count()];
        for node in 0..count {
            let is_below = outline.parent(node).is_some_and(|parent| hidden[parent as usize]);
            let is_hidden = hidden[node as usize] || is_below || is_member(&key(outline, text, node));
            hidden[node as usize] = is_hidden;
            match outline.kind(text, node) {
                Some(NodeKind::String) => {
                    let place = place_of(outline, text, node);
                    let value = Decoded::json(&text[place.clone()]);
                    if is_hidden {
                        self.keep(value.bytes());
                        ranges.push(place);
                    } else {
                        ranges.extend(self.within(&value, place.start, depth));
                    }
                }
                Some(NodeKind::Object) if !is_hidden => hide_beside(outline, text, node, &mut hidden),
                Some(NodeKind::Array) if !is_hidden => hide_second(outline, text, node, &mut hidden),
                _ => {}
            }
        }
        ranges
    }

    /// What the places of a scheme point at.
    fn pointed(&self, body: &[u8]) -> Vec<Range<usize>> {
        if !self.places.iter().any(|place| matches!(place, Source::Json(_) | Source::Each(..))) {
            return Vec::new();
        }
        let outline = json::scan(body);
        let item = |list: &Pointer, item: usize, rest: &Pointer| Pointer::parse(&format!("{list}/{item}{rest}"));
        let pointers = self.places.iter().flat_map(|place| match place {
            Source::Json(pointer) => vec![pointer.clone()],
            Source::Each(list, rest) => (0..MAX_ITEMS).filter_map(|at| item(list, at, rest)).collect(),
            _ => Vec::new(),
        });
        let nodes = pointers.filter_map(|pointer| outline.resolve(body, &pointer));
        nodes.map(|node| place_of(&outline, body, node)).collect()
    }
}

fn begins_json(text: &[u8]) -> bool {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    matches!(text.trim_ascii_start().first(), Some(b'{' | b'[' | b'"'))
}

fn shifted(ranges: impl IntoIterator<Item = Range<usize>>, by: usize) -> Vec<Range<usize>> {
    ranges.into_iter().map(|range| by + range.start..by + range.end).collect()
}

fn key(outline: &Outline, text: &[u8], node: NodeId) -> String {
    outline.raw_key(text, node).map(json::unescape).unwrap_or_default()
}

/// The position of a value; of a string without its quotes.
fn place_of(outline: &Outline, text: &[u8], node: NodeId) -> Range<usize> {
    let raw = outline.raw(text, node);
    let start = raw.as_ptr().addr() - text.as_ptr().addr();
    let opened = usize::from(raw.first() == Some(&b'"'));
    let closed = usize::from(raw.len() > 1 && opened == 1 && raw.last() == Some(&b'"'));
    start + opened..start + raw.len() - closed
}

/// Whether a value is a text that names a credential.
fn names(outline: &Outline, text: &[u8], node: NodeId) -> bool {
    outline.kind(text, node) == Some(NodeKind::String) && is_member(&json::unescape(outline.raw(text, node)))
}

/// Marks the value in an object with separate members for name and value.
fn hide_beside(outline: &Outline, text: &[u8], object: NodeId, hidden: &mut [bool]) {
    let is_one = |node: NodeId, known: &[&str]| {
        let key = key(outline, text, node);
        known.iter().any(|known| key.eq_ignore_ascii_case(known))
    };
    if outline.child_ids(object).any(|node| names(outline, text, node) && is_one(node, NAME_MEMBERS)) {
        for node in outline.child_ids(object).filter(|node| is_one(*node, VALUE_MEMBERS)) {
            hidden[node as usize] = true;
        }
    }
}

/// Marks the values in a list of names and values: of pairs, or one after the other.
fn hide_second(outline: &Outline, text: &[u8], list: NodeId, hidden: &mut [bool]) {
    let parent = outline.parent(list);
    let is_pair = outline.child_count(list) == 2
        && parent.is_some_and(|parent| outline.kind(text, parent) == Some(NodeKind::Array));
    if !is_pair && !key(outline, text, list).to_ascii_lowercase().contains("headers") {
        return;
    }
    let mut children = outline.child_ids(list);
    while let (Some(name), Some(value)) = (children.next(), children.next()) {
        if names(outline, text, name) {
            hidden[value as usize] = true;
        }
    }
}

#[cfg(test)]
mod tests;
