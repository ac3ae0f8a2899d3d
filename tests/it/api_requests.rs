//! Captured requests through the API: lists, one, bytes, marks, deletes, waiting.

use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::helpers::TestApp;
use crate::helpers::captured::only;
use crate::helpers::raw::{self, exchange};

async fn send(app: &TestApp, below: &str, body: &str) {
    let response =
        app.client.post(format!("{}{below}", app.started.bin_url)).body(body.to_owned()).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

#[actix_web::test]
async fn a_request_has_the_shape_that_clients_are_written_against() {
    let app = TestApp::start().await;
    let request = app
        .client
        .post(format!("{}/sub?x=1&x=a+b", app.started.bin_url))
        .header("X-Event", "session.ended")
        .header("X-Odd", reqwest::header::HeaderValue::from_bytes(b"caf\xe9").unwrap())
        .header("Content-Type", "application/json")
        .header("User-Agent", "test")
        .body(r#"{"a":1}"#);
    assert_eq!(request.send().await.unwrap().status(), 200);
    let bin = app.started.bin.clone();
    let whole = app.get(&format!("/bins/{bin}/requests/latest")).await;
    insta::assert_json_snapshot!(whole, {
        ".id" => insta::dynamic_redaction(|value, _| {
            assert_eq!(value.as_str().unwrap().len(), 26);
            "[id]"
        }),
        ".bin" => "[bin]",
        ".target" => "[target]",
        ".seq" => "[seq]",
        ".received_at" => "[time]",
        ".client.port" => "[port]",
        ".body_took_ms" => "[ms]",
        ".response.duration_ms" => "[ms]",
        ".headers" => insta::dynamic_redaction(|value, _| {
            let insta::internals::Content::Seq(mut fields) = value else { panic!("a list") };
            fields.retain(|field| !format!("{field:?}").contains("\"host\""));
            insta::internals::Content::Seq(fields)
        }),
    });
    let list = app.get(&format!("/bins/{bin}/requests")).await;
    assert_eq!(
        (&list["total"], &list["evicted"], &list["rejected"], &list["next"]),
        (&json!(1), &json!(0), &json!(0), &Value::Null)
    );
    let mut summary = whole.as_object().unwrap().clone();
    for key in ["headers", "query", "body_took_ms"] {
        summary.remove(key).unwrap();
    }
    summary["body"].as_object_mut().unwrap().remove("text").unwrap();
    assert_eq!(list["requests"][0], Value::Object(summary));
}

#[actix_web::test]
async fn bytes_come_back_exactly() {
    let app = TestApp::start().await;
    let body: Vec<u8> = (0..=255).collect();
    app.client.put(&app.started.bin_url).body(body.clone()).send().await.unwrap();
    let path = format!("/bins/{}/requests/latest", app.started.bin);
    let whole = app.get(&path).await;
    assert!(whole["body"].get("text").is_none());
    assert!(whole["body"]["base64"].as_str().unwrap().starts_with("AAECAwQF"));
    assert_eq!(app.bytes(&format!("{path}/body")).await, body);
    let head = app.bytes(&format!("{path}/head")).await;
    assert!(head.starts_with(b"PUT /") && head.ends_with(b"\r\n\r\n"));
    assert_eq!(app.bytes(&format!("{path}/raw")).await, [head, body].concat());
    let named = format!("/bins/{}/requests/{}/body", app.started.bin, whole["id"].as_str().unwrap());
    assert_eq!(app.bytes(&named).await.len(), 256);
}

#[actix_web::test]
async fn pages_follow_the_cursor_in_both_orders_without_gap_or_repeat() {
    let app = TestApp::start().await;
    for number in 0..23 {
        send(&app, &format!("/{number}"), "").await;
    }
    let bin = app.started.bin.clone();
    for (order, cursor) in [("newest", "before"), ("oldest", "after")] {
        let mut paths = Vec::new();
        let mut from = String::new();
        loop {
            let page = app.get(&format!("/bins/{bin}/requests?limit=5&order={order}{from}")).await;
            paths.extend(
                page["requests"].as_array().unwrap().iter().map(|request| request["path"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page["next"].as_u64() else { break };
            from = format!("&{cursor}={next}");
        }
        let mut wanted: Vec<String> = (0..23).map(|number| format!("/{number}")).collect();
        if order == "newest" {
            wanted.reverse();
        }
        assert_eq!(paths, wanted);
    }
}

#[actix_web::test]
async fn requests_of_two_bins_are_compared_and_places_that_may_differ_are_left_out() {
    let app = TestApp::start().await;
    for (bin, body) in
        [("old", r#"{"at": 1, "items": [{"id": 1, "n": 2}]}"#), ("fresh", r#"{"at": 2, "items": [{"id": 7, "n": 2}]}"#)]
    {
        app.bin(json!({"name": bin})).await;
        app.client.post(format!("{}/{bin}", app.started.capture_url)).body(body).send().await.unwrap();
    }
    let diff = app.get("/bins/old/diff?a=latest&b=latest&b_bin=fresh").await;
    let places: Vec<_> =
        diff["body"]["changes"].as_array().unwrap().iter().map(|change| change["pointer"].clone()).collect();
    assert_eq!((&diff["same"], places), (&json!(false), vec![json!("/at"), json!("/items/0/id")]), "{diff}");
    let diff = app.get("/bins/old/diff?a=latest&b=latest&b_bin=fresh&ignore=/at,/items/*/id").await;
    assert_eq!((&diff["same"], &diff["body"]["changes"]), (&json!(true), &json!([])), "{diff}");
    let diff = app.get("/bins/old/diff?a=latest&b=latest&b_bin=fresh&ignore=/at").await;
    assert_eq!(diff["same"], false);
}

#[actix_web::test]
async fn wrong_queries_and_unknown_things_are_named() {
    let app = TestApp::start().await;
    let bin = &app.started.bin;
    for (path, status, code, field) in [
        (format!("/bins/{bin}/requests?limit=0"), 400, "invalid_query", Some("limit")),
        (format!("/bins/{bin}/requests?limit=1001"), 400, "invalid_query", Some("limit")),
        (format!("/bins/{bin}/requests?limit=x"), 400, "invalid_query", Some("limit")),
        (format!("/bins/{bin}/requests?colour=red"), 400, "invalid_query", Some("colour")),
        (format!("/bins/{bin}/requests?order=up"), 400, "invalid_query", Some("order")),
        (format!("/bins/{bin}/requests?after=-1"), 400, "invalid_query", Some("after")),
        (format!("/bins/{bin}/requests?limit=99999999999999999999"), 400, "invalid_query", Some("limit")),
        (format!("/bins/{bin}/requests?limit=1&limit=2"), 400, "invalid_query", Some("limit")),
        (format!("/bins/{bin}/requests?q=%FF%FE"), 400, "invalid_query", Some("q")),
        (format!("/bins/{bin}/requests?%FF=1"), 400, "invalid_query", None),
        (format!("/bins/{bin}/diff"), 400, "invalid_query", Some("a")),
        (format!("/bins/{bin}/diff?a=latest"), 400, "invalid_query", Some("b")),
        (format!("/bins/{bin}/diff?a=latest&b=latest&b_bin=nobody"), 400, "invalid_query", Some("b_bin")),
        (format!("/bins/{bin}/diff?a=latest&b=latest&ignore=id"), 400, "invalid_query", Some("ignore")),
        (format!("/bins/{bin}/export"), 400, "invalid_query", Some("as")),
        (format!("/bins/{bin}/export?as=har&secrets=maybe"), 400, "invalid_query", Some("secrets")),
        (format!("/bins/{bin}/requests/latest/export?as=curl&url=x"), 400, "invalid_query", Some("url")),
        (format!("/bins/{bin}/requests/latest/export?as=curl&url=ftp://x/"), 400, "invalid_query", Some("url")),
        (format!("/bins/{bin}/wait?timeout=never"), 400, "invalid_query", Some("timeout")),
        (format!("/bins/{bin}/wait?count=0"), 400, "invalid_query", Some("count")),
        (format!("/bins/{bin}/stream"), 400, "invalid_upgrade", None),
        (format!("/bins/{bin}/requests/latest"), 404, "not_found", None),
        (format!("/bins/{bin}/requests/nonsense"), 404, "not_found", None),
        (format!("/bins/{bin}/requests/01JX7Z7C2V0000000000000001/body"), 404, "not_found", None),
        // An id of the right form whose cursor is larger than any.
        (format!("/bins/{bin}/requests/01ZZZZZZZZZZZZZZZZZZZZZZZZ"), 404, "not_found", None),
        (format!("/bins/{bin}/requests/7ZZZZZZZZZZZZZZZZZZZZZZZZZ/attempts"), 404, "not_found", None),
        ("/bins/nobody".to_owned(), 404, "not_found", None),
        ("/bins/nobody/requests".to_owned(), 404, "not_found", None),
        ("/nothing".to_owned(), 404, "not_found", None),
    ] {
        let response = app.client.get(app.api(&path)).send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(
            (problem["code"].as_str(), problem.get("field").and_then(Value::as_str)),
            (Some(code), field),
            "{problem}"
        );
    }
}

#[actix_web::test]
async fn a_query_that_cannot_be_read_is_explained_in_plain_words() {
    let app = TestApp::start().await;
    let bin = &app.started.bin;
    for (query, detail) in [
        ("limit=-1", "`limit` must be a whole number, 0 or more."),
        ("limit=", "`limit` must be a whole number, 0 or more."),
        ("limit=99999999999999999999", "`limit` is too large a number."),
        ("order=up", "`up` is not known here; expected: `newest` or `oldest`."),
        ("limit=1&limit=2", "`limit` is given twice; give it once."),
    ] {
        let response = app.client.get(app.api(&format!("/bins/{bin}/requests?{query}"))).send().await.unwrap();
        assert_eq!(response.json::<Value>().await.unwrap()["detail"], detail, "{query}");
    }
}

#[actix_web::test]
async fn a_trial_of_a_signature_is_checked_as_a_bin_is() {
    let app = TestApp::start().await;
    send(&app, "", "x").await;
    let url = app.api(&format!("/bins/{}/requests/latest/signature", app.started.bin));
    for (body, field) in [
        (json!({"public_url": "nonsense"}), "public_url"),
        (json!({"public_url": "https://x/#a"}), "public_url"),
        (json!({"secret": ""}), "secret"),
        (json!({"secrets": ["ok", "x".repeat(16_385)]}), "secrets[1]"),
        (json!({"custom_scheme": [1]}), "custom_scheme"),
    ] {
        let response = app.client.post(&url).json(&body).send().await.unwrap();
        assert_eq!(response.status(), 422, "{body}");
        assert_eq!(response.json::<Value>().await.unwrap()["field"], field, "{body}");
    }
    let body = json!({"public_url": "https://x.example/hook", "secrets": ["ok"]});
    assert_eq!(app.client.post(&url).json(&body).send().await.unwrap().status(), 200);
}

#[actix_web::test]
async fn an_import_that_cannot_be_read_says_where_and_why() {
    let app = TestApp::start().await;
    let url = app.api(&format!("/bins/{}/import", app.started.bin));
    for (body, status, field, line, start) in [
        ("garbage", 400, None, Some(1), "Line 1 is not a JSON object: expected value."),
        ("\n{}\n", 422, Some("creel"), Some(2), "Line 2: `creel` is missing."),
        (r#"{"creel":"x"}"#, 422, Some("creel"), Some(1), "Line 1: `creel` must be a whole number from 0 to "),
        (r#"{"log":"#, 400, None, None, "The body is not an HTTP archive: "),
        (r#"{"log":{"entries":[{}]}}"#, 422, Some("startedDateTime"), Some(1), "Line 1: `startedDateTime` is missing."),
    ] {
        let request = app.client.post(&url).header("Content-Type", "application/json").body(body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{body}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(
            (problem.get("field").and_then(Value::as_str), problem.get("line").and_then(Value::as_u64)),
            (field, line),
            "{problem}"
        );
        assert!(problem["detail"].as_str().unwrap().starts_with(start), "{problem}");
        assert_eq!(problem["imported"], 0);
    }
}

#[actix_web::test]
async fn a_webhook_that_is_sent_to_the_console_learns_the_right_url() {
    let app = TestApp::start().await;
    let bin = app.bin(json!({"name": "orders"})).await;
    for path in ["orders", "orders/sub", bin["id"].as_str().unwrap()] {
        let response = app.client.post(format!("{}/{path}", app.started.console_url)).body("x").send().await.unwrap();
        assert_eq!(response.status(), 404);
        assert_eq!(response.json::<Value>().await.unwrap()["capture_url"], bin["capture_url"]);
    }
    let response = app.client.post(format!("{}/unknown", app.started.console_url)).body("x").send().await.unwrap();
    assert!(response.text().await.unwrap().contains(&app.started.capture_url));
}

#[actix_web::test]
async fn marks_are_kept_and_counted() {
    let app = TestApp::start().await;
    send(&app, "/a", "").await;
    send(&app, "/b", "").await;
    let bin = app.started.bin.clone();
    let patch = |path: String, body: Value| app.client.patch(app.api(&path)).json(&body).send();
    let marked = patch(
        format!("/bins/{bin}/requests/latest"),
        json!({"read": true, "pinned": true, "note": "look", "tags": ["b", " a ", "b"]}),
    );
    let marked: Value = marked.await.unwrap().json().await.unwrap();
    assert_eq!(
        (&marked["path"], &marked["read"], &marked["note"], &marked["tags"]),
        (&json!("/b"), &json!(true), &json!("look"), &json!(["a", "b"]))
    );
    assert_eq!(app.get(&format!("/bins/{bin}")).await["counts"]["unread"], 1);
    let all = patch(format!("/bins/{bin}/requests"), json!({"read": true})).await.unwrap();
    assert_eq!(all.status(), 200);
    assert_eq!(app.get(&format!("/bins/{bin}")).await["counts"]["unread"], 0);
    let cleared: Value =
        patch(format!("/bins/{bin}/requests/latest"), json!({"note": null})).await.unwrap().json().await.unwrap();
    assert_eq!((&cleared["note"], &cleared["pinned"]), (&Value::Null, &json!(true)));
    let wrong = patch(format!("/bins/{bin}/requests/latest"), json!({"tags": ["ok", ""]})).await.unwrap();
    assert_eq!(
        (wrong.status().as_u16(), wrong.json::<Value>().await.unwrap()["field"].clone()),
        (422, json!("tags[1]"))
    );
    let wrong = patch(format!("/bins/{bin}/requests/latest"), json!({"tags": ["a\u{1}b"]})).await.unwrap();
    assert!(wrong.json::<Value>().await.unwrap()["detail"].as_str().unwrap().contains("control characters"));
}

#[actix_web::test]
async fn requests_are_deleted_one_or_all() {
    let app = TestApp::start().await;
    for below in ["/a", "/b", "/c"] {
        send(&app, below, "").await;
    }
    let bin = app.started.bin.clone();
    let delete = |path: String| app.client.delete(app.api(&path)).send();
    assert_eq!(delete(format!("/bins/{bin}/requests/latest")).await.unwrap().status(), 204);
    let left: Vec<Value> = app.requests(&bin).await.iter().map(|request| request["path"].clone()).collect();
    assert_eq!(left, ["/a", "/b"]);
    // A filter that was forgotten, or that a script left empty, empties no bin.
    for path in ["", "?q=", "?q=%20", "?all=false"] {
        let refused = delete(format!("/bins/{bin}/requests{path}")).await.unwrap();
        assert_eq!(refused.status(), 400, "{path}");
        let problem: Value = refused.json().await.unwrap();
        assert_eq!((&problem["code"], &problem["field"]), (&json!("invalid_query"), &json!("q")), "{problem}");
    }
    assert_eq!(delete(format!("/bins/{bin}/requests?q=a&all=true")).await.unwrap().status(), 400);
    assert_eq!(app.get(&format!("/bins/{bin}")).await["counts"]["requests"], 2);
    let deleted: Value = delete(format!("/bins/{bin}/requests?all=true")).await.unwrap().json().await.unwrap();
    assert_eq!(deleted, json!({"deleted": 2}));
    assert_eq!(app.get(&format!("/bins/{bin}")).await["counts"]["requests"], 0);
}

#[actix_web::test]
async fn a_url_that_is_not_encoded_is_told_how_to_be() {
    let app = TestApp::start().await;
    let bin = app.started.bin.clone();
    for target in [
        format!("/api/v1/bins/{bin}/requests?q=size:>10k"),
        format!("/api/v1/bins/{bin}/requests?q=\"two words\""),
        "/bins/<b>".to_owned(),
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", app.console);
        let answer = raw::exchange(app.console, request.as_bytes());
        assert_eq!(answer.status, 400, "{target}");
        let problem: Value =
            serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{target}: {:?}", answer.body));
        assert!(problem["detail"].as_str().unwrap().contains("--data-urlencode"), "{problem}");
        assert_eq!((&problem["status"], &problem["code"]), (&json!(400), &json!("invalid_query")));
    }
    // What is refused by a handler keeps its own words.
    let request = format!("GET /api/v1/bins/{bin}/requests?limit=0 HTTP/1.1\r\nHost: {}\r\n\r\n", app.console);
    let own: Value = serde_json::from_slice(&raw::exchange(app.console, request.as_bytes()).body).unwrap();
    assert_eq!(own["field"], "limit");
}

#[actix_web::test]
async fn waiting_ends_with_what_came_before_or_comes_later() {
    let app = TestApp::start().await;
    let bin = app.started.bin.clone();
    send(&app, "/early", "").await;
    let met = app.get(&format!("/bins/{bin}/wait")).await;
    assert_eq!(met["requests"][0]["path"], "/early");
    let path = format!("/bins/{bin}/wait?count=2&timeout=20");
    let (later, ()) = tokio::join!(app.get(&path), send(&app, "/late", ""));
    assert_eq!(later["requests"].as_array().unwrap().len(), 2);
    let next = app
        .client
        .get(app.api(&format!("/bins/{bin}/wait?timeout=100ms&after={}", later["seq"])))
        .send()
        .await
        .unwrap();
    assert_eq!(next.status(), 408);
    let begun = std::time::Instant::now();
    let problem = app.client.get(app.api(&format!("/bins/{bin}/wait?timeout=300ms&count=5"))).send().await.unwrap();
    assert_eq!(problem.status(), 408);
    assert!(begun.elapsed() >= Duration::from_millis(300));
    let problem: Value = problem.json().await.unwrap();
    assert_eq!((&problem["code"], &problem["wanted"], &problem["matched"]), (&json!("timeout"), &json!(5), &json!(2)));
    assert_eq!(problem["requests"].as_array().unwrap().len(), 2);
    assert_eq!(problem["seen"], json!([]));
}

#[actix_web::test]
async fn operations_tell_how_the_server_does() {
    let app = TestApp::start().await;
    send(&app, "", "x").await;
    let url = |path: &str| format!("{}{path}", app.started.console_url);
    for path in ["/healthz", "/readyz"] {
        let response = app.client.get(url(path)).send().await.unwrap();
        assert_eq!(response.json::<Value>().await.unwrap(), json!({"status": "ok"}));
    }
    let metrics = app.client.get(url("/metrics")).send().await.unwrap();
    assert!(metrics.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
    let text = metrics.text().await.unwrap();
    assert!(text.contains("\ncreel_captured_total 1\n"), "{text}");
    let info = app.get("/info").await;
    assert_eq!(
        (&info["name"], &info["capture_url"], &info["bins"]),
        (&json!("creel"), &json!(app.started.capture_url), &json!(1))
    );
}

#[actix_web::test]
async fn a_repeated_event_says_of_which_how_much_later_and_whether_it_is_the_same() {
    let app = TestApp::start().await;
    let event = |status: &str| {
        format!(r#"{{"event":"session.ended","sessionId":"s","assistantId":"a","data":{{"reason":"{status}"}}}}"#)
    };
    let latest = format!("/bins/{}/requests/latest", app.started.bin);
    send(&app, "", &event("user_ended")).await;
    let first = app.get(&latest).await;
    assert_eq!((&first["event"]["duplicate_of"], first["event"].get("repeat")), (&Value::Null, None));
    for (body, identical) in [(event("user_ended"), true), (event("assistant_ended"), false)] {
        send(&app, "", &body).await;
        let again = app.get(&latest).await;
        assert_eq!(again["event"]["duplicate_of"], first["id"]);
        assert_eq!(again["event"]["repeat"]["identical"], identical);
        assert!(again["event"]["repeat"]["seconds_apart"].as_f64().unwrap() > 0.0);
    }
    let gone = app.api(&format!("/bins/{}/requests/{}", app.started.bin, first["id"].as_str().unwrap()));
    assert_eq!(app.client.delete(gone).send().await.unwrap().status(), 204);
    let again = app.get(&latest).await;
    assert_eq!((&again["event"]["duplicate_of"], again["event"].get("repeat")), (&first["id"], None));
}

#[tokio::test]
async fn facts_of_a_compressed_event_are_those_of_the_event() {
    let app = TestApp::start().await;
    let bin = app.started.bin.clone();
    let packed = |text: &str| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    };
    let event =
        r#"{"event":"session.ended","sessionId":"s","assistantId":1,"timestamp":"2026-01-01T00:00:00Z","data":{}}"#;
    let square = r#"{"merchant_id":"m","type":"payment.updated","event_id":"e-1","data":{}}"#;
    for (body, header) in
        [(event, "X-Callaider-Event"), (event, "X-Callaider-Event"), (square, "X-Square-HmacSha256-Signature")]
    {
        let request = app.client.post(&app.started.bin_url).header("Content-Type", "application/json");
        let request = request.header(header, "session.ended").header("Content-Encoding", "gzip").body(packed(body));
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    let kept = app.requests(&bin).await;
    assert_eq!(kept[1]["event"]["name"], "session.ended");
    assert_eq!(kept[1]["event"]["session"], "s");
    assert_eq!(kept[1]["event"]["duplicate_of"], kept[0]["id"]);
    assert_eq!(kept[2]["event"]["delivery_id"], "e-1", "{}", kept[2]);
}

#[actix_web::test]
async fn the_reason_of_a_rejection_is_shown_wherever_the_request_is() {
    let app = TestApp::start().await;
    let bin = app.started.bin.clone();
    let wire = format!("POST /{bin} HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx");
    let told: Value = serde_json::from_slice(&exchange(app.capture, wire.as_bytes()).body).unwrap();
    let sentence = "there is more than one Content-Length";
    assert_eq!(told["error"], sentence);
    only(&app, bin.parse().unwrap()).await;
    let shown = app.get(&format!("/bins/{bin}/requests/latest")).await;
    let because = json!({"code": "several_lengths", "sentence": sentence});
    assert_eq!((&shown["rejected"], &shown["rejected_because"]), (&json!("malformed"), &because));
    assert_eq!(app.requests(&bin).await[0]["rejected_because"], because);
    let page = app.client.get(format!("{}/bins/{bin}/requests/latest", app.started.console_url)).send().await.unwrap();
    assert!(page.text().await.unwrap().contains(&format!("Rejected with 400: {sentence}.")));
    let line = String::from_utf8(app.bytes(&format!("/bins/{bin}/export?as=jsonl")).await).unwrap();
    assert!(line.contains(r#""rejected":"malformed","rejected_because":"several_lengths""#), "{line}");
}

#[actix_web::test]
async fn names_that_senders_ask_for_are_listed_until_their_bin_is_made() {
    let app = TestApp::start().await;
    for name in ["ordres", "favicon.ico", "ordres", "Not-A-Name"] {
        let url = format!("{}/{name}/x", app.started.capture_url);
        assert_eq!(app.client.post(url).body("x").send().await.unwrap().status(), 404);
    }
    let unknown = app.get("/bins").await["unknown"].clone();
    assert_eq!(
        (unknown.as_array().unwrap().len(), &unknown[0]["name"], &unknown[0]["count"]),
        (1, &json!("ordres"), &json!(2))
    );
    let page = app.client.get(format!("{}/", app.started.console_url)).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(r#"data-make-bin="ordres""#) && page.contains("2 times"), "{page}");
    let metrics = app.client.get(format!("{}/metrics", app.started.console_url)).send().await.unwrap();
    assert!(metrics.text().await.unwrap().contains("creel_unknown_bin_total 4\n"));
    assert_eq!(app.client.put(app.api("/bins/ordres")).send().await.unwrap().status(), 201);
    assert_eq!(app.get("/bins").await["unknown"], json!([]));
}

#[actix_web::test]
async fn json_is_looked_for_in_forms_parts_and_texts() {
    let app = TestApp::start().await;
    let bin = app.started.bin.clone();
    let part = "--x\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n{\"a\":{\"b\":2}}\r\n--x--\r\n";
    let bodies = [
        ("application/x-www-form-urlencoded", "payload=%7B%22a%22%3A%7B%22b%22%3A1%7D%7D&c=d"),
        ("multipart/form-data; boundary=x", part),
        ("text/plain", r#"{"a":{"b":3}}"#),
        ("application/x-www-form-urlencoded", r#"{"a":{"b":4}}"#),
        ("application/json", r#"{"a":"{\"b\":5}"}"#),
    ];
    for (content_type, body) in bodies {
        let request = app.client.post(&app.started.bin_url).header("Content-Type", content_type).body(body);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(br#"{"a":{"b":6}}"#).unwrap();
    let request = app.client.post(&app.started.bin_url).header("Content-Encoding", "gzip").body(gzip.finish().unwrap());
    assert_eq!(request.send().await.unwrap().status(), 200);
    for (filter, total) in [
        ("json:/a/b", 6),
        ("json:/a/b=6", 1),
        ("json:/a/b=1", 1),
        ("json:/payload/a/b=1", 1),
        ("json:/c=d", 1),
        ("json:/a/b=2", 1),
        ("json:/json/a/b=2", 1),
        ("json:/a/b=3", 1),
        ("json:/a/b=4", 1),
        ("json:/a/b=5", 1),
        ("json:/a/c", 0),
    ] {
        let found = app.get(&format!("/bins/{bin}/requests?q={}", filter.replace('/', "%2F"))).await;
        assert_eq!(found["total"], total, "{filter}");
    }
}
