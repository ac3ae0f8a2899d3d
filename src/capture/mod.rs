//! What Creel does with a request that has arrived, free of any framework: judge it, store it, choose the response.
//!
//! The sender gets its response only when the store has committed and the hub has published, so that a 200 means
//! stored.

mod bins;
mod explain;
mod judge;
mod response;
mod reverify;
pub mod template;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;

use crate::http::{Head, Headers};
use crate::model::{
    BinName, BinSettings, Client, Clock, Derived, HeadSource, Marks, NewRequest, Rejection, SecretValue, SignatureMode,
    SignatureStatus, Timestamp,
};
use crate::signature::Catalogue;
use crate::signature::handshake::HandshakeResponse;
use crate::store::{BinState, Store, StoreError, Stored};
use bins::PreparedBins;
pub use bins::{OpenBin, WorkerBins};
pub use explain::{Explained, Trial};
pub use judge::Judgement;
use response::Chosen;
pub use response::Outgoing;
use template::TemplateValues;

/// The settings of the capture half.
#[derive(Debug, Clone, Default)]
pub struct CaptureOptions {
    /// The URL that senders reach the capture listener by, without a slash at the end.
    pub base_url: String,
    /// The server's public URL, if it has one, without a slash at the end: what schemes sign unless the bin has its
    /// own.
    pub public_url: Option<String>,
    /// Bytes of a body when the bin does not say.
    pub max_body: u64,
    /// Make a bin when a request names one that is not there.
    pub auto_create: bool,
    /// Believe `Forwarded` and `X-Forwarded-*`.
    pub trust_forwarded: bool,
    /// The schemes that can be chosen and are detected.
    pub catalogue: Catalogue,
}

/// A request as the listener hands it over.
#[derive(Debug, Clone)]
pub struct Arrived {
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
pub struct Rejected {
    /// What was received of the head.
    pub head: Bytes,
    /// Why it was rejected.
    pub reason: Rejection,
    /// The status that the sender was sent; `None` when it had left.
    pub status: Option<u16>,
    /// When the head was complete; else when it was rejected.
    pub received_at: Timestamp,
    /// The other end of the connection.
    pub peer: Option<SocketAddr>,
}

/// What the capture half has counted since the start, beside what the store counts.
#[derive(Debug, Default)]
pub struct CaptureCounters {
    /// Requests to bins that are not there.
    pub unknown_bin: AtomicU64,
    /// Rejected requests that name no bin.
    pub rejected_unattributed: AtomicU64,
    /// Rejected requests whose head was kept.
    pub rejected_kept: AtomicU64,
    /// Heads on which recorder and parser disagreed.
    pub head_mismatch: AtomicU64,
}

/// The label of secrets that a provider's handshake handed over.
const LEARNT: &str = "learnt from the handshake";

/// The handle. Cheap to clone.
#[derive(Clone)]
pub struct Capture(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    options: CaptureOptions,
    prepared: PreparedBins,
    runs: reverify::Runs,
    counters: CaptureCounters,
}

impl Capture {
    /// Puts the parts together.
    #[must_use]
    pub fn new(store: Store, clock: Clock, options: CaptureOptions) -> Self {
        Self(Arc::new(Inner {
            store,
            clock,
            options,
            prepared: PreparedBins::default(),
            runs: reverify::Runs::default(),
            counters: CaptureCounters::default(),
        }))
    }

    /// The clock that times are taken from.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The schemes that can be chosen and are detected.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.0.options.catalogue
    }

    /// What was seen since the start.
    #[must_use]
    pub fn counters(&self) -> &CaptureCounters {
        &self.0.counters
    }

