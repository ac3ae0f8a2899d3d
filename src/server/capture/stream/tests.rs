use std::sync::Arc;

use super::super::in_flight::InFlight;
use super::super::stopping::Stopping;
use super::super::worker::Worker;
use super::*;
use crate::capture::{Capture, CaptureOptions};
use crate::model::filter::Filter;
use crate::model::{BinId, BinSettings, CapturedRequest, Change, Clock};
use crate::store::{CommitListener, Store, StoreOptions};

struct Nobody;

impl CommitListener for Nobody {
    fn wants(&self, _: BinId) -> bool {
        false
    }
    fn committed(&self, _: Vec<Change>) {}
}

/// A recorded connection, its other end, and the store behind it.
struct Wire {
    stream: Recording,
    sender: TcpStream,
    store: Store,
    worker: Rc<Worker>,
    bin: BinId,
    _folder: tempfile::TempDir,
}

async fn wire() -> Wire {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions {
        max_requests: 100,
        max_bytes: 1 << 20,
        ..StoreOptions::unlimited(&folder.path().join("creel.db"))
    };
    let store = Store::open(options, Clock::system(), Arc::new(Nobody)).unwrap();
    let bin = store.create_bin(BinSettings::default(), Vec::new()).await.unwrap().bin.id;
    let capture = Capture::new(store.clone(), Clock::system(), CaptureOptions::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sender = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (socket, peer) = listener.accept().await.unwrap();
    let worker = Worker::new(capture, &InFlight::default(), Rc::<Stopping>::default());
    let connection = Connection::new(Rc::clone(&worker), Some(peer));
    Wire { stream: Recording::new(socket, connection), sender, store, worker, bin, _folder: folder }
}

impl Wire {
    /// All bytes that the parser reads until the end of the stream.
    async fn read_to_end(&mut self) -> Vec<u8> {
        let mut seen = Vec::new();
        self.stream.read_to_end(&mut seen).await.unwrap();
        seen
    }

    async fn kept(&self) -> Vec<CapturedRequest> {
        self.store.requests_after(self.bin, 0, &Filter::default(), 10, usize::MAX).await.unwrap()
    }
}

/// The clock is paused and only advances to the next timer, so the wait for a slow head is over at once.
async fn slow_head(sent: &[u8]) -> (Wire, Vec<u8>, String) {
    let mut wire = wire().await;
    wire.sender.write_all(sent).await.unwrap();
    tokio::time::pause();
    let seen = wire.read_to_end().await;
    tokio::time::resume();
    let mut response = String::new();
    drop(wire.stream.socket.take());
    wire.sender.read_to_string(&mut response).await.unwrap();
    (wire, seen, response)
}

#[tokio::test]
async fn a_head_that_does_not_come_in_time_gets_408_whether_it_is_the_first_or_a_later_one() {
    let (_, seen, response) = slow_head(b"POST /nobody HTTP/1.1\r\nHo").await;
    assert_eq!(seen.len(), 25);
    assert!(response.starts_with("HTTP/1.1 408 "), "{response}");
}

#[tokio::test]
async fn a_connection_that_sends_nothing_is_closed_without_a_word() {
    let (_, seen, response) = slow_head(b"").await;
    assert_eq!((seen.len(), response.len()), (0, 0));
}

/// Reads a request and gives its response, as the dispatcher does.
async fn exchange(wire: &mut Wire) {
    let request = format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", wire.bin);
    wire.sender.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(wire.stream.read(&mut [0; 1000]).await.unwrap(), request.len());
    let connection = Rc::clone(wire.stream.connection());
    connection.take_head().unwrap();
    wire.stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    connection.response_encoded();
    wire.stream.flush().await.unwrap();
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_time_and_not_before() {
    let mut wire = wire().await;
    exchange(&mut wire).await;
    tokio::time::pause();
    let early = tokio::time::timeout(KEEP_ALIVE / 2, wire.stream.read_u8()).await;
    assert!(early.is_err(), "still open");
    tokio::time::resume();
    exchange(&mut wire).await;
    tokio::time::pause();
    let since = tokio::time::Instant::now();
    assert_eq!(wire.stream.read(&mut [0; 10]).await.unwrap(), 0);
    assert!(since.elapsed() >= KEEP_ALIVE && since.elapsed() <= KEEP_ALIVE * 2, "{:?}", since.elapsed());
}

#[tokio::test]
async fn when_the_server_stops_idle_connections_end_and_those_with_a_request_under_way_do_not() {
    let mut idle = wire().await;
    exchange(&mut idle).await;
    let mut slow = wire().await;
    slow.sender.write_all(b"POST /nobody HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n1").await.unwrap();
    assert!(slow.stream.read(&mut [0; 1000]).await.unwrap() > 0);
    let (idle_worker, slow_worker) = (Rc::clone(&idle.worker), Rc::clone(&slow.worker));
    let stop = async {
        tokio::task::yield_now().await;
        idle_worker.stopping.begin();
        slow_worker.stopping.begin();
        slow.sender.write_all(b"2").await.unwrap();
    };
    let (mut rest, mut nothing) = ([0; 10], [0; 10]);
    let (end, more, ()) = tokio::join!(idle.stream.read(&mut nothing), slow.stream.read(&mut rest), stop);
    assert_eq!((end.unwrap(), more.unwrap(), rest[0]), (0, 1, b'2'));
}

#[tokio::test]
async fn one_message_at_a_time_reaches_the_parser() {
    let mut wire = wire().await;
    let (first, second) =
        (format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", wire.bin), "GET /second HTTP/1.1\r\nHost: h\r\n\r\n");
    wire.sender.write_all([first.as_bytes(), second.as_bytes()].concat().as_slice()).await.unwrap();
    let mut seen = vec![0; 1000];
    let read = wire.stream.read(&mut seen).await.unwrap();
    assert_eq!(&seen[..read], first.as_bytes());
    // The second one is held back until the first is answered.
    let waiting = tokio::time::timeout(Duration::from_millis(50), wire.stream.read(&mut seen)).await;
    assert!(waiting.is_err());
    let connection = Rc::clone(wire.stream.connection());
    assert_eq!(connection.take_head().unwrap().0.raw, first);
    wire.stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    connection.response_encoded();
    wire.stream.flush().await.unwrap();
    let read = wire.stream.read(&mut seen).await.unwrap();
    assert_eq!(&seen[..read], second.as_bytes());
    assert_eq!(connection.take_head().unwrap().0.raw, second);
}

#[tokio::test]
async fn the_parsers_own_response_is_replaced_by_one_with_a_reason_and_the_request_kept() {
    let mut wire = wire().await;
    let head = format!("GET /{} HTTP/1.1\r\nNo-Host: h\r\n\r\n", wire.bin);
    wire.sender.write_all(head.as_bytes()).await.unwrap();
    let _ = wire.stream.read(&mut [0; 1000]).await.unwrap();
    wire.stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    let mut response = vec![0; 1000];
    let read = wire.sender.read(&mut response).await.unwrap();
    assert!(String::from_utf8_lossy(&response[..read]).contains("need a Host field"));
    while wire.kept().await.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(wire.kept().await[0].head.raw(), &head);
}

#[tokio::test]
async fn heads_in_pieces_count_towards_the_memory_of_all() {
    let mut wire = wire().await;
    let mut others = wire.worker.in_flight.of_peer(None).head();
    assert!(!others.resize(1 << 30), "the others hold all there is");
    wire.sender.write_all(b"POST /nobody HTTP/1.1\r\nHo").await.unwrap();
    wire.read_to_end().await;
    drop(wire.stream.socket.take());
    let mut response = String::new();
    wire.sender.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n"), "{response}");
}

#[tokio::test]
async fn a_sender_that_does_not_read_is_let_go() {
    let mut wire = wire().await;
    let connection = Rc::clone(wire.stream.connection());
    // A handler has the request: what is written is its response.
    let _ = connection.take_head();
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    let mut written = 0;
    while !connection.has_left() {
        written += wire.stream.write(&vec![b'x'; 65_536]).await.unwrap();
        assert!(written < 64 << 20, "the socket takes no end of it");
    }
    assert!(start.elapsed() >= WRITE_TIMEOUT && start.elapsed() < WRITE_TIMEOUT * 2, "{:?}", start.elapsed());
    assert!(wire.stream.write(b"x").await.is_err(), "nothing more is written");
    assert_eq!(wire.worker.capture().counters().unread.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[tokio::test]
async fn the_dispatcher_gets_a_response_in_small_pieces() {
    use actix_http::body::MessageBody as _;
    let wire = wire().await;
    let outgoing = crate::capture::Outgoing::with(200, Vec::new(), vec![b'x'; 1 << 20]);
    let response = super::super::response::http_response(wire.stream.connection(), outgoing, false, None);
    let mut body = Box::pin(response.into_body());
    let mut length = 0;
    while let Some(Ok(piece)) = std::future::poll_fn(|context| body.as_mut().poll_next(context)).await {
        assert!(piece.len() <= 64 << 10, "{}", piece.len());
        length += piece.len();
    }
    assert_eq!(length, 1 << 20);
}
