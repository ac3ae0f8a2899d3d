//! Creel for coding agents, driven by the client of the official SDK over both transports.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::cli::server::Server;
use crate::helpers::{TestApp, raw};
use creel::inside::SecretValue;

const SDK: &str = "target/@modelcontextprotocol/sdk/node_modules/@modelcontextprotocol/sdk";
const TOKEN: &str = "0123456789abcdef";

fn session(arguments: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sdk = root.join(SDK);
    assert!(
        sdk.exists(),
        "the SDK is there; tests/run fetches it: npm install --prefix target/@modelcontextprotocol/sdk @modelcontextprotocol/sdk@1"
    );
    let mut command = Command::new("node");
    command
        .arg(root.join("tests/it/mcp/session.mjs"))
        .arg(sdk)
        .args(arguments)
        .env("NO_PROXY", "*")
        .env("no_proxy", "*");
    let output = command.output().expect("node is there");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && stdout.ends_with("done\n"), "{stdout}\n{stderr}");
}

#[test]
fn an_agent_debugs_a_signature_on_standard_input_and_output() {
    let server = Server::start();
    session(&["stdio", env!("CARGO_BIN_EXE_creel"), &format!("http://{}", server.console)]);
}

#[test]
fn an_agent_debugs_a_signature_over_http_with_its_token() {
    let server = Server::start_with(&["--token", TOKEN, "--allow-target", "127.0.0.1"]);
    session(&["http", &format!("http://{}", server.console), TOKEN]);
}

fn call(app: &TestApp, fields: &str) -> raw::Answer {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_bins","arguments":{}}}"#;
    post(app.console, fields, body)
}

fn post(console: SocketAddr, fields: &str, body: &str) -> raw::Answer {
    let length = body.len();
    let usual = "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n";
    let head = format!("POST /mcp HTTP/1.1\r\nContent-Length: {length}\r\n{usual}{fields}\r\n");
    raw::exchange(console, format!("{head}{body}").as_bytes())
}

#[actix_web::test]
async fn the_http_form_has_the_rules_of_the_console() {
    let app = TestApp::start_with(|config| config.token = Some(SecretValue::new(TOKEN.to_owned()))).await;
    let host = format!("Host: {}\r\n", app.console);
    let token = format!("Authorization: Bearer {TOKEN}\r\n");
    assert_eq!(call(&app, &format!("{host}{token}")).status, 200);
    assert_eq!(call(&app, &host).status, 401);
    assert_eq!(call(&app, &format!("{host}Authorization: Bearer 0123456789abcdeX\r\n")).status, 401);
    let refused = call(&app, &format!("Host: rebound.example\r\n{token}"));
    assert_eq!(refused.status, 403);
    let refused = call(&app, &format!("{host}{token}Origin: http://elsewhere.example\r\n"));
    assert_eq!(refused.status, 403);
    let get = format!("GET /mcp HTTP/1.1\r\n{host}{token}\r\n");
    assert_eq!(raw::exchange(app.console, get.as_bytes()).status, 405);
}

#[test]
fn the_skill_is_one_file_with_its_front_matter() {
    let server = Server::start();
    let skill = server.ok(&["mcp", "--skill"]);
    assert!(skill.starts_with("---\nname: creel\ndescription: ") && skill.contains("explain_signature"), "{skill}");
}

#[test]
fn a_client_that_leaves_or_talks_nonsense_ends_the_process_in_order() {
    let server = Server::start();
    assert_eq!(server.shell("creel mcp < /dev/null").0, 0);
    let (code, _, stderr) =
        server.shell("printf '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nonsense\"}\\n' | creel mcp");
    assert!(code <= 1 && !stderr.contains("panicked"), "{code} {stderr}");
}

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#;

