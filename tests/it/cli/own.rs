//! Schemes and platforms of one's own: for commands that need no server, and simulated like any other.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::server::Server;
use super::{creel, outcome};
use crate::helpers::raw;

const FILE: &str = "\
[bins.a]
secret = { env = 'NOT_SET_HERE' }

[schemes.my-own]
header = 'X-My-Signature'
algorithm = 'hmac-sha256'
prefix = 'sha256='

[providers.my-platform]
name = 'My Platform'
scheme = 'my-own'
event = '/type'
";

#[test]
fn what_creel_toml_declares_is_known_to_the_commands_that_need_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("creel.toml");
    std::fs::write(&file, FILE).unwrap();
    std::fs::write(folder.path().join("body"), "hello").unwrap();
    let run = |line: &str| outcome(creel().args(line.split(' ')).current_dir(folder.path()));
    let ok = |line: &str| {
        let (code, stdout, stderr) = run(line);
        assert_eq!((code, stderr.as_str()), (0, ""), "{line}: {stdout}");
        stdout
    };
    assert!(ok("schemes my-own").contains("X-My-Signature"));
    assert!(ok("providers").contains("My Platform"));
    assert!(ok("providers my-platform").contains("my-own"));
    let signed = ok("sign --scheme my-own --secret k3y --body body --as request");
    assert!(signed.contains("X-My-Signature: sha256="), "{signed}");
    std::fs::write(folder.path().join("request"), &signed).unwrap();
    for scheme in ["my-own", "auto"] {
        assert!(ok(&format!("verify --scheme {scheme} --secret k3y --head request")).contains("valid"));
    }
    let sent = ok("send --from request --scheme my-own --secret k3y --to http://127.0.0.1:1/ --dry-run");
    assert!(sent.contains("X-My-Signature"), "{sent}");

    // Elsewhere it is named; what others may write is passed over, and that is told.
    std::fs::rename(&file, folder.path().join("team.toml")).unwrap();
    assert_eq!(run("schemes my-own").0, 2);
    assert!(ok("schemes my-own --config-file team.toml").contains("X-My-Signature"));
    std::fs::rename(folder.path().join("team.toml"), &file).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let (code, _, stderr) = run("schemes my-own");
    assert!(code == 2 && stderr.contains("others may write it"), "{stderr}");
    let (code, _, stderr) = run("schemes stripe");
    assert!(code == 0 && stderr.contains("others may write it"), "{stderr}");
}

#[test]
fn the_schemes_that_the_file_names_are_read_from_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("set-up")).unwrap();
    std::fs::write(folder.path().join("set-up/c.toml"), "[serve]\nschemes = 's.json'\n").unwrap();
    std::fs::write(folder.path().join("set-up/s.json"), r#"[{"id": "acme", "header": "X-Acme"}]"#).unwrap();
    let arguments = ["schemes", "acme", "--config-file", "set-up/c.toml"];
    let (code, stdout, stderr) = outcome(creel().args(arguments).current_dir(folder.path()));
    assert!(code == 0 && stdout.contains("X-Acme"), "{stderr}");
}

const SIMULATED: &str = "\
[bins.b]
provider = 'my-platform'
secret = 'k3y'

[schemes.my-own]
header = 'X-My-Signature'
algorithm = 'hmac-sha256'
prefix = 'sha256='

[providers.my-platform]
name = 'My Platform'
scheme = 'my-own'
event = '/type'
session = '/call/id'
delivery_id = 'header:X-Delivery'
duplicate_key = ['/call/id', '/type']
samples = 'samples/*.json'

[providers.by-address]
event = 'query:kind'
delivery_id = '/id'
marks = ['X-Address-Signature', 'X-Address']
samples = 'more/*.json'
";

