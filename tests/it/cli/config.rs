//! `creel.toml`: mistakes with their places, what wins over what, bins made and brought up to date, reloading under
//! load.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::server::Server;
use super::{creel, outcome};
use crate::helpers::raw;

/// A text, and what is said about it: `line:column: …`.
const MISTAKES: &[(&str, &str)] = &[
    ("[bins.a\nprovider = 'stripe'\n", "1:8: "),
    ("[bins.a]\nprovider = stripe\n", "2:12: "),
    ("[bins.a]\nprovider = 'stripe'\nprovider = 'github'\n", "3:1: "),
    ("[bin.a]\n", "1:2: bin: there is no such setting; did you mean 'bins'?"),
    ("serve = 1\n", "1:9: serve: write it as a table: [serve]"),
    ("[serve]\ncapure = '127.0.0.1:0'\n", "2:1: serve.capure: there is no such setting; did you mean 'capture'?"),
    ("[serve]\n\ncapture = 'here'\n", "3:11: serve.capture: invalid value 'here'"),
    ("[serve]\nmax-body = 'much'\n", "2:12: serve.max-body: invalid value 'much': give a number with k, M or G"),
    ("[serve]\nephemeral = 'yes'\n", "2:13: serve.ephemeral: write true or false"),
    ("[serve]\ntrusted-proxy = [{}]\n", "2:17: serve.trusted-proxy: write a list of texts"),
    ("[serve]\ndurability = 'fll'\n", "2:14: serve.durability: invalid value 'fll'"),
    ("[bins]\na = 1\n", "2:5: bins.a: write it as a table: [bins.a]"),
    ("[bins.'a b']\n", "1:7: bins.a b: "),
    ("[bins.a]\n[bins.A]\n", "2:7: bins.A: this bin is declared twice"),
    ("[bins.a]\nname = 'b'\n", "2:1: bins.a.name: the name is the table's; leave it out"),
    ("[bins.a]\nprovidr = 'stripe'\n", "2:1: bins.a.providr: there is no such setting; did you mean 'provider'?"),
    (
        "[bins.a]\nprovider = 'strip'\n",
        "2:12: bins.a.provider: 'strip' is not a known provider; did you mean 'stripe'?",
    ),
    ("[bins.a]\nprovider = 7\n", "2:12: bins.a.provider: must be a text"),
    ("[bins.a]\nscheme = 'no-such'\n", "2:10: bins.a.scheme: 'no-such' is not a known scheme"),
    (
        "[bins.a]\nsignature_mode = 'enforced'\n",
        "2:18: bins.a.signature_mode: 'enforced' is not known here; did you mean 'enforce'?",
    ),
    ("[bins.a]\nresponse = { status = 99 }\n", "2:23: bins.a.response.status: must be a whole number from 200 to 599"),
    ("[bins.a.response]\nheaders = { 'X Y' = '1' }\n", "2:21: bins.a.response.headers.X Y: "),
    (
        "[bins.a]\nresponse = { bdy = 'x' }\n",
        "2:14: bins.a.response.bdy: there is no such setting; did you mean 'body'?",
    ),
    (
        "[bins.a]\nsignature_mode = 'off'\n",
        "2:18: bins.a.signature_mode: 'off' is not known here; there are report, enforce\n",
    ),
    ("[bins.a]\nsecrets = 'x'\n", "2:11: bins.a.secrets: write it as a list"),
    ("[bins.a]\nsecrets = [{ env = '' }]\n", "2:20: bins.a.secrets[0].env: '' is no name of an environment variable"),
    (
        "[bins.a]\nsecrets = [{ env = 'A=B' }]\n",
        "2:20: bins.a.secrets[0].env: 'A=B' is no name of an environment variable",
    ),
    ("[providers.mine]\nevent = '/a~b'\n", "2:9: providers.mine.event: '/a~b' is no place; write a JSON pointer"),
    (
        "[bins.a]\nsecrets = [{ env = 'CREEL_NO_SUCH' }]\n",
        "2:20: bins.a.secrets[0].env: the environment variable CREEL_NO_SUCH is not set",
    ),
    ("[bins.a]\nsecrets = [{ env = 'A', value = 'b' }]\n", "2:12: bins.a.secrets[0]: give it as { env = \"NAME\" }"),
    (
        "[bins.a]\nsecrets = [{ valeu = 'b' }]\n",
        "2:14: bins.a.secrets[0].valeu: there is no such setting; did you mean 'value'?",
    ),
    ("[bins.a]\nforward = { too = 'http://localhost:1/' }\n", "2:13: bins.a.forward.too: there is no such setting"),
    ("[bins.a]\nforward = { to = 'localhost' }\n", "2:18: bins.a.forward.to: "),
    (
        "[bins.a]\nforward = { to = 'http://localhost:1/', answer = 'me' }\n",
        "2:50: bins.a.forward.answer: 'me' is not known here",
    ),
    (
        "[bins.a]\nforward = { to = 'http://localhost:1/', retries = { count = 99 } }\n",
        "2:61: bins.a.forward.retries.count: this is a number from 0 to 20",
    ),
    ("[bins.a]\nforward = { to = ['http://localhost:1/', 'x'] }\n", "2:13: bins.a.forward.to[1]: "),
    ("[bins.a]\nforward = {}\n", "2:11: bins.a.forward: say where to: { to = "),
    (
        "[bins.a]\nfoward = { to = 'http://localhost:1/' }\n",
        "2:1: bins.a.foward: there is no such setting; did you mean 'forward'?",
    ),
    ("[bins.a]\nexpct = {}\n", "2:1: bins.a.expct: there is no such setting; did you mean 'expect'?"),
    ("[bins.a]\nsecret = ''\n", "2:10: bins.a.secret: "),
    (
        "[bins.a]\nresponse = { script = [500, { headers = { 'X Y' = '1' } }] }\n",
        "2:51: bins.a.response.script[1].headers.X Y: ",
    ),
    (
        "[bins.a.response.hold.otherwise]\nheaders = { 'X Y' = '1' }\n",
        "2:21: bins.a.response.hold.otherwise.headers.X Y: ",
    ),
    (
        "[bins.a]\nresponse = { fault = { kind = 'reset', probability = nan } }\n",
        "2:54: bins.a.response.fault.probability: write a number",
    ),
    (
        "[bins.a]\nexpect = { headers = [{ name = 'X-A', env = 'CREEL_NO_SUCH' }] }\n",
        "2:45: bins.a.expect.headers[0].env: the environment variable CREEL_NO_SUCH is not set",
    ),
    (
        "[bins.a]\nexpect = { headers = [{ name = 'X-A', vale = 'b' }] }\n",
        "2:39: bins.a.expect.headers[0].vale: there is no such setting; did you mean 'value'?",
    ),
    (
        "[bins.a]\nprovider = 'callaider'\nexpect = { events = ['session.middle'] }\n",
        "3:22: bins.a.expect.events[0]: the platform has ",
    ),
    (
        "[schemes.mine]\nheader = 'X-A'\nalgoritm = 'hmac-sha256'\n",
        "3:1: schemes.mine.algoritm: there is no such setting; did you mean 'algorithm'?",
    ),
    (
        "[schemes.mine]\nheader = 'X-A'\nalgorithm = 'hmac-sha265'\n",
        "3:13: schemes.mine.algorithm: 'hmac-sha265' is not known here; did you mean 'hmac-sha256'?",
    ),
    (
        "[schemes.mine]\nheader = 'X-A'\nencoding = 'hexx'\n",
        "3:12: schemes.mine.encoding: 'hexx' is not known here; did you mean 'hex'?",
    ),
    ("[schemes.mine]\nheader = 7\n", "2:10: schemes.mine.header: must be a text"),
    ("[providers.mine]\nevents = 'x'\n", "2:10: providers.mine.events: must be a list"),
    ("[bins.a]\nlimits = { max_requests = -1 }\n", "2:27: bins.a.limits.max_requests: "),
    ("[schemes.mine]\nheader = 'X-A'\nalgorithm = 'rot13'\n", "3:13: schemes.mine.algorithm: "),
    ("[schemes.github]\nheader = 'X-A'\n", "1:10: schemes.github: there is a scheme of that id already"),
    ("[providers.mine]\nevnt = '/a'\n", "2:1: providers.mine.evnt: there is no such setting; did you mean 'event'?"),
    ("[providers.mine]\nevent = 'type'\n", "2:9: providers.mine.event: 'type' is no place; write a JSON pointer"),
    (
        "[providers.mine]\nscheme = 'githb'\n",
        "2:10: providers.mine.scheme: 'githb' is not a known scheme; did you mean 'github'?",
    ),
    ("[providers.stripe]\nevent = '/a'\n", "1:12: providers.stripe: Creel knows a provider of that id already"),
    ("[providers.mine]\nsamples = 'none/*.json'\n", "2:11: providers.mine.samples: "),
    (
        "[bins.a]\nevent_schema = {}\n",
        "2:1: bins.a.event_schema: there is no such setting; did you mean 'event_schemas'?",
    ),
    ("[bins.a]\nevent_schemas = 'x.json'\n", "2:17: bins.a.event_schemas: write it as a table: { \"session.ended\" = "),
    ("[bins.a.event_schemas]\npush = 1\n", "2:8: bins.a.event_schemas.push: give the path of a JSON file"),
    (
        "[bins.a.event_schemas]\nsession.ended = 'x.json'\n",
        "2:1: bins.a.event_schemas.session: give the path of a JSON file; a name with dots is quoted",
    ),
    ("[bins.a.event_schemas]\n'' = 'x.json'\n", "2:1: bins.a.event_schemas.: an event's name has 1 to 256 characters"),
    (
        "[bins.a]\nevent_schemas = { 'session.ended' = 'none.json' }\n",
        "2:37: bins.a.event_schemas.session.ended: none.json: No such file",
    ),
    ("[bins.a.event_schemas]\npush = '.'\n", "2:8: bins.a.event_schemas.push: .: it is a folder"),
    (
        "[bins.a.event_schemas]\npush = 'wrong.json'\n",
        "2:8: bins.a.event_schemas.push: wrong.json: it is no JSON: expected value at line 2 column 11",
    ),
    ("[bins.a.event_schemas]\npush = '{\"type\": \"objekt\"}'\n", "2:8: bins.a.event_schemas.push: /type: "),
    (
        "[bins.a.event_schemas]\n\npush = '{\"properties\": {\"a\": {\"$ref\": \"b.json\"}}}'\n",
        "3:8: bins.a.event_schemas.push: /properties/a/$ref: A `$ref` leads into this schema",
    ),
];

