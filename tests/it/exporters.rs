//! Round trips: what an exporter writes is run by the real tool, and what arrives is what was captured, byte for byte,
//! or the output says in a comment what differs.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use creel::inside::{CapturedRequest, ExportOptions, Head, SingleExporter, message, single};

use crate::helpers::captured;

/// A tool that has not sent its request by then never will.
const PATIENCE: Duration = Duration::from_secs(20);

type Fields = Vec<(String, Vec<u8>)>;

/// What a tool sent.
#[derive(Debug)]
struct Arrived {
    head: Head,
    body: Vec<u8>,
    trailers: Vec<u8>,
}

/// Takes one request and answers it with 200.
fn receive(listener: &TcpListener) -> Arrived {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut bytes = Vec::new();
    let end = until(&mut stream, &mut bytes, 0, b"\r\n\r\n");
    let head = Head::new(bytes[..end].to_vec().into());
    if head.headers().get_str("expect").is_some_and(|expect| expect == "100-continue") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
    }
    let (mut body, mut trailers) = (Vec::new(), Vec::new());
    let mut at = end;
    if head.headers().contains("transfer-encoding") {
        loop {
            let data = until(&mut stream, &mut bytes, at, b"\r\n");
            let line = std::str::from_utf8(&bytes[at..data - 2]).unwrap();
            let size = usize::from_str_radix(line, 16).unwrap();
            at = data + size;
            if size == 0 {
                // The lines up to an empty one.
                loop {
                    let next = until(&mut stream, &mut bytes, at, b"\r\n");
                    let line = bytes[at..next].to_vec();
                    at = next;
                    if line == b"\r\n" {
                        break;
                    }
                    trailers.extend_from_slice(&line);
                }
                break;
            }
            while bytes.len() < at + 2 {
                read_more(&mut stream, &mut bytes);
            }
            body.extend_from_slice(&bytes[data..at]);
            at += 2;
        }
    } else {
        let length: usize = head.headers().get_str("content-length").map_or(0, |length| length.parse().unwrap());
        while bytes.len() < end + length {
            read_more(&mut stream, &mut bytes);
        }
        at = end + length;
        body.extend_from_slice(&bytes[end..at]);
    }
    assert_eq!(bytes.len(), at, "something follows the request");
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    Arrived { head, body, trailers }
}

/// Where the first `end` at or after `from` ends.
fn until(stream: &mut TcpStream, bytes: &mut Vec<u8>, from: usize, end: &[u8]) -> usize {
    loop {
        if let Some(found) = memchr::memmem::find(&bytes[from..], end) {
            return from + found + end.len();
        }
        read_more(stream, bytes);
    }
}

fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>) {
    let mut chunk = [0; 16 * 1024];
    let count = stream.read(&mut chunk).unwrap();
    assert!(count > 0, "the tool hung up: {:?}", String::from_utf8_lossy(bytes));
    bytes.extend_from_slice(&chunk[..count]);
}

/// A request with a length.
fn captured(method: &str, target: &str, fields: &[(&str, &[u8])], body: &[u8]) -> CapturedRequest {
    framed(method, target, fields, Some("Content-Length"), body)
}

/// A request with a length in a field of that spelling, or without one.
fn framed(method: &str, target: &str, fields: &[(&str, &[u8])], length: Option<&str>, body: &[u8]) -> CapturedRequest {
    let mut raw = format!("{method} {target} HTTP/1.1\r\nHost: elsewhere:1\r\n").into_bytes();
    for (name, value) in fields {
        for part in [name.as_bytes(), b": ", value, b"\r\n"] {
            raw.extend_from_slice(part);
        }
    }
    if let Some(name) = length {
        raw.extend_from_slice(format!("{name}: {}\r\n", body.len()).as_bytes());
    }
    raw.extend_from_slice(b"\r\n");
    captured::request(&raw, body)
}

