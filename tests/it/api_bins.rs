//! Bins, secrets and answers through the API.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use creel::inside::Catalogue;

use crate::helpers::TestApp;

/// Sends JSON and answers with status and body.
async fn send(app: &TestApp, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
    let response = app.client.request(method, app.api(path)).json(&body).send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
}

#[actix_web::test]
async fn a_bin_shows_its_urls_settings_and_counts() {
    let app = TestApp::start().await;
    let bin = app
        .bin(json!({"name": "demo", "secrets": [{"label": "live", "value": "whsec_0123456789"}], "signature_mode": "enforce"}))
        .await;
    assert_eq!(bin["capture_url"], format!("{}/demo", app.started.capture_url));
    assert_eq!(bin["console_url"], format!("{}/bins/demo", app.started.console_url));
    insta::assert_json_snapshot!(bin, {
        ".id" => insta::dynamic_redaction(|value, _| {
            assert_eq!(value.as_str().unwrap().len(), 16);
            "[id]"
        }),
        ".capture_url" => "[url]",
        ".console_url" => "[url]",
        ".sample_curl" => "[curl]",
        ".created_at" => "[time]",
    });
    assert_eq!(app.get("/bins/demo").await, bin);
    assert_eq!(app.get(&format!("/bins/{}", bin["id"].as_str().unwrap())).await, bin);
    let listed = app.get("/bins").await;
    assert_eq!(listed["bins"].as_array().unwrap().last(), Some(&bin));
}

#[actix_web::test]
async fn a_bin_is_found_by_its_name_in_capitals_wherever_it_is_named() {
    let app = TestApp::start().await;
    let bin = app.bin(json!({"name": "demo"})).await;
    app.client.post(format!("{}/demo", app.started.capture_url)).body("{}").send().await.unwrap();
    assert_eq!(app.get("/bins/DEMO").await, app.get("/bins/demo").await);
    let (status, put) = send(&app, Method::PUT, "/bins/Demo", json!({})).await;
    assert_eq!((status.as_u16(), &put["id"]), (200, &bin["id"]));
    let same = app.client.get(app.api("/bins/demo/diff?a=latest&b=latest&b_bin=DEMO")).send().await.unwrap();
    assert_eq!(same.status(), 200);
    // On the console's own port a sender is told where the bin is.
    let astray = app.client.post(format!("{}/DEMO", app.started.console_url)).send().await.unwrap();
    let problem: Value = astray.json().await.unwrap();
    assert_eq!(problem["capture_url"], bin["capture_url"]);
}

#[actix_web::test]
async fn a_bin_is_made_without_any_body_and_deleted() {
    let app = TestApp::start().await;
    let made = app.client.post(app.api("/bins")).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let location = made.headers()["location"].to_str().unwrap().to_owned();
    let url = format!("{}{location}", app.started.console_url);
    assert_eq!(app.client.get(&url).send().await.unwrap().status(), 200);
    assert_eq!(app.client.delete(&url).send().await.unwrap().status(), 204);
    assert_eq!(app.client.get(&url).send().await.unwrap().status(), 404);
}

#[actix_web::test]
async fn put_makes_a_bin_once_and_gets_it_afterwards() {
    let app = TestApp::start().await;
    let (status, made) = send(&app, Method::PUT, "/bins/team", json!({"provider": "github"})).await;
    assert_eq!((status, &made["name"]), (StatusCode::CREATED, &json!("team")));
    let (status, got) = send(&app, Method::PUT, "/bins/team", json!({"provider": "stripe"})).await;
    assert_eq!((status, &got["provider"], &got["id"]), (StatusCode::OK, &json!("github"), &made["id"]));
    let (status, problem) = send(&app, Method::PUT, "/bins/te.am", json!({})).await;
    assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_field")));
    // A brand is written as it is: it is the same bin.
    let (status, got) = send(&app, Method::PUT, "/bins/TEAM", json!({})).await;
    assert_eq!((status, &got["id"]), (StatusCode::OK, &made["id"]));
    let (status, got) = send(&app, Method::POST, "/bins", json!({"name": "CallAIder"})).await;
    assert_eq!((status, &got["name"]), (StatusCode::CREATED, &json!("callaider")));
    assert_eq!(app.get("/bins/CallAIder").await["id"], got["id"]);
    let (status, problem) = send(&app, Method::POST, "/bins", json!({"name": "team"})).await;
    assert_eq!(
        (status, &problem["code"], &problem["field"]),
        (StatusCode::CONFLICT, &json!("name_taken"), &json!("name"))
    );
}

