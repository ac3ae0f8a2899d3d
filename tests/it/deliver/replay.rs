//! Replays through the API: edits, signing again, many at once, attempts, origins, refusals.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::target::{OK, Target};
use crate::helpers::{TestApp, quiet_address};

pub const EVENT: &str = r#"{"event": "session.ended", "sessionId": "2d7b",  "data": {"reason": "user_ended"}}"#;

pub async fn capture(app: &TestApp, bin: &str, below: &str, body: &str) -> String {
    let url = format!("{}/{bin}{below}", app.started.capture_url);
    let sent = app.client.post(url).header("Content-Type", "application/json").body(body.to_owned());
    assert!(sent.send().await.unwrap().status().is_success());
    app.get(&format!("/bins/{bin}/requests/latest")).await["id"].as_str().unwrap().to_owned()
}

/// Asserts that a request has these members, by their JSON pointers.
pub fn has(request: &Value, members: &[(&str, Value)]) {
    for (pointer, value) in members {
        assert_eq!(request.pointer(pointer), Some(value), "{pointer}: {request}");
    }
}

pub async fn post(app: &TestApp, path: &str, body: Value) -> (u16, Value) {
    let answer = app.client.post(app.api(path)).json(&body).send().await.unwrap();
    let status = answer.status().as_u16();
    // A 204 has no body.
    let text = answer.text().await.unwrap();
    (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
}

pub async fn until(app: &TestApp, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        let value = app.get(path).await;
        if wanted(&value) {
            return value;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{path}: {value}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn edits_change_what_they_name_and_nothing_else() {
    let app = TestApp::start().await;
    let target = Target::start();
    app.bin(json!({"name": "in"})).await;
    let id = capture(&app, "in", "/sub?x=1", EVENT).await;
    let path = format!("/bins/in/requests/{id}/replay");
    let ask = json!({
        "target": target.url("/hook"),
        "edit": {
            "method": "PUT", "path": "/other", "query": "y=2",
            "headers": {"set": [{"name": "X-New", "value": "1"}], "remove": ["accept"]},
            "json": {"/data/reason": "timeout", "/data/extra": [1]}
        }
    });
    let mut dry = ask.clone();
    dry["dry_run"] = json!(true);
    let (status, shown) = post(&app, &path, dry).await;
    assert_eq!(status, 200, "{shown}");
    assert!(target.rest().is_empty());
    let (status, done) = post(&app, &path, ask).await;
    assert_eq!(status, 200, "{done}");
    let arrived = target.next();
    let head = String::from_utf8(arrived.head.clone()).unwrap();
    assert!(head.starts_with("PUT /hook/other?y=2 HTTP/1.1\r\n"), "{head}");
    assert_eq!((arrived.header("x-new").as_deref(), arrived.header("accept")), (Some("1"), None));
    let body = r#"{"event": "session.ended", "sessionId": "2d7b",  "data": {"reason": "timeout","extra":[1]}}"#;
    assert_eq!(String::from_utf8(arrived.body).unwrap(), body);
    let would = &shown["would_send"];
    assert_eq!((would["head"].as_str(), would["body"].as_str()), (Some(head.as_str()), Some(body)));
    assert!(would["changes"].as_array().unwrap().iter().any(|change| change["why"] == "The target's name."), "{would}");
}

#[tokio::test]
async fn a_stale_and_changed_event_is_signed_again_for_a_receiver_that_checks() {
    let app = TestApp::start().await;
    // The bins stand for receivers that check: Standard Webhooks signs id, time and body.
    for (name, scheme, secret) in [
        ("callaider", "callaider", "whsec-from-the-settings"),
        ("standard", "standard-webhooks", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ] {
        let settings =
            json!({"scheme": scheme, "secrets": [{"label": "live", "value": secret}], "signature_mode": "enforce"});
        let mut receiver = settings.clone();
        receiver["name"] = json!(format!("{name}-receiver"));
        let receiver = app.bin(receiver).await;
        let mut sender = settings;
        sender["name"] = json!(name);
        sender["signature_mode"] = json!("report");
        app.bin(sender).await;
        let url = format!("{}/{name}", app.started.capture_url);
        let old = app
            .client
            .post(url)
            .header("webhook-id", "msg_1")
            .header("webhook-timestamp", "1000")
            .header("webhook-signature", "v1,xx");
        old.body(EVENT).send().await.unwrap();
        let path = format!("/bins/{name}/requests/latest/replay");
        let to = receiver["capture_url"].as_str().unwrap();
        let (_, as_it_was) = post(&app, &path, json!({"target": to})).await;
        assert_eq!(as_it_was["attempts"][0]["response"]["status"], 401, "{as_it_was}");
        let edit = json!({"json": {"/data/reason": "timeout"}});
        let (status, signed) =
            post(&app, &path, json!({"target": to, "resign": {"secret": "live"}, "edit": edit})).await;
        assert_eq!((status, &signed["attempts"][0]["response"]["status"]), (200, &json!(200)), "{signed}");
        let arrived = app.get(&format!("/bins/{name}-receiver/requests/latest")).await;
        assert_eq!(
            (&arrived["signature"]["status"], &arrived["origin"]),
            (&json!("valid"), &json!("replayed")),
            "{arrived}"
        );
        if name == "standard" {
            assert_eq!(arrived["freshness"]["status"], "fresh");
            let id = arrived["headers"].as_array().unwrap().iter().find(|field| field["name"] == "webhook-id").unwrap();
            assert!(id["value"].as_str().unwrap().starts_with("msg_") && id["value"] != "msg_1", "{id}");
        }
    }
}

#[tokio::test]
async fn a_stored_secret_signs_under_its_own_scheme_only_and_never_leaves_as_a_token() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "hmac", "scheme": "callaider", "secret": "whsec-from-the-settings"})).await;
    app.bin(json!({"name": "token", "scheme": "gitlab", "secret": "whsec-from-the-settings"})).await;
    let target = Target::start();
    for bin in ["hmac", "token"] {
        capture(&app, bin, "", EVENT).await;
    }
    let refused = |bin: &'static str, resign: Value, field: &'static str| {
        let (app, url) = (&app, target.url("/"));
        async move {
            let (status, problem) =
                post(app, &format!("/bins/{bin}/requests/latest/replay"), json!({"target": url, "resign": resign}))
                    .await;
            assert_eq!((status, &problem["field"]), (422, &json!(field)), "{problem}");
            assert!(!problem.to_string().contains("whsec-from"), "{problem}");
        }
    };
    refused("hmac", json!({"scheme": "github"}), "resign.scheme").await;
    refused("hmac", json!({"scheme": "gitlab"}), "resign.scheme").await;
    refused("hmac", json!({"secret": "nobody"}), "resign.secret").await;
    refused("hmac", json!({"secret": 7}), "resign.secret").await;
    refused("token", json!({}), "resign.secret").await;
    assert!(target.rest().is_empty());
    // Whoever knows the value may send it.
    let given = json!({"target": target.url("/"), "resign": {"secret": {"value": "t0ken"}, "scheme": "gitlab"}});
    assert_eq!(post(&app, "/bins/hmac/requests/latest/replay", given).await.0, 200);
    assert_eq!(target.next().header("x-gitlab-token").as_deref(), Some("t0ken"));
}

