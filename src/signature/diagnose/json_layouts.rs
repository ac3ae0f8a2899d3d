//! Each dialect of JSON in each layout and order that may go with it. Dialects that write a body alike are tried as
//! one, so a body with nothing to escape costs little.

use std::collections::HashMap;

use super::body::Tier;
use super::dialect::{COMPACT, DOTNET_CODE, Dialect, GO_CODE, JAVA, PERL, PHP_CODE, PYTHON, RUBY_CODE, SWIFT};
use super::json_dialects::dialects;
use super::json_writers::Writer;
use crate::json::print::{Order, Style, has_indexes, print};
use crate::json::tree::Node;

/// The white space between the values.
struct Layout {
    /// Follows "as … writes it".
    words: &'static str,
    rarity: usize,
    /// The code of the dialects with which this layout is more common.
    of: &'static str,
    lay: fn(Style) -> Style,
}

const fn layout(rarity: usize, words: &'static str, of: &'static str, lay: fn(Style) -> Style) -> Layout {
    Layout { words, rarity, of, lay }
}

const LAYOUTS: &[Layout] = &[
    layout(0, "", "", |style| style),
    layout(1, " with a space after each comma and colon", PYTHON, |style| Style { comma: ", ", colon: ": ", ..style }),
    layout(1, " indented by two spaces", "", |style| style.indented("  ")),
    layout(1, " indented by four spaces", PHP_CODE, |style| style.indented("    ")),
    layout(1, " indented by tabs", "", |style| style.indented("\t")),
    layout(2, " indented by one space", "", |style| style.indented(" ")),
    layout(2, " indented by three spaces", PERL, |style| style.indented("   ")),
    layout(2, " with a space after each colon", RUBY_CODE, |style| Style { colon: ": ", ..style }),
    layout(2, " with a space after each comma", PYTHON, |style| Style { comma: ", ", ..style }),
    layout(3, " indented as Perl does", PERL, |style| Style { colon: " : ", ..style.indented("   ") }),
    layout(3, " indented as Jackson does", JAVA, |style| Style {
        colon: " : ",
        indent: Some("  "),
        jackson: true,
        ..style
    }),
    layout(3, " indented as Ruby does", RUBY_CODE, |style| Style { empty_lines: true, ..style.indented("  ") }),
    layout(3, " indented by four spaces as Ruby does", RUBY_CODE, |style| Style {
        empty_lines: true,
        ..style.indented("    ")
    }),
    layout(3, " indented as Swift does", SWIFT, |style| Style { colon: " : ", ..style.indented("  ") }),
    layout(2, " indented by two spaces with CR LF newlines", DOTNET_CODE, |style| Style {
        line_end: "\r\n",
        ..style.indented("  ")
    }),
    layout(2, " indented by four spaces with CR LF newlines", DOTNET_CODE, |style| Style {
        line_end: "\r\n",
        ..style.indented("    ")
    }),
    layout(3, " indented by eight spaces", "", |style| style.indented("        ")),
];

/// Orders that any library may write: rarity, words, order. The second table is for objects with names like `10`.
const ORDERS: &[(usize, &str, Option<Order>)] = &[
    (0, "", None),
    (1, ", its names sorted", Some(Order::Sorted)),
    (1, ", only its outermost names sorted", Some(Order::SortedTop)),
];
const INDEX_ORDERS: &[(usize, &str, Option<Order>)] = &[
    (1, ", its names sorted", Some(Order::SortedIndexesFirst)),
    (1, ", only its outermost names sorted", Some(Order::SortedTopIndexesFirst)),
    (2, ", whole numbers among its names first", Some(Order::IndexesFirst)),
];
/// Orders that few libraries write: those of Java's maps, and of databases in the second table.
const JAVA_ORDERS: &[(usize, &str, Option<Order>)] = &[
    (1, ", its outermost names in the order of a copied HashMap", Some(Order::HashedCopy)),
    (1, ", its outermost names in the order of a HashMap", Some(Order::HashedTop)),
    (1, ", its names in the order of a HashMap", Some(Order::Hashed)),
];
const LENGTH_ORDERS: &[(usize, &str, Option<Order>)] =
    &[(0, ", its names sorted by length, as PostgreSQL and MySQL do", Some(Order::ByLength))];