#[actix_web::test]
async fn patch_changes_what_it_names_and_null_goes_back_to_the_default() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "a", "provider": "github", "limits": {"max_requests": 5, "max_age_s": 60}})).await;
    let (status, bin) = send(
        &app,
        Method::PATCH,
        "/bins/a",
        json!({"name": "b", "limits": {"max_requests": null}, "public_url": "https://x.example/h"}),
    )
    .await;
    assert_eq!(status, 200);
    assert_eq!(
        (&bin["name"], &bin["provider"], &bin["public_url"]),
        (&json!("b"), &json!("github"), &json!("https://x.example/h"))
    );
    assert_eq!(bin["limits"], json!({"max_requests": null, "max_age_s": 60, "max_body_bytes": null}));
    let (_, bin) =
        send(&app, Method::PATCH, "/bins/b", json!({"name": null, "provider": null, "public_url": null})).await;
    assert_eq!((&bin["name"], &bin["provider"], &bin["public_url"]), (&Value::Null, &Value::Null, &Value::Null));
    let strict = json!({"signature_mode": "enforce", "limits": {"max_requests": 5, "max_body_bytes": 9}});
    let (_, bin) = send(&app, Method::PATCH, &format!("/bins/{}", bin["id"].as_str().unwrap()), strict).await;
    assert_eq!((&bin["signature_mode"], &bin["limits"]["max_requests"]), (&json!("enforce"), &json!(5)));
    let path = format!("/bins/{}", bin["id"].as_str().unwrap());
    let (status, bin) = send(&app, Method::PATCH, &path, json!({"signature_mode": null, "limits": null})).await;
    assert_eq!((status, &bin["signature_mode"]), (StatusCode::OK, &json!("report")));
    assert_eq!(bin["limits"], json!({"max_requests": null, "max_age_s": null, "max_body_bytes": null}));
}

#[actix_web::test]
async fn every_wrong_field_is_named() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "a"})).await;
    for (body, field) in [
        (json!({"colour": 1}), "colour"),
        (json!({"name": 1}), "name"),
        (json!({"name": "has space"}), "name"),
        (json!({"name": "api"}), "name"),
        (json!({"limits": {"max": 1}}), "limits.max"),
        (json!({"limits": {"max_requests": -1}}), "limits.max_requests"),
        (json!({"limits": {"max_body_bytes": u64::MAX}}), "limits.max_body_bytes"),
        (json!({"signature_mode": "shout"}), "signature_mode"),
        (json!({"public_url": "ftp://x"}), "public_url"),
        (json!({"public_url": "http:x"}), "public_url"),
        (json!({"public_url": " http://x"}), "public_url"),
        (json!({"public_url": "http://"}), "public_url"),
        (json!({"public_url": "https://x/#a"}), "public_url"),
        (json!({"secret": ""}), "secret"),
        (json!({"secret": "x".repeat(16_385)}), "secret"),
        (json!({"secrets": vec![json!({"value": "x"}); 33]}), "secrets"),
        (json!({"secrets": [{"label": "a"}]}), "secrets[0].value"),
        (json!({"secrets": [["a", "b"]]}), "secrets[0]"),
        (json!({"limits": [1, 2, 3]}), "limits"),
        (json!({"response": [200]}), "response"),
        (json!({"response": {"fault": ["close", 1, 1]}}), "response.fault"),
        (json!({"response": {"headers": [["a", "b"]]}}), "response.headers[0]"),
        (json!({"response": {"methods": {"GET": [200]}}}), "response.methods.GET"),
        (json!({"response": {"methods": {"GET": {}, "get": {}}}}), "response.methods.get"),
        (
            json!({"response": {"methods": (0..101).map(|n| (format!("M{n}"), json!({}))).collect::<serde_json::Map<_, _>>()}}),
            "response.methods",
        ),
        (json!({"response": {"script": "200,".repeat(1_001)}}), "response.script"),
        (json!({"response": {"script": vec![200; 1_001]}}), "response.script"),
        (json!({"custom_scheme": [1]}), "custom_scheme"),
        (json!({"secrets": [{"value": "ok"}, {"value": ""}]}), "secrets[1].value"),
        (json!({"response": {"status": 99}}), "response.status"),
        (json!({"response": {"script": [200, {"status": 700}]}}), "response.script[1].status"),
        (json!({"response": {"script": [200, {"statuss": 1}]}}), "response.script[1].statuss"),
        (json!({"response": {"script": "500,x"}}), "response.script"),
        (json!({"response": {"headers": [{"name": "a b", "value": ""}]}}), "response.headers[0].name"),
        (json!({"response": {"headers": [{"name": "a", "value": "x\r\ny: z"}]}}), "response.headers[0].value"),
        (json!({"response": {"headers": [{"name": "Upgrade", "value": "h2c"}]}}), "response.headers[0].name"),
        (json!({"response": {"body": "a", "body_base64": "YQ=="}}), "response.body_base64"),
        (json!({"response": {"body_base64": "?"}}), "response.body_base64"),
        (json!({"response": {"delay_ms": 60_001}}), "response.delay_ms"),
        (json!({"response": {"fault": {"kind": "sulk"}}}), "response.fault.kind"),
        (json!({"response": {"fault": {"kind": 3}}}), "response.fault.kind"),
        (json!({"response": {"fault": {"kind": "drip", "probability": 2}}}), "response.fault.probability"),
        (json!({"response": {"methods": {"GET": {"status": 1}}}}), "response.methods.GET.status"),
    ] {
        for (method, path) in [(Method::POST, "/bins"), (Method::PATCH, "/bins/a")] {
            let (status, problem) = send(&app, method.clone(), path, body.clone()).await;
            assert_eq!(status, 422, "{method} {body}: {problem}");
            assert_eq!(
                (&problem["code"], &problem["field"]),
                (&json!("invalid_field"), &json!(field)),
                "{body}: {problem}"
            );
            assert_eq!(problem["status"], 422);
        }
    }
    assert_eq!(app.get("/bins").await["bins"].as_array().unwrap().len(), 2, "nothing was made");
}

