//! A request's signature in full: the verdict, what was signed, why it is not right; and other secrets to try.

use actix_web::{HttpResponse, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::input::{check_public_url, check_scheme, check_secret};
use crate::capture::{Explained, Trial};
use crate::model::{SecretValue, SignatureStatus};
use crate::server::console::extract::{BinRef, Json, State, WhichRequest, only_objects};
use crate::server::console::problem::Problem;
use crate::shapes::{FreshnessShape, SignatureShape};
use crate::signature::diagnose::Finding;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(explain).service(attempt);
}

/// A verdict in full. The same names as in a request's `signature` and `freshness` are at the top level as well.
#[derive(Serialize, ToSchema)]
#[schema(as = SignatureExplained)]
struct ExplainedShape<'a> {
    /// `valid`, `invalid`, `missing`, `no_secret`, `unsigned_scheme` or `undecodable_secret`.
    #[schema(value_type = String)]
    status: SignatureStatus,
    /// The scheme's id.
    scheme: Option<&'a str>,
    /// The label of the secret that matched.
    secret: Option<&'a str>,
    /// Why it is not valid, in one sentence.
    reason: Option<&'a str>,
    /// Is the signature right?
    signature: SignatureShape<'a>,
    /// Was it made just now? Judged at the time of arrival.
    freshness: FreshnessShape,
    /// The exact bytes that the scheme signs, in base64.
    signed_base64: Option<String>,
    /// The signature that the bin's first fitting secret makes of them.
    expected: Option<&'a str>,
    /// The signature that was sent.
    received: Option<&'a str>,
    /// What the signature does not protect, in plain sentences.
    not_covered: &'a [String],
    /// Why it is not right; what would verify comes first. Empty when it is right.
    diagnosis: Vec<FindingShape<'a>>,
}

/// A possible cause.
#[derive(Serialize, ToSchema)]
#[schema(as = Finding)]
struct FindingShape<'a> {
    /// The stable name of the cause.
    code: &'static str,
    /// What it is, in one sentence.
    sentence: &'a str,
    /// What to do about it.
    fix: &'a str,
    /// Whether the signature is right with this change.
    verifies: bool,
    /// A record that makes the signature right as the bin's `custom_scheme`.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_scheme: Option<&'a serde_json::Value>,
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

fn shown(explained: &Explained) -> HttpResponse {
    let explanation = &explained.explanation;
    let signature = SignatureShape::from(&explanation.verdict);
    HttpResponse::Ok().json(ExplainedShape {
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
        diagnosis: explained.findings.iter().map(FindingShape::from).collect(),
    })
}

/// Explain a request's verdict: what was signed, and why it is not right
#[utoipa::path(tag = "signatures", responses((status = 200, body = ExplainedShape<'_>)))]
#[get("/api/v1/bins/{bin}/requests/{id}/signature")]
async fn explain(state: State, bin: BinRef, which: WhichRequest) -> Result<HttpResponse, Problem> {
    let captured = state.store.request(bin.id(), which.0).await?;
    Ok(shown(&state.capture.explain(&bin.0, captured, Trial::default()).await?))
}

/// What to try in place of the bin's settings. Nothing of it is stored.
#[derive(Deserialize, ToSchema)]
#[schema(as = SignatureTrial)]
#[serde(deny_unknown_fields, remote = "Self")]
struct TrialInput {
    /// One secret.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 16384)]
    secret: Option<SecretValue>,
    /// Several secrets.
    #[schema(value_type = Option<Vec<String>>, max_items = 32)]
    secrets: Option<Vec<SecretValue>>,
    /// A scheme's id, or `auto`.
    scheme: Option<String>,
    /// A scheme of your own, as a record.
    #[schema(value_type = Option<Object>)]
    custom_scheme: Option<serde_json::Map<String, serde_json::Value>>,
    /// The URL that the sender was given.
    #[schema(max_length = 2048)]
    public_url: Option<String>,
}

only_objects!(TrialInput);

/// Secrets of one try: each costs a computation.
const MAX_TRIED: usize = 32;

/// Try another secret or scheme, without storing it
#[utoipa::path(tag = "signatures", request_body = TrialInput, responses((status = 200, body = ExplainedShape<'_>)))]
#[post("/api/v1/bins/{bin}/requests/{id}/signature")]
async fn attempt(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    input: Json<TrialInput>,
) -> Result<HttpResponse, Problem> {
    let TrialInput { secret, secrets, scheme, custom_scheme, public_url } = input.0;
    if secret.is_some() && secrets.is_some() {
        return Err(Problem::field("secrets", "Give either `secret` or `secrets`."));
    }
    if let Some(secret) = &secret {
        check_secret(secret, "secret")?;
    }
    for (index, secret) in secrets.iter().flatten().enumerate() {
        check_secret(secret, &format!("secrets[{index}]"))?;
    }
    if let Some(url) = &public_url {
        check_public_url(url)?;
    }
    let custom_scheme = custom_scheme.map(serde_json::Value::Object);
    let secrets = secret.map(|secret| vec![secret]).or(secrets);
    if secrets.as_ref().is_some_and(|secrets| secrets.len() > MAX_TRIED) {
        return Err(Problem::field("secrets", format!("At most {MAX_TRIED} secrets are tried at once.")));
    }
    check_scheme(state.capture.catalogue(), scheme.as_deref(), custom_scheme.as_ref())?;
    let captured = state.store.request(bin.id(), which.0).await?;
    let trial = Trial { secrets, scheme, custom_scheme, public_url };
    Ok(shown(&state.capture.explain(&bin.0, captured, trial).await?))
}
