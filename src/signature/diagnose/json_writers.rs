//! JSON as the libraries of the common languages write it again after parsing: one line per library and setting.
//! `tests/writers/` checks them against the languages themselves.

use std::borrow::Cow;

use super::body::Tier;
use crate::json::print::{Beyond, Escapes, Numbers, Style, Upper};

/// A way to write JSON, with its name.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    pub(super) code: &'static str,
    pub(super) tier: Tier,
    /// Completes "The signature is right for the body …".
    pub(super) how: Cow<'static, str>,
    pub(super) style: Style,
}

const fn writer(code: &'static str, tier: Tier, how: &'static str, style: Style) -> Writer {
    Writer { code, tier, how: Cow::Borrowed(how), style }
}

pub(super) const PYTHON_COMPACT: Style = Style { comma: ",", colon: ":", ..Style::PYTHON };
pub(super) const PYTHON_UTF8: Style = Style { escapes: Escapes::LEAST, ..Style::PYTHON };
const PYTHON_COMPACT_UTF8: Style = Style { escapes: Escapes::LEAST, ..PYTHON_COMPACT };
pub(super) const SPACED: Style = Style { comma: ", ", colon: ": ", ..Style::COMPACT };
pub(super) const PHP: Style = Style { escapes: Escapes::PHP, numbers: Some(Numbers::PHP), ..Style::COMPACT };
pub(super) const GO: Style = Style { escapes: Escapes::HTML, numbers: Some(Numbers::GO), ..Style::COMPACT };
/// Numbers stay as written, as the typed fields of a struct keep them.
const GO_STRUCT: Style = Style { numbers: None, ..GO };
pub(super) const RUBY: Style = Style { numbers: Some(Numbers::RUBY), ..Style::COMPACT };
/// As Ruby's JSON library writes it until version 2.10.
pub(super) const RUBY_PRETTY: Style = Style { empty_lines: true, ..RUBY.indented("  ") };
pub(super) const RAILS: Style = Style { escapes: Escapes::HTML, ..RUBY };
/// Jackson escapes control characters with upper-case digits.
pub(super) const JACKSON: Style =
    Style { numbers: Some(Numbers::JAVA), escapes: Escapes { upper: Upper::All, ..Escapes::LEAST }, ..Style::COMPACT };
pub(super) const JACKSON_PRETTY: Style = Style { colon: " : ", indent: Some("  "), jackson: true, ..JACKSON };
/// Gson writes a tree that it has parsed: numbers stay as written, members that are null are left out.
pub(super) const GSON_TREE: Style = Style { escapes: Escapes::GSON, without_nulls: true, ..Style::COMPACT };
pub(super) const GSON_PLAIN: Style = Style { escapes: GSON_LINES, without_nulls: true, ..Style::COMPACT };
pub(super) const GSON_LINES: Escapes = Escapes { beyond_ascii: Beyond::Lines, ..Escapes::LEAST };
pub(super) const DOTNET: Style = Style { escapes: Escapes::DOTNET, ..Style::COMPACT };
pub(super) const DOTNET_RELAXED: Style = Style { escapes: Escapes::DOTNET_RELAXED, ..Style::COMPACT };
pub(super) const NEWTONSOFT: Style = Style {
    numbers: Some(Numbers::NEWTONSOFT),
    escapes: Escapes { beyond_ascii: Beyond::LinesAndNextLine, ..Escapes::LEAST },
    ..Style::COMPACT
};
pub(super) const RUST: Style = Style { numbers: Some(Numbers::RUST), ..Style::COMPACT };
const PRETTY: Style = Style::JAVASCRIPT.indented("  ");

const fn crlf(style: Style) -> Style {
    Style { line_end: "\r\n", ..style }
}

