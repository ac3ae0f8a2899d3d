//! Stripe: events of the API, one envelope.

use serde_json::{Value, json};

use super::{Content, SampleEvent, Sender, Story, dialogue, no_sessions};

pub(super) static SENDER: Sender = Sender {
    provider: "stripe",
    events: &[
        SampleEvent { name: "payment_intent.succeeded", about: "a payment worked" },
        SampleEvent { name: "payment_intent.payment_failed", about: "a payment did not work" },
        SampleEvent { name: "checkout.session.completed", about: "somebody went through the checkout" },
        SampleEvent { name: "invoice.paid", about: "an invoice was paid" },
        SampleEvent { name: "invoice.payment_failed", about: "a payment for an invoice did not work" },
        SampleEvent { name: "charge.refunded", about: "money was given back" },
        SampleEvent { name: "customer.subscription.updated", about: "a subscription was changed" },
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
    let intent = format!("pi_{}", story.token("intent", 24));
    let order = story.number("order", 90_000);
    let object = match event {
        "payment_intent.succeeded" | "payment_intent.payment_failed" => {
            let worked = event == "payment_intent.succeeded";
            let error = json!({"code": "card_declined", "decline_code": "insufficient_funds", "type": "card_error"});
            json!({
                "id": intent, "object": "payment_intent", "amount": 4_200,
                "amount_received": if worked { 4_200 } else { 0 }, "currency": "eur", "customer": customer,
                "created": created, "description": format!("Order {order} · {name}"),
                "last_payment_error": if worked { Value::Null } else { error }, "livemode": false,
                "metadata": {"order": order.to_string()},
                "status": if worked { "succeeded" } else { "requires_payment_method" },
            })
        }
        "checkout.session.completed" => json!({
            "id": format!("cs_test_{}", story.token("checkout", 32)), "object": "checkout.session",
            "amount_total": 4_200, "client_reference_id": order.to_string(), "created": created, "currency": "eur",
            "customer": customer, "customer_details": {"email": "customer@example.com", "name": name},
            "livemode": false, "metadata": {"order": order.to_string()}, "mode": "payment", "payment_intent": intent,
            "payment_status": "paid", "status": "complete",
        }),
        "invoice.paid" | "invoice.payment_failed" => {
            let paid = event == "invoice.paid";
            json!({
                "id": format!("in_{}", story.token("invoice", 24)), "object": "invoice", "amount_due": 1_900,
                "amount_paid": if paid { 1_900 } else { 0 }, "attempt_count": 1, "attempted": true, "currency": "eur",
                "customer": customer, "customer_name": name, "created": created, "livemode": false,
                "next_payment_attempt": if paid { Value::Null } else { (created + 259_200).into() }, "paid": paid,
                "status": if paid { "paid" } else { "open" },
            })
        }
        "charge.refunded" => json!({
            "id": format!("ch_{}", story.token("charge", 24)), "object": "charge", "amount": 4_200,
            "amount_captured": 4_200, "amount_refunded": 4_200, "created": created - 86_400, "currency": "eur",
            "customer": customer, "livemode": false, "metadata": {"order": order.to_string()}, "paid": true,
            "payment_intent": intent, "refunded": true, "status": "succeeded",
        }),
        _ => {
            let ended = event == "customer.subscription.deleted";
            let end = if ended { Value::from(created) } else { Value::Null };
            json!({
                "id": format!("sub_{}", story.token("subscription", 24)), "object": "subscription",
                "customer": customer, "cancel_at_period_end": false, "canceled_at": end,
                "created": created - 31_536_000, "ended_at": end,
                "items": {"object": "list", "data": [{"id": format!("si_{}", story.token("item", 14)), "quantity": 1}]},
                "livemode": false, "metadata": {}, "status": if ended { "canceled" } else { "active" },
            })
        }
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
