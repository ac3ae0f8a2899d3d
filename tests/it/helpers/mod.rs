//! Boots the real application and speaks its domain.

pub mod captured;
pub mod process;
pub mod raw;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;

use creel::inside::Catalogue;
use creel::inside::Clock;
use creel::inside::{Durability, Store};
use creel::{Application, Started};
use creel::{Config, Database};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// A running Creel. Stops in order when dropped.
pub struct TestApp {
    pub started: Started,
    pub capture: SocketAddr,
    pub console: SocketAddr,
    pub store: Store,
    pub client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    folder: Option<tempfile::TempDir>,
}

/// What tests run with: free ports, a database file in a folder of its own, generous limits.
pub fn config() -> Config {
    Config {
        capture: "127.0.0.1:0".parse().unwrap(),
        console: "127.0.0.1:0".parse().unwrap(),
        database: Database::Ephemeral,
        durability: Durability::Normal,
        max_body: 10 << 20,
        max_requests: 10_000,
        max_age_s: 0,
        max_bytes: 1 << 30,
        public_url: None,
        auto_create: false,
        trusted_proxies: Vec::new(),
        token: None,
        allow_hosts: Vec::new(),
        max_connections: 10_000,
        catalogue: Catalogue::default(),
        delivery: creel::DeliveryConfig::default(),
        setup: None,
    }
}

/// An address where nothing listens, and where nothing comes by chance: its port is below those that the system gives
/// to listeners and connections. What listens there can stop and start again.
pub fn quiet_address() -> SocketAddr {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    // Two runs of the suite at once begin apart.
    let first = std::process::id().wrapping_mul(101);
    loop {
        let port = 20_000 + first.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed)) % 12_000;
        let address = SocketAddr::from(([127, 0, 0, 1], u16::try_from(port).unwrap()));
        if std::net::TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

/// An HTTP client to be, that uses no proxy.
pub fn http() -> reqwest::ClientBuilder {
    // Fails when another test has installed it, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        // Sooner than the server closes what is idle: a request that meets the closing is not sent again.
        .pool_idle_timeout(std::time::Duration::from_secs(2))
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_at(Clock::system(), change).await
    }

    /// Starts with a clock of the test's own.
    pub async fn start_at(clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config();
        let folder = tempfile::tempdir().unwrap();
        config.database = Database::File(folder.path().join("creel.db"));
        change(&mut config);
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let application = Application::build(&config, clock).await.expect("the application starts");
                let _ = tell.send((application.started().clone(), application.store().clone()));
                application.run_until(async { stopped.await.unwrap_or(()) }).await.expect("the application ends well");
            });
        });
        let (started, store) = told.await.expect("the application starts");
        let address = |url: &str| url.strip_prefix("http://").unwrap().parse().unwrap();
        Self {
            capture: address(&started.capture_url),
            console: address(&started.console_url),
            started,
            store,
            client: http().build().unwrap(),
            stop: Some(stop),
            thread: Some(thread),
            folder: Some(folder),
        }
    }

    /// Stops in order and waits for the end.
    pub fn stop(mut self) {
        self.end();
    }

    /// The database file.
    pub fn database(&self) -> std::path::PathBuf {
        self.started.database.clone().into()
    }

    /// Stops in order and hands over the folder with the database.
    pub fn stop_and_keep(mut self) -> Option<tempfile::TempDir> {
        self.end();
        self.folder.take()
    }

    /// Begins to stop; what is under way is still answered.
    pub fn begin_to_stop(&mut self) {
        drop(self.stop.take());
    }

    fn end(&mut self) {
        self.begin_to_stop();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if !std::thread::panicking() {
                ended.expect("the application ends without a panic");
            }
        }
    }

    /// Makes a bin with these settings (`{}` for none) and answers with it.
    pub async fn bin(&self, settings: Value) -> Value {
        let response = self.client.post(self.api("/bins")).json(&settings).send().await.unwrap();
        assert_eq!(response.status(), 201, "{}", response.text().await.unwrap());
        response.json().await.unwrap()
    }

    /// Makes a bin without settings and answers with its id.
    pub async fn bin_id(&self) -> String {
        self.bin(json!({})).await["id"].as_str().unwrap().to_owned()
    }

    pub fn api(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.started.console_url)
    }

    /// Reads JSON from the API; the answer must be 200.
    pub async fn get(&self, path: &str) -> Value {
        let response = self.client.get(self.api(path)).send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert_eq!(status, 200, "GET {path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Reads bytes from the API; the answer must be 200.
    pub async fn bytes(&self, path: &str) -> Vec<u8> {
        let response = self.client.get(self.api(path)).send().await.unwrap();
        assert_eq!(response.status(), 200, "GET {path}");
        response.bytes().await.unwrap().to_vec()
    }

    /// The bin's requests, oldest first.
    pub async fn requests(&self, bin: &str) -> Vec<Value> {
        let page = self.get(&format!("/bins/{bin}/requests?order=oldest&limit=1000")).await;
        page["requests"].as_array().unwrap().clone()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.end();
    }
}

/// `sha256=` and the HMAC-SHA256 of a body, as GitHub and CallAIder sign.
pub fn signature(secret: &str, body: &str) -> String {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// What a process of the real binary, started with `--json`, tells when it listens.
pub fn announced(child: &mut std::process::Child) -> Value {
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("the server starts: {error}: {line}"))
}

/// The address in one of the URLs that it tells.
pub fn address_in(told: &Value, name: &str) -> std::net::SocketAddr {
    told[name].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap()
}