#[tokio::test]
async fn attempts_are_listed_streamed_filtered_exported_and_the_last_twenty_kept() {
    let app = TestApp::start().await;
    let target = Target::start();
    app.bin(json!({"name": "in"})).await;
    let id = capture(&app, "in", "", EVENT).await;
    let path = format!("/bins/in/requests/{id}");
    let summary = app.get(&path).await;
    assert_eq!((&summary["last_attempt"], &summary["origin"]), (&Value::Null, &json!("wire")));
    let before = summary["seq"].as_u64().unwrap();
    let bytes = app.get("/bins/in").await["counts"]["bytes"].as_u64().unwrap();
    target.answer(b"HTTP/1.1 503 Busy\r\nX-A: b\r\nContent-Length: 4\r\n\r\nbusy");
    let (_, done) = post(&app, &format!("{path}/replay"), json!({"target": target.url("/hook")})).await;
    let attempt = done["attempts"][0].clone();
    assert_eq!(app.get(&format!("{path}/attempts")).await["attempts"][0], attempt);
    assert_eq!(
        (&attempt["why"], &attempt["outcome"], &attempt["request"]),
        (&json!("replay"), &json!("answered"), &json!(id))
    );
    assert_eq!(attempt["response"]["body"], "busy");
    assert!(attempt["times_us"]["total"].as_u64().unwrap() > 0);
    assert!(app.get("/bins/in").await["counts"]["bytes"].as_u64().unwrap() > bytes + 100);
    for (q, found) in [
        ("attempt:not_accepted", 1),
        ("attempt:5xx", 1),
        ("attempt:503", 1),
        ("attempt:any", 1),
        ("attempt:>3000ms", 0),
        ("attempt:<=3s", 1),
        ("attempt:failed", 0),
        ("attempt:2xx", 0),
        ("attempt:none", 0),
        ("-attempt:2xx origin:wire", 1),
        ("origin:replayed", 0),
    ] {
        let list = app
            .get(&format!("/bins/in/requests?q={}", q.replace('>', "%3E").replace('<', "%3C").replace(' ', "+")))
            .await;
        assert_eq!(list["requests"].as_array().unwrap().len(), found, "{q}");
    }
    let last = app.get(&path).await["last_attempt"].clone();
    assert_eq!((&last["outcome"], &last["status"]), (&json!("answered"), &json!(503)));
    let exported = String::from_utf8(app.bytes("/bins/in/export?as=jsonl").await).unwrap();
    assert!(exported.contains("\"last_attempt\":{\"outcome\":\"answered\",\"status\":503"), "{exported}");

    // Replayed to whoever comes later, in its place.
    let mut stream = app.client.get(app.api(&format!("/bins/in/events-stream?after={before}"))).send().await.unwrap();
    let mut text = String::new();
    while !text.contains("event: attempt") {
        text.push_str(&String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap()));
    }
    assert!(text.contains("\"type\":\"attempt\"") && !text.contains("busy"), "{text}");

    let free = quiet_address();
    let (_, done) =
        post(&app, &format!("{path}/replay"), json!({"target": format!("http://{free}/"), "count": 3})).await;
    assert_eq!(done["attempts"][2]["sentence"], format!("Nothing listens on {free}."));
    assert_eq!(
        app.get("/bins/in/requests?q=attempt:connect+attempt:failed").await["requests"].as_array().unwrap().len(),
        1
    );
    let (status, job) =
        post(&app, &format!("{path}/replay"), json!({"target": format!("http://{free}/"), "count": 30})).await;
    assert_eq!(status, 202, "{job}");
    let job = until(&app, &format!("/jobs/{}", job["job"]["id"]), |job| job["state"] != "running").await;
    assert_eq!((&job["state"], &job["done"], &job["failed"]), (&json!("done"), &json!(30), &json!(30)), "{job}");
    assert_eq!(app.get(&format!("{path}/attempts")).await["attempts"].as_array().unwrap().len(), 20);
    assert_eq!(app.client.delete(app.api(&path)).send().await.unwrap().status(), 204);
    assert_eq!(app.get("/bins/in").await["counts"]["bytes"], 0);
    assert_eq!(app.client.get(app.api(&format!("{path}/attempts"))).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn everything_that_a_filter_finds_is_sent_in_order_and_can_be_stopped() {
    let app = TestApp::start().await;
    let target = Target::start();
    app.bin(json!({"name": "in"})).await;
    for n in 0..25 {
        capture(&app, "in", &format!("/n{n}"), if n % 5 == 0 { "other" } else { EVENT }).await;
    }
    let (status, job) = post(&app, "/bins/in/replay?q=ended", json!({"target": target.url("/")})).await;
    assert_eq!((status, &job["job"]["total"]), (202, &json!(20)), "{job}");
    let ended = until(&app, &format!("/jobs/{}", job["job"]["id"]), |job| job["state"] == "done").await;
    assert_eq!((&ended["done"], &ended["delivered"]), (&json!(20), &json!(20)), "{ended}");
    let lines: Vec<String> = target
        .rest()
        .iter()
        .map(|request| String::from_utf8_lossy(&request.head).lines().next().unwrap().to_owned())
        .collect();
    let wanted: Vec<String> = (0..25).filter(|n| n % 5 != 0).map(|n| format!("POST /n{n} HTTP/1.1")).collect();
    assert_eq!(lines, wanted);

    let (status, few) = post(&app, "/bins/in/replay?q=path:/n0", json!({"target": target.url("/")})).await;
    assert_eq!((status, few["attempts"].as_array().unwrap().len()), (200, 1));
    target.next();
    let (_, job) = post(&app, "/bins/in/replay", json!({"target": target.url("/"), "spacing": 5})).await;
    target.next();
    let path = format!("/jobs/{}", job["job"]["id"]);
    let begun = Instant::now();
    assert_eq!(app.client.delete(app.api(&path)).send().await.unwrap().status(), 200);
    let stopped = until(&app, &path, |job| job["state"] != "running").await;
    assert_eq!((&stopped["state"], &stopped["done"]), (&json!("stopped"), &json!(1)), "{stopped}");
    assert!(begun.elapsed() < Duration::from_secs(4));
    assert!(target.rest().is_empty());
    assert_eq!(app.get("/jobs").await["jobs"].as_array().unwrap().len(), 2);
    // A replay into its own bin ends.
    let own = json!({"target": format!("{}/in", app.started.capture_url), "parallel": 8});
    let (_, job) = post(&app, "/bins/in/replay", own).await;
    let ended = until(&app, &format!("/jobs/{}", job["job"]["id"]), |job| job["state"] != "running").await;
    assert_eq!((&ended["state"], &ended["delivered"]), (&json!("done"), &json!(25)), "{ended}");
    assert_eq!(app.get("/bins/in/requests?q=origin:replayed&limit=1").await["total"], 25);
}

#[tokio::test]
async fn the_ninth_hop_is_turned_away() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "loop"})).await;
    capture(&app, "loop", "", EVENT).await;
    let again = json!({"target": format!("{}/loop", app.started.capture_url)});
    for hop in 1..=8 {
        let (_, done) = post(&app, "/bins/loop/requests/latest/replay", again.clone()).await;
        assert_eq!(done["attempts"][0]["response"]["status"], 200, "hop {hop}");
        assert_eq!(app.get("/bins/loop/requests?limit=1").await["total"], hop + 1);
    }
    let (_, ninth) = post(&app, "/bins/loop/requests/latest/replay", again).await;
    assert_eq!(ninth["attempts"][0]["response"]["status"], 508, "{ninth}");
    assert_eq!(app.get("/bins/loop/requests?limit=1").await["total"], 9);
}

