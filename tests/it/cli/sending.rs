//! `creel replay` and `creel forward`: from this machine, exactly, in order, through restarts; `creel doctor`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::server::Server;
use super::{creel, outcome};
use crate::helpers::quiet_address;

/// Takes requests and keeps them as they came.
struct Receiver {
    address: SocketAddr,
    got: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Receiver {
    /// Answers with these statuses in turn, the last one again and again.
    fn start(statuses: &'static [u16]) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").unwrap(), statuses)
    }

    fn listen(listener: TcpListener, statuses: &'static [u16]) -> Self {
        let address = listener.local_addr().unwrap();
        let got = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&got);
        // Ends with the process: the listener is never closed before.
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let number = kept.lock().unwrap().len();
                let status = statuses[number.min(statuses.len() - 1)];
                if let Some(request) = Self::take(&mut socket.unwrap(), status) {
                    kept.lock().unwrap().push(request);
                }
            }
        });
        Self { address, got }
    }

    fn take(socket: &mut TcpStream, status: u16) -> Option<Vec<u8>> {
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut request = Vec::new();
        let mut piece = [0; 4096];
        loop {
            let read = socket.read(&mut piece).ok()?;
            // A look whether somebody listens sends nothing.
            if read == 0 {
                return None;
            }
            request.extend_from_slice(&piece[..read]);
            let text = String::from_utf8_lossy(&request).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                break;
            }
        }
        let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 5\r\nConnection: close\r\n\r\nthere");
        socket.write_all(answer.as_bytes()).ok()?;
        Some(request)
    }

    fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    fn got(&self) -> Vec<String> {
        self.got.lock().unwrap().iter().map(|request| String::from_utf8_lossy(request).into_owned()).collect()
    }
}

fn attempts(server: &Server, bin: &str) -> Vec<Value> {
    let latest: Value = serde_json::from_str(&server.ok(&["show", bin, "latest", "--json"])).unwrap();
    let path = format!("/api/v1/bins/{bin}/requests/{}/attempts", latest["id"].as_str().unwrap());
    let (_, answer, _) = server.shell(&format!("curl -s http://{}{path}", server.console));
    serde_json::from_str::<Value>(&answer).unwrap()["attempts"].as_array().unwrap().clone()
}

#[test]
fn a_replay_sends_the_exact_bytes_from_here_and_reports_the_outcome_to_the_server() {
    let server = Server::start();
    server.ok(&["bin", "create", "b"]);
    server.send("/b/paid?x=1", "x-ODD:  two \r\nX-odd: three\r\n", "{\"a\": 1}");
    let receiver = Receiver::start(&[201]);
    let out = server.ok(&["replay", "b", "latest", "--to", &receiver.url(), "--json"]);
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&told["outcome"], &told["status"]), (&"answered".into(), &201.into()));
    let got = receiver.got();
    let host = receiver.address;
    assert_eq!(
        got,
        [format!(
            "POST /hook/paid?x=1 HTTP/1.1\r\nHost: {host}\r\nx-ODD:  two \r\nX-odd: three\r\nContent-Length: 8\r\n\r\n{{\"a\": 1}}"
        )]
    );
    let stored = attempts(&server, "b");
    assert_eq!(stored.len(), 1);
    assert_eq!((&stored[0]["why"], &stored[0]["response"]["status"]), (&"replay".into(), &201.into()));
    assert_eq!(stored[0]["response"]["body"], "there");
    assert!(stored[0]["sent"]["head"].as_str().unwrap().contains("x-ODD:  two \r\n"));
    assert_eq!(server.ok(&["search", "b", "attempt:2xx", "--json"]).lines().count(), 1);
}