#[test]
fn every_mistake_is_told_with_its_line_its_column_and_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("creel.toml");
    std::fs::write(folder.path().join("wrong.json"), "{\n  \"type\": }\n").unwrap();
    assert!(MISTAKES.len() >= 30);
    let mut otherwise = String::new();
    for (text, wanted) in MISTAKES {
        std::fs::write(&file, text).unwrap();
        let (code, stdout, stderr) = outcome(creel().args(["config", "check"]).current_dir(folder.path()));
        let wanted = format!("creel: creel.toml:{wanted}");
        if code != 2 || !stdout.is_empty() || !stderr.starts_with(&wanted) || stderr.trim_end().lines().count() != 1 {
            otherwise.push_str(&format!("{text}\nwanted {wanted}\ngot    {stderr}\n"));
        }
        let (code, stdout, _) = outcome(creel().args(["serve", "--ephemeral", "--config"]).arg(&file));
        assert_eq!((code, stdout.as_str()), (2, ""), "nothing starts half-way: {text}");
    }
    assert!(otherwise.is_empty(), "{otherwise}");
}

/// The set-up of the specification, with a port of the test's own.
const WHOLE: &str = r#"
[serve]
max-requests = 77

[bins.callaider]
provider = "callaider"
secrets = [{ label = "staging", env = "TEST_CALLAIDER_SECRET" }]
signature_mode = "enforce"
response = { status = 202, body = '{"ok":true}', headers = { "Content-Type" = "application/json" }, script = [{ status = 500, headers = { "X-Try" = "1" } }], methods = { GET = { headers = { "X-Get" = "1" } } }, hold = { timeout_ms = 1, otherwise = { headers = { "X-Late" = "1" } } } }
expect = { headers = [{ name = "Authorization", env = "TEST_CALLAIDER_SECRET" }, { name = "X-Any" }] }
forward = { to = "http://localhost:3000/hook", answer = "target" }

