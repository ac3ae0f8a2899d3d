//! Compares the answers of attempts: any two of a request, and every request of a bin before and after a change.

use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::diff::{AnswerDiff, answers};
use crate::model::{Seq, Timestamp};
use crate::server::console::answers::{Changes, ignored};
use crate::server::console::extract::{BinRef, Query, State, WhichRequest, filter};
use crate::server::console::heavy::turn;
use crate::server::console::pieces::{Members, json_list};
use crate::server::console::problem::Problem;
use crate::store::AttemptDepth;

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
    let attempts = state.store.attempts(bin.id(), id, AttemptDepth::FACTS).await?;
    let place = |name: &str, id: Seq| {
        let found = attempts.iter().position(|attempt| attempt.id == id);
        found.ok_or_else(|| Problem::query(name, "The request has no such attempt; `GET …/attempts` lists them."))
    };
    let b = query.b.map_or(Ok(0), |id| place("b", id))?;
    let a = query.a.map_or(Ok(b + 1), |id| place("a", id))?;
    let (Some(a), Some(b)) = (attempts.get(a), attempts.get(b)) else {
        return Err(Problem::query("a", "There are no two attempts to compare: send the request again."));
    };
    let turn = turn().await;
    let a = state.store.attempt_at(bin.id(), id, a.id).await?;
    let b = state.store.attempt_at(bin.id(), id, b.id).await?;
    let diff = turn.run(move || answers(&a, &b, &ignored)).await?;
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
    /// Whether more requests were sent than the newest 200, which are compared.
    truncated: bool,
}

/// Compare the answers to the bin's requests before and after a change of the receiver
///
/// Send the requests, change the receiver, send them again (`POST …/replay`): lists the requests with different
/// answers.
#[utoipa::path(tag = "delivery", params(ChangeParams), responses((status = 200, body = ChangesShape)))]
#[get("/api/v1/bins/{bin}/attempts/diff")]
async fn of_a_change(state: State, bin: BinRef, query: Query<ChangeParams>) -> Result<HttpResponse, Problem> {
    let ignored = ignored(query.ignore.as_deref())?;
    let filter = filter(query.q.as_deref())?;
    let changes = Changes::find(&state, bin.id(), filter, query.since, ignored).await?;
    Ok(json_list("{\"changed\":[", changes))
}

impl Members for Changes {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        // Writing to memory, with keys that are strings: nothing can fail.
        let made = self.next(|_, _, diff| serde_json::to_vec(&diff).unwrap_or_default()).await?;
        Ok(made.map(|(_, json)| json))
    }

    fn end(&self) -> String {
        format!("],\"compared\":{},\"truncated\":{}}}", self.compared, self.truncated)
    }
}
