//! Secrets of a bin: write-only. What is shown is label, last characters, length.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::input::{SecretInput, check_count, check_fits, scheme_of};
use crate::server::console::extract::{BinRef, Json, State, only_objects};
use crate::server::console::problem::Problem;
use crate::shapes::SecretShape;
use crate::store::BinState;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(list).service(add).service(replace).service(remove_all).service(remove);
}

/// A bin's secrets.
#[derive(Serialize, ToSchema)]
#[schema(as = Secrets)]
struct SecretsShape {
    /// Oldest first.
    secrets: Vec<SecretShape>,
}

impl SecretsShape {
    fn of(bin: &BinState) -> Self {
        Self { secrets: bin.bin.secrets.iter().map(|secret| secret.hint().into()).collect() }
    }
}

/// List a bin's secrets
#[utoipa::path(tag = "secrets", responses((status = 200, body = SecretsShape)))]
#[get("/api/v1/bins/{bin}/secrets")]
async fn list(bin: BinRef) -> HttpResponse {
    HttpResponse::Ok().json(SecretsShape::of(&bin.0))
}

/// Add a secret; the bin's requests are reverified
#[utoipa::path(tag = "secrets", request_body = SecretInput, responses((status = 201, body = SecretShape)))]
#[post("/api/v1/bins/{bin}/secrets")]
async fn add(state: State, bin: BinRef, input: Json<SecretInput>) -> Result<HttpResponse, Problem> {
    let number = bin.0.bin.secrets.len() + 1;
    check_count(number)?;
    let (label, value) = input.0.checked("", number)?;
    let scheme = scheme_of(state.capture.catalogue(), &bin.0.bin.settings);
    check_fits(scheme.as_deref(), &label, &value, "value")?;
    let changed = state.store.add_secret(bin.id(), label, value).await?;
    let newest = changed.bin.secrets.last().ok_or_else(|| Problem::not_found("secret"))?;
    Ok(HttpResponse::Created().json(SecretShape::from(newest.hint())))
}

/// All secrets of a bin.
#[derive(Deserialize, ToSchema)]
#[schema(as = SecretsInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct SecretsInput {
    /// The secrets.
    #[schema(max_items = 32)]
    secrets: Vec<SecretInput>,
}

only_objects!(SecretsInput);

/// Replace a bin's secrets
#[utoipa::path(tag = "secrets", request_body = SecretsInput, responses((status = 200, body = SecretsShape)))]
#[put("/api/v1/bins/{bin}/secrets")]
async fn replace(state: State, bin: BinRef, input: Json<SecretsInput>) -> Result<HttpResponse, Problem> {
    check_count(input.0.secrets.len())?;
    let checked = input.0.secrets.into_iter().enumerate();
    let secrets: Vec<_> = checked
        .map(|(index, secret)| secret.checked(&format!("secrets[{index}]"), index + 1))
        .collect::<Result<_, _>>()?;
    let scheme = scheme_of(state.capture.catalogue(), &bin.0.bin.settings);
    for (index, (label, value)) in secrets.iter().enumerate() {
        check_fits(scheme.as_deref(), label, value, &format!("secrets[{index}].value"))?;
    }
    let changed = state.store.replace_secrets(bin.id(), secrets).await?;
    Ok(HttpResponse::Ok().json(SecretsShape::of(&changed)))
}

/// Remove every secret of a bin
#[utoipa::path(tag = "secrets", responses((status = 204, description = "They are gone")))]
#[delete("/api/v1/bins/{bin}/secrets")]
async fn remove_all(state: State, bin: BinRef) -> Result<HttpResponse, Problem> {
    state.store.replace_secrets(bin.id(), Vec::new()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Remove a secret
#[utoipa::path(tag = "secrets", responses((status = 204, description = "It is gone")))]
#[delete("/api/v1/bins/{bin}/secrets/{secret}")]
async fn remove(state: State, request: HttpRequest, bin: BinRef) -> Result<HttpResponse, Problem> {
    let number = request.match_info().get("secret").and_then(|text| text.parse().ok());
    let number = number.ok_or_else(|| Problem::not_found("secret"))?;
    state.store.delete_secret(bin.id(), number).await?;
    Ok(HttpResponse::NoContent().finish())
}
