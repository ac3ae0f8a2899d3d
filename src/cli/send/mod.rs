//! `creel send`: simulates a platform.

mod direct;
mod edited;

pub(super) use direct::engine;

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value, json};

use super::catalogue::CatalogueArgs;
use super::common::{OutputArgs, Usage, header_fields, read, span};
use super::connection::{ServerArgs, block_on};
use super::render::{Align, Cell, Column, Table, lines};
use super::{Done, exit, output};
use crate::client::{Client, ClientError, Method, bin_path, segment};
use crate::provider::samples::{self, Fault, Language, MAX_SIZE, Mode, SESSION};

/// The arguments of `creel send`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "a flag on the command line is a bool")]
#[command(
    after_help = "Sends from this machine to any URL. What goes to a bin of the server is sent by the server, counts
as simulated, and is signed with the bin's own secret unless another is given. Exit code: 0 when
every event got a 2xx, 1 when not.

A sample of your own is any request in a file: `creel show BIN ID --raw > event.http` makes one of
a capture, `--from event.http` sends it. A platform of your own that creel.toml declares with its
samples is simulated like any other.

Examples:
  creel send callaider session.ended --to orders --language ru --set /data/reason=timeout
  creel send callaider session --to orders --speed 0 --secret whsec-one --fault duplicate"
)]
pub(super) struct SendArgs {
    /// The platform to simulate; --list shows which there are
    #[arg(required_unless_present_any = ["list", "from"])]
    provider: Option<String>,
    /// The event, or `session` for a whole session in its order and at its pace
    #[arg(required_unless_present_any = ["list", "from"])]
    event: Option<String>,
    /// Where to: a URL, or a bin of the server
    #[arg(long, value_name = "URL|BIN", required_unless_present = "list")]
    to: Option<String>,
    /// List the platforms and their events
    #[arg(long)]
    list: bool,
    /// The secret to sign with; of Pathors the value of its Authorization header [default: the bin's, else none]
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true, env = "CREEL_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// Sign nothing
    #[arg(long, conflicts_with = "secret")]
    unsigned: bool,
    /// Sign by this scheme in place of the platform's
    #[arg(long, value_name = "ID")]
    scheme: Option<String>,
    /// A header field of your own, as 'Name: value' (repeatable); the platform's own win
    #[arg(long = "header", value_name = "FIELD")]
    headers: Vec<String>,
    /// The language that people speak: en, ru, zh, es, de, ja
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = word::<Language>)]
    language: Language,
    /// A call or a chat: voice, text
    #[arg(long, value_name = "MODE", default_value = "voice", value_parser = word::<Mode>)]
    mode: Mode,
    /// Size of the body, for events with a transcript: 100KiB, 5MiB, at most 10MiB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    size: Option<usize>,
    /// The session's id [default: a new one]
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// How many times faster than real a session goes; 0 leaves out its pauses
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    speed: f64,
    /// What goes wrong on purpose (repeatable): duplicate, out-of-order, bad-signature, tampered-body, unknown-event,
    /// malformed-json, huge-transcript, slow-sender
    #[arg(long = "fault", value_name = "FAULT", value_parser = word::<Fault>)]
    faults: Vec<Fault>,
    /// Set a value of the body, as /pointer=value (repeatable); what is no JSON is a text
    #[arg(long = "set", value_name = "/POINTER=VALUE")]
    set: Vec<String>,
    /// Open the body in $EDITOR before it is sent
    #[arg(long)]
    edit: bool,
    /// Send a request, or a body, of your own; - for standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Give up an event after this time
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = span)]
    timeout: Duration,
    /// Trust this certificate authority (PEM) beside the system's
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// Trust every certificate
    #[arg(long)]
    insecure: bool,
    /// Show what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    catalogue: CatalogueArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

/// A word of a small set, with dashes or underscores.
fn word<T: FromStr>(text: &str) -> Result<T, String> {
    text.replace('-', "_").to_ascii_lowercase().parse().map_err(|_| "this is none of the words of the help".to_owned())
}

fn size(text: &str) -> Result<usize, String> {
    let size = crate::model::parse_size(text).and_then(|size| usize::try_from(size).ok());
    size.filter(|size| (1..=MAX_SIZE).contains(size))
        .ok_or_else(|| "give a size up to 10MiB, such as 500KiB".to_owned())
}

/// The sending, as read from the command line.
struct Wish {
    /// Name and value.
    headers: Vec<(String, String)>,
    /// Pointer and JSON.
    set: Vec<(String, Value)>,
    /// The user's own whole request.
    from: Option<Vec<u8>>,
    /// The user's own body.
    body: Option<Vec<u8>>,
}

