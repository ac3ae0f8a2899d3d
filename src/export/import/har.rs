//! HTTP archives: requests of browsers and proxies, and those that Creel wrote.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer as _};
use serde_json::value::RawValue;

use super::super::outgoing::path;
use super::record::record;
use super::{Fields, ImportError, Imported, MAX_FIELD, Object};
use crate::http::Head;
use crate::http::text::{is_token, without_mark};
use crate::model::{BinId, Derived, HeadSource, Marks, NewRequest, Origin, SentResponse};

/// A checked archive: every entry can be read, and is read in its turn.
#[derive(Debug)]
pub(crate) struct Archive {
    text: Bytes,
    /// Where each entry is in the text.
    entries: Vec<Range<usize>>,
    bin: BinId,
    /// Whether Creel wrote it.
    own: bool,
}

#[derive(Deserialize)]
struct Outer<'a> {
    #[serde(borrow)]
    log: Log<'a>,
}

#[derive(Deserialize)]
struct Log<'a> {
    #[serde(borrow)]
    creator: Option<&'a RawValue>,
    #[serde(borrow)]
    entries: &'a RawValue,
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

impl Archive {
    /// Checks an archive for a bin. Creel's own archives are restored exactly. For others, heads are rebuilt, because
    /// the archive has no exact bytes, and their paths go below the bin. One entry at a time is in memory.
    ///
    /// # Errors
    /// The first entry at fault with the field, and what is expected; later entries are not checked.
    pub(crate) fn open(text: Bytes, bin: BinId) -> Result<Self, ImportError> {
        let not_json = |error: serde_json::Error| ImportError::not_json(0, "an HTTP archive", &error);
        let Outer { log } = serde_json::from_slice(without_mark(&text)).map_err(not_json)?;
        let creator: Option<Creator> = match log.creator.map(RawValue::get) {
            Some(creator) if creator.len() <= MAX_FIELD => serde_json::from_str(creator).map_err(not_json)?,
            Some(_) | None => None,
        };
        let own = creator.and_then(|creator| creator.name).is_some_and(|name| name == "Creel");
        let mut look = Look { start: text.as_ptr().addr(), bin, own, entries: Vec::new(), fault: None };
        let looked = serde_json::Deserializer::from_str(log.entries.get()).deserialize_seq(&mut look);
        let Look { entries, fault, .. } = look;
        match (fault, looked) {
            (Some(fault), _) => Err(fault),
            (None, Err(error)) => Err(not_json(error)),
            (None, Ok(())) => Ok(Self { text, entries, bin, own }),
        }
    }

    /// The requests in it, each read on demand.
    pub(crate) fn requests(&self) -> impl Iterator<Item = Result<Imported, ImportError>> {
        let text = |place: &Range<usize>| self.text.get(place.clone()).and_then(|text| std::str::from_utf8(text).ok());
        let read = move |(index, place)| entry(index, text(place).unwrap_or_default(), self.bin, self.own);
        self.entries.iter().enumerate().map(read)
    }
}

/// Checks one entry after the other, up to the first that cannot be read.
struct Look {
    /// Where the archive's text begins in memory.
    start: usize,
    bin: BinId,
    own: bool,
    entries: Vec<Range<usize>>,
    fault: Option<ImportError>,
}

impl<'de> Visitor<'de> for &mut Look {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(raw) = entries.next_element::<&'de RawValue>()? {
            let text = raw.get();
            if let Err(fault) = entry(self.entries.len(), text, self.bin, self.own) {
                self.fault = Some(fault);
                return Err(A::Error::custom("an entry cannot be read"));
            }
            let start = text.as_ptr().addr() - self.start;
            self.entries.push(start..start + text.len());
        }
        Ok(())
    }
}

/// All requests of an archive.
///
/// # Errors
/// As [`Archive::open`]; nothing is returned of an archive with a fault.
pub fn har(bytes: &[u8], bin: BinId) -> Result<Vec<Imported>, ImportError> {
    Archive::open(Bytes::copy_from_slice(bytes), bin)?.requests().collect()
}

