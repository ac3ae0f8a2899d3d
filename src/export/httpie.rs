//! `HTTPie` 3 and later.

use super::field::Field;
use super::outgoing::{Outgoing, has_odd_ends};
use super::own_fields::Line;
use super::shell::{base64_pipe, plain, quote};
use super::wire::Framing;
use super::{ExportOptions, Single};
use crate::model::CapturedRequest;

pub(super) const SINGLE: Single =
    Single { id: "httpie", label: "HTTPie", media_type: "text/x-shellscript; charset=utf-8", extension: "sh", write };

/// Fields that it would add.
const ADDED: [&str; 5] = ["User-Agent", "Accept", "Accept-Encoding", "Connection", "Content-Type"];

/// Fields that it sends before the others, in this order.
const FIRST: [&str; 5] = ["user-agent", "accept-encoding", "accept", "connection", "content-type"];

fn write(request: &CapturedRequest, options: &ExportOptions) -> Vec<u8> {
    let outgoing = Outgoing::new(request, options);
    if let Some(refusal) = outgoing.refusal("#") {
        return refusal.into_bytes();
    }
    if !outgoing.method.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        // HTTPie would take the method for the URL.
        return b"# HTTPie cannot send a method that is not all letters; curl can.\n".to_vec();
    }
    let mut notes = differences(&outgoing);
    let mut parts = vec!["http".to_owned()];
    let body = plain(outgoing.body);
    if body.is_some() {
        // Without a terminal HTTPie would wait for a body on its standard input.
        parts.push("--ignore-stdin".to_owned());
    }
    if outgoing.framing == Framing::Chunked && !outgoing.body.is_empty() {
        parts.push("--chunked".to_owned());
    }
    if outgoing.has_odd_path() {
        parts.push("--path-as-is".to_owned());
    }
    if let Some(text) = body.filter(|text| !text.is_empty()) {
        // As one word: a body may look like an option.
        parts.push(format!("--raw={}", quote(text.as_bytes())));
    }
    // A sender may choose a field name that looks like an option.
    parts.push("--".to_owned());
    parts.push(quote(outgoing.method.as_bytes()));
    parts.push(quote(outgoing.url.as_bytes()));
    for line in outgoing.lines() {
        match line {
            Line::Given(field) => parts.extend(item(field, &mut notes)),
            Line::Framing(field) if gives_length(&outgoing) => parts.extend(item(field, &mut notes)),
            Line::Framing(_) | Line::Host(_) => {}
        }
    }
    for name in ADDED {
        if !outgoing.has(&name.to_ascii_lowercase()) {
            parts.push(format!("'{name}:'"));
        }
    }
    let command = match body {
        Some(_) => format!("{}\n", parts.join(" \\\n  ")),
        None => base64_pipe(outgoing.body, &parts.join(" ")),
    };
    format!("{}{command}", outgoing.comments("#", &notes)).into_bytes()
}

/// The parts of the request line and the framing that HTTPie cannot send.
fn differences(outgoing: &Outgoing<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    outgoing.note_version(&mut notes);
    outgoing.note_spaces(" ", &mut notes);
    if outgoing.method.bytes().any(|byte| byte.is_ascii_lowercase()) {
        notes.push("HTTPie writes the method in capitals; curl does not".to_owned());
    }
    if !outgoing.urllib3_keeps_target() {
        notes.push("HTTPie writes this target in another way; curl does not".to_owned());
    }
    let adds_length = !matches!(&*outgoing.method.to_ascii_uppercase(), "GET" | "HEAD" | "OPTIONS");
    match outgoing.framing {
        Framing::Chunked if outgoing.body.is_empty() => {
            notes.push("HTTPie sends no chunked body that is empty; curl does".to_owned());
        }
        Framing::None if adds_length => notes.push("HTTPie adds Content-Length: 0; curl does not".to_owned()),
        Framing::Chunked | Framing::None | Framing::Length => {}
    }
    outgoing.note_trailers(&mut notes);
    let mut groups = outgoing.grouped(str::to_ascii_lowercase);
    groups.sort_by_key(|(name, _)| place(name));
    let kept = groups.iter().flat_map(|(_, fields)| fields.iter().map(|field| &field.name));
    if !kept.eq(outgoing.headers.iter().map(|field| &field.name)) {
        notes.push("HTTPie sends the fields in another order; curl keeps it".to_owned());
    }
    // HTTPie's own fields come before the given ones.
    let mut sent = vec!["Host"];
    match outgoing.framing {
        Framing::None => {}
        Framing::Length if gives_length(outgoing) => {}
        Framing::Length => sent.push("Content-Length"),
        Framing::Chunked if outgoing.body.is_empty() => {}
        Framing::Chunked => sent.push("Transfer-Encoding"),
    }
    let mut groups: Vec<(usize, &str)> =
        groups.iter().flat_map(|(_, fields)| fields.iter().map(|field| (field.at, &*field.name))).collect();
    if let Some(field) = outgoing.framed.as_ref().filter(|_| gives_length(outgoing)) {
        let at = groups.iter().position(|(at, name)| *at > field.at && place(name) == FIRST.len());
        groups.insert(at.unwrap_or(groups.len()), (field.at, &field.name));
    }
    sent.extend(groups.iter().map(|(_, name)| *name));
    outgoing.note_own("HTTPie", &sent, !gives_length(outgoing), &mut notes);
    notes
}

