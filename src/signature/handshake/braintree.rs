//! Braintree `bt_challenge`: the public key, a bar, and the HMAC-SHA1 of the challenge under the SHA-1 of the private
//! key. The bin holds both keys as secrets, the public one under a label with the word "public"; or one secret
//! `public|private`.
//! Source: `braintree_ruby`, `webhook_notification_gateway.rb` and its specification.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::{Digest as _, Sha1};

use super::{Context, Guard, Member, Response, Trigger, is_public};

pub(super) static MEMBER: Member = Member {
    id: "braintree-challenge",
    of: &["braintree"],
    guard: Guard::Secret,
    trigger: Trigger::Query("bt_challenge"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    let challenge = context.query("bt_challenge").filter(|_| context.is("GET"))?;
    // Its library's own form (`WebhookNotificationGateway#verify`). A payload is base64 and much longer.
    let hex = challenge.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !hex || !(20..=40).contains(&challenge.len()) {
        return None;
    }
    let (public, private) = keys(context)?;
    let mut mac = Hmac::<Sha1>::new_from_slice(&Sha1::digest(private)).ok()?;
    mac.update(challenge.as_bytes());
    Some(Response::text(&format!("{public}|{}", hex::encode(mac.finalize().into_bytes()))))
}

fn keys<'a>(context: &Context<'a>) -> Option<(&'a str, &'a str)> {
    if let Some(pair) = context.secrets.iter().find_map(|secret| secret.value.expose().trim().split_once('|')) {
        return Some(pair);
    }
    let public = context.secrets.iter().find(|secret| is_public(secret))?;
    let private = context.secrets.iter().rev().find(|secret| !is_public(secret))?;
    Some((public.value.expose().trim(), private.value.expose().trim()))
}
