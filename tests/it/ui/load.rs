//! A thousand requests a second: the page stays quick, its list stays small, its count is right in the end.

use std::time::{Duration, Instant};

use serde_json::json;

use super::Stage;

const RATE: u64 = 1_000;
/// The whole test of a minute is asked for by `CREEL_LOAD_SECONDS=60`, on a machine that does nothing else: only then
/// are times judged as well. Beside other tests they would be somebody else's.
const SECONDS: u64 = 8;

fn asked_seconds() -> Option<u64> {
    std::env::var("CREEL_LOAD_SECONDS").ok().and_then(|text| text.parse().ok())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_requests_a_second_leave_the_page_responsive_and_true() {
    let seconds = asked_seconds().unwrap_or(SECONDS);
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "load", "limits": {"max_requests": 0}})).await;
    stage.open("/bins/load").await;
    stage.until_live().await;
    // From the first second on: what takes longer than 50 ms is a long task, with its duration.
    browser
        .js("window.tasks = []; setTimeout(() => new PerformanceObserver((list) => { for (const task of list.getEntries()) window.tasks.push(Math.round(task.duration)); }).observe({type: 'longtask'}), 1000);")
        .await;
    let total = RATE * seconds;
    let url = format!("{}/load", stage.app.started.capture_url);
    let start = Instant::now();
    let body =
        json!({"event": "session.ended", "sessionId": super::SESSION, "data": {"text": "x".repeat(600)}}).to_string();
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let (client, url, body) = (stage.app.client.clone(), format!("{url}/{sender}"), body.clone());
            tokio::spawn(async move {
                for number in 0..total / 4 {
                    tokio::time::sleep_until((start + Duration::from_micros(4_000_000 / RATE * number)).into()).await;
                    assert_eq!(client.post(&url).body(body.clone()).send().await.unwrap().status(), 200);
                }
            })
        })
        .collect();
    let before = held(browser).await;
    let mut nodes = 0;
    let mut heap = Vec::new();
    while !senders.iter().all(tokio::task::JoinHandle::is_finished) {
        let count = browser.js("const walk = document.createTreeWalker(document.querySelector('#rows')); let n = 0; while (walk.nextNode()) n += 1; return n").await;
        nodes = nodes.max(count.as_u64().unwrap());
        heap.push(browser.js("return performance.memory.usedJSHeapSize").await.as_u64().unwrap() / 1_000);
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    for sender in senders {
        sender.await.unwrap();
    }
    let took = start.elapsed();
    let counted = format!("{},{:03} requests", total / 1_000, total % 1_000);
    browser.until_text("#counts", &counted).await;
    assert_eq!(stage.app.get("/bins/load").await["counts"]["requests"], total);
    let newest = stage.app.get("/bins/load/requests?limit=1").await["requests"][0]["id"].as_str().unwrap().to_owned();
    browser.until(&format!("document.querySelector('#rows li').dataset.id === '{newest}'")).await;
    let tasks = browser.js("return window.tasks").await;
    let longest = tasks.as_array().unwrap().iter().filter_map(serde_json::Value::as_u64).max().unwrap_or(0);
    let after = held(browser).await;
    eprintln!(
        "{total} requests in {took:.1?}: longest task {longest} ms, long tasks {tasks}, nodes of the list {nodes}, \
         heap held before and after {before} and {after} kB, on the way {heap:?}"
    );
    assert!(nodes < 3_000, "{nodes} nodes in the list");
    assert!(after < before + 3_000, "the page held {before} kB before and holds {after} kB after");
    assert!(longest < 100 || asked_seconds().is_none(), "the page stood still for {longest} ms");
}

/// Kilobytes of the page's objects that are in use.
async fn held(browser: &super::browser::Browser) -> u64 {
    browser.devtools("HeapProfiler.collectGarbage", json!({})).await;
    browser.js("return performance.memory.usedJSHeapSize").await.as_u64().unwrap() / 1_000
}

#[tokio::test]
async fn the_inspector_of_a_hundred_thousand_requests_is_small_and_made_at_once() {
    use bytes::Bytes;
    use creel::inside::Head;
    use creel::inside::{Derived, HeadSource, Kept, NewRequest, Origin, Timestamp};
    let stage_app = crate::helpers::TestApp::start().await;
    let bin = stage_app.bin(json!({"name": "full", "limits": {"max_requests": 0}})).await;
    let id: creel::inside::BinId = bin["id"].as_str().unwrap().parse().unwrap();
    let head =
        Head::new(Bytes::from(format!("POST /{id}/a HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\r\n")));
    let body = Bytes::from(json!({"event": "x", "data": "y".repeat(200)}).to_string());
    for chunk in 0..100 {
        let requests = (0..1_000).map(|number| {
            let request = NewRequest {
                bin: id,
                received_at: Timestamp::from_secs(1_779_971_696 + chunk * 1_000 + number),
                body_took: Duration::ZERO,
                head: head.clone(),
                head_source: HeadSource::Wire,
                body: body.clone(),
                trailers: Bytes::new(),
                declared_size: Some(body.len() as u64),
                complete: true,
                client: None,
                rejected: None,
                derived: Derived::default(),
                status: Some(200),
                origin: Origin::Wire,
                hops: 0,
                held_until: None,
            };
            (request, Kept::default())
        });
        stage_app.store.import(id, requests.collect()).await.unwrap();
    }
    let newest = stage_app.get("/bins/full/requests?limit=1").await["requests"][0]["id"].as_str().unwrap().to_owned();
    for path in ["/bins/full".to_owned(), format!("/bins/full/requests/{newest}")] {
        let url = format!("{}{path}", stage_app.started.console_url);
        let mut times = Vec::new();
        for _ in 0..7 {
            let start = Instant::now();
            let answer = stage_app.client.get(&url).header("Accept-Encoding", "gzip").send().await.unwrap();
            assert_eq!(answer.status(), 200);
            let size = answer.bytes().await.unwrap().len();
            times.push(start.elapsed());
            assert!(size < 150_000, "{path} is {size} bytes on the wire");
        }
        times.sort();
        eprintln!("{path} with 100,000 requests: {times:?}");
        assert!(times[3] < Duration::from_millis(150) || asked_seconds().is_none(), "{path} took {times:?}");
    }
}
