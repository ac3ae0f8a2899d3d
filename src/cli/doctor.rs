//! `creel doctor`: checks for the usual problems.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use url::Url;

use super::common::{OutputArgs, now};
use super::connection::ServerArgs;
use super::{Done, exit, serve_file};
use crate::client::ClientError;
use crate::config;
use crate::model::Timestamp;
use crate::store::ReadOnly;
use crate::view::plain;
use strum::IntoStaticStr;

/// The arguments of `creel doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Looks at ports, server, database, permissions, clock, tunnels and configuration file;
changes nothing.
Without --db it looks at the database of the server that runs here, if one does.
Exit code: 0 when all is well, 1 when something is in the way, 3 when that is only that the
server of --server cannot be reached.

Examples:
  creel doctor
  creel doctor --json")]
pub(super) struct DoctorArgs {
    /// Database file [default: that of the server that runs here, else creel/creel.db in the user's data directory]
    #[arg(long, env = "CREEL_DB", value_name = "PATH")]
    db: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
enum State {
    Fine,
    /// Worth knowing.
    Note,
    Wrong,
}

impl State {
    fn word(self) -> &'static str {
        self.into()
    }
}

/// Permission bits of the group and of others.
const OTHERS: u32 = 0o077;

type Finding = (&'static str, State, String);

pub(super) fn run(args: &DoctorArgs) -> Done {
    let (server, running, is_away) = server(args);
    let mut findings = vec![server];
    let ports = [("capture", 4665), ("console", 4666)];
    findings.extend(ports.map(|(half, port)| port_of(half, port, running.as_ref())));
    findings.extend(database(args));
    findings.push(clock());
    findings.push(tunnel());
    findings.extend(file());
    let values: Vec<Value> =
        findings.iter().map(|(what, state, text)| json!({"what": what, "state": state.word(), "text": text})).collect();
    args.output.many(&values, |_| {
        let line = |(what, state, text): &Finding| format!("{:<6} {what:<10} {}", state.word(), plain(text));
        findings.iter().flat_map(|finding| [line(finding), "\n".to_owned()]).collect()
    })?;
    let mut wrong = findings.iter().filter(|(_, state, _)| *state == State::Wrong).map(|(what, ..)| *what);
    Ok(match (wrong.next(), wrong.next()) {
        (None, _) => exit::DONE,
        (Some("server"), None) if is_away => exit::UNREACHABLE,
        (Some(_), _) => exit::FAILED,
    })
}

/// The ports of a running server, if known.
struct Ports {
    console: Option<u16>,
    capture: Option<u16>,
}

/// Whether a server answers, and which; and whether it cannot be reached.
fn server(args: &DoctorArgs) -> (Finding, Option<Ports>, bool) {
    let port = |url: &str| Url::parse(url).ok().and_then(|url| url.port_or_known_default());
    let asked = args.server.run(async |client| {
        client.get("/readyz", &[]).await?;
        // Every bin's URL has the port of the capture listener.
        let bins = client.get("/api/v1/bins", &[]).await.unwrap_or_default();
        let capture = bins.pointer("/bins/0/capture_url").and_then(Value::as_str).and_then(port);
        Ok((client.base().to_owned(), capture))
    });
    match asked {
        Ok((url, capture)) => {
            let ports = Ports { console: port(&url), capture };
            (("server", State::Fine, format!("answers at {url}")), Some(ports), false)
        }
        Err(error) => {
            let of_client = error.downcast_ref::<ClientError>();
            let (refused, is_away) =
                (of_client.is_some_and(ClientError::is_wrong), of_client.is_some_and(ClientError::is_unreachable));
            // A server is optional, but a named one must answer.
            let state = if refused || args.server.is_named() { State::Wrong } else { State::Note };
            (("server", state, format!("{error:#}")), None, is_away)
        }
    }
}

/// Whether a usual port is free, when no server has it.
fn port_of(half: &'static str, port: u16, running: Option<&Ports>) -> Finding {
    let own = running.map(|ports| if half == "console" { ports.console } else { ports.capture });
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => (half, State::Fine, format!("port {port} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && own == Some(Some(port)) => {
            (half, State::Fine, format!("port {port} is in use by the server that runs"))
        }
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && own.is_some() => {
            (half, State::Note, format!("port {port} is taken by another program; the server that runs has another"))
        }
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let text = format!("port {port} is taken by another program; give --{half} another address, or port 0");
            (half, State::Wrong, text)
        }
        Err(error) => (half, State::Wrong, format!("port {port}: {error}")),
    }
}

