//! JSON values as Python's `pprint.pformat` prints them: sorted, in lines of 80 characters (Lib/pprint.py).

use super::text_forms::{TextForm, text_form};
use super::tree::{Node, sorted};

const LINE: usize = 80;

/// `pprint.pformat` of the value.
pub(crate) fn pformat(node: &Node<'_>) -> String {
    let mut out = String::new();
    write(&sorted(node, true), 0, 0, 1, &mut out);
    out
}

fn repr(node: &Node<'_>) -> String {
    text_form(node, TextForm::Python)
}

fn repr_text(text: &str) -> String {
    repr(&Node::Text(text.into()))
}

/// `allowance` is what must fit behind it, `level` how deep it is.
fn write(node: &Node<'_>, indent: usize, allowance: usize, level: usize, out: &mut String) {
    let whole = repr(node);
    if whole.chars().count() <= LINE.saturating_sub(indent + allowance) {
        out.push_str(&whole);
        return;
    }
    let between = |indent: usize| format!(",\n{}", " ".repeat(indent));
    match node {
        Node::Object(members) => {
            out.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                let is_last = at + 1 == members.len();
                let name = repr_text(name);
                out.push_str(&name);
                out.push_str(": ");
                let inside = indent + 1 + name.chars().count() + 2;
                write(value, inside, if is_last { allowance + 1 } else { 1 }, level + 1, out);
                if !is_last {
                    out.push_str(&between(indent + 1));
                }
            }
            out.push('}');
        }
        Node::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                let is_last = at + 1 == items.len();
                write(item, indent + 1, if is_last { allowance + 1 } else { 1 }, level + 1, out);
                if !is_last {
                    out.push_str(&between(indent + 1));
                }
            }
            out.push(']');
        }
        Node::Text(text) if !text.is_empty() => text_in_parts(text, indent, allowance, level, out),
        Node::Text(_) | Node::Number(_) | Node::Literal(_) => out.push_str(&whole),
    }
}

/// A long text, split after its lines and words.
fn text_in_parts(text: &str, indent: usize, allowance: usize, level: usize, out: &mut String) {
    let (indent, allowance) = if level == 1 { (indent + 1, allowance + 1) } else { (indent, allowance) };
    let width = LINE.saturating_sub(indent);
    let lines = lines(text);
    let mut chunks = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let is_last = at + 1 == lines.len();
        let quoted = repr_text(line);
        if quoted.chars().count() <= width.saturating_sub(if is_last { allowance } else { 0 }) {
            chunks.push(quoted);
            continue;
        }
        let words = words(line);
        let mut current = String::new();
        for (word_at, word) in words.iter().enumerate() {
            let ends = is_last && word_at + 1 == words.len();
            let candidate = format!("{current}{word}");
            let width = width.saturating_sub(if ends { allowance } else { 0 });
            if repr_text(&candidate).chars().count() > width {
                if !current.is_empty() {
                    chunks.push(repr_text(&current));
                }
                (*word).clone_into(&mut current);
            } else {
                current = candidate;
            }
        }
        if !current.is_empty() {
            chunks.push(repr_text(&current));
        }
    }
    let is_framed = level == 1 && chunks.len() > 1;
    let text = chunks.join(&format!("\n{}", " ".repeat(indent)));
    out.push_str(&if is_framed { format!("({text})") } else { text });
}

/// Lines with their ends, as `str.splitlines(True)` has them.
fn lines(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut start = 0;
    for (at, character) in text.char_indices() {
        let next = at + character.len_utf8();
        let ends = match character {
            '\r' => !text[next..].starts_with('\n'),
            '\n' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}' => true,
            _ => false,
        };
        if ends {
            all.push(&text[start..next]);
            start = next;
        }
    }
    all.extend(Some(&text[start..]).filter(|rest| !rest.is_empty()));
    all
}

/// White space as Python has it: `\s`, `str.isspace` and `str.strip`.
pub(crate) fn is_python_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}')
}

/// Words with the white space after them.
fn words(line: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let word = rest.find(is_python_space).unwrap_or(rest.len());
        let space = rest[word..].find(|character: char| !is_python_space(character)).unwrap_or(rest.len() - word);
        let (first, after) = rest.split_at(word + space);
        all.push(first);
        rest = after;
    }
    all
}
