//! The lists and what is read in them: places, times, filters, deletions, files, what is printed.

use std::fmt::Write as _;

use base64::Engine as _;
use serde_json::json;

use super::browser::{NARROW, WIDE};
use super::{SECRET, SESSION, Stage};

const ENTER: &str = "\u{e007}";
const DOWN: &str = "\u{e015}";
const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];

async fn many(count: usize) -> (Stage, Vec<String>) {
    let stage = Stage::set().await;
    stage.app.bin(json!({"name": "many"})).await;
    for number in 0..count {
        stage.app.client.post(format!("{}/many/{number}", stage.app.started.capture_url)).send().await.unwrap();
    }
    let ids = stage.app.requests("many").await.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    (stage, ids)
}

#[tokio::test]
async fn the_list_shows_the_request_of_the_address_however_far_down_it_is() {
    let (stage, ids) = many(330).await;
    let browser = &stage.browser;
    let seen = "const row = document.querySelector('.row[aria-current]'); if (!row) return 'none';
                const box = row.getBoundingClientRect(); const list = document.querySelector('#list-scroll').getBoundingClientRect();
                return box.top >= list.top && box.bottom <= list.bottom ? 'seen' : 'scrolled away'";
    // On the first page but below the fold, on the second, on the last.
    for at in [260, 150, 3] {
        stage.open(&format!("/bins/many/requests/{}", ids[at])).await;
        stage.until_live().await;
        assert_eq!(browser.js(seen).await, "seen", "request {at}");
        browser.keys("j").await;
        stage.until_shown(&ids[at - 1]).await;
        browser.keys("k").await;
        stage.until_shown(&ids[at]).await;
    }
    // From page to page in both directions, one request after the other. A key counts once the list shows its request.
    let shown = async |at: usize| {
        stage.until_shown(&ids[at]).await;
        let current = "document.querySelector('.row[aria-current]')?.closest('li')?.dataset.id";
        browser.until(&format!("{current} === '{}'", ids[at])).await;
    };
    stage.open(&format!("/bins/many/requests/{}", ids[231])).await;
    stage.until_live().await;
    browser.until("document.querySelectorAll('#rows li').length === 100").await;
    for (key, at) in [("j", 230), ("j", 229), ("k", 230)] {
        browser.keys(key).await;
        shown(at).await;
    }
    browser.click("#pager-top a[rel=first]").await;
    browser.until("document.querySelector('#pager-top').hidden").await;
    browser.until(&format!("document.querySelector('#rows li')?.dataset.id === '{}'", ids[329])).await;
    browser.keys("k").await;
    shown(231).await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn bins_are_searched_sorted_copied_and_deleted_on_the_first_page() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    for number in 0..57 {
        stage.app.bin(json!({"name": format!("team-{number:02}")})).await;
    }
    stage.app.bin(json!({"name": "shop", "provider": "shopify"})).await;
    stage.send("POST", "team-30", &[], "x").await;
    stage.open("/").await;
    assert_eq!(browser.count("#bins tr[data-bin]").await, 50, "a wall is not shown at once");
    browser.until_text("#bins", "Show all 59 bins").await;
    browser.until_text("#bins tr:first-child", "team-30").await;
    browser.until_text("main", "verdicts of a bin's latest 1,000 requests").await;
    browser.click("th a[href*='sort=name']").await;
    browser.until("document.querySelector('th[aria-sort=ascending]')?.innerText.startsWith('Bin')").await;
    browser.click("#bin-search").await;
    browser.keys("shopi").await;
    browser.until("document.querySelectorAll('#bins tr[data-bin]').length === 1").await;
    browser.click("#bins [data-copy]").await;
    assert_eq!(browser.clipboard().await, format!("{}/shop", stage.app.started.capture_url));
    browser.click("#bins [data-delete-bin]").await;
    browser.until_text("dialog", "Delete shop?").await;
    browser.click("dialog .danger").await;
    browser.until_text("#bins", "No bin has this").await;
    assert_eq!(stage.app.client.get(stage.app.api("/bins/shop")).send().await.unwrap().status(), 404);
    // The same address without scripts.
    let page = stage.app.client.get(stage.url("/?q=team-3&sort=name")).send().await.unwrap().text().await.unwrap();
    assert_eq!(page.matches("<tr data-bin").count(), 10);
}

