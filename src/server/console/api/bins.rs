//! Bins: list, create, read, change, delete.

use std::sync::Arc;

use actix_web::{HttpResponse, delete, get, patch, post, put};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::input::{BinChange, BinInput, bin_name};
use crate::capture::UnknownBin;
use crate::deliver::note_scheme_change;
use crate::model::{BinSettings, Timestamp};
use crate::server::console::ConsoleState;
use crate::server::console::extract::{BinRef, Json, Named, OptionalJson, State, path_names};
use crate::server::console::problem::{Code, Problem};
use crate::shapes::BinShape;
use crate::store::{BinState, StoreError};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(list).service(create).service(read).service(create_or_get).service(update).service(remove);
}

/// Every bin.
#[derive(Serialize, ToSchema)]
#[schema(as = Bins)]
struct BinsShape {
    /// Oldest first.
    bins: Vec<BinShape>,
    /// Names that senders requested in the last hour and that no bin has, at most 20, the latest first.
    unknown: Vec<UnknownBinShape>,
}

/// A name that senders requested and that no bin has.
#[derive(Serialize, ToSchema)]
#[schema(as = UnknownBin)]
struct UnknownBinShape {
    /// The name; `PUT /bins/{name}` makes the bin.
    name: String,
    /// How often it was requested.
    count: u64,
    /// When it was last requested.
    #[schema(value_type = String, format = DateTime)]
    last_at: Timestamp,
}

impl From<UnknownBin> for UnknownBinShape {
    fn from(unknown: UnknownBin) -> Self {
        Self { name: unknown.name.to_string(), count: unknown.count, last_at: unknown.last_at }
    }
}

/// List the bins
#[utoipa::path(tag = "bins", responses((status = 200, body = BinsShape)))]
#[get("/api/v1/bins")]
async fn list(state: State) -> Result<HttpResponse, Problem> {
    let bins = state.store.bins().iter().map(|bin| state.bin_shape(bin)).collect();
    let unknown = state.capture.unknown_bins().into_iter().map(Into::into).collect();
    Ok(HttpResponse::Ok().json(BinsShape { bins, unknown }))
}

/// Create a bin; every setting is optional
#[utoipa::path(tag = "bins", request_body(content = Option<BinInput>, description = "The settings"), responses((status = 201, body = BinShape)))]
#[post("/api/v1/bins")]
async fn create(state: State, input: OptionalJson<BinInput>) -> Result<HttpResponse, Problem> {
    let bin = make(&state, input.0.checked(&state.capture.catalogue())?).await?;
    Ok(created(&state, &bin))
}

async fn make(state: &ConsoleState, mut change: BinChange) -> Result<Arc<BinState>, StoreError> {
    let secrets = std::mem::take(&mut change.secrets);
    let mut settings = BinSettings::default();
    change.apply(&mut settings);
    state.store.create_bin(settings, secrets).await
}

fn created(state: &ConsoleState, bin: &BinState) -> HttpResponse {
    let location = format!("/api/v1/bins/{}", bin.bin.id);
    HttpResponse::Created().insert_header(("Location", location)).json(state.bin_shape(bin))
}

/// Read a bin
#[utoipa::path(tag = "bins", responses((status = 200, body = BinShape)))]
#[get("/api/v1/bins/{bin}")]
async fn read(state: State, bin: BinRef) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(state.bin_shape(&bin.0)))
}

path_names! {
    /// The id or name of a bin that may not be there yet.
    struct WantedName, "bin";
}

/// Create the bin of that name, or get it as it is
///
/// The settings apply to a new bin; an existing bin keeps its own.
#[utoipa::path(
    tag = "bins",
    request_body(content = Option<BinInput>, description = "The settings of a new bin"),
    responses((status = 200, body = BinShape), (status = 201, body = BinShape))
)]
#[put("/api/v1/bins/{bin}")]
async fn create_or_get(
    state: State,
    named: Named<WantedName>,
    input: OptionalJson<BinInput>,
) -> Result<HttpResponse, Problem> {
    let WantedName(named) = named.0;
    let mut change = input.0.checked(&state.capture.catalogue())?;
    if let Some(bin) = state.find_bin(&named) {
        return Ok(HttpResponse::Ok().json(state.bin_shape(&bin)));
    }
    let name = bin_name(&named)
        .map_err(|why| Problem::new(Code::InvalidField, format!("No bin can be made here: {why}.")).at("bin"))?;
    if change.name().is_some_and(|other| *other != name) {
        return Err(Problem::field("name", "The name in the body differs from the one in the URL."));
    }
    change.set_name(name);
    match make(&state, change).await {
        Ok(bin) => Ok(created(&state, &bin)),
        // Two at once: the other request has created it.
        Err(StoreError::NameTaken(name)) => {
            let bin = state.store.bin(&name).ok_or(StoreError::NameTaken(name))?;
            Ok(HttpResponse::Ok().json(state.bin_shape(&bin)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Change a bin's settings
///
/// What is absent stays, `null` goes back to the default. Secrets have routes of their own.
#[utoipa::path(tag = "bins", request_body = BinInput, responses((status = 200, body = BinShape)))]
#[patch("/api/v1/bins/{bin}")]
async fn update(state: State, bin: BinRef, input: Json<BinInput>) -> Result<HttpResponse, Problem> {
    let secrets = input.0.secrets_field();
    let change = input.0.checked(&state.capture.catalogue())?;
    if let Some(field) = secrets {
        return Err(Problem::field(field, "Secrets of a bin that is there are added with POST …/secrets."));
    }
    let (catalogue, now) = (state.capture.catalogue(), state.capture.clock().now());
    let update = move |settings: &mut BinSettings| {
        note_scheme_change(&catalogue, settings, now, |settings| change.apply(settings));
    };
    let changed = state.store.update_bin(bin.id(), update).await?;
    Ok(HttpResponse::Ok().json(state.bin_shape(&changed)))
}

/// Delete a bin with everything in it
#[utoipa::path(tag = "bins", responses((status = 204, description = "It is gone")))]
#[delete("/api/v1/bins/{bin}")]
async fn remove(state: State, bin: BinRef) -> Result<HttpResponse, Problem> {
    state.store.delete_bin(bin.id()).await?;
    Ok(HttpResponse::NoContent().finish())
}
