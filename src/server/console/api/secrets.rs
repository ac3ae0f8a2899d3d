//! Secrets of a bin: write-only. Responses show label, last characters and length, and the value of a generated secret
//! once.

use actix_web::{HttpResponse, delete, get, post, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::input::{SecretInput, check_count, check_fits};
use crate::deliver::has_private_key;
use crate::model::{SecretId, SecretValue};
use crate::server::console::ConsoleState;
use crate::server::console::extract::{BinRef, Json, Named, PathPart, State, only_objects};
use crate::server::console::problem::Problem;
use crate::shapes::SecretShape;
use crate::signature::set_scheme;
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

/// A secret to add: its value, or a request to generate one.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewSecretInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct NewSecretInput {
    /// What you call it. The name of a second value of the scheme (`webhook_id`) makes it that value.
    label: Option<String>,
    /// The text as the provider shows it; for senders that sign with a private key, the public key.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 16384)]
    value: Option<SecretValue>,
    /// Generate one of 32 random bytes in hex, to paste at the provider. Only this response shows it.
    generate: Option<bool>,
}

only_objects!(NewSecretInput);

impl NewSecretInput {
    /// The secret, and the value to show if it was generated.
    fn given(self) -> Result<(SecretInput, Option<String>), Problem> {
        let Self { label, value, generate } = self;
        match (value, generate.unwrap_or(false)) {
            (Some(value), false) => Ok((SecretInput { label, value }, None)),
            (None, true) => {
                let made = hex::encode(rand::random::<[u8; 32]>());
                Ok((SecretInput { label, value: SecretValue::new(made.clone()) }, Some(made)))
            }
            (Some(_), true) => Err(Problem::field("generate", "Give a `value`, or have one made: not both.")),
            (None, false) => Err(Problem::field("value", "`value` is missing.")),
        }
    }
}

/// The secret that was added.
#[derive(Serialize, ToSchema)]
#[schema(as = NewSecret)]
struct NewSecretShape {
    #[serde(flatten)]
    secret: SecretShape,
    /// The value of a generated secret, shown only here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    value: Option<String>,
}

/// Add or generate a secret; the bin's requests are reverified
#[utoipa::path(tag = "secrets", request_body = NewSecretInput, responses((status = 201, body = NewSecretShape)))]
#[post("/api/v1/bins/{bin}/secrets")]
async fn add(state: State, bin: BinRef, input: Json<NewSecretInput>) -> Result<HttpResponse, Problem> {
    let number = bin.0.bin.secrets.len() + 1;
    check_count(number)?;
    let (given, made) = input.0.given()?;
    let field = if made.is_some() { "generate" } else { "value" };
    let (label, value) = given.checked("", number)?;
    let (catalogue, settings) = (state.capture.catalogue(), &bin.0.bin.settings);
    if made.is_some() && has_private_key(&catalogue, settings) {
        let sentence = "This sender signs with a private key of its own: give its public key as the `value`.";
        return Err(Problem::field("generate", sentence));
    }
    check_fits(set_scheme(&catalogue, settings).as_deref(), &label, &value, field)?;
    let changed = state.store.add_secret(bin.id(), label, value).await?;
    let newest = changed.bin.secrets.last().ok_or_else(|| Problem::not_found("secret"))?;
    Ok(HttpResponse::Created().json(NewSecretShape { secret: newest.hint().into(), value: made }))
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
    let scheme = set_scheme(&state.capture.catalogue(), &bin.0.bin.settings);
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

impl PathPart for SecretId {
    const PART: &'static str = "secret";

    fn find(_: &ConsoleState, name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

/// Remove a secret
#[utoipa::path(tag = "secrets", responses((status = 204, description = "It is gone")))]
#[delete("/api/v1/bins/{bin}/secrets/{secret}")]
async fn remove(state: State, bin: BinRef, secret: Named<SecretId>) -> Result<HttpResponse, Problem> {
    state.store.delete_secret(bin.id(), secret.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
