//! Help: the keys, the filter language.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::error::{PageError, html};
use super::shell::Shell;
use crate::model::filter::FIELDS;

/// Keys with what they do.
type Keys = &'static [(&'static [&'static str], &'static str)];

/// Help.
#[derive(Debug, Template)]
#[template(path = "help.html")]
pub struct HelpPage {
    shell: Shell,
    fields: Vec<(&'static str, &'static str)>,
    keys: &'static [(&'static str, Keys)],
}

/// The filter's fields with what they mean, from the table that the filter itself is read by.
#[must_use]
pub fn fields() -> Vec<(&'static str, &'static str)> {
    FIELDS.iter().map(|field| (field.example, field.meaning)).collect()
}

/// The keys of the console; the scripts' own list (`?`) has the same.
const KEYS: &[(&str, Keys)] = &[
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