#[tokio::test]
async fn a_target_that_is_not_allowed_and_a_field_that_is_wrong_are_named() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "in"})).await;
    capture(&app, "in", "", EVENT).await;
    let path = "/bins/in/requests/latest/replay";
    for target in ["http://10.0.0.1/", "http://169.254.169.254/", "http://2852039166/", &app.started.console_url] {
        for (path, ask) in [
            (path, json!({"target": target})),
            (path, json!({"target": target, "dry_run": true})),
            ("/bins/in/replay", json!({"target": target})),
        ] {
            let (status, problem) = post(&app, path, ask).await;
            assert_eq!(
                (status, &problem["code"], &problem["field"]),
                (422, &json!("target_not_allowed"), &json!("target")),
                "{problem}"
            );
        }
    }
    // What Creel sets itself, or does not send, is not set as if it were sent.
    let set = |name: &str| {
        let fields = json!([{"name": name, "value": "9"}]);
        json!({"target": "http://localhost/", "edit": {"headers": {"set": fields}}})
    };
    for (ask, field) in [
        (json!({}), "target"),
        (json!({"target": "localhost"}), "target"),
        (json!({"target": "http://u:p@localhost/"}), "target"),
        (json!({"target": "http://localhost/", "count": 0}), "count"),
        (json!({"target": "http://localhost/", "count": 1001}), "count"),
        (json!({"target": "http://localhost/", "spacing": "fast"}), "spacing"),
        (json!({"target": "http://localhost/", "spacing": 61}), "spacing"),
        (json!({"target": "http://localhost/", "parallel": 17}), "parallel"),
        (json!({"target": "http://localhost/", "timeout_ms": 0}), "timeout_ms"),
        (json!({"target": "http://localhost/", "sign": true}), "sign"),
        (json!({"target": "http://localhost/", "edit": {"path": "x"}}), "edit.path"),
        (json!({"target": "http://localhost/", "edit": {"path": "/a b"}}), "edit.path"),
        (json!({"target": "http://localhost/", "edit": {"method": "A B"}}), "edit.method"),
        (
            json!({"target": "http://localhost/", "edit": {"headers": {"set": [{"name": "A", "value": "b\r\nC: d"}]}}}),
            "edit.headers.set[0].value",
        ),
        (set("Content-Length"), "edit.headers.set[0].name"),
        (set("transfer-encoding"), "edit.headers.set[0].name"),
        (set("Connection"), "edit.headers.set[0].name"),
        (set("Proxy-Authorization"), "edit.headers.set[0].name"),
        (set("Host"), "edit.headers.set[0].name"),
        (
            json!({"target": "http://localhost/", "edit": {"headers": {"remove": ["X", "host"]}}}),
            "edit.headers.remove[1]",
        ),
        (json!({"target": "http://localhost/", "edit": {"json": {"data": 1}}}), "edit.json.data"),
        (json!({"target": "http://localhost/", "edit": {"json": {"/nowhere/at/all": 1}}}), "edit.json./nowhere/at/all"),
        (json!({"target": "http://localhost/", "edit": {"body": "a", "body_base64": "YQ=="}}), "edit.body_base64"),
        (json!({"target": "http://localhost/", "resign": {}}), "resign.secret"),
    ] {
        let (status, problem) = post(&app, path, ask.clone()).await;
        assert_eq!((status, &problem["field"]), (422, &json!(field)), "{ask} {problem}");
    }
    // A console with a token does not even send to its own machine by itself.
    let token = "0123456789abcdef";
    let guarded =
        TestApp::start_with(|config| config.token = Some(creel::inside::SecretValue::new(token.to_owned()))).await;
    guarded.client.post(&guarded.started.bin_url).body("x").send().await.unwrap();
    let url = guarded.api(&format!("/bins/{}/requests/latest/replay", guarded.started.bin));
    let answer = guarded
        .client
        .post(url)
        .bearer_auth(token)
        .json(&json!({"target": "http://localhost:1/"}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "target_not_allowed");
}

