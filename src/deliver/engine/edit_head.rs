//! Changes some lines of a head for its owner; every other line stays byte for byte. Pure.

use bytes::Bytes;

use super::head::{ending, line_end};
use crate::http::{Head, split_head};

/// The changes. Parts that are `None` or empty stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HeadEdit {
    /// Another method; `None` keeps that of the request.
    pub method: Option<String>,
    /// Another path below the bin: empty, or with its leading slash.
    pub path: Option<String>,
    /// Another query, without its question mark; an empty one removes the query.
    pub query: Option<String>,
    /// Fields to set: the first with a name replaces all fields of that name; further ones follow it.
    pub set: Vec<(String, String)>,
    /// Names of fields to leave out.
    pub remove: Vec<String>,
}

impl HeadEdit {
    /// Whether nothing is changed.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The head with the changes made.
pub(crate) fn edited(head: &Head, edit: &HeadEdit) -> Head {
    if edit.is_empty() {
        return head.clone();
    }
    let raw = &head.raw()[..];
    let (first, fields) = split_head(raw);
    let mut out = Vec::with_capacity(raw.len() + 256);
    request_line(head, &raw[first], edit, &mut out);
    let is = |name: &[u8], wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
    let mut written: Vec<&str> = Vec::new();
    let write = |out: &mut Vec<u8>, name: &str, end: &[u8]| {
        for (_, value) in edit.set.iter().filter(|(set, _)| set.eq_ignore_ascii_case(name)) {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
            out.extend_from_slice(end);
        }
    };
    for field in &fields {
        let (name, line) = (&raw[field.name.clone()], &raw[field.line.clone()]);
        if let Some((set, _)) = edit.set.iter().find(|(set, _)| is(name, set)) {
            if !written.iter().any(|written| written.eq_ignore_ascii_case(set)) {
                write(&mut out, set, line_end(line));
                written.push(set);
            }
        } else if !edit.remove.iter().any(|removed| is(name, removed)) {
            out.extend_from_slice(line);
        }
    }
    for (name, _) in &edit.set {
        if !written.iter().any(|written| written.eq_ignore_ascii_case(name)) {
            write(&mut out, name, b"\r\n");
            written.push(name);
        }
    }
    out.extend_from_slice(ending(raw));
    Head::new(Bytes::from(out))
}

fn request_line(head: &Head, line: &[u8], edit: &HeadEdit, out: &mut Vec<u8>) {
    if edit.method.is_none() && edit.path.is_none() && edit.query.is_none() {
        out.extend_from_slice(line);
        return;
    }
    let target = head.target();
    let parts = head.scan().request_line();
    out.extend_from_slice(edit.method.as_ref().map_or(parts.method, |method| method.as_bytes()));
    out.extend_from_slice(b" /");
    out.extend_from_slice(target.bin_segment());
    out.extend_from_slice(edit.path.as_ref().map_or(target.path_below_bin(), |path| path.as_bytes()));
    let query = match &edit.query {
        None => target.query(),
        Some(query) => Some(query.as_bytes()).filter(|query| !query.is_empty()),
    };
    if let Some(query) = query {
        out.push(b'?');
        out.extend_from_slice(query);
    }
    out.extend_from_slice(b" HTTP/");
    out.extend_from_slice(if parts.version.is_empty() { b"1.1" } else { parts.version });
    out.extend_from_slice(line_end(line));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raw: &'static str, edit: &HeadEdit) -> String {
        String::from_utf8(edited(&Head::new(Bytes::from_static(raw.as_bytes())), edit).raw().to_vec()).unwrap()
    }

    #[test]
    fn fields_are_set_in_their_old_place_and_the_rest_stays() {
        let raw = "POST /b/x?y HTTP/1.1\r\nA:1\r\nx-sig: old\r\nB:  2 \r\nX-Sig: older\r\nC: 3\r\n\r\n";
        let edit = HeadEdit {
            set: [("X-Sig", "new"), ("D", "4"), ("x-sig", "second")].map(|(n, v)| (n.to_owned(), v.to_owned())).into(),
            remove: vec!["c".to_owned()],
            ..HeadEdit::default()
        };
        assert_eq!(
            text(raw, &edit),
            "POST /b/x?y HTTP/1.1\r\nA:1\r\nX-Sig: new\r\nX-Sig: second\r\nB:  2 \r\nD: 4\r\n\r\n"
        );
        assert_eq!(text(raw, &HeadEdit::default()), raw);
    }

    #[test]
    fn method_path_and_query_are_replaced_one_by_one() {
        let raw = "POST /b/x?y HTTP/1.0\r\n\r\n";
        let some = |text: &str| Some(text.to_owned());
        for (method, path, query, expected) in [
            (some("PUT"), None, None, "PUT /b/x?y HTTP/1.0\r\n\r\n"),
            (None, some("/z/a"), None, "POST /b/z/a?y HTTP/1.0\r\n\r\n"),
            (None, some(""), some(""), "POST /b HTTP/1.0\r\n\r\n"),
            (None, None, some("q=1"), "POST /b/x?q=1 HTTP/1.0\r\n\r\n"),
        ] {
            assert_eq!(text(raw, &HeadEdit { method, path, query, ..HeadEdit::default() }), expected);
        }
    }
}
