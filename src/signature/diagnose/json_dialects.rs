//! JSON as the less common settings of the libraries write it: how texts and numbers look. `json_layouts` combines them
//! with white space and orders. `tests/writers/` checks them against the languages themselves.

use super::dialect::{
    COMPACT, DOTNET_CODE, Dialect, GO_CODE, JAVA, LINES, PERL, PHP_SLASHES, PHP_UNICODE, PYTHON, RUBY_CODE, SLASH,
    SWIFT, arrays, counted, dialect, escaped,
};
use super::json_writers::{
    DOTNET, DOTNET_RELAXED, GO, GSON_PLAIN, GSON_TREE, JACKSON, NEWTONSOFT, PHP, PYTHON_COMPACT, PYTHON_UTF8, RAILS,
    RUBY, RUST,
};
use crate::json::print::{Beyond, Escapes, Numbers, Order, Style, Upper};

const fn all_members(style: Style) -> Style {
    Style { without_nulls: false, ..style }
}

const ASCII: Escapes = Escapes { ascii: "", ..Escapes::ASCII };
const GO_PLAIN: Escapes = LINES;
const OLD_GO: Escapes = Escapes { short: false, ..Escapes::HTML };
const OLD_GO_PLAIN: Escapes = Escapes { short: false, ..LINES };
const UPPER_ASCII: Escapes = Escapes { upper: Upper::All, ..ASCII };
const ORG_JSON: Escapes = Escapes { beyond_ascii: Beyond::ControlsAndPunctuation, ..Escapes::LEAST };
const JSON_SIMPLE: Escapes = Escapes { slash: true, ascii: "\u{7f}", upper: Upper::All, ..ORG_JSON };
const STJ_ALL: Escapes = Escapes { beyond_ascii: Beyond::LinesAndSupplementary, ..Escapes::DOTNET };
/// .NET counts U+0085 among the line ends.
const NEWTONSOFT_LINES: Escapes = Escapes { beyond_ascii: Beyond::LinesAndNextLine, ..Escapes::LEAST };

const JAVASCRIPT: &str = "body_json_javascript";

/// Dialects of many senders come first: if several write the same text, the first one is named.
pub(super) fn dialects() -> impl Iterator<Item = &'static Dialect> {
    FIRST.iter().chain(super::php_dialects::DIALECTS).chain(OTHERS)
}

const FIRST: &[Dialect] = &[
    dialect("javascript", 0, JAVASCRIPT, "JavaScript's JSON.stringify", Style::JAVASCRIPT),
    dialect("python", 0, PYTHON, "Python's json.dumps", PYTHON_COMPACT),
    dialect(
        "python-utf8",
        0,
        PYTHON,
        "Python's json.dumps with ensure_ascii=False",
        escaped(PYTHON_COMPACT, Escapes::LEAST),
    ),
    dialect("compact", 0, COMPACT, "a library that keeps numbers as they came", Style::COMPACT),
];

