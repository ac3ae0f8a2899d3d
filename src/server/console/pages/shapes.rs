//! The events of a bin, and the learnt shape of one of them.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::address::encoded;
use super::format::{self, Seen, Sentence};
use super::html;
use super::settings::file_name;
use super::shell::{BinLinks, Shell};
use crate::model::{Bin, BinId};
use crate::provider::contract::Documented;
use crate::provider::shape::{Field, Kind, Presence, json_schema, typescript};
use crate::server::console::extract::{BinRef, Query, State};
use crate::server::console::learnt::{self, Kin, Learnt};
use crate::server::console::problem::Problem;

/// Rows of the table of fields.
const MAX_ROWS: usize = 300;

/// An event to choose.
#[derive(Debug)]
struct Choice {
    label: String,
    count: String,
    href: String,
    current: bool,
}

/// A place of the bodies.
#[derive(Debug)]
struct Row {
    pointer: String,
    types: String,
    present: String,
    values: String,
    /// What the document says of it; empty where none is known.
    documented: &'static str,
    /// Whether the document does not name it.
    undocumented: bool,
    first: Sight,
    last: Sight,
    /// How the newest request differs here from earlier ones.
    drift: Vec<String>,
}

/// A request with this field.
#[derive(Debug)]
struct Sight {
    href: String,
    time_iso: String,
    time_full: String,
    ago: String,
}

#[derive(Debug, Template)]
#[template(path = "shapes.html")]
struct ShapesPage {
    shell: Shell,
    bin: BinLinks,
    choices: Vec<Choice>,
    /// Whether any event is recognised.
    is_named: bool,
    event: String,
    /// The unescaped name, for the scripts.
    event_name: String,
    samples: String,
    rows: Vec<Row>,
    /// Whether a known document names some of them.
    has_document: bool,
    /// Whether the newest request differs from earlier ones.
    has_drift: bool,
    more_rows: usize,
    typescript: String,
    json_schema: String,
    /// The owner's own schema for the event; empty when none is set.
    own_schema: String,
    own_set: String,
    /// The configuration file that sets it; empty when none does.
    own_file: String,
}

impl ShapesPage {
    /// Whether this is an event; otherwise a group of requests by method and path.
    fn is_event(&self) -> bool {
        matches!(Kin::parse(&self.event_name), Kin::Event(_))
    }
}

/// What the bin's requests have in common: events, else groups by method and path.
struct Kinds {
    /// Whether any event is recognised.
    is_named: bool,
    /// Their names, and how many requests each has.
    counts: Vec<(String, u64)>,
}

impl Kinds {
    async fn read(state: &State, bin: BinId) -> Result<Self, Problem> {
        let named = state.store.events_seen(bin).await?;
        let unnamed = learnt::unnamed(state, bin).await?;
        let is_named = !named.is_empty();
        let counts = named.into_iter().map(|known| (known.name, known.count));
        let counts = counts.chain(unnamed.into_iter().map(|(kin, count)| (kin.name(), count))).collect();
        Ok(Self { is_named, counts })
    }
}

/// The page's parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PageParams {
    event: Option<String>,
}

/// `GET /bins/{bin}/contract`.
pub(super) async fn show(
    state: State,
    bin: BinRef,
    params: Query<PageParams>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let links = BinLinks::new(&bin.0.bin, &state);
    let Kinds { is_named, counts } = Kinds::read(&state, bin.id()).await?;
    let event = params.0.event.or_else(|| counts.first().map(|(name, _)| name.clone())).unwrap_or_default();
    let kin = Kin::parse(&event);
    let learnt = learnt::learnt(&state, bin.id(), &kin).await?;
    let shape = &learnt.shape;
    let choices = counts.iter().map(|(name, count)| Choice {
        label: format::plain(name),
        count: format::count(*count),
        href: format!("{}/contract?event={}", links.base, encoded(name)),
        current: *name == event,
    });
    let fields = if shape.seen == 0 { Vec::new() } else { shape.fields() };
    let now = state.capture.clock().now();
    let sight = |number: usize| {
        let (request, at) = learnt.at(number);
        Sight {
            href: format!("{}/requests/{request}", links.base),
            time_iso: at.to_string(),
            time_full: format::full_time(at),
            ago: format::ago(at, now),
        }
    };
    let more_rows = fields.len().saturating_sub(MAX_ROWS);
    let rows = fields.into_iter().take(MAX_ROWS).map(|field| row(field, &learnt, &event, &sight)).collect();
    let own = bin.0.bin.settings.expect.as_ref().and_then(|expect| expect.schema(&event));
    let own_schema = own.and_then(|own| serde_json::to_string_pretty(&own.schema).ok()).unwrap_or_default();
    html(&ShapesPage {
        own_file: own.and_then(|own| set_by_file(&state, &bin.0.bin, &own.event)).unwrap_or_default(),
        own_schema,
        own_set: own.map(|own| format::full_time(own.at)).unwrap_or_default(),
        shell: Shell::new(&request, format!("Events of {}", links.label)),
        choices: choices.collect(),
        is_named,
        samples: format::plural(u64::from(shape.seen), "body", "bodies"),
        more_rows,
        has_document: learnt.documented(&event, "").is_some(),
        has_drift: !learnt.drift.is_empty(),
        typescript: if shape.seen == 0 { String::new() } else { typescript(&event, shape) },
        json_schema: serde_json::to_string_pretty(&json_schema(&event, shape)).unwrap_or_default(),
        rows,
        event_name: event.clone(),
        event: format::plain(&event),
        bin: links,
    })
}

/// The name of the configuration file, where it sets the event's schema.
fn set_by_file(state: &State, bin: &Bin, event: &str) -> Option<String> {
    let declared = bin.settings.declared.as_ref().filter(|declared| declared.current)?;
    declared.event_schemas.iter().any(|one| one == event).then(|| file_name(state))
}

fn row(field: Field, learnt: &Learnt, event: &str, sight: &dyn Fn(usize) -> Sight) -> Row {
    let types: Vec<&str> = field.kinds.iter().copied().map(Kind::name).collect();
    let values: Vec<String> = field.values.iter().map(|(value, count)| format!("{value} ({count})")).collect();
    let documented = learnt.documented(event, &field.pointer);
    Row {
        documented: match documented {
            Some(Documented::Named) => "named",
            Some(Documented::Free) => "left open",
            Some(Documented::Unnamed) => "not named",
            None => "",
        },
        undocumented: documented == Some(Documented::Unnamed),
        first: sight(field.first),
        last: sight(field.last),
        drift: learnt.drift_at(&field.pointer).map(|finding| finding.sentence.clone()).collect(),
        types: types.join(", "),
        present: match field.presence {
            Presence::Always => "always".to_owned(),
            Presence::WithParent if field.pointer.ends_with("/*") => "each item".to_owned(),
            Presence::WithParent => "with its parent".to_owned(),
            Presence::Sometimes => format!("{} of {}", field.present, field.of),
        },
        pointer: if field.pointer.is_empty() { "(the body)".to_owned() } else { field.pointer },
        values: values.join(", "),
    }
}
