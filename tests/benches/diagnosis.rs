//! How long the reason for a wrong signature takes to be found out for a body of 1 MiB: `creel verify` from start to
//! end, without what it takes where the signature is right.

use std::process::{Command, Stdio};
use std::time::Instant;

use crate::{quartiles, row};

/// Runs for each kind of body.
const RUNS: usize = 20;
const SIZE: usize = 1 << 20;
const JSON: &str = "application/json";

/// Bodies that cost little and much to be written anew, each with a signature that nothing explains.
pub fn run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("request");
    for (name, kind, body) in [
        ("JSON of numbers", JSON, numbers()),
        ("JSON of fractions that are written differently", JSON, fractions()),
        ("JSON of texts", JSON, texts()),
        ("JSON of many small objects", JSON, objects()),
        ("a form", "application/x-www-form-urlencoded", form()),
        ("bytes", "application/octet-stream", bytes()),
    ] {
        let time = |field: &str| {
            let head = format!("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n{field}\r\n\r\n");
            std::fs::write(&file, [head.as_bytes(), &body].concat()).unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_creel"));
            command.args(["verify", "--scheme", "github", "--secret", "bench-secret", "--head"]).arg(&file);
            let began = Instant::now();
            let status = command.stdout(Stdio::null()).status().unwrap();
            let took = began.elapsed().as_secs_f64() * 1_000.0;
            assert_eq!(status.code(), Some(1));
            took
        };
        // Without a signature nothing is looked for.
        let took = (0..RUNS).map(|_| {
            let read = time("X-Other: 1");
            time(&format!("X-Hub-Signature-256: sha256={}", "5a".repeat(32))) - read
        });
        row(&format!("reason for a wrong signature, 1 MiB: {name}"), &format!("{} ms", quartiles(took.collect())));
    }
}

/// `[…]` with items until there is 1 MiB.
fn array(item: impl Fn(usize) -> String) -> Vec<u8> {
    let mut text = String::from("[0");
    for at in 0.. {
        if text.len() > SIZE - 64 {
            break;
        }
        text.push(',');
        text.push_str(&item(at));
    }
    text.push(']');
    text.into_bytes()
}

fn numbers() -> Vec<u8> {
    array(|at| (at * 7919 % 1_000_003).to_string())
}

fn fractions() -> Vec<u8> {
    array(|at| format!("{}.{}0e-3", at % 97, at * 7919 % 1_000_003))
}

fn texts() -> Vec<u8> {
    array(|at| format!("\"Grüße {at} <b>/\\u00e9\""))
}

fn objects() -> Vec<u8> {
    array(|at| format!("{{\"id\":{at},\"a\":\"b\",\"ok\":true,\"none\":null}}"))
}

fn form() -> Vec<u8> {
    let pairs: Vec<String> = (0..SIZE / 24).map(|at| format!("name{at}=a+b%20c*{at}")).collect();
    pairs.join("&").into_bytes()
}

fn bytes() -> Vec<u8> {
    (0..SIZE).map(|at| (at * 7919 % 251) as u8).collect()
}
