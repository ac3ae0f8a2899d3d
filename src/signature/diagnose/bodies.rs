//! The body in other forms: serialised again by a JSON library, with other line ends, decoded, in another charset.

use std::borrow::Cow;

use super::Finding;
use super::body::{Body, Tier, Variant};
use super::json_facts::Facts;
use super::json_writers::{Writer, writers};
use super::search::{Parsed, Search};
use super::tried::Tried;
use super::variation::with_body;
use super::{
    form_dialects, form_values, form_writers, json_layouts, nested_forms, on_the_way, parts, recode, shapes,
    text_forms, white_space,
};
use crate::json::print::{Style, needs_double};
use crate::json::tree::{self, Node};

/// A way in which the bytes that were signed and the bytes that arrived differ.
struct Form {
    code: &'static str,
    tier: Tier,
    fix: &'static str,
    needs: Needs,
    /// The cost of making it, in hashes of the body.
    cost: usize,
    make: Make,
}

/// What a body must be, or contain, for a form to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    Json,
    /// A JSON object without nested objects and arrays.
    FlatJson,
    Form,
    /// Several lines.
    Lines,
    /// Text beyond ASCII.
    Letters,
    /// A byte order mark.
    Mark,
    /// No JSON: binary data, or a text that may be base64 of something.
    Packed,
}

