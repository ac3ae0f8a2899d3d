//! The body of an upgraded connection. Frames encoded by the hub go out as they are; input is read only for pings,
//! pongs and the closing handshake (RFC 6455).

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::web;
use bytes::{Bytes, BytesMut};
use futures_util::Stream as _;
use tokio::time::{Instant, Interval};

use super::frames::{self, Incoming};
use super::{lagged, next_chunk};
use crate::live::{Delivery, Subscription, text_frame};

/// After this many heartbeats without a frame from it, a subscriber counts as gone.
const SILENT_BEATS: u32 = 2;
/// Bytes of pongs that may wait behind events.
const CONTROL_WAITING: usize = 4 << 10;

/// Both directions of a WebSocket.
pub(super) struct Body {
    incoming: Pin<Box<web::Payload>>,
    received: BytesMut,
    subscription: Subscription,
    heartbeat: Interval,
    silent_beats: u32,
    /// Whole frames of the hub, handed over in pieces.
    waiting: Bytes,
    /// Control frames; they go between whole frames.
    control: BytesMut,
    /// A close frame was sent or is not needed: end when all bytes are out.
    over: bool,
}

impl Body {
    pub(super) fn new(
        payload: web::Payload,
        subscription: Subscription,
        heartbeat: Duration,
        greeting: Option<String>,
    ) -> Self {
        let mut start = Vec::new();
        if let Some(text) = greeting {
            text_frame(&mut start, text.as_bytes());
        }
        Self {
            incoming: Box::pin(payload),
            received: BytesMut::new(),
            subscription,
            heartbeat: tokio::time::interval_at(Instant::now() + heartbeat, heartbeat),
            silent_beats: 0,
            waiting: start.into(),
            control: BytesMut::new(),
            over: false,
        }
    }

    fn close(&mut self, code: u16) {
        frames::close(&mut self.control, code);
        self.over = true;
    }

    /// Reads what the subscriber sent. Data is ignored.
    fn poll_incoming(&mut self, cx: &mut Context<'_>) {
        while !self.over {
            match frames::next(&mut self.received) {
                Ok(Some(frame)) => {
                    self.silent_beats = 0;
                    match frame {
                        // In a flood of pings, those that fit are answered; the rest must not accumulate.
                        Incoming::Ping(payload) if self.control.len() < CONTROL_WAITING => {
                            frames::pong(&mut self.control, &payload);
                        }
                        Incoming::Close => self.close(frames::NORMAL),
                        Incoming::Ping(_) | Incoming::Pong | Incoming::Data => {}
                    }
                    continue;
                }
                Ok(None) => {}
                Err(frames::Malformed) => {
                    self.close(frames::PROTOCOL_ERROR);
                    return;
                }
            }
            match self.incoming.as_mut().poll_next(cx) {
                Poll::Ready(Some(Ok(bytes))) => self.received.extend_from_slice(&bytes),
                Poll::Ready(Some(Err(_)) | None) => self.over = true,
                Poll::Pending => return,
            }
        }
    }

    fn poll_heartbeat(&mut self, cx: &mut Context<'_>) {
        while !self.over && self.heartbeat.poll_tick(cx).is_ready() {
            if self.silent_beats >= SILENT_BEATS {
                self.over = true;
                return;
            }
            self.silent_beats += 1;
            frames::ping(&mut self.control);
        }
    }
}

impl MessageBody for Body {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let this = self.get_mut();
        this.poll_incoming(cx);
        this.poll_heartbeat(cx);
        loop {
            if !this.waiting.is_empty() {
                return Poll::Ready(Some(Ok(next_chunk(&mut this.waiting))));
            }
            if !this.control.is_empty() {
                return Poll::Ready(Some(Ok(this.control.split().freeze())));
            }
            if this.over {
                return Poll::Ready(None);
            }
            match Pin::new(&mut this.subscription).poll_next(cx) {
                Poll::Ready(Some(Delivery::Events(events))) => this.waiting = events.frames(),
                Poll::Ready(Some(Delivery::Lagged { from, to })) => {
                    let mut frame = Vec::new();
                    text_frame(&mut frame, lagged(from, to).as_bytes());
                    this.waiting = frame.into();
                }
                // The bin is deleted or the server stops: 1001, so that clients reconnect and find out.
                Poll::Ready(None) => this.close(frames::GOING_AWAY),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::FromRequest as _;
    use actix_web::dev::Payload;
    use futures_util::stream;

    use super::*;
    use crate::live::Hub;
    use crate::model::BinId;

    #[tokio::test(start_paused = true)]
    async fn a_subscriber_without_a_sign_of_life_is_let_go() {
        let hub = Hub::start().unwrap();
        let subscription = hub.subscribe(BinId::generate(), None).unwrap();
        let request = actix_web::test::TestRequest::default().to_http_request();
        let mut silent: Payload = Payload::Stream { payload: Box::pin(stream::pending()) };
        let payload = web::Payload::from_request(&request, &mut silent).await.unwrap();
        let started = Instant::now();
        let mut body = Box::pin(Body::new(payload, subscription, Duration::from_secs(15), None));
        let mut sent = Vec::new();
        while let Some(Ok(chunk)) = std::future::poll_fn(|context| body.as_mut().poll_next(context)).await {
            sent.push((started.elapsed().as_secs(), chunk.to_vec()));
        }
        assert_eq!(sent, [(15, b"\x89\0".to_vec()), (30, b"\x89\0".to_vec())], "two pings");
        assert_eq!(started.elapsed().as_secs(), 45);
    }
}
