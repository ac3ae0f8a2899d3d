//! The client of command line and agents for a running server: finds it, calls its API, follows its live stream.

mod error;
mod find;
mod follow;
mod import;
mod read;

use std::time::Duration;

pub(crate) use reqwest::Method;
use reqwest::header::{AUTHORIZATION, SERVER};
use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use url::Url;

pub(crate) use error::ClientError;
pub(crate) use find::{DEFAULT_CONSOLE, Note, Running, announce, find};
pub(crate) use follow::{Follow, Live};
pub(crate) use read::{Bin, Body, Field, Request, Secret};

use crate::model::{SecretValue, Seq};

/// The name with which the console answers, before its version.
const PRODUCT: &str = "creel/";
/// Time-out for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time-out for all calls except waits, streams and exports.
const CALL_TIMEOUT: Duration = Duration::from_mins(1);
/// How much longer than asked for a wait may take.
const WAIT_SLACK: Duration = Duration::from_secs(20);
/// A stream silent for this long is dead: the server sends a heartbeat every 15 s.
const SILENCE: Duration = Duration::from_secs(40);
/// Bytes of an error that are read: problems are short.
const MAX_PROBLEM: usize = 256 << 10;
/// Requests that are asked for at once; a list of more takes several calls.
pub(crate) const PAGE: usize = 500;

/// A server, and how to talk to it.
pub(crate) struct Client {
    base: String,
    token: Option<SecretValue>,
    http: reqwest::Client,
    /// Called with the console's URL and version if that differs from this program's.
    told: fn(&str, &str),
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.base)
    }
}

