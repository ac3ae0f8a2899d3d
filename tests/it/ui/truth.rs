//! What the page shows is what the API says, whatever happened to the network.

use std::time::Duration;

use serde_json::json;

use super::Stage;
use super::proxy::Proxy;

const REQUESTS: usize = 5_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_five_thousand_requests_and_two_cuts_of_the_network_nothing_is_missing_or_twice() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "busy"})).await;
    let proxy = Proxy::to(stage.app.console).await;
    browser.go(&format!("http://{}/bins/busy", proxy.address)).await;
    stage.until_live().await;

    let url = format!("{}/busy", stage.app.started.capture_url);
    let senders: Vec<_> = (0..8)
        .map(|sender| {
            let (client, url) = (stage.app.client.clone(), url.clone());
            tokio::spawn(async move {
                for number in 0..REQUESTS / 8 {
                    let body = format!("{{\"sender\":{sender},\"number\":{number}}}");
                    let answer = client.post(format!("{url}/{sender}")).body(body).send().await.unwrap();
                    assert_eq!(answer.status(), 200);
                }
            })
        })
        .collect();
    for _ in 0..2 {
        browser.until("document.querySelector('#rows li')").await;
        proxy.cut();
        browser.until("document.querySelector('#live').dataset.state === 'reconnecting'").await;
        assert!(browser.text("#live").await.contains("Reconnecting"), "the indicator is honest");
        // Long enough that the first tries to come back fail, too.
        tokio::time::sleep(Duration::from_millis(400)).await;
        proxy.mend();
        stage.until_live().await;
    }
    for sender in senders {
        sender.await.unwrap();
    }

    let truth = stage.app.get("/bins/busy/requests?limit=100").await;
    assert_eq!(truth["total"], REQUESTS);
    let ids: Vec<_> = truth["requests"].as_array().unwrap().iter().map(|request| request["id"].clone()).collect();
    browser
        .until(&format!(
            "JSON.stringify([...document.querySelectorAll('#rows li')].map((row) => row.dataset.id)) === {}",
            json!(json!(ids).to_string())
        ))
        .await;
    browser.until_text("#counts", "5,000 requests").await;
    // The first request was opened by itself, and is read.
    let unread = stage.app.get("/bins/busy").await["counts"]["unread"].as_u64().unwrap();
    browser.until(&format!("document.title.startsWith('({unread})')")).await;
    // Every page of the list, followed like a reader would, makes the whole.
    let mut seen = ids.len();
    let mut last = ids.last().unwrap().as_str().unwrap().to_owned();
    while browser.count("#pager a[rel=next]").await == 1 {
        browser.click("#pager a[rel=next]").await;
        browser
            .until(&format!("document.querySelector('#rows li') && !document.querySelector('[data-id=\"{last}\"]')"))
            .await;
        seen += usize::try_from(browser.count("#rows li").await).unwrap();
        last = browser
            .js("return document.querySelector('#rows li:last-child').dataset.id")
            .await
            .as_str()
            .unwrap()
            .to_owned();
    }
    assert_eq!(seen, REQUESTS, "each request stands on one page");
}

#[tokio::test]
async fn a_reader_further_down_keeps_the_place_and_is_told_how_many_came() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "calm"})).await;
    for number in 0..60 {
        stage.send("POST", &format!("calm/{number}"), &[], "x").await;
    }
    stage.open("/bins/calm").await;
    stage.until_live().await;
    browser.until("document.querySelectorAll('#rows li').length === 60").await;
    browser.js("document.querySelector('#list-scroll').scrollTop = 800").await;
    let top = "return Math.round(document.querySelectorAll('#rows li')[20].getBoundingClientRect().top)";
    let before = browser.js(top).await;
    for number in 0..12 {
        stage.send("POST", &format!("calm/new-{number}"), &[], "x").await;
    }
    browser.until_text("#fresh", "12 new").await;
    assert_eq!(browser.js(top).await, before, "nothing moved");
    browser.until_text("#counts", "72 requests").await;
    browser.click("#fresh").await;
    browser.until_text("#rows li:first-child", "/new-11").await;
    browser
        .until("document.querySelectorAll('#rows li').length === 72 && document.querySelector('#fresh').hidden")
        .await;
}

#[tokio::test]
async fn deletions_marks_and_pauses_show_as_they_are() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "shared"})).await;
    let first = stage.send("POST", "shared/one", &[], "1").await;
    let second = stage.send("POST", "shared/two", &[], "2").await;
    stage.open(&format!("/bins/shared/requests/{first}")).await;
    stage.until_live().await;
    let api = stage.app.api("/bins/shared/requests");
    stage
        .app
        .client
        .patch(format!("{api}/{second}"))
        .json(&json!({"pinned": true, "tags": ["prod"], "note": "n"}))
        .send()
        .await
        .unwrap();
    browser.until_text(&format!("[data-id='{second}']"), "pinned").await;
    browser.until_text(&format!("[data-id='{second}']"), "#prod").await;
    stage.app.client.delete(format!("{api}/{first}")).send().await.unwrap();
    browser.until(&format!("!document.querySelector('[data-id=\"{first}\"]')")).await;
    browser.until_text("#main", "This request was deleted").await;

    browser.click("#live").await;
    browser.until_text("#live", "Paused").await;
    stage.send("POST", "shared/three", &[], "3").await;
    browser.click("#live").await;
    browser.until_text("#rows", "/three").await;
    assert_eq!(browser.count("#rows li").await, 2);
}
