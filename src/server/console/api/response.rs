//! The response that senders get.

use actix_web::{HttpResponse, delete, get, post, put};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::attempts::{MAX_BODY, MAX_HEAD, decoded};
use super::input_response::{ResponseInput, ResponseSettingsInput};
use crate::capture::NotHeld;
use crate::deliver::passed_answer;
use crate::model::{PassedAnswer, ResponseSettings};
use crate::server::console::extract::{BinRef, Json, State, WhichRequest, only_objects};
use crate::server::console::problem::{Code, Problem};
use crate::shapes::ResponseSettingsShape;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(read).service(set).service(reset).service(answer).service(pass_on);
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
/// For bins whose response has `hold`. Unset parts come from the bin's response. The first answer counts.
#[utoipa::path(tag = "response", request_body = ResponseInput, responses((status = 204, description = "The sender has this answer")))]
#[post("/api/v1/bins/{bin}/requests/{id}/answer")]
async fn answer(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    input: Json<ResponseInput>,
) -> Result<HttpResponse, Problem> {
    let response = input.0.checked("")?;
    let held = state.store.summary(bin.id(), which.0).await?;
    let shown = held.held_until.is_some();
    state.capture.answer(&bin.0, held.id, &response, shown).await.map_err(not_held)?;
    Ok(HttpResponse::NoContent().finish())
}

fn not_held(_: NotHeld) -> Problem {
    Problem::new(Code::NotHeld, "Its sender does not wait: it was answered already, was never held, or has left.")
}

/// A target's answer, as received.
#[derive(Deserialize, ToSchema)]
#[schema(as = PassedOnInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct PassedOnInput {
    /// The head, from `HTTP/1.1` to the empty line, in base64.
    head_base64: String,
    /// The body, in base64; of a HEAD, and by default, none.
    #[serde(default)]
    body_base64: String,
}

only_objects!(PassedOnInput);

impl PassedOnInput {
    fn checked(&self) -> Result<PassedAnswer, Problem> {
        let head = decoded(&self.head_base64, "head_base64", MAX_HEAD)?;
        let body = decoded(&self.body_base64, "body_base64", MAX_BODY)?;
        passed_answer(&head, body).ok_or_else(|| {
            Problem::field("head_base64", "A head begins with a status from 200 to 599, as in HTTP/1.1 200 OK.")
        })
    }
}

/// Answer a sender that waits with a target's answer
///
/// Passes the head on as received, without the fields of the connection, as a forward with `answer: target` does.
#[utoipa::path(tag = "response", request_body = PassedOnInput, responses((status = 204, description = "The sender has this answer")))]
#[post("/api/v1/bins/{bin}/requests/{id}/answer/passed-on")]
async fn pass_on(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    input: Json<PassedOnInput>,
) -> Result<HttpResponse, Problem> {
    let passed = input.0.checked()?;
    let held = state.store.summary(bin.id(), which.0).await?;
    state.capture.pass_on(&bin.0, held.id, passed, held.held_until.is_some()).await.map_err(not_held)?;
    Ok(HttpResponse::NoContent().finish())
}
