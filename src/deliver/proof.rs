//! The verdict on what Creel sends: a receiver is right to reject a signature that was changed on purpose.

use bytes::Bytes;

use super::Deliver;
use super::engine::Parcel;
use super::plan::{Plan, ResignSecret};
use crate::http::Head;
use crate::model::{Bin, SecretValue, SignatureStatus, Timestamp};
use crate::provider;
use crate::signature::{Catalogue, SignedRequest, Verifier};

/// The verdict on the signature of a replayed request; `None` when nothing was changed, so that the captured request's
/// verdict applies.
pub(super) fn of_replay(
    catalogue: &Catalogue,
    bin: &Bin,
    plan: &Plan,
    parcel: &Parcel,
    now: Timestamp,
) -> Option<SignatureStatus> {
    if !plan.is_changed() {
        return None;
    }
    let by_another = plan.resign.as_ref().is_some_and(|how| matches!(how.secret, ResignSecret::Value(_)));
    Some(judged(catalogue, bin, &Message::of(parcel, &parcel.url), by_another, now))
}

/// The verdict on the signature of what a simulated sender sends: signed with this secret, for this URL if not for the
/// one that it is sent to.
pub(super) fn of_sending(
    catalogue: &Catalogue,
    bin: &Bin,
    secret: Option<&SecretValue>,
    signed_url: Option<&str>,
    parcel: &Parcel,
    now: Timestamp,
) -> SignatureStatus {
    let by_another = secret.is_some_and(|secret| bin.secrets.iter().all(|known| known.value != *secret));
    let url = signed_url.unwrap_or(&parcel.url);
    judged(catalogue, bin, &Message::of(parcel, url), by_another, now)
}

/// The parts of a sent request that its signature covers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a> {
    /// The URL that it is signed for.
    pub url: &'a str,
    /// The head as sent.
    pub head: &'a Bytes,
    /// The whole body.
    pub body: &'a [u8],
}

impl<'a> Message<'a> {
    fn of(parcel: &'a Parcel, url: &'a str) -> Self {
        Self { url, head: &parcel.head, body: &parcel.body }
    }
}

impl Deliver {
    /// The verdict, by the same rules, on a bin's request that another program sent; `by_another` when that program
    /// used its own secret.
    pub(crate) fn judge_elsewhere(
        &self,
        bin: &Bin,
        sent: &Message<'_>,
        by_another: bool,
        at: Timestamp,
    ) -> SignatureStatus {
        judged(&self.catalogue(), bin, sent, by_another, at)
    }
}

/// The verdict by the bin's secrets. With a secret given only for this sending (`by_another`), it is unknown whether
/// the receiver has it.
fn judged(catalogue: &Catalogue, bin: &Bin, sent: &Message<'_>, by_another: bool, now: Timestamp) -> SignatureStatus {
    let head = Head::new(sent.head.clone());
    let (method, headers) = (head.method(), head.headers());
    let request =
        SignedRequest { method: &method, url: sent.url, headers: &headers, body: sent.body, received_at: now };
    let status = Verifier::of_bin(catalogue, bin, &provider::schemes_of_bin(bin)).judge(&request).0.status;
    if by_another && status == SignatureStatus::Invalid { SignatureStatus::NoSecret } else { status }
}