/// Where a field comes among those that it sends before the others.
fn place(name: &str) -> usize {
    FIRST.iter().position(|first| name.eq_ignore_ascii_case(first)).unwrap_or(FIRST.len())
}

/// Whether it leaves out the length of an empty body unless it is given.
fn gives_length(outgoing: &Outgoing<'_>) -> bool {
    let method = outgoing.method.to_ascii_uppercase();
    outgoing.body.is_empty() && outgoing.framing == Framing::Length && matches!(&*method, "GET" | "HEAD" | "OPTIONS")
}

/// The argument for a field; `None` with a note for one that it cannot send.
fn item(field: &Field, notes: &mut Vec<String>) -> Option<String> {
    let Ok(value) = str::from_utf8(&field.value) else {
        notes.push(format!("HTTPie cannot send the value of {}, which is not UTF-8; curl can", field.name));
        return None;
    };
    if has_odd_ends(value) {
        notes.push(format!("HTTPie takes white space off the value of {}; curl does not", field.name));
    }
    // A backslash before one of these is lost, and cannot be written: then the value is read like a file.
    let escapes = value.as_bytes().windows(2).any(|two| two[0] == b'\\' && b":;=@".contains(&two[1]));
    Some(match value {
        "" => quote(format!("{};", field.name).as_bytes()),
        value if escapes => {
            format!("'{}:@'<(printf %s {})", field.name.replace('\'', r"'\''"), quote(value.as_bytes()))
        }
        // The blank keeps a value that starts with '=' or '@' from making another kind of item; HTTPie takes it off
        // again.
        value => quote(format!("{}: {value}", field.name).as_bytes()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{request, text};

    #[test]
    fn a_usual_webhook_and_a_binary_body() {
        let head = b"PUT /b HTTP/1.1\r\nHost: h\r\nUser-Agent: u\r\nAccept-Encoding: gzip\r\nAccept: a\r\nConnection: close\r\n\
            X-Json: =1\r\nX-Empty: \r\nX-Re: ^a\\:b\r\n\r\n";
        assert_eq!(
            text("httpie", &request(head, b"-x"), true),
            "http \\\n  --ignore-stdin \\\n  --raw='-x' \\\n  -- \\\n  'PUT' \\\n  'http://127.0.0.1:4665/b' \\\n  'User-Agent: u' \\\n  \
             'Accept-Encoding: gzip' \\\n  'Accept: a' \\\n  'Connection: close' \\\n  'X-Json: =1' \\\n  'X-Empty;' \\\n  \
             'X-Re:@'<(printf %s '^a\\:b') \\\n  'Content-Type:'\n"
        );
        let binary = text("httpie", &request(head, b"\0"), true);
        assert!(
            binary.starts_with("base64 -d <<'CREEL_BODY' | http -- 'PUT'") && binary.ends_with("AA==\nCREEL_BODY\n")
        );
    }

    #[test]
    fn what_it_would_change_is_said_first() {
        let code = text("httpie", &request(b"delete /b HTTP/1.0\r\nHost: h\r\nX: \xa0\r\n\r\n", b""), true);
        let comments: Vec<&str> = code.lines().take_while(|line| line.starts_with('#')).collect();
        assert_eq!(comments.len(), 4, "{code}");
    }
}
