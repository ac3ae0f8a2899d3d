//! HTTP by hand over a socket, for what no client library would send.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A stuck test should say so, not hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// Connects.
pub fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_write_timeout(Some(PATIENCE)).unwrap();
    socket.set_nodelay(true).unwrap();
    socket
}

/// One answer: its status, its head, its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }
}

/// Reads the head of one answer.
pub fn read_head(socket: &mut TcpStream) -> std::io::Result<Answer> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if socket.read(&mut byte)? == 0 {
            return Err(std::io::Error::new(
                std::io::ErrorKind::UnexpectedEof,
                String::from_utf8_lossy(&head).into_owned(),
            ));
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Answer { status, head, body: Vec::new() })
}

/// Reads one answer with its `Content-Length` body (or none).
pub fn read_answer(socket: &mut TcpStream) -> std::io::Result<Answer> {
    let mut answer = read_head(socket)?;
    let length: usize = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
    answer.body = vec![0; length];
    socket.read_exact(&mut answer.body)?;
    Ok(answer)
}

/// Sends one request on a connection of its own and reads the answer.
pub fn exchange(address: SocketAddr, request: &[u8]) -> Answer {
    let mut socket = connect(address);
    socket.write_all(request).unwrap();
    read_answer(&mut socket).unwrap()
}

/// A connection whose client reads as good as nothing.
pub(crate) fn stalled(console: &str, path: &str) -> socket2::Socket {
    let address: std::net::SocketAddr = console.trim_start_matches("http://").parse().unwrap();
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.connect(&address.into()).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept-Encoding: gzip\r\n\r\n");
    assert_eq!(socket.send(head.as_bytes()).unwrap(), head.len());
    // The answer has begun: its first bytes are here.
    assert!(socket.recv(&mut [std::mem::MaybeUninit::new(0); 1]).unwrap() > 0);
    socket
}
