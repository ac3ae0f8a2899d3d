//! What a sender gets when its bin's target answers: the target's head as it came; and what it is told when none may be
//! asked.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use creel::inside::{Clock, Timestamp};
use serde_json::{Value, json};

use super::replay::{EVENT, capture, post, until};
use super::target::{OK, Target};
use crate::helpers::TestApp;
use crate::helpers::raw::{connect, exchange};

async fn forward(app: &TestApp, bin: &str, body: Value) {
    let put = app.client.put(app.api(&format!("/bins/{bin}/forward"))).json(&body).send().await.unwrap();
    assert_eq!(put.status(), 200, "{}", put.text().await.unwrap());
}

/// Everything that a sender gets, as text with a character for each byte; without the date where that is Creel's.
fn said(app: &TestApp, path: &str) -> String {
    let mut socket = connect(app.capture);
    let request = format!("POST {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx");
    socket.write_all(request.as_bytes()).unwrap();
    let mut raw = Vec::new();
    socket.read_to_end(&mut raw).unwrap();
    let text: String = raw.into_iter().map(char::from).collect();
    let lines = text.split("\r\n").filter(|line| !line.starts_with("date: "));
    lines.collect::<Vec<_>>().join("\r\n")
}

#[tokio::test]
async fn the_head_of_a_target_reaches_the_sender_as_it_came_but_for_what_is_of_the_connection() {
    let app = TestApp::start().await;
    let target = Target::start();
    app.bin(json!({"name": "in"})).await;
    forward(&app, "in", json!({"routes": [{"to": target.url("/")}], "answer": "target"})).await;
    target.answer(
        b"HTTP/1.1 299 Fine Thing\r\nX-CamelCase: v\r\nx-lower: w\r\nX-Latin: caf\xe9\r\nSet-Cookie: a=1\r\nB: 1\r\nSet-Cookie: b=2\r\n\
          Date: Tue, 01 Jan 2030 00:00:00 GMT\r\nServer: foo\r\nConnection: X-Hop\r\nX-Hop: 1\r\nX-Empty:\r\nX-Fold: b\r\n c\r\n\
          X-Bell: a\x07b\r\nX-Content-Type-Options: foo\r\nContent-Security-Policy: default-src *\r\nWWW-Authenticate: Basic\r\n\
          Proxy-Authenticate: Basic\r\nCONTENT-Length: 2\r\n\r\nok",
    );
    assert_eq!(
        said(&app, "/in/a"),
        "HTTP/1.1 299 Fine Thing\r\nX-CamelCase: v\r\nx-lower: w\r\nX-Latin: caf\u{e9}\r\nSet-Cookie: a=1\r\nB: 1\r\nSet-Cookie: b=2\r\n\
         Date: Tue, 01 Jan 2030 00:00:00 GMT\r\nServer: foo\r\nX-Empty: \r\nX-Fold: b c\r\nX-Bell: a\u{7}b\r\n\
         X-Content-Type-Options: foo\r\nContent-Security-Policy: default-src *\r\nWWW-Authenticate: Basic\r\nCONTENT-Length: 2\r\n\
         connection: close\r\n\r\nok"
    );
    // What the target leaves out Creel adds; a status without words stays so.
    target.answer(b"HTTP/1.1 299\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nT: 1\r\n\r\n");
    let answer = said(&app, "/in/b");
    assert!(answer.starts_with("HTTP/1.1 299 \r\ncontent-length: 2\r\nconnection: close\r\n"), "{answer}");
    assert!(
        answer.contains("x-content-type-options: nosniff\r\n")
            && answer.contains("content-security-policy: sandbox\r\n")
    );
    assert!(answer.ends_with("\r\n\r\nhi") && !answer.contains("chunked"), "{answer}");
    // What no head can have is left out, and the attempt says so.
    target.answer(b"HTTP/1.1 200 OK\r\nX Y: 1\r\nGood: 1\r\nContent-Length: 2\r\n\r\nhi");
    assert!(
        said(&app, "/in/c").starts_with("HTTP/1.1 200 OK\r\nGood: 1\r\nContent-Length: 2\r\nconnection: close\r\n")
    );
    let list = until(&app, "/bins/in/requests/latest/attempts", |list| !list["attempts"][0].is_null()).await;
    let sentence = list["attempts"][0]["sentence"].as_str().unwrap();
    assert!(sentence.ends_with("answered 200. Not passed on, for no sender could read it: X Y."), "{sentence}");
}

