//! The body of a server-sent event stream (WHATWG HTML, section 9.2).

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use futures_util::Stream as _;
use tokio::time::{Instant, Interval};

use super::{lagged, next_chunk};
use crate::capture::Leased;
use crate::live::{Delivery, Subscription};

/// Only sending shows that a reader has left, and senders wait for a lease whose holder has left.
const LEASE_HEARTBEAT: Duration = Duration::from_secs(1);

/// Sends the subscription's events, and a comment after a silence.
pub(super) struct Body {
    subscription: Subscription,
    heartbeat: Interval,
    waiting: Bytes,
    over: bool,
    /// Held as long as the stream.
    _lease: Option<Leased>,
}

impl Body {
    pub(super) fn new(
        subscription: Subscription,
        heartbeat: Duration,
        greeting: Option<String>,
        lease: Option<Leased>,
    ) -> Self {
        // A first comment, so that the client sees at once that it is connected.
        let start = greeting.map_or_else(
            || Bytes::from_static(b": connected\n\n"),
            |hello| format!(": connected\n\nevent: hello\ndata: {hello}\n\n").into(),
        );
        let heartbeat = if lease.is_some() { heartbeat.min(LEASE_HEARTBEAT) } else { heartbeat };
        let heartbeat = tokio::time::interval_at(Instant::now() + heartbeat, heartbeat);
        Self { subscription, heartbeat, waiting: start, over: false, _lease: lease }
    }
}

impl MessageBody for Body {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let this = self.get_mut();
        loop {
            if !this.waiting.is_empty() {
                return Poll::Ready(Some(Ok(next_chunk(&mut this.waiting))));
            }
            if this.over {
                return Poll::Ready(None);
            }
            match Pin::new(&mut this.subscription).poll_next(cx) {
                Poll::Ready(Some(Delivery::Events(events))) => this.waiting = events.sse(),
                Poll::Ready(Some(Delivery::Lagged { from, to })) => {
                    this.waiting = format!("id: {to}\nevent: lagged\ndata: {}\n\n", lagged(from, to)).into();
                }
                Poll::Ready(None) => this.over = true,
                Poll::Pending => match this.heartbeat.poll_tick(cx) {
                    Poll::Ready(_) => this.waiting = Bytes::from_static(b":\n\n"),
                    Poll::Pending => return Poll::Pending,
                },
            }
        }
    }
}
