//! The receiver check.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::input_replay::{HeaderEditInput, checked_target};
use super::input_send::{checked_headers, sign_with};
use super::schemas;
use crate::deliver::check::{Check, CheckPlan};
use crate::provider::battery::{self, Battery, Case};
use crate::server::console::extract::{Json, State, only_objects};
use crate::server::console::problem::{Code, Problem};
use crate::shapes::CheckShape;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(begin).service(read).service(stop);
}

/// Cases that are named: no battery has more.
const MAX_CASES: usize = 100;

/// Which receiver is to be checked how.
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
    /// The secret; where a `bin` is named, the label of one of the bin's, `{"value": "…"}`, or `false` to prove nothing;
    /// default the bin's newest. Of Pathors it is the value of `Authorization`.
    #[schema(schema_with = schemas::check_secret)]
    secret: Option<Value>,
    /// Header fields of your own. Of Pathors, without a secret, they are its proof.
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
    fn checked(self, state: &State) -> Result<CheckPlan, Problem> {
        let bin = match &self.bin {
            None => None,
            Some(name) => {
                let found = state.store.bin(name).or_else(|| state.store.bin(&name.to_ascii_lowercase()));
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
        Ok(CheckPlan { battery, cases, target, signer, headers, heavy: self.heavy.unwrap_or(false) })
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

/// Check a receiver
///
/// Plays the platform with everything that its document asks of a receiver, right and wrong, and says per duty what came
/// back and how to mend it. It goes on by itself; ask for it again to see how far it is.
#[utoipa::path(tag = "delivery", request_body = CheckInput, responses((status = 202, body = CheckShape<'_>)))]
#[post("/api/v1/check")]
async fn begin(state: State, input: Json<CheckInput>) -> Result<HttpResponse, Problem> {
    let plan = input.0.checked(&state)?;
    let check = state.deliver.begin_check(plan).await?;
    Ok(HttpResponse::Accepted().json(CheckShape::new(Some(check.id), &check.report())))
}

fn find(state: &State, request: &HttpRequest) -> Result<Arc<Check>, Problem> {
    let id = request.match_info().get("check").unwrap_or_default();
    id.parse().ok().and_then(|id| state.deliver.find_check(id)).ok_or_else(|| Problem::not_found("check"))
}

/// How a check stands, and what it has found
#[utoipa::path(tag = "delivery", responses((status = 200, body = CheckShape<'_>)))]
#[get("/api/v1/check/{check}")]
async fn read(state: State, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let check = find(&state, &request)?;
    Ok(HttpResponse::Ok().json(CheckShape::new(Some(check.id), &check.report())))
}

/// Stop a check after the case that is being tried
#[utoipa::path(tag = "delivery", responses((status = 200, body = CheckShape<'_>)))]
#[delete("/api/v1/check/{check}")]
async fn stop(state: State, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let check = find(&state, &request)?;
    check.stop();
    Ok(HttpResponse::Ok().json(CheckShape::new(Some(check.id), &check.report())))
}
