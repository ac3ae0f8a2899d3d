//! A bin's answers on the wire: statuses, headers, scripts, delays, faults.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use creel::inside::BinId;
use serde_json::{Value, json};

use crate::helpers::TestApp;
use crate::helpers::captured::{all, bin, only, until};
use crate::helpers::raw::{Answer, connect, exchange, read_answer, read_head};

fn send(app: &TestApp, bin: BinId) -> TcpStream {
    let mut socket = connect(app.capture);
    write!(socket, "POST /{bin} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi").unwrap();
    socket
}

fn post(app: &TestApp, target: &str) -> Answer {
    exchange(app.capture, format!("POST /{target} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi").as_bytes())
}

/// All that comes until the connection ends in order.
fn rest(mut socket: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).unwrap();
    bytes
}

async fn app_and_bin(response: Value) -> (TestApp, BinId) {
    let app = TestApp::start().await;
    let bin = bin(&app, response).await;
    (app, bin)
}

#[tokio::test]
async fn the_default_answer_is_ok_as_text() {
    let (app, bin) = app_and_bin(json!({})).await;
    let answer = post(&app, bin.as_str());
    assert_eq!((answer.status, &answer.body[..]), (200, &b"ok"[..]));
    assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("content-security-policy"), Some("sandbox"));
}

#[tokio::test]
async fn a_custom_answer_is_given_as_set_and_cannot_break_the_framing() {
    let (app, bin) = app_and_bin(json!({
        "status": 418,
        "headers": [
            {"name": "X-Twice", "value": "1"}, {"name": "X-Twice", "value": "2"},
            {"name": "Content-Length", "value": "999"}, {"name": "Transfer-Encoding", "value": "chunked"},
            {"name": "Content-Type", "value": "application/x-teapot"}
        ],
        "body_base64": "AP8="
    }))
    .await;
    let answer = post(&app, bin.as_str());
    assert_eq!((answer.status, &answer.body[..]), (418, &b"\0\xff"[..]));
    let twice: Vec<&str> = answer.head.lines().filter(|line| line.starts_with("x-twice")).collect();
    assert_eq!(twice, ["x-twice: 1", "x-twice: 2"]);
    assert_eq!((answer.header("content-length"), answer.header("transfer-encoding")), (Some("2"), None));
    assert_eq!(answer.header("content-type"), Some("application/x-teapot"));
}

