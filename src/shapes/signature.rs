//! How a verdict is explained.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use utoipa::ToSchema;

use super::{FreshnessShape, SignatureShape};
use crate::model::SignatureStatus;
use crate::signature::Explanation;
use crate::signature::diagnose::Finding;

/// A verdict in full. The fields of a request's `signature` are repeated at the top level.
#[derive(Serialize, ToSchema)]
#[schema(as = SignatureExplained)]
pub(crate) struct ExplainedShape<'a> {
    /// `valid`, `invalid`, `missing`, `no_secret`, `unsigned_scheme` or `undecodable_secret`.
    #[schema(value_type = String)]
    pub status: SignatureStatus,
    /// The scheme's id.
    pub scheme: Option<&'a str>,
    /// The label of the secret that matched.
    pub secret: Option<&'a str>,
    /// Why it is not valid, in one sentence.
    pub reason: Option<&'a str>,
    /// Is the signature right?
    pub signature: SignatureShape<'a>,
    /// Was it made just now? Judged at the time of arrival.
    pub freshness: FreshnessShape,
    /// The exact bytes that the scheme signs, in base64.
    pub signed_base64: Option<String>,
    /// The signature that the bin's first fitting secret makes of them.
    pub expected: Option<&'a str>,
    /// The signature that was sent.
    pub received: Option<&'a str>,
    /// What the signature does not protect, in plain sentences.
    pub not_covered: &'a [String],
    /// Why it is not right; causes whose fix verifies come first. Empty when it is right.
    pub diagnosis: Vec<FindingShape<'a>>,
}

/// A possible cause.
#[derive(Serialize, ToSchema)]
#[schema(as = Finding)]
pub(crate) struct FindingShape<'a> {
    /// The stable name of the cause.
    pub code: &'static str,
    /// What it is, in one sentence.
    pub sentence: &'a str,
    /// What to do about it.
    pub fix: &'a str,
    /// Whether the signature is right with this change.
    pub verifies: bool,
    /// A record by which the signature is read, for the bin's `custom_scheme`.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_scheme: Option<&'a serde_json::Value>,
}

impl<'a> From<&'a Finding> for FindingShape<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            code: finding.code,
            sentence: &finding.sentence,
            fix: &finding.fix,
            verifies: finding.verifies,
            custom_scheme: finding.custom_scheme.as_ref(),
        }
    }
}

impl<'a> ExplainedShape<'a> {
    #[must_use]
    pub(crate) fn new(explanation: &'a Explanation, findings: &'a [Finding]) -> Self {
        let signature = SignatureShape::from(&explanation.verdict);
        Self {
            status: signature.status,
            scheme: signature.scheme,
            secret: signature.secret,
            reason: signature.reason,
            signature,
            freshness: (&explanation.freshness).into(),
            signed_base64: explanation.signed.as_ref().map(|signed| STANDARD.encode(signed)),
            expected: explanation.expected.as_deref(),
            received: explanation.received.as_deref(),
            not_covered: &explanation.not_covered,
            diagnosis: findings.iter().map(FindingShape::from).collect(),
        }
    }
}
