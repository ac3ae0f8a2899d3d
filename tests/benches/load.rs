//! Load: `wrk` for the most that goes, an open loop of our own for a given rate.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A JSON body of 1 KiB.
pub fn body() -> String {
    let mut body =
        String::from(r#"{"event":"session.ended","sessionId":"2d7b8f7f-2de0-4db9-ae6f-9a1f8d98f6d2","data":{"text":""#);
    while body.len() < 1024 - 3 {
        body.push('x');
    }
    body.push_str("\"}}");
    body
}

/// What `wrk` measured.
pub struct Throughput {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub failed: u64,
}

/// Runs `wrk` with two threads: with one, it is itself the limit of the empty server and flatters every ratio.
pub fn wrk(target: SocketAddr, path: &str, connections: u32, seconds: u64, headers: &[(String, String)]) -> Throughput {
    let mut script =
        format!("wrk.method = 'POST'\nwrk.body = '{}'\nwrk.headers['Content-Type'] = 'application/json'\n", body());
    for (name, value) in headers {
        let _ = writeln!(script, "wrk.headers['{name}'] = '{value}'");
    }
    let file = tempfile::Builder::new().suffix(".lua").tempfile().unwrap();
    std::fs::write(file.path(), script).unwrap();
    let output = Command::new("wrk")
        .args(["-t2", &format!("-c{connections}"), &format!("-d{seconds}s"), "--latency", "-s"])
        .arg(file.path())
        .arg(format!("http://{target}{path}"))
        .output()
        .expect("wrk is installed (apt-get install wrk)");
    let text = String::from_utf8(output.stdout).unwrap();
    let number =
        |label: &str| text.lines().find_map(|line| line.trim().strip_prefix(label)).map(|rest| rest.trim().to_owned());
    let failed = number("Non-2xx or 3xx responses:").map_or(0, |count| count.parse().unwrap());
    Throughput {
        per_second: number("Requests/sec:").unwrap_or_else(|| panic!("{text}")).parse().unwrap(),
        p50_ms: milliseconds(&number("50%").unwrap()),
        p99_ms: milliseconds(&number("99%").unwrap()),
        failed,
    }
}

fn milliseconds(text: &str) -> f64 {
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap());
    number.parse::<f64>().unwrap()
        * match unit {
            "us" => 0.001,
            "ms" => 1.0,
            "s" => 1000.0,
            other => panic!("{other}"),
        }
}

/// One request as bytes.
pub fn request(path: &str, headers: &[(String, String)], body: &str) -> Vec<u8> {
    let mut request = format!("POST {path} HTTP/1.1\r\nHost: creel\r\nContent-Type: application/json\r\n");
    for (name, value) in headers {
        let _ = write!(request, "{name}: {value}\r\n");
    }
    let _ = write!(request, "Content-Length: {}\r\n\r\n{body}", body.len());
    request.into_bytes()
}

/// Reads one answer with a content length; its status.
async fn answer(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> u16 {
    buffer.clear();
    loop {
        let mut chunk = [0; 4096];
        let count = socket.read(&mut chunk).await.unwrap();
        assert!(count > 0, "the server hung up");
        buffer.extend_from_slice(&chunk[..count]);
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let length: usize = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |text| text.parse().unwrap());
            if buffer.len() >= end + 4 + length {
                return head[9..12].parse().unwrap();
            }
        }
    }
}

/// Sends `count` requests over `connections`, as fast as they are answered. The `n`th body is `make(n)`.
pub async fn closed(
    target: SocketAddr,
    path: &str,
    connections: u64,
    count: u64,
    make: impl Fn(u64) -> String + Send + Sync + Clone + 'static,
) {
    let mut tasks = tokio::task::JoinSet::new();
    for connection in 0..connections {
        let (path, make) = (path.to_owned(), make.clone());
        tasks.spawn(async move {
            let mut socket = TcpStream::connect(target).await.unwrap();
            socket.set_nodelay(true).unwrap();
            let mut buffer = Vec::new();
            for number in (connection..count).step_by(usize::try_from(connections).unwrap()) {
                socket.write_all(&request(&path, &[], &make(number))).await.unwrap();
                assert_eq!(answer(&mut socket, &mut buffer).await, 200);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

/// Offers `rate` requests a second over `connections` for a while; latencies count from the moment when a request was
/// due (so that a stall is not hidden by the requests that could not be sent meanwhile). Sorted, in milliseconds.
pub async fn open(target: SocketAddr, path: &str, connections: u32, rate: u32, time: Duration) -> Vec<f64> {
    let request = std::sync::Arc::new(request(path, &[], &body()));
    let start = Instant::now() + Duration::from_millis(200);
    let interval = Duration::from_secs(1) * connections / rate;
    let mut tasks = tokio::task::JoinSet::new();
    for connection in 0..connections {
        let request = std::sync::Arc::clone(&request);
        tasks.spawn(async move {
            let mut socket = TcpStream::connect(target).await.unwrap();
            socket.set_nodelay(true).unwrap();
            let mut due = start + interval * connection / connections;
            let (mut buffer, mut latencies) = (Vec::new(), Vec::new());
            while due < start + time {
                // The timer wakes up to a millisecond late, which is not the server's fault; a busy connection is.
                let free = Instant::now() <= due;
                tokio::time::sleep_until(due.into()).await;
                let since = if free { Instant::now() } else { due };
                socket.write_all(&request).await.unwrap();
                assert_eq!(answer(&mut socket, &mut buffer).await, 200);
                latencies.push(since.elapsed().as_secs_f64() * 1000.0);
                due += interval;
            }
            latencies
        });
    }
    let mut all = tasks.join_all().await.concat();
    all.sort_by(f64::total_cmp);
    all
}

/// A percentile of sorted values.
pub fn percentile(sorted: &[f64], percent: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let index = ((sorted.len() - 1) as f64 * percent / 100.0) as usize;
    sorted[index]
}