    /// The URL that senders reach the capture listener by, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.0.options.base_url
    }

    /// The bin that a target's first segment names.
    #[must_use]
    pub fn bin(&self, segment: &[u8]) -> Option<Arc<BinState>> {
        self.0.store.bin(std::str::from_utf8(segment).ok()?)
    }

    /// Makes a bin ready to take requests.
    #[must_use]
    pub fn open(&self, state: Arc<BinState>) -> OpenBin {
        let prepared = self.0.prepared.of(&state, &self.0.options);
        OpenBin { state, prepared }
    }

    /// Makes the bin that a segment names, for a request that found none: when that is wanted and the segment is a
    /// possible name.
    pub async fn create(&self, segment: &[u8]) -> Option<OpenBin> {
        let name: Option<BinName> = std::str::from_utf8(segment).ok().and_then(|text| text.parse().ok());
        let name = name.filter(|_| self.0.options.auto_create);
        let Some(name) = name else {
            self.0.counters.unknown_bin.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        let settings = BinSettings { name: Some(name.clone()), ..BinSettings::default() };
        let made = match self.0.store.create_bin(settings, Vec::new()).await {
            Ok(bin) => Some(bin),
            // Two first requests at once: the other one has made it.
            Err(StoreError::NameTaken(_)) => self.0.store.bin(name.as_str()),
            Err(error) => {
                tracing::warn!(%error, bin = %name, "could not make the bin");
                None
            }
        };
        made.map(|bin| self.open(bin))
    }

    /// The response for a request to a bin that is not there.
    #[must_use]
    pub fn unknown_bin(segment: &[u8]) -> Outgoing {
        let segment = String::from_utf8_lossy(segment);
        if segment.is_empty() {
            return Outgoing::error(404, "this is Creel's capture address: send requests to a bin URL, http://…/{bin}");
        }
        Outgoing::error(
            404,
            &format!("no bin '{segment}' here: create one in the console, or start creel with --auto-create"),
        )
    }

    /// How many bytes a body for that bin may have.
    #[must_use]
    pub fn body_limit(&self, bin: &OpenBin) -> u64 {
        match bin.state.bin.settings.limits.max_body_bytes {
            None => self.0.options.max_body,
            Some(0) => u64::MAX,
            Some(limit) => limit,
        }
    }

    /// Takes a request in and says what to answer. Never fails: what goes wrong is a response, too.
    ///
    /// It is judged and queued at once; the future waits for the store.
    pub fn receive<'a>(&'a self, bin: &'a OpenBin, arrived: Arrived) -> impl Future<Output = Outgoing> + 'a {
        let OpenBin { state, prepared } = bin;
        let Arrived { head, body, received_at, .. } = arrived;
        let headers = head.headers();
        let body = joined(body);
        let judged = prepared.judge.judge(&head, &headers, &body, received_at);
        let Judgement { derived, handshake, learn } = judged;
        // An incomplete handshake is none.
        let whole = arrived.complete && arrived.rejected.is_none();
        let (handshake, learn) = (handshake.filter(|_| whole), learn.filter(|_| whole));
        let method = head.method();
        let chosen = match self.own_response(bin, arrived.rejected, &method, &headers, &derived, handshake) {
            Some(response) => Chosen::Ready(response),
            None => prepared.responses.choose(&method, head.target().status_override()),
        };
        drop(method);
        // A template is filled in after the commit, since it may hold the id: keep what it needs, and only then.
        let kept = chosen.needs_request().then(|| (head.clone(), body.clone()));
        // A sender that leaves early gets no response.
        let left = !arrived.complete && arrived.rejected.is_none();
        let request = NewRequest {
            bin: state.bin.id,
            received_at,
            body_took: arrived.body_took,
            client: self.client(&headers, arrived.peer),
            head,
            head_source: arrived.head_source,
            body,
            trailers: arrived.trailers,
            declared_size: arrived.declared_size,
            complete: arrived.complete,
            rejected: arrived.rejected,
            derived,
            status: chosen.status().filter(|_| !left),
        };
        drop(headers);
        let storing = self.0.store.capture(request);
        async move {
            let stored = match storing.await {
                Ok(stored) => stored,
                Err(error) => return not_stored(&error),
            };
            if let Some(secret) = learn {
                Box::pin(self.learn(state, secret)).await;
            }
            let mut response = match kept {
                None => chosen.finish(None),
                Some((head, body)) => {
                    chosen.finish(Some(&TemplateValues { head: &head, body: &body, id: Some(stored.id), received_at }))
                }
            };
            response.stored = Some(stored);
            response
        }
    }

    /// Stores requests that were exported before, with their marks; verdicts are those of the bin's present settings.
    /// Returns how many were stored.
    pub async fn import(&self, bin: &BinState, mut requests: Vec<(NewRequest, Marks)>) -> Result<u64, StoreError> {
        let prepared = self.0.prepared.of(bin, &self.0.options);
        for (request, _) in &mut requests {
            let handshake = request.derived.event.handshake.take();
            let headers = request.head.headers();
            request.derived = prepared.judge.judge(&request.head, &headers, &request.body, request.received_at).derived;
            request.derived.event.handshake = handshake;
        }
        self.0.store.import(bin.bin.id, requests).await
    }

    /// Keeps a secret that a provider handed over in its handshake.
    async fn learn(&self, bin: &BinState, secret: SecretValue) {
        match self.0.store.add_secret(bin.bin.id, LEARNT.to_owned(), secret).await {
            Ok(_) => tracing::info!(bin = %bin.bin.id, "learnt a secret from the provider's handshake"),
            Err(error) => tracing::warn!(bin = %bin.bin.id, %error, "could not keep the secret of a handshake"),
        }
    }

    /// Responses that do not come from the bin's settings: to what is rejected, preflights, handshakes, enforced
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
        match rejected {
            Some(Rejection::BodyTooLarge) => {
                let limit = self.body_limit(bin);
                return Some(Outgoing::error(413, &format!("the body is larger than this bin takes ({limit} bytes)")));
            }
            Some(Rejection::Timeout) => return Some(Outgoing::error(408, "the body did not arrive in time")),
            Some(Rejection::HeadTooLarge) => return Some(Outgoing::error(431, "the head is too large")),
            Some(Rejection::Malformed) => return Some(Outgoing::error(400, "the request is not valid HTTP")),
            Some(Rejection::NotStored) | None => {}
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
    pub fn rejected(&self, rejected: Rejected) {
        let head = Head::new(rejected.head);
        let Some(bin) = self.bin(head.target().bin_segment()) else {
            self.0.counters.rejected_unattributed.fetch_add(1, Ordering::Relaxed);
            return;
        };
        self.0.counters.rejected_kept.fetch_add(1, Ordering::Relaxed);
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
        });
    }

    /// Notes how a delayed, dripped or spoilt response ended.
    pub fn answered(&self, stored: Stored, status: Option<u16>, took: Duration) {
        self.0.store.answered(stored, status, took);
    }

    /// Counts a head on which recorder and parser disagreed.
    pub fn count_mismatch(&self) {
        self.0.counters.head_mismatch.fetch_add(1, Ordering::Relaxed);
    }

    /// The URL of a bin as its sender knows it.
    #[must_use]
    pub fn bin_url(&self, bin: &str, public_url: Option<&str>) -> String {
        public_url
            .map_or_else(|| format!("{}/{bin}", self.0.options.base_url), |url| url.trim_end_matches('/').to_owned())
    }

    fn client(&self, headers: &Headers, peer: Option<SocketAddr>) -> Option<Client> {
        let forwarded = self.0.options.trust_forwarded.then(|| forwarded_for(headers)).flatten();
        forwarded.or_else(|| peer.map(|peer| Client { ip: peer.ip(), port: peer.port() }))
    }
}

