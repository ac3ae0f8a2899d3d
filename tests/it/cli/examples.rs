//! Help, completions and manual pages come from one definition; the examples of the help are run.

use std::path::Path;

use super::output;
use super::server::Server;

/// Every command by its words, as the help lists them.
fn commands() -> Vec<Vec<String>> {
    fn below(words: &[String], all: &mut Vec<Vec<String>>) {
        let mut line: Vec<&str> = words.iter().map(String::as_str).collect();
        line.push("--help");
        let (code, help, _) = output(&line);
        assert_eq!(code, 0);
        let listed: Vec<&str> = help
            .split_once("Commands:\n")
            .map(|(_, rest)| rest.lines().take_while(|line| !line.is_empty()).collect())
            .unwrap_or_default();
        if listed.is_empty() {
            all.push(words.to_vec());
        }
        // A name stands at the margin of the list; what goes on below it does not.
        for line in listed.iter().filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
            let name = line.split_whitespace().next().unwrap().trim_end_matches(',');
            if name != "help" {
                below(&[words, &[name.to_owned()]].concat(), all);
            }
        }
    }
    let mut all = Vec::new();
    below(&[], &mut all);
    assert!(all.len() > 20, "{all:?}");
    all
}

fn help(words: &[String]) -> String {
    let line: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
    output(&line).1
}

/// A server with what the examples speak of.
fn prepared() -> Server {
    let server = Server::start();
    let write = |name: &str, text: &str| std::fs::write(server.folder().join(name), text).unwrap();
    let body = r#"{"event":"session.ended","sessionId":"s","hello":"creel"}"#;
    write("body.json", body);
    write("bin.json", "{}");
    write("creel.toml", "[bins.orders]\nprovider = \"callaider\"\n");
    let signed = server.ok(&["sign", "--scheme", "callaider", "--secret", "whsec-one", "--body", "body.json"]);
    let request = server.ok(&[
        "sign",
        "--scheme",
        "callaider",
        "--secret",
        "whsec-one",
        "--body",
        "body.json",
        "--as",
        "request",
    ]);
    write("request.http", &request);
    for bin in ["orders", "copies"] {
        server.ok(&["bin", "create", bin]);
    }
    std::fs::write(server.folder().join("secret"), "first").unwrap();
    server.ok(&["secret", "add", "orders", "--file", "secret"]);
    for path in ["/orders/paid", "/orders/paid", "/orders"] {
        server.send(path, &format!("Content-Type: application/json\r\n{}\r\n", signed.trim()), body);
    }
    let (code, ..) = server.run(&["export", "orders", "--output", "orders.jsonl"]);
    assert_eq!(code, 0);
    // In place of a browser.
    let opener = server.folder().join("bin");
    std::fs::create_dir(&opener).unwrap();
    for name in ["xdg-open", "gio", "gnome-open", "kde-open"] {
        let file = opener.join(name);
        std::fs::write(&file, "#!/bin/sh\n").unwrap();
        assert!(std::process::Command::new("chmod").arg("+x").arg(&file).status().unwrap().success());
    }
    server
}

#[test]
fn the_help_of_every_command_has_two_examples_that_work() {
    for words in commands() {
        let command = format!("creel {}", words.join(" "));
        let help = help(&words);
        let examples: Vec<&str> =
            help.split_once("Examples:\n").map_or_else(Vec::new, |(_, rest)| rest.lines().map(str::trim).collect());
        let examples: Vec<&str> = examples.into_iter().take_while(|line| !line.is_empty()).collect();
        assert!(examples.len() >= 2, "{command} shows two examples:\n{help}");
        let mut server = prepared();
        for example in examples {
            assert!(example.contains(&command), "{example}");
            // A receiver of the reader's own, which does everything right.
            let receiver = || crate::deliver::receiver::start(crate::deliver::receiver::Mistake::Nothing, false);
            let example = &example.replace("http://localhost:3000/webhook", &receiver());
            let script = if words == ["serve"] {
                server = Server::start();
                server.stop("-TERM");
                format!("{example} > out & creel ready > /dev/null; kill -INT $!; wait $!; grep -qi console out")
            } else {
                format!("PATH=\"$PWD/bin:$PATH\"\n{example}")
            };
            let (code, stdout, stderr) = server.shell(&script);
            assert_eq!(code, 0, "{example}\n{stdout}{stderr}");
        }
    }
}

#[test]
fn the_overview_lists_every_command() {
    insta::assert_snapshot!("help", output(&["--help"]).1.split("\nOptions:").next().unwrap());
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let all = commands();
    for shell in ["bash", "zsh", "fish"] {
        let (code, script, _) = output(&["completions", shell]);
        assert_eq!(code, 0);
        for words in &all {
            assert!(script.contains(words.last().unwrap()), "{shell}: {words:?}");
        }
        assert!(script.contains("at-least"), "{shell}");
    }
    let (_, script, _) = output(&["completions", "bash"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), script).unwrap();
    assert!(std::process::Command::new("bash").arg("-n").arg(file.path()).status().unwrap().success());

    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man");
    let (code, _, stderr) = output(&["man", "--dir", pages.to_str().unwrap()]);
    assert_eq!(code, 0, "{stderr}");
    for words in &all {
        let page = std::fs::read_to_string(pages.join(format!("creel-{}.1", words.join("-")))).unwrap();
        assert!(
            page.contains(".TH") && page.contains(&format!("creel {}", words.join(" ")))
                || page.contains(&words.join("\\-")),
            "{words:?}"
        );
        let title = page.lines().find(|line| line.starts_with(".TH")).unwrap();
        assert!(title.trim_end().ends_with(concat!("\"creel ", env!("CARGO_PKG_VERSION"), "\"")), "{title:?}");
        let line: Vec<&str> = ["man"].into_iter().chain(words.iter().map(String::as_str)).collect();
        assert_eq!(output(&line).1, page);
    }
    assert!(Path::new(&pages.join("creel.1")).exists());
}

#[test]
fn a_manual_page_is_plain_ascii() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, stderr) = super::outcome(super::creel().args(["man", "--dir", "man"]).current_dir(folder.path()));
    assert_eq!(code, 0, "{stderr}");
    for page in std::fs::read_dir(folder.path().join("man")).unwrap() {
        let path = page.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let odd = text.lines().find(|line| !line.is_ascii());
        assert_eq!(odd, None, "{}", path.display());
    }
}

#[test]
fn help_that_cannot_be_written_is_no_success() {
    for flag in ["--help", "--version"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = super::creel().arg(flag).stdout(full).stderr(std::process::Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && stderr.starts_with("creel: No space left"), "{flag}: {stderr}");
    }
}
