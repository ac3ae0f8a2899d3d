//! JavaScript for Node 18 and later, with `node:http`: fetch adds fields of its own (`accept-language`,
//! `sec-fetch-mode`), joins those that are there twice, and knows neither every method nor every path.

use super::outgoing::{Outgoing, origin};
use super::own_fields::Line;
use super::shell::{self, base64, plain};
use super::wire::Framing;
use super::{ExportOptions, Single};
use crate::model::CapturedRequest;

pub(super) const SINGLE: Single =
    Single { id: "node", label: "Node", media_type: "text/javascript; charset=utf-8", extension: "mjs", write };

fn write(request: &CapturedRequest, options: &ExportOptions) -> Vec<u8> {
    let outgoing = Outgoing::new(request, options);
    if let Some(refusal) = outgoing.refusal("//") {
        return refusal.into_bytes();
    }
    let mut notes = Vec::new();
    outgoing.note_version(&mut notes);
    outgoing.note_spaces(" ", &mut notes);
    let body = match plain(outgoing.body) {
        _ if outgoing.framing == Framing::None => String::new(),
        Some(text) => format!("const body = Buffer.from({});\n", literal(text)),
        None => format!("const body = Buffer.from(\"{}\", \"base64\");\n", base64(outgoing.body)),
    };
    let headers = headers(&outgoing, &mut notes);
    let module = if outgoing.url.starts_with("https:") { "https" } else { "http" };
    // Node refuses white space and control characters in a path; other bytes are characters of Latin-1 to it.
    let path = literal(&outgoing.target_or_escaped(|byte| byte > b' ' && byte != 0x7f, &mut notes));
    format!(
        "{}import {{ request as send }} from \"node:{module}\";\n\n\
         const origin = {};\n{body}const request = send(origin, {{\n  method: {},\n  path: {path},\n  headers: {{\n{headers}  }},\n}}, async (response) => {{\n  \
         let text = \"\";\n  for await (const piece of response) text += piece;\n  console.log(response.statusCode, text);\n}});\n{}",
        outgoing.comments("//", &notes),
        literal(origin(&outgoing.url)),
        literal(outgoing.method),
        sending(&outgoing),
    )
    .into_bytes()
}

/// The lines of the `headers` object.
fn headers(outgoing: &Outgoing<'_>, notes: &mut Vec<String>) -> String {
    let groups = outgoing.grouped(str::to_ascii_lowercase);
    let (mut lines, mut sent) = (String::new(), Vec::new());
    let kept = groups.iter().flat_map(|(name, fields)| fields.iter().map(move |_| *name));
    if !kept.eq(outgoing.headers.iter().map(|field| field.name.as_str())) {
        notes.push("Node sends fields of the same name one after the other and in one spelling".to_owned());
    }
    for line in outgoing.lines() {
        let first = match line {
            Line::Given(field) => field,
            Line::Host(field) => {
                sent.push(&*field.name);
                lines.push_str(&format!("    {}: new URL(origin).host,\n", literal(&field.name)));
                continue;
            }
            Line::Framing(field) => {
                sent.push(&*field.name);
                let is_length = outgoing.framing == Framing::Length && outgoing.has_plain_framing();
                let value = if is_length { "body.length".to_owned() } else { literal(&field.latin1()) };
                lines.push_str(&format!("    {}: {value},\n", literal(&field.name)));
                continue;
            }
        };
        let group = groups.iter().find(|(_, fields)| fields.first().is_some_and(|field| field.at == first.at));
        let Some((name, fields)) = group else { continue };
        if name.eq_ignore_ascii_case("trailer") && outgoing.framing != Framing::Chunked {
            notes.push("Trailer is left out, since Node sends it only before chunks".to_owned());
            continue;
        }
        if name.eq_ignore_ascii_case("expect") {
            notes.push("Expect is left out, since Node would wait for an answer to it".to_owned());
            continue;
        }
        if fields.iter().any(|field| field.has_controls()) {
            notes.push(format!("{name} is left out, since Node sends no control characters"));
            continue;
        }
        if fields.len() > 1 && name.eq_ignore_ascii_case("cookie") {
            notes.push("Node joins the Cookie fields".to_owned());
        }
        if is_index(name) {
            notes.push(format!("Node sends {name} before the other fields"));
        }
        let values: Vec<String> = fields.iter().map(|field| literal(&field.latin1())).collect();
        let value = if values.len() == 1 { values.concat() } else { format!("[{}]", values.join(", ")) };
        // Without brackets, it would set the object's prototype.
        let key = if *name == "__proto__" { "[\"__proto__\"]".to_owned() } else { literal(name) };
        sent.extend(fields.iter().map(|_| *name));
        lines.push_str(&format!("    {key}: {value},\n"));
    }
    sent.sort_by_key(|name| !is_index(name));
    outgoing.note_own("Node", &sent, false, notes);
    lines
}