#[tokio::test]
async fn an_export_has_the_attempts_without_what_is_secret_in_them() {
    let app = TestApp::start().await;
    let target = Target::start();
    target.answer(b"HTTP/1.1 200 OK\r\nSet-Cookie: sid=never-told\r\nContent-Length: 2\r\n\r\nok");
    app.bin(json!({"name": "in"})).await;
    let url = format!("{}/in/sub", app.started.capture_url);
    app.client.post(url).header("Authorization", "Bearer never-told").body(EVENT).send().await.unwrap();
    capture(&app, "in", "/other", "x").await;
    let ask = json!({"target": target.url("/hook?token=never-told")});
    let first = app.requests("in").await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(post(&app, &format!("/bins/in/requests/{first}/replay"), ask).await.0, 200);
    let lines = String::from_utf8(app.bytes("/bins/in/export?as=jsonl").await).unwrap();
    assert!(!lines.contains("never-told"), "{lines}");
    let records: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let attempt = &records[0]["attempts"][0];
    assert_eq!(
        (&attempt["why"], &attempt["outcome"], &attempt["status"], &attempt["response_body"]),
        (&json!("replay"), &json!("answered"), &json!(200), &json!("ok")),
        "{attempt}"
    );
    assert!(attempt["sent_head"].as_str().unwrap().starts_with("POST /hook/sub?"), "{attempt}");
    assert!(records[1].get("attempts").is_none(), "a request that was not sent on has none");
    let open = String::from_utf8(app.bytes("/bins/in/export?as=jsonl&secrets=true").await).unwrap();
    assert_eq!(open.matches("never-told").count(), 5, "the captured field, as sent, target, line, cookie: {open}");
}

