//! Callbacks into the parts above `capture`: which connections are Creel's own, and what a target answers.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use super::Capture;
use crate::model::{BinId, ForwardAnswer, Origin, PassedAnswer, RequestId};
use crate::store::BinState;

/// Maps the peer's address to the origin of a request sent by Creel itself, and how often it was sent on. `None` for
/// other senders.
pub(super) type OwnConnection = dyn Fn(SocketAddr) -> Option<(Origin, u8)> + Send + Sync;

/// The connections that Creel itself has made.
#[derive(Clone, Default)]
pub(crate) struct OwnConnections(pub Option<Arc<OwnConnection>>);

impl std::fmt::Debug for OwnConnections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnConnections(…)")
    }
}

/// Delivers the request that was stored under this id and waits for the answer; `None` when it is not to be forwarded.
pub(crate) type AskTarget =
    Box<dyn FnOnce(RequestId) -> Pin<Box<dyn Future<Output = Option<PassedAnswer>> + Send>> + Send>;

/// Reserves room for the answer of a bin's target before the request (with this many bytes of body) is stored; `None`
/// when too many answers are under way.
pub(super) type TargetAnswers = dyn Fn(BinId, usize) -> Option<AskTarget> + Send + Sync;

/// Lets targets answer senders.
#[derive(Clone, Default)]
pub(crate) struct Targets(pub Option<Arc<TargetAnswers>>);

impl std::fmt::Debug for Targets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Targets(…)")
    }
}

impl Capture {
    /// How to ask the bin's target, if the target answers senders.
    pub(super) fn target(&self, bin: &BinState) -> Option<&TargetAnswers> {
        let forward = bin.bin.settings.forward.as_ref()?;
        // A forward paused because of a loop is asked too: its answer tells the sender so.
        let asks = forward.answer == ForwardAnswer::Target && !forward.is_paused_by_hand();
        self.0.options.targets.0.as_deref().filter(|_| asks)
    }

    /// The origin of a request from that address. A header can be forged; an address of Creel's own connections cannot.
    pub(super) fn origin(&self, peer: Option<SocketAddr>) -> (Origin, u8) {
        let own = self.0.options.own_connections.0.as_ref().zip(peer);
        own.and_then(|(own, peer)| own(peer)).unwrap_or_default()
    }
}
