//! Live fan-out: 1,000 subscribers and 1,000 requests a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt as _;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use crate::load;
use crate::process::Server;
use crate::runtime;
use crate::{row, setting};

const SUBSCRIBERS: u32 = 1_000;
const RATE: u32 = 1_000;

/// Subscribes, offers load, compares what every subscriber got with what was sent.
pub fn run() {
    let seconds = setting("CREEL_BENCH_SECONDS", 8);
    let folder = tempfile::tempdir().unwrap();
    let server = Server::creel(&folder.path().join("creel.db"), &["--max-requests", "0"]);
    let url = format!("{}/api/v1/bins/{}/stream", server.console.replace("http", "ws"), server.bin);
    let received = Arc::new(AtomicU64::new(0));
    let disordered = Arc::new(AtomicU64::new(0));
    runtime().block_on(async {
        let mut readers = tokio::task::JoinSet::new();
        for subscriber in 0..SUBSCRIBERS {
            let (mut socket, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
            let (received, disordered) = (Arc::clone(&received), Arc::clone(&disordered));
            readers.spawn(async move {
                let (mut last, mut delays) = (0, Vec::new());
                while let Some(Ok(message)) = socket.next().await {
                    let Message::Text(text) = message else { continue };
                    if !text.contains("\"type\":\"request\"") {
                        continue;
                    }
                    received.fetch_add(1, Ordering::Relaxed);
                    // Parsing everything a thousand times over would measure the client: one in a hundred looks closer.
                    if subscriber % 100 == 0 {
                        let event: Value = serde_json::from_str(&text).unwrap();
                        let seq = event["seq"].as_u64().unwrap();
                        disordered.fetch_add(u64::from(seq <= last), Ordering::Relaxed);
                        last = seq;
                        delays.push(now_ms() - at_ms(&event));
                    }
                }
                delays
            });
        }
        let cpu = server.cpu();
        let sent = load::open(server.capture, &format!("/{}", server.bin), 50, RATE, Duration::from_secs(seconds))
            .await
            .len() as u64;
        let expected = sent * u64::from(SUBSCRIBERS);
        let patience = std::time::Instant::now();
        while received.load(Ordering::Relaxed) < expected && patience.elapsed() < Duration::from_secs(10) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let used = server.cpu().saturating_sub(cpu).as_secs_f64() / seconds as f64;
        let lost = expected - received.load(Ordering::Relaxed).min(expected);
        let memory = server.memory_mb();
        drop(server);
        let mut delays = readers.join_all().await.concat();
        delays.sort_by(f64::total_cmp);
        row(
            &format!("{SUBSCRIBERS} subscribers, {RATE} requests/s"),
            &format!(
                "{used:.2} cores, delivery p50 {:.0} ms, p99 {:.0} ms, {lost} lost, {} out of order, {memory:.0} MB",
                load::percentile(&delays, 50.0),
                load::percentile(&delays, 99.0),
                disordered.load(Ordering::Relaxed)
            ),
        );
    });
}

fn now_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64() * 1000.0
}

fn at_ms(event: &Value) -> f64 {
    let text = event["request"]["received_at"].as_str().unwrap();
    text.parse::<creel::inside::Timestamp>().unwrap().as_micros() as f64 / 1000.0
}
