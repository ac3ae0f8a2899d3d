//! Smartcar VERIFY: sign the challenge with the application management token.
//! Source: smartcar.com/docs, "Webhooks: callback URI verification".

use super::{Context, Guard, Member, Response, Trigger, hmac_sha256};

pub(super) static MEMBER: Member = Member {
    id: "smartcar-verify",
    of: &["smartcar"],
    guard: Guard::Both,
    trigger: Trigger::Body("\"challenge\""),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    // Version 4 says eventType and data, the ones before eventName and payload.
    let json = context.json(&["/eventType", "/data/challenge", "/eventName", "/payload/challenge"])?;
    let challenge = match (json.text(0), json.text(2)) {
        (Some("VERIFY"), _) => json.text(1),
        (_, Some("verify")) => json.text(3),
        (_, _) => None,
    }?;
    let signature = hex::encode(hmac_sha256(context.secret()?, context.token(challenge)?));
    Some(Response::json(&serde_json::json!({ "challenge": signature })))
}
