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
    let Started { bin_url, console_url, database, .. } = started;
    out(&format!(
        "\n  Creel {version} is listening.\n\n  \
         Bin      {bin_url}\n  \
         Console  {console_url}/\n  \
         Data     {database}\n\n  \
         Paste the bin's URL wherever a webhook URL is asked for. Try it:\n\n    \
         curl -d '{{\"hello\":\"creel\"}}' {bin_url}\n    \
         curl {console_url}/api/v1/bins/{bin}/requests/latest\n\n  \
         Ctrl+C stops.\n\n",
        version = env!("CARGO_PKG_VERSION"),
        bin = started.bin,
    ));
}

/// The same for programs: one line of JSON.
pub(super) fn started_json(started: &Started) {
    let Started { bin, bin_url, capture_url, console_url, database } = started;
    let line = json!({"bin": bin, "bin_url": bin_url, "capture_url": capture_url, "console_url": console_url, "database": database});
    out(&format!("{line}\n"));
}
