//! What is not shown in an export unless the user asks: credentials, cookies, signatures.

/// What replaces a redacted value.
pub const REDACTED: &str = "REDACTED";

const NAMES: &[&str] =
    &["authorization", "proxy-authorization", "cookie", "set-cookie", "authentication-info", "x-authorization"];

/// Parts of names of headers that carry a signature or a shared secret, at one provider or another.
const PARTS: &[&str] =
    &["signature", "hmac", "token", "secret", "api-key", "apikey", "api_key", "password", "-sign", "digest-key"];

/// Whether the value of a header of this name is a credential, a cookie or a signature.
#[must_use]
pub fn is_sensitive(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    NAMES.iter().any(|known| name == known.as_bytes())
        || PARTS.iter().any(|part| memchr::memmem::find(&name, part.as_bytes()).is_some())
}

/// A head with sensitive values replaced; every other byte stays.
pub(super) fn head(raw: &[u8], redact: bool) -> Vec<u8> {
    // The request line is no field, whatever colons it has; empty lines may precede it.
    let start = raw.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(raw.len());
    let line = memchr::memchr(b'\n', &raw[start..]).map_or(raw.len(), |end| start + end + 1);
    [&raw[..line], &fields(&raw[line..], redact)].concat()
}

/// Field lines (a trailer section) with sensitive values replaced; every other byte stays.
pub(super) fn fields(raw: &[u8], redact: bool) -> Vec<u8> {
    if !redact {
        return raw.to_vec();
    }
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
        hiding = colon.is_some_and(|colon| is_sensitive(content[..colon].trim_ascii()));
        match colon {
            Some(colon) if hiding => {
                out.extend_from_slice(&content[..=colon]);
                out.push(b' ');
                out.extend_from_slice(REDACTED.as_bytes());
            }
            Some(_) | None => out.extend_from_slice(content),
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
    fn usual_headers_are_not_sensitive() {
        for name in
            ["Content-Type", "Host", "User-Agent", "X-Callaider-Event", "webhook-id", "Content-Digest", "X-Signed-By"]
        {
            let signed = name == "X-Signed-By";
            assert_eq!(is_sensitive(name.as_bytes()), signed, "{name}");
        }
    }
}
