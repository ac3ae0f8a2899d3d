//! Discord PING: type 1 of interactions is answered with type 1, type 0 of webhook events with 204. Some pings are
//! signed wrongly on purpose and must get 401. Source: docs.discord.com, "Setting up an endpoint", "Webhook events".

use super::{Context, Guard, Member, Response, Trigger};
use crate::model::SignatureStatus;

pub(super) static MEMBER: Member = Member {
    id: "discord-ping",
    of: &["discord"],
    guard: Guard::Signature,
    trigger: Trigger::Header("x-signature-ed25519"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    let json = context.json(&["/type", "/event", "/application_id"])?;
    if !context.is("POST") || json.there(1) || !json.there(2) {
        return None;
    }
    let pong = match json.scalar(0)?.as_ref() {
        "0" => Response::new(204, Some("application/json"), String::new()),
        "1" => Response::json(&serde_json::json!({ "type": 1 })),
        _ => return None,
    };
    match context.verdict.status {
        SignatureStatus::Invalid => Some(Response::empty(401)),
        SignatureStatus::Valid
        | SignatureStatus::Missing
        | SignatureStatus::NoSecret
        | SignatureStatus::UnsignedScheme
        | SignatureStatus::UndecodableSecret => Some(pong),
    }
}
