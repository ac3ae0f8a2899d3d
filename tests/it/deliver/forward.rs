//! Forwarding: routes, order, the queue in the database, retries, pauses, answers, loops.

use std::time::{Duration, Instant};

use creel::Database;
use creel::inside::Clock;
use serde_json::{Value, json};

use super::check::Express;
use super::receiver::SECRET;
use super::replay::{EVENT, capture, post, until};
use super::target::{Arrived, OK, Target};
use crate::helpers::raw::exchange;
use crate::helpers::{TestApp, quiet_address};

const BUSY: &[u8] = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
const NO: &[u8] = b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";

async fn put(app: &TestApp, bin: &str, body: Value) -> (u16, Value) {
    let answer = app.client.put(app.api(&format!("/bins/{bin}/forward"))).json(&body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn patch(app: &TestApp, bin: &str, body: Value) -> Value {
    let answer = app.client.patch(app.api(&format!("/bins/{bin}/forward"))).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

async fn set(app: &TestApp, bin: &str, body: Value) {
    let (status, set) = put(app, bin, body).await;
    assert_eq!(status, 200, "{set}");
}

/// What came of each request, oldest first, once none waits.
async fn ends(app: &TestApp, bin: &str) -> Vec<String> {
    until(app, &format!("/bins/{bin}/forward"), |forward| forward["state"]["waiting"] == 0).await;
    app.requests(bin).await.iter().map(|request| request["forwarded"].as_str().unwrap_or("none").to_owned()).collect()
}

fn paths(arrived: &[Arrived]) -> Vec<String> {
    let path = |one: &Arrived| String::from_utf8_lossy(&one.head).split(' ').nth(1).unwrap().to_owned();
    arrived.iter().map(path).collect()
}

#[tokio::test]
async fn the_first_route_that_matches_has_the_request_and_the_order_is_kept() {
    let app = TestApp::start().await;
    let (one, two, three) = (Target::start(), Target::start(), Target::start());
    app.bin(json!({"name": "in", "provider": "callaider"})).await;
    capture(&app, "in", "/before", EVENT).await;
    let routes = json!([
        {"path": "/a/*", "to": one.url("/hook")},
        {"header": "X-Route=b", "to": [two.url("/")]},
        {"event": "session.ended", "to": [three.url("/"), one.url("/copy")]},
    ]);
    set(&app, "in", json!({"routes": routes, "filter": "-path:/no*"})).await;
    for n in 0..10 {
        capture(&app, "in", &format!("/a/{n}?q"), &format!("x{n}")).await;
    }
    let url = |below: &str| format!("{}/in{below}", app.started.capture_url);
    app.client.post(url("/b")).header("x-route", "b").body("x").send().await.unwrap();
    app.client.post(url("/c")).header("X-Callaider-Event", "session.ended").body(EVENT).send().await.unwrap();
    app.client.post(url("/none")).body("x").send().await.unwrap();
    app.client.post(url("/nothing")).body("x").send().await.unwrap();
    // By hand: a client would take the dots out.
    exchange(app.capture, b"POST /in/a/%2e%2e/x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
    let ends = ends(&app, "in").await;
    assert_eq!(ends[0], "none", "what came before is not forwarded");
    assert!(ends[1..=12].iter().all(|end| end == "delivered"), "{ends:?}");
    assert_eq!(ends[13..], ["skipped_filtered", "skipped_filtered", "skipped_unfit"], "{ends:?}");
    // The order is that of each target; two targets of one host wait for each other no more than others do.
    let (copies, hooks): (Vec<_>, Vec<_>) = paths(&one.rest()).into_iter().partition(|path| path.starts_with("/copy"));
    let wanted: Vec<String> = (0..10).map(|n| format!("/hook/a/{n}?q")).collect();
    assert_eq!((hooks, copies), (wanted, vec!["/copy/c".to_owned()]));
    assert_eq!((paths(&two.rest()), paths(&three.rest())), (vec!["/b".to_owned()], vec!["/c".to_owned()]));
    let attempts = app.get("/bins/in/requests/latest/attempts").await;
    assert_eq!(attempts["attempts"], json!([]));
    assert_eq!(app.get("/bins/in/requests?q=attempt:delivered").await["total"], 12);
    // A replay takes the forward's target when it names none.
    let (_, again) = post(&app, "/bins/in/requests/latest/replay", json!({"as_is": true})).await;
    assert!(again["attempts"][0]["target"].as_str().unwrap().starts_with(&one.url("/hook")), "{again}");
}

#[tokio::test]
async fn a_target_that_is_down_is_waited_for_across_a_restart_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("creel.db");
    let address = quiet_address();
    let app = TestApp::start_with(|config| config.database = Database::File(path.clone())).await;
    app.bin(json!({"name": "in"})).await;
    set(&app, "in", json!({"routes": [{"to": format!("http://{address}/")}], "retries": {"count": 0}})).await;
    for n in 0..3 {
        capture(&app, "in", &format!("/{n}"), &n.to_string()).await;
    }
    let down = until(&app, "/bins/in/forward", |forward| forward["state"]["targets"][0]["reachable"] == false).await;
    assert_eq!(down["state"]["targets"][0]["sentence"], format!("Nothing listens on {address}."));
    assert_eq!(down["state"]["waiting"], 3);
    app.stop();
    let app = TestApp::start_with(|config| config.database = Database::File(path.clone())).await;
    capture(&app, "in", "/3", "3").await;
    let target = Target::start_at(address);
    assert_eq!(ends(&app, "in").await, ["delivered"; 4]);
    assert_eq!(paths(&target.rest()), ["/0", "/1", "/2", "/3"]);
    let up = app.get("/bins/in/forward").await;
    assert_eq!(up["state"]["targets"][0]["reachable"], true);
}

#[tokio::test]
async fn what_fails_is_tried_again_and_what_is_refused_is_not() {
    let app = TestApp::start().await;
    let target = Target::start();
    app.bin(json!({"name": "in"})).await;
    let routes = json!([{"to": target.url("/")}]);
    set(&app, "in", json!({"routes": routes, "retries": {"count": 2, "backoff_ms": 10}, "timeout_ms": 300})).await;
    target.answer_in_turn(&[BUSY, b"", OK]);
    capture(&app, "in", "/a", "a").await;
    assert_eq!(ends(&app, "in").await, ["delivered"]);
    let attempts = app.get("/bins/in/requests/latest/attempts").await;
    let outcomes: Vec<&str> =
        attempts["attempts"].as_array().unwrap().iter().map(|one| one["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["answered", "timeout", "answered"]);
    target.answer(BUSY);
    capture(&app, "in", "/b", "b").await;
    assert_eq!(ends(&app, "in").await, ["delivered", "not_accepted"]);
    target.answer(NO);
    capture(&app, "in", "/c", "c").await;
    assert_eq!(ends(&app, "in").await, ["delivered", "not_accepted", "not_accepted"]);
    assert_eq!(paths(&target.rest()), ["/a", "/a", "/a", "/b", "/b", "/b", "/c"]);
}

#[tokio::test]
async fn a_pause_passes_over_what_comes_and_catching_up_takes_it_back() {
    let app = TestApp::start().await;
    let target = Target::start();
    app.bin(json!({"name": "in"})).await;
    set(&app, "in", json!({"routes": [{"to": target.url("/")}]})).await;
    capture(&app, "in", "/a", "a").await;
    assert_eq!(ends(&app, "in").await, ["delivered"]);
    assert_eq!(patch(&app, "in", json!({"paused": true})).await["paused"], true);
    let paused = capture(&app, "in", "/b", "b").await;
    let since = app.get(&format!("/bins/in/requests/{paused}")).await["received_at"].clone();
    let resumed = patch(&app, "in", json!({"paused": false})).await;
    assert_eq!(
        (&resumed["state"]["skipped_paused"], &resumed["state"]["waiting"]),
        (&json!(1), &json!(0)),
        "{resumed}"
    );
    capture(&app, "in", "/c", "c").await;
    assert_eq!(ends(&app, "in").await, ["delivered", "skipped_paused", "delivered"]);
    let (status, _) = post(&app, "/bins/in/forward/catch-up", json!({"since": since})).await;
    assert_eq!(status, 200);
    assert_eq!(ends(&app, "in").await, ["delivered"; 3]);
    assert_eq!(paths(&target.rest()), ["/a", "/c", "/b"]);
    assert_eq!(app.get("/bins/in/forward").await["state"]["skipped_paused"], 0, "it was caught up");
    assert_eq!(app.client.delete(app.api("/bins/in/forward")).send().await.unwrap().status(), 204);
    capture(&app, "in", "/d", "d").await;
    assert_eq!(app.client.get(app.api("/bins/in/forward")).send().await.unwrap().status(), 404);
    assert_eq!(app.get("/bins/in/requests/latest").await["forwarded"], Value::Null);
}

#[tokio::test]
async fn the_target_answers_the_sender_and_what_it_cannot_answer_is_kept_all_the_same() {
    let app = TestApp::start().await;
    let target = Target::start();
    app.bin(json!({"name": "in", "response": {"status": 202}})).await;
    let routes = json!([{"path": "/to/*", "to": target.url("/hook")}]);
    set(&app, "in", json!({"routes": routes, "answer": "target", "timeout_ms": 500, "retries": {"count": 0}})).await;
    let send = |below: &str| app.client.post(format!("{}/in{below}", app.started.capture_url)).body("x").send();
    target.answer(b"HTTP/1.1 418 Tea\r\nContent-Type: text/html\r\nX-One: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nConnection: close\r\nContent-Length: 5\r\n\r\n<b>t>");
    let answer = send("/to/a").await.unwrap();
    assert_eq!(answer.status(), 418);
    let header = |name: &str| {
        answer.headers().get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        (header("x-one"), header("set-cookie")),
        (vec!["1".to_owned()], vec!["a=1".to_owned(), "b=2".to_owned()])
    );
    assert_eq!(
        (header("x-content-type-options"), header("content-security-policy")),
        (vec!["nosniff".to_owned()], vec!["sandbox".to_owned()])
    );
    assert_eq!(answer.text().await.unwrap(), "<b>t>");
    let is_told = |kept: &Value| !kept["response"]["status"].is_null() && !kept["forwarded"].is_null();
    let kept = until(&app, "/bins/in/requests/latest", is_told).await;
    assert_eq!(
        (&kept["response"]["status"], &kept["last_attempt"]["status"], &kept["forwarded"]),
        (&json!(418), &json!(418), &json!("not_accepted")),
        "{kept}"
    );
    // No route: the bin answers itself.
    assert_eq!(send("/own").await.unwrap().status(), 202);
    target.answer(b"");
    let late = send("/to/b").await.unwrap();
    assert_eq!(late.status(), 504);
    assert!(late.text().await.unwrap().contains("did not answer within 500 ms"));
    assert_eq!(ends(&app, "in").await, ["not_accepted", "skipped_no_route", "failed"]);
    patch(&app, "in", json!({"routes": [{"to": format!("http://{}/", quiet_address())}]})).await;
    let down = send("/to/c").await.unwrap();
    assert_eq!(down.status(), 502);
    assert!(down.text().await.unwrap().contains("Nothing listens on"));
    assert_eq!(app.get("/bins/in/requests?limit=1").await["total"], 4);
    assert_eq!(ends(&app, "in").await[0], "not_accepted");
    // Nothing of it was sent a second time.
    assert_eq!(paths(&target.rest()), ["/hook/to/a", "/hook/to/b"]);
}

#[tokio::test]
async fn the_guides_receiver_answers_its_sender_through_a_forward() {
    let (_guide, port) = Express::start("answers.mts", include_str!("../fixtures/guide-receiver.mts"));
    let url = format!("http://127.0.0.1:{port}/assistant-webhook");
    let app = TestApp::start().await;
    app.bin(json!({"name": "callaider", "provider": "callaider", "secret": SECRET})).await;
    // Node may take its time on a busy machine.
    set(&app, "callaider", json!({"routes": [{"to": url}], "answer": "target", "timeout_ms": 20_000})).await;
    let sign = |secret: &str| {
        use hmac::{KeyInit as _, Mac as _};
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(EVENT.as_bytes());
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    };
    for (secret, status, body, verdict) in [
        (SECRET, 200, json!({"ok": true, "event": "session.ended"}), "valid"),
        ("another", 401, json!({"ok": false, "error": "Invalid signature"}), "invalid"),
    ] {
        let sender = app.client.post(format!("{}/callaider", app.started.capture_url));
        let fields = sender.header("Content-Type", "application/json").header("X-Callaider-Event", "session.ended");
        let answer = fields.header("X-Callaider-Signature", sign(secret)).body(EVENT).send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.json::<Value>().await.unwrap(), body, "what the receiver says, and nothing else");
        let is_over = |kept: &Value| kept["response"]["status"] == status && !kept["forwarded"].is_null();
        let kept = until(&app, "/bins/callaider/requests/latest", is_over).await;
        assert_eq!((&kept["signature"]["status"], &kept["last_attempt"]["status"]), (&json!(verdict), &json!(status)));
    }
    assert_eq!(ends(&app, "callaider").await, ["delivered", "not_accepted"]);
}

#[tokio::test]
async fn a_loop_ends() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "self"})).await;
    set(&app, "self", json!({"routes": [{"to": format!("{}/self", app.started.capture_url)}]})).await;
    capture(&app, "self", "", EVENT).await;
    let is_over = |page: &Value| page["requests"][0]["forwarded"] == "skipped_loop";
    let page = until(&app, "/bins/self/requests?limit=1", is_over).await;
    assert_eq!((&page["total"], &page["requests"][0]["origin"]), (&json!(9), &json!("forwarded")), "{page}");

    // Through another program the hop count is lost; there the same body comes again and again.
    let target = Target::start();
    app.bin(json!({"name": "around"})).await;
    set(&app, "around", json!({"routes": [{"to": target.url("/")}]})).await;
    for _ in 0..9 {
        capture(&app, "around", "", EVENT).await;
    }
    let paused = until(&app, "/bins/around/forward", |forward| forward["paused"] == true).await;
    assert!(paused["state"]["paused_because"].as_str().unwrap().contains("in a delivery loop"), "{paused}");
    assert_eq!(target.rest().len(), 8);
}

