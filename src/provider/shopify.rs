//! Shopify. Source: shopify.dev, "Webhooks: headers", "Ignore duplicate webhooks".

use super::{Detail, EventInput, Provider, Reading, detail_list, key};

pub(super) static PROVIDER: Provider = Provider {
    id: "shopify",
    name: "Shopify",
    schemes: &["shopify"],
    own_header: false,
    events: &[],
    docs: "https://shopify.dev/docs/api/webhooks",
    duplicates: "The same X-Shopify-Event-Id and topic; without it the same X-Shopify-Webhook-Id.",
    marks: &["x-shopify-topic", "x-shopify-hmac-sha256", "x-shopify-webhook-id"],
    confirm: None,
    read,
    details,
};

fn read(input: &EventInput<'_>) -> Reading {
    let delivery_id = input.owned_header("x-shopify-webhook-id");
    let topic = input.header("x-shopify-topic");
    Reading {
        name: topic.map(str::to_owned),
        duplicate_key: key([input.header("x-shopify-event-id"), topic]).or_else(|| delivery_id.clone()),
        delivery_id,
        ..Reading::default()
    }
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    detail_list([
        ("shop", input.header("x-shopify-shop-domain").map(Into::into)),
        ("API version", input.header("x-shopify-api-version").map(Into::into)),
        ("triggered at", input.header("x-shopify-triggered-at").map(Into::into)),
    ])
}
