//! Shopify: the topic is named by the head alone.

use serde_json::json;

use super::{Content, SampleEvent, Sender, Story, dialogue, no_sessions};

pub(super) static SENDER: Sender = Sender {
    provider: "shopify",
    events: &[
        SampleEvent { name: "orders/create", about: "an order was placed" },
        SampleEvent { name: "orders/paid", about: "an order was paid" },
        SampleEvent { name: "products/update", about: "a product was changed" },
        SampleEvent { name: "customers/data_request", about: "a customer asks for their data" },
        SampleEvent { name: "app/uninstalled", about: "a shop removed the app" },
    ],
    system: &[
        "content-type",
        "x-shopify-topic",
        "x-shopify-hmac-sha256",
        "x-shopify-shop-domain",
        "x-shopify-api-version",
        "x-shopify-webhook-id",
        "x-shopify-event-id",
        "x-shopify-triggered-at",
    ],
    name_at: None,
    fill_at: None,
    body,
    head: |event, story| {
        vec![
            ("Accept", "*/*".to_owned()),
            ("User-Agent", "Shopify-Captain-Hook".to_owned()),
            ("X-Shopify-Topic", event.to_owned()),
            ("X-Shopify-Shop-Domain", "harbour-tea.myshopify.com".to_owned()),
            ("X-Shopify-API-Version", "2026-01".to_owned()),
            ("X-Shopify-Webhook-Id", story.uuid("webhook")),
            ("X-Shopify-Event-Id", story.uuid(&format!("event {event}"))),
            ("X-Shopify-Triggered-At", story.ended.to_string()),
        ]
    },
    session: no_sessions,
    from_start: false,
    voice_only: &[],
};

fn body(event: &str, story: &Story, _: usize) -> Content {
    let at = story.ended.to_string();
    let id = 5_000_000_000_u64 + story.number("id", 900_000_000);
    Content::Json(match event {
        "customers/data_request" => json!({
            "shop_id": 954_889, "shop_domain": "harbour-tea.myshopify.com", "orders_requested": [id, id + 90],
            "customer": {"id": id - 17, "email": "customer@example.com", "phone": "+33123456789"},
            "data_request": {"id": 9_999},
        }),
        "orders/create" | "orders/paid" => json!({
            "id": id, "admin_graphql_api_id": format!("gid://shopify/Order/{id}"), "created_at": at, "currency": "EUR",
            "email": "customer@example.com", "fulfillment_status": null,
            "financial_status": if event == "orders/paid" { "paid" } else { "pending" },
            "name": format!("#{}", 1_000 + story.number("order", 9_000)), "total_price": "41.80",
            "customer": {"id": id - 17, "first_name": dialogue::names(story.language).customer, "tags": ""},
            "line_items": [
                {"id": id + 3, "title": "Oolong tea, 250 g", "quantity": 2, "price": "15.90", "sku": "TEA-OOL-250"},
                {"id": id + 4, "title": "Tasse à thé", "quantity": 1, "price": "10.00", "sku": "CUP-01"},
            ],
        }),
        "products/update" => json!({
            "id": id, "title": "Oolong tea, 250 g", "vendor": "Harbour Tea", "handle": "oolong-tea-250-g",
            "status": "active", "updated_at": at,
            "variants": [{"id": id + 1, "price": "15.90", "sku": "TEA-OOL-250", "inventory_quantity": 48}],
        }),
        _ => json!({
            "id": id, "name": "Harbour Tea", "domain": "tea.example.com", "country_code": "FR", "currency": "EUR",
            "myshopify_domain": "harbour-tea.myshopify.com", "plan_name": "basic", "created_at": at,
        }),
    })
}
