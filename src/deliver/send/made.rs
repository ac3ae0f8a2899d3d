//! Sends composed requests as they are and stores their attempts.

use super::{SendError, SentEvent};
use crate::deliver::Deliver;
use crate::deliver::engine::Parcel;
use crate::model::{BinId, Delivered, RequestId, Seq, Why, filter::Filter};
use crate::store::{ListQuery, Order, RequestRef, StoreError};

/// How many requests are searched for the one that a bin of this server received. More do not arrive between sending
/// and answer.
const ARRIVALS: usize = 100;

impl Deliver {
    /// Sends it several times. `kept` is the bin's request that gets the attempts. Without it, the parcel goes to the
    /// bin itself, and the request that arrives there gets them; returns its id.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(crate) async fn send_made(
        &self,
        bin: BinId,
        kept: Option<RequestId>,
        event: &str,
        parcel: Parcel,
        times: u8,
    ) -> Result<(Vec<SentEvent>, Option<RequestId>), SendError> {
        let (deliver, event) = (self.clone(), event.to_owned());
        // On a separate task, so that a caller that leaves does not stop it half-way.
        let running = self.spawn(async move {
            let (mut all, mut at) = (Vec::new(), kept);
            for _ in 0..times {
                let before = deliver.0.store.head_seq();
                let delivered = {
                    let _permit = deliver.0.permits.acquire().await;
                    deliver.0.engine.deliver(&parcel).await
                };
                let request = match kept {
                    Some(kept) => Some(kept),
                    None => deliver.arrived(bin, before, &parcel).await?,
                };
                if let Some(request) = request {
                    at = at.or(Some(request));
                    deliver.keep_attempt(bin, request, delivered.clone()).await?;
                }
                all.push(SentEvent { event: event.clone(), delivered });
            }
            Ok((all, at))
        });
        running.await.map_err(|_| SendError::Store(StoreError::Closed))?
    }

    /// Stores an attempt; the request may be gone by now.
    pub(super) async fn keep_attempt(
        &self,
        bin: BinId,
        request: RequestId,
        delivered: Delivered,
    ) -> Result<(), SendError> {
        match self.0.store.attempt(bin, request, Why::Send, delivered).await {
            Ok(_) | Err(StoreError::NotFound(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The bin's request that the parcel became: the first with the same bytes and without an attempt.
    async fn arrived(&self, bin: BinId, after: Seq, parcel: &Parcel) -> Result<Option<RequestId>, SendError> {
        // A constant filter; a test parses it too.
        let filter = Filter::parse("origin:simulated").unwrap_or_default();
        let query =
            ListQuery { filter, limit: ARRIVALS, after: Some(after), order: Order::Oldest, ..ListQuery::default() };
        for summary in self.0.store.list(bin, query).await?.requests {
            if summary.last_attempt.is_some() || summary.body_size != parcel.body.len() as u64 {
                continue;
            }
            let Ok(request) = self.0.store.request(bin, RequestRef::Id(summary.id)).await else { continue };
            if request.head.raw()[..] == parcel.head[..] && request.body == parcel.body {
                return Ok(Some(summary.id));
            }
        }
        Ok(None)
    }
}
