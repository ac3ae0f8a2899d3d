//! What the check of a signature found, and the timestamp that is signed with it.

use std::borrow::Cow;

use crate::model::{SignatureStatus, Timestamp};

use super::missing::Missing;
use super::pattern::TIMESTAMP;
use super::received::Group;
use super::scheme::Scheme;
use super::template::Vars;

/// What one scheme says of a request.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: SignatureStatus,
    pub(crate) reason: Option<String>,
    /// The index of the secret that matched.
    pub(crate) secret: Option<usize>,
    /// The signed timestamp of the signature that matched, else of the first one that has one.
    pub(crate) signed_at: Option<Timestamp>,
    /// The group that matched, else the first.
    pub(crate) group: usize,
    /// The alternative that matched, else the first that the request has all parts for.
    pub(crate) template: usize,
    /// The last item of a batch that was checked: the first wrong one.
    pub(crate) item: usize,
    /// Whether a token had expired on arrival (`true`) or was not valid yet (`false`).
    pub(crate) is_expired: Option<bool>,
}

impl Outcome {
    pub(super) fn failed(status: SignatureStatus, reason: impl Into<String>) -> Self {
        Self {
            status,
            reason: Some(reason.into()),
            secret: None,
            signed_at: None,
            group: 0,
            template: 0,
            item: 0,
            is_expired: None,
        }
    }
}

/// The timestamp beside a group's signatures: `Ok(None)` when the scheme has none, an outcome's status and reason when
/// it is missing or malformed.
pub(super) fn timestamp(
    scheme: &Scheme,
    shared: &[(&str, Cow<'_, [u8]>)],
    group: &Group<'_>,
) -> Result<Option<Timestamp>, (SignatureStatus, String)> {
    let Some(rule) = scheme.timestamp else { return Ok(None) };
    let vars = Vars { shared, group: &group.vars };
    let Some(text) = vars.get(TIMESTAMP) else {
        return Err((SignatureStatus::Missing, scheme.missing_sentence(&Missing::Var(TIMESTAMP.to_owned()))));
    };
    let parsed = std::str::from_utf8(text).ok().and_then(|text| rule.unit.parse(text));
    parsed
        .map(Some)
        .ok_or_else(|| (SignatureStatus::Invalid, "The timestamp is not written as the scheme writes it.".to_owned()))
}
