//! Round trips: what an exporter writes is run by the real tool, and what arrives is what was captured, byte for byte.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use creel::inside::{CapturedRequest, ExportOptions, Head, SingleExporter, single};

use crate::helpers::captured;

/// A tool that has not sent its request by then never will.
const PATIENCE: Duration = Duration::from_secs(20);

type Fields = Vec<(String, Vec<u8>)>;

/// What a tool sent.
#[derive(Debug)]
struct Arrived {
    head: Head,
    body: Vec<u8>,
}

/// Takes one request and answers it with 200.
fn receive(listener: &TcpListener) -> Arrived {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = memchr::memmem::find(&bytes, b"\r\n\r\n") {
            break end + 4;
        }
        read_more(&mut stream, &mut bytes);
    };
    let head = Head::new(bytes[..end].to_vec().into());
    assert!(!head.headers().contains("transfer-encoding"), "{head:?}");
    let length: usize = head.headers().get_str("content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < end + length {
        read_more(&mut stream, &mut bytes);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    Arrived { head, body: bytes[end..].to_vec() }
}

fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>) {
    let mut chunk = [0; 16 * 1024];
    let count = stream.read(&mut chunk).unwrap();
    assert!(count > 0, "the tool hung up: {:?}", String::from_utf8_lossy(bytes));
    bytes.extend_from_slice(&chunk[..count]);
}

fn captured(method: &str, target: &str, fields: &[(&str, &[u8])], body: &[u8]) -> CapturedRequest {
    let mut raw = format!("{method} {target} HTTP/1.1\r\nHost: elsewhere:1\r\n").into_bytes();
    for (name, value) in fields {
        raw.extend_from_slice(name.as_bytes());
        raw.extend_from_slice(b": ");
        raw.extend_from_slice(value);
        raw.extend_from_slice(b"\r\n");
    }
    raw.extend_from_slice(format!("Content-Length: {}\r\nConnection: keep-alive\r\n\r\n", body.len()).as_bytes());
    captured::request(&raw, body)
}

/// Requests that are hard to write down.
fn nasty() -> Vec<CapturedRequest> {
    let all: Vec<u8> = (0..=255).collect();
    let json = [("Content-Type", &b"application/json"[..]), ("User-Agent", b"sender/1 (x; y)"), ("Accept", b"*/*")];
    let long = "{\"transcript\": \"it's a \\\"test\\\" $HOME `id` \\\\ ! % \u{e9}\u{1f600}\"}\n".repeat(4_000);
    let odd_fields = [
        ("X-Quote", &b"it's \"quoted\" $HOME `id` \\ !x %s {} [1] ; # & |"[..]),
        ("X-Empty", b""),
        ("X-Equals", b"=1"),
        ("X-At", b"@/etc/hostname"),
        ("X-UTF8", "caf\u{e9} \u{1f600}".as_bytes()),
        ("X-Latin1", b"caf\xe9"),
        ("x-case", b"a\tb  c"),
        ("X-Repeat", b"1"),
        ("X-Repeat", b"2"),
    ];
    vec![
        captured("POST", "/b/sub?x=1&y=%2f%zz", &json, br#"{"a": "it's", "b": [1.0, 2e400]}"#),
        captured("POST", "/b?q=[1]{a,b}&r=$HOME'\"`", &odd_fields, b"plain"),
        captured("PUT", "/b", &json, &all),
        captured("POST", "/b", &json, "quotes ' \" ` $(id) \\n \\ \n\nnew lines\n\t tab \u{e9} \u{1f600} !".as_bytes()),
        captured("POST", "/b", &json, b"@/etc/hostname"),
        captured("POST", "/b", &json, b"-leading dash"),
        captured("POST", "/b", &json, b"line\r\nends\r\n"),
        captured("POST", "/b", &json, "\u{202e}hidden\u{0}\u{1b}[31m".as_bytes()),
        captured("POST", "/b", &[], b"\n"),
        captured("POST", "/b", &json, long.as_bytes()),
        captured("POST", "/b", &[("Content-Encoding", b"gzip")], &all.repeat(8_000)),
        captured("PATCH", "/b/../c/./d//e", &json, b"{}"),
        captured("PURGE", "/b", &[], b""),
        captured("-oX", "/b", &[("-d", b"looks like an option")], b""),
        captured("GET", "/b?plain", &[("Accept-Encoding", b"gzip, br")], b""),
        captured("GET", "/b", &json, b"a GET with a body"),
        captured("DELETE", "/b", &[], b""),
        captured("HEAD", "/b", &[], b""),
        captured("OPTIONS", "/b", &[("Origin", b"http://x")], b""),
    ]
}

/// The fields that a tool is told to send: all but those of one connection.
fn told(request: &CapturedRequest) -> Fields {
    fields(&request.head, &["host", "content-length", "connection"])
}

fn fields(head: &Head, without: &[&str]) -> Fields {
    let headers = head.headers();
    let named = headers.iter().map(|field| (String::from_utf8(field.name.to_vec()).unwrap(), field.value.to_vec()));
    named.filter(|(name, _)| !without.contains(&name.to_ascii_lowercase().as_str())).collect()
}

/// Equal names joined with commas, which says the same (RFC 9110, section 5.3); names in lower case, sorted.
fn joined(fields: &Fields) -> Fields {
    let mut out: Fields = Vec::new();
    for (name, value) in fields {
        let name = name.to_ascii_lowercase();
        match out.iter_mut().find(|(found, _)| *found == name) {
            Some((_, joined)) => *joined = [joined, &b", "[..], value].concat(),
            None => out.push((name, value.clone())),
        }
    }
    out.sort();
    out
}

fn export(id: &str, request: &CapturedRequest, to: SocketAddr) -> Vec<u8> {
    let exporter: SingleExporter = id.parse().unwrap();
    single(exporter, request, &ExportOptions { redact: false, origin: format!("http://{to}"), url: None }).bytes
}

/// Whether a tool is there; says so when it is not.
fn there(program: &str, arguments: &[&str]) -> bool {
    let found = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        eprintln!("SKIPPED: {program} {} does not run here, so its exporter is not tried", arguments.join(" "));
    }
    found
}

