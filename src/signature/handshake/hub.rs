//! `hub.challenge` of WebSub (W3C, section 5.3), Meta's webhooks, YouTube; Strava, which reads JSON.

use super::{Context, Guard, Member, Response, Trigger};

pub(super) static MEMBER: Member = Member {
    id: "hub-challenge",
    // Bins of any provider: there are many hubs, and the three parameters together are unambiguous.
    of: &[],
    guard: Guard::None,
    trigger: Trigger::Query("hub.challenge"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    if !context.is("GET") || !matches!(context.query("hub.mode")?, "subscribe" | "unsubscribe") {
        return None;
    }
    let challenge = context.query("hub.challenge")?;
    // Strava takes the same parameters and reads JSON.
    if context.provider == Some("strava") {
        return Some(Response::json(&serde_json::json!({ "hub.challenge": challenge })));
    }
    Some(Response::text(challenge))
}
