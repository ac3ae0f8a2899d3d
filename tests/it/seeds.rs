//! The main job on real input: the events of the platforms that Creel was asked from, read back byte for byte.

use serde_json::json;

use crate::helpers::{TestApp, raw};

/// An event: what it is, the headers that the platform sends with it, the body.
type Event = (&'static str, &'static [(&'static str, &'static str)], &'static str);

/// CallAIder and Pathors events in full form, as their guides describe them.
pub const EVENTS: &[Event] = &[
    (
        "callaider session.started",
        &[
            ("Content-Type", "application/json"),
            ("X-Callaider-Event", "session.started"),
            ("X-Callaider-Signature", "sha256=da2f0f4a27f0dc4ba4ecd1ea9bc1d4b3ffb28cb1f3b09aa8d4f6bd6e9cb64f3d"),
            ("Authorization", "Basic 12345"),
            ("x-tenant", "Zürich / 東京"),
        ],
        r#"{"event":"session.started","timestamp":"2026-05-28T12:34:56.789Z","assistantId":123,"sessionId":"2d7b8f7f-2de0-4db9-ae6f-9a1f8d98f6d2","data":{"metadata":{"userAgent":"Mozilla/5.0 (X11; Linux x86_64)","sessionMode":"voice","callId":"call-77"}}}"#,
    ),
    (
        "callaider session.ended",
        &[
            ("Content-Type", "application/json"),
            ("X-Callaider-Event", "session.ended"),
            ("X-Callaider-Signature", "sha256=7c4a8d09ca3762af61e59520943dc26494f8941b7c4a8d09ca3762af61e59520"),
            ("Authorization", "Basic 12345"),
        ],
        r#"{"event":"session.ended","timestamp":"2026-05-28T12:35:24.102Z","assistantId":123,"sessionId":"2d7b8f7f-2de0-4db9-ae6f-9a1f8d98f6d2","data":{"reason":"assistant_ended","durationSeconds":27,"transcript":[{"role":"assistant","content":"Hello, how can I help you?","timestamp":1779954672417},{"role":"user","content":"Hi. Où est ma commande ? 📦","timestamp":1779954679847},{"role":"tool","content":"","timestamp":1779954681000,"toolCall":{"name":"order_status","arguments":{"order":"A-1"},"result":{"state":"shipped"}}},{"role":"assistant","content":"It was shipped.","timestamp":1779954683000,"files":[{"gcsUri":"gs://bucket/invoice.pdf","mimeType":"application/pdf","filename":"invoice.pdf"}]}]}}"#,
    ),
    (
        "pathors session.ended",
        &[("Content-Type", "application/json"), ("Authorization", "Bearer pathors-token")],
        r#"{"event":"session.ended","sessionId":"sess_01","timestamp":"2026-05-28T12:40:00.000Z","currentNodeId":"node-end","messagesCount":12,"extractedVariables":{"name":"Ada","age":36},"reason":"session_ended"}"#,
    ),
    (
        "pathors call.ended",
        &[("Content-Type", "application/json"), ("X-Route", "blue")],
        r#"{"event":"call.ended","sessionId":"sess_01","timestamp":"2026-05-28T12:40:01.000Z","projectId":"proj_9","callStatus":"userHangup","callDuration":42}"#,
    ),
    (
        "pathors session.finalized",
        &[("Content-Type", "application/json"), ("X-Route", "blue")],
        r#"{"event":"session.finalized","sessionId":"sess_01","timestamp":"2026-05-28T12:40:05.000Z","projectId":"proj_9","currentNodeId":"node-end","messagesCount":12,"extractedVariables":{"name":"Ada","age":36},"callStatus":"userHangup","callDuration":42}"#,
    ),
    (
        "pathors recording.ready",
        &[("Content-Type", "application/json"), ("X-Route", "blue")],
        r#"{"event":"recording.ready","sessionId":"sess_01","timestamp":"2026-05-28T12:41:00.000Z","recordingUrl":"https://storage.example/rec/1.mp3?expires=600"}"#,
    ),
];

#[tokio::test]
async fn every_event_of_the_seeds_is_read_back_byte_for_byte_head_included() {
    let app = TestApp::start().await;
    let bin = app.bin(json!({"name": "callaider-test"})).await;
    let id = bin["id"].as_str().unwrap();
    for (name, headers, body) in EVENTS {
        let mut head = format!("POST /{id}/hook HTTP/1.1\r\nHost: {}\r\n", app.capture);
        for (header, value) in *headers {
            head.push_str(&format!("{header}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        let answer = raw::exchange(app.capture, &[head.as_bytes(), body.as_bytes()].concat());
        assert_eq!((answer.status, &answer.body[..]), (200, &b"ok"[..]), "{name}");

        let latest = format!("/bins/{id}/requests/latest");
        assert_eq!(app.bytes(&format!("{latest}/head")).await, head.as_bytes(), "{name}");
        assert_eq!(app.bytes(&format!("{latest}/body")).await, body.as_bytes(), "{name}");
        assert_eq!(app.bytes(&format!("{latest}/raw")).await, [head.as_bytes(), body.as_bytes()].concat(), "{name}");
        let request = app.get(&latest).await;
        assert_eq!(request["body"]["text"], *body, "{name}");
        assert_eq!(request["head_source"], "wire");
        let sent: Vec<_> = headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        let got = request["headers"].as_array().unwrap();
        assert_eq!(got[1..=sent.len()], sent, "{name}: order and case as sent");
    }
    assert_eq!(app.requests("callaider-test").await.len(), EVENTS.len(), "by name as well");
}