#[tokio::test]
async fn the_next_response_on_a_connection_is_the_bins_own_again() {
    let app = TestApp::start().await;
    let target = Target::start();
    app.bin(json!({"name": "in", "response": {"status": 202}})).await;
    let routes = json!([{"path": "/to", "to": target.url("/")}]);
    forward(&app, "in", json!({"routes": routes, "answer": "target"})).await;
    target.answer(b"HTTP/1.1 201 Made\r\nX-One: 1\r\nContent-Length: 2\r\n\r\nhi");
    let mut socket = connect(app.capture);
    for (path, first, x_one) in [
        ("/in/to", "HTTP/1.1 201 Made", Some("1")),
        ("/in/own", "HTTP/1.1 202 Accepted", None),
        ("/in/to", "HTTP/1.1 201 Made", Some("1")),
    ] {
        let request = format!("POST {path} HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx");
        socket.write_all(request.as_bytes()).unwrap();
        let mut answer = crate::helpers::raw::read_answer(&mut socket).unwrap();
        if answer.status == 100 {
            answer = crate::helpers::raw::read_answer(&mut socket).unwrap();
        }
        assert_eq!((answer.head.lines().next(), answer.header("x-one")), (Some(first), x_one), "{answer:?}");
    }
}

#[tokio::test]
async fn the_answer_to_a_head_has_the_length_that_the_target_says() {
    let app = TestApp::start().await;
    let target = Target::start();
    app.bin(json!({"name": "in"})).await;
    forward(&app, "in", json!({"routes": [{"to": target.url("/")}], "answer": "target"})).await;
    target.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\nETag: \"a\"\r\n\r\n");
    let mut socket = connect(app.capture);
    socket.write_all(b"HEAD /in/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\nETag: \"a\"\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn a_large_answer_comes_whole() {
    let app = TestApp::start().await;
    let target = Target::start();
    app.bin(json!({"name": "in"})).await;
    forward(&app, "in", json!({"routes": [{"to": target.url("/")}], "answer": "target"})).await;
    let value = "v".repeat(60 << 10);
    let mut answer = format!("HTTP/1.1 200 OK\r\nX-Long: {value}\r\nContent-Length: 1000000\r\n\r\n").into_bytes();
    answer.resize(answer.len() + 1_000_000, b'a');
    target.answer(&answer);
    let answer = exchange(app.capture, b"POST /in HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
    assert_eq!((answer.header("x-long"), answer.body.len()), (Some(value.as_str()), 1_000_000));
    assert!(answer.body.iter().all(|byte| *byte == b'a'));
}

#[tokio::test]
async fn a_forward_that_is_paused_for_a_loop_tells_its_senders_so_and_one_that_is_paused_by_hand_does_not() {
    let clock = Clock::system();
    let start = clock.now();
    let clock = Clock::fixed(start);
    let app = TestApp::start_at(clock.clone(), |_| {}).await;
    let target = Target::start();
    app.bin(json!({"name": "in", "response": {"status": 202}})).await;
    let routes = json!([{"path": "/to", "to": target.url("/")}]);
    forward(&app, "in", json!({"routes": routes, "answer": "target"})).await;
    let send = async |below: &str, body: &str| {
        let sent = app.client.post(format!("{}/in{below}", app.started.capture_url)).body(body.to_owned());
        let answer = sent.send().await.unwrap();
        let retry = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), retry, answer.text().await.unwrap())
    };
    for n in 0..8 {
        clock.set(start.plus(Duration::from_millis(n)));
        assert_eq!(send("/to", EVENT).await.0, 200);
    }
    clock.set(start.plus(Duration::from_millis(8)));
    // It is paused before the sender is told.
    assert_eq!(send("/to", EVENT).await.0, 508);
    let paused = app.get("/bins/in/forward").await;
    assert_eq!(paused["paused"], true);
    let because = paused["state"]["paused_because"].as_str().unwrap().to_owned();
    let until_then = start.plus(Duration::from_millis(60_008)).to_string();
    assert!(because.ends_with(&format!("resumes at {until_then}.")), "a minute at first: {because}");
    let (status, retry, text) = send("/to", "another").await;
    assert_eq!((status, retry.as_deref()), (503, Some("60")));
    assert!(text.contains("paused until") && text.contains("again and again"), "{text}");
    // Whom no route has is the bin's to answer.
    assert_eq!(send("/own", "x").await.0, 202);
    // A change of something else leaves the pause as it is.
    let patch = async |body: Value| {
        let answer = app.client.patch(app.api("/bins/in/forward")).json(&body).send().await.unwrap();
        answer.json::<Value>().await.unwrap()
    };
    assert_eq!(patch(json!({"timeout_ms": 2000})).await["state"]["paused_because"], because);
    let by_hand = patch(json!({"paused": true})).await;
    assert_eq!((&by_hand["paused"], &by_hand["state"]["paused_because"]), (&json!(true), &Value::Null));
    assert_eq!(send("/to", "third").await.0, 202);
    assert_eq!(target.rest().len(), 8);
}

