//! What clients and people see, whole, so that a change of it is seen in review: the OpenAPI document, one problem for
//! each code, every exporter's output, every body view's model, a request's row and its tabs.
//!
//! After a change that is meant, `INSTA_UPDATE=always cargo test --test it snapshots` writes the files below
//! `snapshots/` anew; read their difference before it is committed. `INSTA_UPDATE=always cargo test --test it` does the
//! same for all tests.
//!
//! What differs from run to run (addresses, ids) is replaced by its name, and only where it is exactly what the server
//! said before.

use std::collections::BTreeSet;

use creel::inside::{
    Body, BodyInput, CapturedRequest, Clock, Code, ExportOptions, ManyExporter, RenderOptions, SecretValue,
    SingleExporter, Timestamp, ViewKind, many, single,
};
use futures_util::future::join_all;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use strum::VariantArray as _;

use crate::archives::sixteen_exports;
use crate::helpers::{TestApp, captured};
use crate::seeds::parts;

/// Compares with `snapshots/{folder}/{name}.snap`.
macro_rules! assert_same {
    ($folder:literal, $name:expr, $text:expr) => {
        insta::with_settings!({
            snapshot_path => concat!("snapshots/", $folder),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!($name, $text) });
    };
}

/// The text with the application's own addresses by name.
fn without_addresses(app: &TestApp, text: &str) -> String {
    text.replace(&app.capture.to_string(), "CAPTURE").replace(&app.console.to_string(), "CONSOLE")
}

#[actix_web::test]
async fn the_openapi_document() {
    let app = TestApp::start().await;
    let mut document = app.get("/openapi.json").await;
    assert_eq!(document["info"]["version"].take(), env!("CARGO_PKG_VERSION"));
    assert_same!("", "openapi", without_addresses(&app, &serde_json::to_string_pretty(&document).unwrap()));
}

/// Codes that no client can provoke here, and why.
const NOT_PROVOKED: &[(Code, &str)] = &[
    (Code::Internal, "what it stands for does not happen"),
    (Code::DiskFull, "wants a disk of its own; `store_faults` has one where it may"),
    (Code::SlowBody, "takes half a minute"),
];

/// The problems seen so far.
#[derive(Default)]
struct Problems(BTreeSet<String>);

impl Problems {
    async fn add(&mut self, app: &TestApp, code: Code, request: RequestBuilder) {
        self.look(app, code, request.send().await.unwrap()).await;
    }

    async fn look(&mut self, app: &TestApp, code: Code, response: Response) {
        let name = name(code);
        let mut text = format!("{}\n", response.status());
        for field in ["content-type", "allow", "retry-after", "www-authenticate"] {
            if let Some(value) = response.headers().get(field) {
                text.push_str(&format!("{field}: {}\n", value.to_str().unwrap()));
            }
        }
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["code"], *name);
        text.push_str(&format!("\n{}", serde_json::to_string_pretty(&problem).unwrap()));
        assert_same!("problems", name.clone(), without_addresses(app, &text));
        self.0.insert(name);
    }
}

