//! Help: the filter language, the keys, the placeholders. Each is rendered from the table that the program itself uses.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::commands::{GROUPS, Group};
use super::html;
use super::shell::Shell;
use crate::capture::template::PLACEHOLDERS;
use crate::model::filter::{FIELDS, Field};
use crate::server::console::extract::State;
use crate::server::console::problem::Problem;
use crate::server::url_of;

/// Help.
#[derive(Debug, Template)]
#[template(path = "help.html")]
pub(super) struct HelpPage {
    shell: Shell,
    fields: &'static [Field],
    /// The capture listener's URL on this machine.
    listener: String,
    groups: &'static [Group],
    placeholders: &'static [(&'static str, &'static str)],
}

/// `GET /help`.
pub(super) async fn show(state: State, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let shell = Shell::new(&request, "Help");
    let listener = url_of(state.listener);
    html(&HelpPage { shell, fields: FIELDS, listener, groups: GROUPS, placeholders: PLACEHOLDERS })
}
