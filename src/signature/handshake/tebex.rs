//! Tebex `validation.webhook`: send its id back. Source: docs.tebex.io, "Webhooks: handling validation webhooks".

use super::{Context, Guard, Member, Response, Trigger};

pub(super) static MEMBER: Member = Member {
    id: "tebex-validation",
    of: &["tebex"],
    guard: Guard::Signature,
    trigger: Trigger::Body("validation.webhook"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    let json = context.json(&["/type", "/id"])?;
    if json.text(0) != Some("validation.webhook") {
        return None;
    }
    json.text(1).map(|id| Response::json(&serde_json::json!({ "id": id })))
}
