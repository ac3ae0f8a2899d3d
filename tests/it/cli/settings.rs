//! What a server is told by flags, variables and files beside them: the browser, the token, what is wrong in the
//! environment.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::server::Server;
use super::{creel, outcome};
use crate::helpers::{address_in, raw};

const TOKEN: &str = "0123456789abcdef";
const QUIET: [&str; 6] = ["--ephemeral", "--json", "--capture", "127.0.0.1:0", "--console", "127.0.0.1:0"];

/// Starts a server, hands over its first line, stops it; what it wrote to stderr.
fn started(command: &mut Command, with: impl FnOnce(&Value)) -> String {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let told: Result<Value, _> = serde_json::from_str(&line);
    if let Ok(told) = &told {
        with(told);
    }
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    child.wait().unwrap();
    assert!(told.is_ok(), "{line}{stderr}");
    stderr
}

/// The status of the list of bins, with a token or without.
fn status(told: &Value, token: Option<&str>) -> u16 {
    let console = address_in(told, "console_url");
    let field = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    raw::exchange(console, format!("GET /api/v1/bins HTTP/1.1\r\nHost: {console}\r\n{field}\r\n").as_bytes()).status
}

/// In the place of the system's opener: writes down what it is asked to open.
fn opener(folder: &Path) -> String {
    let file = folder.join("xdg-open");
    std::fs::write(
        &file,
        format!("#!/bin/sh\necho \"$1\" > '{0}/new' && mv '{0}/new' '{0}/opened'\n", folder.display()),
    )
    .unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap())
}

fn without_display(command: &mut Command) -> &mut Command {
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME"] {
        command.env_remove(name);
    }
    command
}

#[test]
fn the_browser_is_opened_on_the_console_where_there_is_a_display_and_else_the_url_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = opener(folder.path());
    let opened = folder.path().join("opened");
    let read = || {
        let began = Instant::now();
        while !opened.exists() {
            assert!(began.elapsed() < Duration::from_secs(20), "nothing is opened");
            std::thread::sleep(Duration::from_millis(10));
        }
        let url = std::fs::read_to_string(&opened).unwrap();
        std::fs::remove_file(&opened).unwrap();
        url
    };
    for way in ["--open", "serve --open"] {
        let mut command = creel();
        without_display(&mut command).args(way.split(' ')).args(QUIET).env("PATH", &path).env("DISPLAY", ":7");
        let stderr = started(&mut command, |told| {
            assert_eq!(read().trim_end(), told["console_url"].as_str().unwrap());
        });
        assert!(!stderr.contains("by hand"), "{stderr}");
    }

    let mut command = creel();
    without_display(&mut command).args(QUIET).env("PATH", &path).env("CREEL_OPEN", "true");
    let mut url = String::new();
    let stderr = started(&mut command, |told| told["console_url"].as_str().unwrap().clone_into(&mut url));
    assert!(stderr.contains(&format!("creel: there is no display for a browser; open {url} by hand")), "{stderr}");
    assert!(!opened.exists());

    let server = Server::start();
    let url = format!("http://{}/", server.console);
    let (code, stdout, stderr) = outcome(without_display(&mut server.creel(&["open"])).env("PATH", &path));
    assert_eq!((code, stdout.as_str()), (0, format!("{url}\n").as_str()));
    assert!(stderr.contains("no display"), "{stderr}");
    let (code, _, stderr) =
        outcome(without_display(&mut server.creel(&["open"])).env("PATH", &path).env("WAYLAND_DISPLAY", "wayland-0"));
    assert_eq!((code, stderr.as_str(), read().as_str()), (0, "", format!("{url}\n").as_str()));
}

#[test]
fn no_browser_at_all_is_told_and_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = creel();
    without_display(&mut command).args(QUIET).args(["--open"]).env("PATH", folder.path()).env("DISPLAY", ":7");
    let stderr = started(&mut command, |told| assert_eq!(status(told, None), 200));
    assert!(stderr.contains("no browser could be started") && stderr.contains("by hand"), "{stderr}");
}

