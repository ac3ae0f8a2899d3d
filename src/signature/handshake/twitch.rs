//! Twitch EventSub callback verification: send the challenge back as plain text.
//! Source: dev.twitch.tv, "Responding to a challenge request".

use super::{Context, Guard, Member, Response, Trigger};

pub(super) static MEMBER: Member = Member {
    id: "twitch-callback-verification",
    of: &["twitch"],
    guard: Guard::Signature,
    trigger: Trigger::Header("twitch-eventsub-message-type"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    if context.header("twitch-eventsub-message-type") != Some("webhook_callback_verification") {
        return None;
    }
    context.json(&["/challenge"])?.text(0).map(Response::text)
}
