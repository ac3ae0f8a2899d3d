//! Stripe: events of the API, one envelope.

use serde_json::json;

use super::{Content, SampleEvent, Sender, Story, dialogue, no_sessions};

pub(super) static SENDER: Sender = Sender {
    provider: "stripe",
    events: &[
        SampleEvent { name: "payment_intent.succeeded", about: "a payment worked" },
        SampleEvent { name: "invoice.payment_failed", about: "a payment for an invoice did not work" },
        SampleEvent { name: "customer.subscription.deleted", about: "a subscription ended" },
    ],
    system: &["content-type", "stripe-signature", "user-agent"],
    name_at: Some("/type"),
    fill_at: None,
    body,
    head: |_, _| {
        vec![
            ("Accept", "*/*; q=0.5, application/xml".to_owned()),
            ("Cache-Control", "no-cache".to_owned()),
            ("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)".to_owned()),
        ]
    },
    session: no_sessions,
    from_start: false,
    voice_only: &[],
};

fn body(event: &str, story: &Story, _: usize) -> Content {
    let created = story.ended.as_secs();
    let customer = format!("cus_{}", story.token("customer", 14));
    let name = dialogue::names(story.language).customer;
    let object = match event {
        "payment_intent.succeeded" => json!({
            "id": format!("pi_{}", story.token("intent", 24)), "object": "payment_intent", "amount": 4_200,
            "amount_received": 4_200, "currency": "eur", "customer": customer, "created": created,
            "description": format!("Order {} · {name}", story.number("order", 90_000)), "livemode": false,
            "metadata": {"order": story.number("order", 90_000).to_string()}, "status": "succeeded",
        }),
        "invoice.payment_failed" => json!({
            "id": format!("in_{}", story.token("invoice", 24)), "object": "invoice", "amount_due": 1_900,
            "amount_paid": 0, "attempt_count": 1, "attempted": true, "currency": "eur", "customer": customer,
            "customer_name": name, "created": created, "livemode": false,
            "next_payment_attempt": created + 259_200, "paid": false, "status": "open",
        }),
        _ => json!({
            "id": format!("sub_{}", story.token("subscription", 24)), "object": "subscription", "customer": customer,
            "canceled_at": created, "created": created - 31_536_000, "ended_at": created,
            "items": {"object": "list", "data": [{"id": format!("si_{}", story.token("item", 14)), "quantity": 1}]},
            "livemode": false, "metadata": {}, "status": "canceled",
        }),
    };
    Content::Json(json!({
        "id": format!("evt_{}", story.token("event", 24)),
        "object": "event",
        "api_version": "2025-03-31.basil",
        "created": created,
        "data": {"object": object},
        "livemode": false,
        "pending_webhooks": 1,
        "request": {"id": format!("req_{}", story.token("request", 14)), "idempotency_key": story.uuid("key")},
        "type": event,
    }))
}
