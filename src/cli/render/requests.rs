//! Requests, one a line: cursor, method, path, event, verdict, size, status, age.

use super::paint::Tone;
use super::{Align, Cell, Column, Look, Table, age, words};
use crate::client::Request;
use crate::model::{Timestamp, size_text};

const COLUMNS: &[Column] = &[
    Column { title: "SEQ", align: Align::Right, least: None, rank: 0 },
    Column { title: "METHOD", align: Align::Left, least: Some(4), rank: 0 },
    Column { title: "PATH", align: Align::Left, least: Some(8), rank: 0 },
    Column { title: "EVENT", align: Align::Left, least: Some(8), rank: 2 },
    Column { title: "SIGNATURE", align: Align::Left, least: None, rank: 1 },
    Column { title: "SIZE", align: Align::Right, least: None, rank: 4 },
    Column { title: "STATUS", align: Align::Left, least: None, rank: 3 },
    Column { title: "AGE", align: Align::Right, least: None, rank: 5 },
];

/// Widths that most requests fit into, for lines that come one by one.
const USUAL: &[usize] = &[5, 6, 24, 26, 16, 10, 6, 6];

/// A list, below its titles.
pub(in crate::cli) fn requests(requests: &[Request], now: Timestamp, look: Look) -> String {
    let rows: Vec<Vec<Cell>> = requests.iter().map(|request| row(request, now)).collect();
    Table::new(COLUMNS, look).all(&rows)
}

/// One line of a growing list.
pub(in crate::cli) fn live_line(request: &Request, now: Timestamp, look: Look) -> String {
    Table::new(COLUMNS, look).one(&row(request, now), USUAL)
}

fn row(request: &Request, now: Timestamp) -> Vec<Cell> {
    let path = match request.target.split_once('?') {
        Some((_, query)) => format!("{}?{query}", request.path),
        None if request.path.is_empty() => "/".to_owned(),
        None => request.path.clone(),
    };
    let event = &request.event;
    let mut name = event.name.clone().or_else(|| event.handshake.clone()).unwrap_or_default();
    if event.handshake.is_some() {
        name.push_str(" (handshake)");
    } else if event.duplicate_of.is_some() || event.same_before.is_some() {
        name.push_str(if name.is_empty() { "(again)" } else { " (again)" });
    }
    let mut verdict = words(&request.signature.status);
    if request.signature.status == "valid" && matches!(request.freshness.status.as_str(), "stale" | "future") {
        verdict = format!("{verdict}, {}", request.freshness.status);
    }
    let status = match (&request.rejected, request.response.status) {
        (_, Some(status)) => Cell::new(status.to_string(), Tone::of_status(status)),
        (Some(_), None) => Cell::new("–", Tone::Bad),
        (None, None) => Cell::new("–", Tone::Dim),
    };
    vec![
        Cell::new(request.seq.to_string(), Tone::Dim),
        Cell::new(&request.method, Tone::Strong),
        path.into(),
        Cell::new(name, Tone::Name),
        Cell::new(verdict, Tone::of_verdict(&request.signature.status)),
        size_text(request.body.size).into(),
        status,
        Cell::new(age(request.received_at, now), Tone::Dim),
    ]
}