fn database(args: &DoctorArgs) -> Vec<Finding> {
    let running = || args.server.running().and_then(|running| running.database);
    let path = match args.db.clone().or_else(running).map_or_else(config::default_database, Ok) {
        Ok(path) => path,
        Err(error) => return vec![("database", State::Wrong, error.to_string())],
    };
    let shown = path.display();
    let Ok(meta) = path.metadata() else {
        return vec![match writable(path.parent().unwrap_or(Path::new("."))) {
            Ok(()) => ("database", State::Fine, format!("{shown} will be made at the first start")),
            Err(why) => ("database", State::Wrong, format!("{shown} cannot be made: {why}")),
        }];
    };
    let read = match ReadOnly::open(&path) {
        Ok(database) => {
            let bins = database.bins().len();
            ("database", State::Fine, format!("{shown} has {bins} bins and {} KiB", meta.len() >> 10))
        }
        Err(error) => ("database", State::Wrong, format!("{shown} cannot be read: {error}")),
    };
    let mode = meta.permissions().mode();
    let open = if mode & OTHERS == 0 {
        ("permission", State::Fine, format!("{shown} is yours alone"))
    } else {
        let text =
            format!("{shown} can be read by others (mode {:o}); chmod 600 keeps captured secrets to you", mode & 0o777);
        ("permission", State::Note, text)
    };
    vec![read, open]
}

/// Whether a file can be made in a folder or, if it is missing, in its nearest existing parent.
fn writable(folder: &Path) -> Result<(), String> {
    let there = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    match tempfile::tempfile_in(there) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{}: {error}", there.display())),
    }
}

/// A clock that is far off makes fresh signatures stale.
fn clock() -> Finding {
    /// 2026-01-01: the clock of a machine without a battery begins in 1970.
    const RELEASED: i64 = 1_767_225_600;
    let now = now();
    if now < Timestamp::from_secs(RELEASED) {
        (
            "clock",
            State::Wrong,
            format!("it says {now}, which is before this program was made: set it, or signatures look stale"),
        )
    } else {
        ("clock", State::Fine, format!("it says {now}"))
    }
}

/// Tunnel programs, with the commands that start them.
const TUNNELS: [(&str, &str); 4] = [
    ("cloudflared", "cloudflared tunnel --url http://127.0.0.1:4665"),
    ("ngrok", "ngrok http 4665"),
    ("tailscale", "tailscale funnel 4665"),
    ("ssh", "ssh -R 80:127.0.0.1:4665 HOST"),
];

/// How a sender elsewhere can reach the bins with the installed programs.
fn tunnel() -> Finding {
    let folders: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    let is_here = |name: &str| folders.iter().any(|folder| folder.join(name).is_file());
    let here: Vec<&str> = TUNNELS.iter().filter(|(name, _)| is_here(name)).map(|(_, command)| *command).collect();
    let usual = TUNNELS.map(|(_, command)| command);
    let (first, ways) = match here.as_slice() {
        [] => ("none of the usual programs is installed; install one, such as", &usual[..3]),
        here => ("this machine has", here),
    };
    let text = format!(
        "a sender elsewhere, as a platform on the internet is, needs a tunnel to the capture port, never to the console: \
         {first} {}; then start with --public-url and the tunnel's address",
        ways.join(", or ")
    );
    ("tunnel", State::Note, text)
}

fn file() -> Vec<Finding> {
    match serve_file::load(None) {
        Ok((None, None)) => Vec::new(),
        Ok((None, Some(why))) => vec![("file", State::Note, why)],
        Ok((Some(file), _)) => vec![match serve_file::check(&file) {
            Ok(()) => ("file", State::Fine, format!("{} is right, and used", file.text.path().display())),
            Err(error) => ("file", State::Wrong, format!("{error:#}")),
        }],
        Err(error) => vec![("file", State::Wrong, error.to_string())],
    }
}