#[test]
fn a_token_can_be_kept_in_a_file_on_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, format!("  {TOKEN}\t\nnot this\n")).unwrap();
    let mode = |mode: u32| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o600);
    let path = file.to_str().unwrap();
    let serve = || {
        let mut command = creel();
        command.args(QUIET).current_dir(folder.path());
        command
    };
    let asks = |told: &Value| {
        assert_eq!((status(told, None), status(told, Some(TOKEN))), (401, 200));
        let console = told["console_url"].as_str().unwrap();
        let list = |flags: &[&str], variables: &[(&str, &str)]| {
            let mut command = creel();
            command.args(["bin", "list", "--server", console]).args(flags).envs(variables.iter().copied());
            outcome(&mut command)
        };
        let (code, _, stderr) = list(&[], &[]);
        assert!(code == 2 && stderr.contains("--token-file or CREEL_TOKEN"), "{stderr}");
        assert_eq!(list(&["--token-file", path], &[]).0, 0);
        assert_eq!(list(&[], &[("CREEL_TOKEN_FILE", path)]).0, 0);
        assert_eq!(list(&["--token-file", path], &[("CREEL_TOKEN", "a wrong one")]).0, 0);
        assert_eq!(list(&["--token", TOKEN], &[("CREEL_TOKEN_FILE", "/none")]).0, 0);
        let (code, _, stderr) = list(&["--token-file", path, "--token", TOKEN], &[]);
        assert!(code == 2 && stderr.contains("--token-file cannot be used with --token"), "{stderr}");
        let (code, _, stderr) = list(&[], &[("CREEL_TOKEN_FILE", "/none")]);
        assert!(code == 2 && stderr.contains("CREEL_TOKEN_FILE /none: No such file"), "{stderr}");
    };
    let stderr = started(serve().args(["--token-file", path]), asks);
    assert!(!stderr.contains("open to others") && !stderr.contains(TOKEN), "{stderr}");

    mode(0o644);
    let stderr = started(serve().env("CREEL_TOKEN_FILE", path), |told| assert_eq!(status(told, None), 401));
    assert!(stderr.contains("open to others (mode 644); chmod 600"), "{stderr}");

    // The file that is named may name it, beside itself; whoever is nearer wins.
    std::fs::write(folder.path().join("team.toml"), "[serve]\ntoken-file = 'token'\n").unwrap();
    let other = "fedcba9876543210";
    started(serve().args(["--config", "team.toml"]), |told| assert_eq!(status(told, Some(TOKEN)), 200));
    started(serve().args(["--config", "team.toml"]).env("CREEL_TOKEN", other), |told| {
        assert_eq!((status(told, Some(TOKEN)), status(told, Some(other))), (401, 200));
    });
    started(serve().args(["--token-file", path]).env("CREEL_TOKEN", other), |told| {
        assert_eq!(status(told, Some(TOKEN)), 200);
    });
    for (flags, variables, words) in [
        (&["--token-file", path, "--token", TOKEN][..], &[][..], "--token-file cannot be used with --token"),
        (
            &[],
            &[("CREEL_TOKEN", TOKEN), ("CREEL_TOKEN_FILE", path)],
            "CREEL_TOKEN_FILE cannot be used with CREEL_TOKEN",
        ),
        (&["--token-file", "/none"], &[], "--token-file /none: No such file"),
        (&[], &[("CREEL_TOKEN_FILE", "/none")], "CREEL_TOKEN_FILE /none: No such file"),
    ] {
        let (code, _, stderr) = outcome(serve().args(flags).envs(variables.iter().copied()));
        assert!(code == 2 && stderr.contains(words), "{words}\n{stderr}");
    }
    let (code, _, stderr) = outcome(creel().args(["--ephemeral", "--console", "0.0.0.0:0"]));
    assert!(code == 2 && stderr.contains("give --token-file, CREEL_TOKEN or --token"), "{stderr}");
    std::fs::rename(folder.path().join("team.toml"), folder.path().join("creel.toml")).unwrap();
    let (code, _, stderr) = outcome(&mut serve());
    assert!(code == 2 && stderr.contains("2:1: serve.token-file: a file that is found cannot set this"), "{stderr}");
    std::fs::write(folder.path().join("short"), "short").unwrap();
    std::fs::write(folder.path().join("creel.toml"), "[serve]\ntoken-file = 'short'\n").unwrap();
    let (code, _, stderr) = outcome(serve().args(["--config", "creel.toml"]));
    assert!(code == 2 && stderr.contains("creel.toml:2:14: serve.token-file: short: the token has 5"), "{stderr}");
}