#[tokio::test]
async fn times_are_the_reader_s_everywhere_with_the_zone_and_how_long_ago() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    let seeded = stage.seed().await;
    browser.devtools("Emulation.setTimezoneOverride", json!({"timezoneId": "Asia/Kolkata"})).await;
    let utc = regex::Regex::new(r"[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z| UTC[^+])").unwrap();
    for tab in ["request", "event", "compare"] {
        stage.open(&format!("/bins/callaider/requests/{}?tab={tab}", seeded.duplicate)).await;
        stage.until_live().await;
        browser.until_text("#zone", "Times are UTC+5:30 (Asia/").await;
        browser.until_text(".facts time.full", "UTC+5:30").await;
        browser.until_text(".facts time.ago", " ago").await;
        let text = browser.text("#detail").await;
        let body = text.replace("2026-05-28T12:34:56.789Z", "");
        assert!(!utc.is_match(&body), "{tab}: {body}");
    }
    let options = browser.js("return document.querySelector('#compare-with').innerText").await;
    let clock = browser.js("return document.querySelector('#rows time').textContent.slice(0, 5)").await;
    assert!(options.as_str().unwrap().contains(clock.as_str().unwrap()), "{options} has the list's {clock}");
    // Without scripts they are in UTC, and say so.
    let page = stage.app.client.get(stage.url(&format!("/bins/callaider/requests/{}", seeded.json))).send();
    let html = page.await.unwrap().text().await.unwrap();
    assert!(html.contains("Times are UTC.") && html.contains(" UTC</time>"), "{html}");
}

