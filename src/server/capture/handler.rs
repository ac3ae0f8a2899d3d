//! One captured request: from the HTTP parser to [`Capture::receive`](crate::capture::Capture::receive), and its
//! response back to the sender.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::rc::Rc;
use std::time::Duration;

use actix_http::{ConnectionType, HttpMessage as _, Request};
use bytes::Bytes;

use super::body::{self, BodyEnd, Pieces};
use super::connection::{Connection, Disposition};
use super::framing::Framing;
use super::in_flight::Share;
use super::recorder::{RecordedHead, method_byte};
use super::response::{HttpResponse, Report, http_response};
use crate::capture::{Answered, Arrived, Instead, OpenBin, Outgoing};
use crate::http::Head;
use crate::model::{FaultKind, HeadSource, Rejection, Timestamp};

/// The longest deliberate wait without a response.
const HANG_LIMIT: Duration = Duration::from_mins(10);

/// Answers one request.
pub(super) async fn handle(mut request: Request) -> Result<HttpResponse, Infallible> {
    // Every connection of this listener is recorded, see `serve`.
    let connection = match request.conn_data::<Rc<Connection>>() {
        Some(connection) => Rc::clone(connection),
        None => unreachable!("a connection without its recorder"),
    };
    let message = Message::of(&connection, &request);
    let (framing, received_at) = (message.framing, message.received_at);
    let bin = match admit(&connection, &message.head).await {
        Ok(bin) => bin,
        Err(response) => return Ok(unread(&connection, &message, response)),
    };
    let mut share = connection.in_flight.body();
    let limit = connection.worker.capture().body_limit(&bin);
    let (body, end) = read_body(&connection, &mut request, &message, limit, &mut share).await;
    if end == BodyEnd::NoRoom {
        connection.worker.capture().count_crowded();
        connection.set_disposition(Disposition::ReadNoMore);
        let response = Outgoing::retry(503, "too much is being received; try again");
        return Ok(http_response(&connection, response, true, None));
    }
    let rejected = rejection(&connection, end);
    let response = receive(&connection, &bin, message, body, end, rejected).await;
    drop(share);
    let mut close = connection.worker.stopping.has_begun();
    close |= request.head().connection_type() == ConnectionType::Upgrade;
    if end != BodyEnd::Complete || framing == Framing::Tunnel {
        close = true;
        // A body cut short without a violation: the sender has left.
        let gone = end == BodyEnd::Cut && rejected.is_none();
        connection.set_disposition(if gone { Disposition::Close } else { Disposition::ReadNoMore });
    }
    let to_head = *request.method() == actix_http::Method::HEAD;
    Ok(send(&connection, response, close, received_at, to_head).await)
}

/// A request whose body is not read yet.
struct Message {
    head: Head,
    head_source: HeadSource,
    received_at: Timestamp,
    declared: Option<u64>,
    framing: Framing,
}

impl Message {
    /// The recorded head, or the parser's if the two disagree.
    fn of(connection: &Connection, request: &Request) -> Self {
        let capture = connection.worker.capture();
        let (recorded, received_at, head_source) = match connection.take_head() {
            Some((head, at)) if agrees(&head, request) => (head, at, HeadSource::Wire),
            recorded => {
                capture.count_mismatch();
                let at = recorded.map_or_else(|| capture.clock().now(), |(_, at)| at);
                (parsed(request), at, HeadSource::Parsed)
            }
        };
        let RecordedHead { raw, declared, framing, fields: _ } = recorded;
        Self { head: Head::new(raw), head_source, received_at, declared, framing }
    }
}

/// Finds the bin that the request names, or makes it if auto-creation is on.
async fn admit(connection: &Connection, head: &Head) -> Result<Rc<OpenBin>, Outgoing> {
    let bins = &connection.worker.bins;
    if let Some(bin) = bins.bin(head.target().bin_segment()) {
        return Ok(bin);
    }
    // Boxed, because few requests need it and every request's future is moved: it should be small.
    let made = Box::pin(async { bins.capture().create(head.target().bin_segment()).await }).await;
    made.map(Rc::new)
}

