//! What clients write to have requests sent again.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::input::check_secret;
use super::schemas;
use crate::deliver::engine::{HeadEdit, TargetUrl, is_set_by_creel};
use crate::deliver::{Edit, MAX_COUNT, MAX_PARALLEL, MAX_SPACING, Plan, Resign, ResignSecret, Spacing};
use crate::json::Pointer;
use crate::model::{Bin, Origin, SecretValue, Why};
use crate::server::console::extract::only_objects;
use crate::server::console::problem::Problem;

/// The default time-out: longer than any platform waits.
pub(super) const TIMEOUT_MS: u64 = 30_000;
pub(super) const MAX_TIMEOUT_MS: u64 = 60_000;
/// Changes of one edit.
pub(super) const MAX_EDITS: usize = 100;
/// Bytes of a changed header's value, path or query.
const MAX_TEXT: usize = 16 << 10;

/// How to send it again. Everything may be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = ReplayInput)]
#[serde(deny_unknown_fields, remote = "Self")]
pub(super) struct ReplayInput {
    /// The URL: its path, then the path below the bin, then the query. Default: the bin's forward target.
    #[schema(max_length = 2048)]
    target: Option<String>,
    /// To exactly this URL, without the request's path and query.
    exact: Option<bool>,
    /// Keep the sender's `Host` in place of the target's.
    keep_host: Option<bool>,
    /// How often; default once.
    #[schema(minimum = 1, maximum = 1000)]
    count: Option<u32>,
    /// The pauses between deliveries: `none` (default), `recorded` (as they came, up to 60 s each), or seconds.
    #[schema(schema_with = schemas::spacing)]
    spacing: Option<Value>,
    /// How many at once; with 1 (default) the order is kept.
    #[schema(minimum = 1, maximum = 16)]
    parallel: Option<usize>,
    /// Sign it again, with a new timestamp and delivery id where the scheme has them.
    resign: Option<ResignInput>,
    /// What is changed before it is sent.
    edit: Option<EditInput>,
    /// Milliseconds after which a delivery is given up; default 30000.
    #[schema(minimum = 1, maximum = 60000)]
    timeout_ms: Option<u64>,
    /// Send it although it was rejected, is incomplete, or may be read in two ways.
    as_is: Option<bool>,
    /// Show what would be sent, and send nothing.
    dry_run: Option<bool>,
}

/// How to sign.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = ResignInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct ResignInput {
    /// The label of a secret of the bin's, or `{"value": "…"}`; default the one that the request was verified with.
    #[schema(schema_with = schemas::resign_secret)]
    secret: Option<Value>,
    /// A scheme's id; default the bin's. A stored secret signs only under its own scheme.
    scheme: Option<String>,
}

/// What is changed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = EditInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct EditInput {
    /// Another method.
    method: Option<String>,
    /// Another path below the bin; empty, or with a leading slash.
    #[schema(max_length = 16384)]
    path: Option<String>,
    /// Another query, without its question mark; an empty one removes the query.
    #[schema(max_length = 16384)]
    query: Option<String>,
    /// Header fields.
    headers: Option<HeadersEditInput>,
    /// Another body, as text.
    body: Option<String>,
    /// Another body, in base64.
    body_base64: Option<String>,
    /// Values of the JSON body by pointer; everything else of it stays byte for byte.
    #[schema(value_type = Option<Object>)]
    json: Option<Map<String, Value>>,
}

/// What is changed of the header fields.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = HeadersEditInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct HeadersEditInput {
    /// Fields to set, each in the place of all fields of its name.
    #[schema(max_items = 100)]
    set: Option<Vec<HeaderEditInput>>,
    /// Names of fields to leave out.
    #[schema(max_items = 100)]
    remove: Option<Vec<String>>,
}

/// A header field.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = HeaderEditInput)]
#[serde(deny_unknown_fields, remote = "Self")]
pub(super) struct HeaderEditInput {
    /// The name as it is to be sent.
    pub(super) name: String,
    /// The value.
    pub(super) value: String,
}

only_objects!(ReplayInput, ResignInput, EditInput, HeadersEditInput, HeaderEditInput);

/// The checked input.
pub(super) struct Asked {
    pub(super) plan: Plan,
    pub(super) count: u32,
    pub(super) spacing: Spacing,
    pub(super) parallel: usize,
    pub(super) dry_run: bool,
}

impl ReplayInput {
    pub(super) fn has_count(&self) -> bool {
        self.count.is_some()
    }

