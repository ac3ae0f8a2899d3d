//! Python with requests.

use super::outgoing::Outgoing;
use super::shell::{base64, plain};
use super::{ExportOptions, Single, SingleKind};
use crate::model::CapturedRequest;

pub(super) const SINGLE: Single = Single {
    kind: SingleKind::Python,
    id: "python",
    label: "Python",
    media_type: "text/x-python; charset=utf-8",
    extension: "py",
    write,
};

/// Bodies that are no text stand as bytes up to here, then in base64.
const MAX_BYTES_LITERAL: usize = 1_024;

fn write(request: &CapturedRequest, options: &ExportOptions) -> Vec<u8> {
    let outgoing = Outgoing::new(request, options);
    let mut imports = String::new();
    let body = match plain(outgoing.body) {
        Some(text) if text.is_ascii() => bytes_literal(text.as_bytes()),
        Some(text) => format!("{}.encode()", string_literal(text)),
        None if outgoing.body.len() <= MAX_BYTES_LITERAL => bytes_literal(outgoing.body),
        None => {
            imports.push_str("import base64\n\n");
            format!("base64.b64decode(\"{}\")", base64(outgoing.body))
        }
    };
    let groups = outgoing.grouped();
    let joined = groups.iter().any(|(_, fields)| fields.len() > 1);
    let mut headers = String::new();
    for (name, fields) in &groups {
        let values: Vec<String> = fields.iter().map(|field| field.latin1()).collect();
        headers.push_str(&format!("    {}: {},\n", string_literal(name), string_literal(&values.join(", "))));
    }
    // urllib3 adds these two by itself unless it is told not to.
    for name in ["User-Agent", "Accept-Encoding"] {
        if !outgoing.has(name) {
            headers.push_str(&format!("    \"{name}\": SKIP_HEADER,\n"));
        }
    }
    let skips = headers.contains(": SKIP_HEADER,\n");
    let url = string_literal(&outgoing.url);
    let mut out = format!("{imports}import requests\n");
    if skips {
        out.push_str("from urllib3.util import SKIP_HEADER\n");
    }
    out.push_str(&format!("\nurl = {url}\n"));
    if joined {
        out.push_str("# requests sends no field twice: repeats are joined with commas, as RFC 9110 allows.\n");
    }
    out.push_str(&format!("headers = {{\n{headers}}}\nbody = {body}\n\n"));
    out.push_str("request = requests.Request(\"POST\", url, headers=headers, data=body).prepare()\n");
    out.push_str(&format!("request.method = {}\n", string_literal(outgoing.method)));
    out.push_str("request.url = url  # as sent, not normalised\n");
    out.push_str("with requests.Session() as session:\n    response = session.send(request, timeout=30)\n");
    out.push_str("print(response.status_code, response.text)\n");
    out.into_bytes()
}

/// A Python string literal in ASCII but for plain text.
fn string_literal(text: &str) -> String {
    let mut out = "\"".to_owned();
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(character),
            // Characters up to U+00FF are mostly bytes of a header here; an escape leaves no doubt about them.
            '\0'..='\u{ff}' => out.push_str(&format!("\\x{:02x}", u32::from(character))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

fn bytes_literal(bytes: &[u8]) -> String {
    format!("b\"{}\"", bytes.escape_ascii().to_string().replace("\\'", "'"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{request, text};
    use super::*;

    #[test]
    fn text_stays_readable_and_bytes_stay_exact() {
        let head = b"PATCH /b HTTP/1.1\r\nX-A: 1\r\nx-a: \xe9\r\n\r\n";
        let code = text(SingleKind::Python, &request(head, "{\"a\": \"ü\\n'\"}".as_bytes()), true);
        assert!(code.contains("\"X-A\": \"1, \\xe9\",\n"), "{code}");
        assert!(code.contains("body = \"{\\\"a\\\": \\\"\\xfc\\\\n'\\\"}\".encode()"), "{code}");
        assert!(code.contains("request.method = \"PATCH\""), "{code}");
        assert_eq!(bytes_literal(b"it's \"\\\0\xff"), "b\"it's \\\"\\\\\\x00\\xff\"");
    }
}
