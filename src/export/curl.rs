//! curl. Works in any POSIX shell; where a header has bytes that cannot be pasted, in bash or zsh.

use super::outgoing::Outgoing;
use super::own_fields::Line;
use super::shell::{base64_pipe, plain, quote};
use super::wire::Framing;
use super::{ExportOptions, Single};
use crate::model::CapturedRequest;

pub(super) const SINGLE: Single =
    Single { id: "curl", label: "curl", media_type: "text/x-shellscript; charset=utf-8", extension: "sh", write };

/// From this body size on, curl asks first and waits ("Expect: 100-continue").
const EXPECTS_FROM: usize = 1024 * 1024;

fn write(request: &CapturedRequest, options: &ExportOptions) -> Vec<u8> {
    let outgoing = Outgoing::new(request, options);
    if let Some(refusal) = outgoing.refusal("#") {
        return refusal.into_bytes();
    }
    let mut notes = Vec::new();
    outgoing.note_trailers(&mut notes);
    outgoing.note_spaces("", &mut notes);
    // With data, `Content-Length: 0` of an empty body is sent, too.
    let with_data = !outgoing.body.is_empty() || outgoing.framing != Framing::None && outgoing.method != "HEAD";
    let mut parts = vec!["curl".to_owned()];
    match outgoing.method {
        "GET" if !with_data => {}
        // With --request HEAD curl would wait for a body that never comes.
        "HEAD" if !with_data => parts.push("--head".to_owned()),
        method => parts.push(format!("--request {}", quote(method.as_bytes()))),
    }
    if outgoing.is_http_10 {
        parts.push("--http1.0".to_owned());
    }
    parts.extend(address(&outgoing, &mut notes));
    parts.extend(fields(&outgoing, with_data, &mut notes));
    // Headers that curl would add and the sender did not send.
    for (name, added) in [
        ("User-Agent", true),
        ("Accept", true),
        ("Content-Type", with_data),
        ("Expect", outgoing.body.len() >= EXPECTS_FROM),
    ] {
        if added && !outgoing.has(&name.to_ascii_lowercase()) {
            parts.push(format!("--header '{name}:'"));
        }
    }
    let mut comments = outgoing.comments("#", &notes);
    if outgoing.method == "HEAD" && with_data {
        comments.push_str("# No response to HEAD has a body, which curl does not know here: it gives up waiting.\n");
        parts.push("--max-time 10".to_owned());
    }
    let command = match plain(outgoing.body) {
        _ if !with_data => joined(&parts),
        Some(text) => {
            // A leading @ would name a file, but not for --data-raw.
            let option = if text.starts_with('@') { "--data-raw" } else { "--data-binary" };
            parts.push(format!("{option} {}", quote(outgoing.body)));
            joined(&parts)
        }
        None => {
            parts.push("--data-binary @-".to_owned());
            base64_pipe(outgoing.body, &parts.join(" "))
        }
    };
    format!("{comments}{command}").into_bytes()
}

/// The options for the fields, each in its place but `Host`, which curl sends first.
fn fields(outgoing: &Outgoing<'_>, with_data: bool, notes: &mut Vec<String>) -> Vec<String> {
    let (mut parts, mut sent) = (Vec::new(), vec!["Host"]);
    let lines = outgoing.lines();
    // curl itself writes the length of data, after the given fields.
    let by_itself = with_data && outgoing.framing == Framing::Length && outgoing.has_usual_framing();
    for line in &lines {
        let field = match *line {
            Line::Host(_) => continue,
            Line::Framing(_) if outgoing.framing == Framing::Chunked && !with_data => {
                notes.push("curl sends HEAD without the empty chunked body".to_owned());
                continue;
            }
            Line::Given(field) | Line::Framing(field) => field,
        };
        sent.push(&field.name);
        if by_itself && matches!(line, Line::Framing(_)) {
            continue;
        }
        // A semicolon sends a field with an empty value; a colon would take the field out.
        let text = if field.value.is_empty() {
            format!("{};", field.name).into_bytes()
        } else {
            [field.name.as_bytes(), b": ", &field.value].concat()
        };
        parts.push(format!("--header {}", quote(&text)));
    }
    outgoing.note_own("curl", &sent, false, notes);
    parts
}

/// The URL, and what keeps curl from changing it.
fn address(outgoing: &Outgoing<'_>, notes: &mut Vec<String>) -> Vec<String> {
    let mut parts = Vec::new();
    if !outgoing.url_keeps_target() {
        if outgoing.target.is_empty() || outgoing.target.contains(&0) {
            outgoing.target_or_escaped(|_| false, notes);
        } else {
            parts.push(format!("--request-target {}", quote(&outgoing.target)));
        }
    }
    if outgoing.has_odd_path() {
        parts.push("--path-as-is".to_owned());
    }
    if outgoing.url.contains(['[', ']', '{', '}']) {
        parts.push("--globoff".to_owned());
    }
    parts.push(quote(outgoing.url.as_bytes()));
    parts
}

fn joined(parts: &[String]) -> String {
    format!("{}\n", parts.join(" \\\n  "))
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
    fn an_empty_body_has_a_length_only_if_the_sender_gave_it_one() {
        let with = text("curl", &request(b"POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", b""), true);
        assert!(with.ends_with("--data-binary ''\n"), "{with}");
        let without = text("curl", &request(b"POST /b HTTP/1.1\r\n\r\n", b""), true);
        assert!(!without.contains("--data"), "{without}");
    }

    #[test]
    fn what_delimits_the_body_is_in_its_place_and_spelling() {
        for (fields, option) in [
            ("content-length: 1\r\nX-A: 1", "  --header 'content-length: 1' \\\n  --header 'X-A: 1' \\\n"),
            ("X-A: 1\r\nContent-Length: 001", "  --header 'X-A: 1' \\\n  --header 'Content-Length: 001' \\\n"),
            (
                "transfer-encoding: Chunked\r\nX-A: 1",
                "  --header 'transfer-encoding: Chunked' \\\n  --header 'X-A: 1' \\\n",
            ),
        ] {
            let head = format!("POST /b HTTP/1.1\r\nHost: h\r\n{fields}\r\n\r\n");
            let text = text("curl", &request(head.as_bytes(), b"x"), true);
            assert!(text.starts_with("curl ") && text.contains(option), "{text}");
        }
        let usual =
            text("curl", &request(b"POST /b HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nContent-Length: 1\r\n\r\n", b"x"), true);
        assert!(usual.starts_with("curl ") && !usual.contains("Length"), "{usual}");
    }

    #[test]
    fn a_body_that_looks_like_a_file_name_is_not_read_from_a_file() {
        let text = text("curl", &request(b"POST /b HTTP/1.1\r\n\r\n", b"@/etc/passwd"), true);
        assert!(text.contains("--data-raw '@/etc/passwd'"), "{text}");
    }
}
