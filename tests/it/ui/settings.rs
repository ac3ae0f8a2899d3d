//! Settings: secrets, schemes, the response, limits; verifying again; trying a secret; the end of a bin.

use serde_json::json;

use super::{SECRET, SESSION, Stage};

#[tokio::test]
async fn a_secret_added_later_verifies_everything_again_while_the_list_looks_on() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "callaider", "provider": "callaider"})).await;
    let id = stage.event("session.started", SESSION, json!({}), SECRET).await;
    stage.open(&format!("/bins/callaider/requests/{id}?tab=signature")).await;
    browser.until_text(".verdict", "no secret to check it with").await;

    browser.click("#try-secret").await;
    browser.keys("wrong").await;
    browser.click(".try button").await;
    browser.until_text("#signature-result", "The signature is not right").await;
    browser.js("document.querySelector('#try-secret').value = ''").await;
    browser.click("#try-secret").await;
    browser.keys(SECRET).await;
    browser.click(".try button").await;
    browser.until_text("#signature-result", "The signature is right").await;
    assert_eq!(stage.app.get("/bins/callaider/secrets").await["secrets"], json!([]), "nothing is stored");

    stage.open("/bins/callaider/settings").await;
    browser.click("#secret-label").await;
    browser.keys("live").await;
    browser.click("#secret-value").await;
    browser.keys(SECRET).await;
    browser.click(".add-secret button").await;
    browser.until_text("#secret-list", "…2026").await;
    stage.open("/bins/callaider").await;
    browser.until("document.querySelector('#rows li:first-child .chip')?.textContent === 'valid'").await;
    let page = browser.js("return document.documentElement.outerHTML").await;
    assert!(!page.as_str().unwrap().contains(SECRET), "a secret is never shown again");

    stage.open("/bins/callaider/settings").await;
    browser.click("[data-remove-secret]").await;
    browser.until_text("#secret-list", "No secret yet").await;
    assert_eq!(stage.app.get("/bins/callaider/secrets").await["secrets"], json!([]));
}

#[tokio::test]
async fn response_limits_name_and_own_scheme_are_saved() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    let id = stage.app.bin_id().await;
    stage.open(&format!("/bins/{id}/settings")).await;
    browser.click("#status").await;
    browser.keys("201").await;
    browser.click("#headers").await;
    browser.keys("X-Made: by hand").await;
    browser.click("#response-body").await;
    browser.keys("made").await;
    browser.until_text("#preview", "HTTP/1.1 201").await;
    browser.until_text("#preview", "made").await;
    browser.click("#script").await;
    browser.keys("500, 201").await;
    browser.click("[data-save]").await;
    browser.until_text("#toasts", "Saved").await;
    browser.until_text("#unsaved", "Everything is saved").await;
    let url = format!("{}/{id}", stage.app.started.capture_url);
    let statuses =
        [stage.app.client.post(&url).send().await.unwrap(), stage.app.client.post(&url).send().await.unwrap()];
    assert_eq!(statuses.map(|answer| answer.status().as_u16()), [500, 201]);

    browser.click("#max_requests").await;
    browser.keys("5").await;
    browser.click("[data-save]").await;
    browser.until_text("#unsaved", "Everything is saved").await;

    browser.js("const s = document.querySelector('#scheme'); s.value = 'custom'; s.dispatchEvent(new Event('change', {bubbles: true}))").await;
    browser.click("#own-header").await;
    browser.keys("X-Sign").await;
    browser.click("#own-prefix").await;
    browser.keys("v1=").await;
    browser.click("[data-save]").await;
    browser.until_text("#unsaved", "Everything is saved").await;
    let bin = stage.app.get(&format!("/bins/{id}")).await;
    assert_eq!(bin["limits"]["max_requests"], 5);
    assert_eq!(bin["custom_scheme"]["signature"]["from"], "header:x-sign", "{bin}");

    browser.click("#name").await;
    browser.keys("Not A Name").await;
    browser.click("[data-save]").await;
    browser.until_text("#save-error", "name").await;
    browser.until("document.activeElement.id === 'name'").await;
    browser.js("document.querySelector('#name').value = ''").await;
    browser.click("#name").await;
    browser.keys("orders").await;
    browser.click("[data-save]").await;
    browser.until("location.pathname === '/bins/orders/settings'").await;

    browser.click("[data-do=delete-bin]").await;
    browser.click("dialog .danger").await;
    browser.until("location.pathname === '/'").await;
    let gone = stage.app.client.get(stage.app.api("/bins/orders")).send().await.unwrap();
    assert_eq!(gone.status(), 404);
}

#[tokio::test]
async fn bins_are_made_and_requests_imported_on_the_page() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.seed().await;
    let exported = stage.app.bytes("/bins/callaider/export?as=jsonl").await;
    let file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
    std::fs::write(file.path(), &exported).unwrap();
    stage.open("/").await;
    browser.keys("b").await;
    browser.until("document.activeElement.id === 'bin-name'").await;
    browser.keys("copy\u{e007}").await;
    browser.until("location.pathname === '/bins/copy'").await;
    stage.until_live().await;
    browser.control('k').await;
    browser.until("document.querySelector('.palette-input')").await;
    browser.keys("import\u{e007}").await;
    browser.until("document.querySelector('#import-file')").await;
    browser.choose_file("#import-file", file.path()).await;
    browser.click("dialog .primary").await;
    browser.until_text("#toasts", "Imported").await;
    browser.until("document.querySelectorAll('#rows li').length === 10").await;
    assert_eq!(stage.app.requests("copy").await.len(), 10);
}

#[tokio::test]
async fn a_secret_is_made_and_shown_once() {
    let stage = Stage::set().await;
    stage.callaider().await;
    let browser = &stage.browser;
    stage.open("/bins/callaider/settings").await;
    browser.click("#secret-label").await;
    browser.keys("made").await;
    browser.click("[data-make-secret]").await;
    browser.until_text("#secret-list", "made").await;
    browser.until("/^[0-9a-f]{64}$/.test(document.querySelector('dialog .copy-text').textContent)").await;
    browser.click("dialog .btn:not(.primary)").await;
    browser.until("!document.querySelector('dialog')").await;
    browser.until_text("#secret-list", "64 characters").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
