//! Extractors for handlers: the state, what the path names, a checked query, a checked JSON body.

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

use super::problem::{Code, Problem};
use super::{ConsoleState, error_text};
use crate::http::ContentType;
use crate::model::BinId;
use crate::model::filter::Filter;
use crate::store::{BinState, RequestRef};

/// A body of the API other than an import: a response of 1 MiB in base64, with room for its other fields.
const MAX_JSON: usize = 4 << 20;
/// Time-out for a body of the API, from the first to the last byte.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// The console's state, for handlers to use.
#[derive(Clone)]
pub(super) struct State(web::Data<ConsoleState>);

impl State {
    /// The state of the application that a request belongs to.
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let data = request.app_data::<web::Data<ConsoleState>>();
        data.cloned().map(Self).ok_or_else(|| Problem::new(Code::Internal, "The console is not set up."))
    }
}

impl Deref for State {
    type Target = ConsoleState;
    fn deref(&self) -> &ConsoleState {
        &self.0
    }
}

impl FromRequest for State {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

/// Characters of a name that an error repeats: a bin's name has at most 63.
const MAX_NAME_ECHO: usize = 64;

/// The bin that `{bin}` names by id or name.
pub(super) struct BinRef(pub(super) Arc<BinState>);

impl BinRef {
    /// The bin's id.
    pub(super) fn id(&self) -> BinId {
        self.0.bin.id
    }
}

impl FromRequest for BinRef {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let named = request.match_info().get("bin").unwrap_or_default();
        ready(State::of(request).and_then(|state| {
            state.find_bin(named).map(Self).ok_or_else(|| {
                let shown: String = named.chars().take(MAX_NAME_ECHO).collect();
                Problem::new(Code::NotFound, format!("There is no bin '{shown}'."))
            })
        }))
    }
}

/// What a part of a path names, other than bins that are there.
pub(super) trait PathPart: Sized {
    /// The part in the route.
    const PART: &'static str;

    /// Finds what is called so; nothing when there is none.
    fn find(state: &ConsoleState, name: &str) -> Option<Self>;

    /// The problem when there is none.
    fn missing() -> Problem {
        Problem::not_found(Self::PART)
    }
}

/// Makes types for names in a path that the handler looks up itself, or that may be new.
macro_rules! path_names {
    ($($(#[$doc:meta])* $visibility:vis struct $name:ident, $part:literal;)+) => {$(
        $(#[$doc])*
        $visibility struct $name(pub(super) String);

        impl $crate::server::console::extract::PathPart for $name {
            const PART: &'static str = $part;

            fn find(_: &$crate::server::console::ConsoleState, name: &str) -> Option<Self> {
                Some(Self(name.to_owned()))
            }
        }
    )+};
}
pub(super) use path_names;

/// What the part of the path names.
pub(super) struct Named<T>(pub(super) T);

impl<T: PathPart> FromRequest for Named<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // What actix leaves encoded in a path: slashes, plus signs, percent signs.
        let decoded = |written| percent_encoding::percent_decode_str(written).decode_utf8().ok();
        let name = request.match_info().get(T::PART).and_then(decoded);
        ready(State::of(request).and_then(|state| {
            let found = name.and_then(|name| T::find(&state, &name));
            found.map(Self).ok_or_else(T::missing)
        }))
    }
}

/// The request that `{id}` names: a ULID, or `latest`.
pub(super) type WhichRequest = Named<RequestRef>;

impl PathPart for RequestRef {
    const PART: &'static str = "id";

    fn find(_: &ConsoleState, name: &str) -> Option<Self> {
        name.parse().ok()
    }

    fn missing() -> Problem {
        Problem::not_found("request")
    }
}

/// The request that a parameter or a field names. Any text that is no id and not `latest` names none.
pub(super) fn which_request(text: &str) -> Result<RequestRef, Problem> {
    text.parse().map_err(|_| RequestRef::missing())
}

/// A query whose parameters are all known and of the right type. The parameter at fault is named.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read_query(request.query_string()).map(Self))
    }
}

