//! Sends an answer: at once, slowly, or spoilt.

use std::cell::RefCell;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_http::body::{BodySize, MessageBody};
use actix_http::header::{self, HeaderName, HeaderValue};
use actix_http::{ConnectionType, Response, StatusCode};
use bytes::Bytes;
use tokio::time::Sleep;

use super::connection::{Connection, Course};
use crate::capture;
use crate::model::{Fault, FaultKind, Timestamp};
use crate::store::Stored;

/// How the body goes out.
enum Pace {
    /// At once.
    Whole,
    /// In small pieces, one per tick.
    Drip { piece: usize, tick: Duration, sleep: Pin<Box<Sleep>> },
    /// A part at once, then the connection is closed.
    Cut { part: usize },
}

/// To be noted once the answer is out, for answers that do not go out at once.
pub(super) struct Report {
    pub(super) stored: Stored,
    pub(super) received_at: Timestamp,
    pub(super) status: u16,
}

impl Report {
    /// Notes what the sender was told, and after how long. Nothing, when it had left.
    pub(super) fn file(&self, connection: &Connection, told: bool) {
        let took = connection.capture.clock().now().since(self.received_at);
        connection.capture.answered(self.stored, told.then_some(self.status), took);
    }
}

/// An answer's body.
pub(super) struct ResponseBody {
    connection: Rc<Connection>,
    bytes: Bytes,
    empty: bool,
    sent: bool,
    pace: Pace,
    report: Option<Report>,
}

impl MessageBody for ResponseBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        // A 204 or 304 has no body, whatever is configured (RFC 9110, section 6.4.1).
        if self.empty { BodySize::None } else { BodySize::Sized(self.bytes.len() as u64) }
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let this = &mut *self;
        if this.bytes.is_empty() {
            return Poll::Ready(None);
        }
        let next = match &mut this.pace {
            Pace::Whole => std::mem::take(&mut this.bytes),
            Pace::Drip { piece, tick, sleep } => {
                if this.sent {
                    ready!(sleep.as_mut().poll(context));
                    let next = sleep.deadline() + *tick;
                    sleep.as_mut().reset(next);
                }
                let piece = this.bytes.len().min(*piece);
                this.bytes.split_to(piece)
            }
            Pace::Cut { part } if !this.sent && *part > 0 => this.bytes.split_to(this.bytes.len().min(*part)),
            Pace::Cut { .. } => {
                ready!(this.connection.poll_flushed(context));
                // From here on nothing reaches the socket, so what follows only makes the dispatcher notice.
                this.connection.turn(Course::Close);
                std::mem::take(&mut this.bytes)
            }
        };
        this.sent = true;
        Poll::Ready(Some(Ok(next)))
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.connection.response_encoded();
        if let Some(report) = self.report.take() {
            let told = self.sent || self.bytes.is_empty() || self.empty;
            report.file(&self.connection, told && !self.connection.has_left());
        }
    }
}

/// Makes the responses of one worker. It remembers the headers of the last reply: a bin's constant answer has the same ones
/// every time.
#[derive(Default)]
pub(super) struct Responder(RefCell<Option<(List, Ready)>>);

/// Headers as a reply has them. Held while they are remembered, so that no other list can be in their place.
type List = Arc<Vec<(String, String)>>;

/// A reply's headers as the server takes them.
#[derive(Clone)]
struct Ready {
    fields: Rc<[(HeaderName, HeaderValue)]>,
    /// They ask to close the connection.
    close: bool,
}

impl Responder {
    /// Makes the response for a reply; `report` is kept for answers that take their time.
    pub(super) fn response(
        &self,
        connection: &Rc<Connection>,
        response: capture::Response,
        close: bool,
        report: Option<Report>,
    ) -> Response<ResponseBody> {
        let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // What is about to be written is not with the sender yet: a cut waits for that.
        connection.note_written();
        let empty = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let ready = self.ready(&response.headers);
        let mut sent = Response::with_body(
            status,
            ResponseBody {
                connection: Rc::clone(connection),
                empty,
                sent: false,
                pace: pace_of(response.fault, response.body.len()),
                bytes: response.body,
                report,
            },
        );
        let headers = sent.headers_mut();
        for (name, value) in &*ready.fields {
            headers.append(name.clone(), value.clone());
        }
        if close || ready.close {
            sent.head_mut().set_connection_type(ConnectionType::Close);
        }
        sent
    }

    fn ready(&self, headers: &List) -> Ready {
        let mut last = self.0.borrow_mut();
        if let Some((_, ready)) = last.as_ref().filter(|(list, _)| Arc::ptr_eq(list, headers)) {
            return ready.clone();
        }
        let ready = Ready::new(headers);
        // A list that nobody else holds will not come again.
        if Arc::strong_count(headers) > 1 {
            *last = Some((Arc::clone(headers), ready.clone()));
        }
        ready
    }
}

impl Ready {
    /// Takes the headers that the owner of the bin has set.
    fn new(list: &[(String, String)]) -> Self {
        let mut close = false;
        let mut fields = Vec::with_capacity(list.len() + 1);
        for (name, value) in list {
            let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes()))
            else {
                continue;
            };
            if name == header::CONNECTION {
                close |= value.as_bytes().eq_ignore_ascii_case(b"close");
                continue;
            }
            // The framing is the listener's: a wrong length here would make the next answer part of this one.
            let ours =
                [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::UPGRADE, header::X_CONTENT_TYPE_OPTIONS];
            if !ours.contains(&name) {
                fields.push((name, value));
            }
        }
        fields.push((header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")));
        Self { fields: fields.into(), close }
    }
}

/// Drips come this often at most: finer steps cost wake-ups and look the same to the sender.
const DRIP_TICK: Duration = Duration::from_millis(100);

fn pace_of(fault: Option<Fault>, length: usize) -> Pace {
    let Some(Fault { kind, bytes, .. }) = fault else { return Pace::Whole };
    match kind {
        FaultKind::Drip => {
            let per_second = bytes.unwrap_or(1).max(1);
            let ticks_per_second = u64::try_from(1_000 / DRIP_TICK.as_millis()).unwrap_or(1);
            let (piece, tick) = if per_second <= ticks_per_second {
                (1, Duration::from_micros(1_000_000 / per_second))
            } else {
                (per_second.div_ceil(ticks_per_second), DRIP_TICK)
            };
            let piece = usize::try_from(piece).unwrap_or(usize::MAX);
            Pace::Drip { piece, tick, sleep: Box::pin(tokio::time::sleep(tick)) }
        }
        FaultKind::Cut => {
            let part = bytes.map_or(length / 2, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
            Pace::Cut { part: part.min(length.saturating_sub(1)) }
        }
        FaultKind::Close | FaultKind::Reset | FaultKind::Hang => Pace::Whole,
    }
}
