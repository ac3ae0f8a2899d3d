//! The body in other forms: serialised again by a JSON library, with other line ends, decoded, in another charset.

use std::borrow::Cow;
use std::collections::HashSet;

use super::Finding;
use super::body::{Body, Variant};
use super::recode::{
    byte_order_mark, charsets, decompressed, empty, form_decoded, form_fields, line_ends, stringified, with_newline,
    without_newline,
};
use super::search::{Parsed, Search, with_body};
use crate::json::print::{Escapes, Numbers, Style};
use crate::json::tree::{self, Node};

/// A way in which the bytes that were signed and the bytes that arrived differ.
struct Form {
    code: &'static str,
    tier: Tier,
    fix: &'static str,
    make: Make,
}

/// How often a form is met, and thereby when it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tier {
    /// Tried first, and for large bodies too.
    Common,
    Likely,
    Rare,
}

/// How a body gets another form.
enum Make {
    /// Its JSON serialised again.
    Json { how: &'static str, style: Style },
    /// In a way of its own.
    By(fn(&Body<'_>) -> Vec<Variant>),
}

impl Form {
    /// The body's JSON as a library writes it; `how` is the [`Variant`]'s.
    const fn json(code: &'static str, tier: Tier, how: &'static str, style: Style) -> Self {
        Self { code, tier, fix: RAW, make: Make::Json { how, style } }
    }

    fn make(&self, body: &Body<'_>) -> Vec<Variant> {
        match self.make {
            Make::Json { how, style } => body.json(how, style),
            Make::By(make) => make(body),
        }
    }
}

const RAW: &str = "Sign the very bytes that are sent: serialise once, sign that text, send that text.";
const WAY: &str = "Something between sender and bin changes the body, or the sender signs before its last change. Sign the bytes that are sent.";

/// Larger bodies are not serialised again: the tree would take many times their size.
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
    Form { code: "body_newline_removed", tier: Tier::Common, fix: WAY, make: Make::By(without_newline) },
    Form { code: "body_newline_added", tier: Tier::Common, fix: WAY, make: Make::By(with_newline) },
    Form::json("body_json_javascript", Tier::Common, "as JavaScript's JSON.stringify writes it", Style::JAVASCRIPT),
    Form::json("body_json_python", Tier::Common, "as Python's json.dumps writes it", Style::PYTHON),
    Form::json("body_json_python", Tier::Common, "as Python's json.dumps writes it without spaces", PYTHON_COMPACT),
    Form::json("body_json_sorted", Tier::Common, "as compact JSON with sorted names", SORTED),
    Form::json("body_json_go", Tier::Common, "as Go's json.Marshal writes a map", GO_MAP),
    Form::json("body_json_go", Tier::Common, "as Go's json.Marshal writes a struct", GO),
    Form::json("body_json_pretty", Tier::Common, "as JSON indented by two spaces", PRETTY),
    Form {
        code: "body_decompressed",
        tier: Tier::Likely,
        fix: "Sign the compressed bytes, or send the body without Content-Encoding.",
        make: Make::By(decompressed),
    },
    Form::json("body_json_php", Tier::Likely, "as PHP's json_encode writes it", PHP),
    Form {
        code: "body_empty",
        tier: Tier::Likely,
        fix: "The sender signed before it had a body, or its stream had been read already. Sign the bytes that are sent.",
        make: Make::By(empty),
    },
    Form::json("body_json_python", Tier::Rare, "as Python's json.dumps writes it with ensure_ascii=False", PYTHON_UTF8),
    Form::json("body_json_compact", Tier::Rare, "as compact JSON", Style::COMPACT),
    Form::json("body_json_spaced", Tier::Rare, "as JSON with a space after each comma and colon", SPACED),
    Form::json("body_json_sorted", Tier::Rare, "as Python's json.dumps writes it with sort_keys=True", PYTHON_SORTED),
    Form::json(
        "body_json_sorted",
        Tier::Rare,
        "as Python's json.dumps writes it with sort_keys=True and ensure_ascii=False",
        PYTHON_UTF8_SORTED,
    ),
    Form::json("body_json_sorted", Tier::Rare, "as compact, escaped JSON with sorted names", PYTHON_COMPACT_SORTED),
    Form::json("body_json_php", Tier::Rare, "as PHP's json_encode writes it with JSON_UNESCAPED_UNICODE", PHP_UTF8),
    Form::json("body_json_dotnet", Tier::Rare, "as .NET's System.Text.Json writes it", DOTNET),
    Form::json("body_json_pretty", Tier::Rare, "as JSON indented by four spaces", PRETTY_4),
    Form::json("body_json_python", Tier::Rare, "as Python's json.dumps writes it with indent=2", PYTHON_PRETTY),
    Form::json("body_json_python", Tier::Rare, "as Python's json.dumps writes it with indent=4", PYTHON_PRETTY_4),
    Form::json(
        "body_json_python",
        Tier::Rare,
        "as Python's json.dumps writes it with indent=2 and ensure_ascii=False",
        PYTHON_UTF8_PRETTY,
    ),
    Form::json(
        "body_json_sorted",
        Tier::Rare,
        "as Python's json.dumps writes it with indent=2 and sort_keys=True",
        PYTHON_PRETTY_SORTED,
    ),
    Form::json(
        "body_json_sorted",
        Tier::Rare,
        "as Python's json.dumps writes it with indent=4 and sort_keys=True",
        PYTHON_PRETTY_4_SORTED,
    ),
    Form::json("body_json_pretty", Tier::Rare, "as JSON indented by tabs", PRETTY_TAB),
    Form { code: "body_line_ends", tier: Tier::Rare, fix: WAY, make: Make::By(line_ends) },
    Form {
        code: "body_byte_order_mark",
        tier: Tier::Rare,
        fix: "Leave the byte order mark out on both sides.",
        make: Make::By(byte_order_mark),
    },
    Form { code: "body_charset", tier: Tier::Rare, fix: "Sign and send the body in UTF-8.", make: Make::By(charsets) },
    Form {
        code: "body_form_field",
        tier: Tier::Rare,
        fix: "Sign the form's bytes as they are sent, or send the JSON alone.",
        make: Make::By(form_fields),
    },
    Form {
        code: "body_form_decoded",
        tier: Tier::Rare,
        fix: "Sign the form's bytes as they are sent, not decoded ones.",
        make: Make::By(form_decoded),
    },
    Form {
        code: "body_stringified",
        tier: Tier::Rare,
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
const PYTHON_UTF8_SORTED: Style = Style { sorted: true, ..PYTHON_UTF8 };
const PYTHON_UTF8_PRETTY: Style = Style { escapes: Escapes::Least, ..PYTHON_PRETTY };
const PYTHON_PRETTY_SORTED: Style = Style { sorted: true, ..PYTHON_PRETTY };
const PYTHON_PRETTY_4_SORTED: Style = Style { sorted: true, ..PYTHON_PRETTY_4 };
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

pub(super) fn common(search: &mut Search<'_>) -> Option<Finding> {
    search.is_common = true;
    let found = find(search, Tier::Common);
    search.is_common = false;
    found
}

pub(super) fn likely(search: &mut Search<'_>) -> Option<Finding> {
    find(search, Tier::Likely)
}

pub(super) fn rare(search: &mut Search<'_>) -> Option<Finding> {
    find(search, Tier::Rare)
}

fn find(search: &mut Search<'_>, tier: Tier) -> Option<Finding> {
    let keys = search.keys();
    if keys.is_empty() {
        return None;
    }
    // What one tier tried needs no second try in the next.
    let mut tried = std::mem::take(&mut search.tried_bodies);
    let found = each(search, &[tier], LineFeeds::Tried, &mut tried, |search, body| {
        let request = with_body(&search.case.request, &body.bytes);
        keys.iter().find_map(|(secret, key)| {
            let hit = search.hit(&request, key)?;
            let label = search.label(secret);
            let with = if label.is_empty() { String::new() } else { format!(" and the secret{label}") };
            let sentence = format!("The signature is right for the body {}{with}.", body.how);
            Some(search.found(hit, body.code, &sentence, body.fix))
        })
    });
    search.tried_bodies = tried;
    found
}

/// A variation of the body, ready to be tried.
pub(super) struct Ready {
    pub(super) code: &'static str,
    pub(super) how: Cow<'static, str>,
    pub(super) fix: &'static str,
    pub(super) bytes: Vec<u8>,
}

impl Ready {
    /// The same with a line feed after it.
    fn with_line_feed(mut self) -> Self {
        self.bytes.push(b'\n');
        let how = format!("{} with a line feed after it, as `echo`, `print` and Go's json.Encoder add one", self.how);
        Self { how: how.into(), ..self }
    }
}

/// Whether JSON that was serialised again is tried with a line feed after it as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineFeeds {
    Tried,
    LeftOut,
}

/// The forms that are met often enough to be one of two causes, one after the other.
pub(super) fn each_likely<'a, T>(
    search: &mut Search<'a>,
    attempt: impl FnMut(&mut Search<'a>, &Ready) -> Option<T>,
) -> Option<T> {
    each(search, &[Tier::Common, Tier::Likely], LineFeeds::LeftOut, &mut HashSet::new(), attempt)
}

/// Makes one form after the other, never two at a time, and leaves out those that have come already.
fn each<'a, T>(
    search: &mut Search<'a>,
    tiers: &[Tier],
    line_feeds: LineFeeds,
    seen: &mut HashSet<u64>,
    mut attempt: impl FnMut(&mut Search<'a>, &Ready) -> Option<T>,
) -> Option<T> {
    if !search.signs_body() {
        return None;
    }
    let request = search.case.request;
    let body = Body::new(&request, json_of(search));
    seen.insert(digest(request.body));
    let forms = FORMS.iter().filter(|form| tiers.contains(&form.tier));
    let found = forms.into_iter().find_map(|form| {
        if !is_affordable(search, form, &body) {
            return None;
        }
        form.make(&body).into_iter().find_map(|variant| {
            let ready = Ready { code: form.code, how: variant.how.into(), fix: form.fix, bytes: variant.bytes };
            let found = if seen.insert(digest(&ready.bytes)) { attempt(search, &ready) } else { None };
            let ends_line = line_feeds == LineFeeds::Tried && matches!(form.make, Make::Json { .. });
            if found.is_some() || !ends_line {
                return found;
            }
            let ready = ready.with_line_feed();
            if seen.insert(digest(&ready.bytes)) { attempt(search, &ready) } else { None }
        })
    });
    search.json = body.json.map_or(Parsed::No, Parsed::Json);
    found
}

/// Takes what it costs to make the form from the budget. False as well for JSON forms of what is none.
fn is_affordable(search: &mut Search<'_>, form: &Form, body: &Body<'_>) -> bool {
    let cost = match (&form.make, form.code) {
        (Make::Json { .. }, _) if body.json.is_none() => return false,
        (Make::Json { .. }, _) => PRINT_COST,
        (Make::By(_), "body_empty") => 0,
        (Make::By(_), "body_charset" | "body_line_ends" | "body_stringified" | "body_form_decoded") => RECODE_COST,
        (Make::By(_), _) => COPY_COST,
    };
    search.spend(body.bytes.len().saturating_mul(cost))
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
    if is_tried { tree::parse(body) } else { None }
}

fn digest(bytes: &[u8]) -> u64 {
    use std::hash::{DefaultHasher, Hasher as _};
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}
