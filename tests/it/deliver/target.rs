//! A target that keeps the bytes of every request and answers as it is told.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// A stuck test should say so, not hang.
const PATIENCE: Duration = Duration::from_secs(20);

pub const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    pub head: Vec<u8>,
    pub body: Vec<u8>,
}

impl Arrived {
    pub fn header(&self, name: &str) -> Option<String> {
        let head = String::from_utf8_lossy(&self.head).into_owned();
        let found =
            head.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_owned())
    }
}

/// Takes connections one after the other, each with one request.
pub struct Target {
    pub address: SocketAddr,
    arrived: mpsc::Receiver<Arrived>,
    /// The last one is given again and again.
    responses: Arc<Mutex<VecDeque<Vec<u8>>>>,
}

impl Target {
    pub fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap())
    }

    /// One that answers with what it got, in head and body.
    pub fn echo() -> Self {
        Self::start_as("127.0.0.1:0".parse().unwrap(), true)
    }

    /// Starts where something else has listened before.
    pub fn start_at(address: SocketAddr) -> Self {
        Self::start_as(address, false)
    }

    fn start_as(address: SocketAddr, echo: bool) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, arrived) = mpsc::channel();
        let responses = Arc::new(Mutex::new(VecDeque::from([OK.to_vec()])));
        let shared = Arc::clone(&responses);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let Some(request) = read(&mut stream) else { continue };
                let said_again = echo.then(|| said_again(&request));
                // The test may have ended.
                if tell.send(request).is_err() {
                    break;
                }
                let mut responses = shared.lock().unwrap();
                let response = if responses.len() > 1 { responses.pop_front() } else { responses.front().cloned() };
                drop(responses);
                let response = said_again.or(response).unwrap();
                if response.is_empty() {
                    // Never answers, until the other side leaves.
                    let _ = stream.read(&mut [0; 1]);
                }
                let _ = stream.write_all(&response);
            }
        });
        Self { address, arrived, responses }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers with these bytes from now on.
    pub fn answer(&self, response: &[u8]) {
        self.answer_in_turn(&[response]);
    }

    /// Answers with these, one after the other, and with the last from then on. An empty one is no answer at all.
    pub fn answer_in_turn(&self, responses: &[&[u8]]) {
        *self.responses.lock().unwrap() = responses.iter().map(|response| response.to_vec()).collect();
    }

    /// The next request.
    pub fn next(&self) -> Arrived {
        self.arrived.recv_timeout(PATIENCE).expect("a request arrives")
    }

    /// What has arrived and was not asked for yet.
    pub fn rest(&self) -> Vec<Arrived> {
        self.arrived.try_iter().collect()
    }
}

/// What an echo answers: each field in the head, everything as JSON in the body.
fn said_again(request: &Arrived) -> Vec<u8> {
    let (head, body) = (String::from_utf8_lossy(&request.head), String::from_utf8_lossy(&request.body));
    let fields = head.lines().skip(1).filter(|line| line.contains(':')).map(|line| format!("X-Got-{line}\r\n"));
    let fields: String = fields.collect();
    let text = serde_json::json!({"head": head, "body": body}).to_string();
    format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: {}\r\n\r\n{text}", text.len()).into_bytes()
}

fn read(stream: &mut TcpStream) -> Option<Arrived> {
    let mut raw = Vec::new();
    let mut piece = vec![0; 64 << 10];
    let end = loop {
        let ends = |end: &[u8]| raw.windows(end.len()).position(|part| part == end).map(|at| at + end.len());
        if let Some(end) = [&b"\r\n\r\n"[..], b"\n\n", b"\n\r\n"].into_iter().filter_map(ends).min() {
            break end;
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(count) => raw.extend_from_slice(&piece[..count]),
        }
    };
    let mut body = raw.split_off(end);
    let mut arrived = Arrived { head: raw, body: Vec::new() };
    let length = arrived.header("content-length").map_or(0, |length| length.parse::<usize>().unwrap());
    while body.len() < length {
        let count = stream.read(&mut piece).unwrap();
        assert!(count > 0, "the body comes whole");
        body.extend_from_slice(&piece[..count]);
    }
    arrived.body = body;
    Some(arrived)
}