#[test]
fn no_file_opens_a_browser() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c.toml"), "[serve]\nopen = true\n").unwrap();
    let (code, _, stderr) = outcome(creel().args(["config", "check", "c.toml"]).current_dir(folder.path()));
    assert!(code == 2 && stderr.contains("2:1: serve.open: there is no such setting"), "{stderr}");
}

#[test]
fn a_wrong_variable_is_named_by_the_commands_that_use_it_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let run = |line: &str, variable: (&str, &str)| {
        let mut command = creel();
        outcome(
            command.args(line.split(' ').filter(|word| !word.is_empty())).envs([variable]).current_dir(folder.path()),
        )
    };
    let much = ("CREEL_MAX_BODY", "much");
    for line in ["schemes stripe", "send --list", "completions bash", "man", "config schema", "--help", "serve --help"]
    {
        let (code, _, stderr) = run(line, much);
        assert_eq!((code, stderr.as_str()), (0, ""), "{line}");
    }
    // Whoever reaches no server has read the line.
    for line in ["list", "bin list", "tail b", "wait b"] {
        let (code, _, stderr) = run(&format!("{line} --server http://127.0.0.1:1"), much);
        assert!(code == 3 && !stderr.contains("CREEL_MAX_BODY"), "{line}: {stderr}");
    }
    for line in ["", "serve", "--ephemeral", "serve --ephemeral", "config", "config show"] {
        let (code, _, stderr) = run(line, much);
        assert!(code == 2 && stderr.contains("invalid value 'much' for '--max-body <SIZE>'"), "{line}: {stderr}");
        assert!(stderr.contains("the environment variable CREEL_MAX_BODY has this value"), "{line}: {stderr}");
    }
    // What is given wins, and is at fault itself.
    for line in ["--max-body 1k --console 0.0.0.0:0", "serve --max-body=1k --console 0.0.0.0:0"] {
        let (code, _, stderr) = run(line, much);
        assert!(code == 2 && stderr.contains("can be reached from other machines"), "{line}: {stderr}");
    }
    let (code, _, stderr) = run("serve --max-body lots", much);
    assert!(code == 2 && stderr.contains("'lots'") && !stderr.contains("CREEL_MAX_BODY"), "{stderr}");
    for (line, variable, words) in [
        ("--ephemeral", ("CREEL_DURABILITY", "fll"), "the environment variable CREEL_DURABILITY has this value"),
        ("--ephemeral", ("CREEL_TRUSTED_PROXY", "10.0.0.0/8,x"), "the environment variable CREEL_TRUSTED_PROXY"),
        ("--ephemeral", ("CREEL_WATCH", "maybe"), "the environment variable CREEL_WATCH has this value"),
        ("--ephemeral", ("CREEL_PUBLIC_URL", "https://h/?q"), "creel: CREEL_PUBLIC_URL https://h/?q: give"),
        ("--ephemeral", ("CREEL_CONSOLE", "0.0.0.0:0"), "creel: CREEL_CONSOLE 0.0.0.0:0 can be reached"),
        ("--ephemeral", ("CREEL_TOKEN", "short"), "creel: CREEL_TOKEN has 5 characters"),
        ("schemes", ("CREEL_SCHEMES", "/none"), "creel: CREEL_SCHEMES /none: No such file"),
        ("list", ("CREEL_SERVER", "ftp://h"), "creel: CREEL_SERVER ftp://h: "),
    ] {
        let (code, _, stderr) = run(line, variable);
        assert!(code == 2 && stderr.contains(words), "{line} {variable:?}: {stderr}");
    }
}