impl SendArgs {
    fn wish(&self) -> anyhow::Result<Wish> {
        let headers = header_fields(&self.headers)?;
        let mut set = Vec::new();
        for text in &self.set {
            let pair = text.split_once('=').filter(|(pointer, _)| pointer.starts_with('/'));
            let (at, value) = pair.ok_or_else(|| Usage(format!("--set '{text}': give it as /pointer=value")))?;
            set.push((at.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| value.into())));
        }
        let (mut from, mut body) = (None, None);
        if let Some(file) = &self.from {
            let bytes = read(file)?;
            if matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[')) {
                if self.provider.is_none() || self.event.is_none() {
                    let text = "--from: the file has a body alone; say whose event it is: PROVIDER EVENT";
                    return Err(Usage(text.to_owned()).into());
                }
                body = Some(bytes);
            } else {
                from = Some(bytes);
            }
        }
        let mut wish = Wish { headers, set, from, body };
        if self.edit {
            edited::edit(self, &mut wish)?;
        }
        Ok(wish)
    }
}

enum Way {
    /// The server sends it to its own bin: to `target`, a URL below that of the bin, or to the bin's own URL.
    Server { bin: String, target: Option<String> },
    /// This machine sends it, to this URL.
    Direct(String),
}

pub(super) fn run(args: &SendArgs) -> Done {
    if args.list {
        return list(args);
    }
    if args.provider.as_deref().is_some_and(|provider| !samples::senders().any(|known| known.provider == provider)) {
        // It may be the user's own platform, declared in the file.
        args.catalogue.catalogue()?;
    }
    let wish = args.wish()?;
    let to = args.to.as_deref().unwrap_or_default();
    let way = if to.starts_with("http://") || to.starts_with("https://") {
        let client = args.server.client()?;
        block_on(async { Ok(way(&client, to).await) })?
    } else {
        Way::Server { bin: to.to_owned(), target: None }
    };
    let sent = match way {
        Way::Direct(url) => direct::send(args, &wish, &url)?,
        Way::Server { bin, target } => {
            let input = input(args, &wish, target)?;
            args.server.run(async |client| by_server(client, args, &bin, &input).await)?
        }
    };
    Ok(if sent { exit::DONE } else { exit::NOT_MET })
}

/// The server itself sends to its own bins, which it recognises.
async fn way(client: &Client, url: &str) -> Way {
    let direct = || Way::Direct(url.to_owned());
    let Ok(info) = client.get("/api/v1/info", &[]).await else { return direct() };
    let below = info["capture_url"].as_str().and_then(|own| url.strip_prefix(own)?.strip_prefix('/'));
    let Some(below) = below.filter(|below| !below.is_empty()) else { return direct() };
    let end = below.find(['/', '?']).unwrap_or(below.len());
    let target = (end < below.len()).then(|| url.to_owned());
    Way::Server { bin: below[..end].to_owned(), target }
}

/// The body of the API's call to send.
fn input(args: &SendArgs, wish: &Wish, target: Option<String>) -> anyhow::Result<Value> {
    use base64::Engine as _;
    let (language, mode): (&str, &str) = (args.language.into(), args.mode.into());
    let faults: Vec<&str> = args.faults.iter().map(|fault| fault.name()).collect();
    let millis = u64::try_from(args.timeout.as_millis()).unwrap_or(u64::MAX);
    let mut input = json!({"faults": faults, "timeout_ms": millis, "dry_run": args.dry_run});
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            input[name] = value;
        }
    };
    set("event", args.event.clone().map(Value::from));
    set("target", target.map(Value::from));
    let signed = args.secret.as_ref().map(|secret| json!({"value": secret}));
    set("secret", if args.unsigned { Some(false.into()) } else { signed });
    set("scheme", args.scheme.clone().map(Value::from));
    set("provider", args.provider.clone().map(Value::from));
    if let Some(raw) = &wish.from {
        set("from_base64", Some(base64::engine::general_purpose::STANDARD.encode(raw).into()));
    } else {
        set("language", Some(language.into()));
        set("mode", Some(mode.into()));
        set("size", args.size.map(Value::from));
        set("session", args.session.clone().map(Value::from));
        set("speed", Some(args.speed.into()));
    }
    if let Some(body) = &wish.body {
        let text = std::str::from_utf8(body).map_err(|_| Usage("--from: the body is not UTF-8".to_owned()))?;
        set("body", Some(text.into()));
    }
    let headers: Vec<Value> = wish.headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    set("headers", Some(headers.into()));
    set("set", Some(Value::Object(wish.set.iter().cloned().collect::<Map<_, _>>())));
    Ok(input)
}

