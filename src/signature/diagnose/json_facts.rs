//! Which differences between styles matter for a value. Styles without such differences print it alike, so one print is
//! enough for all of them.

use crate::json::print::{Beyond, Escapes, Order, Style, Upper, array_index};
use crate::json::tree::Node;

/// What a value contains that styles treat differently.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Facts {
    /// The characters of ASCII in its names and texts, a bit for each.
    ascii: u128,
    has_beyond_ascii: bool,
    /// Numbers that are not whole or not short.
    has_odd_numbers: bool,
    has_null_members: bool,
    has_empty_objects: bool,
    has_arrays: bool,
    /// Names that are array indexes.
    has_indexes: bool,
    /// Objects with several members.
    has_order: bool,
    is_unsorted: bool,
}

impl Facts {
    pub(super) fn of(node: &Node<'_>) -> Self {
        let mut facts = Self::default();
        facts.see(node);
        facts
    }

    fn see(&mut self, node: &Node<'_>) {
        match node {
            Node::Literal(_) => {}
            Node::Number(text) => self.has_odd_numbers |= !is_short_whole(text),
            Node::Text(text) => self.see_text(text),
            Node::Array(items) => {
                self.has_arrays = true;
                for item in items {
                    self.see(item);
                }
            }
            Node::Object(members) => {
                self.has_empty_objects |= members.is_empty();
                self.has_order |= members.len() >= 2;
                let mut before: Option<&str> = None;
                for (name, value) in members {
                    self.is_unsorted |= before.is_some_and(|before| before > name.as_ref());
                    before = Some(name);
                    self.see_text(name);
                    self.has_indexes |= array_index(name).is_some();
                    self.has_null_members |= *value == Node::Literal("null");
                    self.see(value);
                }
            }
        }
    }

    fn see_text(&mut self, text: &str) {
        for byte in text.bytes() {
            if byte.is_ascii() {
                self.ascii |= 1 << byte;
            } else {
                self.has_beyond_ascii = true;
            }
        }
    }

    fn has_any(&self, characters: impl IntoIterator<Item = char>) -> bool {
        characters.into_iter().any(|character| character.is_ascii() && self.ascii & (1 << u32::from(character)) != 0)
    }

    /// The style without the settings that make no difference for this value.
    pub(super) fn normal(&self, style: Style) -> Style {
        Style {
            numbers: style.numbers.filter(|numbers| self.has_odd_numbers || !numbers.keeps_short_whole()),
            order: self.order(style.order),
            escapes: self.escapes(style.escapes),
            php_arrays: style.php_arrays && (self.has_empty_objects || self.has_indexes),
            without_nulls: style.without_nulls && self.has_null_members,
            array_objects: style.array_objects && self.has_arrays,
            ..style
        }
    }

    const fn order(&self, order: Order) -> Order {
        if !self.has_order {
            return Order::AsRead;
        }
        let order = match order {
            Order::IndexesFirst if !self.has_indexes => Order::AsRead,
            Order::SortedIndexesFirst if !self.has_indexes => Order::Sorted,
            Order::SortedTopIndexesFirst if !self.has_indexes => Order::SortedTop,
            other => other,
        };
        match order {
            Order::Sorted | Order::SortedTop if !self.is_unsorted => Order::AsRead,
            other => other,
        }
    }

    fn escapes(&self, escapes: Escapes) -> Escapes {
        let ascii = if self.has_any(escapes.ascii.chars()) { escapes.ascii } else { "" };
        let beyond_ascii = if self.has_beyond_ascii { escapes.beyond_ascii } else { Beyond::None };
        let has_digits = !ascii.is_empty() || beyond_ascii != Beyond::None || self.has_any('\0'..='\u{1f}');
        Escapes {
            beyond_ascii,
            ascii,
            slash: escapes.slash && self.has_any(['/']),
            upper: if has_digits { escapes.upper } else { Upper::None },
            short: escapes.short || !self.has_any(['\u{8}', '\u{c}']),
        }
    }
}

/// Whether this is a whole number that only styles change that print every number as a double.
fn is_short_whole(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let is_short = unsigned.len() <= 15 && unsigned.bytes().all(|byte| byte.is_ascii_digit());
    is_short && (!unsigned.starts_with('0') || text == "0")
}
