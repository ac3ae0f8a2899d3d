//! Handles an arrived request, independent of any framework: judges it, stores it, chooses the response.
//!
//! The sender gets its response only when the store has committed and the hub has published, so that a 200 means
//! stored.

mod answerer;
mod bins;
mod body_limit;
mod composed;
mod counters;
mod creation;
mod explain;
mod forwarded;
mod hold;
mod hooks;
mod judge;
mod lease;
mod long_work;
mod outgoing;
mod response;
mod reverify;
pub(crate) mod template;
#[cfg(test)]
mod tests;
mod unknown;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::Either;
use parking_lot::Mutex;

use crate::http::{Head, Headers};
use crate::model::{
    BinId, Client, Clock, Derived, HeadSource, MAX_HOPS, Network, NewRequest, Rejection, SignatureMode,
    SignatureStatus, Timestamp,
};
use crate::signature::handshake::{HandshakeResponse, Learnt};
use crate::signature::{Catalogue, CurrentCatalogue};
use crate::store::{BinState, Kept, Store, StoreError, Stored};
use answerer::Crowded;
use bins::PreparedBins;
pub(crate) use bins::{OpenBin, WorkerBins};
pub(crate) use counters::CaptureCounters;
use creation::Creations;
pub(crate) use explain::{Explained, Trial};
pub(crate) use hold::{HeldSenders, NotHeld};
pub(crate) use hooks::{AskTarget, OwnConnections, Targets};
pub(crate) use judge::Judgement;
pub(crate) use lease::Leased;
use long_work::{off_the_worker, takes_long};
pub(crate) use outgoing::{Answered, Instead, Outgoing};
use response::{Chosen, not_stored};
use template::TemplateValues;
pub(crate) use unknown::UnknownBin;
use unknown::UnknownBins;

/// The settings of the capture half.
#[derive(Debug, Clone, Default)]
pub(crate) struct CaptureOptions {
    /// The URL that senders reach the capture listener by, without a slash at the end.
    pub base_url: String,
    /// The server's public URL, if it has one, without a slash at the end: what schemes sign unless the bin has its
    /// own.
    pub public_url: Option<String>,
    /// The most bytes of a body when the bin has no setting.
    pub max_body: u64,
    /// Make a bin when a request names one that does not exist.
    pub auto_create: bool,
    /// Proxies whose `Forwarded` and `X-Forwarded-For` are believed.
    pub trusted_proxies: Vec<Network>,
    /// The schemes that can be chosen and are detected.
    pub catalogue: CurrentCatalogue,
    /// Tells requests that Creel itself has sent from those of other senders, by the peer's address.
    pub own_connections: OwnConnections,
    /// Lets targets answer senders.
    pub targets: Targets,
    /// Senders that wait for an answer by hand. The store's listener notifies them of deletions.
    pub held: HeldSenders,
}

/// A request as the listener hands it over.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    /// The head as sent.
    pub head: Head,
    /// Whether the head is as sent.
    pub head_source: HeadSource,
    /// When the head was complete.
    pub received_at: Timestamp,
    /// The body as sent, in pieces.
    pub body: Vec<Bytes>,
    /// From the complete head to the end of the body.
    pub body_took: Duration,
    /// The trailer section as sent.
    pub trailers: Bytes,
    /// `Content-Length`, if it was there.
    pub declared_size: Option<u64>,
    /// Whether the body is complete.
    pub complete: bool,
    /// The other end of the connection.
    pub peer: Option<SocketAddr>,
    /// Why the listener rejects it, if it does.
    pub rejected: Option<Rejection>,
}

/// A request that the listener has rejected before a handler saw it. Only its head is known, or a part of that.
#[derive(Debug, Clone)]
pub(crate) struct Rejected {
    /// What was received of the head.
    pub head: Bytes,
    /// Why it was rejected.
    pub reason: Rejection,
    /// The status sent to the sender; `None` when it had left.
    pub status: Option<u16>,
    /// When the head was complete; else when it was rejected.
    pub received_at: Timestamp,
    /// The other end of the connection.
    pub peer: Option<SocketAddr>,
}

/// The handle. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Capture(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    options: CaptureOptions,
    prepared: PreparedBins,
    /// How often schemes or platforms have changed.
    generation: AtomicU64,
    runs: reverify::Runs,
    counters: CaptureCounters,
    creations: Mutex<Creations>,
    unknown: UnknownBins,
    held: HeldSenders,
}

