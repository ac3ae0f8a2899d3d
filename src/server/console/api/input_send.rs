//! What clients write to simulate a platform.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::input_place::Place;
use super::input_replay::{
    GivenSecret, HeaderEditInput, MAX_EDITS, MAX_TIMEOUT_MS, TIMEOUT_MS, check_field, check_line, checked_target,
    given_body, label_or_value,
};
use super::schemas;
use crate::deliver::engine::{HeadEdit, edited};
use crate::deliver::send::{Sample, Sending, SignWith, own_sample};
use crate::http::Head;
use crate::json::Pointer;
use crate::model::{CapturedRequest, RequestId, Timestamp};
use crate::provider::samples::{self, Fault, Language, MAX_SIZE, Mode, SESSION, Step, Story};
use crate::server::console::extract::{BinRef, State, only_objects, which_request};
use crate::server::console::problem::Problem;

/// The largest speed of a session: a day in a second.
const MAX_SPEED: f64 = 86_400.0;
/// Bytes of a session's id.
const MAX_SESSION: usize = 256;

/// What to send. A sample is made up (`provider`, `event`), captured (`request`), your own (`from`), or composed from
/// nothing (`method`).
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = SendInput)]
#[serde(deny_unknown_fields, remote = "Self")]
pub(super) struct SendInput {
    /// The platform to simulate; default the bin's. `creel send --list` shows which there are.
    provider: Option<String>,
    /// The event, or `session` for a whole session in its order.
    event: Option<String>,
    /// A captured request of the bin as the sample: its id, or `latest`.
    request: Option<String>,
    /// A request of your own as the sample: head, empty line, body.
    from: Option<String>,
    /// The same in base64.
    from_base64: Option<String>,
    /// The method of a request that is composed from nothing; of a captured one, another method.
    method: Option<String>,
    /// The path after the bin's or the target's own, for a composed request; empty, or with a leading slash.
    #[schema(max_length = 16384)]
    path: Option<String>,
    /// The query of a composed request, without its question mark.
    #[schema(max_length = 16384)]
    query: Option<String>,
    /// Names of header fields of a captured request to leave out.
    #[schema(max_items = 100)]
    remove: Option<Vec<String>>,
    /// Another body.
    body: Option<String>,
    /// The same in base64.
    body_base64: Option<String>,
    /// Keep what is sent to a target as a request of the bin, with its attempts, as `composed`. Default for a request
    /// that is composed from nothing or your own; a captured one has the attempts itself.
    keep: Option<bool>,
    /// The URL to send to: exactly this one, except for what `path` and `query` add. Default the bin itself.
    #[schema(max_length = 2048)]
    to: Option<String>,
    /// The same as `to`.
    #[schema(max_length = 2048)]
    target: Option<String>,
    /// The label of a secret of the bin's, `{"value": "…"}`, or `false` to sign nothing; default the bin's newest.
    #[schema(schema_with = schemas::send_secret)]
    secret: Option<Value>,
    /// A scheme's id; default the bin's, else the platform's.
    scheme: Option<String>,
    /// Header fields of your own. Those of the platform win.
    #[schema(max_items = 100)]
    headers: Option<Vec<HeaderEditInput>>,
    /// The language that people speak.
    #[schema(schema_with = schemas::language)]
    language: Option<Language>,
    /// A call or a chat.
    #[schema(schema_with = schemas::mode)]
    mode: Option<Mode>,
    /// Bytes of the body, for events with a transcript; default a short one.
    #[schema(minimum = 1, maximum = 10_485_760)]
    size: Option<usize>,
    /// The session's id; default, or with `true`, a new one. Without `event` the whole session is sent.
    #[schema(schema_with = schemas::session)]
    session: Option<SessionInput>,
    /// The speed of a whole session, as a multiple of real time; 0 leaves out the pauses. Default 1.
    #[schema(minimum = 0, maximum = 86400)]
    speed: Option<f64>,
    /// What goes wrong on purpose.
    #[serde(default)]
    #[schema(schema_with = schemas::sender_faults)]
    faults: Vec<Fault>,
    /// Values of the body by pointer, as `{"/data/reason": "timeout"}`; of a form `{"/Body": "…"}`.
    #[schema(value_type = Option<Object>)]
    set: Option<Map<String, Value>>,
    /// Milliseconds after which a delivery is given up; default 30000.
    #[schema(minimum = 1, maximum = 60000)]
    timeout_ms: Option<u64>,
    /// Show what would be sent, and send nothing.
    dry_run: Option<bool>,
}