#[actix_web::test]
async fn errors_are_plain_sentences_that_name_the_member() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "a"})).await;
    for (path, body, status, field, detail) in [
        ("/bins", r#"["name",null]"#, 422, None, "The body must be an object."),
        ("/bins", "null", 422, None, "The body must be an object."),
        ("/bins", r#"{"name":"a","name":"b"}"#, 422, Some("name"), "`name` is given twice; give it once."),
        ("/bins/a/secrets", "{}", 422, Some("value"), "`value` is missing."),
        ("/bins", r#"{"limits":7}"#, 422, Some("limits"), "`limits` must be an object."),
        ("/bins", r#"{"name":7}"#, 422, Some("name"), "`name` must be a text."),
        (
            "/bins",
            r#"{"response":{"status":-1}}"#,
            422,
            Some("response.status"),
            "`response.status` must be a whole number from 200 to 599.",
        ),
        ("/bins", "{} {}", 400, None, "The body is not JSON: something follows its value (line 1, column 4)."),
        ("/bins", "{", 400, None, "The body is not JSON: it ends too early (line 1, column 1)."),
    ] {
        let request = app.client.post(app.api(path)).header("Content-Type", "application/json").body(body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{body}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(
            (problem.get("field").and_then(Value::as_str), problem["detail"].as_str()),
            (field, Some(detail)),
            "{body}"
        );
    }
    for field in ["secret", "secrets"] {
        let value = if field == "secret" { json!("x") } else { json!([{"value": "x"}]) };
        let (status, problem) = send(&app, Method::PATCH, "/bins/a", json!({field: value})).await;
        assert_eq!((status, &problem["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)));
    }
    assert_eq!(app.get("/bins").await["bins"].as_array().unwrap().len(), 2, "nothing was made");
}

#[actix_web::test]
async fn what_a_client_wrote_does_not_fill_the_answer() {
    let app = TestApp::start().await;
    let long = "x".repeat(100_000);
    for body in [
        json!({long.as_str(): 1}),
        json!({"signature_mode": long}),
        json!({"response": {"script": long}}),
        json!({"response": {"methods": {long.as_str(): {}}}}),
        json!({"custom_scheme": {long.as_str(): 1}}),
    ] {
        let response = app.client.post(app.api("/bins")).json(&body).send().await.unwrap();
        assert_eq!(response.status(), 422);
        let text = response.text().await.unwrap();
        assert!(text.len() < 2_000, "{} bytes", text.len());
    }
    let url = app.api(&format!("/bins/{}/requests?{}=1", app.started.bin, &long[..20_000]));
    let response = app.client.get(url).send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert!(response.text().await.unwrap().len() < 2_000);
}

#[actix_web::test]
async fn what_is_no_json_of_that_type_is_refused() {
    let app = TestApp::start().await;
    for (content_type, body, status, code) in [
        ("application/json", "{", 400, "invalid_body"),
        ("application/json", "{} {}", 400, "invalid_body"),
        ("application/json", "[]", 422, "invalid_field"),
        ("application/json", "\u{feff}{}", 400, "invalid_body"),
        ("application/json; charset=latin1", "{}", 415, "unsupported_media_type"),
        ("application/x-www-form-urlencoded", "{}", 415, "unsupported_media_type"),
        ("text/plain", "{}", 415, "unsupported_media_type"),
        ("multipart/form-data", "", 415, "unsupported_media_type"),
    ] {
        let request = app.client.post(app.api("/bins")).header("Content-Type", content_type).body(body);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.status(), status, "{content_type} {body}");
        assert_eq!(response.json::<Value>().await.unwrap()["code"], code, "{content_type} {body}");
    }
    let said = |request: reqwest::RequestBuilder| request.header("Content-Type", "application/json; charset=\"UTF-8\"");
    assert_eq!(said(app.client.post(app.api("/bins"))).body("{}").send().await.unwrap().status(), 201);
    let twice = said(said(app.client.post(app.api("/bins")))).body("{}").send().await.unwrap();
    assert_eq!(twice.status(), 415);
    let untyped = app.client.post(app.api("/bins")).body("{}").send().await.unwrap();
    assert_eq!(untyped.status(), 415);
    let deep = format!("{{\"custom_scheme\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let request = app.client.post(app.api("/bins")).header("Content-Type", "application/json");
    assert!(request.body(deep).send().await.unwrap().status().is_client_error());
    let huge = json!({"response": {"body": "x".repeat(5 << 20)}});
    assert_eq!(send(&app, Method::POST, "/bins", huge).await.0, 413);
    let large = json!({"response": {"body": "x".repeat((1 << 20) + 1)}});
    assert_eq!(send(&app, Method::POST, "/bins", large).await.0, 422);
}

#[actix_web::test]
async fn secrets_are_written_and_never_shown() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "s", "secret": "first-secret-1234"})).await;
    let (status, added) =
        send(&app, Method::POST, "/bins/s/secrets", json!({"label": "next", "value": "second-secret-5678"})).await;
    assert_eq!(status, 201);
    assert_eq!((&added["label"], &added["hint"], &added["length"]), (&json!("next"), &json!("…5678"), &json!(18)));
    let listed = app.get("/bins/s/secrets").await;
    assert_eq!(listed["secrets"].as_array().unwrap().len(), 2);
    let everything = format!("{listed}{}{}", app.get("/bins/s").await, app.get("/bins").await);
    assert!(!everything.contains("secret-1234") && !everything.contains("secret-5678"));
    let path = format!("/bins/s/secrets/{}", added["id"]);
    assert_eq!(app.client.delete(app.api(&path)).send().await.unwrap().status(), 204);
    assert_eq!(app.client.delete(app.api(&path)).send().await.unwrap().status(), 404);
    assert_eq!(app.client.delete(app.api("/bins/s/secrets/x")).send().await.unwrap().status(), 404);
    let (status, all) =
        send(&app, Method::PUT, "/bins/s/secrets", json!({"secrets": [{"value": "third-secret-9999"}]})).await;
    assert_eq!((status, all["secrets"].as_array().unwrap().len()), (StatusCode::OK, 1));
    assert_eq!(all["secrets"][0]["hint"], "…9999");
    assert_eq!(app.client.delete(app.api("/bins/s/secrets")).send().await.unwrap().status(), 204);
    assert_eq!(app.get("/bins/s/secrets").await, json!({"secrets": []}));
}

#[actix_web::test]
async fn answers_are_set_shown_and_reset() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "r"})).await;
    let (status, set) = send(
        &app,
        Method::PUT,
        "/bins/r/response",
        json!({"status": 202, "headers": [{"name": "X-A", "value": "1"}, {"name": "X-A", "value": "2"}], "script": "500, 500,200", "script_cycles": true}),
    )
    .await;
    assert_eq!(status, 200, "{set}");
    assert_eq!(set["script"], json!([{"status": 500}, {"status": 500}, {"status": 200}]));
    assert_eq!(app.get("/bins/r/response").await, set);
    assert_eq!(app.get("/bins/r").await["response"], set);
    let (_, mixed) =
        send(&app, Method::PUT, "/bins/r/response", json!({"script": [500, {"status": 200, "body": "ok"}]})).await;
    assert_eq!(mixed, json!({"script": [{"status": 500}, {"status": 200, "body": "ok"}]}));
    assert_eq!(app.client.delete(app.api("/bins/r/response")).send().await.unwrap().status(), 204);
    assert_eq!(app.get("/bins/r/response").await, json!({}));
}

