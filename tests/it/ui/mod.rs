//! The console in a real browser. Each test boots the application and a Chromium of its own; `tests/run` installs what
//! is needed.

mod accessibility;
mod actions;
mod bodies;
mod browser;
mod deliver;
mod first_request;
mod hostile;
mod lists;
mod load;
mod newcomer;
mod proxy;
mod screenshots;
mod send;
mod sessions;
mod settings;
mod truth;
mod without_scripts;

use serde_json::{Value, json};

use creel::Config;

use crate::helpers::TestApp;
use browser::Browser;

pub const SECRET: &str = "whsec_callaider_live_2026";
pub const SESSION: &str = "2d7b8f7f-2de0-4db9-ae6f-9a1f8d98f6d2";

/// The application, a browser, and what senders do.
pub struct Stage {
    pub app: TestApp,
    pub browser: Browser,
}

impl Stage {
    pub async fn set() -> Self {
        Self::set_with(|_| {}).await
    }

    /// With a configuration of the test's own.
    pub async fn set_with(change: impl FnOnce(&mut Config)) -> Self {
        Self { app: TestApp::start_with(change).await, browser: Browser::start().await }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.app.started.console_url)
    }

    pub async fn open(&self, path: &str) {
        self.browser.go(&self.url(path)).await;
    }

    /// A `CallAIder` bin with its secret.
    pub async fn callaider(&self) {
        let secrets = json!([{"label": "live", "value": SECRET}]);
        self.app.bin(json!({"name": "callaider", "provider": "callaider", "secrets": secrets})).await;
    }

    /// Sends a request to a bin and answers with its id.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> String {
        let url = format!("{}/{path}", self.app.started.capture_url);
        let mut request = self.app.client.request(method.parse().unwrap(), url).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap();
        let bin = path.split(['/', '?']).next().unwrap();
        self.app.get(&format!("/bins/{bin}/requests?limit=1")).await["requests"][0]["id"].as_str().unwrap().to_owned()
    }

    /// Sends a `CallAIder` event, signed with `secret`.
    pub async fn event(&self, event: &str, session: &str, data: Value, secret: &str) -> String {
        let body = json!({
            "event": event, "timestamp": "2026-05-28T12:34:56.789Z", "assistantId": 123, "sessionId": session, "data": data,
        })
        .to_string();
        let signature = crate::helpers::signature(secret, &body);
        let headers = [
            ("Content-Type", "application/json"),
            ("User-Agent", "CallAIder-Webhooks/2.4"),
            ("X-Callaider-Event", event),
            ("X-Callaider-Signature", &signature),
        ];
        self.send("POST", "callaider/hooks/session", &headers, body).await
    }

    /// A bin as it looks after a day's work: events with every verdict, every kind of body.
    pub async fn seed(&self) -> Seeded {
        self.callaider().await;
        let other = "7c1f0a52-8a44-4b0e-9a5c-0f5f7c3d1e90";
        let transcript = json!([
            {"role": "assistant", "content": "Hello, how can I help you?", "timestamp": 1_779_954_672_417_u64},
            {"role": "user", "content": "I want to move my appointment to Friday.", "timestamp": 1_779_954_679_847_u64},
            {"role": "tool", "content": "", "timestamp": 1_779_954_681_000_u64,
             "toolCall": {"name": "reschedule", "arguments": {"day": "friday"}, "result": {"ok": true}}},
            {"role": "assistant", "content": "Done. See you on Friday at 10:00.", "timestamp": 1_779_954_685_003_u64},
        ]);
        let ended = |reason: &str| json!({"reason": reason, "durationSeconds": 27, "transcript": transcript});
        self.event(
            "session.started",
            SESSION,
            json!({"metadata": {"sessionMode": "voice", "callId": "c-881"}}),
            SECRET,
        )
        .await;
        let json = self.event("session.ended", SESSION, ended("assistant_ended"), SECRET).await;
        let duplicate = self.event("session.ended", SESSION, ended("assistant_ended"), SECRET).await;
        self.event("session.started", other, json!({"metadata": {"sessionMode": "text"}}), SECRET).await;
        let invalid = self.event("session.ended", other, ended("user_ended"), &format!("{SECRET}\n")).await;
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        self.send("POST", "callaider/form?retry=2&source=widget", &form, "a=1&b=two+words&b=3").await;
        let xml = [("Content-Type", "application/xml")];
        self.send("PUT", "callaider/orders/7", &xml, "<order id=\"7\"><item>tea</item></order>").await;
        self.send("GET", "callaider/health", &[], "").await;
        let multipart = self.multipart().await;
        self.send("DELETE", "callaider/404", &[], "").await;
        Seeded { json, duplicate, invalid, multipart }
    }

    async fn multipart(&self) -> String {
        let body = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nCalled back, all is well.\r\n\
                    --b\r\nContent-Disposition: form-data; name=\"recording\"; filename=\"call-881.wav\"\r\n\
                    Content-Type: audio/wav\r\n\r\nRIFF----WAVEfmt \r\n--b--\r\n";
        self.send("POST", "callaider/upload", &[("Content-Type", "multipart/form-data; boundary=b")], body).await
    }

    /// The request that the page shows.
    pub async fn shown(&self) -> String {
        self.browser.js("return document.querySelector('#detail')?.dataset.id ?? ''").await.as_str().unwrap().to_owned()
    }

    pub async fn until_shown(&self, id: &str) {
        self.browser.until(&format!("document.querySelector('#detail')?.dataset.id === '{id}'")).await;
    }

    pub async fn until_live(&self) {
        self.browser.until("document.querySelector('#live')?.dataset.state === 'live'").await;
    }
}

/// The ids of what was sent.
pub struct Seeded {
    pub json: String,
    pub duplicate: String,
    pub invalid: String,
    pub multipart: String,
}
