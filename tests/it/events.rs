//! What events mean: contracts.

use serde_json::{Value, json};

use crate::helpers::{TestApp, raw};
use crate::seeds::{EVENTS, parts};

/// Sends an event of the documents to a bin, as it is.
fn send(app: &TestApp, bin: &str, message: &[u8]) {
    let (head, body) = parts(message);
    let head = str::from_utf8(head).unwrap().replacen("POST /hook", &format!("POST /{bin}/hook"), 1);
    assert_eq!(raw::exchange(app.capture, &[head.as_bytes(), body].concat()).status, 200);
}

async fn post(app: &TestApp, bin: &str, fields: &[(&str, &str)], body: &str) {
    let mut request = app.client.post(format!("{}/{bin}", app.started.capture_url)).body(body.to_owned());
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[actix_web::test]
async fn the_documents_own_events_are_as_their_contracts_say() {
    let app = TestApp::start().await;
    let bin = app.bin_id().await;
    for (name, message) in EVENTS {
        send(&app, &bin, message);
        let contract = app.get(&format!("/bins/{bin}/requests/latest/contract")).await;
        let (provider, event) = name.split_once(' ').unwrap();
        assert_eq!((&contract["provider"], &contract["event"]), (&json!(provider), &json!(event)));
        assert_eq!(contract["findings"], json!([]), "{name}");
        assert_eq!(contract["not_checked_because"], Value::Null);
    }
}

#[actix_web::test]
async fn what_breaks_a_contract_is_told_by_the_api_in_the_tree_and_on_the_events_tab() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "events", "provider": "callaider", "secret": "whsec_callaider_live"})).await;
    let body = json!({
        "event": "session.ended", "timestamp": "2026-05-28T12:34:56.789Z", "assistantId": "123",
        "sessionId": "2d7b8f7f-2de0-4db9-ae6f-9a1f8d98f6d2",
        "data": {"durationSeconds": 27, "transcript": [{"role": "bot", "content": "<b>", "timestamp": 1_779_954_672_417_u64}]},
    });
    let fields = [("Content-Type", "application/json"), ("X-Callaider-Event", "session.ended")];
    post(&app, "events", &fields, &body.to_string()).await;
    let latest = "/bins/events/requests/latest";
    let contract = app.get(&format!("{latest}/contract")).await;
    let found: Vec<_> = contract["findings"].as_array().unwrap().iter().collect();
    let told: Vec<_> = found.iter().map(|one| (&one["place"], &one["header"], &one["pointer"], &one["code"])).collect();
    let expected = [
        json!(["header", "X-Callaider-Signature", null, "missing"]),
        json!(["body", null, "/assistantId", "wrong_type"]),
        json!(["body", null, "/data/transcript/0/role", "unknown_value"]),
        json!(["body", null, "/data/reason", "missing"]),
    ];
    assert_eq!(json!(told), json!(expected));
    assert!(found.iter().all(|one| one["severity"] == "breaks" && one["source"]["text"].is_string()), "{found:?}");
    let id = app.requests("events").await[0]["id"].as_str().unwrap().to_owned();
    let page = async |path: &str| {
        let url = format!("{}/bins/events/requests/{id}{path}", app.started.console_url);
        app.client.get(url).send().await.unwrap().text().await.unwrap()
    };
    let tree = page("").await;
    for sentence in ["`assistantId` is a text, not a whole number.", "The field `reason` is missing."] {
        assert_eq!(tree.matches(sentence).count(), 1, "{sentence}: {tree}");
    }
    let children = page("/json?node=0&offset=2").await;
    assert!(children.contains("`assistantId` is a text"), "fetched later, it is there too: {children}");
    let tab = page("?tab=event").await;
    assert!(tab.contains("4 break the contract") && tab.contains("reason - end reason"), "{tab}");
}

#[actix_web::test]
async fn what_is_no_event_of_a_known_document_says_why_it_is_not_held_against_one() {
    let app = TestApp::start().await;
    let bin = app.bin_id().await;
    post(&app, &bin, &[("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "1")], "{}").await;
    let contract = app.get(&format!("/bins/{bin}/requests/latest/contract")).await;
    assert_eq!(contract["not_checked_because"], "No document of the platform is known in full.");
    assert_eq!((&contract["provider"], &contract["findings"]), (&Value::Null, &json!([])));
}
