//! What is sent is what is kept: hand-made requests come back equal to the bytes that were written.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use creel::inside::{BinId, CapturedRequest, HeadSource};
use serde_json::Value;

use crate::helpers::TestApp;
use crate::helpers::captured::{all, bin, only};
use crate::helpers::raw::{connect, exchange, read_answer};

/// A request by hand. `BIN` in the head stands for the bin's id.
pub struct Case {
    pub name: &'static str,
    head: Vec<u8>,
    /// The body as it goes over the wire.
    pub wire: Vec<u8>,
    /// The body that must come back.
    pub body: Vec<u8>,
    trailers: &'static [u8],
}

fn plain(name: &'static str, head: impl AsRef<[u8]>) -> Case {
    with_body(name, head, b"")
}

fn with_body(name: &'static str, head: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Case {
    let (wire, body) = (body.as_ref().to_vec(), body.as_ref().to_vec());
    Case { name, head: head.as_ref().to_vec(), wire, body, trailers: b"" }
}

fn chunked(name: &'static str, wire: impl AsRef<[u8]>, body: impl AsRef<[u8]>, trailers: &'static [u8]) -> Case {
    let head = b"POST /BIN HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    Case { name, head, wire: wire.as_ref().to_vec(), body: body.as_ref().to_vec(), trailers }
}

/// A POST with a body and its length.
fn post(name: &'static str, fields: &str, body: impl AsRef<[u8]>) -> Case {
    let length = body.as_ref().len();
    with_body(name, format!("POST /BIN HTTP/1.1\r\nHost: h\r\n{fields}Content-Length: {length}\r\n\r\n"), body)
}

fn target(name: &'static str, target: impl AsRef<[u8]>) -> Case {
    plain(name, [b"GET ", target.as_ref(), b" HTTP/1.1\r\nHost: h\r\n\r\n"].concat())
}

fn method(method: &'static str) -> Case {
    plain(method, format!("{method} /BIN HTTP/1.1\r\nHost: h\r\n\r\n"))
}

