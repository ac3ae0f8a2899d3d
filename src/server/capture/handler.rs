//! One captured request: from the parser's hands to the verb, and the reply back to the sender.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::rc::Rc;

use actix_http::{ConnectionType, HttpMessage as _, Request};
use bytes::Bytes;

use super::body::{self, BodyEnd, Pieces};
use super::connection::{Connection, Disposition};
use super::framing::Framing;
use super::recorder::RecordedHead;
use super::response::{HttpResponse, Report, http_response};
use crate::capture::{Arrived, Response};
use crate::model::{Fault, FaultKind, Head, HeadSource, Rejection, Timestamp};

/// Answers one request.
pub(super) async fn handle(mut request: Request) -> Result<HttpResponse, Infallible> {
    // Every connection of this listener is recorded, see `serve`.
    let connection = match request.conn_data::<Rc<Connection>>() {
        Some(connection) => Rc::clone(connection),
        None => unreachable!("a connection without its recorder"),
    };
    let (recorded, received_at, head_source) = head_of(&connection, &request);
    let RecordedHead { raw, declared, framing, fields: _ } = recorded;
    let head = Head::new(raw);
    let target = head.target();
    let segment = target.bin_segment();
    let worker = &connection.worker;
    let capture = worker.capture();
    let mut close = request.head().connection_type() == ConnectionType::Upgrade;
    let bin = match worker.bins.bin(segment) {
        Some(bin) => bin,
        None => match Box::pin(capture.create(segment)).await {
            Some(bin) => Rc::new(bin),
            None => {
                let close = unread(&connection, framing);
                return Ok(http_response(&connection, capture.unknown_bin(segment), close, None));
            }
        },
    };
    drop(target);
    let mut share = worker.in_flight.share();
    let (pieces, end) = match framing {
        Framing::Empty => (Pieces::default(), BodyEnd::Complete),
        Framing::Tunnel if declared.is_none() => (Pieces::default(), BodyEnd::Complete),
        Framing::Length(_) | Framing::Chunked | Framing::Tunnel | Framing::Rejected => {
            body::read(request.take_payload(), declared, capture.body_limit(&bin), &mut share).await
        }
    };
    if end == BodyEnd::NoRoom {
        let response = Response::retry(503, "too much is being received; try again");
        connection.set_disposition(Disposition::ReadNoMore);
        return Ok(http_response(&connection, response, true, None));
    }
    let rejected = match end {
        BodyEnd::TooLarge => Some(Rejection::BodyTooLarge),
        BodyEnd::Timeout => Some(Rejection::Timeout),
        BodyEnd::Cut if connection.is_broken() => Some(Rejection::Malformed),
        BodyEnd::Complete | BodyEnd::Cut | BodyEnd::NoRoom => None,
    };
    let gone = end == BodyEnd::Cut && rejected.is_none();
    let arrived = Arrived {
        head,
        head_source,
        received_at,
        body: pieces.into_vec(),
        body_took: if framing == Framing::Empty {
            std::time::Duration::ZERO
        } else {
            capture.clock().now().since(received_at)
        },
        trailers: connection.take_trailers(),
        declared_size: declared,
        complete: end == BodyEnd::Complete,
        peer: connection.peer,
        rejected,
    };
    let response = capture.receive(&bin, arrived).await;
    drop(share);
    if end != BodyEnd::Complete || framing == Framing::Tunnel {
        close = true;
        connection.set_disposition(if gone { Disposition::Close } else { Disposition::ReadNoMore });
    }
    close |= worker.stopping.has_begun();
    Ok(send(&connection, response, close, received_at).await)
}

/// Gives the reply, after its delay and with its fault. When the server stops nobody waits any longer: a delayed answer is given
/// now rather than never, and who was to get none is let go.
async fn send(
    connection: &Rc<Connection>,
    response: Response,
    close: bool,
    received_at: Timestamp,
) -> HttpResponse {
    let stopping = &connection.worker.stopping;
    let special = !response.delay.is_zero() || response.fault.is_some();
    let report = response.stored.filter(|_| special).map(|stored| Report { stored, received_at, status: response.status });
    if !response.delay.is_zero() {
        // Boxed, as all that few requests need: the future of a request is moved about, and most should be small.
        Box::pin(async {
            tokio::select! {
                () = tokio::time::sleep(response.delay) => {}
                // A sender that has only closed its own side still gets its answer, just sooner.
                () = connection.left() => {}
                () = stopping.begun() => {}
            }
        })
        .await;
    }
    match response.fault.map(|Fault { kind, .. }| kind) {
        Some(kind @ (FaultKind::Close | FaultKind::Reset | FaultKind::Hang)) => {
            if kind == FaultKind::Hang {
                Box::pin(async {
                    tokio::select! {
                        () = connection.left() => {}
                        () = stopping.begun() => {}
                    }
                })
                .await;
            }
            connection.set_disposition(if kind == FaultKind::Reset { Disposition::Reset } else { Disposition::Close });
            if let Some(report) = report {
                report.file(connection, false);
            }
            // Nothing of it reaches the sender.
            http_response(connection, Response::with(200, Vec::new(), Bytes::new()), true, None)
        }
        Some(FaultKind::Cut | FaultKind::Drip) | None => http_response(connection, response, close, report),
    }
}

/// Whether a body is still to come that nobody will read; then nothing more is read at all.
fn unread(connection: &Connection, framing: Framing) -> bool {
    let unread = framing != Framing::Empty;
    if unread {
        connection.set_disposition(Disposition::ReadNoMore);
    }
    unread
}

/// The head as recorded; or as the parser understood it, should the two ever disagree.
fn head_of(connection: &Connection, request: &Request) -> (RecordedHead, Timestamp, HeadSource) {
    match connection.take_head() {
        Some((head, at)) if agrees(&head, request) => (head, at, HeadSource::Wire),
        recorded => {
            connection.worker.capture().count_mismatch();
            let at = recorded.map_or_else(|| connection.worker.capture().clock().now(), |(_, at)| at);
            (parsed(request), at, HeadSource::Parsed)
        }
    }
}

/// A cheap check that both speak of the same request: the method, and the number of fields.
fn agrees(head: &RecordedHead, request: &Request) -> bool {
    let method = request.method().as_str().as_bytes();
    head.raw.starts_with(method)
        && head.raw.get(method.len()) == Some(&b' ')
        && head.fields == request.headers().len()
        && head.framing != Framing::Rejected
}

/// A head written anew from what the parser kept: lower-case names, in no order.
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
