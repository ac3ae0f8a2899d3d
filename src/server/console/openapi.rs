//! The OpenAPI document, made from the handlers' own annotations.

use std::sync::OnceLock;

use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, web};
use serde_json::{Value, json};
use utoipa::OpenApi as _;
use utoipa_actix_web::AppExt as _;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{api, live, ops};

/// What the document says besides the routes.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Creel",
        description = "A local webhook inspector. In place of `{bin}`, a bin's id and its name both work."
    ),
    components(schemas(ProblemShape))
)]
struct Base;

/// An error (RFC 9457).
#[derive(utoipa::ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "only its schema is used; `problem::Problem` writes it")]
struct ProblemShape {
    /// Always `about:blank`; `code` tells problems apart.
    r#type: String,
    /// The status in words.
    title: String,
    /// The status.
    status: u16,
    /// A sentence.
    detail: String,
    /// The stable name of what went wrong.
    code: String,
    /// The field or query parameter at fault.
    #[schema(nullable = false)]
    field: Option<String>,
    /// The name or value that is not known there, if that is the problem; a long one is shortened.
    #[schema(nullable = false)]
    unknown: Option<String>,
    /// What may be there instead; beside `unknown` only.
    #[schema(nullable = false)]
    known: Option<Vec<String>>,
}

/// Every documented route.
pub(super) fn routes(app: &mut ServiceConfig<'_>) {
    app.configure(api::configure).configure(live::configure).configure(ops::configure);
}

/// The document and what is read out of it.
pub(super) struct Document {
    json: Value,
    text: String,
    /// Path templates in segments, with their methods.
    routes: Vec<(Vec<String>, String)>,
}

impl Document {
    /// The document itself.
    pub(super) const fn json(&self) -> &Value {
        &self.json
    }

    /// The methods of the route that has this path, as `Allow` lists them.
    pub(super) fn methods_of(&self, path: &str) -> Option<String> {
        let segments: Vec<&str> = path.split('/').collect();
        let fits = |template: &[String]| {
            template.len() == segments.len()
                && template
                    .iter()
                    .zip(&segments)
                    .all(|(part, segment)| if part.starts_with('{') { !segment.is_empty() } else { part == segment })
        };
        self.routes.iter().find(|(template, _)| fits(template)).map(|(_, methods)| methods.clone())
    }
}

/// The document. The same for the whole life of the process.
pub(super) fn document() -> &'static Document {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let (_, made) = App::new().into_utoipa_app().openapi(Base::openapi()).configure(routes).split_for_parts();
        let mut json = serde_json::to_value(&made).unwrap_or_default();
        json["openapi"] = "3.1.0".into();
        json["info"]["version"] = env!("CARGO_PKG_VERSION").into();
        if let Some(paths) = json["paths"].as_object_mut() {
            for (path, item) in paths {
                complete(path, item);
            }
        }
        Document { text: json.to_string(), routes: templates(&json), json }
    })
}

