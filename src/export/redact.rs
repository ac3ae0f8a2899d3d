//! What is not shown in an export unless the user asks: credentials, cookies, signatures.

use std::borrow::Cow;

pub use crate::http::cover::REDACTED;

const NAMES: &[&str] =
    &["authorization", "proxy-authorization", "cookie", "set-cookie", "authentication-info", "x-authorization"];

/// Parts of names that carry a signature: it proves something, and lets nobody in.
const SIGNATURES: &[&str] = &["signature", "hmac", "-sign"];

/// Parts of names that carry a shared secret, at one provider or another.
const PARTS: &[&str] = &[
    "token",
    "secret",
    "api-key",
    "apikey",
    "api_key",
    "access-key",
    "access_key",
    "accesskey",
    "password",
    "passwd",
    "credential",
    "jwt",
    "session",
    "digest-key",
    "private-key",
    "x-auth",
    "auth-key",
    "auth_key",
];

/// Words of names that say the same.
const WORDS: &[&str] =
    &["key", "auth", "otp", "pin", "pass", "pwd", "bearer", "csrf", "xsrf", "sid", "cred", "appkey", "ticket"];

/// Names with such a word that are no secret.
const OPEN: &[&str] = &["idempotency-key", "x-idempotency-key", "sec-websocket-key"];

/// Fields whose value is a URL, with a query that may hold a token.
const URLS: &[&str] = &[
    "referer",
    "location",
    "content-location",
    "x-original-url",
    "x-original-uri",
    "x-rewrite-url",
    "x-forwarded-uri",
    "x-forwarded-url",
    "x-request-uri",
];

/// Whole names of query parameters, beside those that would be sensitive as headers.
const PARAMETERS: &[&str] = &["sign", "code", "assertion", "refresh", "policy"];

/// Whether the value of a header of this name is a credential, a cookie or a signature.
#[must_use]
pub fn is_sensitive(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    if OPEN.iter().any(|open| name == open.as_bytes()) {
        return false;
    }
    is_signature(&name) || lets_in(&name)
}

/// Whether it is a credential or a cookie, and more than a signature.
#[must_use]
pub fn is_credential(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    is_sensitive(&name) && lets_in(&name)
}

fn is_signature(name: &[u8]) -> bool {
    words(name).any(|word| word == b"sig") || holds(name, SIGNATURES)
}

fn lets_in(name: &[u8]) -> bool {
    let is_word = |word: &[u8]| WORDS.iter().any(|known| word == known.as_bytes());
    words(name).any(is_word) || NAMES.iter().any(|known| name == known.as_bytes()) || holds(name, PARTS)
}

fn words(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    name.split(|byte| !byte.is_ascii_alphanumeric())
}

fn holds(name: &[u8], parts: &[&str]) -> bool {
    parts.iter().any(|part| memchr::memmem::find(name, part.as_bytes()).is_some())
}

/// Whether the value of a query parameter of this (decoded) name is.
pub(super) fn is_sensitive_parameter(name: &[u8]) -> bool {
    is_sensitive(name) || PARAMETERS.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

/// Which names are hidden: of header fields and of parameters.
#[derive(Clone, Copy)]
struct Hidden {
    field: fn(&[u8]) -> bool,
    parameter: fn(&[u8]) -> bool,
}

/// What an export hides.
const SENSITIVE: Hidden = Hidden { field: is_sensitive, parameter: is_sensitive_parameter };
/// What is hidden from those who look for what is wrong with a signature.
const CREDENTIALS: Hidden = Hidden { field: is_credential, parameter: is_credential };

/// A target without credentials in its query; signatures stay.
#[must_use]
pub fn open_target(raw: &[u8]) -> Cow<'_, [u8]> {
    target_without(raw, CREDENTIALS)
}

/// A head without credentials; signatures stay.
#[must_use]
pub fn open_head(raw: &[u8]) -> Vec<u8> {
    head_without(raw, CREDENTIALS)
}

