//! Each target of a forward is a lane of its own: one that is slow or down delays no other, and gets everything in
//! order later.

use std::time::Duration;

use creel::Database;
use serde_json::{Value, json};

use super::replay::{capture, post, until};
use super::target::{Arrived, OK, Target};
use crate::helpers::{TestApp, quiet_address};

const NO: &[u8] = b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";

async fn set(app: &TestApp, body: Value) -> Value {
    let put = app.client.put(app.api("/bins/in/forward")).json(&body).send().await.unwrap();
    assert_eq!(put.status(), 200);
    put.json().await.unwrap()
}

async fn patch(app: &TestApp, body: Value) -> Value {
    let answer = app.client.patch(app.api("/bins/in/forward")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

fn path(arrived: &Arrived) -> String {
    String::from_utf8_lossy(&arrived.head).split(' ').nth(1).unwrap().to_owned()
}

/// The paths of the next requests, so many.
fn next(target: &Target, count: usize) -> Vec<String> {
    (0..count).map(|_| path(&target.next())).collect()
}

/// What came of each request, oldest first.
async fn ends(app: &TestApp) -> Vec<String> {
    app.requests("in").await.iter().map(|one| one["forwarded"].as_str().unwrap_or("waits").to_owned()).collect()
}

async fn until_waiting(app: &TestApp, waiting: u64) -> Value {
    until(app, "/bins/in/forward", |forward| forward["state"]["waiting"] == waiting).await
}

async fn app_with_bin() -> TestApp {
    let app = TestApp::start().await;
    app.bin(json!({"name": "in"})).await;
    app
}

#[tokio::test]
async fn a_route_whose_target_is_down_holds_up_no_other_and_gets_everything_in_order_when_it_is_up() {
    let app = app_with_bin().await;
    let (down, live) = (quiet_address(), Target::start());
    let routes = json!([{"path": "/a/*", "to": format!("http://{down}/")}, {"path": "/b/*", "to": live.url("/")}]);
    set(&app, json!({"routes": routes})).await;
    for n in 0..40 {
        capture(&app, "in", &format!("/a/{n}"), &format!("a{n}")).await;
        capture(&app, "in", &format!("/b/{n}"), &format!("b{n}")).await;
    }
    assert_eq!(next(&live, 40), (0..40).map(|n| format!("/b/{n}")).collect::<Vec<_>>());
    let state = until_waiting(&app, 40).await;
    let first = app.requests("in").await[0]["seq"].as_u64().unwrap();
    assert_eq!(state["state"]["through"], first - 1, "nothing is over up to the first that waits");
    assert!(ends(&app).await.chunks(2).all(|pair| pair == ["waits", "delivered"]));
    let up = Target::start_at(down);
    assert_eq!(next(&up, 40), (0..40).map(|n| format!("/a/{n}")).collect::<Vec<_>>());
    until_waiting(&app, 0).await;
    assert!(ends(&app).await.iter().all(|end| end == "delivered"));
    assert!(up.rest().is_empty() && live.rest().is_empty(), "nothing twice");
}

#[tokio::test]
async fn a_slow_target_delays_no_other() {
    let app = app_with_bin().await;
    let (slow, fast) = (Target::start(), Target::start());
    slow.answer(b"");
    let routes = json!([{"path": "/a/*", "to": slow.url("/")}, {"path": "/b/*", "to": fast.url("/")}]);
    set(&app, json!({"routes": routes, "timeout_ms": 60_000})).await;
    for n in 0..3 {
        capture(&app, "in", &format!("/a/{n}"), &format!("a{n}")).await;
    }
    assert_eq!(next(&slow, 1), ["/a/0"]);
    for n in 0..3 {
        capture(&app, "in", &format!("/b/{n}"), &format!("b{n}")).await;
    }
    assert_eq!(next(&fast, 3), ["/b/0", "/b/1", "/b/2"]);
    assert_eq!(until_waiting(&app, 3).await["state"]["waiting"], 3);
    assert!(slow.rest().is_empty(), "one at a time, in order");
}

#[tokio::test]
async fn a_forward_that_is_removed_and_set_again_during_a_delivery_sends_nothing_twice() {
    let app = app_with_bin().await;
    let slow = Target::start();
    slow.answer(b"");
    let forward = json!({"routes": [{"to": slow.url("/")}], "timeout_ms": 2_500, "retries": {"count": 0}});
    set(&app, forward.clone()).await;
    capture(&app, "in", "/one", "1").await;
    assert_eq!(next(&slow, 1), ["/one"]);
    let removed = app.client.delete(app.api("/bins/in/forward")).send().await.unwrap();
    assert_eq!(removed.status(), 204);
    // Long enough for the forward to see that it is over, shorter than the delivery.
    tokio::time::sleep(Duration::from_millis(300)).await;
    set(&app, forward).await;
    capture(&app, "in", "/two", "2").await;
    assert_eq!(next(&slow, 1), ["/two"]);
    until_waiting(&app, 0).await;
    slow.answer(OK);
    capture(&app, "in", "/three", "3").await;
    assert_eq!(next(&slow, 1), ["/three"], "no other lane has sent the second one as well");
}

#[tokio::test]
async fn every_target_of_a_list_gets_a_request_once_also_when_the_first_is_down_and_creel_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let database = || Database::File(folder.path().join("creel.db"));
    let (down, live) = (quiet_address(), Target::start());
    let app = TestApp::start_with(|config| config.database = database()).await;
    app.bin(json!({"name": "in"})).await;
    set(&app, json!({"routes": [{"to": [format!("http://{down}/"), live.url("/")]}]})).await;
    live.answer_in_turn(&[OK, NO, OK]);
    for n in 0..3 {
        capture(&app, "in", &format!("/{n}"), &n.to_string()).await;
    }
    assert_eq!(next(&live, 3), ["/0", "/1", "/2"]);
    until(&app, "/bins/in/requests?q=attempt:404", |page| page["total"] == 1).await;
    assert_eq!(ends(&app).await, ["waits"; 3], "over when the last target has it");
    tokio::task::spawn_blocking(move || app.stop()).await.unwrap();
    let app = TestApp::start_with(|config| config.database = database()).await;
    capture(&app, "in", "/3", "3").await;
    assert_eq!(next(&live, 1), ["/3"]);
    let up = Target::start_at(down);
    assert_eq!(next(&up, 4), ["/0", "/1", "/2", "/3"]);
    until_waiting(&app, 0).await;
    assert_eq!(ends(&app).await, ["delivered", "not_accepted", "delivered", "delivered"], "the worst of both");
    assert!(live.rest().is_empty() && up.rest().is_empty());
}

#[tokio::test]
async fn a_pause_passes_over_what_waits_for_one_target_and_catching_up_takes_it_back_for_that_one() {
    let app = app_with_bin().await;
    let (down, live) = (quiet_address(), Target::start());
    let routes = json!([{"path": "/a", "to": format!("http://{down}/")}, {"path": "/b", "to": live.url("/")}]);
    set(&app, json!({"routes": routes})).await;
    let since =
        app.get(&format!("/bins/in/requests/{}", capture(&app, "in", "/a", "1").await)).await["received_at"].clone();
    capture(&app, "in", "/b", "2").await;
    next(&live, 1);
    until_waiting(&app, 1).await;
    patch(&app, json!({"paused": true})).await;
    capture(&app, "in", "/b", "3").await;
    let resumed = patch(&app, json!({"paused": false})).await;
    assert_eq!(
        (&resumed["state"]["skipped_paused"], &resumed["state"]["waiting"]),
        (&json!(2), &json!(0)),
        "{resumed}"
    );
    assert_eq!(ends(&app).await, ["skipped_paused", "delivered", "skipped_paused"]);
    let up = Target::start_at(down);
    let (status, _) = post(&app, "/bins/in/forward/catch-up", json!({"since": since})).await;
    assert_eq!(status, 200);
    assert_eq!((next(&up, 1), next(&live, 1)), (vec!["/a".to_owned()], vec!["/b".to_owned()]));
    let caught = until_waiting(&app, 0).await;
    assert_eq!(caught["state"]["skipped_paused"], 0, "what was caught up is passed over no more");
    assert_eq!(ends(&app).await, ["delivered"; 3]);
    assert!(up.rest().is_empty() && live.rest().is_empty());
}

#[tokio::test]
async fn what_waits_is_counted_when_it_is_evicted_and_gone_when_it_is_deleted() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "in", "limits": {"max_requests": 4}})).await;
    let (down, live) = (quiet_address(), Target::start());
    let routes = json!([{"path": "/a", "to": format!("http://{down}/")}, {"path": "/b", "to": live.url("/")}]);
    set(&app, json!({"routes": routes})).await;
    for n in 0..4 {
        capture(&app, "in", if n % 2 == 0 { "/a" } else { "/b" }, &n.to_string()).await;
    }
    next(&live, 2);
    until_waiting(&app, 2).await;
    for n in 4..7 {
        capture(&app, "in", "/b", &n.to_string()).await;
    }
    next(&live, 3);
    // The first three are gone: two of them had waited.
    until(&app, "/bins/in/forward", |forward| forward["state"]["skipped_evicted"] == 2).await;
    until_waiting(&app, 0).await;
    let waits = capture(&app, "in", "/a", "7").await;
    until_waiting(&app, 1).await;
    app.client.delete(app.api(&format!("/bins/in/requests/{waits}"))).send().await.unwrap();
    until_waiting(&app, 0).await;
    capture(&app, "in", "/a", "8").await;
    let up = Target::start_at(down);
    assert_eq!(String::from_utf8(up.next().body).unwrap(), "8");
    until_waiting(&app, 0).await;
    assert!(up.rest().is_empty(), "what was deleted or evicted is not sent");
}

