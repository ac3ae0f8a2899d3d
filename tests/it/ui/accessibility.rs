//! axe-core finds nothing: every page, both themes, both widths.

use std::path::Path;

use serde_json::json;

use super::browser::{NARROW, WIDE};
use super::{SESSION, Stage};

/// Fetched by `tests/run`.
const AXE: &str = "target/axe-core/node_modules/axe-core/axe.min.js";

/// The script that judges.
pub fn script() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(AXE))
        .expect("axe-core is there; tests/run fetches it: npm install --prefix target/axe-core axe-core@4")
}

#[tokio::test]
async fn axe_finds_nothing_on_any_page_in_both_themes_and_widths() {
    let axe = script();
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.open("/").await;
    let empty_home = findings(&stage, &axe).await;
    assert_eq!(empty_home, json!([]), "the first page, empty");
    let seeded = stage.seed().await;
    stage.app.bin(json!({"name": "empty"})).await;
    let (delivered, waiting) = stage.seed_deliveries(&seeded).await;
    let request = |id: &str, tab: &str| format!("/bins/callaider/requests/{id}?tab={tab}");
    let pages = [
        "/".to_owned(),
        "/help".to_owned(),
        "/login".to_owned(),
        "/api/v1/docs".to_owned(),
        "/bins/no-such-bin".to_owned(),
        "/bins/empty".to_owned(),
        "/bins/callaider".to_owned(),
        "/bins/callaider?q=sig:invalid".to_owned(),
        "/bins/callaider/settings".to_owned(),
        "/bins/callaider/send".to_owned(),
        "/bins/empty/sessions".to_owned(),
        "/bins/callaider/sessions".to_owned(),
        format!("/bins/callaider/sessions/{SESSION}"),
        "/bins/empty/timeline".to_owned(),
        "/bins/callaider/timeline".to_owned(),
        "/bins/callaider/timeline?by=session".to_owned(),
        "/bins/empty/answers".to_owned(),
        "/bins/callaider/answers?since=2026-01-01T00:00:00Z".to_owned(),
        "/bins/empty/checklist".to_owned(),
        "/bins/empty/contract".to_owned(),
        "/bins/callaider/contract".to_owned(),
        "/bins/callaider/checklist".to_owned(),
        request(&seeded.json, "request"),
        request(&seeded.multipart, "request"),
        request(&seeded.invalid, "signature"),
        request(&seeded.duplicate, "event"),
        request(&delivered, "deliver"),
        request(&waiting, "deliver"),
        request(&seeded.json, "event"),
        request(&seeded.invalid, "compare"),
        request(&seeded.json, "code"),
        request(&seeded.json, "raw"),
    ];
    for size in [WIDE, NARROW] {
        browser.size(size).await;
        for page in &pages {
            browser.theme("light").await;
            stage.open(page).await;
            assert_eq!(findings(&stage, &axe).await, json!([]), "{page}, light, {size:?}");
            let wider = browser.js("return document.documentElement.scrollWidth - innerWidth").await;
            assert!(wider.as_i64().unwrap() <= 0, "{page} is wider than the window at {size:?}");
            browser.theme("dark").await;
            assert_eq!(colour_findings(&stage, &axe).await, json!([]), "{page}, dark, {size:?}");
        }
    }
    // What opens over a page.
    browser.size(WIDE).await;
    stage.open(&request(&seeded.json, "request")).await;
    stage.until_live().await;
    for open in ["?", "n"] {
        browser.keys(open).await;
        browser.until("document.querySelector('dialog[open]')").await;
        assert_eq!(findings(&stage, &axe).await, json!([]), "the dialog of '{open}'");
        browser.keys("\u{e00c}").await;
        browser.until("!document.querySelector('dialog')").await;
    }
    browser.control('k').await;
    browser.until("document.querySelector('.palette-input')").await;
    assert_eq!(findings(&stage, &axe).await, json!([]), "the palette");
    browser.keys("\u{e00c}").await;
    browser.until("!document.querySelector('dialog')").await;
    browser.keys("d").await;
    browser.until("document.querySelector('[data-undo]')").await;
    assert_eq!(findings(&stage, &axe).await, json!([]), "a message");
}

/// Rule and place of each finding.
pub async fn findings(stage: &Stage, axe: &str) -> serde_json::Value {
    judged(stage, axe, json!({})).await
}

/// The same, of the rules about colours: a theme changes nothing else.
async fn colour_findings(stage: &Stage, axe: &str) -> serde_json::Value {
    let rules = json!(["color-contrast", "link-in-text-block"]);
    judged(stage, axe, json!({"runOnly": {"type": "rule", "values": rules}})).await
}

async fn judged(stage: &Stage, axe: &str, mut options: serde_json::Value) -> serde_json::Value {
    if stage.browser.js("return typeof window.axe").await == "undefined" {
        stage.browser.js(&format!("{axe}; window.axe = axe;")).await;
    }
    // Transitions would be judged half-way.
    stage.browser.until("document.getAnimations().every((one) => one.playState !== 'running' || one.effect.getTiming().iterations === Infinity)").await;
    options["resultTypes"] = json!(["violations"]);
    stage
        .browser
        .js_async(&format!(
            "const found = await axe.run(document, {options});
             return found.violations.map((one) => one.id + ': ' + one.nodes.slice(0, 3).map((node) => node.target.join(' ') + ' ' + node.failureSummary).join(' | '));",
        ))
        .await
}

#[tokio::test]
async fn the_focus_goes_through_a_page_in_order_and_is_always_seen() {
    let stage = Stage::set().await;
    let seeded = stage.seed().await;
    stage.open(&format!("/bins/callaider/requests/{}", seeded.json)).await;
    stage.until_live().await;
    let mut tops = Vec::new();
    for _ in 0..12 {
        stage.browser.keys("\u{e004}").await;
        let focus = stage
            .browser
            .js("const e = document.activeElement; const s = getComputedStyle(e);
                 return [e.tagName, e.innerText?.slice(0, 30) || e.getAttribute('aria-label') || e.id, s.outlineStyle !== 'none' || s.outlineWidth !== '0px', Math.round(e.getBoundingClientRect().top)]")
            .await;
        assert_eq!(focus[2], true, "no focus ring on {focus}");
        tops.push(focus);
    }
    assert!(tops[0][1].as_str().unwrap().contains("Skip"), "the first stop skips to the content: {tops:?}");
    stage.browser.js("document.activeElement.blur()").await;
}
