//! Standard Webhooks and Svix, and all platforms that send through them. Source: the Standard Webhooks specification.

use super::{EventInput, Provider, Reading, json_notes, no_details};

pub(super) static PROVIDER: Provider = Provider {
    id: "standard-webhooks",
    name: "Standard Webhooks, Svix",
    schemes: &["standard-webhooks", "standard-webhooks-utf8", "standard-webhooks-ed25519", "svix", "svix-ed25519"],
    own_header: false,
    events: &[],
    docs: "https://www.standardwebhooks.com/",
    duplicates: "The same webhook-id (svix-id): retries keep it.",
    marks: &["webhook-id", "svix-id"],
    confirm: None,
    read,
    details: no_details,
};

fn read(input: &EventInput<'_>) -> Reading {
    let json = input.pick(&["/type", "/event", "/event_type", "/eventType"]);
    let delivery_id = input.owned_header("webhook-id").or_else(|| input.owned_header("svix-id"));
    Reading {
        name: (0..4).find_map(|index| json.text(index)).map(str::to_owned),
        duplicate_key: delivery_id.clone(),
        delivery_id,
        session: None,
        notes: json_notes(&json),
    }
}
