//! eBay `challenge_code`: the SHA-256 of code, verification token and endpoint, in this order.
//! Source: developer.ebay.com, "Marketplace account deletion: validating your endpoint".

use sha2::{Digest as _, Sha256};

use super::{Context, Guard, Member, Response, Trigger};

pub(super) static MEMBER: Member = Member {
    id: "ebay-challenge-code",
    of: &["ebay"],
    guard: Guard::Secret,
    trigger: Trigger::Query("challenge_code"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    if !context.is("GET") {
        return None;
    }
    let endpoint = context.request.url.split('?').next().unwrap_or_default();
    let digest = Sha256::new()
        .chain_update(context.token(context.query("challenge_code")?)?)
        .chain_update(context.secret()?)
        .chain_update(endpoint)
        .finalize();
    Some(Response::json(&serde_json::json!({ "challengeResponse": hex::encode(digest) })))
}
