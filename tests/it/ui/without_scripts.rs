//! Without JavaScript the pages still list and show requests.

use serde_json::json;

use super::{SESSION, Stage};

#[tokio::test]
async fn lists_pages_requests_and_downloads_work_without_scripts() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    let seeded = stage.seed().await;
    stage.app.bin(json!({"name": "empty"})).await;
    stage.app.bin(json!({"name": "many"})).await;
    for number in 0..130 {
        stage.app.client.post(format!("{}/many/{number}", stage.app.started.capture_url)).send().await.unwrap();
    }
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    let page = async |path: &str| stage.app.client.get(stage.url(path)).send().await.unwrap().text().await.unwrap();

    let first = page("/bins/many").await;
    assert_eq!(first.matches("<li data-seq").count(), 100);
    let (_, rest) = first.split_once("rel=\"next\" href=\"").expect("a link to older requests");
    let older = page(&rest.split('"').next().unwrap().replace("&amp;", "&")).await;
    assert_eq!(older.matches("<li data-seq").count(), 30);

    stage.open("/").await;
    browser.click("a.bin-name[href='/bins/callaider']").await;
    browser.click(&format!("li[data-id='{}'] a", seeded.invalid)).await;
    browser.click(".tabs a[data-tab=signature]").await;
    for part in ["The signature is not right", "this verifies"] {
        assert!(
            page(&format!("/bins/callaider/requests/{}?tab=signature", seeded.invalid)).await.contains(part),
            "{part}"
        );
    }
    browser.click(".tabs a[data-tab=raw]").await;
    let raw = format!("/api/v1/bins/callaider/requests/{}/raw", seeded.invalid);
    let request = page(&format!("/bins/callaider/requests/{}?tab=raw", seeded.invalid)).await;
    assert!(request.contains(&raw), "the raw bytes can be downloaded");
    let answer = stage.app.client.get(stage.url(&raw)).send().await.unwrap();
    assert!(answer.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let filtered = page("/bins/callaider?q=method%3ADELETE").await;
    assert_eq!(filtered.matches("<li data-seq").count(), 1);
    // What does nothing without scripts is not shown, and nothing is promised that only scripts do.
    for page in ["/", "/help", "/bins/callaider", "/bins/callaider/settings", "/bins/empty"] {
        stage.open(page).await;
        let dead = browser
            .js("return [...document.querySelectorAll('button:not([disabled])')].filter((one) => one.checkVisibility() && !one.closest('form[method=get]')).map((one) => one.outerHTML)")
            .await;
        assert_eq!(dead, json!([]), "{page}");
        let text = browser.text("body").await;
        for promise in ["appears here", "or press", "All keys", "Connecting"] {
            assert!(!text.contains(promise), "{page} says '{promise}'");
        }
    }
    stage.open(&format!("/bins/callaider/requests/{}", seeded.json)).await;
    let buttons = browser.count("#detail button:not([disabled])").await;
    assert!(buttons > 5, "they are there for the scripts");
    let seen = browser
        .js("return [...document.querySelectorAll('#detail button')].filter((one) => one.checkVisibility()).map((one) => one.outerHTML)")
        .await;
    assert_eq!(seen, json!([]));
}

#[tokio::test]
async fn a_secret_never_gets_into_an_address_when_the_scripts_have_not_run() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.callaider().await;
    let id = stage.event("session.started", SESSION, json!({}), "another").await;
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    for page in ["/bins/callaider/settings".to_owned(), format!("/bins/callaider/requests/{id}?tab=signature")] {
        stage.open(&page).await;
        // Shown as they are for as long as the scripts are on their way.
        browser
            .js("for (const one of document.querySelectorAll('.needs-script')) one.classList.remove('needs-script');
                 for (const one of document.querySelectorAll('[type=text], input:not([type])')) one.value = 'whsec_typed';")
            .await;
        let forms = browser.js("return document.forms.length").await.as_u64().unwrap();
        for form in 0..forms {
            let method = browser.js(&format!("return document.forms[{form}].method")).await;
            let names =
                browser.js(&format!("return [...document.forms[{form}].elements].map((one) => one.name)")).await;
            let holds_secrets = names.as_array().unwrap().iter().any(|name| name.as_str().unwrap().contains("secret"));
            assert!(method == "post" || !holds_secrets, "{page}: {names}");
            if holds_secrets {
                // As the browser does it on Enter or a click, when nothing of ours is in the way.
                browser.js(&format!("document.forms[{form}].submit()")).await;
                browser.until("document.readyState === 'complete'").await;
                let address = browser.js("return location.href").await;
                assert!(!address.as_str().unwrap().contains("whsec_typed"), "{address}");
                stage.open(&page).await;
            }
        }
    }
}
