//! What reading the attempts of a request takes: twenty answers of 1 MiB each, by many readers at once.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::helpers::http;
use crate::helpers::process::Process;
use crate::helpers::raw::stalled;

/// Readers at once.
const READERS: usize = 40;
/// Exports of a bin at once: no more are allowed.
const EXPORTS: usize = 16;
/// Megabytes that all of them together may take: one piece each, and little more.
const MOST: u64 = 300;

/// The most that the process has ever held, in megabytes.
fn peak(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1_024
}

/// Tells the server that a target gave this answer.
async fn told(client: &reqwest::Client, path: &str, number: u32, body: &str) {
    let report = json!({
        "why": "replay", "target": "http://h/", "started_at": format!("2026-11-27T00:00:{number:02}Z"),
        "outcome": "answered", "sentence": "It is so.",
        "sent": {"head_base64": STANDARD.encode("POST / HTTP/1.1\r\n\r\n"), "body_size": 1},
        "response": {
            "status": 200, "head_base64": STANDARD.encode("HTTP/1.1 200 OK\r\n\r\n"),
            "body_base64": STANDARD.encode(body), "body_size": body.len(), "body_cut": false,
        },
        "times_us": {"total": 5},
    });
    let reported = client.post(format!("{path}/attempts")).json(&report).send().await.unwrap();
    assert_eq!(reported.status(), 201, "{}", reported.text().await.unwrap());
}

#[tokio::test]
async fn clients_that_do_not_read_keep_nobody_else_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(&folder.path().join("creel.db"));
    let client = http().build().unwrap();
    let api = format!("{}/api/v1/bins", process.console);
    client.post(&api).json(&json!({"name": "in"})).send().await.unwrap().error_for_status().unwrap();
    client.post(format!("http://{}/in", process.capture)).body("x").send().await.unwrap();
    let path = format!("{api}/in/requests/latest");
    let latest: Value = client.get(&path).send().await.unwrap().json().await.unwrap();
    let id = latest["id"].as_str().unwrap().to_owned();
    // What cannot be compressed leaves the encoder at every pause.
    let mut random = 1_u64;
    for number in 0..20 {
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            random.to_be_bytes()[0]
        })
        .take(15_000)
        .collect();
        told(&client, &path, number, &STANDARD.encode(bytes)).await;
    }
    let diff = format!("{path}/attempts/diff").replace("latest", &id);
    for what in
        [format!("requests/{id}/attempts"), "export?as=jsonl".into(), "attempts/diff?since=2026-11-27T00:00:10Z".into()]
    {
        let kept: Vec<_> = (0..4).map(|_| stalled(&process.console, &format!("/api/v1/bins/in/{what}"))).collect();
        for _ in 0..20 {
            let asked = client.get(&diff).timeout(std::time::Duration::from_secs(20)).send().await;
            assert_eq!(asked.expect(&what).status(), 200, "{what}");
        }
        drop(kept);
    }
}

#[tokio::test]
async fn many_readers_of_large_answers_take_bounded_memory_and_get_them_whole() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(&folder.path().join("creel.db"));
    let client = http().build().unwrap();
    let api = format!("{}/api/v1/bins", process.console);
    client.post(&api).json(&json!({"name": "in"})).send().await.unwrap().error_for_status().unwrap();
    client.post(format!("http://{}/in", process.capture)).body("x").send().await.unwrap();
    let path = format!("{api}/in/requests/latest");
    let latest: Value = client.get(&path).send().await.unwrap().json().await.unwrap();
    let id = latest["id"].as_str().unwrap();
    for number in 0..20 {
        let body = format!("{number:08}{}", "a line of an answer\n".repeat(52_000));
        told(&client, &path, number, &body).await;
    }
    let before = peak(&process);
    for what in [
        format!("{api}/in/requests/{id}/attempts"),
        format!("{api}/in/export?as=jsonl"),
        format!("{api}/in/requests/{id}/attempts/diff"),
        format!("{api}/in/attempts/diff?since=2026-11-27T00:00:10Z"),
        format!("{}/bins/in/requests/{id}/part?tab=deliver", process.console),
    ] {
        let readers = if what.contains("/export") { EXPORTS } else { READERS };
        let reading = (0..readers).map(async |_| {
            let answer = client.get(&what).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{what}");
            let text = answer.text().await.unwrap();
            if what.ends_with("/attempts") || what.contains("/export") {
                let all: Value = serde_json::from_str(&text).unwrap();
                let attempts = all["attempts"].as_array().unwrap();
                assert_eq!(attempts.len(), 20, "{what}");
                for (attempt, number) in attempts.iter().zip((0..20).rev()) {
                    let body = attempt["response"]["body"].as_str().or(attempt["response_body"].as_str()).unwrap();
                    assert!(body.len() > 1_000_000 && body.starts_with(&format!("{number:08}")), "{what}: {number}");
                }
            }
        });
        futures_util::future::join_all(reading).await;
        let taken = peak(&process) - before;
        assert!(taken < MOST, "{what}: {taken} MB more than before");
    }
}
