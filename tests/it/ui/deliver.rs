//! Deliver: a request sent again, edited and signed; a sender that waits, answered; the forward, set and seen.

use serde_json::{Value, json};

use super::{SECRET, SESSION, Seeded, Stage};
use crate::deliver::target::{OK, Target};

impl Stage {
    /// A request with attempts of several outcomes, and one whose sender waits.
    pub async fn seed_deliveries(&self, seeded: &Seeded) -> (String, String) {
        let target = Target::start();
        target.answer_in_turn(&[
            b"HTTP/1.1 500 No\r\nContent-Type: application/json\r\nContent-Length: 26\r\n\r\n{\"ok\":false,\"error\":\"down\"}",
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"ok\":true}",
        ]);
        let path = self.app.api(&format!("/bins/callaider/requests/{}/replay", seeded.json));
        for to in [target.url("/hook"), target.url("/hook"), "http://127.0.0.1:1/hook".to_owned()] {
            let sent = self.app.client.post(&path).json(&json!({"target": to})).send().await.unwrap();
            assert_eq!(sent.status(), 200);
        }
        let hold = json!({"hold": {"timeout_ms": 60_000, "otherwise": {"status": 503}}});
        self.app.client.put(self.app.api("/bins/callaider/response")).json(&hold).send().await.unwrap();
        let waits = self.app.client.post(format!("{}/callaider/held", self.app.started.capture_url)).body("{}");
        // Its answer is not looked at.
        tokio::spawn(waits.send());
        let held = crate::deliver::replay::until(&self.app, "/bins/callaider/requests?q=is:held", |page| {
            page["total"] == 1 || page["requests"].as_array().is_some_and(|held| !held.is_empty())
        });
        let held = held.await["requests"][0]["id"].as_str().unwrap().to_owned();
        self.app.client.delete(self.app.api("/bins/callaider/response")).send().await.unwrap();
        (seeded.json.clone(), held)
    }
}

fn header_of(arrived: &crate::deliver::target::Arrived, name: &str) -> String {
    arrived.header(name).unwrap_or_default()
}

