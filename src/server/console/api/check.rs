//! The receiver check.

use std::sync::Arc;

use actix_web::{HttpResponse, delete, get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::input_replay::{HeaderEditInput, checked_target};
use super::input_send::{checked_headers, sign_with};
use super::schemas;
use super::wait::patience;
use crate::deliver::check::{Check, CheckPlan, MAX_REMEMBERED};
use crate::export;
use crate::model::{BinId, CheckReport};
use crate::provider::battery::{self, Battery, Case, FRAMEWORKS};
use crate::server::console::ConsoleState;
use crate::server::console::checklist::check_address as address;
use crate::server::console::extract::{Json, Named, PathPart, Query, State, only_objects};
use crate::server::console::problem::{Code, Problem};
use crate::shapes::CheckShape;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(begin).service(read).service(stop);
}

/// The most cases in a request: no battery has more.
const MAX_CASES: usize = 100;

/// The receiver to check, and how.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = CheckInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct CheckInput {
    /// The receiver: exactly this URL. Default: the forward target of `bin`.
    #[schema(max_length = 2048)]
    target: Option<String>,
    /// `callaider` or `pathors`; default that of `bin`.
    provider: Option<String>,
    /// A bin whose secret, provider and forward target are used.
    bin: Option<String>,
    /// The secret. With a `bin`: the label of one of its secrets, `{"value": "…"}`, or `false` to prove nothing;
    /// default the bin's newest. For Pathors it is the value of `Authorization`.
    #[schema(schema_with = schemas::check_secret)]
    secret: Option<Value>,
    /// Header fields of your own. For Pathors without a secret, they are its proof.
    #[schema(max_items = 100)]
    headers: Option<Vec<HeaderEditInput>>,
    /// The cases to try, by their ids; every one when this is left out.
    #[schema(min_items = 1, max_items = 100)]
    cases: Option<Vec<String>>,
    /// Send 20 events at once and 10 MiB to a receiver on another machine as well.
    heavy: Option<bool>,
}

only_objects!(CheckInput);

impl CheckInput {
    fn checked(self, state: &State) -> Result<(Option<BinId>, CheckPlan), Problem> {
        let bin = match &self.bin {
            None => None,
            Some(name) => {
                let found = state.find_bin(name);
                Some(found.ok_or_else(|| Problem::new(Code::NotFound, "There is no such bin.").at("bin"))?)
            }
        };
        let bin = bin.as_ref().map(|bin| &bin.bin);
        let of_bin = || bin?.settings.forward_targets().next().cloned();
        let target = self.target.clone().or_else(of_bin).ok_or_else(|| {
            Problem::field("target", "Give the receiver's URL, such as http://localhost:3000/webhook.")
        })?;
        let target = checked_target(&target, "target")?;
        let provider = self.provider.clone().or_else(|| bin?.settings.provider.clone());
        let provider = provider
            .ok_or_else(|| Problem::field("provider", "Say whose receiver it is: `callaider` or `pathors`."))?;
        let battery = battery::battery(&provider).ok_or_else(|| {
            let known: Vec<&str> = battery::batteries().map(|battery| battery.sender.provider).collect();
            Problem::field("provider", format!("Receivers are checked for {}.", known.join(" and ")))
        })?;
        let cases = match &self.cases {
            None => battery.cases.iter().collect(),
            Some(ids) => chosen(battery, ids)?,
        };
        // Without a bin there are no labels.
        let secret = match self.secret {
            Some(Value::String(text)) if bin.is_none() => Some(json!({"value": text})),
            secret => secret,
        };
        let with = sign_with(secret.as_ref())?;
        let signer = state.deliver.signer(bin, &with, None, Some(battery.sender.provider), &target)?;
        let headers = checked_headers(self.headers.unwrap_or_default())?;
        let plan = CheckPlan { battery, cases, target, signer, headers, heavy: self.heavy.unwrap_or(false) };
        Ok((bin.map(|bin| bin.id), plan))
    }
}

