//! Commands against a running server, and against none.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::Value;

use super::output;
use super::server::Server;
use crate::helpers::quiet_address;

/// A server with a bin that holds two events of CallAIder: the second one is the first again, with a wrong signature.
fn with_orders() -> Server {
    let server = Server::start();
    std::fs::write(server.folder().join("secret"), "whsec-one\n").unwrap();
    server.ok(&["bin", "create", "orders", "--provider", "callaider", "--secret-file", "secret"]);
    let body = r#"{"event":"session.ended","timestamp":"2026-05-28T12:34:56.789Z","assistantId":1,"sessionId":"s-1","data":{"reason":"user_ended"}}"#;
    std::fs::write(server.folder().join("body.json"), body).unwrap();
    let signed = server.ok(&["sign", "--scheme", "callaider", "--secret", "whsec-one", "--body", "body.json"]);
    let fields = "Content-Type: application/json\r\nX-Callaider-Event: session.ended\r\n";
    server.send("/orders/paid?n=1", &format!("{fields}{}\r\n", signed.trim()), body);
    server.send("/orders/paid", &format!("{fields}X-Callaider-Signature: sha256={}\r\n", "0".repeat(64)), body);
    server
}

#[test]
fn bins_and_requests_are_shown_as_people_read_them() {
    let server = with_orders();
    let mut shown = String::new();
    for line in [
        &["ls"][..],
        &["ls", "orders"],
        &["ls", "orders", "--filter", "sig:invalid"],
        &["show", "orders", "latest"],
        &["bin", "show", "orders"],
        &["secret", "list", "orders"],
        &["bin", "set", "orders", "--status", "202", "--body", "accepted"],
        &["export", "orders", "latest", "--as", "curl"],
        &["delete", "orders", "latest"],
        &["secret", "delete", "orders", "--all"],
        &["bin", "delete", "orders"],
    ] {
        shown.push_str(&format!("$ creel {}\n{}\n", line.join(" "), server.ok(line)));
    }
    // The first bin has a random name, which sorts and pads differently.
    let first = server.ok(&["ls", "--json"]);
    let first: Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    let shown = shown.replace(first["id"].as_str().unwrap(), "FIRST-BIN-NAME-X");
    insta::assert_snapshot!("commands", server.steady(&shown));
}

#[test]
fn json_is_one_object_a_line_everywhere() {
    let server = with_orders();
    for (line, count, pointer, value) in [
        (&["ls", "orders"][..], 2, "/signature/status", "invalid"),
        (&["search", "orders", "user_ended"], 2, "/event/name", "session.ended"),
        (&["show", "orders", "latest"], 1, "/path", "/paid"),
        (&["show", "orders", "latest", "--signature"], 1, "/status", "invalid"),
        (&["bin", "show", "orders"], 1, "/provider", "callaider"),
        (&["bin", "create", "more"], 1, "/name", "more"),
        (&["wait", "orders"], 1, "/event/name", "session.ended"),
        (&["tail", "orders", "--since", "start", "--count", "2"], 2, "/event/name", "session.ended"),
        (&["open", "orders", "--print"], 1, "/url", ""),
        (&["ready"], 1, "/console_url", ""),
        (&["secret", "list", "orders"], 1, "/label", "secret 1"),
        (&["delete", "orders", "--all"], 1, "/deleted", ""),
    ] {
        let printed = server.ok(&[line, &["--json"]].concat());
        let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), count, "{line:?}: {printed}");
        let found = lines[0].pointer(pointer).unwrap_or_else(|| panic!("{line:?}: {printed}"));
        assert!(value.is_empty() || *found == value, "{line:?}: {found}");
    }
}

