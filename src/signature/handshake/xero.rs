//! Xero "intent to receive": deliveries without events, some signed wrongly on purpose. Those must get 401.
//! Source: developer.xero.com, "Webhooks: intent to receive".

use super::{Context, Guard, Member, Response, Trigger};
use crate::model::SignatureStatus;

pub(super) static MEMBER: Member = Member {
    id: "xero-intent-to-receive",
    of: &["xero"],
    guard: Guard::Signature,
    trigger: Trigger::Header("x-xero-signature"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    let json = context.json(&["/events", "/events/0", "/entropy"])?;
    if !context.is("POST") || !json.there(0) || json.there(1) || !json.there(2) {
        return None;
    }
    match context.verdict.status {
        SignatureStatus::Valid => Some(Response::empty(200)),
        SignatureStatus::Invalid | SignatureStatus::Missing => Some(Response::empty(401)),
        // Without a key, the wrongly signed ones cannot be recognised.
        SignatureStatus::NoSecret | SignatureStatus::UnsignedScheme | SignatureStatus::UndecodableSecret => None,
    }
}
