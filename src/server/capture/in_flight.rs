//! Memory accounting for what all connections are receiving.
//!
//! There are four pools, so that small captures never wait for large ones, nor for heads: incomplete heads, small
//! bodies, large bodies, and what is read ahead. One peer gets at most a part of each pool. Behind a tunnel all senders
//! are one peer, so the first bytes of a body are not counted. A request costs two atomic additions and two
//! subtractions for its body; the lock is taken once per connection.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

/// Bodies from this size on are large.
pub(super) const SMALL: u64 = 64 << 10;
/// The first bytes of each body are not counted: the number of connections bounds them, and most bodies have no more.
const FREE: u64 = 4 << 10;
/// Bytes of incomplete heads.
const HEADS: u64 = 32 << 20;
/// Bytes of bodies of up to [`SMALL`].
const SMALL_BODIES: u64 = 48 << 20;
/// Bytes of large bodies. A single one may be larger: then only its own limit holds.
pub(super) const LARGE_BODIES: u64 = 144 << 20;
/// Bytes read ahead while earlier requests are being answered.
const READ_AHEAD: u64 = 32 << 20;
const MAX: [u64; 4] = [HEADS, SMALL_BODIES, LARGE_BODIES, READ_AHEAD];
const HEAD: usize = 0;
const BODY: usize = 1;
const LARGE: usize = 2;
const AHEAD: usize = 3;

/// Bytes taken of each pool.
#[derive(Debug, Default)]
struct Taken([AtomicU64; 4]);

/// What all connections have in flight.
#[derive(Debug, Clone, Default)]
pub(super) struct InFlight(Arc<All>);

#[derive(Debug, Default)]
struct All {
    taken: Taken,
    /// The shares of connected peers.
    peers: Mutex<HashMap<IpAddr, Weak<Taken>>>,
}

/// Above this many entries, peers that have left are removed.
const PEERS: usize = 64;

impl InFlight {
    /// The part of a connection's peer.
    pub(super) fn of_peer(&self, peer: Option<IpAddr>) -> PeerInFlight {
        let Some(peer) = peer.map(network) else {
            return PeerInFlight(Rc::new((Arc::clone(&self.0), Arc::default())));
        };
        let mut peers = self.0.peers.lock();
        let known = peers.get(&peer).and_then(Weak::upgrade);
        let taken = known.unwrap_or_else(|| {
            if peers.len() >= PEERS && peers.len() == peers.capacity() {
                peers.retain(|_, taken| taken.strong_count() > 0);
            }
            let taken = Arc::default();
            peers.insert(peer, Arc::downgrade(&taken));
            taken
        });
        drop(peers);
        PeerInFlight(Rc::new((Arc::clone(&self.0), taken)))
    }
}

/// One host may have many IPv6 addresses, so its network counts as the peer.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => IpAddr::V4(ip),
            None => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
        },
        ip @ IpAddr::V4(_) => ip,
    }
}

/// What one peer has in flight, as one connection sees it: its shares need no atomic reference counting.
#[derive(Debug, Clone)]
pub(super) struct PeerInFlight(Rc<(Arc<All>, Arc<Taken>)>);

impl PeerInFlight {
    /// The share of an incomplete head; given back when dropped.
    pub(super) fn head(&self) -> Share {
        Share { of: self.clone(), kind: Kind::Head, own: 0 }
    }

    /// The share of a request's body; given back when dropped.
    pub(super) fn body(&self) -> Share {
        Share { of: self.clone(), kind: Kind::Body, own: 0 }
    }

    /// The share of what is read ahead of later requests; given back when dropped.
    pub(super) fn ahead(&self) -> Share {
        Share { of: self.clone(), kind: Kind::Ahead, own: 0 }
    }

    /// Takes `more` bytes of a pool in which the share has `own`; returns whether there is room.
    fn take(&self, pool: usize, more: u64, own: u64) -> bool {
        let (all, peer) = &*self.0;
        let taken = all.taken.0[pool].fetch_add(more, Ordering::Relaxed);
        let by_peer = peer.0[pool].fetch_add(more, Ordering::Relaxed);
        let max = MAX[pool];
        let for_all = taken + more <= max || pool == LARGE && taken <= own;
        let for_peer = by_peer + more <= max / 4 * 3 || by_peer <= own;
        for_all && for_peer
    }

