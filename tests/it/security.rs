//! Who may talk to the console.

use futures_util::StreamExt as _;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::helpers::{TestApp, signature};

#[actix_web::test]
async fn requests_of_foreign_pages_are_refused_on_every_kind_of_route() {
    let app = TestApp::start().await;
    let bin = app.started.bin.clone();
    let url = |path: &str| format!("{}{path}", app.started.console_url);
    for path in [
        "/",
        "/api/v1/bins",
        "/api/v1/openapi.json",
        "/healthz",
        "/metrics",
        "/nothing",
        "/login",
        &format!("/api/v1/bins/{bin}/events-stream"),
    ] {
        for (name, value) in [
            ("Origin", "http://evil.example"),
            ("Origin", "null"),
            ("Origin", app.started.capture_url.as_str()),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
            ("Host", "evil.example"),
        ] {
            let response = app.client.get(url(path)).header(name, value).send().await.unwrap();
            assert_eq!(response.status(), 403, "{path} {name}: {value}");
            assert!(!response.headers().contains_key("access-control-allow-origin"));
        }
    }
    // The page that explains it is for a browser that a link led here, and for nothing else.
    for (method, accept, name, value) in [
        (reqwest::Method::GET, "*/*", "Sec-Fetch-Site", "cross-site"),
        (reqwest::Method::POST, "text/html", "Sec-Fetch-Site", "cross-site"),
        (reqwest::Method::GET, "text/html", "Host", "evil.example"),
    ] {
        let asked = app.client.request(method.clone(), url("/bins")).header("Accept", accept).header(name, value);
        let response = asked.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{method} {accept} {name}");
    }
    // A target that names a host names the same one.
    for (target, status) in [(app.started.console_url.as_str(), 200), ("http://evil.example", 403)] {
        let head = format!("GET {target}/healthz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", app.console);
        assert_eq!(crate::helpers::raw::exchange(app.console, head.as_bytes()).status, status, "{target}");
    }
    let forged = app.client.post(url("/api/v1/bins")).header("Origin", "http://evil.example").json(&json!({}));
    assert_eq!(forged.send().await.unwrap().json::<Value>().await.unwrap()["code"], "cross_origin");
    let own = app
        .client
        .get(url("/api/v1/bins"))
        .header("Origin", &app.started.console_url)
        .header("Sec-Fetch-Site", "same-origin");
    assert_eq!(own.send().await.unwrap().status(), 200);
}

#[actix_web::test]
async fn a_preflight_of_a_foreign_page_gets_no_permission() {
    let app = TestApp::start().await;
    let request = app.client.request(reqwest::Method::OPTIONS, app.api("/bins"));
    let response = request
        .header("Origin", "http://evil.example")
        .header("Access-Control-Request-Method", "DELETE")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 403);
    assert!(response.headers().keys().all(|name| !name.as_str().starts_with("access-control-")));
}

#[actix_web::test]
async fn a_web_socket_opens_for_own_pages_and_programs_only() {
    let app = TestApp::start().await;
    let url = format!("ws://{}/api/v1/bins/{}/stream", app.console, app.started.bin);
    for (name, value, allowed) in [
        ("Origin", app.started.console_url.as_str(), true),
        ("Origin", "http://evil.example", false),
        ("Origin", "null", false),
        ("Sec-Fetch-Site", "cross-site", false),
        ("Host", "evil.example", false),
    ] {
        let mut request = url.as_str().into_client_request().unwrap();
        request.headers_mut().insert(
            tokio_tungstenite::tungstenite::http::HeaderName::from_bytes(name.as_bytes()).unwrap(),
            value.parse().unwrap(),
        );
        let opened = tokio_tungstenite::connect_async(request).await;
        assert_eq!(opened.is_ok(), allowed, "{name}: {value}");
    }
}

#[actix_web::test]
async fn every_answer_carries_the_security_headers() {
    let app = TestApp::start().await;
    for path in ["/api/v1/bins", "/api/v1/docs", "/nothing", "/login", "/healthz"] {
        let response = app.client.get(format!("{}{path}", app.started.console_url)).send().await.unwrap();
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline"), "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(header(name), value, "{path}");
        }
    }
}

const TOKEN: &str = "0123456789abcdef0123";

async fn guarded() -> TestApp {
    TestApp::start_with(|config| config.token = Some(creel::inside::SecretValue::new(TOKEN.to_owned()))).await
}

