//! monday.com and others: a body that holds a challenge and nothing else is sent back as it is.
//! Source: developer.monday.com, "Webhooks: verify a webhook URL".

use super::{Answer, Context, Member, Trigger};

pub(super) static MEMBER: Member =
    Member { id: "body-challenge", of: &["monday"], trigger: Trigger::Body("\"challenge\""), answer };

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Challenge {
    challenge: String,
}

fn answer(context: &Context<'_>) -> Option<Answer> {
    if !context.is("POST") {
        return None;
    }
    let body: Challenge = serde_json::from_slice(context.request.body).ok()?;
    Some(Answer::json(&serde_json::json!({ "challenge": body.challenge })))
}
