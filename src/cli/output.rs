//! The only place that prints. Data goes to stdout, everything else to stderr; a closed pipe is no error.

use std::io::{IsTerminal, Write as _};
use std::os::fd::AsFd;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::render::{Look, Paint, inert, lines};
use crate::client::ClientError;
use crate::server::Started;
use crate::view::plain;

/// Prints data.
///
/// # Errors
/// When it cannot be written; see [`is_closed`].
pub(super) fn data(text: &str) -> std::io::Result<()> {
    bytes(text.as_bytes())
}

/// Prints JSON with all control characters from senders escaped.
///
/// # Errors
/// When it cannot be written; see [`is_closed`].
pub(super) fn json(text: &str) -> std::io::Result<()> {
    data(&inert(text))
}

fn bytes(bytes: &[u8]) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush())
}

/// Passes a sender's bytes on unchanged. For a terminal, they are collected and control characters are made visible.
/// JSON is written as it arrives, with such characters escaped.
#[derive(Debug)]
pub(super) struct Exact {
    kept: Vec<u8>,
    how: How,
}

/// How a sender's bytes are written.
#[derive(Debug)]
enum How {
    AsTheyAre,
    ForTerminal,
    AsJson,
}

impl Exact {
    pub(super) fn new() -> Self {
        let how = if std::io::stdout().is_terminal() { How::ForTerminal } else { How::AsTheyAre };
        Self { kept: Vec::new(), how }
    }

    /// For data that is known to be JSON.
    pub(super) const fn json() -> Self {
        Self { kept: Vec::new(), how: How::AsJson }
    }

    /// Takes a piece.
    ///
    /// # Errors
    /// When it cannot be written; see [`is_closed`].
    pub(super) fn take(&mut self, piece: &[u8]) -> std::io::Result<()> {
        match self.how {
            How::AsTheyAre => bytes(piece),
            How::ForTerminal => {
                self.kept.extend_from_slice(piece);
                Ok(())
            }
            How::AsJson => {
                self.kept.extend_from_slice(piece);
                let whole = match std::str::from_utf8(&self.kept) {
                    // The first part of a split character waits for the rest.
                    Err(error) if error.error_len().is_none() => error.valid_up_to(),
                    Ok(_) | Err(_) => self.kept.len(),
                };
                let rest = self.kept.split_off(whole);
                let text = std::mem::replace(&mut self.kept, rest);
                json(&String::from_utf8_lossy(&text))
            }
        }
    }

    /// Ends the output.
    ///
    /// # Errors
    /// When it cannot be written; see [`is_closed`].
    pub(super) fn finish(self) -> std::io::Result<()> {
        if self.kept.is_empty() {
            return Ok(());
        }
        if matches!(self.how, How::AsJson) {
            return json(&String::from_utf8_lossy(&self.kept));
        }
        let text = lines(&String::from_utf8_lossy(&self.kept));
        data(&if text.ends_with('\n') { text } else { format!("{text}\n") })
    }
}

/// Passes bytes on as they are; see [`Exact`].
///
/// # Errors
/// When they cannot be written; see [`is_closed`].
pub(super) fn exact(bytes: &[u8]) -> std::io::Result<()> {
    let mut exact = Exact::new();
    exact.take(bytes)?;
    exact.finish()
}

/// Whether an error only means that the reader has closed the pipe.
pub(super) fn is_closed(error: &anyhow::Error) -> bool {
    let local = match error.downcast_ref::<ClientError>() {
        Some(ClientError::Local(error)) => Some(error),
        _ => error.downcast_ref::<std::io::Error>(),
    };
    local.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// How to print: colours and width, by the output's destination and the user's wish.
pub(super) fn look(no_color: bool) -> Look {
    look_of(&std::io::stdout(), no_color)
}

/// The same for notes on stderr.
pub(super) fn look_beside(no_color: bool) -> Look {
    look_of(&std::io::stderr(), no_color)
}

fn look_of(stream: &(impl IsTerminal + AsFd), no_color: bool) -> Look {
    let terminal = stream.is_terminal();
    // https://no-color.org: set to anything but nothing.
    let refused = no_color || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    let size = || terminal_size::terminal_size_of(stream);
    Look {
        paint: Paint(terminal && !refused && !dumb),
        width: if terminal { size().map(|(width, _)| usize::from(width.0)) } else { None },
    }
}

/// Prints a note on stderr.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "creel: {}", plain(text));
}

/// Prints several lines of notes, which must be plain already.
pub(super) fn note_lines(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// One error with its causes, on one line.
pub(super) fn error(error: &anyhow::Error) {
    note(&format!("{error:#}"));
}

/// Shows the progress of long work, when stderr is a terminal.
pub(super) fn progress(what: &'static str, total: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), "{msg} {bar:30} {bytes} of {total_bytes}, {eta} left"),
        None => (ProgressBar::no_length(), "{msg} {bytes}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.with_message(what)
}

/// The start-up text.
pub(super) fn started(started: &Started) {
    let Started { bin_url, capture_url, console_url, database, reach, .. } = started;
    let reach = match reach.way_out(capture_url, "start Creel with its address as --public-url") {
        Some(way_out) => format!("{} {way_out}", reach.who(capture_url)),
        None => reach.who(capture_url),
    };
    let token = if started.asks_for_token { "-H 'Authorization: Bearer TOKEN' " } else { "" };
    let about_token = if started.asks_for_token { "\n\n  Replace TOKEN with the console's token." } else { "" };
    // A closed pipe does not stop the server.
    let _ = data(&format!(
        "\n  Creel {version} is listening.\n\n  \
         Bin      {bin_url}\n  \
         Console  {console_url}/\n  \
         Data     {database}\n\n  \
         Paste the bin's URL wherever a webhook URL is asked for.\n{reach}\n\n  \
         Try it:\n\n    \
         curl -H 'Content-Type: application/json' -d '{{\"hello\":\"creel\"}}' {bin_url}\n    \
         curl {token}{console_url}/api/v1/bins/{bin}/requests/latest{about_token}\n\n  \
         Ctrl+C stops.\n\n",
        version = env!("CARGO_PKG_VERSION"),
        bin = started.bin,
        reach = wrapped(&reach),
    ));
}

/// Columns of the start-up text: what any terminal shows without a break.
const COLUMNS: usize = 78;

/// Wraps a text into indented lines. A word longer than a line gets its own line.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 0 && last + 1 + word.chars().count() > COLUMNS {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    format!("  {}", lines.join("\n  "))
}

/// The same for programs: one line of JSON.
pub(super) fn started_json(started: &Started) {
    let Started { bin, bin_url, capture_url, console_url, database, .. } = started;
    let line = json!({"bin": bin, "bin_url": bin_url, "capture_url": capture_url, "console_url": console_url, "database": database});
    let _ = json(&format!("{line}\n"));
}
