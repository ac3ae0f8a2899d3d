//! Values and lists of a JSON text, as sources read them.

use std::ops::Range;

use crate::json::{Pointer, value_at};

/// A longer document is not searched. Providers that sign single members send a few KiB.
pub(super) const MAX_JSON: usize = 1 << 20;

/// Most items of a list that are checked: Adyen sends six at most.
pub(crate) const MAX_ITEMS: usize = 64;

/// Where in the JSON a pointer leads, and the value there as written. Absent or `null` is `None`.
pub(crate) fn locate<'j>(pointer: &Pointer, json: &'j [u8]) -> Option<(Range<usize>, &'j str)> {
    let found = find(pointer, json)?;
    let start = found.as_ptr().addr() - json.as_ptr().addr();
    Some((start..start + found.len(), found))
}

/// The text of the value that a pointer leads to: a string's content, anything else as written. Absent or `null` is
/// `None`.
pub(super) fn read(pointer: &Pointer, json: &[u8]) -> Option<String> {
    text_of(find(pointer, json)?)
}

/// The text of a value as written; that of `null` is none.
pub(super) fn text_of(found: &str) -> Option<String> {
    match found {
        "null" => None,
        found if found.starts_with('"') => serde_json::from_str(found).ok(),
        found => Some(found.to_owned()),
    }
}

/// The items of the list at a pointer; one more than the limit, to detect that there are more.
pub(super) fn items(list: &Pointer, json: &[u8]) -> Vec<Range<usize>> {
    if json.len() > MAX_JSON {
        return Vec::new();
    }
    let outline = crate::json::scan(json);
    let Some(node) = outline.resolve(json, list).filter(|_| outline.error.is_none()) else { return Vec::new() };
    let range = |child| {
        let raw = outline.raw(json, child);
        let start = raw.as_ptr().addr() - json.as_ptr().addr();
        start..start + raw.len()
    };
    outline.child_ids(node).take(MAX_ITEMS + 1).map(range).collect()
}

pub(super) fn find<'j>(pointer: &Pointer, json: &'j [u8]) -> Option<&'j str> {
    if json.len() > MAX_JSON { None } else { value_at(json, pointer).filter(|found| *found != "null") }
}
