//! Without JavaScript the pages still list and show requests.

use serde_json::json;

use super::Stage;

#[tokio::test]
async fn lists_pages_requests_and_downloads_work_without_scripts() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    let seeded = stage.seed().await;
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
    for hidden in ["data-do=\"delete\"", "id=\"live\""] {
        let (_, rest) = request.split_once(hidden).unwrap();
        assert!(
            rest.split('>').next().unwrap().contains("hidden"),
            "{hidden} does nothing without scripts, and is not shown"
        );
    }
}