#[actix_web::test]
async fn a_public_key_can_be_read_again_and_a_secret_cannot() {
    let app = TestApp::start().await;
    let key = "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    let bin = app.bin(json!({"secrets": [{"value": key}, {"value": "whsec_0123456789"}]})).await;
    assert_eq!(bin["secrets"][0]["public_key"], key);
    assert_eq!(bin["secrets"][1].get("public_key"), None);
    assert!(!bin.to_string().contains("012345"));
}

/// Waits until the newest request's verdict has that status.
async fn until_verdict(app: &TestApp, bin: &str, status: &str) {
    let path = format!("/bins/{bin}/requests/latest");
    let started = std::time::Instant::now();
    loop {
        let signature = app.get(&path).await["signature"].take();
        if signature["status"] == status {
            return;
        }
        assert!(started.elapsed().as_secs() < 10, "{status} was expected: {signature}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[actix_web::test]
async fn requests_are_verified_again_whenever_a_secret_or_a_scheme_changes() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "again", "scheme": "gitlab"})).await;
    let url = format!("{}/again", app.started.capture_url);
    app.client.post(url).header("X-Gitlab-Token", "right").body("x").send().await.unwrap();
    until_verdict(&app, "again", "no_secret").await;
    send(&app, Method::POST, "/bins/again/secrets", json!({"value": "right"})).await;
    until_verdict(&app, "again", "valid").await;
    send(&app, Method::PUT, "/bins/again/secrets", json!({"secrets": [{"value": "wrong"}]})).await;
    until_verdict(&app, "again", "invalid").await;
    send(&app, Method::PATCH, "/bins/again", json!({"scheme": "github"})).await;
    until_verdict(&app, "again", "missing").await;
    send(&app, Method::PATCH, "/bins/again", json!({"scheme": "gitlab"})).await;
    until_verdict(&app, "again", "invalid").await;
    app.client.delete(app.api("/bins/again/secrets")).send().await.unwrap();
    until_verdict(&app, "again", "no_secret").await;
    // A change that does not come from the API, as when a handshake hands over a secret.
    let bin = app.store.bin("again").unwrap().bin.id;
    app.store.add_secret(bin, "learnt".to_owned(), creel::inside::SecretValue::new("right".to_owned())).await.unwrap();
    until_verdict(&app, "again", "valid").await;
}