#[test]
fn what_is_no_message_gets_the_error_that_the_protocol_has_for_it() {
    let server = Server::start();
    let mut child = server.creel(&["mcp"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let mut answers = stdout.lines().map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let mut ask = |line: &[u8]| {
        stdin.write_all(&[line, b"\n"].concat()).unwrap();
        let answer = answers.next().unwrap();
        (answer["id"].clone(), answer["error"]["code"].clone(), answer["error"]["message"].to_string())
    };
    assert_eq!(ask(INITIALIZE.as_bytes()).0, 1);
    wrong_lines(&mut ask);
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

/// What a client may do wrong, line by line.
fn wrong_lines(ask: &mut impl FnMut(&[u8]) -> (Value, Value, String)) {
    for line in [&b"{"[..], b"nonsense", b"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"\xff\"}"] {
        let (id, code, message) = ask(line);
        assert_eq!((id, code), (Value::Null, (-32700).into()), "{message}");
    }
    for params in [r#"{"name":7}"#, "{}", r#"{"name":"list_bins","arguments":[]}"#] {
        let (id, code, message) =
            ask(format!(r#"{{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{params}}}"#).as_bytes());
        assert_eq!((id, code), (3.into(), (-32602).into()), "{params}: {message}");
    }
    let (id, code, _) = ask(br#"{"jsonrpc":"2.0","id":4,"method":"no/such"}"#);
    assert_eq!((id, code), (4.into(), (-32601).into()));
    for line in [&b"[1]"[..], br#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":7}"#] {
        let (id, code, _) = ask(line);
        assert_eq!((id, code), (Value::Null, (-32600).into()));
    }
}

#[test]
fn over_http_a_body_that_is_no_message_is_a_bad_request() {
    let server = Server::start();
    let host = format!("Host: {}\r\n", server.console);
    for (body, code) in [("{", -32700), ("", -32700), ("[]", -32600), ("{}", -32600), ("7", -32600)] {
        let answer = post(server.console, &host, body);
        let told: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!((answer.status, &told["error"]["code"]), (400, &code.into()), "{body}: {told}");
        assert_eq!(told["jsonrpc"], "2.0");
    }
    let wrong = r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":7}}"#;
    let told: Value = serde_json::from_slice(&post(server.console, &host, wrong).body).unwrap();
    assert_eq!((&told["id"], &told["error"]["code"]), (&3.into(), &(-32602).into()), "{told}");
    let head = format!(
        "POST /mcp HTTP/1.1\r\n{host}Content-Type: text/plain\r\nAccept: application/json, text/event-stream\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    assert_eq!(raw::exchange(server.console, head.as_bytes()).status, 415, "another media type is still not taken");
}

#[test]
fn no_tool_gives_out_a_token_of_a_captured_body() {
    let server = Server::start();
    server.ok(&["bin", "create", "b"]);
    let part = |text: &str| format!("--b\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n{text}\r\n--b--\r\n");
    let multipart = "Content-Type: multipart/form-data; boundary=b\r\nAuthentication: s3cr3t-head\r\n";
    server.send("/b/1", multipart, &part("s3cr3t-one"));
    server.send("/b/2", multipart, &part("s3cr3t-two"));
    server.send("/b/3", "Content-Type: text/plain\r\n", "Authorization: Bearer s3cr3t-three");
    let host = format!("Host: {}\r\n", server.console);
    let list: Value =
        serde_json::from_str(&format!("[{}]", server.ok(&["list", "b", "--json"]).trim().replace('\n', ","))).unwrap();
    let ids: Vec<&str> = list.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    let mut calls: Vec<(String, Value)> = Vec::new();
    for id in &ids {
        calls.push(("get_request".to_owned(), serde_json::json!({"bin": "b", "id": id})));
        calls.push(("get_request".to_owned(), serde_json::json!({"bin": "b", "id": id, "from": 10, "bytes": 200})));
        calls.push(("compare".to_owned(), serde_json::json!({"bin": "b", "a": id, "b": ids[0]})));
    }
    for (name, arguments) in calls {
        let body = serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}});
        let answer = post(server.console, &host, &body.to_string());
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(
            answer.status == 200 && text.contains("untrusted") && !text.contains("s3cr3t"),
            "{name} {arguments}: {text}"
        );
    }
}
