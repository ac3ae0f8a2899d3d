//! Go with net/http.

use super::field::Field;
use super::outgoing::{Outgoing, origin};
use super::shell::hex_escape;
use super::wire::Framing;
use super::{ExportOptions, Single};
use crate::model::CapturedRequest;

pub(super) const SINGLE: Single =
    Single { id: "go", label: "Go", media_type: "text/x-go; charset=utf-8", extension: "go", write };

fn write(request: &CapturedRequest, options: &ExportOptions) -> Vec<u8> {
    let outgoing = Outgoing::new(request, options);
    if let Some(refusal) = outgoing.refusal("//") {
        return refusal.into_bytes();
    }
    let mut notes = Vec::new();
    outgoing.note_version(&mut notes);
    outgoing.note_spaces(" ", &mut notes);
    outgoing.note_trailers(&mut notes);
    let origin = origin(&outgoing.url);
    let headers = headers(&outgoing, &mut notes);
    let opaque = opaque(&outgoing, origin, &mut notes);
    let framing = framing(&outgoing, &mut notes);
    note_order(&outgoing, &mut notes);
    format!(
        "{}package main\n\nimport (\n\t\"bytes\"\n\t\"fmt\"\n\t\"io\"\n\t\"net/http\"\n)\n\nfunc main() {{\n\
         \tbody := []byte({})\n\trequest, err := http.NewRequest({}, {}, bytes.NewReader(body))\n\tif err != nil {{\n\t\tpanic(err)\n\t}}\n\
         \trequest.URL.Opaque = {opaque}\n{headers}{framing}\
         \tclient := &http.Client{{\n\t\tTransport:     &http.Transport{{DisableCompression: true}},\n\
         \t\tCheckRedirect: func(*http.Request, []*http.Request) error {{ return http.ErrUseLastResponse }},\n\t}}\n\
         \tresponse, err := client.Do(request)\n\tif err != nil {{\n\t\tpanic(err)\n\t}}\n\tdefer response.Body.Close()\n\
         \ttext, _ := io.ReadAll(response.Body)\n\tfmt.Println(response.Status, string(text))\n}}\n",
        outgoing.comments("//", &notes),
        literal(outgoing.body),
        literal(outgoing.method.as_bytes()),
        literal(origin.as_bytes()),
    )
    .into_bytes()
}

/// The lines that set the fields. Names are set as sent: Set and Add would write them in capitals.
fn headers(outgoing: &Outgoing<'_>, notes: &mut Vec<String>) -> String {
    let mut groups = outgoing.grouped(str::to_owned);
    groups.retain(|(name, fields)| {
        let refused = fields.iter().any(|field| field.has_controls());
        if refused {
            notes.push(format!("{name} is left out, since Go sends no control characters"));
        }
        let is_trailer = *name == "Trailer";
        if is_trailer {
            notes.push("Trailer is left out, since Go writes it for trailer fields of its own".to_owned());
        }
        !refused && !is_trailer
    });
    if groups.iter().any(|(name, fields)| *name == "User-Agent" && fields.len() > 1) {
        notes.push("Go sends only the first User-Agent".to_owned());
    }
    let lines = groups.iter().map(|(name, fields)| {
        let values: Vec<String> = fields.iter().map(|field| literal(&field.value)).collect();
        format!("\trequest.Header[{}] = []string{{{}}}\n", literal(name.as_bytes()), values.join(", "))
    });
    let mut lines: String = lines.collect();
    let agent = |field: &Field| field.name == "User-Agent";
    if !outgoing.headers.iter().any(agent) {
        lines.push_str("\trequest.Header[\"User-Agent\"] = []string{\"\"} // send none of its own\n");
    } else if outgoing.headers.iter().find(|field| agent(field)).is_some_and(|field| field.value.is_empty()) {
        notes.push("Go sends no User-Agent that is empty".to_owned());
    }
    lines
}

