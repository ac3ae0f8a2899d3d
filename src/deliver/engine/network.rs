//! Resolves names and makes connections. A trait, so that tests can replace the network.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;

use tokio::net::TcpStream;

/// A future of a [`Network`].
pub(super) type Busy<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// Most addresses of one name that are tried; no real host has more.
pub(super) const MAX_ADDRESSES: usize = 16;

/// Resolves and connects.
pub(crate) trait Network: Send + Sync {
    /// The addresses of a name, at most [`MAX_ADDRESSES`].
    fn resolve<'a>(&'a self, name: &'a str) -> Busy<'a, Vec<IpAddr>>;
    fn connect(&self, to: SocketAddr) -> Busy<'_, TcpStream>;
}

/// The network of this machine; names are resolved by the system.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct System;

impl Network for System {
    fn resolve<'a>(&'a self, name: &'a str) -> Busy<'a, Vec<IpAddr>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            let mut ips: Vec<IpAddr> = Vec::new();
            for address in found.take(MAX_ADDRESSES) {
                if !ips.contains(&address.ip()) {
                    ips.push(address.ip());
                }
            }
            Ok(ips)
        })
    }

    fn connect(&self, to: SocketAddr) -> Busy<'_, TcpStream> {
        Box::pin(TcpStream::connect(to))
    }
}