[bins.mine]
provider = "my-platform"
secret = "k3y"

[schemes.my-own]
header = "X-My-Signature"
algorithm = "hmac-sha256"
encoding = "hex"
prefix = "sha256="

[providers.my-platform]
name = "My Platform"
scheme = "my-own"
event = "/type"
session = "/conversation/id"
delivery_id = "header:X-Delivery"
duplicate_key = ["/conversation/id", "/type"]
samples = "samples/*.json"
"#;

const SECRET: (&str, &str) = ("TEST_CALLAIDER_SECRET", "whsec-from-the-environment");

/// A server with a file of its own.
fn with_file(server: &mut Server, text: &str, flags: &[&str]) {
    std::fs::create_dir_all(server.folder().join("samples")).unwrap();
    std::fs::write(server.folder().join("samples/made.json"), r#"{"type": "made"}"#).unwrap();
    let file = server.folder().join("creel.toml");
    std::fs::write(&file, text).unwrap();
    server.stop("-TERM");
    let flags: Vec<&str> = ["--config", file.to_str().unwrap()].iter().chain(flags).copied().collect();
    server.start_with_environment(&flags, &[SECRET]);
}

fn bin(server: &Server, name: &str) -> Value {
    serde_json::from_str(&server.ok(&["bin", "show", name, "--json"])).unwrap()
}

/// Waits until something is so, which takes a moment.
fn until(what: &str, so: impl Fn() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_file_makes_bins_with_everything_and_keeps_what_it_does_not_name() {
    let mut server = Server::start();
    server.ok(&["bin", "create", "callaider", "--public-url", "https://set.by.hand/", "--provider", "stripe"]);
    server.send("/callaider", "", "before");
    with_file(&mut server, WHOLE, &[]);
    let made = bin(&server, "callaider");
    assert_eq!(made["provider"], "callaider");
    assert_eq!(made["signature_mode"], "enforce");
    assert_eq!(made["response"]["status"], 202);
    assert_eq!(made["response"]["headers"][0]["name"], "Content-Type");
    for (place, name) in [
        ("/response/script/0/headers/0/name", "X-Try"),
        ("/response/methods/GET/headers/0/name", "X-Get"),
        ("/response/hold/otherwise/headers/0/name", "X-Late"),
    ] {
        assert_eq!(made.pointer(place), Some(&name.into()), "{made}");
    }
    let expect = raw::exchange(
        server.console,
        format!("GET /api/v1/bins/callaider/expect HTTP/1.1\r\nHost: {}\r\n\r\n", server.console).as_bytes(),
    );
    let expect: Value = serde_json::from_slice(&expect.body).unwrap();
    let sha256 = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(SECRET.1));
    let wanted = serde_json::json!([{"name": "Authorization", "sha256": sha256}, {"name": "X-Any", "sha256": null}]);
    assert_eq!(expect["headers"], wanted);
    assert_eq!(made["secrets"][0]["label"], "staging");
    assert_eq!(made["public_url"], "https://set.by.hand/", "not named, not touched");
    assert_eq!(made["counts"]["requests"], 1, "captured requests are never touched");
    assert_eq!(made["declared"]["current"], true);
    assert_eq!(made["declared"]["fields"].as_array().unwrap().len(), 6);
    let forward = raw::exchange(
        server.console,
        format!("GET /api/v1/bins/callaider/forward HTTP/1.1\r\nHost: {}\r\n\r\n", server.console).as_bytes(),
    );
    let forward: Value = serde_json::from_slice(&forward.body).unwrap();
    assert_eq!(
        (&forward["answer"], &forward["routes"][0]["to"]),
        (&"target".into(), &serde_json::json!(["http://localhost:3000/hook"]))
    );
    let page = raw::exchange(
        server.console,
        format!("GET /bins/callaider/settings HTTP/1.1\r\nHost: {}\r\n\r\n", server.console).as_bytes(),
    );
    let page = String::from_utf8_lossy(&page.body).into_owned();
    assert!(page.contains("creel.toml sets ") && page.contains("holds until the file is read again"), "{page}");

    // A platform of one's own is as good as a built-in one.
    let body = r#"{"type": "made", "conversation": {"id": "c-1"}}"#;
    let signed = "X-My-Signature: sha256=PLACE\r\nX-Delivery: d-1\r\n";
    let sum = hex_hmac(b"k3y", body.as_bytes());
    for _ in 0..2 {
        server.send("/mine", &signed.replace("PLACE", &sum), body);
    }
    let latest: Value = serde_json::from_str(&server.ok(&["show", "mine", "latest", "--json"])).unwrap();
    assert_eq!(latest["signature"]["status"], "valid", "{latest}");
    let event = &latest["event"];
    assert_eq!(
        (&event["provider"], &event["name"], &event["session"]),
        (&"my-platform".into(), &"made".into(), &"c-1".into())
    );
    assert_eq!(event["delivery_id"], "d-1");
    assert!(event["duplicate_of"].is_string());
    let found = server.ok(&["search", "mine", "event:made session:c-1 is:duplicate", "--json"]);
    assert_eq!(found.lines().count(), 1);
    let listed = raw::exchange(
        server.console,
        format!("GET /api/v1/providers HTTP/1.1\r\nHost: {}\r\n\r\n", server.console).as_bytes(),
    );
    assert!(String::from_utf8_lossy(&listed.body).contains("My Platform"));
}

fn hex_hmac(key: &[u8], message: &[u8]) -> String {
    use hmac::{KeyInit as _, Mac as _};
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    hex::encode(mac.finalize().into_bytes())
}

#[test]
fn flags_win_over_environment_environment_over_the_file_and_the_file_over_defaults() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("creel.toml"),
        "[serve]\nmax-requests = 11\nmax-age = 22\nmax-body = '3k'\n\n[bins.a]\nsecret = { env = 'TEST_CALLAIDER_SECRET' }\n",
    )
    .unwrap();
    let mut command = creel();
    command.args(["config", "--json"]).current_dir(folder.path()).envs([SECRET]).env("CREEL_MAX_AGE", "33");
    let (code, stdout, stderr) = outcome(&mut command);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let row = |name: &str| -> (String, String) {
        let rows = stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let row = rows.into_iter().find(|row| row["setting"] == name).unwrap();
        let text = |field: &str| row[field].as_str().unwrap().to_owned();
        (text("value"), text("from"))
    };
    assert_eq!(row("max-requests"), ("11".into(), "creel.toml:2".into()));
    assert_eq!(row("max-age"), ("33".into(), "CREEL_MAX_AGE".into()));
    assert_eq!(row("max-body"), ("3k".into(), "creel.toml:4".into()));
    assert_eq!(row("max-bytes"), ("1GiB".into(), "default".into()));
    assert_eq!(row("bins.a"), ("secrets (secrets from TEST_CALLAIDER_SECRET)".into(), "creel.toml:6".into()));
    assert!(!stdout.contains(SECRET.1), "what comes from the environment is never printed");
}

