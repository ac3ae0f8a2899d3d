//! The settings of a bin, as arguments: a file and flags, of which the flags win.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::cli::common::{Usage, read, span};
use crate::client::ClientError;
use crate::config::did_you_mean;
use crate::model::parse_size;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    Report,
    Enforce,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
pub(super) struct SettingsArgs {
    /// Take the settings from a JSON or TOML (.toml) file, by their names in the API; - for standard input. Flags win
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// The platform that sends, when it is not to be recognised; `creel providers` lists them
    #[arg(long, value_name = "ID")]
    provider: Option<String>,
    /// How requests are signed, when it is not to be recognised; `creel schemes` lists them
    #[arg(long, value_name = "ID")]
    scheme: Option<String>,
    /// Only report what is wrong with a signature, or answer 401 to it
    #[arg(long, value_enum, value_name = "MODE")]
    signature_mode: Option<Mode>,
    /// The URL that senders are given when it is not the capture URL; some schemes sign it
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Status of the response, 200 to 599
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    status: Vec<u16>,
    /// Body of the response
    #[arg(long, value_name = "TEXT")]
    body: Option<String>,
    /// Header of the response, as 'Name: value' (repeatable)
    #[arg(long = "header", value_name = "FIELD")]
    headers: Vec<String>,
    /// How long the response waits: 500ms, 2s
    #[arg(long, value_name = "TIME", value_parser = span)]
    delay: Option<Duration>,
    /// Requests kept; 0 means no limit
    #[arg(long, value_name = "COUNT")]
    max_requests: Option<u64>,
    /// Largest body: 10MiB, 512k
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_body: Option<u64>,
}

/// The server's error about settings, for the user. If it does not know a name (of a provider, a scheme), the nearest
/// known name is suggested in place of its list of all names.
pub(super) fn with_nearest(error: ClientError) -> anyhow::Error {
    if let ClientError::Refused { problem, .. } = &error
        && let (Some(name), Some(known)) = (problem["unknown"].as_str(), problem["known"].as_array())
    {
        let near = did_you_mean(name, known.iter().filter_map(Value::as_str));
        if !near.is_empty() {
            let field = problem["field"].as_str().unwrap_or(name);
            return Usage(format!("{field}: '{name}' is not known here{near}")).into();
        }
    }
    error.into()
}

fn size(text: &str) -> Result<u64, String> {
    parse_size(text).ok_or_else(|| "give a number with k, M or G, such as 10MiB".to_owned())
}

impl SettingsArgs {
    /// The settings as the API takes them.
    pub(super) fn settings(&self) -> anyhow::Result<Map<String, Value>> {
        let mut settings = match &self.from {
            None => Map::new(),
            Some(file) if file.extension().is_some_and(|extension| extension == "toml") => {
                let text = String::from_utf8_lossy(&read(file)?).into_owned();
                toml::from_str(&text)
                    .map_err(|error| Usage(format!("--from {}: {}", file.display(), error.to_string().trim_end())))?
            }
            Some(file) => serde_json::from_slice(&read(file)?)
                .map_err(|error| Usage(format!("--from {}: {error}; give a JSON object", file.display())))?,
        };
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                settings.insert(name.to_owned(), value);
            }
        };
        let text = |text: &Option<String>| text.clone().map(Value::from);
        set("provider", text(&self.provider));
        set("scheme", text(&self.scheme));
        set("public_url", text(&self.public_url));
        set(
            "signature_mode",
            self.signature_mode.map(|mode| if mode == Mode::Report { "report" } else { "enforce" }.into()),
        );
        let response = self.response()?;
        set("response", response);
        let mut limits = Map::new();
        limits.extend(self.max_requests.map(|most| ("max_requests".to_owned(), most.into())));
        limits.extend(self.max_body.map(|most| ("max_body_bytes".to_owned(), most.into())));
        set("limits", (!limits.is_empty()).then_some(Value::Object(limits)));
        Ok(settings)
    }

    /// The response, if any of it is set.
    fn response(&self) -> Result<Option<Value>, Usage> {
        let mut response = Map::new();
        match self.status.as_slice() {
            [] => {}
            [status] => drop(response.insert("status".to_owned(), (*status).into())),
            script => drop(response.insert("script".to_owned(), script.into())),
        }
        response.extend(self.body.clone().map(|body| ("body".to_owned(), body.into())));
        if !self.headers.is_empty() {
            let field = |text: &String| match text.split_once(':') {
                Some((name, value)) => Ok(json!({"name": name.trim(), "value": value.trim()})),
                None => Err(Usage(format!("--header '{text}': give it as 'Name: value'"))),
            };
            let fields: Vec<Value> = self.headers.iter().map(field).collect::<Result<_, _>>()?;
            response.insert("headers".to_owned(), fields.into());
        }
        if let Some(delay) = self.delay {
            let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
            response.insert("delay_ms".to_owned(), millis.into());
        }
        Ok((!response.is_empty()).then_some(Value::Object(response)))
    }
}
