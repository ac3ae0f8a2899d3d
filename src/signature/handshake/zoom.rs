//! Zoom `endpoint.url_validation`: sign the token with the secret token.
//! Source: developers.zoom.us, "Validate your webhook endpoint".

use super::{Context, Guard, Member, Response, Trigger, hmac_sha256};

pub(super) static MEMBER: Member = Member {
    id: "zoom-url-validation",
    of: &["zoom"],
    guard: Guard::Both,
    trigger: Trigger::Body("endpoint.url_validation"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    let json = context.json(&["/event", "/payload/plainToken"])?;
    if json.text(0) != Some("endpoint.url_validation") {
        return None;
    }
    let plain = context.token(json.text(1)?)?;
    let encrypted = hex::encode(hmac_sha256(context.secret()?, plain));
    Some(Response::json(&serde_json::json!({ "plainToken": plain, "encryptedToken": encrypted })))
}
