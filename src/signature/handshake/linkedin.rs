//! LinkedIn `challengeCode`: sign it with the client secret.
//! Source: learn.microsoft.com, "LinkedIn webhooks: validating the webhook endpoint".

use super::{Context, Guard, Member, Response, Trigger, hmac_sha256};

pub(super) static MEMBER: Member = Member {
    id: "linkedin-challenge-code",
    of: &["linkedin"],
    guard: Guard::Secret,
    trigger: Trigger::Query("challengeCode"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    let code = context.token(context.query("challengeCode").filter(|_| context.is("GET"))?)?;
    let response = hex::encode(hmac_sha256(context.secret()?, code));
    Some(Response::json(&serde_json::json!({ "challengeCode": code, "challengeResponse": response })))
}