    /// Checks every field.
    pub(super) fn checked(self, bin: &Bin) -> Result<Asked, Problem> {
        let target = match &self.target {
            Some(text) => checked_target(text, "target")?,
            None => default_target(bin)?,
        };
        let count = self.count.unwrap_or(1);
        if !(1..=MAX_COUNT).contains(&count) {
            return Err(Problem::field("count", format!("A count is a number from 1 to {MAX_COUNT}.")));
        }
        let parallel = self.parallel.unwrap_or(1);
        if !(1..=MAX_PARALLEL).contains(&parallel) {
            return Err(Problem::field("parallel", format!("`parallel` is a number from 1 to {MAX_PARALLEL}.")));
        }
        let timeout = self.timeout_ms.unwrap_or(TIMEOUT_MS);
        if !(1..=MAX_TIMEOUT_MS).contains(&timeout) {
            return Err(Problem::field("timeout_ms", format!("A timeout is 1 to {MAX_TIMEOUT_MS} ms.")));
        }
        let spacing = spacing(self.spacing.as_ref())?;
        if parallel > 1 && spacing != Spacing::None {
            return Err(Problem::field("parallel", "Pauses keep an order: leave out `parallel` or `spacing`."));
        }
        let keep_host = self.keep_host.unwrap_or(false);
        // A request signed with a stored token has its own sentence.
        let signs = self.resign.is_some();
        let plan = Plan {
            target,
            exact: self.exact.unwrap_or(false),
            keep_host,
            edit: self.edit.map(|edit| edit.checked(keep_host || signs)).transpose()?.unwrap_or_default(),
            resign: self.resign.map(ResignInput::checked).transpose()?,
            timeout: Duration::from_millis(timeout),
            as_is: self.as_is.unwrap_or(false),
            why: Why::Replay,
            origin: Origin::Replayed,
        };
        Ok(Asked { plan, count, spacing, parallel, dry_run: self.dry_run.unwrap_or(false) })
    }
}

/// Reads a target.
pub(super) fn checked_target(text: &str, field: &str) -> Result<TargetUrl, Problem> {
    TargetUrl::parse(text).map_err(|sentence| Problem::field(field, sentence))
}

fn default_target(bin: &Bin) -> Result<TargetUrl, Problem> {
    match bin.settings.forward_targets().next() {
        Some(target) => checked_target(target, "target"),
        None => Err(Problem::field(
            "target",
            "Give a target, such as http://localhost:3000/hook, or set the bin's forward.",
        )),
    }
}

fn spacing(value: Option<&Value>) -> Result<Spacing, Problem> {
    let wrong = || {
        let most = MAX_SPACING.as_secs();
        Problem::field("spacing", format!("Spacing is `none`, `recorded`, or seconds from 0 to {most}."))
    };
    Ok(match value {
        None | Some(Value::Null) => Spacing::None,
        Some(Value::String(word)) if word == "none" => Spacing::None,
        Some(Value::String(word)) if word == "recorded" => Spacing::Recorded,
        Some(Value::Number(seconds)) => {
            let seconds = seconds.as_f64().filter(|seconds| (0.0..=MAX_SPACING.as_secs_f64()).contains(seconds));
            match Duration::from_secs_f64(seconds.ok_or_else(wrong)?) {
                Duration::ZERO => Spacing::None,
                pause => Spacing::Fixed(pause),
            }
        }
        Some(_) => return Err(wrong()),
    })
}

impl ResignInput {
    fn checked(self) -> Result<Resign, Problem> {
        let secret = match self.secret {
            None | Some(Value::Null) => ResignSecret::Usual,
            Some(secret) => match label_or_value(&secret, "resign.secret.value")? {
                Some(GivenSecret::Label(label)) => ResignSecret::Label(label),
                Some(GivenSecret::Value(value)) => ResignSecret::Value(value),
                None => return Err(wrong_secret()),
            },
        };
        Ok(Resign { secret, scheme: self.scheme })
    }
}

/// A secret as it is given to sign with.
pub(super) enum GivenSecret {
    /// The label of one of the bin's.
    Label(String),
    /// This one.
    Value(SecretValue),
}

/// Reads a label, or `{"value": …}` whose place is `field`; `None` when it is neither.
pub(super) fn label_or_value(secret: &Value, field: &str) -> Result<Option<GivenSecret>, Problem> {
    Ok(match secret {
        Value::String(label) => Some(GivenSecret::Label(label.clone())),
        Value::Object(members) => match (members.get("value"), members.len()) {
            (Some(Value::String(value)), 1) => {
                let value = SecretValue::new(value.clone());
                check_secret(&value, field)?;
                Some(GivenSecret::Value(value))
            }
            _ => None,
        },
        _ => None,
    })
}

fn wrong_secret() -> Problem {
    Problem::field("resign.secret", "A secret is the label of one of the bin's, or `{\"value\": \"…\"}`.")
}

