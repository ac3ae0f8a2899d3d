//! Pages without a browser: what they answer when something goes wrong.

use crate::helpers::TestApp;

#[actix_web::test]
async fn what_goes_wrong_on_the_way_to_a_page_is_told_on_a_page_as_the_api_tells_it() {
    let app = TestApp::start().await;
    let bin = &app.started.bin;
    for (path, status, sentence) in [
        ("/bins/nobody".to_owned(), 404, "There is no bin &#39;nobody&#39;."),
        (format!("/bins/{bin}/requests/latest"), 404, "There is no such request."),
        (format!("/bins/{bin}/requests/nonsense"), 404, "There is no such request."),
        (format!("/bins/{bin}?before=x"), 400, "`before` must be a whole number, 0 or more."),
    ] {
        let url = format!("{}{path}", app.started.console_url);
        let response = app.client.get(url).header("Cookie", "odd; creel_theme=dark").send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8", "{path}");
        let html = response.text().await.unwrap();
        assert!(html.contains(sentence) && html.contains(r#"data-theme="dark""#), "{path}: {html}");
    }
}

#[actix_web::test]
async fn a_browser_that_is_refused_by_cors_is_explained_and_the_way_out_named() {
    let app = TestApp::start().await;
    let bin = &app.started.bin;
    let preflight = app.client.request(reqwest::Method::OPTIONS, &app.started.bin_url);
    let preflight = preflight.header("Origin", "https://x.example").header("Access-Control-Request-Method", "POST");
    preflight.send().await.unwrap();
    let latest = format!("{}/bins/{bin}/requests/latest", app.started.console_url);
    let page = || async { app.client.get(&latest).send().await.unwrap().text().await.unwrap() };
    let shown = page().await;
    let link = format!("<a href=\"/bins/{bin}/settings#cors\">");
    assert!(shown.contains("This is a preflight") && shown.contains(&link), "{shown}");
    let post = app.client.post(&app.started.bin_url).header("Origin", "https://x.example");
    post.header("Sec-Fetch-Mode", "cors").send().await.unwrap();
    assert!(page().await.contains("the page cannot read the response"));
    app.client.post(&app.started.bin_url).header("Origin", "https://x.example").send().await.unwrap();
    assert!(!page().await.contains(&link), "no browser");
    let url = app.api(&format!("/bins/{bin}/response"));
    assert_eq!(app.client.put(url).json(&serde_json::json!({"cors": true})).send().await.unwrap().status(), 200);
    app.client
        .post(&app.started.bin_url)
        .header("Origin", "https://x.example")
        .header("Sec-Fetch-Mode", "cors")
        .send()
        .await
        .unwrap();
    assert!(!page().await.contains(&link), "CORS is on");
}

#[actix_web::test]
async fn every_page_says_what_it_is_to_those_that_list_pages() {
    let app = TestApp::start().await;
    let bin = &app.started.bin;
    app.client.post(&app.started.bin_url).body("x").send().await.unwrap();
    for path in ["/", "/help", "/login", "/api/v1/docs", "/nothing"].map(str::to_owned).into_iter().chain(
        ["", "/settings", "/sessions", "/checklist", "/send", "/requests/latest"]
            .map(|below| format!("/bins/{bin}{below}")),
    ) {
        let response = app.client.get(format!("{}{path}", app.started.console_url)).header("Accept", "text/html");
        let html = response.send().await.unwrap().text().await.unwrap();
        assert!(html.contains("name=\"description\""), "{path}: {html}");
    }
}

#[actix_web::test]
async fn every_placeholder_of_a_response_is_named_where_it_is_written_and_in_the_help() {
    let app = TestApp::start().await;
    for path in ["/help".to_owned(), format!("/bins/{}/settings", app.started.bin)] {
        let url = format!("{}{path}", app.started.console_url);
        let html = app.client.get(url).send().await.unwrap().text().await.unwrap();
        for (placeholder, _) in creel::inside::PLACEHOLDERS {
            assert!(html.contains(placeholder), "{path}: {placeholder}");
        }
    }
}

#[actix_web::test]
async fn what_differs_at_the_root_is_called_so() {
    let app = TestApp::start().await;
    for body in [r#"{"a":1}"#, "[1]"] {
        let request = app.client.post(&app.started.bin_url).header("Content-Type", "application/json").body(body);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    let url = format!("{}/bins/{}/requests/latest?tab=compare", app.started.console_url, app.started.bin);
    let html = app.client.get(url).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("(root)"), "{html}");
}

#[actix_web::test]
async fn the_first_page_counts_the_right_and_the_wrong_signatures_of_each_bin() {
    let app = TestApp::start().await;
    app.bin(serde_json::json!({"name": "calls", "provider": "pathors", "secret": "Bearer tok"})).await;
    for proof in ["Bearer tok", "Bearer no", "Bearer tok", "Bearer tok"] {
        let request = app.client.post(format!("{}/calls", app.started.capture_url)).header("Authorization", proof);
        request.body("{}").send().await.unwrap();
    }
    let html = app.client.get(&app.started.console_url).send().await.unwrap().text().await.unwrap();
    // On a wide screen in a column, on a narrow one below the name.
    for chip in ["<span class=\"chip ok\">3 valid</span>", "<span class=\"chip bad\">1 invalid</span>"] {
        assert_eq!(html.matches(chip).count(), 2, "{chip}: {html}");
    }
}