fn chosen(battery: &'static Battery, ids: &[String]) -> Result<Vec<&'static Case>, Problem> {
    if !(1..=MAX_CASES).contains(&ids.len()) {
        return Err(Problem::field("cases", format!("Name 1 to {MAX_CASES} cases, or leave it out to try all.")));
    }
    battery.chosen(ids).map_err(|unknown| {
        let sentence = format!("There is no case `{}`; there are {}.", ids[unknown], battery.case_ids());
        Problem::field(format!("cases[{unknown}]"), sentence)
    })
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WaitParams {
    /// Wait until it is over: seconds, at most 600, also `500ms`, `30s`, `2m`. Without it, the answer comes at once.
    wait: Option<String>,
}

/// Check a receiver
///
/// Simulates the platform, with right and wrong requests for each duty that its document gives a receiver, and reports
/// per duty what came back and how to fix it. It runs in the background: read it again to see its progress, or `wait`
/// for its end.
#[utoipa::path(tag = "delivery", params(WaitParams), request_body = CheckInput, responses(
    (status = 200, body = CheckShape<'_>, description = "The check has ended"),
    (status = 202, body = CheckShape<'_>, description = "The check is still running"),
))]
#[post("/api/v1/check")]
async fn begin(state: State, query: Query<WaitParams>, input: Json<CheckInput>) -> Result<HttpResponse, Problem> {
    let wait = query.wait.as_deref().map(|text| patience("wait", text)).transpose()?;
    let (bin, plan) = input.0.checked(&state)?;
    let check = state.deliver.begin_check(bin, plan).await?;
    if let Some(wait) = wait {
        check.wait(wait).await;
    }
    let report = check.report();
    let mut response = if report.finished_at.is_some() { HttpResponse::Ok() } else { HttpResponse::Accepted() };
    Ok(response.json(shape(&state, &check, &report)))
}

fn shape<'a>(state: &State, check: &Check, report: &'a CheckReport) -> CheckShape<'a> {
    let url = format!("{}{}", state.console_url, address(check.id));
    CheckShape { url: Some(url), ..CheckShape::new(Some(check.id), report) }
}

impl PathPart for Arc<Check> {
    const PART: &'static str = "check";

    fn find(state: &ConsoleState, name: &str) -> Option<Self> {
        state.deliver.find_check(name.parse().ok()?)
    }

    fn missing() -> Problem {
        Problem::not_found(&format!("check: the newest {MAX_REMEMBERED} are kept until the server ends"))
    }
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum FormatParam {
    /// For programs.
    #[default]
    Json,
    /// For a ticket.
    Md,
    /// For a pipeline.
    Junit,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ReadParams {
    /// Wait until it is over: seconds, at most 600, also `500ms`, `30s`, `2m`.
    wait: Option<String>,
    /// `json` (default), `md`: Markdown for a ticket, or `junit`.
    #[param(inline)]
    format: Option<FormatParam>,
    /// Whose snippets the Markdown has: `express` (default), `fastapi`, `go`, `laravel` or `rails`.
    framework: Option<String>,
}

/// Read a check: its state, and what it has found
#[utoipa::path(tag = "delivery", params(ReadParams), responses((status = 200, description = "The report", content(
    (CheckShape<'_> = "application/json"), (String = "text/markdown"), (String = "application/xml"),
))))]
#[get("/api/v1/check/{check}")]
async fn read(state: State, check: Named<Arc<Check>>, query: Query<ReadParams>) -> Result<HttpResponse, Problem> {
    let framework = query.framework.as_deref().unwrap_or("express");
    if !FRAMEWORKS.iter().any(|known| known.id == framework) {
        let known: Vec<&str> = FRAMEWORKS.iter().map(|known| known.id).collect();
        return Err(Problem::query("framework", format!("A framework is one of {}.", known.join(", "))));
    }
    let check = check.0;
    if let Some(wait) = query.wait.as_deref().map(|text| patience("wait", text)).transpose()? {
        check.wait(wait).await;
    }
    let report = check.report();
    let text = |media: &str, text: String| HttpResponse::Ok().content_type(media).body(text);
    Ok(match query.format.unwrap_or_default() {
        FormatParam::Json => HttpResponse::Ok().json(shape(&state, &check, &report)),
        FormatParam::Md => text("text/markdown; charset=utf-8", export::check::markdown(&report, framework)),
        FormatParam::Junit => text("application/xml", export::check::junit(&report, framework)),
    })
}

/// Stop a check after the current case
#[utoipa::path(tag = "delivery", responses((status = 200, body = CheckShape<'_>)))]
#[delete("/api/v1/check/{check}")]
async fn stop(state: State, check: Named<Arc<Check>>) -> Result<HttpResponse, Problem> {
    check.0.stop();
    Ok(HttpResponse::Ok().json(shape(&state, &check.0, &check.0.report())))
}
