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
