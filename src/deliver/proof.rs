//! Whether what is sent still proves its sender: a signature that was changed on purpose is rightly turned down.

use super::engine::Parcel;
use super::plan::{Plan, ResignSecret};
use super::send::Sending;
use crate::http::Head;
use crate::model::{Bin, SignatureStatus, Timestamp};
use crate::provider;
use crate::signature::{Catalogue, SignedRequest, Verifier};

/// The verdict on the signature of what is sent of a request; `None` when nothing was changed, so that the verdict on what
/// was captured stands.
pub(super) fn of_replay(
    catalogue: &Catalogue,
    bin: &Bin,
    plan: &Plan,
    parcel: &Parcel,
    now: Timestamp,
) -> Option<SignatureStatus> {
    if plan.edit == <_>::default() && plan.resign.is_none() {
        return None;
    }
    let by_another = plan.resign.as_ref().is_some_and(|how| matches!(how.secret, ResignSecret::Value(_)));
    Some(judged(catalogue, bin, parcel, &parcel.url, by_another, now))
}

/// The verdict on the signature of what a simulated sender sends.
pub(super) fn of_sending(
    catalogue: &Catalogue,
    bin: &Bin,
    sending: &Sending,
    parcel: &Parcel,
    now: Timestamp,
) -> SignatureStatus {
    let by_another = sending.signer.as_ref().is_some_and(|by| bin.secrets.iter().all(|known| known.value != by.secret));
    let url = sending.signed_url.as_deref().unwrap_or(&parcel.url);
    judged(catalogue, bin, parcel, url, by_another, now)
}

/// The verdict by the bin's secrets. Whether the receiver has a secret that was given for this once (`by_another`) is not
/// known here.
fn judged(
    catalogue: &Catalogue,
    bin: &Bin,
    parcel: &Parcel,
    url: &str,
    by_another: bool,
    now: Timestamp,
) -> SignatureStatus {
    let head = Head::new(parcel.head.clone());
    let request =
        SignedRequest { method: &head.method(), url, headers: &head.headers(), body: &parcel.body, received_at: now };
    let status = verifier(catalogue, bin).judge(&request).0.status;
    if by_another && status == SignatureStatus::Invalid { SignatureStatus::NoSecret } else { status }
}

/// As captures are judged.
fn verifier(catalogue: &Catalogue, bin: &Bin) -> Verifier {
    let settings = &bin.settings;
    let is_set = settings.scheme.is_some() || settings.custom_scheme.is_some();
    let provider = settings.provider.as_deref().filter(|_| !is_set);
    let ids = provider.map(|id| provider::schemes_of(id, !bin.secrets.is_empty())).unwrap_or_default();
    if !ids.is_empty() {
        return Verifier::among(catalogue, ids, &bin.secrets);
    }
    Verifier::new(catalogue, settings.scheme.as_deref(), settings.custom_scheme.as_ref(), &bin.secrets)
        .unwrap_or_else(|_| Verifier::detecting(catalogue, &bin.secrets))
}
