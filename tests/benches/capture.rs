//! Capture: throughput against the empty server, latency at a given rate, memory.

use std::time::Duration;

use crate::load::{self, Throughput, wrk};
use crate::process::Server;
use crate::{median, quartiles, row, runtime, setting};

/// Rounds of each measurement; forward and backward in turn, so that drift hits both sides alike.
const ROUNDS: usize = 3;
/// `wrk`'s connections unless the row says otherwise.
const CONNECTIONS: u32 = 64;

struct Contender {
    name: &'static str,
    flags: &'static [&'static str],
    /// Set as the bin's first secret, and signed with.
    secret: Option<&'static str>,
    connections: u32,
}

const UNLIMITED: &[&str] = &["--max-requests", "0", "--max-bytes", "0"];
const FULL: &[&str] = &["--max-requests", "0", "--max-bytes", "0", "--durability", "full"];

const CONTENDERS: &[Contender] = &[
    Contender { name: "capture, everything kept, NORMAL", flags: UNLIMITED, secret: None, connections: CONNECTIONS },
    Contender {
        name: "the same with HMAC-SHA256 verdict and event facts",
        flags: UNLIMITED,
        secret: Some("bench-secret"),
        connections: CONNECTIONS,
    },
    Contender {
        name: "the same at the default retention (10,000 per bin)",
        flags: &[],
        secret: None,
        connections: CONNECTIONS,
    },
    Contender { name: "capture, FULL", flags: FULL, secret: None, connections: CONNECTIONS },
    Contender { name: "capture, FULL, 256 connections", flags: FULL, secret: None, connections: 256 },
];

/// Throughput of every contender as a ratio to the empty server, in rounds.
pub fn throughput() {
    let seconds = setting("CREEL_BENCH_SECONDS", 8);
    let mut empty_rates = Vec::new();
    let mut results: Vec<Vec<(f64, Throughput)>> = CONTENDERS.iter().map(|_| Vec::new()).collect();
    for round in 0..ROUNDS {
        let mut order: Vec<usize> = (0..CONTENDERS.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            let contender = &CONTENDERS[index];
            let empty = {
                let server = Server::empty();
                wrk(server.capture, "/empty", contender.connections, seconds, &[])
            };
            empty_rates.push(empty.per_second);
            let folder = tempfile::tempdir().unwrap();
            let server = Server::creel(&folder.path().join("creel.db"), contender.flags);
            let headers = contender.secret.map(|secret| signed(&server, secret)).unwrap_or_default();
            let measured = wrk(server.capture, &format!("/{}", server.bin), contender.connections, seconds, &headers);
            assert_eq!(measured.failed, 0, "{}: not every request was stored", contender.name);
            results[index].push((measured.per_second / empty.per_second, measured));
        }
    }
    row("an empty actix server (the limit of this stack)", &format!("{:.0} requests/s", median(empty_rates)));
    for (contender, rounds) in CONTENDERS.iter().zip(results) {
        let of = |pick: fn(&(f64, Throughput)) -> f64| median(rounds.iter().map(pick).collect());
        row(
            contender.name,
            &format!(
                "ratio {:.2}, {:.0} requests/s, p50 {:.2} ms, p99 {:.1} ms",
                of(|round| round.0),
                of(|round| round.1.per_second),
                of(|round| round.1.p50_ms),
                of(|round| round.1.p99_ms)
            ),
        );
    }
}

/// What a verdict costs: one server, the same requests to a bin with the secret and to one without, and unsigned ones,
/// in turn and in slices so short that the machine's own drift hits all alike.
pub fn verdict() {
    let slices = setting("CREEL_BENCH_SLICES", 24);
    let folder = tempfile::tempdir().unwrap();
    let server = Server::creel(&folder.path().join("creel.db"), UNLIMITED);
    let with_secret = server.bin.clone();
    let headers = signed(&server, "bench-secret");
    let without_secret = server.another_bin();
    let contenders = [(&with_secret, &headers[..]), (&without_secret, &headers[..]), (&without_secret, &[][..])];
    let mut rates = [const { Vec::new() }; 3];
    let mut order = [0, 1, 2];
    for _ in 0..slices {
        order.rotate_left(1);
        for &which in &order {
            let (bin, headers) = contenders[which];
            let measured = wrk(server.capture, &format!("/{bin}"), CONNECTIONS, 1, headers);
            assert_eq!(measured.failed, 0, "not every request was stored");
            rates[which].push(measured.per_second);
        }
    }
    let share = |of: usize, to: usize| quartiles(rates[of].iter().zip(&rates[to]).map(|(a, b)| a / b).collect());
    row("capture of signed requests with the secret, against without it (median, quartiles)", &share(0, 1));
    row("capture of signed requests with the secret, against unsigned ones", &share(0, 2));
}

/// The headers of a request that is rightly signed with the secret, which the server's bin is given.
pub fn signed(server: &Server, secret: &str) -> Vec<(String, String)> {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    server.add_secret(secret);
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(load::body().as_bytes());
    vec![
        ("X-Callaider-Event".to_owned(), "session.ended".to_owned()),
        ("X-Callaider-Signature".to_owned(), format!("sha256={}", hex::encode(mac.finalize().into_bytes()))),
    ]
}

/// Latency at 10,000 requests a second offered.
pub fn latency() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::creel(&folder.path().join("creel.db"), UNLIMITED);
    let seconds = setting("CREEL_BENCH_SECONDS", 8);
    let latencies = runtime().block_on(load::open(
        server.capture,
        &format!("/{}", server.bin),
        64,
        10_000,
        Duration::from_secs(seconds),
    ));
    row(
        "latency at 10,000 requests/s offered",
        &format!("p50 {:.2} ms, p99 {:.2} ms", load::percentile(&latencies, 50.0), load::percentile(&latencies, 99.0)),
    );
}

/// Memory: idle, after 100,000 captures, for one body of 100 MiB.
pub fn memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::creel(
        &folder.path().join("creel.db"),
        &["--max-requests", "0", "--max-bytes", "0", "--max-body", "200MiB"],
    );
    let idle = server.memory_mb();
    let path = format!("/{}", server.bin);
    let before = server.peak_memory_mb();
    runtime().block_on(load::closed(server.capture, &path, 1, 1, |_| "x".repeat(100 << 20)));
    let large = server.peak_memory_mb() - before;
    drop(server);
    let server = Server::creel(&folder.path().join("second.db"), UNLIMITED);
    let path = format!("/{}", server.bin);
    runtime().block_on(load::closed(server.capture, &path, 64, 100_000, |_| load::body()));
    row("memory idle / after 100,000 captures", &format!("{idle:.0} MB / {:.0} MB", server.memory_mb()));
    row("one body of 100 MiB: peak memory over idle", &format!("{large:.0} MB, {:.2} times its size", large / 100.0));
    let binary = std::fs::metadata(env!("CARGO_BIN_EXE_creel")).unwrap().len();
    row("release binary", &format!("{:.1} MB", binary as f64 / 1e6));
}
