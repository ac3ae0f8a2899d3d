//! What a bin answers.

use actix_web::{HttpRequest, HttpResponse, delete, get, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::input_answer::ResponseInput;
use crate::model::CustomResponse;
use crate::server::console::extract::{BinRef, Json, state};
use crate::server::console::problem::Problem;
use crate::shapes::ResponseShape;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(read).service(set).service(reset);
}

/// Read what senders are answered
#[utoipa::path(tag = "response", responses((status = 200, body = ResponseShape)))]
#[get("/api/v1/bins/{bin}/response")]
async fn read(bin: BinRef) -> HttpResponse {
    HttpResponse::Ok().json(&bin.0.bin.settings.response)
}

/// Set what senders are answered
#[utoipa::path(tag = "response", request_body = ResponseInput, responses((status = 200, body = ResponseShape)))]
#[put("/api/v1/bins/{bin}/response")]
async fn set(request: HttpRequest, bin: BinRef, input: Json<ResponseInput>) -> Result<HttpResponse, Problem> {
    let response = input.0.checked("")?;
    let changed = state(&request)?.store.update_bin(bin.id(), move |settings| settings.response = response).await?;
    Ok(HttpResponse::Ok().json(&changed.bin.settings.response))
}

/// Answer with the default again: 200, `ok`
#[utoipa::path(tag = "response", responses((status = 204, description = "The default applies")))]
#[delete("/api/v1/bins/{bin}/response")]
async fn reset(request: HttpRequest, bin: BinRef) -> Result<HttpResponse, Problem> {
    state(&request)?.store.update_bin(bin.id(), |settings| settings.response = CustomResponse::default()).await?;
    Ok(HttpResponse::NoContent().finish())
}
