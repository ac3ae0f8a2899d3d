//! HTTP archives: requests of browsers and proxies, and those that Creel wrote.

use std::time::Duration;

use serde::Deserialize;

use super::super::outgoing::path;
use super::record::record;
use super::{Fields, ImportError, Imported};
use crate::http::Head;
use crate::http::text::{is_token, without_mark};
use crate::model::{BinId, Derived, HeadSource, Marks, NewRequest, Origin, SentResponse};

#[derive(Deserialize)]
struct Archive {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    creator: Option<Creator>,
    entries: Vec<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Deserialize)]
struct Creator {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Pair {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct Sent {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<Pair>,
    #[serde(rename = "postData")]
    post_data: Option<serde_json::Map<String, serde_json::Value>>,
}

/// The part of a request that an entry of Creel's has nowhere else.
#[derive(Deserialize)]
struct KeptSent {
    #[serde(rename = "postData")]
    post_data: Option<serde_json::Map<String, serde_json::Value>>,
}

/// Reads an archive for a bin. What Creel wrote comes back as it was. Of others, heads are written anew, as the archive has no
/// exact bytes; their paths go below the bin.
///
/// # Errors
/// The entry and field at fault and what is expected; nothing is returned of an archive with a fault.
pub fn har(bytes: &[u8], bin: BinId) -> Result<Vec<Imported>, ImportError> {
    let archive: Archive = serde_json::from_slice(without_mark(bytes))
        .map_err(|error| ImportError::not_json(0, "an HTTP archive", &error))?;
    let own = archive.log.creator.and_then(|creator| creator.name).is_some_and(|name| name == "Creel");
    let entries = archive.log.entries.into_iter().enumerate();
    entries.map(|(index, map)| entry(Fields::new(index + 1, "", map), bin, own)).collect()
}

fn entry(mut fields: Fields, bin: BinId, own: bool) -> Result<Imported, ImportError> {
    if let Some(kept) = fields.optional("_creel")? {
        // All that Creel knew of it. Only the body is where an archive has it.
        let sent: Option<KeptSent> = fields.optional("request")?;
        let body = match sent.and_then(|sent| sent.post_data) {
            Some(data) => body(Fields::new(fields.line, "request.postData.", data))?,
            None => Vec::new(),
        };
        return record(Fields::new(fields.line, "_creel.", kept), bin, Some(body));
    }
    let received_at = fields.required("startedDateTime")?;
    let received_at = fields.in_range("startedDateTime", received_at)?;
    let sent: Sent = fields.required("request")?;
    let head = head(&fields, &sent, bin, own)?;
    let body = match sent.post_data {
        Some(data) => body(Fields::new(fields.line, "request.postData.", data))?,
        None => Vec::new(),
    };
    let status = fields
        .optional::<serde_json::Map<_, _>>("response")?
        .and_then(|response| response.get("status")?.as_u64())
        .and_then(|status| u16::try_from(status).ok())
        .filter(|status| (100..=599).contains(status));
    let complete = fields.optional("_complete")?.unwrap_or(true);
    let redacted = sent.headers.iter().any(|pair| pair.value == super::super::REDACTED);
    let request = NewRequest {
        bin,
        received_at,
        body_took: Duration::ZERO,
        head: Head::new(head.into()),
        head_source: HeadSource::Parsed,
        declared_size: None,
        body: body.into(),
        trailers: bytes::Bytes::new(),
        complete,
        client: None,
        rejected: fields.optional("_rejected")?,
        derived: Derived::default(),
        status,
        origin: Origin::Imported,
        hops: 0,
        held_until: None,
    };
    Ok(Imported { request, response: SentResponse { status, duration_us: None }, marks: Marks::default(), redacted })
}

fn head(fields: &Fields, sent: &Sent, bin: BinId, own: bool) -> Result<Vec<u8>, ImportError> {
    if !is_token(sent.method.as_bytes()) {
        return Err(fields.error("request.method", "is no HTTP method"));
    }
    let target = path(&sent.url);
    let target = &target[..target.find('#').unwrap_or(target.len())];
    if target.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
        return Err(fields.error("request.url", "has white space or control characters"));
    }
    // A path that Creel wrote begins with its bin already.
    let below = if own && !target.is_empty() { target.to_owned() } else { format!("/{bin}{target}") };
    let mut head = format!("{} {below} HTTP/1.1\r\n", sent.method).into_bytes();
    for (index, pair) in sent.headers.iter().enumerate() {
        // Browsers list the pseudo-headers of HTTP/2.
        if pair.name.starts_with(':') {
            continue;
        }
        let at = || format!("request.headers[{index}]");
        if !is_token(pair.name.as_bytes()) {
            return Err(fields.error(&at(), "has a name that is no header name"));
        }
        if pair.value.contains(['\r', '\n', '\0']) {
            return Err(fields.error(&at(), "has a line end in its value"));
        }
        head.extend_from_slice(format!("{}: {}\r\n", pair.name, pair.value).as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    Ok(head)
}

fn body(mut data: Fields) -> Result<Vec<u8>, ImportError> {
    use base64::Engine as _;
    let text: Option<String> = data.optional("text")?;
    let encoding: Option<String> = match data.optional("_encoding")? {
        Some(encoding) => Some(encoding),
        None => data.optional("encoding")?,
    };
    let params: Option<Vec<Pair>> = if text.is_none() { data.optional("params").unwrap_or_default() } else { None };
    match (text, encoding.as_deref()) {
        (Some(text), Some("base64")) => base64::engine::general_purpose::STANDARD
            .decode(text)
            .map_err(|_| data.error("text", "is not base64 (standard alphabet, with padding)")),
        (Some(text), _) => Ok(text.into_bytes()),
        (None, _) => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(params.unwrap_or_default().iter().map(|pair| (&pair.name, &pair.value)));
            Ok(form.finish().into_bytes())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::single;
    use super::super::super::tests::{options, request};
    use super::*;
    use crate::model::{CapturedRequest, Rejection, Timestamp};

    fn bin() -> BinId {
        "zzzzzzzzzzzzzzzz".parse().unwrap()
    }

    fn round(request: &CapturedRequest) -> Imported {
        let written = single("har".parse().unwrap(), request, &options(false)).bytes;
        let [imported] = &har(&written, bin()).unwrap()[..] else { panic!() };
        imported.clone()
    }

    #[test]
    fn what_creel_wrote_comes_back() {
        let head = b"PUT /0123456789abcdef/x?a=1 HTTP/1.1\r\nhOST:h\r\nX-A:  1\r\nx-a: 2\r\n\r\n";
        for body in [&b"text"[..], b"\0\xff", b""] {
            let imported = round(&request(head, body));
            assert_eq!(imported.request.head.raw(), &head[..]);
            assert_eq!(imported.request.body, body);
            assert_eq!(imported.request.head.target().path_below_bin(), b"/x");
            assert_eq!((imported.request.status, imported.request.head_source), (Some(200), HeadSource::Wire));
        }
    }

    #[test]
    fn what_versions_before_wrote_is_read() {
        let text = r#"{"log":{"version":"1.2","creator":{"name":"Creel","version":"0.1.0"},"entries":[{"startedDateTime":"2026-01-02T03:04:05Z",
            "request":{"method":"POST","url":"http://127.0.0.1:4665/0123456789abcdef/x","headers":[{"name":"a","value":"1"}],
            "postData":{"mimeType":"","text":"/w==","_encoding":"base64"}},"response":{"status":200},"_complete":false,"_rejected":"body_too_large"}]}}"#;
        let imported = &har(text.as_bytes(), bin()).unwrap()[0].request;
        assert_eq!(imported.head.raw(), "POST /0123456789abcdef/x HTTP/1.1\r\na: 1\r\n\r\n");
        assert_eq!((imported.complete, imported.rejected), (false, Some(Rejection::BodyTooLarge)));
        assert_eq!(imported.body, b"\xff"[..]);
    }