#[test]
fn a_file_that_is_found_is_named_in_the_log_and_may_not_open_anything() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("creel.toml");
    let serve = |text: &str, mode: u32| {
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let mut child = creel()
            .args(["--ephemeral", "--json", "--capture", "127.0.0.1:0"])
            .current_dir(folder.path())
            .env("CREEL_CONSOLE", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(std::process::Command::new("kill").arg(child.id().to_string()).status().is_ok());
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, stderr) = serve("[bins.found]\n", 0o644);
    assert_eq!(code, Some(0));
    assert!(stderr.lines().next().unwrap().contains("creel.toml"), "{stderr}");
    for (setting, value) in [
        ("console", "'127.0.0.1:0'"),
        ("token", "'0123456789abcdef'"),
        ("allow-host", "['x']"),
        ("allow-target", "['x']"),
        ("db", "'x.db'"),
    ] {
        let (code, stderr) = serve(&format!("[serve]\n{setting} = {value}\n"), 0o644);
        assert_eq!(code, Some(2), "{setting}");
        assert!(
            stderr.contains(&format!("creel.toml:2:1: serve.{setting}: ")) && stderr.contains("--config"),
            "{stderr}"
        );
    }
    let (code, stderr) = serve("[bins.found]\n", 0o666);
    assert_eq!(code, Some(0));
    assert!(stderr.contains("is not used: others may write it"), "{stderr}");
}