/// Notes how the order of the fields differs.
fn note_order(outgoing: &Outgoing<'_>, notes: &mut Vec<String>) {
    let given: Vec<&str> = outgoing.headers.iter().map(|field| field.name.as_str()).collect();
    let mut sent = given.clone();
    sent.sort_by_key(|name| (*name != "User-Agent", *name));
    if sent != given {
        notes.push("Go sends the fields in the order of their names".to_owned());
    }
    let agents = sent.iter().take_while(|name| **name == "User-Agent").count();
    let adds_length = matches!(outgoing.method, "POST" | "PUT" | "PATCH");
    let framed = match outgoing.framing {
        Framing::Chunked => Some("Transfer-Encoding"),
        Framing::Length if outgoing.body.is_empty() && matches!(outgoing.method, "GET" | "HEAD") => None,
        Framing::None if !adds_length => None,
        Framing::Length | Framing::None => Some("Content-Length"),
    };
    sent.splice(agents..agents, framed);
    sent.insert(0, "Host");
    outgoing.note_own("Go", &sent, true, notes);
}

/// The target as an opaque URL, which goes out as it is: parsing would refuse or rewrite some.
fn opaque(outgoing: &Outgoing<'_>, origin: &str, notes: &mut Vec<String>) -> String {
    let target = outgoing.target_or_escaped(|byte| byte > b' ' && byte != 0x7f, notes);
    // Every character is a byte.
    let target: Vec<u8> = target.chars().filter_map(|character| u8::try_from(character).ok()).collect();
    if !target.starts_with(b"//") {
        return literal(&target);
    }
    // Two slashes would start an authority, so then the whole URL is sent, which servers must understand as well.
    notes.push("Go sends the target as a whole URL".to_owned());
    let authority = origin.split_once("://").map_or("", |(_, authority)| authority);
    literal(&[b"//", authority.as_bytes(), &target].concat())
}

/// The lines that set how the body is delimited, where Go would choose otherwise.
fn framing(outgoing: &Outgoing<'_>, notes: &mut Vec<String>) -> &'static str {
    let adds_length = matches!(outgoing.method, "POST" | "PUT" | "PATCH");
    match outgoing.framing {
        Framing::Chunked => {
            "\trequest.Body = io.NopCloser(bytes.NewReader(body))\n\trequest.ContentLength = -1\n\
             \trequest.TransferEncoding = []string{\"chunked\"}\n"
        }
        Framing::None if adds_length => {
            notes.push("Go adds Content-Length: 0".to_owned());
            ""
        }
        Framing::Length if outgoing.body.is_empty() && matches!(outgoing.method, "GET" | "HEAD") => {
            notes.push("Go leaves out Content-Length: 0".to_owned());
            ""
        }
        Framing::Length if outgoing.body.is_empty() && !adds_length => {
            "\trequest.TransferEncoding = []string{\"identity\"} // send Content-Length: 0\n"
        }
        Framing::None | Framing::Length => "",
    }
}

/// A Go string literal: readable text as it is, other bytes as `\xNN`.
fn literal(bytes: &[u8]) -> String {
    let mut out = "\"".to_owned();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                other if crate::view::has_marks(other.encode_utf8(&mut [0; 4])) => {
                    out.extend(other.encode_utf8(&mut [0; 4]).bytes().flat_map(hex_escape));
                }
                other => out.push(other),
            }
        }
        out.extend(chunk.invalid().iter().copied().flat_map(hex_escape));
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{request, text};
    use super::*;

    #[test]
    fn every_byte_has_its_literal() {
        assert_eq!(literal(b"a\"\\\n\r\0\xff\xc3\xa9"), "\"a\\\"\\\\\\n\\x0d\\x00\\xffé\"");
    }

    #[test]
    fn names_repeats_and_the_spelling_of_the_path_are_kept() {
        let code =
            text("go", &request(b"POST /b/%2f/../c?q=%zz HTTP/1.1\r\nx-a: 1\r\nx-a: 2\r\nX-A: 3\r\n\r\n", b"x"), true);
        assert!(
            code.contains(
                "request.Header[\"x-a\"] = []string{\"1\", \"2\"}\n\trequest.Header[\"X-A\"] = []string{\"3\"}\n"
            ),
            "{code}"
        );
        assert!(code.contains("URL.Opaque = \"/b/%2f/../c?q=%zz\"\n"), "{code}");
        assert!(code.starts_with("// Differs from what was captured: Go sends the fields in the order"), "{code}");
    }
}
