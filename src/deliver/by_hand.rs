//! Sending from the machine of the command line: the same drafts and the same engine, without a store. Every target is
//! allowed: the user of the command line can reach it anyway.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::draft::draft;
use super::engine::{Engine, OwnSockets, System, TargetPolicy, TargetUrl, TlsOptions};
use super::plan::{Plan, SendError};
use crate::http::Head;
use crate::model::{
    Bin, BinId, BinSettings, CapturedRequest, Clock, Delivered, Derived, EventFacts, Freshness, HeadSource, Marks,
    Origin, RequestId, RequestSummary, SentResponse, Seq, SignatureStatus, Timestamp, Verdict,
};
use crate::signature::Catalogue;

/// Sends requests that another process stores.
pub(crate) struct ByHand {
    engine: Engine,
    catalogue: Catalogue,
    clock: Clock,
    /// A substitute for the request's bin, without its secrets.
    bin: Bin,
}

/// Facts about such a request, in addition to its bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// Its id; `None` for a request that no server has stored.
    pub id: Option<RequestId>,
    /// Its cursor.
    pub seq: Seq,
    pub received_at: Timestamp,
    /// The path below the bin.
    pub path: String,
    /// Whether its body is complete, and it was not rejected.
    pub complete: bool,
    /// The scheme of its verdict.
    pub scheme: Option<String>,
    pub event: Option<String>,
}

impl ByHand {
    pub(crate) fn new(catalogue: Catalogue, tls: TlsOptions) -> Self {
        let clock = Clock::system();
        let engine = Engine::new(Arc::new(System), TargetPolicy::anywhere(), tls, OwnSockets::default(), clock.clone());
        let bin = Bin {
            id: BinId::generate(),
            created_at: clock.now(),
            settings: BinSettings::default(),
            secrets: Vec::new(),
        };
        Self { engine, catalogue, clock, bin }
    }

    /// Sends one request; returns the outcome and the body that was sent.
    ///
    /// # Errors
    /// When it is unfit to send, or a change or the signature cannot be made.
    pub(crate) async fn send(&self, request: &CapturedRequest, plan: &Plan) -> Result<(Delivered, Bytes), SendError> {
        let draft = draft(&self.catalogue, &self.bin, request, plan, self.clock.now())?;
        let delivered = self.engine.deliver(&draft.parcel).await;
        Ok((delivered, draft.parcel.body))
    }

    /// Whether a connection to the target can be made.
    pub(crate) async fn reaches(&self, target: &TargetUrl) -> bool {
        self.engine.reaches(target).await
    }

    /// The request as one that a bin holds. What `facts` does not say is left at nothing.
    pub(crate) fn request(&self, head: Bytes, body: Bytes, facts: Facts) -> CapturedRequest {
        let head = Head::new(head);
        let verdict =
            Verdict { status: SignatureStatus::UnsignedScheme, scheme: facts.scheme, secret: None, reason: None };
        let event = EventFacts { name: facts.event, ..EventFacts::default() };
        let summary = RequestSummary {
            seq: facts.seq,
            id: facts.id.unwrap_or_else(|| RequestId::from_bytes([0; 16])),
            bin: self.bin.id,
            received_at: facts.received_at,
            body_took: Duration::ZERO,
            method: head.method().into_owned(),
            target: head.target().to_text().into_owned(),
            path: facts.path,
            http_version: head.version().into_owned(),
            content_type: None,
            head_source: HeadSource::Wire,
            body_size: body.len() as u64,
            declared_size: None,
            complete: facts.complete,
            client: None,
            rejected: None,
            derived: Derived { verdict, freshness: Freshness::none(), event },
            response: SentResponse { status: None, duration_us: None },
            marks: Marks::default(),
            origin: Origin::Wire,
            hops: 0,
            last_attempt: None,
            forwarded: None,
            held_until: None,
        };
        CapturedRequest { summary, head, body, trailers: Bytes::new() }
    }
}
