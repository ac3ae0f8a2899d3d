//! X (Twitter) CRC: sign `crc_token` with the consumer secret.
//! Source: docs.x.com, "Securing webhooks: challenge-response checks".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Context, Guard, Member, Response, Trigger, hmac_sha256};

pub(super) static MEMBER: Member = Member {
    id: "x-crc",
    of: &["x", "twitter", "x-twitter"],
    guard: Guard::Secret,
    trigger: Trigger::Query("crc_token"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    if !context.is("GET") {
        return None;
    }
    let signature = STANDARD.encode(hmac_sha256(context.secret()?, context.token(context.query("crc_token")?)?));
    Some(Response::json(&serde_json::json!({ "response_token": format!("sha256={signature}") })))
}
