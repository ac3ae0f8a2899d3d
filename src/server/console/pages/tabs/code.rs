//! The request as a command or as code.

use askama::Template;

use super::super::format::Seen;

/// A form that the request can be written in.
#[derive(Debug)]
pub struct CodeChoice {
    /// What it says.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// Whether it is the open one.
    pub current: bool,
}

/// The request in one of the forms.
#[derive(Debug, Template)]
#[template(path = "tabs/code.html")]
pub struct CodeTab {
    /// The forms.
    pub choices: Vec<CodeChoice>,
    /// The open one's name.
    pub label: String,
    /// The text.
    pub text: String,
    /// Whether there is more text than is shown.
    pub cut: bool,
    /// The whole of it as a file.
    pub download: String,
    /// Whether credentials and signatures are left out.
    pub redacted: bool,
    /// The same with or without them.
    pub toggle_href: String,
}
