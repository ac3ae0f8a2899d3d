//! What a bin's owner expects of its sender.

use actix_web::{HttpResponse, get, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::input_replay::{HeaderEditInput, check_field};
use crate::model::{BinSettings, ExpectSettings, ExpectedHeader};
use crate::provider::expected;
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
/// Most characters of an event's name, as stored.
const MAX_NAME: usize = 256;
/// Header fields that can be expected.
const MAX_HEADERS: usize = 20;
/// A week.
const MAX_SILENCE_S: u64 = 7 * 24 * 3_600;

/// What a bin's owner expects of its sender.
#[derive(Deserialize, ToSchema)]
#[schema(as = ExpectInput)]
#[serde(deny_unknown_fields, remote = "Self")]
pub(super) struct ExpectInput {
    /// The events that were chosen at the platform; `null` for the platform's own choice and what was seen in the bin.
    #[schema(max_items = 50)]
    events: Option<Vec<String>>,
    /// Seconds without a request after which an unfinished session counts as incomplete; `null` for 1,800.
    #[schema(minimum = 1, maximum = 604_800)]
    silence_s: Option<u64>,
    /// Header fields of your own that were set at the platform; `null` for none.
    #[schema(max_items = 20)]
    headers: Option<Vec<HeaderInput>>,
}

/// A header field that the sender was told to send: with `value`, its `sha256`, or neither where any value will do.
#[derive(Deserialize, ToSchema)]
#[schema(as = ExpectedHeaderInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct HeaderInput {
    /// Its name.
    name: String,
    /// Its value. Only its SHA-256 is kept.
    value: Option<String>,
    /// The SHA-256 of its value in hex.
    sha256: Option<String>,
}

only_objects!(ExpectInput, HeaderInput);

impl HeaderInput {
    fn checked(self, field: &str) -> Result<ExpectedHeader, Problem> {
        let Self { name, value, sha256 } = self;
        let edit = HeaderEditInput { name, value: value.clone().unwrap_or_default() };
        check_field(&edit, field)?;
        let sha256 = match (value, sha256) {
            (Some(_), Some(_)) => {
                return Err(Problem::field(format!("{field}.sha256"), "Give either `value` or `sha256`."));
            }
            (Some(value), None) => Some(expected::digest(value.as_bytes())),
            (None, Some(sha256)) if sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                Some(sha256.to_ascii_lowercase())
            }
            (None, Some(_)) => {
                return Err(Problem::field(format!("{field}.sha256"), "A SHA-256 has 64 hexadecimal digits."));
            }
            (None, None) => None,
        };
        Ok(ExpectedHeader { name: edit.name, sha256 })
    }
}

/// Checked expectations.
#[derive(Clone)]
pub(super) struct Expected {
    events: Option<Vec<String>>,
    silence_s: Option<u64>,
    headers: Option<Vec<ExpectedHeader>>,
}

impl Expected {
    /// Sets all expectations; absent ones go back to their defaults. Statements about points of the checklist stay.
    fn set(self, expect: &mut ExpectSettings) {
        let events = self.events.filter(|events| !events.is_empty());
        (expect.events, expect.silence_s, expect.headers) = (events, self.silence_s, self.headers.unwrap_or_default());
    }

    /// Sets the given expectations; all others stay.
    pub(super) fn over(self, expect: &mut ExpectSettings) {
        let all = Self {
            events: self.events.or_else(|| expect.events.take()),
            silence_s: self.silence_s.or(expect.silence_s),
            headers: self.headers.or_else(|| Some(std::mem::take(&mut expect.headers))),
        };
        all.set(expect);
    }
}

impl ExpectInput {
    /// Checks every field for the platform with these events.
    pub(super) fn checked(self, known: &[(&'static str, bool)]) -> Result<Expected, Problem> {
        let events = self.events.as_deref().unwrap_or_default();
        if events.len() > MAX_EVENTS {
            return Err(Problem::field("events", format!("At most {MAX_EVENTS} events can be chosen.")));
        }
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
        if self.headers.as_ref().is_some_and(|headers| headers.len() > MAX_HEADERS) {
            return Err(Problem::field("headers", format!("At most {MAX_HEADERS} headers can be expected.")));
        }
        let checked = |(number, header): (usize, HeaderInput)| header.checked(&format!("headers[{number}]"));
        let headers: Option<Result<Vec<_>, _>> =
            self.headers.map(|headers| headers.into_iter().enumerate().map(checked).collect());
        Ok(Expected { events: self.events, silence_s: self.silence_s, headers: headers.transpose()? })
    }
}

/// What is expected of a bin's sender.
#[derive(Serialize, ToSchema)]
#[schema(as = Expect)]
struct ExpectShape<'a> {
    /// The events that were chosen; `null` for the platform's own choice and what was seen in the bin.
    events: Option<&'a [String]>,
    /// Seconds without a request after which an unfinished session counts as incomplete.
    silence_s: u64,
    /// The header fields that are expected.
    headers: Vec<ExpectedHeaderShape<'a>>,
    /// The events that have a JSON Schema of your own: `GET …/schemas`.
    schemas: Vec<&'a str>,
    /// The platform's events, where the bin is set to one that is known in full.
    platform_events: Vec<PlatformEventShape>,
}

/// A header field that is expected.
#[derive(Serialize, ToSchema)]
#[schema(as = ExpectedHeader)]
struct ExpectedHeaderShape<'a> {
    /// Its name.
    name: &'a str,
    /// The SHA-256 of its value; `null` where any will do.
    sha256: Option<&'a str>,
}

/// An event of a platform.
#[derive(Serialize, ToSchema)]
#[schema(as = PlatformEvent)]
struct PlatformEventShape {
    /// Its name.
    name: &'static str,
    /// Whether the platform sends it by default.
    default: bool,
}

fn shown(bin: &BinState) -> HttpResponse {
    let expect = bin.bin.settings.expect.as_ref();
    HttpResponse::Ok().json(ExpectShape {
        events: expect.and_then(|expect| expect.events.as_deref()),
        headers: expect
            .into_iter()
            .flat_map(|expect| &expect.headers)
            .map(|header| ExpectedHeaderShape { name: &header.name, sha256: header.sha256.as_deref() })
            .collect(),
        schemas: expect.into_iter().flat_map(|expect| &expect.schemas).map(|schema| schema.event.as_str()).collect(),
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

/// Say which events and header fields were set at the platform, and after how long a session is silent
#[utoipa::path(tag = "events", request_body = ExpectInput, responses((status = 200, body = ExpectShape<'_>)))]
#[put("/api/v1/bins/{bin}/expect")]
async fn set(state: State, bin: BinRef, input: Json<ExpectInput>) -> Result<HttpResponse, Problem> {
    let expected = input.0.checked(&platform_events(&bin.0.bin))?;
    let update = move |settings: &mut BinSettings| expected.set(settings.expect.get_or_insert_default());
    let changed = state.store.update_bin(bin.id(), update).await?;
    Ok(shown(&changed))
}
