//! Go with net/http.

use super::outgoing::{Outgoing, path};
use super::shell::hex_escape;
use super::{ExportOptions, Single};
use crate::model::CapturedRequest;

pub(super) const SINGLE: Single =
    Single { id: "go", label: "Go", media_type: "text/x-go; charset=utf-8", extension: "go", write };

fn write(request: &CapturedRequest, options: &ExportOptions) -> Vec<u8> {
    let outgoing = Outgoing::new(request, options);
    // Names are set as sent: Set and Add would write them in capitals.
    let groups = outgoing.grouped(str::to_owned);
    let groups = groups.iter().map(|(name, fields)| {
        let values: Vec<String> = fields.iter().map(|field| literal(&field.value)).collect();
        format!("\trequest.Header[{}] = []string{{{}}}\n", literal(name.as_bytes()), values.join(", "))
    });
    let mut headers: String = groups.collect::<Vec<_>>().concat();
    if !outgoing.headers.iter().any(|field| field.name == "User-Agent") {
        headers.push_str("\trequest.Header[\"User-Agent\"] = []string{\"\"} // send none of its own\n");
    }
    // Parsing would refuse or rewrite some targets; an opaque URL goes out as it is.
    let target = path(&outgoing.url);
    let origin = &outgoing.url[..outgoing.url.len() - target.len()];
    let (opaque, query) = target.split_once('?').unwrap_or((target, ""));
    // Two slashes would start an authority, so then the whole URL is sent, which servers must understand as well.
    let opaque = if opaque.starts_with("//") { format!("//{}{opaque}", authority(origin)) } else { opaque.to_owned() };
    let (origin, opaque) = (literal(origin.as_bytes()), literal(opaque.as_bytes()));
    format!(
        "package main\n\nimport (\n\t\"bytes\"\n\t\"fmt\"\n\t\"io\"\n\t\"net/http\"\n)\n\nfunc main() {{\n\
         \tbody := []byte({})\n\trequest, err := http.NewRequest({}, {origin}, bytes.NewReader(body))\n\tif err != nil {{\n\t\tpanic(err)\n\t}}\n\
         \trequest.URL.Opaque = {opaque}\n\trequest.URL.RawQuery = {}\n{headers}\
         \tclient := &http.Client{{Transport: &http.Transport{{DisableCompression: true}}}}\n\
         \tresponse, err := client.Do(request)\n\tif err != nil {{\n\t\tpanic(err)\n\t}}\n\tdefer response.Body.Close()\n\
         \ttext, _ := io.ReadAll(response.Body)\n\tfmt.Println(response.Status, string(text))\n}}\n",
        literal(outgoing.body),
        literal(outgoing.method.as_bytes()),
        literal(query.as_bytes()),
    )
    .into_bytes()
}

fn authority(origin: &str) -> &str {
    origin.split_once("://").map_or("", |(_, authority)| authority)
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
        assert!(code.contains("URL.Opaque = \"/b/%2f/../c\"\n\trequest.URL.RawQuery = \"q=%zz\""), "{code}");
    }
}