    fn give_back(&self, pool: usize, bytes: u64) {
        let (all, peer) = &*self.0;
        all.taken.0[pool].fetch_sub(bytes, Ordering::Relaxed);
        peer.0[pool].fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// What one connection or request has in flight.
#[derive(Debug)]
pub(super) struct Share {
    of: PeerInFlight,
    kind: Kind,
    own: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Head,
    Body,
    Ahead,
}

impl Share {
    /// Sets the share to `bytes`; returns whether there is room.
    pub(super) fn resize(&mut self, bytes: u64) -> bool {
        let ((old_pool, old), (pool, new)) = (self.counted(self.own), self.counted(bytes));
        self.own = bytes;
        if pool != old_pool {
            self.of.give_back(old_pool, old);
            return self.of.take(pool, new, 0);
        }
        if new < old {
            self.of.give_back(pool, old - new);
        }
        new <= old || self.of.take(pool, new - old, old)
    }

    /// Takes `bytes` more; returns whether there is room.
    pub(super) fn take(&mut self, bytes: u64) -> bool {
        self.resize(self.own + bytes)
    }

    /// Whether it holds more than a small body does.
    pub(super) const fn is_large(&self) -> bool {
        self.own > SMALL
    }

    /// Whether half of its pool is taken.
    pub(super) fn is_crowded(&self) -> bool {
        let (pool, _) = self.counted(self.own);
        self.of.0.0.taken.0[pool].load(Ordering::Relaxed) > MAX[pool] / 2
    }

    /// The pool that `bytes` are in, and how many of them count. A large body has all of its bytes with the large ones.
    fn counted(&self, bytes: u64) -> (usize, u64) {
        match self.kind {
            Kind::Head => (HEAD, bytes),
            Kind::Ahead => (AHEAD, bytes),
            Kind::Body if bytes > SMALL => (LARGE, bytes - FREE),
            Kind::Body => (BODY, bytes.saturating_sub(FREE)),
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.resize(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(all: &InFlight) -> [u64; 4] {
        [HEAD, BODY, LARGE, AHEAD].map(|pool| all.0.taken.0[pool].load(Ordering::Relaxed))
    }

    #[test]
    fn one_body_may_be_large_and_many_may_not_be_together() {
        let all = InFlight::default();
        let (mut first, mut second) = (all.of_peer(None).body(), all.of_peer(None).body());
        assert!(first.take(LARGE_BODIES + FREE + 1), "alone");
        assert!(second.take(SMALL), "a small one beside a large one");
        assert!(!second.take(1), "a large one beside a large one");
        drop(first);
        assert!(second.take(1), "room comes back");
        assert!(second.resize(10) && second.resize(3) && second.resize(0));
        drop(second);
        assert_eq!(taken(&all), [0; 4]);
    }

    #[test]
    fn small_bodies_wait_neither_for_large_ones_nor_for_heads() {
        let all = InFlight::default();
        let peer = || all.of_peer(Some("192.0.2.1".parse().unwrap()));
        let mut large: Vec<Share> = Vec::new();
        loop {
            let mut body = peer().body();
            if !body.take(10 << 20) {
                break;
            }
            large.push(body);
        }
        let mut heads: Vec<Share> = (0..1_000).map(|_| peer().head()).collect();
        assert!(heads.iter_mut().any(|head| !head.take(100 << 10)));
        let mut small: Vec<Share> = (0..500).map(|_| peer().body()).collect();
        assert!(small.iter_mut().all(|body| body.take(SMALL)));
        // However many large ones come byte by byte, they take no room of small ones.
        let mut growing: Vec<Share> = (0..2_000).map(|_| peer().body()).collect();
        assert!(!growing.iter_mut().all(|body| body.take(SMALL) && body.take(1)));
        drop((large, heads, small, growing));
        let mut small: Vec<Share> = (0..5_000).map(|_| peer().body()).collect();
        assert!(!small.iter_mut().all(|body| body.take(SMALL)), "their pool has an end");
        assert!(peer().body().take(FREE), "the smallest find room in any case");
        drop(small);
        assert_eq!(taken(&all), [0; 4]);
    }

    #[test]
    fn one_peer_leaves_room_for_the_others() {
        let all = InFlight::default();
        let peer = |address: &str| all.of_peer(Some(address.parse().unwrap()));
        let mut of_first = Vec::new();
        loop {
            // Of one network, so of one peer.
            let mut body = peer(&format!("2001:db8::{:x}", of_first.len())).body();
            if !body.take(10 << 20) {
                break;
            }
            of_first.push(body);
        }
        assert!(of_first.len() > 5, "{}", of_first.len());
        assert!(peer("2001:db8:1::1").body().take(10 << 20));
        drop(of_first);
        assert_eq!(taken(&all), [0; 4]);
        for n in 0..10_000_u32 {
            drop(peer(&std::net::Ipv4Addr::from_bits(n).to_string()));
        }
        assert!(all.0.peers.lock().len() < 1_000, "those that have left are forgotten");
    }
}
