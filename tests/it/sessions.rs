//! Sessions: who they are, and what their events are by their contracts; the receiver check beside them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::deliver::receiver::{self, Mistake, SECRET};
use crate::helpers::TestApp;

const SESSION: &str = "2d7b8f7f-2de0-4db9-ae6f-9a1f8d98f6d2";

async fn post(app: &TestApp, bin: &str, event: &str, session: &str, data: Value) {
    let body = json!({
        "event": event, "timestamp": "2026-05-28T12:34:56.789Z", "assistantId": 123, "sessionId": session, "data": data,
    });
    let request = app.client.post(format!("{}/{bin}", app.started.capture_url)).json(&body);
    assert_eq!(request.header("X-Callaider-Event", event).send().await.unwrap().status(), 200);
}

async fn page(app: &TestApp, path: &str) -> String {
    app.client.get(format!("{}{path}", app.started.console_url)).send().await.unwrap().text().await.unwrap()
}

#[actix_web::test]
async fn a_session_whose_events_break_their_contract_says_so_in_the_list_and_on_its_page() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "calls", "provider": "callaider"})).await;
    let started = json!({"metadata": {"sessionMode": "voice"}});
    post(&app, "calls", "session.started", SESSION, started.clone()).await;
    let well = page(&app, "/bins/calls/sessions").await;
    assert!(!well.contains("the contract") && !well.contains("not as in the document"), "{well}");
    let broken = json!({"durationSeconds": "0", "transcript": [], "odd": 1});
    post(&app, "calls", "session.ended", SESSION, broken).await;
    let ended = app.get("/bins/calls/requests/latest").await["id"].as_str().unwrap().to_owned();
    let list = app.get("/bins/calls/sessions").await;
    let one = app.get(&format!("/bins/calls/sessions/{SESSION}")).await;
    for session in [&list["sessions"][0], &one] {
        let events = &session["events"];
        let none = json!({"breaks": 0, "unknown": 0, "drift": 0, "more": 0});
        assert_eq!((&events[0]["contract"], &events[1]["contract"]["breaks"]), (&none, &json!(2)), "{session}");
        let all = json!({"events": 2, "breaks": 2, "unknown": 1, "drift": 0, "more": 0});
        assert_eq!(session["contract"], all);
        assert_eq!(session["findings"], json!([]), "its lifecycle is as it should be");
    }
    let link = format!(
        "<a class=\"chip bad\" href=\"/bins/calls/requests/{ended}?tab=event#h-contract\">2 break the contract</a>"
    );
    for path in ["/bins/calls/sessions".to_owned(), format!("/bins/calls/sessions/{SESSION}")] {
        let html = page(&app, &path).await;
        assert!(html.contains(&link), "{path}: {html}");
        assert!(!html.contains("<span class=\"chip ok\">nothing missing"), "{path} is green: {html}");
    }
    // What Creel sent itself is not the platform's.
    app.bin(json!({"name": "played", "provider": "callaider"})).await;
    post(&app, "played", "session.started", SESSION, started).await;
    let send = app.client.post(app.api("/bins/played/send"));
    let input =
        json!({"provider": "callaider", "event": "session.ended", "session": SESSION, "set": {"/data/reason": 7}});
    assert_eq!(send.json(&input).send().await.unwrap().status(), 200);
    let one = app.get(&format!("/bins/played/sessions/{SESSION}")).await;
    assert_eq!((&one["events"][1]["left_out"], &one["contract"]["breaks"]), (&json!("simulated"), &json!(0)), "{one}");
    assert_eq!(one["events"][1]["contract"]["breaks"], 1, "{one}");
}

#[actix_web::test]
async fn a_session_is_the_one_of_its_whole_name_whatever_its_length() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "calls", "provider": "callaider"})).await;
    let long = |end: &str| format!("{}{end}", "x".repeat(300));
    let names = ["s1".to_owned(), "s10".to_owned(), "S1".to_owned(), long("a"), long("b")];
    for name in &names {
        post(&app, "calls", "session.ended", name, json!({"reason": "timeout", "transcript": []})).await;
    }
    let sessions = app.get("/bins/calls/sessions").await;
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), names.len(), "{sessions}");
    let found = async |filter: &str| {
        let mut url = url::Url::parse(&app.api("/bins/calls/requests")).unwrap();
        url.query_pairs_mut().append_pair("q", filter);
        let page: Value = app.client.get(url).send().await.unwrap().json().await.unwrap();
        page["requests"].as_array().unwrap_or_else(|| panic!("{filter}: {page}")).len()
    };
    for name in &names {
        assert_eq!(found(&format!("session:\"{name}\"")).await, 1, "{name}");
        let mut url = url::Url::parse(&app.api("/bins/calls/session")).unwrap();
        url.query_pairs_mut().append_pair("id", name);
        let one: Value = app.client.get(url).send().await.unwrap().json().await.unwrap();
        assert_eq!(one["total"], 1, "{name}: {one}");
    }
    assert_eq!((found("session:s").await, found("session:s*").await, found("session:xxx*").await), (0, 3, 2));
}

