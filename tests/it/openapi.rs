//! The OpenAPI document: complete, and true to the routes.

use serde_json::Value;

use crate::helpers::TestApp;

async fn document(app: &TestApp) -> Value {
    app.get("/openapi.json").await
}

/// Every `$ref` of a document.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(target)) = map.get("$ref") {
                found.push(target.clone());
            }
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[actix_web::test]
async fn the_document_is_whole() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    assert_eq!(document["openapi"], "3.1.0");
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for target in found {
        let pointer = target.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{target} is there");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(
                operation["summary"].as_str().is_some_and(|text| !text.is_empty()),
                "{method} {path} has a summary"
            );
            for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                let named = |parameter: &Value| parameter["name"] == name && parameter["in"] == "path";
                assert!(operation["parameters"].as_array().unwrap().iter().any(named), "{method} {path} has {name}");
            }
        }
    }
    let page = app.client.get(app.api("/docs")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("/api/v1/bins/{bin}/requests"));
}

#[actix_web::test]
async fn every_documented_route_is_there_and_knows_no_other_method() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    for (path, item) in document["paths"].as_object().unwrap() {
        let url = format!("{}{path}", app.started.console_url)
            .replace("{bin}", &app.started.bin)
            .replace("{id}", "01JX7Z7C2V0000000000000001")
            .replace("{secret}", "1");
        let methods: Vec<String> = item.as_object().unwrap().keys().map(|method| method.to_ascii_uppercase()).collect();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let known = methods.iter().any(|known| known == method);
            if known && (method == "GET" || method == "DELETE") && !path.contains("{id}") {
                // Those would wait, or remove what the next ones need.
                continue;
            }
            let request = app.client.request(method.parse().unwrap(), &url);
            let response = request.send().await.unwrap();
            assert_eq!(response.status() != 405, known, "{method} {path}: {}", response.status());
            if !known {
                let allow = response.headers()["allow"].to_str().unwrap();
                for known in &methods {
                    assert!(allow.contains(known.as_str()), "{path}: {allow}");
                }
                assert_eq!(response.headers()["content-type"], "application/problem+json");
            }
        }
        let options = app.client.request(reqwest::Method::OPTIONS, &url).send().await.unwrap();
        assert_eq!(options.status(), 204, "{path}");
        assert!(options.headers().contains_key("allow"));
    }
}

#[actix_web::test]
async fn a_head_request_answers_as_get_does_without_the_body() {
    let app = TestApp::start().await;
    for path in ["/bins", "/info", "/bins/nobody"] {
        let get = app.client.get(app.api(path)).send().await.unwrap();
        let head = app.client.head(app.api(path)).send().await.unwrap();
        assert_eq!(head.status(), get.status(), "{path}");
        assert_eq!(head.headers().get("content-type"), get.headers().get("content-type"));
        assert!(head.bytes().await.unwrap().is_empty());
    }
    for path in ["stream", "events-stream", "wait"] {
        let response = app.client.head(app.api(&format!("/bins/{}/{path}", app.started.bin))).send().await.unwrap();
        assert_eq!(response.status(), 405, "{path} would never end");
    }
}