const WRITERS: &[Writer] = &[
    writer("body_json_javascript", Tier::Common, "as JavaScript's JSON.stringify writes it", Style::JAVASCRIPT),
    writer("body_json_python", Tier::Common, "as Python's json.dumps writes it", Style::PYTHON),
    writer("body_json_python", Tier::Common, "as Python's json.dumps writes it without spaces", PYTHON_COMPACT),
    writer("body_json_sorted", Tier::Common, "as compact JSON with sorted names", Style::COMPACT.sorted()),
    writer("body_json_go", Tier::Common, "as Go's json.Marshal writes a map", GO.sorted()),
    writer("body_json_go", Tier::Common, "as Go's json.Marshal writes a struct", GO),
    writer("body_json_pretty", Tier::Common, "as JSON indented by two spaces", PRETTY),
    writer("body_json_php", Tier::Likely, "as PHP's json_encode writes it", PHP),
    writer(
        "body_json_php",
        Tier::Likely,
        "as PHP's json_encode writes it after json_decode into arrays",
        Style { php_arrays: true, ..PHP },
    ),
    writer("body_json_python", Tier::Rare, "as Python's json.dumps writes it with ensure_ascii=False", PYTHON_UTF8),
    writer("body_json_compact", Tier::Rare, "as compact JSON", Style::COMPACT),
    writer(
        "body_json_python",
        Tier::Rare,
        "as Python's json.dumps writes it without spaces and with ensure_ascii=False",
        PYTHON_COMPACT_UTF8,
    ),
    writer("body_json_spaced", Tier::Rare, "as JSON with a space after each comma and colon", SPACED),
    writer(
        "body_json_sorted",
        Tier::Rare,
        "as Python's json.dumps writes it with sort_keys=True",
        Style::PYTHON.sorted(),
    ),
    writer(
        "body_json_sorted",
        Tier::Rare,
        "as Python's json.dumps writes it with sort_keys=True and ensure_ascii=False",
        PYTHON_UTF8.sorted(),
    ),
    writer("body_json_sorted", Tier::Rare, "as compact, escaped JSON with sorted names", PYTHON_COMPACT.sorted()),
    writer(
        "body_json_sorted",
        Tier::Rare,
        "as Python's json.dumps writes it with sort_keys=True, without spaces and with ensure_ascii=False",
        PYTHON_COMPACT_UTF8.sorted(),
    ),
    writer("body_json_sorted", Tier::Rare, "as JavaScript writes it with sorted names", Style::JAVASCRIPT.sorted()),
    writer("body_json_ruby", Tier::Rare, "as Ruby's JSON.generate writes it", RUBY),
    writer("body_json_rails", Tier::Rare, "as Rails' to_json writes it", RAILS),
    writer(
        "body_json_rails",
        Tier::Rare,
        "as Rails' to_json writes it, with slashes escaped",
        Style { escapes: Escapes { slash: true, ..Escapes::HTML }, ..RAILS },
    ),
    writer("body_json_go", Tier::Rare, "as Go writes a struct, with numbers as they came", GO_STRUCT),
    writer(
        "body_json_go",
        Tier::Rare,
        "as Go's json.Marshal wrote a map before Go 1.22",
        Style { escapes: Escapes { short: false, ..Escapes::HTML }, ..GO.sorted() },
    ),
    writer(
        "body_json_go",
        Tier::Rare,
        "as Go's json.Marshal wrote a struct before Go 1.22",
        Style { escapes: Escapes { short: false, ..Escapes::HTML }, ..GO },
    ),
    writer(
        "body_json_go",
        Tier::Rare,
        "as Go's json.Encoder writes a map with SetEscapeHTML(false)",
        Style { escapes: GSON_LINES, ..GO.sorted() },
    ),
    writer("body_json_java", Tier::Rare, "as Jackson writes it", JACKSON),
    writer("body_json_java", Tier::Rare, "as Gson writes a tree", GSON_TREE),
    writer(
        "body_json_java",
        Tier::Rare,
        "as Gson writes a tree with serializeNulls",
        Style { without_nulls: false, ..GSON_TREE },
    ),
    writer("body_json_java", Tier::Rare, "as Gson writes a tree with disableHtmlEscaping", GSON_PLAIN),
    writer(
        "body_json_java",
        Tier::Rare,
        "as Gson writes a map, with every number a double",
        Style { numbers: Some(Numbers::GSON), ..GSON_TREE },
    ),
    writer("body_json_dotnet", Tier::Rare, "as .NET's System.Text.Json writes it", DOTNET),
    writer(
        "body_json_dotnet",
        Tier::Rare,
        "as .NET's System.Text.Json writes it with numbers read as double",
        Style { numbers: Some(Numbers::DOTNET), ..DOTNET },
    ),
    writer(
        "body_json_dotnet",
        Tier::Rare,
        "as .NET's System.Text.Json writes it with UnsafeRelaxedJsonEscaping",
        DOTNET_RELAXED,
    ),
    writer("body_json_dotnet", Tier::Rare, "as .NET's Newtonsoft.Json writes it", NEWTONSOFT),
    writer("body_json_rust", Tier::Rare, "as Rust's serde_json writes it", RUST),
    writer("body_json_rust", Tier::Rare, "as Rust's serde_json writes it with sorted names", RUST.sorted()),
];

