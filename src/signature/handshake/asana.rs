//! Asana and Clio `X-Hook-Secret`: send the header back. It is the key of all later deliveries, so Creel can learn it.
//! Source: developers.asana.com, "Webhooks: the handshake"; docs.developers.clio.com, "Webhooks".

use super::{Context, Guard, Member, Response, Trigger};

pub(super) static MEMBER: Member = Member {
    id: "hook-secret",
    of: &["asana", "clio"],
    guard: Guard::None,
    trigger: Trigger::Header("x-hook-secret"),
    answer,
};

/// Longest secret that is learnt, in bytes; theirs are 32 to 64.
const SECRET_LIMIT: usize = 256;

fn answer(context: &Context<'_>) -> Option<Response> {
    let secret = context.header("x-hook-secret").filter(|secret| secret.len() <= SECRET_LIMIT)?;
    // Deliveries carry a signature; only the handshake carries the secret.
    if !context.is("POST") || context.request.headers.contains("x-hook-signature") {
        return None;
    }
    Some(Response::empty(200).with_header("X-Hook-Secret", secret).learning(secret))
}