only_objects!(SendInput);

/// A session: its id, or one that is made up.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a session's id or true")]
enum SessionInput {
    Id(String),
    New(bool),
}

/// The checked input.
pub(super) struct AskedToSend {
    pub(super) sending: Arc<Sending>,
    /// The captured request that is the sample.
    pub(super) request: Option<RequestId>,
    /// Set for a composed request, which gets its own attempts.
    pub(super) made: Option<Made>,
    pub(super) dry_run: bool,
}

/// A composed request.
pub(super) struct Made {
    /// Its path and query as the bin keeps them; `None` when it goes to the bin itself, which keeps what arrives.
    pub(super) kept_at: Option<Vec<u8>>,
}

impl SendInput {
    /// Checks every field.
    pub(super) async fn checked(self, state: &State, bin: &BinRef) -> Result<AskedToSend, Problem> {
        let settings = &bin.0.bin.settings;
        let (target, to_self) = match (&self.to, &self.target) {
            (Some(_), Some(_)) => return Err(Problem::field("to", "Give `to` or `target`: they are the same.")),
            (Some(text), None) => (checked_target(text, "to")?, false),
            (None, Some(text)) => (checked_target(text, "target")?, false),
            (None, None) => {
                let own = state.deliver.own_target(&bin.0.bin);
                (own.ok_or_else(|| Problem::field("target", "Give a target: there is no capture listener."))?, true)
            }
        };
        let timeout = self.timeout_ms.unwrap_or(TIMEOUT_MS);
        if !(1..=MAX_TIMEOUT_MS).contains(&timeout) {
            return Err(Problem::field("timeout_ms", format!("A timeout is 1 to {MAX_TIMEOUT_MS} ms.")));
        }
        let place = self.place(bin)?;
        let target = place.joined(&target)?;
        let with = sign_with(self.secret.as_ref())?;
        let set = pointers(self.set.as_ref())?;
        let captured = self.captured(state, bin).await?;
        let made = self.made(captured.is_some(), to_self, &place)?;
        let request = captured.as_ref().map(|captured| captured.summary.id).filter(|_| made.is_none());
        let provider = self.provider.clone().or_else(|| settings.provider.clone());
        let (sample, steps) = self.sample(captured, provider.as_deref(), state.capture.clock().now())?;
        let signer =
            state.deliver.signer(Some(&bin.0.bin), &with, self.scheme.as_deref(), provider.as_deref(), &target)?;
        let sending = Sending {
            sample,
            steps,
            signed_url: to_self.then(|| public_url(state, bin)).flatten().map(|url| place.added(url)),
            target,
            to_self,
            headers: checked_headers(self.headers.unwrap_or_default())?,
            signer,
            set,
            body: given_body(self.body, self.body_base64, "body_base64")?,
            faults: self.faults,
            timeout: Duration::from_millis(timeout),
        };
        Ok(AskedToSend { sending: sending.into(), request, made, dry_run: self.dry_run.unwrap_or(false) })
    }

    /// What is added to the URL.
    fn place(&self, bin: &BinRef) -> Result<Place, Problem> {
        check_line(self.method.as_deref(), self.path.as_deref(), self.query.as_deref(), "")?;
        if self.method.as_deref().is_some_and(|method| matches!(method, "CONNECT" | "TRACE")) {
            return Err(Problem::field("method", "CONNECT and TRACE are for proxies, and not sent."));
        }
        if self.remove.as_ref().is_some_and(|remove| remove.len() > MAX_EDITS) {
            return Err(Problem::field("remove", format!("At most {MAX_EDITS} fields are left out.")));
        }
        Ok(Place { bin: bin.id(), path: self.path.clone(), query: self.query.clone() })
    }

