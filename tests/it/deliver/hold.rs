//! Holding senders until somebody answers them.

use std::io::Write as _;
use std::time::{Duration, Instant};

use creel::Database;
use serde_json::{Value, json};

use super::replay::{post, until};
use crate::helpers::TestApp;
use crate::helpers::raw::{connect, exchange, read_answer};

fn request(bin: &str, body: &str) -> Vec<u8> {
    format!("POST /{bin} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// A bin whose senders wait that long.
async fn holding(app: &TestApp, name: &str, timeout_ms: u64) {
    let hold = json!({"timeout_ms": timeout_ms, "otherwise": {"status": 503, "body": "nobody"}});
    app.bin(json!({"name": name, "response": {"status": 202, "body": "own", "hold": hold}})).await;
}

async fn held(app: &TestApp, bin: &str, count: u64) -> Vec<Value> {
    let list = format!("/bins/{bin}/requests?q=is:held&limit=500&order=oldest");
    let all_wait = |page: &Value| page["requests"].as_array().is_some_and(|held| held.len() as u64 == count);
    until(app, &list, all_wait).await["requests"].as_array().unwrap().clone()
}

#[tokio::test]
async fn two_hundred_senders_wait_at_once_and_are_answered_in_any_order() {
    const SENDERS: usize = 200;
    let app = TestApp::start().await;
    holding(&app, "in", 60_000).await;
    let senders: Vec<_> = (0..SENDERS)
        .map(|n| {
            let (capture, request) = (app.capture, request("in", &n.to_string()));
            std::thread::spawn(move || exchange(capture, &request))
        })
        .collect();
    let mut held = held(&app, "in", SENDERS as u64).await;
    assert!(held.iter().all(|one| one["response"].is_null() && one["held_until"].is_string()), "{}", held[0]);
    // Neither the order in which they came nor its reverse.
    held.sort_by_key(|one| one["id"].as_str().unwrap().bytes().rev().collect::<Vec<_>>());
    for one in &held {
        let (id, number) = (one["id"].as_str().unwrap(), one["seq"].as_u64().unwrap());
        let whole = app.get(&format!("/bins/in/requests/{id}")).await;
        let body = format!("{} {number}", whole["body"]["text"].as_str().unwrap());
        let answer = json!({"status": 299, "headers": [{"name": "X-By", "value": "hand"}], "body": body});
        assert_eq!(post(&app, &format!("/bins/in/requests/{id}/answer"), answer).await.0, 204);
    }
    for (n, sender) in senders.into_iter().enumerate() {
        let answer = sender.join().unwrap();
        assert_eq!((answer.status, answer.header("x-by")), (299, Some("hand")));
        let body = String::from_utf8(answer.body).unwrap();
        assert!(body.starts_with(&format!("{n} ")), "each has its own answer: {body}");
    }
    let all = until(&app, "/bins/in/requests?q=status:299", |page| page["total"] == SENDERS).await;
    assert!(all["requests"][0]["response"]["duration_ms"].as_f64().unwrap() > 0.0);
    assert!(all["requests"][0]["held_until"].is_null());
    assert_eq!(app.get("/bins/in/requests?q=is:held").await["total"], 0);
}

#[tokio::test]
async fn the_first_answer_counts_and_nobody_is_answered_who_does_not_wait() {
    let app = TestApp::start().await;
    holding(&app, "in", 60_000).await;
    let mut sender = connect(app.capture);
    sender.write_all(&request("in", "a")).unwrap();
    let id = held(&app, "in", 1).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/bins/in/requests/{id}/answer");
    for (wrong, field) in [
        (json!({"status": 99}), "status"),
        (json!({"headers": [{"name": "a b", "value": ""}]}), "headers[0].name"),
        (json!({"answer": 200}), "answer"),
    ] {
        let (status, problem) = post(&app, &path, wrong).await;
        assert_eq!((status, problem["field"].as_str()), (422, Some(field)), "a wrong answer leaves it waiting");
    }
    // What is not set comes from the bin's response.
    assert_eq!(post(&app, &path, json!({"body": "first"})).await.0, 204);
    let answer = read_answer(&mut sender).unwrap();
    assert_eq!((answer.status, &answer.body[..]), (202, &b"first"[..]));
    let (status, problem) = post(&app, &path, json!({"body": "second"})).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("not_held")), "{problem}");

    // One that leaves.
    let mut leaver = connect(app.capture);
    leaver.write_all(&request("in", "b")).unwrap();
    let id = held(&app, "in", 1).await[0]["id"].as_str().unwrap().to_owned();
    drop(leaver);
    held(&app, "in", 0).await;
    assert_eq!(post(&app, &format!("/bins/in/requests/{id}/answer"), json!({})).await.0, 409);
}