impl Capture {
    /// Puts the parts together.
    #[must_use]
    pub(crate) fn new(store: Store, clock: Clock, options: CaptureOptions) -> Self {
        let held = options.held.clone();
        Self(Arc::new(Inner {
            store,
            clock,
            options,
            prepared: PreparedBins::default(),
            generation: AtomicU64::new(0),
            runs: reverify::Runs::default(),
            counters: CaptureCounters::default(),
            creations: Mutex::new(Creations::new()),
            unknown: UnknownBins::default(),
            held,
        }))
    }

    /// The clock that times are taken from.
    #[must_use]
    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The schemes that can be chosen and are detected.
    #[must_use]
    pub(crate) fn catalogue(&self) -> Catalogue {
        self.0.options.catalogue.now()
    }

    /// Called when schemes or platforms have changed: every bin is prepared again at its next use.
    pub(crate) fn schemes_changed(&self) {
        self.0.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Reverifies these bins in the background.
    pub(crate) fn reverify_all(&self, bins: impl IntoIterator<Item = BinId>) {
        for bin in bins {
            self.reverify_in_background(bin);
        }
    }

    /// How often schemes or platforms have changed.
    fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// The counts since the start.
    #[must_use]
    pub(crate) fn counters(&self) -> &CaptureCounters {
        &self.0.counters
    }

    /// The URL that senders reach the capture listener by, without a slash at the end.
    #[must_use]
    pub(crate) fn base_url(&self) -> &str {
        &self.0.options.base_url
    }

    /// The bin that a target's first segment names.
    #[must_use]
    pub(crate) fn bin(&self, segment: &[u8]) -> Option<Arc<BinState>> {
        self.0.store.bin(std::str::from_utf8(segment).ok()?)
    }

    /// Makes a bin ready to take requests.
    #[must_use]
    pub(crate) fn open(&self, state: Arc<BinState>) -> OpenBin {
        let prepared = self.prepared(&state);
        OpenBin { state, prepared }
    }

    fn prepared(&self, bin: &BinState) -> Arc<bins::Prepared> {
        let store = &self.0.store;
        self.0.prepared.of(bin, self.generation(), &self.0.options, |bin| store.bin(bin.as_str()).is_some())
    }

    /// Names that senders lately requested and that no bin has, the latest first.
    #[must_use]
    pub(crate) fn unknown_bins(&self) -> Vec<UnknownBin> {
        self.0.unknown.recent(self.0.clock.now(), |name| self.0.store.bin(name).is_some())
    }

    /// How many bytes a body for that bin may have.
    #[must_use]
    pub(crate) fn body_limit(&self, bin: &OpenBin) -> u64 {
        body_limit::of(bin.state.bin.settings.limits.max_body_bytes, self.0.options.max_body)
    }

    /// Takes a request in and returns the response. Never fails: an error is a response too.
    ///
    /// The request is judged and queued at once; the future waits for the store. A request that takes long to judge
    /// first waits for its turn on another thread.
    pub(crate) fn receive<'a>(&'a self, bin: &'a OpenBin, mut arrived: Arrived) -> impl Future<Output = Outgoing> + 'a {
        let body = joined(std::mem::take(&mut arrived.body));
        let head = arrived.head.clone();
        let headers = head.headers();
        if takes_long(&headers, &body) {
            return Either::Left(Box::pin(self.receive_elsewhere(bin, arrived, body)));
        }
        let judged = bin.prepared.judge.judge(&head, &headers, &body, arrived.received_at);
        Either::Right(self.keep(bin, arrived, body, &headers, judged))
    }

    /// The same, judged on another thread: the worker's other connections do not wait.
    async fn receive_elsewhere(&self, bin: &OpenBin, arrived: Arrived, body: Bytes) -> Outgoing {
        let (prepared, head, read) = (Arc::clone(&bin.prepared), arrived.head.clone(), body.clone());
        let received_at = arrived.received_at;
        let judged = off_the_worker(move || prepared.judge.judge(&head, &head.headers(), &read, received_at)).await;
        let head = arrived.head.clone();
        // The request is kept even if judging panicked.
        self.keep(bin, arrived, body, &head.headers(), judged.unwrap_or_default()).await
    }

    /// Queues a judged request and makes its response.
    fn keep<'a>(
        &'a self,
        bin: &'a OpenBin,
        arrived: Arrived,
        body: Bytes,
        headers: &Headers,
        judged: Judgement,
    ) -> impl Future<Output = Outgoing> + use<'a> {
        let OpenBin { state, prepared } = bin;
        let (origin, hops) = self.origin(arrived.peer);
        let Arrived { head, received_at, .. } = arrived;
        let Judgement { mut derived, handshake, learn } = judged;
        if !arrived.complete {
            // An incomplete event gets no duplicate key.
            derived.event.duplicate_key = None;
        }
        // An incomplete request is no handshake.
        let whole = arrived.complete && arrived.rejected.is_none();
        let (handshake, learn) = (handshake.filter(|_| whole), learn.filter(|_| whole));
        let method = head.method();
        // A sender that leaves early gets no response.
        let left = !arrived.complete && arrived.rejected.is_none();
        // Boxed: few requests are answered by others than the bin, and every request's future is moved.
        let (chosen, answerer) = match self.own_response(bin, arrived.rejected, &method, headers, &derived, handshake) {
            Some(response) => (Chosen::Ready(response), None),
            None => {
                let chosen = prepared.responses.choose(&method, head.target().status_override());
                let hold = prepared.responses.hold();
                match if left { Ok(None) } else { self.answerer(state, body.len(), hold) } {
                    Ok(answerer) => (chosen, answerer.map(Box::new)),
                    Err(Crowded) => {
                        (Chosen::Ready(Outgoing::retry(503, "too many wait for the target; try again")), None)
                    }
                }
            }
        };
        drop(method);
        // A template is filled in after the commit, because it may contain the id: keeps what it needs, if there is
        // one.
        let kept = chosen.needs_request().then(|| (head.clone(), body.clone()));
        let request = NewRequest {
            bin: state.bin.id,
            received_at,
            body_took: arrived.body_took,
            client: self.client(headers, arrived.peer),
            head,
            head_source: arrived.head_source,
            body,
            trailers: arrived.trailers,
            declared_size: arrived.declared_size,
            complete: arrived.complete,
            rejected: arrived.rejected,
            derived,
            status: chosen.status().filter(|_| !left && answerer.is_none()),
            held_until: answerer.as_ref().and_then(|answerer| answerer.held_until(&self.0.clock)),
            origin,
            hops,
        };
        // Boxed: few requests have it, and every request's future is moved.
        let learn = learn.map(|learnt| Box::new((learnt, request.client)));
        let storing = (hops <= MAX_HOPS).then(|| self.0.store.capture(request));
        async move {
            let Some(storing) = storing else {
                self.0.counters.loops.fetch_add(1, Ordering::Relaxed);
                return Outgoing::error(508, &format!("a loop: Creel has sent this on {MAX_HOPS} times already"));
            };
            let stored = match storing.await {
                Ok(stored) => stored,
                Err(error) => return not_stored(&error),
            };
            if let Some(learn) = learn {
                let (learnt, client) = *learn;
                Box::pin(self.learn(state, learnt, client)).await;
            }
            let mut response = match kept {
                None => chosen.finish(&prepared.responses, None),
                Some((head, body)) => {
                    let long = takes_long(&head.headers(), &body);
                    let prepared = Arc::clone(prepared);
                    let fill = move || {
                        let values = TemplateValues { head: &head, body: &body, id: Some(stored.id), received_at };
                        chosen.finish(&prepared.responses, Some(&values))
                    };
                    let failed = || Outgoing::error(500, "the response could not be made");
                    if long { Box::pin(off_the_worker(fill)).await.unwrap_or_else(failed) } else { fill() }
                }
            };
            response.stored = Some(stored);
            response.instead = answerer.map(|answerer| Box::new(answerer.ask(self, stored, prepared)));
            response
        }
    }

    /// Stores exported requests with their marks and durations; verdicts follow the bin's present settings. Returns how
    /// many were stored.
    pub(crate) async fn import(
        &self,
        bin: &BinState,
        mut requests: Vec<(NewRequest, Kept)>,
    ) -> Result<u64, StoreError> {
        let prepared = self.prepared(bin);
        for (request, _) in &mut requests {
            let handshake = request.derived.event.handshake.take();
            let headers = request.head.headers();
            request.derived = prepared.judge.judge(&request.head, &headers, &request.body, request.received_at).derived;
            request.derived.event.handshake = handshake;
        }
        self.0.store.import(bin.bin.id, requests).await
    }

    /// Keeps a secret that a provider handed over in its handshake. Its label names the provider.
    async fn learn(&self, bin: &BinState, Learnt { secret, of }: Learnt, client: Option<Client>) {
        let sender = client.map_or_else(|| "an unknown sender".to_owned(), |client| client.ip.to_string());
        let label = format!("learnt from {sender} ({} handshake)", of.join(", "));
        match self.0.store.learn_secret(bin.bin.id, label, secret, of).await {
            Ok(true) => {
                self.0.counters.learnt_secrets.fetch_add(1, Ordering::Relaxed);
                tracing::info!(bin = %bin.bin.id, sender, "learnt a secret from the provider's handshake");
            }
            Ok(false) => tracing::info!(bin = %bin.bin.id, sender, "did not learn a secret: the bin has changed"),
            Err(error) => tracing::warn!(bin = %bin.bin.id, %error, "could not keep the secret of a handshake"),
        }
    }

    /// Responses that do not come from the bin's settings: for rejected requests, preflights, handshakes and enforced
    /// signatures.
    fn own_response(
        &self,
        bin: &OpenBin,
        rejected: Option<Rejection>,
        method: &str,
        headers: &Headers,
        derived: &Derived,
        handshake: Option<HandshakeResponse>,
    ) -> Option<Outgoing> {
        if let Some(reason) = rejected {
            let sentence = reason.sentence();
            return Some(match reason.kind() {
                Rejection::BodyTooLarge => {
                    Outgoing::error(413, &format!("{sentence} ({} bytes)", self.body_limit(bin)))
                }
                Rejection::Timeout => Outgoing::error(408, sentence),
                Rejection::HeadTooLarge => Outgoing::error(431, sentence),
                _ => Outgoing::error(400, sentence),
            });
        }
        let preflight = bin.prepared.responses.cors() && method == "OPTIONS";
        if preflight && headers.contains("Origin") && headers.contains("Access-Control-Request-Method") {
            return Some(response::preflight(headers));
        }
        if let Some(HandshakeResponse { status, headers, body }) = handshake {
            return Some(Outgoing::with(status, headers, body));
        }
        let enforced = bin.state.bin.settings.signature_mode == SignatureMode::Enforce;
        (enforced && derived.verdict.status != SignatureStatus::Valid)
            .then(|| Outgoing::error(401, "Invalid signature"))
    }

    /// Keeps the head of a rejected request, if it names a bin. Does not wait for the store.
    pub(crate) fn rejected(&self, rejected: Rejected) {
        let head = Head::new(rejected.head);
        let Some(bin) = self.named_by(&head) else {
            self.0.counters.rejected_unattributed.fetch_add(1, Ordering::Relaxed);
            return;
        };
        self.0.counters.rejected_kept.fetch_add(1, Ordering::Relaxed);
        let (origin, hops) = self.origin(rejected.peer);
        self.0.store.capture_unattended(NewRequest {
            bin: bin.bin.id,
            received_at: rejected.received_at,
            body_took: Duration::ZERO,
            client: self.client(&head.headers(), rejected.peer),
            head,
            head_source: HeadSource::Wire,
            body: Bytes::new(),
            trailers: Bytes::new(),
            declared_size: None,
            complete: false,
            rejected: Some(rejected.reason),
            derived: Derived::default(),
            status: rejected.status,
            held_until: None,
            origin,
            hops,
        });
    }

    /// Notes how a delayed, dripped or faulty response ended.
    pub(crate) fn answered(&self, stored: Stored, status: Option<u16>, took: Duration) {
        self.0.store.answered(stored, status, took);
    }

    /// The URL of a bin as its sender knows it.
    #[must_use]
    pub(crate) fn bin_url(&self, bin: &str, public_url: Option<&str>) -> String {
        public_url
            .map_or_else(|| format!("{}/{bin}", self.0.options.base_url), |url| url.trim_end_matches('/').to_owned())
    }

    fn client(&self, headers: &Headers, peer: Option<SocketAddr>) -> Option<Client> {
        peer.map(|peer| forwarded::client(peer, headers, &self.0.options.trusted_proxies))
    }
}

/// A body in one piece; copied only if it came in several.
fn joined(mut pieces: Vec<Bytes>) -> Bytes {
    if pieces.len() > 1 {
        return pieces.concat().into();
    }
    pieces.pop().unwrap_or_default()
}
