//! JSON as a form with nested names: `data[object][total]=1`.

use super::body::{Body, Variant};
use crate::http::form::{self, FormStyle};
use crate::json::print::Numbers;
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
    is_sorted: bool,
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
    /// Nothing is flattened: objects and lists have this text.
    Kept(Option<TextForm>),
}

const JAVASCRIPT: [Option<&str>; 3] = [Some("true"), Some("false"), Some("")];

const FLATTENERS: &[Flattener] = &[
    Flattener {
        how: "as PHP's http_build_query writes it",
        words: [Some("1"), Some("0"), None],
        numbers: Numbers::PHP,
        lists: Lists::Numbered,
        style: FormStyle::PHP,
        is_sorted: false,
    },
    Flattener {
        how: "as PHP's http_build_query writes it with PHP_QUERY_RFC3986",
        words: [Some("1"), Some("0"), None],
        numbers: Numbers::PHP,
        lists: Lists::Numbered,
        style: FormStyle::RFC3986,
        is_sorted: false,
    },
    Flattener {
        how: "as PHP's http_build_query writes it after ksort",
        words: [Some("1"), Some("0"), None],
        numbers: Numbers::PHP,
        lists: Lists::Numbered,
        style: FormStyle::PHP,
        is_sorted: true,
    },
    Flattener {
        how: "as Rails' to_query writes it",
        words: JAVASCRIPT,
        numbers: Numbers::RUBY,
        lists: Lists::Bare,
        style: FormStyle::PYTHON,
        is_sorted: true,
    },
    Flattener {
        how: "as Rack's build_nested_query writes it",
        words: JAVASCRIPT,
        numbers: Numbers::RUBY,
        lists: Lists::Bare,
        style: FormStyle { safe: "*-._[]", ..FormStyle::WHATWG },
        is_sorted: false,
    },
    Flattener {
        how: "as Node's qs writes it",
        words: JAVASCRIPT,
        numbers: Numbers::JAVASCRIPT,
        lists: Lists::Numbered,
        style: FormStyle::RFC3986,
        is_sorted: false,
    },
    Flattener {
        how: "as jQuery's param writes it",
        words: JAVASCRIPT,
        numbers: Numbers::JAVASCRIPT,
        lists: Lists::Bare,
        style: FormStyle { safe: "-._~!'()*", ..FormStyle::WHATWG },
        is_sorted: false,
    },
    Flattener {
        how: "as Node's querystring writes it",
        words: JAVASCRIPT,
        numbers: Numbers::JAVASCRIPT,
        lists: Lists::Kept(None),
        style: FormStyle::JAVASCRIPT,
        is_sorted: false,
    },
    Flattener {
        how: "as Python's urlencode writes it",
        words: [Some("True"), Some("False"), Some("None")],
        numbers: Numbers::PYTHON,
        lists: Lists::Kept(Some(TextForm::Python)),
        style: FormStyle::PYTHON,
        is_sorted: false,
    },
    Flattener {
        how: "as Python's urlencode writes it with doseq",
        words: [Some("True"), Some("False"), Some("None")],
        numbers: Numbers::PYTHON,
        lists: Lists::Repeated,
        style: FormStyle::PYTHON,
        is_sorted: false,
    },
];

/// Pairs that are made at most.
const MAX_PAIRS: usize = 1000;

pub(super) fn of_json(body: &Body<'_>) -> Vec<Variant> {
    let Some(Node::Object(members)) = &body.json else { return Vec::new() };
    let mut all = Vec::new();
    for flattener in FLATTENERS {
        let mut pairs = Vec::new();
        for (name, value) in members {
            flattener.flatten(name, value, &mut pairs);
        }
        let style = flattener.style;
        if flattener.is_sorted && flattener.lists == Lists::Bare {
            let mut written: Vec<String> = pairs.iter().map(|pair| form::write([pair], style)).collect();
            written.sort();
            all.push(variant(flattener.how, written.join("&")));
        } else {
            if flattener.is_sorted {
                pairs.sort_by(|a, b| a.0.split('[').next().cmp(&b.0.split('[').next()));
            }
            all.push(variant(flattener.how, form::write(&pairs, style)));
        }
        let plain: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        all.push(variant(&format!("{}, decoded", flattener.how), plain.join("&")));
    }
    all
}

fn variant(how: &str, text: String) -> Variant {
    Variant { how: format!("as a form of its members {how}").into(), bytes: text.into_bytes() }
}

impl Flattener {
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
                Some(if self.numbers == Numbers::PHP { printed.replace('e', "E") } else { printed })
            }
            Node::Text(text) => Some(text.to_string()),
            Node::Array(_) | Node::Object(_) => return self.nested(name, node, pairs),
        };
        pairs.extend(text.map(|text| (name.to_owned(), text)));
    }

    fn nested(&self, name: &str, node: &Node<'_>, pairs: &mut Vec<(String, String)>) {
        if let Lists::Kept(form) = self.lists {
            let text = form.map(|form| text_form(node, form)).unwrap_or_default();
            match node {
                // Node's querystring writes the scalars of a list as pairs of one name.
                Node::Array(items) if form.is_none() => {
                    for item in items {
                        let is_scalar = !matches!(item, Node::Array(_) | Node::Object(_));
                        if is_scalar {
                            self.flatten(name, item, pairs);
                        } else {
                            pairs.push((name.to_owned(), String::new()));
                        }
                    }
                }
                _ => pairs.push((name.to_owned(), text)),
            }
            return;
        }
        match node {
            Node::Object(_) if self.lists == Lists::Repeated => {
                pairs.push((name.to_owned(), text_form(node, TextForm::Python)));
            }
            Node::Object(members) => {
                for (inner, value) in members {
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
                        pairs.push((name, text_form(item, TextForm::Python)));
                    } else {
                        self.flatten(&name, item, pairs);
                    }
                }
            }
            Node::Literal(_) | Node::Number(_) | Node::Text(_) => {}
        }
    }
}
