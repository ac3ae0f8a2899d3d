//! The response that senders get.

use actix_web::{HttpResponse, delete, get, post, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::input_response::{ResponseInput, ResponseSettingsInput};
use crate::capture::NotHeld;
use crate::model::ResponseSettings;
use crate::server::console::extract::{BinRef, Json, State, WhichRequest};
use crate::server::console::problem::{Code, Problem};
use crate::shapes::ResponseSettingsShape;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(read).service(set).service(reset).service(answer);
}

/// Read the response that senders get
#[utoipa::path(tag = "response", responses((status = 200, body = ResponseSettingsShape)))]
#[get("/api/v1/bins/{bin}/response")]
async fn read(bin: BinRef) -> HttpResponse {
    HttpResponse::Ok().json(&bin.0.bin.settings.response)
}

/// Set the response that senders get
#[utoipa::path(tag = "response", request_body = ResponseSettingsInput, responses((status = 200, body = ResponseSettingsShape)))]
#[put("/api/v1/bins/{bin}/response")]
async fn set(state: State, bin: BinRef, input: Json<ResponseSettingsInput>) -> Result<HttpResponse, Problem> {
    let response = input.0.checked("")?;
    let changed = state.store.update_bin(bin.id(), move |settings| settings.response = response).await?;
    Ok(HttpResponse::Ok().json(&changed.bin.settings.response))
}

/// Go back to the default response: 200, `ok`
#[utoipa::path(tag = "response", responses((status = 204, description = "The default applies")))]
#[delete("/api/v1/bins/{bin}/response")]
async fn reset(state: State, bin: BinRef) -> Result<HttpResponse, Problem> {
    state.store.update_bin(bin.id(), |settings| settings.response = ResponseSettings::default()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Answer a sender that waits
///
/// For bins whose response has `hold`. What is not set comes from the bin's response. The first answer counts.
#[utoipa::path(tag = "response", request_body = ResponseInput, responses((status = 204, description = "The sender has this answer")))]
#[post("/api/v1/bins/{bin}/requests/{id}/answer")]
async fn answer(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    input: Json<ResponseInput>,
) -> Result<HttpResponse, Problem> {
    let response = input.0.checked("")?;
    let held = state.store.request(bin.id(), which.0).await?.summary;
    let shown = held.held_until.is_some();
    state.capture.answer(&bin.0, held.id, &response, shown).await.map_err(|NotHeld| {
        Problem::new(Code::NotHeld, "Its sender does not wait: it was answered already, was never held, or has left.")
    })?;
    Ok(HttpResponse::NoContent().finish())
}
