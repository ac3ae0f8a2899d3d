//! The real binary: help, start-up, exit codes, signals; in `cli/` the commands.

mod commands;
mod config;
mod examples;
mod offline;
mod own;
mod precedence;
mod reload;
mod send;
mod sending;
pub mod server;
mod settings;
mod storm;
mod tail;
mod terminal;
mod wait;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;

use crate::helpers::raw;

/// The program, with nothing of the tester's own: neither settings nor running servers.
fn creel() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_creel"));
    command.env("XDG_DATA_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/data")).env_remove("NO_COLOR");
    // The tester's own settings must not leak in.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CREEL_")) {
        command.env_remove(name);
    }
    command.env("COLUMNS", "100");
    command
}

fn output(arguments: &[&str]) -> (i32, String, String) {
    outcome(creel().args(arguments))
}

/// Runs a command to its end: exit code, stdout, stderr.
fn outcome(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// A server of the real binary on free ports.
struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Running {
    fn start(database: &Path, flags: &[&str]) -> Self {
        let mut child = creel()
            .args(["--capture", "127.0.0.1:0", "--console", "127.0.0.1:0", "--db"])
            .arg(database)
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    fn json_line(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }

    fn wait(mut self) -> (i32, String) {
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (self.child.wait().unwrap().code().unwrap(), stderr)
    }
}

fn address(started: &Value) -> std::net::SocketAddr {
    started["capture_url"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap()
}

#[test]
fn help_says_what_every_flag_does() {
    let (code, stdout, stderr) = output(&["serve", "--help"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    insta::assert_snapshot!("help_serve", stdout);
    let (code, stdout, _) = output(&["--version"]);
    assert_eq!((code, stdout.as_str()), (0, concat!("creel ", env!("CARGO_PKG_VERSION"), "\n")));
}

#[test]
fn wrong_usage_is_exit_code_2_with_the_way_out() {
    for (arguments, words) in [
        (&["--no-such-flag"][..], "--no-such-flag"),
        (&["--max-body", "much"], "10MiB"),
        (&["--ephemeral", "--db", "x"], "cannot be used with"),
        (&["--ephemeral", "--console", "0.0.0.0:0"], "--token"),
        (&["--ephemeral", "--capture", "127.0.0.1:1", "--console", "127.0.0.1:1"], "an address each"),
    ] {
        let (code, stdout, stderr) = output(arguments);
        assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
        assert!(stderr.contains(words), "{stderr}");
    }
}

#[test]
fn a_taken_port_is_named_with_its_flag() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, stderr) = output(&["--ephemeral", "--capture", &address]);
    assert_eq!(code, 1);
    assert!(stderr.contains("--capture") && stderr.contains(&address), "{stderr}");
    assert_eq!(stderr.matches("in use").count(), 1, "said once: {stderr}");
}

/// The program under a limit of open files, as a shell sets it.
fn limited(limit: &str, database: &Path) -> Running {
    let mut command = creel();
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("ulimit {limit}; exec \"$0\" \"$@\"")]).arg(command.get_program());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited.args(["--json", "--capture", "127.0.0.1:0", "--console", "127.0.0.1:0", "--db"]).arg(database);
    command = limited;
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    Running { child, stdout }
}

#[test]
fn the_limit_of_open_files_is_raised_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = limited("-Sn 256", &folder.path().join("creel.db"));
    running.json_line();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", running.child.id())).unwrap();
    let soft = limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next()).unwrap();
    assert!(soft == "unlimited" || soft.parse::<u64>().unwrap() > 256, "{limits}");
    running.signal("-TERM");
    assert_eq!(running.wait().0, 0);
}

#[test]
fn senders_that_do_nothing_leave_files_for_the_console() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = limited("-n 256", &folder.path().join("creel.db"));
    let started = running.json_line();
    let capture = address(&started);
    let idle: Vec<_> = (0..400).map_while(|_| std::net::TcpStream::connect(capture).ok()).collect();
    let console = started["console_url"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
    let answer = raw::exchange(console, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(answer.status, 200);
    drop(idle);
    running.signal("-TERM");
    assert_eq!(running.wait().0, 0);
}

#[test]
fn a_database_that_was_emptied_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("creel.db");
    for emptied in [false, true] {
        if emptied {
            std::fs::write(&database, "").unwrap();
        }
        let mut running = Running::start(&database, &["--json"]);
        running.json_line();
        running.signal("-TERM");
        let (code, stderr) = running.wait();
        assert_eq!((code, stderr.contains("the database file is empty")), (0, emptied), "{stderr}");
    }
}

#[test]
fn with_a_token_the_start_up_text_says_how_to_send_it() {
    let folder = tempfile::tempdir().unwrap();
    let token = "0123456789abcdef0123";
    let mut running = Running::start(&folder.path().join("creel.db"), &["--token", token]);
    let mut text = String::new();
    while !text.contains("stops.") {
        assert!(running.stdout.read_line(&mut text).unwrap() > 0, "{text}");
    }
    assert!(text.contains("-H 'Authorization: Bearer TOKEN'") && !text.contains(token), "{text}");
    running.signal("-TERM");
    assert_eq!(running.wait().0, 0);
}

