//! A network between browser and console that can be cut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Passes bytes on until it is cut: then every connection ends and new ones are dropped, until it is mended.
pub struct Proxy {
    pub address: SocketAddr,
    cut: Arc<AtomicBool>,
    now: Arc<Notify>,
    pub connections: Arc<AtomicU64>,
}

impl Proxy {
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            cut: Arc::default(),
            now: Arc::default(),
            connections: Arc::default(),
        };
        let (cut, now, connections) = (proxy.cut.clone(), proxy.now.clone(), proxy.connections.clone());
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                if cut.load(Ordering::SeqCst) {
                    continue;
                }
                connections.fetch_add(1, Ordering::SeqCst);
                let now = now.clone();
                tokio::spawn(async move {
                    let Ok(mut to) = TcpStream::connect(target).await else { return };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut from, &mut to) => {}
                        () = now.notified() => {}
                    }
                });
            }
        });
        proxy
    }

    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        self.now.notify_waiters();
    }

    pub fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }
}
