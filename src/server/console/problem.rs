//! Errors for clients: a stable code, a sentence, the field at fault. Defined once, shown in two ways: the API's
//! responses are RFC 9457 `application/problem+json`; around pages, `pages::error` renders the same problem as a page.

use std::fmt;

use actix_web::error::BlockingError;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value};
use strum::VariantArray;

use super::error_text;
use crate::config::Unknown;
use crate::deliver::SendError;
use crate::deliver::engine::NotAllowed;
use crate::live::SubscribeError;
use crate::store::{MAX_SECRETS, StoreError, Thing};

/// The stable name of what went wrong. Clients decide by it, never by the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, VariantArray)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The body is not JSON (or not the format that the route reads).
    InvalidBody,
    /// A field of the body is unknown, of the wrong type or out of range.
    InvalidField,
    /// The target is not allowed; the sentence names the flag.
    TargetNotAllowed,
    /// The request is sent only with `as_is`.
    UnfitToSend,
    /// A query parameter is unknown, of the wrong type or out of range.
    InvalidQuery,
    /// The filter cannot be read.
    InvalidFilter,
    /// The WebSocket handshake is not one.
    InvalidUpgrade,
    /// A token is needed, and none or a wrong one came.
    Unauthorized,
    /// The console does not answer to this `Host`.
    HostNotAllowed,
    /// The request comes from a page of another site.
    CrossOrigin,
    /// There is no such route, bin, request or secret.
    NotFound,
    /// The route does not know the method.
    MethodNotAllowed,
    /// Nothing matched in time.
    Timeout,
    /// The body did not arrive in time.
    SlowBody,
    /// The name is taken.
    NameTaken,
    /// The sender does not wait for an answer.
    NotHeld,
    /// Another client has the lease of the bin's senders.
    Leased,
    /// The body is over the route's limit.
    TooLarge,
    /// The body's type is not the one that the route reads.
    UnsupportedMediaType,
    /// Too many tries or subscribers.
    TooManyRequests,
    /// An internal error; the log has the cause.
    Internal,
    /// Try again later.
    Busy,
    /// The database cannot be used at the moment.
    StoreUnavailable,
    /// The disk is full.
    DiskFull,
    /// The server is shutting down.
    ShuttingDown,
}

impl Code {
    /// The status that goes with it.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::InvalidBody | Self::InvalidQuery | Self::InvalidFilter | Self::InvalidUpgrade => {
                StatusCode::BAD_REQUEST
            }
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::HostNotAllowed | Self::CrossOrigin => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Timeout | Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::NameTaken | Self::NotHeld | Self::Leased => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::InvalidField | Self::TargetNotAllowed | Self::UnfitToSend => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy | Self::StoreUnavailable | Self::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            Self::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        }
    }

    /// Seconds after which trying again makes sense.
    const fn retry_after(self) -> Option<u32> {
        match self {
            Self::TooManyRequests | Self::Busy | Self::StoreUnavailable | Self::DiskFull | Self::ShuttingDown => {
                Some(1)
            }
            Self::InvalidBody
            | Self::InvalidField
            | Self::TargetNotAllowed
            | Self::UnfitToSend
            | Self::InvalidQuery
            | Self::InvalidFilter
            | Self::InvalidUpgrade
            | Self::Unauthorized
            | Self::HostNotAllowed
            | Self::CrossOrigin
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::Timeout
            | Self::SlowBody
            | Self::NameTaken
            | Self::NotHeld
            | Self::Leased
            | Self::TooLarge
            | Self::UnsupportedMediaType
            | Self::Internal => None,
        }
    }
}

/// What went wrong, for the client. The cause, where there is one, goes to the log.
#[derive(Debug, Clone)]
pub(crate) struct Problem(Box<Told>);

/// Boxed: every handler's `Result` would carry it otherwise.
#[derive(Debug, Clone)]
struct Told {
    code: Code,
    detail: String,
    field: Option<String>,
    unknown: Option<Unknown>,
    allow: Option<String>,
    more: Map<String, Value>,
}