    /// Whether it is one composed request, and how the bin keeps it.
    fn made(&self, captured: bool, to_self: bool, place: &Place) -> Result<Option<Made>, Problem> {
        let own = self.from.is_some() || self.from_base64.is_some() || self.is_from_nothing();
        if !own && !captured {
            let fields = [
                ("method", self.method.is_some()),
                ("path", self.path.is_some()),
                ("query", self.query.is_some()),
                ("remove", self.remove.is_some()),
                ("keep", self.keep == Some(true)),
            ];
            let sentence = "This is for a request of your own: leave it out, or leave out `event`.";
            let given = fields.into_iter().find(|(_, given)| *given);
            return given.map_or(Ok(None), |(field, _)| Err(Problem::field(field, sentence)));
        }
        if !self.keep.unwrap_or(own) {
            return Ok(None);
        }
        Ok(Some(Made { kept_at: (!to_self).then(|| place.in_bin()) }))
    }

    /// Whether the request is composed from nothing.
    const fn is_from_nothing(&self) -> bool {
        self.method.is_some()
            && self.event.is_none()
            && !self.is_session()
            && self.request.is_none()
            && self.from.is_none()
            && self.from_base64.is_none()
    }

    /// Whether a whole session is requested without `event`.
    const fn is_session(&self) -> bool {
        self.event.is_none() && matches!(self.session, Some(SessionInput::Id(_) | SessionInput::New(true)))
    }

    /// The head with the owner's changes, except the fields to set: these are added when it is sent.
    fn edited(&self, head: &Head) -> Head {
        let edit = HeadEdit {
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            set: Vec::new(),
            remove: self.remove.clone().unwrap_or_default(),
        };
        edited(head, &edit)
    }

    async fn captured(&self, state: &State, bin: &BinRef) -> Result<Option<CapturedRequest>, Problem> {
        let Some(which) = &self.request else { return Ok(None) };
        Ok(Some(state.store.request(bin.id(), which_request(which)?).await?))
    }

    /// The sample, and its events with their times.
    fn sample(
        &self,
        captured: Option<CapturedRequest>,
        provider: Option<&str>,
        now: Timestamp,
    ) -> Result<(Sample, Vec<Step>), Problem> {
        let own = match (captured, &self.from, &self.from_base64) {
            (None, None, None) if self.is_from_nothing() => {
                let nothing = Head::new(Bytes::from_static(b"POST / HTTP/1.1\r\nHost: h\r\n\r\n"));
                Some(Sample::Own { head: self.edited(&nothing), body: Bytes::new() })
            }
            (None, None, None) => None,
            (Some(captured), None, None) => {
                Some(Sample::Own { head: self.edited(&captured.head), body: captured.body })
            }
            (None, Some(text), None) => Some(own_sample(&Bytes::from(text.clone()))?),
            (None, None, Some(encoded)) => {
                let raw = STANDARD.decode(encoded);
                Some(own_sample(&raw.map_err(|_| Problem::field("from_base64", "This is not base64."))?.into())?)
            }
            _ => return Err(Problem::field("from", "Give one of `request`, `from` and `from_base64`.")),
        };
        if let Some(own) = own {
            let event = self.event.clone().unwrap_or_else(|| "sample".to_owned());
            return Ok((own, own_steps(event, &self.faults)?));
        }
        let provider = provider
            .ok_or_else(|| Problem::field("provider", "Say which platform to simulate, or set the bin's provider."))?;
        let sender = samples::simulated_platform(provider).map_err(deliver_problem)?;
        let event = self.event.as_deref().or_else(|| self.is_session().then_some(SESSION)).ok_or_else(|| {
            let sentence = "Name the event, or `session` for a whole one where there are sessions; or give a `method` to \
                            compose a request from nothing.";
            Problem::field("event", sentence)
        })?;
        let (mut story, speed) = self.story(now)?;
        if event == SESSION {
            sender.begin(&mut story, now, speed);
        }
        let steps = sender.steps(event, &story, speed, &self.faults).map_err(deliver_problem)?;
        Ok((Sample::Made { sender, story: story.into() }, steps))
    }