fn field(name: &'static str, line: impl AsRef<[u8]>) -> Case {
    plain(name, [b"GET /BIN HTTP/1.1\r\nHost: h\r\n", line.as_ref(), b"\r\n\r\n"].concat())
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

pub fn cases() -> Vec<Case> {
    let every_byte: Vec<u8> = (0..=255).collect();
    let high_bytes: Vec<u8> = (0x80..=0xff).collect();
    let many_fields: String = (0..90).fold(String::new(), |fields, n| fields + &format!("X-{n}: {n}\r\n"));
    let ten_mebibytes: Vec<u8> = (0..10 << 20).map(|place: usize| place.to_le_bytes()[place % 3]).collect();
    let mut cases = vec![
        plain(
            "odd order and case",
            "GET /BIN HTTP/1.1\r\nzZ: 1\r\nhOST: h\r\nX-ABC: 2\r\naccept: */*\r\nX-aBc: 3\r\n\r\n",
        ),
        plain("repeats between others", "GET /BIN HTTP/1.1\r\nA: 1\r\nB: 2\r\nHost: h\r\nA: 3\r\nB: 4\r\nA: 1\r\n\r\n"),
        plain("bare line feeds", "GET /BIN HTTP/1.1\nHost: h\nA: b\n\n"),
        plain("mixed line ends", "GET /BIN HTTP/1.1\nHost: h\r\nA: b\n\r\n"),
        plain("http 1.0 without host", "GET /BIN HTTP/1.0\r\n\r\n"),
        with_body(
            "http 1.0 with body",
            "POST /BIN HTTP/1.0\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n",
            "hi",
        ),
        field("spaces inside a value", "X-Spaced:   two  words\t and tabs \t "),
        field("no space after the colon", "X-Tight:value"),
        field("an empty value", "X-Empty:"),
        field("a value of blanks", "X-Blank:  \t "),
        field("latin-1", b"X-Name: Andr\xe9"),
        field("utf-8", "X-Name: André 🎣"),
        field("bytes that are no utf-8", [b"X-Bytes: ", &high_bytes[..]].concat()),
        field("a name of every token character", "!#$%&'*+-.^_`|~09azAZ: odd"),
        field("colons and quotes", "X-Json: {\"a\":\"b: c\", 'd'}"),
        field("8 KiB", format!("X-Long: {}", "v".repeat(8 << 10))),
        field("100 KiB", format!("X-Long: {}", "v".repeat(100 << 10))),
        field("ninety fields", many_fields.trim_end()),
        field("credentials", "Authorization: Basic dXNlcjpwYXNz\r\nCookie: a=1; b=2\r\nCookie: c=3"),
        field(
            "upgrade to http/2",
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ",
        ),
        field("an unknown expectation", "Expect: the-unexpected"),
        target("absolute form", "http://other.example:8080/BIN/x?y"),
        target("absolute form in odd case", "HTTP://User@H/BIN"),
        target("double slashes and dots", "/BIN//a/./b/../c/"),
        target("percent encodings as sent", "/BIN/%2f%2F%c3%A9%zz%?%20+%"),
        target("raw utf-8", "/BIN/é/🎣?ü=ß"),
        target("raw latin-1", b"/BIN/\xe9?\xff\x80"),
        target("brackets, quotes, backticks", "/BIN/<a>\"b\"`c`?<d>\"e\"`f`"),
        target("braces, bars, carets", "/BIN/{a}|b^c\\d[e]?{f}|g^h\\i[j]"),
        target("a fragment", "/BIN/a?b#c?d"),
        target("an odd query", "/BIN??a=b=c&&=&a=&a;x,y!$'()*"),
        target("60 KiB", format!("/BIN/{}", "p".repeat(60 << 10))),
        post("an empty body", "", ""),
        post("every byte", "Content-Type: application/octet-stream\r\n", &every_byte),
        post("a body like a request", "", "GET /BIN HTTP/1.1\r\nHost: h\r\n\r\n"),
        post("a gzip body", "Content-Encoding: gzip\r\n", gzip(b"{\"a\":1}")),
        post("ten mebibytes", "", &ten_mebibytes),
        post("an upgrade with a body", "Upgrade: websocket\r\nConnection: Upgrade\r\n", "body"),
        field("a websocket handshake", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13"),
        with_body("a length with zeros", "POST /BIN HTTP/1.1\r\nHost: h\r\ncontent-LENGTH:  0003 \r\n\r\n", "abc"),
        with_body("a get with a body", "GET /BIN HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n", "abc"),
        with_body("a delete with a body", "DELETE /BIN HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n", "abc"),
        chunked("chunks", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde", b""),
        chunked("no chunk at all", "0\r\n\r\n", "", b""),
        chunked("chunk extensions", "3;a=b;c=\"d e\"\r\nabc\r\n2 ;x\r\nde\r\n0;last\r\n\r\n", "abcde", b""),
        chunked(
            "odd chunk sizes",
            "0003\r\nabc\r\nA\r\n0123456789\r\na\r\n0123456789\r\n000\r\n\r\n",
            "abc01234567890123456789",
            b"",
        ),
        chunked("trailers", "1\r\nx\r\n0\r\nX-Sum: 1\r\nx-SUM:  2 \r\n\r\n", "x", b"X-Sum: 1\r\nx-SUM:  2 \r\n"),
        chunked("chunks of one byte", "1\r\na\r\n".repeat(5_000) + "0\r\n\r\n", "a".repeat(5_000), b""),
        chunked("every byte in a chunk", [b"100\r\n", &every_byte[..], b"\r\n0\r\n\r\n"].concat(), &every_byte, b""),
        with_body("chunked in odd case", "POST /BIN HTTP/1.1\r\nHost: h\r\ntransfer-ENCODING:\tChunked \r\n\r\n", ""),
    ];
    if let Some(last) = cases.last_mut() {
        last.wire = b"1\r\nz\r\n0\r\n\r\n".to_vec();
        last.body = b"z".to_vec();
    }
    cases.extend(
        ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "HEAD", "BREW", "PROPFIND", "M-SEARCH", "post", "QUERY"]
            .map(method),
    );
    cases
}

/// The head with the bin's id in it.
pub fn head_for(case: &Case, bin: BinId) -> Vec<u8> {
    let mut head = case.head.clone();
    if let Some(at) = head.windows(3).position(|part| part == b"BIN") {
        head.splice(at..at + 3, bin.as_str().bytes());
    }
    head
}

fn assert_kept(case: &Case, head: &[u8], kept: &CapturedRequest) {
    let name = case.name;
    assert!(kept.head.raw() == head, "{name}: the head came back as\n{}", kept.head.raw().escape_ascii());
    assert!(kept.body == case.body, "{name}: the body came back with {} bytes", kept.body.len());
    assert_eq!(&kept.trailers[..], case.trailers, "{name}");
    assert_eq!(kept.summary.head_source, HeadSource::Wire, "{name}");
    assert_eq!((kept.summary.complete, kept.summary.rejected), (true, None), "{name}");
    assert_eq!(kept.summary.response.status, Some(200), "{name}");
}

#[tokio::test]
async fn every_request_comes_back_as_it_was_written() {
    let app = TestApp::start().await;
    for case in cases() {
        let bin = bin(&app, serde_json::json!({})).await;
        let head = head_for(&case, bin);
        let mut socket = connect(app.capture);
        socket.write_all(&[&head[..], &case.wire].concat()).unwrap();
        let answer = read_answer_to(&mut socket, case.name);
        assert_eq!((answer.status, answer.header("x-content-type-options")), (200, Some("nosniff")), "{}", case.name);
        assert_kept(&case, &head, &only(&app, bin).await);
        assert_shown(&app, &case, &head, bin).await;
    }
}

/// What `/raw` gives can be written to a socket as it is, and is captured as the same request; where the chunks ended
/// is the only thing that may differ, and that is said.
async fn assert_sent_again(app: &TestApp, case: &Case, head: &[u8], bin: BinId) {
    let name = case.name;
    let url = app.api(&format!("/bins/{bin}/requests/latest/raw"));
    let response = app.client.get(url).send().await.unwrap();
    let normalised = response.headers().get("creel-normalised").map(|words| words.to_str().unwrap().to_owned());
    let raw = response.bytes().await.unwrap();
    if case.wire == case.body {
        assert!(raw == [head, &case.body].concat(), "{name}");
        assert_eq!(normalised, None, "{name}");
    } else {
        assert_eq!(normalised.as_deref(), Some("chunks"), "{name}");
    }
    let before = all(app, bin).await;
    let mut socket = connect(app.capture);
    socket.write_all(&raw).unwrap();
    assert_eq!(read_answer_to(&mut socket, name).status, 200, "{name}");
    let after = all(app, bin).await;
    assert_eq!(after.len(), before.len() + 1, "{name}");
    assert_kept(case, head, after.last().unwrap());
    app.store.delete(bin, after.last().unwrap().summary.id).await.unwrap();
}

/// The API shows the same bytes: as files, and as JSON.
async fn assert_shown(app: &TestApp, case: &Case, head: &[u8], bin: BinId) {
    let name = case.name;
    let path = format!("/bins/{bin}/requests/latest");
    assert!(app.bytes(&format!("{path}/head")).await == head, "{name}");
    assert!(app.bytes(&format!("{path}/body")).await == case.body, "{name}");
    assert_sent_again(app, case, head, bin).await;
    let shown = app.get(&path).await;
    let decoded = |text: &Value| BASE64.decode(text.as_str().unwrap()).unwrap();
    // Every field in wire order, its name in its own case, its value without the blanks around it.
    let lines = head.split(|byte| *byte == b'\n').skip(1).map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let sent: Vec<(Vec<u8>, Vec<u8>)> = lines
        .map(|line| {
            line.iter()
                .position(|byte| *byte == b':')
                .map(|colon| (line[..colon].to_vec(), line[colon + 1..].trim_ascii().to_vec()))
                .unwrap()
        })
        .collect();
    let fields: Vec<(Vec<u8>, Vec<u8>)> = shown["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| {
            let value = field["value"]
                .as_str()
                .map_or_else(|| decoded(&field["value_base64"]), |text| text.as_bytes().to_vec());
            (field["name"].as_str().unwrap().as_bytes().to_vec(), value)
        })
        .collect();
    assert_eq!(fields, sent, "{name}");
    let body = &shown["body"];
    assert_eq!(body["size"], case.body.len(), "{name}");
    let content = body["text"].as_str().map_or_else(|| decoded(&body["base64"]), |text| text.as_bytes().to_vec());
    assert!(content == case.body, "{name}");
    assert_eq!(shown["trailers_base64"].is_null(), case.trailers.is_empty(), "{name}");
    assert_eq!(shown["head_source"], "wire", "{name}");
}

/// The answer to a HEAD request has a length and no body.
fn read_answer_to(socket: &mut std::net::TcpStream, name: &str) -> crate::helpers::raw::Answer {
    if name == "HEAD" {
        let head = crate::helpers::raw::read_head(socket).unwrap();
        assert_eq!(head.header("content-length"), Some("2"));
        return head;
    }
    read_answer(socket).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[tokio::test]
async fn requests_written_byte_by_byte_are_kept_the_same() {
    let app = TestApp::start().await;
    let bin = bin(&app, serde_json::json!({})).await;
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.head.len() + case.wire.len() < 400).collect();
    let mut expected = Vec::new();
    for case in &cases {
        let head = head_for(case, bin);
        let mut socket = connect(app.capture);
        for byte in head.iter().chain(&case.wire) {
            socket.write_all(&[*byte]).unwrap();
        }
        assert_eq!(read_answer_to(&mut socket, case.name).status, 200, "{}", case.name);
        expected.push(head);
    }
    let kept = all(&app, bin).await;
    assert_eq!(kept.len(), cases.len());
    for ((case, head), kept) in cases.iter().zip(&expected).zip(&kept) {
        assert_kept(case, head, kept);
    }
}

#[tokio::test]
async fn pipelined_requests_each_keep_their_own_head_and_are_answered_in_order() {
    let app = TestApp::start().await;
    let bin = bin(&app, serde_json::json!({"body": "{{request.header.x-n}}"})).await;
    // Heads and bodies of every kind, each telling the others apart; what closes the connection cannot be among them.
    let cases: Vec<Case> = cases()
        .into_iter()
        .filter(|case| {
            case.head.len() + case.wire.len() < 20_000
                && !case.name.contains("upgrade")
                && !case.name.contains("websocket")
        })
        .filter(|case| !case.head.windows(8).any(|part| part == b"HTTP/1.0"))
        .collect();
    assert!(cases.len() >= 40);
    for split in [usize::MAX, 1_000, 7] {
        let before = all(&app, bin).await.len();
        let mut socket = connect(app.capture);
        let mut wire = Vec::new();
        let mut expected = Vec::new();
        for (n, case) in cases.iter().enumerate() {
            let mut head = head_for(case, bin);
            let line_end = head.iter().position(|byte| *byte == b'\n').unwrap() + 1;
            head.splice(line_end..line_end, format!("X-N: {n}\r\n").bytes());
            wire.extend_from_slice(&head);
            wire.extend_from_slice(&case.wire);
            expected.push(head);
        }
        let mut writer = socket.try_clone().unwrap();
        let writing = std::thread::spawn(move || {
            for part in wire.chunks(split.min(wire.len())) {
                writer.write_all(part).unwrap();
            }
        });
        for (n, case) in cases.iter().enumerate() {
            if case.name == "HEAD" {
                assert_eq!(crate::helpers::raw::read_head(&mut socket).unwrap().status, 200);
                continue;
            }
            let answer = read_answer(&mut socket).unwrap_or_else(|error| panic!("{}: {error}", case.name));
            assert_eq!(answer.body, n.to_string().as_bytes(), "{}", case.name);
        }
        writing.join().unwrap();
        let kept = all(&app, bin).await.split_off(before);
        assert_eq!(kept.len(), cases.len());
        for ((case, head), kept) in cases.iter().zip(&expected).zip(&kept) {
            assert_kept(case, head, kept);
        }
    }
}

#[tokio::test]
async fn a_sender_that_waits_for_100_continue_gets_it() {
    let app = TestApp::start().await;
    let bin = bin(&app, serde_json::json!({})).await;
    let head = format!("POST /{bin} HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    let mut socket = connect(app.capture);
    socket.write_all(head.as_bytes()).unwrap();
    assert_eq!(read_answer(&mut socket).unwrap().status, 100);
    socket.write_all(b"hello").unwrap();
    assert_eq!(read_answer(&mut socket).unwrap().status, 200);
    let kept = only(&app, bin).await;
    assert_eq!((&kept.head.raw()[..], &kept.body[..]), (head.as_bytes(), &b"hello"[..]));
}

#[tokio::test]
async fn a_connection_is_used_again_and_again() {
    let app = TestApp::start().await;
    let bin = bin(&app, serde_json::json!({})).await;
    let mut socket = connect(app.capture);
    for n in 0..300 {
        write!(socket, "POST /{bin}/n{n} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{:02}", n % 100).unwrap();
        assert_eq!(read_answer(&mut socket).unwrap().status, 200);
    }
    let kept = all(&app, bin).await;
    assert_eq!(kept.len(), 300);
    for (n, kept) in kept.iter().enumerate() {
        assert_eq!(kept.head.target().path_below_bin(), format!("/n{n}").as_bytes());
        assert_eq!(kept.body, format!("{:02}", n % 100).as_bytes());
    }
}

#[tokio::test]
async fn an_unknown_bin_is_told_so_and_a_body_nobody_wants_does_no_harm() {
    let app = TestApp::start().await;
    let answer = exchange(app.capture, b"POST /nobody HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    assert_eq!(answer.status, 404);
    assert!(String::from_utf8_lossy(&answer.body).contains("no bin 'nobody'"));
    let body = vec![b'x'; 3 << 20];
    let head = format!("POST /nobody HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", body.len());
    assert_eq!(exchange(app.capture, &[head.as_bytes(), &body].concat()).status, 404);
}
