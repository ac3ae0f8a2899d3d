//! Long rounds of forwarding with the real binary, outside of the suite: `cargo test --test it rounds -- --ignored`.
//!
//! What must hold: every committed request reaches the target, in order, and twice only where the target or Creel died
//! before the answer was noted; memory stays flat.

#![expect(clippy::print_stdout, reason = "the rounds say what they measured")]

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::helpers::process::Process;
use crate::helpers::{http, quiet_address};

/// What the rounds ask of the process.
struct Forwarding(Process);

impl Forwarding {
    fn start(database: &Path) -> Self {
        Self(Process::start(database))
    }

    /// Megabytes that it holds.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1_024
    }

    async fn forward_to(&self, target: &str) {
        let client = http().build().unwrap();
        let bin = client.put(format!("{}/api/v1/bins/in", self.0.console)).json(&json!({})).send().await.unwrap();
        assert!(bin.status().is_success());
        let forward = json!({"routes": [{"to": target}], "retries": {"count": 20, "backoff_ms": 50}});
        let set = client.put(format!("{}/api/v1/bins/in/forward", self.0.console)).json(&forward).send().await.unwrap();
        assert_eq!(set.status(), 200);
    }

    /// Waits until everything is forwarded.
    async fn drained(&self) -> Value {
        let client = http().build().unwrap();
        let begun = Instant::now();
        loop {
            let forward = client.get(format!("{}/api/v1/bins/in/forward", self.0.console)).send().await.unwrap();
            let forward: Value = forward.json().await.unwrap();
            if forward["state"]["waiting"] == 0 {
                return forward;
            }
            assert!(begun.elapsed() < Duration::from_mins(10), "it is forwarded in the end: {forward}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// A receiver that can be killed and started again at its address.
struct Receiver {
    address: SocketAddr,
    arrived: Arc<Mutex<Vec<u64>>>,
    /// Requests that were read and not answered.
    unanswered: Arc<AtomicU64>,
    alive: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Receiver {
    fn new() -> Self {
        let alive = Arc::new(AtomicBool::new(false));
        Self { address: quiet_address(), arrived: Arc::default(), unanswered: Arc::default(), alive, thread: None }
    }

    fn start(&mut self) {
        let listener = TcpListener::bind(self.address).unwrap();
        self.alive = Arc::new(AtomicBool::new(true));
        let (alive, arrived, unanswered) =
            (Arc::clone(&self.alive), Arc::clone(&self.arrived), Arc::clone(&self.unanswered));
        self.thread = Some(thread::spawn(move || {
            for stream in listener.incoming() {
                if !alive.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
                let Some(number) = read_number(&mut stream) else { continue };
                arrived.lock().unwrap().push(number);
                if alive.load(Ordering::SeqCst) {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                } else {
                    unanswered.fetch_add(1, Ordering::SeqCst);
                }
            }
        }));
    }

    fn kill(&mut self) {
        self.alive.store(false, Ordering::SeqCst);
        // Wakes the loop, which ends.
        let _ = TcpStream::connect(self.address);
        self.thread.take().unwrap().join().unwrap();
    }
}

fn read_number(stream: &mut TcpStream) -> Option<u64> {
    let mut raw = Vec::new();
    let mut piece = [0; 4_096];
    loop {
        let text = String::from_utf8_lossy(&raw).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "))?;
            if body.len() >= length.trim().parse::<usize>().ok()? {
                return body.trim().parse().ok();
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(count) => raw.extend_from_slice(&piece[..count]),
        }
    }
}

/// Sends numbers on one connection, that many a second, until it is over or the server is gone. Counts acknowledged
/// ones.
fn send(address: SocketAddr, first: u64, per_second: u64, over: &AtomicBool) -> u64 {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_nodelay(true).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let begun = Instant::now();
    let mut buffer = [0; 2_048];
    for sent in 0.. {
        if over.load(Ordering::Relaxed) {
            return sent;
        }
        let due = begun + Duration::from_micros(1_000_000 * sent / per_second);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        // The body is the number, in a width of its own so that each is as long.
        let request = format!("POST /in HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\n{:012}", first + sent);
        if socket.write_all(request.as_bytes()).is_err() {
            return sent;
        }
        match socket.read(&mut buffer) {
            Ok(count) if buffer[..count].starts_with(b"HTTP/1.1 200") => {}
            _ => return sent,
        }
    }
    0
}

/// The numbers in the order in which they came first.
fn firsts(arrived: &[u64]) -> Vec<u64> {
    let mut seen = HashSet::new();
    arrived.iter().copied().filter(|number| seen.insert(*number)).collect()
}

fn seconds() -> u64 {
    std::env::var("ROUND_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60)
}

#[tokio::test]
#[ignore = "takes a minute and more"]
async fn rounds_of_a_thousand_a_second_arrive_in_order_though_the_target_dies_twice() {
    let folder = tempfile::tempdir().unwrap();
    let process = Forwarding::start(&folder.path().join("creel.db"));
    let mut receiver = Receiver::new();
    receiver.start();
    process.forward_to(&format!("http://{}/hook", receiver.address)).await;
    let over = Arc::new(AtomicBool::new(false));
    let (address, stop) = (process.0.capture, Arc::clone(&over));
    let sender = thread::spawn(move || send(address, 0, 1_000, &stop));
    let begun = Instant::now();
    let part = Duration::from_secs(seconds()) / 6;
    let mut memory = Vec::new();
    for step in 0..6 {
        match step {
            1 | 3 => receiver.kill(),
            2 | 4 => receiver.start(),
            _ => {}
        }
        tokio::time::sleep(part).await;
        memory.push(process.memory());
    }
    over.store(true, Ordering::Relaxed);
    let sent = sender.join().unwrap();
    let waiting_from = Instant::now();
    process.drained().await;
    let arrived = receiver.arrived.lock().unwrap().clone();
    println!(
        "{sent} captured in {:?}, drained {:?} later, {} deliveries, {} read but not answered, memory {memory:?} then {} MB",
        begun.elapsed(),
        waiting_from.elapsed(),
        arrived.len(),
        receiver.unanswered.load(Ordering::SeqCst),
        process.memory()
    );
    assert!(firsts(&arrived).into_iter().eq(0..sent), "every one, in order");
    let twice = arrived.len() as u64 - sent;
    assert!(twice <= 2 + receiver.unanswered.load(Ordering::SeqCst), "{twice} twice");
}

#[tokio::test]
#[ignore = "takes a minute"]
async fn rounds_of_kill_9_in_the_middle_of_forwarding_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("creel.db");
    let mut receiver = Receiver::new();
    receiver.start();
    let target = format!("http://{}/hook", receiver.address);
    let (mut next, mut acknowledged) = (0, Vec::new());
    for round in 0..10 {
        let mut process = Forwarding::start(&database);
        if round == 0 {
            process.forward_to(&target).await;
        }
        let over = AtomicBool::new(false);
        let address = process.0.capture;
        let count = thread::scope(|scope| {
            let sender = scope.spawn(|| send(address, next, 2_000, &over));
            // At another moment each time.
            thread::sleep(Duration::from_millis(300 + 97 * round));
            process.0.kill();
            sender.join().unwrap()
        });
        acknowledged.extend(next..next + count);
        next += 1_000_000;
        println!("round {round}: {count} acknowledged, {} delivered so far", receiver.arrived.lock().unwrap().len());
    }
    let process = Forwarding::start(&database);
    process.drained().await;
    let arrived = receiver.arrived.lock().unwrap().clone();
    let firsts = firsts(&arrived);
    let delivered: HashSet<u64> = firsts.iter().copied().collect();
    let missing = acknowledged.iter().filter(|number| !delivered.contains(number)).count();
    println!("{} acknowledged, {} deliveries of {}", acknowledged.len(), arrived.len(), delivered.len());
    assert_eq!(missing, 0, "nothing acknowledged is left behind");
    assert!(firsts.is_sorted(), "in order");
    assert!(arrived.len() - delivered.len() <= 10, "at most one twice for each kill");
}
