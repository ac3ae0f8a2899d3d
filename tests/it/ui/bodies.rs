//! Body views: the JSON tree with its tools, ten megabytes at once, files, images.

use serde_json::json;

use super::Stage;

const DOWN: &str = "\u{e015}";
const LEFT: &str = "\u{e012}";
const RIGHT: &str = "\u{e014}";
const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];

#[tokio::test]
async fn the_json_tree_folds_copies_and_searches() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "json"})).await;
    let body = r#"{"a":{"deep":[1,2.50,12345678901234567890]},"twice":1,"twice":2,"text":"x\u00e9\n"}"#;
    let id = stage.send("POST", "json", JSON, body).await;
    stage.open(&format!("/bins/json/requests/{id}")).await;
    browser.until_text(".tree", "12345678901234567890").await;
    browser.until_text(".tree", "2.50").await;
    browser.until_text(".tree", "key again").await;

    browser.click(".tree li[data-pointer='/a/deep/2'] > .line").await;
    browser.until_text(".pointer", "/a/deep/2").await;
    browser.click("[data-json-do=path]").await;
    browser.until_text("#toasts", "Path copied").await;
    assert_eq!(browser.clipboard().await, "/a/deep/2");
    browser.click("[data-json-do=value]").await;
    browser.until_text("#toasts", "Value copied").await;
    assert_eq!(browser.clipboard().await, "12345678901234567890", "as written");

    browser.click(".tree li[data-pointer='/a'] > .line").await;
    browser.until("document.querySelector('[data-pointer=\"/a\"]').getAttribute('aria-expanded') === 'false'").await;
    browser.keys(RIGHT).await;
    browser.until("document.querySelector('[data-pointer=\"/a\"]').getAttribute('aria-expanded') === 'true'").await;
    browser.keys(DOWN).await;
    browser.until_text(".pointer", "/a/deep").await;
    browser.keys(LEFT).await;
    browser
        .until("document.querySelector('[data-pointer=\"/a/deep\"]').getAttribute('aria-expanded') === 'false'")
        .await;
    browser.click("[data-json-do=unfold]").await;

    browser.click(".find").await;
    browser.keys("2.5").await;
    browser.until("document.querySelectorAll('.tree li').length === 1").await;
    browser.until_text(".tree", "/a/deep/1").await;
    browser.keys("\u{e00c}").await;
    browser.until_text(".tree", "twice").await;

    for (view, part) in [("pretty", "\"deep\": ["), ("text", body), ("hex", "00000000  7b 22 61 22")] {
        browser.click(&format!(".switch a[href*='view={view}']")).await;
        browser.until_text(".detail-body", part).await;
    }
}

#[tokio::test]
async fn ten_megabytes_of_json_are_read_piece_by_piece_and_never_as_a_whole() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "large"})).await;
    let item = json!({"role": "user", "content": "I want to move my appointment to Friday.", "timestamp": 1_779_954_679_847_u64}).to_string();
    let count = (10 << 20) / (item.len() + 1) - 10;
    let body = format!("{{\"transcript\":[{}],\"last\":\"needle\"}}", vec![item; count].join(","));
    let size = body.len();
    let id = stage.send("POST", "large", JSON, body).await;
    stage.open("/bins/large").await;
    stage.until_live().await;
    browser.click(&format!("[data-id='{id}'] a")).await;
    browser.until_text(".tree", "transcript").await;
    let nodes = browser.count("#detail *").await;
    assert!(nodes < 5_000, "{nodes} elements");
    let more = browser.count(".tree button[data-offset]").await;
    assert!(more >= 1, "the rest is offered");
    let before = browser.count(".tree li[role=treeitem]").await;
    browser.click(".tree button[data-offset]").await;
    browser.until(&format!("document.querySelectorAll('.tree li[role=treeitem]').length > {before}")).await;
    browser.click(".find").await;
    browser.keys("needle").await;
    browser.until_text(".tree", "/last").await;
    // What the page never gets cannot freeze it. (Time itself says more about the machine than about the page.)
    let fetched = browser
        .js("return performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).reduce((sum, entry) => sum + entry.decodedBodySize, 0)")
        .await
        .as_u64()
        .unwrap();
    assert!(fetched < 2_000_000, "of {size} bytes the page got {fetched}");
}

#[tokio::test]
async fn files_images_and_encodings_are_shown_for_what_they_are() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "kinds"})).await;
    let png = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==",
    )
    .unwrap();
    let image = stage.send("POST", "kinds", &[("Content-Type", "image/png")], png).await;
    stage.open(&format!("/bins/kinds/requests/{image}")).await;
    browser.until("document.querySelector('.raster')?.naturalWidth === 5").await;

    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, br#"{"zipped":true}"#).unwrap();
    let headers = [("Content-Type", "application/json"), ("Content-Encoding", "gzip")];
    let zipped = stage.send("POST", "kinds", &headers, encoder.finish().unwrap()).await;
    stage.open(&format!("/bins/kinds/requests/{zipped}")).await;
    browser.until_text(".tree", "zipped").await;
    browser.until_text(".detail-body", "decoded from gzip").await;
    browser.click(".section-head a[href*='tab=raw']").await;
    browser.until_text(".hex", "1f 8b").await;

    stage.callaider().await;
    let parts = stage.multipart().await;
    stage.open(&format!("/bins/callaider/requests/{parts}")).await;
    browser.until_text(".detail-body", "call-881.wav").await;
    browser.until_text(".detail-body", "Called back, all is well.").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