    #[test]
    fn a_browsers_archive_goes_below_the_bin() {
        let text = r#"{"log":{"version":"1.2","creator":{"name":"x","version":"1"},"entries":[{"startedDateTime":"2026-01-02T03:04:05.006+01:00",
            "request":{"method":"POST","url":"https://example.com/hook?x=1#y","headers":[{"name":":authority","value":"e"},{"name":"a","value":"1"}],
            "postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"a b","value":"é"}]}},"response":{"status":0}}]}}"#;
        let imported = har(text.as_bytes(), bin()).unwrap();
        assert_eq!(imported[0].request.head.raw(), "POST /zzzzzzzzzzzzzzzz/hook?x=1 HTTP/1.1\r\na: 1\r\n\r\n");
        assert_eq!(imported[0].request.body, b"a+b=%C3%A9"[..]);
        assert_eq!(
            (imported[0].request.status, imported[0].request.received_at.to_string().as_str()),
            (None, "2026-01-02T02:04:05.006Z")
        );
    }

    #[test]
    fn no_head_can_be_smuggled_in() {
        let archive = |method: &str, url: &str, name: &str, value: &str| {
            let entry = serde_json::json!({"startedDateTime": "2026-01-02T03:04:05Z", "request": {"method": method, "url": url, "headers": [{"name": name, "value": value}]}});
            har(serde_json::json!({"log": {"entries": [entry]}}).to_string().as_bytes(), bin()).unwrap_err()
        };
        let archive = |method: &str, url: &str, name: &str, value: &str| match archive(method, url, name, value) {
            ImportError::Field { field, .. } => field,
            other => panic!("{other}"),
        };
        assert_eq!(archive("GET / HTTP/1.1\r\nX:", "http://h/", "a", "b"), "request.method");
        assert_eq!(archive("GET", "http://h/ HTTP/1.1\r\nX:", "a", "b"), "request.url");
        assert_eq!(archive("GET", "http://h/", "a: b\r\nc", "b"), "request.headers[0]");
        assert_eq!(archive("GET", "http://h/", "a", "b\r\nc: d"), "request.headers[0]");
        assert!(har(b"{}", bin()).unwrap_err().to_string().starts_with("line 0: is not an HTTP archive"));
    }

    proptest::proptest! {
        #[test]
        fn everything_comes_back(
            head in "(GET|pOST|\u{e9}| )? ?(/[a-z?%#<]{0,6}|\\*|http://h/x)?( HTTP/(1[.][01]|2))?\r?\n(([A-Za-z :\u{e9}\0]{0,6}:[ -~\u{e9}\t\0]{0,8})?\r?\n){0,4}",
            noise: Vec<u8>,
            body: Vec<u8>,
            trailers: Vec<u8>,
            micros in 0_i64..4_000_000_000_000_000,
            flags: [bool; 3],
        ) {
            let mut request = request(&[head.as_bytes(), &noise].concat(), &body);
            request.trailers = trailers.into();
            let summary = &mut request.summary;
            summary.received_at = Timestamp::from_micros(micros);
            summary.complete = flags[0];
            summary.rejected = flags[1].then_some(Rejection::NoHost);
            summary.head_source = if flags[2] { HeadSource::Parsed } else { HeadSource::Wire };
            let Imported { request: new, response, marks, .. } = round(&request);
            proptest::prop_assert_eq!(new.head.raw(), request.head.raw());
            proptest::prop_assert_eq!((&new.body, &new.trailers), (&request.body, &request.trailers));
            let summary = &request.summary;
            proptest::prop_assert_eq!(
                (new.received_at, new.body_took, new.declared_size, new.complete, new.client, new.rejected, new.head_source),
                (summary.received_at, summary.body_took, summary.declared_size, summary.complete, summary.client, summary.rejected, summary.head_source)
            );
            proptest::prop_assert_eq!((new.derived, response, marks), (summary.derived.clone(), summary.response, summary.marks.clone()));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = har(&bytes, bin());
        }
    }
}