#[tokio::test]
async fn a_replay_that_is_wrong_on_purpose_proves_that_it_is_turned_down_and_fails_nothing_else() {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let app = TestApp::start().await;
    let target = Target::start();
    app.bin(json!({"name": "in", "provider": "callaider", "secret": "whsec_one"})).await;
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"whsec_one").unwrap();
    mac.update(EVENT.as_bytes());
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let event = app.client.post(format!("{}/in", app.started.capture_url)).header("X-Callaider-Event", "session.ended");
    event.header("X-Callaider-Signature", signature).body(EVENT).send().await.unwrap().error_for_status().unwrap();
    let replay = async |more: Value| {
        let mut ask = json!({"target": target.url("/hook")});
        ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, done) = post(&app, "/bins/in/requests/latest/replay", ask).await;
        assert_eq!(status, 200, "{done}");
        done["attempts"][0]["signature"].clone()
    };
    let states = async || {
        let list = app.get("/bins/in/checklist").await;
        let state =
            |id: &str| list["points"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap()["state"].clone();
        json!([state("fast"), state("wrong_signature")])
    };
    assert_eq!(replay(json!({})).await, Value::Null, "as captured");
    assert_eq!(states().await, json!(["proven", "not_seen"]));
    target.answer(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
    let wrong = json!({"edit": {"headers": {"set": [{"name": "X-Callaider-Signature", "value": "sha256=00"}]}}});
    assert_eq!(replay(wrong).await, "invalid");
    assert_eq!(states().await, json!(["proven", "proven"]));
    let changed = json!({"edit": {"json": {"/data/reason": "timeout"}}});
    assert_eq!(replay(changed.clone()).await, "invalid");
    assert_eq!(replay(json!({"edit": {"headers": {"remove": ["x-callaider-signature"]}}})).await, "missing");
    assert_eq!(states().await, json!(["proven", "proven"]));
    target.answer(OK);
    let mut signed = changed;
    signed["resign"] = json!({});
    assert_eq!(replay(signed).await, "valid");
    assert_eq!(replay(json!({"edit": {"headers": {"set": [{"name": "X-Debug", "value": "1"}]}}})).await, "valid");
    assert_eq!(states().await, json!(["proven", "proven"]), "the evidence stays");
    let attempts = app.get("/bins/in/requests/latest/attempts").await;
    let told: Vec<&Value> = attempts["attempts"].as_array().unwrap().iter().map(|one| &one["signature"]).collect();
    assert_eq!(json!(told), json!(["valid", "valid", "missing", "invalid", "invalid", null]), "newest first");
    // Taken all the same, it is a failure.
    replay(json!({"edit": {"headers": {"set": [{"name": "X-Callaider-Signature", "value": "sha256=00"}]}}})).await;
    assert_eq!(states().await, json!(["proven", "failed"]));
}