#[tokio::test]
async fn who_is_not_answered_in_time_gets_the_other_response_and_not_before() {
    let app = TestApp::start().await;
    holding(&app, "in", 700).await;
    let begun = Instant::now();
    let answer = exchange(app.capture, &request("in", "a"));
    assert!(begun.elapsed() >= Duration::from_millis(700), "{:?}", begun.elapsed());
    assert_eq!((answer.status, &answer.body[..]), (503, &b"nobody"[..]));
    let one = until(&app, "/bins/in/requests/latest", |one| one["response"]["status"] == 503).await;
    assert!(one["response"]["duration_ms"].as_f64().unwrap() >= 700.0, "{one}");
    let (status, problem) = post(&app, "/bins/in/requests/latest/answer", json!({})).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("not_held")));
    for (hold, field) in [
        (json!({"timeout_ms": 60_001}), "hold.timeout_ms"),
        (json!({"timeout_ms": 0}), "hold.timeout_ms"),
        (json!({"otherwise": {"status": 1}}), "hold.otherwise.status"),
        (json!({"patience": 1}), "hold.patience"),
    ] {
        let put = app.client.put(app.api("/bins/in/response")).json(&json!({"hold": hold})).send().await.unwrap();
        assert_eq!(put.status(), 422);
        assert_eq!(put.json::<Value>().await.unwrap()["field"], field, "{hold}");
    }
}

