//! A request in full: Creel's facts about it, then head and body as sent.

use super::json::json;
use super::paint::Tone;
use super::{Look, age, lines, words};
use crate::client::{Field, Request};
use crate::model::{Timestamp, size_text};
use crate::view::{Body, BodyInput, ViewKind, hex_rows, plain};

/// Bytes of a body that are shown; `--body` prints all of it.
const SHOWN: usize = 64 << 10;
/// Rows of sixteen bytes that are shown of a body that is no text.
const HEX_ROWS: usize = 16;

/// Everything about a request.
pub(in crate::cli) fn full(request: &Request, now: Timestamp, look: Look) -> String {
    let mut out = String::new();
    for (name, value) in facts(request, now, look) {
        out.push_str(&look.paint.tone(Tone::Dim, &format!("{name:<10}")));
        out.push_str(&value);
        out.push('\n');
    }
    out.push('\n');
    out.push_str(&head(request, look));
    let body = body(request, look);
    if !body.is_empty() {
        out.push('\n');
        out.push_str(&body);
        out.push('\n');
    }
    out
}

fn facts(request: &Request, now: Timestamp, look: Look) -> Vec<(&'static str, String)> {
    let paint = look.paint;
    let mut facts = vec![("request", format!("{} {}", request.seq, plain(&request.id)))];
    let mut arrived = request.received_at.map(|at| format!("{at}, {}", ago(&age(Some(at), now)))).unwrap_or_default();
    if let Some(client) = &request.client {
        arrived.push_str(&format!(", from {}", plain(&client.ip)));
    }
    facts.push(("arrived", arrived));
    let signature = &request.signature;
    let mut verdict = paint.tone(Tone::of_verdict(&signature.status), &words(&signature.status));
    let mut by = Vec::new();
    by.extend(signature.scheme.as_ref().map(|scheme| format!("scheme {}", plain(scheme))));
    by.extend(signature.secret.as_ref().map(|secret| plain(secret)));
    if request.freshness.status != "none" && !request.freshness.status.is_empty() {
        by.push(words(&request.freshness.status));
    }
    if !by.is_empty() {
        verdict.push_str(&format!(" ({})", by.join(", ")));
    }
    if let Some(reason) = &signature.reason {
        verdict.push_str(&format!(": {}", plain(reason)));
    }
    facts.push(("signature", verdict));
    let event = &request.event;
    let named = [
        event.provider.clone(),
        event.name.clone(),
        event.session.as_ref().map(|session| format!("session {session}")),
        event.handshake.as_ref().map(|handshake| format!("handshake {handshake}, answered")),
        event.duplicate_of.as_ref().map(|first| format!("the same event as {first}")),
        event.same_before.as_ref().map(|before| {
            let answer = before.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
            format!("the same came before and got {answer}")
        }),
    ];
    let named: Vec<String> = named.into_iter().flatten().chain(event.notes.iter().cloned()).collect();
    if !named.is_empty() {
        facts.push(("event", plain(&named.join(", "))));
    }
    let response = match request.response.status {
        Some(status) => {
            let took = request.response.duration_ms.map(|took| format!(" in {took:.1} ms")).unwrap_or_default();
            format!("{}{took}", paint.tone(Tone::of_status(status), &status.to_string()))
        }
        None => "none".to_owned(),
    };
    facts.push(("response", response));
    if let Some(rejected) = &request.rejected {
        facts.push(("rejected", paint.tone(Tone::Bad, &words(rejected))));
    }
    if let Some(note) = &request.note {
        facts.push(("note", plain(note)));
    }
    if !request.tags.is_empty() {
        facts.push(("tags", plain(&request.tags.join(", "))));
    }
    facts
}

/// `now` as it is, else `3 s ago`.
fn ago(age: &str) -> String {
    if age == "now" { age.to_owned() } else { format!("{age} ago") }
}

fn head(request: &Request, look: Look) -> String {
    let method = look.paint.tone(Tone::Strong, &plain(&request.method));
    let version =
        if request.http_version.is_empty() { String::new() } else { format!(" HTTP/{}", plain(&request.http_version)) };
    let mut out = format!("{method} {}{version}\n", plain(&request.target));
    for field in &request.headers {
        let value = match (&field.value, &field.value_base64) {
            (Some(text), _) => plain(text),
            (None, Some(encoded)) => format!("(base64) {}", plain(encoded)),
            (None, None) => String::new(),
        };
        out.push_str(&format!("{}: {value}\n", look.paint.tone(Tone::Name, &plain(&field.name))));
    }
    out
}

fn body(request: &Request, look: Look) -> String {
    let Some(bytes) = request.body.bytes().filter(|bytes| !bytes.is_empty()) else { return String::new() };
    let encoding = joined(&request.headers, "content-encoding");
    let opened = Body::open(BodyInput {
        content_type: request.body.content_type.as_deref(),
        content_encoding: encoding.as_deref(),
        bytes: &bytes,
    });
    let shown = opened.bytes();
    let whole = size_text(shown.len() as u64);
    let more = |out: String| {
        format!("{out}\n{}", look.paint.tone(Tone::Dim, &format!("… {whole} in all; --body has everything")))
    };
    let out = if opened.views().first() == Some(&ViewKind::JSON) {
        let (text, all) = json(shown, SHOWN, look.paint);
        if all { text } else { more(text) }
    } else if let Some(text) = as_text(shown) {
        let text = lines(text.strip_suffix('\n').unwrap_or(text));
        if shown.len() <= SHOWN { text } else { more(text) }
    } else {
        let rows = hex_rows(shown, 0, HEX_ROWS);
        let row = |row: &crate::view::HexRow| format!("{:08x}  {:<47}  {}", row.offset, row.hex, row.ascii);
        let text = rows.iter().map(row).collect::<Vec<_>>().join("\n");
        if shown.len() <= HEX_ROWS * 16 { text } else { more(text) }
    };
    match (opened.decoded().sentence(), request.body.complete) {
        (Some(sentence), _) => format!("{}\n{out}", look.paint.tone(Tone::Dim, &format!("({})", plain(&sentence)))),
        (None, false) => format!("{out}\n{}", look.paint.tone(Tone::Bad, "(the body is not complete)")),
        (None, true) => out,
    }
}

/// The start of a text; nothing when it is none.
fn as_text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))?;
    let mut end = SHOWN.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end)
}

fn joined(fields: &[Field], name: &str) -> Option<String> {
    let values: Vec<&str> = fields
        .iter()
        .filter(|field| field.name.eq_ignore_ascii_case(name))
        .filter_map(|field| field.value.as_deref())
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}
