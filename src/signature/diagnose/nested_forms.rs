//! JSON as a form with nested names: `data[object][total]=1`.

use std::borrow::Cow;

use super::body::{Body, Variant};
use crate::http::form::{self, FormStyle};
use crate::json::print::{Numbers, array_index};
use crate::json::text_forms::{TextForm, text_form};
use crate::json::tree::Node;

/// How a language flattens what is nested.
struct Flattener {
    how: &'static str,
    /// What true, false and null become; `None` drops the pair.
    words: [Option<&'static str>; 3],
    numbers: Numbers,
    lists: Lists,
    style: FormStyle,
    order: Order,
}

/// The order of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    AsRead,
    Sorted,
    /// Whole numbers first, as JavaScript has them.
    IndexesFirst,
}

/// Which names the items of a list get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lists {
    /// `list[0]`
    Numbered,
    /// `list[]`
    Bare,
    /// `list` again.
    Repeated,
    /// Nothing is flattened: objects and lists are written in this text form.
    Kept(Option<TextForm>),
}

const JAVASCRIPT: [Option<&str>; 3] = [Some("true"), Some("false"), Some("")];

const FLATTENERS: &[Flattener] = &[
    Flattener {
        how: "as PHP's http_build_query writes it",
        words: [Some("1"), Some("0"), None],
        numbers: Numbers::PHP_14,
        lists: Lists::Numbered,
        style: FormStyle::PHP,
        order: Order::AsRead,
    },
    Flattener {
        how: "as PHP's http_build_query writes it with PHP_QUERY_RFC3986",
        words: [Some("1"), Some("0"), None],
        numbers: Numbers::PHP_14,
        lists: Lists::Numbered,
        style: FormStyle::RFC3986,
        order: Order::AsRead,
    },
    Flattener {
        how: "as PHP's http_build_query writes it after ksort",
        words: [Some("1"), Some("0"), None],
        numbers: Numbers::PHP_14,
        lists: Lists::Numbered,
        style: FormStyle::PHP,
        order: Order::Sorted,
    },
    Flattener {
        how: "as Rack's build_nested_query writes it",
        words: JAVASCRIPT,
        numbers: Numbers::RUBY,
        lists: Lists::Bare,
        style: FormStyle { safe: "*-._[]", ..FormStyle::WHATWG },
        order: Order::AsRead,
    },
    Flattener {
        how: "as Node's qs writes it",
        words: JAVASCRIPT,
        numbers: Numbers::JAVASCRIPT,
        lists: Lists::Numbered,
        style: FormStyle::RFC3986,
        order: Order::IndexesFirst,
    },
    Flattener {
        how: "as jQuery's param writes it",
        words: JAVASCRIPT,
        numbers: Numbers::JAVASCRIPT,
        lists: Lists::Bare,
        style: FormStyle { safe: "-._~!'()*", ..FormStyle::WHATWG },
        order: Order::IndexesFirst,
    },
    Flattener {
        how: "as Node's querystring writes it",
        words: JAVASCRIPT,
        numbers: Numbers::JAVASCRIPT,
        lists: Lists::Kept(None),
        style: FormStyle::JAVASCRIPT,
        order: Order::IndexesFirst,
    },
    Flattener {
        how: "as Python's urlencode writes it",
        words: [Some("True"), Some("False"), Some("None")],
        numbers: Numbers::PYTHON,
        lists: Lists::Kept(Some(TextForm::Python)),
        style: FormStyle::PYTHON,
        order: Order::AsRead,
    },
    Flattener {
        how: "as Python's urlencode writes it with doseq",
        words: [Some("True"), Some("False"), Some("None")],
        numbers: Numbers::PYTHON,
        lists: Lists::Repeated,
        style: FormStyle::PYTHON,
        order: Order::AsRead,
    },
];

/// The most pairs that are made.
const MAX_PAIRS: usize = 1000;

pub(super) fn of_json(body: &Body<'_>) -> Vec<Variant> {
    let Some(Node::Object(members)) = &body.json else { return Vec::new() };
    let mut all = Vec::new();
    for flattener in FLATTENERS {
        let mut pairs = Vec::new();
        for (name, value) in flattener.ordered(members) {
            flattener.flatten(name, value, &mut pairs);
        }
        if flattener.order == Order::Sorted {
            pairs.sort_by(|a, b| a.0.split('[').next().cmp(&b.0.split('[').next()));
        }
        all.push(variant(flattener.how, form::write(&pairs, flattener.style)));
        let plain: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        all.push(variant(&format!("{}, decoded", flattener.how), plain.join("&")));
    }
    let written = to_query(members, "", &mut { MAX_PAIRS });
    let plain = percent_encoding::percent_decode_str(&written.replace('+', " ")).decode_utf8_lossy().into_owned();
    all.push(variant("as Rails' to_query writes it", written));
    all.push(variant("as Rails' to_query writes it, decoded", plain));
    all
}

