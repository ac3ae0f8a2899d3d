//! What handlers ask for: the bin of the path, a checked query, a checked JSON body.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use super::ConsoleState;
use super::problem::{Code, Problem};
use crate::model::BinId;
use crate::model::filter::Filter;
use crate::store::{BinState, RequestRef};

/// A body of the API other than an import: a response of 1 MiB in base64, with room for what stands beside it.
const MAX_JSON: usize = 4 << 20;
/// From the first to the last byte of a body of the API.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// The state behind a request; there always is one.
pub(super) fn state(request: &HttpRequest) -> Result<&ConsoleState, Problem> {
    request
        .app_data::<web::Data<ConsoleState>>()
        .map(|data| data.as_ref())
        .ok_or_else(|| Problem::new(Code::Internal, "The console is not set up."))
}

/// The bin that `{bin}` names by id or name.
pub(super) struct BinRef(pub(super) Arc<BinState>);

impl BinRef {
    /// The bin's id.
    #[must_use]
    pub(super) fn id(&self) -> BinId {
        self.0.bin.id
    }
}

impl FromRequest for BinRef {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let named = request.match_info().get("bin").unwrap_or_default();
        ready(state(request).and_then(|state| {
            state.store.bin(named).map(Self).ok_or_else(|| {
                Problem::new(
                    Code::NotFound,
                    format!("There is no bin '{}'.", named.chars().take(64).collect::<String>()),
                )
            })
        }))
    }
}

/// The request that `{id}` names: a ULID, or `latest`.
pub(super) struct WhichRequest(pub(super) RequestRef);

impl FromRequest for WhichRequest {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match request.match_info().get("id") {
            Some("latest") => Ok(Self(RequestRef::Latest)),
            Some(id) => id.parse().map(|id| Self(RequestRef::Id(id))).map_err(|_| Problem::not_found("request")),
            None => Err(Problem::not_found("request")),
        })
    }
}

/// A query whose parameters are all known and of the right type. The parameter at fault is named.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
        ready(serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs)).map(Self).map_err(|error| {
            let name = error.path().to_string();
            Problem::query(name, sentence(&error.into_inner().to_string()))
        }))
    }
}

/// A JSON body whose fields are all known and of the right type. The field at fault is named by its path.
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let typed = require_type(request, &["application/json"]);
        let body = read_body(payload.take(), MAX_JSON);
        Box::pin(async move {
            typed?;
            parse(&body.await?).map(Self)
        })
    }
}

/// Like [`Json`], but no body at all stands for the type's default.
pub(super) struct OptionalJson<T>(pub(super) T);

impl<T: DeserializeOwned + Default> FromRequest for OptionalJson<T> {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let untyped = !request.headers().contains_key(actix_web::http::header::CONTENT_TYPE);
        let typed = require_type(request, &["application/json"]);
        let body = read_body(payload.take(), MAX_JSON);
        Box::pin(async move {
            // Only what states its type may hold something: a form post of another site cannot.
            let body = if untyped {
                body.await?
            } else {
                typed.clone()?;
                body.await?
            };
            if body.is_empty() {
                return Ok(Self(T::default()));
            }
            typed?;
            parse(&body).map(Self)
        })
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        let text = sentence(&error.to_string());
        match error.classify() {
            serde_json::error::Category::Data if path == "." => Problem::new(Code::InvalidField, text),
            serde_json::error::Category::Data => Problem::field(path, text),
            serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof
            | serde_json::error::Category::Io => {
                Problem::new(Code::InvalidBody, format!("The body is not JSON: {text}"))
            }
        }
    })?;
    json.end().map_err(|error| Problem::new(Code::InvalidBody, format!("The body is not JSON: {error}")))?;
    Ok(value)
}

/// A parser's words as a sentence: with a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str().trim_end_matches('.'))
}

/// Refuses a body of any other type: a page of another site can send only form types without asking first.
pub(super) fn require_type(request: &HttpRequest, types: &[&str]) -> Result<(), Problem> {
    let given = request.headers().get(actix_web::http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = given.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if types.contains(&essence.as_str()) {
        return Ok(());
    }
    let wanted = types.join(" or ");
    Err(Problem::new(Code::UnsupportedMediaType, format!("Send the body with 'Content-Type: {wanted}'.")))
}

/// Reads a body under a limit of size and time.
pub(super) async fn read_body(mut payload: Payload, limit: usize) -> Result<Bytes, Problem> {
    let reading = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| Problem::new(Code::InvalidBody, "The body broke off."))?;
            if body.len() + chunk.len() > limit {
                return Err(Problem::new(Code::TooLarge, format!("The body is larger than {limit} bytes.")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    tokio::time::timeout(BODY_TIMEOUT, reading)
        .await
        .unwrap_or_else(|_| Err(Problem::new(Code::SlowBody, "The body did not arrive in time.")))
}

/// Reads the filter of a `q` parameter.
pub(super) fn filter(q: Option<&str>) -> Result<Filter, Problem> {
    Filter::parse(q.unwrap_or_default())
        .map_err(|error| Problem::new(Code::InvalidFilter, error.message).at("q").with("position", error.at))
}

impl<T> Deref for Query<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}