#[tokio::test]
async fn a_server_that_is_away_is_said_in_words_wherever_something_is_asked_of_it() {
    let mut stage = Stage::set().await;
    stage.app.bin(json!({"name": "away"})).await;
    stage.send("POST", "away", JSON, r#"{"a": 1}"#).await;
    let id = stage.send("POST", "away", JSON, r#"{"a": 2}"#).await;
    stage.open(&format!("/bins/away/requests/{id}")).await;
    stage.until_live().await;
    stage.app.begin_to_stop();
    let browser = &stage.browser;
    browser.until("document.querySelector('#live').dataset.state === 'reconnecting'").await;
    browser.until_text("#list-error", "Not up to date: The server cannot be reached").await;
    browser.click("#filter").await;
    browser.keys(&format!("method:PUT{ENTER}")).await;
    browser.until_text("#list-error", "The server cannot be reached").await;
    assert_eq!(browser.count("#rows li").await, 2, "what was there stays");
    browser.click(".tabs [data-tab=raw]").await;
    browser.until_text("#toasts", "The server cannot be reached. Is Creel still running?").await;
    browser.click("[data-do=copy-curl]").await;
    browser.until("document.querySelectorAll('.toast.bad').length === 2").await;
    let said = browser.text("body").await;
    assert!(!said.contains("Failed to fetch"), "{said}");
}

#[tokio::test]
async fn the_filter_offers_what_it_writes_and_covers_nothing_until_asked() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.callaider().await;
    stage.event("session.started", SESSION, json!({}), SECRET).await;
    stage.event("session.started", SESSION, json!({}), "wrong").await;
    stage.open("/bins/callaider").await;
    stage.until_live().await;
    browser.keys("/").await;
    browser.until("document.activeElement.id === 'filter'").await;
    assert_eq!(browser.js("return document.querySelector('#suggest').hidden").await, true);
    browser.keys("si").await;
    browser.until_text("#suggest", "sig:").await;
    browser.keys(&format!("{DOWN}{ENTER}")).await;
    browser.until_text("#suggest", "sig:invalid").await;
    let shown = browser
        .js("return document.querySelectorAll('#suggest [role=option]')[1].querySelector('code').textContent")
        .await;
    browser.keys(&format!("{DOWN}{DOWN}{ENTER}")).await;
    assert_eq!(browser.js("return document.querySelector('#filter').value").await, shown);
    assert_eq!(shown, "sig:invalid");
    browser.until("document.querySelectorAll('#rows li').length === 1").await;
    browser.js("document.querySelector('#filter').value = ''").await;
    browser.keys(DOWN).await;
    browser.until("document.querySelectorAll('#suggest [role=option]').length > 15").await;
}

#[tokio::test]
async fn deleting_many_says_how_many_before_and_after() {
    let (stage, _) = many(12).await;
    let browser = &stage.browser;
    stage.open("/bins/many?q=path:/1*").await;
    stage.until_live().await;
    browser.click(".side-status summary").await;
    browser.until_text(".side-status [data-do=clear]", "Delete the 3 that match").await;
    browser.click("[data-do=clear]").await;
    browser.until_text("#toasts", "3 requests that match the filter are deleted").await;
    browser.click("#toasts [aria-label=Dismiss]").await;
    browser.until_text("#counts", "of 9 requests").await;
    stage.open("/bins/many").await;
    stage.until_live().await;
    browser.click(".side-status summary").await;
    browser.until_text(".side-status [data-do=clear]", "Delete all 9 requests").await;
    browser.click("[data-do=clear]").await;
    browser.until_text("#toasts", "9 requests are deleted").await;
    browser.click("[data-undo]").await;
    assert_eq!(stage.app.requests("many").await.len(), 9);
}

#[tokio::test]
async fn files_of_a_multipart_body_are_seen_and_saved_byte_for_byte() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "files"})).await;
    let png = base64::engine::general_purpose::STANDARD.decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==",
    );
    let files = [("photo", "../a photo.png", png.unwrap()), ("sound", "call.wav", b"RIFF\0\xff\xfe\r\n-b".to_vec())];
    let mut body = Vec::new();
    for (name, file, content) in &files {
        let mut head = String::new();
        write!(head, "--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\n").unwrap();
        body.extend([head.as_bytes(), content, b"\r\n"].concat());
    }
    body.extend(b"--b--\r\n");
    let id = stage.send("POST", "files", &[("Content-Type", "multipart/form-data; boundary=b")], body).await;
    stage.open(&format!("/bins/files/requests/{id}")).await;
    browser.until("document.querySelector('.part .raster')?.naturalWidth === 5").await;
    browser.until_text(".part .hex", "52 49 46 46").await;
    for (number, (_, _, content)) in files.iter().enumerate() {
        let href = browser
            .js(&format!("return document.querySelectorAll('.part a[download]')[{number}].getAttribute('href')"))
            .await;
        let saved = stage.app.client.get(stage.url(href.as_str().unwrap())).send().await.unwrap();
        let disposition = saved.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert!(disposition.starts_with("attachment") && !disposition.contains(".."), "{disposition}");
        assert_eq!(saved.bytes().await.unwrap(), content[..]);
    }
    let none = stage.app.client.get(stage.url(&format!("/bins/files/requests/{id}/parts/2"))).send().await.unwrap();
    assert_eq!(none.status(), 404);
}

