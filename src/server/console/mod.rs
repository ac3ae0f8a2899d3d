//! The console: UI, API and live stream on a separate listener. Private: see [`security`].

mod answers;
mod api;
mod assets;
mod checklist;
mod docs;
mod error_text;
mod extract;
mod fallback;
mod heavy;
mod learnt;
mod live;
mod login;
mod mcp;
mod openapi;
mod ops;
mod pages;
mod pieces;
pub(crate) mod problem;
mod reading;
mod security;
mod sessions;
mod timeline;
mod unread;

pub(crate) use api::declared;
pub(crate) use openapi::schemas;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol};
use actix_server::Server;
use actix_service::{ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::middleware::{Compress, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::{App, web};

use crate::capture::Capture;
use crate::config::{Config, Setup};
use crate::deliver::Deliver;
use crate::live::Hub;
use crate::model::Timestamp;
use crate::shapes::BinShape;
use crate::store::{BinState, Store};
use unread::Explaining;

/// State that the console's handlers share. One for all workers.
pub(crate) struct ConsoleState {
    /// Bins and requests.
    pub store: Store,
    /// Live changes.
    pub hub: Hub,
    /// The capture half: its clock, its URLs, its counters.
    pub capture: Capture,
    /// What sends.
    pub deliver: Deliver,
    /// The console's own URL, without a slash at the end.
    pub console_url: String,
    /// Where the capture listener is.
    pub listener: SocketAddr,
    /// Whether the console asks for a token.
    pub asks_for_token: bool,
    /// Who may talk to the console.
    pub security: security::Policy,
    /// What a bin keeps when it does not say.
    pub defaults: Defaults,
    /// When the server was started.
    pub started_at: Timestamp,
    /// The interval of a stream's heartbeats.
    pub heartbeat: Duration,
    /// The checklists' badges in the list of bins.
    badges: checklist::Badges,
    /// The memory that imports may hold.
    imports: api::Room,
    /// The number of exports of bins under way.
    exports: api::Exports,
    /// The configuration file, when there is one.
    pub setup: Option<Arc<Setup>>,
}

/// Where the two listeners are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    /// The capture half.
    pub capture: SocketAddr,
    /// The console.
    pub console: SocketAddr,
}

/// What a bin keeps when it does not say. 0 means no limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Defaults {
    /// Bytes of a body.
    pub max_body: u64,
    /// Requests.
    pub max_requests: u64,
    /// Seconds that requests are kept.
    pub max_age_s: u64,
}

/// The interval of a stream's heartbeats: browsers and proxies give up after a silence of 30 to 60 s.
const HEARTBEAT: Duration = Duration::from_secs(15);

impl ConsoleState {
    /// Puts the parts together.
    pub(crate) fn new(
        store: Store,
        hub: Hub,
        capture: Capture,
        deliver: Deliver,
        config: &Config,
        addresses: Addresses,
    ) -> Self {
        Self {
            started_at: capture.clock().now(),
            console_url: super::url_of(addresses.console),
            listener: addresses.capture,
            asks_for_token: config.token.is_some(),
            security: security::Policy::new(addresses.console, &config.allow_hosts, config.token.as_ref()),
            defaults: Defaults {
                max_body: config.max_body,
                max_requests: config.max_requests,
                max_age_s: config.max_age_s,
            },
            heartbeat: HEARTBEAT,
            badges: checklist::Badges::default(),
            imports: api::Room::default(),
            exports: api::Exports::default(),
            setup: config.setup.clone(),
            store,
            hub,
            capture,
            deliver,
        }
    }

    /// The bin of this id or name. Names are in lower case, but people write them with capitals.
    pub(crate) fn find_bin(&self, named: &str) -> Option<Arc<BinState>> {
        self.store.bin(named).or_else(|| self.store.bin(&named.to_ascii_lowercase()))
    }

    /// How a bin is shown, here and in pages.
    pub(crate) fn bin_shape(&self, bin: &BinState) -> BinShape {
        BinShape::new(
            &bin.bin,
            self.store.counts(bin.bin.id),
            self.store.last_request_at(bin.bin.id),
            self.capture.base_url(),
            &self.console_url,
        )
    }
}

/// The system closes a connection whose client takes no data for this long.
#[cfg(target_os = "linux")]
const UNREAD_TIMEOUT: Duration = Duration::from_mins(2);
/// A console connection's send buffer: with the kernel's own choice (megabytes), a subscriber that does not read would
/// seem to keep up for seconds.
const SEND_BUFFER: usize = 64 << 10;
/// Connections of the console per worker; each live subscriber holds one.
const MAX_CONNECTIONS: usize = 10_000;

/// How long a client gets to close its side after a close.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves the console on `listener` until it is stopped; then gives open requests `grace` to finish.
///
/// # Errors
/// When the listener cannot be used.
pub(crate) fn serve(listener: TcpListener, state: ConsoleState, grace: Duration) -> std::io::Result<Server> {
    let state = web::Data::from(Arc::new(state));
    // Made once, before the first request needs it.
    openapi::document();
    let address = listener.local_addr()?;
    let builder =
        Server::build().max_concurrent_connections(MAX_CONNECTIONS).shutdown_timeout(grace.as_secs()).disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    // The same as `HttpServer`, over another stream.
    let server = builder.listen("console", listener, move || {
        let app = App::new()
            .app_data(state.clone())
            .configure(configure)
            .wrap(Compress::default())
            .wrap(from_fn(security::guard));
        let stopping = stopping.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            .local_addr(address)
            .finish(map_config(app, |()| AppConfig::default()));
        fn_service(|socket: TcpStream| {
            // Best effort: a stream with the usual settings works, too. A page goes out in several writes: with a delay
            // the last one would wait 40 ms for the browser's acknowledgement.
            let options = socket2::SockRef::from(&socket);
            let _ = options.set_send_buffer_size(SEND_BUFFER);
            // A stream whose client does not read is not polled, and so cannot notice it.
            #[cfg(target_os = "linux")]
            let _ = options.set_tcp_user_timeout(Some(UNREAD_TIMEOUT));
            let _ = socket.set_nodelay(true);
            let peer = socket.peer_addr().ok();
            std::future::ready(Ok::<_, DispatchError>((Explaining::new(socket), Protocol::Http1, peer)))
        })
        .and_then(http)
    })?;
    Ok(server.run())
}

/// Every route of the console.
fn configure(app: &mut web::ServiceConfig) {
    {
        let mut documented = utoipa_actix_web::service_config::ServiceConfig::new(app);
        openapi::routes(&mut documented);
    }
    app.configure(openapi::configure)
        .configure(docs::configure)
        .configure(login::configure)
        .configure(mcp::configure)
        .configure(pages::configure)
        .default_service(fallback::route());
}
