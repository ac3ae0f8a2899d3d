//! Notion: the first, unsigned delivery carries `verification_token`, the key, which the user pastes back into Notion.
//! Source: developers.notion.com, "Webhooks: verifying the subscription".

use super::{Context, Guard, Member, Response, Trigger};

pub(super) static MEMBER: Member = Member {
    id: "notion-verification-token",
    of: &["notion"],
    guard: Guard::None,
    trigger: Trigger::Body("verification_token"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    let json = context.json(&["/verification_token", "/type"])?;
    let token = json.text(0)?;
    // Other platforms use the word too, but Notion's tokens begin like this, and its events have a type.
    if !context.is("POST") || json.there(1) || !token.starts_with("secret_") || token.len() > 256 {
        return None;
    }
    Some(Response::json(&serde_json::json!({ "ok": true })).learning(token))
}
