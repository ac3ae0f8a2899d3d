//! Targets that answer with what they got: what must not be told is not told by them either.

use serde_json::{Value, json};

use super::replay::{EVENT, capture, post, until};
use super::target::Target;
use crate::helpers::TestApp;

const SECRET: &str = "Bearer st0red/t0ken-0123456789";
/// The part of it that lets somebody in.
const INNER: &str = "st0red/t0ken-0123456789";

async fn token_bin(app: &TestApp, target: &Target, path: &str) {
    app.bin(json!({"name": "tok", "provider": "pathors", "secret": SECRET})).await;
    let forward = json!({"routes": [{"to": target.url(path)}], "paused": true});
    let answer = app.client.put(app.api("/bins/tok/forward")).json(&forward).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    capture(app, "tok", "", EVENT).await;
}

/// Calls a tool of the agents'.
async fn tool(app: &TestApp, name: &str, arguments: Value) -> String {
    let call =
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}});
    let sent = app.client.post(format!("{}/mcp", app.started.console_url)).json(&call);
    let answer = sent.header("Accept", "application/json, text/event-stream").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_token_does_not_come_back_through_a_target_that_says_it_again() {
    let app = TestApp::start().await;
    let target = Target::echo();
    token_bin(&app, &target, "/hook").await;
    let again = json!({"bin": "tok", "resign": {}});
    let label = app.get("/bins/tok/secrets").await["secrets"][0]["label"].clone();
    let event = json!({"bin": "tok", "event": "session.ended", "target": target.url("/hook"), "secret": label});
    for (name, arguments) in [("replay", again), ("send_event", event)] {
        let told = tool(&app, name, arguments).await;
        assert!(told.contains("Sent 1 times"), "{told}");
        assert_eq!(target.next().header("authorization").as_deref(), Some(SECRET), "it was sent");
        assert!(!told.contains(INNER) && !told.contains("st0red"), "{name}: {told}");
    }
    let (status, done) = post(&app, "/bins/tok/requests/latest/replay", json!({"resign": {}})).await;
    assert_eq!(status, 200, "{done}");
    assert_eq!(target.next().header("authorization").as_deref(), Some(SECRET));
    let kept = app.get("/bins/tok/requests/latest/attempts").await;
    let open = String::from_utf8(app.bytes("/bins/tok/export?as=jsonl&secrets=true").await).unwrap();
    for (what, text) in [("answer", done.to_string()), ("attempts", kept.to_string()), ("export", open)] {
        assert!(!text.contains("st0red") && text.contains("•••"), "{what}: {text}");
    }
    let response = &done["attempts"][0]["response"];
    assert!(response["head"].as_str().unwrap().to_lowercase().contains("x-got-authorization: •••\r\n"), "{response}");
    assert!(response["body"].as_str().unwrap().contains("session.ended"), "all else is as it came: {response}");
}

#[tokio::test]
async fn a_redacted_export_has_no_credential_that_a_target_said_again() {
    let app = TestApp::start().await;
    let target = Target::echo();
    app.bin(json!({"name": "in"})).await;
    let sent = app.client.post(format!("{}/in?access_token=QUERYSECRET3", app.started.capture_url));
    let sent = sent.header("Authorization", "Bearer CUSTOMERSECRET1").header("Cookie", "sid=COOKIESECRET2; a=b");
    sent.body("kept words").send().await.unwrap();
    let (status, done) = post(&app, "/bins/in/requests/latest/replay", json!({"target": target.url("/echo")})).await;
    assert_eq!(status, 200, "{done}");
    assert!(done.to_string().matches("CUSTOMERSECRET1").count() >= 3, "its owner sees it: {done}");
    let lines = String::from_utf8(app.bytes("/bins/in/export?as=jsonl").await).unwrap();
    for secret in ["CUSTOMERSECRET1", "COOKIESECRET2", "QUERYSECRET3"] {
        assert!(!lines.contains(secret), "{secret}: {lines}");
    }
    let record: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let body = record["attempts"][0]["response_body"].as_str().unwrap();
    assert!(body.contains("REDACTED") && body.contains("kept words"), "{body}");
    let open = String::from_utf8(app.bytes("/bins/in/export?as=jsonl&secrets=true").await).unwrap();
    assert!(open.matches("CUSTOMERSECRET1").count() >= 4, "{open}");
}

