//! Nylas and Dropbox `?challenge=`: send it back as plain text.
//! Source: developer.nylas.com, "Webhooks: challenge"; dropbox.com/developers, "Webhooks: the verification request".

use super::{Context, Guard, Member, Response, Trigger};

pub(super) static MEMBER: Member = Member {
    id: "query-challenge",
    of: &["nylas", "dropbox"],
    guard: Guard::None,
    trigger: Trigger::Query("challenge"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    // Many URLs have a parameter of this name; it is certainly a challenge only as the sole parameter of a GET.
    if !context.is("GET") || !(context.set || context.query.len() == 1) {
        return None;
    }
    context.query("challenge").map(Response::text)
}