fn name(code: Code) -> String {
    serde_json::to_value(code).unwrap().as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn one_problem_for_each_code() {
    let mut problems = Problems::default();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("creel.db");
    let mut app = TestApp::start_with(|config| config.database = creel::Database::File(path.clone())).await;
    app.bin(json!({"name": "shop"})).await;
    let get = |path: &str| app.client.get(app.api(path));
    let make = || app.client.post(app.api("/bins")).header("content-type", "application/json");

    problems.add(&app, Code::InvalidBody, make().body("{\"name\": ")).await;
    problems.add(&app, Code::InvalidField, make().body("{\"colour\": 1}")).await;
    problems.add(&app, Code::InvalidQuery, get("/bins/shop/requests?limit=0")).await;
    problems.add(&app, Code::InvalidFilter, get("/bins/shop/requests?q=a+metod:POST")).await;
    problems.add(&app, Code::InvalidUpgrade, get("/bins/shop/stream")).await;
    problems.add(&app, Code::HostNotAllowed, get("/bins").header("host", "evil.example")).await;
    problems.add(&app, Code::CrossOrigin, get("/bins").header("origin", "http://evil.example")).await;
    problems.add(&app, Code::NotFound, get("/bins/nobody")).await;
    problems.add(&app, Code::MethodNotAllowed, app.client.request(Method::PUT, app.api("/bins"))).await;
    problems.add(&app, Code::Timeout, get("/bins/shop/wait?timeout=10ms")).await;
    problems.add(&app, Code::NameTaken, make().body("{\"name\": \"shop\"}")).await;
    problems.add(&app, Code::TooLarge, make().body(vec![b' '; (4 << 20) + 1])).await;
    let plain = app.client.post(app.api("/bins")).header("content-type", "text/plain").body("{}");
    problems.add(&app, Code::UnsupportedMediaType, plain).await;
    app.client.request(Method::TRACE, format!("{}/shop", app.started.capture_url)).send().await.unwrap();
    let replay =
        |target: &str| app.client.post(app.api("/bins/shop/requests/latest/replay")).json(&json!({"target": target}));
    problems.add(&app, Code::TargetNotAllowed, replay("http://169.254.169.254/latest/meta-data/")).await;
    let answer = app.client.post(app.api("/bins/shop/requests/latest/answer")).json(&json!({}));
    problems.add(&app, Code::NotHeld, answer).await;
    let lease = || app.client.post(app.api("/bins/shop/lease")).json(&json!({}));
    let held = lease().send().await.unwrap();
    problems.add(&app, Code::Leased, lease()).await;
    drop(held);
    problems.add(&app, Code::UnfitToSend, replay("http://localhost:3000/hook")).await;

    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    problems.add(&app, Code::StoreUnavailable, make().body("{\"name\": \"late\"}")).await;
    other.execute_batch("ROLLBACK").unwrap();

    let token = "0123456789abcdef0123";
    let guarded = TestApp::start_with(|config| config.token = Some(SecretValue::new(token.to_owned()))).await;
    problems.add(&guarded, Code::Unauthorized, guarded.client.get(guarded.api("/bins"))).await;
    let wrong = (0..32).map(|_| guarded.client.get(guarded.api("/bins")).bearer_auth("wrong").send());
    let refused = join_all(wrong).await.into_iter().map(Result::unwrap).find(|response| response.status() == 429);
    problems.look(&guarded, Code::TooManyRequests, refused.expect("so many wrong tokens are too many")).await;

    let exporting = TestApp::start().await;
    let (path, under_way) = sixteen_exports(&exporting).await;
    let one_more = exporting.client.get(format!("{}{path}", exporting.started.console_url));
    problems.add(&exporting, Code::Busy, one_more).await;
    drop(under_way);

    // The lease is a subscriber until its connection is seen to be closed.
    while app.get("/info").await["subscribers"] != 0 {
        tokio::task::yield_now().await;
    }
    let waiting = app.client.get(app.api("/bins/shop/wait?timeout=60s&q=method:PUT")).send();
    let (waiting, ()) = tokio::join!(waiting, async {
        while app.get("/info").await["subscribers"] != 1 {
            tokio::task::yield_now().await;
        }
        app.begin_to_stop();
    });
    problems.look(&app, Code::ShuttingDown, waiting.unwrap()).await;

    let excused = NOT_PROVOKED.iter().map(|(code, _)| name(*code));
    problems.0.extend(excused);
    let all: BTreeSet<String> = Code::VARIANTS.iter().map(|code| name(*code)).collect();
    assert_eq!(problems.0, all, "each code has a problem here, or a reason why not");
}

/// A signed event, with what exporters have to take care of: credentials, a query, text that is not ASCII, a repeated
/// field.
fn order() -> CapturedRequest {
    let message = include_bytes!("fixtures/order.http");
    let (head, body) = parts(message);
    captured::request(head, body)
}

/// A text whose line ends count.
fn with_line_ends(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes).unwrap().replace(concat!("\"", env!("CARGO_PKG_VERSION"), "\""), "\"VERSION\"");
    text.replace("\r\n", "\\r\\n\n")
}

