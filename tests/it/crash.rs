//! `kill -9` at any moment under load: after a restart every acknowledged request is there, once, byte for byte.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::helpers::process::Process;

const CONNECTIONS: u64 = 64;

/// A body that tells which request it is and differs in length.
fn body(round: u64, connection: u64, number: u64) -> String {
    let fill = usize::try_from((connection * 37 + number * 13) % 2_000).unwrap();
    format!("{round}-{connection}-{number}-{}", "x".repeat(fill))
}

/// Sends until the server is gone. What was acknowledged goes into `acknowledged`.
fn load(
    address: SocketAddr,
    path: &str,
    round: u64,
    connection: u64,
    acknowledged: &Mutex<Vec<String>>,
    over: &AtomicBool,
) {
    let Ok(mut socket) = TcpStream::connect(address) else {
        return;
    };
    socket.set_nodelay(true).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut buffer = [0; 4_096];
    for number in 0.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let body = body(round, connection, number);
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: h\r\nX-Number: {number}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        if socket.write_all(request.as_bytes()).is_err() {
            return;
        }
        let mut answer = Vec::new();
        while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
            match socket.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(length) => answer.extend_from_slice(&buffer[..length]),
            }
        }
        if answer.starts_with(b"HTTP/1.1 200") {
            acknowledged.lock().unwrap().push(body);
        }
    }
}

/// Everything that the server has, by its body.
async fn stored(process: &Process) -> HashMap<String, u64> {
    let client = crate::helpers::http().build().unwrap();
    let url = format!("{}/api/v1/bins/{}/export?as=jsonl", process.console, process.bin);
    let response = client.get(url).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let mut found = HashMap::new();
    for line in response.text().await.unwrap().lines() {
        let request: Value = serde_json::from_str(line).unwrap();
        let body = request["body"].as_str().unwrap_or_else(|| panic!("{line}"));
        *found.entry(body.to_owned()).or_default() += 1;
    }
    found
}

#[tokio::test]
async fn no_acknowledged_request_is_lost_doubled_or_changed_by_kill_9() {
    let rounds = std::env::var("CREEL_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("creel.db");
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    for round in 0..rounds {
        let mut process = Process::start(&database);
        let over = Arc::new(AtomicBool::new(false));
        let path = format!("/{}/round", process.bin);
        let loads: Vec<_> = (0..CONNECTIONS)
            .map(|connection| {
                let (acknowledged, over, path, address) =
                    (Arc::clone(&acknowledged), Arc::clone(&over), path.clone(), process.capture);
                thread::spawn(move || load(address, &path, round, connection, &acknowledged, &over))
            })
            .collect();
        // Some moment, early in some rounds and late in others: the moments need not be the same from run to run.
        let before = acknowledged.lock().unwrap().len();
        let wanted = 20 + usize::try_from(round % 4).unwrap() * 300;
        while acknowledged.lock().unwrap().len() < before + wanted {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_micros(rand::random_range(0..30_000)));
        process.kill();
        over.store(true, Ordering::Relaxed);
        for load in loads {
            load.join().unwrap();
        }
    }
    let mut process = Process::start(&database);
    let stored = stored(&process).await;
    let acknowledged = acknowledged.lock().unwrap().clone();
    for body in &acknowledged {
        assert_eq!(
            stored.get(body),
            Some(&1),
            "{body:.30} of {} acknowledged, {} stored",
            acknowledged.len(),
            stored.len()
        );
    }
    assert!(stored.values().all(|count| *count == 1), "nothing is there twice");
    eprintln!("{rounds} rounds: {} acknowledged, {} stored", acknowledged.len(), stored.len());
    process.kill();
}
