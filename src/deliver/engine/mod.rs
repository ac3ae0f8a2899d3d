//! The engine: sends one request as it was captured and reads the response. It knows neither the server nor the store,
//! so the command line uses it too.
//!
//! - `head` makes the head, `target` decides which targets are allowed (by `address`), `network` connects, `tls`
//!   encrypts, `response` reads, `own_sockets` tells the capture listener which connections are Creel's own.
//! - Every step has a bound: connecting and the whole delivery have time-outs, a response has a largest head and body.
//! - The result is always an [`Outcome`] with a sentence, never an error.

mod address;
mod edit_head;
mod exchange;
mod fit;
mod head;
mod network;
mod own_sockets;
mod response;
mod target;
mod tls;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Host;

pub(crate) use edit_head::{HeadEdit, edited};
pub(crate) use fit::{has_dot_segment, unfit};
pub(crate) use head::{
    HeadChange, HeadPlan, is_hop_by_hop, is_set_by_creel, named_by_connection, outgoing, path_and_query,
};
pub(crate) use network::{Network, System};
pub(crate) use own_sockets::{OwnSocket, OwnSockets};
pub(crate) use target::{AllowedTarget, NotAllowed, TargetPolicy, TargetUrl};
pub(crate) use tls::TlsOptions;

use crate::http::cover::Cover;
use crate::model::{Clock, Delivered, Outcome, ReceivedResponse, Times};
use exchange::exchange;
use response::Reading;

/// Time-out for a connection; a target in a distant data centre needs a tenth of it.
const CONNECT: Duration = Duration::from_secs(5);
/// Time-out for resolving a target's name when it is set.
const RESOLVE: Duration = Duration::from_secs(5);

/// A request to send.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    /// Where to connect; what is asked for there is in the head.
    pub target: TargetUrl,
    /// The whole URL that the head asks for.
    pub url: String,
    /// The head, ready to be sent.
    pub head: Bytes,
    /// A secret that is sent as it is: masked in all that is shown and kept, also where the target echoes it.
    pub hidden: Cover,
    pub body: Bytes,
    /// Its method is HEAD: the response has no body whatever it says.
    pub to_head: bool,
    /// Time-out for the whole delivery.
    pub timeout: Duration,
    /// What the request counts as, if it reaches the capture listener.
    pub own: OwnSocket,
    /// The body is sent in pieces over this time, as slow senders do; zero for at once.
    pub spread: Duration,
    /// It goes to this server's own capture listener, which is always allowed.
    pub to_self: bool,
}

/// How a step failed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Failure {
    outcome: Outcome,
    sentence: String,
}

impl Failure {
    fn new(outcome: Outcome, sentence: impl Into<String>) -> Self {
        Self { outcome, sentence: sentence.into() }
    }
}

/// How far a delivery has got. Kept outside the working future, so that a time-out does not lose it.
struct Progress {
    stage: Stage,
    times: Times,
    ready: Option<Instant>,
    reading: Reading,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Resolve,
    Connect,
    Tls,
    Response,
}

/// Sends requests. One for the whole server.
pub(crate) struct Engine {
    network: Arc<dyn Network>,
    policy: TargetPolicy,
    tls: tls::Tls,
    sockets: OwnSockets,
    clock: Clock,
}

impl Engine {
    pub(crate) fn new(
        network: Arc<dyn Network>,
        policy: TargetPolicy,
        tls: TlsOptions,
        sockets: OwnSockets,
        clock: Clock,
    ) -> Self {
        Self { network, policy, tls: tls::Tls::new(tls), sockets, clock }
    }

