//! A dialect of JSON: how a library writes texts and numbers, and what the tables of dialects share.

use crate::json::print::{Beyond, Escapes, Numbers, Style};

/// How a library writes texts and numbers, all on one line.
pub(super) struct Dialect {
    #[cfg_attr(not(test), expect(dead_code, reason = "the table of the languages' own output names it"))]
    pub(super) name: &'static str,
    pub(super) rarity: usize,
    pub(super) code: &'static str,
    /// Completes "as … writes it".
    pub(super) who: &'static str,
    pub(super) style: Style,
}

pub(super) const fn dialect(
    name: &'static str,
    rarity: usize,
    code: &'static str,
    who: &'static str,
    style: Style,
) -> Dialect {
    Dialect { name, rarity, code, who, style }
}

pub(super) const fn escaped(style: Style, escapes: Escapes) -> Style {
    Style { escapes, ..style }
}

pub(super) const fn counted(style: Style, numbers: Numbers) -> Style {
    Style { numbers: Some(numbers), ..style }
}

pub(super) const fn arrays(style: Style) -> Style {
    Style { php_arrays: true, ..style }
}

pub(super) const LINES: Escapes = Escapes { beyond_ascii: Beyond::Lines, ..Escapes::LEAST };
pub(super) const SLASH: Escapes = Escapes { slash: true, ..Escapes::LEAST };
pub(super) const PHP_UNICODE: Escapes = Escapes { slash: true, ..LINES };
pub(super) const PHP_SLASHES: Escapes = Escapes { slash: false, ..Escapes::PHP };

pub(super) const PYTHON: &str = "body_json_python";
pub(super) const PHP_CODE: &str = "body_json_php";
pub(super) const JAVA: &str = "body_json_java";
pub(super) const DOTNET_CODE: &str = "body_json_dotnet";
pub(super) const RUBY_CODE: &str = "body_json_ruby";
pub(super) const GO_CODE: &str = "body_json_go";
pub(super) const PERL: &str = "body_json_perl";
pub(super) const SWIFT: &str = "body_json_swift";
pub(super) const COMPACT: &str = "body_json_compact";