const OTHERS: &[Dialect] = &[
    dialect("ruby", 1, RUBY_CODE, "Ruby's JSON.generate", RUBY),
    dialect("rails", 1, "body_json_rails", "Rails' to_json", RAILS),
    dialect("ruby-script-safe", 1, RUBY_CODE, "Ruby's JSON.generate with script_safe", escaped(RUBY, PHP_UNICODE)),
    dialect("ruby-ascii", 2, RUBY_CODE, "Ruby's JSON.generate with ascii_only", escaped(RUBY, ASCII)),
    dialect("go", 0, GO_CODE, "Go's json.Marshal", GO),
    dialect("go-use-number", 1, GO_CODE, "Go's json.Marshal after Decoder.UseNumber", Style { numbers: None, ..GO }),
    dialect("go-plain", 1, GO_CODE, "Go's json.Encoder with SetEscapeHTML(false)", escaped(GO, GO_PLAIN)),
    dialect("go-old", 0, GO_CODE, "Go's json.Marshal before Go 1.22", escaped(GO, OLD_GO)),
    dialect(
        "go-old-use-number",
        2,
        GO_CODE,
        "Go's json.Marshal before Go 1.22 after Decoder.UseNumber",
        Style { numbers: None, ..escaped(GO, OLD_GO) },
    ),
    dialect(
        "go-old-plain",
        1,
        GO_CODE,
        "Go's json.Encoder with SetEscapeHTML(false) before Go 1.22",
        escaped(GO, OLD_GO_PLAIN),
    ),
    dialect("jackson", 1, JAVA, "Jackson", JACKSON),
    dialect("jackson-ascii", 1, JAVA, "Jackson with ESCAPE_NON_ASCII", escaped(JACKSON, UPPER_ASCII)),
    dialect("jackson-non-null", 1, JAVA, "Jackson with NON_NULL", Style { without_nulls: true, ..JACKSON }),
    dialect("jackson-decimal", 2, JAVA, "Jackson with USE_BIG_DECIMAL_FOR_FLOATS", counted(JACKSON, Numbers::DECIMAL)),
    dialect("jackson-double", 2, JAVA, "Jackson with every number a double", counted(JACKSON, Numbers::GSON)),
    dialect("gson-tree", 1, JAVA, "Gson", GSON_TREE),
    dialect("gson-tree-nulls", 1, JAVA, "Gson with serializeNulls", all_members(GSON_TREE)),
    dialect("gson-tree-plain", 1, JAVA, "Gson with disableHtmlEscaping", GSON_PLAIN),
    dialect("gson-tree-plain-nulls", 1, JAVA, "Gson's JsonElement.toString()", all_members(GSON_PLAIN)),
    dialect("gson-object", 1, JAVA, "Gson of a map, with every number a double,", counted(GSON_TREE, Numbers::GSON)),
    dialect(
        "gson-object-nulls",
        2,
        JAVA,
        "Gson of a map with serializeNulls",
        all_members(counted(GSON_TREE, Numbers::GSON)),
    ),
    dialect("gson-object-plain", 2, JAVA, "Gson of a map with disableHtmlEscaping", counted(GSON_PLAIN, Numbers::GSON)),
    dialect(
        "gson-object-plain-nulls",
        2,
        JAVA,
        "Gson of a map with serializeNulls and disableHtmlEscaping",
        all_members(counted(GSON_PLAIN, Numbers::GSON)),
    ),
    dialect("org-json", 2, JAVA, "Java's org.json", counted(escaped(Style::COMPACT, ORG_JSON), Numbers::DECIMAL)),
    dialect("json-simple", 2, JAVA, "Java's json-simple", counted(escaped(Style::COMPACT, JSON_SIMPLE), Numbers::JAVA)),
    dialect("dotnet", 1, DOTNET_CODE, ".NET's System.Text.Json", DOTNET),
    dialect(
        "dotnet-double",
        2,
        DOTNET_CODE,
        ".NET's System.Text.Json with numbers read as double",
        counted(DOTNET, Numbers::DOTNET),
    ),
    dialect(
        "dotnet-non-null",
        2,
        DOTNET_CODE,
        ".NET's System.Text.Json with WhenWritingNull",
        Style { without_nulls: true, ..DOTNET },
    ),
    dialect(
        "dotnet-ranges",
        2,
        DOTNET_CODE,
        ".NET's System.Text.Json with UnicodeRanges.All",
        escaped(DOTNET, STJ_ALL),
    ),
    dialect("dotnet-relaxed", 2, DOTNET_CODE, ".NET's System.Text.Json with UnsafeRelaxedJsonEscaping", DOTNET_RELAXED),
    dialect("newtonsoft", 1, DOTNET_CODE, ".NET's Newtonsoft.Json", NEWTONSOFT),
    dialect(
        "newtonsoft-decimal",
        2,
        DOTNET_CODE,
        ".NET's Newtonsoft.Json with numbers as decimal",
        escaped(Style::COMPACT, NEWTONSOFT_LINES),
    ),
    dialect(
        "newtonsoft-non-null",
        2,
        DOTNET_CODE,
        ".NET's Newtonsoft.Json with NullValueHandling.Ignore",
        Style { without_nulls: true, ..NEWTONSOFT },
    ),
    dialect(
        "newtonsoft-html",
        2,
        DOTNET_CODE,
        ".NET's Newtonsoft.Json with EscapeHtml",
        escaped(NEWTONSOFT, Escapes { ascii: "<>&'", ..NEWTONSOFT_LINES }),
    ),
    dialect(
        "newtonsoft-ascii",
        2,
        DOTNET_CODE,
        ".NET's Newtonsoft.Json with EscapeNonAscii",
        escaped(NEWTONSOFT, ASCII),
    ),
    dialect("rust", 1, "body_json_rust", "Rust's serde_json", RUST),
    dialect("swift", 1, SWIFT, "Swift's JSONSerialization", counted(escaped(Style::COMPACT, SLASH), Numbers::SWIFT)),
    dialect("perl", 1, PERL, "Perl's JSON::PP", counted(Style::COMPACT, Numbers::PERL)),
    dialect(
        "perl-ascii",
        2,
        PERL,
        "Perl's JSON::PP with ascii",
        counted(escaped(Style::COMPACT, ASCII), Numbers::PERL),
    ),
    dialect(
        "jq",
        1,
        "body_json_jq",
        "jq",
        counted(escaped(Style::COMPACT, Escapes { ascii: "\u{7f}", ..Escapes::LEAST }), Numbers::JQ),
    ),
    dialect("jq-ascii", 2, "body_json_jq", "jq -a", counted(escaped(Style::COMPACT, Escapes::ASCII), Numbers::JQ)),
    dialect("postgres", 1, COMPACT, "PostgreSQL's jsonb", counted(Style::COMPACT, Numbers::PLAIN)),
    dialect(
        "javascript-ascii",
        2,
        JAVASCRIPT,
        "JavaScript, with everything beyond ASCII escaped,",
        escaped(Style::JAVASCRIPT, ASCII),
    ),
    dialect(
        "javascript-slashes",
        2,
        JAVASCRIPT,
        "JavaScript, with slashes escaped,",
        escaped(Style::JAVASCRIPT, SLASH),
    ),
    dialect(
        "express",
        2,
        JAVASCRIPT,
        "Express with `json escape`",
        escaped(Style::JAVASCRIPT, Escapes { ascii: "<>&", ..Escapes::LEAST }),
    ),
    dialect(
        "next",
        2,
        JAVASCRIPT,
        "JavaScript's htmlEscapeJsonString (React, Next.js)",
        escaped(Style::JAVASCRIPT, Escapes::HTML),
    ),
    dialect(
        "serialize-javascript",
        2,
        JAVASCRIPT,
        "serialize-javascript",
        escaped(Style::JAVASCRIPT, Escapes { ascii: "<>/", upper: Upper::Listed, ..LINES }),
    ),
    dialect("django", 1, PYTHON, "Django REST framework", escaped(PYTHON_COMPACT, LINES)),
    dialect("ujson", 1, PYTHON, "Python's ujson", escaped(PYTHON_COMPACT, Escapes { slash: true, ..Escapes::ASCII })),
    dialect("ujson-utf8", 2, PYTHON, "Python's ujson with ensure_ascii=False", escaped(PYTHON_COMPACT, SLASH)),
    dialect(
        "python-html",
        2,
        PYTHON,
        "Python's htmlsafe_json_dumps (Flask, Jinja)",
        escaped(PYTHON_COMPACT, Escapes { ascii: "<>&'\u{7f}", ..Escapes::ASCII }),
    ),
    dialect("python-decimal", 2, PYTHON, "Python's simplejson with Decimal", counted(PYTHON_COMPACT, Numbers::DECIMAL)),
    dialect(
        "python-non-null",
        2,
        PYTHON,
        "Python without the members that are None",
        Style { without_nulls: true, ..PYTHON_COMPACT },
    ),
    dialect(
        "slashes",
        2,
        "body_json_escapes",
        "a library that escapes slashes and keeps numbers as they came",
        escaped(Style::COMPACT, SLASH),
    ),
    dialect(
        "escaped",
        1,
        "body_json_escapes",
        "a library that escapes everything beyond ASCII and keeps numbers as they came",
        escaped(Style::COMPACT, ASCII),
    ),
    dialect(
        "escaped-upper",
        2,
        "body_json_escapes",
        "a library that escapes everything beyond ASCII with upper-case digits",
        escaped(Style::COMPACT, UPPER_ASCII),
    ),
    dialect(
        "escaped-slashes",
        2,
        "body_json_escapes",
        "a library that escapes slashes and everything beyond ASCII",
        escaped(Style::COMPACT, Escapes::PHP),
    ),
];

