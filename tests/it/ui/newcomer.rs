//! What a newcomer runs into: logging in, the address, the first bin with its secret, what is copied.

use creel::inside::SecretValue;
use serde_json::json;

use super::{SECRET, SESSION, Stage};

const TOKEN: &str = "0123456789abcdef0123";
const ENTER: &str = "\u{e007}";

#[tokio::test]
async fn a_browser_logs_in_with_the_token_and_stays_in() {
    let stage = Stage::set_with(|config| config.token = Some(SecretValue::new(TOKEN.to_owned()))).await;
    let browser = &stage.browser;
    let bin = stage.app.started.bin.clone();
    stage.open("/").await;
    browser.until("location.pathname === '/login'").await;
    browser.click("#token").await;
    browser.keys(&format!("wrong{ENTER}")).await;
    browser.until("document.querySelector('[role=alert]')").await;
    browser.click("#token").await;
    browser.keys(&format!("{TOKEN}{ENTER}")).await;
    browser.until("location.pathname === '/'").await;
    browser.until_text("main", "Waiting for the first request").await;
    // Pages, the API and the stream take the browser from now on.
    stage.open(&format!("/bins/{bin}/settings")).await;
    browser.click("#name").await;
    browser.keys(&format!("guarded{ENTER}")).await;
    browser.until("location.pathname === '/bins/guarded/settings'").await;
    stage.open("/bins/guarded").await;
    stage.until_live().await;
    let url = format!("{}/guarded", stage.app.started.capture_url);
    stage.app.client.post(url).body("hello").send().await.unwrap();
    browser.until_text(".detail-body", "hello").await;
}

#[tokio::test]
async fn a_page_of_another_site_cannot_log_in_or_use_the_log_in() {
    let stage = Stage::set_with(|config| config.token = Some(SecretValue::new(TOKEN.to_owned()))).await;
    let browser = &stage.browser;
    // The capture listener is another origin, whose responses are a stranger's: here it plays the other site.
    let site = stage.app.started.bin.clone();
    let page = format!(
        "<form method=post action='{}/login'><input name=token value='{TOKEN}'><button>x</button></form>",
        stage.app.started.console_url
    );
    let settings =
        json!({"headers": [{"name": "Content-Type", "value": "text/html"}], "body": page, "no_sandbox": true});
    let set = stage.app.client.put(stage.app.api(&format!("/bins/{site}/response"))).bearer_auth(TOKEN).json(&settings);
    assert_eq!(set.send().await.unwrap().status(), 200);
    browser.go(&format!("{}/{site}", stage.app.started.capture_url)).await;
    browser.click("button").await;
    browser.until_text("body", "cross_origin").await;
    stage.open("/").await;
    browser.until("location.pathname === '/login'").await;
}

#[tokio::test]
async fn who_reaches_a_url_stands_wherever_it_is_shown() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.open("/").await;
    for part in ["Only programs on this machine reach this URL", "tunnel", &stage.app.started.capture_url] {
        browser.until_text("main", part).await;
    }
    stage.app.bin(json!({"name": "local"})).await;
    stage.app.bin(json!({"name": "tunnelled", "public_url": "https://hooks.example.net/tunnelled"})).await;
    stage.send("POST", "local", &[], "x").await;
    stage.open("/").await;
    browser.until_text("main", "Only programs on this machine reach these URLs").await;
    for (page, said) in [
        ("/bins/local", "Reached from this machine only"),
        ("/bins/local/settings", "Only programs on this machine reach this URL"),
        ("/bins/tunnelled/settings", "as far as its tunnel or proxy leads to"),
        ("/help", "Who reaches a bin's URL"),
    ] {
        stage.open(page).await;
        browser.until_text("main", said).await;
    }
    stage.open("/bins/local").await;
    browser.click(".reach-note summary").await;
    browser.until_text(".reach-note", "Public URL in Settings").await;
}

#[tokio::test]
async fn a_first_bin_is_made_with_provider_and_secret_at_once() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.open("/").await;
    browser.keys("b").await;
    browser.until("document.querySelector('#bin-scheme-search')").await;
    browser.keys("CallAIder").await;
    browser.click("#bin-scheme-search").await;
    browser.keys("callaid").await;
    browser.until_text("dialog .picker-list", "CallAIder").await;
    browser.keys(ENTER).await;
    browser.until("document.querySelector('#bin-scheme-search').value === 'CallAIder'").await;
    browser.click("#bin-secret").await;
    browser.keys(&format!("{SECRET}{ENTER}")).await;
    browser.until("location.pathname === '/bins/callaider'").await;
    let bin = stage.app.get("/bins/callaider").await;
    assert_eq!((&bin["provider"], &bin["scheme"]), (&json!("callaider"), &json!(null)), "{bin}");
    stage.until_live().await;
    stage.event("session.started", SESSION, json!({}), SECRET).await;
    browser.until_text("#detail", "valid").await;
    browser.until_text("#rows li:first-child .lead", "session.started").await;
}