#[actix_web::test]
async fn a_check_is_waited_for_has_a_page_and_fills_in_the_checklist() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "calls", "provider": "callaider", "secret": SECRET})).await;
    let url = receiver::start(Mistake::IsCrowded, false);
    let cases = json!(["valid_event", "wrong_signature", "duplicate"]);
    let input = json!({"bin": "calls", "target": url, "secret": "secret 1", "cases": cases});
    let check = async |wait: &str, input: &Value| {
        let response = app.client.post(app.api(&format!("/check?wait={wait}"))).json(input).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, report) = check("30s", &input).await;
    assert_eq!((status, &report["finished"], &report["ok"]), (200, &json!(true), &json!(true)), "{report}");
    let address = report["url"].as_str().unwrap().to_owned();
    let html = app.client.get(&address).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("Refuses a wrong signature with 401") && html.contains("3 passed, 0 failed"), "{html}");
    assert!(!html.contains(SECRET), "{html}");
    let list = app.get("/bins/calls/checklist").await;
    let point = |list: &Value, id: &str| {
        list["points"].as_array().unwrap().iter().find(|point| point["id"] == id).unwrap().clone()
    };
    for id in ["fast", "wrong_signature"] {
        let point = point(&list, id);
        assert_eq!((&point["state"], &point["check"]), (&json!("proven"), &json!(address)), "{point}");
        assert!(point["sentence"].as_str().unwrap().starts_with(&format!("The check of {url} on 2")), "{point}");
    }
    assert_eq!(point(&list, "idempotency")["state"], "not_seen", "that it is processed once is not seen from outside");
    let markdown = String::from_utf8(app.bytes("/bins/calls/checklist?format=md").await).unwrap();
    assert!(markdown.contains(&format!("  - {address}\n")), "{markdown}");

    // Of twenty at once those that failed are told first.
    let (_, report) = check("30", &json!({"bin": "calls", "target": url, "cases": ["valid_event", "parallel"]})).await;
    let shots = report["cases"][1]["requests"].as_array().unwrap();
    assert_eq!((shots.len(), &report["cases"][1]["result"]), (20, &json!("failed")), "{report}");
    assert_ne!(shots[0]["status"], 200, "{shots:?}");
    let right = |shot: &Value| shot["status"] == 200;
    let first = shots.iter().position(right).unwrap_or(20);
    assert!(shots[first..].iter().all(right), "{shots:?}");
    let fast = point(&app.get("/bins/calls/checklist").await, "fast");
    assert_eq!((&fast["state"], &fast["action"]["label"]), (&json!("failed"), &json!("Check your endpoint")), "{fast}");
    let path = address.split("/check/").next().unwrap();
    let junit = app.client.get(format!("{path}/api/v1/check/{}?format=junit", report["id"])).send().await.unwrap();
    assert_eq!(junit.headers()["content-type"], "application/xml");
    assert!(junit.text().await.unwrap().contains("failures=\"1\""));
    let wrong = app.client.get(app.api(&format!("/check/{}?framework=x", report["id"]))).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
    assert_eq!(check("soon", &input).await.0, 400);
    let gone = app.client.get(format!("{}/check/99", app.started.console_url)).send().await.unwrap();
    assert_eq!(gone.status(), 404);
    // A wait that is too short tells how far it is.
    let slow = receiver::start(Mistake::IsLate, false);
    let begun = std::time::Instant::now();
    let (status, report) = check("10ms", &json!({"bin": "calls", "target": slow})).await;
    assert_eq!((status, &report["finished"]), (202, &json!(false)), "{report}");
    assert!(begun.elapsed() < Duration::from_secs(3));
}