/// The response when a request could not be stored: never a success.
fn not_stored(error: &StoreError) -> Outgoing {
    match error {
        StoreError::Busy => Outgoing::retry(503, "too much is waiting to be stored; try again"),
        StoreError::Closed => Outgoing::retry(503, "shutting down"),
        StoreError::DiskFull => Outgoing::error(507, "not stored: the disk is full"),
        StoreError::Unavailable(_) => Outgoing::retry(503, "not stored: the database cannot be written"),
        StoreError::Corrupt(_) => Outgoing::error(503, "not stored: the database is damaged"),
        StoreError::TooLarge => Outgoing::error(413, "not stored: the request is larger than the database can store"),
        StoreError::NotFound(_) => Outgoing::error(404, "the bin was deleted"),
        StoreError::NameTaken(_) | StoreError::CursorGone | StoreError::Failed(_) => Outgoing::error(503, "not stored"),
    }
}

/// The client's address by `Forwarded` (RFC 7239) or `X-Forwarded-For`: the first one, as the proxies nearest to the
/// sender wrote it.
fn forwarded_for(headers: &Headers) -> Option<Client> {
    let first = headers.get_str("Forwarded").map_or_else(
        || headers.get_str("X-Forwarded-For").and_then(|list| list.split(',').next()).map(str::to_owned),
        |list| {
            let element = list.split(',').next()?;
            let value = element.split(';').find_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
            })?;
            Some(value.trim_matches('"').to_owned())
        },
    )?;
    let text = first.trim();
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(Client { ip: address.ip(), port: address.port() });
    }
    let ip: IpAddr = text.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
    Some(Client { ip, port: 0 })
}

/// A body in one piece; only copied when it came in several.
fn joined(mut pieces: Vec<Bytes>) -> Bytes {
    if pieces.len() > 1 {
        return pieces.concat().into();
    }
    pieces.pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwarded_addresses_of_both_headers_are_read() {
        for (name, value, ip, port) in [
            ("X-Forwarded-For", "203.0.113.7, 10.0.0.1", "203.0.113.7", 0),
            ("Forwarded", "For=\"[2001:db8::17]:4711\";proto=https, for=10.0.0.1", "2001:db8::17", 4711),
            ("Forwarded", "proto=http;for=192.0.2.60", "192.0.2.60", 0),
        ] {
            let headers: Headers = [(name, value)].into_iter().collect();
            assert_eq!(forwarded_for(&headers), Some(Client { ip: ip.parse().unwrap(), port }), "{value}");
        }
        for nonsense in ["unknown", "_hidden", "for=", "\u{1}"] {
            let headers: Headers = [("X-Forwarded-For", nonsense)].into_iter().collect();
            assert_eq!(forwarded_for(&headers), None);
        }
    }
}
