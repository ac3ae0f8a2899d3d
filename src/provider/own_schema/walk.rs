//! Walks a schema along its keywords: rejects what is not supported, and estimates the work for a body. A running
//! validator cannot be stopped, and a few lines of branching references can keep it busy for years.

use serde_json::{Map, Value};

use super::SchemaError;
use crate::json::step_of;

/// Levels of a schema.
const MAX_DEPTH: usize = 64;
/// Patterns of one: each is compiled before a body is looked at.
const MAX_PATTERNS: usize = 50;
/// References of one.
const MAX_REFERENCES: usize = 200;
/// Deepest nesting of subschemas for one value, with references followed.
const MAX_NESTED: usize = 200;

/// Keywords with a schema, with several, and with several by name: applied to the value itself.
const HERE: [&str; 4] = ["not", "if", "then", "else"];
const HERE_LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];
const HERE_MAPS: [&str; 2] = ["dependentSchemas", "dependencies"];
/// Applied to what is in the value.
const BELOW: [&str; 7] = [
    "additionalProperties",
    "unevaluatedProperties",
    "items",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "propertyNames",
];
const BELOW_LISTS: [&str; 2] = ["prefixItems", "items"];
/// Places for what is referred to.
const DEFINITIONS: [&str; 2] = ["$defs", "definitions"];

/// Rejects unsupported references, and counts what costs time.
pub(super) fn check(schema: &Value) -> Result<(), SchemaError> {
    let mut looked = Looked { root: schema, patterns: 0, references: 0 };
    looked.schema(schema, "", 0)
}

struct Looked<'s> {
    root: &'s Value,
    patterns: usize,
    references: usize,
}

impl Looked<'_> {
    fn schema(&mut self, schema: &Value, pointer: &str, depth: usize) -> Result<(), SchemaError> {
        let Value::Object(members) = schema else { return Ok(()) };
        if depth > MAX_DEPTH {
            return Err(SchemaError::new(pointer, format!("A schema nests at most {MAX_DEPTH} levels.")));
        }
        self.keywords(members, pointer)?;
        let sub = |name: &str| format!("{pointer}/{name}");
        for name in HERE.iter().chain(&BELOW) {
            if let Some(one) = members.get(*name) {
                self.schema(one, &sub(name), depth + 1)?;
            }
        }
        for name in HERE_LISTS.iter().chain(&BELOW_LISTS) {
            for (index, one) in members.get(*name).and_then(Value::as_array).into_iter().flatten().enumerate() {
                self.schema(one, &format!("{pointer}/{name}/{index}"), depth + 1)?;
            }
        }
        for name in HERE_MAPS.iter().chain(&DEFINITIONS).chain(&["properties", "patternProperties"]) {
            for (key, one) in members.get(*name).and_then(Value::as_object).into_iter().flatten() {
                self.schema(one, &format!("{pointer}/{name}/{}", step_of(key)), depth + 1)?;
            }
        }
        Ok(())
    }

    fn keywords(&mut self, members: &Map<String, Value>, pointer: &str) -> Result<(), SchemaError> {
        for name in ["$dynamicRef", "$recursiveRef", "$dynamicAnchor", "$vocabulary"] {
            if members.contains_key(name) {
                let sentence = format!("`{name}` is not followed here: refer with `$ref` to a place of this schema.");
                return Err(SchemaError::new(&format!("{pointer}/{name}"), sentence));
            }
        }
        for name in ["$id", "id", "$anchor"] {
            if members.get(name).is_some_and(Value::is_string) && !(pointer.is_empty() && name != "$anchor") {
                let sentence =
                    format!("`{name}` stands at the top of a schema only; refer to places as `#/$defs/name`.");
                return Err(SchemaError::new(&format!("{pointer}/{name}"), sentence));
            }
        }
        if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
            self.references += 1;
            if target(self.root, reference).is_none() {
                let sentence =
                    "A `$ref` leads into this schema and nowhere else, as in `#/$defs/name`; nothing is fetched.";
                return Err(SchemaError::new(&format!("{pointer}/$ref"), sentence));
            }
        }
        let patterns = members.get("patternProperties").and_then(Value::as_object).map_or(0, Map::len);
        self.patterns += patterns + usize::from(members.contains_key("pattern"));
        for (count, most, what) in
            [(self.patterns, MAX_PATTERNS, "patterns"), (self.references, MAX_REFERENCES, "references")]
        {
            if count > most {
                return Err(SchemaError::new(pointer, format!("A schema has at most {most} {what}.")));
            }
        }
        Ok(())
    }
}