#[test]
fn what_is_wrong_is_exit_code_2_with_the_way_out() {
    let server = with_orders();
    for (line, words) in [
        (&["show", "no-such", "latest"][..], "no bin 'no-such'; `creel bin list`"),
        (&["ls", "orders", "--filter", "sig:perhaps"], "sig"),
        (&["show", "orders", "99999"], "no request 99999; `creel list orders`"),
        (&["show", "orders", "nonsense"], "request"),
        (&["bin", "create", "orders"], "orders"),
        (&["bin", "create", "--provider", "calaider"], "provider"),
        (&["bin", "create", "--from", "no-file"], "no-file"),
        (&["bin", "set", "orders"], "nothing is to be set"),
        (&["bin", "set", "orders", "--status", "99"], "status"),
        (&["bin", "set", "orders", "--header", "no colon"], "Name: value"),
        (&["secret", "add", "orders", "--env", "NOT_SET_AT_ALL"], "NOT_SET_AT_ALL"),
        (&["delete", "orders"], "--all"),
        (&["export", "orders", "--as", "curl"], "har, jsonl, csv"),
        (&["wait", "orders", "--timeout", "soon"], "500ms"),
        (&["wait", "orders", "--none-for", "1m"], "--none-for"),
        (&["import", "orders", "no-file"], "no-file"),
        (&["ls", "--server", "ftp://h"], "--server"),
        (&["man", "nothing"], "no command"),
        (&["schemes", "strip"], "did you mean 'stripe'?"),
        (&["providers", "calaider"], "did you mean 'callaider'?"),
        (&["tail", "orders", "--count", "0"], "at least 1"),
    ] {
        let (code, stdout, stderr) = server.run(line);
        assert_eq!((code, stdout.as_str()), (2, ""), "{line:?}: {stderr}");
        assert!(stderr.contains(words), "{line:?}: {stderr}");
    }
}

#[test]
fn without_a_server_every_command_says_how_to_get_one_with_exit_code_3() {
    let closed = quiet_address();
    let url = format!("http://{closed}");
    for line in [
        &["ls"][..],
        &["show", "b", "latest"],
        &["tail", "b"],
        &["wait", "b"],
        &["search", "b", "x"],
        &["open"],
        &["export", "b"],
        &["delete", "b", "--all"],
        &["bin", "create"],
        &["secret", "list", "b"],
        &["ready", "--timeout", "100ms"],
    ] {
        let (code, stdout, stderr) = output(&[line, &["--server", &url]].concat());
        assert_eq!((code, stdout.as_str()), (3, ""), "{line:?}: {stderr}");
        assert!(stderr.contains(&url) && stderr.contains("start one with `creel`"), "{line:?}: {stderr}");
    }
}

#[test]
fn a_server_is_found_while_it_runs_and_a_note_left_behind_is_passed_over() {
    let mut server = Server::start();
    let running = server.data().join("creel/running");
    assert_eq!(std::fs::read_dir(&running).unwrap().count(), 1);
    server.ok(&["ls"]);
    server.stop("-KILL");
    assert_eq!(std::fs::read_dir(&running).unwrap().count(), 1, "a killed process leaves its note");
    let (code, _, stderr) = server.run(&["ls"]);
    assert!(code == 3 && stderr.contains("127.0.0.1:4666"), "{stderr}");
    server.start_again(&[]);
    assert_eq!(std::fs::read_dir(&running).unwrap().count(), 1, "the next server removes it");
    server.ok(&["ls"]);
    server.stop("-TERM");
    assert_eq!(std::fs::read_dir(&running).unwrap().count(), 0, "a server that ends takes its note along");
}

#[test]
fn a_token_is_asked_for_and_taken_from_flag_or_environment() {
    let server = Server::start_with(&["--token", "0123456789abcdef"]);
    let (code, _, stderr) = server.run(&["ls"]);
    assert!(code == 2 && stderr.contains("--token") && stderr.contains("CREEL_TOKEN"), "{stderr}");
    server.ok(&["ls", "--token", "0123456789abcdef"]);
    let found = super::outcome(server.creel(&["ls"]).env("CREEL_TOKEN", "0123456789abcdef"));
    assert_eq!(found.0, 0, "{}", found.2);
    let (code, _, stderr) = server.run(&["ls", "--token", "wrong-wrong-wrong"]);
    assert!(code == 2 && !stderr.contains("wrong-wrong-wrong"), "{stderr}");
}