#[actix_web::test]
async fn with_a_token_nothing_is_told_without_it() {
    let app = guarded().await;
    let url = |path: &str| format!("{}{path}", app.started.console_url);
    for path in ["/", "/api/v1/bins", "/api/v1/openapi.json", "/metrics", "/api/v1/info", "/nothing"] {
        let response = app.client.get(url(path)).send().await.unwrap();
        assert_eq!(response.status(), 401, "{path}");
        assert_eq!(response.headers()["www-authenticate"], "Bearer realm=\"creel\"");
    }
    for path in ["/healthz", "/readyz", "/login"] {
        assert_eq!(app.client.get(url(path)).send().await.unwrap().status(), 200, "{path}");
    }
    let socket = format!("ws://{}/api/v1/bins/{}/stream", app.console, app.started.bin);
    assert!(tokio_tungstenite::connect_async(&socket).await.is_err());
    let mut request = socket.as_str().into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {TOKEN}").parse().unwrap());
    assert!(tokio_tungstenite::connect_async(request).await.is_ok());
    assert_eq!(app.client.get(url("/api/v1/bins")).bearer_auth(TOKEN).send().await.unwrap().status(), 200);
}

#[actix_web::test]
async fn a_browser_logs_in_and_keeps_a_strict_cookie() {
    let app = guarded().await;
    let client = crate::helpers::http().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = |path: &str| format!("{}{path}", app.started.console_url);
    let led = client.get(url("/bins")).header("Accept", "text/html").send().await.unwrap();
    assert_eq!((led.status(), &led.headers()["location"]), (StatusCode::SEE_OTHER, &"/login".parse().unwrap()));
    let post = |body: String| {
        client
            .post(url("/login"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Origin", &app.started.console_url)
            .body(body)
    };
    let wrong = post("token=wrong".into()).send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    assert!(!wrong.headers().contains_key("set-cookie"));
    let right = post(format!("token={TOKEN}")).send().await.unwrap();
    assert_eq!(right.status(), 303);
    let cookie = right.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains(TOKEN), "{cookie}");
    let session = cookie.split(';').next().unwrap().to_owned();
    let again = post(format!("token={TOKEN}")).send().await.unwrap();
    assert!(!again.headers()["set-cookie"].to_str().unwrap().contains(&session), "each login has a cookie of its own");
    assert_eq!(client.get(url("/api/v1/bins")).header("Cookie", &session).send().await.unwrap().status(), 200);
    assert_eq!(client.get(url("/api/v1/bins")).header("Cookie", "creel_session=x").send().await.unwrap().status(), 401);
    let foreign = post(format!("token={TOKEN}")).header("Sec-Fetch-Site", "cross-site").send().await.unwrap();
    assert_eq!(foreign.status(), 403);
}

#[actix_web::test]
async fn wrong_tokens_are_slow_and_many_are_turned_away_while_the_right_one_is_not() {
    let app = guarded().await;
    let guess = |number: usize| {
        let request = app.client.get(app.api("/bins")).bearer_auth(format!("wrong-{number}"));
        async move { request.send().await.unwrap().status() }
    };
    let begun = std::time::Instant::now();
    assert_eq!(guess(0).await, 401);
    assert!(begun.elapsed() >= std::time::Duration::from_millis(400), "{:?}", begun.elapsed());
    let mut guesses: futures_util::stream::FuturesUnordered<_> = (1..=40).map(guess).collect();
    // The first to be answered are those that are turned away.
    assert_eq!(guesses.next().await, Some(StatusCode::TOO_MANY_REQUESTS));
    let right = app.client.get(app.api("/bins")).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(right.status(), 200);
    // Counted by their reasons, and shown to the owner.
    let rest: Vec<StatusCode> = guesses.collect().await;
    let crowded = 1 + rest.iter().filter(|status| **status == StatusCode::TOO_MANY_REQUESTS).count();
    let own = |path: &str| app.client.get(format!("{}{path}", app.started.console_url)).bearer_auth(TOKEN).send();
    let metrics = own("/metrics").await.unwrap().text().await.unwrap();
    for (reason, refused) in [("token", 41 - crowded), ("crowded", crowded)] {
        let line = format!("creel_console_refused_total{{reason=\"{reason}\"}} ");
        let count = metrics.lines().find_map(|metric| metric.strip_prefix(&line)).unwrap();
        assert_eq!(count.parse::<usize>().unwrap(), refused, "{reason}: {metrics}");
    }
    let home = own("/").await.unwrap().text().await.unwrap();
    assert!(home.contains("to the console were refused: wrong token"), "{home}");
}

#[actix_web::test]
async fn wrong_tokens_stay_slow_after_clients_that_leave_while_they_wait() {
    let app = guarded().await;
    let guess = || app.client.get(app.api("/bins")).bearer_auth("wrong-wrong-wrong").send();
    for _ in 0..3 {
        // Some are turned away at once; those who wait leave.
        let leaving = futures_util::future::join_all((0..10).map(|_| guess()));
        let _ = tokio::time::timeout(std::time::Duration::from_millis(300), leaving).await;
    }
    // None of them is counted any more: the next one is answered, and late.
    let begun = std::time::Instant::now();
    loop {
        let status = guess().await.unwrap().status();
        if status == 401 {
            break;
        }
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "the places come back");
    }
    let begun = std::time::Instant::now();
    assert_eq!(guess().await.unwrap().status(), 401);
    assert!(begun.elapsed() >= std::time::Duration::from_millis(400), "{:?}", begun.elapsed());
}

