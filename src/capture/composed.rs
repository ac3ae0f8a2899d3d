//! Composed requests. They never arrived: they have no sender and no response, and do not count when a real delivery of
//! the same event is checked for repeats.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::Capture;
use super::long_work::{off_the_worker, takes_long};
use crate::http::Head;
use crate::model::{Derived, HeadSource, NewRequest, Origin, RequestId};
use crate::store::{BinState, StoreError};

/// Removes facts that only an arrived request has: repeats and handshakes.
pub(super) fn never_arrived(derived: &mut Derived) {
    derived.event.duplicate_key = None;
    derived.event.handshake = None;
}

impl Capture {
    /// Keeps a composed request in a bin. The head is addressed to the bin.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(crate) async fn keep_composed(&self, bin: &BinState, head: Head, body: Bytes) -> Result<RequestId, StoreError> {
        let (prepared, received_at) = (self.prepared(bin), self.0.clock.now());
        let judge = {
            let (prepared, head, body) = (Arc::clone(&prepared), head.clone(), body.clone());
            move || prepared.judge.judge(&head, &head.headers(), &body, received_at).derived
        };
        let long = takes_long(&head.headers(), &body);
        let mut derived = if long { off_the_worker(judge).await.unwrap_or_default() } else { judge() };
        never_arrived(&mut derived);
        let request = NewRequest {
            bin: bin.bin.id,
            received_at,
            body_took: Duration::ZERO,
            declared_size: Some(body.len() as u64).filter(|size| *size > 0),
            head,
            head_source: HeadSource::Wire,
            body,
            trailers: Bytes::new(),
            complete: true,
            client: None,
            rejected: None,
            derived,
            status: None,
            held_until: None,
            origin: Origin::Composed,
            hops: 0,
        };
        Ok(self.0.store.capture(request).await?.id)
    }
}
