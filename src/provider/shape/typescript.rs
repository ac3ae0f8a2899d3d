//! A shape as a TypeScript type.

use std::fmt::Write as _;

use super::{Kind, Shape};

/// The shape as a TypeScript type. The name's words are joined: `session.ended` becomes `SessionEnded`.
pub(crate) fn typescript(name: &str, shape: &Shape) -> String {
    let mut words = String::new();
    for part in name.split(|character: char| !character.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        let mut letters = part.chars();
        words.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        words.push_str(letters.as_str());
    }
    if words.is_empty() || words.starts_with(|first: char| first.is_ascii_digit()) {
        words.insert_str(0, "Event");
    }
    format!("export type {words} = {};\n", of(shape, 0))
}

fn of(shape: &Shape, depth: usize) -> String {
    let mut kinds: Vec<String> = Vec::new();
    for kind in shape.kinds() {
        let text = match kind {
            Kind::Object => object(shape, depth),
            Kind::Array => array(shape, depth),
            Kind::String if shape.is_choice() && shape.kinds.len() == 1 => {
                let values: Vec<String> = shape.values.keys().map(|value| quoted(value)).collect();
                values.join(" | ")
            }
            Kind::String => "string".to_owned(),
            Kind::Integer | Kind::Number => "number".to_owned(),
            Kind::Boolean => "boolean".to_owned(),
            Kind::Null => "null".to_owned(),
        };
        if !kinds.contains(&text) {
            kinds.push(text);
        }
    }
    if kinds.is_empty() { "unknown".to_owned() } else { kinds.join(" | ") }
}

fn array(shape: &Shape, depth: usize) -> String {
    let items = shape.items.as_ref().map_or_else(|| "unknown".to_owned(), |items| of(items, depth));
    if items.contains(" | ") && !items.starts_with('{') { format!("({items})[]") } else { format!("{items}[]") }
}

fn object(shape: &Shape, depth: usize) -> String {
    if shape.members.is_empty() {
        return "Record<string, unknown>".to_owned();
    }
    let objects = shape.kinds.get(&Kind::Object).copied().unwrap_or(0);
    let mut out = "{\n".to_owned();
    for (name, member) in &shape.members {
        let is_plain = !name.is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '$'));
        let name = if is_plain { name.clone() } else { quoted(name) };
        let optional = if member.seen < objects { "?" } else { "" };
        // Writing to a text cannot fail.
        let _ = writeln!(out, "{}{name}{optional}: {};", "  ".repeat(depth + 1), of(member, depth + 1));
    }
    out.push_str(&"  ".repeat(depth));
    out.push('}');
    out
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
