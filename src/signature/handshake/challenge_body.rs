//! monday.com and others: a body that holds a challenge and nothing else is sent back as it is.
//! Source: developer.monday.com, "Webhooks: verify a webhook URL".

use super::{Context, Guard, Member, Response, Trigger};

pub(super) static MEMBER: Member = Member {
    id: "body-challenge",
    of: &["monday"],
    guard: Guard::None,
    trigger: Trigger::Body("\"challenge\""),
    answer,
};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Challenge {
    challenge: String,
}

fn answer(context: &Context<'_>) -> Option<Response> {
    if !context.is("POST") {
        return None;
    }
    let body: Challenge = serde_json::from_slice(context.request.body).ok()?;
    Some(Response::json(&serde_json::json!({ "challenge": body.challenge })))
}