    /// Checks a target before it is accepted: resolves its name; every address must be allowed. A listed name is
    /// accepted even if it does not resolve now.
    ///
    /// # Errors
    /// A sentence that names the flag.
    pub(crate) async fn check(&self, target: &TargetUrl) -> Result<(), NotAllowed> {
        let found = match tokio::time::timeout(RESOLVE, self.resolve(target)).await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) | Err(_) => Vec::new(),
        };
        if found.is_empty() && !self.policy.lists(target) {
            return Err(TargetPolicy::unresolved(target));
        }
        found.iter().try_for_each(|ip| self.policy.check(target, *ip))
    }

    /// Where this server's own capture listener is reached from here.
    pub(crate) fn own_listener(&self) -> Option<SocketAddr> {
        self.sockets.listener()
    }

    /// Whether a connection to the target can be made; for a target that was down.
    pub(crate) async fn reaches(&self, target: &TargetUrl) -> bool {
        let connecting = async {
            let addresses = self.addresses(target, false).await.ok()?;
            self.connect(target, &addresses, CONNECT).await.ok()
        };
        tokio::time::timeout(CONNECT, connecting).await.is_ok_and(|connected| connected.is_some())
    }

    /// Sends a request and returns the outcome.
    pub(crate) async fn deliver(&self, parcel: &Parcel) -> Delivered {
        let (started_at, begun) = (self.clock.now(), Instant::now());
        let mut progress =
            Progress { stage: Stage::Resolve, times: Times::default(), ready: None, reading: Reading::default() };
        let result = tokio::time::timeout(parcel.timeout, self.run(parcel, &mut progress)).await;
        let total = begun.elapsed();
        let Progress { stage, mut times, ready, reading } = progress;
        times.total = micros(total);
        times.first_byte = ready.zip(reading.first_byte).map(|(ready, first)| micros(first.duration_since(ready)));
        let begun_to_answer = reading.first_byte.is_some();
        let response = reading.into_response();
        let failure = match result {
            Ok(Ok(())) => None,
            Ok(Err(failure)) => Some(failure),
            Err(_) => Some(too_late(&parcel.target, parcel.timeout, stage, begun_to_answer)),
        };
        let (outcome, sentence) = match (failure, &response) {
            (Some(failure), _) => (failure.outcome, failure.sentence),
            (None, Some(response)) => {
                (Outcome::Answered, format!("{} answered {}.", parcel.target.authority(), response.status))
            }
            // Reading succeeds only with a head.
            (None, None) => (Outcome::Malformed, "There is no response.".to_owned()),
        };
        Delivered {
            target: parcel.hidden.text(&parcel.url).into_owned(),
            started_at,
            outcome,
            sentence: parcel.hidden.text(&sentence).into_owned(),
            sent_head: parcel.hidden.bytes(&parcel.head),
            sent_body_size: parcel.body.len() as u64,
            signature: None,
            response: response.as_ref().map(|response| covered(response, &parcel.hidden)),
            times,
        }
    }

    async fn run(&self, parcel: &Parcel, progress: &mut Progress) -> Result<(), Failure> {
        let target = &parcel.target;
        let clock = Instant::now();
        let addresses = self.addresses(target, parcel.to_self).await?;
        progress.times.resolve = Some(micros(clock.elapsed()));
        progress.stage = Stage::Connect;
        let clock = Instant::now();
        let stream = self.connect(target, &addresses, CONNECT.min(parcel.timeout)).await?;
        progress.times.connect = Some(micros(clock.elapsed()));
        let addresses = stream.local_addr().and_then(|local| Ok((local, stream.peer_addr()?)));
        let mut entry = addresses.ok().and_then(|(local, peer)| self.sockets.add(local, peer, parcel.own));
        let result = if target.is_https() {
            progress.stage = Stage::Tls;
            let clock = Instant::now();
            let stream = self.secure(target, stream).await?;
            progress.times.tls = Some(micros(clock.elapsed()));
            progress.stage = Stage::Response;
            progress.ready = Some(Instant::now());
            exchange(stream, parcel, &mut progress.reading).await
        } else {
            progress.stage = Stage::Response;
            progress.ready = Some(Instant::now());
            exchange(stream, parcel, &mut progress.reading).await
        };
        if result.is_ok()
            && let Some(entry) = &mut entry
        {
            entry.answered();
        }
        result
    }

    async fn resolve(&self, target: &TargetUrl) -> std::io::Result<Vec<IpAddr>> {
        Ok(match target.host() {
            Host::Ipv4(ip) => vec![ip.into()],
            Host::Ipv6(ip) => vec![address::canonical(ip.into())],
            // A target that listens on only one of the two is a common mistake.
            Host::Domain(name) if target::is_localhost(name) => {
                vec![std::net::Ipv6Addr::LOCALHOST.into(), std::net::Ipv4Addr::LOCALHOST.into()]
            }
            Host::Domain(name) => {
                let found = self.network.resolve(name).await?;
                found.into_iter().take(network::MAX_ADDRESSES).map(address::canonical).collect()
            }
        })
    }

    /// The addresses to try: exactly the checked ones are connected to.
    async fn addresses(&self, target: &TargetUrl, to_self: bool) -> Result<Vec<SocketAddr>, Failure> {
        let found = self.resolve(target).await.map_err(|error| no_address(target, Some(&error)))?;
        if found.is_empty() {
            return Err(no_address(target, None));
        }
        let own = to_self.then(|| self.own_listener()).flatten();
        for ip in found.iter().filter(|ip| own != Some(SocketAddr::new(**ip, target.port()))) {
            self.policy.check(target, *ip).map_err(|refusal| Failure::new(Outcome::RefusedTarget, refusal.0))?;
        }
        Ok(found.into_iter().map(|ip| SocketAddr::new(ip, target.port())).collect())
    }

    /// Tries one address after the other; each gets its share of the time.
    async fn connect(
        &self,
        target: &TargetUrl,
        addresses: &[SocketAddr],
        patience: Duration,
    ) -> Result<TcpStream, Failure> {
        let end = Instant::now() + patience;
        let mut errors: Vec<(SocketAddr, Option<std::io::Error>)> = Vec::new();
        for (number, address) in addresses.iter().enumerate() {
            let left = end.saturating_duration_since(Instant::now());
            let share = left / u32::try_from(addresses.len() - number).unwrap_or(1);
            match tokio::time::timeout(share, self.network.connect(*address)).await {
                Ok(Ok(stream)) => return self.accepted(stream, target),
                Ok(Err(error)) => errors.push((*address, Some(error))),
                Err(_) => errors.push((*address, None)),
            }
        }
        Err(not_connected(&errors, patience))
    }

    fn accepted(&self, stream: TcpStream, target: &TargetUrl) -> Result<TcpStream, Failure> {
        // A console on all addresses has some that no list contains: a connection whose two ends have one address leads
        // to this machine.
        let ends = stream.local_addr().and_then(|local| Ok((local, stream.peer_addr()?)));
        if self.policy.console_is_everywhere(target.port()) && ends.is_ok_and(|(local, peer)| local.ip() == peer.ip()) {
            return Err(Failure::new(Outcome::RefusedTarget, "Creel's own console is never a target."));
        }
        // Head and body are two writes; without this the second would wait for the first's acknowledgement.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    async fn secure(
        &self,
        target: &TargetUrl,
        stream: TcpStream,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Failure> {
        let failed = |why: String| Failure::new(Outcome::Tls, format!("No TLS with {}: {why}.", target.authority()));
        let name = match target.host() {
            Host::Ipv4(ip) => ServerName::from(IpAddr::V4(ip)),
            Host::Ipv6(ip) => ServerName::from(IpAddr::V6(ip)),
            Host::Domain(name) => ServerName::try_from(name.to_owned()).map_err(|error| failed(error.to_string()))?,
        };
        let config = self.tls.config().map_err(failed)?;
        TlsConnector::from(config).connect(name, stream).await.map_err(|error| failed(tls_cause(&error)))
    }
}