/// How a body gets another form.
enum Make {
    /// Its JSON serialised again; with the [`Variant`]'s words.
    Json(Cow<'static, str>, Box<Style>),
    /// By a function of its own.
    By(By),
}

type By = fn(&Body<'_>) -> Vec<Variant>;

impl Form {
    /// A copy; used only for the forms of the table, which are no JSON styles.
    fn copied(&self) -> Self {
        let make = match &self.make {
            Make::Json(how, style) => Make::Json(how.clone(), style.clone()),
            Make::By(make) => Make::By(*make),
        };
        Self { make, ..*self }
    }

    const fn by(code: &'static str, tier: Tier, fix: &'static str, (needs, cost): (Needs, usize), make: By) -> Self {
        Self { code, tier, fix, needs, cost, make: Make::By(make) }
    }

    fn make(&self, body: &Body<'_>) -> Vec<Variant> {
        match &self.make {
            Make::Json(how, style) => body.json(how.clone(), **style),
            Make::By(make) => make(body),
        }
    }
}

const RAW: &str = "Sign the very bytes that are sent: serialise once, sign that text, send that text.";
const WAY: &str = "Something between sender and bin changes the body, or the sender signs before its last change. Sign the bytes that are sent.";

/// Larger bodies are not serialised again: the tree would take many times their size.
const MAX_JSON: usize = 16 << 20;
/// Reading JSON takes about as long as hashing this many times its length; measured.
const PARSE_COST: usize = 8;
/// The same for writing it.
const PRINT_COST: usize = 4;
/// A value of JSON costs as much as this many bytes of its text; measured with arrays of numbers.
const VALUE_COST: usize = 11;
/// The same for a number that is converted to a double to be printed.
const DOUBLE_COST: usize = 80;
/// Going through the body character by character takes as long as hashing this many times its length.
const RECODE_COST: usize = 8;
/// Copying the body takes as long as hashing it this many times.
const COPY_COST: usize = 1;

/// All forms other than JSON styles. A form may make several variations; its cost covers all of them.
const FORMS: &[Form] = &[
    Form::by("body_newline_removed", Tier::Common, WAY, (Needs::Nothing, COPY_COST), recode::without_newline),
    Form::by("body_newline_added", Tier::Common, WAY, (Needs::Nothing, COPY_COST), recode::with_newline),
    Form::by("body_byte_order_mark", Tier::Common, MARK, (Needs::Mark, COPY_COST), recode::without_mark),
    Form::by("body_line_ends", Tier::Common, WAY, (Needs::Lines, 3 * COPY_COST), recode::line_ends),
    Form::by("body_decompressed", Tier::Likely, COMPRESSED, (Needs::Nothing, COPY_COST), recode::decompressed),
    Form::by("body_empty", Tier::Likely, EMPTY, (Needs::Nothing, 0), recode::empty),
    Form::by("body_form_escapes", Tier::Likely, FORM, (Needs::Form, 8 * RECODE_COST), form_writers::escaped_quickly),
    Form::by("body_form_escapes", Tier::Likely, FORM, (Needs::Form, 50 * RECODE_COST), form_writers::escaped),
    Form::by("body_form_sorted", Tier::Likely, FORM, (Needs::Form, 4 * RECODE_COST), form_writers::reordered),
    Form::by("body_form_sorted", Tier::Likely, FORM, (Needs::Form, 80 * RECODE_COST), form_writers::reordered_anew),
    Form::by("body_form_field", Tier::Likely, FIELD, (Needs::Form, RECODE_COST), form_writers::fields),
    Form::by("body_form_decoded", Tier::Likely, DECODED, (Needs::Form, 30 * RECODE_COST), form_writers::decoded),
    Form::by("body_byte_order_mark", Tier::Rare, MARK, (Needs::Nothing, COPY_COST), recode::with_mark),
    Form::by("body_charset", Tier::Rare, CHARSET, (Needs::Letters, 16 * COPY_COST), recode::charsets),
    Form::by("body_unicode", Tier::Rare, WAY, (Needs::Letters, 4 * RECODE_COST), recode::normalised),
    Form::by("body_base64", Tier::Rare, GATEWAY, (Needs::Nothing, RECODE_COST), recode::base64),
    Form::by("body_stringified", Tier::Rare, OBJECT, (Needs::Nothing, 0), text_forms::words),
    Form::by("body_stringified", Tier::Rare, OBJECT, (Needs::Nothing, 12 * PRINT_COST), text_forms::stringified),
    Form::by("body_json_member", Tier::Rare, WHOLE, (Needs::Json, 14 * PRINT_COST), parts::member),
    Form::by(
        "body_json_without_signature",
        Tier::Rare,
        "Sign the whole body as it is sent, and send the signature beside it.",
        (Needs::Json, 7 * PRINT_COST),
        parts::without_signature,
    ),
    Form::by("body_json_as_form", Tier::Rare, RAW, (Needs::FlatJson, 50 * RECODE_COST), form_writers::of_json),
    Form::by("body_escaped", Tier::Rare, WAY, (Needs::Nothing, 8 * RECODE_COST), recode::escaped),
    Form::by("body_form_field", Tier::Seldom, FIELD, (Needs::Form, 380 * RECODE_COST), form_dialects::fields),
    Form::by("body_form_escapes", Tier::Seldom, FORM, (Needs::Form, 800 * RECODE_COST), form_dialects::written),
    Form::by("body_form_escapes", Tier::Seldom, FORM, (Needs::Form, 120 * RECODE_COST), form_dialects::framed),
    Form::by(
        "body_form_decoded",
        Tier::Seldom,
        DECODED,
        (Needs::Form, 100 * RECODE_COST),
        form_dialects::joined_otherwise,
    ),
    Form::by("body_form_decoded", Tier::Seldom, DECODED, (Needs::Form, 500 * RECODE_COST), form_values::as_json),
    Form::by("body_newline_added", Tier::Seldom, WAY, (Needs::Nothing, 30 * COPY_COST), white_space::around),
    Form::by("body_white_space", Tier::Seldom, WAY, (Needs::Nothing, 5 * RECODE_COST), white_space::within),
    Form::by("body_json_compact", Tier::Seldom, RAW, (Needs::Json, 4 * RECODE_COST), white_space::json_text),
    Form::by("body_decompressed", Tier::Seldom, WAY, (Needs::Packed, 300 * PRINT_COST), on_the_way::inside),
    Form::by("body_charset", Tier::Seldom, CHARSET, (Needs::Nothing, 2 * RECODE_COST), on_the_way::utf16),
    Form::by("body_base64", Tier::Seldom, GATEWAY, (Needs::Nothing, 4 * RECODE_COST), on_the_way::encoded),
    Form::by("body_stringified", Tier::Seldom, OBJECT, (Needs::Json, 110 * PRINT_COST), text_forms::printed),
    Form::by("body_json_as_form", Tier::Seldom, RAW, (Needs::Json, 70 * PRINT_COST), nested_forms::of_json),
    Form::by("body_part", Tier::Seldom, WHOLE, (Needs::Lines, 40 * PRINT_COST), on_the_way::alone),
    Form::by("body_json_member", Tier::Seldom, WHOLE, (Needs::Json, 350 * PRINT_COST), parts::member_anew),
    Form::by("body_json_wrapped", Tier::Seldom, RAW, (Needs::Json, 400 * PRINT_COST), shapes::wrapped),
    Form::by("body_json_changed", Tier::Seldom, RAW, (Needs::Json, 250 * PRINT_COST), shapes::changed),
    Form::by("body_charset", Tier::Seldom, CHARSET, (Needs::Letters, 120 * RECODE_COST), on_the_way::charsets),
    Form::by("body_stringified", Tier::Seldom, OBJECT, (Needs::Nothing, 3 * RECODE_COST), on_the_way::listed),
];

const COMPRESSED: &str = "Sign the compressed bytes, or send the body without Content-Encoding.";
const EMPTY: &str =
    "The sender signed before it had a body, or its stream had been read already. Sign the bytes that are sent.";
const FIELD: &str = "Sign the form's bytes as they are sent, or send the JSON alone.";
const DECODED: &str = "Sign the form's bytes as they are sent, not decoded ones.";
const MARK: &str = "Leave the byte order mark out on both sides.";
const CHARSET: &str = "Sign and send the body in UTF-8.";
const GATEWAY: &str =
    "Sign the bytes that are sent. API gateways encode what they take for binary; configure the media type there.";
const OBJECT: &str = "The sender signed an object's text form. Sign the serialised bytes.";
const WHOLE: &str = "Sign the whole body as it is sent, not a member of it.";
const FORM: &str =
    "Sign the form's bytes as they are sent: a form that is parsed and written again gets other escapes.";

/// The forms of that tier. JSON written anew comes last, but first among the rare ones, where it is the likeliest.
fn forms(tier: Tier, dialects: Vec<Writer>) -> impl Iterator<Item = Form> {
    let json = writers(tier).into_iter().chain(dialects).map(|writer| Form {
        code: writer.code,
        tier: writer.tier,
        fix: RAW,
        needs: Needs::Json,
        cost: PRINT_COST,
        make: Make::Json(writer.how, Box::new(writer.style)),
    });
    let own = move || FORMS.iter().filter(move |form| form.tier == tier).map(Form::copied);
    let (before, after) = if tier == Tier::Rare { (None, Some(own())) } else { (Some(own()), None) };
    before.into_iter().flatten().chain(json).chain(after.into_iter().flatten())
}

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

/// The seldom forms take at most half of the remaining budget, because two common causes at once are tried after them.
pub(super) fn seldom(search: &mut Search<'_>) -> Option<Finding> {
    let aside = search.set_aside();
    let found = find(search, Tier::Seldom);
    search.give_back(aside);
    found
}

fn find(search: &mut Search<'_>, tier: Tier) -> Option<Finding> {
    let keys = search.keys();
    if keys.is_empty() {
        return None;
    }
    // A body that one tier tried is not tried again in the next.
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
    /// The same with a newline after it.
    fn with_end(&self, (end, words): (&str, &str)) -> Self {
        let bytes = [&self.bytes[..], end.as_bytes()].concat();
        Self { code: self.code, how: format!("{} {words}", self.how).into(), fix: self.fix, bytes }
    }
}

/// What may follow JSON that was serialised again.
const ENDS: &[(&str, &str)] = &[
    ("\n", "with a line feed after it, as `echo`, `print` and Go's json.Encoder add one"),
    ("\r\n", "with a newline (CR LF) after it"),
];

/// Whether JSON that was serialised again is tried with a line feed after it as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineFeeds {
    Tried,
    LeftOut,
}

/// Tries the forms that are common enough to be one of two causes, one after the other.
pub(super) fn each_likely<'a, T>(
    search: &mut Search<'a>,
    attempt: impl FnMut(&mut Search<'a>, &Ready) -> Option<T>,
) -> Option<T> {
    each(search, &[Tier::Common, Tier::Likely], LineFeeds::LeftOut, &mut Tried::default(), attempt)
}

/// Makes one form after the other, never two at a time, and leaves out bodies and styles that were tried already.
fn each<'a, T>(
    search: &mut Search<'a>,
    tiers: &[Tier],
    line_feeds: LineFeeds,
    seen: &mut Tried,
    mut attempt: impl FnMut(&mut Search<'a>, &Ready) -> Option<T>,
) -> Option<T> {
    // Without a signature to compare with, no body can be right; tokens are compared in another way.
    let has_signature = !search.algorithms.is_empty() || search.scheme.algorithm.is_token();
    if !search.signs_body() || !has_signature {
        return None;
    }
    let request = search.case.request;
    let body = Body::new(&request, json_of(search));
    seen.bodies.insert(digest(request.body));
    let mut dialects = Vec::new();
    if let Some(node) = body.json.as_ref().filter(|_| tiers.contains(&Tier::Seldom))
        && search.spend(search.json_length.saturating_mul(PRINT_COST * json_layouts::PROBES))
    {
        dialects = json_layouts::writers(node, body.bytes.len());
    }
    let all = tiers.iter().flat_map(|tier| forms(*tier, std::mem::take(&mut dialects)));
    let found = { all }.find_map(|form| {
        let style = normal(search, &form);
        if style.as_ref().is_some_and(|style| seen.styles.contains(style)) || !is_affordable(search, &form, &body) {
            return None;
        }
        seen.styles.extend(style);
        form.make(&body).into_iter().find_map(|variant| {
            let ready = Ready { code: form.code, how: variant.how, fix: form.fix, bytes: variant.bytes };
            let found = if seen.bodies.insert(digest(&ready.bytes)) { attempt(search, &ready) } else { None };
            let ends_line = line_feeds == LineFeeds::Tried && matches!(form.make, Make::Json(..));
            if found.is_some() || !ends_line {
                return found;
            }
            ENDS.iter().take(if form.tier == Tier::Seldom { ENDS.len() } else { 1 }).find_map(|end| {
                let ready = ready.with_end(*end);
                if seen.bodies.insert(digest(&ready.bytes)) { attempt(search, &ready) } else { None }
            })
        })
    });
    search.json = body.json.map_or(Parsed::No, Parsed::Json);
    found
}

/// The form's style without settings that do not matter, and whether more line ends are tried: equal ones are printed
/// only once.
fn normal(search: &Search<'_>, form: &Form) -> Option<(Style, bool)> {
    let (Make::Json(_, style), Some(facts)) = (&form.make, search.json_facts) else { return None };
    Some((facts.normal(**style), form.tier == Tier::Seldom))
}

/// Takes the cost of the form from the budget. False if too little is left, or if the form does not apply to the body.
fn is_affordable(search: &mut Search<'_>, form: &Form, body: &Body<'_>) -> bool {
    let has_it = match form.needs {
        Needs::Nothing => true,
        Needs::Json => body.json.is_some(),
        Needs::FlatJson => form_writers::is_flat(body),
        Needs::Form => form_writers::is_form(body),
        Needs::Lines => memchr::memchr(b'\n', body.bytes).is_some(),
        Needs::Letters => !body.bytes.is_ascii(),
        Needs::Mark => body.bytes.starts_with(crate::http::text::BYTE_ORDER_MARK),
        Needs::Packed => body.json.is_none(),
    };
    if !has_it {
        return false;
    }
    let length = match form.needs {
        Needs::Json | Needs::FlatJson => search.json_length,
        Needs::Nothing | Needs::Form | Needs::Lines | Needs::Letters | Needs::Mark | Needs::Packed => body.bytes.len(),
    };
    search.spend(length.saturating_mul(form.cost))
}

/// The parsed body; it is parsed once for all phases.
pub(super) fn json_of<'a>(search: &mut Search<'a>) -> Option<Node<'a>> {
    match std::mem::replace(&mut search.json, Parsed::No) {
        Parsed::Json(node) => return Some(node),
        Parsed::No => return None,
        Parsed::NotYet => {}
    }
    let body = search.case.request.body;
    if body.len() > MAX_JSON {
        return None;
    }
    // Many small values cost more than a few long ones. Each value but the first follows a comma; commas in texts only
    // make the estimate too high.
    let values = memchr::memchr_iter(b',', body).count();
    let length = body.len().saturating_add(values.saturating_mul(VALUE_COST));
    if !search.spend(length.saturating_mul(PARSE_COST)) {
        return None;
    }
    let node = tree::parse(body)?;
    search.json_facts = Some(Facts::of(&node));
    search.json_length = length.saturating_add(doubles(&node).saturating_mul(DOUBLE_COST));
    Some(node)
}

/// How many of its numbers are converted to a double to be printed.
fn doubles(node: &Node<'_>) -> usize {
    match node {
        Node::Number(text) => usize::from(needs_double(text)),
        Node::Array(items) => items.iter().map(doubles).sum(),
        Node::Object(members) => members.iter().map(|(_, value)| doubles(value)).sum(),
        Node::Literal(_) | Node::Text(_) => 0,
    }
}

/// Tells bodies apart. It is fast, not secure: a sender that makes two bodies with one digest only hides a form from
/// itself.
fn digest(bytes: &[u8]) -> u64 {
    use std::hash::Hasher as _;
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}