/// A target with sensitive values of its query replaced; every other byte stays.
pub(super) fn target(raw: &[u8], redact: bool) -> Cow<'_, [u8]> {
    if redact { target_without(raw, SENSITIVE) } else { Cow::Borrowed(raw) }
}

fn target_without(raw: &[u8], hide: Hidden) -> Cow<'_, [u8]> {
    let Some(start) = memchr::memchr(b'?', raw) else { return Cow::Borrowed(raw) };
    let mut out = raw[..=start].to_vec();
    let mut rest = &raw[start + 1..];
    loop {
        let end = memchr::memchr2(b'&', b';', rest).unwrap_or(rest.len());
        let pair = &rest[..end];
        let equals = memchr::memchr(b'=', pair);
        let hidden = equals.filter(|equals| {
            let name: Vec<u8> = percent_encoding::percent_decode(&pair[..*equals]).collect();
            (hide.parameter)(&name)
        });
        match hidden {
            Some(equals) => {
                out.extend_from_slice(&pair[..=equals]);
                out.extend_from_slice(REDACTED.as_bytes());
            }
            None => out.extend_from_slice(pair),
        }
        let Some(separator) = rest.get(end) else { return Cow::Owned(out) };
        out.push(*separator);
        rest = &rest[end + 1..];
    }
}

/// The value of a field, without what is sensitive in it.
pub(super) fn value<'v>(name: &[u8], value: &'v [u8], redact: bool) -> Cow<'v, [u8]> {
    if redact { value_without(name, value, SENSITIVE) } else { Cow::Borrowed(value) }
}

fn value_without<'v>(name: &[u8], value: &'v [u8], hide: Hidden) -> Cow<'v, [u8]> {
    if (hide.field)(name) {
        return Cow::Borrowed(REDACTED.as_bytes());
    }
    if is_url(name) { target_without(value, hide) } else { Cow::Borrowed(value) }
}

