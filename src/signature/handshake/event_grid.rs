//! Azure Event Grid subscription validation: send the code back.
//! Source: learn.microsoft.com, "Event Grid: endpoint validation with Event Grid event schema".

use super::{Context, Guard, Member, Response, Trigger};

pub(super) static MEMBER: Member = Member {
    id: "event-grid-validation",
    of: &["azure-event-grid"],
    guard: Guard::None,
    trigger: Trigger::Header("aeg-event-type"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    if context.header("aeg-event-type") != Some("SubscriptionValidation") {
        return None;
    }
    let json = context.json(&["/0/data/validationCode"])?;
    json.text(0).map(|code| Response::json(&serde_json::json!({ "validationResponse": code })))
}