/// Rails' `Hash#to_query`: sorts the texts of the members, but not within a list, and drops empty objects and lists.
fn to_query(members: &[(Cow<'_, str>, Node<'_>)], within: &str, left: &mut usize) -> String {
    let name = |inner: &str| if within.is_empty() { inner.to_owned() } else { format!("{within}[{inner}]") };
    let mut parts: Vec<String> =
        members.iter().filter_map(|(inner, value)| query_of(&name(inner), value, left)).collect();
    if !within.contains("[]") {
        parts.sort();
    }
    parts.join("&")
}

fn query_of(name: &str, node: &Node<'_>, left: &mut usize) -> Option<String> {
    let text = match node {
        Node::Object(members) => return (!members.is_empty()).then(|| to_query(members, name, left)),
        Node::Array(items) => {
            let name = format!("{name}[]");
            let items: Vec<String> = items.iter().filter_map(|item| query_of(&name, item, left)).collect();
            return (!items.is_empty()).then(|| items.join("&"));
        }
        Node::Literal(word) => (if *word == "null" { "" } else { word }).to_owned(),
        Node::Number(text) => Numbers::RUBY.print(text),
        Node::Text(text) => text.to_string(),
    };
    *left = left.checked_sub(1)?;
    Some(form::write([&(name.to_owned(), text)], FormStyle::PYTHON))
}

fn variant(how: &str, text: String) -> Variant {
    Variant { how: format!("as a form of its members {how}").into(), bytes: text.into_bytes() }
}

type Members<'m, 'a> = Vec<&'m (Cow<'a, str>, Node<'a>)>;

impl Flattener {
    fn ordered<'m, 'a>(&self, members: &'m [(Cow<'a, str>, Node<'a>)]) -> Members<'m, 'a> {
        let mut members: Members<'m, 'a> = members.iter().collect();
        if self.order == Order::IndexesFirst {
            members.sort_by_key(|(name, _)| array_index(name).map_or((1, 0), |index| (0, index)));
        }
        members
    }

    fn flatten(&self, name: &str, node: &Node<'_>, pairs: &mut Vec<(String, String)>) {
        if pairs.len() >= MAX_PAIRS {
            return;
        }
        let text = match node {
            Node::Literal("true") => self.words[0].map(str::to_owned),
            Node::Literal("false") => self.words[1].map(str::to_owned),
            Node::Literal(_) => self.words[2].map(str::to_owned),
            Node::Number(text) => {
                let printed = self.numbers.print(text);
                Some(if self.numbers == Numbers::PHP_14 { printed.replace('e', "E") } else { printed })
            }
            Node::Text(text) => Some(text.to_string()),
            Node::Array(_) | Node::Object(_) => return self.nested(name, node, pairs),
        };
        pairs.extend(text.map(|text| (name.to_owned(), text)));
    }

    /// Adds a pair, if there is room.
    fn add(pairs: &mut Vec<(String, String)>, name: &str, text: impl FnOnce() -> String) {
        if pairs.len() < MAX_PAIRS {
            pairs.push((name.to_owned(), text()));
        }
    }

    fn nested(&self, name: &str, node: &Node<'_>, pairs: &mut Vec<(String, String)>) {
        if let Lists::Kept(form) = self.lists {
            match node {
                // Node's querystring writes the scalars of a list as pairs of one name.
                Node::Array(items) if form.is_none() => {
                    for item in items {
                        let is_scalar = !matches!(item, Node::Array(_) | Node::Object(_));
                        if is_scalar {
                            self.flatten(name, item, pairs);
                        } else {
                            Self::add(pairs, name, String::new);
                        }
                    }
                }
                _ => Self::add(pairs, name, || form.map(|form| text_form(node, form)).unwrap_or_default()),
            }
            return;
        }
        match node {
            // Python iterates over a dictionary as over a list, which gives its names.
            Node::Object(members) if self.lists == Lists::Repeated => {
                for (inner, _) in members {
                    Self::add(pairs, name, || inner.to_string());
                }
            }
            Node::Object(members) => {
                for (inner, value) in self.ordered(members) {
                    self.flatten(&format!("{name}[{inner}]"), value, pairs);
                }
            }
            Node::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    let name = match self.lists {
                        Lists::Numbered => format!("{name}[{at}]"),
                        Lists::Bare => format!("{name}[]"),
                        Lists::Repeated | Lists::Kept(_) => name.to_owned(),
                    };
                    if self.lists == Lists::Repeated && matches!(item, Node::Array(_) | Node::Object(_)) {
                        Self::add(pairs, &name, || text_form(item, TextForm::Python));
                    } else {
                        self.flatten(&name, item, pairs);
                    }
                }
            }
            Node::Literal(_) | Node::Number(_) | Node::Text(_) => {}
        }
    }
}
