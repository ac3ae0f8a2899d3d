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
        "no notification was sent yet: {set}"
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
async fn a_silence_is_that_of_the_sender_and_not_of_what_the_filter_finds() {
    let app = TestApp::start().await;
    let (alarm, quiet, both) = (Target::start(), Target::start(), Target::start());
    for name in ["busy", "waits", "finds"] {
        app.bin(json!({"name": name, "provider": "callaider", "secret": "whsec_one"})).await;
    }
    let settings = json!({"filter": "sig:invalid OR attempt:failed", "to": alarm.url("/"), "silence_s": 2});
    assert_eq!(put(&app, "busy", &settings).await.0, 200);
    let ended =
        json!({"filter": "sig:invalid", "to": quiet.url("/"), "silence_s": 2, "silence_filter": "event:session.ended"});
    let (status, set) = put(&app, "waits", &ended).await;
    assert_eq!((status, &set["silence_filter"]), (200, &json!("event:session.ended")));
    let always = json!({"to": both.url("/"), "silence_s": 2, "silence_filter": "event:session.ended"});
    assert_eq!(put(&app, "finds", &always).await.0, 200);
    // A healthy sender: nothing that the filters find, twice a second, for longer than the silence.
    let begun = std::time::Instant::now();
    while begun.elapsed().as_secs_f64() < 4.5 {
        for bin in ["busy", "waits", "finds"] {
            capture(&app, bin, "", "{}").await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    assert!(alarm.rest().is_empty(), "its sender was never silent");
    let told: Value = serde_json::from_slice(&quiet.next().body).unwrap();
    assert_eq!((&told["type"], &told["count"]), (&json!("silence"), &json!(0)), "no session has ended: {told}");
    let told = both.rest().into_iter().map(|message| serde_json::from_slice::<Value>(&message.body).unwrap());
    let silent: Vec<Value> = told.filter(|told| !told["silent_for_s"].is_null()).collect();
    assert_eq!(silent.len(), 1, "told once, though the filter finds something all the time");
    assert!(silent[0]["type"] == "match" && silent[0]["count"].as_u64() > Some(0), "{}", silent[0]);
    // Now it stops; and then something is found.
    let told: Value = serde_json::from_slice(&alarm.next().body).unwrap();
    assert_eq!((&told["type"], &told["request"]), (&json!("silence"), &Value::Null), "{told}");
    let url = format!("{}/busy", app.started.capture_url);
    app.client.post(url).header("X-Callaider-Signature", "sha256=00").body(EVENT).send().await.unwrap();
    let told: Value = serde_json::from_slice(&alarm.next().body).unwrap();
    assert_eq!(
        (&told["type"], &told["request"]["signature"]["status"]),
        (&json!("match"), &json!("invalid")),
        "{told}"
    );
}

#[tokio::test]
async fn a_target_that_is_not_allowed_or_is_the_bin_itself_is_refused_with_its_field() {
    let app = TestApp::start_with(|config| config.public_url = Some("https://hooks.example".to_owned())).await;
    let bin = app.bin(json!({"name": "in", "public_url": "https://tunnel.example/hook"})).await;
    let id = bin["id"].as_str().unwrap().to_owned();
    let at = |host: &str, path: &str| format!("http://{host}:{}/{path}", app.capture.port());
    let own = format!("{}/in/x", app.started.capture_url.replace("127.0.0.1", "localhost"));
    for (body, code, field) in [
        (json!({"to": "http://10.0.0.1/"}), "target_not_allowed", "to"),
        (json!({"to": app.started.console_url}), "target_not_allowed", "to"),
        (json!({"to": own}), "invalid_field", "to"),
        (json!({"to": at("[::1]", "in")}), "invalid_field", "to"),
        (json!({"to": at("[::ffff:127.0.0.1]", "in/below?a=1")}), "invalid_field", "to"),
        (json!({"to": at("127.0.0.2", &id)}), "invalid_field", "to"),
        (json!({"to": "https://hooks.example/in/x"}), "invalid_field", "to"),
        (json!({"to": format!("https://hooks.example/{id}")}), "invalid_field", "to"),
        (json!({"to": "https://tunnel.example/hook/x"}), "invalid_field", "to"),
        (json!({"to": "mailto:me"}), "invalid_field", "to"),
        (json!({"to": "http://localhost:3000/", "filter": "metod:POST"}), "invalid_field", "filter"),
        (json!({"to": "http://localhost:3000/", "silence_s": 0}), "invalid_field", "silence_s"),
        (json!({"to": "http://localhost:3000/", "silence_filter": "x"}), "invalid_field", "silence_s"),
        (
            json!({"to": "http://localhost:3000/", "silence_s": 9, "silence_filter": "metod:x"}),
            "invalid_field",
            "silence_filter",
        ),
        (json!({"filter": "sig:invalid"}), "invalid_field", "to"),
    ] {
        let (status, problem) = put(&app, "in", &body).await;
        assert_eq!((status, &problem["code"], &problem["field"]), (422, &json!(code), &json!(field)), "{problem}");
    }
}

#[tokio::test]
async fn rules_that_lead_to_each_other_end_whichever_way_the_messages_take() {
    let app = TestApp::start().await;
    for name in ["a", "b", "around"] {
        app.bin(json!({"name": name})).await;
    }
    // A program that passes on what it gets: there the connection is not Creel's own.
    let proxy = Target::start();
    let to = |bin: &str| json!({"to": format!("{}/{bin}", app.started.capture_url), "silence_s": 2});
    assert_eq!(put(&app, "a", &to("b")).await.0, 200);
    assert_eq!(put(&app, "b", &to("a")).await.0, 200);
    assert_eq!(put(&app, "around", &json!({"to": proxy.url("/")})).await.0, 200);
    capture(&app, "a", "", EVENT).await;
    capture(&app, "around", "", EVENT).await;
    let message = proxy.next();
    let around = format!("{}/around", app.started.capture_url);
    app.client.post(&around).body(message.body).send().await.unwrap().error_for_status().unwrap();
    // What A told of its request is not told again by B; nor is what both say of a silence.
    for bin in ["a", "b"] {
        let path = format!("/bins/{bin}/on-match");
        let now = until(&app, &path, |now| now["state"]["passed_over"].as_u64() > Some(0)).await;
        assert_eq!(now["state"]["failed"], 0, "{now}");
    }
    until(&app, "/bins/around/on-match", |now| now["state"]["passed_over"] == 1).await;
    let silent = async |bin: &str| {
        let path = format!("/bins/{bin}/on-match");
        let told = until(&app, &path, |now| now["state"]["delivered"].as_u64() > Some(0)).await;
        told["state"]["delivered"].as_u64().unwrap()
    };
    // A told of its request and of the silence after it, B of the silence only; then nothing more is said.
    until(&app, "/bins/a/on-match", |now| now["state"]["delivered"] == 2).await;
    assert_eq!(silent("b").await, 1);
    let totals = async || {
        let a = app.get("/bins/a/requests?limit=1").await["total"].clone();
        (a, app.get("/bins/b/requests?limit=1").await["total"].clone())
    };
    until(&app, "/bins/b/on-match", |now| now["state"]["passed_over"] == 2).await;
    assert_eq!(totals().await, (json!(2), json!(2)), "the event and a silence; a match and a silence");
    assert!(proxy.rest().is_empty(), "what came back was told once");
}
