//! Python with requests, or with `http.client` where requests would change the request.

use super::outgoing::{Outgoing, has_odd_ends, origin};
use super::own_fields::Line;
use super::shell::{self, base64, plain};
use super::wire::Framing;
use super::{ExportOptions, Single};
use crate::model::CapturedRequest;

pub(super) const SINGLE: Single =
    Single { id: "python", label: "Python", media_type: "text/x-python; charset=utf-8", extension: "py", write };

/// Bodies that are not text are written as bytes up to this size, then in base64.
const MAX_BYTES_LITERAL: usize = 1_024;

fn write(request: &CapturedRequest, options: &ExportOptions) -> Vec<u8> {
    let outgoing = Outgoing::new(request, options);
    if let Some(refusal) = outgoing.refusal("#") {
        return refusal.into_bytes();
    }
    let (import, body) = match plain(outgoing.body) {
        Some(text) if text.is_ascii() => ("", bytes_literal(text.as_bytes())),
        Some(text) => ("", format!("{}.encode()", string_literal(text))),
        None if outgoing.body.len() <= MAX_BYTES_LITERAL => ("", bytes_literal(outgoing.body)),
        None => ("import base64\n", format!("base64.b64decode(\"{}\")", base64(outgoing.body))),
    };
    let mut notes = Vec::new();
    outgoing.note_version(&mut notes);
    outgoing.note_spaces(" ", &mut notes);
    // Both send every field in its place; only one that is missing is added.
    outgoing.note_own("Python", &[], false, &mut notes);
    let code =
        if keeps(&outgoing) { with_requests(&outgoing, &body) } else { with_http_client(&outgoing, &body, &mut notes) };
    format!("{}{import}{code}", outgoing.comments("#", &notes)).into_bytes()
}

/// Whether requests sends method, target, fields and framing as they are.
fn keeps(outgoing: &Outgoing<'_>) -> bool {
    // It gives every request a length but these.
    let bodiless = matches!(&*outgoing.method.to_ascii_uppercase(), "GET" | "HEAD");
    let framed = match outgoing.framing {
        Framing::None => bodiless,
        Framing::Length => !bodiless || !outgoing.body.is_empty(),
        Framing::Chunked => false,
    };
    framed
        && outgoing.has_usual_host()
        && outgoing.has_plain_framing()
        && outgoing.framed.as_ref().is_none_or(|field| field.name == "Content-Length")
        && outgoing.urllib3_keeps_target()
        && outgoing.headers.iter().all(|field| !has_odd_ends(&field.latin1()))
        && outgoing.grouped(str::to_ascii_lowercase).iter().all(|(_, fields)| fields.len() == 1)
}

fn with_requests(outgoing: &Outgoing<'_>, body: &str) -> String {
    // Behind all others requests writes the length of itself.
    let is_last = outgoing.has_usual_framing();
    let lines = outgoing.lines();
    let given = lines.iter().filter_map(|line| match line {
        Line::Given(field) => {
            Some(format!("    {}: {},\n", string_literal(&field.name), string_literal(&field.latin1())))
        }
        Line::Framing(_) if !is_last => Some("    \"Content-Length\": str(len(body)),\n".to_owned()),
        Line::Framing(_) | Line::Host(_) => None,
    });
    // urllib3 adds these two unless it is told not to.
    let skipped: Vec<&str> = ["User-Agent", "Accept-Encoding"]
        .into_iter()
        .filter(|name| !outgoing.has(&name.to_ascii_lowercase()))
        .collect();
    let import = if skipped.is_empty() { "" } else { "from urllib3.util import SKIP_HEADER\n" };
    let skipped = skipped.iter().map(|name| format!("    \"{name}\": SKIP_HEADER,\n"));
    format!(
        "import requests\n{import}\nurl = {url}\nbody = {body}\nheaders = {{\n{headers}}}\n\n\
         request = requests.Request({method}, url, headers=headers, data=body).prepare()\n\
         request.method = {method}  # in the sender's case\n\
         with requests.Session() as session:\n    response = session.send(request, timeout=30, allow_redirects=False)\n\
         print(response.status_code, response.text)\n",
        url = string_literal(&outgoing.url),
        headers = given.chain(skipped).collect::<String>(),
        method = string_literal(outgoing.method),
    )
}

