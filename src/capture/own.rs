//! Requests that Creel itself has sent: what they count as, and when they go in a circle.

use std::net::SocketAddr;
use std::sync::Arc;

use super::Capture;
use crate::model::Origin;

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

/// A request that Creel has sent on this often is turned away: it goes in a circle.
pub(super) const MAX_HOPS: u8 = 8;

impl Capture {
    /// What a request from that address counts as. A header could say anything, an address of our own cannot be made up.
    pub(super) fn origin(&self, peer: Option<SocketAddr>) -> (Origin, u8) {
        let own = self.0.options.own_connections.0.as_ref().zip(peer);
        own.and_then(|(own, peer)| own(peer)).unwrap_or_default()
    }
}