#[tokio::test]
async fn a_pause_for_a_loop_ends_by_itself_and_loses_nothing() {
    let clock = Clock::system();
    let start = clock.now();
    let clock = Clock::fixed(start);
    let app = TestApp::start_at(clock.clone(), |_| {}).await;
    let target = Target::start();
    app.bin(json!({"name": "in"})).await;
    set(&app, "in", json!({"routes": [{"to": target.url("/")}]})).await;
    for n in 0..9 {
        clock.set(start.plus(Duration::from_millis(n)));
        capture(&app, "in", "", EVENT).await;
    }
    until(&app, "/bins/in/forward", |forward| forward["paused"] == true).await;
    capture(&app, "in", "", "another").await;
    assert_eq!(target.rest().len(), 8);
    clock.set(start.plus(Duration::from_secs(61)));
    let forward = until(&app, "/bins/in/forward", |forward| forward["paused"] == false).await;
    assert_eq!(forward["state"]["paused_because"], Value::Null, "{forward}");
    until(&app, "/bins/in/requests/latest", |request| request["forwarded"] == "delivered").await;
    assert_eq!(target.rest().len(), 2, "the ninth and what came during the pause");
}

#[tokio::test]
async fn what_an_enforcing_bin_has_refused_does_not_reach_the_target() {
    let app = TestApp::start().await;
    let target = Target::start();
    app.bin(json!({"name": "in", "provider": "callaider", "secret": SECRET, "signature_mode": "enforce"})).await;
    for answer in ["own", "target"] {
        set(&app, "in", json!({"routes": [{"to": target.url("/")}], "answer": answer})).await;
        // Nine equal ones are no loop either: nothing was sent.
        for _ in 0..9 {
            let sender = app.client.post(format!("{}/in", app.started.capture_url));
            let sent = sender.header("X-Callaider-Signature", format!("sha256={}", "0".repeat(64))).body(EVENT);
            assert_eq!(sent.send().await.unwrap().status(), 401);
        }
        let is_over = |kept: &Value| kept["forwarded"] == "skipped_signature";
        until(&app, "/bins/in/requests/latest", is_over).await;
    }
    assert_eq!(app.get("/bins/in/forward").await["paused"], false);
    assert_eq!(target.rest().len(), 0);
}