/// Lets the senders end, also when something fails.
struct End<'a>(&'a AtomicBool);
impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_reload_under_load_loses_no_request_and_a_bad_change_keeps_the_old_set_up() {
    let mut server = Server::start();
    let text = |status: u16| format!("[bins.load]\nresponse = {{ status = {status} }}\n");
    with_file(&mut server, &text(201), &["--watch"]);
    let file = server.folder().join("creel.toml");
    let over = AtomicBool::new(false);
    let status = || bin(&server, "load")["response"]["status"].clone();
    let sent = std::thread::scope(|scope| {
        let end = End(&over);
        let senders: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut sent = 0;
                    while !over.load(Ordering::Relaxed) {
                        let request = "POST /load HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi";
                        let answer = raw::exchange(server.capture, request.as_bytes());
                        assert!((201..=205).contains(&answer.status), "{}", answer.status);
                        sent += 1;
                    }
                    sent
                })
            })
            .collect();
        for round in [202, 203, 204, 205] {
            std::fs::write(&file, text(round)).unwrap();
            if round % 2 == 1 {
                server.signal("-HUP");
            }
            until("the file is read again", || status() == round);
        }
        std::fs::write(&file, "[bins.load]\nresponse = { status = 1 }\n").unwrap();
        server.signal("-HUP");
        let page = || {
            let get = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", server.console);
            String::from_utf8_lossy(&raw::exchange(server.console, get.as_bytes()).body).into_owned()
        };
        until("the mistake is told", || page().contains("creel.toml:2:"));
        assert_eq!(status(), 205);
        // Without the bin it stays, and is marked.
        std::fs::write(&file, "# nothing\n").unwrap();
        server.signal("-HUP");
        until("the bin is no longer declared", || bin(&server, "load")["declared"]["current"] == false);
        until("nothing is wrong any more", || !page().contains("creel.toml:2:"));
        drop(end);
        senders.into_iter().map(|sender| sender.join().unwrap()).sum::<u64>()
    });
    assert!(sent > 20);
    assert_eq!(bin(&server, "load")["counts"]["requests"], sent);
}

