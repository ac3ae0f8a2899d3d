//! The API's page: the OpenAPI document for people, with bodies, responses and an example for each operation.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::Value;

use super::extract::State;
use super::openapi;
use super::pages::{Shell, html};
use super::problem::Problem;

/// A field of a body, or a parameter.
struct Field {
    name: String,
    kind: String,
    required: bool,
    about: String,
}

/// A status with what comes with it.
struct Response {
    status: String,
    about: String,
    /// The shape's name, when it has one.
    shape: Option<String>,
    /// The media types of other content.
    types: String,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    about: String,
    parameters: Vec<Field>,
    /// The shape of the body.
    body: Option<String>,
    responses: Vec<Response>,
    /// A command to paste.
    example: String,
}

/// Operations on the same things.
struct Group {
    name: String,
    operations: Vec<Operation>,
}

/// A named shape with its fields.
struct Shape {
    name: String,
    about: String,
    fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage {
    shell: Shell,
    groups: Vec<Group>,
    shapes: Vec<Shape>,
    asks_for_token: bool,
}

/// The page. As a route of the app, not a resource, so that other methods reach the fallback.
pub(super) fn configure(app: &mut web::ServiceConfig) {
    app.route(openapi::PAGE_PATH, web::get().to(show));
}

/// `GET /api/v1/docs`.
async fn show(state: State, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let document = openapi::document().json();
    let token = if state.asks_for_token { " -H 'Authorization: Bearer TOKEN'" } else { "" };
    let base = format!("http://{}", request.connection_info().host());
    let mut groups: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, about) in item.as_object().into_iter().flatten() {
            let group = text(&about["tags"][0]);
            let example = example(method, &format!("{base}{path}"), about, token);
            groups.entry(group).or_default().push(operation(method, path, about, example));
        }
    }
    html(&DocsPage {
        shell: Shell::new(&request, "API"),
        groups: groups.into_iter().map(|(name, operations)| Group { name, operations }).collect(),
        shapes: shapes(document),
        asks_for_token: state.asks_for_token,
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn operation(method: &str, path: &str, about: &Value, example: String) -> Operation {
    let parameters = about["parameters"].as_array().into_iter().flatten().map(|parameter| Field {
        name: text(&parameter["name"]),
        kind: kind(&parameter["schema"]),
        required: parameter["required"] == true,
        about: text(&parameter["description"]),
    });
    let responses = about["responses"].as_object().into_iter().flatten().map(|(status, response)| {
        let content = response["content"].as_object();
        let types: Vec<_> = content.into_iter().flatten().map(|(name, _)| name.clone()).collect();
        let schema = content.and_then(|content| content.values().next()).map(|content| &content["schema"]);
        Response {
            status: if status == "default" { "other".to_owned() } else { status.clone() },
            about: text(&response["description"]),
            shape: schema.and_then(shape_of),
            types: types.join(", "),
        }
    });
    let body = about.pointer("/requestBody/content").and_then(Value::as_object);
    let body = body
        .and_then(|content| content.iter().next())
        .map(|(media, content)| shape_of(&content["schema"]).unwrap_or_else(|| media.clone()));
    Operation {
        id: text(&about["operationId"]),
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        summary: text(&about["summary"]),
        about: text(&about["description"]),
        parameters: parameters.collect(),
        body,
        responses: responses.collect(),
        example,
    }
}

/// An example command, with the names of the document's examples.
fn example(method: &str, url: &str, about: &Value, token: &str) -> String {
    let url = url.replace("{bin}", "callaider").replace("{id}", "latest").replace("{secret}", "1");
    let query: Vec<String> = about["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|parameter| {
            let value = parameter["example"].as_str()?;
            Some(format!("{}={value}", parameter["name"].as_str()?))
        })
        .collect();
    let mark = if query.is_empty() { "" } else { "?" };
    let url = format!("'{url}{mark}{}'", query.join("&"));
    let content = about.pointer("/requestBody/content").and_then(Value::as_object);
    let lines = content.is_some_and(|content| content.contains_key("application/x-ndjson"));
    let body = content.and_then(|content| content.get("application/json")).map(|content| &content["example"]);
    let with = match body {
        _ if lines => " -H 'Content-Type: application/x-ndjson' --data-binary @requests.jsonl".to_owned(),
        Some(example) if !example.is_null() => format!(" --json '{example}'"),
        Some(_) | None => String::new(),
    };
    let verb = match (method, with.is_empty()) {
        ("get", _) | ("post", false) => String::new(),
        _ => format!(" -X {}", method.to_ascii_uppercase()),
    };
    let stream = if url.contains("events-stream") { " -N" } else { "" };
    if url.contains("/stream") {
        return format!("websocat {}", url.replacen("http:", "ws:", 1));
    }
    format!("curl{token}{stream}{verb} {url}{with}")
}

fn shapes(document: &Value) -> Vec<Shape> {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let shape = |(name, schema): (&String, &Value)| {
        let required =
            |field: &str| schema["required"].as_array().is_some_and(|list| list.iter().any(|one| one == field));
        let fields = schema["properties"].as_object().into_iter().flatten().map(|(field, about)| Field {
            name: field.clone(),
            kind: kind(about),
            required: required(field),
            about: text(&about["description"]),
        });
        Shape { name: name.clone(), about: text(&schema["description"]), fields: fields.collect() }
    };
    schemas.into_iter().flatten().map(shape).filter(|shape| !shape.fields.is_empty()).collect()
}

/// The name of the shape that a schema refers to.
fn shape_of(schema: &Value) -> Option<String> {
    schema["$ref"].as_str().and_then(|target| target.rsplit('/').next()).map(str::to_owned)
}

/// A schema in a few words: `text`, `whole number, 200 to 599`, `list of Secret`, `report or enforce`.
fn kind(schema: &Value) -> String {
    if let Some(name) = shape_of(schema) {
        return name;
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<_> = words.iter().map(|word| word.as_str().unwrap_or("null").to_owned()).collect();
        return words.join(" or ");
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(kinds) = schema[several].as_array() {
            let mut kinds: Vec<_> = kinds.iter().map(kind).collect();
            kinds.dedup();
            return kinds.join(" or ");
        }
    }
    let named = |name: &str| match name {
        "string" => "text".to_owned(),
        "integer" => "whole number".to_owned(),
        "array" => format!("list of {}", kind(&schema["items"])),
        other => other.to_owned(),
    };
    let mut words = match &schema["type"] {
        Value::String(name) => named(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(named).collect::<Vec<_>>().join(" or "),
        _ => "any value".to_owned(),
    };
    match (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
        (Some(from), Some(to)) => words.push_str(&format!(", {from} to {to}")),
        (None, Some(to)) => words.push_str(&format!(", at most {to}")),
        _ => {}
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_are_told_in_words() {
        for (schema, words) in [
            (json!({"type": "string"}), "text"),
            (json!({"type": ["integer", "null"], "minimum": 200, "maximum": 599}), "whole number or null, 200 to 599"),
            (json!({"type": "array", "items": {"$ref": "#/components/schemas/Secret"}}), "list of Secret"),
            (json!({"enum": ["report", "enforce", null]}), "report or enforce or null"),
            (json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Fault"}]}), "null or Fault"),
            (json!({}), "any value"),
        ] {
            assert_eq!(kind(&schema), words, "{schema}");
        }
    }
}
