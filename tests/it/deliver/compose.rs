//! Requests that somebody composes: from nothing or from a captured one, to a target or to the bin, kept with their
//! attempts and never taken for a capture.

use serde_json::{Value, json};

use super::replay::{has, post};
use super::target::Target;
use crate::helpers::TestApp;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn with_bin() -> TestApp {
    let app = TestApp::start().await;
    app.bin(json!({"name": "in", "provider": "callaider", "secret": SECRET})).await;
    app
}

async fn composed(app: &TestApp, input: Value) -> (Value, Value) {
    let (status, answer) = post(app, "/bins/in/send", input).await;
    assert_eq!(status, 200, "{answer}");
    let id = answer["request"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    let request = app.get(&format!("/bins/in/requests/{id}")).await;
    (answer, request)
}

#[tokio::test]
async fn a_request_from_nothing_goes_to_a_target_and_is_kept_as_composed_with_its_attempt() {
    let app = with_bin().await;
    let target = Target::start();
    let input = json!({
        "method": "PUT", "path": "/orders/7", "query": "a=1", "target": target.url("/api?key=k"),
        "headers": [{"name": "Content-Type", "value": "application/json"}, {"name": "X-Callaider-Event", "value": "session.ended"}],
        "body": "{\"sessionId\":\"s-1\"}",
    });
    let (answer, request) = composed(&app, input).await;
    let arrived = target.next();
    let head = String::from_utf8(arrived.head.clone()).unwrap();
    assert!(head.starts_with("PUT /api/orders/7?key=k&a=1 HTTP/1.1\r\n"), "{head}");
    assert_eq!(arrived.body, br#"{"sessionId":"s-1"}"#);
    assert!(arrived.header("x-callaider-signature").is_some(), "{head}");
    assert_eq!(answer["sent"][0]["response"]["status"], 200, "{answer}");
    has(
        &request,
        &[
            ("/origin", json!("composed")),
            ("/method", json!("PUT")),
            ("/path", json!("/orders/7")),
            ("/client", Value::Null),
            ("/response/status", Value::Null),
            ("/body/text", json!(r#"{"sessionId":"s-1"}"#)),
            ("/signature/status", json!("valid")),
            ("/last_attempt/status", json!(200)),
        ],
    );
    let attempts = app.get(&format!("/bins/in/requests/{}/attempts", request["id"].as_str().unwrap())).await;
    assert_eq!((attempts["attempts"].as_array().unwrap().len(), &attempts["attempts"][0]["why"]), (1, &json!("send")));
    assert_eq!(attempts["attempts"][0]["sent"]["head"], head, "{attempts}");
    assert_eq!(app.get("/bins/in/requests?q=origin:composed").await["requests"].as_array().unwrap().len(), 1);
    // It is sent again like any other.
    let path = format!("/bins/in/requests/{}/replay", request["id"].as_str().unwrap());
    let (status, _) = post(&app, &path, json!({"target": target.url("/api?key=k")})).await;
    assert_eq!(status, 200);
    let again = String::from_utf8(target.next().head).unwrap();
    assert!(again.starts_with("PUT /api/orders/7?key=k&a=1 HTTP/1.1\r\n"), "{again}");
}

#[tokio::test]
async fn a_request_from_a_captured_one_is_another_one_and_the_captured_one_stays() {
    let app = with_bin().await;
    let target = Target::start();
    app.client
        .post(format!("{}/in/hook?x=1", app.started.capture_url))
        .header("X-Keep", "k")
        .header("X-Drop", "d")
        .body(r#"{"a":1}"#)
        .send()
        .await
        .unwrap();
    let captured = app.get("/bins/in/requests/latest").await;
    let input = json!({
        "request": "latest", "keep": true, "target": target.url("/t"), "path": "/other", "query": "", "secret": false,
        "remove": ["x-drop"], "headers": [{"name": "X-Keep", "value": "changed"}], "set": {"/a": 2},
    });
    let (_, request) = composed(&app, input).await;
    let arrived = target.next();
    assert!(arrived.head.starts_with(b"POST /t/other HTTP/1.1\r\n"), "{}", String::from_utf8_lossy(&arrived.head));
    assert_eq!((arrived.header("x-keep").as_deref(), arrived.header("x-drop")), (Some("changed"), None));
    assert_eq!(arrived.body, br#"{"a":2}"#);
    assert_eq!((&request["origin"], &request["body"]["text"]), (&json!("composed"), &json!(r#"{"a":2}"#)));
    let before = app.get(&format!("/bins/in/requests/{}", captured["id"].as_str().unwrap())).await;
    assert_eq!((&before["last_attempt"], &before["origin"]), (&Value::Null, &json!("wire")));
    // Without `keep` the captured one has the attempt, as before.
    let input = json!({"request": captured["id"], "target": target.url("/t"), "secret": false});
    let (_, answer) = post(&app, "/bins/in/send", input).await;
    assert_eq!(answer["request"], Value::Null, "{answer}");
    let before = app.get(&format!("/bins/in/requests/{}", captured["id"].as_str().unwrap())).await;
    assert_eq!(before["last_attempt"]["status"], 200);
}

#[tokio::test]
async fn a_composed_request_to_the_bin_arrives_as_simulated_and_has_its_attempt() {
    let app = with_bin().await;
    let input = json!({"method": "POST", "path": "/x", "query": "q=1", "body": "hello"});
    let (answer, request) = composed(&app, input).await;
    assert_eq!(answer["sent"][0]["response"]["status"], 200, "{answer}");
    has(
        &request,
        &[
            ("/origin", json!("simulated")),
            ("/path", json!("/x")),
            ("/query/0/name", json!("q")),
            ("/body/text", json!("hello")),
            ("/signature/status", json!("valid")),
            ("/response/status", json!(200)),
            ("/last_attempt/status", json!(200)),
        ],
    );
    assert_eq!(app.requests("in").await.len(), 1);
}

#[tokio::test]
async fn what_is_composed_is_no_evidence_and_is_not_forwarded() {
    let app = with_bin().await;
    let (target, forward) = (Target::start(), Target::start());
    let put = app.client.put(app.api("/bins/in/forward")).json(&json!({"routes": [{"to": forward.url("/")}]}));
    assert_eq!(put.send().await.unwrap().status(), 200);
    let body = r#"{"event":"session.ended","sessionId":"s-1","data":{}}"#;
    let headers = json!([{"name": "X-Callaider-Event", "value": "session.ended"}]);
    let (_, made) =
        composed(&app, json!({"method": "POST", "target": target.url("/"), "headers": headers, "body": body})).await;
    // The queue keeps the order: once this one is there, the composed one was passed over.
    app.client.post(format!("{}/in", app.started.capture_url)).body("real").send().await.unwrap();
    assert_eq!(forward.next().body, b"real");
    assert!(forward.rest().is_empty());
    let request = app.get(&format!("/bins/in/requests/{}", made["id"].as_str().unwrap())).await;
    assert_eq!(request["forwarded"], "skipped_composed", "{request}");
    let points = app.get("/bins/in/checklist").await;
    assert!(!points["points"].to_string().contains(made["id"].as_str().unwrap()), "{points}");
    // A real delivery of the same event is the first of it.
    let real = app.client.post(format!("{}/in", app.started.capture_url)).header("X-Callaider-Event", "session.ended");
    real.body(body).send().await.unwrap();
    assert_eq!(app.get("/bins/in/requests/latest").await["event"]["duplicate_of"], Value::Null);
}

#[tokio::test]
async fn a_secret_that_is_sent_as_it_is_is_not_kept_with_the_composed_request() {
    let app = TestApp::start().await;
    let target = Target::start();
    app.bin(json!({"name": "in", "provider": "pathors"})).await;
    let input = json!({
        "method": "POST", "target": target.url("/"), "body": "{}", "scheme": "gitlab", "secret": {"value": "Token-98765"},
    });
    let (answer, request) = composed(&app, input).await;
    assert_eq!(target.next().header("x-gitlab-token").as_deref(), Some("Token-98765"));
    let attempts = app.get(&format!("/bins/in/requests/{}/attempts", request["id"].as_str().unwrap())).await;
    for shown in [answer, request, attempts] {
        assert!(!shown.to_string().contains("98765"), "{shown}");
    }
}

#[tokio::test]
async fn what_cannot_be_composed_is_refused_with_its_field_and_leaves_nothing() {
    let app = with_bin().await;
    for (input, code, field) in [
        (json!({"method": "A B"}), "invalid_field", "method"),
        (json!({"method": "TRACE"}), "invalid_field", "method"),
        (json!({"method": "POST", "path": "x"}), "invalid_field", "path"),
        (json!({"method": "POST", "query": "a b"}), "invalid_field", "query"),
        (json!({"method": "POST", "body": "a", "body_base64": "YQ=="}), "invalid_field", "body_base64"),
        (json!({"method": "POST", "body_base64": "*"}), "invalid_field", "body_base64"),
        (
            json!({"method": "POST", "headers": [{"name": "A", "value": "a\r\nB: c"}]}),
            "invalid_field",
            "headers[0].value",
        ),
        (json!({"method": "POST", "secret": "other"}), "invalid_field", "secret"),
        (json!({"method": "POST", "target": "http://192.0.2.1/"}), "target_not_allowed", "target"),
        (json!({"method": "POST", "event": "session.ended"}), "invalid_field", "method"),
        (json!({"event": "session.ended", "keep": true}), "invalid_field", "keep"),
        (json!({"event": "session.ended", "path": "/x"}), "invalid_field", "path"),
    ] {
        let (status, problem) = post(&app, "/bins/in/send", input.clone()).await;
        assert!((400..500).contains(&status), "{input}: {problem}");
        assert_eq!(
            (problem["code"].as_str(), problem["field"].as_str().unwrap_or_default()),
            (Some(code), field),
            "{input}: {problem}"
        );
    }
    // A preview keeps nothing either.
    let (status, shown) = post(&app, "/bins/in/send", json!({"method": "GET", "path": "/x", "dry_run": true})).await;
    assert_eq!((status, &shown["request"]), (200, &Value::Null), "{shown}");
    assert!(shown["would_send"][0]["head"].as_str().unwrap().contains("/x HTTP/1.1"), "{shown}");
    assert!(app.requests("in").await.is_empty());
}
