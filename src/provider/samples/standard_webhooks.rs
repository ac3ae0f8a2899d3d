//! Standard Webhooks: any sender that follows the specification. Its headers are those of the signature.

use serde_json::json;

use super::{Content, SampleEvent, Sender, Story, dialogue, no_sessions};

pub(super) static SENDER: Sender = Sender {
    provider: "standard-webhooks",
    events: &[
        SampleEvent { name: "user.created", about: "somebody signed up" },
        SampleEvent { name: "invoice.paid", about: "an invoice was paid" },
    ],
    system: &["content-type", "webhook-id", "webhook-timestamp", "webhook-signature"],
    name_at: Some("/type"),
    fill_at: None,
    body,
    head: |event, story| {
        vec![
            ("webhook-id", format!("msg_{}", story.token(&format!("message {event}"), 27))),
            ("webhook-timestamp", story.ended.as_secs().to_string()),
        ]
    },
    session: no_sessions,
    from_start: false,
    voice_only: &[],
};

fn body(event: &str, story: &Story, _: usize) -> Content {
    let name = dialogue::names(story.language).customer;
    let data = match event {
        "user.created" => {
            json!({"id": format!("user_{}", story.token("user", 24)), "name": name, "email": "customer@example.com"})
        }
        _ => json!({
            "id": format!("inv_{}", story.token("invoice", 24)), "amount": "41.80", "currency": "EUR", "customer": name,
        }),
    };
    Content::Json(json!({"type": event, "timestamp": story.ended.to_string(), "data": data}))
}
