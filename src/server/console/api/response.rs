//! What a bin answers.

use actix_web::{HttpRequest, HttpResponse, delete, get, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::input_response::ResponseSettingsInput;
use crate::model::ResponseSettings;
use crate::server::console::extract::{BinRef, Json, state};
use crate::server::console::problem::Problem;
use crate::shapes::ResponseSettingsShape;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(read).service(set).service(reset);
}

/// Read what senders are answered
#[utoipa::path(tag = "response", responses((status = 200, body = ResponseSettingsShape)))]
#[get("/api/v1/bins/{bin}/response")]
async fn read(bin: BinRef) -> HttpResponse {
    HttpResponse::Ok().json(&bin.0.bin.settings.response)
}

/// Set what senders are answered
#[utoipa::path(tag = "response", request_body = ResponseSettingsInput, responses((status = 200, body = ResponseSettingsShape)))]
#[put("/api/v1/bins/{bin}/response")]
async fn set(request: HttpRequest, bin: BinRef, input: Json<ResponseSettingsInput>) -> Result<HttpResponse, Problem> {
    let response = input.0.checked("")?;
    let changed = state(&request)?.store.update_bin(bin.id(), move |settings| settings.response = response).await?;
    Ok(HttpResponse::Ok().json(&changed.bin.settings.response))
}

/// Answer with the default again: 200, `ok`
#[utoipa::path(tag = "response", responses((status = 204, description = "The default applies")))]
#[delete("/api/v1/bins/{bin}/response")]
async fn reset(request: HttpRequest, bin: BinRef) -> Result<HttpResponse, Problem> {
    state(&request)?.store.update_bin(bin.id(), |settings| settings.response = ResponseSettings::default()).await?;
    Ok(HttpResponse::NoContent().finish())
}
