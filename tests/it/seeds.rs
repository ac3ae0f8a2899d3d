//! The main job on real input: the events of the platforms that Creel was asked from, read back byte for byte.

use creel::inside::Head;
use serde_json::json;

use crate::helpers::{TestApp, raw};

/// CallAIder and Pathors events in full form, as their guides describe them: what each is called, and the message as it
/// is sent.
pub const EVENTS: &[(&str, &[u8])] = &[
    ("callaider session.started", include_bytes!("fixtures/callaider-session-started.http")),
    ("callaider session.ended", include_bytes!("fixtures/callaider-session-ended.http")),
    ("pathors session.ended", include_bytes!("fixtures/pathors-session-ended.http")),
    ("pathors call.ended", include_bytes!("fixtures/pathors-call-ended.http")),
    ("pathors session.finalized", include_bytes!("fixtures/pathors-session-finalized.http")),
    ("pathors recording.ready", include_bytes!("fixtures/pathors-recording-ready.http")),
];

/// A message's head, with the empty line that ends it, and its body.
pub fn parts(message: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memmem::find(message, b"\r\n\r\n").expect("a head ends with an empty line; heads have CR LF");
    message.split_at(end + 4)
}

#[tokio::test]
async fn every_event_of_the_seeds_is_read_back_byte_for_byte_head_included() {
    let app = TestApp::start().await;
    let bin = app.bin(json!({"name": "callaider-test"})).await;
    let id = bin["id"].as_str().unwrap();
    for (name, message) in EVENTS {
        let (head, body) = parts(message);
        let head = str::from_utf8(head).unwrap().replacen("POST /hook", &format!("POST /{id}/hook"), 1);
        let sent = [head.as_bytes(), body].concat();
        let answer = raw::exchange(app.capture, &sent);
        assert_eq!((answer.status, &answer.body[..]), (200, &b"ok"[..]), "{name}");

        let latest = format!("/bins/{id}/requests/latest");
        assert_eq!(app.bytes(&format!("{latest}/head")).await, head.as_bytes(), "{name}");
        assert_eq!(app.bytes(&format!("{latest}/body")).await, body, "{name}");
        assert_eq!(app.bytes(&format!("{latest}/raw")).await, sent, "{name}");
        let request = app.get(&latest).await;
        assert_eq!(request["body"]["text"].as_str().map(str::as_bytes), Some(body), "{name}");
        assert_eq!(request["head_source"], "wire");
        let fields: Vec<_> = Head::new(head.into())
            .headers()
            .iter()
            .map(|field| json!({"name": str::from_utf8(&field.name).unwrap(), "value": field.value_str().unwrap()}))
            .collect();
        assert_eq!(request["headers"], json!(fields), "{name}: order and case as sent");
    }
    assert_eq!(app.requests("callaider-test").await.len(), EVENTS.len(), "by name as well");
}
