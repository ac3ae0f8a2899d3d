//! Content of strangers is shown as text; pages of strangers reach nothing.

use std::fmt::Write as _;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Stage;

const MARKUP: &str = "<img src=x onerror=window.pwned=1><script>window.pwned=1</script>\"'><svg/onload=window.pwned=1>";

#[tokio::test]
async fn hostile_bodies_headers_paths_and_names_are_shown_as_text() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "hostile"})).await;
    let bidi = "\u{202e}gpj.exe\u{0}\u{1b}[2J";
    let mut ids = Vec::new();
    let mut head = format!(
        "POST /hostile/<script>alert(1)</script>?q=<img/onerror=1> HTTP/1.1\r\nHost: {}\r\n",
        stage.app.capture
    );
    let body = json!({"a": MARKUP, MARKUP: 1, "bidi": bidi, "</script>": "</textarea>"}).to_string();
    let _ =
        write!(head, "X-Evil: {MARKUP}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    let sent = [head.as_bytes(), body.as_bytes()].concat();
    assert_eq!(crate::helpers::raw::exchange(stage.app.capture, &sent).status, 200);
    ids.push(stage.app.get("/bins/hostile/requests/latest").await["id"].as_str().unwrap().to_owned());
    for (kind, body) in [
        ("text/plain", format!("{MARKUP}{bidi}")),
        ("text/html", format!("<html>{MARKUP}</html>")),
        ("image/svg+xml", format!("<svg xmlns='http://www.w3.org/2000/svg'>{MARKUP}</svg>")),
        ("application/x-www-form-urlencoded", "a=%3Cscript%3Ewindow.pwned%3D1%3C%2Fscript%3E&%3Cb%3E=1".to_owned()),
        ("application/xml", format!("<a>{MARKUP}</a>")),
        (
            "multipart/form-data; boundary=b",
            format!(
                "--b\r\nContent-Disposition: form-data; name=\"<b>\"; filename=\"../{MARKUP}{bidi}\"\r\n\r\n{MARKUP}\r\n--b--\r\n"
            ),
        ),
        ("image/png", MARKUP.to_owned()),
    ] {
        ids.push(stage.send("POST", "hostile/x", &[("Content-Type", kind)], body).await);
    }
    let api = stage.app.api(&format!("/bins/hostile/requests/{}", ids[0]));
    let marks = json!({"note": format!("{MARKUP}{bidi}"), "tags": ["<b>x</b>"]});
    assert!(stage.app.client.patch(api).json(&marks).send().await.unwrap().status().is_success());

    for id in &ids {
        for tab in ["request", "signature", "event", "compare", "code", "raw"] {
            stage.open(&format!("/bins/hostile/requests/{id}?tab={tab}")).await;
            browser.until("document.querySelector('#detail')").await;
            let foreign = "return document.querySelectorAll('main :is(script, iframe, object, embed, [onerror], [onload], a[href^=\"javascript:\"])').length";
            assert_eq!(browser.js(foreign).await, 0, "{id} {tab}");
        }
        for view in ["json", "pretty", "text", "xml", "form", "multipart", "image", "hex"] {
            stage.open(&format!("/bins/hostile/requests/{id}?view={view}")).await;
            assert_eq!(browser.js("return window.pwned === undefined").await, true, "{id} {view}");
        }
    }
    stage.open(&format!("/bins/hostile/requests/{}", ids[0])).await;
    browser.until_text(".tree", "onerror=window.pwned").await;
    browser.until_text("#request-head", MARKUP).await;
    browser.until_text(".detail-title", "<script>alert(1)</script>").await;
    browser.until_text(".note-text", "<img src=x").await;
    let loose = "return /[\\u202a-\\u202e\\u2066-\\u2069\\u0000-\\u0008\\u001b]/.test(document.body.innerText)";
    assert_eq!(browser.js(loose).await, false, "no character may turn the text around or vanish");
    let refused: Vec<_> =
        browser.complaints().await.into_iter().filter(|line| line.contains("Content Security Policy")).collect();
    assert_eq!(refused, Vec::<String>::new(), "nothing of the pages is blocked by their policy");
}

