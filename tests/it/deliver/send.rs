//! Simulated senders through the API: to the bin itself and to targets, faults, sessions, refusals.

use std::time::Instant;

use serde_json::{Value, json};

use super::replay::{has, post, until};
use super::target::Target;
use crate::helpers::TestApp;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn with_bin(settings: Value) -> TestApp {
    let app = TestApp::start().await;
    app.bin(settings).await;
    app
}

async fn sent(app: &TestApp, input: Value) -> Value {
    let (status, answer) = post(app, "/bins/in/send", input).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

#[tokio::test]
async fn what_a_simulated_sender_sends_to_the_bin_is_captured_as_simulated_and_valid() {
    let app = with_bin(json!({"name": "in", "provider": "callaider", "secret": SECRET})).await;
    let answer = sent(&app, json!({"event": "session.ended", "language": "zh", "session": "s-1"})).await;
    assert_eq!((&answer["scheme"], &answer["sent"][0]["response"]["status"]), (&json!("callaider"), &json!(200)));
    let request = app.get("/bins/in/requests/latest").await;
    has(
        &request,
        &[
            ("/origin", json!("simulated")),
            ("/signature/status", json!("valid")),
            ("/event/name", json!("session.ended")),
            ("/event/session", json!("s-1")),
            ("/event/provider", json!("callaider")),
        ],
    );
    let body: Value = serde_json::from_str(request["body"]["text"].as_str().unwrap()).unwrap();
    assert!(body["data"]["transcript"][1]["content"].as_str().unwrap().contains("海港牙醫診所"));
    // A header says nothing: only our own sockets do.
    let url = format!("{}/in", app.started.capture_url);
    app.client.post(url).header("X-Creel-Origin", "simulated").body("x").send().await.unwrap();
    assert_eq!(app.get("/bins/in/requests/latest").await["origin"], "wire");
}

#[tokio::test]
async fn a_target_is_named_with_to_and_a_session_alone_is_a_whole_one() {
    let app = with_bin(json!({"name": "in", "provider": "callaider", "secret": SECRET})).await;
    let target = Target::start();
    let answer = sent(&app, json!({"event": "session.started", "to": target.url("/hook")})).await;
    assert_eq!(answer["sent"][0]["target"], target.url("/hook"));
    assert!(target.next().head.starts_with(b"POST /hook HTTP/1.1\r\n"));
    for session in [json!("s-7"), json!(true)] {
        let answer = sent(&app, json!({"session": session, "speed": 0})).await;
        let names: Vec<&Value> = answer["sent"].as_array().unwrap().iter().map(|event| &event["event"]).collect();
        assert_eq!(names, ["session.started", "session.ended"]);
    }
    let sessions: Vec<Value> = app.requests("in").await.iter().map(|one| one["event"]["session"].clone()).collect();
    assert_eq!((&sessions[..2], sessions.len()), (&[json!("s-7"), json!("s-7")][..], 4));
    assert!(sessions[2] == sessions[3] && sessions[2] != "s-7", "{sessions:?}");
    for (input, field) in [
        (json!({"event": "session.ended", "to": "http://localhost/", "target": "http://localhost/"}), "to"),
        (json!({"event": "session.ended", "to": "mailto:me"}), "to"),
        (json!({"session": false}), "event"),
    ] {
        let (status, problem) = post(&app, "/bins/in/send", input).await;
        assert_eq!((status, &problem["field"]), (422, &json!(field)), "{problem}");
    }
}

#[tokio::test]
async fn every_platform_is_simulated_for_a_bin_that_verifies() {
    let app = TestApp::start().await;
    for (provider, event, scheme) in [
        ("callaider", "session.started", "callaider"),
        ("stripe", "invoice.payment_failed", "stripe"),
        ("github", "issues", "github"),
        ("slack", "/appointment", "slack"),
        ("shopify", "orders/create", "shopify"),
        ("standard-webhooks", "user.created", "standard-webhooks"),
        ("twilio", "message.received", "twilio-form"),
    ] {
        let public = if provider == "twilio" { json!("https://hooks.example.net/sms") } else { Value::Null };
        let settings = json!({"name": provider, "scheme": scheme, "secret": SECRET, "signature_mode": "enforce", "public_url": public});
        app.bin(settings).await;
        let input = json!({"provider": provider, "event": event});
        let (status, answer) = post(&app, &format!("/bins/{provider}/send"), input).await;
        assert_eq!((status, &answer["sent"][0]["response"]["status"]), (200, &json!(200)), "{answer}");
        let request = app.get(&format!("/bins/{provider}/requests/latest")).await;
        assert_eq!(request["signature"]["status"], "valid", "{request}");
        assert_eq!(request["event"]["name"], event, "{request}");
    }
    // Pathors signs nothing: a header of the user's own proves it.
    app.bin(json!({"name": "pathors", "provider": "pathors", "secret": "Basic 12345", "signature_mode": "enforce"}))
        .await;
    let (_, answer) = post(&app, "/bins/pathors/send", json!({"event": "session", "speed": 0})).await;
    // A stored one is not shown, which a bin would do: it has to be given.
    assert_eq!((&answer["field"], &answer["code"]), (&json!("secret"), &json!("invalid_field")), "{answer}");
    let input = json!({"event": "session", "speed": 0, "secret": {"value": "Basic 12345"}});
    let (_, answer) = post(&app, "/bins/pathors/send", input).await;
    assert!(!answer.to_string().contains("12345"), "{answer}");
    let statuses: Vec<&Value> =
        answer["sent"].as_array().unwrap().iter().map(|event| &event["response"]["status"]).collect();
    assert_eq!(statuses, [200, 200, 200, 200], "{answer}");
}

#[tokio::test]
async fn faults_arrive_as_what_they_are() {
    let app = with_bin(json!({"name": "in", "provider": "callaider", "secret": SECRET})).await;
    for (fault, pointer, value) in [
        ("bad_signature", "/signature/status", "invalid"),
        ("tampered_body", "/signature/status", "invalid"),
        ("unknown_event", "/event/name", "creel.unknown_event"),
        ("malformed_json", "/signature/status", "valid"),
        ("huge_transcript", "/signature/status", "valid"),
    ] {
        sent(&app, json!({"event": "session.ended", "faults": [fault]})).await;
        let request = app.get("/bins/in/requests/latest?body=false").await;
        assert_eq!(request.pointer(pointer), Some(&json!(value)), "{fault}: {request}");
        if fault == "huge_transcript" {
            assert_eq!(request["body"]["size"], 10 << 20);
        }
        if fault == "malformed_json" {
            assert!(request["event"]["notes"].to_string().contains("not valid JSON"), "{request}");
        }
    }
    let before = app.requests("in").await.len();
    sent(&app, json!({"event": "session", "speed": 0, "faults": ["duplicate", "out_of_order"]})).await;
    let requests = app.requests("in").await;
    let names: Vec<&Value> = requests[before..].iter().map(|request| &request["event"]["name"]).collect();
    assert_eq!(names, ["session.ended", "session.ended", "session.started", "session.started"]);
    let duplicates = |from: usize| requests[from]["event"]["duplicate_of"].is_string();
    assert!(!duplicates(before) && duplicates(before + 1) && !duplicates(before + 2) && duplicates(before + 3));
    let begun = Instant::now();
    sent(&app, json!({"event": "session.started", "faults": ["slow_sender"]})).await;
    assert!(begun.elapsed().as_secs_f64() > 2.5, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_target_gets_custom_headers_but_system_headers_win() {
    let app = with_bin(json!({"name": "in", "provider": "callaider", "secret": SECRET})).await;
    let target = Target::start();
    let field = |name: &str, value: &str| json!({"name": name, "value": value});
    let headers = json!([
        field("authorization", "Basic 12345"),
        field("content-type", "text/plain"),
        field("X-CALLAIDER-EVENT", "other"),
        field("x-callaider-signature", "sha256=00"),
    ]);
    let input = json!({"event": "session.ended", "target": target.url("/hook?own=1"), "headers": headers});
    let answer = sent(&app, input.clone()).await;
    let arrived = target.next();
    assert!(String::from_utf8_lossy(&arrived.head).starts_with("POST /hook?own=1 HTTP/1.1\r\n"));
    for (name, value) in
        [("authorization", "Basic 12345"), ("content-type", "application/json"), ("x-callaider-event", "session.ended")]
    {
        assert_eq!(arrived.header(name).as_deref(), Some(value));
    }
    assert!(arrived.header("x-callaider-signature").unwrap().len() > 64);
    assert_eq!(answer["overridden"], json!(["content-type", "X-CALLAIDER-EVENT", "x-callaider-signature"]));
    // They cannot be overridden where nothing is signed, either.
    let mut unsigned = input;
    unsigned["secret"] = json!(false);
    sent(&app, unsigned).await;
    assert_eq!(target.next().header("x-callaider-signature"), None);
}

#[tokio::test]
async fn a_sample_of_ones_own_is_a_capture_or_any_text_and_its_attempt_is_kept() {
    let app = with_bin(json!({"name": "in", "provider": "callaider", "secret": SECRET})).await;
    let target = Target::start();
    sent(&app, json!({"event": "session.ended"})).await;
    let id = app.get("/bins/in/requests/latest").await["id"].as_str().unwrap().to_owned();
    let input = json!({"request": "latest", "target": target.url("/"), "set": {"/data/reason": "timeout"}});
    sent(&app, input).await;
    let arrived = target.next();
    assert!(String::from_utf8_lossy(&arrived.body).contains(r#""reason":"timeout""#));
    let attempts = app.get(&format!("/bins/in/requests/{id}/attempts")).await;
    assert_eq!(attempts["attempts"][0]["why"], "send", "{attempts}");
    let raw = app.bytes(&format!("/bins/in/requests/{id}/raw")).await;
    let input = json!({"from": String::from_utf8(raw).unwrap(), "target": target.url("/x")});
    sent(&app, input).await;
    assert_eq!(target.next().header("x-callaider-event").as_deref(), Some("session.ended"));
}

#[tokio::test]
async fn what_the_attempt_of_a_captured_request_says_of_its_signature_is_what_the_receiver_can_know() {
    let app = with_bin(json!({"name": "in", "provider": "callaider", "secret": SECRET})).await;
    let id = super::replay::capture(&app, "in", "", "{}").await;
    let target = Target::start();
    for (secret, wanted) in [
        (json!({"value": SECRET}), "valid"),
        // Whether the receiver has this one is not known here.
        (json!({"value": "whsec_of_production"}), "no_secret"),
    ] {
        sent(&app, json!({"request": id, "to": target.url("/"), "secret": secret})).await;
        let all = app.get(&format!("/bins/in/requests/{id}/attempts")).await;
        assert_eq!(all["attempts"][0]["signature"], wanted, "{secret}");
    }
}

#[tokio::test]
async fn a_session_at_its_own_pace_is_a_job_that_can_be_stopped() {
    let app = with_bin(json!({"name": "in", "provider": "callaider"})).await;
    let (status, begun) = post(&app, "/bins/in/send", json!({"event": "session"})).await;
    assert_eq!(status, 202, "{begun}");
    let path = format!("/jobs/{}", begun["job"]["id"]);
    let running = until(&app, &path, |job| job["done"] == 1).await;
    assert_eq!((&running["total"], &running["state"]), (&json!(2), &json!("running")));
    let request = app.get("/bins/in/requests/latest").await;
    assert_eq!(request["event"]["name"], "session.started");
    assert!(app.client.delete(app.api(&path)).send().await.unwrap().status().is_success());
    until(&app, &path, |job| job["state"] == "stopped").await;
    assert_eq!(app.requests("in").await.len(), 1);
    // What would be sent can be seen first.
    let shown = sent(&app, json!({"event": "session", "speed": 2, "dry_run": true})).await;
    let would = shown["would_send"].as_array().unwrap();
    assert_eq!((would.len(), would[1]["after_ms"].as_u64().unwrap() > 5_000), (2, true), "{shown}");
    assert_eq!(app.requests("in").await.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_with_its_field() {
    let app = with_bin(json!({"name": "in", "provider": "callaider", "secret": SECRET})).await;
    for (input, code, field) in [
        (json!({}), "invalid_field", "event"),
        (json!({"event": "call.ended"}), "invalid_field", "event"),
        (json!({"event": "session.ended", "provider": "nobody"}), "invalid_field", "provider"),
        (json!({"event": "session.ended", "size": 10_485_761}), "invalid_field", "size"),
        (json!({"event": "session.ended", "speed": -1}), "invalid_field", "speed"),
        (json!({"event": "session.ended", "secret": "other"}), "invalid_field", "secret"),
        (json!({"event": "session.ended", "secret": 7}), "invalid_field", "secret"),
        (json!({"event": "session.ended", "scheme": "stripe"}), "invalid_field", "secret"),
        (json!({"event": "session.ended", "scheme": "nothing"}), "invalid_field", "scheme"),
        (json!({"event": "session.ended", "faults": ["bad_signature"], "secret": false}), "invalid_field", "faults"),
        (json!({"event": "session.ended", "set": {"data": 1}}), "invalid_field", "set.data"),
        (
            json!({"event": "session.ended", "headers": [{"name": "a b", "value": ""}]}),
            "invalid_field",
            "headers[0].name",
        ),
        (json!({"from": "no request", "request": "latest"}), "not_found", ""),
        (json!({"from": ""}), "invalid_field", "from"),
        (json!({"event": "session.ended", "target": "http://192.0.2.1/"}), "target_not_allowed", "target"),
        (json!({"event": "session.ended", "target": app.started.console_url}), "target_not_allowed", "target"),
        (json!({"event": "session.ended", "timeout_ms": 0}), "invalid_field", "timeout_ms"),
    ] {
        let (status, problem) = post(&app, "/bins/in/send", input.clone()).await;
        assert!((400..500).contains(&status), "{input}: {problem}");
        assert_eq!(
            (problem["code"].as_str(), problem["field"].as_str().unwrap_or_default()),
            (Some(code), field),
            "{input}: {problem}"
        );
    }
    assert!(app.requests("in").await.is_empty());
}

#[tokio::test]
async fn a_shared_console_still_sends_to_its_own_bins() {
    let app =
        TestApp::start_with(|config| config.token = Some(creel::inside::SecretValue::new("token".repeat(8)))).await;
    let authorized = |path: &str| app.client.post(app.api(path)).bearer_auth("token".repeat(8));
    let made = authorized("/bins").json(&json!({"name": "in"})).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let input = json!({"provider": "callaider", "event": "session.ended"});
    let answer = authorized("/bins/in/send").json(&input).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    let mut elsewhere = input;
    elsewhere["target"] = json!(format!("{}/in", app.started.capture_url));
    let refused = authorized("/bins/in/send").json(&elsewhere).send().await.unwrap();
    assert_eq!(refused.status(), 422);
}
