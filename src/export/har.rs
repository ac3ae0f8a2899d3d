//! HTTP archive 1.2 (<http://www.softwareishard.com/blog/har-12-spec/>), for one request and for many. Data without a
//! place in the format (the head's bytes, trailers, the rejection…) is in `_creel`: names with an underscore are free.

use serde_json::{Value, json};

use super::record::{self, Record};
use super::shell::base64;
use super::{ExportOptions, Many, Single, outgoing, redact};
use crate::model::CapturedRequest;

pub(super) const SINGLE: Single =
    Single { id: "har", label: "HAR", media_type: "application/json", extension: "har", write };

pub(super) const MANY: Many = Many {
    id: "har",
    label: "HAR",
    media_type: "application/json",
    extension: "har",
    start: START,
    between: ",\n",
    end: END,
    row,
    attempts: None,
};

const START: &str = concat!(
    r#"{"log":{"version":"1.2","creator":{"name":"Creel","version":""#,
    env!("CARGO_PKG_VERSION"),
    "\"},\"entries\":[\n"
);
const END: &str = "\n]}}\n";

fn write(request: &CapturedRequest, options: &ExportOptions) -> Vec<u8> {
    [START.as_bytes(), &row(request, options), END.as_bytes()].concat()
}

fn row(request: &CapturedRequest, options: &ExportOptions) -> Vec<u8> {
    entry(request, options).to_string().into_bytes()
}

fn entry(request: &CapturedRequest, options: &ExportOptions) -> Value {
    let summary = &request.summary;
    let waited = millis(summary.response.duration_us.unwrap_or(0));
    json!({
        "startedDateTime": summary.received_at,
        "time": waited,
        "request": sent(request, options),
        "response": {
            // 0 is what HAR writers put where no response was given.
            "status": summary.response.status.unwrap_or(0),
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [],
            "content": {"size": 0, "mimeType": "x-unknown"},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": waited, "receive": 0},
        "_creel": Record { request, options, with_body: false },
    })
}

fn sent(request: &CapturedRequest, options: &ExportOptions) -> Value {
    // Parsed after redaction: a malformed head must not reveal what a valid one would not.
    let head = redact::shown(&request.head, options.redact);
    let headers = head.headers();
    let pair = |name: &str, value: &str| json!({"name": name, "value": value});
    let fields: Vec<Value> = headers.iter().map(|field| pair(&latin1(&field.name), &latin1(&field.value))).collect();
    let cookies: Vec<Value> = headers
        .all("cookie")
        .filter(|_| !options.redact)
        .flat_map(|value| latin1(value).split(';').map(str::trim).map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|cookie| cookie.split_once('=').map(|(name, value)| pair(name, value)))
        .collect();
    let query: Vec<Value> = head.target().query_pairs().iter().map(|(name, value)| pair(name, value)).collect();
    let mut sent = json!({
        "method": head.method(),
        "url": outgoing::url(request, &ExportOptions { url: None, ..options.clone() }),
        "httpVersion": format!("HTTP/{}", request.summary.http_version),
        "cookies": cookies,
        "headers": fields,
        "queryString": query,
        "headersSize": request.head.raw().len(),
        "bodySize": request.body.len(),
    });
    if !request.body.is_empty() {
        let mime = request.summary.content_type.as_deref().unwrap_or("");
        sent["postData"] = match record::text(&request.body) {
            Some(text) => json!({"mimeType": mime, "text": text}),
            // HAR 1.2 has an encoding for responses only.
            None => json!({"mimeType": mime, "text": base64(&request.body), "_encoding": "base64"}),
        };
    }
    sent
}

/// As UTF-8, else every byte a character, as browsers read header fields.
fn latin1(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|&byte| char::from(byte)).collect(), str::to_owned)
}

/// Microseconds as milliseconds with their fraction.
#[expect(
    clippy::cast_precision_loss,
    reason = "a time that long does not come up, and would only lose its last digits"
)]
fn millis(micros: u64) -> f64 {
    micros as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::super::tests::{options, request};
    use super::super::{many, single};
    use super::*;

    #[test]
    fn every_field_that_the_format_wants_is_there() {
        let head = b"POST /b/x?a=1&a=2 HTTP/1.1\r\nHost: h\r\nCookie: s=1; t\r\nContent-Type: a/b\r\n\r\n";
        let exported = single("har".parse().unwrap(), &request(head, b"\xff"), &options(false));
        let har: Value = serde_json::from_slice(&exported.bytes).unwrap();
        let entry = &har["log"]["entries"][0];
        assert_eq!(har["log"]["version"], "1.2");
        assert_eq!(entry["startedDateTime"], "2026-05-28T12:34:56.789Z");
        assert_eq!((&entry["time"], &entry["timings"]["wait"]), (&json!(2.5), &json!(2.5)));
        let sent = &entry["request"];
        assert_eq!(sent["url"], "http://127.0.0.1:4665/b/x?a=1&a=2");
        assert_eq!(sent["queryString"], json!([{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]));
        assert_eq!(sent["cookies"], json!([{"name": "s", "value": "1"}]));
        assert_eq!(sent["postData"], json!({"mimeType": "a/b", "text": "/w==", "_encoding": "base64"}));
        for needed in ["status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL"] {
            assert!(entry["response"].get(needed).is_some(), "{needed}");
        }
    }

    #[test]
    fn many_entries_make_one_archive() {
        for count in [0, 1, 3] {
            let mut rows = many("har".parse().unwrap(), options(true));
            let mut all = rows.start();
            for _ in 0..count {
                all.extend(rows.row(&request(b"GET /b HTTP/1.1\r\n\r\n", b"")));
            }
            all.extend(rows.end());
            let har: Value = serde_json::from_slice(&all).unwrap();
            assert_eq!(har["log"]["entries"].as_array().unwrap().len(), count);
        }
    }
}