#[actix_web::test]
async fn two_servers_in_one_process_know_schemes_of_their_own() {
    let record = r#"[{"id": "acme", "header": "X-Acme-Sum", "algorithm": "hmac-sha1", "prefix": "v7:"}]"#;
    let own = TestApp::start_with(|config| config.catalogue = Catalogue::with(record).unwrap()).await;
    let other = TestApp::start().await;
    for (app, knows) in [(&own, true), (&other, false)] {
        let listed = app.get("/schemes").await;
        let is_listed = listed["schemes"].as_array().unwrap().iter().any(|scheme| scheme["id"] == "acme");
        assert_eq!(is_listed, knows);

        let (status, answer) = send(app, Method::POST, "/bins", json!({"scheme": "acme"})).await;
        assert_eq!(status, if knows { StatusCode::CREATED } else { StatusCode::UNPROCESSABLE_ENTITY }, "{answer}");

        let bin = app.bin(json!({"secret": "Jefe"})).await;
        // RFC 2202, test case 2.
        let sum = "v7:effcdf6ae5eb2fa2d27416d5f184df9c259a7c79";
        let sent = app.client.post(bin["capture_url"].as_str().unwrap()).header("X-Acme-Sum", sum);
        assert_eq!(sent.body("what do ya want for nothing?").send().await.unwrap().status(), StatusCode::OK);
        let detected = app.get(&format!("/bins/{}/requests/latest", bin["id"].as_str().unwrap())).await;
        assert_eq!(detected["signature"]["status"], if knows { "valid" } else { "unsigned_scheme" }, "{detected}");
    }
}

