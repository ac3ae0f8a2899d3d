//! What attempts were answered, compared: any two of a request, and a bin's requests before and after a change.

use serde_json::{Value, json};

use super::replay::post;
use super::target::Target;
use crate::helpers::TestApp;

const OLD: &[u8] = b"HTTP/1.1 200 OK\r\nDate: Mon\r\nX-Version: 1\r\nContent-Length: 17\r\n\r\n{\"ok\":1,\"at\":10}";
const NEW: &[u8] = b"HTTP/1.1 200 OK\r\nDate: Tue\r\nX-Version: 1\r\nContent-Length: 17\r\n\r\n{\"ok\":2,\"at\":20}";
const DOWN: &[u8] = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";

async fn replayed(app: &TestApp, path: &str, target: &Target) -> Vec<u64> {
    let (status, answer) = post(app, path, json!({"target": target.url("/hook")})).await;
    assert_eq!(status, 200, "{answer}");
    answer["attempts"].as_array().unwrap().iter().map(|attempt| attempt["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn any_two_attempts_of_a_request_are_compared() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "in"})).await;
    app.client.post(format!("{}/in", app.started.capture_url)).body("x").send().await.unwrap();
    let target = Target::start();
    let path = "/bins/in/requests/latest";
    let refused = app.client.get(app.api(&format!("{path}/attempts/diff"))).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    let mut ids = Vec::new();
    for answer in [OLD, DOWN, NEW, OLD] {
        target.answer(answer);
        ids.extend(replayed(&app, &format!("{path}/replay"), &target).await);
    }
    let diff = async |query: &str| app.get(&format!("{path}/attempts/diff{query}")).await;
    let two = |a: usize, b: usize| format!("?a={}&b={}", ids[a], ids[b]);
    let same = diff(&two(0, 3)).await;
    assert_eq!((&same["same"], &same["headers"]), (&json!(true), &json!([])), "{same}");
    let changed = diff(&two(0, 2)).await;
    assert_eq!((&changed["same"], &changed["body"]["as"]), (&json!(false), &json!("json")), "{changed}");
    assert_eq!(changed["body"]["changes"].as_array().unwrap().len(), 2, "{changed}");
    assert_eq!(diff(&format!("{}&ignore=/ok,/at", two(0, 2))).await["same"], true);
    let failed = diff(&two(1, 0)).await;
    assert_eq!((&failed["a"]["status"], &failed["b"]["status"]), (&json!(500), &json!(200)), "{failed}");
    // Without a choice, the last two.
    let last = diff("").await;
    assert_eq!((&last["a"]["id"], &last["b"]["id"]), (&json!(ids[2]), &json!(ids[3])), "{last}");
    let unknown = app.client.get(app.api(&format!("{path}/attempts/diff?a=999999"))).send().await.unwrap();
    assert_eq!(unknown.json::<Value>().await.unwrap()["field"], "a");
}

#[tokio::test]
async fn what_a_changed_receiver_answers_differently_is_listed() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "in"})).await;
    for path in ["same", "other", "new"] {
        app.client.post(format!("{}/in/{path}", app.started.capture_url)).body("x").send().await.unwrap();
    }
    let target = Target::start();
    let to = |path: &str| format!("/bins/in/replay?q=path:/{path}");
    target.answer(OLD);
    for path in ["same", "other"] {
        replayed(&app, &to(path), &target).await;
    }
    let latest = app.get("/bins/in/requests?q=path:/other").await["requests"][0]["id"].as_str().unwrap().to_owned();
    // The moment of the change: after what was begun, before what begins next.
    let begun = async |id: &str| {
        let attempts = app.get(&format!("/bins/in/requests/{id}/attempts")).await;
        attempts["attempts"][0]["started_at"].as_str().unwrap().to_owned()
    };
    let before = begun(&latest).await;
    replayed(&app, &to("same"), &target).await;
    target.answer(NEW);
    for path in ["other", "new"] {
        replayed(&app, &to(path), &target).await;
    }
    let same = app.get("/bins/in/requests?q=path:/same").await["requests"][0]["id"].as_str().unwrap().to_owned();
    let since = begun(&same).await;
    assert!(since > before);
    let changes = app.get(&format!("/bins/in/attempts/diff?since={since}")).await;
    assert_eq!((&changes["compared"], &changes["truncated"]), (&json!(2), &json!(false)), "{changes}");
    let changed = changes["changed"].as_array().unwrap();
    assert_eq!((changed.len(), &changed[0]["a"]["request"]), (1, &json!(latest)), "{changes}");
    let ignored = app.get(&format!("/bins/in/attempts/diff?since={since}&ignore=/ok,/at")).await;
    assert_eq!(ignored["changed"], json!([]), "{ignored}");
    let page = async |query: &str| {
        let url = format!("{}/bins/in/answers{query}", app.started.console_url);
        app.client.get(url).send().await.unwrap().text().await.unwrap()
    };
    assert!(page("").await.contains("name=\"since\"") && !page("").await.contains("What changed"));
    let shown = page(&format!("?since={since}&ignore=/at")).await;
    let link = format!("/bins/in/requests/{latest}?tab=deliver");
    for wanted in ["2 requests were answered before and after; 1 is answered differently.", &link, "/ok: 1 → 2"] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
    assert!(!shown.contains("/at: 10"), "{shown}");
    // As the form gives it, in whole minutes and without a zone.
    assert!(page("?since=2026-01-01T00:00").await.contains("No request was answered both before and after"));
    assert!(page("?since=yesterday").await.contains("Give the moment in UTC"));
    let filtered = app.get(&format!("/bins/in/attempts/diff?since={since}&q=path:/same")).await;
    assert_eq!(filtered["compared"], 1);
    let wrong = app.client.get(app.api("/bins/in/attempts/diff?since=yesterday")).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
}
