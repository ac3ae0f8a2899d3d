//! The live stream: every event once, in order, or a `lagged` that can be closed by cursor.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::helpers::TestApp;

/// A subscriber over a WebSocket.
struct Subscriber(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Subscriber {
    async fn open(app: &TestApp, bin: &str, query: &str) -> Self {
        let url = format!("ws://{}/api/v1/bins/{bin}/stream{query}", app.console);
        let opening = tokio::time::timeout(Duration::from_secs(20), tokio_tungstenite::connect_async(url));
        Self(opening.await.expect("the stream opens in time").expect("the stream opens").0)
    }

    /// The next message; `None` when the server has closed.
    async fn next(&mut self) -> Option<Value> {
        loop {
            let message =
                tokio::time::timeout(Duration::from_secs(20), self.0.next()).await.expect("a message in time");
            match message {
                Some(Ok(Message::Text(text))) => {
                    return Some(serde_json::from_str(&text).expect("one JSON object a message"));
                }
                Some(Ok(Message::Close(_))) | None => return None,
                Some(Ok(_)) => {}
                Some(Err(error)) => panic!("{error}"),
            }
        }
    }

    /// Messages until the cursor is reached.
    async fn until(&mut self, seq: u64) -> Vec<Value> {
        let mut messages = Vec::new();
        while messages.last().is_none_or(|last: &Value| last["seq"].as_u64().unwrap() < seq) {
            messages.push(self.next().await.expect("the stream goes on"));
        }
        messages
    }
}

async fn send(app: &TestApp, bin: &str, count: usize) {
    for number in 0..count {
        let url = format!("{}/{bin}/{number}", app.started.capture_url);
        let response = app.client.post(url).body(number.to_string()).send().await.unwrap();
        assert_eq!(response.status(), 200);
    }
}

fn paths(messages: &[Value]) -> Vec<String> {
    let requests = messages.iter().filter(|message| message["type"] == "request");
    requests.map(|message| message["request"]["path"].as_str().unwrap().to_owned()).collect()
}

fn numbered(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!("/{number}")).collect()
}

