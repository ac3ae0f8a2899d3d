//! The parameters in a page's address, read and written.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::model::Seq;

/// The list's parameters.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListParams {
    pub q: Option<String>,
    /// Only requests older than this.
    pub before: Option<Seq>,
}

impl ListParams {
    /// The filter's text, without space around it.
    pub(super) fn filter_text(&self) -> &str {
        self.q.as_deref().map_or("", str::trim)
    }

    /// The query string that keeps the list as it is.
    pub(super) fn context(&self) -> String {
        query_string(&[("q", Some(self.filter_text().to_owned())), ("before", self.before.map(|seq| seq.to_string()))])
    }
}

/// The chosen request's parameters.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct DetailParams {
    pub tab: Option<String>,
    /// `sorted`: headers by name.
    pub headers: Option<String>,
    /// The body's view.
    pub view: Option<String>,
    /// Where hexadecimal rows start.
    pub at: usize,
    /// The form of the Code view.
    #[serde(rename = "as")]
    pub form: Option<String>,
    /// Whether the Code view shows credentials.
    pub secrets: bool,
    /// The request to compare with.
    pub with: Option<String>,
    /// The attempts whose answers are compared.
    pub one: Option<Seq>,
    pub other: Option<Seq>,
    /// The first message of a transcript that is shown.
    pub message: usize,
}

/// The views of a request, in the order of their tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum TabId {
    /// Line, headers, query, body.
    Request,
    /// The verdict and why.
    Signature,
    /// The provider's event.
    Event,
    /// Sending it to a target, with earlier attempts.
    Deliver,
    /// Comparison with another request.
    Compare,
    /// As commands and code.
    Code,
    /// The bytes.
    Raw,
}

impl TabId {
    /// The name in addresses.
    pub fn id(self) -> &'static str {
        self.into()
    }

    /// The name on the tab.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Request => "Request",
            Self::Signature => "Signature",
            Self::Event => "Event",
            Self::Deliver => "Deliver",
            Self::Compare => "Compare",
            Self::Code => "Code",
            Self::Raw => "Raw",
        }
    }

    /// The view of that name; the first one when there is none.
    pub fn parse(name: Option<&str>) -> Self {
        name.and_then(|name| name.parse().ok()).unwrap_or(Self::Request)
    }
}

/// The address of a view, with the list as it is.
pub(super) fn tab_href(base: &str, params: &ListParams, tab: TabId) -> String {
    let name = (tab != TabId::Request).then(|| tab.id().to_owned());
    let query = query_string(&[
        ("q", Some(params.filter_text().to_owned())),
        ("before", params.before.map(|seq| seq.to_string())),
        ("tab", name),
    ]);
    format!("{base}{query}")
}

/// The characters that are escaped in a query.
const QUERY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/').remove(b':').remove(b'*');

/// A value for a query string.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, QUERY).to_string()
}

/// A query string of the present pairs, with its question mark; empty without any.
pub(super) fn query_string(pairs: &[(&str, Option<String>)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
            out.push(if out.is_empty() { '?' } else { '&' });
            out.push_str(name);
            out.push('=');
            out.push_str(&encoded(value));
        }
    }
    out
}
