//! A lease: somebody elsewhere answers a bin's senders for as long as they are connected, and not longer.

use std::io::Write as _;

use serde_json::{Value, json};

use super::replay::{post, until};
use crate::helpers::TestApp;
use crate::helpers::raw::{connect, exchange, read_answer};

const REQUEST: &[u8] = b"POST /in HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na";

async fn take(app: &TestApp) -> reqwest::Response {
    app.client.post(app.api("/bins/in/lease")).json(&json!({"timeout_ms": 60_000})).send().await.unwrap()
}

async fn held(app: &TestApp) -> Value {
    let page = until(app, "/bins/in/requests?q=is:held", |page| {
        page["requests"].as_array().is_some_and(|held| held.len() == 1)
    });
    page.await["requests"][0].clone()
}

#[tokio::test]
async fn senders_are_held_while_the_lease_stands_and_the_bin_answers_again_when_it_goes() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "in", "response": {"status": 202, "body": "own"}})).await;
    let lease = take(&app).await;
    assert_eq!(
        (lease.status().as_u16(), lease.headers()["content-type"].to_str().unwrap()),
        (200, "text/event-stream")
    );
    // One at a time.
    let second = take(&app).await;
    assert_eq!(second.status(), 409);
    assert_eq!(second.json::<Value>().await.unwrap()["code"], "leased");
    let mut sender = connect(app.capture);
    sender.write_all(REQUEST).unwrap();
    let one = held(&app).await;
    let path = format!("/bins/in/requests/{}/answer", one["id"].as_str().unwrap());
    assert_eq!(post(&app, &path, json!({"status": 299, "body": "by the lease"})).await.0, 204);
    let answer = read_answer(&mut sender).unwrap();
    assert_eq!((answer.status, answer.body), (299, b"by the lease".to_vec()));
    // Who waits when it goes gets the bin's own response, and so does everybody after.
    let mut waits = connect(app.capture);
    waits.write_all(REQUEST).unwrap();
    held(&app).await;
    drop(lease);
    // The client's task closes the connection: this one must not keep it from that.
    let capture = app.capture;
    let answers = tokio::task::spawn_blocking(move || [read_answer(&mut waits).unwrap(), exchange(capture, REQUEST)]);
    for answer in answers.await.unwrap() {
        assert_eq!((answer.status, answer.body), (202, b"own".to_vec()));
    }
    until(&app, "/bins/in/requests?q=is:held", |page| page["requests"] == json!([])).await;
    let again = take(&app).await;
    assert_eq!(again.status(), 200, "it can be taken again");
}

#[tokio::test]
async fn a_lease_is_of_one_bin_has_a_patience_and_ends_with_the_bin() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "in", "response": {"status": 202}})).await;
    app.bin(json!({"name": "other"})).await;
    let input = json!({"timeout_ms": 100});
    let mut lease = app.client.post(app.api("/bins/in/lease")).json(&input).send().await.unwrap();
    assert_eq!(exchange(app.capture, b"GET /other HTTP/1.1\r\nHost: h\r\n\r\n").status, 200);
    assert_eq!(exchange(app.capture, REQUEST).status, 202, "nobody answered in time");
    let (status, problem) = post(&app, "/bins/in/lease", json!({"timeout_ms": 60_001})).await;
    assert_eq!((status, &problem["field"]), (422, &json!("timeout_ms")));
    app.client.delete(app.api("/bins/in")).send().await.unwrap();
    while lease.chunk().await.unwrap().is_some() {}
    app.bin(json!({"name": "in"})).await;
    assert_eq!(take(&app).await.status(), 200);
}

#[tokio::test]
async fn a_step_of_the_script_is_not_used_up_when_somebody_else_answers() {
    let app = TestApp::start().await;
    let hold = json!({"timeout_ms": 60_000, "otherwise": {"body": "nobody"}});
    app.bin(json!({"name": "in", "response": {"script": [{"status": 500}, {"status": 200}], "hold": hold}})).await;
    let mut sender = connect(app.capture);
    sender.write_all(REQUEST).unwrap();
    let one = held(&app).await;
    let path = format!("/bins/in/requests/{}/answer", one["id"].as_str().unwrap());
    assert_eq!(post(&app, &path, json!({"status": 299})).await.0, 204);
    assert_eq!(read_answer(&mut sender).unwrap().status, 299);
    let script = json!({"script": [{"status": 500}, {"status": 200}]});
    let hold = json!({"timeout_ms": 1, "otherwise": {"body": "nobody"}});
    let response = json!({"script": script["script"], "hold": hold});
    assert_eq!(app.client.put(app.api("/bins/in/response")).json(&response).send().await.unwrap().status(), 200);
    assert_eq!(
        [exchange(app.capture, REQUEST), exchange(app.capture, REQUEST)].map(|answer| answer.status),
        [500, 200]
    );
}
