//! The bins of a file, brought into the form that the API takes: its short forms written out, secrets fetched from where
//! they are.

use serde_json::{Map, Value, json};

use super::text::{At, FileError, Text};

/// A bin that the file declares.
#[derive(Clone)]
pub struct DeclaredBin {
    /// Its name.
    pub name: String,
    /// Its settings as the API takes them, with the secrets' texts: not to be shown.
    pub settings: Map<String, Value>,
    /// How it forwards, as the API takes it.
    pub forward: Option<Value>,
    /// The environment variables that secrets came from.
    pub environment: Vec<String>,
}

impl DeclaredBin {
    /// What the file sets, in the words of the API.
    pub fn fields(&self) -> Vec<String> {
        self.settings.keys().cloned().chain(self.forward.is_some().then(|| "forward".to_owned())).collect()
    }
}

/// Reads the table of bins.
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
            headers(text, response, &format!("{field}.response"));
            for (method, response) in response.get_mut("methods").and_then(Value::as_object_mut).into_iter().flatten() {
                headers(text, response, &format!("{field}.response.methods.{method}"));
            }
        }
        let forward = settings.remove("forward").map(|forward| routes(text, forward, &format!("{field}.forward")));
        bins.push(DeclaredBin { name, settings, forward: forward.transpose()?, environment: used });
    }
    Ok(bins)
}

/// Secrets with their texts.
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
            Value::String(value) => json!({"value": value}),
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
            (Some(Value::String(name)), None) => {
                let value = environment(name).filter(|value| !value.is_empty());
                let unset = || text.error(&at, At::Value, format!("the environment variable {name} is not set"));
                let value = value.ok_or_else(unset)?;
                used.push(name.clone());
                (Value::String(value), Value::String(name.clone()))
            }
            (Some(_), None) => return Err(text.error(&at, At::Value, "give the name of an environment variable")),
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
        let count = to.as_array().map_or(1, Vec::len);
        for index in 0..count {
            let whole = format!("{field}.routes[0].to[{index}]");
            text.alias(&whole, &format!("{field}.to[{index}]"));
        }
        forward.insert("routes".to_owned(), json!([{"to": to}]));
    }
    Ok(Value::Object(forward))
}
