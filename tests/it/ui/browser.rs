//! A real Chromium, driven over the `WebDriver` protocol (W3C) and, where that has no word for it, the `DevTools`
//! protocol.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Browsers at once: each wants a core.
static BROWSERS: Semaphore = Semaphore::const_new(2);
/// What a page gets to come into a state; only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

pub const WIDE: (u32, u32) = (1440, 900);
pub const NARROW: (u32, u32) = (390, 844);

/// One browser with one page. Ends with it.
pub struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
    client: reqwest::Client,
    profile: tempfile::TempDir,
    _permit: SemaphorePermit<'static>,
}

impl Browser {
    /// Starts chromedriver on a free port, and a Chromium with an empty profile.
    pub async fn start() -> Self {
        let permit = BROWSERS.acquire().await.unwrap();
        // It ends when another program takes its port of the other address family meanwhile: then the next one is
        // tried.
        let (driver, port) = (0..5).find_map(|_| driver()).expect("chromedriver says its port");
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Self {
            driver,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            session: String::new(),
            client: crate::helpers::http().build().unwrap(),
            profile,
            _permit: permit,
        };
        let args = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            &format!("--user-data-dir={}", browser.profile.path().display()),
        ];
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": args},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let made = browser.call(reqwest::Method::POST, "/session", &capabilities).await.unwrap();
        browser.session = made["sessionId"].as_str().unwrap().to_owned();
        browser.size(WIDE).await;
        browser
    }

    async fn call(&self, method: reqwest::Method, path: &str, body: &Value) -> Result<Value, String> {
        let url = format!("http://{}{path}", self.address);
        let request = self.client.request(method.clone(), url);
        let request = if method == reqwest::Method::POST { request.json(body) } else { request };
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let value = answer["value"].clone();
        match value["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["message"].as_str().unwrap_or_default())),
            None => Ok(value),
        }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let path = format!("/session/{}{path}", self.session);
        self.call(reqwest::Method::POST, &path, &body).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Opens an address and waits until it is loaded.
    pub async fn go(&self, url: &str) {
        self.post("/url", json!({"url": url})).await;
    }

    /// Runs a function's body in the page.
    pub async fn js(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({"script": script, "args": []})).await
    }

    /// Runs a function's body that may `await`; what it returns comes back.
    pub async fn js_async(&self, script: &str) -> Value {
        let wrapped = format!(
            "const done = arguments[arguments.length - 1]; (async () => {{ {script} }})().then(done, (error) => done('failed: ' + error));"
        );
        self.post("/execute/async", json!({"script": wrapped, "args": []})).await
    }

    /// An expression's value as text.
    pub async fn text(&self, selector: &str) -> String {
        let found = self.js(&format!("return document.querySelector({})?.innerText ?? ''", json!(selector))).await;
        found.as_str().unwrap_or_default().to_owned()
    }

    pub async fn count(&self, selector: &str) -> u64 {
        self.js(&format!("return document.querySelectorAll({}).length", json!(selector))).await.as_u64().unwrap()
    }

    /// Waits until an expression is true of a whole page: one that is still being read has only some of its elements.
    pub async fn until(&self, expression: &str) {
        let start = Instant::now();
        loop {
            if self.js(&format!("return document.readyState !== 'loading' && !!({expression})")).await == true {
                return;
            }
            if start.elapsed() > PATIENCE {
                let body = self.js("return document.body.innerText").await;
                panic!("never true: {expression}\nthe page shows:\n{}", body.as_str().unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Waits until an element's text holds something.
    pub async fn until_text(&self, selector: &str, part: &str) {
        self.until(&format!(
            "(document.querySelector({})?.innerText ?? '').includes({})",
            json!(selector),
            json!(part)
        ))
        .await;
    }

    /// Clicks with the mouse, in the middle of an element that can be seen.
    pub async fn click(&self, selector: &str) {
        let start = Instant::now();
        loop {
            self.until(&format!("document.querySelector({})?.checkVisibility()", json!(selector))).await;
            // A person would scroll it out from under the bar on top, too.
            self.js(&format!("document.querySelector({})?.scrollIntoView({{block: 'nearest'}})", json!(selector)))
                .await;
            let missed = match self.try_click(selector).await {
                Ok(()) => return,
                Err(missed) => missed,
            };
            // The page has put a new element in its place just now: the mouse goes to the new one.
            let replaced = missed.starts_with("stale element reference") || missed.starts_with("no such element");
            assert!(replaced && start.elapsed() < PATIENCE, "{selector}: {missed}");
        }
    }

    async fn try_click(&self, selector: &str) -> Result<(), String> {
        let session = &self.session;
        let by = json!({"using": "css selector", "value": selector});
        let found = self.call(reqwest::Method::POST, &format!("/session/{session}/element"), &by).await?;
        let id = found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        let path = format!("/session/{session}/element/{id}/click");
        self.call(reqwest::Method::POST, &path, &json!({})).await.map(drop)
    }

    /// Chooses a file of this machine.
    pub async fn choose_file(&self, selector: &str, path: &std::path::Path) {
        let found = self.post("/element", json!({"using": "css selector", "value": selector})).await;
        let id = found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        self.post(&format!("/element/{id}/value"), json!({"text": path.display().to_string()})).await;
    }

    /// Presses keys one after the other, wherever the focus is.
    pub async fn keys(&self, keys: &str) {
        let mut actions = Vec::new();
        for key in keys.chars() {
            actions.push(json!({"type": "keyDown", "value": key}));
            actions.push(json!({"type": "keyUp", "value": key}));
        }
        self.post("/actions", json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})).await;
    }

    /// Presses a key while Control is held.
    pub async fn control(&self, key: char) {
        let actions = json!([
            {"type": "keyDown", "value": "\u{e009}"}, {"type": "keyDown", "value": key},
            {"type": "keyUp", "value": key}, {"type": "keyUp", "value": "\u{e009}"},
        ]);
        self.post("/actions", json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})).await;
    }

    /// A command of the `DevTools` protocol.
    pub async fn devtools(&self, command: &str, params: Value) -> Value {
        self.post("/goog/cdp/execute", json!({"cmd": command, "params": params})).await
    }

    /// The size of the page.
    pub async fn size(&self, (width, height): (u32, u32)) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// What the system wishes: `dark` or `light`.
    pub async fn theme(&self, theme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": theme}]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features})).await;
    }

    /// What the browser complained about since the last call: script errors, blocked content.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", json!({"type": "browser"})).await;
        let entries =
            log.as_array().unwrap().iter().filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING");
        entries.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// A picture of the page as PNG.
    pub async fn screenshot(&self) -> Vec<u8> {
        let path = format!("/session/{}/screenshot", self.session);
        let shot = self.call(reqwest::Method::GET, &path, &Value::Null).await.unwrap();
        base64::engine::general_purpose::STANDARD.decode(shot.as_str().unwrap()).unwrap()
    }

    /// What was copied last. Reading needs the page to have the focus, which a headless page has.
    pub async fn clipboard(&self) -> String {
        let permission = json!({"permission": {"name": "clipboard-read"}, "setting": "granted"});
        self.devtools("Browser.setPermission", permission).await;
        self.js_async("return await navigator.clipboard.readText()").await.as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The session's end closes Chromium, which a killed driver would leave behind.
        if let Ok(mut stream) = TcpStream::connect(self.address) {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
            let _ = write!(
                stream,
                "DELETE /session/{} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                self.session
            );
            let _ = stream.read(&mut [0; 256]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Starts chromedriver, which says on its first lines which port it took; `None` when it got none.
fn driver() -> Option<(Child, u16)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver runs; tests/run installs it");
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok());
    let Some(port) = port else {
        let _ = driver.wait();
        return None;
    };
    // Somebody has to read what else it says, or it would wait for that.
    std::thread::spawn(move || lines.for_each(drop));
    Some((driver, port))
}
