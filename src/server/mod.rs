//! The server: the only place that knows actix and askama. Two listeners, two applications, one process.

pub(crate) mod capture;
pub(crate) mod console;
mod ephemeral;
pub(crate) mod reach;
mod reload;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use crate::capture::{AskTarget, Capture, CaptureOptions, HeldSenders, OwnConnections, Targets};
use crate::config::{Config, Database};
use crate::deliver::Deliver;
use crate::deliver::engine::{self, Engine, OwnSockets, TargetPolicy};
use crate::live::Hub;
use crate::model::{BinId, BinSettings, Change, Clock, Seq};
use crate::signature::CurrentCatalogue;
use crate::store::{CommitListener, OpenError, Store, StoreError, StoreOptions};
use console::declared::DeclareError;
use reach::Reach;
use reload::Reload;

/// The facts of the start-up text.
#[derive(Debug, Clone)]
pub struct Started {
    /// The first bin, by name or id.
    pub bin: String,
    /// Its URL for senders.
    pub bin_url: String,
    /// The capture listener's URL, without a slash at the end.
    pub capture_url: String,
    /// The console's URL, without a slash at the end.
    pub console_url: String,
    /// The database file.
    pub database: String,
    /// Who reaches the bin's URL.
    pub reach: Reach,
    /// Whether the console asks for a token.
    pub asks_for_token: bool,
}

