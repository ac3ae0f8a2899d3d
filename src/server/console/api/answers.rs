//! Comparison of what attempts were answered: any two of a request, and every request of a bin before and after a change.

use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::diff::{AnswerDiff, Ignored, answers};
use crate::model::{Attempt, Seq, Timestamp, filter::Filter};
use crate::server::console::extract::{BinRef, Query, State, WhichRequest, filter};
use crate::server::console::heavy::heavy;
use crate::server::console::problem::Problem;
use crate::store::{ListQuery, StoreError};

/// Requests that are looked at, the newest that match and were sent: each has up to 20 attempts with their answers.
const MAX_REQUESTS: usize = 200;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(of_two).service(of_a_change);
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TwoParams {
    /// The one attempt's id; default the one before the other.
    a: Option<Seq>,
    /// The other's; default the newest.
    b: Option<Seq>,
    /// Places of JSON bodies that may differ: pointers with commas between; `*` stands for any one name or place.
    ignore: Option<String>,
}

fn ignored(text: Option<&str>) -> Result<Ignored, Problem> {
    Ignored::parse(text.unwrap_or_default())
        .map_err(|word| Problem::query("ignore", format!("'{word}' is no JSON pointer: it starts with a slash.")))
}

/// Compare what two attempts of a request were answered
///
/// Outcome, status, header fields (but for `Date`) and body. Without `a` and `b`, the last two.
#[utoipa::path(tag = "delivery", params(TwoParams), responses((status = 200, description = "What differs", body = Object)))]
#[get("/api/v1/bins/{bin}/requests/{id}/attempts/diff")]
async fn of_two(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    query: Query<TwoParams>,
) -> Result<HttpResponse, Problem> {
    let ignored = ignored(query.ignore.as_deref())?;
    let id = super::marks::id_of(&state, &bin, which).await?;
    let attempts = state.store.attempts(bin.id(), id).await?;
    let place = |name: &str, id: Seq| {
        let found = attempts.iter().position(|attempt| attempt.id == id);
        found.ok_or_else(|| Problem::query(name, "The request has no such attempt; `GET …/attempts` lists them."))
    };
    let b = query.b.map_or(Ok(0), |id| place("b", id))?;
    let a = query.a.map_or(Ok(b + 1), |id| place("a", id))?;
    let (Some(a), Some(b)) = (attempts.get(a).cloned(), attempts.get(b).cloned()) else {
        return Err(Problem::query("a", "There are no two attempts to compare: send the request again."));
    };
    let diff = heavy(move || answers(&a, &b, &ignored)).await?;
    Ok(HttpResponse::Ok().json(diff))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ChangeParams {
    /// When the receiver was changed: the last attempt before it is compared with the newest since.
    #[param(value_type = String, format = DateTime)]
    since: Timestamp,
    /// A filter: only requests that match.
    q: Option<String>,
    /// Places of JSON bodies that may differ: pointers with commas between; `*` stands for any one name or place.
    ignore: Option<String>,
}

/// The answers before and after a change.
#[derive(Serialize, ToSchema)]
#[schema(as = AnswerChanges)]
struct ChangesShape {
    /// Requests that were answered before and after.
    compared: usize,
    /// Those whose answers differ, the newest first.
    #[schema(value_type = Vec<Object>)]
    changed: Vec<AnswerDiff>,
    /// Whether more requests were sent than the newest 200, which are looked at.
    truncated: bool,
}

/// Compare the answers to the bin's requests before and after a change of the receiver
///
/// Send the requests, change the receiver, send them again (`POST …/replay`): what is answered differently is listed.
#[utoipa::path(tag = "delivery", params(ChangeParams), responses((status = 200, body = ChangesShape)))]
#[get("/api/v1/bins/{bin}/attempts/diff")]
async fn of_a_change(state: State, bin: BinRef, query: Query<ChangeParams>) -> Result<HttpResponse, Problem> {
    let ignored = ignored(query.ignore.as_deref())?;
    let (requests, truncated) = sent(&state, &bin, filter(query.q.as_deref())?).await?;
    let mut shape = ChangesShape { compared: 0, changed: Vec::new(), truncated };
    for id in requests {
        let attempts = match state.store.attempts(bin.id(), id).await {
            Ok(attempts) => attempts,
            // Gone meanwhile.
            Err(StoreError::NotFound(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        let is_after = |attempt: &&Attempt| attempt.delivered.started_at >= query.since;
        let after = attempts.iter().find(is_after).cloned();
        let before = attempts.iter().find(|attempt| !is_after(attempt)).cloned();
        let Some((before, after)) = before.zip(after) else { continue };
        shape.compared += 1;
        let ignored = ignored.clone();
        let diff = heavy(move || answers(&before, &after, &ignored)).await?;
        if !diff.same {
            shape.changed.push(diff);
        }
    }
    Ok(HttpResponse::Ok().json(shape))
}

/// The newest requests that match and have attempts; whether there are more.
async fn sent(state: &State, bin: &BinRef, filter: Filter) -> Result<(Vec<crate::model::RequestId>, bool), Problem> {
    // A constant, as the store's search takes it: what was never sent is not read.
    let filter = filter.and(Filter::parse("attempt:any").unwrap_or_default());
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let query = ListQuery { filter: filter.clone(), limit: crate::store::MAX_PAGE, before, ..ListQuery::default() };
        let page = state.store.list(bin.id(), query).await?;
        for summary in &page.requests {
            if found.len() == MAX_REQUESTS {
                return Ok((found, true));
            }
            found.push(summary.id);
        }
        let Some(next) = page.next else { return Ok((found, false)) };
        before = Some(next);
    }
}
