//! What is exported is read back equal: requests of every kind go through each archive into another bin and out again.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::helpers::TestApp;
use crate::helpers::captured::{all, until};
use crate::helpers::raw::{connect, stalled};

/// Requests that are hard to keep, the rejected ones among them. `BIN` stands for the bin's id.
const WIRE: &[&[u8]] = &[
    b"POST /BIN/a?x=1 HTTP/1.1\r\nhOST:h\r\nX-A:  1\r\nx-a: 2\r\nContent-Length: 4\r\n\r\n\0\xff\r\n",
    b"PUT /BIN HTTP/1.0\r\nContent-Length: 1\r\n\r\nx",
    b"GET /BIN/caf\xc3\xa9/\xff?<>\"` HTTP/1.1\r\nHost: h\r\nX-Latin: caf\xe9\r\n\r\n",
    b"get /BIN HTTP/1.1\r\nHost: h\r\nX-Empty:\r\n\r\n",
    b"POST /BIN HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n",
    b"GET /BIN HTTP/1.1\nHost: h\nA: b\n\n",
    b"GET /BIN HTTP/1.1\r\nNo-Host: 1\r\n\r\n",
    b"POST /BIN HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"GET /BIN HTTP/1.1\r\nHost: h\r\nno field\r\n: nameless\r\nCaf\xe9: \0\r\n\r\n",
    b"GET /BIN/a HTTP/9.9\r\nHost: h\r\n\r\n",
    b"GET /BIN\r\n\r\n",
    b"POST /BIN HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX",
    b"POST /BIN HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\ncut",
];

/// Without what belongs to one database alone.
fn kept(line: &str) -> Value {
    let mut value: Value = serde_json::from_str(line).unwrap();
    let map = value.as_object_mut().unwrap();
    for own in ["id", "seq", "bin"] {
        map.remove(own).unwrap();
    }
    value
}

async fn lines(app: &TestApp, bin: &str) -> Vec<Value> {
    let text = String::from_utf8(app.bytes(&format!("/bins/{bin}/export?as=jsonl")).await).unwrap();
    text.lines().map(kept).collect()
}

#[actix_web::test]
async fn what_is_written_is_read_back_equal_whatever_was_captured() {
    let app = TestApp::start().await;
    let bin = app.bin_id().await;
    for (count, wire) in WIRE.iter().enumerate() {
        let at = memchr::memmem::find(wire, b"BIN").unwrap();
        let mut socket = connect(app.capture);
        socket.write_all(&[&wire[..at], bin.as_bytes(), &wire[at + 3..]].concat()).unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        until(&app, bin.parse().unwrap(), |requests| requests.len() > count).await;
    }
    let url = app.api(&format!("/bins/{bin}/requests/latest"));
    let marks = json!({"read": true, "pinned": true, "note": "a \"note\" \u{2028}", "tags": ["a", "b"]});
    assert_eq!(app.client.patch(url).json(&marks).send().await.unwrap().status(), 200);
    let wanted = lines(&app, &bin).await;
    assert_eq!(wanted.len(), WIRE.len());
    let rejected: Vec<&str> = wanted.iter().filter_map(|line| line["rejected_because"].as_str()).collect();
    assert_eq!(
        rejected,
        ["no_host", "several_lengths", "bad_field_name", "unknown_version", "bad_request_line", "broken_chunks"]
    );
    for id in ["jsonl", "har"] {
        let archive = app.bytes(&format!("/bins/{bin}/export?as={id}&secrets=true")).await;
        let copy = app.bin_id().await;
        let url = app.api(&format!("/bins/{copy}/import"));
        let sent = app.client.post(url).header("Content-Type", "application/json").body(archive).send().await.unwrap();
        assert_eq!(sent.json::<Value>().await.unwrap(), json!({"imported": WIRE.len(), "redacted": 0}), "{id}");
        let got = lines(&app, &copy).await;
        for (got, wanted) in got.iter().zip(&wanted) {
            let (mut got, mut wanted) = (got.clone(), wanted.clone());
            let origins = [got["origin"].take(), wanted["origin"].take()];
            assert_eq!(origins, ["imported", "wire"], "{id}");
            assert_eq!(got, wanted, "{id}");
        }
        assert_eq!(got.len(), wanted.len(), "{id}");
        let (before, after) = (all(&app, bin.parse().unwrap()).await, all(&app, copy.parse().unwrap()).await);
        for (before, after) in before.iter().zip(&after) {
            assert_eq!((&before.head, &before.body, &before.trailers), (&after.head, &after.body, &after.trailers));
        }
    }
}

/// Begins as many exports as may be under way at once, with clients that read as good as nothing; returns the path of
/// the export, too.
pub async fn sixteen_exports(app: &TestApp) -> (String, Vec<socket2::Socket>) {
    // More than the buffers of a connection take, compressed or not.
    let mut random = 1_u64;
    for _ in 0..12 {
        let next = || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            random.to_be_bytes()[0]
        };
        let body: Vec<u8> = std::iter::repeat_with(next).take(1 << 20).collect();
        assert_eq!(app.client.post(&app.started.bin_url).body(body).send().await.unwrap().status(), 200);
    }
    let path = format!("/api/v1/bins/{}/export?as=jsonl", app.started.bin);
    let under_way = (0..16).map(|_| stalled(&app.started.console_url, &path)).collect();
    (path, under_way)
}

#[tokio::test]
async fn exports_beyond_sixteen_at_once_are_told_to_come_again_and_counted() {
    let app = TestApp::start().await;
    let (path, mut under_way) = sixteen_exports(&app).await;
    let ask = async || app.client.get(format!("{}{path}", app.started.console_url)).send().await.unwrap();
    let refused = ask().await;
    let later = refused.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!((&problem["status"], &problem["code"], later.as_deref()), (&json!(503), &json!("busy"), Some("1")));
    assert_eq!(problem["detail"], "16 exports are under way. Export again when one of them has ended.");
    let text = async |path: &str| {
        app.client.get(format!("{}{path}", app.started.console_url)).send().await.unwrap().text().await.unwrap()
    };
    assert!(text("/metrics").await.contains("\ncreel_exports_refused_total 1\n"));
    assert!(text("/").await.contains("1 request to export refused: too many exports were under way"));
    // One that breaks off makes room for another, which is whole.
    drop(under_way.pop());
    let began = std::time::Instant::now();
    let mut answer = ask().await;
    while answer.status() == 503 && began.elapsed() < std::time::Duration::from_mins(1) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        answer = ask().await;
    }
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap().lines().count(), 12);
}