/// Whether the value of a header of this name is a URL, whose query may hold something.
pub(super) fn is_url(name: &[u8]) -> bool {
    URLS.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

/// A request line with sensitive values of its target's query replaced.
fn request_line(line: &[u8], hide: Hidden) -> Vec<u8> {
    let Some(from) = memchr::memchr(b' ', line) else { return line.to_vec() };
    let end = line.trim_ascii_end().len().max(from + 1);
    // The version comes after the last space; without one the rest is the target.
    let to = memchr::memrchr(b' ', &line[from + 1..end]).map_or(end, |space| from + 1 + space);
    [&line[..=from], &target_without(&line[from + 1..to], hide), &line[to..]].concat()
}

/// A head with sensitive values replaced; every other byte stays.
pub(super) fn head(raw: &[u8], redact: bool) -> Vec<u8> {
    if redact { head_without(raw, SENSITIVE) } else { raw.to_vec() }
}

fn head_without(raw: &[u8], hide: Hidden) -> Vec<u8> {
    // The request line is no field, whatever colons it has; empty lines may precede it.
    let start = raw.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(raw.len());
    let line = memchr::memchr(b'\n', &raw[start..]).map_or(raw.len(), |end| start + end + 1);
    [&raw[..start], &request_line(&raw[start..line], hide), &fields_without(&raw[line..], hide)].concat()
}

/// Field lines (a trailer section) with sensitive values replaced; every other byte stays.
pub(super) fn fields(raw: &[u8], redact: bool) -> Vec<u8> {
    if redact { fields_without(raw, SENSITIVE) } else { raw.to_vec() }
}

fn fields_without(raw: &[u8], hide: Hidden) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut hiding = false;
    for line in raw.split_inclusive(|&byte| byte == b'\n') {
        let content = line.trim_ascii_end();
        let end = &line[content.len()..];
        // A line that starts with a blank goes on with the field before (RFC 9112, section 5.2).
        if hiding && matches!(line.first(), Some(b' ' | b'\t')) && !content.is_empty() {
            out.push(b' ');
            out.extend_from_slice(end);
            continue;
        }
        let colon = memchr::memchr(b':', content);
        hiding = colon.is_some_and(|colon| (hide.field)(content[..colon].trim_ascii()));
        match colon {
            Some(colon) if hiding => {
                out.extend_from_slice(&content[..=colon]);
                out.push(b' ');
                out.extend_from_slice(REDACTED.as_bytes());
            }
            Some(colon) => {
                out.extend_from_slice(&content[..=colon]);
                out.extend_from_slice(&value_without(content[..colon].trim_ascii(), &content[colon + 1..], hide));
            }
            None => out.extend_from_slice(content),
        }
        out.extend_from_slice(end);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_values_of_sensitive_fields_change() {
        let raw = b"POST /token:x HTTP/1.1\r\nHost: h\r\nAUTHORIZATION:Bearer a\r\n b\r\nX-A:  1 \nStripe-Signature: t=1,v1=2\n\r\n";
        let wanted = b"POST /token:x HTTP/1.1\r\nHost: h\r\nAUTHORIZATION: REDACTED\r\n \r\nX-A:  1 \nStripe-Signature: REDACTED\n\r\n";
        assert_eq!(String::from_utf8(head(&raw[..], true)).unwrap(), String::from_utf8_lossy(wanted));
        assert_eq!(head(raw, false), raw);
    }

    #[test]
    fn names_are_sensitive_by_their_words() {
        for name in ["Ocp-Apim-Subscription-Key", "X-Key", "X-Appkey", "X-Sentry-Auth", "X-Otp", "X-Pwd", "Paddle-Sig"]
        {
            assert!(is_sensitive(name.as_bytes()), "{name}");
        }
        for name in ["Idempotency-Key", "Content-Type", "X-Monkey", "X-Passenger", "Keep-Alive", "Author"] {
            assert!(!is_sensitive(name.as_bytes()), "{name}");
        }
        let head = fields(b"Referer: https://h/p?token=x&a=1\r\n", true);
        assert_eq!(head, b"Referer: https://h/p?token=REDACTED&a=1\r\n");
    }

    #[test]
    fn sensitive_values_of_a_query_are_hidden_and_nothing_else_of_the_target() {
        for (raw, wanted) in [
            ("/b?a=1&access_token=x&b", "/b?a=1&access_token=REDACTED&b"),
            (
                "/b?a=1;token=x;b&pin=1&sid=2&subscription-key=3",
                "/b?a=1;token=REDACTED;b&pin=REDACTED&sid=REDACTED&subscription-key=REDACTED",
            ),
            (
                "/b?Signature=x%3D&sig=y&API_KEY=&k%65y=z",
                "/b?Signature=REDACTED&sig=REDACTED&API_KEY=REDACTED&k%65y=REDACTED",
            ),
            ("/b?design=1&keyboard=2&token", "/b?design=1&keyboard=2&token"),
            ("/token=x", "/token=x"),
        ] {
            assert_eq!(String::from_utf8_lossy(&target(raw.as_bytes(), true)), wanted);
            assert_eq!(&target(raw.as_bytes(), false)[..], raw.as_bytes());
            let line = |target: &str| format!("\r\nPOST {target} HTTP/1.1\r\nHost: h\r\n\r\n");
            assert_eq!(head(line(raw).as_bytes(), true), line(wanted).as_bytes());
        }
        for name in ["X-Auth", "X-Auth-Key", "X-Access-Key", "X-Jwt", "X-Api-Key", "x-session-id"] {
            assert!(is_sensitive(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn usual_headers_are_not_sensitive() {
        for name in
            ["Content-Type", "Host", "User-Agent", "X-Callaider-Event", "webhook-id", "Content-Digest", "X-Signed-By"]
        {
            let signed = name == "X-Signed-By";
            assert_eq!(is_sensitive(name.as_bytes()), signed, "{name}");
        }
    }
}