async fn by_server(client: &Client, args: &SendArgs, bin: &str, input: &Value) -> anyhow::Result<bool> {
    let answer = client.send(Method::POST, &bin_path(bin, "/send"), input).await?;
    told_overridden(&answer);
    if let Some(would) = answer["would_send"].as_array() {
        show_would(args, would)?;
        return Ok(true);
    }
    if let Some(job) = answer["job"]["id"].as_u64() {
        return follow(client, args, job).await;
    }
    let sent = answer["sent"].as_array().cloned().unwrap_or_default();
    for event in &sent {
        show(args, event)?;
    }
    Ok(sent.iter().all(is_delivered))
}

/// Waits for the end of a session that became a job.
async fn follow(client: &Client, args: &SendArgs, job: u64) -> anyhow::Result<bool> {
    /// How often a job is read.
    const LOOK: Duration = Duration::from_millis(200);
    let path = format!("/api/v1/jobs/{}", segment(&job.to_string()));
    output::note(&format!("the session continues at its own pace as job {job}; --speed makes it faster"));
    loop {
        let status: Value = client.get(&path, &[]).await.map_err(|error: ClientError| error)?;
        if status["state"] == "running" {
            tokio::time::sleep(LOOK).await;
            continue;
        }
        args.output.one(&status, |_| {
            format!("{} of {} events sent, {} delivered\n", status["done"], status["total"], status["delivered"])
        })?;
        return Ok(status["delivered"] == status["total"]);
    }
}

fn told_overridden(answer: &Value) {
    for name in answer["overridden"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        output::note(&format!("your header {name} is not sent: the platform's own wins"));
    }
}

fn is_delivered(event: &Value) -> bool {
    event["outcome"] == "answered" && event["response"]["status"].as_u64().is_some_and(|status| status / 100 == 2)
}

/// Shows one event that was sent.
fn show(args: &SendArgs, event: &Value) -> anyhow::Result<()> {
    args.output.one(event, |_| {
        let text = |value: &Value| lines(value.as_str().unwrap_or_default());
        let status = event["response"]["status"].as_u64().map_or_else(|| "–".to_owned(), |status| status.to_string());
        #[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
        let millis = event["times_us"]["total"].as_u64().unwrap_or_default() as f64 / 1_000.0;
        let size = crate::model::size_text(event["sent"]["body_size"].as_u64().unwrap_or_default());
        let name = text(&event["event"]);
        let mut line = format!("{name:<20} {status:>3}  {millis:>7.1} ms  {size:>9}  {}\n", text(&event["target"]));
        if event["outcome"] != "answered" {
            line.push_str(&format!("  {}\n", text(&event["sentence"])));
        }
        line
    })
}

fn show_would(args: &SendArgs, would: &[Value]) -> anyhow::Result<()> {
    args.output.many(would, |_| {
        let text = |value: &Value| lines(value.as_str().unwrap_or_default());
        let one = |event: &Value| format!("{}{}\n\n", text(&event["head"]), text(&event["body"]));
        would.iter().map(one).collect()
    })
}

const COLUMNS: &[Column] = &[
    Column { title: "PROVIDER", align: Align::Left, least: None, rank: 0 },
    Column { title: "EVENT", align: Align::Left, least: None, rank: 0 },
    Column { title: "WHEN", align: Align::Left, least: Some(16), rank: 1 },
];

fn list(args: &SendArgs) -> Done {
    let mut values = Vec::new();
    args.catalogue.catalogue()?;
    for platform in samples::simulated_platforms() {
        let of = |name: &str, about: &str| json!({"provider": platform.provider(), "event": name, "about": about});
        values.extend(platform.events().iter().map(|event| of(&event.name, &event.about)));
        if platform.has_sessions() {
            values.push(of(SESSION, "a whole session, in its order and at its pace"));
        }
    }
    args.output.many(&values, |look| {
        let cell = |value: &Value| -> Cell { value.as_str().unwrap_or_default().to_owned().into() };
        let row = |value: &Value| vec![cell(&value["provider"]), cell(&value["event"]), cell(&value["about"])];
        Table::new(COLUMNS, look).all(&values.iter().map(row).collect::<Vec<_>>())
    })?;
    Ok(exit::DONE)
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn words_are_read_with_dashes_and_every_fault_is_in_the_help() {
        let help = <SendArgs as Args>::augment_args(clap::Command::new("send")).render_help().to_string();
        for fault in Fault::VARIANTS {
            let name = fault.name().replace('_', "-");
            assert_eq!(word::<Fault>(&name), Ok(*fault));
            assert!(help.split_whitespace().any(|word| word.trim_end_matches(',') == name), "{name}\n{help}");
        }
        for language in Language::VARIANTS {
            assert_eq!(word::<Language>(language.name()), Ok(*language));
        }
        assert!(word::<Mode>("fax").is_err() && size("11MiB").is_err() && size("0").is_err());
        assert_eq!(size("1MiB"), Ok(1 << 20));
    }
}
