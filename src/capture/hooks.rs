//! What those who start the capture half let it ask of the parts above: which connections are Creel's own, and what a
//! target answers.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use super::Capture;
use crate::model::{BinId, ForwardAnswer, Origin, PassedAnswer, RequestId};
use crate::store::BinState;

/// Tells by the other end's address what a request of Creel's own counts as, and how often it was sent on. `None` for
/// everybody else.
pub type OwnConnection = dyn Fn(SocketAddr) -> Option<(Origin, u8)> + Send + Sync;

/// The connections that Creel itself has made.
#[derive(Clone, Default)]
pub struct OwnConnections(pub Option<Arc<OwnConnection>>);

impl std::fmt::Debug for OwnConnections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnConnections(…)")
    }
}

/// Delivers the request that was stored under this id and waits for the answer; `None` when it is not to be forwarded.
pub type AskTarget = Box<dyn FnOnce(RequestId) -> Pin<Box<dyn Future<Output = Option<PassedAnswer>> + Send>> + Send>;

/// Makes room for the answer of a bin's target, before the request with so many bytes of body is stored; `None` when too
/// much is being answered.
pub type TargetAnswers = dyn Fn(BinId, usize) -> Option<AskTarget> + Send + Sync;

/// Has targets answer senders.
#[derive(Clone, Default)]
pub struct Targets(pub Option<Arc<TargetAnswers>>);

impl std::fmt::Debug for Targets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Targets(…)")
    }
}

impl Capture {
    /// Whom to ask for the answer of the bin's target, where it answers.
    pub(super) fn target(&self, bin: &BinState) -> Option<&TargetAnswers> {
        let forward = bin.bin.settings.forward.as_ref()?;
        // One that is paused for a circle says so to whom it would have asked the target for.
        let asks = forward.answer == ForwardAnswer::Target && !forward.is_paused_by_hand();
        self.0.options.targets.0.as_deref().filter(|_| asks)
    }

    /// What a request from that address counts as. A header could say anything, an address of our own cannot be made up.
    pub(super) fn origin(&self, peer: Option<SocketAddr>) -> (Origin, u8) {
        let own = self.0.options.own_connections.0.as_ref().zip(peer);
        own.and_then(|(own, peer)| own(peer)).unwrap_or_default()
    }
}