/// The place of the schema that a reference names.
fn target<'s>(root: &'s Value, reference: &str) -> Option<&'s Value> {
    let pointer = reference.strip_prefix('#')?;
    let pointer = percent_encoding::percent_decode_str(pointer).decode_utf8().ok()?;
    root.pointer(&pointer).filter(|found| found.is_object() || found.is_boolean())
}

/// Whether the check of the body stays within the limit of work: values times the subschemas applied to them.
pub(super) fn is_bounded(schema: &Value, body: &Value, most: u32) -> bool {
    let mut work = Work { root: schema, left: most };
    work.value(vec![(schema, 1, 0)], body).is_some()
}

/// A subschema applied to a value: how often, and how deeply nested.
type Met<'s> = (&'s Value, u32, usize);

struct Work<'s> {
    root: &'s Value,
    left: u32,
}

impl<'s> Work<'s> {
    /// `None` when the limit is exceeded.
    fn value(&mut self, met: Vec<Met<'s>>, value: &Value) -> Option<()> {
        let met = self.here(met)?;
        match value {
            Value::Object(members) => members.iter().try_for_each(|(name, member)| {
                let below = met.iter().flat_map(|one| below(one, Some(name))).collect();
                self.value(below, member)
            }),
            Value::Array(items) => items.iter().try_for_each(|item| {
                let below = met.iter().flat_map(|one| below(one, None)).collect();
                self.value(below, item)
            }),
            _ => Some(()),
        }
    }

    /// The subschemas that these subschemas apply to the same value, each counted.
    fn here(&mut self, met: Vec<Met<'s>>) -> Option<Vec<Met<'s>>> {
        let (mut open, mut all) = (met, Vec::new());
        while let Some((schema, times, nested)) = open.pop() {
            self.left = self.left.checked_sub(times.max(1))?;
            if nested > MAX_NESTED {
                return None;
            }
            let Value::Object(members) = schema else { continue };
            all.push((schema, times, nested));
            // To find unevaluated parts, the validator applies everything again.
            let again = ["unevaluatedProperties", "unevaluatedItems"].iter().any(|name| members.contains_key(*name));
            let times = if again { times.saturating_mul(3) } else { times };
            let mut add = |one: &'s Value| open.push((one, times, nested + 1));
            HERE.iter().filter_map(|name| members.get(*name)).for_each(&mut add);
            let lists = HERE_LISTS.iter().filter_map(|name| members.get(*name)?.as_array());
            lists.flatten().for_each(&mut add);
            let maps = HERE_MAPS.iter().filter_map(|name| members.get(*name)?.as_object());
            maps.flat_map(Map::values).for_each(&mut add);
            if let Some(found) = members.get("$ref").and_then(|name| target(self.root, name.as_str()?)) {
                add(found);
            }
        }
        Some(all)
    }
}

/// The subschemas that may apply to a member or item of the value.
fn below<'s>((schema, times, nested): &Met<'s>, member: Option<&str>) -> Vec<Met<'s>> {
    let mut met = Vec::new();
    let Some(members) = schema.as_object() else { return met };
    let mut add = |one: &'s Value| met.push((one, *times, nested + 1));
    BELOW.iter().filter_map(|name| members.get(*name)).filter(|one| !one.is_array()).for_each(&mut add);
    match member {
        Some(name) => {
            let of = |keyword: &str| members.get(keyword).and_then(Value::as_object);
            of("properties").and_then(|properties| properties.get(name)).into_iter().for_each(&mut add);
            of("patternProperties").into_iter().flat_map(Map::values).for_each(&mut add);
        }
        None => {
            let lists = BELOW_LISTS.iter().filter_map(|name| members.get(*name)?.as_array());
            lists.flatten().for_each(&mut add);
        }
    }
    met
}