/// A server that knows these platforms.
fn simulating() -> Server {
    let mut server = Server::start();
    let write = |name: &str, text: &str| {
        let path = server.folder().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("creel.toml", SIMULATED);
    write("samples/1-begun.json", r#"{ "type": "call.begun", "call": {"id": "c-1"}, "n": 1 }"#);
    write("samples/2-ended.json", r#"{"type": "call.ended", "call": {"id": "c-1"}, "n": 2}"#);
    write("more/order.paid.json", r#"{"id": "d-1"}"#);
    let file = server.folder().join("creel.toml");
    server.stop("-TERM");
    server.start_again(&["--config", file.to_str().unwrap()]);
    server
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_platform_of_ones_own_is_simulated_from_its_samples_like_any_other() {
    let server = simulating();
    let listed = lines(&server.ok(&["send", "--list", "--json"]));
    let own: Vec<_> =
        listed.iter().filter(|line| line["provider"] == "my-platform").map(|line| &line["event"]).collect();
    assert_eq!(own, ["call.begun", "call.ended", "session"]);
    let shown = lines(&server.ok(&["providers", "my-platform", "--json"]));
    assert_eq!(shown[0]["events"], json!(["call.begun", "call.ended"]));
    let latest = |count: usize| lines(&server.ok(&["list", "b", "--json", "--limit", &count.to_string()]));

    // By the server, signed with the bin's secret and the platform's scheme.
    server.ok(&["send", "my-platform", "call.ended", "--to", "b"]);
    let first = &latest(1)[0];
    assert_eq!((&first["signature"]["status"], &first["signature"]["scheme"]), (&json!("valid"), &json!("my-own")));
    assert_eq!((&first["event"]["provider"], &first["event"]["name"]), (&json!("my-platform"), &json!("call.ended")));
    assert_eq!(first["origin"], "simulated");
    assert!(first["event"]["delivery_id"].as_str().is_some_and(|id| id.len() == 36), "{first}");
    server.ok(&["send", "my-platform", "call.ended", "--to", "b"]);
    let second = &latest(1)[0];
    assert_ne!(second["event"]["session"], first["event"]["session"]);
    assert!(second["event"]["duplicate_of"].is_null(), "another event, and no duplicate: {second}");
    server.ok(&["send", "my-platform", "call.begun", "--to", "b", "--fault", "duplicate", "--session", "s-7"]);
    let again = &latest(1)[0];
    assert!(again["event"]["duplicate_of"].is_object() || again["event"]["duplicate_of"].is_string(), "{again}");
    assert_eq!(again["event"]["session"], "s-7");
    server.ok(&["send", "my-platform", "session", "--to", "b", "--speed", "0"]);
    let whole = latest(2);
    let names: Vec<_> = whole.iter().map(|request| &request["event"]["name"]).collect();
    assert!(names.contains(&&json!("call.begun")) && names.contains(&&json!("call.ended")), "{names:?}");
    assert_eq!(whole[0]["event"]["session"], whole[1]["event"]["session"]);
    server.ok(&["send", "my-platform", "call.ended", "--to", "b", "--fault", "unknown-event"]);
    assert_eq!(latest(1)[0]["event"]["name"], "creel.unknown_event");
    server.ok(&["send", "my-platform", "call.ended", "--to", "b", "--fault", "bad-signature"]);
    assert_eq!(latest(1)[0]["signature"]["status"], "invalid");
    let (code, _, stderr) = server.run(&["send", "my-platform", "call.end", "--to", "b"]);
    assert!(
        code == 2 && stderr.contains("my-platform has the events call.begun, call.ended, or `session`"),
        "{stderr}"
    );

    // From this machine.
    let line = ["send", "my-platform", "call.begun", "--secret", "k3y", "--to", "http://127.0.0.1:1/hook", "--dry-run"];
    let sent = server.ok(&[&line[..], &["--set", "/n=9", "--session", "s-8", "--header", "X-Own: 1"]].concat());
    assert!(sent.contains("X-My-Signature: sha256=") && sent.contains("X-Own: 1"), "{sent}");
    assert!(sent.contains(r#"{ "type": "call.begun", "call": {"id": "s-8"}, "n": 9 }"#), "only what was asked: {sent}");
    let query = ["send", "by-address", "order.paid", "--to", "http://127.0.0.1:1/hook?a=1", "--dry-run"];
    let sent = server.ok(&query);
    assert!(sent.starts_with("POST /hook?a=1&kind=order.paid HTTP/1.1"), "{sent}");
    assert!(sent.contains("x-address: order.paid") && !sent.contains("x-address-signature"), "{sent}");
    let (code, _, stderr) = outcome(creel().args(query).current_dir("/"));
    assert!(code == 2 && stderr.contains("There are no samples of this provider; there are of callaider"), "{stderr}");
}

#[test]
fn a_platform_of_ones_own_is_simulated_by_the_api_the_page_and_agents() {
    let server = simulating();
    let exchange = |method: &str, path: &str, fields: &str, body: &str| {
        let (console, length) = (server.console, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {console}\r\nContent-Type: application/json\r\n{fields}Content-Length: {length}\r\n\r\n"
        );
        let answer = raw::exchange(console, format!("{head}{body}").as_bytes());
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        String::from_utf8(answer.body).unwrap()
    };
    let sent: Value =
        serde_json::from_str(&exchange("POST", "/api/v1/bins/b/send", "", r#"{"event": "call.begun"}"#)).unwrap();
    assert_eq!((&sent["scheme"], &sent["sent"][0]["outcome"]), (&json!("my-own"), &json!("answered")));
    let by_address = r#"{"provider": "by-address", "event": "order.paid", "secret": false}"#;
    exchange("POST", "/api/v1/bins/b/send", "", by_address);
    assert!(server.ok(&["list", "b", "--limit", "1", "--json"]).contains("kind=order.paid"));
    let providers = exchange("GET", "/api/v1/providers", "", "");
    assert!(providers.contains(r#""events":["call.begun","call.ended"]"#), "{providers}");
    let page = exchange("GET", "/bins/b/send", "", "");
    assert!(page.contains(r#"<optgroup label="My Platform">"#), "{page}");
    assert!(
        page.contains(r#"<option value="my-platform call.ended" selected>call.ended – as in 2-ended.json</option>"#),
        "{page}"
    );
    assert!(page.contains(r#"<option value="my-platform session">"#));
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"send_event","arguments":{"bin":"b","event":"call.ended"}}}"#;
    let told = exchange("POST", "/mcp", "Accept: application/json, text/event-stream\r\n", call);
    assert!(told.contains("Sent 1 times."), "{told}");
    assert!(server.ok(&["list", "b", "--limit", "1"]).contains("call.ended"));
}

#[test]
fn a_sample_that_cannot_be_sent_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let write = |name: &str, text: &str| {
        std::fs::create_dir_all(at(name).parent().unwrap()).unwrap();
        std::fs::write(at(name), text).unwrap();
    };
    write("bad/a.json", "{\n  \"type\": \"made\",\n  \"n\": x\n}");
    write("none/a.json", "{\"kind\": \"made\"}");
    write("twice/a.json", "{\"type\": \"b\"}");
    write("twice/b.json", "{\"type\": \"b\"}");
    write("whole/a.json", "{\"type\": \"session\"}");
    write("large/a.json", &format!("\"{}\"", "a".repeat(1 << 20)));
    for number in 0..101 {
        write(&format!("many/{number}.json"), "{}");
    }
    for number in 0..17 {
        write(
            &format!("heavy/{number}.json"),
            &format!("{{\"type\": \"{number}\", \"a\": \"{}\"}}", "a".repeat((1 << 20) - 100)),
        );
    }
    let mut otherwise = String::new();
    for (samples, told) in [
        ("bad/*.json", "bad/a.json:3:8: it is not JSON: expected value"),
        ("none/*.json", "none/a.json: the event's name is not at /type"),
        ("twice/*.json", "twice/b.json: another sample is called 'b', too; give the file another name"),
        ("whole/*.json", "whole/a.json: no event can be called session, which stands for a whole one"),
        ("large/*.json", "large/a.json: it is larger than 1.0 MiB"),
        ("many/*.json", "101 files are there as many/*.json; at most 100 are read"),
        ("heavy/*.json", "the files of heavy/*.json have more than 16.0 MiB together"),
        ("../*.json", "write a path below the folder of this file, such as samples/*.json"),
        ("/etc/*.json", "write a path below the folder of this file, such as samples/*.json"),
        ("bad/*.yaml", "no file is there as bad/*.yaml"),
    ] {
        write("creel.toml", &format!("[providers.mine]\nevent = '/type'\nsamples = '{samples}'\n"));
        let (code, _, stderr) = outcome(creel().args(["config", "check"]).current_dir(folder.path()));
        if code != 2 || !stderr.starts_with(&format!("creel: creel.toml:3:11: providers.mine.samples: {told}")) {
            let _ = writeln!(otherwise, "{samples}: wanted {told}\ngot {stderr}");
        }
    }
    assert!(otherwise.is_empty(), "{otherwise}");
}