/// The commonest writers, for JSON that is not the whole body: a member, a form's field, wrapped JSON.
pub(super) const USUAL: &[(&str, Style)] = &[
    ("JavaScript's JSON.stringify", Style::JAVASCRIPT),
    ("Python's json.dumps", Style::PYTHON),
    ("Python's json.dumps without spaces", PYTHON_COMPACT),
    ("compact JSON", Style::COMPACT),
    ("Python's json.dumps with ensure_ascii=False", PYTHON_UTF8),
    ("Python's json.dumps without spaces and with ensure_ascii=False", escaped(PYTHON_COMPACT, Escapes::LEAST)),
    ("PHP's json_encode", PHP),
    ("PHP's json_encode after json_decode into arrays", arrays(PHP)),
    ("PHP's json_encode with JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES", escaped(PHP, LINES)),
    ("PHP's json_encode with JSON_UNESCAPED_SLASHES", escaped(PHP, PHP_SLASHES)),
    ("PHP's json_encode with JSON_UNESCAPED_UNICODE", escaped(PHP, PHP_UNICODE)),
    ("Go's json.Marshal of a map", GO.sorted()),
    ("Go's json.Marshal of a struct", GO),
    ("Ruby's JSON.generate", RUBY),
    ("Rails' to_json", RAILS),
    ("Jackson", JACKSON),
    ("Gson", GSON_TREE),
    (".NET's System.Text.Json", DOTNET),
    (".NET's Newtonsoft.Json", NEWTONSOFT),
    ("compact JSON with sorted names", Style::COMPACT.sorted()),
    ("JavaScript with sorted names", Style { order: Order::SortedIndexesFirst, ..Style::JAVASCRIPT }),
    ("Python's json.dumps with sort_keys=True", Style::PYTHON.sorted()),
    ("Python's json.dumps with sort_keys=True without spaces", PYTHON_COMPACT.sorted()),
    ("JSON indented by two spaces", Style::JAVASCRIPT.indented("  ")),
    ("JSON indented by four spaces", Style::JAVASCRIPT.indented("    ")),
    ("jq", counted(escaped(Style::COMPACT, Escapes { ascii: "\u{7f}", ..Escapes::LEAST }), Numbers::JQ)),
    ("Go's json.Marshal after Decoder.UseNumber", Style { numbers: None, ..GO }),
];
