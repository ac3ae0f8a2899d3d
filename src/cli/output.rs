//! The only place that prints. Data goes to stdout, everything else to stderr; a closed pipe is no error.

use std::io::Write as _;

use serde_json::json;

use crate::server::Started;

fn out(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// One error with its causes, on one line.
pub(super) fn error(error: &anyhow::Error) {
    let _ = writeln!(std::io::stderr().lock(), "creel: {error:#}");
}

/// The start-up text.
pub(super) fn started(started: &Started) {
    let Started { bin_url, capture_url, console_url, database, reach, .. } = started;
    let reach = match reach.way_out(capture_url, "start Creel with its address as --public-url") {
        Some(way_out) => format!("{} {way_out}", reach.who(capture_url)),
        None => reach.who(capture_url),
    };
    let token = if started.asks_for_token { "-H 'Authorization: Bearer TOKEN' " } else { "" };
    let about_token = if started.asks_for_token { "\n\n  TOKEN stands for the console's token." } else { "" };
    out(&format!(
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

/// A text in indented lines. A word that is longer than a line has one of its own.
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
    out(&format!("{line}\n"));
}
