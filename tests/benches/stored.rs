//! A full database: list, page, search, capture and start-up with many rows stored.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::load;
use crate::process::Server;
use crate::runtime;
use crate::{median, row, setting};

const UNLIMITED: &[&str] = &["--max-requests", "0", "--max-bytes", "0"];
/// Every how many requests one has the word that searches look for.
const RARE: u64 = 10_000;

/// Everything about a full database.
pub fn run() {
    let rows = setting("CREEL_BENCH_ROWS", 1_000_000);
    let folder = tempfile::tempdir().unwrap();
    let few = folder.path().join("few.db");
    let many = folder.path().join("many.db");
    fill(&few, rows / 10);
    fill(&many, rows);
    measure(&few, rows / 10);
    measure(&many, rows);
    growth(&few, &many, rows);
    start_up(&many);
}

fn body(number: u64) -> String {
    let rare = if number.is_multiple_of(RARE) { "needle" } else { "nothing" };
    let base = load::body();
    base.replace(
        "\"text\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        &format!("\"number\":{number},\"word\":\"{rare}\",\"text\":\""),
    )
}

fn fill(database: &Path, rows: u64) {
    let server = Server::creel(database, UNLIMITED);
    runtime().block_on(load::closed(server.capture, &format!("/{}", server.bin), 64, rows, body));
}

fn measure(database: &Path, rows: u64) {
    let server = Server::creel(database, UNLIMITED);
    let middle = rows / 2;
    for (what, query) in [
        ("list of 50, newest first", "limit=50".to_owned()),
        ("page of 50 in the middle", format!("limit=50&before={middle}")),
        ("search by field (method), rare", "limit=50&q=method:PUT".to_owned()),
        ("search by JSON field, rare", "limit=50&q=json:/data/word=needle".to_owned()),
        ("search by word in bodies, rare", "limit=50&q=needle".to_owned()),
        ("search by word in bodies, none", "limit=50&q=absent-word".to_owned()),
    ] {
        let url = format!("{}/api/v1/bins/{}/requests?{query}", server.console, server.bin);
        let (time, found) = timed(&url);
        row(&format!("{what}, of {rows}"), &format!("{:.1} ms ({found} found)", time.as_secs_f64() * 1000.0));
    }
}

/// The median time of some reads, after one that warms up; and how many rows came.
fn timed(url: &str) -> (Duration, usize) {
    runtime().block_on(async {
        let client = reqwest::Client::new();
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..6 {
            let start = Instant::now();
            let page: Value = client.get(url).send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
            times.push(start.elapsed().as_secs_f64());
            found = page["requests"].as_array().unwrap().len();
        }
        (Duration::from_secs_f64(median(times.split_off(1))), found)
    })
}

fn growth(few: &Path, many: &Path, rows: u64) {
    let seconds = setting("CREEL_BENCH_SECONDS", 8);
    let empty = few.with_file_name("empty.db");
    let mut ratios = Vec::new();
    for round in 0..3 {
        let rate = |database: &Path| {
            let server = Server::creel(database, UNLIMITED);
            load::wrk(server.capture, &format!("/{}", server.bin), 64, seconds, &[]).per_second
        };
        let fresh = empty.with_file_name(format!("empty{round}.db"));
        ratios.push(rate(many) / rate(&fresh));
    }
    row(
        &format!("capture with {rows} rows stored, against an empty database"),
        &format!("ratio {:.2}", median(ratios)),
    );
}

fn start_up(database: &Path) {
    let size = std::fs::metadata(database).unwrap().len();
    let mut times = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        let server = Server::creel(database, UNLIMITED);
        let path = format!("/{}", server.bin);
        runtime().block_on(load::closed(server.capture, &path, 1, 1, |_| "{}".to_owned()));
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    row(
        &format!("start to first stored request with a database of {:.1} GB", size as f64 / 1e9),
        &format!("{:.0} ms", median(times)),
    );
}
