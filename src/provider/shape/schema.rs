//! A shape as a JSON Schema.

use serde_json::{Map, Value, json};

use super::{Kind, Shape};

/// The schema of that title (draft 2020-12).
pub(crate) fn json_schema(title: &str, shape: &Shape) -> Value {
    let mut schema = of(shape);
    schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("title".to_owned(), title.into());
    Value::Object(schema)
}

fn of(shape: &Shape) -> Map<String, Value> {
    let mut schema = Map::new();
    let mut kinds = shape.kinds();
    // A whole number is a number.
    if kinds.contains(&Kind::Number) {
        kinds.retain(|kind| *kind != Kind::Integer);
    }
    match kinds[..] {
        [] => {}
        [one] => drop(schema.insert("type".to_owned(), one.name().into())),
        _ => {
            let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
            schema.insert("type".to_owned(), json!(names));
        }
    }
    if !shape.members.is_empty() {
        let objects = shape.kinds.get(&Kind::Object).copied().unwrap_or(0);
        let required: Vec<&String> =
            shape.members.iter().filter(|(_, member)| member.seen >= objects).map(|(name, _)| name).collect();
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        let properties: Map<String, Value> =
            shape.members.iter().map(|(name, member)| (name.clone(), Value::Object(of(member)))).collect();
        schema.insert("properties".to_owned(), Value::Object(properties));
    }
    if let Some(items) = &shape.items {
        schema.insert("items".to_owned(), Value::Object(of(items)));
    }
    schema
}