#[test]
fn a_replay_is_edited_signed_anew_and_made_many_times() {
    let server = Server::start();
    server.ok(&["bin", "create", "b", "--provider", "callaider"]);
    let body = r#"{"event":"session.ended","sessionId":"s"}"#;
    server.send("/b", &format!("X-Callaider-Signature: sha256={}\r\n", "0".repeat(64)), body);
    let receiver = Receiver::start(&[500, 200]);
    let mut command = server.creel(&[
        "replay",
        "b",
        "latest",
        "latest",
        "--to",
        &receiver.url(),
        "--exact",
        "--times",
        "2",
        "--parallel",
        "2",
        "--resign",
        "--secret-env",
        "TEST_SECRET",
        "--edit",
        "/sessionId=other",
        "--edit",
        "header:X-New=1",
    ]);
    let (code, stdout, stderr) = outcome(command.env("TEST_SECRET", "whsec-one"));
    assert_eq!((code, stderr.as_str()), (1, ""), "one was answered with 500: {stdout}");
    assert_eq!(stdout.lines().count(), 4);
    let got = receiver.got();
    assert_eq!(got.len(), 4);
    for request in got {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /hook HTTP/1.1\r\n") && head.contains("X-New: 1"), "{head}");
        assert_eq!(body, r#"{"event":"session.ended","sessionId":"other"}"#);
        std::fs::write(server.folder().join("head"), format!("{head}\r\n\r\n")).unwrap();
        std::fs::write(server.folder().join("body"), body).unwrap();
        server.ok(&["verify", "--scheme", "callaider", "--secret", "whsec-one", "--head", "head", "--body", "body"]);
    }
    for (arguments, words) in [
        (&["--resign"][..], "--secret-env"),
        (&["--edit", "nonsense"], "--edit 'nonsense'"),
        (&["--edit", "/no/such=1"], "request "),
        (&["--spacing", "1s", "--parallel", "2"], "--parallel"),
    ] {
        let (code, _, stderr) = server.run(&[&["replay", "b", "latest", "--to", &receiver.url()], arguments].concat());
        assert!(code == 2 && stderr.contains(words), "{arguments:?}: {stderr}");
    }
    let (code, stdout, _) = server.run(&["replay", "b", "latest", "--to", "http://127.0.0.1:1/", "--json"]);
    assert_eq!(code, 1);
    assert!(stdout.contains(r#""outcome":"connect""#), "{stdout}");
}

#[test]
fn what_was_changed_before_it_was_sent_from_here_is_judged_as_what_the_server_sends() {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let server = Server::start();
    let mut create = server.creel(&["bin", "create", "b", "--provider", "callaider", "--secret-env", "TEST_SECRET"]);
    assert_eq!(outcome(create.env("TEST_SECRET", "whsec-one")).0, 0);
    let body = r#"{"event":"session.ended","sessionId":"s"}"#;
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"whsec-one").unwrap();
    mac.update(body.as_bytes());
    let right = hex::encode(mac.finalize().into_bytes());
    server.send("/b", &format!("X-Callaider-Signature: sha256={right}\r\n"), body);
    let receiver = Receiver::start(&[401]);
    let url = receiver.url();
    let replay = |arguments: &[&str], secret: &str| {
        let all = [&["replay", "b", "latest", "--to", url.as_str()], arguments].concat();
        assert_eq!(outcome(server.creel(&all).env("TEST_SECRET", secret)).0, 1);
        attempts(&server, "b")[0]["signature"].clone()
    };
    let points = || {
        let path = "/api/v1/bins/b/checklist";
        let (_, answer, _) = server.shell(&format!("curl -s http://{}{path}", server.console));
        let list: Value = serde_json::from_str(&answer).unwrap();
        let points = list["points"].as_array().unwrap().clone();
        ["fast", "wrong_signature"].map(|id| points.iter().find(|point| point["id"] == id).unwrap()["state"].clone())
    };
    let wrong = format!("header:X-Callaider-Signature=sha256={}", "0".repeat(64));
    assert_eq!(replay(&["--edit", &wrong], ""), "invalid");
    assert_eq!(points(), ["not_seen", "proven"], "a wrong signature was turned down, and no event was");
    assert_eq!(replay(&["--edit", "/sessionId=other"], ""), "invalid", "its body is another one");
    let resign = ["--resign", "--secret-env", "TEST_SECRET", "--edit", "/sessionId=other"];
    assert_eq!(replay(&resign, "whsec-other"), "no_secret", "whether the receiver has that one is not known");
    assert_eq!(replay(&resign, "whsec-one"), "valid");
    assert_eq!(points(), ["failed", "proven"], "a right one was turned down");
    assert_eq!(replay(&[], ""), Value::Null, "as captured");
}

#[test]
fn a_forward_goes_through_restarts_of_the_server_without_loss_or_repeat() {
    const BURST: usize = 20;
    let mut server = Server::start();
    server.ok(&["bin", "create", "b"]);
    let receiver = Receiver::start(&[200]);
    let total = (3 * BURST).to_string();
    let mut forward = server
        .creel(&["forward", "b", "--to", &receiver.url(), "--since", "start", "--count", &total, "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(forward.stdout.take().unwrap()).lines();
    let mut seen = 0;
    for round in 0..3 {
        for number in 0..BURST {
            server.send(&format!("/b/{}", round * BURST + number), "", "x");
        }
        while seen < round * BURST + BURST / 2 {
            lines.next().unwrap().unwrap();
            seen += 1;
        }
        if round < 2 {
            server.stop(if round == 0 { "-TERM" } else { "-KILL" });
            server.start_again(&[]);
        }
    }
    lines.for_each(|line| drop(line.unwrap()));
    let done = forward.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let paths: Vec<String> =
        receiver.got().iter().map(|request| request.split(' ').nth(1).unwrap().to_owned()).collect();
    assert_eq!(paths, (0..3 * BURST).map(|number| format!("/hook/{number}")).collect::<Vec<_>>());
    assert_eq!(attempts(&server, "b")[0]["why"], "forward");
}

#[test]
fn a_forward_that_answers_is_a_lease_that_ends_with_the_command() {
    let server = Server::start();
    server.ok(&["bin", "create", "b"]);
    let receiver = Receiver::start(&[201, 503]);
    let mut forward = server
        .creel(&["forward", "b", "--to", &receiver.url(), "--answer", "--retries", "0"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(forward.stderr.take().unwrap()).lines();
    said.find(|line| line.as_ref().unwrap().contains("answering the senders of b")).unwrap().unwrap();
    let send = || {
        crate::helpers::raw::exchange(server.capture, b"POST /b/x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na")
    };
    for status in [201, 503] {
        let answer = send();
        assert_eq!((answer.status, answer.body.as_slice()), (status, &b"there"[..]));
        assert_eq!(answer.header("content-type"), None, "the target has set none");
    }
    assert_eq!(attempts(&server, "b")[0]["why"], "forward");
    // A second one is refused, with the reason.
    let (code, _, stderr) = server.run(&["forward", "b", "--to", &receiver.url(), "--answer"]);
    assert!(code == 2 && stderr.contains("Another client answers"), "{code}: {stderr}");
    // Killed without a word: the bin answers for itself again.
    forward.kill().unwrap();
    forward.wait().unwrap();
    let answer = send();
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"ok"[..]));
    assert_eq!(receiver.got().len(), 2);
}

#[test]
fn a_forward_that_answers_passes_on_heads_that_are_no_text_and_answers_to_head_byte_for_byte() {
    let server = Server::start();
    server.ok(&["bin", "create", "b"]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let answers: [&[u8]; 3] = [
        b"HTTP/1.1 299 Caf\xe9\r\nX-Latin: caf\xe9\r\nx-lower:  two  words \r\nX-Latin: \xff\xfe\r\nConnection: close\r\nContent-Length: 3\r\n\r\n\x00\xff!",
        b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\nETag: \"a\"\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 204 Nothing\r\nConnection: close\r\n\r\n",
    ];
    let target = std::thread::spawn(move || {
        let mut got = Vec::new();
        for answer in answers {
            // A look whether somebody listens sends nothing.
            let head = loop {
                let (mut socket, _) = listener.accept().unwrap();
                socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
                let (mut head, mut piece) = (Vec::new(), [0; 4096]);
                while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                    let read = socket.read(&mut piece).unwrap_or(0);
                    if read == 0 {
                        break;
                    }
                    head.extend_from_slice(&piece[..read]);
                }
                if !head.is_empty() {
                    socket.write_all(answer).unwrap();
                    break head;
                }
            };
            got.push(head);
        }
        got
    });
    let mut forward = server
        .creel(&["forward", "b", "--to", &url, "--answer", "--retries", "0", "--count", "3"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(forward.stderr.take().unwrap()).lines();
    said.find(|line| line.as_ref().unwrap().contains("answering the senders of b")).unwrap().unwrap();
    // To the end of the connection: all that a sender gets.
    let send = |request: &[u8]| {
        let mut socket = TcpStream::connect(server.capture).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        socket.write_all(request).unwrap();
        let mut got = Vec::new();
        socket.read_to_end(&mut got).unwrap();
        got
    };
    let has = |got: &[u8], wanted: &[u8]| got.windows(wanted.len()).any(|part| part == wanted);
    let got = send(b"GET /b/x HTTP/1.1\r\nHost: h\r\nX-Sent: caf\xe9\r\nConnection: close\r\n\r\n");
    assert!(got.starts_with(b"HTTP/1.1 299 Caf\xe9\r\n"), "{}", got.escape_ascii());
    for field in [&b"\r\nX-Latin: caf\xe9\r\n"[..], b"\r\nx-lower: two  words\r\n", b"\r\nX-Latin: \xff\xfe\r\n"] {
        assert!(has(&got, field), "{}\n{}", field.escape_ascii(), got.escape_ascii());
    }
    assert!(got.ends_with(b"\r\n\r\n\x00\xff!"), "{}", got.escape_ascii());
    let got = send(b"HEAD /b/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert!(has(&got, b"\r\nContent-Length: 12345\r\n") && got.ends_with(b"\r\n\r\n"), "{}", got.escape_ascii());
    assert!(has(&got, b"\r\nETag: \"a\"\r\n"), "{}", got.escape_ascii());
    let got = send(b"POST /b/x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nConnection: close\r\n\r\na");
    assert!(got.starts_with(b"HTTP/1.1 204 Nothing\r\n"), "{}", got.escape_ascii());
    let requests = target.join().unwrap();
    assert!(has(&requests[0], b"\r\nX-Sent: caf\xe9\r\n"), "{}", requests[0].escape_ascii());
    assert!(requests[1].starts_with(b"HEAD /hook/x HTTP/1.1\r\n"), "{}", requests[1].escape_ascii());
    assert!(forward.wait().unwrap().success());
    said.for_each(|line| assert!(!line.unwrap().contains("not answered from here")));
}

#[test]
fn a_forward_routes_waits_for_a_target_that_is_down_and_tries_again() {
    let server = Server::start_with(&["--token", "0123456789abcdef"]);
    let with_token = |arguments: &[&str]| {
        let mut command = server.creel(arguments);
        command.env("CREEL_TOKEN", "0123456789abcdef");
        command
    };
    assert_eq!(outcome(&mut with_token(&["bin", "create", "b"])).0, 0);
    for path in ["/b/a/1", "/b/other"] {
        server.send(path, "", "x");
    }
    // Its port is known before anybody listens there.
    let later = quiet_address();
    let receiver = Receiver::start(&[503, 200]);
    let route = format!("/a/*=http://{later}/routed");
    let mut forward = with_token(&[
        "forward",
        "b",
        "--to",
        &receiver.url(),
        "--route",
        &route,
        "--since",
        "start",
        "--count",
        "2",
        "--json",
    ])
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    let mut lines = BufReader::new(forward.stdout.take().unwrap()).lines();
    let next = |line: Option<std::io::Result<String>>| serde_json::from_str::<Value>(&line.unwrap().unwrap()).unwrap();
    assert_eq!(next(lines.next())["outcome"], "connect");
    let routed = Receiver::listen(TcpListener::bind(later).unwrap(), &[200]);
    assert_eq!(next(lines.next())["status"], 200);
    assert_eq!(next(lines.next())["status"], 503);
    assert_eq!(next(lines.next())["status"], 200);
    let done = forward.wait_with_output().unwrap();
    assert!(done.status.success());
    let told = String::from_utf8(done.stderr).unwrap();
    assert!(told.contains("cannot be reached; waiting for it") && told.contains("is there"), "{told}");
    assert!(routed.got()[0].starts_with("POST /routed/a/1 HTTP/1.1"), "{:?}", routed.got());
    assert_eq!(receiver.got().len(), 2);
}

#[test]
fn an_attempt_that_is_told_is_checked() {
    let server = Server::start();
    server.ok(&["bin", "create", "b"]);
    server.send("/b", "", "x");
    let told = |change: &str| {
        let whole = r#"{"why": "replay", "target": "http://h/", "started_at": "2026-05-28T12:34:56Z", "outcome": "connect",
            "sentence": "Nothing listens.", "sent": {"head_base64": "", "body_size": 0}, "times_us": {"total": 1}}"#;
        let mut body: Value = serde_json::from_str(whole).unwrap();
        let change: Value = serde_json::from_str(change).unwrap();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let (body, console) = (body.to_string(), server.console);
        let head = format!(
            "POST /api/v1/bins/b/requests/latest/attempts HTTP/1.1\r\nHost: {console}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let answer = crate::helpers::raw::exchange(console, format!("{head}{body}").as_bytes());
        let field = serde_json::from_slice::<Value>(&answer.body).unwrap()["field"].as_str().map(str::to_owned);
        (answer.status, field.unwrap_or_default())
    };
    assert_eq!(told("{}").0, 201);
    // A day for each step, and a tebibyte for each body: no more is believed.
    let response = |size: u64| {
        json!({"outcome": "answered", "response": {"status": 200, "head_base64": "", "body_base64": "", "body_size": size,
            "body_cut": true}})
    };
    let bound = 86_400_000_000_u64;
    for step in ["resolve", "connect", "tls", "first_byte", "total"] {
        let mut times = json!({"total": bound});
        times[step] = (bound + 1).into();
        assert_eq!(told(&json!({"times_us": times}).to_string()), (422, "times_us".to_owned()), "{step}");
    }
    let steps = json!({"resolve": bound, "connect": bound, "tls": bound, "first_byte": bound, "total": bound});
    assert_eq!(told(&json!({"times_us": steps}).to_string()).0, 201);
    let sent = |size: u64| json!({"sent": {"head_base64": "", "body_size": size}});
    for (body, status) in
        [(response(1 << 40), 201), (sent(1 << 40), 201), (response((1 << 40) + 1), 422), (sent((1 << 40) + 1), 422)]
    {
        assert_eq!(told(&body.to_string()).0, status, "{body}");
    }
    for (change, field) in [
        (r#"{"why": "send"}"#, "why"),
        (r#"{"outcome": "answered"}"#, "response"),
        (r#"{"target": "http://h/\u0007"}"#, "target"),
        (r#"{"sent": {"head_base64": "!", "body_size": 0}}"#, "sent.head_base64"),
        (r#"{"other": 1}"#, "other"),
    ] {
        assert_eq!(told(change), (422, field.to_owned()), "{change}");
    }
    for text in ["x".repeat(4_097), "tab\there".to_owned(), "\u{9b}31m".to_owned()] {
        assert_eq!(told(&json!({"sentence": text}).to_string()), (422, "sentence".to_owned()), "{text}");
    }
    assert_eq!(attempts(&server, "b").len(), 4);
}

#[test]
fn what_came_of_a_request_with_control_characters_in_its_path_is_kept() {
    let server = Server::start();
    server.ok(&["bin", "create", "odd"]);
    server.ok(&["bin", "create", "there"]);
    let head = b"POST /odd/a\xc2\x9bb HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
    crate::helpers::raw::exchange(server.capture, head);
    let target = format!("http://{}/there", server.capture);
    let (code, stdout, stderr) = server.run(&["replay", "odd", "latest", "--to", &target]);
    assert_eq!((code, stderr.contains("control characters")), (0, false), "{stdout}{stderr}");
    let shown: serde_json::Value = serde_json::from_str(&server.ok(&["show", "odd", "latest", "--json"])).unwrap();
    assert!(shown["last_attempt"].is_object(), "{shown}");
}

#[test]
fn the_doctor_says_what_is_in_the_way() {
    let server = Server::start();
    let (code, stdout, _) = server.run(&["doctor", "--db", server.database().to_str().unwrap(), "--json"]);
    let states: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let state = |what: &str| states.iter().find(|row| row["what"] == what).unwrap()["state"].clone();
    assert_eq!((state("server"), state("database"), state("clock")), ("fine".into(), "fine".into(), "fine".into()));
    let tunnel = states.iter().find(|row| row["what"] == "tunnel").unwrap();
    assert!(tunnel["text"].as_str().unwrap().contains("--public-url"), "{tunnel}");
    assert_eq!(code, i32::from(states.iter().any(|row| row["state"] == "wrong")));
    std::fs::write(server.folder().join("creel.toml"), "[bin]\n").unwrap();
    std::fs::write(server.folder().join("not.db"), "nonsense").unwrap();
    let (code, stdout, _) = server.run(&["doctor", "--db", "not.db"]);
    assert_eq!(code, 1);
    assert!(stdout.contains("wrong  database") && stdout.contains("wrong  file       creel.toml:1:2:"), "{stdout}");
    let (code, stdout, _) = outcome(creel().args(["doctor", "--json", "--server", "http://127.0.0.1:1"]));
    let states: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let wrong: Vec<&Value> = states.iter().filter(|row| row["state"] == "wrong").collect();
    assert!(wrong[0]["what"] == "server" && stdout.contains("no server answers"), "{stdout}");
    assert_eq!(code, if wrong.len() == 1 { 3 } else { 1 }, "{stdout}");
    std::fs::remove_file(server.folder().join("creel.toml")).unwrap();
    let (_, stdout, _) = server.run(&["doctor"]);
    let database = format!("{} has ", server.database().display());
    assert!(stdout.contains(&database), "the database of the server that runs: {stdout}");
}

#[test]
fn a_bin_is_made_from_a_toml_file() {
    let server = Server::start();
    let text =
        "provider = \"stripe\"\n\n[response]\nstatus = 202\n\n[[response.headers]]\nname = \"X-A\"\nvalue = \"1\"\n";
    std::fs::write(server.folder().join("bin.toml"), text).unwrap();
    let made: Value =
        serde_json::from_str(&server.ok(&["bin", "create", "b", "--from", "bin.toml", "--json"])).unwrap();
    assert_eq!((&made["provider"], &made["response"]["headers"][0]["value"]), (&"stripe".into(), &"1".into()));
    std::fs::write(server.folder().join("bad.toml"), "provider = \n").unwrap();
    let (code, _, stderr) = server.run(&["bin", "create", "c", "--from", "bad.toml"]);
    assert!(code == 2 && stderr.contains("bad.toml") && stderr.contains("line 1"), "{stderr}");
}