#[test]
fn the_start_up_text_leads_to_the_first_captured_request() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = Running::start(&folder.path().join("creel.db"), &[]);
    let mut text = String::new();
    while !text.contains("stops.") {
        assert!(running.stdout.read_line(&mut text).unwrap() > 0, "{text}");
    }
    let url = text.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    let (capture, bin) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let answer = raw::exchange(
        capture.parse().unwrap(),
        format!("POST /{bin} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi").as_bytes(),
    );
    assert_eq!((answer.status, &answer.body[..]), (200, &b"ok"[..]));
    let shown = text.replace(bin, "BIN").replace(&folder.path().display().to_string(), "DIR");
    let ports = regex::Regex::new(r"127\.0\.0\.1:\d+").unwrap();
    insta::assert_snapshot!("start_up_text", ports.replace_all(&shown, "127.0.0.1:PORT"));
    running.signal("-INT");
    assert_eq!(running.wait().0, 0);
}

#[test]
fn after_a_signal_to_stop_what_was_acknowledged_is_in_the_file_and_the_next_start_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("creel.db");
    let mut first = Running::start(&database, &["--json"]);
    let started = first.json_line();
    let request =
        format!("POST /{} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi", started["bin"].as_str().unwrap());
    assert_eq!(raw::exchange(address(&started), request.as_bytes()).status, 200);
    first.signal("-TERM");
    assert_eq!(first.wait().0, 0);
    assert!(!folder.path().join("creel.db-wal").exists(), "the log is folded into the database");

    let mut second = Running::start(&database, &["--json"]);
    let again = second.json_line();
    assert_eq!(again["bin"], started["bin"], "the first bin is found, not made anew");
    second.signal("-INT");
    assert_eq!(second.wait().0, 0);
}

#[test]
fn a_second_process_on_the_same_database_is_refused_and_told_who_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("creel.db");
    let mut first = Running::start(&database, &["--json"]);
    first.json_line();
    let (code, stderr) = Running::start(&database, &["--json"]).wait();
    assert_eq!(code, 1);
    assert!(stderr.contains(&first.child.id().to_string()), "{stderr}");
    first.signal("-TERM");
    assert_eq!(first.wait().0, 0);
}

#[test]
fn schemes_of_a_file_are_known_and_detected_and_a_wrong_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schemes.json");
    let write = |records: &str| std::fs::write(&file, records).unwrap();
    let flags = ["--json", "--schemes", file.to_str().unwrap()];
    write(r#"[{"id": "acme", "header": "X-Acme-Sum", "algorithm": "hmac-sha1", "prefix": "v7:"}]"#);
    let mut running = Running::start(&folder.path().join("creel.db"), &flags);
    let started = running.json_line();
    let bin = started["bin"].as_str().unwrap();
    // RFC 2202, test case 2.
    let (body, sum) = ("what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    let console: std::net::SocketAddr =
        started["console_url"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
    let secret = r#"{"value": "Jefe"}"#;
    let post = |target: std::net::SocketAddr, path: &str, fields: &str, body: &str| {
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nHost: {target}\r\nContent-Length: {length}\r\n{fields}\r\n");
        raw::exchange(target, format!("{head}{body}").as_bytes())
    };
    let json = "Content-Type: application/json\r\n";
    assert_eq!(post(console, &format!("/api/v1/bins/{bin}/secrets"), json, secret).status, 201);
    assert_eq!(post(address(&started), &format!("/{bin}"), &format!("X-Acme-Sum: v7:{sum}\r\n"), body).status, 200);
    let latest = format!("GET /api/v1/bins/{bin}/requests/latest HTTP/1.1\r\nHost: {console}\r\n\r\n");
    let latest: Value = serde_json::from_slice(&raw::exchange(console, latest.as_bytes()).body).unwrap();
    assert_eq!((&latest["signature"]["status"], &latest["signature"]["scheme"]), (&"valid".into(), &"acme".into()));
    running.signal("-TERM");
    assert_eq!(running.wait().0, 0);

    write(r#"[{"id": "acme", "header": "X-Acme-Sum", "algorithm": "rot13"}]"#);
    let (code, stderr) = Running::start(&folder.path().join("creel.db"), &flags).wait();
    assert_eq!(code, 2);
    assert!(stderr.contains("schemes.json") && stderr.contains("acme.algorithm"), "{stderr}");
}

#[test]
fn an_ephemeral_database_leaves_nothing_behind() {
    let mut child = creel()
        .args(["--ephemeral", "--json", "--capture", "127.0.0.1:0", "--console", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let mut running = Running { child, stdout };
    let started = running.json_line();
    let file = Path::new(started["database"].as_str().unwrap()).to_path_buf();
    assert!(file.exists());
    running.signal("-TERM");
    assert_eq!(running.wait().0, 0);
    assert!(!file.exists() && !file.parent().unwrap().exists());
}