#[tokio::test]
async fn a_body_that_was_turned_down_is_told_with_its_size_the_limit_and_the_setting() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "own", "limits": {"max_body_bytes": 1024}})).await;
    stage.app.bin(json!({"name": "server"})).await;
    for (bin, size, limit, setting) in
        [("own", 3_000, "1.0 KiB", "set for this bin"), ("server", 11 << 20, "10.0 MiB", "--max-body")]
    {
        // A sender that asks before it sends, and one that sends at once.
        let head = format!("POST /{bin} HTTP/1.1\r\nHost: h\r\nContent-Length: {size}\r\nExpect: 100-continue\r\n\r\n");
        crate::helpers::raw::exchange(stage.app.capture, head.as_bytes());
        while stage.app.requests(bin).await.is_empty() {
            tokio::task::yield_now().await;
        }
        stage.open(&format!("/bins/{bin}/requests/latest")).await;
        let size = if size == 3_000 { "2.9 KiB" } else { "11.0 MiB" };
        for part in [size, limit, setting] {
            browser.until_text(".detail-body .banner", part).await;
        }
        browser.until_text(".detail-body", &format!("The body of {size} was not kept")).await;
        browser.until_text("#rows li", size).await;
        let whole = format!("POST /{bin} HTTP/1.1\r\nHost: h\r\nContent-Length: 11534336\r\n\r\n{}", "x".repeat(5_000));
        crate::helpers::raw::exchange(stage.app.capture, whole.as_bytes());
        stage.open(&format!("/bins/{bin}/requests/latest")).await;
        browser.until_text(".detail-body .banner", "11.0 MiB (11,534,336 bytes)").await;
    }
}

#[tokio::test]
async fn a_printed_request_is_whole() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "paper"})).await;
    let lines: Vec<_> = (0..600).map(|number| format!("line {number}")).collect();
    let id = stage.send("POST", "paper", &[("Content-Type", "text/plain")], lines.join("\n")).await;
    stage.open(&format!("/bins/paper/requests/{id}")).await;
    stage.until_live().await;
    let printed = browser.devtools("Page.printToPDF", json!({})).await;
    let pdf = base64::engine::general_purpose::STANDARD.decode(printed["data"].as_str().unwrap()).unwrap();
    let text = String::from_utf8_lossy(&pdf).into_owned();
    let pages = regex::Regex::new(r"/Type ?/Page[^s]").unwrap().find_iter(&text).count();
    assert!(pages >= 8, "600 lines on {pages} pages");
}

#[tokio::test]
async fn every_error_of_a_browser_s_is_a_page_with_a_way_back() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "there"})).await;
    for (path, way) in [
        ("/bins/there/requests/01JWXXXXXXXXXXXXXXXXXXXXXX", "Requests of there"),
        ("/bins/THERE/requests/01JWXXXXXXXXXXXXXXXXXXXXXX", "Requests of there"),
        ("/bins/there/nothing", "All bins"),
        ("/nothing/at/all", "All bins"),
        ("/there", "Send webhooks to"),
        ("/bins/nobody/settings", "All bins"),
    ] {
        stage.open(path).await;
        browser.until_text("main", way).await;
        assert!(browser.count("main a[href]").await > 0, "{path}");
    }
    stage.open("/bins/there/requests/01JWXXXXXXXXXXXXXXXXXXXXXX").await;
    browser.click("main .btn.primary").await;
    browser.until("location.pathname === '/bins/there'").await;
    // Programs get problems as JSON, as before.
    let problem = stage.app.client.get(stage.url("/nothing/at/all")).send().await.unwrap();
    assert_eq!(problem.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn the_raw_view_reads_as_text_where_it_is_text() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "raw"})).await;
    let text = stage.send("POST", "raw", JSON, r#"{"a":1}"#).await;
    stage.open(&format!("/bins/raw/requests/{text}?tab=raw")).await;
    browser.until_text("#body-text", r#"{"a":1}"#).await;
    browser.click(".switch a[href*='view=hex']").await;
    browser.until_text(".hex", "7b 22 61 22").await;
    let breaks = browser.js("return getComputedStyle(document.querySelector('.hex')).whiteSpace").await;
    assert_eq!(breaks, "pre", "a line of hexadecimal is never broken");
    let bytes = stage.send("POST", "raw", &[], vec![0, 1, 2, 255]).await;
    stage.open(&format!("/bins/raw/requests/{bytes}?tab=raw")).await;
    browser.until_text(".hex", "00 01 02 ff").await;
}

#[tokio::test]
async fn a_row_with_many_marks_still_shows_its_event() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.callaider().await;
    let id = stage.event("session.started", SESSION, json!({}), SECRET).await;
    let path = stage.app.api(&format!("/bins/callaider/requests/{id}"));
    let marks = json!({"pinned": true, "note": "see staging", "tags": ["production", "urgent"]});
    assert_eq!(stage.app.client.patch(&path).json(&marks).send().await.unwrap().status(), 200);
    // Nothing listens there.
    let to = json!({"target": "http://127.0.0.1:1/hook"});
    assert_eq!(stage.app.client.post(format!("{path}/replay")).json(&to).send().await.unwrap().status(), 200);
    for size in [WIDE, NARROW] {
        browser.size(size).await;
        stage.open("/bins/callaider").await;
        browser.until_text("#rows .marks", "not delivered").await;
        for part in [".lead", ".about"] {
            let cut = browser
                .js(&format!(
                    "const part = document.querySelector('#rows {part}'); return part.clientWidth < Math.min(part.scrollWidth, 80)"
                ))
                .await;
            assert_eq!(cut, false, "{part} has room at {size:?}");
        }
    }
}

