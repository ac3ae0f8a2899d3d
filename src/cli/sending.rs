//! Shared by `creel replay` and `creel forward`: gets a request's exact bytes from the server, sends them from this
//! machine, and reports the attempt.

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clap::Args;
use serde_json::{Value, json};

use super::common::Usage;
use crate::client::{Client, ClientError, Method, bin_path, segment};
use crate::config;
use crate::deliver::engine::TargetUrl;
use crate::deliver::{ByHand, Facts};
use crate::http::text::clipped;
use crate::model::{CapturedRequest, Delivered, Why};
use crate::signature::Catalogue;

/// How a target is reached.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Target")]
pub(super) struct TargetArgs {
    /// Give up a delivery after this long
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = super::common::span)]
    pub(super) within: Duration,
    /// Keep the sender's Host in place of the target's
    #[arg(long)]
    pub(super) keep_host: bool,
    /// Certificates that the target may have beside those that the system trusts: a PEM file
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// Trust every certificate of the target
    #[arg(long)]
    insecure: bool,
}

impl TargetArgs {
    pub(super) fn by_hand(&self, catalogue: Catalogue) -> anyhow::Result<ByHand> {
        Ok(ByHand::new(catalogue, config::tls_options(self.cacert.as_deref(), self.insecure)?))
    }
}

/// Reads a target of the command line.
pub(super) fn target(text: &str) -> Result<TargetUrl, String> {
    TargetUrl::parse(text)
}