#[tokio::test]
async fn one_list_has_providers_and_schemes_and_what_is_unsaved_is_said() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "shop"})).await;
    stage.open("/bins/shop/settings").await;
    browser.until_text("#unsaved", "Everything is saved").await;
    assert_eq!(browser.js("return document.querySelector('[data-save]').disabled").await, true);
    for (typed, name, provider, scheme) in [
        ("calend", "Calendly", json!(null), json!("calendly")),
        ("github", "GitHub", json!("github"), json!(null)),
        ("openai", "Standard Webhooks", json!("standard-webhooks"), json!(null)),
    ] {
        browser.click("#scheme-search").await;
        browser.keys(typed).await;
        browser.until_text(".picker-list", name).await;
        browser.keys(ENTER).await;
        browser.until_text("#unsaved", "Not saved: provider or scheme").await;
        // A secret that is added saves what belongs to it.
        browser.click("#secret-value").await;
        browser.keys(&format!("secret-of-{typed}")).await;
        browser.until_text("#unsaved", "another secret or public key").await;
        browser.click(".add-secret button").await;
        browser.until_text("#unsaved", "Everything is saved").await;
        let bin = stage.app.get("/bins/shop").await;
        assert_eq!((&bin["provider"], &bin["scheme"]), (&provider, &scheme), "{name}");
    }
    stage.open("/bins/shop/settings").await;
    let shown = browser.js("return document.querySelector('#scheme-search').value").await;
    assert!(shown.as_str().unwrap().starts_with("Standard Webhooks"), "{shown}");
    let limits = browser.js("return document.querySelector('#max_requests').placeholder").await;
    assert_eq!(limits, "10000", "what the server was started with");
}

#[tokio::test]
async fn a_new_name_is_said_to_be_saved_and_what_it_ends() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "before"})).await;
    stage.open("/bins/before/settings").await;
    browser.until_text("#name-hint", "senders that use it get 404").await;
    browser.js("document.querySelector('#name').value = ''").await;
    browser.click("#name").await;
    browser.keys("AfterWards").await;
    browser.click("[data-save]").await;
    browser.until("location.pathname === '/bins/afterwards/settings'").await;
    browser.until_text("#toasts", "Saved. The bin has a new URL.").await;
}

#[tokio::test]
async fn a_copied_command_says_what_it_leaves_out_and_the_reader_decides() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.callaider().await;
    let id = stage.event("session.started", SESSION, json!({}), SECRET).await;
    let signed = stage.app.get(&format!("/bins/callaider/requests/{id}")).await["headers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|field| field["name"].as_str().unwrap().eq_ignore_ascii_case("x-callaider-signature"))
        .unwrap()["value"]
        .as_str()
        .unwrap()
        .to_owned();
    stage.open(&format!("/bins/callaider/requests/{id}")).await;
    stage.until_live().await;
    browser.keys("c").await;
    browser.until_text("#toasts", "signature are REDACTED").await;
    assert!(!browser.clipboard().await.contains(&signed));
    browser.click("#toasts [data-action]").await;
    browser.until_text("#toasts", "with credentials and signature").await;
    assert!(browser.clipboard().await.contains(&signed));

    // Where the Code view shows them, they are copied and downloaded, too.
    browser.keys("6").await;
    browser.until_text(".detail-body", "REDACTED").await;
    browser.click(".detail-body a[href*='secrets=true']:not([download])").await;
    browser.until_text("#code-text", &signed).await;
    browser.js("navigator.clipboard.writeText('nothing')").await;
    browser.click("[data-copy-url]").await;
    browser.until_text("#toasts", "Copied, ").await;
    assert!(browser.clipboard().await.contains(&signed));
    let download = browser.js("return document.querySelector('.detail-body a[download]').getAttribute('href')").await;
    let file = stage.app.client.get(stage.url(download.as_str().unwrap())).send().await.unwrap();
    assert!(file.text().await.unwrap().contains(&signed));
    browser.keys("1").await;
    browser.until_text(".detail-body", "Headers").await;
    browser.js("navigator.clipboard.writeText('nothing')").await;
    browser.keys("c").await;
    browser.until("document.querySelectorAll('.toast').length > 0").await;
    browser.until_text("#toasts .toast:last-child", "with credentials").await;
    assert!(browser.clipboard().await.contains(&signed), "the choice made in the Code view holds");
}