#[tokio::test]
async fn the_stream_tells_that_a_sender_was_answered_and_tells_it_again_to_who_missed_it() {
    let app = TestApp::start().await;
    holding(&app, "in", 60_000).await;
    let mut sender = connect(app.capture);
    sender.write_all(&request("in", "a")).unwrap();
    let one = held(&app, "in", 1).await.remove(0);
    let events = async |after: u64| {
        use futures_util::StreamExt as _;
        let url = app.api(&format!("/bins/in/events-stream?after={after}"));
        let mut stream = app.client.get(url).send().await.unwrap().bytes_stream();
        let mut text = String::new();
        while !text.contains("event: changed") || !text.ends_with("\n\n") {
            let chunk = tokio::time::timeout(Duration::from_secs(10), stream.next()).await.unwrap().unwrap().unwrap();
            text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
        let data = text.lines().rfind(|line| line.contains(r#""type":"changed""#)).unwrap().to_owned();
        serde_json::from_str::<Value>(data.strip_prefix("data: ").unwrap()).unwrap()
    };
    let answer = async {
        post(&app, &format!("/bins/in/requests/{}/answer", one["id"].as_str().unwrap()), json!({"status": 204})).await
    };
    let after = one["seq"].as_u64().unwrap();
    let (live, (status, _)) = tokio::join!(events(after), answer);
    assert_eq!(status, 204);
    for told in [live, events(after).await] {
        assert_eq!((&told["id"], &told["request"]["response"]["status"]), (&one["id"], &json!(204)), "{told}");
        assert!(told["request"]["held_until"].is_null());
    }
}

#[tokio::test]
async fn the_server_lets_go_of_who_waits_when_it_stops_and_holds_nobody_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("creel.db");
    let app = TestApp::start_with(|config| config.database = Database::File(path.clone())).await;
    holding(&app, "in", 60_000).await;
    let mut sender = connect(app.capture);
    sender.write_all(&request("in", "a")).unwrap();
    held(&app, "in", 1).await;
    tokio::task::spawn_blocking(move || app.stop()).await.unwrap();
    assert_eq!(read_answer(&mut sender).unwrap().status, 503);
    let app = TestApp::start_with(|config| config.database = Database::File(path.clone())).await;
    let one = app.get("/bins/in/requests/latest").await;
    assert_eq!((&one["held_until"], &one["response"]["status"]), (&Value::Null, &json!(503)));
}

#[tokio::test]
async fn what_is_refused_or_a_handshake_is_not_held() {
    let app = TestApp::start().await;
    let hold = json!({"timeout_ms": 60_000});
    app.bin(json!({"name": "slack", "provider": "slack", "response": {"hold": hold}})).await;
    let challenge = r#"{"type":"url_verification","challenge":"abc"}"#;
    let json = format!(
        "POST /slack HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{challenge}",
        challenge.len()
    );
    assert_eq!(exchange(app.capture, json.as_bytes()).status, 200);
    app.bin(json!({
        "name": "strict", "scheme": "callaider", "secret": "whsec_of_the_bin", "signature_mode": "enforce",
        "response": {"hold": hold}
    }))
    .await;
    assert_eq!(exchange(app.capture, &request("strict", "{}")).status, 401);
}

#[tokio::test]
async fn who_gets_no_answer_from_the_target_is_held_as_the_bin_says() {
    let app = TestApp::start().await;
    let hold = json!({"timeout_ms": 60_000, "otherwise": {"status": 503}});
    app.bin(json!({"name": "in", "response": {"status": 202, "hold": hold}})).await;
    let target = super::target::Target::start();
    let forward = json!({"routes": [{"path": "/asked", "to": target.url("/")}], "answer": "target"});
    let put = app.client.put(app.api("/bins/in/forward")).json(&forward).send().await.unwrap();
    assert_eq!(put.status(), 200);
    let asked = tokio::task::spawn_blocking({
        let capture = app.capture;
        move || exchange(capture, &request("in/asked", "a"))
    });
    assert_eq!(asked.await.unwrap().status, 200, "the target's");
    let mut sender = connect(app.capture);
    sender.write_all(&request("in/other", "b")).unwrap();
    let one = held(&app, "in", 1).await.remove(0);
    assert!(one["held_until"].is_string() && one["response"].is_null(), "{one}");
    let path = format!("/bins/in/requests/{}/answer", one["id"].as_str().unwrap());
    assert_eq!(post(&app, &path, json!({"status": 299})).await.0, 204);
    assert_eq!(read_answer(&mut sender).unwrap().status, 299);
    until(&app, "/bins/in/requests?q=is:held", |page| page["requests"] == json!([])).await;
}

#[tokio::test]
async fn who_waits_is_let_go_at_once_when_the_request_or_its_bin_is_deleted() {
    let app = TestApp::start().await;
    for (number, deleting) in
        ["/requests/latest", "/requests?all=true", "/requests?q=path:/a", ""].into_iter().enumerate()
    {
        let bin = format!("in{number}");
        holding(&app, &bin, 60_000).await;
        let mut sender = connect(app.capture);
        sender.write_all(&request(&format!("{bin}/a"), "a")).unwrap();
        held(&app, &bin, 1).await;
        let deleted = app.client.delete(app.api(&format!("/bins/{bin}{deleting}"))).send().await.unwrap();
        assert!(deleted.status().is_success(), "{}", deleted.status());
        let answer = read_answer(&mut sender).unwrap();
        assert_eq!((answer.status, &answer.body[..]), (503, &b"nobody"[..]), "{deleting}");
    }
    // Retention does the same.
    let hold = json!({"timeout_ms": 60_000, "otherwise": {"status": 503}});
    app.bin(json!({"name": "small", "response": {"hold": hold}, "limits": {"max_requests": 1}})).await;
    let mut senders: Vec<_> = (0..2).map(|_| connect(app.capture)).collect();
    for (n, sender) in senders.iter_mut().enumerate() {
        sender.write_all(&request("small", &n.to_string())).unwrap();
        held(&app, "small", 1).await;
    }
    assert_eq!(read_answer(&mut senders[0]).unwrap().status, 503);
    assert_eq!(held(&app, "small", 1).await.len(), 1, "the newest still waits");
}