/// Whether JavaScript treats a name as an array index, which comes before all other members.
fn is_index(name: &str) -> bool {
    name.parse::<u32>().is_ok_and(|index| index != u32::MAX && index.to_string() == name)
}

/// The lines that send it, without what Node would add.
fn sending(outgoing: &Outgoing<'_>) -> String {
    let mut lines = String::new();
    if outgoing.method.bytes().any(|byte| byte.is_ascii_lowercase()) {
        lines.push_str(&format!("request.method = {}; // in the sender's case\n", literal(outgoing.method)));
    }
    let bare = outgoing.framing == Framing::None;
    for (name, added) in
        [("Connection", !outgoing.has("connection")), ("Content-Length", bare), ("Transfer-Encoding", bare)]
    {
        if added {
            lines.push_str(&format!("request.removeHeader(\"{name}\");\n"));
        }
    }
    if !outgoing.trailers.is_empty() {
        let pairs = outgoing.trailers.iter();
        let pairs = pairs.map(|field| format!("[{}, {}]", literal(&field.name), literal(&field.latin1())));
        lines.push_str(&format!("request.addTrailers([{}]);\n", pairs.collect::<Vec<_>>().join(", ")));
    }
    lines.push_str(if bare { "request.end();\n" } else { "request.end(body);\n" });
    lines
}

/// A JavaScript string literal.
fn literal(text: &str) -> String {
    shell::string_literal(text, "\n")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{request, text};

    #[test]
    fn fields_keep_their_names_repeats_and_bytes_and_nothing_is_added() {
        let code = text(
            "node",
            &request(b"post /b HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-A: \xff\r\nY: 2\r\n\r\n", b"{}\n"),
            true,
        );
        assert_eq!(
            code,
            "import { request as send } from \"node:http\";\n\nconst origin = \"http://127.0.0.1:4665\";\n\
             const body = Buffer.from(\"{}\\n\");\nconst request = send(origin, {\n  method: \"post\",\n  path: \"/b\",\n  headers: {\n    \
             \"Host\": new URL(origin).host,\n    \"X-A\": [\"1\", \"\\xff\"],\n    \"Y\": \"2\",\n    \"Content-Length\": body.length,\n  },\n}, async (response) => {\n  \
             let text = \"\";\n  for await (const piece of response) text += piece;\n  console.log(response.statusCode, text);\n});\n\
             request.method = \"post\"; // in the sender's case\nrequest.removeHeader(\"Connection\");\nrequest.end(body);\n"
        );
    }

    #[test]
    fn what_node_cannot_send_is_said_first() {
        let head = b"GET /b HTTP/1.0\r\nHost: h\r\nx-a: 1\r\nB: 2\r\nX-A: 3\r\nExpect: 100-continue\r\nC: \x01\r\nCookie: a\r\nCookie: b\r\n\r\n";
        let code = text("node", &request(head, b""), false);
        let comments: Vec<&str> = code.lines().take_while(|line| line.starts_with("//")).collect();
        assert_eq!(comments.len(), 5, "{code}");
    }
}
