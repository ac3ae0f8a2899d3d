//! What a bin's owner expects of its sender.

use actix_web::{HttpResponse, get, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::model::{BinSettings, ExpectSettings};
use crate::provider::lifecycle::SILENCE;
use crate::server::console::extract::{BinRef, Json, State, only_objects};
use crate::server::console::problem::Problem;
use crate::server::console::sessions::platform_events;
use crate::store::BinState;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(read).service(set);
}

/// Events that can be chosen.
const MAX_EVENTS: usize = 50;
/// Characters of an event's name: what is kept of one.
const MAX_NAME: usize = 256;
/// A week.
const MAX_SILENCE_S: u64 = 7 * 24 * 3_600;

/// What a bin's owner expects of its sender.
#[derive(Deserialize, ToSchema)]
#[schema(as = ExpectInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct ExpectInput {
    /// The events that were chosen at the platform; `null` for the platform's own choice and what was seen in the bin.
    #[schema(max_items = 50)]
    events: Option<Vec<String>>,
    /// Seconds without a request after which a session that has not ended is missing what it lacks; `null` for 1,800.
    #[schema(minimum = 1, maximum = 604_800)]
    silence_s: Option<u64>,
}

only_objects!(ExpectInput);

impl ExpectInput {
    /// The change, if every field is right.
    fn checked(self, bin: &BinState) -> Result<impl FnOnce(&mut ExpectSettings) + use<>, Problem> {
        let events = self.events.unwrap_or_default();
        if events.len() > MAX_EVENTS {
            return Err(Problem::field("events", format!("At most {MAX_EVENTS} events can be chosen.")));
        }
        let known = platform_events(&bin.bin);
        for (number, name) in events.iter().enumerate() {
            let field = format!("events[{number}]");
            if name.is_empty() || name.chars().count() > MAX_NAME {
                return Err(Problem::field(field, format!("An event's name has 1 to {MAX_NAME} characters.")));
            }
            if !known.is_empty() && !known.iter().any(|(event, _)| event == name) {
                let names: Vec<&str> = known.iter().map(|(event, _)| *event).collect();
                return Err(Problem::field(field, format!("The platform has {}.", names.join(", "))));
            }
        }
        if self.silence_s.is_some_and(|seconds| !(1..=MAX_SILENCE_S).contains(&seconds)) {
            let sentence = format!("`silence_s` must be a whole number from 1 to {MAX_SILENCE_S}.");
            return Err(Problem::field("silence_s", sentence));
        }
        let events = Some(events).filter(|events| !events.is_empty());
        // Only these fields, on the settings as they are by then: what was stated of a point meanwhile is kept.
        Ok(move |expect: &mut ExpectSettings| (expect.events, expect.silence_s) = (events, self.silence_s))
    }
}

/// What is expected of a bin's sender.
#[derive(Serialize, ToSchema)]
#[schema(as = Expect)]
struct ExpectShape<'a> {
    /// The events that were chosen; `null` for the platform's own choice and what was seen in the bin.
    events: Option<&'a [String]>,
    /// Seconds without a request after which a session that has not ended is missing what it lacks.
    silence_s: u64,
    /// The platform's events, where the bin is set to one that is known in full.
    platform_events: Vec<PlatformEventShape>,
}

/// An event of a platform.
#[derive(Serialize, ToSchema)]
#[schema(as = PlatformEvent)]
struct PlatformEventShape {
    /// Its name.
    name: &'static str,
    /// Whether it is sent when its user has not chosen.
    default: bool,
}

fn shown(bin: &BinState) -> HttpResponse {
    let expect = bin.bin.settings.expect.as_ref();
    HttpResponse::Ok().json(ExpectShape {
        events: expect.and_then(|expect| expect.events.as_deref()),
        silence_s: expect.and_then(|expect| expect.silence_s).unwrap_or(SILENCE.as_secs()),
        platform_events: platform_events(&bin.bin)
            .into_iter()
            .map(|(name, default)| PlatformEventShape { name, default })
            .collect(),
    })
}

/// What is expected of the bin's sender
#[utoipa::path(tag = "events", responses((status = 200, body = ExpectShape<'_>)))]
#[get("/api/v1/bins/{bin}/expect")]
async fn read(bin: BinRef) -> HttpResponse {
    shown(&bin.0)
}

/// Say which events were chosen at the platform, and after how long a session is silent
#[utoipa::path(tag = "events", request_body = ExpectInput, responses((status = 200, body = ExpectShape<'_>)))]
#[put("/api/v1/bins/{bin}/expect")]
async fn set(state: State, bin: BinRef, input: Json<ExpectInput>) -> Result<HttpResponse, Problem> {
    let change = input.0.checked(&bin.0)?;
    let update = move |settings: &mut BinSettings| change(settings.expect.get_or_insert_default());
    let changed = state.store.update_bin(bin.id(), update).await?;
    Ok(shown(&changed))
}