/// A body for each operation that takes one, as a client would write it; the tests send each of them.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("post", "/bins", r#"{"name": "callaider", "provider": "callaider", "secret": "whsec_callaider_live"}"#),
    ("put", "/bins/{bin}", r#"{"provider": "callaider"}"#),
    ("patch", "/bins/{bin}", r#"{"public_url": "https://hooks.example.net/callaider"}"#),
    ("put", "/bins/{bin}/forward", r#"{"routes": [{"to": "http://127.0.0.1:3000/hook"}]}"#),
    ("patch", "/bins/{bin}/forward", r#"{"paused": true}"#),
    ("post", "/bins/{bin}/forward/catch-up", r#"{"since": "2026-05-28T12:34:56Z"}"#),
    ("put", "/bins/{bin}/on-match", r#"{"filter": "sig:invalid", "to": "http://127.0.0.1:3000/alarm"}"#),
    (
        "post",
        "/bins/{bin}/requests/{id}/attempts",
        r#"{"why": "replay", "target": "http://localhost:3000/hook", "started_at": "2026-05-28T12:34:56.789Z",
            "outcome": "connect", "sentence": "Nothing listens on localhost:3000.",
            "sent": {"head_base64": "R0VUIC8gSFRUUC8xLjENCg0K", "body_size": 0}, "times_us": {"total": 812}}"#,
    ),
    ("post", "/bins/{bin}/replay", r#"{"target": "http://127.0.0.1:3000/hook", "spacing": "recorded"}"#),
    (
        "post",
        "/bins/{bin}/requests/{id}/replay",
        r#"{"target": "http://127.0.0.1:3000/hook", "edit": {"path": "/staging"}, "dry_run": true}"#,
    ),
    ("post", "/check", r#"{"target": "http://127.0.0.1:3000/webhook", "provider": "callaider"}"#),
    ("post", "/bins/{bin}/send", r#"{"provider": "callaider", "event": "session.ended", "language": "ru"}"#),
    ("patch", "/bins/{bin}/requests", r#"{"read": true}"#),
    ("patch", "/bins/{bin}/requests/{id}", r#"{"pinned": true, "note": "see staging", "tags": ["demo"]}"#),
    ("post", "/bins/{bin}/requests/{id}/signature", r#"{"secret": "whsec_another"}"#),
    ("post", "/bins/{bin}/requests/{id}/answer", r#"{"status": 202, "body": "{\"ok\":true}"}"#),
    (
        "post",
        "/bins/{bin}/requests/{id}/answer/passed-on",
        r#"{"head_base64": "SFRUUC8xLjEgMjAyIEZpbmUNCg0K", "body_base64": "eyJvayI6dHJ1ZX0="}"#,
    ),
    (
        "put",
        "/bins/{bin}/checklist/{point}",
        r#"{"stated": true, "note": "Alert endpoint-5xx of the monitoring, seen in staging"}"#,
    ),
    ("post", "/bins/{bin}/lease", r#"{"timeout_ms": 10000}"#),
    ("put", "/bins/{bin}/expect", r#"{"events": ["session.started", "session.ended"], "silence_s": 3600}"#),
    (
        "put",
        "/bins/{bin}/schemas/{event}",
        r#"{"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}"#,
    ),
    ("put", "/bins/{bin}/response", r#"{"status": 202, "body": "{{request.json./challenge}}"}"#),
    ("post", "/bins/{bin}/secrets", r#"{"label": "live", "value": "whsec_callaider_live"}"#),
    ("put", "/bins/{bin}/secrets", r#"{"secrets": [{"label": "live", "value": "whsec_callaider_live"}]}"#),
];

/// A value for the parameters that a first try needs.
const PARAMETER_EXAMPLES: &[(&str, &str, &str, &str)] = &[
    ("get", "/bins/{bin}/diff", "a", "latest"),
    ("get", "/bins/{bin}/diff", "b", "latest"),
    ("get", "/bins/{bin}/export", "as", "jsonl"),
    ("get", "/bins/{bin}/contract", "event", "session.ended"),
    ("get", "/bins/{bin}/requests", "q", "sig:invalid"),
    ("delete", "/bins/{bin}/requests", "q", "is:duplicate"),
    ("patch", "/bins/{bin}/requests", "q", "is:unread"),
    ("get", "/bins/{bin}/requests/{id}/export", "as", "curl"),
    ("get", "/bins/{bin}/wait", "q", "event:session.ended"),
];

/// Adds the examples of an operation.
fn exemplify(method: &str, path: &str, operation: &mut Value) {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let example = EXAMPLES.iter().find(|(of, at, _)| (*of, *at) == (method, path));
    if let Some(example) = example.and_then(|(_, _, text)| serde_json::from_str::<Value>(text).ok())
        && let Some(content) = operation.pointer_mut("/requestBody/content/application~1json")
    {
        content["example"] = example;
    }
    for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default();
        let known = PARAMETER_EXAMPLES.iter().find(|(of, at, named, _)| (*of, *at, *named) == (method, path, name));
        if let Some((_, _, _, value)) = known {
            parameter["example"] = (*value).into();
        }
    }
}

/// Adds what every operation has in common, so that handlers need not repeat it: an id,
/// path parameters, descriptions of responses, the error shape.
fn complete(path: &str, item: &mut Value) {
    for (method, operation) in item.as_object_mut().into_iter().flatten() {
        let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters: Vec<Value> = named
            .map(|name| {
                let description = match name {
                    "bin" => "The bin's id or name",
                    "id" => "The request's id (a ULID), or `latest`",
                    "point" => "The point's name",
                    "event" => "The event's name",
                    "session" => "The session, as its requests name it",
                    _ => "The number",
                };
                let schema = if matches!(name, "secret" | "job" | "check") {
                    json!({"type": "integer"})
                } else {
                    json!({"type": "string"})
                };
                json!({"name": name, "in": "path", "required": true, "description": description, "schema": schema})
            })
            .chain(operation["parameters"].as_array().cloned().unwrap_or_default())
            .collect();
        operation["parameters"] = parameters.into();
        operation["operationId"] = operation_id(method, path).into();
        for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
            // Every response needs a description; without one, the status's words are used.
            if response["description"].as_str().is_none_or(str::is_empty) {
                let status = StatusCode::from_bytes(status.as_bytes()).ok();
                response["description"] =
                    status.and_then(|status| status.canonical_reason()).unwrap_or("The response").into();
            }
        }
        // A body that may be left out (an `Option` at its handler) is still never `null`.
        for (_, content) in
            operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut).into_iter().flatten()
        {
            let given = content["schema"]["oneOf"]
                .as_array()
                .and_then(|kinds| kinds.iter().find(|kind| kind["type"] != "null"));
            if let Some(given) = given.cloned() {
                content["schema"] = given;
            }
        }
        exemplify(method, path, operation);
        operation["responses"]["default"] = json!({
            "description": "What went wrong",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        });
    }
}

/// A name that no other operation has: handlers of different resources share names such as `list`.
fn operation_id(method: &str, path: &str) -> String {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let words =
        path.split('/').filter(|part| !part.is_empty()).map(|part| part.trim_matches(['{', '}']).replace('-', "_"));
    std::iter::once(method.to_owned()).chain(words).collect::<Vec<_>>().join("_")
}

fn templates(json: &Value) -> Vec<(Vec<String>, String)> {
    let paths = json["paths"].as_object().into_iter().flatten();
    paths
        .map(|(path, item)| {
            let mut methods: Vec<String> =
                item.as_object().into_iter().flatten().map(|(method, _)| method.to_ascii_uppercase()).collect();
            if methods.iter().any(|method| method == "GET") && !super::live::never_ends(path) {
                methods.push("HEAD".to_owned());
            }
            methods.push("OPTIONS".to_owned());
            (segments(path), methods.join(", "))
        })
        // The document does not describe itself.
        .chain([JSON_PATH, PAGE_PATH].map(|path| (segments(path), "GET, HEAD, OPTIONS".to_owned())))
        .collect()
}

fn segments(path: &str) -> Vec<String> {
    path.split('/').map(str::to_owned).collect()
}

const JSON_PATH: &str = "/api/v1/openapi.json";
/// Of the page that shows the document to people.
pub(super) const PAGE_PATH: &str = "/api/v1/docs";

/// The document. As a route of the app, not a resource, so that other methods reach the fallback.
pub(super) fn configure(app: &mut web::ServiceConfig) {
    app.route(JSON_PATH, web::get().to(show_json));
}

async fn show_json() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document().text.as_str())
}

/// The schemas of the document, referring to each other below `prefix`.
pub(crate) fn schemas(prefix: &str) -> serde_json::Map<String, Value> {
    let schemas = &document().json()["components"]["schemas"];
    let text = schemas.to_string().replace("#/components/schemas/", prefix);
    serde_json::from_str(&text).unwrap_or_default()
}
