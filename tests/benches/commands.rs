//! How long a command of the command line takes, from its start to its end: most of it is the start.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::process::Server;
use crate::{median, quartiles, row};

/// Runs of each command.
const RUNS: usize = 50;
/// A command that a script calls again and again is over within this, in milliseconds.
const BAR: f64 = 30.0;

/// Every command that talks to a server and comes to an end by itself, and those that need none.
pub fn run() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::creel(&folder.path().join("creel.db"), &[]);
    let bin = server.bin.as_str();
    let hook = format!("http://{}/{bin}", server.capture);
    creel(&server, folder.path(), &["send", "callaider", "session.ended", "--to", bin]);
    creel(&server, folder.path(), &["bin", "create", "copies"]);
    creel(&server, folder.path(), &["export", bin, "--as", "jsonl", "--output", "export.jsonl"]);
    std::fs::write(folder.path().join("creel.toml"), "[bins.orders]\nprovider = \"callaider\"\n").unwrap();
    let head = folder.path().join("head");
    std::fs::write(&head, "POST / HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    let (head, body) = (head.to_str().unwrap(), "{}");
    let body_file = folder.path().join("body");
    std::fs::write(&body_file, body).unwrap();
    let body = body_file.to_str().unwrap();
    let signed = ["--scheme", "callaider", "--secret", "whsec-1", "--head", head, "--body", body];
    let (verify, sign) = ([&["verify"][..], &signed].concat(), [&["sign"][..], &signed].concat());
    let mut most: (f64, &str) = (0.0, "");
    for line in [
        &["--version"][..],
        &["--help"],
        &["ready"],
        &["open", "--print"],
        &["bin", "create"],
        &["bin", "set", bin, "--body", "ok"],
        &["bin", "list"],
        &["bin", "show", bin],
        &["list"],
        &["list", bin],
        &["show", bin, "latest"],
        &["search", bin, "method:POST"],
        &["wait", bin, "--at-least", "1"],
        &["tail", bin, "--since", "start", "--count", "1"],
        &["export", bin, "--as", "har"],
        &["import", "copies", "export.jsonl"],
        &["delete", "copies", "--filter", "path:/none"],
        &["forward", bin, "--to", &hook, "--since", "start", "--count", "1"],
        &["replay", bin, "latest", "--to", &hook],
        &["send", "callaider", "session.started", "--to", bin],
        &["send", "--list"],
        &["check", "--list"],
        &["secret", "list", bin],
        &["schemes"],
        &["providers"],
        &verify,
        &sign,
        &["config"],
        &["config", "schema"],
        &["config", "check", "creel.toml"],
        &["mcp", "--skill"],
        &["doctor"],
        &["completions", "bash"],
        &["man"],
    ] {
        let took: Vec<f64> = (0..RUNS)
            .map(|_| {
                let began = Instant::now();
                creel(&server, folder.path(), line);
                began.elapsed().as_secs_f64() * 1_000.0
            })
            .collect();
        let middle = median(took.clone());
        if middle > most.0 {
            most = (middle, line[0]);
        }
        let words: Vec<&str> =
            line.iter().take_while(|word| **word != bin && !word.starts_with("--s")).copied().collect();
        row(&format!("`creel {}`, start to end", words.join(" ")), &format!("{} ms", quartiles(took)));
    }
    let met = if most.0 < BAR { "met" } else { "missed" };
    row(&format!("every command under {BAR} ms"), &format!("{met}: `creel {}` has {:.1} ms", most.1, most.0));
}

/// Runs a command to its end.
fn creel(server: &Server, folder: &Path, line: &[&str]) {
    let status = Command::new(env!("CARGO_BIN_EXE_creel"))
        .args(line)
        .env("CREEL_SERVER", &server.console)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    // What is not signed is not valid, and something else may have the usual ports.
    let most = i32::from(matches!(line[0], "verify" | "doctor"));
    assert!(status.code().is_some_and(|code| (0..=most).contains(&code)), "{line:?}: {status}");
}
