//! Creel for coding agents, driven by the client of the official SDK over both transports.

use std::path::Path;
use std::process::Command;

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
    let length = body.len();
    let usual = "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n";
    let head = format!("POST /mcp HTTP/1.1\r\nContent-Length: {length}\r\n{usual}{fields}\r\n");
    raw::exchange(app.console, format!("{head}{body}").as_bytes())
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
