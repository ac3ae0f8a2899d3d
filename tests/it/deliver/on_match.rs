//! On match: telling somebody else.

use serde_json::{Value, json};

use super::replay::{EVENT, capture, until};
use super::target::{OK, Target};
use crate::helpers::TestApp;

async fn put(app: &TestApp, bin: &str, body: &Value) -> (u16, Value) {
    let answer = app.client.put(app.api(&format!("/bins/{bin}/on-match"))).json(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn what_a_filter_finds_is_told_with_links_and_facts_and_without_what_is_secret() {
    let app = TestApp::start().await;
    let target = Target::start();
    app.bin(json!({"name": "in", "provider": "callaider", "secret": "whsec_never_told"})).await;
    capture(&app, "in", "/before", EVENT).await;
    let (status, set) = put(&app, "in", &json!({"filter": "sig:invalid", "to": target.url("/alarm?a=1")})).await;
    assert_eq!(
        (status, &set["state"]["delivered"], &set["paused"]),
        (200, &json!(0), &json!(false)),
        "nothing was told yet: {set}"
    );
    let url = format!("{}/in/path?token=t0psecret", app.started.capture_url);
    app.client.post(url).header("X-Callaider-Signature", "sha256=00").body(EVENT).send().await.unwrap();
    capture(&app, "in", "/other", "x").await;
    let told = target.next();
    let body: Value = serde_json::from_slice(&told.body).unwrap();
    assert_eq!(told.header("content-type").as_deref(), Some("application/json"));
    assert!(told.head.starts_with(b"POST /alarm?a=1 HTTP/1.1\r\n"));
    assert_eq!((&body["type"], &body["filter"]), (&json!("match"), &json!("sig:invalid")));
    let request = &body["request"];
    assert_eq!(
        (&request["signature"]["status"], &request["path"], &request["event"]["name"]),
        (&json!("invalid"), &json!("/path"), &json!("session.ended"))
    );
    assert_eq!((&body["count"], body["requests"].as_array().unwrap().len()), (&json!(1), 1));
    let page = app.client.get(request["console_url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(page.status(), 200, "the link leads to the request");
    let text = String::from_utf8(told.body).unwrap();
    for secret in ["t0psecret", "whsec_never_told", "2d7b\",  \"data", "sha256=00"] {
        assert!(!text.contains(secret), "{secret} is told: {text}");
    }
    until(&app, "/bins/in/on-match", |now| now["state"]["delivered"].as_u64() > Some(0)).await;
    let gone = app.client.delete(app.api("/bins/in/on-match")).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    assert_eq!(app.client.get(app.api("/bins/in/on-match")).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn what_a_receiver_does_and_silence_can_be_told_and_a_failure_to_tell_is_shown() {
    let app = TestApp::start().await;
    let (alarm, receiver) = (Target::start(), Target::start());
    receiver.answer(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
    app.bin(json!({"name": "in"})).await;
    let settings = json!({"filter": "attempt:not_accepted", "to": alarm.url("/"), "silence_s": 1});
    assert_eq!(put(&app, "in", &settings).await.0, 200);
    let first: Value = serde_json::from_slice(&alarm.next().body).unwrap();
    assert_eq!((&first["type"], &first["count"], &first["request"]), (&json!("silence"), &json!(0), &Value::Null));
    assert!(first["silent_for_s"].as_u64() >= Some(1));
    let id = capture(&app, "in", "", EVENT).await;
    super::replay::post(&app, &format!("/bins/in/requests/{id}/replay"), json!({"target": receiver.url("/")})).await;
    let second: Value = serde_json::from_slice(&alarm.next().body).unwrap();
    assert_eq!((&second["type"], &second["request"]["last_attempt"]["status"]), (&json!("match"), &json!(500)));
    alarm.answer(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
    let failed = until(&app, "/bins/in/on-match", |now| now["state"]["failed"].as_u64() > Some(0)).await;
    assert!(failed["state"]["last_sentence"].as_str().unwrap().contains("500"), "{failed}");
    alarm.answer(OK);
}

#[tokio::test]
async fn a_target_that_is_not_allowed_or_is_the_bin_itself_is_refused_with_its_field() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "in"})).await;
    let own = format!("{}/in/x", app.started.capture_url.replace("127.0.0.1", "localhost"));
    for (body, code, field) in [
        (json!({"to": "http://10.0.0.1/"}), "target_not_allowed", "to"),
        (json!({"to": app.started.console_url}), "target_not_allowed", "to"),
        (json!({"to": own}), "invalid_field", "to"),
        (json!({"to": "mailto:me"}), "invalid_field", "to"),
        (json!({"to": "http://localhost:3000/", "filter": "metod:POST"}), "invalid_field", "filter"),
        (json!({"to": "http://localhost:3000/", "silence_s": 0}), "invalid_field", "silence_s"),
        (json!({"filter": "sig:invalid"}), "invalid_field", "to"),
    ] {
        let (status, problem) = put(&app, "in", &body).await;
        assert_eq!((status, &problem["code"], &problem["field"]), (422, &json!(code), &json!(field)), "{problem}");
    }
}
