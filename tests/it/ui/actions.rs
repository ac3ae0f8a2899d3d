//! Every action on requests, by keyboard and by mouse.

use serde_json::json;

use super::{SECRET, SESSION, Stage};

const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const DOWN: &str = "\u{e015}";

async fn three() -> (Stage, [String; 3]) {
    let stage = Stage::set().await;
    stage.callaider().await;
    let oldest = stage.event("session.started", SESSION, json!({}), SECRET).await;
    let middle = stage.event("session.ended", SESSION, json!({"reason": "timeout"}), SECRET).await;
    let newest = stage.send("POST", "callaider/note?a=1", &[("Content-Type", "text/plain")], "hello").await;
    stage.open("/bins/callaider").await;
    stage.until_live().await;
    (stage, [oldest, middle, newest])
}

#[tokio::test]
async fn everything_can_be_done_by_keyboard() {
    let (stage, [oldest, middle, newest]) = three().await;
    let browser = &stage.browser;
    let request = async |id: &str| stage.app.get(&format!("/bins/callaider/requests/{id}")).await;

    browser.keys("j").await;
    stage.until_shown(&newest).await;
    browser.until(&format!("!document.querySelector('[data-id=\"{newest}\"] .unread')")).await;
    assert_eq!(request(&newest).await["read"], true, "opening it reads it");
    browser.keys("j").await;
    stage.until_shown(&middle).await;
    browser.keys(DOWN).await;
    stage.until_shown(&oldest).await;
    browser.keys("k").await;
    stage.until_shown(&middle).await;
    browser.keys(ENTER).await;
    browser.until("document.activeElement.id === 'pane'").await;
    browser.keys(ESCAPE).await;
    browser.until(&format!("document.activeElement.closest('li')?.dataset.id === '{middle}'")).await;

    browser.keys("c").await;
    browser.until_text("#toasts", "Copied as curl").await;
    let curl = browser.clipboard().await;
    assert!(curl.lines().any(|line| line.starts_with("curl ")) && curl.contains("session.ended"), "{curl}");

    browser.keys("p").await;
    browser.until("document.querySelector('[data-do=pin]').getAttribute('aria-pressed') === 'true'").await;
    browser.until_text(&format!("[data-id='{middle}']"), "pinned").await;
    assert_eq!(request(&middle).await["pinned"], true);

    browser.keys("n").await;
    browser.until("document.activeElement.id === 'note-text'").await;
    browser.keys("see staging\u{e004}prod urgent\u{e007}").await;
    browser.until_text(".note-text", "see staging").await;
    let marked = request(&middle).await;
    assert_eq!((&marked["note"], &marked["tags"]), (&json!("see staging"), &json!(["prod", "urgent"])));

    browser.keys("u").await;
    browser.until(&format!("document.querySelector('[data-id=\"{middle}\"] .unread')")).await;

    browser.keys("x").await;
    browser.until("document.activeElement.id === 'compare-with'").await;
    browser.until_text(".detail-body", "The other").await;
    // Out of the choice, for the page's keys to work again.
    browser.keys(ESCAPE).await;
    browser.until("document.activeElement === document.body").await;

    for (key, part) in [
        ("2", "The signature is right"),
        ("3", "Duplicates share"),
        ("6", "curl"),
        ("7", "Head as sent"),
        ("1", "Headers"),
    ] {
        browser.keys(key).await;
        browser.until_text(".detail-body", part).await;
    }

    browser.keys("d").await;
    browser.until_text("#toasts", "Request deleted").await;
    assert_eq!(request(&middle).await["id"], middle, "it is still there while it can be undone");
    browser.keys("z").await;
    stage.until_shown(&middle).await;
    browser.until(&format!("document.querySelector('[data-id=\"{middle}\"]').checkVisibility()")).await;

    browser.keys("/").await;
    browser.until("document.activeElement.id === 'filter'").await;
    browser.keys("nonsense:1").await;
    browser.until_text("#filter-error", "nonsense").await;
    browser.js("document.querySelector('#filter').value = ''").await;
    browser.keys("method:GET").await;
    browser.keys(ENTER).await;
    browser.until("location.search.includes('q=method')").await;
    browser.keys(ESCAPE).await;
    browser.until("document.querySelector('#filter').value === ''").await;
    browser.until("document.querySelectorAll('#rows li').length === 3").await;
    browser.js("document.activeElement.blur()").await;

    browser.keys("?").await;
    browser.until_text("dialog[open]", "Copy the request as curl").await;
    browser.keys(ESCAPE).await;
    browser.until("!document.querySelector('dialog[open]')").await;

    browser.control('k').await;
    browser.until("document.activeElement.matches('.palette-input')").await;
    browser.keys("dark").await;
    browser.keys(ENTER).await;
    browser.until("document.documentElement.dataset.theme === 'dark'").await;
    stage.open("/help").await;
    assert_eq!(
        browser.js("return document.documentElement.dataset.theme").await,
        "dark",
        "the server remembers the switch"
    );
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn everything_can_be_done_by_mouse() {
    let (stage, [oldest, middle, newest]) = three().await;
    let browser = &stage.browser;
    browser.click(&format!("[data-id='{middle}'] a")).await;
    stage.until_shown(&middle).await;
    assert!(
        browser.js("return location.pathname").await.as_str().unwrap().ends_with(&middle),
        "it has its own address"
    );
    browser.click("[data-do=older]").await;
    stage.until_shown(&oldest).await;
    browser.click("[data-do=newer]").await;
    stage.until_shown(&middle).await;
    for (tab, part) in [
        ("signature", "The signature is right"),
        ("event", "Session"),
        ("compare", "Compare with"),
        ("code", "curl"),
        ("raw", "Head as sent"),
        ("request", "Headers"),
    ] {
        browser.click(&format!(".tabs [data-tab={tab}]")).await;
        browser.until_text(".detail-body", part).await;
        browser.until(&format!("document.activeElement.dataset.tab === '{tab}'")).await;
    }
    browser.click("[data-do=pin]").await;
    browser.until("document.querySelector('[data-do=pin]').getAttribute('aria-pressed') === 'true'").await;
    browser.click("[data-do=copy-curl]").await;
    browser.until_text("#toasts", "Copied as curl").await;
    browser.click("[data-do=note]").await;
    browser.until("document.activeElement.id === 'note-text'").await;
    browser.keys("by mouse").await;
    browser.click("dialog .primary").await;
    browser.until_text(".note-text", "by mouse").await;
    browser.click("[data-do=compare]").await;
    browser.until_text(".detail-body", "The other").await;

    browser.click(&format!("[data-id='{newest}'] a")).await;
    stage.until_shown(&newest).await;
    browser.click("[data-do=delete]").await;
    browser.click("[data-undo]").await;
    stage.until_shown(&newest).await;
    browser.click("[data-do=delete]").await;
    // Dismissing the message means it.
    browser.click("#toasts [aria-label=Dismiss]").await;
    browser.until("document.querySelectorAll('#rows li').length === 2").await;
    assert_eq!(stage.app.requests("callaider").await.len(), 2);

    browser.click(".side-status summary").await;
    browser.click("[data-do=read-all]").await;
    browser.until("!document.querySelector('.row.unread') && !document.title.startsWith('(')").await;
    browser.click("[data-do=theme]").await;
    browser.until("document.documentElement.dataset.theme").await;
    browser.click("[data-do=palette]").await;
    browser.until("document.querySelector('dialog[open] .palette-input')").await;
    browser.keys(ESCAPE).await;
    browser.click("[data-do=help]").await;
    browser.until_text("dialog[open]", "Keyboard").await;
    browser.click("dialog[open] button").await;

    browser.click(".side-status summary").await;
    browser.click("[data-do=clear]").await;
    browser.click("#toasts [aria-label=Dismiss]").await;
    browser.until("document.querySelectorAll('#rows li').length === 0").await;
    assert_eq!(stage.app.requests("callaider").await.len(), 0);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn going_back_and_forward_shows_what_was_there() {
    let (stage, [oldest, middle, newest]) = three().await;
    let browser = &stage.browser;
    for id in [&newest, &middle, &oldest] {
        browser.click(&format!("[data-id='{id}'] a")).await;
        stage.until_shown(id).await;
    }
    browser.js("history.back()").await;
    stage.until_shown(&middle).await;
    browser.js("history.back()").await;
    stage.until_shown(&newest).await;
    browser.js("history.forward()").await;
    stage.until_shown(&middle).await;
    assert_eq!(stage.shown().await, middle);
}
