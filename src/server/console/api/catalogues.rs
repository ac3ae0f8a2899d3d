//! The catalogues: signature schemes and providers.

use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::provider;
use crate::server::console::extract::State;
use crate::signature::Scheme;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(list_schemes).service(list_providers);
}

/// The catalogue of schemes.
#[derive(Serialize, ToSchema)]
#[schema(as = Schemes)]
struct SchemesShape<'a> {
    /// All of them, by id.
    schemes: Vec<SchemeShape<'a>>,
}

/// How a provider signs.
#[derive(Serialize, ToSchema)]
#[schema(as = Scheme)]
struct SchemeShape<'a> {
    /// Its id, for a bin's `scheme`.
    id: &'a str,
    /// Its name.
    name: &'a str,
    /// Words of caution for records that are not proven.
    caution: Option<&'a str>,
    /// The whole record, in the form that `custom_scheme` takes.
    #[schema(value_type = Object)]
    record: &'a serde_json::Value,
}

impl<'a> From<&'a Scheme> for SchemeShape<'a> {
    fn from(scheme: &'a Scheme) -> Self {
        Self { id: &scheme.id, name: &scheme.name, caution: scheme.caution(), record: scheme.record() }
    }
}

/// List the signature schemes
#[utoipa::path(tag = "catalogues", responses((status = 200, body = SchemesShape<'_>)))]
#[get("/api/v1/schemes")]
async fn list_schemes(state: State) -> HttpResponse {
    let catalogue = state.capture.catalogue();
    let schemes = catalogue.schemes().iter().map(|scheme| scheme.as_ref().into()).collect();
    HttpResponse::Ok().json(SchemesShape { schemes })
}

/// The catalogue of providers.
#[derive(Serialize, ToSchema)]
#[schema(as = Providers)]
struct ProvidersShape {
    /// All of them.
    #[schema(value_type = Vec<Object>)]
    providers: Vec<provider::ProviderInfo>,
}

/// List the providers whose events are understood
#[utoipa::path(tag = "catalogues", responses((status = 200, body = ProvidersShape)))]
#[get("/api/v1/providers")]
async fn list_providers() -> HttpResponse {
    HttpResponse::Ok().json(ProvidersShape { providers: provider::catalogue() })
}