#[tokio::test]
async fn the_current_tab_is_in_sight_where_the_tabs_are_wider_than_the_page() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.callaider().await;
    let id = stage.event("session.started", SESSION, json!({}), SECRET).await;
    browser.size((320, 844)).await;
    let seen = "(() => { const tab = document.querySelector('.tabs [aria-current]').getBoundingClientRect();
                return tab.left >= 0 && tab.right <= innerWidth; })()";
    stage.open(&format!("/bins/callaider/requests/{id}?tab=raw")).await;
    stage.until_live().await;
    browser.until("document.querySelector('.tabs').scrollWidth > innerWidth").await;
    browser.until(seen).await;
    for (key, tab) in [("1", "request"), ("7", "raw")] {
        browser.keys(key).await;
        browser.until(&format!("document.querySelector('#detail').dataset.tab === '{tab}'")).await;
        browser.until(seen).await;
    }
}

#[tokio::test]
async fn nothing_on_a_page_moves_while_it_loads() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    let seeded = stage.seed().await;
    stage.app.bin(json!({"name": "empty"})).await;
    let pages = [
        "/".to_owned(),
        "/help".to_owned(),
        "/bins/empty".to_owned(),
        "/bins/callaider".to_owned(),
        "/bins/callaider/settings".to_owned(),
        format!("/bins/callaider/requests/{}", seeded.json),
        format!("/bins/callaider/requests/{}?tab=signature", seeded.invalid),
        format!("/bins/callaider/requests/{}?tab=event", seeded.duplicate),
        format!("/bins/callaider/requests/{}?tab=compare", seeded.invalid),
        "/nothing".to_owned(),
        "/api/v1/docs".to_owned(),
    ];
    // Looks from the first moment on.
    let watch = "window.moved = []; new PerformanceObserver((list) => { for (const one of list.getEntries())
        if (!one.hadRecentInput) window.moved.push([one.value, ...one.sources.map((source) => source.node?.outerHTML?.slice(0, 120) ?? '')]); })
        .observe({type: 'layout-shift', buffered: true});";
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({"source": watch})).await;
    for size in [WIDE, NARROW] {
        browser.size(size).await;
        for page in &pages {
            stage.open(page).await;
            browser.until("document.readyState === 'complete'").await;
            if browser.count("#live").await > 0 {
                stage.until_live().await;
            }
            browser
                .js_async("await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
                .await;
            let moved = browser.js("return window.moved").await;
            let sum: f64 = moved.as_array().unwrap().iter().map(|shift| shift[0].as_f64().unwrap()).sum();
            assert!(sum < 0.02, "{page} at {size:?}: {sum}: {moved}");
        }
    }
}