impl EditInput {
    fn checked(self, host_is_sent: bool) -> Result<Edit, Problem> {
        check_line(self.method.as_deref(), self.path.as_deref(), self.query.as_deref(), "edit.")?;
        let headers = self.headers.unwrap_or_default();
        let (set, remove) = (headers.set.unwrap_or_default(), headers.remove.unwrap_or_default());
        if set.len() > MAX_EDITS || remove.len() > MAX_EDITS {
            return Err(Problem::field("edit.headers", format!("At most {MAX_EDITS} fields are changed at once.")));
        }
        for (index, field) in set.iter().enumerate() {
            let at = format!("edit.headers.set[{index}]");
            check_field(field, &at)?;
            if let Some(why) = is_set_by_creel(&field.name) {
                return Err(Problem::field(format!("{at}.name"), why));
            }
            if field.name.eq_ignore_ascii_case("host") && !host_is_sent {
                let sentence = "The target's own Host is sent: give `keep_host: true` to send this one.";
                return Err(Problem::field(format!("{at}.name"), sentence));
            }
        }
        if let Some(index) = remove.iter().position(|name| name.eq_ignore_ascii_case("host")) {
            let sentence = "Every request has a Host: leave it, or set another one with `keep_host: true`.";
            return Err(Problem::field(format!("edit.headers.remove[{index}]"), sentence));
        }
        let body = given_body(self.body, self.body_base64, "edit.body_base64")?;
        let values = self.json.unwrap_or_default();
        if values.len() > MAX_EDITS {
            return Err(Problem::field("edit.json", format!("At most {MAX_EDITS} values are changed at once.")));
        }
        let json = values.into_iter().map(|(pointer, value)| {
            let read = Pointer::parse(&pointer).ok_or_else(|| {
                Problem::field(format!("edit.json.{pointer}"), "A pointer starts with a slash, as in /data/reason.")
            })?;
            Ok((read, value.to_string()))
        });
        Ok(Edit {
            head: HeadEdit {
                method: self.method,
                path: self.path,
                query: self.query,
                set: set.into_iter().map(|field| (field.name, field.value)).collect(),
                remove,
            },
            body,
            json: json.collect::<Result<_, Problem>>()?,
        })
    }
}

/// Checks the given parts of a request line; `at` is the prefix of the field names.
pub(super) fn check_line(
    method: Option<&str>,
    path: Option<&str>,
    query: Option<&str>,
    at: &str,
) -> Result<(), Problem> {
    let printable = |text: &str| text.len() <= MAX_TEXT && !text.chars().any(|c| c.is_control() || c == ' ');
    if method.is_some_and(|method| !is_token(method)) {
        return Err(Problem::field(format!("{at}method"), "A method is a word such as POST."));
    }
    if path.is_some_and(|path| {
        !printable(path) || path.contains(['?', '#']) || !(path.is_empty() || path.starts_with('/'))
    }) {
        let sentence = "A path is empty or starts with a slash, and has no query, spaces or control characters.";
        return Err(Problem::field(format!("{at}path"), sentence));
    }
    if query.is_some_and(|query| !printable(query) || query.contains('#')) {
        return Err(Problem::field(format!("{at}query"), "A query has no spaces, fragment or control characters."));
    }
    Ok(())
}

/// A body given as text or in base64; `at` is the name of the latter field.
pub(super) fn given_body(text: Option<String>, encoded: Option<String>, at: &str) -> Result<Option<Bytes>, Problem> {
    match (text, encoded) {
        (Some(_), Some(_)) => Err(Problem::field(at, "Give either `body` or `body_base64`.")),
        (Some(text), None) => Ok(Some(text.into())),
        (None, Some(encoded)) => {
            let decoded = STANDARD.decode(encoded).map_err(|_| Problem::field(at, "This is not base64."))?;
            Ok(Some(decoded.into()))
        }
        (None, None) => Ok(None),
    }
}

/// Checks a header field to send; `at` is its place in the input.
pub(super) fn check_field(field: &HeaderEditInput, at: &str) -> Result<(), Problem> {
    if !is_token(&field.name) {
        return Err(Problem::field(format!("{at}.name"), "This is no name of a header."));
    }
    let control = |c: char| c.is_control() && c != '\t';
    if field.value.len() > MAX_TEXT || field.value.chars().any(control) {
        let sentence = format!("A value has at most {MAX_TEXT} bytes and no control characters.");
        return Err(Problem::field(format!("{at}.value"), sentence));
    }
    Ok(())
}

/// A token (RFC 9110, section 5.6.2).
fn is_token(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.len() <= 256 && text.bytes().all(is_part)
}