#[test]
fn every_exporters_output() {
    let request = order();
    let options = ExportOptions { redact: true, origin: "http://127.0.0.1:4665".to_owned(), url: None };
    for kind in SingleExporter::all() {
        let exported = single(kind, &request, &options);
        let text = format!("{}, .{}\n\n{}", exported.media_type, exported.extension, with_line_ends(exported.bytes));
        assert_same!("exports", kind.id(), text);
    }
    for kind in ManyExporter::all() {
        let mut rows = many(kind, options.clone());
        let all = [rows.start(), rows.row(&request), rows.row(&request), rows.end()].concat();
        let text = format!("{}, .{}\n\n{}", kind.media_type(), kind.extension(), with_line_ends(all));
        assert_same!("exports", format!("many-{}", kind.id()), text);
    }
}

/// A body for each view, and the type that its sender gives it.
fn suitable(view: &str) -> (&'static str, &'static [u8]) {
    match view {
        "json" => ("application/json", br#"{"id": 1.50, "items": ["a", {"b": null}], "id": "\u00e9"}"#),
        "form" => ("application/x-www-form-urlencoded", b"a=1&a=&b+c=%C3%A9%FF&payload=%7B%7D"),
        "multipart" => (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x\r\nContent-Disposition: form-data; \
              name=\"f\"; filename=\"a b.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--x--\r\n",
        ),
        "xml" => ("text/xml", b"<?xml version=\"1.0\"?><a b='1'><c>text</c><!-- d --><e/></a>"),
        "image" => ("image/gif", b"GIF89a\x01\0\x01\0\0\0\0!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\0;"),
        "text" => ("text/plain; charset=iso-8859-1", b"one\r\ntw\xf6\n"),
        "hex" => ("application/octet-stream", b"\0\x01\xfe\xff and some text"),
        other => panic!("the view {other} wants a body here"),
    }
}

#[test]
fn every_views_model() {
    for view in ViewKind::all() {
        let (content_type, bytes) = suitable(view.id());
        let body = Body::open(BodyInput { content_type: Some(content_type), content_encoding: None, bytes });
        assert_eq!(body.views().first(), Some(&view), "the body suits another view better");
        let model = body.render(view, &RenderOptions::default());
        assert_same!("views", view.id(), serde_json::to_string_pretty(&model).unwrap());
    }
}

/// The moment that the order was received.
const RECEIVED_AT: Timestamp = Timestamp::from_secs(1_779_971_696);

#[actix_web::test]
async fn a_requests_row_and_tabs() {
    let app = TestApp::start_at(Clock::fixed(RECEIVED_AT), |_| {}).await;
    let secrets = json!([{"value": "whsec_shop", "label": "live"}]);
    let bin = app.bin(json!({"name": "shop", "scheme": "stripe", "secrets": secrets})).await;
    let request = order();
    let head = str::from_utf8(request.head.raw()).unwrap();
    let line = json!({
        "creel": 1,
        "received_at_us": RECEIVED_AT.as_micros(),
        "body_took_us": 1_500,
        "head": head,
        "body": str::from_utf8(&request.body).unwrap(),
        "declared_size": request.body.len(),
        "client": {"ip": "192.0.2.7", "port": 4711},
        "response": {"status": 200, "duration_us": 2_500},
        "marks": {"read": true, "pinned": false, "note": "look at this", "tags": ["demo"]},
    });
    let import = app.client.post(app.api("/bins/shop/import")).header("content-type", "application/x-ndjson");
    assert_eq!(import.body(line.to_string()).send().await.unwrap().status(), 200);
    let id = app.requests("shop").await[0]["id"].as_str().unwrap().to_owned();

    let page = async |path: &str| {
        let response = app.client.get(format!("{}/bins/shop/{path}", app.started.console_url)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.text().await.unwrap()
    };
    let settled = |html: &str| {
        let html = html.replace(&id, "REQUEST").replace(bin["id"].as_str().unwrap(), "BIN");
        // A line for each element, so that a difference is one of lines.
        without_addresses(&app, &html).replace("><", ">\n<")
    };
    let rows: Value = serde_json::from_str(&page("rows").await).unwrap();
    assert_same!("pages", "row", settled(rows["rows"][0]["html"].as_str().unwrap()));
    assert_same!("pages", "counts", settled(rows["counts"].as_str().unwrap()));
    for tab in ["request", "signature", "event", "compare", "code", "raw", "deliver"] {
        let html = page(&format!("requests/{id}/part?tab={tab}")).await;
        assert_same!("pages", tab, settled(&html));
    }
}