/// What no library writes by default, and indented JSON. Tried after PHP's flags.
const LATER: &[Writer] = &[
    writer("body_json_javascript", Tier::Rare, "as JavaScript writes it without null members", WITHOUT_NULLS),
    writer("body_json_compact", Tier::Rare, "as compact JSON without null members", COMPACT_WITHOUT_NULLS),
    writer(
        "body_json_escapes",
        Tier::Rare,
        "as compact JSON with upper-case digits in its escapes",
        Style { escapes: Escapes { upper: Upper::All, ..Escapes::LEAST }, ..Style::COMPACT },
    ),
    writer(
        "body_json_escapes",
        Tier::Rare,
        "as compact, escaped JSON with upper-case digits in its escapes",
        Style { escapes: Escapes { upper: Upper::All, ..Escapes::ASCII }, ..Style::COMPACT },
    ),
    writer("body_json_escapes", Tier::Rare, "as compact, escaped JSON", ASCII),
    writer(
        "body_json_escapes",
        Tier::Rare,
        "as compact, escaped JSON with escaped slashes",
        Style { escapes: Escapes { slash: true, ..Escapes::ASCII }, ..Style::COMPACT },
    ),
    writer("body_json_pretty", Tier::Rare, "as JSON indented by four spaces", Style::JAVASCRIPT.indented("    ")),
    writer("body_json_python", Tier::Rare, "as Python's json.dumps writes it with indent=2", PYTHON_2),
    writer("body_json_python", Tier::Rare, "as Python's json.dumps writes it with indent=4", PYTHON_4),
    writer(
        "body_json_python",
        Tier::Rare,
        "as Python's json.dumps writes it with indent=2 and ensure_ascii=False",
        PYTHON_UTF8.indented("  "),
    ),
    writer(
        "body_json_python",
        Tier::Rare,
        "as Python's json.dumps writes it with indent=4 and ensure_ascii=False",
        PYTHON_UTF8.indented("    "),
    ),
    writer(
        "body_json_sorted",
        Tier::Rare,
        "as Python's json.dumps writes it with indent=2 and sort_keys=True",
        PYTHON_2.sorted(),
    ),
    writer(
        "body_json_sorted",
        Tier::Rare,
        "as Python's json.dumps writes it with indent=4 and sort_keys=True",
        PYTHON_4.sorted(),
    ),
    writer("body_json_sorted", Tier::Rare, "as JSON indented by two spaces with sorted names", PRETTY.sorted()),
    writer("body_json_pretty", Tier::Rare, "as JSON indented by tabs", Style::JAVASCRIPT.indented("\t")),
    writer(
        "body_json_pretty",
        Tier::Rare,
        "as JSON indented by two spaces, with numbers as they came",
        Style::COMPACT.indented("  "),
    ),
    writer(
        "body_json_pretty",
        Tier::Rare,
        "as JSON indented by four spaces, with numbers as they came",
        Style::COMPACT.indented("    "),
    ),
    writer("body_json_pretty", Tier::Rare, "as JSON indented by two spaces with CR LF newlines", crlf(PRETTY)),
    writer("body_json_ruby", Tier::Rare, "as Ruby's JSON.pretty_generate writes it", RUBY_PRETTY),
    writer("body_json_ruby", Tier::Rare, "as JSON.pretty_generate of json 2.10 writes it", RUBY.indented("  ")),
    writer(
        "body_json_go",
        Tier::Rare,
        "as Go's json.MarshalIndent writes a map by two spaces",
        GO.sorted().indented("  "),
    ),
    writer("body_json_go", Tier::Rare, "as Go's json.MarshalIndent writes a map by tabs", GO.sorted().indented("\t")),
    writer("body_json_go", Tier::Rare, "as Go's json.MarshalIndent writes a struct by two spaces", GO.indented("  ")),
    writer("body_json_java", Tier::Rare, "as Jackson's pretty printer writes it", JACKSON_PRETTY),
    writer("body_json_java", Tier::Rare, "as Gson's pretty printer writes a tree", GSON_TREE.indented("  ")),
    writer("body_json_dotnet", Tier::Rare, "as .NET's System.Text.Json writes it indented", DOTNET.indented("  ")),
    writer(
        "body_json_dotnet",
        Tier::Rare,
        "as .NET's System.Text.Json writes it indented on Windows",
        crlf(DOTNET.indented("  ")),
    ),
    writer("body_json_dotnet", Tier::Rare, "as .NET's Newtonsoft.Json writes it indented", NEWTONSOFT.indented("  ")),
    writer(
        "body_json_dotnet",
        Tier::Rare,
        "as .NET's Newtonsoft.Json writes it indented on Windows",
        crlf(NEWTONSOFT.indented("  ")),
    ),
    writer("body_json_rust", Tier::Rare, "as Rust's serde_json writes it indented", RUST.indented("  ")),
    writer(
        "body_json_rust",
        Tier::Rare,
        "as Rust's serde_json writes it indented and sorted",
        RUST.sorted().indented("  "),
    ),
];

