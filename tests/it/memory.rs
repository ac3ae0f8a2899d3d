//! What reading large requests takes: many readers at once, in every form.

use serde_json::{Value, json};

use crate::helpers::http;
use crate::helpers::process::Process;

/// Readers at once.
const READERS: usize = 16;
/// Megabytes that attacks may make a server hold at most.
const MOST: u64 = 600;

/// The most that the process has ever held, in megabytes.
fn peak(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1_024
}

#[tokio::test]
async fn many_readers_of_large_requests_take_bounded_memory_and_get_them_whole() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(&folder.path().join("creel.db"));
    let client = http().build().unwrap();
    let api = format!("{}/api/v1/bins", process.console);
    client.post(&api).json(&json!({"name": "in"})).send().await.unwrap().error_for_status().unwrap();
    let keys = |odd: &str| {
        let members: Vec<String> = (0..400_000).map(|number| format!("\"k{odd}{number}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    let mut ids = Vec::new();
    for odd in ["", "x"] {
        let sent = client.post(format!("http://{}/in", process.capture)).header("Content-Type", "application/json");
        sent.body(keys(odd)).send().await.unwrap().error_for_status().unwrap();
        let latest: Value =
            client.get(format!("{api}/in/requests?limit=1")).send().await.unwrap().json().await.unwrap();
        ids.push(latest["requests"][0]["id"].as_str().unwrap().to_owned());
    }
    let (one, other) = (&ids[0], &ids[1]);
    let page = format!("{}/bins/in/requests/{one}", process.console);
    for (what, readers, least) in [
        (format!("{api}/in/requests/{one}"), READERS, 4_000_000),
        (format!("{api}/in/requests/{one}/raw"), READERS, 4_000_000),
        (format!("{api}/in/requests/{one}/export?as=curl"), READERS, 4_000_000),
        (format!("{page}/json/value?node=0"), READERS, 4_000_000),
        (format!("{page}/part?tab=code"), READERS, 10_000),
        (format!("{page}/part?tab=event"), READERS, 1_000),
        (format!("{api}/in/diff?a={one}&b={other}"), 2, 10_000),
        (format!("{page}/part?tab=compare&with={other}"), 2, 10_000),
    ] {
        let reading = (0..readers).map(async |_| {
            let answer = client.get(&what).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{what}");
            let read = answer.bytes().await.unwrap().len();
            assert!(read > least, "{what}: {read} bytes");
        });
        futures_util::future::join_all(reading).await;
        let held = peak(&process);
        assert!(held < MOST, "{what}: {held} MB");
    }
}