#[tokio::test]
async fn a_forward_is_refused_with_the_field_at_fault() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "in"})).await;
    let good = json!([{"to": "http://localhost:3000/"}]);
    for (body, code, field) in [
        (json!({}), "invalid_field", "routes"),
        (json!({"routes": []}), "invalid_field", "routes"),
        (json!({"routes": [{"to": 7}]}), "invalid_field", "routes[0].to"),
        (json!({"routes": [{"to": "localhost"}]}), "invalid_field", "routes[0].to[0]"),
        (
            json!({"routes": [{"to": ["http://localhost:3000/", "http://10.0.0.1/"]}]}),
            "target_not_allowed",
            "routes[0].to[1]",
        ),
        (json!({"routes": [{"to": app.started.console_url}]}), "target_not_allowed", "routes[0].to[0]"),
        (json!({"routes": [{"path": "a", "to": "http://localhost:3000/"}]}), "invalid_field", "routes[0].path"),
        (json!({"routes": good, "filter": "metod:POST"}), "invalid_field", "filter"),
        (json!({"routes": good, "timeout_ms": 60_001}), "invalid_field", "timeout_ms"),
        (json!({"routes": good, "retries": {"count": 21}}), "invalid_field", "retries.count"),
        (json!({"routes": good, "parallel": 0}), "invalid_field", "parallel"),
        (json!({"routes": good, "answer": "nobody"}), "invalid_field", "answer"),
    ] {
        let (status, problem) = put(&app, "in", body.clone()).await;
        assert_eq!(
            (status, &problem["code"], &problem["field"]),
            (422, &json!(code), &json!(field)),
            "{body} {problem}"
        );
    }
    // A stored token goes to the bin's own target and nowhere else; a secret does not become one by itself.
    let (own, other) = (Target::start(), Target::start());
    app.bin(json!({"name": "token", "scheme": "gitlab", "secret": "t0ken-of-the-bin"})).await;
    set(&app, "token", json!({"routes": [{"to": own.url("/")}]})).await;
    capture(&app, "token", "", EVENT).await;
    own.next();
    let ask = |to: &Target| json!({"target": to.url("/x"), "resign": {}});
    assert_eq!(post(&app, "/bins/token/requests/latest/replay", ask(&other)).await.0, 422);
    assert_eq!(post(&app, "/bins/token/requests/latest/replay", ask(&own)).await.0, 200);
    assert_eq!(own.next().header("x-gitlab-token").as_deref(), Some("t0ken-of-the-bin"));
    app.bin(json!({"name": "hmac", "scheme": "callaider", "secret": "whsec-of-the-bin"})).await;
    set(&app, "hmac", json!({"routes": [{"to": own.url("/")}]})).await;
    capture(&app, "hmac", "", EVENT).await;
    own.next();
    let change = app.client.patch(app.api("/bins/hmac")).json(&json!({"scheme": "gitlab"})).send().await.unwrap();
    assert_eq!(change.status(), 200);
    let (status, problem) = post(&app, "/bins/hmac/requests/latest/replay", ask(&own)).await;
    assert_eq!((status, &problem["field"]), (422, &json!("resign.secret")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("enter it again"), "{problem}");
    let again = json!({"label": "again", "value": "whsec-of-the-bin"});
    assert_eq!(post(&app, "/bins/hmac/secrets", again).await.0, 201);
    assert_eq!(post(&app, "/bins/hmac/requests/latest/replay", ask(&own)).await.0, 200);
    assert_eq!(own.next().header("x-gitlab-token").as_deref(), Some("whsec-of-the-bin"));
    assert!(other.rest().is_empty());
}

#[tokio::test]
async fn a_sender_is_not_kept_waiting_by_a_slow_target() {
    let app = TestApp::start().await;
    let target = Target::start();
    target.answer(b"");
    app.bin(json!({"name": "in"})).await;
    set(&app, "in", json!({"routes": [{"to": target.url("/")}], "timeout_ms": 60_000})).await;
    let begun = Instant::now();
    for n in 0..20 {
        capture(&app, "in", &format!("/{n}"), &n.to_string()).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(10));
    let waiting = app.get("/bins/in/forward").await;
    assert_eq!(waiting["state"]["waiting"], 20);
    assert_eq!(paths(&[target.next()]), ["/0"]);
}
