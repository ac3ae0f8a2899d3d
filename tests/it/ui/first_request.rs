//! From nothing to the first request, and what the platforms' events look like.

use serde_json::json;

use super::{SECRET, SESSION, Stage};

#[tokio::test]
async fn a_newcomer_sees_the_first_request_appear_without_a_reload() {
    let stage = Stage::set().await;
    let (browser, bin) = (&stage.browser, stage.app.started.bin.clone());
    stage.open("/").await;
    browser.until_text("main", "Waiting for the first request").await;
    let url = browser.text(".steps .copybox code").await;
    assert_eq!(url, stage.app.started.bin_url, "the URL to hand out stands there");
    let command = browser.js("return document.querySelectorAll('.steps .copybox')[1].innerText").await;
    assert!(command.as_str().unwrap().contains(&url), "{command}");
    let between = browser.js("return parseFloat(getComputedStyle(document.querySelector('.steps')).rowGap)").await;
    assert!(between.as_f64().unwrap() > 10.0, "the steps have space between them: {between}");
    browser.click(".steps [data-copy]").await;
    assert_eq!(browser.clipboard().await, url);
    // The page listens before anything is sent.
    browser.js("window.untouched = true").await;
    let id = stage.send("POST", &bin, &[("Content-Type", "application/json")], r#"{"hello":"world"}"#).await;
    stage.until_shown(&id).await;
    browser.until_text(".tree", "world").await;
    browser.until_text("#rows", "POST").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_name_that_a_sender_asked_for_appears_and_one_click_makes_the_bin() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.open("/").await;
    browser.until_text("main", "Waiting for the first request").await;
    for _ in 0..2 {
        let url = format!("{}/ordres", stage.app.started.capture_url);
        assert_eq!(stage.app.client.post(url).body("x").send().await.unwrap().status(), 404);
    }
    browser.until_text("#unknown", "2 times").await;
    browser.click("[data-make-bin=ordres]").await;
    browser.until("location.pathname === '/bins/ordres'").await;
    assert_eq!(stage.app.get("/bins/ordres").await["name"], "ordres");
}

#[tokio::test]
async fn an_open_empty_bin_shows_its_first_request_by_itself() {
    let stage = Stage::set().await;
    stage.app.bin(json!({"name": "fresh"})).await;
    stage.open("/bins/fresh").await;
    stage.until_live().await;
    stage.browser.js("window.untouched = true").await;
    let id = stage.send("PUT", "fresh/a/b?c=d", &[], "hello").await;
    stage.until_shown(&id).await;
    stage.browser.until_text(".detail-title", "/a/b?c=d").await;
    assert_eq!(stage.browser.js("return window.untouched === true").await, true, "no reload");
}

#[tokio::test]
async fn events_of_both_platforms_come_with_verdict_and_name() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.callaider().await;
    stage.app.bin(json!({"name": "pathors", "provider": "pathors"})).await;
    stage.open("/bins/callaider").await;
    stage.until_live().await;
    stage.event("session.started", SESSION, json!({"metadata": {"sessionMode": "voice"}}), SECRET).await;
    browser.until_text("#rows li:first-child", "session.started").await;
    browser.until("document.querySelector('#rows li:first-child .chip')?.textContent === 'valid'").await;
    stage.event("session.ended", SESSION, json!({"reason": "timeout"}), "another secret").await;
    browser.until_text("#rows li:first-child", "session.ended").await;
    browser.until_text("#rows li:first-child .chip", "invalid").await;
    // A forged event is the first of nothing: the real one is no duplicate of it, the one after that is.
    stage.event("session.ended", SESSION, json!({"reason": "timeout"}), SECRET).await;
    browser.until("document.querySelector('#rows li:first-child .chip')?.textContent === 'valid'").await;
    stage.event("session.ended", SESSION, json!({"reason": "timeout"}), SECRET).await;
    browser.until_text("#rows li:first-child .marks", "duplicate").await;

    stage.open("/bins/pathors").await;
    stage.until_live().await;
    for event in ["session.ended", "call.ended", "session.finalized", "recording.ready"] {
        let body = json!({"event": event, "sessionId": SESSION, "timestamp": "2026-05-28T12:34:56.789Z"}).to_string();
        stage
            .send("POST", "pathors", &[("Content-Type", "application/json"), ("Authorization", "Bearer x")], body)
            .await;
        browser.until_text("#rows li:first-child", event).await;
    }
    stage.open("/").await;
    browser.until_text("#bins", "pathors").await;
    browser.until_text("#bins tr:first-child .num", "4").await;
    browser.until_text("[data-bin]:nth-child(2)", "invalid").await;
}
