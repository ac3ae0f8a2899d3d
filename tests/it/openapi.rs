//! The OpenAPI document: complete, and true to the routes.

use serde_json::{Value, json};

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
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation.get("requestBody").is_none_or(|body| body["content"].is_object()), "{method} {path}");
            for parameter in operation["parameters"].as_array().unwrap() {
                assert!(parameter["description"].is_string(), "{method} {path}: {parameter} has a description");
            }
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{method} {path}: no other operation is called {id}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let said = response["description"].as_str().is_some_and(|text| !text.is_empty());
                assert!(said, "{method} {path}: {status} has a description");
            }
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
    assert!(page.contains(r#"href="/""#), "there is a way back");
    assert!(page.matches("curl ").count() >= ids.len(), "each operation has an example");
    for (name, shape) in document["components"]["schemas"].as_object().unwrap() {
        let told = page.contains(&format!("id=\"shape-{name}\""));
        assert!(told || !shape["properties"].is_object(), "the page has the shape {name}");
    }
}

#[actix_web::test]
async fn every_body_has_an_example_that_the_api_takes() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    let mut tried = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(content) = operation["requestBody"]["content"].get("application/json") else { continue };
            if path.ends_with("/import") {
                continue;
            }
            let bin = app.bin(json!({"provider": "callaider"})).await["id"].as_str().unwrap().to_owned();
            let sent = app.client.post(format!("{}/{bin}", app.started.capture_url)).body("x").send().await.unwrap();
            assert_eq!(sent.status(), 200);
            // Changing a forward needs one, and answering a sender one that waits.
            if path.contains("/forward") {
                let forward = json!({"routes": [{"to": "http://127.0.0.1:1/hook"}]});
                app.client.put(app.api(&format!("/bins/{bin}/forward"))).json(&forward).send().await.unwrap();
            }
            if path.contains("/answer") {
                let hold = json!({"hold": {"timeout_ms": 60_000}});
                app.client.put(app.api(&format!("/bins/{bin}/response"))).json(&hold).send().await.unwrap();
                let waits = app.client.post(format!("{}/{bin}", app.started.capture_url)).body("x");
                tokio::task::spawn_local(waits.send());
                while app.get(&format!("/bins/{bin}/requests?q=is:held")).await["total"] != 1 {
                    tokio::task::yield_now().await;
                }
            }
            // A new bin is made under its own name.
            let named =
                if (method.as_str(), path.as_str()) == ("put", "/api/v1/bins/{bin}") { "callaider-2" } else { &bin };
            let url = format!(
                "{}{}",
                app.started.console_url,
                path.replace("{bin}", named).replace("{id}", "latest").replace("{point}", "alerts")
            );
            let request = app.client.request(method.to_uppercase().parse().unwrap(), url);
            let mut example = content["example"].clone();
            if let Some(target) = example.get_mut("target") {
                // Nothing listens there, whatever runs on this machine.
                *target = "http://127.0.0.1:1/hook".into();
            }
            let answer = request.json(&example).send().await.unwrap();
            assert!(answer.status().is_success(), "{method} {path}: {}", answer.text().await.unwrap());
            tried += 1;
        }
    }
    assert!(tried > 7, "{tried}");
}

#[actix_web::test]
async fn a_number_s_bounds_are_told_alike_whatever_came_in_its_place() {
    let app = TestApp::start().await;
    let bin = app.bin_id().await;
    let told = async |body: Value| {
        let put = app.client.put(app.api(&format!("/bins/{bin}/response"))).json(&body).send().await.unwrap();
        assert_eq!(put.status(), 422, "{body}");
        let problem: Value = put.json().await.unwrap();
        (problem["field"].as_str().unwrap().to_owned(), problem["detail"].as_str().unwrap().to_owned())
    };
    for (field, wanted, wrong) in [
        ("status", "a whole number from 200 to 599", [json!("200"), json!(99), json!(600), json!(-1), json!(200.5)]),
        ("delay_ms", "a whole number from 0 to 60000", [json!("5"), json!(-1), json!(60_001), json!(1.5), json!(true)]),
    ] {
        for value in wrong {
            assert_eq!(told(json!({field: value})).await, (field.to_owned(), format!("`{field}` must be {wanted}.")));
        }
    }
    let told = told(json!({"fault": {"kind": "reset", "probability": 2}})).await;
    let (field, detail) = ("fault.probability", "`fault.probability` must be a number from 0 to 1.");
    assert_eq!(told, (field.to_owned(), detail.to_owned()));
    let put =
        app.client.put(app.api(&format!("/bins/{bin}/response"))).json(&json!({"status": null, "delay_ms": null}));
    assert_eq!(put.send().await.unwrap().status(), 200);
}

