//! A bin's settings. The page shows them; its scripts write them through the API.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::choices::Choices;
use super::format;
use super::html;
use super::setup::Setup;
use super::shell::{BinLinks, Shell};
use crate::capture::template::PLACEHOLDERS;
use crate::export::ManyExporter;
use crate::model::{
    Bin, BinCounts, BinLimits, BinSettings, Declaration, ExpectedHeader, FaultKind, Secret, SecretHint, SignatureMode,
};
use crate::provider::platform::hints;
use crate::server::console::extract::{BinRef, State};
use crate::server::console::problem::Problem;
use crate::server::console::sessions::platform_events;
use crate::server::console::{ConsoleState, Defaults};
use crate::store::{BinState, ListQuery};

/// How many of the latest requests are searched for the recognised scheme.
const RECOGNISED_IN: usize = 50;

/// The settings.
#[derive(Debug, Template)]
#[template(path = "settings.html")]
pub(super) struct SettingsPage {
    shell: Shell,
    bin: BinLinks,
    name: String,
    public_url: String,
    choices: Choices,
    custom_scheme: String,
    recognised: Option<String>,
    enforce: bool,
    secrets: Vec<SecretHint>,
    /// The response in the form of the API, for the scripts.
    response: String,
    /// The forward in the form of the API, for the scripts; empty when there is none.
    forward: String,
    /// The on-match setting in the form of the API, for the scripts; empty when there is none.
    on_match: String,
    /// The platform document's hints for setting it up.
    setup: Option<Setup>,
    /// The body of the response that the platform's own receiver gives.
    usual_response: Option<&'static str>,
    /// The placeholders for the response's body and headers.
    placeholders: &'static [(&'static str, &'static str)],
    faults: Vec<(&'static str, &'static str)>,
    expected: Expected,
    limits: Limits,
    counts: BinCounts,
    bytes: String,
    exports: Vec<(String, String)>,
    /// What a configuration file sets of it, in words.
    declared: Option<String>,
    /// The same by the fields of the API and their parts, while the file declares the bin.
    declared_fields: Vec<String>,
    /// The file's name.
    file: String,
    /// The cursor from which live changes are wanted.
    head_seq: u64,
}

