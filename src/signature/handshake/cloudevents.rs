//! The CloudEvents abuse protection: allow the origin that asks. Source: CloudEvents, "HTTP 1.1 web hooks", section 4.

use super::{Context, Guard, Member, Response, Trigger};

pub(super) static MEMBER: Member = Member {
    id: "cloudevents-webhook-origin",
    of: &[],
    guard: Guard::None,
    trigger: Trigger::Header("webhook-request-origin"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    let origin = context.header("webhook-request-origin").filter(|_| context.is("OPTIONS"))?;
    Some(Response::empty(200).with_header("WebHook-Allowed-Origin", origin).with_header("WebHook-Allowed-Rate", "*"))
}
