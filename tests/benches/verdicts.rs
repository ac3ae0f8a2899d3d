//! Verifying a whole bin again while captures go on.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::capture::signed;
use crate::load;
use crate::process::Server;
use crate::{row, runtime, setting};

/// Rate of verification of stored requests, and what it costs the captures that go on meanwhile.
pub fn run() {
    let rows = setting("CREEL_BENCH_ROWS", 1_000_000) / 10;
    let seconds = setting("CREEL_BENCH_SECONDS", 8);
    let folder = tempfile::tempdir().unwrap();
    let server = Server::creel(&folder.path().join("creel.db"), &["--max-requests", "0", "--max-bytes", "0"]);
    let path = format!("/{}", server.bin);
    let headers = {
        // The headers of a right signature; the secret is taken away again, so that the stored verdicts are "no
        // secret".
        let headers = signed(&server, "bench-secret");
        let url = format!("{}/api/v1/bins/{}", server.console, server.bin);
        runtime().block_on(async {
            let client = reqwest::Client::new();
            let bin: Value = client.get(&url).send().await.unwrap().json().await.unwrap();
            let secret = &bin["secrets"][0]["id"];
            client.delete(format!("{url}/secrets/{secret}")).send().await.unwrap().error_for_status().unwrap();
        });
        headers
    };
    runtime().block_on(fill(&server, &path, &headers, rows));
    let other = format!("/{}", server.another_bin());
    let before = load::wrk(server.capture, &other, 64, seconds, &[]).per_second;
    let start = Instant::now();
    signed(&server, "bench-secret");
    let during = load::wrk(server.capture, &other, 64, seconds, &[]).per_second;
    let took = wait_until_verified(&server, rows, start);
    row(
        &format!("verifying {rows} stored requests again, under full load"),
        &format!(
            "{:.0} requests/s; captures meanwhile at {:.2} of their rate",
            rows as f64 / took.as_secs_f64(),
            during / before
        ),
    );
}

async fn fill(server: &Server, path: &str, headers: &[(String, String)], rows: u64) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let request = std::sync::Arc::new(load::request(path, headers, &load::body()));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (request, target, count) = (std::sync::Arc::clone(&request), server.capture, rows / 50);
        tasks.spawn(async move {
            let mut socket = tokio::net::TcpStream::connect(target).await.unwrap();
            let mut answer = vec![0; 4096];
            for _ in 0..count {
                socket.write_all(&request).await.unwrap();
                let length = socket.read(&mut answer).await.unwrap();
                assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
            }
        });
    }
    tasks.join_all().await;
}

fn wait_until_verified(server: &Server, rows: u64, start: Instant) -> Duration {
    // The oldest is verified first or last; when both ends are valid, all are.
    runtime().block_on(async {
        let client = reqwest::Client::new();
        loop {
            let mut valid = true;
            for order in ["oldest", "newest"] {
                let url = format!("{}/api/v1/bins/{}/requests?limit=1&order={order}", server.console, server.bin);
                let page: Value = client.get(url).send().await.unwrap().json().await.unwrap();
                valid &= page["requests"][0]["signature"]["status"] == "valid";
            }
            if valid {
                return start.elapsed();
            }
            assert!(start.elapsed() < Duration::from_mins(5), "{rows} requests were not verified within five minutes");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
}
