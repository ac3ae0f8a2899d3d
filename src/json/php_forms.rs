//! JSON values as PHP prints its arrays: `serialize`, `print_r`, `var_export`.

use std::borrow::Cow;

use super::number::Numbers;
use super::tree::Node;

/// A member's name as an array's key: a whole number where it is one, as PHP has it.
fn is_index(name: &str) -> bool {
    let digits = name.strip_prefix('-').unwrap_or(name);
    let is_canonical = name == "0" || (!digits.is_empty() && !digits.starts_with('0'));
    is_canonical && digits.bytes().all(|byte| byte.is_ascii_digit()) && name.parse::<i64>().is_ok()
}

/// The members of an array or an object, numbered where they have no names.
fn members<'m, 'a>(node: &'m Node<'a>) -> Option<Vec<(Cow<'m, str>, &'m Node<'a>)>> {
    match node {
        Node::Array(items) => {
            Some(items.iter().enumerate().map(|(at, item)| (Cow::Owned(at.to_string()), item)).collect())
        }
        Node::Object(members) => Some(members.iter().map(|(name, value)| (Cow::Borrowed(&**name), value)).collect()),
        Node::Literal(_) | Node::Number(_) | Node::Text(_) => None,
    }
}

/// A number, and whether it is a whole one for PHP.
fn number(text: &str, numbers: Numbers) -> (String, bool) {
    let printed = numbers.print(text).replace('e', "E");
    let is_whole = !text.contains(['.', 'e', 'E']) && text.parse::<i64>().is_ok();
    (printed, is_whole)
}

/// PHP's `serialize`.
pub(crate) fn serialized(node: &Node<'_>, out: &mut String) {
    match node {
        Node::Literal("true") => out.push_str("b:1;"),
        Node::Literal("false") => out.push_str("b:0;"),
        Node::Literal(_) => out.push_str("N;"),
        Node::Number(text) => {
            let (printed, is_whole) = number(text, Numbers::PHP);
            out.push_str(&format!("{}:{printed};", if is_whole { 'i' } else { 'd' }));
        }
        Node::Text(text) => out.push_str(&format!("s:{}:\"{text}\";", text.len())),
        Node::Array(_) | Node::Object(_) => {
            let members = members(node).unwrap_or_default();
            out.push_str(&format!("a:{}:{{", members.len()));
            for (name, value) in members {
                if is_index(&name) {
                    out.push_str(&format!("i:{name};"));
                } else {
                    out.push_str(&format!("s:{}:\"{name}\";", name.len()));
                }
                serialized(value, out);
            }
            out.push('}');
        }
    }
}

/// PHP's `print_r`.
pub(crate) fn print_r(node: &Node<'_>, indent: usize, out: &mut String) {
    match node {
        Node::Literal("true") => out.push('1'),
        Node::Literal(_) => {}
        Node::Number(text) => out.push_str(&number(text, Numbers::PHP_14).0),
        Node::Text(text) => out.push_str(text),
        Node::Array(_) | Node::Object(_) => {
            let (outer, inner) = (" ".repeat(indent), " ".repeat(indent + 4));
            out.push_str(&format!("Array\n{outer}(\n"));
            for (name, value) in members(node).unwrap_or_default() {
                out.push_str(&format!("{inner}[{name}] => "));
                print_r(value, indent + 8, out);
                out.push('\n');
            }
            out.push_str(&format!("{outer})\n"));
        }
    }
}

/// PHP's `var_export`.
pub(crate) fn exported(node: &Node<'_>, indent: usize, out: &mut String) {
    match node {
        Node::Literal("null") => out.push_str("NULL"),
        Node::Literal(word) => out.push_str(word),
        Node::Number(text) => out.push_str(&number(text, Numbers::PHP_FRACTION).0),
        Node::Text(text) => out.push_str(&quoted(text)),
        Node::Array(_) | Node::Object(_) => {
            let (outer, inner) = (" ".repeat(indent), " ".repeat(indent + 2));
            out.push_str("array (\n");
            for (name, value) in members(node).unwrap_or_default() {
                let key = if is_index(&name) { name.into_owned() } else { quoted(&name) };
                out.push_str(&format!("{inner}{key} => "));
                if matches!(value, Node::Array(_) | Node::Object(_)) {
                    out.push_str(&format!("\n{inner}"));
                }
                exported(value, indent + 2, out);
                out.push_str(",\n");
            }
            out.push_str(&format!("{outer})"));
        }
    }
}

fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\'', "\\'").replace('\0', "' . \"\\0\" . '");
    format!("'{escaped}'")
}
