//! The transcript of an event, as a file.

use actix_web::http::header;
use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::model::CapturedRequest;
use crate::provider::content::{self, TranscriptForm};
use crate::server::console::extract::{BinRef, Query, State, WhichRequest};
use crate::server::console::heavy;
use crate::server::console::problem::{Code, Problem};
use crate::server::console::reading::Reading;
use crate::server::console::security::SANDBOX_CSP;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(transcript);
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum FormParam {
    /// A line for each message.
    Text,
    /// Markdown.
    Md,
    /// The array as it was sent.
    #[default]
    Json,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Params {
    /// `json` (default), `text` or `md`.
    #[serde(rename = "as")]
    #[param(inline)]
    form: Option<FormParam>,
}

/// The transcript of an event, as a file: every message, whatever its size
#[utoipa::path(tag = "events", params(Params), responses((
    status = 200,
    description = "The transcript",
    content(
        (Vec<Object> = "application/json"), (String = "text/plain"), (String = "text/markdown"),
    ),
)))]
#[get("/api/v1/bins/{bin}/requests/{id}/transcript")]
async fn transcript(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    query: Query<Params>,
) -> Result<HttpResponse, Problem> {
    let form = match query.form.unwrap_or_default() {
        FormParam::Text => TranscriptForm::Text,
        FormParam::Md => TranscriptForm::Md,
        FormParam::Json => TranscriptForm::Json,
    };
    let captured = heavy::read(&state.store, bin.id(), which.0).await?;
    let id = captured.request().summary.id;
    let work = move |captured: CapturedRequest| {
        let reading = Reading::new(&captured);
        content::export(captured.summary.derived.event.provider.as_deref()?, &reading.json(), form)
    };
    let exported = captured.run(work).await?;
    let exported = exported.ok_or_else(|| Problem::new(Code::NotFound, "The request has no transcript."))?;
    let name = format!("attachment; filename=\"{id}-transcript.{}\"", form.extension());
    Ok(HttpResponse::Ok()
        .content_type(form.media_type())
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CONTENT_SECURITY_POLICY, SANDBOX_CSP))
        .body(exported))
}
