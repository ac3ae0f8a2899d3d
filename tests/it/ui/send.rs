//! The page that simulates platforms and checks receivers.

use serde_json::{Value, json};

use super::browser::{NARROW, WIDE};
use super::{SECRET, SESSION, Stage, accessibility};
use crate::deliver::receiver::{self, Mistake};

/// What has failed is open.
const FAILED: &str = "#cases details[open]:has(> summary .chip.bad)";

#[tokio::test]
async fn an_event_is_shown_before_it_is_sent_and_then_sent_to_the_bin() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.callaider().await;
    stage.open("/bins/callaider").await;
    browser.click("a[href='/bins/callaider/send']").await;
    browser.until("document.querySelector('#send-form')").await;
    let chosen = browser.js("return document.querySelector('#event').value").await;
    assert_eq!(chosen, "callaider session.ended");
    browser.click("#headers").await;
    browser.keys("X-Callaider-Event: mine").await;
    browser.click("#set").await;
    browser.keys(&format!("/sessionId={SESSION}")).await;
    browser.click("[data-preview]").await;
    browser.until_text("#sent", "X-Callaider-Event: session.ended").await;
    browser.until_text("#sent", "the platform's own win: X-Callaider-Event").await;
    assert!(stage.app.requests("callaider").await.is_empty(), "nothing is sent yet");
    browser.click("#send-form [type=submit]").await;
    browser.until("document.querySelector('#sent .chip.ok')?.textContent === '200'").await;
    let request = stage.app.get("/bins/callaider/requests/latest").await;
    assert_eq!((request["origin"].as_str(), request["event"]["session"].as_str()), (Some("simulated"), Some(SESSION)));
    assert_eq!(request["signature"]["status"], "valid");
    // What is wrong is said, and the field at fault is gone to.
    browser.click("#target").await;
    browser.keys("nothing").await;
    browser.click("#send-form [type=submit]").await;
    browser.until_text("#send-error", "starts with http").await;
    assert_eq!(browser.js("return document.activeElement.id").await, "target");
}

#[tokio::test]
async fn sending_is_found_on_a_narrow_page_and_by_its_name() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.callaider().await;
    stage.event("session.started", SESSION, json!({}), SECRET).await;
    stage.open("/bins/callaider").await;
    stage.until_live().await;
    browser.control('k').await;
    browser.until("document.activeElement.matches('.palette-input')").await;
    browser.keys("send: ").await;
    browser.until_text(".palette-list", "Send: simulate a platform, check a receiver").await;
    browser.keys("\u{e007}").await;
    browser.until("location.pathname === '/bins/callaider/send'").await;
    browser.size(NARROW).await;
    for page in ["send", "checklist"] {
        stage.open("/bins/callaider").await;
        browser.click(".side-status summary").await;
        browser.click(&format!(".side-status a[href='/bins/callaider/{page}']")).await;
        browser.until(&format!("location.pathname === '/bins/callaider/{page}'")).await;
    }
}

#[tokio::test]
async fn escape_leaves_a_field_and_no_page_whose_fields_were_changed() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.callaider().await;
    stage.open("/bins/callaider/send").await;
    browser.js("addEventListener('beforeunload', () => sessionStorage.setItem('left', 'yes'))").await;
    browser.click("#send-form [name=target]").await;
    browser.keys("http://elsewhere\u{e00c}").await;
    browser.until("document.activeElement === document.body").await;
    browser.keys("\u{e00c}").await;
    assert_eq!(browser.js("return sessionStorage.getItem('left')").await, Value::Null);
    browser
        .js("const field = document.querySelector('#send-form [name=target]'); field.value = field.defaultValue")
        .await;
    browser.keys("\u{e00c}").await;
    browser.until("location.pathname === '/bins/callaider'").await;
}

#[tokio::test]
async fn a_receiver_is_checked_with_live_progress_and_the_way_to_mend_it() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.callaider().await;
    let url = receiver::start(Mistake::FailsMalformed, false);
    stage.open("/bins/callaider/send").await;
    browser.click("#receiver").await;
    browser.keys(&url).await;
    browser
        .js("const s = document.querySelector('#check-sign'); s.value = 'value'; s.dispatchEvent(new Event('change'))")
        .await;
    browser.click("#secret").await;
    browser.keys(receiver::SECRET).await;
    browser.click("#check-form [type=submit]").await;
    browser
        .until("location.pathname.startsWith('/check/') && document.querySelectorAll('#cases > li').length > 1")
        .await;
    browser.until_text("#report-line", "18 passed, 1 failed, 2 notes, 0 skipped.").await;
    browser.until_text(FAILED, "Answers malformed JSON with 4xx").await;
    assert_eq!(browser.count("#cases details[open]:has(> summary .chip.warn)").await, 2, "notes say why");
    browser.until_text(FAILED, "JSON.parse").await;
    browser
        .js("const f = document.querySelector('#framework'); f.value = 'go'; f.dispatchEvent(new Event('change'))")
        .await;
    browser.until_text(FAILED, "json.Unmarshal").await;
    // It has an address of its own, and files for a ticket and a pipeline.
    let path = browser.js("return location.pathname").await.as_str().unwrap().to_owned();
    stage.open(&path).await;
    browser.until_text(FAILED, "json.Unmarshal").await;
    for (wanted, part) in [("md", "| FAIL | Answers malformed JSON with 4xx |"), ("junit", "failures=\"1\"")] {
        let link = browser.js(&format!("return document.querySelector('a[href*=\"format={wanted}\"]').href")).await;
        let text = stage.app.client.get(link.as_str().unwrap()).send().await.unwrap().text().await.unwrap();
        assert!(text.contains(part), "{wanted}: {text}");
    }
    browser.js("document.querySelectorAll('#cases details').forEach((one) => { one.open = true; })").await;
    let axe = accessibility::script();
    for (size, theme) in [(WIDE, "light"), (NARROW, "dark")] {
        browser.size(size).await;
        browser.theme(theme).await;
        assert_eq!(accessibility::findings(&stage, &axe).await, json!([]), "{theme}, {size:?}");
        let wider = browser.js("return document.documentElement.scrollWidth - innerWidth").await;
        assert!(wider.as_i64().unwrap() <= 0, "wider than the window at {size:?}");
    }
    let page = browser.js("return document.documentElement.outerHTML").await;
    assert!(!page.as_str().unwrap().contains(receiver::SECRET), "a secret is never in the page");
}
