//! Help: the keys, the filter language.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::error::{PageError, html};
use super::shell::Shell;

/// Help.
#[derive(Debug, Template)]
#[template(path = "help.html")]
pub struct HelpPage {
    shell: Shell,
    fields: Vec<(&'static str, &'static str)>,
    keys: &'static [(&'static str, &'static [(&'static [&'static str], &'static str)])],
}

/// The filter's fields with what they mean.
#[must_use]
pub fn fields() -> Vec<(&'static str, &'static str)> {
    FIELDS.to_vec()
}

const FIELDS: &[(&str, &str)] = &[
    ("method:POST", "the method"),
    ("path:/a*", "the path below the bin, * for anything"),
    ("status:401", "the status that was answered"),
    ("event:session.ended", "the event's name"),
    ("session:2d7b…", "the provider's session"),
    ("sig:invalid", "valid, invalid, missing, no_secret"),
    ("fresh:stale", "fresh, stale, future, none"),
    ("header:x-foo=bar", "a header field, with or without value"),
    ("query:a=1", "a query parameter"),
    ("json:/data/reason=user_ended", "a value in a JSON body, by its pointer"),
    ("size:>10k", "the body's size"),
    ("after:…", "received after a time"),
    ("before:…", "received before a time"),
    ("is:duplicate", "also unread, pinned, incomplete"),
    ("has:note", "with a note"),
    ("ip:127.0.0.1", "the sender's address"),
];

/// The keys of the console; the scripts' own list (`?`) has the same.
const KEYS: &[(&str, &[(&[&str], &str)])] = &[
    (
        "List",
        &[
            (&["j", "↓"], "Next request (older)"),
            (&["k", "↑"], "Previous request (newer)"),
            (&["Enter"], "Read the chosen request"),
            (&["Esc"], "Back to the list"),
            (&["/"], "Filter"),
            (&["g"], "Go to the newest"),
            (&["l"], "Pause the stream or go on"),
            (&["y"], "Copy the bin's URL"),
        ],
    ),
    (
        "Request",
        &[
            (&["c"], "Copy as curl"),
            (&["x"], "Compare with another"),
            (&["n"], "Note and tags"),
            (&["p"], "Pin or unpin"),
            (&["u"], "Mark as unread"),
            (&["d"], "Delete"),
            (&["z"], "Undo the deletion"),
            (&["1", "…", "6"], "Request, Signature, Event, Compare, Code, Raw"),
        ],
    ),
    (
        "Everywhere",
        &[
            (&["Ctrl K"], "Commands"),
            (&["?"], "Keyboard help"),
            (&["t"], "Dark or light"),
            (&["b"], "All bins; there: a new bin"),
            (&[","], "Settings of the bin"),
        ],
    ),
];

/// `GET /help`.
pub(super) async fn show(request: HttpRequest) -> Result<HttpResponse, PageError> {
    html(&HelpPage { shell: Shell::new(&request, "Help"), fields: fields(), keys: KEYS })
}