/// A site of somebody else, on an origin of its own.
async fn foreign_site() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let page = "<!doctype html><title>elsewhere</title>hello";
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                page.len()
            );
            let _ = stream.write_all(format!("{head}{page}").as_bytes()).await;
        }
    });
    format!("http://{address}/")
}

#[tokio::test]
async fn a_page_of_another_origin_cannot_read_write_or_listen() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    stage.app.bin(json!({"name": "private"})).await;
    let id = stage.send("POST", "private", &[], "secret").await;
    let console = stage.app.started.console_url.clone();
    browser.go(&foreign_site().await).await;
    for (what, script) in [
        ("read the API", format!("return await (await fetch('{console}/api/v1/bins')).text()")),
        ("read a page", format!("return await (await fetch('{console}/bins/private')).text()")),
        (
            "write",
            format!(
                "const r = await fetch('{console}/api/v1/bins', {{method: 'POST', headers: {{'content-type': 'application/json'}}, body: '{{}}'}}); return r.status"
            ),
        ),
        (
            "delete",
            format!(
                "const r = await fetch('{console}/api/v1/bins/private/requests/{id}', {{method: 'DELETE'}}); return r.status"
            ),
        ),
    ] {
        let answer = browser.js_async(&script).await;
        assert!(answer.as_str().is_some_and(|text| text.starts_with("failed")), "{what}: {answer}");
    }
    // A simple post needs no permission to be sent: the server must refuse it.
    let simple = format!(
        "await fetch('{console}/api/v1/bins', {{method: 'POST', mode: 'no-cors', body: '{{}}'}}); return 'sent'"
    );
    browser.js_async(&simple).await;
    let form = format!(
        "const f = document.createElement('form'); f.method = 'post'; f.action = '{console}/api/v1/bins'; f.enctype = 'text/plain'; f.target = 'frame';
         const i = document.createElement('iframe'); i.name = 'frame'; document.body.append(i, f);
         const loaded = new Promise((resolve) => {{ i.onload = resolve; }}); f.submit(); await loaded; return 'sent'"
    );
    browser.js_async(&form).await;
    let socket = format!(
        "return await new Promise((resolve) => {{ const s = new WebSocket('{}/api/v1/bins/private/stream');
         s.onopen = () => resolve('open'); s.onerror = () => resolve('refused'); }})",
        console.replace("http", "ws")
    );
    assert_eq!(browser.js_async(&socket).await, "refused", "the stream");
    let frame = format!(
        "const i = document.createElement('iframe'); i.src = '{console}/bins/private'; document.body.append(i);
         await new Promise((resolve) => {{ i.onload = resolve; setTimeout(resolve, 3000); }});
         try {{ return i.contentDocument ? i.contentDocument.body.innerText : 'closed' }} catch {{ return 'closed' }}"
    );
    let framed = browser.js_async(&frame).await;
    assert!(!framed.as_str().unwrap().contains("private"), "{framed}");
    let bins = stage.app.get("/bins").await;
    assert_eq!(bins["bins"].as_array().unwrap().len(), 2, "nothing was made: {bins}");
    assert_eq!(stage.app.requests("private").await.len(), 1, "nothing was deleted");
}

#[tokio::test]
async fn nothing_is_loaded_from_elsewhere() {
    let stage = Stage::set().await;
    let seeded = stage.seed().await;
    for page in
        ["/".to_owned(), format!("/bins/callaider/requests/{}", seeded.json), "/bins/callaider/settings".to_owned()]
    {
        stage.open(&page).await;
        let others = "return performance.getEntriesByType('resource').map((one) => one.name).filter((name) => !name.startsWith(location.origin))";
        assert_eq!(stage.browser.js(others).await, json!([]), "{page}");
    }
    assert_eq!(stage.browser.complaints().await, Vec::<String>::new());
}