impl Problem {
    /// A problem with its sentence.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Told { code, detail: detail.into(), field: None, unknown: None, allow: None, more: Map::new() }))
    }

    /// There is no such bin, request or secret.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no such {what}."))
    }

    /// A field of the body at fault (`response.script[1].status`).
    pub(crate) fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Code::InvalidField, detail).at(field)
    }

    /// A query parameter at fault.
    pub(crate) fn query(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Code::InvalidQuery, detail).at(name)
    }

    /// What the reader of a body or query says.
    pub(super) fn told(code: Code, told: error_text::Told) -> Self {
        let problem = Self::new(code, told.sentence).with_unknown(told.unknown);
        match told.field {
            Some(field) => problem.at(field),
            None => problem,
        }
    }

    /// Tells what is not known, and what is.
    pub(super) fn with_unknown(mut self, unknown: Option<Unknown>) -> Self {
        self.0.unknown = unknown;
        self
    }

    /// The methods that the route does know.
    pub(crate) fn allowing(methods: String) -> Self {
        let detail = format!("This route answers {methods}.");
        let mut problem = Self::new(Code::MethodNotAllowed, detail);
        problem.0.allow = Some(methods);
        problem
    }

    /// Adds a member of its own (RFC 9457, section 3.2).
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.more.insert(name.to_owned(), value.into());
        self
    }

    /// Names the field at fault.
    pub(crate) fn at(mut self, field: impl Into<String>) -> Self {
        // The client chose the name: a huge one must not fill the response.
        self.0.field = Some(error_text::cut(&field.into()));
        self
    }

    /// Its code.
    pub(crate) fn code(&self) -> Code {
        self.0.code
    }

    /// The field at fault, if there is one.
    pub(crate) fn at_field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// What is not known, if that is the problem.
    pub(crate) fn unknown(&self) -> Option<&Unknown> {
        self.0.unknown.as_ref()
    }

    /// The sentence, for pages that show it in their own way.
    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The status in words.
    pub(crate) fn title(&self) -> &'static str {
        self.0.code.status().canonical_reason().unwrap_or("Error")
    }

    pub(super) fn body(&self) -> Value {
        let status = self.0.code.status();
        let mut body = Map::new();
        body.insert("type".into(), "about:blank".into());
        body.insert("title".into(), self.title().into());
        body.insert("status".into(), status.as_u16().into());
        body.insert("detail".into(), self.0.detail.clone().into());
        body.insert("code".into(), serde_json::to_value(self.0.code).unwrap_or_default());
        if let Some(field) = &self.0.field {
            body.insert("field".into(), field.clone().into());
        }
        if let Some(Unknown { name, known }) = &self.0.unknown {
            body.insert("unknown".into(), name.clone().into());
            body.insert("known".into(), known.clone().into());
        }
        body.extend(self.0.more.clone());
        Value::Object(body)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.0.code.status());
        if let Some(seconds) = self.0.code.retry_after() {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if let Some(methods) = &self.0.allow {
            response.insert_header((header::ALLOW, methods.clone()));
        }
        if self.0.code == Code::Unauthorized {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"creel\""));
        }
        response.content_type("application/problem+json").body(self.body().to_string())
    }
}

/// The problem for each of the store's errors, in one exhaustive match. Causes go to the log.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(what) => Self::not_found(&what.to_string()),
            StoreError::CursorGone => Self::not_found("cursor"),
            StoreError::NameTaken(name) => {
                Self::new(Code::NameTaken, format!("The name '{name}' is taken by another bin.")).at("name")
            }
            StoreError::Full(Thing::Secret) => {
                Self::field("secrets", format!("A bin has at most {MAX_SECRETS} secrets."))
            }
            StoreError::Full(what) => Self::new(Code::TooManyRequests, format!("There is no room for another {what}.")),
            StoreError::Busy => Self::new(Code::Busy, "Too much is waiting to be stored; try again."),
            StoreError::TooLarge => Self::new(Code::TooLarge, "This is larger than the database can store."),
            StoreError::DiskFull => Self::new(Code::DiskFull, "The disk is full; nothing can be stored."),
            StoreError::Unavailable(cause) => {
                tracing::error!(%cause, "the database cannot be used");
                Self::new(Code::StoreUnavailable, "The database cannot be used at the moment; the log says why.")
            }
            StoreError::Corrupt(cause) => {
                tracing::error!(%cause, "the database is damaged");
                Self::new(Code::StoreUnavailable, "The database is damaged; the log says more.")
            }
            StoreError::Failed(cause) => {
                tracing::error!(%cause, "a request of the console failed");
                Self::new(Code::Internal, "Something went wrong; the log says more.")
            }
            StoreError::Closed => Self::new(Code::ShuttingDown, "The server is shutting down."),
        }
    }
}

/// A page that cannot be rendered, or work on another thread that panicked.
fn internal(cause: &dyn fmt::Display) -> Problem {
    tracing::error!(%cause, "a request could not be answered");
    Problem::new(Code::Internal, "Something went wrong here; the log says more.")
}

impl From<askama::Error> for Problem {
    fn from(error: askama::Error) -> Self {
        internal(&error)
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        internal(&error)
    }
}

impl From<BlockingError> for Problem {
    fn from(error: BlockingError) -> Self {
        internal(&error)
    }
}

impl From<NotAllowed> for Problem {
    fn from(refusal: NotAllowed) -> Self {
        Self::new(Code::TargetNotAllowed, refusal.0).at("target")
    }
}

impl From<SendError> for Problem {
    fn from(error: SendError) -> Self {
        match error {
            SendError::NotAllowed(refusal) => refusal.into(),
            SendError::Unfit(why) => {
                let sentence = format!("{why} It is sent only with `\"as_is\": true`.");
                Self::new(Code::UnfitToSend, sentence).at("as_is")
            }
            SendError::Field { field, sentence } => Self::field(field, sentence),
            SendError::TooManyJobs(_) => Self::new(Code::TooManyRequests, error.to_string()),
            SendError::Store(error) => error.into(),
        }
    }
}

impl From<SubscribeError> for Problem {
    fn from(error: SubscribeError) -> Self {
        let code = match error {
            SubscribeError::TooManySubscribers | SubscribeError::TooManyFilters => Code::TooManyRequests,
            SubscribeError::Closed => Code::ShuttingDown,
        };
        Self::new(code, format!("Not subscribed: {error}."))
    }
}