#[tokio::test]
async fn a_loop_that_several_requests_close_at_once_pauses_for_a_minute_and_no_longer() {
    const REQUEST: &[u8] = b"POST /in HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx";
    let app = TestApp::start().await;
    let target = Target::start();
    app.bin(json!({"name": "in"})).await;
    forward(&app, "in", json!({"routes": [{"to": target.url("/")}], "answer": "target"})).await;
    for _ in 0..8 {
        assert_eq!(exchange(app.capture, REQUEST).status, 200);
    }
    let begun = Clock::system().now();
    let capture = app.capture;
    let senders: Vec<_> = (0..10).map(|_| std::thread::spawn(move || exchange(capture, REQUEST).status)).collect();
    let statuses: Vec<u16> = senders.into_iter().map(|sender| sender.join().unwrap()).collect();
    assert!(statuses.contains(&508) && statuses.iter().all(|status| [200, 503, 508].contains(status)), "{statuses:?}");
    let over = Clock::system().now();
    let paused = app.get("/bins/in/forward").await;
    let because = paused["state"]["paused_because"].as_str().unwrap();
    let at: Timestamp =
        serde_json::from_value(json!(because.rsplit(' ').next().unwrap().trim_end_matches('.'))).unwrap();
    let minute = Duration::from_mins(1);
    assert!(begun.plus(minute) <= at && at <= over.plus(minute), "{because}");
}

#[tokio::test]
async fn a_pause_for_a_loop_is_kept_over_a_restart_and_ends_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("creel.db");
    let clock = Clock::system();
    let start = clock.now();
    let clock = Clock::fixed(start);
    let database = || creel::Database::File(path.clone());
    let target = Target::start();
    let app = TestApp::start_at(clock.clone(), |config| config.database = database()).await;
    app.bin(json!({"name": "in"})).await;
    forward(&app, "in", json!({"routes": [{"to": target.url("/")}]})).await;
    for n in 0..9 {
        clock.set(start.plus(Duration::from_millis(n)));
        capture(&app, "in", "", EVENT).await;
    }
    until(&app, "/bins/in/forward", |forward| forward["paused"] == true).await;
    tokio::task::spawn_blocking(move || app.stop()).await.unwrap();
    let app = TestApp::start_at(clock.clone(), |config| config.database = database()).await;
    assert!(app.get("/bins/in/forward").await["state"]["paused_because"].is_string());
    clock.set(start.plus(Duration::from_secs(61)));
    until(&app, "/bins/in/forward", |forward| forward["paused"] == false && forward["state"]["waiting"] == 0).await;
    assert_eq!(target.rest().len(), 9);
}

#[tokio::test]
async fn a_path_that_some_reader_takes_for_dots_does_not_leave_the_targets_path() {
    let app = TestApp::start().await;
    let target = Target::start();
    app.bin(json!({"name": "in", "scheme": "gitlab", "secret": "t0ken-of-the-bin"})).await;
    forward(&app, "in", json!({"routes": [{"to": target.url("/base")}]})).await;
    for path in ["/..#/x", "/..%23/x", "/..%3F/x", "/.%09./x", "/%c0%ae%c0%ae/x", "/%u002e%u002e/x"] {
        let request = format!("POST /in{path} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{path}", path.len());
        exchange(app.capture, request.as_bytes());
        until(&app, "/bins/in/requests/latest", |one| one["forwarded"] == "skipped_unfit").await;
        // Also not with the stored token, whatever is asked for.
        for ask in [json!({"resign": {}}), json!({"resign": {}, "as_is": true})] {
            let (status, problem) = post(&app, "/bins/in/requests/latest/replay", ask).await;
            assert!(status == 422 || status == 200 && problem["skipped"][0].is_object(), "{path} {problem}");
        }
    }
    assert!(target.rest().is_empty());
    target.answer(OK);
    exchange(app.capture, b"POST /in/a#b HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
    assert!(target.next().head.starts_with(b"POST /base/a#b HTTP/1.1"), "a harmless one goes as it came");
}