#[tokio::test]
async fn all_of_a_long_text_is_copied_and_what_cannot_be_seen_as_it_is() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "texts"})).await;
    let long = "all work and no play ".repeat(475_000);
    let id = stage.send("POST", "texts", &[("Content-Type", "text/plain")], long.clone()).await;
    stage.open(&format!("/bins/texts/requests/{id}")).await;
    browser.click("[data-copy-url*='/text?']").await;
    browser.until_text("#toasts", "Copied, 9,975,000 characters").await;
    assert_eq!(browser.clipboard().await.len(), long.len());

    let odd = "a\u{202e}b\u{200b}c";
    let id = stage.send("POST", "texts", &[("Content-Type", "text/plain")], odd).await;
    stage.open(&format!("/bins/texts/requests/{id}")).await;
    browser.until_text("#body-text", "\\u{202e}").await;
    browser.click("[data-copy-url*='/text?']").await;
    browser.until_text("#toasts", "Copied, 5 characters").await;
    assert_eq!(browser.clipboard().await, odd);

    let json = r#"{"a": [1, 2.50]}"#;
    let id = stage.send("POST", "texts", &[("Content-Type", "application/json")], json).await;
    for (view, wanted) in [("json", json), ("pretty", "{\n  \"a\": [\n    1,\n    2.50\n  ]\n}")] {
        stage.open(&format!("/bins/texts/requests/{id}?view={view}")).await;
        browser.click("[data-copy-url*='/text?']").await;
        browser.until_text("#toasts", "Copied, ").await;
        assert_eq!(browser.clipboard().await.trim_end(), wanted, "{view}");
    }
}

#[tokio::test]
async fn a_signature_in_a_header_of_one_s_own_is_taken_by_one_click() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "own", "secret": SECRET})).await;
    let body = r#"{"hello":"world"}"#;
    let signature = crate::helpers::signature(SECRET, body);
    let headers = [("Content-Type", "application/json"), ("X-My-Signature", signature.as_str())];
    let id = stage.send("POST", "own", &headers, body).await;
    stage.open(&format!("/bins/own/requests/{id}?tab=signature")).await;
    browser.until_text(".diagnosis", "curl -X PATCH").await;
    browser.click("[data-adopt]").await;
    browser.until_text("#toasts", "The bin has this scheme now").await;
    browser.until("document.querySelector('#rows .chip')?.textContent === 'valid'").await;
    browser.until_text(".verdict", "The signature is right").await;
    assert_eq!(stage.app.get("/bins/own").await["custom_scheme"]["header"], "x-my-signature");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_verdict_leads_to_its_reason_and_a_secret_that_is_right_can_be_kept() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "callaider", "provider": "callaider", "secret": "not this one"})).await;
    let id = stage.event("session.started", SESSION, json!({}), SECRET).await;
    stage.open(&format!("/bins/callaider/requests/{id}")).await;
    browser.until_text(".detail-body .banner", "gives a different signature").await;
    browser.click(".facts a.chip").await;
    browser.until_text(".verdict", "The signature is not right").await;
    browser.click("#try-secret").await;
    browser.keys("wrong").await;
    browser.click(".try button").await;
    browser.until_text("#signature-result", "Nothing was stored").await;
    assert_eq!(browser.count("[data-keep]").await, 0);
    browser.js("document.querySelector('#try-secret').value = ''").await;
    browser.click("#try-secret").await;
    browser.keys(SECRET).await;
    browser.click(".try button").await;
    browser.click("[data-keep]").await;
    browser.until_text("#toasts", "The secret is kept").await;
    browser.until("document.querySelector('#rows .chip')?.textContent === 'valid'").await;
    assert_eq!(stage.app.get("/bins/callaider/secrets").await["secrets"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_response_s_preview_shows_what_is_sent_and_names_placeholders_that_are_none() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "answers"})).await;
    stage.open("/bins/answers/settings").await;
    browser.click("#response-body").await;
    browser.keys("{{request.unknown}} {{request.json./a}} {{user.name}}").await;
    browser.until_text("#unknown-placeholders", "{{request.unknown}}: no such placeholder").await;
    let said = browser.text("#unknown-placeholders").await;
    assert!(!said.contains("json") && !said.contains("user"), "{said}");
    browser.click("[data-save]").await;
    browser.until_text("#toasts", "Saved").await;
    let sent = stage.app.client.post(format!("{}/answers", stage.app.started.capture_url)).send().await.unwrap();
    let preview = browser.text("#preview").await.to_lowercase();
    for (name, value) in sent.headers() {
        assert!(preview.contains(&format!("{name}:")), "{name} is missing in {preview}");
        if !["date", "content-length"].contains(&name.as_str()) {
            assert!(preview.contains(&format!("{name}: {}", value.to_str().unwrap())), "{name} in {preview}");
        }
    }
}
