//! On match: the URL that a bin posts to when a filter finds requests.

use actix_web::{HttpResponse, delete, get, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::input_replay::checked_target;
use crate::deliver::Told;
use crate::deliver::engine::TargetUrl;
use crate::model::filter::Filter;
use crate::model::{Bin, OnMatch, Timestamp};
use crate::server::console::extract::{BinRef, Json, State, only_objects};
use crate::server::console::problem::Problem;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(read).service(set).service(remove);
}

/// Characters of the filter.
const MAX_FILTER: usize = 2_048;
/// The longest silence, in seconds: 30 days.
const MAX_SILENCE_S: u64 = 30 * 86_400;

/// What to report, and where.
#[derive(Deserialize, ToSchema)]
#[schema(as = OnMatchInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct OnMatchInput {
    /// A filter for the requests to report; without it, every request.
    #[schema(max_length = 2048)]
    filter: Option<String>,
    /// The URL that a small JSON is posted to.
    #[schema(max_length = 2048)]
    to: String,
    /// Also report when no request came for this many seconds, regardless of `filter`.
    #[schema(minimum = 1, maximum = 2_592_000)]
    silence_s: Option<u64>,
    /// Only requests that this filter finds end a silence, such as `event:session.ended`; without it, all do.
    #[schema(max_length = 2048)]
    silence_filter: Option<String>,
    /// Report nothing for now.
    paused: Option<bool>,
}

only_objects!(OnMatchInput);

/// What a bin reports, where, and with which result.
#[derive(Serialize, ToSchema)]
#[schema(as = OnMatch)]
struct OnMatchShape<'a> {
    /// The filter for the requests to report; empty for every request.
    filter: &'a str,
    /// The URL that is posted to.
    to: &'a str,
    /// Also report when no request came for this many seconds.
    silence_s: Option<u64>,
    /// Only requests that this filter finds end a silence; `null` for all.
    silence_filter: Option<&'a str>,
    /// Whether reports are paused.
    paused: bool,
    /// The results so far.
    state: ToldShape,
}

/// The results since it was set or the server was started.
#[derive(Serialize, ToSchema)]
#[schema(as = OnMatchState)]
struct ToldShape {
    /// Messages that were accepted (2xx).
    delivered: u64,
    /// Messages that were not.
    failed: u64,
    /// Requests that were reported.
    requests: u64,
    /// How often too much happened to know all matches.
    missed: u64,
    /// Requests passed over because they are messages of this server's own bins: these are not reported again.
    passed_over: u64,
    /// When the last message was sent.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_at: Option<Timestamp>,
    /// The last result, in a sentence.
    last_sentence: Option<String>,
}

fn shown(state: &State, bin: &Bin) -> Result<HttpResponse, Problem> {
    let Some(setting) = &bin.settings.on_match else { return Err(Problem::not_found("on-match")) };
    let Told { delivered, failed, requests, missed, passed_over, last_at, last_sentence } = state.deliver.told(bin.id);
    Ok(HttpResponse::Ok().json(OnMatchShape {
        filter: &setting.filter,
        to: &setting.to,
        silence_s: setting.silence_s,
        silence_filter: setting.silence_filter.as_deref(),
        paused: setting.paused,
        state: ToldShape { delivered, failed, requests, missed, passed_over, last_at, last_sentence },
    }))
}

/// Read what the bin reports, where, and with which result
#[utoipa::path(tag = "delivery", responses((status = 200, body = OnMatchShape<'_>)))]
#[get("/api/v1/bins/{bin}/on-match")]
async fn read(state: State, bin: BinRef) -> Result<HttpResponse, Problem> {
    shown(&state, &bin.0.bin)
}

/// Post a small JSON to a URL when a filter finds something new
///
/// At most one message a second: requests of the same second share a message. Links, facts and verdict; no headers, no
/// body.
#[utoipa::path(tag = "delivery", request_body = OnMatchInput, responses((status = 200, body = OnMatchShape<'_>)))]
#[put("/api/v1/bins/{bin}/on-match")]
async fn set(state: State, bin: BinRef, input: Json<OnMatchInput>) -> Result<HttpResponse, Problem> {
    let OnMatchInput { filter, to, silence_s, silence_filter, paused } = input.0;
    let filter = filter.unwrap_or_default();
    check_filter(&filter, "filter")?;
    let silence_filter = silence_filter.filter(|filter| !filter.trim().is_empty());
    if let Some(filter) = &silence_filter {
        check_filter(filter, "silence_filter")?;
        if silence_s.is_none() {
            return Err(Problem::field("silence_s", "Give the number of seconds without a match."));
        }
    }
    if silence_s.is_some_and(|seconds| !(1..=MAX_SILENCE_S).contains(&seconds)) {
        return Err(Problem::field("silence_s", format!("A silence is 1 to {MAX_SILENCE_S} seconds.")));
    }
    let target = checked_target(&to, "to")?;
    if is_itself(&bin.0.bin, &target, &state) {
        return Err(Problem::field("to", "This is the bin itself: each message would lead to another."));
    }
    state.deliver.check(&target).await.map_err(|refusal| Problem::from(refusal).at("to"))?;
    let setting = OnMatch { filter, to, silence_s, silence_filter, paused: paused.unwrap_or(false) };
    let changed = state.store.update_bin(bin.id(), move |settings| settings.on_match = Some(setting)).await?;
    if let Some(setting) = changed.bin.settings.on_match.as_ref().filter(|setting| !setting.paused) {
        state.deliver.watch(bin.id(), setting);
    }
    shown(&state, &changed.bin)
}

fn check_filter(filter: &str, field: &str) -> Result<(), Problem> {
    if filter.len() > MAX_FILTER {
        return Err(Problem::field(field, format!("A filter has at most {MAX_FILTER} characters.")));
    }
    Filter::parse(filter).map(drop).map_err(|error| Problem::field(field, error.message))
}

/// Stop reporting
#[utoipa::path(tag = "delivery", responses((status = 204, description = "No notifications are sent any more")))]
#[delete("/api/v1/bins/{bin}/on-match")]
async fn remove(state: State, bin: BinRef) -> Result<HttpResponse, Problem> {
    state.store.update_bin(bin.id(), |settings| settings.on_match = None).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Whether a target is the bin's own URL, under any of its names. URLs of other bins are allowed, to chain bins:
/// messages themselves are not reported again.
fn is_itself(bin: &Bin, target: &TargetUrl, state: &State) -> bool {
    let handles = [Some(bin.id.to_string()), bin.settings.name.as_ref().map(ToString::to_string)];
    let mut urls = handles.iter().flatten().map(|handle| state.capture.bin_url(handle, None)).collect::<Vec<_>>();
    urls.extend(bin.settings.public_url.clone());
    if urls.iter().any(|url| TargetUrl::parse(url).is_ok_and(|own| target.is_below(&own))) {
        return true;
    }
    let first = target.path().trim_start_matches('/').split('/').next().unwrap_or_default();
    target.is_at(state.listener) && handles.iter().flatten().any(|handle| handle == first)
}