/// A response with the secret masked. The mask may be longer than a short secret.
fn covered(response: &ReceivedResponse, hidden: &Cover) -> ReceivedResponse {
    let mut body = hidden.body(&response.head, &response.body, response.body_cut);
    let body_cut = response.body_cut || body.len() > response::MAX_KEPT;
    body.truncate(response::MAX_KEPT);
    let ReceivedResponse { status, body_size, .. } = *response;
    ReceivedResponse { status, head: hidden.bytes(&response.head), body, body_size, body_cut }
}

/// The sentence for a failed TLS handshake.
fn tls_cause(error: &std::io::Error) -> String {
    let text = error.to_string();
    let hint = if text.contains("UnknownIssuer") || text.contains("CaUsedAsEndEntity") {
        "; its certificate is of an authority that is not known here (--cacert FILE adds one)"
    } else if text.contains("corrupt message") || text.contains("InvalidContentType") {
        "; it may speak plain http there"
    } else {
        ""
    };
    format!("{text}{hint}")
}

fn no_address(target: &TargetUrl, error: Option<&std::io::Error>) -> Failure {
    let name = target.authority();
    let cause = error.map(|error| format!(" ({error})")).unwrap_or_default();
    Failure::new(Outcome::Dns, format!("{name} has no address{cause}; check the name."))
}

fn not_connected(errors: &[(SocketAddr, Option<std::io::Error>)], patience: Duration) -> Failure {
    let refused = |error: &Option<std::io::Error>| {
        error.as_ref().is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
    };
    let list = errors.iter().map(|(address, _)| address.to_string()).collect::<Vec<_>>().join(" or ");
    let sentence = if errors.iter().all(|(_, error)| refused(error)) {
        format!("Nothing listens on {list}.")
    } else {
        match errors.iter().find(|(_, error)| !refused(error)) {
            Some((address, Some(error))) => format!("No connection to {address}: {error}."),
            _ => format!("{list} did not take the connection within {} ms.", patience.as_millis()),
        }
    };
    Failure::new(Outcome::Connect, sentence)
}

fn too_late(target: &TargetUrl, timeout: Duration, stage: Stage, begun: bool) -> Failure {
    let (name, millis) = (target.authority(), timeout.as_millis());
    match stage {
        Stage::Resolve => {
            Failure::new(Outcome::Dns, format!("The address of {name} was not found within {millis} ms."))
        }
        Stage::Connect => {
            Failure::new(Outcome::Connect, format!("{name} did not take the connection within {millis} ms."))
        }
        Stage::Tls => {
            Failure::new(Outcome::Timeout, format!("{name} did not finish the TLS handshake within {millis} ms."))
        }
        Stage::Response if begun => {
            Failure::new(Outcome::Timeout, format!("{name} did not finish its response within {millis} ms."))
        }
        Stage::Response => Failure::new(Outcome::Timeout, format!("{name} did not answer within {millis} ms.")),
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
