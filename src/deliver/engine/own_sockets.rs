//! Which of the capture listener's connections are Creel's own. Only this tells real senders from Creel itself: a
//! header can be forged.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock};

use super::address::canonical;
use crate::model::Origin;

/// What one of Creel's own connections carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OwnSocket {
    /// What the request counts as.
    pub origin: Origin,
    /// How many times Creel has sent it on, this time included.
    pub hops: u8,
}

/// How long an entry outlives an abandoned delivery: the listener may accept its connection later.
const LINGER: Duration = Duration::from_secs(30);
/// Above this many entries, expired ones are removed.
const SWEEP: usize = 256;

/// The local addresses of connections to the capture listener. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct OwnSockets(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    listener: RwLock<Option<SocketAddr>>,
    sockets: Mutex<HashMap<SocketAddr, (OwnSocket, Option<Instant>)>>,
    /// Whether there is any entry: read for every captured request.
    used: AtomicBool,
}

/// An entry, removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Entry {
    sockets: OwnSockets,
    local: SocketAddr,
    linger: bool,
}

impl OwnSockets {
    /// Sets the capture listener's address. Connections to other ports are ignored: their local ports may also be in
    /// use towards the listener.
    pub(crate) fn set_listener(&self, address: SocketAddr) {
        *self.0.listener.write() = Some(address);
    }

    /// Where the capture listener is reached from this machine, once it is known.
    pub(crate) fn listener(&self) -> Option<SocketAddr> {
        let address = (*self.0.listener.read())?;
        let ip = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => canonical(ip),
        };
        Some(SocketAddr::new(ip, address.port()))
    }

    /// Notes a connection before anything is sent on it.
    pub(crate) fn add(&self, local: SocketAddr, peer: SocketAddr, what: OwnSocket) -> Option<Entry> {
        if self.0.listener.read().is_none_or(|listener| listener.port() != peer.port()) {
            return None;
        }
        let local = plain(local);
        let mut sockets = self.0.sockets.lock();
        if sockets.len() > SWEEP {
            sockets.retain(|_, (_, until)| until.is_none_or(|until| until > Instant::now()));
        }
        sockets.insert(local, (what, None));
        self.0.used.store(true, Ordering::Release);
        drop(sockets);
        Some(Entry { sockets: self.clone(), local, linger: true })
    }

    /// What a connection of the listener carries, if it is Creel's own.
    pub(crate) fn find(&self, peer: SocketAddr) -> Option<OwnSocket> {
        if !self.0.used.load(Ordering::Acquire) {
            return None;
        }
        let sockets = self.0.sockets.lock();
        let (what, until) = sockets.get(&plain(peer))?;
        until.is_none_or(|until| until > Instant::now()).then_some(*what)
    }
}

impl Entry {
    /// The response came: the listener is done with the connection.
    pub(crate) fn answered(&mut self) {
        self.linger = false;
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut sockets = self.sockets.0.sockets.lock();
        if self.linger {
            if let Some((_, until)) = sockets.get_mut(&self.local) {
                *until = Some(Instant::now() + LINGER);
            }
        } else {
            sockets.remove(&self.local);
        }
    }
}

fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(canonical(address.ip()), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_connections_to_the_listener_are_known_and_an_unanswered_one_a_little_longer() {
        let sockets = OwnSockets::default();
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let what = OwnSocket { origin: Origin::Replayed, hops: 1 };
        sockets.set_listener(address("127.0.0.1:4665"));
        assert!(sockets.add(address("127.0.0.1:50000"), address("127.0.0.1:3000"), what).is_none());
        let mut entry = sockets.add(address("127.0.0.1:50000"), address("127.0.0.1:4665"), what).unwrap();
        assert_eq!(sockets.find(address("[::ffff:127.0.0.1]:50000")), Some(what));
        assert_eq!(sockets.find(address("127.0.0.1:50001")), None);
        entry.answered();
        drop(entry);
        assert_eq!(sockets.find(address("127.0.0.1:50000")), None);
        drop(sockets.add(address("127.0.0.1:50000"), address("127.0.0.1:4665"), what));
        assert_eq!(sockets.find(address("127.0.0.1:50000")), Some(what));
    }
}
