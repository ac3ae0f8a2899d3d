//! The request as a command or as code.

use askama::Template;

use super::TabContext;
use crate::export::{ExportOptions, REDACTED, SingleExporter, single};
use crate::model::CapturedRequest;
use crate::server::console::pages::format::Seen;

/// Bytes of text on the page; the rest is a download.
const TEXT_BYTES: usize = 64 * 1024;

/// A form that the request can be written in.
#[derive(Debug)]
struct CodeChoice {
    label: String,
    href: String,
    current: bool,
}

/// The request in one of the forms.
#[derive(Debug, Template)]
#[template(path = "tabs/code.html")]
pub(crate) struct CodeTab {
    choices: Vec<CodeChoice>,
    label: String,
    text: String,
    /// Whether there is more text than is shown.
    cut: bool,
    /// The whole of it as a file.
    download: String,
    /// Whether credentials and signatures are left out.
    redacted: bool,
    /// Whether there are any.
    hides: bool,
    /// The same with or without them.
    toggle_href: String,
}

impl CodeTab {
    /// The request in the form that the address names.
    pub(crate) fn new(request: &CapturedRequest, context: &TabContext) -> Self {
        let wanted = context.params.form.as_deref();
        let kind = SingleExporter::all().find(|kind| Some(kind.id()) == wanted).unwrap_or(SingleExporter::CURL);
        let redact = !context.params.secrets;
        let origin = context.state.capture.base_url().to_owned();
        let exported = single(kind, request, &ExportOptions { redact, origin, url: None });
        let cut = exported.bytes.len() > TEXT_BYTES;
        let shown = &exported.bytes[..exported.bytes.len().min(TEXT_BYTES)];
        let keep = if redact { "" } else { "&secrets=true" };
        let choices = SingleExporter::all().map(|choice| CodeChoice {
            label: choice.label().to_owned(),
            href: format!("{}as={}{keep}", context.href, choice.id()),
            current: choice.id() == kind.id(),
        });
        let turned = if redact { "&secrets=true" } else { "" };
        Self {
            choices: choices.collect(),
            label: kind.label().to_owned(),
            text: String::from_utf8_lossy(shown).into_owned(),
            cut,
            download: format!("{}/export?as={}{}", context.api, kind.id(), keep),
            redacted: redact,
            hides: exported.bytes.windows(REDACTED.len()).any(|text| text == REDACTED.as_bytes()),
            toggle_href: format!("{}as={}{turned}", context.href, kind.id()),
        }
    }
}
