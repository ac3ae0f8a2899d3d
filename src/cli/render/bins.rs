//! Bins: as a list, and one in full.

use super::paint::Tone;
use super::{Align, Cell, Column, Look, Table, age};
use crate::client::Bin;
use crate::model::Timestamp;
use crate::view::plain;

const COLUMNS: &[Column] = &[
    Column { title: "BIN", align: Align::Left, least: Some(12), rank: 0 },
    Column { title: "REQUESTS", align: Align::Right, least: None, rank: 1 },
    Column { title: "UNREAD", align: Align::Right, least: None, rank: 3 },
    Column { title: "LAST", align: Align::Right, least: None, rank: 2 },
    Column { title: "URL", align: Align::Left, least: Some(24), rank: 4 },
];

/// Every bin, below titles.
pub(in crate::cli) fn bins(bins: &[Bin], now: Timestamp, look: Look) -> String {
    let row = |bin: &Bin| {
        vec![
            Cell::new(
                format!("{}{}", bin.handle(), if is_left(bin) { " (no longer declared)" } else { "" }),
                Tone::Strong,
            ),
            bin.counts.requests.to_string().into(),
            Cell::new(bin.counts.unread.to_string(), if bin.counts.unread > 0 { Tone::Name } else { Tone::Dim }),
            Cell::new(age(bin.last_request_at, now), Tone::Dim),
            bin.public_url.as_ref().unwrap_or(&bin.capture_url).as_str().into(),
        ]
    };
    Table::new(COLUMNS, look).all(&bins.iter().map(row).collect::<Vec<_>>())
}

/// Whether a configuration file once declared a bin and no longer does.
fn is_left(bin: &Bin) -> bool {
    bin.declared.as_ref().is_some_and(|declared| !declared.current)
}

pub(in crate::cli) fn bin(bin: &Bin, now: Timestamp, look: Look) -> String {
    let counts = &bin.counts;
    let secret = |secret: &crate::client::Secret| {
        format!("{}: {} ({}, {} characters)", secret.id, secret.label, secret.hint, secret.length)
    };
    let or = |text: &Option<String>, otherwise: &str| text.clone().unwrap_or_else(|| otherwise.to_owned());
    let response = bin.response.as_object().filter(|set| !set.is_empty());
    let limits: Vec<String> = bin
        .limits
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let facts = [
        ("bin", bin.handle().to_owned()),
        ("id", bin.id.clone()),
        ("url", bin.capture_url.clone()),
        ("public url", or(&bin.public_url, "–")),
        ("console", bin.console_url.clone()),
        ("provider", or(&bin.provider, "recognised from the requests")),
        ("scheme", or(&bin.scheme, "recognised from the requests")),
        (
            "signatures",
            if bin.signature_mode == "enforce" { "enforced: 401 unless valid" } else { "reported" }.to_owned(),
        ),
        (
            "secrets",
            if bin.secrets.is_empty() {
                "none".to_owned()
            } else {
                bin.secrets.iter().map(secret).collect::<Vec<_>>().join("; ")
            },
        ),
        (
            "response",
            response.map_or_else(|| "200, ok".to_owned(), |set| serde_json::Value::Object(set.clone()).to_string()),
        ),
        ("limits", if limits.is_empty() { "the server's".to_owned() } else { limits.join(", ") }),
        (
            "requests",
            format!(
                "{}, {} unread, {} evicted, {} rejected",
                counts.requests, counts.unread, counts.evicted, counts.rejected
            ),
        ),
        ("last", age(bin.last_request_at, now)),
    ];
    let declared = bin.declared.as_ref().map(|declared| match declared.fields.join(", ") {
        _ if !declared.current => "no longer by a configuration file; all of it stays as it is".to_owned(),
        fields if fields.is_empty() => "by a configuration file".to_owned(),
        fields => format!("by a configuration file: {fields}"),
    });
    let facts = facts.into_iter().chain(declared.map(|text| ("declared", text)));
    let line = |(name, value): (&str, String)| {
        format!("{}{}\n", look.paint.tone(Tone::Dim, &format!("{name:<12}")), plain(&value))
    };
    facts.map(line).collect()
}