#[tokio::test]
async fn a_request_is_sent_again_with_an_edited_member_and_a_new_signature() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    let target = Target::start();
    stage.callaider().await;
    let id = stage.event("session.ended", SESSION, json!({"reason": "user_ended"}), SECRET).await;
    stage.open(&format!("/bins/callaider/requests/{id}?tab=deliver")).await;
    stage.until_live().await;
    browser.click("#replay-target").await;
    browser.keys(&target.url("/hook")).await;
    browser.click("#replay button[value=send]").await;
    let first = target.next();
    let captured = stage.app.bytes(&format!("/bins/callaider/requests/{id}/body")).await;
    assert_eq!(first.body, captured, "sent as it was captured");
    browser.until_text(".attempts", "delivered 200").await;

    // By the mouse: one member of the body edited, signed again.
    browser.click(".edit > summary").await;
    let edited = "const b = document.querySelector('#replay-body'); \
                  b.value = b.value.replace('user_ended', 'timeout'); b.dispatchEvent(new Event('input', {bubbles: true}))";
    browser.js(edited).await;
    browser.until_text("#replay-body-hint", "Edited: JSON.").await;
    browser.click("#replay [name=resign]").await;
    target.answer(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
    browser.click("#replay button[value=preview]").await;
    browser.until_text("#preview-send pre", "\"reason\":\"timeout\"").await;
    assert!(target.rest().is_empty(), "a preview sends nothing");
    browser.click("#replay button[value=send]").await;
    let second = target.next();
    let wanted = String::from_utf8(captured.clone()).unwrap().replace("user_ended", "timeout");
    assert_eq!(String::from_utf8(second.body.clone()).unwrap(), wanted);
    let signature = header_of(&second, "x-callaider-signature");
    assert_ne!(signature, header_of(&first, "x-callaider-signature"));
    browser.until_text(".attempts li:first-child", "not accepted 401").await;
    browser.until_text(".attempts li:first-child", "Differs from the attempt before").await;
    // Any two attempts are compared.
    browser.click(".compare-attempts button").await;
    browser.until_text("#answers-differ", "status 200 → 401").await;
    // What was captured is as it was, and the new signature is right for the new body.
    assert_eq!(stage.app.bytes(&format!("/bins/callaider/requests/{id}/body")).await, captured);
    let headers = [("X-Callaider-Event", "session.ended"), ("X-Callaider-Signature", signature.as_str())];
    let again = stage.send("POST", "callaider", &headers, second.body).await;
    let again = stage.app.get(&format!("/bins/callaider/requests/{again}")).await;
    assert_eq!(again["signature"]["status"], "valid");

    // By the keyboard: `r` sends the open request to where something was sent last.
    target.answer(OK);
    stage.open(&format!("/bins/callaider/requests/{id}")).await;
    stage.until_live().await;
    browser.keys("r").await;
    assert_eq!(target.next().body, captured);
    browser.until_text("#rows", "→ delivered 200").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_sender_that_waits_is_seen_in_the_list_and_answered_by_hand() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    let response = json!({"hold": {"timeout_ms": 60_000, "otherwise": {"status": 503}}});
    stage.app.bin(json!({"name": "hold", "response": response})).await;
    stage.open("/bins/hold").await;
    stage.until_live().await;
    let url = format!("{}/hold", stage.app.started.capture_url);
    let sender = tokio::spawn(stage.app.client.post(&url).body("a").send());
    browser.until_text("#rows li:first-child", "waits for your answer").await;
    browser.until("/answer, [1-6]?\\d s left/.test(document.querySelector('#rows li').textContent)").await;
    // The first request of a bin opens by itself; the next one is opened from the list.
    browser.click("#rows li:first-child a").await;
    browser.until("!!document.querySelector('#answer')").await;
    browser.click("#answer [data-status='401']").await;
    browser.keys("\u{E007}").await;
    let answer = sender.await.unwrap().unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.json::<Value>().await.unwrap()["error"], "Invalid signature");
    browser.until("document.querySelector('#rows li .status').textContent === '401'").await;
    browser.until("!document.querySelector('#answer')").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_forward_is_set_in_the_settings_which_show_how_far_it_is() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    let target = Target::start();
    stage.app.bin(json!({"name": "in"})).await;
    stage.open("/bins/in/settings").await;
    browser.click("#routes").await;
    browser.keys(&format!("/orders/* {}", target.url("/hook"))).await;
    browser.click("#retries").await;
    browser.keys("2").await;
    browser.click("[data-save]").await;
    browser.until_text("#unsaved", "Everything is saved").await;
    let forward = stage.app.get("/bins/in/forward").await;
    assert_eq!(
        (&forward["routes"][0]["path"], &forward["routes"][0]["to"][0], &forward["retries"]["count"]),
        (&json!("/orders/*"), &json!(target.url("/hook")), &json!(2)),
        "{forward}"
    );
    stage.send("POST", "in/orders/7", &[], "x").await;
    assert_eq!(target.next().body, b"x");
    browser.until_text("#forward-state", "reachable").await;
    browser.until("/^20[0-9-]+ [0-9:.]+ UTC/.test(document.querySelector('#forward-state time').textContent)").await;
    browser.until_text("#forward-state", "Nothing waits").await;
    stage.open("/bins/in/settings").await;
    browser.until("document.querySelector('#routes').value.startsWith('/orders/* http')").await;
    browser.js("document.querySelector('#routes').value = ''").await;
    browser.click("#routes").await;
    browser.keys("/no-url").await;
    browser.click("[data-save]").await;
    browser.until_text("#save-error", "names no target").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn notifications_are_set_up_in_the_settings_which_show_the_outcome() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    let target = Target::start();
    stage.app.bin(json!({"name": "in"})).await;
    stage.open("/bins/in/settings").await;
    browser.click("#match-to").await;
    browser.keys(&target.url("/told")).await;
    browser.click("#match-filter").await;
    browser.keys("size:bad").await;
    browser.click("[data-save]").await;
    browser.until("document.querySelector('#save-error').textContent !== ''").await;
    browser.until("document.activeElement.id === 'match-filter'").await;
    assert_eq!(browser.complaints().await.len(), 1, "the refusal");
    browser.js("document.querySelector('#match-filter').value = ''").await;
    browser.keys("path:/told/*").await;
    browser.click("[data-save]").await;
    browser.until_text("#match-state", "No notification was sent yet.").await;
    stage.send("POST", "in/told/1", &[], "x").await;
    let told: Value = serde_json::from_slice(&target.next().body).unwrap();
    assert_eq!(told["count"], 1, "{told}");
    browser.until_text("#match-state", "1 message accepted, 0 failed, of 1 request.").await;
    browser.until("/^20[0-9-]+ [0-9:.]+ UTC/.test(document.querySelector('#match-state time').textContent)").await;
    stage.open("/bins/in/settings").await;
    browser.until("document.querySelector('#match-filter').value === 'path:/told/*'").await;
    browser.js("document.querySelector('#match-to').value = ''").await;
    browser.click("#match-to").await;
    browser.keys(" ").await;
    browser.click("[data-save]").await;
    browser.until_text("#unsaved", "Everything is saved").await;
    let gone = stage.app.client.get(stage.app.api("/bins/in/on-match")).send().await.unwrap();
    assert_eq!(gone.status(), 404);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_request_is_composed_from_nothing_and_from_a_captured_one() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    let target = Target::start();
    stage.callaider().await;
    let id = stage.event("session.ended", SESSION, json!({"reason": "user_ended"}), SECRET).await;
    // From nothing.
    stage.open("/bins/callaider/send#compose").await;
    browser.click("#compose-target").await;
    browser.keys(&target.url("/hook")).await;
    browser.click("#compose-path").await;
    browser.keys("orders").await;
    browser.click("#compose-body").await;
    browser.keys("{}").await;
    browser.click("#compose-form button[value=send]").await;
    browser.until_text("#compose-error", "starts with a slash").await;
    browser.until("document.activeElement.id === 'compose-path'").await;
    assert_eq!(browser.complaints().await.len(), 1, "the refusal");
    browser.js("document.querySelector('#compose-path').value = '/orders'").await;
    browser.click("#compose-form button[value=preview]").await;
    browser.until_text("#composed", "POST /hook/orders HTTP/1.1").await;
    assert!(target.rest().is_empty(), "a preview sends nothing");
    browser.click("#compose-form button[value=send]").await;
    let arrived = target.next();
    assert_eq!(
        (arrived.body.as_slice(), header_of(&arrived, "content-type").as_str()),
        (&b"{}"[..], "application/json")
    );
    assert!(!header_of(&arrived, "x-callaider-signature").is_empty());
    browser.click("#composed a").await;
    browser.until_text(".attempts", "delivered 200").await;
    browser.until_text("#rows li:first-child", "composed").await;
    // From a captured one: its fields are there, another body is signed anew.
    stage.open(&format!("/bins/callaider/requests/{id}?tab=deliver")).await;
    stage.until_live().await;
    browser.click(".edit > summary").await;
    browser.click(".edit a[href*='send?from=']").await;
    browser
        .until("document.querySelector('#compose-headers')?.value.toLowerCase().includes('x-callaider-event: session.ended')")
        .await;
    browser.click("#compose-target").await;
    browser.keys(&target.url("/hook")).await;
    browser
        .js("const b = document.querySelector('#compose-body'); b.value = b.value.replace('user_ended', 'timeout')")
        .await;
    browser.click("#compose-form button[value=send]").await;
    let second = target.next();
    assert!(String::from_utf8_lossy(&second.body).contains("\"reason\":\"timeout\""));
    browser.until_text("#composed", "200").await;
    let made = stage.app.get("/bins/callaider/requests/latest").await;
    assert_eq!(
        (&made["origin"], &made["signature"]["status"], &made["last_attempt"]["status"]),
        (&json!("composed"), &json!("valid"), &json!(200)),
        "{made}"
    );
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
