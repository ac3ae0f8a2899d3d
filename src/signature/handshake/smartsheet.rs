//! Smartsheet: send `Smartsheet-Hook-Challenge` back. Source: developers.smartsheet.com, "Webhook verification".

use super::{Context, Guard, Member, Response, Trigger};

pub(super) static MEMBER: Member = Member {
    id: "smartsheet-hook-challenge",
    of: &["smartsheet"],
    guard: Guard::None,
    trigger: Trigger::Header("smartsheet-hook-challenge"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    let challenge = context.header("smartsheet-hook-challenge").filter(|_| context.is("POST"))?;
    let response = Response::json(&serde_json::json!({ "smartsheetHookResponse": challenge }));
    Some(response.with_header("Smartsheet-Hook-Response", challenge))
}