/// A chunked request with trailers.
fn chunked(method: &str, body: &[u8], trailers: &'static [u8]) -> CapturedRequest {
    chunked_with(method, "Host: h\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n", body, trailers)
}

/// A chunked request with these fields.
fn chunked_with(method: &str, fields: &str, body: &[u8], trailers: &'static [u8]) -> CapturedRequest {
    let head = format!("{method} /b HTTP/1.1\r\n{fields}\r\n");
    let mut request = captured::request(head.as_bytes(), body);
    request.summary.declared_size = None;
    request.trailers = bytes::Bytes::from_static(trailers);
    request
}

/// A request with two bytes and these fields.
fn placed(fields: &str) -> CapturedRequest {
    captured::request(format!("POST /b HTTP/1.1\r\n{fields}\r\n").as_bytes(), b"xy")
}

/// Requests that are hard to write down.
fn nasty() -> Vec<CapturedRequest> {
    let all: Vec<u8> = (0..=255).collect();
    let high: Vec<u8> = (0xa0..=0xff).collect();
    let json = [("Content-Type", &b"application/json"[..]), ("User-Agent", b"sender/1 (x; y)"), ("Accept", b"*/*")];
    let long = "{\"transcript\": \"it's a \\\"test\\\" $HOME `id` \\\\ ! % \u{e9}\u{1f600}\"}\n".repeat(4_000);
    let large_value = "v".repeat(10 << 10);
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
    let backslashes = [
        ("X-Re", &br"^a\:b\=c"[..]),
        ("X-Path", br"C:\new\table\@x\;y\\:z\\\=w\"),
        ("X-Only", br"\"),
        ("X-Percent", b"%s %d %%"),
        ("X-Colon", b":a:=b==c:@d"),
        ("X-Tick.~!#$&'*+^_`|", b"every character of a name"),
        ("x-lower", b"'"),
        ("x-1", b"\"'\"'"),
    ];
    let mixed = [("X-A", &b"1"[..]), ("Y", b"2"), ("x-a", b"3"), ("Cookie", b"a=1"), ("Cookie", b"b=2"), ("9", b"n")];
    let hop = [
        ("Connection", &b"close, X-Hop"[..]),
        ("X-Hop", b"1"),
        ("TE", b"trailers"),
        ("Keep-Alive", b"timeout=5"),
        ("Expect", b"100-continue"),
        ("user-agent", b"lower/1"),
    ];
    let form = [("content-type", &b"multipart/form-data; boundary=\"-- b;'=\""[..]), ("accept-encoding", b"gzip")];
    let multipart =
        b"----- b;'=\r\nContent-Disposition: form-data; name=\"a\"; filename=\"\\x\"\r\n\r\n\0\xff\r\n----- b;'=--\r\n";
    vec![
        captured("POST", "/b/sub?x=1&y=%2f%zz", &json, br#"{"a": "it's", "b": [1.0, 2e400]}"#),
        captured("POST", "/b?q=[1]{a,b}&r=$HOME'\"`", &odd_fields, b"plain"),
        captured("POST", "/b?a=1>2&b='c'&d=<e>&f=\\g&h=^|", &json, b"{}"),
        captured("POST", "/b/caf\u{e9}?x=\u{1f600}", &json, b"{}"),
        captured("POST", "/b?", &json, b"{}"),
        captured("POST", "/b/%2F%2f;v=1?a=%20+b&&=&c", &json, b"{}"),
        captured("POST", "http://elsewhere:1/b?x", &json, b"{}"),
        captured("POST", "//b//c", &json, b"{}"),
        captured("PATCH", "/b/../c/./d//e", &json, b"{}"),
        captured("OPTIONS", "*", &[], b""),
        captured("POST", "/b", &backslashes, br"\n \x41 \\ %s ^a\:b"),
        captured("POST", "/b", &mixed, b"x"),
        captured("POST", "/b", &hop, b"x"),
        captured::request(
            b"POST /b HTTP/1.1\r\nX-A: 1\r\nHost: h\r\nX-B:2\r\nX-E:\r\nX-F:  3 \r\nContent-Length: 1\r\n\r\n",
            b"x",
        ),
        captured::request(b"POST /b HTTP/1.1\r\nX-A: 1\r\nX-B: 2\r\nHost: h\r\nContent-Length: 1\r\n\r\n", b"x"),
        captured("POST", "/b", &[("X-Nbsp", b"\xa0a\xa0"), ("X-Nbsp-8", "\u{a0}a\u{85}".as_bytes())], b"x"),
        captured("POST", "/b", &[("X-High", &high), ("X-Not-UTF8", b"\xff\xfe\x80")], b"x"),
        captured("POST", "/b", &[("X-Large", large_value.as_bytes()), ("X-Tab", b"a\tb")], b"x"),
        captured("POST", "/b", &[("User-Agent", b""), ("Accept", b""), ("Content-Type", b"")], b"x"),
        captured("PUT", "/b", &json, &all),
        captured("POST", "/b", &json, "quotes ' \" ` $(id) \\n \\ \n\nnew lines\n\t tab \u{e9} \u{1f600} !".as_bytes()),
        captured("POST", "/b", &json, b"@/etc/hostname"),
        captured("POST", "/b", &json, b"-leading dash"),
        captured("POST", "/b", &json, b"--raw"),
        captured("POST", "/b", &json, b"line\r\nends\r\n"),
        captured("POST", "/b", &json, b"ends in lines\n\n\n"),
        captured("POST", "/b", &json, b" \t blanks "),
        captured("POST", "/b", &json, "\u{202e}hidden\u{0}\u{1b}[31m".as_bytes()),
        captured("POST", "/b", &json, "\u{feff}{}".as_bytes()),
        captured("POST", "/b", &form, multipart),
        captured("POST", "/b", &[], b"\n"),
        captured("POST", "/b", &[], b"\0"),
        captured("POST", "/b", &json, long.as_bytes()),
        captured("POST", "/b", &[("Content-Encoding", b"gzip")], &all.repeat(8_000)),
        framed("POST", "/b", &[], Some("content-length"), b""),
        framed("POST", "/b", &[], None, b""),
        framed("PUT", "/b", &json, Some("Content-Length"), b""),
        framed("PUT", "/b", &json, None, b""),
        framed("DELETE", "/b", &[], Some("Content-Length"), b""),
        framed("DELETE", "/b", &[], None, b""),
        framed("GET", "/b", &[], Some("Content-Length"), b""),
        framed("GET", "/b?plain", &[("Accept-Encoding", b"gzip, br")], None, b""),
        framed("HEAD", "/b", &[], Some("Content-Length"), b""),
        framed("HEAD", "/b", &[], None, b""),
        framed("OPTIONS", "/b", &[("Origin", b"http://x")], Some("Content-Length"), b""),
        framed("OPTIONS", "/b", &[("Origin", b"http://x")], None, b""),
        framed("PURGE", "/b", &[], Some("Content-Length"), b""),
        framed("PURGE", "/b", &[], None, b""),
        framed("post", "/b", &json, Some("Content-Length"), b"lower"),
        framed("delete", "/b", &[], None, b""),
        framed("pAtCh", "/b", &[], Some("Content-Length"), b""),
        framed("get", "/b", &[], None, b""),
        framed("M-SEARCH", "/b", &[], Some("Content-Length"), b"x"),
        framed("x.y~z", "/b", &[], None, b""),
        captured("-oX", "/b", &[("-d", b"looks like an option")], b""),
        captured("GET", "/b", &json, b"a GET with a body"),
        captured::request(b"PUT /b HTTP/1.0\r\nHost: h\r\nContent-Length: 1\r\n\r\n", b"x"),
        chunked("POST", b"in chunks", b""),
        chunked("POST", b"with trailers\0\xff", b"X-Sum: 1\r\nx-sum-2: \xe9\r\n"),
        chunked("PUT", b"", b""),
        chunked("DELETE", b"", b"X-Sum: 1\r\n"),
        chunked("GET", b"x", b""),
        chunked_with("POST", "Host: h\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n", b"x", b""),
        chunked_with("POST", "host: h\r\nx-a: 1\r\ntransfer-encoding: Chunked\r\n", b"x", b""),
        chunked_with("POST", "Host: h\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n", b"x", b"X-Sum: 1\r\n"),
        placed("Host: h\r\nContent-Length: 2\r\nX-A: 1\r\n"),
        placed("Host: h\r\nX-A: 1\r\nContent-Length: 002\r\n"),
        placed("Host: h\r\nX-A: 1\r\nContent-Length: 002\r\nX-B: 2\r\n"),
        placed("host: h\r\nconnection: keep-alive\r\nx-a: 1\r\ncontent-length: 2\r\n"),
        placed("host: h\r\ncontent-length: 2\r\nx-a: 1\r\nx-b: 1\r\n"),
        placed("HOST: h\r\nX-A: 1\r\nCONTENT-LENGTH: 2\r\n"),
        placed("Content-Length: 2\r\nHost: h\r\n"),
        placed("X-A: 1\r\nContent-Length: 2\r\nHost: h\r\nX-B: 2\r\n"),
        placed("Host:h\r\nX-A: 1\r\nContent-Length:2\r\n"),
        placed("Host: h\r\nUser-Agent: u\r\nContent-Length: 2\r\nA: 1\r\nB: 2\r\n"),
        placed("Host: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\nX-A: 1\r\n"),
        placed("Host: h\r\nTrailer: X-Sum\r\nContent-Length: 2\r\n"),
        placed("Host: h\r\n007: a\r\n12: b\r\n3: c\r\nContent-Length: 2\r\n"),
        placed(
            "Host: h\r\n__proto__: 1\r\nconstructor: 2\r\nhasOwnProperty: 3\r\ntoString: 4\r\n__PROTO__: 5\r\n\
             length: 6\r\nvalueOf: 7\r\nContent-Length: 2\r\n",
        ),
        captured::request(b"GET /b HTTP/1.1\r\nHost: h\r\ncontent-length: 0\r\nX-A: 1\r\n\r\n", b""),
        captured::request(b"PUT /b HTTP/1.0\r\nX-A: 1\r\nContent-Length: 1\r\n\r\n", b"x"),
    ]
}

/// Fields that many clients write themselves.
const OWN: [&str; 3] = ["host", "content-length", "transfer-encoding"];

fn is_own(name: &str) -> bool {
    OWN.contains(&name.to_ascii_lowercase().as_str())
}

/// All fields of a head; of the host only the name, since it goes elsewhere.
fn all_fields(head: &Head) -> Fields {
    let headers = head.headers();
    let named = headers.iter().map(|field| (String::from_utf8(field.name.to_vec()).unwrap(), field.value.to_vec()));
    named
        .map(|(name, value)| if name.eq_ignore_ascii_case("host") { (name, Vec::new()) } else { (name, value) })
        .collect()
}

/// The fields of a head but those.
fn fields(head: &Head) -> Fields {
    all_fields(head).into_iter().filter(|(name, _)| !is_own(name)).collect()
}

/// Those: each with its value and the number of other fields before it, of those that the other head has as well.
/// Without those that the other head has none of.
fn own(head: &Head, other: &Head) -> Vec<(String, Vec<u8>, usize)> {
    let all: Fields = all_fields(head).into_iter().filter(|(name, _)| other.headers().contains(name)).collect();
    let before = |at: usize| all[..at].iter().filter(|(name, _)| !is_own(name)).count();
    let places = all.iter().enumerate().filter(|(_, (name, _))| is_own(name));
    places.map(|(at, (name, value))| (name.clone(), value.clone(), before(at))).collect()
}

/// The lines of these fields without their values, byte for byte.
fn lines(head: &Head, names: &Fields) -> Vec<Vec<u8>> {
    let lines = head.raw().split(|byte| *byte == b'\n').skip(1).map(<[u8]>::to_vec);
    let bare = |line: Vec<u8>| {
        let (name, _) = names.iter().find(|(name, _)| line.starts_with(format!("{name}:").as_bytes()))?;
        let (start, value) = line.split_at(name.len() + 1);
        let (trimmed, blanks) = (value.trim_ascii(), value.len() - value.trim_ascii_start().len());
        Some([start, &value[..blanks], &value[blanks + trimmed.len()..]].concat())
    };
    let mut lines: Vec<_> = lines.filter_map(bare).collect();
    lines.sort();
    lines
}

/// How the body is delimited: in chunks, by its length, not at all.
fn framing(head: &Head) -> (bool, bool) {
    (head.headers().contains("transfer-encoding"), head.headers().contains("content-length"))
}

/// What of a request did not arrive as it was captured, in the words of a comment.
fn differences(request: &CapturedRequest, arrived: &Arrived) -> Vec<&'static str> {
    let mut found = Vec::new();
    let (got, wanted) = (fields(&arrived.head), fields(&request.head));
    let sorted = |fields: &Fields| {
        let mut sorted = fields.clone();
        sorted.sort();
        sorted
    };
    found.extend((arrived.head.method() != request.head.method()).then_some("method"));
    found.extend((arrived.head.target() != request.head.target()).then_some("target"));
    found.extend((arrived.head.version() != request.head.version()).then_some("version"));
    found.extend((framing(&arrived.head) != framing(&request.head)).then_some("framing"));
    found.extend((arrived.body != request.body).then_some("body"));
    found.extend((sorted(&got) != sorted(&wanted)).then_some("fields"));
    found.extend((sorted(&got) == sorted(&wanted) && got != wanted).then_some("order"));
    let same = sorted(&got) == sorted(&wanted);
    let mut both = all_fields(&request.head);
    both.retain(|(name, _)| all_fields(&arrived.head).iter().any(|(other, _)| name == other));
    found.extend((same && lines(&arrived.head, &both) != lines(&request.head, &both)).then_some("spaces"));
    found.extend((own(&arrived.head, &request.head) != own(&request.head, &arrived.head)).then_some("own"));
    let has_host = |head: &Head| head.headers().contains("host");
    found.extend((has_host(&arrived.head) != has_host(&request.head)).then_some("host"));
    found.extend((fields(&trailers(&arrived.trailers)) != fields(&trailers(&request.trailers))).then_some("trailers"));
    found
}

fn trailers(section: &[u8]) -> Head {
    Head::new([b"T / HTTP/1.1\r\n", section, b"\r\n"].concat().into())
}

/// The words of a comment that own up to each difference.
fn owned_up(difference: &str) -> &'static [&'static str] {
    match difference {
        "method" => &["the method"],
        "target" => &["target"],
        "version" => &["spoke HTTP/1.0"],
        "framing" => &["Content-Length: 0", "empty chunked body", "no chunked body"],
        "fields" => &["one spelling", "left out", "Cookie fields", "value of", "only the first", "no User-Agent"],
        "order" => &["one after the other", "order of their names", "before the other fields", "another order"],
        "trailers" => &["trailer fields are not sent"],
        "spaces" => &["white space around the value"],
        "own" => &["itself (another"],
        "host" => &["Host is added"],
        // A body that differs is a fault, whatever is said of it.
        _ => &[],
    }
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

/// Runs a command on each nasty request, and compares what arrives with what was captured: whatever differs is said in
/// a comment, and a comment is there only where something differs.
fn round_trip(id: &str, extension: &str, may: &[&str], run: impl Fn(&Path) -> Command) {
    let folder = tempfile::tempdir().unwrap();
    let mut faults = Vec::new();
    for (number, request) in nasty().iter().enumerate() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let code = export(id, request, listener.local_addr().unwrap());
        let start = String::from_utf8_lossy(&code[..code.len().min(2_000)]).into_owned();
        if start.starts_with("# HTTPie cannot send a method") {
            assert!(!request.summary.method.bytes().all(|byte| byte.is_ascii_alphabetic()));
            continue;
        }
        let file = folder.path().join(format!("{number}.{extension}"));
        std::fs::write(&file, &code).unwrap();
        let mut command = run(&file);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let to = listener.local_addr().unwrap();
        let receiving = std::thread::spawn(move || receive(&listener));
        let output = child.wait_with_output().unwrap();
        if !output.status.success() {
            // The listener still waits if nothing came.
            drop(TcpStream::connect(to));
            let _ = receiving.join();
            faults.push(format!("it fails: {start}\n{}", String::from_utf8_lossy(&output.stderr)));
            continue;
        }
        let Ok(arrived) = receiving.join() else {
            faults.push(format!("nothing whole arrived: {start}"));
            continue;
        };
        let comments: Vec<&str> =
            start.lines().filter(|line| line.contains("Differs from what was captured")).collect();
        let differences = differences(request, &arrived);
        for difference in &differences {
            let words = owned_up(difference);
            let said = comments.iter().any(|line| words.iter().any(|word| line.contains(word)));
            if !said || !may.contains(difference) {
                let got = format!("{}{}", arrived.head.raw().escape_ascii(), arrived.body.escape_ascii());
                faults.push(format!("{difference} differs: {start}\n{}\n", &got[..got.len().min(2_000)]));
            }
        }
        if differences.is_empty() && !comments.is_empty() {
            faults.push(format!("nothing differs: {start}"));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n----\n"));
}

fn runs(program: &'static str, arguments: &'static [&'static str]) -> impl Fn(&Path) -> Command {
    move |file| {
        let mut command = Command::new(program);
        command.args(arguments).arg(file);
        command
    }
}

#[test]
fn curl_sends_exactly_what_was_captured() {
    if there("curl", &["--version"]) && there("bash", &["--version"]) {
        round_trip("curl", "sh", &["trailers", "spaces", "own", "host"], runs("bash", &[]));
    }
}

#[test]
fn httpie_sends_what_was_captured_and_says_what_it_cannot() {
    if there("http", &["--version"]) && there("bash", &["--version"]) {
        let may = ["method", "target", "version", "framing", "fields", "order", "trailers", "spaces", "own", "host"];
        round_trip("httpie", "sh", &may, runs("bash", &[]));
    }
}

#[test]
fn python_sends_exactly_what_was_captured() {
    if there("python3", &["-c", "import requests"]) {
        // Bytes of a target that are not ASCII.
        round_trip("python", "py", &["target", "version", "spaces", "host"], runs("python3", &[]));
    }
}

#[test]
fn node_sends_what_was_captured_and_says_what_it_cannot() {
    if there("node", &["--version"]) {
        round_trip("node", "mjs", &["version", "fields", "order", "spaces", "own", "host"], runs("node", &[]));
    }
}

#[test]
fn go_sends_what_was_captured_and_says_what_it_cannot() {
    if there("go", &["version"]) {
        let may = ["target", "version", "framing", "fields", "order", "trailers", "spaces", "own", "host"];
        round_trip("go", "go", &may, runs("go", &["run"]));
    }
}

/// Writes a message to a socket and hands over what the other side made of it.
fn piped(message: &[u8]) -> Arrived {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let to = listener.local_addr().unwrap();
    let receiving = std::thread::spawn(move || receive(&listener));
    let mut stream = TcpStream::connect(to).unwrap();
    stream.write_all(message).unwrap();
    receiving.join().unwrap()
}

#[test]
fn the_message_can_be_written_to_a_socket_as_it_is() {
    for request in nasty() {
        for bytes in [export("http", &request, ([127, 0, 0, 1], 1).into()), message(&request).to_vec()] {
            let arrived = piped(&bytes);
            assert_eq!(arrived.head, request.head);
            assert!(arrived.body == request.body && arrived.trailers == request.trailers);
        }
    }
}