/// The public key of RFC 7515, appendix A.2.
const RSA_JWK: &str = r#"{"kty":"RSA","kid":"k1","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#;

#[actix_web::test]
async fn a_key_is_looked_at_when_it_is_set() {
    let app = TestApp::start().await;
    let private = "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n";
    for (settings, field, why) in [
        (json!({"secret": private}), "secret", "This is a private key (PEM, “RSA PRIVATE KEY”)."),
        (json!({"secrets": [{"value": "ok"}, {"value": private}]}), "secrets[1].value", "This is a private key"),
        (json!({"scheme": "sns-v2", "secret": "no key"}), "secret", "This is no RSA public key of Amazon SNS"),
        (
            json!({"scheme": "plaid", "secrets": [{"value": "{\"keys\":[]}"}]}),
            "secrets[0].value",
            "The key set has no key that can be used",
        ),
        (
            json!({"custom_scheme": {"signature": {"from": "header:X"}, "algorithm": "jws-hmac"}, "secret": RSA_JWK}),
            "secret",
            "This is a public key.",
        ),
    ] {
        let (status, problem) = send(&app, Method::POST, "/bins", settings).await;
        assert_eq!(status, 422, "{problem}");
        assert_eq!(problem["field"], field, "{problem}");
        assert!(problem["detail"].as_str().unwrap().starts_with(why), "{problem}");
        assert!(!problem.to_string().contains("MIIB"), "{problem}");
    }
    let settings = json!({"scheme": "plaid", "secrets": [{"value": format!("{{\"key\":{RSA_JWK}}}")}]});
    let bin = app.bin(settings).await["id"].as_str().unwrap().to_owned();
    let path = format!("/bins/{bin}/secrets");
    for (value, expected) in [("a shared secret", 422), (private, 422), (RSA_JWK, 201)] {
        assert_eq!(send(&app, Method::POST, &path, json!({"value": value})).await.0, expected, "{value}");
    }
    let paypal = json!({
        "scheme": "paypal", "secrets": [{"value": RSA_JWK}, {"label": "webhook_id", "value": "4JH86294D6297924G"}],
    });
    assert_eq!(app.bin(paypal).await["scheme"], "paypal");
}

#[actix_web::test]
async fn a_secret_that_is_made_here_is_shown_once_and_verifies() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "made", "provider": "callaider"})).await;
    let add = async |body: Value| {
        let (status, answer) = send(&app, Method::POST, "/bins/made/secrets", body).await;
        (status.as_u16(), answer)
    };
    let (status, made) = add(json!({"generate": true, "label": "live"})).await;
    let value = made["value"].as_str().unwrap().to_owned();
    assert_eq!((status, &made["label"], &made["length"], value.len()), (201, &json!("live"), &json!(64), 64), "{made}");
    assert_ne!(add(json!({"generate": true})).await.1["value"], value, "each is another one");
    let listed = app.get("/bins/made/secrets").await.to_string();
    assert!(!listed.contains(&value) && !app.get("/bins/made").await.to_string().contains(&value));
    let sent = app.client.post(app.api("/bins/made/send"));
    let sent = sent.json(&json!({"event": "session.ended", "secret": {"value": value}})).send().await.unwrap();
    assert_eq!(sent.status(), 200);
    let signature = app.get("/bins/made/requests/latest").await["signature"].clone();
    assert_eq!((&signature["status"], &signature["secret"]), (&json!("valid"), &json!("live")));
    // What was given is not said again.
    assert_eq!(add(json!({"value": "whsec-given"})).await.1.get("value"), None);
    for (body, field) in [(json!({}), "value"), (json!({"generate": true, "value": "x"}), "generate")] {
        let (status, problem) = add(body).await;
        assert_eq!((status, &problem["field"]), (422, &json!(field)), "{problem}");
    }
    // A public key is not made up.
    for settings in [json!({"scheme": "discord"}), json!({"provider": "discord"})] {
        let bin = app.bin(settings).await["id"].as_str().unwrap().to_owned();
        let path = format!("/bins/{bin}/secrets");
        let (status, problem) = send(&app, Method::POST, &path, json!({"generate": true})).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("generate")), "{problem}");
    }
}