/// Answers one request after the other with these bytes.
fn answering(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        // They stay open: an answer without an end has none.
        let mut sockets = Vec::new();
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && socket.read(&mut byte).unwrap() > 0 {
                head.push(byte[0]);
            }
            socket.write_all(answer.as_bytes()).unwrap();
            sockets.push(socket);
        }
    });
    url
}

#[test]
fn a_server_of_another_version_is_told_and_somebody_else_is_not_taken_for_one() {
    let body = r#"{"bins": []}"#;
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
    let url = answering(format!("{head}Server: creel/99.1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    let (code, _, stderr) = output(&["ls", "--server", &url]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("is version 99.1.0, this command"), "{stderr}");

    // At the first answer, also where no second one comes: once.
    let ready = format!("{head}Server: creel/99.1.0\r\nContent-Length: 2\r\n\r\n{{}}");
    let (code, _, stderr) = output(&["ready", "--server", &answering(ready)]);
    assert_eq!((code, stderr.matches("is version 99.1.0").count()), (0, 1), "{stderr}");
    let endless = format!("{head}Server: creel/99.1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
    let mut child = super::creel()
        .args(["export", "a", "--server", &answering(endless)])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    std::thread::spawn(move || {
        let mut told = String::new();
        std::io::BufRead::read_line(&mut stderr, &mut told).unwrap();
        sender.send(told).unwrap();
    });
    let told = receiver.recv_timeout(std::time::Duration::from_secs(20));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(told.as_ref().is_ok_and(|told| told.contains("is version 99.1.0")), "{told:?}");

    let url = answering(format!("{head}Server: nginx\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    let (code, _, stderr) = output(&["ls", "--server", &url]);
    assert!(code == 3 && stderr.contains("not a Creel console"), "{stderr}");
}

#[test]
fn a_file_that_cannot_be_written_is_named_once() {
    let server = Server::start();
    server.ok(&["bin", "create", "orders"]);
    server.send("/orders", "", "hello");
    for (file, why) in [("/nonexistent/f", "No such file"), ("/dev/full", "No space left")] {
        let (code, stdout, stderr) = server.run(&["export", "orders", "--output", file]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
        assert!(stderr.starts_with(&format!("creel: --output {file}: {why}")), "{stderr}");
        assert_eq!(stderr.matches(why).count(), 1, "{stderr}");
    }
    let (code, _, stderr) = server.shell("creel ls orders > /dev/full");
    assert_eq!((code, stderr.matches("No space left").count()), (1, 1), "{stderr}");
}

#[test]
fn the_exact_bytes_come_out_and_a_database_file_shows_the_same() {
    let mut server = Server::start();
    server.ok(&["bin", "create", "orders"]);
    let request =
        "POST /orders/a?b HTTP/1.1\r\nhost: h\r\nX-Odd:  two\r\nx-odd: again\r\nContent-Length: 4\r\n\r\n\u{1b}[2J";
    crate::helpers::raw::exchange(server.capture, request.as_bytes());
    assert_eq!(server.ok(&["show", "orders", "--raw"]), request);
    assert_eq!(server.ok(&["show", "orders", "latest", "--body"]), "\u{1b}[2J");
    let full = server.ok(&["show", "orders"]);
    assert!(full.contains("\\u{1b}[2J") && !full.contains('\u{1b}'), "{full}");

    // While the server has it open, and after it has ended; never written to.
    let database = server.database();
    let file = database.to_str().unwrap();
    for ended in [false, true] {
        if ended {
            server.stop("-TERM");
        }
        let before = std::fs::read(&database).unwrap();
        assert_eq!(server.ok(&["show", "--db", file, "orders", "--raw"]), request, "{ended}");
        let shown = server.ok(&["show", "--db", file, "orders"]);
        assert_eq!(server.steady(&shown), server.steady(&full), "{ended}");
        let (code, _, stderr) = server.run(&["show", "--db", file]);
        assert!(code == 2 && stderr.contains("several bins") && stderr.contains("orders"), "{stderr}");
        assert!(std::fs::read(&database).unwrap() == before);
    }
    let beside: Vec<_> = std::fs::read_dir(server.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!beside.iter().any(|name| name.to_string_lossy().starts_with("creel.db-")), "{beside:?}");
    std::fs::write(
        server.folder().join("other.db"),
        "not a database, but long enough to be looked at closely ".repeat(4),
    )
    .unwrap();
    let (code, _, stderr) = server.run(&["show", "--db", "other.db", "b"]);
    assert!(code == 1 && stderr.contains("other.db"), "{stderr}");
}

#[test]
fn a_bin_is_exported_and_read_in_again_by_file_and_by_pipe() {
    let server = with_orders();
    let (code, _, stderr) = server.run(&["export", "orders", "--secrets", "--output", "orders.jsonl"]);
    assert!(code == 0 && stderr.contains("orders.jsonl"), "{stderr}");
    server.ok(&["bin", "create", "copies"]);
    assert_eq!(server.ok(&["import", "copies", "orders.jsonl"]), "2 imported\n");
    let (code, stdout, stderr) =
        server.shell("creel export orders --filter sig:invalid --secrets | creel import copies -");
    assert_eq!((code, stdout.as_str()), (0, "1 imported\n"), "{stderr}");
    assert_eq!(server.ok(&["ls", "copies", "--json"]).lines().count(), 3);
    let bytes = |bin: &str| server.ok(&["show", bin, "latest", "--raw"]);
    assert_eq!(bytes("copies"), bytes("orders"));
    // An export that is refused leaves the file as it was.
    let (code, _, _) = server.run(&["export", "no-such", "--output", "orders.jsonl"]);
    assert_eq!(code, 2);
    assert_eq!(std::fs::read_to_string(server.folder().join("orders.jsonl")).unwrap().lines().count(), 2);
}

#[test]
fn settings_come_from_a_file_and_flags_win() {
    let server = Server::start();
    let file = r#"{"provider": "github", "signature_mode": "enforce", "secret": "s", "response": {"status": 201}}"#;
    std::fs::write(server.folder().join("bin.json"), file).unwrap();
    std::fs::write(server.folder().join("bin.toml"), "providr = 'stripe'\n").unwrap();
    let (code, _, stderr) = server.run(&["bin", "create", "b", "--from", "bin.toml"]);
    assert!(code == 2 && stderr.contains("providr: ") && stderr.contains("did you mean 'provider'?"), "{stderr}");
    let url = server.ok(&["bin", "create", "b", "--from", "bin.json", "--provider", "stripe"]);
    assert_eq!(url.trim(), format!("http://{}/b", server.capture));
    let bin: Value = serde_json::from_str(&server.ok(&["bin", "show", "b", "--json"])).unwrap();
    assert_eq!((&bin["provider"], &bin["signature_mode"]), (&"stripe".into(), &"enforce".into()));
    assert_eq!((&bin["response"]["status"], bin["secrets"].as_array().unwrap().len()), (&201.into(), 1));
    server.ok(&["bin", "set", "b", "--reset", "provider,response", "--name", "c"]);
    let bin: Value = serde_json::from_str(&server.ok(&["bin", "show", "c", "--json"])).unwrap();
    assert!(bin["provider"].is_null() && bin["response"]["status"].is_null(), "{bin}");
    // One that is there is got as it is.
    server.ok(&["bin", "create", "c", "--get", "--provider", "github"]);
    let bin: Value = serde_json::from_str(&server.ok(&["bin", "show", "c", "--json"])).unwrap();
    assert!(bin["provider"].is_null());
}

#[test]
fn ready_waits_for_a_server_that_starts_later_wherever_it_is() {
    let mut server = Server::start();
    server.stop("-TERM");
    let waiting = server.creel(&["ready", "--timeout", "60s"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    server.start_again(&[]);
    let done = waiting.wait_with_output().unwrap();
    assert!(done.status.success());
    assert_eq!(String::from_utf8(done.stdout).unwrap().trim(), format!("http://{}", server.console));
}
