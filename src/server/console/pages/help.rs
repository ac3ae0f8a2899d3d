//! Help: the filter language, the keys, the placeholders. Each is rendered from the table that the product itself uses.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::commands::{GROUPS, Group};
use super::html;
use super::shell::Shell;
use crate::capture::template::PLACEHOLDERS;
use crate::model::filter::FIELDS;
use crate::server::console::problem::Problem;

/// Help.
#[derive(Debug, Template)]
#[template(path = "help.html")]
pub struct HelpPage {
    shell: Shell,
    fields: Vec<(&'static str, &'static str)>,
    groups: &'static [Group],
    placeholders: &'static [(&'static str, &'static str)],
}

/// The filter's fields with what they mean, from the table that the filter itself is read by.
pub fn fields() -> Vec<(&'static str, &'static str)> {
    FIELDS.iter().map(|field| (field.example, field.meaning)).collect()
}

/// `GET /help`.
pub(super) async fn show(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let shell = Shell::new(&request, "Help");
    html(&HelpPage { shell, fields: fields(), groups: GROUPS, placeholders: PLACEHOLDERS })
}