#[actix_web::test]
async fn captured_bytes_are_files_that_run_nowhere() {
    let app = TestApp::start().await;
    let html = "<script>alert(1)</script>";
    app.client.post(&app.started.bin_url).header("Content-Type", "text/html").body(html).send().await.unwrap();
    for part in ["raw", "head", "body"] {
        let path = format!("/bins/{}/requests/latest/{part}", app.started.bin);
        let response = app.client.get(app.api(&path)).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-disposition").starts_with("attachment"));
        assert_eq!(header("content-type"), "application/octet-stream");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("content-security-policy").starts_with("sandbox"));
    }
}

/// Sends a request and returns the status and body.
async fn sent(request: reqwest::RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// GitHub's signature of a body.

#[tokio::test]
async fn a_handshake_signs_no_body_for_a_stranger() {
    let app = TestApp::start().await;
    let body = r#"{"paid":true}"#;
    for settings in [
        json!({"signature_mode": "enforce", "secrets": [{"value": "the-owners-secret"}]}),
        json!({"signature_mode": "enforce", "scheme": "x-twitter", "secrets": [{"value": "the-owners-secret"}]}),
        json!({"provider": "zoom", "signature_mode": "enforce", "secrets": [{"value": "the-owners-secret"}]}),
    ] {
        let bin = app.bin(settings).await;
        let url = format!("{}/{}", app.started.capture_url, bin["id"].as_str().unwrap());
        for token in [body, "v0:1700000000:{}", "12345"] {
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("crc_token", token).finish();
            let crc = sent(app.client.get(format!("{url}?{query}"))).await;
            assert_eq!(crc, (401, r#"{"ok":false,"error":"Invalid signature"}"#.to_owned()), "{token}");
            let zoom = json!({"event": "endpoint.url_validation", "payload": {"plainToken": token}});
            assert_eq!(sent(app.client.post(&url).json(&zoom)).await.0, 401, "{token}");
        }
    }
}

#[tokio::test]
async fn a_stranger_plants_no_secret() {
    const PLANTED: &str = "attacker-0123456789abcdef";
    let app = TestApp::start().await;
    let bin = app.bin_id().await;
    let url = format!("{}/{bin}", app.started.capture_url);
    let plant = || app.client.post(&url).header("X-Hook-Secret", PLANTED).body("x");
    let secrets = async || app.get(&format!("/bins/{bin}/secrets")).await["secrets"].as_array().unwrap().clone();
    let set = async |settings: serde_json::Value| {
        let response = app.client.patch(app.api(&format!("/bins/{bin}"))).json(&settings).send().await.unwrap();
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    };
    assert_eq!(sent(plant()).await.0, 200);
    assert!(secrets().await.is_empty(), "nothing is set");
    set(json!({"scheme": "asana", "signature_mode": "enforce"})).await;
    sent(plant()).await;
    assert!(secrets().await.is_empty(), "enforced");
    set(json!({"signature_mode": "report"})).await;
    // Many at once: one is the first.
    futures_util::future::join_all((0..64).map(|_| sent(plant()))).await;
    let learnt = secrets().await;
    assert_eq!(learnt.len(), 1, "{learnt:?}");
    assert!(learnt[0]["label"].as_str().unwrap().starts_with("learnt from 127.0.0.1"), "{learnt:?}");
    // What is learnt is for this provider only.
    set(json!({"name": "still-asana"})).await;
    assert_eq!(secrets().await.len(), 1);
    set(json!({"provider": "github", "scheme": null, "signature_mode": "enforce"})).await;
    assert!(secrets().await.is_empty());
    let secret = json!({"value": "the-owners-own-secret"});
    app.client.post(app.api(&format!("/bins/{bin}/secrets"))).json(&secret).send().await.unwrap();
    let body = r#"{"action":"opened"}"#;
    let signed = |key| {
        let post =
            app.client.post(&url).header("X-GitHub-Event", "push").header("X-Hub-Signature-256", signature(key, body));
        post.body(body)
    };
    assert_eq!(sent(signed(PLANTED)).await.0, 401);
    assert_eq!(sent(signed("the-owners-own-secret")).await.0, 200);
    let metrics = app.client.get(format!("{}/metrics", app.started.console_url)).send().await.unwrap();
    assert!(metrics.text().await.unwrap().contains("\ncreel_learnt_secrets_total 1\n"));
}

#[tokio::test]
async fn however_many_add_a_secret_at_once_a_bin_has_at_most_32() {
    let app = TestApp::start().await;
    let bin = app.bin_id().await;
    let add = |n: usize| {
        let secret = json!({"value": format!("a-secret-with-the-number-{n}")});
        sent(app.client.post(app.api(&format!("/bins/{bin}/secrets"))).json(&secret))
    };
    let added = futures_util::future::join_all((0..64).map(add)).await;
    assert_eq!(added.iter().filter(|(status, _)| *status == 201).count(), 32);
    assert!(added.iter().all(|(status, _)| matches!(status, 201 | 422)), "{added:?}");
    assert_eq!(app.get(&format!("/bins/{bin}/secrets")).await["secrets"].as_array().unwrap().len(), 32);
}

#[tokio::test]
async fn no_export_holds_credentials_unless_they_are_asked_for() {
    let app = TestApp::start().await;
    let bin = app.bin_id().await;
    let secrets = ["cookie-of-mine", "query-of-mine", "key-of-mine", "jwt-of-mine"];
    let request = app
        .client
        .post(format!("{}/{bin}?a=1&access_token={}", app.started.capture_url, secrets[1]))
        .header("Cookie", secrets[0])
        .header("X-Access-Key", secrets[2])
        .header("X-Jwt", secrets[3]);
    assert_eq!(sent(request).await.0, 200);
    let single = ["curl", "httpie", "python", "node", "go", "http", "har"]
        .map(|kind| format!("requests/latest/export?as={kind}"));
    let many = ["jsonl", "har", "csv"].map(|kind| format!("export?as={kind}"));
    for export in single.iter().chain(&many) {
        let text =
            async |more: &str| String::from_utf8(app.bytes(&format!("/bins/{bin}/{export}{more}")).await).unwrap();
        let (plain, whole) = (text("").await, text("&secrets=true").await);
        assert!(secrets.iter().all(|secret| !plain.contains(secret)), "{export}: {plain}");
        assert!(whole.contains(secrets[1]), "{export}: {whole}");
    }
}

#[tokio::test]
async fn pages_say_what_exports_leave_out_and_never_show_a_session_of_the_console() {
    let app = TestApp::start().await;
    let bin = app.started.bin.clone();
    let page = async |path: &str| {
        let response = app.client.get(format!("{}{path}", app.started.console_url)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.text().await.unwrap()
    };
    assert!(page(&format!("/bins/{bin}")).await.contains("REDACTED"));
    let settings = page(&format!("/bins/{bin}/settings")).await;
    assert!(settings.contains("REDACTED") && settings.contains("secrets=true"), "{settings}");
    // A browser sends the cookies of a host to each of its ports.
    let session = "0123abcdefsession";
    let request = |body: &'static str| {
        let request =
            app.client.post(&app.started.bin_url).header("Cookie", format!("a=1; creel_session={session}; b=2"));
        request.body(body)
    };
    assert_eq!(sent(request("one")).await.0, 200);
    assert_eq!(sent(request("two").header("Cookie", "creel_session=else")).await.0, 200);
    for tab in ["request", "signature", "event", "deliver", "raw", "code", "compare"] {
        let shown = page(&format!("/bins/{bin}/requests/latest?tab={tab}")).await;
        assert!(!shown.contains(session), "{tab}: {shown}");
    }
}

#[tokio::test]
async fn a_page_of_another_site_gets_no_link_to_a_third() {
    let app = TestApp::start().await;
    for (path, has_link) in [("/\\evil.example/x", false), ("//evil.example/x", false), ("/bins", true)] {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nConnection: close\r\n\r\n",
            app.console
        );
        let answer = crate::helpers::raw::exchange(app.console, request.as_bytes());
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!text.contains("href=\"//evil") && !text.contains("href=\"/\\evil"), "{path}: {text}");
        assert_eq!(text.contains("href=\"/bins\""), has_link, "{path}: {text}");
    }
}

#[tokio::test]
async fn what_a_stranger_taught_is_gone_where_signatures_are_enforced_or_the_owner_adds_a_secret() {
    const PLANTED: &str = "attacker-0123456789abcdef";
    let app = TestApp::start().await;
    for owner in [json!({"signature_mode": "enforce"}), json!({"secret": "the-owners-own-secret"})] {
        let bin = app.bin(json!({"scheme": "asana"})).await["id"].as_str().unwrap().to_owned();
        let url = format!("{}/{bin}", app.started.capture_url);
        assert_eq!(sent(app.client.post(&url).header("X-Hook-Secret", PLANTED).body("x")).await.0, 200);
        let labels = async || {
            let secrets = app.get(&format!("/bins/{bin}/secrets")).await["secrets"].as_array().unwrap().clone();
            secrets.iter().map(|secret| secret["label"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert!(labels().await[0].starts_with("learnt from"));
        if let Some(secret) = owner.get("secret") {
            let secret = json!({"label": "mine", "value": secret});
            assert_eq!(sent(app.client.post(app.api(&format!("/bins/{bin}/secrets"))).json(&secret)).await.0, 201);
            assert_eq!(labels().await, ["mine"]);
        } else {
            assert_eq!(sent(app.client.patch(app.api(&format!("/bins/{bin}"))).json(&owner)).await.0, 200);
            assert!(labels().await.is_empty());
        }
    }
}

#[tokio::test]
async fn a_handshake_s_own_response_signs_no_delivery() {
    use base64::Engine as _;
    let app = TestApp::start().await;
    let settings =
        json!({"scheme": "x-twitter", "signature_mode": "enforce", "secrets": [{"value": "the-owners-secret"}]});
    let bin = app.bin(settings).await;
    let url = format!("{}/{}", app.started.capture_url, bin["id"].as_str().unwrap());
    let (status, response) = sent(app.client.get(format!("{url}?crc_token=hello"))).await;
    assert_eq!(status, 200);
    let token = serde_json::from_str::<serde_json::Value>(&response).unwrap()["response_token"].clone();
    let header = "x-twitter-webhooks-signature";
    let forged = app.client.post(&url).header(header, token.as_str().unwrap()).body("hello");
    assert_eq!(sent(forged).await.0, 401);
    let path = format!("/bins/{}/requests/latest", bin["id"].as_str().unwrap());
    let (listed, explained) = (app.get(&path).await, app.get(&format!("{path}/signature")).await);
    assert_eq!(listed["signature"]["status"], "invalid", "{listed}");
    for member in ["status", "reason"] {
        assert_eq!(explained["signature"][member], listed["signature"][member], "the explanation says the same");
    }
    let delivery = r#"{"for_user_id":"1"}"#;
    let mut mac = <hmac::Hmac<sha2::Sha256> as hmac::KeyInit>::new_from_slice(b"the-owners-secret").unwrap();
    hmac::Mac::update(&mut mac, delivery.as_bytes());
    let right = base64::engine::general_purpose::STANDARD.encode(hmac::Mac::finalize(mac).into_bytes());
    let right = app.client.post(&url).header(header, format!("sha256={right}")).body(delivery);
    assert_eq!(sent(right).await.0, 200);
}

#[tokio::test]
async fn what_nobody_signed_is_not_the_first_of_a_delivery() {
    let app = TestApp::start().await;
    let bin = app.bin(json!({"provider": "github", "secrets": [{"value": "the-owners-secret"}]})).await;
    let url = format!("{}/{}", app.started.capture_url, bin["id"].as_str().unwrap());
    let body = r#"{"action":"opened"}"#;
    let delivery =
        || app.client.post(&url).header("X-GitHub-Event", "push").header("X-GitHub-Delivery", "d-1").body(body);
    sent(delivery()).await;
    sent(delivery().header("X-Hub-Signature-256", signature("the-owners-secret", body))).await;
    sent(delivery().header("X-Hub-Signature-256", signature("the-owners-secret", body))).await;
    let kept = app.requests(bin["id"].as_str().unwrap()).await;
    assert!(kept[1]["event"]["duplicate_of"].is_null(), "{}", kept[1]);
    assert_eq!(kept[2]["event"]["duplicate_of"], kept[1]["id"], "{}", kept[2]);
    // Both are shown: the real one's page leads to the forged one.
    let (bin, real) = (bin["id"].as_str().unwrap(), kept[1]["id"].as_str().unwrap());
    let page = format!("{}/bins/{bin}/requests/{real}?tab=event", app.started.console_url);
    let shown = app.client.get(page).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains(kept[0]["id"].as_str().unwrap()), "{shown}");
}