/// The largest sum of the rarities of dialect, layout and order that is tried.
const MOST_RARE: usize = 3;

/// How many prints of the body are counted for finding out which dialects differ.
pub(super) const PROBES: usize = 100;

/// The dialects, grouped by the text that they write for this value.
fn alike(node: &Node<'_>, length: usize) -> Vec<Vec<&'static Dialect>> {
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut all: Vec<Vec<&'static Dialect>> = Vec::new();
    for dialect in dialects() {
        let Some(text) = print(node, dialect.style, length) else { continue };
        let at = *known.entry(text).or_insert(all.len());
        match all.get_mut(at) {
            Some(alike) => alike.push(dialect),
            None => all.push(vec![dialect]),
        }
    }
    all
}

/// Every dialect that matters here, in every layout and order that may go with it; likely ones first.
pub(super) fn writers(node: &Node<'_>, length: usize) -> Vec<Writer> {
    let indexes = if has_indexes(node) { INDEX_ORDERS } else { &[] };
    let mut all: Vec<(usize, Writer)> = Vec::new();
    for dialects in alike(node, length) {
        // If several dialects have the same layout and order, the commonest one is kept.
        let mut combined: Vec<(usize, &Dialect, &Layout, &str, Option<Order>)> = Vec::new();
        for dialect in dialects {
            for (rarity, layout, words, order) in combinations(dialect, indexes) {
                let is_same = |(_, _, other, _, known): &&mut (usize, &Dialect, &Layout, &str, Option<Order>)| {
                    std::ptr::eq(*other, layout) && *known == order
                };
                match combined.iter_mut().find(is_same) {
                    Some(known) if known.0 <= rarity => {}
                    Some(known) => *known = (rarity, dialect, layout, words, order),
                    None => combined.push((rarity, dialect, layout, words, order)),
                }
            }
        }
        all.extend(
            combined
                .into_iter()
                .map(|(rarity, dialect, layout, words, order)| (rarity, written(dialect, layout, words, order))),
        );
    }
    // The sort is stable: writers of equal rarity stay in the order of the tables.
    all.sort_by_key(|(rarity, _)| *rarity);
    all.into_iter().map(|(_, writer)| writer).collect()
}

/// The layouts and orders of a dialect with how rare they are.
fn combinations(
    dialect: &Dialect,
    indexes: &'static [(usize, &'static str, Option<Order>)],
) -> impl Iterator<Item = (usize, &'static Layout, &'static str, Option<Order>)> {
    let (code, own) = (dialect.code, dialect.rarity);
    let java = if code == JAVA { JAVA_ORDERS } else { &[] };
    let by_length = if matches!(code, COMPACT | PYTHON | GO_CODE) { LENGTH_ORDERS } else { &[] };
    let orders = ORDERS.iter().chain(indexes).chain(java).chain(by_length);
    orders
        .flat_map(move |(rarity, words, order)| {
            LAYOUTS.iter().map(move |layout| {
                let of_layout = layout.rarity.min(if layout.of == code { 1 } else { usize::MAX });
                (own + rarity + of_layout, layout, *words, *order)
            })
        })
        .filter(|(rarity, ..)| *rarity <= MOST_RARE)
}

fn written(dialect: &Dialect, layout: &Layout, words: &str, order: Option<Order>) -> Writer {
    let style = (layout.lay)(dialect.style);
    Writer {
        code: if order.is_some() { "body_json_sorted" } else { dialect.code },
        tier: Tier::Seldom,
        how: format!("as {} writes it{}{words}", dialect.who, layout.words).into(),
        style: Style { order: order.unwrap_or(style.order), ..style },
    }
}
