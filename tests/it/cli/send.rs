//! `creel send`: to a bin by the server, to any target from this machine, files and the editor.

use serde_json::Value;

use super::output;
use super::server::Server;
use crate::deliver::target::Target;

fn with_bin() -> Server {
    let server = Server::start();
    std::fs::write(server.folder().join("secret"), "whsec-one\n").unwrap();
    server.ok(&["bin", "create", "orders", "--provider", "callaider", "--secret-file", "secret"]);
    server
}

fn latest(server: &Server) -> Value {
    serde_json::from_str(&server.ok(&["show", "orders", "latest", "--json"])).unwrap()
}

#[test]
fn a_bin_is_sent_to_by_its_server_by_name_and_by_url() {
    let server = with_bin();
    let url = format!("http://{}/orders", server.capture);
    for to in ["orders", url.as_str()] {
        let shown = server.ok(&["send", "callaider", "session.ended", "--to", to, "--set", "/data/reason=timeout"]);
        assert!(shown.starts_with("session.ended") && shown.contains(" 200 "), "{shown}");
        let request = latest(&server);
        assert_eq!((&request["origin"], &request["signature"]["status"]), (&"simulated".into(), &"valid".into()));
        assert!(request["body"]["text"].as_str().unwrap().contains(r#""reason":"timeout""#));
    }
    let (code, stdout, stderr) =
        server.run(&["send", "callaider", "session.started", "--to", "orders", "--header", "Content-Type: a/b"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stderr.contains("Content-Type is not sent"), "{stderr}");
    let (code, stdout, _) = server.run(&["send", "callaider", "session", "--to", "orders", "--speed", "4", "--json"]);
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.contains(r#""delivered":2"#), "{stdout}");
}

#[test]
fn any_target_is_sent_to_from_this_machine() {
    let target = Target::start();
    let url = target.url("/hook");
    let line = [
        "send",
        "callaider",
        "session",
        "--to",
        &url,
        "--secret",
        "whsec-one",
        "--speed",
        "0",
        "--server",
        "http://127.0.0.1:9",
    ];
    let (code, stdout, stderr) = output(&line);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert_eq!(stdout.lines().count(), 2);
    let (first, second) = (target.next(), target.next());
    assert_eq!(first.header("x-callaider-event").as_deref(), Some("session.started"));
    assert!(second.header("x-callaider-signature").is_some_and(|text| text.starts_with("sha256=")));
    let (code, stdout, _) =
        output(&[&line[..5], &["--dry-run", "--server", "http://127.0.0.1:9", "--fault", "malformed-json"]].concat());
    assert_eq!(code, 0);
    assert!(
        stdout.contains("X-Callaider-Event: session.started")
            && !stdout.to_lowercase().contains("x-callaider-signature"),
        "{stdout}"
    );
    target.answer(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
    let (code, stdout, _) =
        output(&["send", "pathors", "call.ended", "--to", &url, "--json", "--server", "http://127.0.0.1:9"]);
    assert_eq!(code, 1, "{stdout}");
    let (code, stdout, _) =
        output(&["send", "pathors", "call.ended", "--to", "http://127.0.0.1:9/", "--server", "http://127.0.0.1:9"]);
    assert_eq!(code, 1);
    assert!(stdout.contains("Nothing listens on 127.0.0.1:9"), "{stdout}");
}

#[test]
fn a_capture_becomes_a_sample_by_one_command_and_an_editor_changes_it() {
    let server = with_bin();
    server.ok(&["send", "callaider", "session.ended", "--to", "orders"]);
    let (code, _, stderr) = server.shell("creel show orders latest --raw > event.http");
    assert_eq!(code, 0, "{stderr}");
    server.ok(&["send", "--from", "event.http", "--to", "orders"]);
    assert!(latest(&server)["event"]["duplicate_of"].is_string());
    let edit =
        "EDITOR=\"sed -i s/durationSeconds/durationMinutes/\" creel send callaider session.ended --edit --to orders";
    let (code, stdout, stderr) = server.shell(edit);
    assert_eq!(code, 0, "{stdout}{stderr}");
    let request = latest(&server);
    assert_eq!(request["signature"]["status"], "valid");
    assert!(request["body"]["text"].as_str().unwrap().contains("durationMinutes"));
    std::fs::write(server.folder().join("body.json"), "{\"event\": \"session.ended\"}").unwrap();
    server.ok(&["send", "callaider", "session.ended", "--from", "body.json", "--to", "orders"]);
    assert_eq!(latest(&server)["body"]["text"], "{\"event\": \"session.ended\"}");
    let (code, _, stderr) = server.shell("EDITOR=false creel send callaider session.ended --edit --to orders");
    assert_eq!((code, stderr.contains("nothing is sent")), (2, true), "{stderr}");
}

#[test]
fn wrong_wishes_are_exit_code_2_and_the_list_names_every_platform() {
    for (line, words) in [
        (&["send", "callaider", "session.end", "--to", "http://127.0.0.1:9/"][..], "session.started, session.ended"),
        (&["send", "nobody", "x", "--to", "http://127.0.0.1:9/"], "callaider, pathors"),
        (&["send", "callaider", "session.ended", "--to", "http://127.0.0.1:9/", "--fault", "no"], "--fault"),
        (&["send", "callaider", "session.ended", "--to", "http://127.0.0.1:9/", "--set", "x"], "/pointer=value"),
        (&["send", "callaider", "session.ended", "--to", "ftp://x/", "--server", "http://127.0.0.1:9"], "127.0.0.1:9"),
        (&["send", "pathors", "call.ended", "--to", "http://127.0.0.1:9/", "--mode", "text"], "Text sessions"),
        (&["send", "callaider"], "EVENT"),
    ] {
        let (code, stdout, stderr) = output(line);
        assert_eq!((code, stdout.as_str()), (if line.contains(&"ftp://x/") { 3 } else { 2 }, ""), "{line:?}: {stderr}");
        assert!(stderr.contains(words), "{line:?}: {stderr}");
    }
    let (code, stdout, _) = output(&["send", "--list"]);
    assert_eq!(code, 0);
    for provider in ["callaider", "pathors", "stripe", "github", "slack", "shopify", "standard-webhooks", "twilio"] {
        assert!(stdout.contains(provider), "{stdout}");
    }
}