#[tokio::test]
async fn what_waits_follows_the_settings() {
    let app = app_with_bin().await;
    let (first, second) = (Target::start(), Target::start());
    set(&app, json!({"routes": [{"to": format!("http://{}/", quiet_address())}]})).await;
    for n in 0..40 {
        capture(&app, "in", &format!("/{n}"), &n.to_string()).await;
    }
    until_waiting(&app, 40).await;
    // Elsewhere, and to two.
    patch(&app, json!({"routes": [{"to": [first.url("/"), second.url("/")]}], "filter": "-path:/7"})).await;
    let expected: Vec<String> = (0..40).filter(|n| *n != 7).map(|n| format!("/{n}")).collect();
    assert_eq!((next(&first, 39), next(&second, 39)), (expected.clone(), expected));
    until_waiting(&app, 0).await;
    let ends = ends(&app).await;
    assert_eq!(ends.iter().filter(|end| *end == "delivered").count(), 39);
    assert_eq!(ends[7], "skipped_filtered");
    // With the same target and another filter.
    first.answer(b"");
    patch(&app, json!({"routes": [{"to": first.url("/")}], "filter": "", "timeout_ms": 500})).await;
    for n in 40..43 {
        capture(&app, "in", &format!("/{n}"), &n.to_string()).await;
    }
    assert_eq!(next(&first, 1), ["/40"]);
    first.answer(OK);
    patch(&app, json!({"filter": "path:/42", "timeout_ms": 3000})).await;
    until(&app, "/bins/in/requests?limit=3&q=path:/42", |page| page["requests"][0]["forwarded"] == "delivered").await;
    let ends = app.requests("in").await;
    assert_eq!(ends[41]["forwarded"], "skipped_filtered");
    // Set again after it was off: what waited before does not count.
    patch(&app, json!({"routes": [{"to": format!("http://{}/", quiet_address())}], "filter": ""})).await;
    capture(&app, "in", "/old", "old").await;
    until_waiting(&app, 1).await;
    assert_eq!(app.client.delete(app.api("/bins/in/forward")).send().await.unwrap().status(), 204);
    let again = set(&app, json!({"routes": [{"to": second.url("/")}]})).await;
    assert_eq!(again["state"]["waiting"], 0);
    capture(&app, "in", "/new", "new").await;
    assert_eq!(next(&second, 1), ["/new"]);
}

#[tokio::test]
async fn senders_of_one_route_get_their_targets_answer_while_the_other_target_is_slow() {
    let app = app_with_bin().await;
    let (slow, fast) = (Target::start(), Target::start());
    slow.answer(b"");
    let routes = json!([{"path": "/a", "to": slow.url("/")}, {"path": "/b", "to": fast.url("/")}]);
    set(&app, json!({"routes": routes, "answer": "target", "timeout_ms": 30_000})).await;
    let send = |below: &str| app.client.post(format!("{}/in{below}", app.started.capture_url)).body("x").send();
    let waits = tokio::time::timeout(Duration::from_millis(300), send("/a"));
    let (waits, ()) = tokio::join!(waits, async {
        fast.answer(b"HTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n");
        let answer = send("/b").await.unwrap();
        assert_eq!(answer.status(), 201);
    });
    assert!(waits.is_err());
    let is_over = |page: &Value| page["requests"][0]["forwarded"] == "delivered";
    until(&app, "/bins/in/requests?q=path:/b", is_over).await;
    until_waiting(&app, 1).await;
    assert_eq!((fast.rest().len(), slow.rest().len()), (1, 1));
}