fn entry(index: usize, text: &str, bin: BinId, own: bool) -> Result<Imported, ImportError> {
    let line = index + 1;
    let object: Object<'_> = serde_json::from_str(text)
        .map_err(|error| ImportError::not_json(line, "an entry of an HTTP archive", &error))?;
    let mut fields = Fields::new(line, "", object);
    let sent = fields.object("request", "request.")?;
    if let Some(kept) = fields.object("_creel", "_creel.")? {
        // All that Creel knew of it, except the body, which is in the archive's usual place.
        let body = sent.map(body).transpose()?.unwrap_or_default();
        return record(kept, bin, Some(body));
    }
    let received_at = fields.required("startedDateTime")?;
    let received_at = fields.in_range("startedDateTime", received_at)?;
    let mut sent = sent.ok_or_else(|| fields.error("request", "is missing"))?;
    let headers: Vec<Pair> = sent.optional("headers")?.unwrap_or_default();
    let head = head(&mut sent, &headers, bin, own)?;
    let body = body(sent)?;
    // The rest of a response, above all its body, is not read.
    let status = fields
        .object("response", "response.")?
        .and_then(|mut response| response.raw("status")?.parse::<u16>().ok())
        .filter(|status| (100..=599).contains(status));
    let complete = fields.optional("_complete")?.unwrap_or(true);
    let redacted = headers.iter().any(|pair| pair.value == super::super::REDACTED);
    let request = NewRequest {
        bin,
        received_at,
        body_took: Duration::ZERO,
        head: Head::new(head.into()),
        head_source: HeadSource::Parsed,
        declared_size: None,
        body: body.into(),
        trailers: Bytes::new(),
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

/// The head anew. `fields` are those of the archive's request.
fn head(fields: &mut Fields<'_>, headers: &[Pair], bin: BinId, own: bool) -> Result<Vec<u8>, ImportError> {
    let method: String = fields.required("method")?;
    let url: String = fields.required("url")?;
    if !is_token(method.as_bytes()) {
        return Err(fields.error("method", "is no HTTP method"));
    }
    let target = path(&url);
    let target = &target[..target.find('#').unwrap_or(target.len())];
    if target.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
        return Err(fields.error("url", "has white space or control characters"));
    }
    // A path that Creel wrote begins with its bin already.
    let below = if own && !target.is_empty() { target.to_owned() } else { format!("/{bin}{target}") };
    let version = version(fields.raw("httpVersion"));
    let mut head = format!("{method} {below} HTTP/{version}\r\n").into_bytes();
    let has_host = headers.iter().any(|pair| pair.name.eq_ignore_ascii_case("host"));
    for (index, pair) in headers.iter().enumerate() {
        // Browsers list the pseudo-headers of HTTP/2; `:authority` is the Host.
        let name = match pair.name.as_str() {
            ":authority" if !has_host => "Host",
            name if name.starts_with(':') => continue,
            name => name,
        };
        let at = || format!("headers[{index}]");
        if !is_token(name.as_bytes()) {
            return Err(fields.error(&at(), "has a name that is no header name"));
        }
        if pair.value.contains(['\r', '\n', '\0']) {
            return Err(fields.error(&at(), "has a line end in its value"));
        }
        head.extend_from_slice(format!("{name}: {}\r\n", pair.value).as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    Ok(head)
}

/// The version of a request, as browsers and proxies write it. Unknown text means 1.1.
fn version(written: Option<&str>) -> &'static str {
    let text = written.unwrap_or_default().trim_matches('"').to_ascii_lowercase();
    match text.strip_prefix("http/").unwrap_or(&text) {
        "1.0" => "1.0",
        "2" | "2.0" | "h2" => "2",
        "3" | "3.0" | "h3" => "3",
        _ => "1.1",
    }
}

/// The body of an archive's request.
fn body(mut sent: Fields<'_>) -> Result<Vec<u8>, ImportError> {
    use base64::Engine as _;
    let Some(mut data) = sent.object("postData", "request.postData.")? else { return Ok(Vec::new()) };
    let text = data.text("text")?;
    let encoding: Option<String> = match data.optional("_encoding")? {
        Some(encoding) => Some(encoding),
        None => data.optional("encoding")?,
    };
    let params: Option<Vec<Pair>> = if text.is_none() { data.optional("params")? } else { None };
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
        assert_eq!(
            imported[0].request.head.raw(),
            "POST /zzzzzzzzzzzzzzzz/hook?x=1 HTTP/1.1\r\nHost: e\r\na: 1\r\n\r\n"
        );
        assert_eq!(imported[0].request.body, b"a+b=%C3%A9"[..]);
        assert_eq!(
            (imported[0].request.status, imported[0].request.received_at.to_string().as_str()),
            (None, "2026-01-02T02:04:05.006Z")
        );
    }

    #[test]
    fn a_request_over_http_2_keeps_its_version_and_its_host() {
        let head = |version: &str, headers: &str| {
            let text = format!(
                r#"{{"log":{{"entries":[{{"startedDateTime":"2026-01-02T03:04:05Z","request":{{"method":"GET","url":"https://e/","httpVersion":{version},"headers":{headers}}}}}]}}}}"#
            );
            String::from_utf8(har(text.as_bytes(), bin()).unwrap()[0].request.head.raw().to_vec()).unwrap()
        };
        let authority = r#"[{"name":":method","value":"GET"},{"name":":authority","value":"e"}]"#;
        for (version, wanted) in [
            (r#""HTTP/2.0""#, "2"),
            (r#""h2""#, "2"),
            (r#""http/2""#, "2"),
            (r#""h3""#, "3"),
            (r#""HTTP/1.0""#, "1.0"),
            (r#""unknown""#, "1.1"),
            ("7", "1.1"),
        ] {
            let wanted = format!("GET /zzzzzzzzzzzzzzzz/ HTTP/{wanted}\r\nHost: e\r\n\r\n");
            assert_eq!(head(version, authority), wanted, "{version}");
        }
        let both = r#"[{"name":":authority","value":"e"},{"name":"host","value":"h"}]"#;
        assert!(head(r#""h2""#, both).ends_with("HTTP/2\r\nhost: h\r\n\r\n"));
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
        let entry = |text: &str| format!("{{\"log\":{{\"entries\":[{text}]}}}}");
        let told = |text: &str| har(entry(text).as_bytes(), bin()).unwrap_err().to_string();
        assert!(told("7").starts_with("line 1: is not an entry of an HTTP archive"), "{}", told("7"));
        assert!(har(b"{}", bin()).unwrap_err().to_string().starts_with("line 0: is not an HTTP archive"));
    }

    /// A few bytes each, they would be gigabytes as values.
    #[test]
    fn what_is_not_needed_of_an_archive_is_not_held() {
        let many = format!("[{}{{}}]", "{},".repeat(2_000_000));
        let rest = r#""startedDateTime":"2026-01-02T03:04:05Z","request":{"method":"GET","url":"http://h/"}}"#;
        let whole = |more: &str| format!("{{{more}{rest}");
        let read = |second: &str| {
            let entries = [&whole(""), second].join(",");
            har(format!("{{\"log\":{{\"entries\":[{entries}]}}}}").as_bytes(), bin())
        };
        let told = |second: &str| read(second).unwrap_err().to_string();
        assert_eq!(read(&whole(&format!("\"x\":{many},"))).unwrap().len(), 2);
        let large = told(&whole(&format!("\"_complete\":{many},")));
        assert_eq!(large, "line 2, field _complete: has more than 4194304 bytes");
        let fields: Vec<String> = (0..300).map(|n| format!("\"{n}\":0,")).collect();
        assert!(told(&whole(&fields.concat())).contains("more than 256 members"));
        // The first that is wrong is told, however many follow.
        assert_eq!(told("{},7,{}"), "line 2, field startedDateTime: is missing");
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