/// What the bin's owner expects of its sender.
#[derive(Debug)]
struct Expected {
    /// The platform's events, with whether each was chosen; empty where the platform is not known in full.
    platform_events: Vec<(&'static str, bool)>,
    /// Events that were chosen, one a line.
    events: String,
    /// Header fields that are expected, one a line.
    headers: String,
    silence_s: String,
}

impl Expected {
    fn new(bin: &Bin) -> Self {
        let expect = bin.settings.expect.clone().unwrap_or_default();
        let chosen = |name: &str| expect.events.iter().flatten().any(|chosen| chosen == name);
        Self {
            platform_events: platform_events(bin).into_iter().map(|(name, _)| (name, chosen(name))).collect(),
            headers: expect.headers.iter().map(header_line).collect::<Vec<_>>().join("\n"),
            silence_s: number(expect.silence_s),
            events: expect.events.unwrap_or_default().join("\n"),
        }
    }
}

/// The limits that are set, and the server's defaults for the others.
#[derive(Debug)]
struct Limits {
    requests: String,
    age_s: String,
    body_bytes: String,
    default_requests: String,
    default_age: String,
    default_body: u64,
}

impl Limits {
    fn new(set: &BinLimits, defaults: Defaults) -> Self {
        Self {
            requests: number(set.max_requests),
            age_s: number(set.max_age_s),
            body_bytes: number(set.max_body_bytes),
            default_requests: default_limit(defaults.max_requests),
            default_age: default_limit(defaults.max_age_s),
            default_body: defaults.max_body,
        }
    }
}

/// A setting as the API writes it, for the scripts; empty when it is not set.
fn as_json<T: serde::Serialize>(setting: Option<&T>) -> String {
    setting.and_then(|setting| serde_json::to_string(setting).ok()).unwrap_or_default()
}

/// What a configuration file sets, by the fields of the API and their parts, while it declares the bin.
fn declared_fields(settings: &BinSettings) -> Vec<String> {
    let declared = settings.declared.as_ref().filter(|declared| declared.current);
    declared.map(|declared| [declared.fields.clone(), declared.parts.clone()].concat()).unwrap_or_default()
}

fn number(value: Option<u64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A limit of the server's.
fn default_limit(limit: u64) -> String {
    if limit == 0 { "no limit".to_owned() } else { limit.to_string() }
}

/// An expected header field as it is written in the form.
fn header_line(header: &ExpectedHeader) -> String {
    match &header.sha256 {
        Some(digest) => format!("{}: sha256={digest}", header.name),
        None => header.name.clone(),
    }
}

const fn fault_words(kind: FaultKind) -> (&'static str, &'static str) {
    match kind {
        FaultKind::Close => ("close", "close the connection without a response"),
        FaultKind::Reset => ("reset", "reset the connection"),
        FaultKind::Cut => ("cut", "announce the whole body, send a part"),
        FaultKind::Drip => ("drip", "send the body slowly"),
        FaultKind::Hang => ("hang", "never answer"),
    }
}

/// The scheme that was recognised in the latest signed request.
async fn recognised(state: &ConsoleState, bin: &BinState) -> Result<Option<String>, Problem> {
    let page = state.store.list(bin.bin.id, ListQuery { limit: RECOGNISED_IN, ..ListQuery::default() }).await?;
    let id = page.requests.into_iter().find_map(|summary| summary.derived.verdict.scheme);
    Ok(id.map(|id| state.capture.catalogue().scheme(&id).map_or(id, |scheme| scheme.name.clone())))
}

/// What a configuration file sets, and how that affects changes here.
fn declared_words(state: &ConsoleState, declared: &Declaration) -> String {
    let path = state.setup.as_ref().map(|setup| setup.file.text.path().display().to_string());
    let file = path.as_deref().unwrap_or("A configuration file");
    if !declared.current {
        return format!(
            "{file} declared this bin, and no longer does. It stays as it is, its secrets too: remove here what should go."
        );
    }
    let names: Vec<String> = declared.fields.iter().map(|field| field.replace('_', " ")).collect();
    let what = match names.split_last() {
        None => return format!("{file} declares this bin and sets nothing of it."),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    };
    format!("{file} sets {what} of this bin. What you change of them here holds until the file is read again.")
}

/// The configuration file's name.
pub(super) fn file_name(state: &ConsoleState) -> String {
    let name = state.setup.as_ref().and_then(|setup| setup.file.text.path().file_name());
    name.map_or_else(|| "the file".to_owned(), |name| name.to_string_lossy().into_owned())
}

impl SettingsPage {
    /// The mark for a setting (or a part of one) that the file sets; empty for others.
    fn mark(&self, field: &str) -> Mark<'_> {
        Mark(self.declared_fields.iter().any(|declared| declared == field).then_some(&*self.file))
    }
}

/// Marks a setting as set by the configuration file.
#[derive(Template)]
#[template(path = "parts/from_file.html")]
struct Mark<'f>(Option<&'f str>);

impl askama::filters::HtmlSafe for Mark<'_> {}

/// `GET /bins/{bin}/settings`.
pub(super) async fn show(state: State, BinRef(bin): BinRef, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let settings = &bin.bin.settings;
    let links = BinLinks::new(&bin.bin, &state);
    let counts = state.store.counts(bin.bin.id);
    let custom_scheme = settings.custom_scheme.as_ref().and_then(|record| serde_json::to_string_pretty(record).ok());
    html(&SettingsPage {
        shell: Shell::new(&request, format!("Settings of {}", links.label)),
        name: settings.name.as_ref().map(ToString::to_string).unwrap_or_default(),
        public_url: settings.public_url.clone().unwrap_or_default(),
        choices: Choices::new(&state.capture.catalogue(), Some(settings)),
        custom_scheme: custom_scheme.unwrap_or_default(),
        recognised: recognised(&state, &bin).await?,
        enforce: settings.signature_mode == SignatureMode::Enforce,
        secrets: bin.bin.secrets.iter().map(Secret::hint).collect(),
        setup: Setup::new(&bin.bin, &links),
        usual_response: settings.provider.as_deref().and_then(hints).and_then(|hints| hints.response),
        response: as_json(Some(&settings.response)),
        forward: as_json(settings.forward.as_ref()),
        on_match: as_json(settings.on_match.as_ref()),
        placeholders: PLACEHOLDERS,
        faults: FaultKind::ALL.into_iter().map(fault_words).collect(),
        expected: Expected::new(&bin.bin),
        limits: Limits::new(&settings.limits, state.defaults),
        bytes: format::size(counts.bytes),
        counts,
        exports: ManyExporter::all()
            .map(|kind| (kind.label().to_owned(), format!("{}/export?as={}", links.api, kind.id())))
            .collect(),
        declared_fields: declared_fields(settings),
        file: file_name(&state),
        declared: settings.declared.as_ref().map(|declared| declared_words(&state, declared)),
        head_seq: state.store.head_seq(),
        bin: links,
    })
}