#[tokio::test]
async fn a_stored_token_is_not_led_past_the_forward_target() {
    let app = TestApp::start().await;
    let target = Target::start();
    token_bin(&app, &target, "/hook").await;
    let path = "/bins/tok/requests/latest/replay";
    let host = json!({"headers": {"set": [{"name": "Host", "value": "attacker.example"}]}});
    for (ask, field) in [
        (json!({"keep_host": true}), "keep_host"),
        (json!({"keep_host": true, "edit": host}), "keep_host"),
        (json!({"edit": host}), "edit.headers.set"),
        (json!({"edit": {"path": "/../evil"}, "as_is": true}), "edit.path"),
        (json!({"edit": {"path": "/..%2fevil"}, "as_is": true}), "edit.path"),
        (json!({"edit": {"path": "/%252e%252e/evil"}, "as_is": true}), "edit.path"),
        (json!({"edit": {"path": "/..;/evil"}, "as_is": true}), "edit.path"),
        (json!({"target": target.url("/hook/..%2fevil")}), "resign.secret"),
    ] {
        for dry_run in [true, false] {
            let mut stored = ask.clone();
            stored["resign"] = json!({});
            stored["dry_run"] = json!(dry_run);
            let (status, problem) = post(&app, path, stored).await;
            assert_eq!((status, &problem["field"]), (422, &json!(field)), "{ask}: {problem}");
            assert!(problem["detail"].as_str().unwrap().contains("forward target"), "{problem}");
        }
        assert!(target.rest().is_empty(), "{ask}");
        // Whoever knows the value may send it as he likes.
        let mut given = ask;
        given["resign"] = json!({"secret": {"value": "Bearer given"}});
        assert_eq!(post(&app, path, given).await.0, 200);
        assert_eq!(target.next().header("authorization").as_deref(), Some("Bearer given"));
    }
    assert_eq!(post(&app, path, json!({"resign": {}, "edit": {"path": "/sub"}})).await.0, 200);
    assert!(String::from_utf8_lossy(&target.next().head).starts_with("POST /hook/sub HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_receiver_check_tells_nothing_of_the_secret_that_the_receiver_says_again() {
    let app = TestApp::start().await;
    let target = Target::echo();
    token_bin(&app, &target, "/hook").await;
    let (status, begun) = post(&app, "/check", json!({"bin": "tok"})).await;
    assert_eq!(status, 202, "{begun}");
    let report = until(&app, &format!("/check/{}", begun["id"]), |check| check["finished"] == true).await;
    let tokens: Vec<String> = target.rest().iter().filter_map(|request| request.header("authorization")).collect();
    assert!(tokens.iter().any(|token| token == SECRET) && tokens.iter().any(|token| token != SECRET), "{tokens:?}");
    let text = report.to_string();
    // Some are only a part of it, or have more after it.
    let is_cut = |token: &str| SECRET.starts_with(token) || token.starts_with(SECRET);
    assert!(tokens.iter().any(|token| token != SECRET && is_cut(token)), "{tokens:?}");
    for other in tokens.iter().filter(|token| !is_cut(token)) {
        assert_eq!((other.len(), &other[..7]), (SECRET.len(), "Bearer "), "it has the secret's form");
        let same = other[7..].bytes().zip(INNER.bytes()).filter(|(one, two)| one == two && one.is_ascii_alphanumeric());
        assert!(same.count() < INNER.len() / 2, "and nothing else of it: {other}");
    }
    assert!(!text.contains("st0red") && text.contains("REDACTED"), "{text}");
}

#[tokio::test]
async fn a_stored_token_does_not_follow_the_forward_to_another_target() {
    let app = TestApp::start().await;
    let (own, other) = (Target::start(), Target::start());
    token_bin(&app, &own, "/hook").await;
    let replay = || post(&app, "/bins/tok/requests/latest/replay", json!({"resign": {}}));
    assert_eq!(replay().await.0, 200);
    own.next();
    let forward = json!({"routes": [{"to": other.url("/hook")}], "paused": true});
    for first_removed in [false, true] {
        if first_removed {
            app.client.delete(app.api("/bins/tok/forward")).send().await.unwrap();
        }
        let answer = app.client.put(app.api("/bins/tok/forward")).json(&forward).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let (status, problem) = replay().await;
        assert_eq!((status, &problem["field"]), (422, &json!("resign.secret")), "{problem}");
        assert!(other.rest().is_empty());
    }
    let (status, added) = post(&app, "/bins/tok/secrets", json!({"label": "again", "value": SECRET})).await;
    assert!(status < 300, "{added}");
    let ask = json!({"resign": {"secret": "again"}});
    assert_eq!(post(&app, "/bins/tok/requests/latest/replay", ask).await.0, 200);
    assert_eq!(other.next().header("authorization").as_deref(), Some(SECRET));
}

#[tokio::test]
async fn a_stored_secret_signs_by_no_scheme_that_was_set_after_it() {
    let app = TestApp::start().await;
    let target = Target::start();
    let md5_of_secret = json!({
        "id": "mine", "signature": {"from": "header:X-Sig", "items": ["{signature}"]},
        "algorithm": "digest-md5", "encoding": "hex", "signed": "{secret}"
    });
    let in_a_header = json!({
        "id": "mine", "signature": {"from": "header:X-Sig", "items": ["{signature}"]},
        "algorithm": "hmac-sha256", "signed": "{body}", "require": [["{header:X-Key}", "{secret}"]]
    });
    for (name, settings) in [("set", json!({"scheme": "callaider"})), ("open", json!({}))] {
        let mut made = settings;
        made["name"] = json!(name);
        made["secret"] = json!("whsec-never-hashed");
        app.bin(made).await;
        capture(&app, name, "", EVENT).await;
        let path = format!("/bins/{name}/requests/latest/replay");
        let ask = json!({"target": target.url("/"), "resign": {}, "dry_run": true});
        let change = |input: Value| app.client.patch(app.api(&format!("/bins/{name}"))).json(&input).send();
        let again = [json!({"scheme": "github"})];
        let later: &[Value] = if name == "set" { &again } else { &[] };
        let custom = [&md5_of_secret, &in_a_header].map(|record| json!({"custom_scheme": record}));
        for input in custom.iter().chain(later) {
            let mut input = input.clone();
            if input.get("custom_scheme").is_none() {
                // Nor by a detour over none at all.
                let none = json!({"scheme": null, "custom_scheme": null});
                assert_eq!(change(none).await.unwrap().status(), 200);
                input["custom_scheme"] = Value::Null;
            }
            assert_eq!(change(input.clone()).await.unwrap().status(), 200, "{input}");
            let (status, problem) = post(&app, &path, ask.clone()).await;
            assert_eq!((status, &problem["field"]), (422, &json!("resign.secret")), "{input}: {problem}");
            assert!(problem["detail"].as_str().unwrap().contains("enter it again"), "{problem}");
        }
        // Not even where it is entered for it.
        assert_eq!(change(json!({"custom_scheme": md5_of_secret})).await.unwrap().status(), 200);
        let secret = json!({"label": "late", "value": "whsec-never-hashed"});
        assert!(post(&app, &format!("/bins/{name}/secrets"), secret).await.0 < 300);
        let (status, problem) = post(&app, &path, ask.clone()).await;
        assert_eq!((status, &problem["field"]), (422, &json!("resign.scheme")), "{problem}");
        // For a scheme that signs the body it does.
        assert_eq!(change(json!({"custom_scheme": null, "scheme": "callaider"})).await.unwrap().status(), 200);
        let secret = json!({"label": "last", "value": "whsec-never-hashed"});
        assert!(post(&app, &format!("/bins/{name}/secrets"), secret).await.0 < 300);
        let last = json!({"target": target.url("/"), "resign": {"secret": "last"}, "dry_run": true});
        assert_eq!(post(&app, &path, last).await.0, 200);
    }
    // A scheme of the catalogue that is set for the first time is the one that the secret was meant for.
    app.bin(json!({"name": "first", "secret": "whsec-never-hashed"})).await;
    capture(&app, "first", "", EVENT).await;
    let set = app.client.patch(app.api("/bins/first")).json(&json!({"scheme": "callaider"})).send().await.unwrap();
    assert_eq!(set.status(), 200);
    let ask = json!({"target": target.url("/"), "resign": {}, "dry_run": true});
    assert_eq!(post(&app, "/bins/first/requests/latest/replay", ask).await.0, 200);
}