fn with_http_client(outgoing: &Outgoing<'_>, body: &str, notes: &mut Vec<String>) -> String {
    let class = if outgoing.url.starts_with("https:") { "HTTPSConnection" } else { "HTTPConnection" };
    let put = |name: &str, value: &str| format!("connection.putheader({}, {value})\n", string_literal(name));
    let origin = string_literal(origin(&outgoing.url));
    // By default, http.client writes Host before all others.
    let skips_host = !outgoing.has_usual_host();
    let is_length = outgoing.framing == Framing::Length && outgoing.has_plain_framing();
    let lines = outgoing.lines();
    let fields = lines.iter().filter_map(|line| match line {
        Line::Host(field) if skips_host => Some(put(&field.name, &format!("urlsplit({origin}).netloc"))),
        Line::Host(_) => None,
        Line::Framing(field) if is_length => Some(put(&field.name, "str(len(body))")),
        Line::Given(field) | Line::Framing(field) => Some(put(&field.name, &string_literal(&field.latin1()))),
    });
    let send = match outgoing.framing {
        Framing::None => "connection.endheaders()\n".to_owned(),
        Framing::Length => "connection.endheaders(body)\n".to_owned(),
        Framing::Chunked if outgoing.trailers.is_empty() => {
            "connection.endheaders(body, encode_chunked=True)\n".to_owned()
        }
        Framing::Chunked => {
            let trailers = outgoing.trailers.iter().map(|field| [field.name.as_bytes(), b": ", &field.value, b"\r\n"]);
            let trailers = bytes_literal(&trailers.map(|parts| parts.concat()).collect::<Vec<_>>().concat());
            format!(
                "connection.endheaders()\nif body:\n    connection.send(b\"%x\\r\\n%b\\r\\n\" % (len(body), body))\n\
                 connection.send(b\"0\\r\\n\" + {trailers} + b\"\\r\\n\")\n"
            )
        }
    };
    format!(
        "# requests would change this request, http.client does not.\n\
         import http.client\nfrom urllib.parse import urlsplit\n\nbody = {body}\n\n\
         connection = http.client.{class}(urlsplit({origin}).netloc, timeout=30)\n\
         connection.putrequest({method}, {target}, {skip}skip_accept_encoding=True)\n{fields}\
         {send}response = connection.getresponse()\n\
         print(response.status, response.read().decode(errors=\"replace\"))\n",
        skip = if skips_host { "skip_host=True, " } else { "" },
        method = string_literal(outgoing.method),
        target = string_literal(&outgoing.target_or_escaped(|byte| byte.is_ascii_graphic(), notes)),
        fields = fields.collect::<String>(),
    )
}

/// A Python string literal in ASCII but for plain text.
fn string_literal(text: &str) -> String {
    shell::string_literal(text, "\n\r\t")
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
        let head = b"PATCH /b HTTP/1.1\r\nX-A: 1\xe9\r\n\r\n";
        let code = text("python", &request(head, "{\"a\": \"ü\\n'\"}".as_bytes()), true);
        assert!(code.contains("\"X-A\": \"1\\xe9\",\n"), "{code}");
        assert!(code.contains("body = \"{\\\"a\\\": \\\"\\xfc\\\\n'\\\"}\".encode()"), "{code}");
        assert!(code.contains("request.method = \"PATCH\""), "{code}");
        assert_eq!(bytes_literal(b"it's \"\\\0\xff"), "b\"it's \\\"\\\\\\x00\\xff\"");
    }

    #[test]
    fn what_requests_would_change_is_sent_by_http_client() {
        for head in [
            "GET /b?%2f",
            "GET /b?%zz",
            "GET /b?[1]",
            "GET /b?",
            "GET //b",
            "GET /b/../c",
            "GET http://other/b",
            "POST /b",
            "GET /b HTTP/1.1\r\nContent-Length: 0\r\nX:",
            "GET /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX:",
            "GET /b HTTP/1.1\r\nA: 1\r\na: 2\r\nX: ",
            "GET /b HTTP/1.1\r\nhost: h\r\nX: ",
            "GET /b HTTP/1.1\r\nX: 1\r\nHost: h\r\nY: ",
        ] {
            let head = if head.contains("HTTP/1.1") { head.to_owned() } else { format!("{head} HTTP/1.1") };
            let request = request(format!("{head}\r\n\r\n").as_bytes(), b"");
            assert!(text("python", &request, true).contains("http.client"), "{head}");
        }
        let usual = request(b"GET /b/c?a=%2F&b=(1) HTTP/1.1\r\n\r\n", b"");
        assert!(!text("python", &usual, true).contains("http.client"));
        let space = request(b"GET /b HTTP/1.1\r\nX: \xa0a\r\n\r\n", b"");
        assert!(text("python", &space, true).contains("http.client"));
    }
}
