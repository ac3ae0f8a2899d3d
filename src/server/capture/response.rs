//! Sends a response: at once, slowly, or with a fault.

use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_http::body::{BodySize, MessageBody};
use actix_http::{ConnectionType, StatusCode};
use bytes::Bytes;
use tokio::time::Sleep;

use super::connection::{Connection, Disposition};
use crate::capture::Outgoing;
use crate::model::{Fault, FaultKind, Timestamp};
use crate::store::Stored;

/// What the framework sends.
pub(super) type HttpResponse = actix_http::Response<ResponseBody>;

/// How the body goes out.
enum Pace {
    /// At once.
    Whole,
    /// In small pieces, one per tick.
    Drip { piece: usize, tick: Duration, sleep: Pin<Box<Sleep>>, until: tokio::time::Instant },
    /// A part at once, then the connection is closed.
    Cut { part: usize },
}

/// Filed when a response that does not go out at once has been sent.
pub(super) struct Report {
    pub(super) stored: Stored,
    pub(super) received_at: Timestamp,
    pub(super) status: u16,
}

impl Report {
    /// Notes when the response ended, and its status if it was sent (`told`).
    pub(super) fn file(&self, connection: &Connection, told: bool) {
        let capture = connection.worker.capture();
        let took = capture.clock().now().since(self.received_at);
        capture.answered(self.stored, told.then_some(self.status), took);
    }
}

/// A response's body.
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
            Pace::Whole => this.bytes.split_to(this.bytes.len().min(PIECE)),
            Pace::Drip { until, .. } if tokio::time::Instant::now() >= *until => {
                this.connection.set_disposition(Disposition::Close);
                std::mem::take(&mut this.bytes)
            }
            Pace::Drip { piece, tick, sleep, .. } => {
                if this.sent {
                    ready!(sleep.as_mut().poll(context));
                    let next = sleep.deadline() + *tick;
                    sleep.as_mut().reset(next);
                }
                let piece = this.bytes.len().min(*piece);
                this.bytes.split_to(piece)
            }
            Pace::Cut { part } if *part > 0 => {
                let piece = this.bytes.len().min(*part).min(PIECE);
                *part -= piece;
                this.bytes.split_to(piece)
            }
            Pace::Cut { .. } => {
                ready!(this.connection.poll_flushed(context));
                // From here on nothing reaches the socket; the rest only makes the dispatcher notice.
                this.connection.set_disposition(Disposition::Close);
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

/// The response in the framework's form; `report` is kept for one that does not go out at once.
pub(super) fn http_response(
    connection: &Rc<Connection>,
    response: Outgoing,
    close: bool,
    report: Option<Report>,
) -> HttpResponse {
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // The bytes about to be written have not reached the sender: a cut waits for that.
    connection.note_written();
    let headers = connection.worker.headers.ready(&response.headers);
    let body = ResponseBody {
        connection: Rc::clone(connection),
        empty: matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED),
        sent: false,
        pace: pace_of(response.fault.as_deref().copied(), response.body.len()),
        bytes: response.body,
        report,
    };
    let mut http = HttpResponse::with_body(status, body);
    if status.canonical_reason().is_none() {
        // Otherwise the framework adds a reason phrase.
        http.head_mut().reason = Some("");
    }
    for (name, value) in &*headers.fields {
        http.headers_mut().append(name.clone(), value.clone());
    }
    if close || headers.close {
        http.head_mut().set_connection_type(ConnectionType::Close);
    }
    http
}

/// A body is handed to the dispatcher in pieces of this size, as the socket takes them: the dispatcher copies what it
/// is given, and a sender that does not read would hold a copy of the whole.
const PIECE: usize = 32 << 10;

/// The longest that a drip takes.
const DRIP_LIMIT: Duration = Duration::from_mins(10);

/// The shortest interval of a drip: finer steps cost wake-ups and look the same to the sender.
const DRIP_TICK: Duration = Duration::from_millis(100);

fn pace_of(fault: Option<Fault>, length: usize) -> Pace {
    let Some(Fault { kind, bytes, .. }) = fault else { return Pace::Whole };
    match kind {
        FaultKind::Drip => {
            let per_second = bytes.unwrap_or(1).max(1);
            let ticks_per_second = u64::try_from(1_000 / DRIP_TICK.as_millis()).unwrap_or(1);
            let (piece, tick) = if per_second <= ticks_per_second {
                (1, Duration::from_micros(1_000_000 / per_second))
            } else if per_second <= PIECE as u64 * ticks_per_second {
                (per_second.div_ceil(ticks_per_second), DRIP_TICK)
            } else {
                (PIECE as u64, Duration::from_micros(PIECE as u64 * 1_000_000 / per_second))
            };
            let piece = usize::try_from(piece).unwrap_or(usize::MAX);
            let until = tokio::time::Instant::now() + DRIP_LIMIT;
            Pace::Drip { piece, tick, sleep: Box::pin(tokio::time::sleep(tick)), until }
        }
        FaultKind::Cut => {
            let part = bytes.map_or(length / 2, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
            Pace::Cut { part: part.min(length.saturating_sub(1)) }
        }
        FaultKind::Close | FaultKind::Reset | FaultKind::Hang => Pace::Whole,
    }
}
