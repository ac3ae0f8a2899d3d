//! Our writers compared with the languages themselves: `tests/writers/run` makes the table with the real ones.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::http::form::{self, Charset, FormStyle};
use crate::json::print::{Beyond, Escapes, Numbers, Order, Style, print};
use crate::json::text_forms::{TextForm, text_form};
use crate::json::tree::{Node, parse};
use crate::json::{inspected::inspected, php_forms, pretty_python::pformat};
use crate::signature::diagnose::json_dialects::dialects;
use crate::signature::diagnose::json_writers::{self, GO, GSON_TREE, JACKSON, JACKSON_PRETTY, PHP, RUBY, RUBY_PRETTY};

#[derive(Deserialize)]
struct Table {
    inputs: Inputs,
    outputs: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Inputs {
    json: Vec<String>,
    forms: Vec<Vec<(String, String)>>,
}

fn table() -> Table {
    serde_json::from_str(include_str!("../../../../tests/writers/table.json")).unwrap()
}

const PYTHON_UTF8: Style = Style { escapes: Escapes::LEAST, ..Style::PYTHON };
/// Go 1.19 wrote the table.
const GO_OLD: Style = Style { escapes: Escapes { short: false, ..Escapes::HTML }, ..GO.sorted() };
const GO_PLAIN: Escapes = Escapes { ascii: "", short: false, ..Escapes::HTML };

fn dialect(name: &str) -> Style {
    dialects().find(|dialect| dialect.name == name).unwrap().style
}

fn style(name: &str) -> Option<Style> {
    let whole = name;
    let (name, php_arrays) = name.strip_suffix("-arrays").map_or((name, false), |name| (name, true));
    let php = |unicode: bool, slash: bool| Style {
        php_arrays,
        escapes: Escapes { beyond_ascii: if unicode { Beyond::Lines } else { Beyond::All }, slash, ..Escapes::PHP },
        ..PHP
    };
    Some(match name {
        "javascript" => Style::JAVASCRIPT,
        "javascript-indent-2" => Style::JAVASCRIPT.indented("  "),
        "javascript-indent-tab" => Style::JAVASCRIPT.indented("\t"),
        "python" => Style::PYTHON,
        "python-compact" => Style { comma: ",", colon: ":", ..Style::PYTHON },
        "python-utf8" => PYTHON_UTF8,
        "python-sorted" => Style::PYTHON.sorted(),
        "python-indent-2" => Style::PYTHON.indented("  "),
        "python-indent-4-sorted-utf8" => PYTHON_UTF8.sorted().indented("    "),
        "php" => php(false, true),
        "php-unicode" => php(true, true),
        "php-slashes" => php(false, false),
        "php-unicode-slashes" => php(true, false),
        "php-pretty" => php(false, true).indented("    "),
        "php-pretty-unicode-slashes" => php(true, false).indented("    "),
        "php-fraction" => Style { numbers: Some(Numbers::PHP_FRACTION), ..php(false, true) },
        "ruby" => RUBY,
        "ruby-pretty" => RUBY_PRETTY,
        "go-map" => GO_OLD,
        "go-map-indent-2" => GO_OLD.indented("  "),
        "go-map-plain-line" => Style { escapes: GO_PLAIN, ..GO_OLD },
        "jackson" => JACKSON,
        "jackson-pretty" => JACKSON_PRETTY,
        "gson-tree" => GSON_TREE,
        "gson-tree-nulls" => Style { without_nulls: false, ..GSON_TREE },
        "gson-tree-plain" => Style { escapes: Escapes { ascii: "", ..Escapes::GSON }, ..GSON_TREE },
        "gson-tree-pretty" => GSON_TREE.indented("  "),
        "gson-object" => Style { numbers: Some(Numbers::GSON), ..GSON_TREE },
        "javascript-indent-1" => Style::JAVASCRIPT.indented(" "),
        "javascript-indent-3" => Style::JAVASCRIPT.indented("   "),
        "python-indent-1" => Style::PYTHON.indented(" "),
        "python-indent-3" => Style::PYTHON.indented("   "),
        "python-indent-tab" => Style::PYTHON.indented("\t"),
        "python-colon-space" => Style { comma: ",", ..Style::PYTHON },
        "python-comma-space" => Style { colon: ":", ..Style::PYTHON },
        "php-ksort-arrays" => Style { php_arrays: true, order: Order::SortedTopIndexesFirst, ..PHP },
        "ruby-colon-space" => Style { colon: ": ", ..RUBY },
        "ruby-sorted-top" => Style { order: Order::SortedTop, ..RUBY },
        "go-map-indent-4" => GO_OLD.indented("    "),
        "go-use-number" => Style { numbers: None, ..GO_OLD },
        "jackson-sorted" => JACKSON.sorted(),
        "jackson-hashed" => Style { order: Order::HashedCopy, ..JACKSON },
        "gson-tree-pretty-plain" => {
            Style { escapes: Escapes { ascii: "", ..Escapes::GSON }, ..GSON_TREE }.indented("  ")
        }
        "perl-canonical" => dialect("perl").sorted(),
        "perl-ascii-canonical" => dialect("perl-ascii").sorted(),
        "perl-canonical-pretty-line" => Style { colon: " : ", ..dialect("perl").sorted().indented("   ") },
        _ => return dialects().find(|dialect| dialect.name == whole).map(|dialect| dialect.style),
    })
}

#[test]
fn json_is_written_as_the_languages_write_it() {
    let table = table();
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (name, outputs) in &table.outputs {
        let Some(style) = style(name) else { continue };
        for (input, expected) in table.inputs.json.iter().zip(outputs) {
            if name.starts_with("gson") && input.contains("\"k\": 1, \"k\"") {
                // Gson refuses repeated names.
                continue;
            }
            let node = parse(input.as_bytes()).unwrap();
            let line = if name.ends_with("-line") { "\n" } else { "" };
            let got = print(&node, style, input.len()).unwrap() + line;
            compared += 1;
            if got != *expected {
                wrong.push(format!("{name}\n  wanted {expected}\n  got    {got}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 300, "{compared}");
}

#[test]
fn text_forms_are_those_of_the_languages() {
    let table = table();
    for (name, form) in [
        ("python-str", TextForm::Python),
        ("ruby-to-s", TextForm::Ruby),
        ("java-to-string", TextForm::Java),
        ("ruby-symbols", TextForm::RubySymbols),
        ("ruby-outer-symbols", TextForm::RubyOuterSymbols),
        ("go-sprint", TextForm::Go),
    ] {
        for (input, expected) in table.inputs.json.iter().zip(&table.outputs[name]) {
            if input.contains("\\u0085") {
                // Which invisible characters are escaped differs with the Unicode version.
                continue;
            }
            assert_eq!(text_form(&parse(input.as_bytes()).unwrap(), form), *expected, "{name}");
        }
    }
}

#[test]
fn printed_forms_are_those_of_the_languages() {
    type Write = fn(&Node<'_>) -> String;
    let table = table();
    let mut wrong = Vec::new();
    let all: [(&str, Write); 6] = [
        ("node-inspect", |node| inspected(node, 2)),
        ("node-inspect-deep", |node| inspected(node, usize::MAX)),
        ("python-pformat", pformat),
        ("php-serialize", |node| by_php(node, php_forms::serialized)),
        ("php-print-r", |node| by_php(node, |node, out| php_forms::print_r(node, 0, out))),
        ("php-var-export", |node| by_php(node, |node, out| php_forms::exported(node, 0, out))),
    ];
    for (name, write) in all {
        for (input, expected) in table.inputs.json.iter().zip(&table.outputs[name]) {
            let got = write(&parse(input.as_bytes()).unwrap());
            // Which invisible characters are escaped differs with the Unicode version.
            if got != *expected && !input.contains("\\u0085") {
                wrong.push(format!("{name}\n  wanted {expected}\n  got    {got}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn by_php(node: &Node<'_>, write: fn(&Node<'_>, &mut String)) -> String {
    let mut out = String::new();
    write(node, &mut out);
    out
}

#[test]
fn forms_are_written_as_the_languages_write_them() {
    let table = table();
    for (name, style) in [
        ("form-whatwg", FormStyle::WHATWG),
        ("form-ruby", FormStyle::WHATWG),
        ("form-java", FormStyle::WHATWG),
        ("form-python", FormStyle::PYTHON),
        ("form-ruby-cgi", FormStyle::PYTHON),
        ("form-python-quote", FormStyle::RFC3986),
        ("form-php", FormStyle::PHP),
        ("form-php-rfc3986", FormStyle::RFC3986),
        ("form-querystring", FormStyle::JAVASCRIPT),
        ("form-encode-uri-component", FormStyle::JAVASCRIPT),
        ("form-go-sorted", FormStyle::PYTHON),
        ("form-go-path", FormStyle::GO_PATH),
        ("form-encode-uri", FormStyle::ENCODE_URI),
        ("form-escape", FormStyle::ESCAPE),
        ("form-python-latin1", FormStyle { charset: Charset::Latin1, ..FormStyle::PYTHON }),
        ("form-python-safe", FormStyle { safe: "-._~/:", ..FormStyle::PYTHON }),
    ] {
        for (pairs, expected) in table.inputs.forms.iter().zip(&table.outputs[name]) {
            let mut pairs = pairs.clone();
            if name.ends_with("-sorted") {
                pairs.sort_by(|a, b| a.0.cmp(&b.0));
            }
            assert_eq!(form::write(&pairs, style), *expected, "{name}");
        }
    }
}

/// Writers that cannot be run here are checked against their documentation: System.Text.Json escapes by default all but
/// Basic Latin and `<>&'"+` and backquotes with upper-case digits; Newtonsoft.Json keeps `.0`; Rails escapes `<>&` and
/// the two separators.
#[test]
fn dotnet_and_rails_by_their_documentation() {
    let body = "{\"a\":\"é<&>'+`\\\"\u{2028}\",\"n\":[1.0,12.50,1e16]}";
    let node = parse(body.as_bytes()).unwrap();
    let written = |style| print(&node, style, body.len()).unwrap();
    let stj = r#"{"a":"\u00E9\u003C\u0026\u003E\u0027\u002B\u0060\u0022\u2028","n":[1.0,12.50,1e16]}"#;
    assert_eq!(written(json_writers::DOTNET), stj);
    let rails = "{\"a\":\"é\\u003c\\u0026\\u003e'+`\\\"\\u2028\",\"n\":[1.0,12.5,1.0e+16]}";
    assert_eq!(written(json_writers::RAILS), rails);
    let newtonsoft = "{\"a\":\"é<&>'+`\\\"\\u2028\",\"n\":[1.0,12.5,1E+16]}";
    assert_eq!(written(json_writers::NEWTONSOFT), newtonsoft);
    assert_eq!(written(json_writers::RUST.sorted()), "{\"a\":\"é<&>'+`\\\"\u{2028}\",\"n\":[1.0,12.5,1e+16]}");
}

#[test]
fn styles_that_are_alike_in_what_matters_print_a_value_alike() {
    use crate::signature::diagnose::json_facts::Facts;
    use crate::signature::diagnose::json_writers::writers;
    let mut inputs = table().inputs.json;
    inputs.extend(
        [
            "[1,2,-3,0]",
            r#"{"b":1,"a":{"d":"x/y","c":"<&>"}}"#,
            r#"{"a":1,"b":{"c":2}}"#,
            r#"{"0":{},"1":[],"a":null}"#,
            r#"{"2":1,"10":2,"1":3}"#,
            r#"{"a":"\b\f\u001f\u007f'\"\\"}"#,
            r#"{"a":"\u00e9\u2028\ud83d\ude00"}"#,
            "[1.0,-0,1e30,12345678901234567890,0.1]",
            "[-0]",
            "[]",
            "{}",
            r#""=`+""#,
        ]
        .map(str::to_owned),
    );
    for input in inputs {
        let node = parse(input.as_bytes()).unwrap();
        let facts = Facts::of(&node);
        let mut known: std::collections::HashMap<Style, (Style, Option<String>)> = std::collections::HashMap::new();
        let tiers =
            [super::super::body::Tier::Common, super::super::body::Tier::Likely, super::super::body::Tier::Rare];
        let styles = tiers.into_iter().flat_map(writers).map(|writer| writer.style);
        let seldom = crate::signature::diagnose::json_layouts::writers(&node, input.len());
        for style in styles.chain(dialects().map(|one| one.style)).chain(seldom.into_iter().map(|one| one.style)) {
            let printed = print(&node, style, input.len());
            let first = known.entry(facts.normal(style)).or_insert_with(|| (style, printed.clone()));
            assert_eq!(first.1, printed, "{input}: {:?} and {style:?}", first.0);
        }
    }
}
