//! Converts the bins of a file to the API's form: expands short forms and fetches secrets.

use serde_json::{Map, Value, json};

use super::event_schemas::{self, DeclaredSchema};
use super::text::{At, FileError, Text};

/// What the file calls the schemas of a bin's events.
pub(super) const EVENT_SCHEMAS: &str = "event_schemas";

/// A bin that the file declares in a table `[bins.NAME]`.
#[derive(Clone)]
pub struct DeclaredBin {
    /// The name of its table; the API checks it.
    pub name: String,
    /// Its settings in the API's form, with the secrets' texts: must not be shown.
    pub settings: Map<String, Value>,
    /// How it forwards, as the API takes it; `None` where the file does not say.
    pub forward: Option<Value>,
    /// What it expects of its sender, as the API takes it.
    pub expect: Option<Value>,
    /// JSON Schemas for its events, in the order of the events' names.
    pub event_schemas: Vec<DeclaredSchema>,
    /// The environment variables that secrets and expected headers came from.
    pub environment: Vec<String>,
}

impl DeclaredBin {
    /// The settings that the file sets, by their names in the API.
    pub fn fields(&self) -> Vec<String> {
        let beside = [
            ("forward", self.forward.is_some()),
            ("expect", self.expect.is_some()),
            (EVENT_SCHEMAS, !self.event_schemas.is_empty()),
        ];
        let beside = beside.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name.to_owned());
        self.settings.keys().cloned().chain(beside).collect()
    }

    /// The settings in tables that the file sets only in part, such as `limits.max_age_s`: the others stay as set by
    /// hand.
    pub fn parts(&self) -> Vec<String> {
        let tables = [
            ("limits", self.settings.get("limits")),
            ("forward", self.forward.as_ref()),
            ("expect", self.expect.as_ref()),
        ];
        let parts = tables.into_iter().flat_map(|(table, value)| {
            let names = value.and_then(Value::as_object).into_iter().flat_map(Map::keys);
            names.map(move |name| format!("{table}.{name}"))
        });
        parts.collect()
    }
}

