//! Sessions, conversations and the checklist in a browser.

use serde_json::json;

use super::{SECRET, SESSION, Stage};
use crate::deliver::target::Target;

#[tokio::test]
async fn a_page_of_sessions_follows_what_comes() {
    let stage = Stage::set().await;
    stage.callaider().await;
    let browser = &stage.browser;
    stage.open("/bins/callaider").await;
    browser.click("a[href='/bins/callaider/sessions']").await;
    browser.until_text("#live-part", "No request names a session yet.").await;
    stage.until_live().await;
    stage.event("session.started", SESSION, json!({"metadata": {"sessionMode": "voice"}}), SECRET).await;
    browser.until_text("#live-part", "session.started").await;
    browser.click("table.sessions a").await;
    browser.until_text("h1", SESSION).await;
    stage.until_live().await;
    let transcript = json!([{"role": "user", "content": "Until Friday!", "timestamp": 1_779_971_697_000_u64}]);
    let ended = json!({"reason": "user_ended", "durationSeconds": 27, "transcript": transcript});
    stage.event("session.ended", SESSION, ended, SECRET).await;
    browser.until_text(".conversation", "Until Friday!").await;
    browser.until_text("#live-part", "0.0 s lie between the timestamps").await;
    assert_eq!(browser.count(".timeline > li").await, 2);
    browser.click(".timeline > li:last-child a.event-name").await;
    browser.until_text("#h-contract", "Contract").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_point_of_the_checklist_is_stated_by_hand_and_taken_back() {
    let stage = Stage::set().await;
    stage.callaider().await;
    let browser = &stage.browser;
    stage.open("/bins/callaider/checklist").await;
    stage.until_live().await;
    browser.click("[data-state-point=alerts]").await;
    browser.until("document.activeElement.id === 'statement'").await;
    browser.keys("Alert 5xx of the gateway").await;
    browser.click("dialog .btn.primary").await;
    browser.until_text("[data-point=alerts]", "Alert 5xx of the gateway").await;
    browser.until_text("#live-part", "1 of 9 settled").await;
    browser.click("[data-unstate=alerts]").await;
    browser.until_text("[data-point=alerts]", "not seen yet").await;
    stage.event("session.started", SESSION, json!({"metadata": {}}), SECRET).await;
    browser.until_text("[data-point=signature]", "proven").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_schema_is_started_from_the_learnt_shape_saved_and_removed() {
    let stage = Stage::set().await;
    stage.callaider().await;
    let browser = &stage.browser;
    stage.event("session.started", SESSION, json!({"metadata": {"sessionMode": "voice"}}), SECRET).await;
    stage.open("/bins/callaider/contract").await;
    browser.until_text("td.num", "always").await;
    let lines = browser
        .js("const words = document.createRange(); words.selectNodeContents(document.querySelector('td.num')); return words.getClientRects().length")
        .await;
    assert_eq!(lines, 1, "a word is not broken");
    browser.click("[data-from-shape]").await;
    browser.until("document.querySelector('#own-text').value.includes('sessionMode')").await;
    browser.click("#own-schema .btn.primary").await;
    browser.until_text("#own-set", "set").await;
    browser.until("!document.querySelector('[data-remove-schema]').hidden").await;
    let set = stage.app.get("/bins/callaider/schemas/session.started").await;
    assert_eq!(set["schema"]["title"], "session.started");
    browser.js("document.querySelector('#own-text').value = '{\"$ref\": \"other.json\"}'").await;
    browser.click("#own-schema .btn.primary").await;
    browser.until_text("#own-error", "/$ref: A `$ref` leads into this schema").await;
    browser.click("[data-remove-schema]").await;
    browser.until_text("#own-set", "none is set").await;
    assert_eq!(stage.app.get("/bins/callaider/schemas").await["schemas"], json!([]));
    browser.complaints().await;
}

#[tokio::test]
async fn the_timeline_follows_what_comes_and_a_bar_leads_closer() {
    let stage = Stage::set().await;
    stage.callaider().await;
    let browser = &stage.browser;
    stage.open("/bins/callaider/sessions").await;
    browser.click("a[href='/bins/callaider/timeline']").await;
    browser.until_text("#live-part", "Nothing has come yet.").await;
    stage.until_live().await;
    stage.event("session.started", SESSION, json!({"metadata": {}}), SECRET).await;
    browser.until_text("#live-part", "session.started").await;
    stage.event("session.started", SESSION, json!({"metadata": {}}), SECRET).await;
    browser.until_text(".lane.warn", "The same event again").await;
    browser.click(".lane.warn .lane-name a").await;
    browser
        .until("document.querySelectorAll('#rows > *').length === 1 || document.body.dataset.page === 'inspector'")
        .await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_expected_of_the_sender_is_set_on_the_settings_page() {
    let stage = Stage::set().await;
    stage.callaider().await;
    let browser = &stage.browser;
    stage.open("/bins/callaider/settings").await;
    browser.click("#expected-headers").await;
    browser.keys("Authorization: Basic 12345").await;
    browser.click("[data-expected-event][value='session.ended'] + span").await;
    browser.click("[data-save]").await;
    browser.until_text("#unsaved", "Everything is saved.").await;
    let expect = stage.app.get("/bins/callaider/expect").await;
    assert_eq!(
        (&expect["events"], &expect["headers"][0]["name"]),
        (&json!(["session.ended"]), &json!("Authorization"))
    );
    stage.open("/bins/callaider/settings").await;
    let shown = browser.js("return document.querySelector('#expected-headers').value").await;
    assert!(shown.as_str().unwrap().starts_with("Authorization: sha256="), "{shown}");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_session_reads_from_facts_to_transcript_and_is_replayed_and_simulated() {
    let stage = Stage::set().await;
    stage.callaider().await;
    let browser = &stage.browser;
    let target = Target::start();
    stage.event("session.started", SESSION, json!({"metadata": {"sessionMode": "voice"}}), SECRET).await;
    let transcript = json!([{"role": "user", "content": "Until Friday!", "timestamp": 1_779_971_697_000_u64}]);
    let ended = json!({"reason": "user_ended", "durationSeconds": 27, "transcript": transcript});
    stage.event("session.ended", SESSION, ended, SECRET).await;
    stage.open(&format!("/bins/callaider/sessions/{SESSION}")).await;
    stage.until_live().await;
    browser.until("[...document.querySelectorAll('#live-part h2')].map((h) => h.id).join() === 'h-facts,h-timeline,h-findings,h-transcript'").await;
    browser.click("[data-replay-session]").await;
    browser.until("document.activeElement.id === 'replay-target'").await;
    browser.keys(&target.url("/again")).await;
    browser.click("dialog .btn.primary").await;
    browser.until_text("#replayed", "2 sent again").await;
    browser.until_text("#replayed", "2 answered 2xx, 0 not.").await;
    let events: Vec<_> =
        [target.next(), target.next()].iter().map(|one| one.header("x-callaider-event").unwrap()).collect();
    assert_eq!(events, ["session.started", "session.ended"]);
    browser.until_text(".timeline", "delivered 200").await;
    browser.click("a[href$='/send?event=session#play']").await;
    browser.until("document.querySelector('#event')?.value === 'callaider session'").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
