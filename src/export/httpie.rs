//! `HTTPie` 3 and later.

use super::outgoing::Outgoing;
use super::shell::{base64_pipe, plain, quote};
use super::{ExportOptions, Single};
use crate::model::CapturedRequest;

pub(super) const SINGLE: Single =
    Single { id: "httpie", label: "HTTPie", media_type: "text/x-shellscript; charset=utf-8", extension: "sh", write };

fn write(request: &CapturedRequest, options: &ExportOptions) -> Vec<u8> {
    let outgoing = Outgoing::new(request, options);
    if outgoing.method.is_empty() || !outgoing.method.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        // It would take the method for the URL.
        return b"# HTTPie cannot send a method that is not all letters; curl can.\n".to_vec();
    }
    let mut parts = vec!["http".to_owned()];
    let body = plain(outgoing.body);
    if body.is_some() {
        // Without a terminal HTTPie would wait for a body on its standard input.
        parts.push("--ignore-stdin".to_owned());
    }
    if outgoing.has_odd_path() {
        parts.push("--path-as-is".to_owned());
    }
    if let Some(text) = body.filter(|text| !text.is_empty()) {
        parts.push(format!("--raw {}", quote(text.as_bytes())));
    }
    // A sender may choose a field name that looks like an option.
    parts.push("--".to_owned());
    parts.push(quote(outgoing.method.as_bytes()));
    parts.push(quote(outgoing.url.as_bytes()));
    let mut notes = Vec::new();
    for field in &outgoing.headers {
        let Ok(value) = str::from_utf8(&field.value) else {
            notes.push(format!("# HTTPie cannot send the value of {}, which is not UTF-8; curl can.\n", field.name));
            continue;
        };
        // The blank keeps a value that starts with '=' or '@' from making another kind of item; HTTPie takes it off again.
        let text = if value.is_empty() { format!("{};", field.name) } else { format!("{}: {value}", field.name) };
        parts.push(quote(text.as_bytes()));
    }
    for name in ["User-Agent", "Accept", "Accept-Encoding", "Content-Type"] {
        if !outgoing.has(name) {
            parts.push(format!("'{name}:'"));
        }
    }
    if !outgoing.urllib3_keeps_target() {
        notes.push("# HTTPie writes this target in another way; curl does not.\n".to_owned());
    }
    let command = match body {
        Some(_) => format!("{}\n", parts.join(" \\\n  ")),
        None => base64_pipe(outgoing.body, &parts.join(" ")),
    };
    format!("{}{command}", notes.concat()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{request, text};

    #[test]
    fn a_usual_webhook_and_a_binary_body() {
        let head =
            b"PUT /b HTTP/1.1\r\nX-Json: =1\r\nX-Empty:\r\nAccept: a\r\nUser-Agent: u\r\nAccept-Encoding: gzip\r\n\r\n";
        assert_eq!(
            text("httpie", &request(head, b"-x"), true),
            "http \\\n  --ignore-stdin \\\n  --raw '-x' \\\n  -- \\\n  'PUT' \\\n  'http://127.0.0.1:4665/b' \\\n  'X-Json: =1' \\\n  \
             'X-Empty;' \\\n  'Accept: a' \\\n  'User-Agent: u' \\\n  'Accept-Encoding: gzip' \\\n  'Content-Type:'\n"
        );
        let binary = text("httpie", &request(head, b"\0"), true);
        assert!(
            binary.starts_with("base64 -d <<'CREEL_BODY' | http -- 'PUT'") && binary.ends_with("AA==\nCREEL_BODY\n")
        );
    }
}
