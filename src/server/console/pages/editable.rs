//! A captured request in the fields of an edit form.

use super::format;
use crate::http::text::lossy;
use crate::model::CapturedRequest;
use crate::server::console::security::without_session;

/// Bodies up to this size are edited in place; larger ones are sent as captured, or edited by pointer through the API.
const EDITABLE: usize = 256 << 10;

/// The parts of a request that a form has fields for.
#[derive(Debug, Default)]
pub(super) struct Editable {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    /// Header fields, one a line.
    pub(super) fields: String,
    /// The body, when it can be edited in place.
    pub(super) body: Option<String>,
    /// Why it cannot.
    pub(super) body_note: String,
    pub(super) is_json: bool,
}

impl Editable {
    /// An empty form.
    pub(super) fn nothing() -> Self {
        Self {
            method: "POST".to_owned(),
            fields: "Content-Type: application/json".to_owned(),
            body: Some(String::new()),
            ..Self::default()
        }
    }

    /// A captured request.
    pub(super) fn of(request: &CapturedRequest) -> Self {
        let (_, lines) = crate::http::split_head(request.head.raw());
        let raw = request.head.raw();
        let fields = lines.iter().map(|field| without_session(lossy(&raw[field.line.clone()]).trim_end().to_owned()));
        let size = format::size(request.summary.body_size);
        let text = std::str::from_utf8(&request.body).ok();
        // A browser's text field turns every line end into a line feed.
        let body = text.filter(|body| body.len() <= EDITABLE && !body.contains('\r')).map(str::to_owned);
        let body_note = match &body {
            Some(_) => String::new(),
            None if request.body.len() > EDITABLE => {
                format!("{size}: too long to be edited here; it goes out as it came.")
            }
            None if text.is_some() => {
                "It has line ends that a text field would change: it goes out as it came.".to_owned()
            }
            None => format!("{size}, not text: it goes out as it came."),
        };
        Self {
            method: lossy(request.head.method().as_bytes()).into_owned(),
            path: request.summary.path.clone(),
            query: request.head.target().query().map(|query| lossy(query).into_owned()).unwrap_or_default(),
            fields: fields.collect::<Vec<_>>().join("\n"),
            is_json: body.as_deref().is_some_and(|body| serde_json::from_str::<serde::de::IgnoredAny>(body).is_ok()),
            body,
            body_note,
        }
    }
}