/// Runs a command on each nasty request and hands over what was captured and what arrived.
fn round_trip(id: &str, extension: &str, run: impl Fn(&Path) -> Command, check: impl Fn(&CapturedRequest, &Arrived)) {
    let folder = tempfile::tempdir().unwrap();
    for (number, request) in nasty().iter().enumerate() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let code = export(id, request, listener.local_addr().unwrap());
        if code.starts_with(b"# HTTPie cannot send a method") {
            assert_eq!(request.summary.method, "-oX");
            continue;
        }
        let file = folder.path().join(format!("{number}.{extension}"));
        std::fs::write(&file, &code).unwrap();
        let mut command = run(&file);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let receiving = std::thread::spawn(move || receive(&listener));
        let output = child.wait_with_output().unwrap();
        let start = String::from_utf8_lossy(&code[..code.len().min(2_000)]).into_owned();
        assert!(output.status.success(), "{start}\n{}", String::from_utf8_lossy(&output.stderr));
        let arrived = receiving.join().unwrap_or_else(|_| panic!("nothing whole arrived of:\n{start}"));
        assert_eq!(arrived.head.method(), request.head.method(), "{start}");
        // A tool that cannot send some target says so in a first comment.
        if !start.contains("# HTTPie writes this target in another way") {
            assert_eq!(arrived.head.target(), request.head.target(), "{start}");
        }
        assert!(arrived.body == request.body, "the body changed:\n{start}\n{arrived:?}");
        check(request, &arrived);
    }
}

#[test]
fn curl_sends_exactly_what_was_captured() {
    if !there("curl", &["--version"]) || !there("bash", &["--version"]) {
        return;
    }
    let run = |file: &Path| {
        let mut command = Command::new("bash");
        command.arg(file);
        command
    };
    round_trip("curl", "sh", run, |request, arrived| {
        assert_eq!(fields(&arrived.head, &["host", "content-length"]), told(request));
    });
}

#[test]
fn httpie_sends_exactly_what_was_captured() {
    if !there("http", &["--version"]) || !there("bash", &["--version"]) {
        return;
    }
    let run = |file: &Path| {
        let mut command = Command::new("bash");
        command.arg(file);
        command
    };
    round_trip("httpie", "sh", run, |request, arrived| {
        let got = fields(&arrived.head, &["host", "content-length", "connection"]);
        let mut wanted = told(request);
        wanted.retain(|(_, value)| std::str::from_utf8(value).is_ok());
        assert_eq!(joined(&got), joined(&wanted));
    });
}

#[test]
fn python_sends_exactly_what_was_captured() {
    if !there("python3", &["-c", "import requests"]) {
        return;
    }
    let run = |file: &Path| {
        let mut command = Command::new("python3");
        command.arg(file);
        command
    };
    round_trip("python", "py", run, |request, arrived| {
        let got = fields(&arrived.head, &["host", "content-length", "connection"]);
        assert_eq!(joined(&got), joined(&told(request)));
    });
}

#[test]
fn node_sends_all_that_was_captured() {
    if !there("node", &["--version"]) {
        return;
    }
    let run = |file: &Path| {
        let mut command = Command::new("node");
        command.arg(file);
        command
    };
    round_trip("node", "mjs", run, |request, arrived| {
        // fetch adds fields of its own, which cannot be taken out.
        let got = joined(&fields(&arrived.head, &[]));
        for field in joined(&told(request)) {
            assert!(got.contains(&field), "{field:?} is missing in {got:?}");
        }
    });
}

#[test]
fn go_sends_exactly_what_was_captured() {
    if !there("go", &["version"]) {
        return;
    }
    let run = |file: &Path| {
        let mut command = Command::new("go");
        command.arg("run").arg(file);
        command
    };
    round_trip("go", "go", run, |request, arrived| {
        let got = fields(&arrived.head, &["host", "content-length", "connection"]);
        assert_eq!(joined(&got), joined(&told(request)));
    });
}

#[test]
fn the_message_can_be_written_to_a_socket_as_it_is() {
    for request in nasty() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let to = listener.local_addr().unwrap();
        let message = export("http", &request, to);
        let receiving = std::thread::spawn(move || receive(&listener));
        TcpStream::connect(to).unwrap().write_all(&message).unwrap();
        let arrived = receiving.join().unwrap();
        assert_eq!(arrived.head, request.head);
        assert!(arrived.body == request.body);
    }
}
