//! Imports are bounded: in memory, in number, in time.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};

use crate::cli::server::Server;
use crate::helpers::TestApp;
use crate::helpers::raw::{connect, exchange, read_answer};

/// What attacks may make a server hold at most.
const MAX_PEAK: u64 = 600 << 20;

/// The most that a process has held, in bytes.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10
}

/// Sends an import; the status.
fn import(console: SocketAddr, bin: &str, body: &[u8]) -> u16 {
    let mut socket = begin(console, bin, body.len());
    // One that is refused is not read to its end.
    let _ = socket.write_all(body);
    read_answer(&mut socket).map_or(0, |answer| answer.status)
}

fn begin(console: SocketAddr, bin: &str, length: usize) -> TcpStream {
    let mut socket = connect(console);
    socket.set_read_timeout(Some(std::time::Duration::from_mins(2))).unwrap();
    let head = format!(
        "POST /api/v1/bins/{bin}/import HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    socket
}

#[test]
fn what_is_small_as_text_and_large_in_memory_is_refused_before_it_is_large() {
    let server = Server::start();
    let made = exchange(
        server.console,
        b"POST /api/v1/bins HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    );
    let bin = serde_json::from_slice::<Value>(&made.body).unwrap()["id"].as_str().unwrap().to_owned();
    let many = |before: &str, count: usize, after: &str| format!("{before}{}{{}}{after}", "{},".repeat(count));
    let entry = r#"{"startedDateTime":"2026-01-02T03:04:05Z","request":{"method":"GET","url":"http://h/"},"x":["#;
    for (body, status) in [
        (many("{\"log\":{\"entries\":[", 20_000_000, "]}}"), 422),
        (many(&format!("{{\"log\":{{\"entries\":[{entry}"), 20_000_000, "]}]}}"), 200),
        (many("{\"creel\":1,\"x\":[", 20_000_000, "]}"), 422),
        (many("{\"creel\":1,\"head\":\"\",\"received_at_us\":1,\"marks\":[", 20_000_000, "]}"), 422),
        (format!("{{\"log\":{{\"entries\":{}", "[".repeat(50 << 20)), 400),
    ] {
        assert_eq!(import(server.console, &bin, body.as_bytes()), status, "{}", &body[..40]);
        assert!(peak(server.id()) < MAX_PEAK, "{}: {}", &body[..40], peak(server.id()));
    }
    let body = many("{\"log\":{\"entries\":[", 8_000_000, "]}}");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            // Some are refused for want of room, and some leave the sender with a broken pipe.
            scope.spawn(|| assert!(matches!(import(server.console, &bin, body.as_bytes()), 422 | 503 | 0)));
        }
    });
    assert!(peak(server.id()) < MAX_PEAK, "in parallel: {}", peak(server.id()));
}

#[tokio::test]
async fn imports_that_there_is_no_room_for_are_told_to_come_again_and_counted() {
    let app = TestApp::start().await;
    // Each that has begun has room for a batch: these want more than there is.
    let held: Vec<TcpStream> = (0..30).map(|_| begin(app.console, &app.started.bin, 10)).collect();
    let url = app.api(&format!("/bins/{}/import", app.started.bin));
    let small = async || {
        let request = app.client.post(&url).header("Content-Type", "application/json");
        request.body("{\"log\":{\"entries\":[]}}").send().await.unwrap()
    };
    // Until all of them are under way there may be room.
    let began = std::time::Instant::now();
    let mut answer = small().await;
    while answer.status() == 200 && began.elapsed() < std::time::Duration::from_mins(1) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        answer = small().await;
    }
    let later = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
    assert_eq!((answer.status().as_u16(), later), (503, Some("1")));
    let problem: Value = answer.json().await.unwrap();
    assert_eq!((&problem["code"], &problem["imported"]), (&json!("busy"), &json!(0)), "{problem}");
    let text = async |path: &str| {
        app.client.get(format!("{}{path}", app.started.console_url)).send().await.unwrap().text().await.unwrap()
    };
    let metrics = text("/metrics").await;
    let counted = metrics.lines().find_map(|line| line.strip_prefix("creel_imports_refused_total "));
    assert!(counted.unwrap().parse::<u64>().unwrap() > 0);
    assert!(text("/").await.contains("to import refused: too much was being imported at once"));
    // All of it is free again when they have gone.
    drop(held);
    for _ in 0..1_000 {
        if small().await.status() == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the room of imports that have broken off is not free");
}
