//! JavaScript for Node 18 and later: fetch, or `node:http` where fetch cannot send the request as it was.

use super::outgoing::{Outgoing, path};
use super::shell::{self, base64, plain};
use super::{ExportOptions, Single};
use crate::model::CapturedRequest;

pub(super) const SINGLE: Single =
    Single { id: "node", label: "Node", media_type: "text/javascript; charset=utf-8", extension: "mjs", write };

/// Methods that fetch refuses, or writes in capitals when they are not (Fetch, section 2.2.1).
const REFUSED: &[&str] = &["CONNECT", "TRACE", "TRACK"];
const NORMALISED: &[&str] = &["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];

fn write(request: &CapturedRequest, options: &ExportOptions) -> Vec<u8> {
    let outgoing = Outgoing::new(request, options);
    let body = match plain(outgoing.body) {
        Some("") => String::new(),
        Some(text) => format!("const body = Buffer.from({});\n", literal(text)),
        None => format!("const body = Buffer.from(\"{}\", \"base64\");\n", base64(outgoing.body)),
    };
    let method = literal(outgoing.method);
    let url = literal(&outgoing.url);
    if fetchable(&outgoing) {
        let pairs = outgoing.headers.iter();
        let pairs = pairs.map(|field| format!("    [{}, {}],\n", literal(&field.name), literal(&field.latin1())));
        let headers: Vec<String> = pairs.collect();
        let headers = headers.concat();
        let with_body = if body.is_empty() { "" } else { "  body,\n" };
        return format!(
            "{body}const response = await fetch({url}, {{\n  method: {method},\n  headers: [\n{headers}  ],\n{with_body}  redirect: \"manual\",\n}});\n\
             console.log(response.status, await response.text());\n"
        )
        .into_bytes();
    }
    let groups = outgoing.grouped(str::to_ascii_lowercase);
    let groups = groups.iter().map(|(name, fields)| {
        let values: Vec<String> = fields.iter().map(|field| literal(&field.latin1())).collect();
        let value = if values.len() == 1 { values.concat() } else { format!("[{}]", values.join(", ")) };
        format!("    {}: {value},\n", literal(name))
    });
    let length = (!outgoing.body.is_empty()).then(|| "    \"Content-Length\": body.length,\n".to_owned());
    let headers: Vec<String> = groups.chain(length).collect();
    let headers = headers.concat();
    let module = if outgoing.url.starts_with("https:") { "https" } else { "http" };
    let send = if body.is_empty() { "request.end();" } else { "request.end(body);" };
    format!(
        "// fetch cannot send this request as it was.\nimport {{ request as send }} from \"node:{module}\";\n\n\
         {body}const request = send({url}, {{\n  method: {method},\n  path: {},\n  headers: {{\n{headers}  }},\n}}, async (response) => {{\n  \
         let text = \"\";\n  for await (const piece of response) text += piece;\n  console.log(response.statusCode, text);\n}});\n{send}\n",
        literal(path(&outgoing.url)),
    )
    .into_bytes()
}

/// Whether fetch sends this method with this body to this path.
fn fetchable(outgoing: &Outgoing<'_>) -> bool {
    let upper = outgoing.method.to_ascii_uppercase();
    let bodiless = matches!(upper.as_str(), "GET" | "HEAD") && !outgoing.body.is_empty();
    let rewritten = NORMALISED.contains(&upper.as_str()) && upper != outgoing.method;
    // The URL standard rewrites these characters and segments.
    let odd_url =
        outgoing.has_odd_path() || outgoing.url.contains(['\\', '"', '<', '>', '`', '{', '}', '^', '|', '\'']);
    !bodiless && !rewritten && !odd_url && !REFUSED.contains(&upper.as_str())
}

/// A JavaScript string literal.
fn literal(text: &str) -> String {
    shell::string_literal(text, "\n")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{request, text};

    #[test]
    fn fetch_where_it_can_and_node_http_where_it_cannot() {
        let usual = text("node", &request(b"POST /b HTTP/1.1\r\nX-A: 1\r\nX-A: \xff\r\n\r\n", b"{}\n"), true);
        assert!(
            usual.starts_with(
                "const body = Buffer.from(\"{}\\n\");\nconst response = await fetch(\"http://127.0.0.1:4665/b\""
            ),
            "{usual}"
        );
        assert!(usual.contains("[\"X-A\", \"\\xff\"]"), "{usual}");
        for (head, body) in [
            (&b"GET /b HTTP/1.1\r\nX-A: 1\r\nX-A: 2\r\n\r\n"[..], &b"x"[..]),
            (b"post /b HTTP/1.1\r\n\r\n", b""),
            (b"GET /b/../c HTTP/1.1\r\n\r\n", b""),
            (b"TRACE /b HTTP/1.1\r\n\r\n", b""),
        ] {
            assert!(text("node", &request(head, body), true).contains("node:http\""));
        }
    }
}