impl Client {
    /// For the console at this URL. Nothing is sent yet.
    ///
    /// # Errors
    /// When the URL is invalid.
    pub(crate) fn new(server: &str, token: Option<SecretValue>) -> Result<Self, ClientError> {
        let wrong = |cause: &str| ClientError::Server { server: server.to_owned(), cause: cause.to_owned() };
        // People write `localhost:4666`.
        let text = if server.contains("://") { server.to_owned() } else { format!("http://{server}") };
        let url = Url::parse(&text).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("it is neither http nor https"));
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            return Err(wrong("it has more than a host, a port and a path"));
        }
        let builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("creel/", env!("CARGO_PKG_VERSION")));
        let loopback = match url.host() {
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => return Err(wrong("it names no host")),
        };
        // A server on this machine is not behind a proxy.
        let builder = if loopback { builder.no_proxy() } else { builder };
        let builder = if url.scheme() == "https" {
            // A provider may already be installed, which serves as well.
            let _ = rustls::crypto::ring::default_provider().install_default();
            builder
        } else {
            // Reading the system's certificates takes longer than the whole command.
            builder.tls_backend_preconfigured(no_certificates()?)
        };
        Ok(Self {
            base: url.as_str().trim_end_matches('/').to_owned(),
            token,
            http: builder.build().map_err(|error| wrong(&error::cause(&error)))?,
            told: |_, _| {},
        })
    }

    /// Reports another version at each response; for a stream, when it begins.
    #[must_use]
    pub(crate) fn telling(self, told: fn(&str, &str)) -> Self {
        Self { told, ..self }
    }

    /// The console's URL, without a slash at the end.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, ClientError> {
        self.json(self.request(Method::GET, path).query(query).timeout(CALL_TIMEOUT)).await
    }

    /// Sends JSON and reads the response; `null` when it is empty.
    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.json(self.request(method, path).json(body).timeout(CALL_TIMEOUT)).await
    }

    /// Deletes; returns the response, `null` when it is empty.
    pub(crate) async fn delete(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, ClientError> {
        self.json(self.request(Method::DELETE, path).query(query).timeout(CALL_TIMEOUT)).await
    }

    /// Waits until `count` requests match. 408 is a [`ClientError::Refused`] with what came instead.
    pub(crate) async fn wait(
        &self,
        bin: &str,
        filter: Option<&str>,
        count: usize,
        after: Option<Seq>,
        timeout: Duration,
    ) -> Result<Value, ClientError> {
        let (count, seconds) = (count.to_string(), format!("{:.3}", timeout.as_secs_f64()));
        let after = after.map(|after| after.to_string());
        let mut query = vec![("count", count.as_str()), ("timeout", seconds.as_str())];
        query.extend(filter.map(|filter| ("q", filter)));
        query.extend(after.as_deref().map(|after| ("after", after)));
        let request = self.request(Method::GET, &bin_path(bin, "/wait"));
        self.json(request.query(&query).timeout(timeout + WAIT_SLACK)).await
    }

    /// Hands over the bytes of a response as they come.
    pub(crate) async fn copy(
        &self,
        path: &str,
        query: &[(&str, &str)],
        mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<(), ClientError> {
        let mut response = self.answer(self.request(Method::GET, path).query(query)).await?;
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(&error))? {
            take(&chunk)?;
        }
        Ok(())
    }

    /// Holds the lease of a bin while the future runs; senders wait for `patience`. `begun` is called when the lease is
    /// held. Returns why it ended.
    pub(crate) async fn lease(&self, bin: &str, patience: Duration, begun: impl FnOnce()) -> ClientError {
        let millis = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        let input = serde_json::json!({"timeout_ms": millis});
        let request = self.request(Method::POST, &bin_path(bin, "/lease")).json(&input);
        let mut response = match self.answer(request).await {
            Ok(response) => response,
            Err(error) => return error,
        };
        begun();
        let ended = |cause: &str| ClientError::Broken { server: self.base.clone(), cause: cause.to_owned() };
        loop {
            // The server sends heartbeats.
            match tokio::time::timeout(SILENCE, response.chunk()).await {
                Ok(Ok(Some(_))) => {}
                Ok(Ok(None)) => return ended("it has ended the lease"),
                Ok(Err(error)) => return self.broken(&error),
                Err(_) => return ended("it is silent"),
            }
        }
    }

    /// The bin's requests that match, page by page: newest first up to `limit`, or oldest first.
    pub(crate) async fn requests(
        &self,
        bin: &str,
        filter: Option<&str>,
        limit: usize,
        after: Option<Seq>,
        oldest_first: bool,
    ) -> Result<Vec<Value>, ClientError> {
        let mut found: Vec<Value> = Vec::new();
        let (mut after, mut before) = (after, None::<Seq>);
        loop {
            let size = (limit - found.len()).clamp(1, PAGE).to_string();
            let (above, below) = (after.map(|seq| seq.to_string()), before.map(|seq| seq.to_string()));
            let mut query = vec![("limit", size.as_str())];
            query.extend(filter.map(|filter| ("q", filter)));
            query.extend(above.as_deref().map(|seq| ("after", seq)));
            query.extend(below.as_deref().map(|seq| ("before", seq)));
            if oldest_first {
                query.push(("order", "oldest"));
            }
            let mut page = self.get(&bin_path(bin, "/requests"), &query).await?;
            if let Some(Value::Array(requests)) = page.get_mut("requests").map(Value::take) {
                found.extend(requests);
            }
            let next = page.get("next").and_then(Value::as_u64);
            if next.is_none() || found.len() >= limit {
                found.truncate(limit);
                return Ok(found);
            }
            if oldest_first { after = next } else { before = next }
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {}", token.expose())),
            None => request,
        }
    }

    async fn json(&self, request: RequestBuilder) -> Result<Value, ClientError> {
        let response = self.answer(request).await?;
        let body = response.bytes().await.map_err(|error| self.broken(&error))?;
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body).map_err(|_| ClientError::NotCreel { server: self.base.clone() })
    }

    /// A successful response. Checks that a Creel console answers.
    async fn answer(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let response = request.send().await.map_err(|error| self.broken(&error))?;
        let version = response
            .headers()
            .get(SERVER)
            .and_then(|value| value.to_str().ok()?.strip_prefix(PRODUCT))
            .ok_or_else(|| ClientError::NotCreel { server: self.base.clone() })?;
        if version != env!("CARGO_PKG_VERSION") {
            (self.told)(&self.base, version);
        }
        let status = response.status();
        if status.is_success() || status == reqwest::StatusCode::SWITCHING_PROTOCOLS {
            return Ok(response);
        }
        let body = self.start_of(response).await?;
        Err(error::refused(status.as_u16(), &body, &self.base, self.token.is_some()))
    }

    async fn start_of(&self, mut response: Response) -> Result<Vec<u8>, ClientError> {
        let mut body = Vec::new();
        while body.len() < MAX_PROBLEM
            && let Some(chunk) = response.chunk().await.map_err(|error| self.broken(&error))?
        {
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn broken(&self, error: &reqwest::Error) -> ClientError {
        let (server, cause) = (self.base.clone(), error::cause(error));
        if error.is_connect() {
            ClientError::Unreachable { server, cause }
        } else {
            ClientError::Broken { server, cause }
        }
    }
}

/// The API's path of something of a bin.
pub(crate) fn bin_path(bin: &str, rest: &str) -> String {
    format!("/api/v1/bins/{}{rest}", segment(bin))
}

/// One segment of a path: everything but ASCII letters and digits is percent-encoded.
pub(crate) fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A TLS configuration without trusted certificates, for plain HTTP.
fn no_certificates() -> Result<rustls::ClientConfig, ClientError> {
    let provider = rustls::crypto::ring::default_provider();
    let config = rustls::ClientConfig::builder_with_provider(provider.into()).with_safe_default_protocol_versions();
    let config = config.map_err(|error| ClientError::Tls(error.to_string()))?;
    Ok(config.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}
