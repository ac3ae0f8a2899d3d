//! `creel sign`: computes the headers that sign a request, without a server.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::catalogue::{CatalogueArgs, scheme};
use super::common::{OutputArgs, Usage, header_fields, moment, now, pairs};
use super::request::RequestArgs;
use super::{Done, exit, output, render};
use crate::http::Headers;
use crate::http::text::is_token;
use crate::model::Timestamp;
use crate::signature::{Config, SignInput, sign};
use crate::view::plain;

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The header fields to send
    Headers,
    /// The whole request, head and body, as it goes on the wire
    Request,
}

/// The arguments of `creel sign`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  creel sign --scheme callaider --secret whsec-one --body body.json
  creel sign --scheme stripe --secret whsec-one --body body.json --as request > signed.http")]
pub(super) struct SignArgs {
    /// How to sign; `creel schemes` lists them
    #[arg(long, value_name = "ID")]
    scheme: String,
    /// The secret; for public-key schemes the private key
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true, env = "CREEL_SECRET", hide_env_values = true)]
    secret: String,
    #[command(flatten)]
    request: RequestArgs,
    /// The method, when there is no head
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    /// A further header field, as 'Name: value' (repeatable)
    #[arg(long = "header", value_name = "FIELD")]
    headers: Vec<String>,
    /// The timestamp to sign, in Unix seconds [default: now]
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true, value_parser = moment)]
    at: Option<i64>,
    /// The delivery's id, where the scheme signs one [default: made up]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// A second value that the scheme needs, as name=value (repeatable)
    #[arg(long = "config", value_name = "VALUE")]
    config: Vec<String>,
    /// What to print
    #[arg(long = "as", value_enum, value_name = "FORM", default_value = "headers", conflicts_with = "json")]
    form: Form,
    #[command(flatten)]
    catalogue: CatalogueArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &SignArgs) -> Done {
    let catalogue = args.catalogue.catalogue()?;
    let scheme = scheme(&catalogue, &args.scheme)?;
    let files = args.request.read()?;
    let mut headers = files.headers;
    for (name, value) in header_fields(&args.headers)? {
        headers.push(name, value);
    }
    if let Some(method) = args.method.as_ref().filter(|method| !is_token(method.as_bytes())) {
        return Err(Usage(format!("--method '{method}' is no HTTP method")).into());
    }
    let method = args.method.clone().unwrap_or(files.method);
    let config: Config = pairs("--config", &args.config)?.into_iter().collect();
    let input = SignInput {
        method: &method,
        url: &files.url,
        headers: &headers,
        body: &files.body,
        timestamp: args.at.map_or_else(now, Timestamp::from_secs),
        id: args.id.as_deref(),
        config: Some(&config),
    };
    let signed = sign(scheme, &args.secret, &input).map_err(|error| Usage(format!("cannot be signed: {error}")))?;
    let url = signed.url.as_deref().unwrap_or(&files.url);
    let body = signed.body.as_deref().unwrap_or(&files.body);
    match args.form {
        Form::Request => output::exact(&on_the_wire(&method, url, &signed.apply_to(&headers), body)?)?,
        Form::Headers => {
            let fields: Vec<Value> =
                signed.headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
            let mut value = json!({"method": method, "url": url, "headers": fields});
            if let Some(body) = &signed.body {
                value["body"] = String::from_utf8_lossy(body).into();
            }
            args.output.one(&value, |_| {
                let line = |(name, value): &(String, String)| format!("{}: {}\n", plain(name), plain(value));
                signed.headers.iter().map(line).collect()
            })?;
            if !args.output.json {
                if signed.url.is_some() {
                    output::note(&format!("send it to {url}: the signature is in the query"));
                }
                if let Some(body) = &signed.body {
                    output::note("the signature is in the body, which becomes:");
                    output::note_lines(&format!("{}\n", render::lines(&String::from_utf8_lossy(body))));
                }
            }
        }
    }
    Ok(exit::DONE)
}

/// Head and body as they go on the wire.
fn on_the_wire(method: &str, url: &str, headers: &Headers, body: &[u8]) -> Result<Vec<u8>, Usage> {
    let (_, rest) = url.split_once("://").ok_or_else(|| Usage(format!("--url {url}: give a whole URL")))?;
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, target) = rest.split_at(at);
    let slash = if target.starts_with('/') { "" } else { "/" };
    let mut wire = format!("{method} {slash}{target} HTTP/1.1\r\n").into_bytes();
    if !headers.contains("host") {
        wire.extend_from_slice(format!("Host: {host}\r\n").as_bytes());
    }
    for field in headers.iter().filter(|field| !field.name.eq_ignore_ascii_case(b"content-length")) {
        wire.extend_from_slice(&[&field.name[..], b": ", &field.value[..], b"\r\n"].concat());
    }
    wire.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    wire.extend_from_slice(body);
    Ok(wire)
}