#[tokio::test]
async fn placeholders_read_what_was_compressed_or_has_a_byte_order_mark() {
    let (app, bin) = app_and_bin(json!({"body": "{{request.json./sessionId}}"})).await;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(br#"{"sessionId":"s-1"}"#).unwrap();
    let url = format!("{}/{bin}", app.started.capture_url);
    let packed = app.client.post(&url).header("Content-Encoding", "gzip").body(gzip.finish().unwrap());
    let marked = app.client.post(&url).body("\u{feff}{\"sessionId\":\"s-1\"}");
    for request in [packed, marked] {
        let request = request.header("Content-Type", "application/json");
        assert_eq!(request.send().await.unwrap().text().await.unwrap(), "s-1");
    }
}

#[tokio::test]
async fn the_path_sets_the_status() {
    let (app, bin) = app_and_bin(json!({})).await;
    for status in [200, 301, 404, 500, 599] {
        assert_eq!(post(&app, &format!("{bin}/{status}")).status, status);
    }
}

#[tokio::test]
async fn statuses_without_a_body_have_none_and_the_connection_goes_on() {
    let (app, bin) = app_and_bin(json!({"body": "never seen"})).await;
    let mut socket = connect(app.capture);
    for status in [204, 304, 204, 200] {
        write!(socket, "GET /{bin}/{status} HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        let answer = read_answer(&mut socket).unwrap();
        assert_eq!(answer.status, status);
        assert_eq!(answer.body.is_empty(), status != 200);
    }
    write!(socket, "HEAD /{bin} HTTP/1.1\r\nHost: h\r\n\r\nGET /{bin} HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    assert_eq!(read_head(&mut socket).unwrap().header("content-length"), Some("10"));
    assert_eq!(read_answer(&mut socket).unwrap().body, b"never seen");
}

#[tokio::test]
async fn a_script_is_played_in_order() {
    let (app, bin) = app_and_bin(json!({"script": [{"status": 500}, {"status": 503, "body": "later"}, {}]})).await;
    let answers: Vec<Answer> = (0..4).map(|_| post(&app, bin.as_str())).collect();
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [500, 503, 200, 200]);
    assert_eq!(answers[1].body, b"later");
}

#[tokio::test]
async fn http_1_0_is_answered_and_closed_unless_it_asks_to_stay() {
    let (app, bin) = app_and_bin(json!({})).await;
    let mut socket = connect(app.capture);
    write!(socket, "GET /{bin} HTTP/1.0\r\n\r\n").unwrap();
    assert!(String::from_utf8(rest(socket)).unwrap().starts_with("HTTP/1.0 200"));
    let mut socket = connect(app.capture);
    for _ in 0..2 {
        write!(socket, "GET /{bin} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").unwrap();
        assert_eq!(read_answer(&mut socket).unwrap().header("connection"), Some("keep-alive"));
    }
}

#[tokio::test]
async fn a_delayed_answer_comes_late_and_the_record_says_how_late() {
    let (app, bin) = app_and_bin(json!({"delay_ms": 300})).await;
    let start = Instant::now();
    assert_eq!(post(&app, bin.as_str()).status, 200);
    assert!(start.elapsed() >= Duration::from_millis(300));
    let kept = until(&app, bin, |requests| requests[0].summary.response.duration_us >= Some(300_000)).await;
    assert_eq!(kept[0].summary.response.status, Some(200));
}

#[tokio::test]
async fn a_sender_that_leaves_before_its_delayed_answer_is_noticed_at_once() {
    let (app, bin) = app_and_bin(json!({"delay_ms": 60_000})).await;
    let socket = send(&app, bin);
    until(&app, bin, |requests| requests.len() == 1).await;
    drop(socket);
    let kept = until(&app, bin, |requests| requests[0].summary.response.status.is_none()).await;
    assert!(kept[0].summary.response.duration_us < Some(30_000_000));
}

#[tokio::test]
async fn a_sender_that_closes_only_its_own_side_gets_its_answer() {
    let (app, bin) = app_and_bin(json!({})).await;
    let socket = send(&app, bin);
    socket.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(String::from_utf8(rest(socket)).unwrap().starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn the_fault_close_ends_the_connection_without_an_answer() {
    let (app, bin) = app_and_bin(json!({"fault": {"kind": "close"}})).await;
    assert!(rest(send(&app, bin)).is_empty());
    assert_eq!(only(&app, bin).await.summary.response.status, None);
}

#[tokio::test]
async fn the_fault_reset_resets_the_connection() {
    let (app, bin) = app_and_bin(json!({"fault": {"kind": "reset"}})).await;
    let error = send(&app, bin).read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(only(&app, bin).await.body, "hi");
}

#[tokio::test]
async fn the_fault_cut_announces_the_whole_body_and_sends_a_part() {
    for (bytes, sent) in [(json!(3), "012"), (json!(null), "01234"), (json!(0), ""), (json!(99), "012345678")] {
        let fault = if bytes.is_null() { json!({"kind": "cut"}) } else { json!({"kind": "cut", "bytes": bytes}) };
        let (app, bin) = app_and_bin(json!({"body": "0123456789", "fault": fault})).await;
        let mut socket = send(&app, bin);
        assert_eq!(read_head(&mut socket).unwrap().header("content-length"), Some("10"));
        assert_eq!(rest(socket), sent.as_bytes());
    }
}

#[tokio::test]
async fn the_fault_drip_sends_slowly_and_in_full() {
    let (app, bin) = app_and_bin(json!({"body": "0123456789", "fault": {"kind": "drip", "bytes": 20}})).await;
    let start = Instant::now();
    let mut socket = send(&app, bin);
    read_head(&mut socket).unwrap();
    let mut first = [0; 2];
    socket.read_exact(&mut first).unwrap();
    let after_first = Instant::now();
    let mut others = [0; 8];
    socket.read_exact(&mut others).unwrap();
    assert_eq!((&first, &others), (b"01", b"23456789"));
    // Five pieces, a tenth of a second apart.
    assert!(after_first.elapsed() >= Duration::from_millis(300), "{:?}", start.elapsed());
    let kept = until(&app, bin, |requests| requests[0].summary.response.duration_us >= Some(400_000)).await;
    assert_eq!(kept[0].summary.response.status, Some(200));
}

#[tokio::test]
async fn the_fault_hang_never_answers_and_ends_when_the_sender_leaves() {
    let (app, bin) = app_and_bin(json!({"fault": {"kind": "hang"}})).await;
    let mut socket = send(&app, bin);
    socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert_eq!(socket.read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    let waiting = until(&app, bin, |requests| requests.len() == 1).await;
    assert_eq!(waiting[0].summary.response.duration_us, None, "it is not over while the sender waits");
    drop(socket);
    let kept = until(&app, bin, |requests| requests[0].summary.response.duration_us.is_some()).await;
    assert_eq!(kept[0].summary.response.status, None);
}

#[tokio::test]
async fn a_slow_answer_holds_up_nobody_else() {
    let (app, slow) = app_and_bin(json!({"delay_ms": 60_000})).await;
    let quick = bin(&app, json!({})).await;
    let waiting: Vec<TcpStream> = (0..50).map(|_| send(&app, slow)).collect();
    for _ in 0..50 {
        assert_eq!(post(&app, quick.as_str()).status, 200);
    }
    drop(waiting);
    assert_eq!(all(&app, quick).await.len(), 50);
}

#[tokio::test]
async fn stopping_gives_delayed_answers_at_once_and_lets_hanging_senders_go() {
    let (app, delayed) = app_and_bin(json!({"delay_ms": 60_000})).await;
    let hanging = bin(&app, json!({"fault": {"kind": "hang"}})).await;
    let (mut late, never, idle) = (send(&app, delayed), send(&app, hanging), connect(app.capture));
    until(&app, delayed, |requests| requests.len() == 1).await;
    until(&app, hanging, |requests| requests.len() == 1).await;
    let start = Instant::now();
    let stopping = std::thread::spawn(move || app.stop());
    assert_eq!(read_answer(&mut late).unwrap().status, 200);
    assert!(rest(never).is_empty() && rest(idle).is_empty());
    stopping.join().unwrap();
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[tokio::test]
async fn stopping_keeps_and_answers_what_has_come_of_a_body() {
    let (app, bin) = app_and_bin(json!({})).await;
    let mut socket = connect(app.capture);
    write!(socket, "POST /{bin} HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf").unwrap();
    // Another capture of the same worker: the first has surely been read by then.
    for _ in 0..4 {
        assert_eq!(post(&app, bin.as_str()).status, 200);
    }
    let store = app.store.clone();
    let path = app.database();
    let stopping = std::thread::spawn(move || app.stop_and_keep());
    assert_eq!(read_answer(&mut socket).unwrap().status, 408);
    let folder = stopping.join().unwrap();
    drop(store);
    let rows: i64 = rusqlite::Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM content WHERE body = CAST('half' AS BLOB)", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 1);
    drop(folder);
}
