//! Rows of a JSON outline as nested list items.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::json::{JsonHits, JsonNode, JsonPage, NodeKind};
use crate::server::console::pages::format::{Seen, Sentence};
use crate::server::console::reading::{Mark, Marks};

/// The end of a container: how many of its values are not on the page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Closing {
    /// The first that is missing, and how many are.
    more: Option<(u32, u32)>,
}

/// A value as a list item, with the ends of the containers that it is the last of.
#[derive(Debug, Template)]
#[template(path = "tabs/tree_line.html")]
#[expect(clippy::struct_excessive_bools, reason = "a template asks yes or no")]
pub(super) struct TreeLine {
    node: u32,
    pointer: Option<String>,
    key: Option<String>,
    /// The place in an array.
    index: Option<u32>,
    repeated: bool,
    /// A scalar as written.
    value: Option<String>,
    class: &'static str,
    cut: bool,
    /// What a folded container says.
    summary: String,
    container: bool,
    /// Whether its values follow.
    open: bool,
    closings: Vec<Closing>,
    /// The findings at this value.
    marks: Vec<Mark>,
}

impl HtmlSafe for TreeLine {}

fn line(node: JsonNode, marks: &mut Marks) -> TreeLine {
    let (class, brackets) = match node.kind {
        NodeKind::Object => ("container", Some(("{", "}", "key", "keys"))),
        NodeKind::Array => ("container", Some(("[", "]", "item", "items"))),
        NodeKind::String => ("string", None),
        NodeKind::Number => ("number", None),
        NodeKind::Bool | NodeKind::Null => ("literal", None),
    };
    let summary = brackets.map_or_else(String::new, |(open, close, one, many)| {
        if node.children == 0 {
            format!("{open}{close}")
        } else {
            format!(
                "{open} {} {close}",
                crate::server::console::pages::format::plural(u64::from(node.children), one, many)
            )
        }
    });
    TreeLine {
        marks: marks.take(node.pointer.as_deref()),
        node: node.node,
        index: (node.key.is_none() && node.parent.is_some()).then_some(node.index),
        pointer: node.pointer,
        key: node.key,
        repeated: node.repeated_key,
        value: node.value,
        class,
        cut: node.truncated,
        summary,
        container: brackets.is_some() && node.children > 0,
        open: node.shown > 0,
        closings: Vec::new(),
    }
}

/// Nests rows that come in the order of the text, each container saying how many of its values follow.
pub(super) fn tree_lines(rows: Vec<JsonNode>, marks: &mut Marks) -> Vec<TreeLine> {
    struct Open {
        left: u32,
        shown: u32,
        children: u32,
    }
    let mut open: Vec<Open> = Vec::new();
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let (shown, children) = (row.shown, row.children);
        let mut line = line(row, marks);
        if shown > 0 {
            open.push(Open { left: shown, shown, children });
        } else {
            while let Some(container) = open.last_mut() {
                container.left = container.left.saturating_sub(1);
                if container.left > 0 {
                    break;
                }
                let missing = container.children.saturating_sub(container.shown);
                line.closings.push(Closing { more: (missing > 0).then_some((container.shown, missing)) });
                open.pop();
            }
        }
        lines.push(line);
    }
    lines
}

/// Some values of a container, fetched when it is opened.
#[derive(Debug, Template)]
#[template(path = "tabs/tree.html")]
pub(crate) struct TreePart {
    lines: Vec<TreeLine>,
    /// The first that is missing, and how many are.
    more: Option<(u32, u32)>,
    /// The text in place of lines.
    nothing: Option<&'static str>,
}

impl TreePart {
    /// A page of children.
    pub(crate) fn children(page: JsonPage, marks: &mut Marks) -> Self {
        let more = page.next.map(|next| (next, page.total - next));
        let lines = page.children.into_iter().map(|child| line(child, marks));
        Self { lines: lines.collect(), more, nothing: None }
    }

    /// What a search found; containers stay closed.
    pub(crate) fn hits(hits: JsonHits, marks: &mut Marks) -> Self {
        let nothing = match (hits.hits.is_empty(), hits.more) {
            (true, _) => Some("Nothing found."),
            (false, true) => Some("These are the first; there are more."),
            (false, false) => None,
        };
        let lines = hits.hits.into_iter().map(|hit| {
            let mut found = line(hit.node, marks);
            // The whole path says where it is.
            found.key = found.pointer.clone().or(found.key);
            found.index = None;
            found
        });
        Self { lines: lines.collect(), more: None, nothing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::scan;

    fn shape(text: &str, budget: u32) -> String {
        let rows = scan(text.as_bytes()).first_rows(text.as_bytes(), budget);
        let mut out = String::new();
        for line in tree_lines(rows, &mut Marks::default()) {
            out.push_str(if line.open { "(" } else { "." });
            for closing in &line.closings {
                out.push_str(&closing.more.map_or_else(|| ")".to_owned(), |(at, left)| format!("+{at}/{left})")));
            }
        }
        out
    }

    #[test]
    fn containers_end_after_their_last_value() {
        assert_eq!(shape("1", 100), ".");
        assert_eq!(shape(r#"{"a":[1,2],"b":{"c":{"d":3}},"e":4}"#, 100), "((..)((.)).)");
        assert_eq!(shape(r#"{"a":[]}"#, 100), "(.)");
    }

    #[test]
    fn what_does_not_fit_is_offered_where_it_belongs() {
        let text = format!("[{}]", vec!["1"; 300].join(","));
        assert_eq!(shape(&text, 4), "(...+3/297)");
        let open = |text: &str, budget| shape(text, budget).matches('(').count();
        let closed = |text: &str, budget| shape(text, budget).matches(')').count();
        let nested = r#"[[1,2,[3,4]],[5,[6]],{"a":{"b":[7]}}]"#;
        for budget in 1..20 {
            assert_eq!(open(nested, budget), closed(nested, budget), "{budget}");
        }
    }
}
