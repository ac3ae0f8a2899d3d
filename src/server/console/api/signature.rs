//! A request's signature in full: the verdict, what was signed, why it is not right; and other secrets to try.

use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::input::{check_public_url, check_scheme, check_secret};
use crate::capture::Trial;
use crate::model::SecretValue;
use crate::server::console::extract::{BinRef, Json, State, WhichRequest, only_objects};
use crate::server::console::heavy;
use crate::server::console::problem::Problem;
use crate::shapes::ExplainedShape;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(explain).service(attempt);
}

async fn explained(state: &State, bin: &BinRef, which: WhichRequest, trial: Trial) -> Result<HttpResponse, Problem> {
    let (captured, turn) = heavy::read(&state.store, bin.id(), which.0).await?.split().await;
    let explained = state.capture.explain(&bin.0, captured, trial, turn).await?;
    Ok(HttpResponse::Ok().json(ExplainedShape::new(&explained.explanation, &explained.findings)))
}

/// Explain a request's verdict: what was signed, and why it is not right
#[utoipa::path(tag = "signatures", responses((status = 200, body = ExplainedShape<'_>)))]
#[get("/api/v1/bins/{bin}/requests/{id}/signature")]
async fn explain(state: State, bin: BinRef, which: WhichRequest) -> Result<HttpResponse, Problem> {
    explained(&state, &bin, which, Trial::default()).await
}

/// Settings to try in place of the bin's. They are not stored.
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
    check_scheme(&state.capture.catalogue(), scheme.as_deref(), custom_scheme.as_ref())?;
    explained(&state, &bin, which, Trial { secrets, scheme, custom_scheme, public_url }).await
}
