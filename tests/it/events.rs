//! What events mean: contracts, sessions, what is expected.

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

/// A Pathors event.
fn pathors(event: &str, session: &str, timestamp: &str, more: &Value) -> String {
    let mut body = json!({"event": event, "sessionId": session, "timestamp": timestamp});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body.to_string()
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

fn codes(session: &Value) -> Vec<&str> {
    session["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn a_session_has_its_events_in_order_and_what_is_against_the_document() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "calls", "provider": "pathors"})).await;
    let talk = json!({"currentNodeId": "n", "messagesCount": 2, "extractedVariables": {"name": "Ada"}});
    let mut combined = talk.clone();
    combined["projectId"] = "p".into();
    let at = "2026-05-28T12:40:00.000Z";
    // A text session that has a call, ends differently, and is finalized twice.
    post(&app, "calls", &[JSON], &pathors("session.ended", "s/1 ü", at, &talk)).await;
    combined["extractedVariables"]["name"] = "Eve".into();
    let finalized = pathors("session.finalized", "s/1 ü", at, &combined);
    post(&app, "calls", &[JSON], &finalized).await;
    let call = json!({"projectId": "p", "callStatus": "busy", "callDuration": 0});
    post(&app, "calls", &[JSON], &pathors("call.ended", "s/1 ü", at, &call)).await;
    post(&app, "calls", &[JSON], &finalized).await;
    // As it should be.
    combined["extractedVariables"]["name"] = "Ada".into();
    post(&app, "calls", &[JSON], &pathors("session.ended", "s2", at, &talk)).await;
    post(&app, "calls", &[JSON], &pathors("session.finalized", "s2", at, &combined)).await;
    let page = app.get("/bins/calls/sessions").await;
    let sessions = page["sessions"].as_array().unwrap();
    let ids: Vec<_> = sessions.iter().map(|session| session["id"].as_str().unwrap()).collect();
    assert_eq!((ids, &page["next"]), (vec!["s2", "s/1 ü"], &Value::Null));
    assert_eq!(codes(&sessions[0]), Vec::<&str>::new());
    let expected = ["twice", "after_end", "not_of_a_text_session", "contradiction"];
    assert_eq!(codes(&sessions[1]), expected);
    // Named in a path, with what a path may not hold.
    let one = app.get("/bins/calls/sessions/s%2F1%20%C3%BC").await;
    assert_eq!((&one["id"], &one["total"], codes(&one)), (&json!("s/1 ü"), &json!(4), expected.to_vec()));
    let names: Vec<_> = one["events"].as_array().unwrap().iter().map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["session.ended", "session.finalized", "call.ended", "session.finalized"]);
    let twice = &one["findings"][0];
    assert!(twice["source"]["text"].as_str().unwrap().contains("fires at most once per session"), "{twice}");
    assert_eq!(twice["requests"], json!([one["events"][1]["request"], one["events"][3]["request"]]));
    let url = format!("{}/bins/calls/sessions/s%2F1%20%C3%BC", app.started.console_url);
    let html = app.client.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("fires at most once per session") && html.contains("that of a text session"), "{html}");
    let missing = app.client.get(app.api("/bins/calls/sessions/nobody")).send().await.unwrap();
    assert_eq!(missing.status(), 404);
}

#[actix_web::test]
async fn what_was_turned_down_what_is_forged_and_what_creel_sent_itself_are_told_apart() {
    let app = TestApp::start().await;
    let response = json!({"script": [{"status": 503}, {"status": 200}]});
    app.bin(json!({"name": "calls", "provider": "pathors", "secret": "Bearer tok", "response": response})).await;
    let talk = json!({"currentNodeId": "n", "messagesCount": 2, "extractedVariables": {}});
    let body = pathors("session.ended", "s", "2026-05-28T12:40:00.000Z", &talk);
    let proven = [JSON, ("Authorization", "Bearer tok")];
    for fields in [&proven[..], &[JSON, ("Authorization", "Bearer no")]] {
        let mut request = app.client.post(format!("{}/calls", app.started.capture_url)).body(body.clone());
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap();
    }
    let id = app.requests("calls").await[0]["id"].as_str().unwrap().to_owned();
    let replay = app.client.post(app.api(&format!("/bins/calls/requests/{id}/replay")));
    let target = format!("{}/calls", app.started.capture_url);
    assert_eq!(replay.json(&json!({"target": target})).send().await.unwrap().status(), 200);
    let session = app.get("/bins/calls/sessions/s").await;
    let left_out: Vec<_> = session["events"].as_array().unwrap().iter().map(|event| &event["left_out"]).collect();
    assert_eq!(json!(left_out), json!([null, "not proven by its signature", "sent by Creel"]));
    assert_eq!(codes(&session), ["not_accepted"]);
    assert_eq!(session["findings"][0]["sentence"], "session.ended was answered 503. Pathors does not send it again.");
}

#[actix_web::test]
async fn what_is_expected_is_the_platforms_own_choice_until_another_is_made() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "calls", "provider": "pathors"})).await;
    let talk = json!({"currentNodeId": "n", "messagesCount": 2, "extractedVariables": {}, "projectId": "p"});
    post(&app, "calls", &[JSON], &pathors("session.finalized", "s", "2026-05-28T12:40:00.000Z", &talk)).await;
    let session = async || app.get("/bins/calls/sessions/s").await;
    assert_eq!(session().await["missing"], json!(["session.ended"]));
    let expect = app.get("/bins/calls/expect").await;
    assert_eq!((&expect["events"], &expect["silence_s"]), (&Value::Null, &json!(1_800)));
    let put = async |body: Value| {
        let response = app.client.put(app.api("/bins/calls/expect")).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    assert_eq!(put(json!({"events": ["session.finalized"]})).await.0, 200);
    assert_eq!(session().await["missing"], json!([]));
    assert_eq!(app.get("/bins/calls/expect").await["events"], json!(["session.finalized"]));
    let (status, problem) = put(json!({"events": ["session.paused"]})).await;
    assert_eq!((status, &problem["field"]), (422, &json!("events[0]")), "{problem}");
    let (status, problem) = put(json!({"silence_s": 0})).await;
    assert_eq!((status, &problem["field"]), (422, &json!("silence_s")), "{problem}");
    assert_eq!(put(json!({})).await.0, 200);
    assert_eq!(session().await["missing"], json!(["session.ended"]), "it goes back");
}