/// Why the server could not start or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// An address is in use or not of this machine.
    #[error("cannot listen on {flag} {address} (give another address, or port 0 for any free port)")]
    Bind {
        /// `--capture` or `--console`.
        flag: &'static str,
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: std::io::Error,
    },
    /// The database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An error in the configuration file.
    #[error(transparent)]
    Declare(#[from] DeclareError),
    /// The first bin could not be made.
    #[error("cannot make the first bin")]
    FirstBin(#[from] StoreError),
    /// Anything of the operating system.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// How long open requests get to finish after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Runs the server on this thread until SIGINT or SIGTERM; `started` is called once both listeners are ready.
///
/// # Errors
/// When an address or the database cannot be had.
pub(crate) fn run(config: &Config, started: impl FnOnce(&Started)) -> Result<(), ServeError> {
    actix_web::rt::System::new().block_on(async {
        // Installed before `started` is called: any later signal stops the server in order.
        let stop = stop_signal()?;
        let application = Application::build(config, Clock::system()).await?;
        started(application.started());
        application.run_until(stop).await
    })
}

/// The whole server as a value: it has bound its listeners and knows its addresses.
pub struct Application {
    started: Started,
    store: Store,
    hub: Hub,
    deliver: Deliver,
    /// Reverifies bins after changes, and follows the configuration file. Ends when it is dropped.
    background: JoinSet<()>,
    /// The folder of an ephemeral database.
    temporary: Option<PathBuf>,
    capture: Server,
    console: Server,
}

impl Application {
    /// Opens the database, binds both listeners, makes a first bin when there is none.
    ///
    /// # Errors
    /// When an address or the database cannot be had.
    pub async fn build(config: &Config, clock: Clock) -> Result<Self, ServeError> {
        // Installed early: SIGHUP (reread the file) must not end a server that has just started.
        let hangup = config.setup.as_ref().map(|_| signal(SignalKind::hangup())).transpose()?;
        let capture_listener = bind("--capture", config.capture)?;
        let console_listener = bind("--console", config.console)?;
        let capture_address = capture_listener.local_addr()?;
        let console_address = console_listener.local_addr()?;
        let hub = Hub::start()?;
        let options = store_options(config);
        let database = options.path.display().to_string();
        let temporary = options.path.parent().filter(|_| options.ephemeral).map(PathBuf::from);
        let held = HeldSenders::default();
        let listener = Listeners { hub: hub.clone(), held: held.clone() };
        let store = Store::open(options, clock.clone(), Arc::new(listener))?;
        let sockets = OwnSockets::default();
        let schemes = CurrentCatalogue::new(config.catalogue.clone());
        let deliver = deliver(config, &store, &clock, &schemes, sockets.clone(), console_address)?;
        deliver.start_forwarding();
        deliver.start_watching(url_of(console_address));
        let base_url = config.public_url.clone().unwrap_or_else(|| url_of(capture_address));
        let capture = Capture::new(
            store.clone(),
            clock.clone(),
            CaptureOptions {
                base_url: base_url.clone(),
                public_url: config.public_url.clone(),
                max_body: config.max_body,
                auto_create: config.auto_create,
                trusted_proxies: config.trusted_proxies.clone(),
                catalogue: schemes.clone(),
                own_connections: own_connections(&sockets, capture_address),
                targets: targets(&deliver),
                held,
            },
        );

        let mut background = JoinSet::new();
        background.spawn(capture.clone().reverify_after_changes(store.bin_updates()));
        if let Some((setup, hangup)) = config.setup.clone().zip(hangup) {
            let (store, deliver, capture) = (store.clone(), deliver.clone(), capture.clone());
            let reload = Reload { setup, store, deliver, capture, schemes, hangup };
            reload.first().await?;
            background.spawn(reload.run());
        }
        let first = match store.bins().into_iter().next() {
            Some(bin) => bin,
            None => store.create_bin(BinSettings::default(), Vec::new()).await?,
        };
        let bin = first.bin.handle();
        let bin_url = capture.bin_url(&bin, first.bin.settings.public_url.as_deref());
        let started = Started {
            reach: Reach::of(&bin_url, capture_address),
            bin_url,
            bin,
            capture_url: url_of(capture_address),
            console_url: url_of(console_address),
            database,
            asks_for_token: config.token.is_some(),
        };
        Ok(Self {
            capture: capture::serve(capture_listener, capture.clone(), connections(config.max_connections), GRACE)?,
            console: console::serve(
                console_listener,
                console::ConsoleState::new(
                    store.clone(),
                    hub.clone(),
                    capture,
                    deliver.clone(),
                    config,
                    console::Addresses { capture: capture_address, console: console_address },
                ),
                GRACE,
            )?,
            started,
            store,
            hub,
            deliver,
            background,
            temporary,
        })
    }

    /// Where everything is.
    #[must_use]
    pub const fn started(&self) -> &Started {
        &self.started
    }

    /// The store, for tests that bypass the API.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Serves until `stop` is ready: then stops accepting, finishes open requests, drains the writer, closes the
    /// database.
    ///
    /// # Errors
    /// When a listener dies.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        let handles = [self.capture.handle(), self.console.handle()];
        let hub = self.hub;
        let stopping = async {
            stop.await;
            tracing::info!("stopping");
            // Streams never end on their own: end them, or the console would wait the full grace period.
            hub.close();
            futures_util::future::join_all(handles.iter().map(|handle: &ServerHandle| handle.stop(true))).await;
        };
        let serving = async { tokio::try_join!(self.capture, self.console) };
        let (mut serving, mut stopping) = (pin!(serving), pin!(stopping));
        // If one listener fails, the other is stopped too.
        let served = tokio::select! { served = &mut serving => served, () = &mut stopping => serving.await };
        drop(self.background);
        self.deliver.stop();
        // Closing waits for the disk; this thread listens for a second signal meanwhile.
        let store = self.store;
        if let Err(panicked) = tokio::task::spawn_blocking(move || store.close()).await {
            tracing::error!(error = %panicked, "the database was not closed in order");
        }
        if let Some(folder) = self.temporary {
            // Fails, and so keeps the folder, if it holds other files.
            let _ = std::fs::remove_dir(folder);
        }
        served?;
        Ok(())
    }
}

/// The receivers of committed changes.
struct Listeners {
    hub: Hub,
    /// Ends the wait of senders whose requests are deleted.
    held: HeldSenders,
}

impl CommitListener for Listeners {
    fn wants(&self, bin: BinId) -> bool {
        self.hub.wants(bin) || self.held.wait_in(bin)
    }

    fn committed(&self, changes: Vec<Change>) {
        for change in &changes {
            self.held.note(change);
        }
        self.hub.committed(changes);
    }

    fn unbuilt(&self, bin: BinId, through: Seq) {
        self.hub.unbuilt(bin, through);
    }
}

/// Tells the capture half which connections are Creel's own.
fn own_connections(sockets: &OwnSockets, listener: SocketAddr) -> OwnConnections {
    sockets.set_listener(listener);
    let sockets = sockets.clone();
    OwnConnections(Some(Arc::new(move |peer| sockets.find(peer).map(|own| (own.origin, own.hops)))))
}

/// Gives the capture half a way to let targets answer.
fn targets(deliver: &Deliver) -> Targets {
    let deliver = deliver.clone();
    Targets(Some(Arc::new(move |bin, bytes| {
        let deliver = deliver.clone();
        let ticket = deliver.ticket(bin, bytes)?;
        let ask: AskTarget =
            Box::new(move |request| Box::pin(async move { deliver.answer(ticket, bin, request).await }));
        Some(ask)
    })))
}

/// Makes the delivery part. Services on this machine are allowed without being listed only if the console is private.
fn deliver(
    config: &Config,
    store: &Store,
    clock: &Clock,
    schemes: &CurrentCatalogue,
    sockets: OwnSockets,
    console: SocketAddr,
) -> std::io::Result<Deliver> {
    let private = config.console.ip().is_loopback() && config.token.is_none();
    let policy = TargetPolicy::new(private, config.delivery.allowed.clone(), console);
    let engine = Engine::new(Arc::new(engine::System), policy, config.delivery.tls.clone(), sockets, clock.clone());
    Deliver::start(store.clone(), clock.clone(), schemes.clone(), engine)
}

fn store_options(config: &Config) -> StoreOptions {
    let (path, ephemeral) = match &config.database {
        Database::File(path) => (path.clone(), false),
        Database::Ephemeral => {
            ephemeral::clean_up();
            (ephemeral::path(), true)
        }
    };
    StoreOptions {
        path,
        ephemeral,
        durability: config.durability,
        max_requests: config.max_requests,
        max_age_s: config.max_age_s,
        max_bytes: config.max_bytes,
    }
}

/// File descriptors reserved for the console, the database and the runtime, so that senders that use up all others do
/// not lock the owner out.
const RESERVED: u64 = 100;

/// How many connections the capture listener holds: as many as wanted, if the process may open that many files. Raises
/// the soft limit, which is often small for old programs.
fn connections(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current: soft, maximum: hard } = getrlimit(Resource::Nofile);
    let needed = wanted as u64 + RESERVED;
    let Some(soft) = soft.filter(|soft| *soft < needed) else { return wanted };
    let raised = hard.map_or(needed, |hard| hard.min(needed)).max(soft);
    let limit = match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: hard }) {
        Ok(()) => raised,
        Err(_) => soft,
    };
    let possible = limit.saturating_sub(RESERVED).max(limit / 4);
    let possible = usize::try_from(possible).unwrap_or(wanted).clamp(1, wanted.max(1));
    if possible < wanted {
        tracing::warn!(limit, wanted, possible, "fewer connections are held: the limit of open files is low");
    }
    possible
}

/// Connections that wait to be accepted: a burst of senders is normal for webhooks.
const BACKLOG: i32 = 1024;

fn bind(flag: &'static str, address: SocketAddr) -> Result<TcpListener, ServeError> {
    let listen = || {
        let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None)?;
        // A restart must not wait for the old connections' TIME_WAIT.
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    };
    listen().map_err(|source| ServeError::Bind { flag, address, source })
}

/// The URL of a listener as it is reached from this machine.
fn url_of(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

/// Ready at the first SIGINT or SIGTERM; a second one ends the process at once.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        actix_web::rt::spawn(async move {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
            std::process::exit(SECOND_SIGNAL);
        });
    })
}

/// What a shell reports for a process that SIGINT ended.
const SECOND_SIGNAL: i32 = 130;