/// A request with its exact bytes; `None` when it is gone.
pub(super) async fn fetch(
    client: &Client,
    by_hand: &ByHand,
    bin: &str,
    summary: &Value,
) -> Result<Option<CapturedRequest>, ClientError> {
    let id = summary["id"].as_str().unwrap_or_default();
    let (mut head, mut body) = (Vec::new(), Vec::new());
    for (part, bytes) in [("head", &mut head), ("body", &mut body)] {
        let keep = |piece: &[u8]| {
            bytes.extend_from_slice(piece);
            Ok(())
        };
        match client.copy(&path(bin, id, part), &[], keep).await {
            Ok(()) => {}
            Err(ClientError::Refused { status: 404, .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    let text = |pointer: &str| summary.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let facts = Facts {
        id: id.parse().ok(),
        seq: summary["seq"].as_u64().unwrap_or_default(),
        received_at: text("/received_at").and_then(|text| text.parse().ok()).unwrap_or_default(),
        path: text("/path").unwrap_or_default(),
        complete: summary.pointer("/body/complete") == Some(&Value::Bool(true)) && summary["rejected"].is_null(),
        scheme: text("/signature/scheme"),
        event: text("/event/name"),
    };
    Ok(Some(by_hand.request(Bytes::from(head), Bytes::from(body), facts)))
}

fn path(bin: &str, id: &str, part: &str) -> String {
    bin_path(bin, &format!("/requests/{}/{part}", segment(id)))
}

/// The changed parts of a sent request, for the server's verdict on its signature.
pub(super) struct Changed<'a> {
    /// The body; `None` when it is sent as captured.
    pub(super) body: Option<&'a Bytes>,
    /// Whether it was signed with a secret that was given here.
    pub(super) resigned: bool,
}

impl Changed<'_> {
    fn told(&self, sent: &mut Value) {
        sent["changed"] = true.into();
        sent["resigned"] = self.resigned.into();
        match self.body {
            Some(body) if body.len() > MAX_TOLD_BODY => sent["body_left_out"] = true.into(),
            Some(body) => sent["body_base64"] = STANDARD.encode(body).into(),
            None => {}
        }
    }
}

/// Bytes of a body that the server takes.
const MAX_TOLD_BODY: usize = 1 << 20;

/// Has the server store a delivery that this machine made.
pub(super) async fn report(
    client: &Client,
    bin: &str,
    id: &str,
    why: Why,
    delivered: &Delivered,
    changed: Option<Changed<'_>>,
) -> Result<(), ClientError> {
    let mut sent = json!({"head_base64": STANDARD.encode(&delivered.sent_head), "body_size": delivered.sent_body_size});
    if let Some(changed) = changed {
        changed.told(&mut sent);
    }
    let response = delivered.response.as_ref().map(|response| {
        json!({
            "status": response.status,
            "head_base64": STANDARD.encode(&response.head),
            "body_base64": STANDARD.encode(&response.body),
            "body_size": response.body_size,
            "body_cut": response.body_cut,
        })
    });
    let told = json!({
        "why": why,
        "target": told_target(&delivered.target),
        "started_at": delivered.started_at,
        "outcome": delivered.outcome,
        "sentence": clipped(&crate::view::plain(&delivered.sentence), MAX_TOLD),
        "sent": sent,
        "response": response,
        "times_us": delivered.times,
    });
    client.send(Method::POST, &path(bin, id, "attempts"), &told).await.map(drop)
}

/// Most characters of a reported target or sentence, below the server's limit.
const MAX_TOLD: usize = 1_000;

/// A target in a form that the server accepts: a path's bytes may be control characters as text.
fn told_target(target: &str) -> String {
    if target.chars().any(char::is_control) {
        return clipped(
            &percent_encoding::utf8_percent_encode(target, percent_encoding::CONTROLS).to_string(),
            MAX_TOLD,
        );
    }
    clipped(target, MAX_TOLD)
}

pub(super) fn as_json(request: &CapturedRequest, delivered: &Delivered) -> Value {
    json!({
        "request": request.summary.id,
        "seq": request.summary.seq,
        "target": delivered.target,
        "outcome": delivered.outcome,
        "status": delivered.status(),
        "sentence": delivered.sentence,
        "total_us": delivered.times.total,
    })
}

/// A delivery in a line: `42  POST /paid  204  12 ms  http://localhost:3000/hook/paid`.
pub(super) fn as_line(request: &CapturedRequest, delivered: &Delivered) -> String {
    let summary = &request.summary;
    let came = delivered.status().map_or_else(|| delivered.outcome.name().to_owned(), |status| status.to_string());
    let event = summary.derived.event.name.as_deref().map(|event| format!("  {event}")).unwrap_or_default();
    let millis = delivered.times.total / 1_000;
    let path = if summary.path.is_empty() { "/" } else { &summary.path };
    let why = if delivered.status().is_some() { String::new() } else { format!("  {}", delivered.sentence) };
    let line =
        format!("{}  {} {path}{event}  {came}  {millis} ms  {}{why}", summary.seq, summary.method, delivered.target);
    format!("{}\n", crate::view::plain(&line))
}

/// Reads a plain or JSON value of an edit.
pub(super) fn edit(edits: &[String]) -> Result<crate::deliver::Edit, Usage> {
    use crate::json::Pointer;
    let mut edit = crate::deliver::Edit::default();
    for text in edits {
        let wrong = || {
            Usage(format!(
                "--edit '{text}': give /pointer=JSON, header:NAME=VALUE, method=, path=, query= or body=TEXT"
            ))
        };
        let (name, value) = text.split_once('=').ok_or_else(wrong)?;
        match name {
            "method" => edit.head.method = Some(value.to_owned()),
            "path" => edit.head.path = Some(value.to_owned()),
            "query" => edit.head.query = Some(value.to_owned()),
            "body" => edit.body = Some(Bytes::from(value.to_owned())),
            _ => match name.strip_prefix("header:") {
                Some(header) if !header.is_empty() => edit.head.set.push((header.to_owned(), value.to_owned())),
                Some(_) => return Err(wrong()),
                None => {
                    let pointer = Pointer::parse(name).filter(|pointer| !pointer.steps().is_empty());
                    // A value that is not JSON is a text: `/reason=timeout`.
                    let json = match serde_json::from_str::<serde::de::IgnoredAny>(value) {
                        Ok(_) => value.to_owned(),
                        Err(_) => Value::from(value).to_string(),
                    };
                    edit.json.push((pointer.ok_or_else(wrong)?, json));
                }
            },
        }
    }
    let unfit = |text: &str| text.chars().any(char::is_control);
    let head = &edit.head;
    let fields = head.set.iter().flat_map(|(name, value)| [name, value]);
    let parts = [&head.method, &head.path, &head.query].into_iter().flatten();
    if fields.chain(parts).any(|text| unfit(text)) {
        return Err(Usage("--edit: no part of a head has control characters".to_owned()));
    }
    if let Some(why) = head.set.iter().find_map(|(name, _)| crate::deliver::engine::is_set_by_creel(name)) {
        return Err(Usage(format!("--edit: {why}")));
    }
    Ok(edit)
}