#[test]
fn a_reload_keeps_what_was_set_by_hand_and_ends_secrets_that_the_file_no_longer_names() {
    let mut server = Server::start();
    let text = |status: u16, label: &str| {
        format!(
            "[bins.kept]\nresponse = {{ status = {status} }}\nsecrets = [{{ label = '{label}', value = '{label}-k3y' }}]\n\
             forward = {{ to = 'http://localhost:1/' }}\n"
        )
    };
    with_file(&mut server, &text(201, "old"), &[]);
    let ask = |method: &str, path: &str, body: &str| -> Value {
        let head = format!(
            "{method} /api/v1/bins/kept{path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            server.console,
            body.len()
        );
        serde_json::from_slice(&raw::exchange(server.console, head.as_bytes()).body).unwrap()
    };
    ask("POST", "/secrets", r#"{"label": "by hand", "value": "h4nd"}"#);
    let by_hand = ask("GET", "/secrets", "")["secrets"][1].clone();
    ask("PATCH", "/forward", r#"{"paused": true, "timeout_ms": 1234, "retries": {"count": 7}}"#);
    std::fs::write(server.folder().join("creel.toml"), text(202, "new")).unwrap();
    server.signal("-HUP");
    until("the file is read again", || bin(&server, "kept")["response"]["status"] == 202);
    until("the secrets are set", || ask("GET", "/secrets", "")["secrets"][1]["label"] == "new");
    let secrets = ask("GET", "/secrets", "");
    assert_eq!(secrets["secrets"].as_array().unwrap().len(), 2, "the old one is gone: {secrets}");
    assert_eq!(secrets["secrets"][0], by_hand, "with its number and age");
    std::fs::write(server.folder().join("creel.toml"), text(203, "new").replace("host:1/", "host:2/")).unwrap();
    server.signal("-HUP");
    until("the forward is set", || ask("GET", "/forward", "")["routes"][0]["to"][0] == "http://localhost:2/");
    let forward = ask("GET", "/forward", "");
    assert_eq!(
        (&forward["paused"], &forward["timeout_ms"], &forward["retries"]["count"]),
        (&true.into(), &1234.into(), &7.into()),
        "{forward}"
    );
}

#[test]
fn what_the_file_sets_is_marked_and_what_waits_for_a_restart_is_told() {
    let mut server = Server::start();
    let bins = "[bins.marked]\nresponse = { status = 201 }\n";
    with_file(&mut server, bins, &[]);
    let page = |path: &str| {
        let get = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", server.console);
        String::from_utf8_lossy(&raw::exchange(server.console, get.as_bytes()).body).into_owned()
    };
    let settings = page("/bins/marked/settings");
    assert_eq!(settings.matches("set by creel.toml").count(), 1, "the response alone");
    assert!(settings.contains("data-declared=\"response\" data-file=\"creel.toml\""), "{settings}");
    let write = |text: String| {
        std::fs::write(server.folder().join("creel.toml"), text).unwrap();
        server.signal("-HUP");
    };
    // Of tables that are set piece by piece, each piece: the rest stays as set by hand.
    write("[bins.marked]\nlimits = { max_age_s = 60 }\nforward = { to = 'http://localhost:1/', retries = { count = 2 } }\nexpect = { silence_s = 9 }\n".to_owned());
    until("the file is read again", || page("/bins/marked/settings").matches("set by creel.toml").count() == 4);
    let settings = page("/bins/marked/settings");
    for label in [">Age in seconds", ">Targets", ">Retries", "a session is over"] {
        let (_, after) = settings.split_once(label).unwrap();
        assert!(after.trim_start().starts_with("<span class=\"chip from-file\""), "{label}");
    }
    let (_, declared) = settings.split_once("data-declared=\"").unwrap();
    let declared: Vec<&str> = declared.split('"').next().unwrap().split(' ').collect();
    for part in ["limits.max_age_s", "forward.routes", "forward.retries", "expect.silence_s"] {
        assert!(declared.contains(&part), "{part}: {declared:?}");
    }
    write(format!("[serve]\nmax-requests = 7\n{bins}"));
    until("it is told", || page("/").contains("[serve] was changed and is read at the start only: restart Creel"));
    write(bins.to_owned());
    until("nothing waits", || !page("/").contains("restart"));
}

#[test]
fn schemas_for_events_are_files_beside_it_and_a_change_of_one_is_seen() {
    let mut server = Server::start();
    let schema = |server: &Server, required: &str| {
        let text = format!("{{\"type\": \"object\", \"required\": [\"{required}\"]}}");
        std::fs::create_dir_all(server.folder().join("schemas")).unwrap();
        std::fs::write(server.folder().join("schemas/push.json"), text).unwrap();
    };
    let itself = "'ping' = '{\"type\": \"object\", \"required\": [\"zen\"]}'";
    let text = |itself: &str| format!("[bins.held.event_schemas]\n'push' = 'schemas/push.json'\n{itself}\n");
    schema(&server, "ref");
    with_file(&mut server, &text(itself), &["--watch"]);
    let ask = |method: &str, path: &str, body: &str| {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            server.console,
            body.len()
        );
        String::from_utf8_lossy(&raw::exchange(server.console, head.as_bytes()).body).into_owned()
    };
    let api = |method: &str, path: &str, body: &str| -> Value {
        serde_json::from_str(&ask(method, &format!("/api/v1/bins/held{path}"), body)).unwrap()
    };
    let set = || -> Vec<String> {
        let all = api("GET", "/schemas", "")["schemas"].as_array().unwrap().clone();
        all.iter().map(|one| format!("{} {}", one["event"].as_str().unwrap(), one["schema"]["required"])).collect()
    };
    assert_eq!(set(), ["ping [\"zen\"]", "push [\"ref\"]"]);
    assert_eq!(bin(&server, "held")["declared"]["fields"], serde_json::json!(["event_schemas"]));
    api("PUT", "/schemas/issues", r#"{"required": ["by hand"]}"#);
    server.send("/held", "X-GitHub-Event: push\r\nX-GitHub-Delivery: d\r\n", "{}");
    let told = || api("GET", "/requests/latest/contract", "")["schema"]["findings"][0]["pointer"].clone();
    assert_eq!(told(), "/ref");
    let settings = ask("GET", "/bins/held/settings", "");
    assert!(settings.contains("sets event schemas of this bin"), "{settings}");
    let page = ask("GET", "/bins/held/contract?event=push", "");
    assert!(page.contains("set by creel.toml") && page.contains("data-file=\"creel.toml\""), "{page}");
    let by_hand = ask("GET", "/bins/held/contract?event=issues", "");
    assert!(!by_hand.contains("set by creel.toml"), "{by_hand}");

    // The file itself is as it was.
    schema(&server, "before");
    until("the schema's file is read again", || told() == "/before");
    std::fs::write(server.folder().join("schemas/push.json"), "{").unwrap();
    until("the mistake is told", || ask("GET", "/", "").contains("schemas/push.json: it is no JSON"));
    assert_eq!(told(), "/before", "the old one stays");
    schema(&server, "after");
    until("it is mended in that file alone", || told() == "/after");
    until("nothing is wrong any more", || !ask("GET", "/", "").contains("it is no JSON"));
    std::fs::write(server.folder().join("creel.toml"), text("")).unwrap();
    until("the one that it names no longer goes", || !set().iter().any(|one| one.starts_with("ping")));
    assert_eq!(set(), ["issues [\"by hand\"]", "push [\"after\"]"]);
}

#[test]
fn what_is_exported_is_right_and_makes_the_same_again() {
    let server = Server::start();
    server.ok(&[
        "bin",
        "create",
        "orders",
        "--provider",
        "stripe",
        "--status",
        "500,200",
        "--header",
        "X-A: 1",
        "--max-requests",
        "5",
    ]);
    std::fs::write(server.folder().join("secret"), "whsec_orders").unwrap();
    server.ok(&["secret", "add", "orders", "--label", "live", "--file", "secret"]);
    // TOML has no null.
    let schema = r#"{"properties": {"a": {"enum": [null, "it's"]}}}"#;
    let put = format!(
        "PUT /api/v1/bins/orders/schemas/charge.failed HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{schema}",
        server.console,
        schema.len()
    );
    assert_eq!(raw::exchange(server.console, put.as_bytes()).status, 200);
    let expect = r#"{"events": ["charge.failed"], "silence_s": 60, "headers": [{"name": "X-Own", "value": "whsec_own"}, {"name": "X-Any"}]}"#;
    let put = format!(
        "PUT /api/v1/bins/orders/expect HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{expect}",
        server.console,
        expect.len()
    );
    assert_eq!(raw::exchange(server.console, put.as_bytes()).status, 200);
    let exported = server.ok(&["config", "export"]);
    assert!(
        exported.contains("[bins.orders]") && exported.contains("ORDERS_LIVE") && !exported.contains("whsec_"),
        "{exported}"
    );
    let as_json: Value = serde_json::from_str(&server.ok(&["config", "export", "--json"])).unwrap();
    let headers = serde_json::json!([{"name": "X-Own", "env": "ORDERS_X_OWN"}, {"name": "X-Any"}]);
    assert_eq!(as_json["bins"]["orders"]["expect"]["headers"], headers);
    let before = bin(&server, "orders");
    let mut other = Server::start();
    let exported = exported.replace("ORDERS_LIVE", SECRET.0).replace("ORDERS_X_OWN", SECRET.0);
    with_file(&mut other, &exported, &[]);
    let after = bin(&other, "orders");
    for field in ["provider", "response", "limits", "signature_mode"] {
        assert_eq!(before[field], after[field], "{field}");
    }
    assert_eq!(after["secrets"][0]["label"], "live");
    let get = format!("GET /api/v1/bins/orders/expect HTTP/1.1\r\nHost: {}\r\n\r\n", other.console);
    let expect: Value = serde_json::from_slice(&raw::exchange(other.console, get.as_bytes()).body).unwrap();
    assert_eq!((&expect["events"][0], &expect["silence_s"]), (&"charge.failed".into(), &60.into()));
    assert!(expect["headers"][0]["sha256"].is_string() && expect["headers"][1]["sha256"].is_null(), "{expect}");
    let get = format!("GET /api/v1/bins/orders/schemas HTTP/1.1\r\nHost: {}\r\n\r\n", other.console);
    let schemas: Value = serde_json::from_slice(&raw::exchange(other.console, get.as_bytes()).body).unwrap();
    assert_eq!(schemas["schemas"][0]["event"], "charge.failed");
    assert_eq!(schemas["schemas"][0]["schema"], serde_json::from_str::<Value>(schema).unwrap());
}

#[test]
fn a_check_tells_programs_where_the_mistake_is() {
    let folder = tempfile::tempdir().unwrap();
    let check = |text: &[u8], more: &[&str]| {
        std::fs::write(folder.path().join("creel.toml"), text).unwrap();
        let (code, stdout, stderr) =
            outcome(creel().args(["config", "check", "creel.toml"]).args(more).current_dir(folder.path()));
        (code, serde_json::from_str::<Value>(&stdout).unwrap_or_default(), stderr)
    };
    for (text, field, line, column) in [
        ("[bins.a]\nprovidr = 'stripe'\n", "bins.a.providr".into(), 2, 1),
        ("[bins.a]\nprovider = 'strip'\n", "bins.a.provider".into(), 2, 12),
        ("[bins.a\n", Value::Null, 1, 8),
    ] {
        let (code, told, stderr) = check(text.as_bytes(), &["--json"]);
        assert_eq!((code, &told["file"], &told["field"]), (2, &"creel.toml".into(), &field), "{told}");
        assert_eq!((&told["line"], &told["column"]), (&line.into(), &column.into()), "{told}");
        assert!(stderr.contains(told["message"].as_str().unwrap()), "{told} {stderr}");
    }
    assert_eq!(check(b"[bins.a]\n", &["--json"]).1["valid"], true);
    let (code, _, stderr) = check(b"# \xc3\xa9\n[bins.a]\nprovider = '\xff'\n", &[]);
    assert!(code == 2 && stderr.contains("creel.toml:3:13: it is no UTF-8 text"), "{stderr}");
}

#[test]
fn the_command_line_says_what_the_file_declares() {
    let mut server = Server::start();
    with_file(&mut server, "[bins.a]\nprovider = 'stripe'\n", &[]);
    let shown = server.ok(&["bin", "show", "a"]);
    assert!(shown.contains("declared    by a configuration file: provider\n"), "{shown}");
    let (code, _, stderr) = server.run(&["bin", "set", "a", "--provider", "github", "--max-requests", "5"]);
    assert!(code == 0 && stderr.contains("a configuration file sets provider: it has the last word"), "{stderr}");
    server.ok(&["bin", "set", "a", "--max-requests", "6"]);
    assert!(!server.ok(&["bin", "list"]).contains("declared"));
    with_file(&mut server, "[bins.b]\n", &[]);
    assert!(server.ok(&["bin", "list"]).contains("a (no longer declared)"));
    let shown = server.ok(&["bin", "show", "a"]);
    assert!(shown.contains("declared    no longer by a configuration file"), "{shown}");
    assert!(server.ok(&["bin", "show", "b"]).contains("declared    by a configuration file\n"));
    // Nothing of it is set by the file any more.
    server.ok(&["bin", "set", "a", "--provider", "github"]);
}

#[test]
fn the_schema_knows_every_setting_of_the_whole_example() {
    let (code, stdout, _) = outcome(creel().args(["config", "schema"]));
    assert_eq!(code, 0);
    let schema: Value = serde_json::from_str(&stdout).unwrap();
    let bin = &schema["$defs"]["BinInput"]["properties"];
    for field in [
        "provider",
        "secrets",
        "secret",
        "signature_mode",
        "response",
        "forward",
        "limits",
        "public_url",
        "event_schemas",
    ] {
        assert!(bin[field].is_object(), "{field}");
    }
    for flag in ["capture", "max-body", "allow-target", "durability"] {
        assert!(schema["properties"]["serve"]["properties"][flag].is_object(), "{flag}");
    }
    // Every reference leads to a definition.
    let text = stdout.as_str();
    for reference in text.split("\"$ref\": \"#/$defs/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(schema["$defs"][reference].is_object(), "{reference}");
    }
}

#[test]
fn the_schema_takes_what_the_reader_takes_and_refuses_what_it_refuses() {
    let (_, stdout, _) = outcome(creel().args(["config", "schema"]));
    let schema = jsonschema::validator_for(&serde_json::from_str(&stdout).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("creel.toml");
    std::fs::create_dir(folder.path().join("samples")).unwrap();
    std::fs::write(folder.path().join("samples/made.json"), r#"{"type": "made"}"#).unwrap();
    let is_read = |text: &str| {
        std::fs::write(&file, text).unwrap();
        outcome(creel().args(["config", "check"]).arg(&file).envs([SECRET]))
    };
    let fits =
        |text: &str| schema.is_valid(&serde_json::to_value(toml::from_str::<toml::Value>(text).unwrap()).unwrap());
    for text in [
        WHOLE,
        "[bins.a]\nsecrets = ['abc', { value = 'd', label = 'e' }]\n",
        "[bins.a]\nsecret = 'abc'\n",
        "[bins.a]\nforward = { routes = [{ path = '/a', to = ['http://localhost:1/'] }] }\n",
        "[bins.a]\ncustom_scheme = { header = 'X-A' }\n",
        "[serve]\ntrusted-proxy = '10.0.0.0/8'\n",
        "[serve]\nallow-host = 'x'\n",
        "[serve]\ntrust-forwarded = true\nwatch = true\n",
        "[serve]\nmax-body = 5000\ndurability = 'full'\nlog = 'json'\n",
        "[schemes.mine]\nsignature = { from = 'header:X-A' }\nsigned = ['{body}']\n",
    ] {
        let (code, _, stderr) = is_read(text);
        assert_eq!(code, 0, "{text}: {stderr}");
        assert!(fits(text), "the schema takes it: {text}");
    }
    for text in [
        "[bins.a]\nsecrets = [{ label = 'x' }]\n",
        "[bins.a]\nsecrets = [{ env = 'TEST_CALLAIDER_SECRET', value = 'x' }]\n",
        "[bins.a]\nsecret = 'x'\nsecrets = ['y']\n",
        "[bins.a]\nforward = {}\n",
        "[bins.a]\nforward = { to = [] }\n",
        "[bins.a]\nforward = { to = 'http://localhost:1/', routes = [] }\n",
        "[bins.a]\nfoward = { to = 'http://localhost:1/' }\n",
        "[bins.a]\ncustom_scheme = { header = 'X-A', algoritm = 'hmac-sha256' }\n",
        "[bins.a]\nexpect = { headers = [{ name = 'X-A', env = 'TEST_CALLAIDER_SECRET', value = 'b' }] }\n",
        "[serve]\ndurability = 'ful'\n",
        "[serve]\nlog = 'jsn'\n",
        "[serve]\nconfig = 'x'\n",
        "[schemes.mine]\nheader = 'X-A'\nalgoritm = 'hmac-sha256'\n",
        "[schemes.mine]\nheader = 'X-A'\nencoding = 'hexx'\n",
        "[schemes.mine]\nid = 'other'\nheader = 'X-A'\n",
        "[schemes.mine]\nalgorithm = 'hmac-sha256'\n",
    ] {
        assert_eq!(is_read(text).0, 2, "{text}");
        assert!(!fits(text), "the schema refuses it: {text}");
    }
}
