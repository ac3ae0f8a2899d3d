//! The body in other forms: written anew by a JSON library, with other line ends, decoded, in another charset.

use super::Finding;
use super::json::{self, Escapes, Node, Numbers, Style};
use super::recode::{
    byte_order_mark, charsets, decompressed, empty, form_decoded, form_fields, line_ends, stringified, with_newline,
    without_newline,
};
use super::search::{Parsed, Search, with_body};
use crate::model::Headers;

/// A way in which the bytes that were signed and the bytes that arrived differ.
struct Form {
    code: &'static str,
    is_likely: bool,
    fix: &'static str,
    make: Make,
}

/// How a body gets another form.
enum Make {
    /// Its JSON written anew.
    Json { how: &'static str, style: Style },
    /// In a way of its own.
    By(fn(&Body<'_>) -> Vec<Variant>),
}

impl Form {
    /// The body's JSON as a library writes it; `how` is the [`Variant`]'s.
    const fn json(code: &'static str, is_likely: bool, how: &'static str, style: Style) -> Self {
        Self { code, is_likely, fix: RAW, make: Make::Json { how, style } }
    }

    fn make(&self, body: &Body<'_>) -> Vec<Variant> {
        match self.make {
            Make::Json { how, style } => body.json(how, style),
            Make::By(make) => make(body),
        }
    }
}

/// A body in another form.
pub(super) struct Variant {
    /// Completes "The signature is right for the body …".
    pub(super) how: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// The body and what was read of it.
pub(super) struct Body<'a> {
    pub(super) bytes: &'a [u8],
    headers: &'a Headers,
    json: Option<Node<'a>>,
}

const RAW: &str = "Sign the very bytes that are sent: serialise once, sign that text, send that text.";
const WAY: &str = "Something between sender and bin changes the body, or the sender signs before its last change. Sign the bytes that are sent.";

/// Bodies beyond this are not written anew: the tree would take many times their size.
const MAX_JSON: usize = 16 << 20;
/// Reading JSON takes about as long as hashing this many times its length; measured.
const PARSE_COST: usize = 10;
/// The same for writing it.
const PRINT_COST: usize = 6;
/// The same for going through the body character by character.
const RECODE_COST: usize = 8;
/// The same for copying it.
const COPY_COST: usize = 1;

const FORMS: &[Form] = &[
    Form { code: "body_newline_removed", is_likely: true, fix: WAY, make: Make::By(without_newline) },
    Form { code: "body_newline_added", is_likely: true, fix: WAY, make: Make::By(with_newline) },
    Form {
        code: "body_decompressed",
        is_likely: true,
        fix: "Sign the compressed bytes, or send the body without Content-Encoding.",
        make: Make::By(decompressed),
    },
    Form::json("body_json_javascript", true, "as JavaScript's JSON.stringify writes it", Style::JAVASCRIPT),
    Form::json("body_json_python", true, "as Python's json.dumps writes it", Style::PYTHON),
    Form::json("body_json_python", true, "as Python's json.dumps writes it without spaces", PYTHON_COMPACT),
    Form::json("body_json_php", true, "as PHP's json_encode writes it", PHP),
    Form::json("body_json_sorted", true, "as compact JSON with sorted names", SORTED),
    Form {
        code: "body_empty",
        is_likely: true,
        fix: "The sender signed before it had a body, or its stream had been read already. Sign the bytes that are sent.",
        make: Make::By(empty),
    },
    Form::json("body_json_python", false, "as Python's json.dumps writes it with ensure_ascii=False", PYTHON_UTF8),
    Form::json("body_json_compact", false, "as compact JSON", Style::COMPACT),
    Form::json("body_json_spaced", false, "as JSON with a space after each comma and colon", SPACED),
    Form::json("body_json_sorted", false, "as Python's json.dumps writes it with sort_keys=True", PYTHON_SORTED),
    Form::json("body_json_sorted", false, "as compact, escaped JSON with sorted names", PYTHON_COMPACT_SORTED),
    Form::json("body_json_go", false, "as Go's json.Marshal writes a map", GO_MAP),
    Form::json("body_json_go", false, "as Go's json.Marshal writes a struct", GO),
    Form::json("body_json_php", false, "as PHP's json_encode writes it with JSON_UNESCAPED_UNICODE", PHP_UTF8),
    Form::json("body_json_dotnet", false, "as .NET's System.Text.Json writes it", DOTNET),
    Form::json("body_json_pretty", false, "as JSON indented by two spaces", PRETTY),
    Form::json("body_json_pretty", false, "as JSON indented by four spaces", PRETTY_4),
    Form::json("body_json_python", false, "as Python's json.dumps writes it with indent=2", PYTHON_PRETTY),
    Form::json("body_json_python", false, "as Python's json.dumps writes it with indent=4", PYTHON_PRETTY_4),
    Form::json("body_json_pretty", false, "as JSON indented by tabs", PRETTY_TAB),
    Form { code: "body_line_ends", is_likely: false, fix: WAY, make: Make::By(line_ends) },
    Form {
        code: "body_byte_order_mark",
        is_likely: false,
        fix: "Leave the byte order mark out on both sides.",
        make: Make::By(byte_order_mark),
    },
    Form { code: "body_charset", is_likely: false, fix: "Sign and send the body in UTF-8.", make: Make::By(charsets) },
    Form {
        code: "body_form_field",
        is_likely: false,
        fix: "Sign the form's bytes as they are sent, or send the JSON alone.",
        make: Make::By(form_fields),
    },
    Form {
        code: "body_form_decoded",
        is_likely: false,
        fix: "Sign the form's bytes as they are sent, not decoded ones.",
        make: Make::By(form_decoded),
    },
    Form {
        code: "body_stringified",
        is_likely: false,
        fix: "The sender signed an object's text form. Sign the serialised bytes.",
        make: Make::By(stringified),
    },
];

const PYTHON_COMPACT: Style = Style { comma: ",", colon: ":", ..Style::PYTHON };
const PYTHON_UTF8: Style = Style { escapes: Escapes::Least, ..Style::PYTHON };
const PYTHON_SORTED: Style = Style { sorted: true, ..Style::PYTHON };
const PYTHON_COMPACT_SORTED: Style = Style { sorted: true, ..PYTHON_COMPACT };
const PYTHON_PRETTY: Style = Style { comma: ",", indent: Some("  "), ..Style::PYTHON };
const PYTHON_PRETTY_4: Style = Style { indent: Some("    "), ..PYTHON_PRETTY };
const SORTED: Style = Style { sorted: true, ..Style::COMPACT };
const SPACED: Style = Style { comma: ", ", colon: ": ", ..Style::COMPACT };
const PHP: Style = Style { escapes: Escapes::AsciiAndSlash, ..Style::COMPACT };
const PHP_UTF8: Style = Style { escapes: Escapes::Slash, ..Style::COMPACT };
const GO: Style = Style { escapes: Escapes::Html, numbers: Numbers::JavaScript, ..Style::COMPACT };
const GO_MAP: Style = Style { sorted: true, ..GO };
const DOTNET: Style = Style { escapes: Escapes::DotNet, ..Style::COMPACT };
const PRETTY: Style = Style { colon: ": ", indent: Some("  "), ..Style::JAVASCRIPT };
const PRETTY_4: Style = Style { indent: Some("    "), ..PRETTY };
const PRETTY_TAB: Style = Style { indent: Some("\t"), ..PRETTY };

pub(super) fn likely(search: &mut Search<'_>) -> Option<Finding> {
    find(search, true)
}

pub(super) fn rare(search: &mut Search<'_>) -> Option<Finding> {
    find(search, false)
}

fn find(search: &mut Search<'_>, is_likely: bool) -> Option<Finding> {
    let keys = search.keys();
    if keys.is_empty() {
        return None;
    }
    each(search, is_likely, |search, variant| {
        let request = with_body(&search.case.request, &variant.bytes);
        keys.iter().find_map(|(secret, key)| {
            let hit = search.hit(&request, key)?;
            let label = search.label(secret);
            let with = if label.is_empty() { String::new() } else { format!(" and the secret{label}") };
            let sentence = format!("The signature is right for the body {}{with}.", variant.how);
            Some(search.found(hit, variant.code, &sentence, variant.fix))
        })
    })
}

/// A variation of the body, ready to be tried.
pub(super) struct Ready {
    pub(super) code: &'static str,
    pub(super) how: &'static str,
    pub(super) fix: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// Makes one form after the other, never two at a time, and leaves out those that have come already.
pub(super) fn each<'a, T>(
    search: &mut Search<'a>,
    is_likely: bool,
    attempt: impl FnMut(&mut Search<'a>, &Ready) -> Option<T>,
) -> Option<T> {
    if !search.signs_body() {
        return None;
    }
    let request = search.case.request;
    let body = Body { bytes: request.body, headers: request.headers, json: json_of(search) };
    let found = each_form(search, &body, is_likely, attempt);
    search.json = body.json.map_or(Parsed::No, Parsed::Json);
    found
}

/// The parsed body; it is parsed once for all phases.
fn json_of<'a>(search: &mut Search<'a>) -> Option<Node<'a>> {
    match std::mem::replace(&mut search.json, Parsed::No) {
        Parsed::Json(node) => return Some(node),
        Parsed::No => return None,
        Parsed::NotYet => {}
    }
    let body = search.case.request.body;
    let is_tried = body.len() <= MAX_JSON && search.spend(body.len().saturating_mul(PARSE_COST));
    if is_tried { json::parse(body) } else { None }
}

fn each_form<'a, T>(
    search: &mut Search<'a>,
    body: &Body<'_>,
    is_likely: bool,
    mut attempt: impl FnMut(&mut Search<'a>, &Ready) -> Option<T>,
) -> Option<T> {
    let request = search.case.request;
    let mut seen = std::collections::HashSet::from([digest(request.body)]);
    for form in FORMS.iter().filter(|form| form.is_likely == is_likely) {
        let cost = match form.code {
            "body_empty" => 0,
            "body_charset" | "body_line_ends" | "body_stringified" | "body_form_decoded" => RECODE_COST,
            code if code.starts_with("body_json") && body.json.is_none() => continue,
            code if code.starts_with("body_json") => PRINT_COST,
            _ => COPY_COST,
        };
        if !search.spend(request.body.len().saturating_mul(cost)) {
            continue;
        }
        for variant in form.make(body) {
            if !seen.insert(digest(&variant.bytes)) {
                continue;
            }
            let ready = Ready { code: form.code, how: variant.how, fix: form.fix, bytes: variant.bytes };
            if let Some(found) = attempt(search, &ready) {
                return Some(found);
            }
        }
    }
    None
}

fn digest(bytes: &[u8]) -> u64 {
    use std::hash::{DefaultHasher, Hasher as _};
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

impl Body<'_> {
    fn json(&self, how: &'static str, style: Style) -> Vec<Variant> {
        let capacity = self.bytes.len() + self.bytes.len() / 8;
        let printed = self.json.as_ref().map(|node| json::print(node, style, capacity));
        printed.map(|text| Variant { how, bytes: text.into_bytes() }).into_iter().collect()
    }

    pub(super) fn header_has(&self, name: &'static str, word: &str) -> bool {
        self.headers.get_str(name).is_some_and(|value| value.to_ascii_lowercase().contains(word))
    }
}
