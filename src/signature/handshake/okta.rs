//! Okta one-time verification of event hooks: send the header's value back in JSON.
//! Source: developer.okta.com, "Event hooks: one-time verification request".

use super::{Context, Guard, Member, Response, Trigger};

pub(super) static MEMBER: Member = Member {
    id: "okta-verification-challenge",
    of: &["okta"],
    guard: Guard::None,
    trigger: Trigger::Header("x-okta-verification-challenge"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    let challenge = context.header("x-okta-verification-challenge").filter(|_| context.is("GET"))?;
    Some(Response::json(&serde_json::json!({ "verification": challenge })))
}