/// The response to a request whose body is not read; after such a body, the connection is not read any more.
fn unread(connection: &Rc<Connection>, message: &Message, response: Outgoing) -> HttpResponse {
    let close = message.framing != Framing::Empty;
    if close {
        connection.set_disposition(Disposition::ReadNoMore);
    }
    http_response(connection, response, close, None)
}

/// Reads the body, at most `limit` bytes; `share` accounts for them in the common memory.
async fn read_body(
    connection: &Connection,
    request: &mut Request,
    message: &Message,
    limit: u64,
    share: &mut Share,
) -> (Pieces, BodyEnd) {
    match message.framing {
        Framing::Empty => (Pieces::default(), BodyEnd::Complete),
        Framing::Tunnel if message.declared.unwrap_or(0) == 0 => (Pieces::default(), BodyEnd::Complete),
        Framing::Length(_) | Framing::Chunked | Framing::Tunnel | Framing::Rejected => {
            body::read(request.take_payload(), message.declared, limit, share, &connection.worker.stopping).await
        }
    }
}

/// The rejection for a body that ended like this.
fn rejection(connection: &Connection, end: BodyEnd) -> Option<Rejection> {
    match end {
        BodyEnd::TooLarge => Some(Rejection::BodyTooLarge),
        BodyEnd::Timeout => Some(Rejection::Timeout),
        BodyEnd::Cut if connection.is_broken() => Some(Rejection::BrokenChunks),
        BodyEnd::Complete | BodyEnd::Cut | BodyEnd::NoRoom => None,
    }
}

/// Judges and stores the request; returns its response.
fn receive<'a>(
    connection: &'a Connection,
    bin: &'a OpenBin,
    message: Message,
    body: Pieces,
    end: BodyEnd,
    rejected: Option<Rejection>,
) -> impl Future<Output = Outgoing> + 'a {
    let capture = connection.worker.capture();
    let Message { head, head_source, received_at, declared, framing } = message;
    let body_took = match framing {
        Framing::Empty => Duration::ZERO,
        _ => capture.clock().now().since(received_at),
    };
    capture.receive(
        bin,
        Arrived {
            head,
            head_source,
            received_at,
            body: body.into_vec(),
            body_took,
            trailers: connection.take_trailers(),
            declared_size: declared,
            complete: end == BodyEnd::Complete,
            peer: connection.peer,
            rejected,
        },
    )
}

/// Sends the response, after its delay and with its fault. When the server stops, a delayed response is sent at once,
/// and a sender that would get none is disconnected.
async fn send(
    connection: &Rc<Connection>,
    mut response: Outgoing,
    close: bool,
    received_at: Timestamp,
    to_head: bool,
) -> HttpResponse {
    let waited = response.instead.is_some();
    if waited {
        Box::pin(answered_instead(connection, &mut response, to_head)).await;
    }
    let fault = response.fault.as_ref().map(|fault| fault.kind);
    let at_once = response.delay.is_zero() && fault.is_none() && !waited;
    let stored = response.stored.filter(|_| !at_once);
    let report = stored.map(|stored| Report { stored, received_at, status: response.status });
    if !response.delay.is_zero() {
        // A sender that has closed only its own side still gets its response, without the delay.
        Box::pin(wait(connection, tokio::time::sleep(response.delay))).await;
    }
    match fault {
        Some(FaultKind::Cut | FaultKind::Drip) | None => return http_response(connection, response, close, report),
        Some(FaultKind::Close) => connection.set_disposition(Disposition::Close),
        Some(FaultKind::Reset) => connection.set_disposition(Disposition::Reset),
        Some(FaultKind::Hang) => {
            connection.ignore_what_comes();
            Box::pin(wait(connection, tokio::time::sleep(HANG_LIMIT))).await;
            connection.set_disposition(Disposition::Close);
        }
    }
    if let Some(report) = report {
        report.file(connection, false);
    }
    // Nothing of it reaches the sender.
    http_response(connection, Outgoing::with(200, Vec::new(), Bytes::new()), true, None)
}

