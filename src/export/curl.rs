//! curl. Works in any POSIX shell; where a header has bytes that cannot be pasted, in bash or zsh.

use super::outgoing::Outgoing;
use super::shell::{base64_pipe, plain, quote};
use super::{ExportOptions, Single};
use crate::model::CapturedRequest;

pub(super) const SINGLE: Single =
    Single { id: "curl", label: "curl", media_type: "text/x-shellscript; charset=utf-8", extension: "sh", write };

/// From this size on curl asks first and waits ("Expect: 100-continue").
const EXPECTS_FROM: usize = 1024 * 1024;

fn write(request: &CapturedRequest, options: &ExportOptions) -> Vec<u8> {
    let outgoing = Outgoing::new(request, options);
    let mut parts = vec!["curl".to_owned()];
    match outgoing.method {
        "GET" if outgoing.body.is_empty() => {}
        // With -X HEAD curl would wait for a body that never comes.
        "HEAD" if outgoing.body.is_empty() => parts.push("--head".to_owned()),
        method => parts.push(format!("--request {}", quote(method.as_bytes()))),
    }
    if outgoing.has_odd_path() {
        parts.push("--path-as-is".to_owned());
    }
    if outgoing.url.contains(['[', ']', '{', '}']) {
        parts.push("--globoff".to_owned());
    }
    parts.push(quote(outgoing.url.as_bytes()));
    for field in &outgoing.headers {
        // A semicolon sends a field with an empty value; a colon would take the field out.
        let text = if field.value.is_empty() {
            format!("{};", field.name).into_bytes()
        } else {
            [field.name.as_bytes(), b": ", &field.value].concat()
        };
        parts.push(format!("--header {}", quote(&text)));
    }
    // Headers that curl would add and the sender did not send.
    let with_body = !outgoing.body.is_empty();
    for (name, added) in [
        ("User-Agent", true),
        ("Accept", true),
        ("Content-Type", with_body),
        ("Expect", outgoing.body.len() >= EXPECTS_FROM),
    ] {
        if added && !outgoing.has(name) {
            parts.push(format!("--header '{name}:'"));
        }
    }
    match plain(outgoing.body) {
        _ if !with_body => finish(&parts),
        Some(text) => {
            // A leading @ would name a file, but not for --data-raw.
            let option = if text.starts_with('@') { "--data-raw" } else { "--data-binary" };
            parts.push(format!("{option} {}", quote(outgoing.body)));
            finish(&parts)
        }
        None => {
            parts.push("--data-binary @-".to_owned());
            base64_pipe(outgoing.body, &parts.join(" ")).into_bytes()
        }
    }
}

fn finish(parts: &[String]) -> Vec<u8> {
    let mut text = parts.join(" \\\n  ");
    text.push('\n');
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{request, text};

    #[test]
    fn a_usual_webhook() {
        let head = b"POST /b/x?a=1 HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nAccept: */*\r\nX-Empty:\r\nContent-Length: 9\r\n\r\n";
        assert_eq!(
            text("curl", &request(head, br#"{"a":"'"}"#), true),
            "curl \\\n  --request 'POST' \\\n  'http://127.0.0.1:4665/b/x?a=1' \\\n  --header 'Content-Type: application/json' \\\n  \
             --header 'Accept: */*' \\\n  --header 'X-Empty;' \\\n  --header 'User-Agent:' \\\n  --data-binary '{\"a\":\"'\\''\"}'\n"
        );
    }

    #[test]
    fn a_body_that_looks_like_a_file_name_is_not_read_from_a_file() {
        let text = text("curl", &request(b"POST /b HTTP/1.1\r\n\r\n", b"@/etc/passwd"), true);
        assert!(text.contains("--data-raw '@/etc/passwd'"), "{text}");
    }
}
