//! `creel tail`: live, through restarts, with a command for each request.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::server::Server;

#[test]
fn a_tail_goes_through_restarts_without_loss_or_repeat() {
    const BURST: usize = 40;
    let mut server = Server::start();
    server.ok(&["bin", "create", "b"]);
    let total = (3 * BURST).to_string();
    let mut tail = server
        .creel(&["tail", "b", "--since", "start", "--json", "--count", &total])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let mut seen = Vec::new();
    for round in 0..3 {
        for number in 0..BURST {
            server.send(&format!("/b/{}", round * BURST + number), "", "x");
        }
        // Some are read before the stop, some only come after it.
        while seen.len() < round * BURST + BURST / 2 {
            seen.push(lines.next().unwrap().unwrap());
        }
        if round < 2 {
            server.stop(if round == 0 { "-TERM" } else { "-KILL" });
            server.start_again(&[]);
        }
    }
    seen.extend(lines.map(Result::unwrap));
    let done = tail.wait_with_output().unwrap();
    assert!(done.status.success());
    let path = |line: &String| serde_json::from_str::<Value>(line).unwrap()["path"].as_str().unwrap().to_owned();
    assert_eq!(seen.iter().map(path).collect::<Vec<_>>(), (0..3 * BURST).map(|n| format!("/{n}")).collect::<Vec<_>>());
    let told = String::from_utf8(done.stderr).unwrap();
    assert_eq!(told.matches("connected again; nothing was missed").count(), 2, "{told}");
}

#[test]
fn only_what_matches_is_shown_as_a_line_or_in_full() {
    let server = Server::start();
    server.ok(&["bin", "create", "b"]);
    for (path, body) in [("/b/one", "{\"a\":1}"), ("/b/two", "x"), ("/b/one", "{\"a\":2}")] {
        server.send(path, "Content-Type: application/json\r\n", body);
    }
    let tail = |more: &[&str]| {
        server.ok(&[&["tail", "b", "--since", "start", "--filter", "path:/one", "--count", "2"], more].concat())
    };
    let lines = server.steady(&tail(&[]));
    assert_eq!(lines.lines().count(), 2);
    assert!(lines.lines().all(|line| line.contains("POST    /one") && line.contains("200")), "{lines}");
    let full = tail(&["--full"]);
    assert!(full.contains("{\n  \"a\": 1\n}") && full.contains("{\n  \"a\": 2\n}") && !full.contains("/two"), "{full}");
}

#[test]
fn a_command_runs_for_each_request_in_order_with_it_on_standard_input() {
    let server = Server::start();
    server.ok(&["bin", "create", "b"]);
    for number in 0..5 {
        server.send(&format!("/b/{number}"), "", &format!("body {number}\n"));
    }
    let run = |more: &[&str]| {
        let line = [&["tail", "b", "--since", "start", "--count", "5"][..], more].concat();
        super::outcome(&mut server.creel(&line))
    };
    let (code, stdout, _) = run(&["--exec", "cat", "--stdin", "body"]);
    assert_eq!((code, stdout.as_str()), (0, "body 0\nbody 1\nbody 2\nbody 3\nbody 4\n"));
    let (_, stdout, _) = run(&["--exec", "head -n 1", "--stdin", "raw"]);
    assert!(stdout.starts_with("POST /b/0 HTTP/1.1\r\nPOST /b/1 HTTP/1.1\r\n"), "{stdout}");
    let (_, stdout, _) = run(&["--exec", "cat"]);
    let whole: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    assert_eq!(whole["body"]["text"], "body 4\n");
    let (_, stdout, _) =
        run(&["--exec", "env | grep -o '^CREEL_[A-Z]*' | sort | tr '\\n' ' '; echo $CREEL_BIN $CREEL_SEQ"]);
    let first = stdout.lines().next().unwrap();
    let seq = first.strip_prefix("CREEL_BIN CREEL_ID CREEL_SEQ b ").unwrap_or_else(|| panic!("{first}"));
    assert!(seq.parse::<u64>().is_ok(), "nothing that a sender wrote is in the environment: {first}");
    // One that takes too long is ended and told, also when it reads nothing.
    let (code, _, stderr) = run(&["--exec", "exec sleep 100", "--exec-timeout", "1"]);
    assert_eq!((code, stderr.matches("took more than 1 s").count()), (0, 5), "{stderr}");
    // One that fails, or does not read, is told and holds nothing up.
    let (code, _, stderr) = run(&["--exec", "exit 3"]);
    assert_eq!((code, stderr.matches("exit status: 3").count()), (0, 5), "{stderr}");
}

#[test]
fn a_bin_that_is_deleted_ends_its_tail() {
    let server = Server::start();
    server.ok(&["bin", "create", "b"]);
    let tail = server.creel(&["tail", "b", "--since", "start"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut tail = tail.unwrap();
    server.send("/b/x", "", "");
    let mut line = String::new();
    BufReader::new(tail.stdout.take().unwrap()).read_line(&mut line).unwrap();
    server.ok(&["bin", "delete", "b"]);
    let done = tail.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8(done.stderr).unwrap().contains("'b' was deleted"));
}
