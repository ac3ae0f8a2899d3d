//! Pictures of every page from real data, in `target/screenshots`; the README's among them also in `tests/screenshots`:
//! `cargo test --test it screenshots -- --ignored`.

use std::path::Path;

use serde_json::json;

use super::browser::{NARROW, WIDE};
use super::{SESSION, Stage};

/// The pictures that the README shows.
const IN_README: &[&str] =
    &["inspector-signature-wide", "inspector-json-narrow", "first-empty-narrow", "inspector-list-narrow"];

#[tokio::test]
#[ignore = "writes the README's pictures"]
async fn screenshots() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (folder, kept) = (root.join("target/screenshots"), root.join("tests/screenshots"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::create_dir_all(&kept).unwrap();
    let stage = Stage::set().await;
    let browser = &stage.browser;
    let shoot = async |name: &str, path: &str, ready: &str| {
        for (width, size) in [("wide", WIDE), ("narrow", NARROW)] {
            browser.size(size).await;
            for theme in ["light", "dark"] {
                browser.theme(theme).await;
                stage.open(path).await;
                browser.until(ready).await;
                let (file, picture) = (format!("{name}-{width}"), browser.screenshot().await);
                let png = format!("{file}-{theme}.png");
                if IN_README.contains(&file.as_str()) {
                    std::fs::write(kept.join(&png), &picture).unwrap();
                }
                std::fs::write(folder.join(&png), picture).unwrap();
            }
        }
    };
    shoot("first-empty", "/", "document.querySelector('#waiting')").await;
    let seeded = stage.seed().await;
    stage.app.bin(json!({"name": "pathors", "provider": "pathors"})).await;
    for event in ["session.ended", "call.ended", "session.finalized", "recording.ready"] {
        let body = json!({"event": event, "sessionId": "sess_01", "timestamp": "2026-05-28T12:40:00.000Z"}).to_string();
        stage
            .send("POST", "pathors", &[("Content-Type", "application/json"), ("Authorization", "Bearer x")], body)
            .await;
    }
    let live = "document.querySelector('#live')?.dataset.state === 'live'";
    let request = |id: &str, tab: &str| format!("/bins/callaider/requests/{id}?tab={tab}");
    shoot("first-full", "/", "document.querySelector('#bins tr')").await;
    shoot("inspector-list", "/bins/callaider", live).await;
    shoot("inspector-json", &request(&seeded.json, "request"), live).await;
    shoot("inspector-signature", &request(&seeded.invalid, "signature"), live).await;
    shoot("inspector-multipart", &request(&seeded.multipart, "request"), live).await;
    shoot("inspector-compare", &request(&seeded.invalid, "compare"), live).await;
    let shown = "document.querySelector('#live')?.dataset.state === 'live'";
    shoot("event", &request(&seeded.json, "event"), live).await;
    shoot("sessions", "/bins/callaider/sessions", shown).await;
    shoot("session", &format!("/bins/callaider/sessions/{SESSION}"), shown).await;
    shoot("checklist", "/bins/callaider/checklist", shown).await;
    let (delivered, held) = stage.seed_deliveries(&seeded).await;
    shoot("inspector-deliver", &request(&delivered, "deliver"), live).await;
    shoot("inspector-held", &request(&held, "deliver"), live).await;
    shoot("settings", "/bins/callaider/settings", "document.querySelector('#preview')").await;
}