fn read_query<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let decoded = |text| percent_encoding::percent_decode_str(text).decode_utf8();
    for pair in text.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decoded(name).map_err(|_| Problem::new(Code::InvalidQuery, "A parameter's name is not UTF-8."))?;
        if decoded(value).is_err() {
            let detail = format!("The value of `{}` is not percent-encoded UTF-8.", error_text::cut(&name));
            return Err(Problem::query(name, detail));
        }
    }
    let pairs = url::form_urlencoded::parse(text.as_bytes());
    serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs)).map_err(|error| {
        let path = error.path().to_string();
        Problem::told(Code::InvalidQuery, error_text::told(&path, &error.into_inner().to_string()))
    })
}

/// A type that is read from a JSON object and nothing else. [`only_objects`] is the way to make one.
pub(super) trait ObjectOnly: DeserializeOwned {}

/// Reads these types (derived with `remote = "Self"`) from objects only: serde's derived code also accepts a list of
/// the fields' values.
macro_rules! only_objects {
    ($($type:ty),+) => {$(
        impl $crate::server::console::extract::ObjectOnly for $type {}

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Members;
                impl<'de> serde::de::Visitor<'de> for Members {
                    type Value = $type;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(self, members: A) -> Result<$type, A::Error> {
                        // The derived function, which belongs to the type and not to the trait.
                        <$type>::deserialize(serde::de::value::MapAccessDeserializer::new(members))
                    }
                }
                deserializer.deserialize_map(Members)
            }
        }
    )+};
}
pub(super) use only_objects;

/// A JSON body whose fields are all known and of the right type. The field at fault is named by its path.
pub(super) struct Json<T>(pub(super) T);

impl<T: ObjectOnly> FromRequest for Json<T> {
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

/// Like [`Json`], but no body at all means the type's default.
pub(super) struct OptionalJson<T>(pub(super) T);

impl<T: ObjectOnly + Default> FromRequest for OptionalJson<T> {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let untyped = !request.headers().contains_key(actix_web::http::header::CONTENT_TYPE);
        let typed = require_type(request, &["application/json"]);
        let body = read_body(payload.take(), MAX_JSON);
        Box::pin(async move {
            // A body must state its type, which a form of another site cannot do; only an empty body needs none.
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

/// Reads a body.
pub(super) fn parse<T: ObjectOnly>(body: &[u8]) -> Result<T, Problem> {
    let not_json = |error: &serde_json::Error| Problem::new(Code::InvalidBody, error_text::syntax(error));
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        match error.classify() {
            serde_json::error::Category::Data => {
                Problem::told(Code::InvalidField, error_text::told(&path, &error.to_string()))
            }
            // serde_json reports a number in place of a string as a syntax error.
            serde_json::error::Category::Syntax
                if path != "." && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() =>
            {
                let detail = format!("`{}` has the wrong type or is out of range.", error_text::cut(&path));
                Problem::field(path, detail)
            }
            serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof
            | serde_json::error::Category::Io => not_json(&error),
        }
    })?;
    json.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

/// Refuses a body of any other type: a page of another site can send only form types without asking first.
pub(super) fn require_type(request: &HttpRequest, types: &[&str]) -> Result<(), Problem> {
    let refuse = |detail: String| Err(Problem::new(Code::UnsupportedMediaType, detail));
    let mut given = request.headers().get_all(actix_web::http::header::CONTENT_TYPE);
    let (first, second) = (given.next().and_then(|value| value.to_str().ok()), given.next());
    if second.is_some() {
        return refuse("Send one Content-Type, not several.".to_owned());
    }
    let sent = ContentType::parse(first.unwrap_or_default());
    if !types.contains(&sent.essence.as_str()) {
        let wanted = types.join(" or ");
        return refuse(format!("Send the body with 'Content-Type: {wanted}'."));
    }
    match sent.parameter("charset") {
        Some(other) if !other.eq_ignore_ascii_case("utf-8") => {
            refuse("The body must be UTF-8; leave out 'charset'.".to_owned())
        }
        Some(_) | None => Ok(()),
    }
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
