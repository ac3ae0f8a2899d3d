//! Turns serde's errors into sentences for people, with the field at fault.
//!
//! serde reports an error only as text: which member is missing or unknown is nowhere else, and `serde_path_to_error`
//! knows the path, not the cause. So this module parses the text, only for the sentence, the field, and what is
//! unknown. Status and code never depend on it, and an unknown text is passed on as it is.

use crate::config::Unknown;
use crate::http::text::clipped;

/// Characters of a client's own text in an error: enough to recognise it, too few to fill a response.
const MAX_ECHO: usize = 100;
/// Most characters of an unknown text from serde.
const MAX_WORDS: usize = 400;

/// What an error of serde comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// The field at fault; none for the whole.
    pub field: Option<String>,
    /// A sentence for people.
    pub sentence: String,
    /// What is not known, when that is the error and there is something to choose from.
    pub unknown: Option<Unknown>,
}

impl Told {
    fn new(field: Option<String>, sentence: String) -> Self {
        Self { field, sentence, unknown: None }
    }
}

/// What serde says in these words. `path` is where the parser was, `.` for the whole.
pub(super) fn told(path: &str, words: &str) -> Told {
    let words = without_place(words);
    let here = (path != ".").then(|| path.to_owned());
    let subject = here.as_deref().map_or_else(|| "The body".to_owned(), |path| format!("`{}`", cut(path)));
    // For a missing member, the path is that of the enclosing object.
    let member = |name: &str| Some(here.as_ref().map_or_else(|| name.to_owned(), |path| format!("{path}.{name}")));
    if let Some(name) = words.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        return Told::new(member(name), format!("`{name}` is missing."));
    }
    if let Some(name) = words.strip_prefix("duplicate field `").and_then(|rest| rest.strip_suffix('`')) {
        return Told::new(member(name), format!("`{name}` is given twice; give it once."));
    }
    if let Some(rest) = words.strip_prefix("unknown field `").or_else(|| words.strip_prefix("unknown variant `")) {
        // The name comes from the client and may hold anything; the expected values are Creel's.
        if let Some((name, known)) = rest.rsplit_once("`, expected ") {
            let known = known.strip_prefix("one of ").unwrap_or(known);
            let name = cut(name);
            let sentence = format!("`{name}` is not known here; expected: {known}.");
            let unknown = Unknown { name, known: Unknown::names_in(known) };
            return Told { field: here, sentence, unknown: Some(unknown) };
        }
        let name = rest.rsplit_once("`, there are").map_or(rest, |(name, _)| name);
        return Told::new(here, format!("`{}` is not known here.", cut(name)));
    }
    let sentence = match words {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            format!("{subject} must be a whole number, 0 or more.")
        }
        "number too large to fit in target type" => format!("{subject} is too large a number."),
        "provided string was not `true` or `false`" => format!("{subject} must be `true` or `false`."),
        _ => match words.rsplit_once(", expected ") {
            Some((given, wanted)) if given.starts_with("invalid ") => format!("{subject} must be {}.", kind(wanted)),
            _ => sentence(words),
        },
    };
    Told::new(here, sentence)
}

/// Why a body is not JSON at all.
pub(super) fn syntax(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    if error.is_eof() {
        return format!("The body is not JSON: it ends too early (line {line}, column {column}).");
    }
    let words = error.to_string();
    let words = match without_place(&words) {
        "trailing characters" => "something follows its value",
        words => words,
    };
    format!("The body is not JSON: {words} (line {line}, column {column}).")
}

/// Rust types in plain words.
fn kind(wanted: &str) -> String {
    let up_to = |most: u64| format!("a whole number from 0 to {most}");
    match wanted {
        "a map" => "an object".to_owned(),
        "a string" | "variant identifier" | "string or map" => "a text".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a sequence" => "a list".to_owned(),
        "f64" => "a number".to_owned(),
        "u16" => up_to(u16::MAX.into()),
        "u32" => up_to(u32::MAX.into()),
        "u64" | "usize" => up_to(u64::MAX),
        other if other.starts_with("struct ") => "an object".to_owned(),
        other => other.to_owned(),
    }
}

/// Removes ` at line 1 column 2`: for well-formed JSON, the field says more.
pub(super) fn without_place(words: &str) -> &str {
    match words.rsplit_once(" at line ") {
        Some((before, place)) if place.replacen(" column ", "", 1).bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => words,
    }
}

/// Makes a sentence of serde's text: with a capital letter and a full stop.
pub(super) fn sentence(words: &str) -> String {
    let words = clipped(words, MAX_WORDS);
    let mut characters = words.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str().trim_end_matches('.'))
}

/// A client's text, cut to what an error may repeat.
pub(super) fn cut(text: &str) -> String {
    clipped(text, MAX_ECHO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, words: &str, field: Option<&str>, sentence: &str) {
        let told = told(path, words);
        assert_eq!((told.field.as_deref(), &*told.sentence), (field, sentence));
    }

    #[test]
    fn what_serde_says_becomes_sentences_that_name_the_field() {
        check(".", "missing field `a`", Some("a"), "`a` is missing.");
        check("secrets[0]", "missing field `value`", Some("secrets[0].value"), "`value` is missing.");
        check(".", "duplicate field `a` at line 1 column 9", Some("a"), "`a` is given twice; give it once.");
        check(
            "x",
            "unknown field `x`, expected one of `a`, `b`",
            Some("x"),
            "`x` is not known here; expected: `a`, `b`.",
        );
        check("x", "unknown field `x`, there are no fields", Some("x"), "`x` is not known here.");
        check("limit", "invalid digit found in string", Some("limit"), "`limit` must be a whole number, 0 or more.");
        check(
            "status",
            "invalid value: integer `-1`, expected u16 at line 1 column 12",
            Some("status"),
            "`status` must be a whole number from 0 to 65535.",
        );
        check(".", "invalid type: null, expected struct BinInput", None, "The body must be an object.");
        check("a", "something at line x", Some("a"), "Something at line x.");
    }

    #[test]
    fn what_is_not_known_is_told_with_what_is() {
        let unknown = |words: &str| told("x", words).unknown.map(|unknown| (unknown.name, unknown.known.join(" ")));
        let some = |name: &str, known: &str| Some((name.to_owned(), known.to_owned()));
        assert_eq!(unknown("unknown field `x`, expected one of `a`, `b`, `c`"), some("x", "a b c"));
        assert_eq!(unknown("unknown variant `up`, expected `newest` or `oldest`"), some("up", "newest oldest"));
        assert_eq!((unknown("unknown field `x`, there are no fields"), unknown("missing field `a`")), (None, None));
    }

    #[test]
    fn what_a_client_wrote_is_repeated_in_part_only() {
        let long = "é".repeat(5_000);
        let Told { sentence, unknown, .. } = told("x", &format!("unknown field `{long}`, expected `a`"));
        let unknown = unknown.unwrap();
        assert!(unknown.name.len() < 300 && unknown.known == ["a"], "{unknown:?}");
        assert!(sentence.starts_with("`é") && sentence.contains('…') && sentence.len() < 300, "{sentence}");
        assert!(told("x", &long).sentence.len() < 1_000);
        assert_eq!(cut("short"), "short");
    }
}