#[actix_web::test]
async fn the_document_says_what_bodies_and_answers_are() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    let operation = |method: &str, path: &str| document["paths"][format!("/api/v1/bins{path}")][method].clone();
    let types = |content: &Value| content.as_object().unwrap().keys().cloned().collect::<Vec<_>>();

    let created = operation("post", "")["requestBody"].clone();
    assert_ne!(created["required"], true, "a bin is made without any body");
    assert_eq!(created["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/BinInput");
    assert_eq!(operation("patch", "/{bin}")["requestBody"]["required"], true);

    let imported = operation("post", "/{bin}/import")["requestBody"]["content"].clone();
    for kind in ["application/x-ndjson", "application/jsonl", "application/json"] {
        assert!(types(&imported).contains(&kind.to_owned()), "{imported}");
    }
    for part in ["raw", "head", "body"] {
        let answer = operation("get", &format!("/{{bin}}/requests/{{id}}/{part}"))["responses"]["200"].clone();
        let schema = &answer["content"]["application/octet-stream"]["schema"];
        let schema = schema["$ref"].as_str().map_or(schema, |at| document.pointer(&at[1..]).unwrap());
        assert_eq!((&schema["type"], &schema["format"]), (&json!("string"), &json!("binary")), "{part}");
    }
    let in_vain = operation("get", "/{bin}/wait")["responses"]["408"]["content"].clone();
    assert!(in_vain["application/problem+json"]["schema"].is_object(), "{in_vain}");

    let schemas = &document["components"]["schemas"];
    let script = schemas["ResponseSettingsInput"]["properties"]["script"]["anyOf"].as_array().unwrap();
    let kinds: Vec<&Value> = script.iter().map(|kind| &kind["type"]).collect();
    assert_eq!(kinds, ["array", "string", "null"]);
    assert_eq!(schemas["BinInput"]["properties"]["signature_mode"]["enum"], json!(["report", "enforce", null]));
    assert_eq!(schemas["FaultInput"]["properties"]["kind"]["enum"].as_array().unwrap().len(), 5);
    assert_eq!(schemas["SecretsInput"]["properties"]["secrets"]["maxItems"], 32);
    assert_eq!(schemas["SecretInput"]["properties"]["value"]["maxLength"], 16384);
}

#[actix_web::test]
async fn exports_have_a_type_that_the_document_names() {
    let app = TestApp::start().await;
    let bin = &app.started.bin;
    app.client.post(&app.started.bin_url).body("x").send().await.unwrap();
    let document = document(&app).await;
    for (template, path) in [
        ("/api/v1/bins/{bin}/requests/{id}/export", format!("/bins/{bin}/requests/latest/export")),
        ("/api/v1/bins/{bin}/export", format!("/bins/{bin}/export")),
    ] {
        let operation = &document["paths"][template]["get"];
        let documented = operation["responses"]["200"]["content"].as_object().unwrap();
        let parameters = operation["parameters"].as_array().unwrap();
        let kind = parameters.iter().find(|parameter| parameter["name"] == "as").unwrap();
        assert_eq!(kind["required"], true);
        let kinds = &kind["schema"]["enum"];
        let mut seen = std::collections::BTreeSet::new();
        for kind in kinds.as_array().unwrap() {
            let url = app.api(&format!("{path}?as={}", kind.as_str().unwrap()));
            let answer = app.client.get(url).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{kind}");
            let media_type = answer.headers()["content-type"].to_str().unwrap().split(';').next().unwrap().to_owned();
            assert!(documented.contains_key(&media_type), "{kind}: {media_type}");
            seen.insert(media_type);
        }
        assert_eq!(seen.len(), documented.len(), "{template} has no other types");
    }
}

#[actix_web::test]
async fn the_document_and_its_page_know_no_other_method() {
    let app = TestApp::start().await;
    for path in ["/openapi.json", "/docs"] {
        let refused = app.client.post(app.api(path)).send().await.unwrap();
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()["allow"]),
            (405, &"GET, HEAD, OPTIONS".parse().unwrap())
        );
        let options = app.client.request(reqwest::Method::OPTIONS, app.api(path)).send().await.unwrap();
        assert_eq!(
            (options.status().as_u16(), &options.headers()["allow"]),
            (204, &"GET, HEAD, OPTIONS".parse().unwrap())
        );
        assert_eq!(app.client.head(app.api(path)).send().await.unwrap().status(), 200);
    }
}

#[actix_web::test]
async fn every_documented_route_is_there_and_knows_no_other_method() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    for (path, item) in document["paths"].as_object().unwrap() {
        let url = format!("{}{path}", app.started.console_url)
            .replace("{bin}", &app.started.bin)
            .replace("{id}", "01JX7Z7C2V0000000000000001")
            .replace("{session}", "s")
            .replace("{point}", "alerts")
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
        let endless = ["/stream", "/events-stream", "/wait"].iter().any(|end| path.ends_with(end));
        let allow = options.headers()["allow"].to_str().unwrap().to_owned();
        let head = methods.iter().any(|method| method == "GET") && !endless;
        assert_eq!(allow.split(", ").any(|method| method == "HEAD"), head, "{path}: {allow}");
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
