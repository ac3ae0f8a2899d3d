//! What a client has to send again: the captured request without what the client's HTTP library sets on its own.

use std::collections::HashMap;

use crate::model::CapturedRequest;

use super::{ExportOptions, REDACTED, is_sensitive, redact};

/// Fields that belong to one connection (RFC 9110, section 7.6.1), or that the sending library writes itself.
const OWN: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A request to be sent by some client.
pub(super) struct Outgoing<'a> {
    /// The method as sent.
    pub(super) method: &'a str,
    /// The URL, printable ASCII.
    pub(super) url: String,
    /// The fields in order, with a valid name each.
    pub(super) headers: Vec<Field>,
    /// The body as sent, still content-encoded.
    pub(super) body: &'a [u8],
}

/// A field to send.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) value: Vec<u8>,
}

impl Field {
    /// The value as text in which every byte is a character: what `latin-1` libraries send as these bytes.
    pub(super) fn latin1(&self) -> String {
        self.value.iter().map(|&byte| char::from(byte)).collect()
    }
}

impl<'a> Outgoing<'a> {
    pub(super) fn new(request: &'a CapturedRequest, options: &ExportOptions) -> Self {
        let headers = request.head.headers();
        // What Connection names belongs to the connection as well.
        let named: Vec<String> = headers
            .all("connection")
            .flat_map(|value| value.split(|&byte| byte == b','))
            .map(|name| String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase())
            .collect();
        let headers = headers
            .iter()
            .filter_map(|field| {
                let name = std::str::from_utf8(&field.name).ok().filter(|name| is_token(name))?;
                let lower = name.to_ascii_lowercase();
                if OWN.contains(&lower.as_str()) || named.contains(&lower) {
                    return None;
                }
                let hidden = options.redact && is_sensitive(&field.name);
                // Line ends and NUL cannot be in a value; a rejected head may still hold them.
                let value = field.value.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0));
                let value = if hidden { REDACTED.as_bytes().to_vec() } else { value.collect() };
                Some(Field { name: name.to_owned(), value })
            })
            .collect();
        Self { method: &request.summary.method, url: url(request, options), headers, body: &request.body }
    }

    /// Whether a field of that (lower-case) name is sent.
    pub(super) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The fields whose names have the same key together, in the order of their first; the name as in the first.
    pub(super) fn grouped(&self, key: fn(&str) -> String) -> Vec<(&str, Vec<&Field>)> {
        let mut index: HashMap<String, usize> = HashMap::new();
        let mut groups: Vec<(&str, Vec<&Field>)> = Vec::new();
        for field in &self.headers {
            let at = *index.entry(key(&field.name)).or_insert(groups.len());
            match groups.get_mut(at) {
                Some((_, fields)) => fields.push(field),
                None => groups.push((&field.name, vec![field])),
            }
        }
        groups
    }

    /// Whether the path has segments that URL libraries resolve away (`/../`), or two slashes that some of them fold.
    pub(super) fn has_odd_path(&self) -> bool {
        let path = path(&self.url);
        let path = &path[..path.find('?').unwrap_or(path.len())];
        let dots = |segment: &str| {
            let plain = segment.to_ascii_lowercase().replace("%2e", ".");
            plain == "." || plain == ".."
        };
        path.split('/').any(dots) || path.contains('\\')
    }

    /// Whether urllib3, which requests and `HTTPie` are built on, sends the target as it is: it resolves dots, writes escapes in
    /// capitals, and encodes what it does not know.
    pub(super) fn urllib3_keeps_target(&self) -> bool {
        let target = path(&self.url);
        let digit = |byte: &u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(byte);
        let escapes =
            target.split('%').skip(1).all(|rest| rest.as_bytes().get(..2).is_some_and(|two| two.iter().all(digit)));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte);
        escapes && target.bytes().all(plain) && !target.starts_with("//") && !self.has_odd_path()
    }
}

/// Path and query of an absolute URL, as they are.
pub(super) fn path(url: &str) -> &str {
    let after = url.find("://").map_or(0, |scheme| scheme + 3);
    url[after..].find(['/', '?']).map_or("", |start| &url[after + start..])
}

/// The URL to send to: printable ASCII without a fragment; every other byte of the target is percent-encoded.
pub(super) fn url(request: &CapturedRequest, options: &ExportOptions) -> String {
    if let Some(url) = &options.url {
        return printable(url.as_bytes());
    }
    let target = request.head.target();
    let raw = &target.raw()[..];
    let origin_form = match memchr::memmem::find(raw, b"://") {
        Some(scheme) if raw.first() != Some(&b'/') => {
            let rest = &raw[scheme + 3..];
            memchr::memchr2(b'/', b'?', rest).map_or(&b""[..], |start| &rest[start..])
        }
        Some(_) | None => raw,
    };
    let slash = if origin_form.first() == Some(&b'/') { "" } else { "/" };
    format!(
        "{}{slash}{}",
        options.origin.trim_end_matches('/'),
        printable(&redact::target(origin_form, options.redact))
    )
}

fn printable(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        if (0x21..0x7f).contains(&byte) && byte != b'#' {
            out.push(char::from(byte));
        } else {
            out.push_str(percent_encoding::percent_encode_byte(byte));
        }
    }
    out
}

/// Whether this is a token (RFC 9110, section 5.6.2).
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{options, request};
    use super::*;

    #[test]
    fn what_belongs_to_the_connection_stays_behind() {
        let head = b"POST /b?x=1 HTTP/1.1\r\nHost: h\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nContent-Length: 1\r\n\
            X-Stay: 2\r\nbad name: 3\r\nTE: trailers\r\n\r\n";
        let request = request(head, b"x");
        let outgoing = Outgoing::new(&request, &options(true));
        assert_eq!(outgoing.headers.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["X-Stay"]);
        assert_eq!(outgoing.url, "http://127.0.0.1:4665/b?x=1");
    }

    #[test]
    fn urls_are_printable_and_whole() {
        let of = |target: &[u8]| {
            let request = request(&[b"GET ", target, b" HTTP/1.1\r\n\r\n"].concat(), b"");
            url(&request, &options(true))
        };
        assert_eq!(of(b"/b/\xff#x?a b"), "http://127.0.0.1:4665/b/%FF%23x?a%20b");
        assert_eq!(of(b"http://other/b?x"), "http://127.0.0.1:4665/b?x");
        assert_eq!(of(b"*"), "http://127.0.0.1:4665/*");
        assert_eq!(of(b"/b?u=http://x/y"), "http://127.0.0.1:4665/b?u=http://x/y");
    }
}