#[actix_web::test]
async fn changes_of_every_kind_arrive_in_order() {
    let app = TestApp::start().await;
    let bin = app.bin(json!({"name": "live"})).await["id"].as_str().unwrap().to_owned();
    let mut subscriber = Subscriber::open(&app, "live", "?hello=true").await;
    assert_eq!(subscriber.next().await.unwrap()["type"], "hello");
    send(&app, &bin, 2).await;
    let id = app.get("/bins/live/requests/latest").await["id"].as_str().unwrap().to_owned();
    app.client
        .patch(app.api(&format!("/bins/live/requests/{id}")))
        .json(&json!({"pinned": true}))
        .send()
        .await
        .unwrap();
    app.client.delete(app.api(&format!("/bins/live/requests/{id}"))).send().await.unwrap();
    app.client.delete(app.api("/bins/live/requests?all=true")).send().await.unwrap();
    app.client.patch(app.api("/bins/live")).json(&json!({"signature_mode": "enforce"})).send().await.unwrap();
    app.client.delete(app.api("/bins/live")).send().await.unwrap();
    let mut messages = Vec::new();
    while let Some(message) = subscriber.next().await {
        messages.push(message);
    }
    let kinds: Vec<&str> = messages.iter().map(|message| message["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["request", "request", "marked", "deleted", "cleared", "bin", "bin_deleted"]);
    let cursors: Vec<u64> = messages.iter().map(|message| message["seq"].as_u64().unwrap()).collect();
    assert!(cursors.is_sorted_by(|a, b| a < b), "{cursors:?}");
    assert_eq!((&messages[2]["id"], &messages[2]["pinned"]), (&json!(id), &json!(true)));
    assert_eq!(messages[1]["request"]["id"], json!(id));
}

#[actix_web::test]
async fn a_live_summary_is_the_one_that_lists_show() {
    let app = TestApp::start().await;
    let bin = app.started.bin.clone();
    let mut subscriber = Subscriber::open(&app, &bin, "").await;
    send(&app, &bin, 1).await;
    let message = subscriber.next().await.unwrap();
    assert_eq!(message["request"], app.requests(&bin).await[0]);
}

#[actix_web::test]
async fn a_subscriber_resumes_after_its_cursor_without_gap_or_repeat() {
    let app = TestApp::start().await;
    let bin = app.started.bin.clone();
    send(&app, &bin, 30).await;
    let mut subscriber = Subscriber::open(&app, &bin, "?after=0").await;
    let head = app.get("/info").await["seq"].as_u64().unwrap();
    let all = subscriber.until(head).await;
    assert_eq!(paths(&all), numbered(0..30));
    let middle = all.iter().find(|message| message["request"]["path"] == "/9").unwrap()["seq"].as_u64().unwrap();
    drop(subscriber);
    let mut again = Subscriber::open(&app, &bin, &format!("?after={middle}")).await;
    assert_eq!(paths(&again.until(head).await), numbered(10..30));
    // The live part follows.
    send(&app, &bin, 1).await;
    assert_eq!(again.next().await.unwrap()["request"]["path"], "/0");
}

#[actix_web::test]
async fn a_cursor_of_another_database_is_told_as_a_gap() {
    let app = TestApp::start().await;
    let bin = app.started.bin.clone();
    let mut subscriber = Subscriber::open(&app, &bin, "?after=1000000").await;
    let first = subscriber.next().await.unwrap();
    assert_eq!((&first["type"], &first["from"]), (&json!("lagged"), &json!(1_000_000)));
    send(&app, &bin, 1).await;
    assert_eq!(subscriber.next().await.unwrap()["type"], "request");
}

/// Reads until the cursor, closing and resuming after every few messages.
async fn comes_and_goes(app: &TestApp, bin: &str, stay: usize, through: impl Fn() -> Option<u64>) -> Vec<Value> {
    let mut messages: Vec<Value> = Vec::new();
    let mut last = 0;
    let begun = std::time::Instant::now();
    loop {
        let mut subscriber = Subscriber::open(app, bin, &format!("?after={last}")).await;
        for _ in 0..stay {
            if through().is_some_and(|through| last >= through) {
                return messages;
            }
            assert!(begun.elapsed() < Duration::from_mins(2), "the stream goes on: {stay}, {last} of {:?}", through());
            let Ok(message) = tokio::time::timeout(Duration::from_millis(200), subscriber.next()).await else {
                continue;
            };
            let message = message.expect("the stream goes on");
            last = message["seq"].as_u64().unwrap();
            messages.push(message);
        }
    }
}

#[actix_web::test]
async fn subscribers_that_come_go_and_resume_under_load_get_everything_once_in_order() {
    const EVENTS: usize = 300;
    let app = TestApp::start().await;
    let bin = app.started.bin.clone();
    let end = std::cell::Cell::new(None);
    let load = async {
        // Several senders at once, so that commits hold more than one request.
        let senders = (0..6).map(|_| send(&app, &bin, EVENTS / 6));
        futures_util::future::join_all(senders).await;
        let newest = app.get(&format!("/bins/{bin}/requests?limit=1")).await;
        end.set(newest["requests"][0]["seq"].as_u64());
    };
    let readers = [1, 4, 20, 1_000_000].map(|stay| comes_and_goes(&app, &bin, stay, || end.get()));
    let ((), got) = tokio::join!(load, futures_util::future::join_all(readers));
    let stored: Vec<u64> = app.requests(&bin).await.iter().map(|request| request["seq"].as_u64().unwrap()).collect();
    assert_eq!(stored.len(), EVENTS);
    for messages in got {
        let seen: Vec<u64> =
            messages.iter().filter(|m| m["type"] == "request").map(|m| m["seq"].as_u64().unwrap()).collect();
        assert_eq!(seen, stored);
        assert!(messages.iter().all(|message| message["type"] != "lagged"));
    }
}

#[actix_web::test]
async fn a_subscriber_that_does_not_read_is_told_what_it_missed_and_fetches_it_by_cursor() {
    const LONG: usize = 12_000;
    let app = TestApp::start().await;
    let bin = app.started.bin.clone();
    let mut slow = Subscriber::open(&app, &bin, "").await;
    let mut quick = Subscriber::open(&app, &bin, "").await;
    // Long targets make long events: more than the ring and the connection's buffers hold.
    let mut stored = Vec::new();
    while stored.len() < 1_200 {
        let senders = (0..25).map(|number| {
            let url = format!("{}/{}", app.started.bin_url, "x".repeat(LONG + number));
            let request = app.client.post(url);
            async move { assert_eq!(request.send().await.unwrap().status(), 200) }
        });
        futures_util::future::join_all(senders).await;
        for _ in 0..25 {
            stored.push(quick.next().await.unwrap()["seq"].as_u64().unwrap());
        }
    }
    let end = *stored.last().unwrap();
    let mut seen = Vec::new();
    let mut gaps = 0;
    for message in slow.until(end).await {
        if message["type"] == "lagged" {
            gaps += 1;
            let (from, to) = (message["from"].as_u64().unwrap(), message["to"].as_u64().unwrap());
            assert_eq!(message["seq"], message["to"]);
            assert!(seen.last().is_none_or(|last| *last == from) && from < to);
            let mut after = from;
            while after < to {
                let page = app.get(&format!("/bins/{bin}/requests?order=oldest&limit=1000&after={after}")).await;
                let missed =
                    page["requests"].as_array().unwrap().iter().map(|request| request["seq"].as_u64().unwrap());
                let missed: Vec<u64> = missed.filter(|seq| *seq <= to).collect();
                after = missed.last().copied().filter(|_| missed.len() == 1_000).unwrap_or(to);
                seen.extend(missed);
            }
        } else {
            seen.push(message["seq"].as_u64().unwrap());
        }
    }
    assert!(gaps > 0, "it lagged");
    assert_eq!(seen, stored);
}

#[actix_web::test]
async fn pings_are_answered_and_a_goodbye_is_returned() {
    let app = TestApp::start().await;
    let bin = app.started.bin.clone();
    let mut subscriber = Subscriber::open(&app, &bin, "").await;
    subscriber.0.send(Message::Ping("are you there".into())).await.unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(10), subscriber.0.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(answer, Message::Pong("are you there".into()));
    assert_eq!(app.get("/info").await["subscribers"], 1);
    subscriber.0.close(None).await.unwrap();
    while subscriber.0.next().await.is_some_and(|message| message.is_ok()) {}
    tokio::time::timeout(Duration::from_secs(10), async {
        while app.get("/info").await["subscribers"] != 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the subscriber is gone");
}

#[actix_web::test]
async fn server_sent_events_carry_the_same_messages_and_resume() {
    let app = TestApp::start().await;
    let bin = app.started.bin.clone();
    send(&app, &bin, 3).await;
    let seqs: Vec<u64> = app.requests(&bin).await.iter().map(|request| request["seq"].as_u64().unwrap()).collect();
    let url = app.api(&format!("/bins/{bin}/events-stream?after=0"));
    let response = app.client.get(url).header("Last-Event-ID", seqs[0].to_string()).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.bytes_stream();
    let mut text = String::new();
    while text.matches("data:").count() < 2 {
        let chunk = tokio::time::timeout(Duration::from_secs(10), stream.next()).await.unwrap().unwrap().unwrap();
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    let events: Vec<&str> = text.split("\n\n").filter(|event| event.starts_with("id:")).collect();
    for (event, seq) in events.iter().zip(&seqs[1..]) {
        let lines: Vec<&str> = event.lines().collect();
        assert_eq!(lines[..2], [format!("id: {seq}"), "event: request".to_owned()]);
        let data: Value = serde_json::from_str(lines[2].strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!((&data["seq"], &data["type"]), (&json!(seq), &json!("request")));
    }
    assert_eq!(events.len(), 2);
}

#[actix_web::test]
async fn streams_end_when_the_server_stops() {
    let app = TestApp::start().await;
    let bin = app.started.bin.clone();
    let mut subscriber = Subscriber::open(&app, &bin, "").await;
    let begun = std::time::Instant::now();
    tokio::task::spawn_blocking(move || app.stop()).await.unwrap();
    assert_eq!(subscriber.next().await, None);
    assert!(begun.elapsed() < Duration::from_secs(8), "the server does not wait for streams");
}