pub(super) fn read(
    text: &mut Text,
    table: Map<String, Value>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<DeclaredBin>, FileError> {
    let mut bins = Vec::new();
    for (name, settings) in table {
        let field = format!("bins.{name}");
        let Value::Object(mut settings) = settings else {
            return Err(text.error(&field, At::Value, format!("write it as a table: [{field}]")));
        };
        if settings.contains_key("name") {
            return Err(text.error(&format!("{field}.name"), At::Key, "the name is the table's; leave it out"));
        }
        let mut used = Vec::new();
        if let Some(secret) = settings.remove("secret") {
            if settings.contains_key("secrets") {
                return Err(text.error(&format!("{field}.secret"), At::Key, "give either secret or secrets"));
            }
            text.alias(&format!("{field}.secrets"), &format!("{field}.secret"));
            text.alias(&format!("{field}.secrets[0]"), &format!("{field}.secret"));
            settings.insert("secrets".to_owned(), json!([secret]));
        }
        if let Some(secrets) = settings.get_mut("secrets") {
            *secrets = fetched(text, secrets, &format!("{field}.secrets"), environment, &mut used)?;
        }
        if let Some(response) = settings.get_mut("response") {
            responses(text, response, &format!("{field}.response"));
        }
        let expect = settings.remove("expect");
        let expect = expect.map(|expect| expected(text, expect, &format!("{field}.expect"), environment, &mut used));
        let expect = expect.transpose()?;
        let schemas = settings.remove(EVENT_SCHEMAS);
        let schemas = schemas.map(|given| event_schemas::read(text, given, &format!("{field}.{EVENT_SCHEMAS}")));
        let event_schemas = schemas.transpose()?.unwrap_or_default();
        let forward = settings.remove("forward").map(|forward| routes(text, forward, &format!("{field}.forward")));
        let forward = forward.transpose()?;
        bins.push(DeclaredBin { name, settings, forward, expect, event_schemas, environment: used });
    }
    Ok(bins)
}

/// The secrets, each with its text in place of the variable that it is read from.
fn fetched(
    text: &mut Text,
    secrets: &Value,
    field: &str,
    environment: &dyn Fn(&str) -> Option<String>,
    used: &mut Vec<String>,
) -> Result<Value, FileError> {
    let form = "write it as a list: [{ label = \"live\", env = \"MY_SECRET\" }]";
    let list = secrets.as_array().ok_or_else(|| text.error(field, At::Value, form))?;
    let mut fetched = Vec::new();
    for (index, secret) in list.iter().enumerate() {
        let field = format!("{field}[{index}]");
        let one = "give it as { env = \"NAME\" } or { value = \"…\" }";
        let secret = match secret {
            // The text alone.
            Value::String(value) => {
                text.alias(&format!("{field}.value"), &field);
                json!({"value": value})
            }
            Value::Object(_) => secret.clone(),
            _ => return Err(text.error(&field, At::Value, one)),
        };
        let known = ["label", "env", "value"];
        if let Some(name) =
            secret.as_object().into_iter().flat_map(Map::keys).find(|name| !known.contains(&name.as_str()))
        {
            return Err(text.unknown(&format!("{field}.{name}"), known.into_iter()));
        }
        let (env, value) = (secret.get("env"), secret.get("value"));
        let at = format!("{field}.env");
        let (value, label) = match (env, value) {
            (Some(name), None) => (variable(text, name, &at, environment, used)?, name.clone()),
            (None, Some(value)) => (value.clone(), Value::Null),
            (Some(_), Some(_)) | (None, None) => return Err(text.error(&field, At::Value, one)),
        };
        let label = secret.get("label").cloned().unwrap_or(label);
        let mut whole = json!({"value": value});
        if !label.is_null() {
            whole["label"] = label;
        }
        if env.is_some() {
            text.alias(&format!("{field}.value"), &at);
        }
        fetched.push(whole);
    }
    Ok(fetched.into())
}

/// The value of an environment variable that the file names; its name is added to `used`.
fn variable(
    text: &Text,
    name: &Value,
    field: &str,
    environment: &dyn Fn(&str) -> Option<String>,
    used: &mut Vec<String>,
) -> Result<Value, FileError> {
    let Value::String(name) = name else {
        return Err(text.error(field, At::Value, "give the name of an environment variable"));
    };
    if name.is_empty() || name.contains(['=', '\0']) {
        return Err(text.error(field, At::Value, format!("'{name}' is no name of an environment variable")));
    }
    let value = environment(name).filter(|value| !value.is_empty());
    let unset = || text.error(field, At::Value, format!("the environment variable {name} is not set"));
    let value = value.ok_or_else(unset)?;
    used.push(name.clone());
    Ok(Value::String(value))
}

/// What a bin expects of its sender, with the values of its headers.
fn expected(
    text: &mut Text,
    mut expect: Value,
    field: &str,
    environment: &dyn Fn(&str) -> Option<String>,
    used: &mut Vec<String>,
) -> Result<Value, FileError> {
    let form = "write it as a table: { headers = [{ name = \"Authorization\", env = \"MY_TOKEN\" }] }";
    if !expect.is_object() {
        return Err(text.error(field, At::Value, form));
    }
    let headers = expect.get_mut("headers").and_then(Value::as_array_mut);
    for (index, header) in headers.into_iter().flatten().enumerate() {
        let field = format!("{field}.headers[{index}]");
        let Some(header) = header.as_object_mut() else { continue };
        let Some(name) = header.remove("env") else { continue };
        if header.contains_key("value") || header.contains_key("sha256") {
            return Err(text.error(&format!("{field}.env"), At::Key, "give one of env, value and sha256"));
        }
        let value = variable(text, &name, &format!("{field}.env"), environment, used)?;
        header.insert("value".to_owned(), value);
        text.alias(&format!("{field}.value"), &format!("{field}.env"));
    }
    Ok(expect)
}

/// The header fields of a response and of those in it.
fn responses(text: &mut Text, response: &mut Value, field: &str) {
    headers(text, response, field);
    for (method, response) in response.get_mut("methods").and_then(Value::as_object_mut).into_iter().flatten() {
        headers(text, response, &format!("{field}.methods.{method}"));
    }
    for (index, response) in response.get_mut("script").and_then(Value::as_array_mut).into_iter().flatten().enumerate()
    {
        headers(text, response, &format!("{field}.script[{index}]"));
    }
    if let Some(response) = response.pointer_mut("/hold/otherwise") {
        headers(text, response, &format!("{field}.hold.otherwise"));
    }
}

/// Header fields as a list; a table is the short form for those without repeats.
fn headers(text: &mut Text, response: &mut Value, field: &str) {
    let Some(Value::Object(table)) = response.get("headers") else { return };
    let mut list = Vec::new();
    for (index, (name, value)) in table.clone().into_iter().enumerate() {
        let (short, whole) = (format!("{field}.headers.{name}"), format!("{field}.headers[{index}]"));
        for part in ["", ".name", ".value"] {
            text.alias(&format!("{whole}{part}"), &short);
        }
        list.push(json!({"name": name, "value": value}));
    }
    response["headers"] = list.into();
}

/// Routes; `to` alone is the short form for one without conditions.
fn routes(text: &mut Text, forward: Value, field: &str) -> Result<Value, FileError> {
    let form = "write it as a table: { to = \"http://localhost:3000/hook\" }";
    let Value::Object(mut forward) = forward else { return Err(text.error(field, At::Value, form)) };
    if let Some(to) = forward.remove("to") {
        if forward.contains_key("routes") {
            return Err(text.error(&format!("{field}.to"), At::Key, "give either to or routes"));
        }
        for part in ["routes", "routes[0]", "routes[0].to"] {
            text.alias(&format!("{field}.{part}"), &format!("{field}.to"));
        }
        if to.is_string() {
            text.alias(&format!("{field}.routes[0].to[0]"), &format!("{field}.to"));
        }
        forward.insert("routes".to_owned(), json!([{"to": to}]));
    }
    // Errors in other settings are reported first.
    if forward.is_empty() {
        return Err(text.error(field, At::Value, "say where to: { to = \"http://localhost:3000/hook\" }"));
    }
    Ok(Value::Object(forward))
}