    fn story(&self, now: Timestamp) -> Result<(Story, f64), Problem> {
        let speed = self.speed.unwrap_or(1.0);
        if !(0.0..=MAX_SPEED).contains(&speed) {
            return Err(Problem::field("speed", format!("A speed is a number from 0 to {MAX_SPEED}.")));
        }
        if self.size.is_some_and(|size| !(1..=MAX_SIZE).contains(&size)) {
            return Err(Problem::field("size", format!("A size is a number of bytes from 1 to {MAX_SIZE}.")));
        }
        let session = match &self.session {
            Some(SessionInput::Id(id)) => Some(id),
            Some(SessionInput::New(_)) | None => None,
        };
        let plain = |id: &String| id.is_empty() || id.len() > MAX_SESSION || id.chars().any(char::is_control);
        if session.is_some_and(plain) {
            return Err(Problem::field("session", format!("A session's id is a text of 1 to {MAX_SESSION} bytes.")));
        }
        let mut story = Story::new(rand::random(), now);
        story.language = self.language.unwrap_or_default();
        story.mode = self.mode.unwrap_or_default();
        story.size = if self.faults.contains(&Fault::HugeTranscript) { Some(MAX_SIZE) } else { self.size };
        story.session = session.cloned();
        Ok((story, speed))
    }
}

/// Reads what to sign with.
pub(super) fn sign_with(secret: Option<&Value>) -> Result<SignWith, Problem> {
    let secret = match secret {
        None | Some(Value::Null) => return Ok(SignWith::Usual),
        Some(Value::Bool(false)) => return Ok(SignWith::Nothing),
        Some(secret) => label_or_value(secret, "secret.value")?,
    };
    match secret {
        Some(GivenSecret::Label(label)) => Ok(SignWith::Label(label)),
        Some(GivenSecret::Value(value)) => Ok(SignWith::Value(value)),
        None => {
            let sentence = "A secret is the label of one of the bin's, `{\"value\": \"…\"}`, or `false`.";
            Err(Problem::field("secret", sentence))
        }
    }
}

/// The user's own request is sent once, or twice with the fault `duplicate`.
fn own_steps(event: String, faults: &[Fault]) -> Result<Vec<Step>, Problem> {
    let unfit = [Fault::OutOfOrder, Fault::UnknownEvent, Fault::HugeTranscript];
    if let Some(fault) = faults.iter().find(|fault| unfit.contains(fault)) {
        let sentence = format!("`{}` needs a made-up event: leave out the sample of your own.", fault.name());
        return Err(Problem::field("faults", sentence));
    }
    let times = if faults.contains(&Fault::Duplicate) { 2 } else { 1 };
    Ok(vec![Step { event, after: Duration::ZERO, times }])
}

fn deliver_problem(error: samples::SampleError) -> Problem {
    crate::deliver::SendError::from(error).into()
}

/// The URL that the bin takes requests for, where it is not the one that they are sent to.
fn public_url(state: &State, bin: &BinRef) -> Option<String> {
    let bin = &bin.0.bin;
    let url = state.capture.bin_url(bin.id.as_str(), bin.settings.public_url.as_deref());
    let own = url::Url::from_str(&url).ok()?;
    let is_unspecified = match own.host()? {
        url::Host::Ipv4(ip) => ip.is_unspecified(),
        url::Host::Ipv6(ip) => ip.is_unspecified(),
        url::Host::Domain(_) => false,
    };
    (!is_unspecified).then_some(url)
}

pub(super) fn checked_headers(fields: Vec<HeaderEditInput>) -> Result<Vec<(String, String)>, Problem> {
    if fields.len() > MAX_EDITS {
        return Err(Problem::field("headers", format!("At most {MAX_EDITS} fields are added.")));
    }
    for (index, field) in fields.iter().enumerate() {
        check_field(field, &format!("headers[{index}]"))?;
    }
    Ok(fields.into_iter().map(|field| (field.name, field.value)).collect())
}

fn pointers(set: Option<&Map<String, Value>>) -> Result<Vec<(Pointer, String)>, Problem> {
    let values = set.into_iter().flatten();
    if set.is_some_and(|set| set.len() > MAX_EDITS) {
        return Err(Problem::field("set", format!("At most {MAX_EDITS} values are changed at once.")));
    }
    let read = values.map(|(pointer, value)| {
        let read = Pointer::parse(pointer).ok_or_else(|| {
            Problem::field(format!("set.{pointer}"), "A pointer starts with a slash, as in /data/reason.")
        })?;
        Ok((read, value.to_string()))
    });
    read.collect()
}