/// Waits for an answer from elsewhere; without one, returns the bin's own.
async fn answered_instead(connection: &Connection, response: &mut Outgoing, to_head: bool) {
    let mut next = response.instead.take().map(|instead| *instead);
    while let Some(Instead { answer, ends_early, otherwise }) = next.take() {
        let mut answered = None;
        let asking = async { answered = answer.await };
        if ends_early {
            wait(connection, asking).await;
        } else {
            asking.await;
        }
        match answered {
            Some(Answered { response: answered, head }) => {
                *response = Outgoing { stored: response.stored, ..answered };
                if let Some(mut head) = head {
                    head.to_head = to_head;
                    connection.pass_on(head);
                }
            }
            None => next = otherwise.and_then(|begin| begin()),
        }
    }
}

/// Waits until `time_is_up`, the sender leaves, or the server stops.
async fn wait(connection: &Connection, time_is_up: impl Future<Output = ()>) {
    tokio::select! {
        () = time_is_up => {}
        () = connection.left() => {}
        () = connection.worker.stopping.begun() => {}
    }
}

/// A cheap check that recorder and parser mean the same request: by method and number of fields.
fn agrees(head: &RecordedHead, request: &Request) -> bool {
    let method = request.method().as_str().as_bytes();
    let recorded = head.raw.iter().take(method.len()).map(|byte| method_byte(*byte));
    recorded.eq(method.iter().copied())
        && head.raw.get(method.len()) == Some(&b' ')
        && head.fields == request.headers().len()
        && head.framing != Framing::Rejected
}

/// A head rebuilt from the parser's result: lower-case names, in no order.
fn parsed(request: &Request) -> RecordedHead {
    let mut text = String::new();
    let _ = write!(text, "{} {} {:?}\r\n", request.method(), request.uri(), request.version());
    let mut raw = text.into_bytes();
    for (name, value) in request.headers() {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            raw.extend_from_slice(part);
        }
    }
    raw.extend_from_slice(b"\r\n");
    let declared = request.headers().get("content-length").and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let framing = match declared {
        _ if request.chunked().unwrap_or(false) => Framing::Chunked,
        Some(length) if length > 0 => Framing::Length(length),
        Some(_) | None => Framing::Empty,
    };
    RecordedHead { raw: raw.into(), declared, framing, fields: request.headers().len() }
}

#[cfg(test)]
mod tests {
    use actix_http::Method;
    use actix_http::test::TestRequest;

    use super::*;

    fn size_of_future<F>(_: impl FnOnce(Request) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn the_future_of_a_request_is_small_since_the_dispatcher_moves_it() {
        let size = size_of_future(handle);
        assert!(size <= 1024, "{size} bytes");
    }

    fn recorded(raw: &'static [u8], fields: usize) -> RecordedHead {
        RecordedHead { raw: Bytes::from_static(raw), declared: None, framing: Framing::Empty, fields }
    }

    #[test]
    fn a_head_that_is_not_the_parsers_is_noticed_and_replaced_by_what_the_parser_kept() {
        let request = TestRequest::default()
            .method(Method::PUT)
            .uri("/b?x")
            .insert_header(("X-Some", "1"))
            .insert_header(("Content-Length", "3"))
            .finish();
        assert!(agrees(&recorded(b"PUT /b?x HTTP/1.1\r\nX-Some: 1\r\nContent-Length: 3\r\n\r\n", 2), &request));
        assert!(!agrees(&recorded(b"PUT /b?x HTTP/1.1\r\nX-Some: 1\r\n\r\n", 1), &request), "another number of fields");
        assert!(!agrees(&recorded(b"PUTT /b?x HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n", 2), &request), "another method");
        let head = parsed(&request);
        assert_eq!((head.declared, head.framing, head.fields), (Some(3), Framing::Length(3), 2));
        let head = Head::new(head.raw);
        assert_eq!(
            (&*head.method(), &*head.version(), head.target().raw()),
            ("PUT", "1.1", &Bytes::from_static(b"/b?x"))
        );
        assert_eq!(head.headers().get_str("x-some"), Some("1"));
    }
}