const WITHOUT_NULLS: Style = Style { without_nulls: true, ..Style::JAVASCRIPT };
const COMPACT_WITHOUT_NULLS: Style = Style { without_nulls: true, ..Style::COMPACT };
const ASCII: Style = Style { escapes: Escapes { ascii: "", ..Escapes::ASCII }, ..Style::COMPACT };
const PYTHON_2: Style = Style::PYTHON.indented("  ");
const PYTHON_4: Style = Style::PYTHON.indented("    ");

/// The writers of that tier, likely ones first.
pub(super) fn writers(tier: Tier) -> Vec<Writer> {
    let of_tier = |table: &'static [Writer]| table.iter().filter(move |writer| writer.tier == tier).cloned();
    let php = if tier == Tier::Rare { php() } else { Vec::new() };
    of_tier(WRITERS).chain(php).chain(of_tier(LATER)).collect()
}

/// PHP's `json_encode` with every combination of flags that is in use.
fn php() -> Vec<Writer> {
    let mut all = Vec::new();
    // Common flags have the low bits, so that few and likely flags come first.
    for bits in 0_u8..64 {
        let is = |bit: u8| bits & (1 << bit) != 0;
        let (unicode, slashes, pretty, arrays, fraction, hex) = (is(0), is(1), is(2), is(3), is(4), is(5));
        // The HEX flags are for JSON inside HTML, which is not indented.
        if hex && (pretty || fraction) {
            continue;
        }
        let flags: Vec<&str> = [
            (unicode, "JSON_UNESCAPED_UNICODE"),
            (slashes, "JSON_UNESCAPED_SLASHES"),
            (pretty, "JSON_PRETTY_PRINT"),
            (fraction, "JSON_PRESERVE_ZERO_FRACTION"),
            (hex, "JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_HEX_QUOT"),
        ]
        .into_iter()
        .filter_map(|(is_set, name)| is_set.then_some(name))
        .collect();
        let after = if arrays { " after json_decode into arrays" } else { "" };
        let style = Style {
            escapes: Escapes {
                beyond_ascii: if unicode { Beyond::Lines } else { Beyond::All },
                ascii: if hex { "<>&'\"" } else { "" },
                slash: !slashes,
                upper: if hex { Upper::Listed } else { Upper::None },
                short: true,
            },
            numbers: Some(if fraction { Numbers::PHP_FRACTION } else { Numbers::PHP }),
            php_arrays: arrays,
            ..Style::COMPACT
        };
        all.push(Writer {
            code: "body_json_php",
            tier: Tier::Rare,
            how: format!("as PHP's json_encode writes it with {}{after}", flags.join(" | ")).into(),
            style: if pretty { style.indented("    ") } else { style },
        });
    }
    all
}
