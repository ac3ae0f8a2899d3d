//! The owner's JSON Schemas, one per event.

use actix_web::{HttpResponse, delete, get, put};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::model::{BinSettings, EventSchema, Timestamp};
use crate::provider::own_schema::{self, MAX_NAME, MAX_SCHEMAS};
use crate::server::console::extract::{BinRef, Json, Named, ObjectOnly, State, path_names};
use crate::server::console::heavy::heavy;
use crate::server::console::problem::Problem;
use crate::store::BinState;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(list).service(read).service(set).service(remove);
}

/// The schemas of a bin.
#[derive(Serialize, ToSchema)]
#[schema(as = EventSchemas)]
struct SchemasShape<'a> {
    /// By event; at most 20, and as many that a configuration file sets.
    schemas: Vec<SchemaShape<'a>>,
}

/// A JSON Schema for an event.
#[derive(Serialize, ToSchema)]
#[schema(as = EventSchema)]
struct SchemaShape<'a> {
    /// The event's name.
    event: &'a str,
    /// The schema.
    #[schema(value_type = Object)]
    schema: &'a Value,
    /// When it was set.
    #[schema(value_type = String, format = DateTime)]
    set_at: Timestamp,
}

impl<'a> From<&'a EventSchema> for SchemaShape<'a> {
    fn from(one: &'a EventSchema) -> Self {
        Self { event: &one.event, schema: &one.schema, set_at: one.at }
    }
}

/// A JSON Schema: at most 65,536 bytes and 64 levels, of any draft; a `$ref` leads into the schema itself.
#[derive(Deserialize, ToSchema)]
#[schema(as = EventSchemaInput, value_type = Object)]
struct SchemaInput(Map<String, Value>);

impl ObjectOnly for SchemaInput {}

fn schemas(bin: &BinState) -> &[EventSchema] {
    bin.bin.settings.expect.as_ref().map_or(&[], |expect| &expect.schemas)
}

path_names! {
    /// An event's name.
    struct EventName, "event";
}

fn found<'b>(bin: &'b BinState, event: &str) -> Result<&'b EventSchema, Problem> {
    let found = bin.bin.settings.expect.as_ref().and_then(|expect| expect.schema(event));
    found.ok_or_else(|| Problem::not_found("schema for this event"))
}

/// List the JSON Schemas that were set for events
#[utoipa::path(tag = "events", responses((status = 200, body = SchemasShape<'_>)))]
#[get("/api/v1/bins/{bin}/schemas")]
async fn list(bin: BinRef) -> HttpResponse {
    HttpResponse::Ok().json(SchemasShape { schemas: schemas(&bin.0).iter().map(SchemaShape::from).collect() })
}

/// Read the JSON Schema of an event
#[utoipa::path(tag = "events", responses((status = 200, body = SchemaShape<'_>)))]
#[get("/api/v1/bins/{bin}/schemas/{event}")]
async fn read(bin: BinRef, event: Named<EventName>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(SchemaShape::from(found(&bin.0, &event.0.0)?)))
}

/// Set a JSON Schema of your own for an event
///
/// Every request with the event is checked against it when it is shown: `GET …/requests/{id}/contract`, the tree of its
/// body, its Event tab.
#[utoipa::path(tag = "events", request_body = SchemaInput, responses((status = 200, body = SchemaShape<'_>)))]
#[put("/api/v1/bins/{bin}/schemas/{event}")]
async fn set(
    state: State,
    bin: BinRef,
    event: Named<EventName>,
    input: Json<SchemaInput>,
) -> Result<HttpResponse, Problem> {
    let event = event.0.0;
    if event.is_empty() || event.chars().count() > MAX_NAME {
        return Err(Problem::field("event", format!("An event's name has 1 to {MAX_NAME} characters.")));
    }
    let schema = Value::Object(input.0.0);
    let (checked, schema) = heavy(move || (own_schema::check(&schema), schema)).await?;
    checked.map_err(|error| Problem::field(error.pointer, error.sentence))?;
    let others = schemas(&bin.0).iter().filter(|one| one.event != event).count();
    if others >= MAX_SCHEMAS {
        let sentence = format!("A bin has schemas for at most {MAX_SCHEMAS} events; remove one first.");
        return Err(Problem::field("event", sentence));
    }
    let (at, name) = (state.capture.clock().now(), event.clone());
    let set = move |settings: &mut BinSettings| {
        let expect = settings.expect.get_or_insert_default();
        expect.set_schema(EventSchema { event: name, schema, at });
        // Concurrent calls may have set more, and the file may set as many.
        expect.schemas.truncate(2 * MAX_SCHEMAS);
    };
    let changed = state.store.update_bin(bin.id(), set).await?;
    Ok(HttpResponse::Ok().json(SchemaShape::from(found(&changed, &event)?)))
}

/// Remove the JSON Schema of an event
#[utoipa::path(tag = "events", responses((status = 204)))]
#[delete("/api/v1/bins/{bin}/schemas/{event}")]
async fn remove(state: State, bin: BinRef, event: Named<EventName>) -> Result<HttpResponse, Problem> {
    let event = event.0.0;
    found(&bin.0, &event)?;
    let remove = move |settings: &mut BinSettings| {
        settings.expect.get_or_insert_default().remove_schema(&event);
    };
    state.store.update_bin(bin.id(), remove).await?;
    Ok(HttpResponse::NoContent().finish())
}
